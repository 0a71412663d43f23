#include "crawler/seeds.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "concurrency/throw_errno.h"
#include "concurrency/unique_fd.h"

namespace weir {
namespace {

// A line longer than this is no URL; the rest of it is read and dropped.
constexpr std::size_t kMaxLine = 64 * 1024;

// The bytes of a plain or gzip file, told apart by the magic number. A wait for more (a pipe, a
// terminal) ends with the file when `stop_fd` becomes readable.
class ByteFile {
 public:
  ByteFile(const std::string& name, int stop_fd)
      : name_(name == "-" ? "standard input" : name),
        stop_fd_(stop_fd),
        waits_(name == "-"),
        fd_(name == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                        : ::open(name.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (!fd_) concurrency::throw_errno(name_);
  }
  ~ByteFile() {
    if (gzip_) ::inflateEnd(&stream_);
  }
  ByteFile(const ByteFile&) = delete;
  ByteFile& operator=(const ByteFile&) = delete;

  const std::string& name() const { return name_; }

  // The next bytes; none at the end.
  std::string_view next() {
    for (;;) {
      if (!gzip_ || stream_.avail_in == 0) {
        const std::size_t got = read_more();
        if (got == 0) {
          if (gzip_ && inside_member_) fail(EIO, "the gzip stream is cut short");
          return {};
        }
        if (!gzip_) return {raw_.data(), got};
      }
      const std::string_view text = inflated();
      if (!text.empty()) return text;
    }
  }

 private:
  [[noreturn]] void fail(int error, const char* what) const {
    throw std::system_error(error, std::generic_category(), name_ + ": " + what);
  }

  // False if it is not worth waiting any more.
  bool wait() {
    std::array<pollfd, 2> ready = {{{fd_.get(), POLLIN, 0}, {stop_fd_, POLLIN, 0}}};
    while (::poll(ready.data(), ready.size(), -1) < 0) {
      if (errno != EINTR) fail(errno, "poll");
    }
    return ready[1].revents == 0;
  }

  std::size_t read_more() {
    if (waits_ && !wait()) return inside_member_ = false, 0;
    ssize_t got = 0;
    while ((got = ::read(fd_.get(), raw_.data(), raw_.size())) < 0) {
      if (errno != EINTR) fail(errno, "read");
    }
    const auto size = static_cast<std::size_t>(got);
    if (first_) {
      first_ = false;
      gzip_ = size >= 2 && raw_[0] == '\x1f' && raw_[1] == '\x8b';
      if (gzip_ && ::inflateInit2(&stream_, 15 + 16) != Z_OK) fail(ENOMEM, "inflate");
    }
    if (gzip_) {
      stream_.next_in = reinterpret_cast<Bytef*>(raw_.data());
      stream_.avail_in = static_cast<uInt>(size);
    }
    return size;
  }

  std::string_view inflated() {
    stream_.next_out = reinterpret_cast<Bytef*>(text_.data());
    stream_.avail_out = static_cast<uInt>(text_.size());
    inside_member_ = true;
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {  // the file may have several members
      inside_member_ = false;
      ::inflateReset(&stream_);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      fail(EIO, "this is not a sound gzip file");
    }
    return {text_.data(), text_.size() - stream_.avail_out};
  }

  const std::string name_;
  const int stop_fd_;
  const bool waits_;  // standard input may be a pipe or a terminal
  concurrency::UniqueFd fd_;
  bool first_ = true;
  bool gzip_ = false;
  bool inside_member_ = false;
  z_stream stream_{};
  std::array<char, 64 * 1024> raw_;
  std::array<char, 64 * 1024> text_;
};

class LineFile {
 public:
  LineFile(const std::string& name, int stop_fd) : bytes_(name, stop_fd) {}

  // The next line without its end; false at the end of the file.
  bool next(std::string& line) {
    line.clear();
    ++number_;
    for (bool any = false;;) {
      if (rest_.empty() && (rest_ = bytes_.next()).empty()) return any;
      any = true;
      const std::size_t end = rest_.find('\n');
      const std::string_view piece = rest_.substr(0, end);
      line.append(piece.substr(0, kMaxLine - std::min(kMaxLine, line.size())));
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      if (end != std::string_view::npos) return true;
    }
  }
  std::string where() const { return bytes_.name() + ":" + std::to_string(number_); }

 private:
  ByteFile bytes_;
  std::string_view rest_;
  std::uint64_t number_ = 0;
};

std::string trimmed(const std::string& text) {
  const char* space = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(space);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

// "localhost:8080/a", unlike "mailto:me@example.org".
bool has_port_for_path(const std::string& text) {
  const auto port = text.find(':') + 1;
  const auto end = text.find_first_not_of("0123456789", port);
  return port != 0 && end != port && port < text.size() &&
         (end == std::string::npos ||
          std::string_view("/?#").find(text[end]) != std::string_view::npos);
}

}  // namespace

std::optional<std::string> without_seeds(const std::vector<config::ListSettings>& lists) {
  std::string files;
  for (const config::ListSettings& list : lists) {
    if (!list.urls.empty()) return std::nullopt;
    for (const config::Seed& file : list.files) {
      if (file.text == "-") return std::nullopt;
      files += (files.empty() ? "" : ", ") + file.text;
    }
  }
  for (const SeedLine& line : read_seeds(lists, -1)) {
    if (seed_url(line.text)) return std::nullopt;
  }
  return files;
}

concurrency::Generator<SeedLine> read_seeds(const std::vector<config::ListSettings>& lists,
                                            int stop_fd) {
  for (std::uint32_t list = 0; list < lists.size(); ++list) {
    const config::ListSettings& settings = lists[list];
    for (const config::Seed& url : settings.urls) {
      SeedLine seed{trimmed(url.text), list, url.origin};
      co_yield seed;
    }
    for (const config::Seed& name : settings.files) {
      LineFile file(name.text, stop_fd);
      std::string line;
      while (file.next(line)) {
        if (line.size() >= 3 && line.compare(0, 3, "\xEF\xBB\xBF") == 0) line.erase(0, 3);
        SeedLine seed{trimmed(line), list, file.where()};
        if (seed.text.empty() || seed.text[0] == '#') continue;
        co_yield seed;
      }
    }
  }
}

std::optional<parse::Url> seed_url(const std::string& text) {
  auto url = parse::Url::parse(text);
  // "example.org/a" and "localhost:8080" are what people write; the standard reads no host there.
  if (url ? has_port_for_path(text) : text.find("://") == std::string::npos) {
    url = parse::Url::parse("http://" + text);
  }
  if (!url || !url->is_http() || url->host().empty()) return std::nullopt;
  return url;
}

}  // namespace weir

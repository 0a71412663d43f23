#include "crawler/run_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>

namespace weir {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;

[[noreturn]] void fail(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

std::string timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &local);
  return text;
}

}  // namespace

RunFolder RunFolder::make(const std::string& out, const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path folder = out;
  if (out.empty()) {
    const fs::path base = fs::path("runs") / (name + "-" + timestamp());
    folder = base;
    for (int n = 2; fs::exists(folder, error); ++n)
      folder = base.string() + "-" + std::to_string(n);
  } else if (fs::exists(folder, error)) {
    if (!fs::is_directory(folder, error)) throw BadRunFolder(out + " is not a folder");
    if (!fs::is_empty(folder, error)) {
      throw BadRunFolder(out + " is not empty; a run needs a folder of its own (--out DIR)");
    }
  }
  fs::create_directories(folder, error);
  if (error) throw BadRunFolder(folder.string() + ": " + error.message());
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw BadRunFolder(folder.string() + ": " + std::generic_category().message(errno));
  }
  return RunFolder(folder);
}

void RunFolder::write(std::string_view file, std::string_view content) const {
  const std::string whole = path(file);
  const std::string part = whole + ".part";
  {
    OutputFile out(part);
    out.append(content);
    out.flush();
  }
  std::filesystem::rename(part, whole);
}

OutputFile::OutputFile(const std::string& path)
    : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
  if (!fd_) fail(path_);
  buffer_.reserve(kBuffer);
}

OutputFile::~OutputFile() {
  try {
    flush();
  } catch (const std::system_error&) {
    // Whoever cares has called flush() before.
  }
}

void OutputFile::append(std::string_view record) {
  if (!has_room(record.size())) flush();
  if (!failed_) buffer_ += record;
}

bool OutputFile::has_room(std::size_t bytes) const { return buffer_.size() + bytes <= kBuffer; }

void OutputFile::discard() noexcept {
  failed_ = true;
  buffer_.clear();
}

void OutputFile::flush() {
  if (failed_) return;
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t n = ::write(fd_.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      // What fitted of the buffer may hold whole records: keep up to the last end of line.
      const std::size_t stored = buffer_.size() - rest.size();
      const std::size_t end = stored == 0 ? std::string::npos : buffer_.rfind('\n', stored - 1);
      written_ += end == std::string::npos ? 0 : end + 1;
      if (::ftruncate(fd_.get(), static_cast<off_t>(written_)) != 0) { /* nothing left to try */
      }
      discard();
      errno = error;
      fail(path_);
    }
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  written_ += buffer_.size();
  buffer_.clear();
}

}  // namespace weir

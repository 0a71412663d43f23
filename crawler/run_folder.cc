#include "crawler/run_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>

#include "concurrency/file_lock.h"
#include "concurrency/throw_errno.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBuffer = 64 * 1024;
constexpr char kLock[] = "lock";

std::string timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &local);
  return text;
}

bool has_other_than_lock(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename() != kLock) return true;
  return false;
}

BadRunFolder not_empty(const fs::path& folder) {
  return BadRunFolder(folder.string() +
                      " is not empty; a run needs a folder of its own (--out DIR)");
}

// Of the folders on the way there, the first that has to be made.
fs::path first_missing(const fs::path& folder) {
  fs::path missing = folder;
  std::error_code error;
  while (missing.has_relative_path() && !missing.parent_path().empty() &&
         missing.parent_path() != missing && !fs::exists(missing.parent_path(), error))
    missing = missing.parent_path();
  return missing;
}

}  // namespace

// Held by the crawl that works in the folder. It dies with the process, however that dies; the file
// goes at an orderly end.
class RunFolder::Lock {
 public:
  explicit Lock(const fs::path& folder) : path_(folder / kLock), file_(path_.string()) {
    bool taken = true;
    try {
      taken = file_.try_lock();
    } catch (const std::system_error&) {  // a file system without locks, as some of the network
    }
    const std::string holder = file_.holder();
    const bool is_pid = holder.find_first_not_of("0123456789") == std::string::npos;
    if (taken && is_pid) return;  // of nobody, or of a crawl that was killed
    if (taken) throw not_empty(folder);
    throw BadRunFolder(folder.string() + " is in use by " +
                       (is_pid && !holder.empty() ? "process " + holder : "another process"));
  }
  ~Lock() {
    std::error_code ignored;
    if (signed_) fs::remove(path_, ignored);
  }
  void sign() {
    file_.sign();
    signed_ = true;
  }

 private:
  const fs::path path_;
  concurrency::FileLock file_;
  bool signed_ = false;
};

RunFolder RunFolder::make(const std::string& out, const std::string& name) {
  if (!out.empty()) return take(out);
  const std::string base = (fs::path("runs") / (name + "-" + timestamp())).string();
  for (int n = 1;; ++n) {
    const fs::path folder = n == 1 ? base : base + "-" + std::to_string(n);
    std::error_code error;
    if (fs::exists(folder, error)) continue;
    try {
      return take(folder);
    } catch (const BadRunFolder&) {
      if (!fs::exists(folder, error)) throw;  // else another crawl made it at this very moment
    }
  }
}

RunFolder RunFolder::take(const fs::path& folder) {
  RunFolder run(folder);
  std::error_code error;
  if (fs::exists(folder, error)) {
    if (!fs::is_directory(folder, error)) throw BadRunFolder(folder.string() + " is not a folder");
  } else {
    run.made_ = first_missing(folder);
  }
  fs::create_directories(folder, error);
  if (error) throw BadRunFolder(folder.string() + ": " + error.message());
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw BadRunFolder(folder.string() + ": " + std::generic_category().message(errno));
  }
  // What is not ours stays untouched; whether it is in use, only its lock says.
  if (has_other_than_lock(folder) && !fs::exists(folder / kLock)) throw not_empty(folder);
  run.lock_ = std::make_shared<Lock>(folder);
  if (has_other_than_lock(folder)) throw not_empty(folder);
  run.lock_->sign();
  return run;
}

void RunFolder::discard() const {
  std::error_code ignored;
  if (!made_.empty()) {
    fs::remove_all(folder_, ignored);
    for (fs::path above = folder_; above != made_ && !above.empty();) {
      above = above.parent_path();
      fs::remove(above, ignored);  // unless somebody else has put something there
    }
    return;
  }
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) fs::remove(entry, ignored);
}

void RunFolder::write(std::string_view file, std::string_view content, mode_t mode) const {
  const std::string whole = path(file);
  const std::string part = whole + ".part";
  {
    OutputFile out(part, mode);
    out.append(content);
    out.flush();
  }
  std::filesystem::rename(part, whole);
}

OutputFile::OutputFile(const std::string& path, mode_t mode)
    : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)) {
  if (!fd_) concurrency::throw_errno(path_);
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
      concurrency::throw_errno(path_);
    }
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  written_ += buffer_.size();
  buffer_.clear();
}

}  // namespace weir

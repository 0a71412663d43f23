#include "concurrency/file_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "concurrency/throw_errno.h"

namespace weir::concurrency {

FileLock::FileLock(const std::string& path)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)), path_(path) {
  if (!fd_) throw_errno(path_);
}

bool FileLock::set(short type, bool wait) {
  struct flock request {};
  request.l_type = type;
  request.l_whence = SEEK_SET;
  while (::fcntl(fd_.get(), wait ? F_OFD_SETLKW : F_OFD_SETLK, &request) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EACCES) return false;
    throw_errno("lock on " + path_);
  }
  return true;
}

void FileLock::lock(Mode mode) { set(mode == Mode::kShared ? F_RDLCK : F_WRLCK, true); }
bool FileLock::try_lock(Mode mode) { return set(mode == Mode::kShared ? F_RDLCK : F_WRLCK, false); }
void FileLock::unlock() { set(F_UNLCK, false); }

std::string FileLock::holder() const {
  char text[64];
  const ssize_t size = ::pread(fd_.get(), text, sizeof text, 0);
  return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
}

void FileLock::sign() {
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd_.get(), 0) != 0 ||
      ::pwrite(fd_.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    throw_errno(path_);
}

}  // namespace weir::concurrency

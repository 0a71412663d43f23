#include "concurrency/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "concurrency/throw_errno.h"

namespace weir::concurrency {
namespace {

std::size_t size_of(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0) throw_errno("fstat of shared memory");
  return static_cast<std::size_t>(status.st_size);
}

void resize(int fd, std::size_t bytes) {
  if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) throw_errno("size of shared memory");
}

void check_size(std::size_t bytes) {
  if (bytes == 0 || bytes > PTRDIFF_MAX)
    throw std::invalid_argument("shared memory needs a positive size");
}

}  // namespace

SharedMemory::SharedMemory(UniqueFd fd, std::size_t size, bool writable)
    : fd_(std::move(fd)), size_(size) {
  void* data = ::mmap(nullptr, size_, PROT_READ | (writable ? PROT_WRITE : 0),
                      MAP_SHARED | MAP_NORESERVE, fd_.get(), 0);
  if (data == MAP_FAILED) throw_errno("mmap of shared memory");
  data_ = static_cast<char*>(data);
}

SharedMemory SharedMemory::anonymous(std::size_t bytes) {
  check_size(bytes);
  UniqueFd fd(::memfd_create("weir-shared", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) throw_errno("memfd_create");
  resize(fd.get(), bytes);
  ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  return SharedMemory(std::move(fd), bytes, true);
}

SharedMemory SharedMemory::create(const std::string& name, std::size_t bytes) {
  check_size(bytes);
  UniqueFd fd(::shm_open(("/" + name).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) throw_errno("shared memory " + name);
  try {
    resize(fd.get(), bytes);
    return SharedMemory(std::move(fd), bytes, true);
  } catch (...) {
    unlink(name);
    throw;
  }
}

SharedMemory SharedMemory::attach(const std::string& name) {
  UniqueFd fd(::shm_open(("/" + name).c_str(), O_RDWR | O_CLOEXEC, 0));
  if (!fd) throw_errno("shared memory " + name);
  const std::size_t size = size_of(fd.get());
  return SharedMemory(std::move(fd), size, true);
}

SharedMemory SharedMemory::map(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) throw_errno("shared memory");
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  const std::size_t size = size_of(fd);
  return SharedMemory(std::move(copy), size, (flags & O_ACCMODE) == O_RDWR);
}

bool SharedMemory::unlink(const std::string& name) {
  if (::shm_unlink(("/" + name).c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  throw_errno("unlink of shared memory " + name);
}

UniqueFd SharedMemory::read_only_fd() const {
  const std::string path = "/proc/self/fd/" + std::to_string(fd_.get());
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno(path);
  return fd;
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace weir::concurrency

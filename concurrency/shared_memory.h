// Memory that several processes map.
//
//   SharedMemory memory = SharedMemory::anonymous(4096);   // a memfd: hand fd() to a child
//   SharedMemory view = SharedMemory::map(role.fd(0));     // ...which maps it there
//
// Starts zeroed. An anonymous one is gone with the last process that holds it, however that one
// dies; a named one stays until unlink() or a reboot, so prefer the former.
//
// Thread-compatible. Process-shared; what lies in it must bear the death of a writer at any byte.
#pragma once

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "concurrency/unique_fd.h"

namespace weir::concurrency {

class SharedMemory {
 public:
  SharedMemory() = default;
  // All throw std::system_error if the system refuses, std::invalid_argument for size 0.
  // The size is sealed: no process can shrink the file under another's feet.
  static SharedMemory anonymous(std::size_t bytes);
  // Fails with EEXIST if the name is taken. A name is one word, without slashes.
  static SharedMemory create(const std::string& name, std::size_t bytes);
  // Fails with ENOENT if there is no such name. The size is the creator's.
  static SharedMemory attach(const std::string& name);
  // Maps an inherited descriptor, which stays the caller's; writable if the descriptor is.
  static SharedMemory map(int fd);
  // Removes the name; mappings live on. False if there is no such name.
  static bool unlink(const std::string& name);

  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  int fd() const noexcept { return fd_.get(); }
  // For a process that shall only read.
  UniqueFd read_only_fd() const;

 private:
  SharedMemory(UniqueFd fd, std::size_t size, bool writable);

  UniqueFd fd_;
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// An array of numbers in shared memory, each read and written whole.
template <typename T>
class SharedArray {
  static_assert(std::is_arithmetic_v<T> && std::atomic<T>::is_always_lock_free);

 public:
  explicit SharedArray(std::size_t count)
      : memory_(SharedMemory::anonymous(count * sizeof(std::atomic<T>))), count_(count) {}
  // The array that another process made, by its descriptor.
  static SharedArray map(int fd) { return SharedArray(SharedMemory::map(fd)); }

  // Throws std::out_of_range.
  std::atomic<T>& operator[](std::size_t index) const {
    if (index >= count_) throw std::out_of_range("index beyond a shared array");
    return reinterpret_cast<std::atomic<T>*>(memory_.data())[index];
  }
  std::size_t size() const noexcept { return count_; }
  int fd() const noexcept { return memory_.fd(); }

 private:
  explicit SharedArray(SharedMemory memory)
      : memory_(std::move(memory)), count_(memory_.size() / sizeof(std::atomic<T>)) {}

  SharedMemory memory_;
  std::size_t count_ = 0;
};

// One number of a kind.
template <typename T>
class SharedValue {
 public:
  explicit SharedValue(T value = {}) : array_(1) { array_[0] = value; }
  static SharedValue map(int fd) { return SharedValue(SharedArray<T>::map(fd)); }

  std::atomic<T>& operator*() const { return array_[0]; }
  std::atomic<T>* operator->() const { return &array_[0]; }
  int fd() const noexcept { return array_.fd(); }

 private:
  explicit SharedValue(SharedArray<T> array) : array_(std::move(array)) {}
  SharedArray<T> array_;
};

}  // namespace weir::concurrency

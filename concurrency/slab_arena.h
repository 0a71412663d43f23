// Memory for bodies that is shared with worker processes and bounded by a number of bytes.
//
//   SlabArena arena({.memory = 256 << 20, .max_body = 10 << 20, .slots = 400});
//   std::optional<Slab> slab = arena.open();
//   if (slab->append(bytes) == Append::kNoCredit) pause();   // until on_credit
//   slab->seal();                                            // now any process may read it
//
// One sparse memfd holds `slots` places of max_body + 1 bytes (a NUL follows every sealed body).
// Places cost address space only; bytes are charged to the budget as they arrive, in units of
// 64 KiB. The oldest unsealed slab that holds bytes may overdraw the budget, up to bound(), so a
// set of half-read bodies can always finish: no deadlock. Memory actually resident never exceeds
// bound() either, though places are reused warm where the budget has room.
//
// Thread-safe (a Slab is Thread-compatible: one owner at a time). Process-shared, read-only: a
// process that dies leaves nothing behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>

#include "concurrency/unique_fd.h"

namespace weir::concurrency {

inline constexpr std::size_t kSlabUnit = 64 * 1024;

enum class Append {
  kStored,
  kNoCredit,  // nothing stored; on_credit's callback tells when to try again
  kFull,      // nothing stored; more than room()
};

struct SlabArenaOptions {
  std::size_t memory = 256 << 20;   // bytes; at least one unit is always granted
  std::size_t max_body = 10 << 20;  // bytes of one body
  std::size_t slots = 512;          // bodies open at once
};

struct SlabFigures {
  std::size_t used = 0;        // bytes charged now
  std::size_t high_water = 0;  // the most ever charged
  std::size_t resident = 0;    // bytes of pages held from the kernel, warm free places included
  std::size_t open = 0;        // slabs open now
  std::uint64_t refusals = 0;  // times there was no credit
};

class SlabArena;

// One body. Moved-from and default-constructed slabs are empty: bool is false, nothing else may be
// called. Must not outlive its arena.
class Slab {
 public:
  Slab() = default;
  Slab(Slab&& other) noexcept;
  Slab& operator=(Slab&& other) noexcept;
  ~Slab() { release(); }

  explicit operator bool() const noexcept { return arena_ != nullptr; }

  // All or nothing. Requires: not sealed.
  [[nodiscard]] Append append(std::string_view bytes);
  // The same, but waits for credit; kNoCredit only if stop was requested meanwhile.
  [[nodiscard]] Append append(std::string_view bytes, std::stop_token stop);
  // Ends the transfer: a NUL follows the body, and it no longer counts as the oldest. Idempotent.
  void seal();

  std::string_view bytes() const noexcept;
  std::size_t size() const noexcept { return size_; }
  std::size_t room() const noexcept;  // bytes until max_body
  std::size_t slot() const noexcept { return slot_; }
  bool sealed() const noexcept { return sealed_; }
  // Gives the bytes back. Idempotent.
  void release() noexcept;

 private:
  friend class SlabArena;
  Slab(SlabArena* arena, std::size_t slot) : arena_(arena), slot_(slot) {}
  Append append(std::string_view bytes, const std::stop_token* wait);
  char* data() const noexcept;

  SlabArena* arena_ = nullptr;
  std::size_t slot_ = 0;
  std::size_t size_ = 0;
  std::size_t charged_ = 0;  // bytes, of the place
  bool sealed_ = false;
};

class SlabArena {
 public:
  // Throws std::system_error if the memory cannot be mapped, std::invalid_argument for a zero size.
  explicit SlabArena(const SlabArenaOptions& options);
  ~SlabArena();  // Requires: every slab is released
  SlabArena(const SlabArena&) = delete;
  SlabArena& operator=(const SlabArena&) = delete;

  // Empty if all slots are open.
  std::optional<Slab> open();
  // The callback runs on whatever thread frees credit after a refusal, under no lock; it must not
  // block. One refusal, one call. Set it before the first append.
  void on_credit(std::function<void()> callback);

  SlabFigures figures() const;
  // The most bytes that are ever charged or resident: memory and one body, in whole units.
  std::size_t bound() const noexcept;

  // For a process that reads bodies (SlabReader): a descriptor that cannot write.
  int read_only_fd() const noexcept;
  std::size_t slot_bytes() const noexcept;
  std::size_t slots() const noexcept;

 private:
  friend class Slab;
  struct State;
  // The bytes charged to the place, at least `size` of them, or 0: no credit.
  std::size_t charge(std::size_t slot, std::size_t size, const std::stop_token* wait);
  void sealed(std::size_t slot);
  void released(std::size_t slot) noexcept;
  std::unique_ptr<State> state_;
};

// The reading side, in another process. Immutable.
class SlabReader {
 public:
  SlabReader() = default;
  // Throws std::system_error if fd cannot be mapped.
  SlabReader(int fd, std::size_t slot_bytes, std::size_t slots);
  SlabReader(SlabReader&& other) noexcept;
  SlabReader& operator=(SlabReader&& other) noexcept;
  ~SlabReader();

  // The sealed body of that slot; a NUL follows it. Empty if the numbers are out of range.
  std::optional<std::string_view> bytes(std::size_t slot, std::size_t size) const noexcept;

 private:
  const char* base_ = nullptr;
  std::size_t slot_bytes_ = 0;
  std::size_t slots_ = 0;
};

}  // namespace weir::concurrency

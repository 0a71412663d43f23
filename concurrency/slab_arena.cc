#include "concurrency/slab_arena.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "concurrency/mutex.h"
#include "concurrency/throw_errno.h"

namespace weir::concurrency {
namespace {

std::size_t units_of(std::size_t bytes) { return (bytes + kSlabUnit - 1) / kSlabUnit; }

}  // namespace

struct SlabArena::State {
  struct Place {
    std::size_t charged = 0;   // units
    std::size_t resident = 0;  // units that have pages; at least `charged`
    std::uint64_t since = 0;   // order of the first byte; 0: holds none, or is sealed
  };

  std::size_t max_body = 0;
  std::size_t slot_bytes = 0;
  std::size_t slot_units = 0;
  std::size_t budget = 0;  // units
  UniqueFd fd, read_only;
  char* base = nullptr;

  mutable Mutex mutex{"slab arena"};
  CondVar credit;
  std::vector<Place> places GUARDED_BY(mutex);
  std::vector<std::size_t> free GUARDED_BY(mutex);  // the most recently used last: it is warm
  std::size_t charged GUARDED_BY(mutex) = 0;
  std::size_t resident GUARDED_BY(mutex) = 0;
  std::size_t high_water GUARDED_BY(mutex) = 0;
  std::size_t sweep GUARDED_BY(mutex) = 0;
  std::uint64_t clock GUARDED_BY(mutex) = 0;
  std::uint64_t refusals GUARDED_BY(mutex) = 0;
  std::uint64_t changes GUARDED_BY(mutex) = 0;  // times that a refused caller should ask again
  bool refused GUARDED_BY(mutex) = false;
  std::function<void()> callback GUARDED_BY(mutex);

  bool is_oldest(std::size_t slot) const REQUIRES(mutex) {
    const std::uint64_t since = places[slot].since;
    if (since == 0) return false;
    return std::none_of(places.begin(), places.end(), [since](const Place& place) {
      return place.since != 0 && place.since < since;
    });
  }

  // Only one slab at a time can be beyond the budget and unsealed, so the sum stays within
  // budget + slot_units; and if nothing is sealed (what is sealed drains by itself), the oldest is
  // always granted. So is the first byte when nothing else is held.
  bool may_hold(std::size_t slot, std::size_t units) const REQUIRES(mutex) {
    const std::size_t after = charged - places[slot].charged + units;
    if (after <= budget) return true;
    return after <= budget + slot_units && (charged == 0 || is_oldest(slot));
  }

  // Takes pages from free places, and from the warm tails of open ones, until `more` units fit.
  // Under the lock, as a place must not be opened meanwhile; it is a few microseconds, and rare.
  void make_room(std::size_t more) REQUIRES(mutex) {
    const std::size_t limit = std::max(budget, charged);
    for (std::size_t seen = 0; resident + more > limit && seen < places.size(); ++seen) {
      const std::size_t slot = sweep++ % places.size();
      Place& place = places[slot];
      if (place.resident <= place.charged) continue;
      const std::size_t from = place.charged * kSlabUnit;
      if (::fallocate(
              fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
              static_cast<off_t>(slot * slot_bytes + from),
              static_cast<off_t>(std::min(place.resident * kSlabUnit, slot_bytes) - from)) != 0)
        continue;
      resident -= place.resident - place.charged;
      place.resident = place.charged;
    }
  }

  // The callback to run once the lock is released, if somebody was refused.
  std::function<void()> offer_credit() REQUIRES(mutex) {
    if (!std::exchange(refused, false)) return nullptr;
    ++changes;
    credit.notify_all();
    return callback;
  }
};

SlabArena::SlabArena(const SlabArenaOptions& options) : state_(std::make_unique<State>()) {
  if (options.max_body == 0 || options.slots == 0)
    throw std::invalid_argument("a slab arena needs slots of at least one byte");
  State& s = *state_;
  const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  s.max_body = options.max_body;
  s.slot_bytes = (options.max_body + 1 + page - 1) / page * page;
  s.slot_units = units_of(s.slot_bytes);
  s.budget = std::max<std::size_t>(options.memory / kSlabUnit, 1);
  const std::size_t total = s.slot_bytes * options.slots;
  s.fd = UniqueFd(::memfd_create("weir-bodies", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!s.fd) throw_errno("memfd_create");
  if (::ftruncate(s.fd.get(), static_cast<off_t>(total)) != 0) throw_errno("ftruncate");
  ::fcntl(s.fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  const std::string path = "/proc/self/fd/" + std::to_string(s.fd.get());
  s.read_only = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!s.read_only) throw_errno(path.c_str());
  void* base =
      ::mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, s.fd.get(), 0);
  if (base == MAP_FAILED) throw_errno("mmap");
  s.base = static_cast<char*>(base);
  MutexLock lock(s.mutex);
  s.places.resize(options.slots);
  for (std::size_t slot = options.slots; slot > 0; --slot) s.free.push_back(slot - 1);
}

SlabArena::~SlabArena() { ::munmap(state_->base, state_->slot_bytes * slots()); }

std::optional<Slab> SlabArena::open() {
  MutexLock lock(state_->mutex);
  if (state_->free.empty()) return std::nullopt;
  const std::size_t slot = state_->free.back();
  state_->free.pop_back();
  return Slab(this, slot);
}

void SlabArena::on_credit(std::function<void()> callback) {
  MutexLock lock(state_->mutex);
  state_->callback = std::move(callback);
}

std::size_t SlabArena::charge(std::size_t slot, std::size_t size, const std::stop_token* wait) {
  State& s = *state_;
  const std::size_t units = units_of(size);
  MutexLock lock(s.mutex);
  while (!s.may_hold(slot, units)) {
    ++s.refusals;
    s.refused = true;
    if (wait == nullptr) return 0;
    for (const std::uint64_t seen = s.changes; s.changes == seen;)
      if (s.credit.wait(s.mutex, kNever, *wait) == Wake::kStopped) return 0;
  }
  State::Place& place = s.places[slot];
  if (place.charged == 0) place.since = ++s.clock;
  s.charged += units - place.charged;
  place.charged = units;
  s.high_water = std::max(s.high_water, s.charged);
  if (units > place.resident) {
    s.make_room(units - place.resident);
    s.resident += units - place.resident;
    place.resident = units;
  }
  return units * kSlabUnit;
}

void SlabArena::sealed(std::size_t slot) {
  std::function<void()> callback;
  {
    MutexLock lock(state_->mutex);
    if (std::exchange(state_->places[slot].since, 0) == 0) return;
    callback = state_->offer_credit();  // another is the oldest now
  }
  if (callback) callback();
}

void SlabArena::released(std::size_t slot) noexcept {
  std::function<void()> callback;
  {
    MutexLock lock(state_->mutex);
    State::Place& place = state_->places[slot];
    const bool held = place.charged != 0;
    state_->charged -= std::exchange(place.charged, 0);
    place.since = 0;
    state_->free.push_back(slot);
    if (state_->resident > state_->budget) state_->make_room(0);
    if (held) callback = state_->offer_credit();
  }
  if (callback) callback();
}

SlabFigures SlabArena::figures() const {
  MutexLock lock(state_->mutex);
  return {.used = state_->charged * kSlabUnit,
          .high_water = state_->high_water * kSlabUnit,
          .resident = state_->resident * kSlabUnit,
          .open = state_->places.size() - state_->free.size(),
          .refusals = state_->refusals};
}

std::size_t SlabArena::bound() const noexcept {
  return (state_->budget + state_->slot_units) * kSlabUnit;
}
int SlabArena::read_only_fd() const noexcept { return state_->read_only.get(); }
std::size_t SlabArena::slot_bytes() const noexcept { return state_->slot_bytes; }
std::size_t SlabArena::slots() const noexcept {
  MutexLock lock(state_->mutex);
  return state_->places.size();
}

Slab::Slab(Slab&& other) noexcept
    : arena_(std::exchange(other.arena_, nullptr)),
      slot_(other.slot_),
      size_(other.size_),
      charged_(other.charged_),
      sealed_(other.sealed_) {}

Slab& Slab::operator=(Slab&& other) noexcept {
  if (this == &other) return *this;
  release();
  arena_ = std::exchange(other.arena_, nullptr);
  slot_ = other.slot_;
  size_ = other.size_;
  charged_ = other.charged_;
  sealed_ = other.sealed_;
  return *this;
}

char* Slab::data() const noexcept {
  return arena_->state_->base + slot_ * arena_->state_->slot_bytes;
}

std::size_t Slab::room() const noexcept { return arena_->state_->max_body - size_; }

Append Slab::append(std::string_view bytes) { return append(bytes, nullptr); }
Append Slab::append(std::string_view bytes, std::stop_token stop) { return append(bytes, &stop); }

Append Slab::append(std::string_view bytes, const std::stop_token* wait) {
  if (sealed_) throw std::logic_error("a sealed slab takes no more bytes");
  if (bytes.empty()) return Append::kStored;
  if (bytes.size() > room()) return Append::kFull;
  const std::size_t size = size_ + bytes.size();
  if (size + 1 > charged_) {  // the NUL too
    const std::size_t charged = arena_->charge(slot_, size + 1, wait);
    if (charged == 0) return Append::kNoCredit;
    charged_ = charged;
  }
  std::memcpy(data() + size_, bytes.data(), bytes.size());
  size_ = size;
  return Append::kStored;
}

void Slab::seal() {
  if (std::exchange(sealed_, true) || size_ == 0) return;
  data()[size_] = '\0';
  arena_->sealed(slot_);
}

std::string_view Slab::bytes() const noexcept {
  return size_ == 0 ? std::string_view("") : std::string_view(data(), size_);
}

void Slab::release() noexcept {
  if (SlabArena* arena = std::exchange(arena_, nullptr)) arena->released(slot_);
}

SlabReader::SlabReader(int fd, std::size_t slot_bytes, std::size_t slots)
    : slot_bytes_(slot_bytes), slots_(slots) {
  void* base = ::mmap(nullptr, slot_bytes * slots, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (base == MAP_FAILED) throw_errno("mmap of bodies");
  base_ = static_cast<const char*>(base);
}

SlabReader::SlabReader(SlabReader&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)),
      slot_bytes_(other.slot_bytes_),
      slots_(other.slots_) {}

SlabReader& SlabReader::operator=(SlabReader&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(slot_bytes_, other.slot_bytes_);
  std::swap(slots_, other.slots_);
  return *this;
}

SlabReader::~SlabReader() {
  if (base_ != nullptr) ::munmap(const_cast<char*>(base_), slot_bytes_ * slots_);
}

std::optional<std::string_view> SlabReader::bytes(std::size_t slot,
                                                  std::size_t size) const noexcept {
  if (slot >= slots_ || size >= slot_bytes_) return std::nullopt;
  return size == 0 ? std::string_view("") : std::string_view(base_ + slot * slot_bytes_, size);
}

}  // namespace weir::concurrency

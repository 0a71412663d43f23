// The time limits of one transfer, on a clock that stands still while the transfer is paused for
// memory.
//
//   TransferClock clock;
//   clock.start(limits, now);
//   clock.connected(now);  clock.bytes(now, n);  clock.pause(now);  clock.resume(now);
//   if (auto limit = clock.exceeded(now)) ...
//
// Thread-compatible.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::fetch {

class TransferClock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Span = std::chrono::steady_clock::duration;

  struct Limits {  // a limit of zero is none
    Span total{}, connect{}, first_byte{}, window{};
    std::uint64_t window_bytes = 0;  // the fewest in a window; windows follow the first byte
  };
  enum class Limit { kTotal, kConnect, kFirstByte, kSpeed };

  void start(const Limits& limits, TimePoint now);
  void connected(TimePoint now);
  void bytes(TimePoint now, std::uint64_t count);
  void pause(TimePoint now);
  void resume(TimePoint now);

  // The limit that has been passed. Call it at least at next_deadline().
  std::optional<Limit> exceeded(TimePoint now);
  // The earliest moment at which exceeded() could answer; the end of time while paused.
  TimePoint next_deadline() const;

  bool is_connected() const noexcept { return connected_.has_value(); }
  bool has_first_byte() const noexcept { return first_byte_.has_value(); }
  // Since the start, pauses not counted; the first two are 0 if it never came so far.
  Span until_connected() const { return connected_.value_or(Span{}); }
  Span until_first_byte() const { return first_byte_.value_or(Span{}); }
  Span active(TimePoint now) const;
  Span paused(TimePoint now) const;

 private:
  Limits limits_;
  TimePoint start_{};
  std::optional<TimePoint> paused_since_;
  Span paused_{};
  std::optional<Span> connected_, first_byte_;  // in active time
  Span window_start_{};
  std::uint64_t window_got_ = 0;
};

}  // namespace weir::fetch

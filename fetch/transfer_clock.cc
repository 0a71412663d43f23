#include "fetch/transfer_clock.h"

#include <algorithm>

namespace weir::fetch {

void TransferClock::start(const Limits& limits, TimePoint now) {
  *this = TransferClock();
  limits_ = limits;
  start_ = now;
}

TransferClock::Span TransferClock::paused(TimePoint now) const {
  return paused_ + (paused_since_ ? now - *paused_since_ : Span{});
}

TransferClock::Span TransferClock::active(TimePoint now) const {
  return now - start_ - paused(now);
}

void TransferClock::connected(TimePoint now) {
  if (!connected_) connected_ = active(now);
}

void TransferClock::bytes(TimePoint now, std::uint64_t count) {
  if (!first_byte_) {
    first_byte_ = active(now);
    window_start_ = *first_byte_;
  }
  window_got_ += count;
}

void TransferClock::pause(TimePoint now) {
  if (!paused_since_) paused_since_ = now;
}

void TransferClock::resume(TimePoint now) {
  if (!paused_since_) return;
  paused_ += now - *paused_since_;
  paused_since_.reset();
}

std::optional<TransferClock::Limit> TransferClock::exceeded(TimePoint now) {
  if (paused_since_) return {};
  const Span t = active(now);
  const auto over = [](Span spent, Span limit) { return limit > Span{} && spent >= limit; };
  if (over(t, limits_.total)) return Limit::kTotal;
  if (!connected_) return over(t, limits_.connect) ? std::optional(Limit::kConnect) : std::nullopt;
  if (!first_byte_) {
    if (over(t - *connected_, limits_.first_byte)) return Limit::kFirstByte;
    return {};
  }
  if (limits_.window_bytes > 0 && over(t - window_start_, limits_.window)) {
    if (window_got_ < limits_.window_bytes) return Limit::kSpeed;
    window_start_ = t;
    window_got_ = 0;
  }
  return {};
}

TransferClock::TimePoint TransferClock::next_deadline() const {
  if (paused_since_) return TimePoint::max();
  Span next = Span::max();
  const auto at = [&](Span from, Span limit) {
    if (limit > Span{}) next = std::min(next, from + limit);
  };
  at(Span{}, limits_.total);
  if (!connected_) {
    at(Span{}, limits_.connect);
  } else if (!first_byte_) {
    at(*connected_, limits_.first_byte);
  } else if (limits_.window_bytes > 0) {
    at(window_start_, limits_.window);
  }
  return next == Span::max() ? TimePoint::max() : start_ + paused_ + next;
}

}  // namespace weir::fetch

// How the queues of concurrency/queue.h do it; included by it alone.
//
// One mutex, two conditions. Nothing is called out while the lock is held: items are weighed
// before, dropped items are destroyed after, the listener is called after.
#pragma once

#include "concurrency/queue.h"

namespace weir::concurrency {

template <typename T, typename Order>
QueueStatus BasicQueue<T, Order>::put(T&& item, std::stop_token stop) {
  return put_until(std::move(item), kNever, std::move(stop));
}

template <typename T, typename Order>
QueueStatus BasicQueue<T, Order>::try_put(T&& item) {
  return put_until(std::move(item), kNow);
}

template <typename T, typename Order>
QueueStatus BasicQueue<T, Order>::put_until(T&& item, Deadline deadline, std::stop_token stop) {
  const std::size_t bytes = weigh_ ? weigh_(item) : 0;
  MutexLock lock(mutex_);
  if (!closed_ && !has_room(bytes)) {
    if (deadline == kNow) return QueueStatus::kFull;
    blocked_.enter();
    Wake why = Wake::kNotified;
    while (!closed_ && !has_room(bytes) && why == Wake::kNotified)
      why = not_full_.wait(mutex_, deadline, stop);
    blocked_.leave();
    if (!closed_ && !has_room(bytes))
      return why == Wake::kStopped ? QueueStatus::kStopped : QueueStatus::kTimeout;
  }
  if (closed_) return QueueStatus::kClosed;
  push(std::move(item), bytes);
  const Listener listener = made_item();
  lock.unlock();
  call(listener);
  return QueueStatus::kOk;
}

template <typename T, typename Order>
Got<T> BasicQueue<T, Order>::get_until(Deadline deadline, std::stop_token stop) {
  MutexLock lock(mutex_);
  if (order_.size() == 0 && !closed_) {
    if (deadline == kNow) {
      if (on_item_ && !std::exchange(in_vain_, true)) starved_.enter();
      return {QueueStatus::kEmpty, std::nullopt};
    }
    starved_.enter();
    Wake why = Wake::kNotified;
    while (order_.size() == 0 && !closed_ && why == Wake::kNotified)
      why = not_empty_.wait(mutex_, deadline, stop);
    starved_.leave();
    if (order_.size() == 0 && !closed_)
      return {why == Wake::kStopped ? QueueStatus::kStopped : QueueStatus::kTimeout, std::nullopt};
  }
  if (order_.size() == 0) return {QueueStatus::kClosed, std::nullopt};
  Got<T> got = take();
  const Listener listener = made_room();
  lock.unlock();
  call(listener);
  return got;
}

template <typename T, typename Order>
std::optional<typename BasicQueue<T, Order>::Place> BasicQueue<T, Order>::try_reserve() {
  const MutexLock lock(mutex_);
  if (closed_) return std::nullopt;
  if (!has_room(0)) {
    if (!std::exchange(refused_, true)) blocked_.enter();
    return std::nullopt;
  }
  ++places_;
  return Place(this);
}

template <typename T, typename Order>
QueueStatus BasicQueue<T, Order>::put(Place&& place, T&& item) {
  if (place.queue_ != this) throw std::invalid_argument("not a place of this queue");
  const std::size_t bytes = weigh_ ? weigh_(item) : 0;
  MutexLock lock(mutex_);
  if (closed_) return QueueStatus::kClosed;
  push(std::move(item), bytes);
  --places_;
  place.queue_ = nullptr;
  const Listener listener = made_item();
  lock.unlock();
  call(listener);
  return QueueStatus::kOk;
}

template <typename T, typename Order>
void BasicQueue<T, Order>::give_back_place() {
  MutexLock lock(mutex_);
  --places_;
  const Listener listener = made_room();
  lock.unlock();
  call(listener);
}

template <typename T, typename Order>
void BasicQueue<T, Order>::on_room(std::function<void()> listener) {
  auto next = std::make_shared<const std::function<void()>>(std::move(listener));
  const MutexLock lock(mutex_);
  on_room_.swap(next);
}

template <typename T, typename Order>
void BasicQueue<T, Order>::on_item(std::function<void()> listener) {
  auto next = std::make_shared<const std::function<void()>>(std::move(listener));
  const MutexLock lock(mutex_);
  on_item_.swap(next);
}

template <typename T, typename Order>
void BasicQueue<T, Order>::close() noexcept {
  MutexLock lock(mutex_);
  closed_ = true;
  not_empty_.notify_all();
  const Listener putter = made_room(), getter = made_item();
  lock.unlock();
  call(putter);
  call(getter);
}

template <typename T, typename Order>
std::size_t BasicQueue<T, Order>::cancel() noexcept {
  Order dropped;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    std::swap(dropped, order_);
    bytes_ = 0;
  }
  close();
  return dropped.size();
}

template <typename T, typename Order>
bool BasicQueue<T, Order>::is_closed() const {
  const MutexLock lock(mutex_);
  return closed_;
}

template <typename T, typename Order>
std::size_t BasicQueue<T, Order>::size() const {
  const MutexLock lock(mutex_);
  return order_.size();
}

template <typename T, typename Order>
bool BasicQueue<T, Order>::full() const {
  const MutexLock lock(mutex_);
  return !has_room(0);
}

template <typename T, typename Order>
QueueStats BasicQueue<T, Order>::stats() const {
  const MutexLock lock(mutex_);
  const double met = static_cast<double>(puts_ + gets_);
  return {.capacity = std::max<std::ptrdiff_t>(max_items_, 0),
          .size = order_.size(),
          .bytes = bytes_,
          .puts = puts_,
          .gets = gets_,
          .putters_waiting = blocked_.waiting(),
          .getters_waiting = starved_.waiting(),
          .put_blocked_seconds = blocked_.seconds(),
          .get_starved_seconds = starved_.seconds(),
          .mean_fill = met > 0 ? static_cast<double>(fill_sum_) / met : 0,
          .max_fill = max_fill_};
}

template <typename T, typename Order>
void BasicQueue<T, Order>::set_limits(std::ptrdiff_t items, std::size_t bytes) {
  MutexLock lock(mutex_);
  max_items_ = items;
  max_bytes_ = bytes;
  not_full_.notify_all();
  const Listener listener = made_room();
  lock.unlock();
  call(listener);
}

template <typename T, typename Order>
std::size_t BasicQueue<T, Order>::taken() const {
  return order_.size() + static_cast<std::size_t>(places_);
}

template <typename T, typename Order>
bool BasicQueue<T, Order>::has_room_to_tell() const {
  if (!has_room(0)) return false;
  return max_items_ <= 0 || taken() == 0 ||
         static_cast<std::ptrdiff_t>(taken()) <= max_items_ - room_;
}

template <typename T, typename Order>
bool BasicQueue<T, Order>::has_room(std::size_t bytes) const {
  if (max_items_ > 0 && taken() >= static_cast<std::size_t>(max_items_)) return false;
  // In this form neither sum can overflow; alone, an item of any weight may pass.
  return max_bytes_ == 0 || bytes_ == 0 || (bytes_ < max_bytes_ && bytes <= max_bytes_ - bytes_);
}

template <typename T, typename Order>
void BasicQueue<T, Order>::push(T&& item, std::size_t bytes) {
  try {
    order_.push(std::move(item), bytes);
  } catch (...) {
    not_full_.notify_one();  // the room that woke us is another's now
    throw;
  }
  bytes_ += bytes;
  ++puts_;
  fill_sum_ += order_.size();
  max_fill_ = std::max(max_fill_, order_.size());
  not_empty_.notify_one();
}

template <typename T, typename Order>
Got<T> BasicQueue<T, Order>::take() {
  Got<T> got{QueueStatus::kOk, std::nullopt};
  Weighed<T>& next = order_.next();
  try {
    got.item.emplace(std::move(next.item));
  } catch (...) {
    not_empty_.notify_one();  // the item that woke us stays, for another
    throw;
  }
  ++gets_;
  fill_sum_ += order_.size();
  bytes_ -= next.bytes;
  order_.drop_next();
  return got;
}

template <typename T, typename Order>
typename BasicQueue<T, Order>::Listener BasicQueue<T, Order>::made_room() {
  // With a limit in bytes, which putter fits depends on its item: let each see for itself.
  if (max_bytes_ > 0 || closed_) {
    not_full_.notify_all();
  } else {
    not_full_.notify_one();
  }
  if (!refused_ || !(closed_ || has_room_to_tell())) return nullptr;
  refused_ = false;
  blocked_.leave();
  return on_room_;
}

template <typename T, typename Order>
typename BasicQueue<T, Order>::Listener BasicQueue<T, Order>::made_item() {
  if (!std::exchange(in_vain_, false)) return nullptr;
  starved_.leave();
  return on_item_;
}

}  // namespace weir::concurrency

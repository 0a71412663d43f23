// The three orders of a queue: which item comes out next. Each holds the items and knows nothing of
// threads; BasicQueue adds the lock, the bounds and the waiting.
//
//   Priority<Page, ByDepth> order;
//   order.push(std::move(page), bytes);
//   parse(order.next().item), order.drop_next();
//
// push() leaves the order unchanged if it throws. next() and drop_next() require that it is not
// empty. Thread-compatible.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <type_traits>
#include <utility>

namespace weir::concurrency {

// An item with the bytes it was charged for.
template <typename T>
struct Weighed {
  Weighed(T&& item, std::size_t bytes) : item(std::move(item)), bytes(bytes) {}
  T item;
  std::size_t bytes;
};

// First in, first out.
template <typename T>
class Fifo {
 public:
  void push(T&& item, std::size_t bytes) { items_.emplace_back(std::move(item), bytes); }
  Weighed<T>& next() noexcept { return items_.front(); }
  void drop_next() noexcept { items_.pop_front(); }
  std::size_t size() const noexcept { return items_.size(); }

 private:
  std::deque<Weighed<T>> items_;
};

// Last in, first out: a stack.
template <typename T>
class Lifo {
 public:
  void push(T&& item, std::size_t bytes) { items_.emplace_back(std::move(item), bytes); }
  Weighed<T>& next() noexcept { return items_.back(); }
  void drop_next() noexcept { items_.pop_back(); }
  std::size_t size() const noexcept { return items_.size(); }

 private:
  std::deque<Weighed<T>> items_;
};

// Smallest key first; equal keys in the order of insertion. Only keys are compared, never items. A
// multimap, not a heap: it is stable by nature, and no item moves once it is inside.
template <typename T, typename KeyOf>
class Priority {
 public:
  void push(T&& item, std::size_t bytes) {
    Key key = KeyOf{}(std::as_const(item));
    items_.emplace(std::move(key), Weighed<T>(std::move(item), bytes));
  }
  Weighed<T>& next() noexcept { return items_.begin()->second; }
  void drop_next() noexcept { items_.erase(items_.begin()); }
  std::size_t size() const noexcept { return items_.size(); }

 private:
  using Key = std::decay_t<std::invoke_result_t<KeyOf, const T&>>;
  std::multimap<Key, Weighed<T>> items_;
};

}  // namespace weir::concurrency

#include "concurrency/manager_objects.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "concurrency/mutex.h"
#include "concurrency/shared_memory.h"

namespace weir::concurrency {
namespace {

constexpr std::int64_t kMostNumbers = 1 << 20;  // of one array

template <typename State>
struct Exposed {
  std::string_view name;
  std::size_t arguments;
  Value (*call)(State& state, const Value::List& arguments);
};

const Value& at(const Value::Dict& dict, const Value& key) {
  const auto found = dict.find(key.text());
  if (found == dict.end()) throw std::out_of_range("no key '" + key.text() + "' in a shared dict");
  return found->second;
}

using Dict = Value::Dict;
using List = Value::List;

constexpr std::array<Exposed<Dict>, 8> kDictMethods = {{
    {"at", 1, [](Dict& d, const List& a) { return at(d, a[0]); }},
    {"set", 2, [](Dict& d, const List& a) { return d[a[0].text()] = a[1], Value(); }},
    {"erase", 1, [](Dict& d, const List& a) { return Value(d.erase(a[0].text()) != 0); }},
    {"contains", 1, [](Dict& d, const List& a) { return Value(d.contains(a[0].text())); }},
    {"size", 0, [](Dict& d, const List&) { return Value(d.size()); }},
    {"keys", 0,
     [](Dict& d, const List&) {
       List keys;
       for (const auto& [key, value] : d) keys.emplace_back(key);
       return Value(std::move(keys));
     }},
    {"copy", 0, [](Dict& d, const List&) { return Value(d); }},
    {"clear", 0, [](Dict& d, const List&) { return d.clear(), Value(); }},
}};

// The place that an index means; a negative one counts from the end.
std::size_t place(const List& list, const Value& index) {
  const auto size = static_cast<std::int64_t>(list.size());
  const std::int64_t at = index.integer() < 0 ? index.integer() + size : index.integer();
  if (at < 0 || at >= size)
    throw std::out_of_range("no index " + std::to_string(index.integer()) +
                            " in a shared list of " + std::to_string(size));
  return static_cast<std::size_t>(at);
}

Value slice(const List& list, std::int64_t from, std::int64_t to) {  // as Python's list[from:to]
  const auto size = static_cast<std::int64_t>(list.size());
  const auto bound = [size](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  from = bound(from);
  to = std::max(from, bound(to));
  return List(list.begin() + from, list.begin() + to);
}

constexpr std::array<Exposed<List>, 9> kListMethods = {{
    {"append", 1, [](List& l, const List& a) { return l.push_back(a[0]), Value(); }},
    {"extend", 1,
     [](List& l, const List& a) {
       return l.insert(l.end(), a[0].list().begin(), a[0].list().end()), Value();
     }},
    {"at", 1, [](List& l, const List& a) { return l[place(l, a[0])]; }},
    {"set", 2, [](List& l, const List& a) { return l[place(l, a[0])] = a[1], Value(); }},
    {"slice", 2, [](List& l, const List& a) { return slice(l, a[0].integer(), a[1].integer()); }},
    {"pop", 1,
     [](List& l, const List& a) {
       const std::size_t index = place(l, a[0]);
       Value taken = std::move(l[index]);
       l.erase(l.begin() + static_cast<std::ptrdiff_t>(index));
       return taken;
     }},
    {"size", 0, [](List& l, const List&) { return Value(l.size()); }},
    {"copy", 0, [](List& l, const List&) { return Value(l); }},
    {"clear", 0, [](List& l, const List&) { return l.clear(), Value(); }},
}};

template <typename State>
class Container final : public ManagedObject {
 public:
  Container(std::uint64_t id, std::span<const Exposed<State>> methods, State initial)
      : ManagedObject(id), methods_(methods), state_(std::move(initial)) {}

  Value call(const std::string& method, const List& arguments) override {
    for (const Exposed<State>& each : methods_) {
      if (each.name != method) continue;
      if (arguments.size() != each.arguments)
        throw std::invalid_argument("'" + method + "' takes " + std::to_string(each.arguments) +
                                    " arguments");
      const MutexLock lock(mutex_);
      return each.call(state_, arguments);
    }
    throw NotExposed(method);
  }
  void clear() override {
    const MutexLock lock(mutex_);
    state_.clear();
  }

 private:
  const std::span<const Exposed<State>> methods_;
  Mutex mutex_{"shared object"};
  State state_ GUARDED_BY(mutex_);
};

class Numbers final : public ManagedObject {
 public:
  Numbers(std::uint64_t id, std::int64_t count) : ManagedObject(id), array_(checked(count)) {}
  Value call(const std::string& method, const List&) override {
    if (method != "map") throw NotExposed(method);
    return {};
  }
  int fd() const override { return array_.fd(); }

 private:
  static std::size_t checked(std::int64_t count) {
    if (count < 1 || count > kMostNumbers)
      throw std::invalid_argument("a shared array has 1 to " + std::to_string(kMostNumbers) +
                                  " numbers");
    return static_cast<std::size_t>(count);
  }
  const SharedArray<std::int64_t> array_;
};

class Published final : public ManagedObject {
 public:
  Published(std::uint64_t id, ManagerMethods methods)
      : ManagedObject(id), methods_(std::move(methods)) {}
  Value call(const std::string& method, const List& arguments) override {
    const auto found = methods_.find(method);
    if (found == methods_.end()) throw NotExposed(method);
    return found->second(arguments);
  }

 private:
  const ManagerMethods methods_;
};

}  // namespace

std::shared_ptr<ManagedObject> make_shared_dict(std::uint64_t id, Value::Dict initial) {
  return std::make_shared<Container<Dict>>(id, kDictMethods, std::move(initial));
}
std::shared_ptr<ManagedObject> make_shared_list(std::uint64_t id, Value::List initial) {
  return std::make_shared<Container<List>>(id, kListMethods, std::move(initial));
}
std::shared_ptr<ManagedObject> make_shared_numbers(std::uint64_t id, std::int64_t count) {
  return std::make_shared<Numbers>(id, count);
}
std::shared_ptr<ManagedObject> make_published(std::uint64_t id, ManagerMethods methods) {
  return std::make_shared<Published>(id, std::move(methods));
}

}  // namespace weir::concurrency

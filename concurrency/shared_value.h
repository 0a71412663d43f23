// What the objects of a Manager hold and what travels to and from them.
//
//   Value page = Value::Dict{{"url", "http://a.example/"}, {"status", 200}};
//   page.dict().at("status").integer() == 200
//
// Values are copied, those inside a value too. A reference is the exception: it means one object of
// a manager, wherever it goes. Thread-compatible.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weir::concurrency {

// What a reference refers to: an object in its server, or the proxy of one elsewhere.
class SharedObject {
 public:
  virtual ~SharedObject() = default;
  virtual std::uint64_t id() const noexcept = 0;
};

class Value {
 public:
  using List = std::vector<Value>;
  using Dict = std::map<std::string, Value, std::less<>>;
  using Ref = std::shared_ptr<SharedObject>;

  Value() = default;  // nothing
  template <std::same_as<bool> T>
  Value(T flag) : value_(flag) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) Value(T number) : value_(static_cast<std::int64_t>(number)) {}
  Value(double number) : value_(number) {}
  Value(std::string text) : value_(std::move(text)) {}
  Value(std::string_view text) : value_(std::string(text)) {}
  Value(const char* text) : value_(std::string(text)) {}
  Value(List list) : value_(std::move(list)) {}
  Value(Dict dict) : value_(std::move(dict)) {}
  Value(Ref object);  // throws std::invalid_argument for none

  // Each throws std::invalid_argument if the value is of another kind.
  bool flag() const { return get<bool>(); }
  std::int64_t integer() const { return get<std::int64_t>(); }
  double number() const;  // an integer too
  const std::string& text() const { return get<std::string>(); }
  const List& list() const { return get<List>(); }
  const Dict& dict() const { return get<Dict>(); }
  const Ref& ref() const { return get<Ref>(); }

  const char* kind() const noexcept;  // "nothing", "flag", "integer", ...
  // Calls `visit` for each reference in it, however deep.
  void visit_refs(const std::function<void(const Ref& object)>& visit) const;
  // References are equal if they mean the same object.
  friend bool operator==(const Value& a, const Value& b);

 private:
  using Variant =
      std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Dict, Ref>;

  template <typename T>
  const T& get() const {
    if (const T* value = std::get_if<T>(&value_)) return *value;
    wrong_kind(Variant(std::in_place_type<T>).index());
  }
  [[noreturn]] void wrong_kind(std::size_t wanted) const;
  void append_to(std::string& bytes, int depth) const;
  friend std::string encode(const Value& value);

  Variant value_;
};

// As bytes, and back. Both throw std::invalid_argument: for what is nested deeper than 64 levels,
// and for bytes that encode() does not make. `resolve` says what object an id means, or throws.
std::string encode(const Value& value);
Value decode(std::string_view bytes, const std::function<Value::Ref(std::uint64_t id)>& resolve);

}  // namespace weir::concurrency

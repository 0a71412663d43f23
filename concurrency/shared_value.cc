#include "concurrency/shared_value.h"

#include <cstring>
#include <stdexcept>

namespace weir::concurrency {
namespace {

constexpr int kMostDepth = 64;

// Before each value. The order is that of Value's variant.
enum Tag : char { kNothing, kFlag, kInteger, kNumber, kText, kList, kDict, kRef };
constexpr const char* kKinds[] = {"nothing", "flag", "integer", "number",
                                  "text",    "list", "dict",    "reference"};

template <typename T>
void append(std::string& bytes, T plain) {  // both sides are of one machine
  bytes.append(reinterpret_cast<const char*>(&plain), sizeof plain);
}

void append_text(std::string& bytes, std::string_view text) {
  append(bytes, static_cast<std::uint64_t>(text.size()));
  bytes += text;
}

class Reader {
 public:
  Reader(std::string_view bytes, const std::function<Value::Ref(std::uint64_t)>& resolve)
      : rest_(bytes), resolve_(resolve) {}

  bool at_end() const { return rest_.empty(); }

  Value value(int depth) {
    if (depth > kMostDepth) bad("nested too deep");
    switch (plain<char>()) {
      case kNothing:
        return {};
      case kFlag:
        return plain<char>() != 0;
      case kInteger:
        return plain<std::int64_t>();
      case kNumber:
        return plain<double>();
      case kText:
        return std::string(text());
      case kList: {
        Value::List list;
        for (std::uint64_t left = count(); left > 0; --left) list.push_back(value(depth + 1));
        return list;
      }
      case kDict: {
        Value::Dict dict;
        for (std::uint64_t left = count(); left > 0; --left) {
          std::string key(text());
          dict.insert_or_assign(std::move(key), value(depth + 1));
        }
        return dict;
      }
      case kRef:
        return resolve_(plain<std::uint64_t>());
    }
    bad("of no kind");
  }

 private:
  [[noreturn]] static void bad(const char* what) {
    throw std::invalid_argument(std::string("a shared value that is ") + what);
  }
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) bad("cut short");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  template <typename T>
  T plain() {
    T result;
    std::memcpy(&result, take(sizeof result).data(), sizeof result);
    return result;
  }
  std::string_view text() { return take(plain<std::uint64_t>()); }
  // Of items, each of which takes a byte at least.
  std::uint64_t count() {
    const auto count = plain<std::uint64_t>();
    if (count > rest_.size()) bad("cut short");
    return count;
  }

  std::string_view rest_;
  const std::function<Value::Ref(std::uint64_t)>& resolve_;
};

}  // namespace

Value::Value(Ref object) : value_(std::move(object)) {
  if (!ref()) throw std::invalid_argument("a reference to no object");
}

const char* Value::kind() const noexcept { return kKinds[value_.index()]; }

void Value::wrong_kind(std::size_t wanted) const {
  throw std::invalid_argument(std::string("a shared value is a ") + kind() + ", not a " +
                              kKinds[wanted]);
}

double Value::number() const {
  if (const auto* integer = std::get_if<std::int64_t>(&value_))
    return static_cast<double>(*integer);
  return get<double>();
}

void Value::visit_refs(const std::function<void(const Ref& object)>& visit) const {
  if (const auto* object = std::get_if<Ref>(&value_)) visit(*object);
  if (const auto* items = std::get_if<List>(&value_))
    for (const Value& each : *items) each.visit_refs(visit);
  if (const auto* entries = std::get_if<Dict>(&value_))
    for (const auto& entry : *entries) entry.second.visit_refs(visit);
}

bool operator==(const Value& a, const Value& b) {
  const auto* one = std::get_if<Value::Ref>(&a.value_);
  const auto* two = std::get_if<Value::Ref>(&b.value_);
  if (one != nullptr && two != nullptr) return (*one)->id() == (*two)->id();
  return a.value_ == b.value_;
}

void Value::append_to(std::string& bytes, int depth) const {
  if (depth > kMostDepth) throw std::invalid_argument("a shared value that is nested too deep");
  const auto tag = static_cast<Tag>(value_.index());
  append(bytes, tag);
  switch (tag) {
    case kNothing:
      return;
    case kFlag:
      return append(bytes, static_cast<char>(flag()));
    case kInteger:
      return append(bytes, integer());
    case kNumber:
      return append(bytes, number());
    case kText:
      return append_text(bytes, text());
    case kList:
      append(bytes, static_cast<std::uint64_t>(list().size()));
      for (const Value& each : list()) each.append_to(bytes, depth + 1);
      return;
    case kDict:
      append(bytes, static_cast<std::uint64_t>(dict().size()));
      for (const auto& [key, each] : dict()) {
        append_text(bytes, key);
        each.append_to(bytes, depth + 1);
      }
      return;
    case kRef:
      return append(bytes, ref()->id());
  }
}

std::string encode(const Value& value) {
  std::string bytes;
  value.append_to(bytes, 0);
  return bytes;
}

Value decode(std::string_view bytes, const std::function<Value::Ref(std::uint64_t id)>& resolve) {
  Reader reader(bytes, resolve);
  Value value = reader.value(0);
  if (!reader.at_end()) throw std::invalid_argument("a shared value with bytes behind its end");
  return value;
}

}  // namespace weir::concurrency

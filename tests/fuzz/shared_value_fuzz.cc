// What a client of a manager may say: either refused, or a value that has one form in bytes.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "concurrency/shared_value.h"

using weir::concurrency::SharedObject;
using weir::concurrency::Value;

struct Object : SharedObject {
  explicit Object(std::uint64_t number) : number(number) {}
  std::uint64_t id() const noexcept override { return number; }
  const std::uint64_t number;
};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto resolve = [](std::uint64_t id) -> Value::Ref {
    if (id > 100) throw std::out_of_range("no such object");
    return std::make_shared<Object>(id);
  };
  try {
    const std::string written = encode(weir::concurrency::decode(bytes, resolve));
    if (encode(weir::concurrency::decode(written, resolve)) != written) std::abort();
  } catch (const std::invalid_argument&) {
  } catch (const std::out_of_range&) {
  }
  return 0;
}

// What a worker may say: either refused, or a value that an honest worker could have sent.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "parse/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::parse;
  static std::string region(32 << 20, '\0');
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const std::size_t rules : {0, 3}) {
    if (const auto facts = decode_facts(bytes, 50'000, rules)) {
      const std::size_t written = encode_facts(*facts, region);
      if (decode_facts({region.data(), written}, 50'000, rules) != facts) std::abort();
    }
  }
  if (const auto request = decode_request(bytes)) {
    if (!decode_request(encode_request(*request))) std::abort();
  }
  return 0;
}

// Bytes in JSON.
//
//   from_base64("aGk=") == "hi"
//
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace weir {

std::string from_base64(std::string_view text);  // characters of no digit are skipped

}  // namespace weir

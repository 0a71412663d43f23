// The Encoding standard's decoders for encodings of several bytes a character, and what all
// decoders share.
//
//   if (const Decoder decode = multi_byte_decoder("Big5")) decode(bytes, out);   // appends UTF-8
//
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace weir::parse {

using Decoder = void (*)(std::string_view bytes, std::string& out);

// Null if the WHATWG name is of no multi-byte encoding, or of a UTF.
Decoder multi_byte_decoder(std::string_view encoding);

}  // namespace weir::parse

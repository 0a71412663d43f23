// Undoes the content encodings of a body: gzip, x-gzip, deflate (zlib or raw), br, zstd, stacked.
//
//   std::string buffer;                          // reused from page to page
//   DecodedBody decoded = decode_content(body, "gzip", 32 << 20, buffer);
//   if (decoded.outcome == DecodeOutcome::kOk) parse(decoded.bytes);
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::parse {

enum class DecodeOutcome {
  kOk,
  kCut,          // the stream is fine but stops before its end
  kBadEncoding,  // an unknown coding, a corrupt stream
  kTooLarge,     // the output, or what lies between two stacked codings, would pass the limit
};

struct DecodedBody {
  DecodeOutcome outcome = DecodeOutcome::kOk;
  std::string_view
      bytes;  // views the body (nothing to undo) or the buffer; not kOk: what came before the fault
  std::string error;  // for people; empty if kOk
};

// `encodings` is the Content-Encoding header, several values joined by commas; identity and empty
// members count for nothing. At most `limit` bytes come out. An empty body is an empty body,
// whatever the header says. Bytes behind the end of a stream are ignored; a gzip stream may have
// several members. `buffer` is replaced and keeps its capacity; it and `body` must outlive the
// result.
DecodedBody decode_content(std::string_view body, std::string_view encodings, std::size_t limit,
                           std::string& buffer);

// True if the bytes start as a gzip stream does.
bool looks_gzipped(std::string_view bytes);

}  // namespace weir::parse

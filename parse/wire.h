// The bytes between the coordinator and a parser worker: everything of a ParseRequest but its
// body, and a PageFacts. Both decoders read hostile input: every length, count, enumerator, UTF-8
// sequence and URL is checked, and a value that an honest encoder would not write is refused.
//
//   std::string header = encode_request(request);           // coordinator
//   ParseRequest request = *decode_request(header);         // worker; then set request.body
//   std::size_t n = encode_facts(parse_page(...), region);  // worker
//   std::optional<PageFacts> facts = decode_facts({region.data(), n});
//
// Thread-compatible. Decoders read each byte of their input once, so that a worker that changes
// shared memory meanwhile gains nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "parse/page.h"

namespace weir::parse {

std::string encode_request(const ParseRequest& request);
std::optional<ParseRequest> decode_request(std::string_view bytes);

// Returns the bytes written. What does not fit is cut from the end of `links` and counted in
// links_dropped; 0 if even the rest has no room (kMinFactsRegion always has).
std::size_t encode_facts(const PageFacts& facts, std::span<char> region);
inline constexpr std::size_t kMinFactsRegion = 4 << 20;

// Absent if anything is wrong, more links than `max_links` included. Of a URL it checks that it has
// a scheme and no byte that a serialised one cannot hold: whoever follows it parses it anyway.
// `rules`: how many names the worker was told to extract.
std::optional<PageFacts> decode_facts(std::string_view bytes, std::size_t max_links = 50'000,
                                      std::size_t rules = 0);

}  // namespace weir::parse

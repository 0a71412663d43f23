// The words that users write for durations, sizes, counts and switches.
//
//   parse_duration("1h30m");   // 5'400'000 ms
//   parse_size("64KiB");       // 65536
//
// Each parser takes the whole text or none of it; each writer's output parses to the same value.
//
// Thread-compatible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace weir::config {

// `250ms`, `30s`, `2m`, `1h30m`, `1d`, `1.5s`; `0` needs no unit. Up to 100 years.
std::optional<Duration> parse_duration(std::string_view text);
std::string format_duration(Duration duration);

// Bytes: `512`, `64KiB`, `10MiB`, `2GiB` (powers of 1024), `10kB`, `10MB`, `2GB` (of 1000).
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);

// Decimal digits only.
std::optional<std::uint64_t> parse_count(std::string_view text);

// true, yes, on, 1; false, no, off, 0.
std::optional<bool> parse_boolean(std::string_view text);

// `Name: value`, as --header takes it.
std::optional<std::pair<std::string, std::string>> parse_header(std::string_view line);

bool is_utf8(std::string_view text);

// The candidate that the user may have meant, or empty if none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace weir::config

#include "parse/robots_pattern.h"

#include <cstring>

#include "parse/percent.h"

namespace weir::parse {
namespace {

constexpr char kAny = '\x01';
constexpr char kEnd = '\x02';

bool is_reserved(char c) {
  return std::string_view(":/?#[]@!$&'()*+,;=").find(c) != std::string_view::npos;
}

// Takes one character or escape off text and appends its normal form.
void append_normal(std::string_view& text, std::string& out) {
  const int escaped = escaped_byte(text);
  if (escaped >= 0) {
    const auto byte = static_cast<unsigned char>(escaped);
    if (is_unreserved(byte) || byte == '*' || byte == '$') {
      out.push_back(static_cast<char>(byte));
    } else {
      append_escape(byte, out);
    }
    text.remove_prefix(3);
    return;
  }
  const char c = text[0];
  text.remove_prefix(1);
  if (is_unreserved(static_cast<unsigned char>(c)) || is_reserved(c) || c == '%') {
    out.push_back(c);
  } else {
    append_escape(static_cast<unsigned char>(c), out);
  }
}

std::size_t find_in(std::string_view text, std::string_view part) {
  if (part.empty()) return 0;
  // memmem is linear in the worst case, string_view::find is not.
  const void* at =
      text.empty() ? nullptr : memmem(text.data(), text.size(), part.data(), part.size());
  return at == nullptr ? std::string_view::npos
                       : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

}  // namespace

std::string normalise_robots_pattern(std::string_view written) {
  std::string out;
  out.reserve(written.size());
  while (!written.empty()) {
    if (written[0] == '*') {
      if (out.empty() || out.back() != kAny) out.push_back(kAny);
      written.remove_prefix(1);
    } else if (written == "$") {
      out.push_back(kEnd);
      written.remove_prefix(1);
    } else {
      append_normal(written, out);
    }
  }
  return out;
}

std::string normalise_robots_path(std::string_view path_and_query) {
  std::string out;
  out.reserve(path_and_query.size());
  while (!path_and_query.empty()) append_normal(path_and_query, out);
  return out;
}

bool robots_pattern_matches(std::string_view pattern, std::string_view path) {
  const bool to_the_end = pattern.ends_with(kEnd);
  if (to_the_end) pattern.remove_suffix(1);
  // The parts between the wildcards: the first at the start, each other where it comes first, and
  // the last at the end if there is an anchor. Taking the first place never costs a match.
  bool anchored = true;
  while (true) {
    const std::size_t star = pattern.find(kAny);
    const std::string_view part = pattern.substr(0, star);
    const bool last = star == std::string_view::npos;
    if (last && to_the_end) return anchored ? path == part : path.ends_with(part);
    if (anchored) {
      if (!path.starts_with(part)) return false;
      path.remove_prefix(part.size());
    } else {
      const std::size_t at = find_in(path, part);
      if (at == std::string_view::npos) return false;
      path.remove_prefix(at + part.size());
    }
    if (last) return true;
    pattern.remove_prefix(star + 1);
    anchored = false;
  }
}

}  // namespace weir::parse

#include "parse/link_places.h"

#include <array>

namespace weir::parse {
namespace {

using enum LinkKind;
using enum LinkSyntax;

constexpr LinkPlace kHref[] = {{"href", kNav}};
constexpr LinkPlace kLinkElement[] = {{"href", LinkKind::kLink}, {"imagesrcset", kRes, kSrcset}};
constexpr LinkPlace kFrame[] = {{"src", kNav}, {"longdesc", kNav}};
constexpr LinkPlace kImage[] = {{"src", kRes}, {"srcset", kRes, kSrcset}, {"longdesc", kNav}};
constexpr LinkPlace kSource[] = {{"src", kRes}, {"srcset", kRes, kSrcset}};
constexpr LinkPlace kVideo[] = {{"src", kRes}, {"poster", kRes}};
constexpr LinkPlace kSrc[] = {{"src", kRes}};
constexpr LinkPlace kInput[] = {{"src", kRes}, {"formaction", LinkKind::kForm}};
constexpr LinkPlace kFormAction[] = {{"formaction", LinkKind::kForm}};
constexpr LinkPlace kAction[] = {{"action", LinkKind::kForm}};
constexpr LinkPlace kObject[] = {{"data", kRes}};
constexpr LinkPlace kBackground[] = {{"background", kRes}};
constexpr LinkPlace kManifest[] = {{"manifest", kRes}};
constexpr LinkPlace kCited[] = {{"cite", kCite}};

struct Row {
  std::string_view element;
  std::span<const LinkPlace> places;
};

constexpr Row kRows[] = {
    {"a", kHref},          {"area", kHref},         {"link", kLinkElement}, {"iframe", kFrame},
    {"frame", kFrame},     {"img", kImage},         {"source", kSource},    {"video", kVideo},
    {"audio", kSrc},       {"track", kSrc},         {"script", kSrc},       {"embed", kSrc},
    {"input", kInput},     {"button", kFormAction}, {"form", kAction},      {"object", kObject},
    {"body", kBackground}, {"table", kBackground},  {"td", kBackground},    {"th", kBackground},
    {"html", kManifest},   {"blockquote", kCited},  {"q", kCited},          {"ins", kCited},
    {"del", kCited},
};

std::array<std::span<const LinkPlace>, kTagCount> by_tag() {
  std::array<std::span<const LinkPlace>, kTagCount> table{};
  for (const Row& row : kRows) table[tag_number(row.element)] = row.places;
  return table;
}

}  // namespace

std::span<const LinkPlace> link_places(std::uint16_t tag) {
  static const std::array<std::span<const LinkPlace>, kTagCount> table = by_tag();
  return table[tag];
}

std::optional<LinkKind> svg_link_kind(std::string_view name) {
  if (name == "a") return kNav;
  if (name == "image" || name == "use" || name == "script" || name == "feImage") return kRes;
  return std::nullopt;
}

}  // namespace weir::parse

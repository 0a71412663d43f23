#include "parse/registrable_domain.h"

#include <libpsl.h>

#include "parse/url_syntax.h"

namespace weir::parse {
namespace {

const psl_ctx_t* suffix_list() {
  static const psl_ctx_t* const list = psl_latest(nullptr);  // the distribution's or the built-in
  return list;
}

// What the URL standard calls a name that ends in a number is an address or no host at all.
bool is_address(const std::string& host) {
  const std::size_t dot = host.rfind('.');
  const std::string last = host.substr(dot == std::string::npos ? 0 : dot + 1);
  return host.find(':') != std::string::npos ||
         last.find_first_not_of("0123456789") == std::string::npos;
}

bool is_suffix(const std::string& name, int kinds) {
  return psl_is_public_suffix2(suffix_list(), name.c_str(), kinds) == 1;
}

// libpsl counts "kobe.jp" as a suffix because of the rule "*.kobe.jp" alone; the list's algorithm
// does not. Such a name is told by a label that no rule can name. (It matters for whole names only:
// below a wildcard every name is a suffix or an exception, whose suffix is indeed "kobe.jp".)
bool is_wildcard_base(const std::string& name, int kinds) {
  const std::size_t dot = name.find('.');
  return dot != std::string::npos && is_suffix("-." + name, kinds) &&
         !is_suffix("-" + name.substr(dot), kinds);
}

}  // namespace

std::optional<std::string> registrable_domain(std::string_view host, Suffixes suffixes) {
  const std::string name = to_lower(host);
  if (suffix_list() == nullptr || name.empty() || name.size() > 253 || is_address(name)) return {};
  if (name[0] == '.' || name.back() == '.' || name.find("..") != std::string::npos) return {};
  const int kinds = suffixes == Suffixes::kAll ? PSL_TYPE_ANY : PSL_TYPE_ICANN;
  // From the left: the first part that is a suffix is the longest one.
  std::string_view registered;
  for (std::string_view rest = name;; rest.remove_prefix(rest.find('.') + 1)) {
    const std::string part(rest);
    if (is_suffix(part, kinds) && !(registered.empty() && is_wildcard_base(part, kinds))) break;
    registered = rest;
    if (rest.find('.') == std::string_view::npos) return {};
  }
  if (registered.empty()) return {};
  return std::string(registered);
}

}  // namespace weir::parse

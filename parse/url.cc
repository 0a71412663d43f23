#include "parse/url.h"

#include "parse/url_syntax.h"

namespace weir::parse {

std::string_view Url::password() const {
  return cut(
      username_end_ < host_ && href_[username_end_] == ':' ? username_end_ + 1 : username_end_,
      host_ > username_ ? host_ - 1 : host_);
}

std::string_view Url::port() const {
  return host_kind_ == HostKind::kNone || host_end_ == path_ ? std::string_view()
                                                             : cut(host_end_ + 1, path_);
}

std::string_view Url::query() const { return has_query() ? cut(query_ + 1, fragment_) : cut(0, 0); }

std::string_view Url::fragment() const {
  const auto end = static_cast<std::uint32_t>(href_.size());
  return has_fragment() ? cut(fragment_ + 1, end) : cut(0, 0);
}

bool Url::is_http() const {
  return special_ && href_.starts_with("http");  // of the special schemes only these two
}

std::uint16_t Url::effective_port() const {
  const std::string_view written = port();
  if (written.empty()) return default_port(scheme()).value_or(0);
  unsigned value = 0;
  for (char c : written) value = value * 10 + static_cast<unsigned>(c - '0');
  return static_cast<std::uint16_t>(value);
}

std::string Url::host_port() const {
  std::string text(host());
  text += ':';
  text += std::to_string(effective_port());
  return text;
}

std::string Url::origin() const {
  if (scheme() == "blob") {
    const auto inner = parse(path());
    return inner && inner->is_http() ? inner->origin() : "null";
  }
  if (!special_ || scheme() == "file") return "null";
  std::string text(scheme());
  text += "://";
  text += cut(host_, path_);
  return text;
}

}  // namespace weir::parse

// The basic URL parser of the URL standard, without its state overrides. The standard's states are
// functions here; each takes its part off the front of `rest_` and appends it to `out_`.
#include <algorithm>
#include <array>

#include "parse/host.h"
#include "parse/percent.h"
#include "parse/query_encoder.h"
#include "parse/url.h"
#include "parse/url_syntax.h"

namespace weir::parse {

class UrlParser {
 public:
  UrlParser(std::string_view input, const Url* base, QueryEncoder* encoder)
      : rest_(input), base_(base), encoder_(encoder) {
    out_.reserve(input.size() + (base == nullptr ? 0 : base->href_.size()) + 8);
  }

  bool run() {
    const std::size_t scheme = scheme_length();
    if (scheme == 0) return without_scheme();
    for (char c : rest_.substr(0, scheme)) out_.push_back(to_lower(c));
    rest_.remove_prefix(scheme + 1);
    url_.special_ = is_special_scheme(out_);
    const bool like_base = base_ != nullptr && base_->scheme() == out_;
    end_scheme();
    if (scheme_is("file")) {
      if (!like_base) base_ = nullptr;
      return file();
    }
    if (url_.special_) {
      if (like_base && !rest_.starts_with("//")) return relative();
      return skip_slashes_then_authority();
    }
    if (rest_.starts_with("//")) {
      rest_.remove_prefix(2);
      return authority();
    }
    if (rest_.starts_with("/")) {
      rest_.remove_prefix(1);
      no_authority();
      return path();
    }
    no_authority();
    return opaque_path();
  }

  Url take() {
    url_.href_ = std::move(out_);
    return std::move(url_);
  }

 private:
  // -- small things --

  std::uint32_t here() const { return static_cast<std::uint32_t>(out_.size()); }
  char next() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool at_slash() const { return !rest_.empty() && is_slash(rest_[0]); }
  bool is_slash(char c) const { return c == '/' || (c == '\\' && url_.special_); }
  bool scheme_is(std::string_view name) const {
    return std::string_view(out_).substr(0, url_.scheme_end_) == name;
  }

  std::size_t scheme_length() const {
    if (rest_.empty() || !is_alpha(rest_[0])) return 0;
    std::size_t i = 1;
    while (i < rest_.size() && (is_alpha(rest_[i]) || is_digit(rest_[i]) || rest_[i] == '+' ||
                                rest_[i] == '-' || rest_[i] == '.')) {
      ++i;
    }
    return i < rest_.size() && rest_[i] == ':' ? i : 0;
  }

  void end_scheme() {
    url_.scheme_end_ = here();
    out_.push_back(':');
  }

  void no_authority() {
    url_.username_ = url_.username_end_ = url_.host_ = url_.host_end_ = url_.path_ = here();
  }

  void empty_authority() {
    out_.append("//");
    no_authority();
    url_.host_kind_ = HostKind::kEmpty;
  }

  // Everything of base before its path.
  void copy_authority_of_base() {
    const Url& b = *base_;
    out_.assign(b.href_, 0, b.host_kind_ == HostKind::kNone ? b.scheme_end_ + 1 : b.path_);
    url_.scheme_end_ = b.scheme_end_;
    if (b.host_kind_ == HostKind::kNone) return no_authority();
    url_.username_ = b.username_;
    url_.username_end_ = b.username_end_;
    url_.host_ = b.host_;
    url_.host_end_ = b.host_end_;
    url_.path_ = b.path_;
    url_.host_kind_ = b.host_kind_;
  }

  // -- where there is no scheme, or that of the base --

  bool without_scheme() {
    if (base_ == nullptr) return false;
    if (base_->opaque_path_) {
      if (next() != '#') return false;
      out_.assign(base_->without_fragment());
      url_ = *base_;  // its parts before the fragment are ours
      return fragment();
    }
    url_.special_ = base_->special_;
    if (base_->scheme() != "file") return relative();
    out_.assign("file");
    end_scheme();
    return file();
  }

  bool relative() {
    if (at_slash()) {
      rest_.remove_prefix(1);
      if (at_slash()) {
        out_.assign(base_->href_, 0, base_->scheme_end_);
        end_scheme();
        rest_.remove_prefix(1);
        return url_.special_ ? skip_slashes_then_authority() : authority();
      }
      copy_authority_of_base();
      return path();
    }
    copy_authority_of_base();
    return against_path_of_base();
  }

  bool against_path_of_base() {
    out_.append(base_->path());
    if (next() == '?') {
      end_path();
      return query();
    }
    if (rest_.empty() || next() == '#') {
      end_path();
      out_.append(base_->cut(base_->query_, base_->fragment_));
      return fragment();
    }
    shorten();
    return path();
  }

  // -- file --

  bool file() {
    if (at_slash()) {
      rest_.remove_prefix(1);
      return at_slash() ? file_host() : file_slash();
    }
    if (base_ == nullptr) {
      empty_authority();
      return path();
    }
    copy_authority_of_base();
    if (starts_with_drive_letter(rest_)) return path();
    return against_path_of_base();
  }

  bool file_slash() {
    if (base_ == nullptr) {
      empty_authority();
      return path();
    }
    copy_authority_of_base();
    const std::string_view first = base_->path().substr(0, 3);
    const bool drive = first.size() == 3 && is_alpha(first[1]) && first[2] == ':' &&
                       (base_->path().size() == 3 || base_->path()[3] == '/');
    if (drive && !starts_with_drive_letter(rest_)) out_.append(first);
    return path();
  }

  bool file_host() {
    rest_.remove_prefix(1);
    const std::string_view host = rest_.substr(0, rest_.find_first_of("/\\?#"));
    empty_authority();
    if (is_drive_letter(host)) return path();
    if (!host.empty()) {
      const auto kind = append_host(host, true, out_);
      if (!kind) return false;
      url_.host_kind_ = *kind;
      if (std::string_view(out_).substr(url_.host_) == "localhost") {
        out_.resize(url_.host_);
        url_.host_kind_ = HostKind::kEmpty;
      }
      url_.host_end_ = url_.path_ = here();
      rest_.remove_prefix(host.size());
    }
    return path_start();
  }

  // -- //user:password@host:port --

  bool skip_slashes_then_authority() {
    while (at_slash()) rest_.remove_prefix(1);
    return authority();
  }

  bool authority() {
    out_.append("//");
    const char* const stop = url_.special_ ? "/\\?#" : "/?#";
    std::string_view text = rest_.substr(0, rest_.find_first_of(stop));
    rest_.remove_prefix(text.size());
    url_.username_ = url_.username_end_ = here();
    const std::size_t at = text.rfind('@');
    if (at != std::string_view::npos) {
      if (at + 1 == text.size()) return false;
      userinfo(text.substr(0, at));
      text.remove_prefix(at + 1);
    }
    url_.host_ = here();

    const std::size_t bracket = text.find(']');  // a colon inside [...] is not the port's
    std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && text.find('[') < colon) {
      colon = bracket == std::string_view::npos ? bracket : text.find(':', bracket);
    }
    const std::string_view host = text.substr(0, colon);
    url_.host_kind_ = HostKind::kEmpty;
    if (host.empty()) {
      if (url_.special_ || colon != std::string_view::npos) return false;
    } else {
      const auto kind = append_host(host, url_.special_, out_);
      if (!kind) return false;
      url_.host_kind_ = *kind;
    }
    url_.host_end_ = here();
    if (colon != std::string_view::npos && !port(text.substr(colon + 1))) return false;
    url_.path_ = here();
    return path_start();
  }

  void userinfo(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    append_encoded(text.substr(0, colon), kUserinfoSet, out_);
    url_.username_end_ = here();
    if (colon + 1 < text.size()) {
      out_.push_back(':');
      append_encoded(text.substr(colon + 1), kUserinfoSet, out_);
    }
    if (here() != url_.username_) out_.push_back('@');
  }

  bool port(std::string_view digits) {
    unsigned value = 0;
    for (char c : digits) {
      if (!is_digit(c)) return false;
      value = value * 10 + static_cast<unsigned>(c - '0');
      if (value > 65535) return false;
    }
    const std::string_view scheme = std::string_view(out_).substr(0, url_.scheme_end_);
    if (digits.empty() || default_port(scheme) == value) return true;
    out_.push_back(':');
    out_.append(std::to_string(value));
    return true;
  }

  // -- path --

  bool path_start() {
    if (at_slash()) {
      rest_.remove_prefix(1);
    } else if (!url_.special_ && (rest_.empty() || next() == '?' || next() == '#')) {
      end_path();
      return query();
    }
    return path();
  }

  // The path so far without its last segment; a drive letter stays.
  void shorten() {
    const std::string_view path = std::string_view(out_).substr(url_.path_);
    if (path.size() == 3 && path[2] == ':' && is_alpha(path[1]) && scheme_is("file")) return;
    const std::size_t slash = path.rfind('/');
    if (slash != std::string_view::npos) out_.resize(url_.path_ + slash);
  }

  // rest_ is at the start of a segment.
  bool path() {
    const EncodeSet stop = url_.special_ ? kSpecialSegmentEnd : kSegmentEnd;
    while (true) {
      std::size_t length = 0;
      EncodeSet seen = 0;
      while (length < rest_.size()) {
        const EncodeSet sets = kEncodeSets[static_cast<unsigned char>(rest_[length])];
        if (sets & stop) break;
        seen |= sets;
        ++length;
      }
      const std::string_view segment = rest_.substr(0, length);
      rest_.remove_prefix(length);
      const bool more = at_slash();
      const int dots = dot_segment(segment);
      if (dots == 2) shorten();
      if (dots == 0) {
        append_segment(segment, (seen & kPathSet) != 0);
      } else if (!more) {
        out_.push_back('/');
      }
      if (!more) break;
      rest_.remove_prefix(1);
    }
    end_path();
    return query();
  }

  void append_segment(std::string_view segment, bool encode) {
    const bool first = here() == url_.path_;
    out_.push_back('/');
    if (first && is_drive_letter(segment) && scheme_is("file")) {
      out_.push_back(segment[0]);
      out_.push_back(':');
    } else if (encode) {
      append_encoded(segment, kPathSet, out_);
    } else {
      out_.append(segment);
    }
  }

  // Without a host, a path that starts "//" would read as one.
  void end_path() {
    if (url_.host_kind_ == HostKind::kNone &&
        std::string_view(out_).substr(url_.path_).starts_with("//")) {
      out_.insert(url_.path_, "/.");
      url_.path_ += 2;
    }
    url_.query_ = here();
  }

  bool opaque_path() {
    url_.opaque_path_ = true;
    std::string_view text = rest_.substr(0, rest_.find_first_of("?#"));
    rest_.remove_prefix(text.size());
    const bool space = !rest_.empty() && text.ends_with(' ');
    if (space) text.remove_suffix(1);
    append_encoded(text, kC0Set, out_);
    if (space) out_.append("%20");
    url_.query_ = here();
    return query();
  }

  // -- ?query #fragment --

  bool query() {
    url_.query_ = here();
    if (next() != '?') return fragment();
    const std::string_view text = rest_.substr(1, rest_.find('#') - 1);
    rest_.remove_prefix(text.size() + 1);
    out_.push_back('?');
    // The document's encoding counts for special schemes other than ws and wss.
    if (encoder_ != nullptr && url_.special_ && !scheme_is("ws") && !scheme_is("wss")) {
      encoder_->append(text, true, out_);
    } else {
      append_encoded(text, url_.special_ ? kSpecialQuerySet : kQuerySet, out_);
    }
    return fragment();
  }

  bool fragment() {
    url_.fragment_ = here();
    if (next() != '#') return true;
    out_.push_back('#');
    append_encoded(rest_.substr(1), kFragmentSet, out_);
    return true;
  }

  std::string_view rest_;
  const Url* base_;
  QueryEncoder* encoder_;
  std::string out_;
  Url url_;
};

std::optional<Url> Url::parse(std::string_view input, const Url* base, QueryEncoder* encoder) {
  if (input.size() > kMaxLength) return {};
  input = trim_c0_and_space(input);
  std::string clean;
  if (has_tab_or_newline(input)) {
    std::copy_if(input.begin(), input.end(), std::back_inserter(clean),
                 [](char c) { return c != '\t' && c != '\n' && c != '\r'; });
    input = clean;
  }
  UrlParser parser(input, base, encoder);
  if (!parser.run()) return {};
  return parser.take();
}

}  // namespace weir::parse

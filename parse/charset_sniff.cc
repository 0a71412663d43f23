#include <uchardet.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "parse/ascii.h"
#include "parse/charset.h"
#include "parse/utf8.h"

namespace weir::parse {
namespace {

constexpr std::size_t kPrescanBytes = 1024;
constexpr std::size_t kDetectorBytes = 64 * 1024;  // uchardet is slow, and sure long before that

// HTML standard, "prescan a byte stream to determine its encoding". Running out of bytes ends it.
class Prescan {
 public:
  explicit Prescan(std::string_view bytes) : bytes_(bytes.substr(0, kPrescanBytes)) {}

  std::optional<std::string_view> run() {
    for (; at_ < bytes_.size(); ++at_) {
      if (bytes_[at_] != '<') continue;
      const std::string_view rest = bytes_.substr(at_);
      if (rest.substr(0, 4) == "<!--") {
        const auto end = bytes_.find("-->", at_ + 2);
        if (end == std::string_view::npos) return std::nullopt;
        at_ = end + 2;
      } else if (ascii::starts_with(rest, "<meta") && rest.size() > 5 &&
                 (ascii::is_space(rest[5]) || rest[5] == '/')) {
        at_ += 5;
        if (const auto found = meta()) return found;
      } else if (rest.size() > 2 &&
                 (ascii::is_alpha(rest[1]) || (rest[1] == '/' && ascii::is_alpha(rest[2])))) {
        at_ = std::min(bytes_.find_first_of("\t\n\f\r >", at_), bytes_.size());
        while (attribute()) {
        }
      } else if (rest.size() > 1 && (rest[1] == '!' || rest[1] == '/' || rest[1] == '?')) {
        at_ = std::min(bytes_.find('>', at_), bytes_.size());
      }
    }
    return std::nullopt;
  }

 private:
  struct Attribute {
    std::string name;
    std::string value;
  };

  bool ended() const { return at_ >= bytes_.size(); }

  // "Get an attribute". None at the end of the tag, and of the bytes: nothing then counts.
  std::optional<Attribute> attribute() {
    while (!ended() && (ascii::is_space(bytes_[at_]) || bytes_[at_] == '/')) ++at_;
    if (ended() || bytes_[at_] == '>') return std::nullopt;
    Attribute result;
    const auto name_ends = [](char c) { return ascii::is_space(c) || c == '/' || c == '>'; };
    while (!ended() && !name_ends(bytes_[at_]) && (bytes_[at_] != '=' || result.name.empty())) {
      result.name += ascii::lower(bytes_[at_++]);
    }
    while (!ended() && ascii::is_space(bytes_[at_])) ++at_;
    if (ended()) return std::nullopt;
    if (bytes_[at_] != '=') return result;
    ++at_;
    while (!ended() && ascii::is_space(bytes_[at_])) ++at_;
    if (ended()) return std::nullopt;
    if (const char quote = bytes_[at_]; quote == '"' || quote == '\'') {
      const auto end = bytes_.find(quote, ++at_);
      if (end == std::string_view::npos) return at_ = bytes_.size(), std::nullopt;
      result.value = ascii::lower(bytes_.substr(at_, end - at_));
      at_ = end + 1;
      return result;
    }
    while (!ended() && !ascii::is_space(bytes_[at_]) && bytes_[at_] != '>') {
      result.value += ascii::lower(bytes_[at_++]);
    }
    if (ended()) return std::nullopt;
    return result;
  }

  // The attributes of a <meta>: its encoding if it declares one.
  std::optional<std::string_view> meta() {
    enum class NeedPragma { kUnknown, kNo, kYes };
    NeedPragma need = NeedPragma::kUnknown;
    bool got_pragma = false;
    bool charset_set = false;
    std::optional<std::string_view> charset;
    std::vector<std::string> seen;
    while (const auto attribute = this->attribute()) {
      if (std::find(seen.begin(), seen.end(), attribute->name) != seen.end()) continue;
      seen.push_back(attribute->name);
      if (attribute->name == "http-equiv") {
        got_pragma |= attribute->value == "content-type";
      } else if (attribute->name == "content" && !charset_set) {
        if (const auto named = charset_in_content(attribute->value)) {
          charset = named;
          charset_set = true;
          need = NeedPragma::kYes;
        }
      } else if (attribute->name == "charset") {
        charset = encoding_for_label(attribute->value);
        charset_set = true;
        need = NeedPragma::kNo;
      }
    }
    if (ended() || need == NeedPragma::kUnknown || (need == NeedPragma::kYes && !got_pragma))
      return std::nullopt;
    if (charset == "UTF-16LE" || charset == "UTF-16BE") return "UTF-8";
    if (charset == "x-user-defined") return "windows-1252";
    return charset;
  }

  // "Extracting a character encoding from a meta element". Requires: value is lower case.
  static std::optional<std::string_view> charset_in_content(std::string_view value) {
    for (auto at = value.find("charset"); at != std::string_view::npos;
         at = value.find("charset", at)) {
      at = value.find_first_not_of(ascii::kSpace, at + 7);
      if (at == std::string_view::npos) return std::nullopt;
      if (value[at] != '=') continue;
      at = value.find_first_not_of(ascii::kSpace, at + 1);
      if (at == std::string_view::npos) return std::nullopt;
      if (const char quote = value[at]; quote == '"' || quote == '\'') {
        const auto end = value.find(quote, at + 1);
        if (end == std::string_view::npos) return std::nullopt;
        return encoding_for_label(value.substr(at + 1, end - at - 1));
      }
      const auto end = std::min(value.find_first_of("\t\n\f\r ;", at), value.size());
      return encoding_for_label(value.substr(at, end - at));
    }
    return std::nullopt;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

// HTML standard, "get an XML encoding".
std::optional<std::string_view> xml_encoding(std::string_view bytes) {
  if (bytes.substr(0, 5) != "<?xml") return std::nullopt;
  const std::string_view declaration = bytes.substr(0, std::min(bytes.find('>'), bytes.size()));
  if (declaration.size() == bytes.size()) return std::nullopt;
  auto at = declaration.find("encoding");
  if (at == std::string_view::npos) return std::nullopt;
  const auto skip_space = [&] {
    while (at < declaration.size() && static_cast<unsigned char>(declaration[at]) <= 0x20) ++at;
    return at < declaration.size();
  };
  at += 8;
  if (!skip_space() || declaration[at++] != '=' || !skip_space()) return std::nullopt;
  const char quote = declaration[at++];
  if (quote != '"' && quote != '\'') return std::nullopt;
  const auto end = declaration.find(quote, at);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view label = declaration.substr(at, end - at);
  if (std::any_of(label.begin(), label.end(), [](unsigned char c) { return c <= 0x20; }))
    return std::nullopt;
  const auto encoding = encoding_for_label(label);
  if (encoding == "UTF-16LE" || encoding == "UTF-16BE") return "UTF-8";
  return encoding;
}

// A body cut in the middle of a character is no less UTF-8.
bool is_utf8_so_far(std::string_view bytes) {
  for (std::size_t cut = 0; cut <= 3 && cut <= bytes.size(); ++cut) {
    if (cut > 0 && static_cast<signed char>(bytes[bytes.size() - cut]) >= 0) return false;
    if (is_utf8(bytes.substr(0, bytes.size() - cut))) return true;
  }
  return false;
}

std::optional<std::string_view> detect(std::string_view body) {
  const std::size_t ascii = ascii_prefix(body);
  if (ascii == body.size() && body.find('\x1B') == std::string_view::npos) return std::nullopt;
  if (ascii < body.size() && is_utf8_so_far(body)) return "UTF-8";
  const std::unique_ptr<uchardet, decltype(&uchardet_delete)> detector(uchardet_new(),
                                                                       uchardet_delete);
  // What comes before the first byte that is not ASCII says nothing.
  const std::size_t from = ascii == body.size() ? 0 : ascii - std::min<std::size_t>(ascii, 16);
  const std::string_view sample = body.substr(from, kDetectorBytes);
  if (uchardet_handle_data(detector.get(), sample.data(), sample.size()) != 0) return std::nullopt;
  uchardet_data_end(detector.get());
  return encoding_for_label(uchardet_get_charset(detector.get()));
}

}  // namespace

std::string_view name_of(CharsetSource source) {
  switch (source) {
    case CharsetSource::kBom:
      return "bom";
    case CharsetSource::kHttp:
      return "http";
    case CharsetSource::kMeta:
      return "meta";
    case CharsetSource::kDetected:
      return "detected";
    case CharsetSource::kDefault:
      break;
  }
  return "default";
}

std::optional<std::string_view> prescan_meta(std::string_view body) {
  using namespace std::string_view_literals;
  if (body.substr(0, 6) == "<\0?\0x\0"sv) return "UTF-16LE";
  if (body.substr(0, 6) == "\0<\0?\0x"sv) return "UTF-16BE";
  if (const auto found = Prescan(body).run()) return found;
  return xml_encoding(body.substr(0, kPrescanBytes));
}

Charset sniff_charset(std::string_view body, std::string_view http_label, ParseHtml html) {
  if (body.substr(0, 3) == "\xEF\xBB\xBF") return {"UTF-8", CharsetSource::kBom, 3};
  if (body.substr(0, 2) == "\xFE\xFF") return {"UTF-16BE", CharsetSource::kBom, 2};
  if (body.substr(0, 2) == "\xFF\xFE") return {"UTF-16LE", CharsetSource::kBom, 2};
  if (const auto named = encoding_for_label(http_label)) return {*named, CharsetSource::kHttp};
  if (html == ParseHtml::kYes) {
    if (const auto named = prescan_meta(body)) return {*named, CharsetSource::kMeta};
  }
  if (const auto found = detect(body)) return {*found, CharsetSource::kDetected};
  return {"windows-1252", CharsetSource::kDefault};
}

}  // namespace weir::parse

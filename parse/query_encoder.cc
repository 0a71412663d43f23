#include "parse/query_encoder.h"

#include <unicode/ucnv.h>

#include <array>
#include <optional>
#include <utility>

#include "parse/percent.h"
#include "parse/url_syntax.h"

namespace weir::parse {
namespace {

enum class Kind { kTable, kShiftJis, kEucJp, kIso2022Jp, kLatin10, kUserDefined };

struct Encoding {
  std::string_view name;  // of the Encoding standard
  const char* icu;
  Kind kind = Kind::kTable;
};

constexpr Encoding kEncodings[] = {
    {"ibm866", "ibm-866"},
    {"iso-8859-2", "iso-8859-2"},
    {"iso-8859-3", "iso-8859-3"},
    {"iso-8859-4", "iso-8859-4"},
    {"iso-8859-5", "iso-8859-5"},
    {"iso-8859-6", "iso-8859-6"},
    {"iso-8859-7", "iso-8859-7"},
    {"iso-8859-8", "iso-8859-8"},
    {"iso-8859-8-i", "iso-8859-8"},
    {"iso-8859-10", "iso-8859-10"},
    {"iso-8859-13", "iso-8859-13"},
    {"iso-8859-14", "iso-8859-14"},
    {"iso-8859-15", "iso-8859-15"},
    {"iso-8859-16", nullptr, Kind::kLatin10},
    {"koi8-r", "koi8-r"},
    {"koi8-u", "koi8-u"},
    {"macintosh", "macintosh"},
    {"windows-874", "windows-874"},
    {"windows-1250", "windows-1250"},
    {"windows-1251", "windows-1251"},
    {"windows-1252", "windows-1252"},
    {"windows-1253", "windows-1253"},
    {"windows-1254", "windows-1254"},
    {"windows-1255", "windows-1255"},
    {"windows-1256", "windows-1256"},
    {"windows-1257", "windows-1257"},
    {"windows-1258", "windows-1258"},
    {"x-mac-cyrillic", "x-mac-cyrillic"},
    {"gbk", "windows-936"},
    {"gb18030", "gb18030"},
    {"big5", "windows-950"},
    {"euc-kr", "windows-949"},
    {"shift_jis", "ibm-943_P15A-2003", Kind::kShiftJis},
    {"euc-jp", "ibm-943_P15A-2003", Kind::kEucJp},
    {"iso-2022-jp", "ibm-943_P15A-2003", Kind::kIso2022Jp},
    {"x-user-defined", nullptr, Kind::kUserDefined},
};

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};

constexpr char32_t kYen = 0xa5;
constexpr char32_t kOverline = 0x203e;
constexpr char32_t kMinus = 0x2212;
constexpr char32_t kFullwidthMinus = 0xff0d;

bool is_halfwidth_katakana(char32_t c) { return c >= 0xff61 && c <= 0xff9f; }

// U+FF61 to U+FF9F in full width: index ISO-2022-JP katakana.
constexpr std::u32string_view kFullwidthKatakana =
    U"。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテト"
    U"ナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜";
static_assert(kFullwidthKatakana.size() == 0xff9f - 0xff61 + 1);

// ISO-8859-16 from 0xA0, which ICU lacks.
constexpr std::u32string_view kLatin10 =
    U"\u00a0\u0104\u0105\u0141\u20ac\u201e\u0160\u00a7\u0161\u00a9\u0218\u00ab"
    U"\u0179\u00ad\u017a\u017b\u00b0\u00b1\u010c\u0142\u017d\u201d\u00b6\u00b7"
    U"\u017e\u010d\u0219\u00bb\u0152\u0153\u0178\u017c\u00c0\u00c1\u00c2\u0102"
    U"\u00c4\u0106\u00c6\u00c7\u00c8\u00c9\u00ca\u00cb\u00cc\u00cd\u00ce\u00cf"
    U"\u0110\u0143\u00d2\u00d3\u00d4\u0150\u00d6\u015a\u0170\u00d9\u00da\u00db"
    U"\u00dc\u0118\u021a\u00df\u00e0\u00e1\u00e2\u0103\u00e4\u0107\u00e6\u00e7"
    U"\u00e8\u00e9\u00ea\u00eb\u00ec\u00ed\u00ee\u00ef\u0111\u0144\u00f2\u00f3"
    U"\u00f4\u0151\u00f6\u015b\u0171\u00f9\u00fa\u00fb\u00fc\u0119\u021b\u00ff";
static_assert(kLatin10.size() == 96);

}  // namespace

struct QueryEncoder::Converter {
  Kind kind = Kind::kTable;
  bool private_use = false;  // may map characters for private use
  std::unique_ptr<UConverter, CloseConverter> icu;

  // The bytes of c, or nothing: only what decodes to c again, since ICU also knows look-alikes.
  std::optional<std::string> bytes_of(char32_t c) {
    if (!private_use && c >= 0xe000 && c <= 0xf8ff) return {};
    if (private_use && c == 0xe5e5) return {};  // the one exception of gb18030
    std::array<UChar, 2> units{};
    int unit_count = 0;
    if (c < 0x10000) {
      units[unit_count++] = static_cast<UChar>(c);
    } else {
      units[unit_count++] = static_cast<UChar>(0xd7c0 + (c >> 10));
      units[unit_count++] = static_cast<UChar>(0xdc00 + (c & 0x3ff));
    }
    UErrorCode error = U_ZERO_ERROR;
    std::array<char, 8> bytes;
    const int length =
        ucnv_fromUChars(icu.get(), bytes.data(), bytes.size(), units.data(), unit_count, &error);
    if (U_FAILURE(error)) return {};
    std::array<UChar, 8> back;
    const int back_count =
        ucnv_toUChars(icu.get(), back.data(), back.size(), bytes.data(), length, &error);
    if (U_FAILURE(error) || back_count != unit_count) return {};
    for (int i = 0; i < unit_count; ++i) {
      if (back[i] != units[i]) return {};
    }
    return std::string(bytes.data(), static_cast<std::size_t>(length));
  }

  // The two bytes of c in JIS X 0208, each from 0x21; by way of Shift_JIS.
  std::optional<std::string> jis0208(char32_t c) {
    const auto sjis = bytes_of(c);
    if (!sjis || sjis->size() != 2) return {};
    const int lead = static_cast<unsigned char>((*sjis)[0]);
    const int trail = static_cast<unsigned char>((*sjis)[1]);
    const int pointer =
        (lead - (lead < 0xa0 ? 0x81 : 0xc1)) * 188 + trail - (trail < 0x7f ? 0x40 : 0x41);
    if (pointer / 94 >= 94) return {};
    return std::string{static_cast<char>(pointer / 94 + 0x21),
                       static_cast<char>(pointer % 94 + 0x21)};
  }

  std::optional<std::string> encode(char32_t c) {
    switch (kind) {
      case Kind::kUserDefined:
        if (c < 0xf780 || c > 0xf7ff) return {};
        return std::string(1, static_cast<char>(c - 0xf780 + 0x80));
      case Kind::kLatin10: {
        const std::size_t at = kLatin10.find(c);
        if (c >= 0x80 && c < 0xa0) return std::string(1, static_cast<char>(c));
        if (at == std::u32string_view::npos) return {};
        return std::string(1, static_cast<char>(0xa0 + at));
      }
      case Kind::kShiftJis:
      case Kind::kEucJp:
        if (c == kYen) return "\\";
        if (c == kOverline) return "~";
        if (c == kMinus) c = kFullwidthMinus;
        if (kind == Kind::kShiftJis) return bytes_of(c);
        if (is_halfwidth_katakana(c))
          return std::string{'\x8e', static_cast<char>(c - 0xff61 + 0xa1)};
        if (auto jis = jis0208(c)) {
          for (char& byte : *jis) byte |= '\x80';
          return jis;
        }
        return {};
      default:
        return bytes_of(c);
    }
  }
};

namespace {

// The state of the ISO-2022-JP encoder: which escape sequence is in force.
enum class JisState { kAscii, kRoman, kJis0208 };

const char* escape_to(JisState state) {
  switch (state) {
    case JisState::kAscii:
      return "\x1b(B";
    case JisState::kRoman:
      return "\x1b(J";
    default:
      return "\x1b$B";
  }
}

void append_bytes(std::string_view bytes, EncodeSet set, std::string& out) {
  for (unsigned char byte : bytes) {
    if (kEncodeSets[byte] & set) {
      append_escape(byte, out);
    } else {
      out.push_back(static_cast<char>(byte));
    }
  }
}

void append_reference(char32_t c, std::string& out) {
  out += "%26%23" + std::to_string(static_cast<std::uint32_t>(c)) + "%3B";
}

}  // namespace

QueryEncoder::QueryEncoder(std::unique_ptr<Converter> converter)
    : converter_(std::move(converter)) {}
QueryEncoder::~QueryEncoder() = default;

std::unique_ptr<QueryEncoder> QueryEncoder::create(std::string_view encoding) {
  const std::string name = to_lower(encoding);
  for (const Encoding& known : kEncodings) {
    if (known.name != name) continue;
    auto converter = std::make_unique<Converter>();
    converter->kind = known.kind;
    converter->private_use = name == "gbk" || name == "gb18030";
    if (known.icu != nullptr) {
      UErrorCode error = U_ZERO_ERROR;
      converter->icu.reset(ucnv_open(known.icu, &error));
      if (U_FAILURE(error)) return nullptr;
      ucnv_setFromUCallBack(converter->icu.get(), UCNV_FROM_U_CALLBACK_STOP, nullptr, nullptr,
                            nullptr, &error);
      ucnv_setToUCallBack(converter->icu.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr,
                          &error);
    }
    return std::unique_ptr<QueryEncoder>(new QueryEncoder(std::move(converter)));
  }
  return nullptr;
}

void QueryEncoder::append(std::string_view query, bool special, std::string& out) {
  const EncodeSet set = special ? kSpecialQuerySet : kQuerySet;
  if (converter_->kind == Kind::kIso2022Jp) return append_iso_2022_jp(query, set, out);
  while (!query.empty()) {
    const char32_t c = take_utf8(query);
    if (c < 0x80) {
      const char byte = static_cast<char>(c);
      append_bytes({&byte, 1}, set, out);
    } else if (const auto bytes = converter_->encode(c)) {
      append_bytes(*bytes, set, out);
    } else {
      append_reference(c, out);
    }
  }
}

void QueryEncoder::append_iso_2022_jp(std::string_view query, std::uint8_t set, std::string& out) {
  JisState state = JisState::kAscii;
  const auto go = [&](JisState to) {
    if (state != to) append_bytes(escape_to(to), set, out);
    state = to;
  };
  while (!query.empty()) {
    char32_t c = take_utf8(query);
    if (c < 0x80) {
      const bool same_in_roman = c != '\\' && c != '~';
      if (state != JisState::kRoman || !same_in_roman) go(JisState::kAscii);
      if (c == 0x0e || c == 0x0f || c == 0x1b) {
        append_reference(0xfffd, out);
        continue;
      }
      const char byte = static_cast<char>(c);
      append_bytes({&byte, 1}, set, out);
    } else if (c == kYen || c == kOverline) {
      go(JisState::kRoman);
      append_bytes(c == kYen ? "\\" : "~", set, out);
    } else {
      const char32_t unknown = c;
      if (c == kMinus) c = kFullwidthMinus;
      if (is_halfwidth_katakana(c)) c = kFullwidthKatakana[c - 0xff61];
      if (const auto jis = converter_->jis0208(c)) {
        go(JisState::kJis0208);
        append_bytes(*jis, set, out);
      } else {
        if (state == JisState::kJis0208) go(JisState::kAscii);
        append_reference(unknown, out);
      }
    }
  }
  go(JisState::kAscii);
}

}  // namespace weir::parse

#include "parse/charset.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>

namespace weir::parse {
namespace {

using namespace std::string_literals;

std::string decoded(std::string_view bytes, std::string_view encoding) {
  std::string buffer;
  return std::string(to_utf8(bytes, {.encoding = encoding}, buffer));
}

// FNV-1a over texts, each ended by a newline.
class Digest {
 public:
  void add(std::string_view text) {
    for (const char c : text) step(c);
    step('\n');
  }
  std::uint64_t value() const { return value_; }

 private:
  void step(char c) { value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3; }
  std::uint64_t value_ = 0xcbf29ce484222325;
};

std::string bytes(std::initializer_list<unsigned> values) {
  std::string result;
  for (const unsigned value : values) result += static_cast<char>(value);
  return result;
}

TEST(Charset, LabelsAreTrimmedAndHaveNoCase) {
  EXPECT_EQ(encoding_for_label("utf8"), "UTF-8");
  EXPECT_EQ(encoding_for_label(" \tLatin1\r\n"), "windows-1252");
  EXPECT_EQ(encoding_for_label("GB2312"), "GBK");
  EXPECT_EQ(encoding_for_label("hz-gb-2312"), "replacement");
  EXPECT_EQ(encoding_for_label("unicodefffe"), "UTF-16BE");
  EXPECT_EQ(encoding_for_label("x-x-big5"), "Big5");
  EXPECT_EQ(encoding_for_label(""), std::nullopt);
  EXPECT_EQ(encoding_for_label("utf-7"), std::nullopt);
  EXPECT_EQ(encoding_for_label("zzz"), std::nullopt);
  EXPECT_EQ(encoding_for_label("\0utf-8"s), std::nullopt);
}

TEST(Charset, ByteOrderMarkThenHeaderThenMetaThenTheBytes) {
  const std::string meta = "<meta charset=koi8-r>";
  const auto sniffed = [](std::string_view body, std::string_view label) {
    return sniff_charset(body, label, ParseHtml::kYes);
  };
  EXPECT_EQ(sniffed("\xEF\xBB\xBF" + meta, "big5").encoding, "UTF-8");
  EXPECT_EQ(sniffed("\xEF\xBB\xBF" + meta, "big5").bom, 3u);
  EXPECT_EQ(sniffed("\xFE\xFF", "").encoding, "UTF-16BE");
  EXPECT_EQ(sniffed("\xFF\xFE", "").encoding, "UTF-16LE");
  EXPECT_EQ(sniffed(meta, "big5").encoding, "Big5");
  EXPECT_EQ(sniffed(meta, "big5").source, CharsetSource::kHttp);
  EXPECT_EQ(sniffed(meta, "nonsense").encoding, "KOI8-R");
  EXPECT_EQ(sniffed(meta, "").source, CharsetSource::kMeta);
  EXPECT_EQ(sniff_charset(meta, "", ParseHtml::kNo).encoding, "windows-1252");
  EXPECT_EQ(sniff_charset(meta, "", ParseHtml::kNo).source, CharsetSource::kDefault);
  EXPECT_EQ(sniffed("gr\xC3\xBC\xC3\x9F", "").encoding, "UTF-8");
  EXPECT_EQ(sniffed("gr\xC3\xBC\xC3\x9F", "").source, CharsetSource::kDetected);
  EXPECT_EQ(sniffed("gr\xC3\xBC\xC3", "").encoding, "UTF-8") << "cut in the middle of a character";
}

TEST(Charset, DetectsALegacyEncodingFromEnoughText) {
  const std::string russian =  // "Съешь ещё этих мягких французских булок, да выпей чаю"
      "\xD1\xFA\xE5\xF8\xFC \xE5\xF9\xB8 \xFD\xF2\xE8\xF5 \xEC\xFF\xE3\xEA\xE8\xF5 "
      "\xF4\xF0\xE0\xED\xF6\xF3\xE7\xF1\xEA\xE8\xF5 \xE1\xF3\xEB\xEE\xEA, \xE4\xE0 "
      "\xE2\xFB\xEF\xE5\xE9 \xF7\xE0\xFE. ";
  std::string body = "<p>";
  for (int i = 0; i < 5; ++i) body += russian;
  const Charset charset = sniff_charset(body, "", ParseHtml::kYes);
  EXPECT_EQ(charset.encoding, "windows-1251");
  EXPECT_EQ(charset.source, CharsetSource::kDetected);
}

TEST(Charset, PrescanFollowsTheStandard) {
  const auto found = [](std::string_view body) { return prescan_meta(body).value_or("-"); };
  EXPECT_EQ(found("<META CharSet='Shift_JIS'>"), "Shift_JIS");
  EXPECT_EQ(found("<meta http-equiv=Content-Type content='text/html; charset = \"euc-kr\"'>"),
            "EUC-KR");
  EXPECT_EQ(found("<meta content='text/html; charset=euc-kr'>"), "-") << "without its pragma";
  EXPECT_EQ(found("<meta content='charset=euc-kr' http-equiv=content-type>"), "EUC-KR");
  EXPECT_EQ(found("<meta charset=utf-16>"), "UTF-8");
  EXPECT_EQ(found("<meta charset=x-user-defined>"), "windows-1252");
  EXPECT_EQ(found("<meta charset=bogus><meta charset=big5>"), "Big5");
  EXPECT_EQ(found("<!--<meta charset=big5>--><meta charset=gbk>"), "GBK");
  EXPECT_EQ(found("<!--><meta charset=big5>"), "Big5") << "the shortest comment";
  EXPECT_EQ(found("<a title='<meta charset=big5>'><meta charset=gbk>"), "GBK");
  EXPECT_EQ(found("<!x <meta charset=big5>><meta charset=gbk>"), "GBK");
  EXPECT_EQ(found("<metacharset=big5>"), "-");
  EXPECT_EQ(found("<meta/charset=big5>"), "Big5");
  EXPECT_EQ(found("<meta charset=big5"), "-") << "never closed";
  EXPECT_EQ(found("<meta charset=gbk charset=big5>"), "GBK") << "the first of an attribute counts";
  EXPECT_EQ(found("<?xml version='1.0' encoding='koi8-u'?><html>"), "KOI8-U");
  EXPECT_EQ(found("<?xml version='1.0' encoding='koi8-u'?><meta charset=gbk>"), "GBK");
  EXPECT_EQ(found("<\0?\0x\0m\0"s), "UTF-16LE");
  EXPECT_EQ(found("\0<\0?\0x\0m"s), "UTF-16BE");
}

TEST(Charset, PrescanReads1024Bytes) {
  const std::string meta = "<meta charset=gbk>";
  EXPECT_EQ(prescan_meta(std::string(1024 - meta.size(), ' ') + meta), "GBK");
  EXPECT_EQ(prescan_meta(std::string(1025 - meta.size(), ' ') + meta), std::nullopt);
}

TEST(Charset, TextThatIsItsOwnAnswerIsNotCopied) {
  std::string buffer = "untouched?";
  for (const std::string& body : {"plain"s, "gr\xC3\xBC\xC3\x9F"s, std::string(100'000, 'a')}) {
    const std::string_view text = to_utf8(body, {"UTF-8"}, buffer);
    EXPECT_EQ(text.data(), body.data());
    EXPECT_EQ(text.size(), body.size());
  }
  const std::string ascii = "plain";
  EXPECT_EQ(to_utf8(ascii, {"windows-1251"}, buffer).data(), ascii.data());
  EXPECT_EQ(to_utf8("\xEF\xBB\xBFx", {"UTF-8", CharsetSource::kBom, 3}, buffer), "x");
}

TEST(Charset, FindsABadByteWhereverItIs) {
  for (const std::size_t length : {1u, 7u, 8u, 63u, 64u, 65u, 127u, 128u, 300u}) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      text[at] = '\xFF';
      EXPECT_EQ(ascii_prefix(text), at);
      EXPECT_EQ(utf8_prefix(text), at);
      std::string expected(length, 'a');
      expected.replace(at, 1, "\uFFFD");
      EXPECT_EQ(decoded(text, "UTF-8"), expected);
    }
  }
}

TEST(Charset, Utf8ReplacesMaximalSubparts) {
  EXPECT_EQ(decoded("\xF0\x9F\x92", "UTF-8"), "\uFFFD");
  EXPECT_EQ(decoded("\xF0\x9F\x41", "UTF-8"), "\uFFFD"s + "A");
  EXPECT_EQ(decoded("\xE0\x80\x80", "UTF-8"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decoded("\xED\xA0\x80", "UTF-8"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decoded("\xF4\x90\x80\x80", "UTF-8"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decoded("\xC2\xC2\xA0", "UTF-8"), "\uFFFD\u00A0");
  EXPECT_EQ(decoded("\0x\0"s, "UTF-8"), "\0x\0"s);
}

TEST(Charset, Utf16) {
  EXPECT_EQ(decoded("a\0\x3D\xD8\x00\xDE"s, "UTF-16LE"), "a\U0001F600");
  EXPECT_EQ(decoded("\0a\xD8\x3D\xDE\x00"s, "UTF-16BE"), "a\U0001F600");
  EXPECT_EQ(decoded("\x3D\xD8"s + "a\0"s, "UTF-16LE"), "\uFFFD"s + "a") << "lead alone";
  EXPECT_EQ(decoded("\x00\xDE"s + "a\0"s, "UTF-16LE"), "\uFFFD"s + "a") << "trail alone";
  EXPECT_EQ(decoded("a\0b"s, "UTF-16LE"), "a\uFFFD");
  EXPECT_EQ(decoded("\x3D\xD8\x00"s, "UTF-16LE"), "\uFFFD") << "one error, not two";
}

TEST(Charset, AsciiBehindABrokenLeadStays) {
  EXPECT_EQ(decoded("\x81<", "Shift_JIS"), "\uFFFD<");
  EXPECT_EQ(decoded("\xA1<", "EUC-JP"), "\uFFFD<");
  EXPECT_EQ(decoded("\x8F\xA1<", "EUC-JP"), "\uFFFD<");
  EXPECT_EQ(decoded("\x81 ", "Big5"), "\uFFFD ");
  EXPECT_EQ(decoded("\x81<", "EUC-KR"), "\uFFFD<");
  EXPECT_EQ(decoded("\x81 ", "gb18030"), "\uFFFD ");
  EXPECT_EQ(decoded("\x81\x30<", "gb18030"), "\uFFFD"s + "0<");
  EXPECT_EQ(decoded("\x81\x30\x81<", "gb18030"), "\uFFFD"s + "0\uFFFD<");
  EXPECT_EQ(decoded("\x81\x30\x81", "gb18030"), "\uFFFD") << "one error for all that is left";
  EXPECT_EQ(decoded("\x88\x62\x88\xA5", "Big5"), "\u00CA\u0304\u00EA\u030C");
}

TEST(Charset, Iso2022JpEscapes) {
  EXPECT_EQ(decoded("\x1B$B$\"\x1B(Ba", "ISO-2022-JP"), "あa");
  EXPECT_EQ(decoded("\x1B(J\\~", "ISO-2022-JP"), "¥‾");
  EXPECT_EQ(decoded("\x1B(I1", "ISO-2022-JP"), "\uFF71");
  EXPECT_EQ(decoded("\x1B$B\x1B(Ba", "ISO-2022-JP"), "\uFFFD"s + "a") << "two escapes in a row";
  EXPECT_EQ(decoded("\x1B$a", "ISO-2022-JP"), "\uFFFD$a");
  EXPECT_EQ(decoded("\x1B$B$", "ISO-2022-JP"), "\uFFFD");
}

TEST(Charset, TheReplacementEncodingIsOneCharacter) {
  EXPECT_EQ(decoded("<script>alert(1)</script>", "replacement"), "\uFFFD");
  EXPECT_EQ(decoded("", "replacement"), "");
}

// The digests are of another implementation of the Encoding standard.
TEST(Charset, EveryByteOfEverySingleByteEncoding) {
  constexpr std::pair<std::string_view, std::uint64_t> kDigests[] = {
      {"IBM866", 0x28977788b6777e1a},         {"ISO-8859-2", 0xdc9ac95114a4cf7c},
      {"ISO-8859-3", 0x8b1a3060030d5ab5},     {"ISO-8859-4", 0x4f479feb52cdb4f5},
      {"ISO-8859-5", 0x46f37b1242999f0d},     {"ISO-8859-6", 0x24f4813aa9dd50dc},
      {"ISO-8859-7", 0xfbc05879ca1158d1},     {"ISO-8859-8", 0x417fd257ef4812bd},
      {"ISO-8859-8-I", 0x417fd257ef4812bd},   {"ISO-8859-10", 0x6dffe86219f1923f},
      {"ISO-8859-13", 0xea6eb40bd1b1d43d},    {"ISO-8859-14", 0x908272e7660ff393},
      {"ISO-8859-15", 0xaa01513e1f5be432},    {"ISO-8859-16", 0x48fc2cb4b9edd164},
      {"KOI8-R", 0x276d85b3bc181131},         {"KOI8-U", 0xff7cc155c6829f9d},
      {"macintosh", 0x7d42323e70b1a809},      {"windows-874", 0x31fede6fbb780959},
      {"windows-1250", 0x87bebf87d92b1b11},   {"windows-1251", 0x60a97ba24b80f1e1},
      {"windows-1252", 0xc91d9bd7f1018b48},   {"windows-1253", 0x4407374e83c62d2c},
      {"windows-1254", 0x1ebf31fbe2ca9524},   {"windows-1255", 0xeeb2185a8c7e7e65},
      {"windows-1256", 0x48748d65473e54eb},   {"windows-1257", 0xa2a194788638289a},
      {"windows-1258", 0x9850d0d7fbbec09f},   {"x-mac-cyrillic", 0x1a5778545a74646f},
      {"x-user-defined", 0x10bd6f4fa578ca65},
  };
  for (const auto& [encoding, digest] : kDigests) {
    Digest all;
    for (unsigned byte = 0; byte < 0x100; ++byte) all.add(decoded(bytes({byte}), encoding));
    EXPECT_EQ(all.value(), digest) << encoding;
  }
}

TEST(Charset, EveryPairOfBytesOfEveryDoubleByteEncoding) {
  constexpr std::pair<std::string_view, std::uint64_t> kDigests[] = {
      {"Big5", 0x2d416ad49ae2d48c},    {"EUC-JP", 0x2fe313d4ae386955},
      {"EUC-KR", 0x8ecb9143a2ffdc98},  {"GBK", 0xf8fc268c64b1de60},
      {"gb18030", 0xf8fc268c64b1de60}, {"Shift_JIS", 0xe6ff29bdbc847fe1},
  };
  for (const auto& [encoding, digest] : kDigests) {
    Digest all;
    for (unsigned lead = 0x80; lead < 0x100; ++lead) {
      for (unsigned trail = 0; trail < 0x100; ++trail)
        all.add(decoded(bytes({lead, trail}), encoding));
    }
    EXPECT_EQ(all.value(), digest) << encoding;
  }
}

TEST(Charset, EveryLongerSequence) {
  Digest jis0212;
  for (unsigned lead = 0xA1; lead < 0xFF; ++lead) {
    for (unsigned trail = 0xA1; trail < 0xFF; ++trail) {
      jis0212.add(decoded(bytes({0x8F, lead, trail}), "EUC-JP"));
    }
  }
  EXPECT_EQ(jis0212.value(), 0x31f2f93bfe4a587bu);

  Digest gb18030;
  for (unsigned p = 0; p < 126 * 12'600 && p < 1'300'000; p += p < 39'500 ? 1 : 97) {
    gb18030.add(decoded(
        bytes({p / 12'600 + 0x81, p / 1260 % 10 + 0x30, p / 10 % 126 + 0x81, p % 10 + 0x30}),
        "gb18030"));
  }
  EXPECT_EQ(gb18030.value(), 0x34ed544691344111u);

  Digest iso_2022_jp;
  for (unsigned lead = 0x21; lead < 0x7F; ++lead) {
    for (unsigned trail = 0x21; trail < 0x7F; ++trail) {
      iso_2022_jp.add(decoded(bytes({0x1B, '$', 'B', lead, trail}), "ISO-2022-JP"));
    }
  }
  EXPECT_EQ(iso_2022_jp.value(), 0x96bef7c9019cb9c2u);
}

}  // namespace
}  // namespace weir::parse

#include "parse/query_encoder.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::parse {
namespace {

std::string encode(std::string_view encoding, std::string_view query) {
  const auto encoder = QueryEncoder::create(encoding);
  if (encoder == nullptr) return "no encoder";
  std::string out;
  encoder->append(query, true, out);
  return out;
}

TEST(QueryEncoder, Utf8NeedsNone) {
  for (const char* name : {"utf-8", "UTF-16LE", "utf-16be", "replacement", "nonsense", ""}) {
    EXPECT_EQ(QueryEncoder::create(name), nullptr) << name;
  }
}

TEST(QueryEncoder, EveryLegacyEncodingOpens) {
  for (const char* name :
       {"IBM866",        "ISO-8859-2",   "ISO-8859-3",     "ISO-8859-4",   "ISO-8859-5",
        "ISO-8859-6",    "ISO-8859-7",   "ISO-8859-8",     "ISO-8859-8-I", "ISO-8859-10",
        "ISO-8859-13",   "ISO-8859-14",  "ISO-8859-15",    "ISO-8859-16",  "KOI8-R",
        "KOI8-U",        "macintosh",    "windows-874",    "windows-1250", "windows-1251",
        "windows-1252",  "windows-1253", "windows-1254",   "windows-1255", "windows-1256",
        "windows-1257",  "windows-1258", "x-mac-cyrillic", "GBK",          "gb18030",
        "Big5",          "EUC-JP",       "ISO-2022-JP",    "Shift_JIS",    "EUC-KR",
        "x-user-defined"}) {
    EXPECT_EQ(encode(name, "a=b c'"), "a=b%20c%27") << name;
  }
}

TEST(QueryEncoder, SingleBytes) {
  EXPECT_EQ(encode("windows-1252", "\u20ac\u2020\u0081"), "%80%86%81");
  EXPECT_EQ(encode("windows-1251", "\u0416"), "%C6");
  EXPECT_EQ(encode("koi8-r", "\u0416"), "%F6");
  EXPECT_EQ(encode("iso-8859-15", "\u20ac"), "%A4");
  EXPECT_EQ(encode("iso-8859-16", "\u0218\u20ac"), "%AA%A4");
  EXPECT_EQ(encode("x-user-defined", "\uf7ff\u00ff"), "%FF%26%23255%3B");
}

TEST(QueryEncoder, WhatTheEncodingLacksBecomesAReference) {
  EXPECT_EQ(encode("windows-1252", "\u4e00"), "%26%2319968%3B");
  EXPECT_EQ(encode("big5", "\u2020"), "%26%238224%3B");
  EXPECT_EQ(encode("euc-jp", "\U0001f600"), "%26%23128512%3B");
  EXPECT_EQ(encode("gb18030", "\ue5e5"), "%26%2358853%3B");
  EXPECT_EQ(encode("iso-2022-jp", "\u00a2"), "%26%23162%3B");
}

TEST(QueryEncoder, MultiByte) {
  EXPECT_EQ(encode("gbk", "\u4e00\u20ac"), "%D2%BB%80");
  EXPECT_EQ(encode("gb18030", "\U0001f600"), "%949%FC6");
  EXPECT_EQ(encode("big5", "\u4e00"), "%A4@");
  EXPECT_EQ(encode("euc-kr", "\uac00\u2020"), "%B0%A1%A2%D3");
  EXPECT_EQ(encode("shift_jis", "\u3042\uff71\u2212\u00a5\u203e"), "%82%A0%B1%81|\\~");
  EXPECT_EQ(encode("euc-jp", "\u3042\uff71\u2212"), "%A4%A2%8E%B1%A1%DD");
}

TEST(QueryEncoder, Iso2022JpSwitches) {
  EXPECT_EQ(encode("iso-2022-jp", "a\u3042b"), "a%1B$B$%22%1B(Bb");
  EXPECT_EQ(encode("iso-2022-jp", "\u203e\\"), "%1B(J~%1B(B\\");
  EXPECT_EQ(encode("iso-2022-jp", "\uff61"), "%1B$B!%23%1B(B");
  EXPECT_EQ(encode("iso-2022-jp", "\x1b"), "%26%2365533%3B");
  EXPECT_EQ(encode("iso-2022-jp", "\u3042\u0101"), "%1B$B$%22%1B(B%26%23257%3B");
}

}  // namespace
}  // namespace weir::parse

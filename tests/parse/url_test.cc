#include "parse/url.h"

#include <gtest/gtest.h>

#include <string>

#include "parse/query_encoder.h"

namespace weir::parse {
namespace {

std::string resolve(std::string_view input, std::string_view base = "") {
  const auto base_url = Url::parse(base);
  const auto url = Url::parse(input, base_url ? &*base_url : nullptr);
  return url ? url->href() : "failure";
}

TEST(Url, TakesAUrlApart) {
  const auto url = Url::parse("HTTP://user:pa%20ss@Example.COM:8080/a/./b?c=d#e");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->href(), "http://user:pa%20ss@example.com:8080/a/b?c=d#e");
  EXPECT_EQ(url->without_fragment(), "http://user:pa%20ss@example.com:8080/a/b?c=d");
  EXPECT_EQ(url->scheme(), "http");
  EXPECT_EQ(url->username(), "user");
  EXPECT_EQ(url->password(), "pa%20ss");
  EXPECT_EQ(url->host(), "example.com");
  EXPECT_EQ(url->host_kind(), HostKind::kDomain);
  EXPECT_EQ(url->port(), "8080");
  EXPECT_EQ(url->path(), "/a/b");
  EXPECT_EQ(url->query(), "c=d");
  EXPECT_EQ(url->fragment(), "e");
  EXPECT_EQ(url->path_and_query(), "/a/b?c=d");
  EXPECT_EQ(url->host_port(), "example.com:8080");
  EXPECT_EQ(url->origin(), "http://example.com:8080");
  EXPECT_TRUE(url->is_http());
  EXPECT_TRUE(url->has_credentials());
}

TEST(Url, AbsentPartsAreEmpty) {
  const auto url = Url::parse("https://h");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->username(), "");
  EXPECT_EQ(url->password(), "");
  EXPECT_EQ(url->port(), "");
  EXPECT_EQ(url->effective_port(), 443);
  EXPECT_EQ(url->path(), "/");
  EXPECT_FALSE(url->has_query());
  EXPECT_FALSE(url->has_fragment());
  EXPECT_FALSE(url->has_credentials());
}

TEST(Url, AnEmptyQueryOrFragmentIsKept) {
  const auto url = Url::parse("http://h/?#");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->href(), "http://h/?#");
  EXPECT_TRUE(url->has_query());
  EXPECT_EQ(url->query(), "");
  EXPECT_TRUE(url->has_fragment());
  EXPECT_EQ(url->fragment(), "");
  EXPECT_EQ(url->without_fragment(), "http://h/?");
}

TEST(Url, ResolvesAsRfc3986Section54) {
  const char* const base = "http://a/b/c/d;p?q";
  const char* const cases[][2] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"http:g", "http://a/b/c/g"},
  };
  for (const auto& [input, want] : cases) EXPECT_EQ(resolve(input, base), want) << input;
}

TEST(Url, ForgivesAsBrowsersDo) {
  EXPECT_EQ(resolve("  http://h/a b\t\nc \r"), "http://h/a%20bc");
  EXPECT_EQ(resolve("http:\\\\h\\a\\..\\b"), "http://h/b");
  EXPECT_EQ(resolve("\\\\g\\x", "http://h/"), "http://g/x");
  EXPECT_EQ(resolve("/\\g", "http://h/"), "http://g/");
  EXPECT_EQ(resolve("http:////h/x"), "http://h/x");
  EXPECT_EQ(resolve("http:h/x"), "http://h/x");
  EXPECT_EQ(resolve("http://h/%2e%2E/%2e/a/.%2e"), "http://h/");
  EXPECT_EQ(resolve("http://u@v:p@h/"), "http://u%40v:p@h/");
}

TEST(Url, FailsWhereTheStandardSays) {
  for (const char* input : {"",
                            "x",
                            "//h/",
                            "http://",
                            "http:",
                            "http://:80/",
                            "http://u@/",
                            "http://h:65536/",
                            "http://h:8a/",
                            "http://[::1",
                            "http://[1:2]/",
                            "http://[::1]x/",
                            "http://h h/",
                            "http://a%00b/",
                            "http://a^b/",
                            "foo://a b/",
                            "http://1.2.3.256/",
                            "http://1.2.3.4.5/",
                            "http://0x.0x.0x.g.0/",
                            "http://%/",
                            "http://a|b/"}) {
    EXPECT_EQ(resolve(input), "failure") << input;
  }
  EXPECT_EQ(resolve("x", "mailto:a@b"), "failure");
}

TEST(Url, Ipv4HasManyNotations) {
  EXPECT_EQ(resolve("http://0x7F.1/"), "http://127.0.0.1/");
  EXPECT_EQ(resolve("http://017700000001/"), "http://127.0.0.1/");
  EXPECT_EQ(resolve("http://2130706433/"), "http://127.0.0.1/");
  EXPECT_EQ(resolve("http://1.2.3/"), "http://1.2.0.3/");
  EXPECT_EQ(resolve("http://1.2.3.4./"), "http://1.2.3.4/");
  EXPECT_EQ(resolve("http://%30x7f%2e1/"), "http://127.0.0.1/");
  EXPECT_EQ(resolve("http://\uff11.2.3.4/"), "http://1.2.3.4/");
  EXPECT_EQ(resolve("http://4294967295/"), "http://255.255.255.255/");
  EXPECT_EQ(resolve("http://4294967296/"), "failure");
  EXPECT_EQ(resolve("http://09.1/"), "failure");
  EXPECT_EQ(resolve("http://a.0x1.b/"), "http://a.0x1.b/");
  EXPECT_EQ(resolve("foo://0x7f.1/"), "foo://0x7f.1/");
}

TEST(Url, Ipv6IsCompressedAsRfc5952) {
  EXPECT_EQ(resolve("http://[2001:DB8:0:0:1:0:0:1]/"), "http://[2001:db8::1:0:0:1]/");
  EXPECT_EQ(resolve("http://[0:0:0:0:0:0:0:0]:80/"), "http://[::]/");
  EXPECT_EQ(resolve("http://[1:2:3:4:5:6:7::]/"), "http://[1:2:3:4:5:6:7:0]/");
  EXPECT_EQ(resolve("http://[::ffff:1.2.3.4]/"), "http://[::ffff:102:304]/");
  EXPECT_EQ(resolve("http://[1::8]:81/"), "http://[1::8]:81/");
  for (const char* input :
       {"[1:2:3:4:5:6:7:8::]", "[:1]", "[1:]", "[:::]", "[1::2::3]", "[12345::]", "[::1.2.3]",
        "[::1.2.3.04]", "[1:2:3:4:5:6:7:1.2.3.4]", "[::1%25eth0]"}) {
    EXPECT_EQ(resolve("http://" + std::string(input) + "/"), "failure") << input;
  }
}

TEST(Url, HostNamesGoThroughUts46) {
  EXPECT_EQ(resolve("http://B\u00fccher.example/"), "http://xn--bcher-kva.example/");
  EXPECT_EQ(resolve("http://b%C3%BCcher.example/"), "http://xn--bcher-kva.example/");
  EXPECT_EQ(resolve("http://fa\u00df.de/"), "http://xn--fa-hia.de/");
  EXPECT_EQ(resolve("http://FA\u1e9e.de/"), "http://xn--fa-hia.de/");
  EXPECT_EQ(resolve("http://a\u3002b\uff0ec/"), "http://a.b.c/");
  EXPECT_EQ(resolve("http://-a_b-.--c.\u00e4/"), "http://-a_b-.--c.xn--4ca/");
  EXPECT_EQ(resolve("http://a\u00adb/"), "http://ab/");
  EXPECT_EQ(resolve("http://\u00ad/"), "failure");
  EXPECT_EQ(resolve("http://a\ufffdb/"), "failure");
  EXPECT_EQ(resolve("http://a\xff/"), "failure");
  EXPECT_EQ(resolve("http://\u0627a/"), "failure");             // CheckBidi
  EXPECT_EQ(resolve("http://a\u200cb/"), "failure");            // CheckJoiners
  EXPECT_EQ(resolve("http://\uff05\uff14\uff11/"), "failure");  // "%41" in full width
  EXPECT_EQ(resolve("http://XN--A/"), "http://xn--a/");
  EXPECT_EQ(resolve("http://xn--a.\u00e4/"), "failure");
}

TEST(Url, FileUrls) {
  EXPECT_EQ(resolve("file:///C|/a/../.."), "file:///C:/");
  EXPECT_EQ(resolve("file:C:/x"), "file:///C:/x");
  EXPECT_EQ(resolve("file://localhost/x"), "file:///x");
  EXPECT_EQ(resolve("file://Host/x"), "file://host/x");
  EXPECT_EQ(resolve("/d", "file:///C:/a/b"), "file:///C:/d");
  EXPECT_EQ(resolve("D:/d", "file:///C:/a/b"), "d:/d");
  EXPECT_EQ(resolve("x?y", "file:///C:/a/b"), "file:///C:/a/x?y");
  EXPECT_EQ(resolve("//h/y", "file:///C:/a"), "file://h/y");
  EXPECT_EQ(resolve("file:", "http://h/"), "file:///");
  const auto url = Url::parse("file:///x");
  EXPECT_EQ(url->host_kind(), HostKind::kEmpty);
  EXPECT_EQ(url->origin(), "null");
}

TEST(Url, OtherSchemes) {
  EXPECT_EQ(resolve("mailto:A B@c?d#e f"), "mailto:A B@c?d#e%20f");
  EXPECT_EQ(resolve("data:x  #y"), "data:x %20#y");
  EXPECT_EQ(resolve("#y", "data:x?q#z"), "data:x?q#y");
  EXPECT_EQ(resolve("foo://H/a\\b"), "foo://H/a\\b");
  EXPECT_EQ(resolve("foo://h"), "foo://h");
  EXPECT_EQ(resolve("../x", "foo://h"), "foo://h/x");
  EXPECT_EQ(resolve("foo:/.//p"), "foo:/.//p");
  EXPECT_EQ(resolve("/..//p", "foo:/a"), "foo:/.//p");
  EXPECT_EQ(resolve("///x", "foo://h/a"), "foo:///x");
  const auto url = Url::parse("foo:/.//p");
  EXPECT_EQ(url->path(), "//p");
  EXPECT_EQ(url->port(), "");
  EXPECT_EQ(url->host_kind(), HostKind::kNone);
  EXPECT_EQ(Url::parse("mailto:x")->origin(), "null");
  EXPECT_TRUE(Url::parse("mailto:x")->has_opaque_path());
  EXPECT_EQ(Url::parse("blob:https://h:1/id")->origin(), "https://h:1");
}

TEST(Url, EachPartHasItsEncodeSet) {
  EXPECT_EQ(resolve("http://h/ \"#<>`?{}^"), "http://h/%20%22#%3C%3E%60?{}^");
  EXPECT_EQ(resolve("http://h/`{}^|'"), "http://h/%60%7B%7D%5E|'");
  EXPECT_EQ(resolve("http://h/?'`{}^|\"<>"), "http://h/?%27`{}^|%22%3C%3E");
  EXPECT_EQ(resolve("foo://h/?'"), "foo://h/?'");
  EXPECT_EQ(resolve("http://a;b=c:|@h/"), "http://a%3Bb%3Dc:%7C@h/");
  EXPECT_EQ(resolve("http://h/%zz%4"), "http://h/%zz%4");
}

TEST(Url, WhatIsNoUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(resolve("http://h/\xff\xe3\x83/\xed\xa0\x80"),
            "http://h/%EF%BF%BD%EF%BF%BD/%EF%BF%BD%EF%BF%BD%EF%BF%BD");
  EXPECT_EQ(resolve("http://h/?\xf0\x9f\x98\x80"), "http://h/?%F0%9F%98%80");
}

TEST(Url, TooLongIsRefused) {
  EXPECT_FALSE(Url::parse("http://h/" + std::string(Url::kMaxLength, 'a')));
  EXPECT_TRUE(Url::parse("http://h/" + std::string(Url::kMaxLength / 2, '\xff')));
}

TEST(Url, AHugeUnicodeHostIsRefusedSoon) {
  std::string host;
  for (int i = 0; i < 200'000; ++i) host += "\u4e00\u4e8c";
  EXPECT_FALSE(Url::parse("http://" + host + "/"));
}

TEST(Url, TheQueryGoesThroughTheDocumentsEncoding) {
  const auto base = Url::parse("http://h/p");
  const auto encoder = QueryEncoder::create("Windows-1252");
  ASSERT_NE(encoder, nullptr);
  EXPECT_EQ(Url::parse("/\u00e4?\u00e4#\u00e4", &*base, encoder.get())->href(),
            "http://h/%C3%A4?%E4#%C3%A4");
  EXPECT_EQ(Url::parse("ws://h/?\u00e4", nullptr, encoder.get())->query(), "%C3%A4");
  EXPECT_EQ(Url::parse("foo://h/?\u00e4", nullptr, encoder.get())->query(), "%C3%A4");
}

}  // namespace
}  // namespace weir::parse

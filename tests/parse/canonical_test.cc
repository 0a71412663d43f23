#include "parse/canonical.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::parse {
namespace {

std::string canonical_of(std::string_view text) { return canonical(*Url::parse(text)); }

TEST(Canonical, MergesWhatMeansTheSame) {
  EXPECT_EQ(canonical_of("HTTP://H:80/%7ea/%2F%c3%a9/%41?%5a=%3d#f"),
            "http://h/~a/%2F%C3%A9/A?Z=%3D");
  EXPECT_EQ(canonical_of("http://h/a/%2e%2e/b"), "http://h/b");
  EXPECT_EQ(canonical_of("http://h/x#y"), "http://h/x");
}

TEST(Canonical, KeepsApartWhatAServerCanTellApart) {
  for (const char* text :
       {"http://h/a//b", "http://h/a?", "http://h/a?b=1&a=2", "http://h/a/", "http://h/index.html",
        "http://www.h/", "http://u:p@h/", "http://h/%2F", "http://h./", "http://h/%25zz"}) {
    EXPECT_EQ(canonical_of(text), text);
  }
}

TEST(Canonical, IsFinal) {
  EXPECT_EQ(canonical_of("http://h/%%36%31"), "http://h/a");
  EXPECT_EQ(canonical_of("http://h/%2%35%36%31"), "http://h/%2561");
  EXPECT_EQ(canonical_of("http://h/a/%%32e%%32e/b"), "http://h/b");
  EXPECT_EQ(canonical_of("http://h/%%"), "http://h/%%");
  EXPECT_EQ(canonical_of("file:///%42|/x"), "file:///B:/x");
}

TEST(Canonical, KeysAreEqualWhereTheFormsAre) {
  const auto key = [](std::string_view text) { return key_of(*Url::parse(text)); };
  EXPECT_EQ(key("http://h/%7ea#x"), key("HTTP://H:80/~a"));
  EXPECT_NE(key("http://h/a"), key("http://h/a?"));
  EXPECT_EQ(key_of(*Url::parse("http://h/")), key_of_bytes("http://h/"));
}

TEST(Canonical, KeysDoNotChangeBetweenVersions) {  // a frontier on disk relies on them
  const Key key = key_of_bytes("http://example.com/");
  EXPECT_EQ(key.high, 0x42663426682770e6u);
  EXPECT_EQ(key.low, 0x5cd77c9b152d153u);
}

}  // namespace
}  // namespace weir::parse

#include "parse/registrable_domain.h"

#include <gtest/gtest.h>

namespace weir::parse {
namespace {

TEST(RegistrableDomain, IsOneLabelMoreThanTheSuffix) {
  EXPECT_EQ(registrable_domain("www.BBC.co.uk"), "bbc.co.uk");
  EXPECT_EQ(registrable_domain("example.com"), "example.com");
  EXPECT_EQ(registrable_domain("co.uk"), std::nullopt);
  EXPECT_EQ(registrable_domain("com"), std::nullopt);
}

TEST(RegistrableDomain, PrivateSuffixesCountOnlyIfAsked) {
  EXPECT_EQ(registrable_domain("a.me.github.io"), "me.github.io");
  EXPECT_EQ(registrable_domain("github.io"), std::nullopt);
  EXPECT_EQ(registrable_domain("a.me.github.io", Suffixes::kIcann), "github.io");
}

TEST(RegistrableDomain, WildcardsAndExceptions) {
  EXPECT_EQ(registrable_domain("a.b.kobe.jp"), "a.b.kobe.jp");
  EXPECT_EQ(registrable_domain("b.kobe.jp"), std::nullopt);
  EXPECT_EQ(registrable_domain("kobe.jp"), "kobe.jp");
  EXPECT_EQ(registrable_domain("x.city.kobe.jp"), "city.kobe.jp");
  EXPECT_EQ(registrable_domain("www.ck"), "www.ck");
  EXPECT_EQ(registrable_domain("foo.ck"), std::nullopt);
}

TEST(RegistrableDomain, UnlistedTopLevelsAreSuffixes) {
  EXPECT_EQ(registrable_domain("a.b.invalid"), "b.invalid");
}

TEST(RegistrableDomain, InternationalNames) {
  EXPECT_EQ(registrable_domain("a.xn--85x722f.xn--55qx5d.cn"), "xn--85x722f.xn--55qx5d.cn");
  EXPECT_EQ(registrable_domain("xn--55qx5d.cn"), std::nullopt);
}

TEST(RegistrableDomain, WhatIsNoNameHasNone) {
  for (const char* host :
       {"", ".", ".com", "a..com", "127.0.0.1", "[::1]", "::1", "example.com."}) {
    EXPECT_EQ(registrable_domain(host), std::nullopt) << host;
  }
}

}  // namespace
}  // namespace weir::parse

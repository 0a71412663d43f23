#include "crawler/duplicates.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "parse/text_stats.h"

namespace weir {
namespace {

using Kind = Duplicates::Kind;

std::uint64_t flipped(std::uint64_t bits, std::initializer_list<int> places) {
  for (const int place : places) bits ^= std::uint64_t{1} << place;
  return bits;
}

TEST(Duplicates, SameBytesAreExactWhateverTheFingerprint) {
  Duplicates d;
  EXPECT_EQ(d.add(1, 100, 7), Kind::kNew);
  EXPECT_EQ(d.add(2, 100, 7), Kind::kExact);
  EXPECT_EQ(d.add(3, 100, 7), Kind::kExact);
  EXPECT_EQ(d.exact().pages, 2u);
  EXPECT_EQ(d.exact().groups, 1u);
  EXPECT_EQ(d.near().pages, 0u);
  const auto groups = d.largest_exact(10);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].pages, 3u);
  EXPECT_EQ(groups[0].first, 1u);
  EXPECT_EQ(groups[0].second, 2u);
}

TEST(Duplicates, ThreeBitsAreNearAndFourAreNot) {
  const std::uint64_t base = 0x0123456789abcdefull;
  std::mt19937_64 random(5);
  for (int i = 0; i < 2000; ++i) {
    Duplicates d;
    d.add(1, 1, base);
    std::uint64_t bits = base;
    while (parse::distance(bits, base) < 3) bits ^= std::uint64_t{1} << random() % 64;
    EXPECT_EQ(d.add(2, 2, bits), Kind::kNear);
    while (parse::distance(bits, base) < 4) bits ^= std::uint64_t{1} << random() % 64;
    EXPECT_EQ(d.add(3, 3, bits), Kind::kNew) << "distance 4 of the first page";
  }
}

TEST(Duplicates, AGroupIsWhatIsNearItsFirstPage) {
  Duplicates d;
  const std::uint64_t base = ~std::uint64_t{0};
  d.add(10, 1, base);
  EXPECT_EQ(d.add(11, 2, flipped(base, {0, 17, 33})), Kind::kNear);
  EXPECT_EQ(d.add(12, 3, flipped(base, {50})), Kind::kNear);
  EXPECT_EQ(d.add(13, 4, flipped(base, {1, 2, 18, 34})), Kind::kNew);
  EXPECT_EQ(d.near().pages, 2u);
  const auto groups = d.largest_near(10);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].pages, 3u);
  EXPECT_EQ(groups[0].first, 10u);
  EXPECT_EQ(groups[0].second, 11u);
}

TEST(Duplicates, PagesWithoutTextAreNotAlike) {
  Duplicates d;
  EXPECT_EQ(d.add(1, 1, 0), Kind::kNew);
  EXPECT_EQ(d.add(2, 2, 0), Kind::kNew);
  EXPECT_EQ(d.near().pages, 0u);
}

TEST(Duplicates, LargestGroupsComeFirstAndNoMoreThanAskedFor) {
  Duplicates d;
  UrlId page = 0;
  for (std::uint64_t group = 0; group < 20; ++group) {
    for (std::uint64_t i = 0; i <= group; ++i) d.add(page++, group, 0);
  }
  const auto groups = d.largest_exact(3);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].pages, 20u);
  EXPECT_EQ(groups[2].pages, 18u);
}

// Fingerprints that all share a band: a look-up must not walk through all of them.
TEST(Duplicates, CrowdedBandsCostABoundedNumberOfSteps) {
  Duplicates d;
  std::mt19937_64 random(9);
  for (UrlId page = 0; page < 60'000; ++page) {
    d.add(page, page + 1, (random() & ~std::uint64_t{0xFFFF}) | 1);
  }
  // 6e7 looks at most in that band; all pairs, 1.8e9, have two that are near: other bands tell.
  EXPECT_EQ(d.near().pages, 2u);
}

// Real texts: a word changed in three hundred is near, another text is not.
TEST(Duplicates, TextsThatDifferInAWordAreNear) {
  std::mt19937 random(3);
  const auto text = [&](int words) {
    std::string out;
    for (int i = 0; i < words; ++i) out += (i ? " w" : "w") + std::to_string(random() % 5000);
    return out;
  };
  Duplicates d;
  const std::string page = text(600);
  EXPECT_EQ(d.add(1, 1, parse::measure_text(page).simhash), Kind::kNew);
  EXPECT_EQ(d.add(2, 2, parse::measure_text(page + " footer").simhash), Kind::kNear);
  EXPECT_EQ(d.add(3, 3, parse::measure_text(text(600)).simhash), Kind::kNew);
}

// Tables of one phrase, as documentation has them, must not outvote what the pages say.
TEST(Duplicates, APhraseThatIsRepeatedDoesNotMakePagesAlike) {
  std::mt19937 random(8);
  const auto text = [&] {
    std::string out;
    for (int i = 0; i < 500; ++i) {
      out += "w" + std::to_string(random() % 5000) + " ";
      if (i % 5 == 0) out += "since version 11 since version 11 since version 11 since version 11 ";
    }
    return out;
  };
  Duplicates d;
  for (UrlId page = 0; page < 20; ++page) {
    EXPECT_EQ(d.add(page, page, parse::measure_text(text()).simhash), Kind::kNew) << page;
  }
}

}  // namespace
}  // namespace weir

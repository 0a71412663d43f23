// Which pages say what another one said already: byte for byte, or nearly, by fingerprints that
// differ in few bits.
//
//   Duplicates duplicates;
//   if (duplicates.add(page, digest_key, simhash) == Duplicates::Kind::kNear) ...
//   for (const Duplicates::Group& group : duplicates.largest_near(10)) ...
//
// A page is compared with the first page of each group, through an index of four bands of 16 bits:
// fingerprints that differ in at most three bits agree in one band at least. Constant memory: 60 MB
// when full; a look-up takes a bounded number of steps, whatever pages there are.
//
// Thread-compatible.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "crawler/frontier.h"

namespace weir {

class Duplicates {
 public:
  enum class Kind {
    kNew,
    kExact,  // the same bytes as a page before
    kNear,   // not that, but nearly the text of the first page of a group
  };

  static constexpr int kNearDistance = 3;            // bits
  static constexpr std::size_t kMaxPages = 500'000;  // different ones that are remembered
  static constexpr std::size_t kMaxSteps = 1000;     // fingerprints looked at in one band

  // `digest` is 64 bits of the body's. `simhash` is 0 for a page that has no text to compare.
  Kind add(UrlId page, std::uint64_t digest, std::uint64_t simhash);

  struct Group {
    std::uint64_t pages = 0;
    UrlId first = kNoUrl, second = kNoUrl;  // the first two of them
  };
  struct Figures {
    std::uint64_t pages = 0;   // that are such a duplicate: the first of each group is none
    std::uint64_t groups = 0;  // of two pages or more
  };
  Figures exact() const { return exact_; }
  Figures near() const { return near_; }
  std::uint64_t not_compared() const { return not_compared_; }  // came when the memory was full

  // The groups of most pages, larger ones first, of the same size in order of their first page.
  std::vector<Group> largest_exact(std::size_t most) const;
  std::vector<Group> largest_near(std::size_t most) const;

 private:
  static constexpr std::size_t kBands = 4;
  static constexpr std::uint32_t kEnd = UINT32_MAX;

  // A page that was unlike all before it, byte for byte.
  struct Entry {
    std::uint64_t simhash;
    UrlId page;
    std::uint32_t same = 0, alike = 0;  // further pages
    UrlId second_same = kNoUrl, second_alike = kNoUrl;
    std::array<std::uint32_t, kBands> next{kEnd, kEnd, kEnd, kEnd};  // of the same band
  };

  static std::size_t slot(std::size_t band, std::uint64_t simhash) {
    return band << 16 | (simhash >> (16 * band) & 0xFFFF);
  }
  std::uint32_t find_alike(std::uint64_t simhash) const;

  std::vector<Entry> entries_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_digest_;
  std::vector<std::uint32_t> bands_;  // the newest first page of a group, by band and its bits
  Figures exact_, near_;
  std::uint64_t not_compared_ = 0;
};

}  // namespace weir

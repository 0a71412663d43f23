#include "crawler/duplicates.h"

#include <algorithm>

#include "parse/text_stats.h"

namespace weir {
namespace {

void keep_largest(std::vector<Duplicates::Group>& groups, std::size_t most) {
  std::stable_sort(groups.begin(), groups.end(),
                   [](const auto& a, const auto& b) { return a.pages > b.pages; });
  if (groups.size() > most) groups.resize(most);
}

}  // namespace

Duplicates::Kind Duplicates::add(UrlId page, std::uint64_t digest, std::uint64_t simhash) {
  const auto known = by_digest_.find(digest);
  if (known != by_digest_.end()) {
    Entry& entry = entries_[known->second];
    if (entry.same++ == 0) {
      entry.second_same = page;
      ++exact_.groups;
    }
    ++exact_.pages;
    return Kind::kExact;
  }
  if (entries_.size() == kMaxPages) {
    ++not_compared_;
    return Kind::kNew;
  }
  const auto index = static_cast<std::uint32_t>(entries_.size());
  by_digest_.emplace(digest, index);
  entries_.push_back({.simhash = simhash, .page = page});
  if (simhash == 0) return Kind::kNew;
  const std::uint32_t alike = find_alike(simhash);
  if (alike != kEnd) {
    Entry& first = entries_[alike];
    if (first.alike++ == 0) {
      first.second_alike = page;
      ++near_.groups;
    }
    ++near_.pages;
    return Kind::kNear;
  }
  if (bands_.empty()) bands_.assign(kBands << 16, kEnd);
  for (std::size_t band = 0; band < kBands; ++band) {
    entries_[index].next[band] = std::exchange(bands_[slot(band, simhash)], index);
  }
  return Kind::kNew;
}

std::uint32_t Duplicates::find_alike(std::uint64_t simhash) const {
  if (bands_.empty()) return kEnd;
  for (std::size_t band = 0; band < kBands; ++band) {
    std::uint32_t at = bands_[slot(band, simhash)];
    for (std::size_t steps = 0; at != kEnd && steps < kMaxSteps; ++steps) {
      if (parse::distance(entries_[at].simhash, simhash) <= kNearDistance) return at;
      at = entries_[at].next[band];
    }
  }
  return kEnd;
}

std::vector<Duplicates::Group> Duplicates::largest_exact(std::size_t most) const {
  std::vector<Group> groups;
  for (const Entry& entry : entries_) {
    if (entry.same > 0) groups.push_back({entry.same + 1u, entry.page, entry.second_same});
  }
  keep_largest(groups, most);
  return groups;
}

std::vector<Duplicates::Group> Duplicates::largest_near(std::size_t most) const {
  std::vector<Group> groups;
  for (const Entry& entry : entries_) {
    if (entry.alike > 0) groups.push_back({entry.alike + 1u, entry.page, entry.second_alike});
  }
  keep_largest(groups, most);
  return groups;
}

}  // namespace weir

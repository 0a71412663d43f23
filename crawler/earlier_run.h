// What an earlier run knows, for --since: the validators of its pages, and where they linked to.
//
//   EarlierRun earlier("runs/monday");
//   if (auto* known = earlier.find(url)) request.if_none_match = known->etag;
//   if (auto facts = earlier.links(url)) admission.links(lease, *facts);   // it answered 304
//
// Immutable; links() reads the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "concurrency/unique_fd.h"
#include "parse/page.h"

namespace weir {

class EarlierRun {
 public:
  struct Validators {
    std::string etag;
    std::string last_modified;
    bool nofollow = false;
  };

  // Throws std::invalid_argument if the folder has no pages.jsonl. Lines that are no records (the
  // last one of a run that was killed) are passed over.
  explicit EarlierRun(const std::string& folder);

  // Of a page that can be asked for conditionally; else null.
  const Validators* find(const std::string& url) const;

  bool has_links() const { return static_cast<bool>(links_file_); }
  // The links of the page as facts that hold nothing else; none if they are not known.
  std::optional<parse::PageFacts> links(const std::string& url) const;

 private:
  void index_links(const std::string& path);

  std::unordered_map<std::string, Validators> pages_;
  std::unordered_map<std::string, std::pair<std::uint64_t, std::size_t>> lines_;  // offset, size
  concurrency::UniqueFd links_file_;
};

}  // namespace weir

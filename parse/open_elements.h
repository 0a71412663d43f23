// An estimate of the stack of open elements that tree construction would have, from tags alone,
// and of the work that it would make: Gumbo walks its stack for nearly every tag, so its time goes
// with tags times depth.
//
//   OpenElements open;
//   open.start(tag_named(hash_of("div")));
//   if (open.depth() > kMaxDepth) ...
//
// It follows implied end tags and scopes, so that unclosed p, li or td do not add up; where it
// cannot tell it errs towards deeper. Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "parse/tag_names.h"

namespace weir::parse {

class OpenElements {
 public:
  void start(Tag tag);
  void end(Tag tag);
  void clear();

  std::size_t depth() const { return stack_.size(); }
  std::uint64_t work() const { return work_; }  // depths summed over tags
  void add_work(std::uint64_t work) { work_ += work; }

 private:
  void close(std::uint32_t which, std::uint32_t stop);
  void close_item(std::uint32_t which);
  void erase(std::size_t at);
  void pop_to(std::size_t size);
  std::uint16_t& count(std::uint64_t name) { return counts_[name >> 56]; }

  std::vector<Tag> stack_;
  std::uint16_t counts_[256] = {};  // of open elements by the top byte of their names' hashes
  std::uint64_t work_ = 0;
};

}  // namespace weir::parse

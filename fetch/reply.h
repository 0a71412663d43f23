// The reply of one transfer as it comes in: heads, then the body, under their limits in bytes. For
// fetch/*.cc only.
//
//   reply.begin({.max_body = 10 << 20, ...}, &arena);
//   if (reply.head_line(line, status)) ...    // false: stop, limit() says why
//   switch (reply.body(bytes)) ...
//
// Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "concurrency/slab_arena.h"
#include "fetch/fetcher.h"
#include "fetch/header_block.h"

namespace weir::fetch {

struct ReplyLimits {
  std::uint64_t max_body = 0;
  std::uint64_t max_header_bytes = 0;
  std::size_t max_header_count = 0;
  BodyPolicy policy = BodyPolicy::kAll;
  std::size_t text_limit = 0;  // of the body in a string; 0: in a slab
  bool two_rounds = false;     // a first head of 401 may be a challenge that libcurl answers
};

class Reply {
 public:
  enum class Take {
    kMore,
    kPause,     // no memory: none of it was taken
    kTooLarge,  // the part within the limit was taken
    kUnwanted,  // not wanted, and too much to read for the sake of the connection
  };

  void begin(const ReplyLimits& limits, concurrency::SlabArena* arena);

  // One line of a head or trailer, its end of line included. False: over a limit.
  bool head_line(std::string_view line);
  // At the blank line: the status of this head and the length that it announces, -1 if none. False:
  // a body that long is not wanted.
  bool end_of_head(int status, std::int64_t length);
  Take body(std::string_view bytes);

  // The transfer ended well: a challenge that libcurl had no answer for is the final reply.
  void end();
  // A final head came whole.
  bool has_head() const noexcept { return final_; }
  bool paused() const noexcept { return paused_; }
  // Paused since every place of the arena is taken, which on_credit does not tell the end of.
  bool needs_slot() const noexcept { return paused_ && !slab_; }
  void unpause() noexcept { paused_ = false; }
  // Of the final head, 0 before.
  int status() const noexcept { return final_ ? status_ : 0; }
  const HeaderBlock& headers() const noexcept { return headers_; }

  // Moves what came into `result`.
  void finish(FetchResult& result);

 private:
  bool wanted() const;
  void settle();
  Take store(std::string_view bytes);

  ReplyLimits limits_;
  concurrency::SlabArena* arena_ = nullptr;
  HeaderBlock headers_;
  concurrency::Slab slab_;
  std::string text_;
  int status_ = 0;
  bool final_ = false, challenged_ = false, in_body_ = false;
  bool keep_ = false, paused_ = false;
  std::size_t fields_ = 0;
  std::uint64_t bytes_header_ = 0, bytes_body_ = 0;
};

}  // namespace weir::fetch

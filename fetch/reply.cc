#include "fetch/reply.h"

#include <algorithm>
#include <utility>

namespace weir::fetch {
namespace {

// What is read and dropped of a body that nobody wants: a connection costs more than that.
constexpr std::uint64_t kDrain = 64 * 1024;

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// Of a Content-Type: could a parser of pages or of sitemaps use it? What does not say is sniffed.
bool is_page(std::string_view content_type) {
  const auto essence = trim(content_type.substr(0, content_type.find_first_of(";,")));
  if (essence.find('/') == std::string_view::npos) return true;
  return same_name(essence, "text/html") || same_name(essence, "application/xhtml+xml") ||
         same_name(essence, "application/xml") || same_name(essence, "text/xml") ||
         same_name(essence, "unknown/unknown") || same_name(essence, "application/unknown");
}

}  // namespace

void Reply::begin(const ReplyLimits& limits, concurrency::SlabArena* arena) {
  *this = Reply();
  limits_ = limits;
  arena_ = arena;
}

bool Reply::head_line(std::string_view line) {
  bytes_header_ += line.size();
  if (bytes_header_ > limits_.max_header_bytes) return false;
  if (final_ || in_body_) return true;  // a trailer
  if (line.starts_with("HTTP/")) {
    headers_.clear();
    return true;
  }
  const auto text = trim(line);
  if (text.empty()) return true;
  // All heads together: a server could send interim ones for ever.
  if (++fields_ > limits_.max_header_count) return false;
  if (line[0] == ' ' || line[0] == '\t') {
    headers_.fold(text);
  } else {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return true;  // libcurl refuses it by itself
    headers_.add(trim(text.substr(0, colon)), trim(text.substr(colon + 1)));
  }
  return true;
}

bool Reply::end_of_head(int status, std::int64_t length) {
  if (final_ || in_body_) return true;
  status_ = status;
  if (status < 200 && status != 101) return true;
  if (status == 401 && limits_.two_rounds && !challenged_) {
    challenged_ = true;  // if libcurl does not answer it, a body or the end settles it
    return true;
  }
  settle();
  return keep_ || length <= static_cast<std::int64_t>(kDrain) || status == 204 || status == 304;
}

void Reply::settle() {
  final_ = true;
  keep_ = wanted();
}

bool Reply::wanted() const {
  switch (limits_.policy) {
    case BodyPolicy::kAll:
      return true;
    case BodyPolicy::kNone:
      return false;
    case BodyPolicy::kPages:
      return status_ >= 200 && status_ < 300 && is_page(headers_.first("content-type"));
  }
  return true;
}

Reply::Take Reply::body(std::string_view bytes) {
  if (!final_) settle();
  in_body_ = true;
  if (!keep_) {
    bytes_body_ += bytes.size();
    return bytes_body_ > kDrain ? Take::kUnwanted : Take::kMore;
  }
  const std::uint64_t limit = limits_.text_limit > 0 ? limits_.text_limit : limits_.max_body;
  const auto room =
      static_cast<std::size_t>(std::min<std::uint64_t>(limit - bytes_body_, bytes.size()));
  const Take taken = store(bytes.substr(0, room));
  paused_ = taken == Take::kPause;
  if (taken != Take::kMore) return taken;
  bytes_body_ += room;
  return room < bytes.size() ? Take::kTooLarge : Take::kMore;
}

Reply::Take Reply::store(std::string_view bytes) {
  if (bytes.empty()) return Take::kMore;
  if (limits_.text_limit > 0) {
    text_.append(bytes);
    return Take::kMore;
  }
  if (arena_ == nullptr) return Take::kTooLarge;
  if (!slab_) {
    auto slab = arena_->open();
    if (!slab) return Take::kPause;
    slab_ = std::move(*slab);
  }
  switch (slab_.append(bytes)) {
    case concurrency::Append::kStored:
      return Take::kMore;
    case concurrency::Append::kNoCredit:
      return Take::kPause;
    case concurrency::Append::kFull:
      return Take::kTooLarge;
  }
  return Take::kMore;
}

void Reply::end() {
  if (!final_ && challenged_) settle();
}

void Reply::finish(FetchResult& result) {
  paused_ = false;
  if (slab_ && slab_.size() > 0) {
    slab_.seal();
    result.body = std::move(slab_);
  }
  slab_ = {};
  result.text = std::move(text_);
  result.status = status();
  result.headers = std::move(headers_);
  result.body_wanted = keep_;
  result.bytes_wire = bytes_body_;
  result.bytes_header = bytes_header_;
}

}  // namespace weir::fetch

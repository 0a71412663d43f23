#include "crawler/host_answer.h"

#include "parse/header_values.h"

namespace weir {

using fetch::FetchOutcome;

HostAnswer answer_of(const fetch::FetchResult& result, TimePoint started) {
  HostAnswer answer{.started = started};
  if (result.outcome == FetchOutcome::kCancelled) return answer;
  const double ms = result.ttfb_ms > 0 ? result.ttfb_ms : result.fetch_ms;
  answer.response =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::milli>(ms));
  answer.overloaded = result.status == 429 || result.status == 503;
  if (answer.overloaded) {
    const auto now =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    answer.wait = parse::parse_retry_after(result.header("retry-after"), now);
  }
  return answer;
}

bool worth_retrying(const fetch::FetchResult& result) {
  switch (result.outcome) {
    case FetchOutcome::kConnect:
    case FetchOutcome::kReset:
    case FetchOutcome::kTimeout:
      return true;
    case FetchOutcome::kHttpError:
      break;
    default:
      return false;
  }
  switch (result.status) {
    case 502:
    case 504:
      return true;
    case 429:
    case 503:
      return answer_of(result, {}).wait.value_or(kBackoff) <= kMaxRetryAfter;
    default:
      return false;
  }
}

}  // namespace weir

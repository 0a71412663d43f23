// What a finished transfer tells HostSchedule of its host.
//
//   schedule.finished(origin, now, answer_of(result, start));
//
// Thread-safe.
#pragma once

#include "crawler/host_schedule.h"
#include "fetch/fetcher.h"

namespace weir {

HostAnswer answer_of(const fetch::FetchResult& result, TimePoint started);

// Whether a later try may go better. A reply that says no will say it again, and a host that asks
// to be left alone for longer than kMaxRetryAfter is not waited for.
bool worth_retrying(const fetch::FetchResult& result);

}  // namespace weir

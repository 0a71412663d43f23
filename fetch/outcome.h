// How what libcurl and the status line say becomes an outcome.
//
// Thread-safe.
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "fetch/fetcher.h"

namespace weir::fetch {

// Of a final reply whose body is not in question.
FetchOutcome outcome_of_status(int status, bool has_location, bool conditional) noexcept;

// How far a transfer had come when libcurl gave it up.
enum class Phase {
  kConnecting,
  kWaiting,  // connected, the head of the reply is not whole
  kBody,
};
FetchOutcome outcome_of_failure(CURLcode code, Phase phase, std::string_view message) noexcept;

}  // namespace weir::fetch

// What `weir stats` prints of one run below the table: counts, extremes, duplicates, hosts.
//
//   std::cout << stats_details(summary);
//
// Throws nlohmann::json::exception for a summary that is not weir's. Thread-safe.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace weir {

std::string stats_details(const nlohmann::ordered_json& summary);

// A number of a summary as people read it: "12,345", "0.250"; "-" for null.
std::string number(const nlohmann::ordered_json& value);
std::string text(const nlohmann::ordered_json& value);  // without quotes

}  // namespace weir

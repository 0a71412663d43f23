// What a benchmark says: tables for people, row by row as they are measured, or one JSON object at
// the end.
//
//   Report report("io", as_json);
//   report.table("models", "At once", {{"model", "model"}, {"cpu_us", "CPU us/page", 1}});
//   report.row({{"model", "coroutines"}, {"cpu_us", 25.3}});
//   return report.end();
//
// A row may have an "error" instead of numbers: it takes their place. Thread-compatible.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace weir::bench {

using Json = nlohmann::ordered_json;

struct Column {
  std::string key;
  std::string title;
  int decimals = 0;
};

class Report {
 public:
  Report(std::string benchmark, bool json);

  // Begins a table: `key` in the JSON, `title` above it. Later rows belong to it.
  void table(const std::string& key, const std::string& title, std::vector<Column> columns);
  void row(Json fields);
  // How to read it; people only.
  void note(const std::string& text);
  // Exit code 0, or 1 if a row has "missed" set: a target was not reached.
  int end();

 private:
  Json result_;
  const bool json_;
  std::string key_;
  std::vector<Column> columns_;
  bool missed_ = false;
};

}  // namespace weir::bench

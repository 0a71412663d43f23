#include "bench/report.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "concurrency/cpus.h"

namespace weir::bench {
namespace {

constexpr std::size_t kLeast = 8;  // characters of a column

std::string shown(const Json& value, int decimals) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value.get<double>());
  return text;
}

std::size_t width(const Column& column) { return std::max(kLeast, column.title.size()); }

// Words to the left, numbers to the right; the first column has room for a name.
std::string cell(const std::string& text, const Column& column, bool first) {
  const std::size_t wide = first ? std::max<std::size_t>(20, width(column)) : width(column);
  const std::string room(text.size() < wide ? wide - text.size() : 0, ' ');
  return first ? text + room : "  " + room + text;
}

}  // namespace

Report::Report(std::string benchmark, bool json) : json_(json) {
  result_["bench"] = std::move(benchmark);
  result_["cpus"] = concurrency::available_cpus();
}

void Report::table(const std::string& key, const std::string& title, std::vector<Column> columns) {
  key_ = key;
  columns_ = std::move(columns);
  result_[key_] = Json::array();
  if (json_) return;
  std::string head;
  for (const Column& column : columns_) head += cell(column.title, column, head.empty());
  std::cout << '\n' << title << "\n\n" << head << std::endl;
}

void Report::row(Json fields) {
  missed_ = missed_ || fields.value("missed", false);
  if (!json_) {
    std::string line;
    for (const Column& column : columns_) {
      if (!line.empty() && !fields.contains(column.key) && fields.contains("error")) break;
      line += cell(fields.contains(column.key) ? shown(fields[column.key], column.decimals) : "-",
                   column, line.empty());
    }
    if (fields.contains("error")) line += "  " + fields["error"].get<std::string>();
    std::cout << line << std::endl;
  }
  result_[key_].push_back(std::move(fields));
}

void Report::note(const std::string& text) {
  if (!json_) std::cout << '\n' << text << std::endl;
}

int Report::end() {
  if (json_) std::cout << result_.dump(2) << std::endl;
  return missed_ ? 1 : 0;
}

}  // namespace weir::bench

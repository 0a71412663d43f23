#include "bench/micro.h"

#include <benchmark/benchmark.h>

#include <map>

#include "bench/usage.h"

namespace weir::bench {
namespace {

class Medians : public benchmark::BenchmarkReporter {
 public:
  using Each = std::function<void(const std::string&, Json)>;
  explicit Medians(const Each& each) : each_(each) {}

  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    std::map<std::string, std::vector<double>> values;
    Json figures = Json::object();
    std::string name;
    for (const Run& run : runs) {
      if (run.run_type == Run::RT_Aggregate) continue;
      const auto& of = run.run_name;
      name = of.function_name + (of.args.empty() ? "" : "/" + of.args);
      if (run.error_occurred) {
        figures["error"] = run.error_message;
        continue;
      }
      values["time_ns"].push_back(1e9 * run.real_accumulated_time /
                                  static_cast<double>(run.iterations));
      for (const auto& [key, counter] : run.counters) {
        if (key == "items_per_second") {
          values["item_ns"].push_back(1e9 / counter.value);
        } else {
          values[key].push_back(counter.value);
        }
      }
    }
    for (auto& [key, each] : values) figures[key] = median(std::move(each));
    if (!name.empty()) each_(name, std::move(figures));
  }

 private:
  const Each& each_;
};

}  // namespace

void add_micro_flags(CLI::App& app, MicroOptions& options) {
  app.add_option("--seconds", options.seconds, "least time of a repetition")
      ->type_name("S")
      ->check(CLI::Range(0.001, 60.0))
      ->capture_default_str();
  app.add_option("--repetitions", options.repetitions, "of each; the median counts")
      ->type_name("N")
      ->check(between(1, 1000))
      ->capture_default_str();
  app.add_flag("--json", options.json, "for machines");
}

void run_micro(const std::string& filter, const MicroOptions& options,
               const std::function<void(const std::string&, Json)>& each) {
  std::vector<std::string> flags{"weir bench",
                                 "--benchmark_min_time=" + std::to_string(options.seconds),
                                 "--benchmark_repetitions=" + std::to_string(options.repetitions)};
  std::vector<char*> pointers;
  for (std::string& flag : flags) pointers.push_back(flag.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  Medians reporter(each);
  benchmark::RunSpecifiedBenchmarks(&reporter, filter);
}

}  // namespace weir::bench

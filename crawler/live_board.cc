#include "crawler/live_board.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <utility>

#include "concurrency/manager.h"
#include "concurrency/thread.h"
#include "concurrency/usage.h"
#include "crawler/bottleneck.h"
#include "crawler/live_line.h"
#include "crawler/summary.h"

namespace weir {
namespace {

using concurrency::Value;

constexpr char kSocket[] = "live";
constexpr char kName[] = "crawl";

concurrency::UniqueFd open_folder(const std::string& folder) {
  return concurrency::UniqueFd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}
std::string address_in(const concurrency::UniqueFd& folder) {
  return fmt::format("/proc/self/fd/{}/{}", folder.get(), kSocket);
}

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

Value::Dict usage_value(const concurrency::Usage& usage) {
  return {{"state", concurrency::state_name(usage.state)},
          {"cpu_seconds", seconds(usage.cpu)},
          {"voluntary_switches", usage.voluntary_switches},
          {"involuntary_switches", usage.involuntary_switches},
          {"peak_rss_bytes", usage.peak_rss}};
}

Value figures_of(const config::Settings& settings, const Pipeline& pipeline) {
  const Progress now = pipeline.progress();
  const Bottleneck bottleneck = find_bottleneck(flow_of(settings, now));
  return Value::Dict{{"elapsed_seconds", now.elapsed},       {"pages", now.store.records},
                     {"failed", now.store.failed},           {"pending", now.urls.pending},
                     {"in_flight", now.fetch.in_flight},     {"queue", now.pages.size},
                     {"queue_capacity", now.pages.capacity}, {"bottleneck", bottleneck.stage},
                     {"because", bottleneck.because},        {"advice", bottleneck.advice}};
}

std::string usage_text(const std::string& name, const Value::Dict& of) {
  return fmt::format("{:24}{:22}{:>10.2f}{:>12}{:>12}", name, of.at("state").text(),
                     of.at("cpu_seconds").number(), of.at("voluntary_switches").integer(),
                     of.at("involuntary_switches").integer());
}

std::string figures_text(const std::string& run_folder, const Value::Dict& now) {
  const double elapsed = now.at("elapsed_seconds").number();
  const auto pages = now.at("pages").integer();
  return fmt::format(
      "{} is running, for {}\n"
      "  {} pages, {:.0f}/s, {} in flight, queue {}/{}, {} to go, {} failed\n"
      "Bottleneck so far: {}\n  {}\n  to change it: {}\n\n",
      run_folder, human_time(elapsed), pages, static_cast<double>(pages) / elapsed,
      now.at("in_flight").integer(), now.at("queue").integer(), now.at("queue_capacity").integer(),
      now.at("pending").integer(), now.at("failed").integer(), now.at("bottleneck").text(),
      now.at("because").text(), now.at("advice").text());
}

}  // namespace

LiveBoard::LiveBoard(const RunFolder& folder, const config::Settings& settings,
                     const Pipeline& pipeline, const std::function<void(const std::string&)>& log)
    : folder_(open_folder(folder.folder())) {
  try {
    server_.emplace(concurrency::ManagerOptions{.address = address_in(folder_)});
    server_->publish(
        kName, {{"figures", [&settings, &pipeline](
                                const Value::List&) { return figures_of(settings, pipeline); }},
                {"crew", [&pipeline](const Value::List&) { return crew_of(pipeline); }}});
  } catch (const std::exception& error) {
    log(fmt::format("warning: `weir stats` cannot look at this run before its end: {}",
                    error.what()));
  }
}

std::optional<std::string> live_text(const std::string& run_folder) {
  try {
    const concurrency::UniqueFd folder = open_folder(run_folder);
    const auto manager = concurrency::Manager::connect(address_in(folder));
    const concurrency::Proxy crawl = manager.find(kName);
    const Value figures = crawl.call("figures");
    return figures_text(run_folder, figures.dict()) + crew_text(crawl.call("crew"));
  } catch (const std::exception&) {  // nobody is there, or no longer
    return std::nullopt;
  }
}

Value crew_of(const Pipeline& pipeline) {
  Value::List threads, parsers;
  for (const concurrency::ThreadInfo& each : concurrency::enumerate_threads()) {
    const auto usage = concurrency::usage_of_thread(each.id);
    if (!usage) continue;
    Value::Dict thread = usage_value(*usage);
    thread["name"] = each.name;
    thread["id"] = each.id;
    threads.emplace_back(std::move(thread));
  }
  for (const concurrency::PoolWorkerFigures& each : pipeline.parsers()) {
    const auto usage = each.exit ? std::nullopt : concurrency::usage_of_process(each.pid);
    if (!usage) continue;
    Value::Dict parser = usage_value(*usage);
    parser["name"] = each.name;
    parser["pid"] = each.pid;
    parser["pages"] = each.tasks;
    parsers.emplace_back(std::move(parser));
  }
  return Value::Dict{{"pid", ::getpid()}, {"threads", threads}, {"parsers", parsers}};
}

std::string crew_text(const Value& crew) {
  std::string text = fmt::format("{:28}{:22}{:>10}{:>12}{:>12}\n",
                                 fmt::format("process {}", crew.dict().at("pid").integer()),
                                 "state", "CPU s", "waited", "preempted");
  for (const Value& each : crew.dict().at("threads").list()) {
    const Value::Dict& thread = each.dict();
    text += "    " + usage_text(thread.at("name").text(), thread) + '\n';
  }
  for (const Value& each : crew.dict().at("parsers").list()) {
    const Value::Dict& parser = each.dict();
    text +=
        fmt::format("  process {}, {} pages, peak {}\n    {}\n", parser.at("pid").integer(),
                    parser.at("pages").integer(), human_bytes(parser.at("peak_rss_bytes").number()),
                    usage_text(parser.at("name").text(), parser));
  }
  return text;
}

}  // namespace weir

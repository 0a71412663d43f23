#include "crawler/bottleneck.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace weir {
namespace {

constexpr double kBusy = 0.85;   // a stage this busy cannot take much more
constexpr double kOften = 0.25;  // a wait this long is worth a word

double percent(double share) { return 100 * share; }

Bottleneck parse_is_slow(const Flow& f, double blocked) {
  Bottleneck b{"parse",
               fmt::format("{} parser{} busy {:.0f} % of the time; fetching waited {:.0f} % of it",
                           f.parsers, f.parsers == 1 ? " was" : "s were", percent(f.parse_busy),
                           percent(blocked)),
               {}};
  if (!f.parses_apart) {
    b.advice = "--parse processes, so that pages are parsed beside each other";
  } else if (f.parsers < f.cpus) {
    b.advice = fmt::format("--parsers {} (this machine has {} CPUs)", f.cpus, f.cpus);
  } else {
    b.advice =
        fmt::format("none by flags: all {} CPUs parse; a machine with more of them helps", f.cpus);
  }
  return b;
}

}  // namespace

Bottleneck find_bottleneck(const Flow& f) {
  if (f.elapsed <= 0) return {"none", "nothing ran", "none"};
  const double blocked = f.fetch_blocked / f.elapsed;
  const double paused = f.credit_paused / f.elapsed;
  const double polite = f.polite_wait / f.elapsed;
  const double empty = f.frontier_empty / f.elapsed;
  const double in_use = f.transfers == 0 ? 0 : f.transfers_mean / static_cast<double>(f.transfers);

  // Back-pressure points downstream, so what waits is never the culprit: look there first.
  if (f.store_busy >= kBusy) {
    return {"store", fmt::format("the store was busy {:.0f} % of the time", percent(f.store_busy)),
            "--out on a faster disk; without --links and --warc less is written"};
  }
  if (f.parse_busy >= kBusy || (std::max(blocked, paused) >= kOften && f.parse_busy >= 0.5)) {
    return parse_is_slow(f, std::max(blocked, paused));
  }
  if (paused >= kOften) {
    return {"memory",
            fmt::format("transfers waited for memory {:.0f} % of the time, parsers were busy only "
                        "{:.0f} %",
                        percent(paused), percent(f.parse_busy)),
            "a larger --memory"};
  }
  if (blocked >= kOften) {
    return {"queue",
            fmt::format("fetching waited for room in the page queue {:.0f} % of the time, parsers "
                        "were busy only {:.0f} %",
                        percent(blocked), percent(f.parse_busy)),
            "a larger --queue"};
  }
  if (f.loop_busy >= kBusy) {
    return {"loop",
            fmt::format("the fetch loop was busy {:.0f} % of the time", percent(f.loop_busy)),
            "none by flags: one thread fetches as fast as it can; several crawls share the work"};
  }
  if (in_use >= 0.8) {
    return {"fetch",
            fmt::format("{:.0f} of {} transfers were in flight on the average, waiting for servers",
                        f.transfers_mean, f.transfers),
            fmt::format("--transfers {}", f.transfers * 2)};
  }
  if (polite >= kOften) {
    return {
        "politeness",
        fmt::format("for {:.0f} % of the time every host was to be left in peace", percent(polite)),
        "more hosts in the lists; on hosts of your own a smaller --delay or a larger --per-host"};
  }
  if (empty >= kOften) {
    return {"frontier",
            fmt::format("for {:.0f} % of the time no URL was left to ask for while others were in "
                        "flight",
                        percent(empty)),
            "none: the lists and their scope offered no more work at once"};
  }
  return {"none", "no stage was busy or waiting for most of the time", "none"};
}

}  // namespace weir

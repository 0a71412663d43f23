#include "crawler/live_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "crawler/summary.h"

namespace weir {
namespace {

std::size_t columns(int fd) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

void write_all(int fd, const std::string& text) { (void)!::write(fd, text.data(), text.size()); }

// Seconds until the end, where one is in sight: a page limit, a time limit, or all seeds read and
// the frontier shrinking to nothing.
std::optional<double> remaining(const config::Settings& settings, const Progress& now,
                                double rate) {
  std::optional<double> left;
  const auto sooner = [&](double seconds) { left = std::min(left.value_or(seconds), seconds); };
  if (settings.crawl.max_time) {
    sooner(std::max(0.0,
                    std::chrono::duration<double>(*settings.crawl.max_time).count() - now.elapsed));
  }
  if (rate > 0 && settings.crawl.max_pages != config::kNoLimit) {
    sooner(double(settings.crawl.max_pages - std::min(settings.crawl.max_pages, now.fetch.asked)) /
           rate);
  }
  const bool only_seeds =
      std::all_of(settings.lists.begin(), settings.lists.end(),
                  [](const auto& l) { return l.scope == config::Scope::kPage || l.depth == 0; });
  if (rate > 0 && only_seeds && now.seeds_read) {
    sooner(double(now.urls.pending + now.urls.leased) / rate);
  }
  return left;
}

}  // namespace

std::string human_time(double seconds) {
  const auto whole = static_cast<long>(seconds);
  if (whole >= 3600) return fmt::format("{}h {:02}m", whole / 3600, whole / 60 % 60);
  if (whole >= 60) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  return fmt::format("{:.1f}s", seconds);
}

std::string human_bytes(double bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, kUnits[unit]);
}

LiveLine::LiveLine(int fd, bool enabled) : fd_(fd), on_(enabled && ::isatty(fd) == 1) {}

void LiveLine::show(const config::Settings& settings, const Progress& now) {
  if (!on_) return;
  const double step = now.elapsed - last_elapsed_;
  if (step > 0) {
    const double fresh = double(now.store.records - last_records_) / step;
    const double weight = last_elapsed_ == 0 ? 1.0 : 1 - std::exp(-step / 3);
    rate_ += weight * (fresh - rate_);
    last_elapsed_ = now.elapsed;
    last_records_ = now.store.records;
  }
  std::string text =
      fmt::format("{} pages  {:.0f}/s  {} in flight  queue {}/{}  {} to go  {} failed  {}",
                  now.store.records, rate_, now.fetch.in_flight, now.pages.size, now.pages.capacity,
                  now.urls.pending, now.store.failed, human_time(now.elapsed));
  if (const auto left = remaining(settings, now, rate_)) text += "  ETA " + human_time(*left);
  const Bottleneck bottleneck = find_bottleneck(flow_of(settings, now));
  if (bottleneck.stage != "none" && now.elapsed > 2) text += "  [" + bottleneck.stage + "]";
  text.resize(std::min(text.size(), columns(fd_) - 1));
  write_all(fd_, "\r\x1b[K" + text);
  shown_ = true;
}

void LiveLine::clear() {
  if (std::exchange(shown_, false)) write_all(fd_, "\r\x1b[K");
}

}  // namespace weir

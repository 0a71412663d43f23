#include "bench/usage.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace weir::bench {

ProcessUse ProcessUse::now(int who) {
  rusage use{};
  ::getrusage(who, &use);
  const auto us = [](const timeval& time) {
    return 1e6 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec);
  };
  return {us(use.ru_utime) + us(use.ru_stime), static_cast<double>(use.ru_nvcsw),
          static_cast<double>(use.ru_nivcsw)};
}

ProcessUse ProcessUse::operator-(const ProcessUse& before) const {
  return {cpu_us - before.cpu_us, voluntary - before.voluntary, involuntary - before.involuntary};
}

// Not ru_maxrss, which a process inherits from the one that started it.
Resident resident() {
  std::ifstream status("/proc/self/status");
  Resident found;
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmRSS:")) found.now = 1024 * std::stoull(line.substr(6));
    if (line.starts_with("VmHWM:")) found.peak = 1024 * std::stoull(line.substr(6));
  }
  return found;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace weir::bench

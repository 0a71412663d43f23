#include "bench/apart.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "concurrency/unique_fd.h"

namespace weir::bench {

using concurrency::Process;
using concurrency::RoleContext;
using concurrency::UniqueFd;

Apart start_apart(const std::string& role, const Json& spec) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  Apart apart{Process({.role = role, .args = {spec.dump()}, .fds = {theirs.get()}}), {}};
  apart.process.start();
  theirs.reset();
  char bytes[4096];
  for (ssize_t n; (n = ::read(ours.get(), bytes, sizeof bytes)) > 0;) {
    apart.said.append(bytes, static_cast<std::size_t>(n));
  }
  return apart;
}

Json told(const RoleContext& role) { return Json::parse(role.args().at(0)); }

void say(const RoleContext& role, const std::string& text) {
  const UniqueFd pipe(role.fd(0));
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = ::write(pipe.get(), text.data() + at, text.size() - at);
    if (n < 0) throw std::system_error(errno, std::generic_category(), "pipe");
    at += static_cast<std::size_t>(n);
  }
}

Json measure_apart(const std::string& role, const Json& spec) {
  Apart apart = start_apart(role, spec);
  apart.process.join();
  Json answer = Json::parse(apart.said, nullptr, false);
  if (answer.is_object()) return answer;
  return {{"error", "its process ended with " + apart.process.exit_status()->describe()}};
}

int answer_apart(RoleContext& role, Json (*measure)(const Json& spec)) {
  Json answer;
  try {
    answer = measure(told(role));
  } catch (const std::exception& error) {
    answer = {{"error", error.what()}};
  }
  say(role, answer.dump());
  return 0;
}

}  // namespace weir::bench

#include "bench/apart.h"

#include "concurrency/channel.h"

namespace weir::bench {

using concurrency::Channel;
using concurrency::Process;
using concurrency::RoleContext;

Apart start_apart(const std::string& role, const Json& spec) {
  std::pair<Channel, Channel> ends = Channel::pair();
  Apart apart{Process({.role = role, .args = {spec.dump()}, .fds = {ends.second.fd()}}), {}};
  apart.process.start();
  ends.second.close();
  apart.said = ends.first.receive().bytes;
  return apart;
}

Json told(const RoleContext& role) { return Json::parse(role.args().at(0)); }

void say(const RoleContext& role, const std::string& text) {
  Channel(concurrency::UniqueFd(role.fd(0))).send(text);
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

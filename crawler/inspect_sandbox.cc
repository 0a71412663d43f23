#include "crawler/inspect_sandbox.h"

#include <algorithm>

#include <fmt/format.h>

#include "concurrency/process_pool.h"
#include "concurrency/slab_arena.h"
#include "config/values.h"
#include "parse/wire.h"
#include "parse/worker.h"

namespace weir {
namespace {

std::string death_of(const concurrency::PoolReply& reply, const config::ParseSettings& settings) {
  using Kind = concurrency::PoolReply::Kind;
  switch (reply.kind) {
    case Kind::kDone:
      return {};
    case Kind::kTimeout:
      return fmt::format("parse_timeout: killed after {}",
                         config::format_duration(settings.parse_timeout));
    case Kind::kMemory:
      return fmt::format("parse_memory: it needs more than {}",
                         config::format_size(settings.parse_memory));
    case Kind::kCrash:
      return "parse_crash: the parser died: " + reply.exit.describe();
    default:
      return "parse_crash: the parser failed: " + reply.message;
  }
}

}  // namespace

SandboxAnswer ask_sandbox(const SandboxQuestion& question) {
  const std::size_t size = std::max<std::size_t>(question.body.size(), 1);
  concurrency::SlabArena bodies({.memory = size, .max_body = size, .slots = 1});
  std::optional<concurrency::Slab> body = bodies.open();
  if (body->append(question.body) != concurrency::Append::kStored)
    return {{}, "the page is too large"};
  body->seal();
  concurrency::ProcessPool pool({.role = std::string(parse::kWorkerRole),
                                 .workers = 1,
                                 .bodies = &bodies,
                                 .init = parse::worker_init(question.settings),
                                 .tries = 1});
  parse::ParseRequest request{.url = question.url, .headers = question.headers};
  request.max_decoded = question.settings.max_decoded;
  request.max_links = question.settings.max_links;
  const concurrency::PoolReply reply = pool.submit({.header = encode_request(request),
                                                    .body = &*body,
                                                    .time_limit = question.settings.parse_timeout})
                                           .get();
  SandboxAnswer answer{.death = death_of(reply, question.settings)};
  if (reply.kind != concurrency::PoolReply::Kind::kDone) return answer;
  answer.facts = parse::decode_facts(reply.result, question.settings.max_links,
                                     question.settings.extract.size());
  if (!answer.facts) answer.death = "parse_crash: the parser's reply is not valid";
  return answer;
}

}  // namespace weir

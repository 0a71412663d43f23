#include "crawler/store.h"

#include <deque>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "concurrency/mutex.h"
#include "concurrency/thread.h"
#include "crawler/earlier_run.h"
#include "crawler/host_schedule.h"
#include "crawler/quarantine.h"
#include "parse/header_values.h"
#include "parse/wire.h"

namespace weir {
namespace {

using fetch::FetchOutcome;

constexpr std::chrono::seconds kFlushEvery{1};
constexpr std::size_t kMaxFailedSeeds = 100;

Outcome outcome_of(FetchOutcome outcome) {
  switch (outcome) {
    case FetchOutcome::kOk:
      return Outcome::kOk;
    case FetchOutcome::kHttpError:
      return Outcome::kHttpError;
    case FetchOutcome::kRedirect:
      return Outcome::kRedirect;
    case FetchOutcome::kBadRedirect:
      return Outcome::kBadRedirect;
    case FetchOutcome::kNotModified:
      return Outcome::kNotModified;
    case FetchOutcome::kDns:
      return Outcome::kDns;
    case FetchOutcome::kConnect:
      return Outcome::kConnect;
    case FetchOutcome::kTls:
      return Outcome::kTls;
    case FetchOutcome::kReset:
      return Outcome::kReset;
    case FetchOutcome::kProtocol:
      return Outcome::kProtocol;
    case FetchOutcome::kTimeout:
      return Outcome::kTimeout;
    case FetchOutcome::kTooSlow:
      return Outcome::kTooSlow;
    case FetchOutcome::kTruncated:
      return Outcome::kTruncated;
    case FetchOutcome::kTooLarge:
      return Outcome::kTooLarge;
    case FetchOutcome::kBlockedAddress:
      return Outcome::kBlockedAddress;
    case FetchOutcome::kCancelled:
      break;  // never gets here
  }
  return Outcome::kReset;
}

std::optional<Outcome> failure_of(parse::PageOutcome outcome) {
  switch (outcome) {
    case parse::PageOutcome::kOk:
      return std::nullopt;
    case parse::PageOutcome::kBadEncoding:
      return Outcome::kBadEncoding;
    case parse::PageOutcome::kRefused:
      return Outcome::kParseRefused;
    case parse::PageOutcome::kMemory:
      return Outcome::kParseMemory;
  }
  return std::nullopt;
}

std::string hexadecimal(const std::uint8_t* bytes, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

double unix_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::vector<LinkRecord> link_records(const parse::PageFacts& facts) {
  std::vector<LinkRecord> links;
  for (const parse::Link& link : facts.links) {
    if (link.url.empty()) continue;
    std::string rel;
    for (const std::string& token : link.rel) rel += (rel.empty() ? "" : " ") + token;
    links.push_back({link.url.substr(0, link.url.find('#')), link.el, std::move(rel)});
  }
  return links;
}

void add_facts(PageRecord& record, const parse::PageFacts& facts) {
  if (!facts.content_type.empty()) record.content_type = facts.content_type;
  record.bytes_decoded = facts.bytes_decoded;
  record.digest = hexadecimal(facts.digest.data(), facts.digest.size());
  if (!facts.html) return;
  record.charset = facts.charset;
  record.simhash = fmt::format("{:016x}", facts.simhash);
  record.title = facts.title;
  record.description = facts.description;
  record.lang = facts.lang;
  record.canonical = facts.canonical;
  record.robots = facts.noindex ? (facts.nofollow ? "noindex,nofollow" : "noindex")
                                : (facts.nofollow ? "nofollow" : "");
  record.words = facts.words;
}

}  // namespace

struct Store::State {
  State(const config::Settings& settings_, const RunFolder& folder_, Parts parts_)
      : settings(settings_),
        folder(folder_),
        parts(std::move(parts_)),
        pages(folder.path("pages.jsonl")) {
    if (settings.output.links) links.emplace(folder.path("links.jsonl"));
  }

  void run();
  void take(Page& page);
  const parse::PageFacts* facts_of(Page& page);
  PageRecord record_of(Page& page, const parse::PageFacts* facts);
  void follow_redirect(Page& page, PageRecord& record);
  void write(const PageRecord& record, const parse::PageFacts* facts);
  void flush();
  void forget_written();
  void count(const PageRecord& record);
  void fail(const std::string& why);

  const config::Settings& settings;
  const RunFolder& folder;
  const Parts parts;
  OutputFile pages;
  std::optional<OutputFile> links;
  Statistics statistics;
  std::vector<std::string> failed_seeds;
  std::uint64_t appended = 0;  // bytes, to `pages`
  Clock::time_point flushed_at = Clock::now();
  Quarantine quarantine{settings.parse, folder, parts.log};
  bool disk_failed = false;

  // A record in the buffer of `pages`, and where it will end in the file.
  struct Unwritten {
    std::string url;
    std::uint64_t end;
  };

  mutable concurrency::Mutex mutex;
  StoreFigures figures GUARDED_BY(mutex);
  std::deque<Unwritten> unwritten GUARDED_BY(mutex);
  std::optional<concurrency::Thread> thread;
};

void Store::State::run() {
  for (;;) {
    auto page = parts.inbox->get_until(Clock::now() + kFlushEvery);
    if (page.status == concurrency::QueueStatus::kClosed) break;
    const auto start = Clock::now();
    try {
      if (page) take(**page);
      if (Clock::now() - flushed_at >= kFlushEvery) flush();
    } catch (const std::system_error& error) {
      fail(error.what());
    }
    page.item.reset();
    concurrency::MutexLock lock(mutex);
    figures.busy_seconds += std::chrono::duration<double>(Clock::now() - start).count();
  }
  try {
    flush();
  } catch (const std::system_error& error) {
    fail(error.what());
  }
}

void Store::State::take(Page& page) {
  const bool unanswered = !page.refused && page.fetched.outcome == FetchOutcome::kCancelled;
  if (unanswered || disk_failed) {
    (void)parts.frontier->give_back(page.lease);
    return;
  }
  const parse::PageFacts* facts = facts_of(page);
  PageRecord record = record_of(page, facts);
  if (killed_its_parser(record.outcome)) record.quarantine = quarantine.take(page);
  page.fetched.body.release();  // before the slow part: somebody may wait for the memory
  write(record, facts);         // may throw; then the URL stays unfinished
  if (facts != nullptr) parts.admission->links(page.lease, *facts);
  statistics.add(page.lease.id, record, record.outcome == Outcome::kNotModified ? nullptr : facts);
  count(record);
  if (page.lease.seed && is_failure(record.outcome) && failed_seeds.size() < kMaxFailedSeeds) {
    failed_seeds.push_back(fmt::format("{} ({})", record.url, outcome_name(record.outcome)));
  }
  parts.frontier->complete(page.lease.id);
  parts.completed();
  parts.unfinished->task_done();
}

// What parsing found, or null; a worker that lied has crashed.
const parse::PageFacts* Store::State::facts_of(Page& page) {
  if (!page.encoded_facts.empty()) {
    page.facts = parse::decode_facts(page.encoded_facts, settings.parse.max_links,
                                     settings.parse.extract.size());
    if (!page.facts) {
      page.parse_failure = Outcome::kParseCrash;
      page.why = "the parser's reply is not valid";
    }
  }
  if (parts.earlier != nullptr && page.fetched.outcome == FetchOutcome::kNotModified) {
    page.facts = parts.earlier->links(page.lease.url);  // what an unchanged page links to
    return page.facts ? &*page.facts : nullptr;
  }
  if (!page.facts) return nullptr;
  if (const auto failure = failure_of(page.facts->outcome)) {
    page.parse_failure = failure;
    page.why = page.facts->error;
    return nullptr;
  }
  return &*page.facts;
}

PageRecord Store::State::record_of(Page& page, const parse::PageFacts* facts) {
  const Lease& lease = page.lease;
  const fetch::FetchResult& fetched = page.fetched;
  PageRecord record;
  record.url = lease.url;
  record.parent = parts.frontier->url(lease.parent);
  record.list = settings.lists.at(lease.list).name;
  record.depth = lease.depth;
  record.hops = lease.hops;
  record.attempts = lease.attempts;
  record.time = unix_time();
  record.error = page.why;
  if (page.refused) {
    record.outcome = *page.refused;
    return record;
  }
  record.outcome = outcome_of(fetched.outcome);
  record.status = fetched.status;
  if (record.error.empty()) record.error = fetched.error;
  record.content_type = parse::parse_content_type({fetched.header("content-type")}).essence;
  record.bytes_wire = fetched.bytes_wire;
  record.ip = fetched.ip;
  record.http_version = fetched.http_version;
  record.ttfb_ms = fetched.ttfb_ms;
  record.fetch_ms = fetched.fetch_ms;
  record.queue_ms = page.queue_ms;
  record.parse_ms = page.parse_ms;
  record.etag = fetched.header("etag");
  record.last_modified = fetched.header("last-modified");
  if (record.outcome == Outcome::kNotModified && parts.earlier != nullptr) {
    // The validators of the 200, for the run after this.
    if (const auto* known = parts.earlier->find(lease.url)) {
      if (record.etag.empty()) record.etag = known->etag;
      if (record.last_modified.empty()) record.last_modified = known->last_modified;
    }
  }
  if (facts != nullptr) {
    if (record.outcome != Outcome::kNotModified) {
      add_facts(record, *facts);
      for (std::size_t i = 0; i < facts->extracted.size(); ++i) {
        record.extract.emplace_back(settings.parse.extract.at(i).first, facts->extracted[i]);
      }
    }
    for (const parse::Link& link : facts->links) record.links += !link.url.empty();
    if (record.outcome == Outcome::kOk) {
      if (facts->cut) record.outcome = Outcome::kTruncated;
      if (facts->too_large) record.outcome = Outcome::kTooLarge;
    }
  }
  if (page.parse_failure) record.outcome = *page.parse_failure;
  if (record.outcome == Outcome::kRedirect) follow_redirect(page, record);
  return record;
}

void Store::State::follow_redirect(Page& page, PageRecord& record) {
  switch (parts.admission->redirect(page.lease, page.fetched.header("location"), record.to)) {
    case RedirectFate::kTaken:
      return;
    case RedirectFate::kLimit:
      record.outcome = Outcome::kRedirectLimit;
      record.error = "too many redirects, or a loop of them";
      return;
    case RedirectFate::kBad:
      record.outcome = Outcome::kBadRedirect;
      record.error =
          fmt::format("not an http URL: '{}'", page.fetched.header("location").substr(0, 200));
  }
}

void Store::State::write(const PageRecord& record, const parse::PageFacts* facts) {
  if (links && facts != nullptr && facts->html) {
    links->append(links_json_line(record.url, link_records(*facts)));
  }
  const std::string line = to_json_line(record);
  if (!pages.has_room(line.size())) flush();
  pages.append(line);
  appended += line.size();
  concurrency::MutexLock lock(mutex);
  unwritten.push_back({record.url, appended});
}

// Links first: a page that is recorded has its links.
void Store::State::flush() {
  flushed_at = Clock::now();
  if (links) links->flush();
  pages.flush();
  forget_written();
}

void Store::State::forget_written() {
  concurrency::MutexLock lock(mutex);
  while (!unwritten.empty() && unwritten.front().end <= pages.flushed()) unwritten.pop_front();
}

void Store::State::count(const PageRecord& record) {
  concurrency::MutexLock lock(mutex);
  ++figures.records;
  figures.ok += record.outcome == Outcome::kOk;
  figures.failed += is_failure(record.outcome);
  figures.bytes_wire += record.bytes_wire;
}

void Store::State::fail(const std::string& why) {
  if (std::exchange(disk_failed, true)) return;
  forget_written();
  pages.discard();
  parts.failed(why);
}

Store::Store(const config::Settings& settings, const RunFolder& folder, Parts parts)
    : state_(std::make_unique<State>(settings, folder, std::move(parts))) {}

Store::~Store() = default;

void Store::start() {
  state_->thread.emplace(concurrency::ThreadOptions{.name = "store", .batch = true},
                         [state = state_.get()] { state->run(); });
  state_->thread->start();
}

void Store::join() { state_->thread->join(); }

StoreFigures Store::figures() const {
  concurrency::MutexLock lock(state_->mutex);
  return state_->figures;
}

std::vector<std::string> Store::unwritten() const {
  concurrency::MutexLock lock(state_->mutex);
  std::vector<std::string> urls;
  for (const auto& record : state_->unwritten) urls.push_back(record.url);
  return urls;
}

const Statistics& Store::statistics() const { return state_->statistics; }
const std::vector<std::string>& Store::failed_seeds() const { return state_->failed_seeds; }

}  // namespace weir

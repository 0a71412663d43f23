#include <algorithm>
#include <deque>
#include <map>
#include <unordered_map>
#include <vector>

#include "concurrency/mutex.h"
#include "crawler/frontier.h"
#include "crawler/key_table.h"

namespace weir {
namespace {

using concurrency::Mutex;
using concurrency::MutexLock;

// By rank; within a rank in order of admission.
using Waiting = std::map<std::uint32_t, std::deque<UrlId>>;

enum class State : std::uint8_t { kPending, kLeased, kDone };

struct Entry {
  std::string url;
  parse::Key key;
  UrlId parent = kNoUrl;
  OriginId origin = 0;
  std::uint32_t list = 0;
  std::uint32_t depth = 0;
  std::uint32_t hops = 0;
  std::uint32_t rank = 0;
  std::uint16_t attempts = 0;
  bool redirected = false;
  bool seed = false;
  State state = State::kPending;
};

class MemoryFrontier final : public Frontier {
 public:
  explicit MemoryFrontier(config::Order order) : order_(order) {}

  Admitted admit(const Candidate& candidate) override {
    MutexLock lock(mutex_);
    const auto [id, is_new] = seen_.insert(candidate.key, UrlId(entries_.size()));
    if (!is_new) return meet_again(id, candidate);
    Entry entry;
    entry.url = candidate.url;
    entry.key = candidate.key;
    entry.parent = candidate.parent;
    entry.origin = origin_id(candidate.origin);
    entry.list = candidate.list;
    entry.depth = candidate.depth;
    entry.hops = candidate.hops;
    entry.rank = rank(candidate);
    entry.redirected = candidate.redirected;
    entry.seed = candidate.seed;
    auto& waiting = origins_[entry.origin].waiting;
    const Admitted told{true, entry.origin, waiting.empty()};
    waiting[entry.rank].push_back(id);
    entries_.push_back(std::move(entry));
    ++counts_.unique;
    ++counts_.pending;
    return told;
  }

  std::optional<Lease> lease(OriginId origin) override {
    MutexLock lock(mutex_);
    auto& waiting = origins_.at(origin).waiting;
    if (waiting.empty()) return std::nullopt;
    const UrlId id = take(waiting);
    Entry& entry = entries_[id];
    entry.state = State::kLeased;
    --counts_.pending;
    ++counts_.leased;
    return Lease{id,         entry.origin, entry.url,  entry.parent,  entry.seed,
                 entry.list, entry.depth,  entry.hops, entry.attempts};
  }

  bool give_back(const Lease& lease) override {
    MutexLock lock(mutex_);
    Entry& entry = entries_.at(lease.id);
    entry.state = State::kPending;
    entry.attempts = static_cast<std::uint16_t>(lease.attempts);
    --counts_.leased;
    ++counts_.pending;
    auto& waiting = origins_[entry.origin].waiting;
    const bool news = waiting.empty();
    auto& ids = waiting[entry.rank];
    order_ == config::Order::kDepth ? ids.push_back(lease.id) : ids.push_front(lease.id);
    return news;
  }

  void complete(UrlId id) override {
    MutexLock lock(mutex_);
    entries_.at(id).state = State::kDone;
    --counts_.leased;
    ++counts_.done;
  }

  bool on_hop_chain(UrlId id, const parse::Key& key) const override {
    MutexLock lock(mutex_);
    for (; id != kNoUrl; id = entries_[id].redirected ? entries_[id].parent : kNoUrl) {
      if (entries_.at(id).key == key) return true;
    }
    return false;
  }

  std::string url(UrlId id) const override {
    MutexLock lock(mutex_);
    return id == kNoUrl ? std::string() : entries_.at(id).url;
  }

  std::string origin(OriginId origin) const override {
    MutexLock lock(mutex_);
    return origins_.at(origin).name;
  }

  Counts counts() const override {
    MutexLock lock(mutex_);
    return counts_;
  }

  void for_each_unfinished(
      const std::function<void(const std::string& url)>& visit) const override {
    std::vector<std::string> unfinished;
    {
      MutexLock lock(mutex_);
      for (const Entry& entry : entries_) {
        if (entry.state != State::kDone) unfinished.push_back(entry.url);
      }
    }
    for (const std::string& url : unfinished) visit(url);
  }

 private:
  struct Origin {
    std::string name;
    Waiting waiting;
  };

  Admitted meet_again(UrlId id, const Candidate& candidate) REQUIRES(mutex_) {
    Entry& entry = entries_[id];
    if (entry.state == State::kPending) {
      entry.depth = std::min(entry.depth, candidate.depth);
      entry.hops = std::min(entry.hops, candidate.hops);
    }
    return {false, entry.origin, false};
  }

  OriginId origin_id(std::string_view name) REQUIRES(mutex_) {
    const auto [found, is_new] =
        origin_ids_.try_emplace(std::string(name), OriginId(origins_.size()));
    if (is_new) origins_.push_back({found->first, {}});
    return found->second;
  }

  UrlId take(Waiting& waiting) REQUIRES(mutex_) {
    const auto bucket = waiting.begin();
    std::deque<UrlId>& ids = bucket->second;
    const UrlId id = order_ == config::Order::kDepth ? ids.back() : ids.front();
    order_ == config::Order::kDepth ? ids.pop_back() : ids.pop_front();
    if (ids.empty()) waiting.erase(bucket);
    return id;
  }

  // With --order priority the shallow are asked first: few links from a seed, few path segments,
  // no query. Other orders have a single rank.
  std::uint32_t rank(const Candidate& candidate) const {
    if (order_ != config::Order::kPriority) return 0;
    const auto slashes = std::count(candidate.url.begin(), candidate.url.end(), '/');
    const bool query = candidate.url.find('?') != std::string_view::npos;
    return candidate.depth + static_cast<std::uint32_t>(slashes) + (query ? 2 : 0);
  }

  const config::Order order_;
  mutable Mutex mutex_;
  KeyTable seen_ GUARDED_BY(mutex_);
  std::deque<Entry> entries_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, OriginId> origin_ids_ GUARDED_BY(mutex_);
  std::deque<Origin> origins_ GUARDED_BY(mutex_);
  Counts counts_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Frontier> make_memory_frontier(config::Order order) {
  return std::make_unique<MemoryFrontier>(order);
}

}  // namespace weir

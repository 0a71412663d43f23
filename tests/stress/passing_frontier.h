// A frontier that forgets what is done, so that memory that grows is a leak. Nothing is asked twice
// only because the URLs offered are all different.
//
//   PassingFrontier frontier;      // in the place of make_memory_frontier()
//
// Thread-safe.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "concurrency/mutex.h"
#include "crawler/frontier.h"

namespace weir {

class PassingFrontier final : public Frontier {
 public:
  Admitted admit(const Candidate& candidate) override {
    concurrency::MutexLock lock(mutex_);
    const auto origin = origin_id(candidate.origin);
    const UrlId id = next_++;
    Lease& lease = leases_[id];
    lease.id = id;
    lease.origin = origin;
    lease.url = candidate.url;
    lease.seed = candidate.seed;
    lease.list = candidate.list;
    const bool news = origins_[origin].waiting.empty();
    origins_[origin].waiting.push_back(id);
    ++counts_.unique;
    ++counts_.pending;
    return {true, origin, news};
  }
  std::optional<Lease> lease(OriginId origin) override {
    concurrency::MutexLock lock(mutex_);
    auto& waiting = origins_.at(origin).waiting;
    if (waiting.empty()) return std::nullopt;
    const UrlId id = waiting.front();
    waiting.pop_front();
    --counts_.pending;
    ++counts_.leased;
    return leases_.at(id);
  }
  bool give_back(const Lease& lease) override {
    concurrency::MutexLock lock(mutex_);
    leases_.at(lease.id) = lease;
    auto& waiting = origins_.at(lease.origin).waiting;
    const bool news = waiting.empty();
    waiting.push_front(lease.id);
    --counts_.leased;
    ++counts_.pending;
    return news;
  }
  void complete(UrlId id) override {
    concurrency::MutexLock lock(mutex_);
    if (leases_.erase(id) != 1) throw std::logic_error("a URL was completed twice");
    --counts_.leased;
    ++counts_.done;
  }
  bool on_hop_chain(UrlId, const parse::Key&) const override { return false; }
  std::string url(UrlId id) const override {
    concurrency::MutexLock lock(mutex_);
    return id == kNoUrl ? std::string() : leases_.at(id).url;
  }
  std::string origin(OriginId origin) const override {
    concurrency::MutexLock lock(mutex_);
    return origins_.at(origin).name;
  }
  Counts counts() const override {
    concurrency::MutexLock lock(mutex_);
    return counts_;
  }
  void for_each_unfinished(const std::function<void(const std::string&)>& visit) const override {
    std::vector<std::string> urls;
    {
      concurrency::MutexLock lock(mutex_);
      for (const auto& [id, lease] : leases_) urls.push_back(lease.url);
    }
    for (const std::string& url : urls) visit(url);
  }

 private:
  struct Origin {
    std::string name;
    std::deque<UrlId> waiting;
  };

  OriginId origin_id(std::string_view name) REQUIRES(mutex_) {
    const auto [found, is_new] = ids_.try_emplace(std::string(name), OriginId(origins_.size()));
    if (is_new) origins_.push_back({found->first, {}});
    return found->second;
  }

  mutable concurrency::Mutex mutex_{"passing frontier"};
  std::unordered_map<UrlId, Lease> leases_ GUARDED_BY(mutex_);
  std::map<std::string, OriginId> ids_ GUARDED_BY(mutex_);
  std::deque<Origin> origins_ GUARDED_BY(mutex_);
  Counts counts_ GUARDED_BY(mutex_);
  UrlId next_ GUARDED_BY(mutex_) = 0;
};

}  // namespace weir

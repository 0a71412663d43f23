#include "fetch/shares.h"

#include <array>
#include <mutex>

namespace weir::fetch {

// One CURLSH with the locks that it calls for. Plain mutexes: libcurl locks and unlocks in separate
// callbacks, which no analysis of scopes can follow.
class Shares::Share {
 public:
  explicit Share(bool cookies) : handle_(curl_share_init()) {
    if (!handle_) throw std::bad_alloc();
    curl_share_setopt(handle_.get(), CURLSHOPT_USERDATA, this);
    curl_share_setopt(handle_.get(), CURLSHOPT_LOCKFUNC, &lock);
    curl_share_setopt(handle_.get(), CURLSHOPT_UNLOCKFUNC, &unlock);
    curl_share_setopt(handle_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    if (cookies) curl_share_setopt(handle_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
  }

  CURLSH* get() const noexcept { return handle_.get(); }

  void load(const std::string& file) {
    const EasyHandle easy(curl_easy_init());
    if (!easy) throw std::bad_alloc();
    curl_easy_setopt(easy.get(), CURLOPT_SHARE, get());
    curl_easy_setopt(easy.get(), CURLOPT_COOKIEFILE, file.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_COOKIELIST, "RELOAD");
    curl_easy_setopt(easy.get(), CURLOPT_SHARE, nullptr);
  }

  void save(const std::string& file) noexcept {
    const EasyHandle easy(curl_easy_init());
    if (!easy) return;
    curl_easy_setopt(easy.get(), CURLOPT_SHARE, get());
    curl_easy_setopt(easy.get(), CURLOPT_COOKIEJAR, file.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_COOKIELIST, "FLUSH");
    // Let go of the jar's name first, or the handle's end would write it once more.
    curl_easy_setopt(easy.get(), CURLOPT_COOKIEJAR, nullptr);
    curl_easy_setopt(easy.get(), CURLOPT_SHARE, nullptr);
  }

 private:
  static void lock(CURL*, curl_lock_data data, curl_lock_access, void* self) {
    static_cast<Share*>(self)->mutexes_.at(data).lock();
  }
  static void unlock(CURL*, curl_lock_data data, void* self) {
    static_cast<Share*>(self)->mutexes_.at(data).unlock();
  }

  std::array<std::mutex, CURL_LOCK_DATA_LAST> mutexes_;
  ShareHandle handle_;
};

Shares::Shares() : plain_((start_curl(), std::make_unique<Share>(false))) {}
Shares::~Shares() { save(); }

CURLSH* Shares::plain() const noexcept { return plain_->get(); }

CURLSH* Shares::with_jar(const std::string& file) {
  concurrency::MutexLock lock(mutex_);
  auto& share = jars_[file];
  if (!share) {
    share = std::make_unique<Share>(true);
    share->load(file);
  }
  return share->get();
}

void Shares::save() noexcept {
  concurrency::MutexLock lock(mutex_);
  for (auto& [file, share] : jars_) share->save(file);
}

void start_curl() {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)once;
}

}  // namespace weir::fetch

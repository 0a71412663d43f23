// Owners of libcurl's handles, one line each. For fetch/*.cc only.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <new>
#include <string>

namespace weir::fetch {

template <auto kFree>
struct CurlDeleter {
  template <typename T>
  void operator()(T* handle) const noexcept {
    kFree(handle);
  }
};

using EasyHandle = std::unique_ptr<CURL, CurlDeleter<curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, CurlDeleter<curl_multi_cleanup>>;
using ShareHandle = std::unique_ptr<CURLSH, CurlDeleter<curl_share_cleanup>>;

class CurlList {
 public:
  void add(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)list_.release();
    list_.reset(longer);
  }
  void clear() noexcept { list_.reset(); }
  curl_slist* get() const noexcept { return list_.get(); }

 private:
  std::unique_ptr<curl_slist, CurlDeleter<curl_slist_free_all>> list_;
};

// Starts libcurl once, and before any thread needs it.
void start_curl();

}  // namespace weir::fetch

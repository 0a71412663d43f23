// The certificate authorities of a fetcher, read once and shared by all of its connections.
//
// libcurl keeps a parsed store only per multi handle, so every thread of the blocking models would
// parse 140 certificates (some 20 ms) and hold a megabyte of its own.
//
//   CaStore store("/etc/ssl/certs/ca-certificates.crt");
//   curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, CaStore::install);
//   curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &store);
//
// Thread-safe. Outlives the handles it is installed in.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <string>

struct x509_store_st;

namespace weir::fetch {

class CaStore {
 public:
  // Throws std::runtime_error if the file holds no certificates. An empty name is the system's
  // bundle; it is read at the first TLS connection, and if that fails the connection does.
  explicit CaStore(const std::string& bundle_file);

  // The callback of CURLOPT_SSL_CTX_FUNCTION, given the CaStore as its data.
  static CURLcode install(CURL* easy, void* ssl_ctx, void* store) noexcept;

 private:
  struct Free {
    void operator()(x509_store_st* store) const noexcept;
  };
  using Store = std::unique_ptr<x509_store_st, Free>;
  static Store read(const std::string& file);

  const std::string file_;
  std::once_flag once_;
  Store store_;  // set by the constructor or under once_
};

}  // namespace weir::fetch

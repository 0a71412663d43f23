#include "fetch/ca_store.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <new>
#include <stdexcept>

namespace weir::fetch {
namespace {

std::string system_bundle() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  return info->cainfo != nullptr ? info->cainfo : "/etc/ssl/certs/ca-certificates.crt";
}

}  // namespace

CaStore::CaStore(const std::string& bundle_file) : file_(bundle_file) {
  if (!file_.empty()) store_ = read(file_);
}

CaStore::Store CaStore::read(const std::string& file) {
  Store store(X509_STORE_new());
  if (!store) throw std::bad_alloc();
  if (X509_STORE_load_locations(store.get(), file.c_str(), nullptr) != 1) {
    ERR_clear_error();
    throw std::runtime_error("no certificates can be read from " + file);
  }
  // As libcurl sets up a store of its own.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

void CaStore::Free::operator()(x509_store_st* store) const noexcept { X509_STORE_free(store); }

CURLcode CaStore::install(CURL*, void* ssl_ctx, void* self) noexcept {
  auto& authorities = *static_cast<CaStore*>(self);
  try {
    std::call_once(authorities.once_, [&] {
      if (!authorities.store_) authorities.store_ = read(system_bundle());
    });
  } catch (const std::exception&) {
    return CURLE_SSL_CACERT_BADFILE;
  }
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(ssl_ctx), authorities.store_.get());
  return CURLE_OK;
}

}  // namespace weir::fetch

#include "bench/tls_server.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <memory>
#include <stdexcept>

#include "concurrency/tcp.h"

namespace weir::bench {
namespace {

template <auto kFree>
struct Free {
  void operator()(auto* pointer) const { kFree(pointer); }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Free<SSL_free>>;
using Buffer = std::unique_ptr<BIO, Free<BIO_free_all>>;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("TLS server: ") + what);
}

// Signed by itself, for 127.0.0.1 and a day.
Certificate make_certificate(EVP_PKEY* key) {
  Certificate certificate(X509_new());
  X509* const c = certificate.get();
  X509_set_version(c, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
  X509_gmtime_adj(X509_getm_notBefore(c), -60);
  X509_gmtime_adj(X509_getm_notAfter(c), 86'400);
  X509_set_pubkey(c, key);
  X509_NAME* const name = X509_get_subject_name(c);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("weir bench"), -1, -1, 0);
  X509_set_issuer_name(c, name);
  X509_EXTENSION* const address =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(c, address, -1);
  X509_EXTENSION_free(address);
  require(X509_sign(c, key, EVP_sha256()) > 0, "no certificate");
  return certificate;
}

std::string pem(X509* certificate) {
  const Buffer buffer(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(buffer.get(), certificate);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(buffer.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

// One request and one reply; the handshake is in the first read.
void serve(SSL* connection, bool resume, int number) {
  std::string head;
  char bytes[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    const int n = SSL_read(connection, bytes, sizeof bytes);
    if (n <= 0) return;
    head.append(bytes, static_cast<std::size_t>(n));
  }
  const bool as_told = number <= 2 || (SSL_session_reused(connection) == 1) == resume;
  const std::string reply = std::string(as_told ? "HTTP/1.1 200 OK" : "HTTP/1.1 500 Not As Told") +
                            "\r\nContent-Type: text/html\r\nContent-Length: 2\r\n"
                            "Connection: close\r\n\r\nhi";
  if (SSL_write(connection, reply.data(), static_cast<int>(reply.size())) <= 0) return;
  SSL_shutdown(connection);
  SSL_read(connection, bytes, sizeof bytes);  // until the client has closed
}

}  // namespace

int tls_role(concurrency::RoleContext& role) {
  const bool resume = told(role).at("resume");
  std::signal(SIGPIPE, SIG_IGN);
  const Key key(EVP_EC_gen("P-256"));
  require(key != nullptr, "no key");
  const Certificate certificate = make_certificate(key.get());
  const Context context(SSL_CTX_new(TLS_server_method()));
  require(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1,
          "no context");
  if (!resume) {
    SSL_CTX_set_num_tickets(context.get(), 0);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  }
  using concurrency::Blocking;
  const auto listener = concurrency::listen_loopback(0, 128, Blocking::kYes);
  say(role, "https://127.0.0.1:" + std::to_string(concurrency::local_port(listener.get())) + "/\n" +
                pem(certificate.get()));
  for (int number = 1;; ++number) {
    const auto fd = concurrency::accept_one(listener.get(), Blocking::kYes);
    const Connection connection(SSL_new(context.get()));
    SSL_set_fd(connection.get(), fd.get());
    SSL_set_accept_state(connection.get());
    serve(connection.get(), resume, number);
  }
}

TlsServer::TlsServer(const TlsServerOptions& options)
    : apart_(start_apart(kTlsRole, {{"resume", options.resume}})) {
  const auto line = apart_.said.find('\n');
  require(line != std::string::npos, "it does not start");
  url_ = apart_.said.substr(0, line);
  certificate_ = apart_.said.substr(line + 1);
}

}  // namespace weir::bench

// Real servers: nginx over TLS with a private authority, HTTP/2, Basic authentication and rate
// limits; an HTTP proxy; a SOCKS proxy.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/fetch/fetch_harness.h"
#include "tests/fetch/raw_server.h"
#include "tests/fetch/real_server.h"
#include "tests/fetch/reserved_port.h"

namespace weir::fetch {
namespace {

using concurrency::Future;
using config::IoModel;

// One nginx for all tests: starting it and making certificates takes a second.
class Nginx {
 public:
  Nginx() {
    const auto& dir = folder_.path();
    run_command(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=Test Authority' -keyout " +
        dir + "/ca.key -out " + dir + "/ca.pem");
    folder_.write("names.ext", "subjectAltName=DNS:secure.example\n");
    for (const std::string who : {"server", "client"}) {
      run_command("openssl req -newkey rsa:2048 -nodes -subj /CN=" + who + " -keyout " + dir + "/" +
                  who + ".key -out " + dir + "/" + who + ".csr");
      run_command("openssl x509 -req -days 2 -CAcreateserial -in " + dir + "/" + who + ".csr -CA " +
                  dir + "/ca.pem -CAkey " + dir + "/ca.key -extfile " + dir + "/names.ext -out " +
                  dir + "/" + who + ".pem");
    }
    folder_.write("users", "me:{PLAIN}secret\n");
    for (int i = 0; i < 8; ++i) {
      folder_.write("www/big" + std::to_string(i) + ".html",
                    std::string(400'000, static_cast<char>('a' + i)));
    }
    folder_.write("www/index.html", "<title>hello</title>");
    folder_.write("www/private/index.html", "for me");
    folder_.write("www/slow/index.html", "limited");
    folder_.write("www/busy/index.html", "limited");
    const auto config = folder_.write(
        "nginx.conf", "daemon off; master_process off; pid " + dir + "/pid; error_log " + dir +
                          "/error.log;\n"
                          "events { worker_connections 512; }\nhttp { access_log off;\n"
                          "types { text/html html; }\nlarge_client_header_buffers 4 16k;\n"
                          "limit_req_zone $server_name zone=slow:1m rate=1r/m;\n"
                          "limit_req_zone $server_name zone=busy:1m rate=1r/m;\n"
                          "client_body_temp_path " +
                          dir + "/t1; proxy_temp_path " + dir +
                          "/t2;"
                          "fastcgi_temp_path " +
                          dir + "/t3; uwsgi_temp_path " + dir + "/t4; scgi_temp_path " + dir +
                          "/t5;\n"
                          "server { server_name x; listen 127.0.0.1:" +
                          std::to_string(port_.number()) +
                          " ssl http2;\n"
                          "  listen 127.0.0.1:" +
                          std::to_string(plain_port_.number()) +
                          ";\n"
                          "  ssl_certificate " +
                          dir + "/server.pem; ssl_certificate_key " + dir +
                          "/server.key;\n"
                          "  ssl_session_cache shared:s:1m; ssl_client_certificate " +
                          dir +
                          "/ca.pem; ssl_verify_client optional;\n"
                          "  add_header X-Session $ssl_session_reused always; add_header X-Client "
                          "$ssl_client_verify always;\n"
                          "  add_header X-Connection $connection always;\n"
                          "  root " +
                          dir +
                          "/www;\n"
                          "  location /private/ { auth_basic r; auth_basic_user_file " +
                          dir +
                          "/users; }\n"
                          "  location /slow/ { limit_req zone=slow; limit_req_status 429; "
                          "add_header Retry-After 7 always; }\n"
                          "  location /busy/ { limit_req zone=busy; }\n} }\n");
    server_ = std::make_unique<RealServer>(
        std::vector<std::string>{find_program("nginx"), "-p", dir, "-c", config}, port_.number());
  }

  std::string url(const std::string& path) const {
    return "https://secure.example:" + std::to_string(port_.number()) + path;
  }
  std::string plain(const std::string& path) const {
    return "http://secure.example:" + std::to_string(plain_port_.number()) + path;
  }
  std::string file(const std::string& name) const { return folder_.path() + "/" + name; }

 private:
  TestFolder folder_;
  const ReservedPort port_, plain_port_;
  std::unique_ptr<RealServer> server_;
};

class Servers : public testing::TestWithParam<IoModel> {
 protected:
  static void SetUpTestSuite() {
    if (!find_program("nginx").empty() && !find_program("openssl").empty()) nginx_ = new Nginx();
  }
  static void TearDownTestSuite() {
    delete nginx_;
    nginx_ = nullptr;
  }
  void SetUp() override {
    if (nginx_ == nullptr) GTEST_SKIP() << "nginx or openssl is not installed";
  }

  static config::FetchSettings settings() {
    auto s = test_settings(GetParam());
    s.insecure = false;
    s.ca_file = nginx_->file("ca.pem");
    return s;
  }
  static NameOptions names() {
    return {.resolve = {"secure.example:127.0.0.1", "wrong.example:127.0.0.1"}};
  }
  static std::unique_ptr<FetchHarness> harness(const config::FetchSettings& s = settings(),
                                               std::size_t memory = 64 << 20) {
    return std::make_unique<FetchHarness>(
        s, concurrency::SlabArenaOptions{.memory = memory, .max_body = 1 << 20, .slots = 64},
        names());
  }

  static Nginx* nginx_;
};
Nginx* Servers::nginx_ = nullptr;

TEST_P(Servers, Http2OverTls) {
  auto h = harness();
  auto r = h->get(nginx_->url("/"));
  ASSERT_EQ(r.outcome, FetchOutcome::kOk) << r.error;
  EXPECT_EQ(r.http_version, "2");
  EXPECT_EQ(r.body.bytes(), "<title>hello</title>");
  EXPECT_EQ(r.ip, "127.0.0.1");
  EXPECT_TRUE(h->get(nginx_->url("/")).reused);
  EXPECT_EQ(h->get(nginx_->url("/none")).outcome, FetchOutcome::kHttpError);
  EXPECT_EQ(h->get(nginx_->url("/private")).outcome, FetchOutcome::kRedirect);
  EXPECT_EQ(h->get(nginx_->plain("/")).http_version, "1.1");

  auto one = settings();
  one.http2 = false;
  EXPECT_EQ(harness(one)->get(nginx_->url("/")).http_version, "1.1");
}

TEST_P(Servers, CertificatesAreChecked) {
  auto strict = settings();
  strict.ca_file = "";
  auto r = harness(strict)->get(nginx_->url("/"));
  EXPECT_EQ(r.outcome, FetchOutcome::kTls) << "an authority that the system does not know";
  EXPECT_EQ(r.status, 0);
  auto url = nginx_->url("/");
  url.replace(url.find("secure"), 6, "wrong");
  EXPECT_EQ(harness()->get(url).outcome, FetchOutcome::kTls) << "another name";
  auto trusting = settings();
  trusting.insecure = true;
  EXPECT_EQ(harness(trusting)->get(url).outcome, FetchOutcome::kOk);
}

TEST_P(Servers, ClientCertificate) {
  EXPECT_EQ(harness()->get(nginx_->url("/")).header("x-client"), "NONE");
  auto s = settings();
  s.client_cert = nginx_->file("client.pem");
  s.client_key = nginx_->file("client.key");
  EXPECT_EQ(harness(s)->get(nginx_->url("/")).header("x-client"), "SUCCESS");
}

TEST_P(Servers, SessionsAreResumed) {
  auto s = settings();
  s.http2 = false;
  auto h = harness(s);
  FetchRequest request{.url = nginx_->url("/")};
  request.headers = {{"Connection", "close"}};
  EXPECT_EQ(h->get(request).header("x-session"), ".");
  const auto r = h->get(request);
  EXPECT_FALSE(r.reused);
  EXPECT_EQ(r.header("x-session"), "r");
}

TEST_P(Servers, BasicAuthentication) {
  auto h = harness();
  FetchRequest request{.url = nginx_->url("/private/")};
  EXPECT_EQ(h->get(request).status, 401);
  request.auth = *Auth::parse("basic me:secret");
  EXPECT_EQ(h->get(request).outcome, FetchOutcome::kOk);
  request.auth = *Auth::parse("basic me:wrong");
  EXPECT_EQ(h->get(request).status, 401);
}

TEST_P(Servers, RateLimitsAreReported) {
  auto h = harness();
  h->get(nginx_->url("/slow/"));
  auto r = h->get(nginx_->url("/slow/"));
  EXPECT_EQ(r.status, 429);
  EXPECT_EQ(r.outcome, FetchOutcome::kHttpError);
  EXPECT_EQ(r.header("retry-after"), "7");
  h->get(nginx_->url("/busy/"));
  EXPECT_EQ(h->get(nginx_->url("/busy/")).status, 503);
}

TEST_P(Servers, ManyStreamsLittleMemory) {
  if (GetParam() == IoModel::kBlocking) GTEST_SKIP() << "one transfer at a time";
  auto h = harness(settings(), 128 << 10);
  std::atomic<int> good{0}, done{0};
  constexpr int kTransfers = 32;
  for (int i = 0; i < kTransfers; ++i) {
    const char letter = static_cast<char>('a' + i % 8);
    h->start({.url = nginx_->url("/big" + std::to_string(i % 8) + ".html")})
        .on_done([&, letter](Future<FetchResult> future) {
          const FetchResult r = std::move(future).get();
          if (r.outcome == FetchOutcome::kOk && r.body.bytes() == std::string(400'000, letter))
            ++good;
          ++done;
        });
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (done < kTransfers && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(done, kTransfers);
  EXPECT_EQ(good, kTransfers);
  EXPECT_LE(h->arena().figures().high_water, h->arena().bound());
}

TEST_P(Servers, HttpProxy) {
  const auto program = find_program("tinyproxy");
  if (program.empty()) GTEST_SKIP() << "tinyproxy is not installed";
  const TestFolder folder;
  const ReservedPort reserved;
  const auto port = reserved.number();
  const auto config = folder.write(
      "tinyproxy.conf", "Port " + std::to_string(port) +
                            "\nListen 127.0.0.1\nTimeout 30\nAllow 127.0.0.1\nPidFile \"" +
                            folder.path() + "/pid\"\nLogFile \"" + folder.path() + "/log\"\n");
  const RealServer proxy({program, "-d", "-c", config}, port);
  RawServer origin([](Visit& v) { v.reply(v.head); });
  auto s = settings();
  s.insecure = true;
  s.proxy = "http://127.0.0.1:" + std::to_string(port);
  auto h = harness(s);
  auto r = h->get("http://127.0.0.1:" + std::to_string(origin.port()) + "/x");
  EXPECT_EQ(r.outcome, FetchOutcome::kOk) << r.error;
  EXPECT_NE(std::string(r.body.bytes()).find("tinyproxy"), std::string::npos) << r.body.bytes();
  // Through a tunnel.
  auto url = nginx_->url("/");
  url.replace(url.find("secure.example"), 14, "127.0.0.1");
  r = h->get(url);
  EXPECT_EQ(r.outcome, FetchOutcome::kOk) << r.error;
  EXPECT_EQ(r.http_version, "2");
  // A name that only the proxy would look up, and it finds none.
  EXPECT_NE(h->get("http://no-such-name.invalid/").outcome, FetchOutcome::kOk);
  // A private address is refused before the proxy hears of it.
  s.allow_private = false;
  EXPECT_EQ(harness(s)->get(url).outcome, FetchOutcome::kBlockedAddress);
}

TEST_P(Servers, SocksProxy) {
  const auto program = find_program("microsocks");
  if (program.empty()) GTEST_SKIP() << "microsocks is not installed";
  const ReservedPort reserved;
  const auto port = reserved.number();
  const RealServer proxy({program, "-i", "127.0.0.1", "-p", std::to_string(port)}, port);
  auto s = settings();
  s.proxy = "socks5://127.0.0.1:" + std::to_string(port);
  {
    auto h = harness(s);
    const auto r = h->get(nginx_->url("/"));  // our names: the proxy knows no secure.example
    EXPECT_EQ(r.outcome, FetchOutcome::kOk) << r.error;
  }
  EXPECT_EQ(harness(s)->get(nginx_->plain("/")).outcome, FetchOutcome::kOk);
  s.allow_private = false;
  EXPECT_EQ(harness(s)->get(nginx_->plain("/")).outcome, FetchOutcome::kBlockedAddress);
  s.allow_private = true;
  s.proxy = "socks5h://127.0.0.1:" + std::to_string(port);
  EXPECT_NE(harness(s)->get(nginx_->plain("/")).outcome, FetchOutcome::kOk);
}

INSTANTIATE_TEST_SUITE_P(Io, Servers, testing::ValuesIn(kAllModels),
                         [](const auto& info) { return model_name(info.param); });

}  // namespace
}  // namespace weir::fetch

// What goes out: fields, credentials, conditions, cookies; and which bodies and addresses are let
// in.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "fetch/address_policy.h"
#include "tests/fetch/fetch_harness.h"
#include "tests/fetch/raw_server.h"

namespace weir::fetch {
namespace {

using config::IoModel;

class Requests : public testing::TestWithParam<IoModel> {
 protected:
  // Answers with the head of the request.
  RawServer echo_{[](Visit& v) { v.reply(v.head); }};
  FetchHarness harness_{GetParam()};
};

TEST_P(Requests, DefaultFields) {
  const auto r = harness_.get(echo_.url("/a/../b?q=1"));
  const Visit sent(-1, std::string(r.body.bytes()));
  EXPECT_TRUE(sent.head.starts_with("GET /a/../b?q=1 HTTP/1.1\r\n")) << sent.head;
  EXPECT_EQ(sent.field("user-agent"), "weir-test/1");
  EXPECT_EQ(sent.field("accept-encoding"), "gzip, deflate, br, zstd");
  EXPECT_EQ(sent.field("host"), "127.0.0.1:" + std::to_string(echo_.port()));
  EXPECT_EQ(sent.head.find("Cookie"), std::string::npos);
  EXPECT_EQ(sent.head.find("Authorization"), std::string::npos);
}

TEST_P(Requests, OwnFieldsReplaceAndAddAndDoNotLinger) {
  FetchRequest request{.url = echo_.url("/")};
  request.headers = {
      {"accept", "x/y"}, {"X-Own", "1"}, {"X-Evil", "a\r\nX-Smuggled: 1"}, {"X-None", ""}};
  request.if_none_match = "W/\"tag\"";
  request.if_modified_since = "Sun, 06 Nov 1994 08:49:37 GMT";
  auto r = harness_.get(request);
  const Visit sent(-1, std::string(r.body.bytes()));
  EXPECT_EQ(sent.field("accept"), "x/y");
  EXPECT_EQ(sent.field("x-own"), "1");
  EXPECT_EQ(sent.head.find("Smuggled"), std::string::npos);
  EXPECT_NE(sent.head.find("X-None:\r\n"), std::string::npos);
  EXPECT_EQ(sent.field("if-none-match"), "W/\"tag\"");
  EXPECT_EQ(sent.field("if-modified-since"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(sent.field("accept-encoding"), "gzip, deflate, br, zstd");

  r = harness_.get(echo_.url("/"));
  const Visit next(-1, std::string(r.body.bytes()));
  EXPECT_EQ(next.field("x-own"), "");
  EXPECT_TRUE(next.field("accept").starts_with("text/html"));
}

TEST_P(Requests, CredentialsDoNotLinger) {
  FetchRequest request{.url = echo_.url("/")};
  request.auth = *Auth::parse("basic aladdin:open sesame");
  auto r = harness_.get(request);
  EXPECT_EQ(Visit(-1, std::string(r.body.bytes())).field("authorization"),
            "Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  request.auth = *Auth::parse("bearer tok.en");
  r = harness_.get(request);
  EXPECT_EQ(Visit(-1, std::string(r.body.bytes())).field("authorization"), "Bearer tok.en");
  r = harness_.get(echo_.url("/"));
  EXPECT_EQ(Visit(-1, std::string(r.body.bytes())).field("authorization"), "");
}

TEST_P(Requests, DigestAnswersTheChallenge) {
  RawServer server([](Visit& v) {
    const auto sent = v.field("authorization");
    if (sent.find("username=\"u\"") != std::string::npos &&
        sent.find("response=") != std::string::npos) {
      return v.reply("secret");
    }
    v.send(
        "HTTP/1.1 401 No\r\nX-First: 1\r\nContent-Length: 3\r\n"
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n\r\nno!");
  });
  FetchRequest request{.url = server.url("/")};
  request.auth = *Auth::parse("digest u:p");
  auto r = harness_.get(request);
  EXPECT_EQ(r.outcome, FetchOutcome::kOk) << r.error;
  EXPECT_EQ(r.body.bytes(), "secret");
  EXPECT_FALSE(r.headers.has("X-First"));
  EXPECT_EQ(server.requests(), 2);

  // A server that offers nothing libcurl could answer.
  RawServer stubborn([](Visit& v) {
    v.send("HTTP/1.1 401 No\r\nContent-Length: 0\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n");
  });
  request.url = stubborn.url("/");
  r = harness_.get(request);
  EXPECT_EQ(r.outcome, FetchOutcome::kHttpError) << r.error;
  EXPECT_EQ(r.status, 401);
}

TEST_P(Requests, CookiesStayInTheirJar) {
  const std::string jar = testing::TempDir() + "weir-jar-" + std::to_string(::getpid());
  std::filesystem::remove(jar);
  RawServer server([](Visit& v) {
    v.reply(v.field("cookie"), v.path == "/set" ? "Set-Cookie: a=1; Path=/; Max-Age=1000\r\n" : "");
  });
  const auto ask = [&](FetchHarness& harness, const std::string& path, const std::string& cookies) {
    FetchRequest request{.url = server.url(path)};
    request.cookies = cookies;
    return std::string(harness.get(request).body ? "a=1" : "");
  };
  {
    FetchHarness harness(GetParam());
    EXPECT_EQ(ask(harness, "/set", jar), "");
    EXPECT_EQ(ask(harness, "/", jar), "a=1");
    EXPECT_EQ(ask(harness, "/", ""), "");
    EXPECT_EQ(ask(harness, "/", jar + ".other"), "");
  }
  std::ifstream file(jar);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_NE(text.find("127.0.0.1"), std::string::npos) << text;
  FetchHarness next(GetParam());
  EXPECT_EQ(ask(next, "/", jar), "a=1");
  std::filesystem::remove(jar + ".other");
  std::filesystem::remove(jar);
}

TEST_P(Requests, BodiesThatNobodyParsesAreNotDownloaded) {
  RawServer server([](Visit& v) {
    const bool wanted = v.path == "/html" || v.path == "/untyped";
    const std::string type = v.path == "/html"      ? "Content-Type: TEXT/html ; charset=x\r\n"
                             : v.path == "/untyped" ? ""
                                                    : "Content-Type: image/png\r\n";
    const std::string status = v.path == "/missing" ? "404" : "200";
    const bool small = v.path == "/small";
    const std::size_t size = wanted || small ? 1000 : 5'000'000;
    v.send("HTTP/1.1 " + status + " X\r\n" + type + "Content-Length: " + std::to_string(size) +
           "\r\n\r\n");
    v.send(std::string(size, 'b'));
  });
  for (const char* path : {"/html", "/untyped"}) {
    const auto r = harness_.get(server.url(path));
    EXPECT_EQ(r.outcome, FetchOutcome::kOk) << path;
    EXPECT_TRUE(r.body_wanted && r.body_complete) << path;
    EXPECT_EQ(r.body.size(), 1000u) << path;
  }
  const std::pair<const char*, FetchOutcome> unwanted[] = {{"/png", FetchOutcome::kOk},
                                                           {"/missing", FetchOutcome::kHttpError}};
  for (const auto& [path, outcome] : unwanted) {
    const auto r = harness_.get(server.url(path));
    EXPECT_EQ(r.outcome, outcome) << path;
    EXPECT_FALSE(r.body_wanted || r.body_complete || r.body) << path;
    EXPECT_LT(r.bytes_wire, 100'000u) << path;
    EXPECT_EQ(r.error, "");
  }
  const int before = server.connections();
  EXPECT_TRUE(harness_.get(server.url("/small")).body_complete);
  EXPECT_TRUE(harness_.get(server.url("/html")).reused)
      << "a short rest is read for its connection";
  EXPECT_EQ(server.connections(), before + 1);

  FetchRequest all{.url = server.url("/small"), .body = BodyPolicy::kAll};
  EXPECT_EQ(harness_.get(all).body.size(), 1000u);
  all.body = BodyPolicy::kNone;
  EXPECT_FALSE(harness_.get(all).body);
}

TEST_P(Requests, AddressesAreJudgedWhereverTheyComeFrom) {
  auto settings = test_settings(GetParam());
  settings.allow_private = false;
  NameOptions names;
  names.resolve = {"named.example:127.0.0.1", "six.example:[::1]"};
  const auto port = std::to_string(echo_.port());
  FetchHarness harness(settings, {}, names);
  for (const std::string host : {"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "named.example",
                                 "six.example", "localhost", "169.254.169.254", "10.0.0.1"}) {
    const auto r = harness.get("http://" + host + ":" + port + "/");
    EXPECT_EQ(r.outcome, FetchOutcome::kBlockedAddress) << host << ' ' << r.error;
    EXPECT_NE(r.error, "") << host;
  }
  EXPECT_EQ(echo_.connections(), 0);

  FetchRequest named{.url = "http://named.example:" + port + "/"};
  named.allow_private = true;
  EXPECT_EQ(harness.get(named).outcome, FetchOutcome::kOk);
  // The connection that this one left open is no way round.
  named.allow_private = false;
  EXPECT_EQ(harness.get(named).outcome, FetchOutcome::kBlockedAddress);
  EXPECT_EQ(echo_.requests(), 1);

  FetchRequest given{.url = "http://other.example:" + port + "/"};
  given.addresses = {"127.0.0.1"};
  EXPECT_EQ(harness.get(given).outcome, FetchOutcome::kBlockedAddress);
  given.allow_private = true;
  const auto r = harness.get(given);
  EXPECT_EQ(r.outcome, FetchOutcome::kOk) << r.error;
  EXPECT_NE(std::string(r.body.bytes()).find("Host: other.example"), std::string::npos);
}

TEST_P(Requests, NamesWithoutAddressesAreDns) {
  NameOptions names;
  names.resolver = [](const std::string& host) { return NameAnswer{{}, "no such host " + host}; };
  FetchHarness harness(test_settings(GetParam()), {}, names);
  const auto r = harness.get("http://nowhere.example/");
  EXPECT_EQ(r.outcome, FetchOutcome::kDns);
  EXPECT_EQ(r.error, "no such host nowhere.example");
}

INSTANTIATE_TEST_SUITE_P(Io, Requests, testing::ValuesIn(kAllModels),
                         [](const auto& info) { return model_name(info.param); });

TEST(AddressPolicy, OnlyThePublicInternet) {
  for (const char* open :
       {"93.184.216.34", "1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111",
        "::ffff:93.184.216.34", "64:ff9b::1.1.1.1", "2002:0101:0101::1"}) {
    EXPECT_TRUE(is_public(open)) << open;
  }
  for (const char* closed : {"0.0.0.0",
                             "0.1.2.3",
                             "10.255.0.1",
                             "100.64.0.1",
                             "100.100.100.200",
                             "127.8.8.8",
                             "169.254.169.254",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.0.0.192",
                             "192.0.2.1",
                             "192.168.1.1",
                             "198.18.0.1",
                             "198.19.255.255",
                             "198.51.100.1",
                             "203.0.113.9",
                             "224.0.0.1",
                             "239.1.1.1",
                             "240.0.0.1",
                             "255.255.255.255",
                             "168.63.129.16",
                             "::",
                             "::1",
                             "::ffff:10.0.0.1",
                             "::ffff:7f00:1",
                             "::10.0.0.1",
                             "::8.8.8.8",
                             "::ffff:0:10.0.0.1",
                             "64:ff9b::10.0.0.1",
                             "64:ff9b::169.254.169.254",
                             "64:ff9b:1::1.1.1.1",
                             "2002:7f00:1::",
                             "2002:a9fe:a9fe::1",
                             "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                             "2001:db8::1",
                             "fe80::1",
                             "fec0::1",
                             "fc00::1",
                             "fd00:ec2::254",
                             "ff02::1",
                             "100::1",
                             "2001:20::1",
                             "5f00::1",
                             "3fff::1",
                             "2606:4700::5efe:10.0.0.1",
                             "not an address",
                             ""}) {
    EXPECT_FALSE(is_public(std::string(closed))) << closed;
  }
}

TEST(Auth, Parses) {
  EXPECT_EQ(Auth::parse("")->scheme, AuthScheme::kNone);
  const auto basic = Auth::parse("Basic me:a:b c");
  ASSERT_TRUE(basic);
  EXPECT_EQ(basic->user, "me");
  EXPECT_EQ(basic->secret, "a:b c");
  EXPECT_EQ(Auth::parse("digest u:")->scheme, AuthScheme::kDigest);
  EXPECT_EQ(Auth::parse("bearer x")->secret, "x");
  for (const char* bad : {"basic", "basic ", "basic nocolon", "negotiate a:b", "bearer a\r\nb"}) {
    EXPECT_FALSE(Auth::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace weir::fetch

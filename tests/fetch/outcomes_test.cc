// Every outcome of a transfer, by every IO model, against a server that misbehaves on purpose.
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <iterator>
#include <map>
#include <string>

#include "tests/fetch/fetch_harness.h"
#include "tests/fetch/raw_server.h"
#include "tests/fetch/reserved_port.h"

namespace weir::fetch {

// Shown by GoogleTest.
void PrintTo(FetchOutcome outcome, std::ostream* out) { *out << to_string(outcome); }

namespace {

using config::IoModel;
using std::chrono::milliseconds;

const std::string kHtml = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";

std::string status_line(const std::string& status) { return "HTTP/1.1 " + status + " X\r\n"; }

void misbehave(Visit& v) {
  const auto& p = v.path;
  const auto is = [&](std::string_view path) { return p == path; };
  if (is("/ok")) return v.reply("hello", "X-One: 1\r\nx-one: 2\r\nX-Fold: a\r\n  b\r\n");
  if (is("/chunked")) {
    v.send(kHtml + "Transfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n");
    v.send("5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-End: yes\r\n\r\n");
    return;
  }
  if (p.starts_with("/status/")) {
    const auto status = p.substr(8, 3);
    const bool bodiless = status == "204" || status == "304";
    v.send(status_line(status) + (p.ends_with("/to") ? "Location: /x y\r\n" : "") +
           (bodiless ? "\r\n" : "Content-Length: 2\r\n\r\nno"));
    return;
  }
  if (is("/early")) {
    v.send("HTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\n");
    return v.reply("late", "X-Last: 1\r\n");
  }
  if (is("/silent") || is("/silent-later")) return v.hold();
  if (is("/partial-head")) v.send("HTTP/1.1 200 OK\r\nContent-Ty");
  if (is("/truncated")) v.send(kHtml + "Content-Length: 100\r\n\r\nfirst part");
  if (is("/truncated-404")) v.send(status_line("404") + "Content-Length: 100\r\n\r\nfirst part");
  if (is("/truncated-chunk"))
    v.send(kHtml + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n50\r\nw");
  if (is("/bad-chunk")) v.send(kHtml + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\nw");
  if (is("/no-length")) v.send(kHtml + "\r\nall of it");
  if (is("/garbage")) v.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  if (is("/reset-at-once")) return v.reset();
  if (is("/reset-in-head")) {
    v.send("HTTP/1.1 200 OK\r\n");
    return v.reset();
  }
  if (is("/large")) v.send(kHtml + "Content-Length: 300000\r\n\r\n" + std::string(300'000, 'x'));
  if (is("/large-exactly"))
    v.send(kHtml + "Content-Length: 200000\r\n\r\n" + std::string(200'000, 'x'));
  if (is("/endless")) {
    v.send(kHtml + "\r\n");
    while (v.send(std::string(10'000, 'y'))) {
    }
  }
  if (is("/head-long")) {
    v.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100 && v.send("X-A: " + std::string(1000, 'a') + "\r\n"); ++i) {
    }
  }
  if (is("/head-many")) {
    v.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 2000 && v.send("a: b\r\n"); ++i) {
    }
  }
  if (is("/hints-for-ever")) {
    while (v.send("HTTP/1.1 103 Hint\r\nA: b\r\n\r\n")) {
    }
  }
  if (is("/drip")) {
    v.send(kHtml + "Content-Length: 1000\r\n\r\nd");
    return v.hold();
  }
  if (is("/stall-404")) {
    v.send(status_line("404") + "Content-Length: 1000\r\n\r\nd");
    return v.hold();
  }
  v.hang_up();
}

class Outcomes : public testing::TestWithParam<IoModel> {
 protected:
  static config::FetchSettings settings() {
    auto s = test_settings(GetParam());
    s.max_body = 200'000;
    s.max_header_bytes = 20'000;
    s.max_header_count = 100;
    return s;
  }
  RawServer server_{misbehave};
  FetchHarness harness_{settings()};

  FetchResult get(const std::string& path) { return harness_.get(server_.url(path)); }
};

TEST_P(Outcomes, OkHasEverything) {
  const auto r = get("/ok");
  EXPECT_EQ(r.outcome, FetchOutcome::kOk) << r.error;
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.body.bytes(), "hello");
  EXPECT_TRUE(r.body.sealed());
  EXPECT_TRUE(r.body_complete && r.body_wanted);
  EXPECT_EQ(r.http_version, "1.1");
  EXPECT_EQ(r.ip, "127.0.0.1");
  EXPECT_EQ(r.bytes_wire, 5u);
  EXPECT_GT(r.bytes_header, 60u);
  EXPECT_EQ(r.header("x-ONE"), "1");
  EXPECT_EQ(r.header("x-fold"), "a b");
  EXPECT_EQ(r.headers.size(), 5u);
  EXPECT_GT(r.connect_ms, 0);
  EXPECT_GE(r.ttfb_ms, r.connect_ms);
  EXPECT_GE(r.fetch_ms, r.ttfb_ms);
  EXPECT_FALSE(r.reused);
  EXPECT_EQ(r.error, "");
}

TEST(AllModels, IO12_GiveTheSameByteForByte) {
  const RawServer server(misbehave);
  std::map<std::string, std::string> first;  // path -> what the first model made of it
  for (const IoModel io : kAllModels) {
    FetchHarness harness(io);
    for (const char* path :
         {"/ok", "/chunked", "/status/204", "/status/301/to", "/status/404", "/status/503",
          "/early", "/no-length", "/large", "/large-exactly", "/truncated", "/truncated-chunk",
          "/bad-chunk", "/garbage", "/partial-head", "/reset-at-once"}) {
      const FetchResult r = harness.get(server.url(path));
      std::string all = std::string(to_string(r.outcome)) + ' ' + std::to_string(r.status) + ' ' +
                        (r.body_complete ? "whole\n" : "part\n");
      for (std::size_t i = 0; i < r.headers.size(); ++i)
        all += std::string(r.headers.name(i)) + ": " + std::string(r.headers.value(i)) + '\n';
      if (r.body) all += r.body.bytes();
      const auto [found, is_first] = first.emplace(path, all);
      EXPECT_TRUE(found->second == all) << path << " by " << model_name(io);
    }
  }
  EXPECT_EQ(first.at("/large").size(), first.at("/large-exactly").size() + 100'000);
}

TEST_P(Outcomes, ConnectionsAreKept) {
  EXPECT_EQ(get("/ok").outcome, FetchOutcome::kOk);
  const auto r = get("/chunked");
  EXPECT_TRUE(r.reused);
  EXPECT_EQ(r.connect_ms, 0);
  EXPECT_EQ(server_.connections(), 1);
}

TEST_P(Outcomes, ChunksAreJoinedAndTrailersDropped) {
  const auto r = get("/chunked");
  EXPECT_EQ(r.outcome, FetchOutcome::kOk) << r.error;
  EXPECT_EQ(r.body.bytes(), "hello world");
  EXPECT_FALSE(r.headers.has("X-End"));
}

TEST_P(Outcomes, StatusDecides) {
  const std::pair<const char*, FetchOutcome> cases[] = {
      {"200", FetchOutcome::kOk},          {"204", FetchOutcome::kOk},
      {"206", FetchOutcome::kOk},          {"300/to", FetchOutcome::kHttpError},
      {"301/to", FetchOutcome::kRedirect}, {"302/to", FetchOutcome::kRedirect},
      {"303/to", FetchOutcome::kRedirect}, {"307/to", FetchOutcome::kRedirect},
      {"308/to", FetchOutcome::kRedirect}, {"301", FetchOutcome::kBadRedirect},
      {"304", FetchOutcome::kHttpError},   {"401", FetchOutcome::kHttpError},
      {"404", FetchOutcome::kHttpError},   {"503", FetchOutcome::kHttpError},
      {"599", FetchOutcome::kHttpError},   {"999", FetchOutcome::kHttpError},
  };
  for (const auto& [path, outcome] : cases) {
    const auto r = get(std::string("/status/") + path);
    EXPECT_EQ(r.outcome, outcome) << path << ' ' << r.error;
    EXPECT_EQ(r.status, std::stoi(path));
    EXPECT_TRUE(r.body_complete) << path;
    EXPECT_EQ(r.header("Location"), std::string_view(path).ends_with("/to") ? "/x y" : "") << path;
  }
  EXPECT_EQ(server_.requests(), static_cast<int>(std::size(cases)));
}

TEST_P(Outcomes, NotModifiedAnswersAConditionOnly) {
  FetchRequest request{.url = server_.url("/status/304")};
  request.if_none_match = "\"v1\"";
  EXPECT_EQ(harness_.get(request).outcome, FetchOutcome::kNotModified);
}

TEST_P(Outcomes, InterimHeadsAreForgotten) {
  const auto r = get("/early");
  EXPECT_EQ(r.outcome, FetchOutcome::kOk) << r.error;
  EXPECT_EQ(r.status, 200);
  EXPECT_FALSE(r.headers.has("X-Hint"));
  EXPECT_TRUE(r.headers.has("X-Last"));
}

TEST_P(Outcomes, BodyEndsWithTheConnection) {
  const auto r = get("/no-length");
  EXPECT_EQ(r.outcome, FetchOutcome::kOk) << r.error;
  EXPECT_EQ(r.body.bytes(), "all of it");
}

TEST_P(Outcomes, ConnectionsThatBreak) {
  const std::pair<const char*, FetchOutcome> cases[] = {
      {"/closed-at-once", FetchOutcome::kReset},    {"/reset-at-once", FetchOutcome::kReset},
      {"/reset-in-head", FetchOutcome::kReset},     {"/partial-head", FetchOutcome::kReset},
      {"/garbage", FetchOutcome::kProtocol},        {"/bad-chunk", FetchOutcome::kProtocol},
      {"/truncated", FetchOutcome::kTruncated},     {"/truncated-chunk", FetchOutcome::kTruncated},
      {"/truncated-404", FetchOutcome::kHttpError},
  };
  for (const auto& [path, outcome] : cases) {
    const auto r = get(path);
    EXPECT_EQ(r.outcome, outcome) << path << ' ' << r.error;
    EXPECT_FALSE(r.body_complete) << path;
    EXPECT_TRUE(!r.error.empty() || outcome == FetchOutcome::kHttpError) << path;
  }
  EXPECT_EQ(get("/truncated").body.bytes(), "first part");
  EXPECT_EQ(get("/truncated-chunk").body.bytes().substr(0, 5), "hello");
}

TEST_P(Outcomes, BytesAreLimited) {
  for (const char* path : {"/large", "/endless"}) {
    const auto r = get(path);
    EXPECT_EQ(r.outcome, FetchOutcome::kTooLarge) << path << ' ' << r.error;
    EXPECT_EQ(r.body.size(), 200'000u) << path;
    EXPECT_EQ(r.bytes_wire, 200'000u) << path;
    EXPECT_FALSE(r.body_complete);
  }
  EXPECT_EQ(get("/large-exactly").outcome, FetchOutcome::kOk);
  for (const char* path : {"/head-long", "/head-many", "/hints-for-ever"}) {
    const auto r = get(path);
    EXPECT_EQ(r.outcome, FetchOutcome::kTooLarge) << path << ' ' << r.error;
    EXPECT_EQ(r.status, 0);
    EXPECT_LE(r.bytes_header, 22'000u) << path;
  }
}

TEST_P(Outcomes, TextHasALimitOfItsOwnAndNeedsNoSlab) {
  FetchRequest request{.url = server_.url("/large"), .text_limit = 1000};
  auto r = harness_.get(request);
  EXPECT_EQ(r.outcome, FetchOutcome::kTooLarge);
  EXPECT_EQ(r.text, std::string(1000, 'x'));
  EXPECT_FALSE(r.body);
  request.url = server_.url("/ok");
  r = harness_.get(request);
  EXPECT_EQ(r.outcome, FetchOutcome::kOk);
  EXPECT_EQ(r.text, "hello");
}

TEST_P(Outcomes, NothingListens) {
  const ReservedPort silent;
  const auto r = harness_.get("http://127.0.0.1:" + std::to_string(silent.number()) + "/");
  EXPECT_EQ(r.outcome, FetchOutcome::kConnect) << r.error;
  EXPECT_EQ(r.status, 0);
}

TEST_P(Outcomes, OnlyHttpReachesCurl) {
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "", "x",
                          "http:///", "https://", "http://a@b@127.0.0.1/"}) {
    const auto r = harness_.get(url);
    EXPECT_EQ(r.outcome, FetchOutcome::kProtocol) << url;
    EXPECT_FALSE(r.body);
  }
  EXPECT_EQ(server_.connections(), 0);
}

TEST_P(Outcomes, TlsWhereThereIsNone) {
  const auto r = harness_.get("https://127.0.0.1:" + std::to_string(server_.port()) + "/ok");
  EXPECT_EQ(r.outcome, FetchOutcome::kTls) << r.error;
}

class Times : public testing::TestWithParam<IoModel> {
 protected:
  RawServer server_{misbehave};

  FetchResult get(const char* path, const std::function<void(config::FetchSettings&)>& tweak) {
    auto settings = test_settings(GetParam());
    tweak(settings);
    return FetchHarness(settings).get(
        FetchRequest{.url = server_.url(path), .body = BodyPolicy::kAll, .text_limit = 1 << 20});
  }

  // Ended by --timeout after its head came, which on a busy machine takes a longer limit.
  FetchResult get_stalled(const char* path) {
    for (milliseconds limit(150);; limit *= 2) {
      auto r = get(path, [limit](auto& s) { s.timeout = limit; });
      if (r.status != 0 || limit > std::chrono::seconds(10)) return r;
    }
  }
};

TEST_P(Times, EachLimitHasItsOutcome) {
  auto r = get("/silent", [](auto& s) { s.first_byte_timeout = milliseconds(150); });
  EXPECT_EQ(r.outcome, FetchOutcome::kTimeout);
  EXPECT_TRUE(r.error.starts_with("no reply")) << r.error;
  EXPECT_GE(r.fetch_ms, 150);
  EXPECT_EQ(r.ip, "127.0.0.1");

  r = get("/silent", [](auto& s) { s.timeout = milliseconds(150); });
  EXPECT_EQ(r.outcome, FetchOutcome::kTimeout);
  EXPECT_TRUE(r.error.starts_with("not done")) << r.error;

  r = get_stalled("/drip");
  EXPECT_EQ(r.outcome, FetchOutcome::kTimeout);
  EXPECT_EQ(r.text, "d");

  r = get("/drip", [](auto& s) {
    s.low_speed_window = milliseconds(200);
    s.low_speed_bytes = 1000;
  });
  EXPECT_EQ(r.outcome, FetchOutcome::kTooSlow) << r.error;
  EXPECT_EQ(r.status, 200);

  r = get_stalled("/stall-404");
  EXPECT_EQ(r.outcome, FetchOutcome::kHttpError);
  EXPECT_FALSE(r.body_complete);
}

TEST_P(Times, ARequestCanHaveItsOwn) {
  FetchHarness harness(GetParam());
  FetchRequest request{.url = server_.url("/silent")};
  request.timeout = milliseconds(100);
  EXPECT_EQ(harness.get(request).outcome, FetchOutcome::kTimeout);
}

TEST_P(Times, NamesAreWithinTheConnectTimeout) {
  auto settings = test_settings(GetParam());
  settings.connect_timeout = milliseconds(100);
  std::promise<void> end;
  NameOptions names;
  names.resolver = [wait = end.get_future().share()](const std::string&) {
    wait.wait();
    return NameAnswer{{}, "late"};
  };
  {
    FetchHarness harness(settings, {}, std::move(names));
    const auto r = harness.get("http://slow.example/");
    EXPECT_EQ(r.outcome, FetchOutcome::kDns) << r.error;
    end.set_value();
  }
}

INSTANTIATE_TEST_SUITE_P(Io, Outcomes, testing::ValuesIn(kAllModels),
                         [](const auto& info) { return model_name(info.param); });
INSTANTIATE_TEST_SUITE_P(Io, Times, testing::ValuesIn(kAllModels),
                         [](const auto& info) { return model_name(info.param); });

}  // namespace
}  // namespace weir::fetch

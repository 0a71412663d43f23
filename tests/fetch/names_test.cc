// Names, and the small parts that need no network.
#include "fetch/names.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "fetch/header_block.h"
#include "fetch/host_pins.h"
#include "fetch/transfer_clock.h"
#include "fetch/url_authority.h"

namespace weir::fetch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Names, AnswersNumbersAndFixedNamesByItself) {
  std::atomic<int> asked{0};
  NameOptions options;
  options.resolve = {"Shop.example:10.0.0.1", "shop.example:::1", "six.example:[2001:db8::1]"};
  options.resolver = [&](const std::string&) {
    ++asked;
    return NameAnswer{};
  };
  Names names(options);
  EXPECT_EQ(names.lookup("192.0.2.1").get().addresses, std::vector<std::string>{"192.0.2.1"});
  EXPECT_EQ(names.lookup("::1").get().addresses, std::vector<std::string>{"::1"});
  EXPECT_EQ(names.lookup("SHOP.example").get().addresses,
            (std::vector<std::string>{"10.0.0.1", "::1"}));
  EXPECT_EQ(names.lookup("six.example").get().addresses[0], "2001:db8::1");
  EXPECT_EQ(asked, 0);
  for (const char* bad : {"noaddress", ":1.1.1.1", "host:", "host:name", "host:1.2.3"}) {
    NameOptions wrong;
    wrong.resolve = {bad};
    EXPECT_THROW(Names{wrong}, std::invalid_argument) << bad;
  }
}

TEST(Names, AsksOnceForAllWhoWait) {
  std::promise<void> go;
  std::atomic<int> asked{0};
  NameOptions options;
  options.resolver = [&, wait = go.get_future().share()](const std::string& host) {
    ++asked;
    wait.wait();
    return NameAnswer{{host == "a.example" ? "1.1.1.1" : "2.2.2.2"}, ""};
  };
  Names names(options);
  const auto first = names.lookup("a.example");
  const auto second = names.lookup("A.EXAMPLE");
  EXPECT_FALSE(first.done());
  go.set_value();
  EXPECT_EQ(first.get().addresses[0], "1.1.1.1");
  EXPECT_EQ(second.get().addresses[0], "1.1.1.1");
  EXPECT_TRUE(names.lookup("a.example").done());
  EXPECT_EQ(asked, 1);
  const auto figures = names.figures();
  EXPECT_EQ(figures.lookups, 3u);
  EXPECT_EQ(figures.joined, 1u);
  EXPECT_EQ(figures.hits, 1u);
}

TEST(Names, OneSlowNameHoldsBackNobody) {
  std::promise<void> go;
  NameOptions options;
  options.resolver = [wait = go.get_future().share()](const std::string& host) {
    if (host == "slow.example") wait.wait();
    return NameAnswer{{"1.1.1.1"}, ""};
  };
  Names names(options);
  const auto slow = names.lookup("slow.example");
  for (int i = 0; i < 100; ++i) names.lookup("fast" + std::to_string(i) + ".example").get();
  EXPECT_FALSE(slow.done());
  go.set_value();
  slow.get();
}

TEST(Names, FailuresAreKeptForTheirOwnTime) {
  std::atomic<int> asked{0};
  NameOptions options;
  options.negative_ttl = milliseconds(0);
  options.resolver = [&](const std::string& host) {
    ++asked;
    return host == "bad.example" ? NameAnswer{{}, "no"} : NameAnswer{{"1.1.1.1"}, ""};
  };
  Names names(options);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(names.lookup("bad.example").get().error, "no");
    names.lookup("good.example").get();
  }
  EXPECT_EQ(asked, 4);
  EXPECT_EQ(names.figures().failed, 3u);
}

TEST(Names, ForgetsTheOldestBeyondItsCapacity) {
  std::atomic<int> asked{0};
  NameOptions options;
  options.capacity = 2;
  options.resolver = [&](const std::string&) {
    ++asked;
    return NameAnswer{{"1.1.1.1"}, ""};
  };
  Names names(options);
  for (const char* host : {"a", "b", "c", "c", "b", "a"}) names.lookup(host).get();
  EXPECT_EQ(asked, 4);
}

TEST(Names, TheSystemKnowsLocalhost) {
  Names names;
  const auto answer = names.lookup("localhost").get();
  ASSERT_FALSE(answer.addresses.empty()) << answer.error;
  EXPECT_FALSE(names.lookup("no-such-name.invalid").get().error.empty());
}

TEST(HostPins, SaysOnlyWhatIsNewAndTakesOutWhatIsIdle) {
  HostPins pins(1);
  const auto text = [](const CurlList& lines) {
    std::string all;
    for (auto* each = lines.get(); each != nullptr; each = each->next)
      all += std::string(each->data) + ' ';
    return all;
  };
  EXPECT_EQ(text(pins.pin("a:80", {"1.1.1.1", "::1"})), "a:80:1.1.1.1,[::1] ");
  EXPECT_EQ(text(pins.pin("a:80", {"1.1.1.1", "::1"})), "");
  EXPECT_EQ(text(pins.pin("a:80", {"2.2.2.2"})), "a:80:2.2.2.2 ");
  EXPECT_EQ(text(pins.pin("b:80", {"3.3.3.3"})), "b:80:3.3.3.3 ");
  EXPECT_EQ(text(pins.pin("c:80", {"3.3.3.3"})), "c:80:3.3.3.3 ");
  pins.release("b:80");
  pins.release("c:80");
  const auto lines = text(pins.pin("d:80", {"4.4.4.4"}));
  EXPECT_NE(lines.find("-b:80"), std::string::npos) << lines;
  EXPECT_NE(lines.find("-c:80"), std::string::npos) << lines;
  EXPECT_EQ(lines.find("-a:80"), std::string::npos) << lines;
  EXPECT_EQ(text(pins.pin("b:80", {"3.3.3.3"})), "b:80:3.3.3.3 ");
}

TEST(TransferClock, StandsStillWhilePaused) {
  TransferClock clock;
  TransferClock::TimePoint t{seconds(1000)};
  clock.start({.total = seconds(10),
               .connect = seconds(2),
               .first_byte = seconds(3),
               .window = seconds(2),
               .window_bytes = 10},
              t);
  EXPECT_EQ(clock.next_deadline(), t + seconds(2));
  EXPECT_EQ(clock.exceeded(t + seconds(2)), TransferClock::Limit::kConnect);
  clock.connected(t + seconds(1));
  EXPECT_EQ(clock.next_deadline(), t + seconds(4));
  EXPECT_EQ(clock.exceeded(t + seconds(4)), TransferClock::Limit::kFirstByte);
  clock.bytes(t + seconds(2), 5);
  EXPECT_EQ(clock.exceeded(t + milliseconds(3900)), std::nullopt);
  clock.pause(t + seconds(3));
  EXPECT_EQ(clock.next_deadline(), TransferClock::TimePoint::max());
  EXPECT_EQ(clock.exceeded(t + seconds(500)), std::nullopt);
  clock.resume(t + seconds(503));
  EXPECT_EQ(clock.paused(t + seconds(503)), seconds(500));
  EXPECT_EQ(clock.next_deadline(), t + seconds(504));
  clock.bytes(t + milliseconds(503'500), 5);
  EXPECT_EQ(clock.exceeded(t + seconds(504)), std::nullopt);  // ten bytes in two seconds
  EXPECT_EQ(clock.exceeded(t + seconds(506)), TransferClock::Limit::kSpeed);
  clock.bytes(t + seconds(506), 100);
  EXPECT_EQ(clock.exceeded(t + seconds(510)), TransferClock::Limit::kTotal);
  EXPECT_EQ(clock.active(t + seconds(510)), seconds(10));
}

TEST(UrlAuthority, SplitsWhatASerialiserWrites) {
  const auto at = split_authority("HTTPS://user:pw@[2001:db8::1]:8443/x?@y#z");
  ASSERT_TRUE(at);
  EXPECT_TRUE(at->https);
  EXPECT_EQ(at->host, "2001:db8::1");
  EXPECT_EQ(at->port, 8443);
  EXPECT_EQ(split_authority("http://a.example")->port, 80);
  EXPECT_EQ(split_authority("https://a.example?q")->host, "a.example");
  for (const char* bad :
       {"ftp://a/", "//a/", "http:/a", "http://", "http://[::1", "http://[::1]x/", "http://a:b/",
        "http://a:70000/", "http://a\\@b/", "http://a b/", "http://x@y@z/"}) {
    EXPECT_FALSE(split_authority(bad)) << bad;
  }
}

TEST(HeaderBlock, KeepsOrderAndFindsByName) {
  HeaderBlock block;
  block.fold("nothing to fold");
  block.add("Vary", "a");
  block.add("VARY", "b");
  block.fold("c");
  block.add("Empty", "");
  ASSERT_EQ(block.size(), 3u);
  EXPECT_EQ(block.first("vary"), "a");
  EXPECT_EQ(block.name(1), "VARY");
  EXPECT_EQ(block.value(1), "b c");
  EXPECT_TRUE(block.has("empty"));
  EXPECT_FALSE(block.has("var"));
}

}  // namespace
}  // namespace weir::fetch

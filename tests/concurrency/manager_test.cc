#include "concurrency/manager.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "concurrency/event.h"
#include "process_test_roles.h"

namespace weir::concurrency {
namespace {

using Dict = Value::Dict;
using List = Value::List;

Value nothing_resolves(std::string_view bytes) {
  return decode(bytes, [](std::uint64_t) -> Value::Ref { throw std::out_of_range("no object"); });
}

std::string path_for(const char* name) {
  return "/tmp/weir-manager-test-" + std::to_string(::getpid()) + "-" + name;
}

}  // namespace

int board_role(RoleContext& role) {
  const Manager manager{Channel(UniqueFd(role.fd(0)))};
  const std::string what = role.args().at(0);
  const Value object = manager.attach(std::stoull(role.args().at(1)));
  if (what == "rename") SharedDict(object).set("name", "Grace");
  if (what == "count") {
    const SharedNumbers numbers(object);
    for (int i = 0; i < 1000; ++i) ++numbers[1];
  }
  if (what == "hold") {  // until it is killed
    tell(role.fd(1));
    for (;;) ::pause();
  }
  return 0;
}

TEST(Manager, MG1_ADictIsUsedAsALocalOne) {
  const NothingLeft nothing_left;
  const Manager manager = Manager::start();
  SharedDict dict = manager.dict({{"one", 1}});
  dict.set("two", "zwei");
  dict.set("three", List{3, 3.5, true, Value()});
  EXPECT_EQ(dict.at("one").integer(), 1);
  EXPECT_EQ(dict.at("two").text(), "zwei");
  EXPECT_EQ(dict.size(), 3u);
  EXPECT_EQ(dict.keys(), (std::vector<std::string>{"one", "three", "two"}));
  EXPECT_TRUE(dict.contains("one"));
  EXPECT_TRUE(dict.erase("one"));
  EXPECT_FALSE(dict.erase("one"));
  EXPECT_FALSE(dict.contains("one"));
  const Dict copy = dict.copy();  // the items
  ASSERT_EQ(copy.size(), 2u);
  EXPECT_EQ(copy.at("three"), Value(List{3, 3.5, true, Value()}));
  try {
    (void)dict.at("one");
    FAIL() << "a key that is not there";
  } catch (const std::out_of_range& error) {
    EXPECT_NE(std::string(error.what()).find("'one'"), std::string::npos);
  }
  EXPECT_THROW(dict.call("set", {1, 2}), std::invalid_argument);  // a key is a text
  EXPECT_THROW(dict.call("set", {"key"}), std::invalid_argument);
  dict.set("two", 2);
  EXPECT_EQ(dict.at("two").integer(), 2);
  dict.clear();
  EXPECT_EQ(dict.size(), 0u);
}

TEST(Manager, MG2_AListIsUsedAsALocalOne) {
  const Manager manager = Manager::start();
  SharedList list = manager.list({0, 1, 2});
  list.append(3);
  list.extend({4, 5});
  EXPECT_EQ(list.size(), 6u);
  EXPECT_EQ(list.at(1).integer(), 1);
  EXPECT_EQ(list.at(-1).integer(), 5);
  EXPECT_EQ(list.slice(1, 3), (List{1, 2}));
  EXPECT_EQ(list.slice(-2, 100), (List{4, 5}));
  EXPECT_EQ(list.slice(4, 2), List());
  EXPECT_EQ(list.slice(std::numeric_limits<std::int64_t>::min(), 1), List(1, Value(0)));
  EXPECT_EQ(list.pop().integer(), 5);
  EXPECT_EQ(list.pop(0).integer(), 0);
  list.set(-1, "last");
  std::string seen;
  for (const Value& each : list.copy()) seen += each.kind()[0];
  EXPECT_EQ(seen, "iiit");
  for (const std::int64_t index :
       {std::int64_t{4}, std::int64_t{-5}, std::numeric_limits<std::int64_t>::min()})
    EXPECT_THROW(list.at(index), std::out_of_range);
  list.clear();
  EXPECT_THROW(list.pop(), std::out_of_range);
}

TEST(Manager, MG3_ValuesAreCopiedAndReferencesShared) {
  const Manager manager = Manager::start();
  SharedDict outer = manager.dict();
  SharedList inner = manager.list();
  List plain = {1};
  outer.set("plain", plain);
  outer.set("shared", inner);
  plain.emplace_back(2);
  EXPECT_EQ(outer.at("plain").list().size(), 1u);
  List taken = outer.at("plain").list();
  taken.emplace_back(2);
  EXPECT_EQ(outer.at("plain").list().size(), 1u);

  SharedList(outer.at("shared")).append("through the outer");
  EXPECT_EQ(inner.at(0).text(), "through the outer");
  EXPECT_EQ(outer.at("shared"), Value(inner));
  EXPECT_THROW(Value(Value::Ref{}), std::invalid_argument);
}

TEST(Manager, MG4_OnlyExposedMethodsCanBeCalled) {
  const Manager manager = Manager::start();
  const SharedDict dict = manager.dict({{"a", 1}});
  const SharedList list = manager.list();
  for (const char* method : {"rehash", "", "call", "attach", "clear\n"}) {
    EXPECT_THROW(dict.call(method), RemoteError);
    EXPECT_THROW(list.call(method), RemoteError);
  }
  EXPECT_EQ(dict.at("a").integer(), 1);

  ManagerServer server({.address = path_for("published")});
  std::atomic<int> called{0};
  server.publish("crawl", {{"stop",
                            [&](const List& arguments) {
                              ++called;
                              return Value(List{arguments});
                            }},
                           {"fail", [](const List&) -> Value { throw std::runtime_error("no"); }}});
  EXPECT_THROW(server.publish("crawl", {}), std::logic_error);
  const Manager client = Manager::connect(path_for("published"));
  const Proxy crawl = client.find("crawl");
  EXPECT_EQ(crawl.call("stop", {"now"}).list().size(), 1u);
  EXPECT_THROW(crawl.call("fail"), RemoteError);
  EXPECT_THROW(crawl.call("start"), RemoteError);
  EXPECT_EQ(called, 1);
  EXPECT_THROW(client.find("crawls"), std::out_of_range);
}

TEST(Manager, MG5_AnObjectGoesWithItsLastProxyOrHolder) {
  const Manager manager = Manager::start();
  {
    SharedDict outer = manager.dict();
    std::optional<SharedList> inner = manager.list();
    outer.set("inner", *inner);
    EXPECT_EQ(manager.objects(), 2u);
    inner.reset();
    EXPECT_EQ(manager.objects(), 2u);  // the outer one holds it
    inner.emplace(outer.at("inner"));
    outer.clear();
    EXPECT_EQ(manager.objects(), 2u);  // the proxy does
    const SharedList same(manager.attach(inner->id()));
    inner->append(1);
    EXPECT_EQ(same.size(), 1u);
    inner.reset();
    EXPECT_EQ(manager.objects(), 2u);  // the other proxy does
  }
  EXPECT_EQ(manager.objects(), 0u);

  // Those of a process that dies are let go of.
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const UniqueFd here(pipe[0]), there(pipe[1]);
  std::optional<SharedDict> held = manager.dict();
  const Channel seat = manager.invite();
  Process child({.role = "board",
                 .args = {"hold", std::to_string(held->id())},
                 .fds = {seat.fd(), there.get()}});
  child.start();
  const_cast<Channel&>(seat).close();
  ASSERT_EQ(hear(here.get()), '.');
  held.reset();
  EXPECT_EQ(manager.objects(), 1u);
  child.kill();
  ASSERT_TRUE(child.join(soon()));
  for (const Deadline limit = soon(); manager.objects() > 0; std::this_thread::yield())
    ASSERT_LT(Clock::now(), limit);
}

TEST(Manager, MG6_AWrongTokenIsRefusedOnBothSides) {
  const NothingLeft nothing_left;
  const std::string address = path_for("token");
  ManagerServer server({.address = address, .token = "secret"});
  EXPECT_THROW(Manager::connect(address, "Secret"), AuthenticationError);
  EXPECT_THROW(Manager::connect(address, "secre"), AuthenticationError);
  EXPECT_THROW(Manager::connect(address), AuthenticationError);
  EXPECT_EQ(server.refused(), 3u);
  const Manager manager = Manager::connect(address, "secret");
  EXPECT_EQ(manager.dict({{"a", 1}}).size(), 1u);
  EXPECT_EQ(server.refused(), 3u);
}

TEST(Manager, MG7_ItIgnoresInterruptsAndItsAddressIsFreeAtOnce) {
  const NothingLeft nothing_left;
  const std::string address = path_for("restart");
  for (int round = 0; round < 3; ++round) {
    Manager manager = Manager::start({.address = address, .token = "t"});
    ASSERT_EQ(::kill(*manager.pid(), SIGINT), 0);
    const Manager other = Manager::connect(address, "t");
    EXPECT_EQ(other.objects(), 0u);
    const SharedNumbers numbers = other.array(10);
    numbers[9] = 7;
    EXPECT_THROW(Manager::start({.address = address}), ManagerError);  // somebody listens there
    const SharedDict dict = manager.dict();
    manager.shutdown();
    EXPECT_FALSE(std::filesystem::exists(address));
    EXPECT_THROW((void)dict.size(), ManagerError);
    EXPECT_THROW((void)other.objects(), ManagerError);
    EXPECT_EQ(numbers[9], 7);  // memory goes with its last holder
  }
}

TEST(Manager, MG8_WhatAChildSetsTheParentReads) {
  const NothingLeft nothing_left;
  const Manager manager = Manager::start();
  const SharedDict board = manager.dict({{"name", "Ada"}});
  const SharedNumbers numbers = manager.array(2);
  std::vector<Process> children;
  for (const auto& [what, id] : {std::pair{"rename", board.id()}, std::pair{"count", numbers.id()},
                                 std::pair{"count", numbers.id()}}) {
    const Channel seat = manager.invite();
    children.push_back(
        Process({.role = "board", .args = {what, std::to_string(id)}, .fds = {seat.fd()}}));
    children.back().start();
  }
  for (Process& each : children) {
    ASSERT_TRUE(each.join(soon()));
    EXPECT_EQ(each.exit_code(), 0);
  }
  EXPECT_EQ(board.at("name").text(), "Grace");
  EXPECT_EQ(numbers[1], 2000);
}

// What a client sends is checked, and cuts off nobody but itself.
TEST(Manager, AHostileClientHarmsNobodyElse) {
  const NothingLeft nothing_left;
  const std::string address = path_for("hostile");
  ManagerServer server({.address = address});
  const Manager good = Manager::connect(address);
  SharedDict dict = good.dict({{"a", 1}});
  const std::string ok = encode(List{static_cast<std::int64_t>(dict.id()), "size"});

  const auto stranger = [&] {
    Channel channel = Channel::connect(address);
    EXPECT_TRUE(channel.send(""));
    EXPECT_EQ(channel.receive(soon()).status, Receipt::kMessage);
    return channel;
  };
  // No object that it was not given; no lengths and kinds that are not true.
  std::vector<std::string> lies = {"",
                                   "\x07",
                                   std::string("\x05\xff\xff\xff\xff\xff\xff\xff\x7f", 9),
                                   ok + "x",
                                   ok.substr(0, ok.size() - 1),
                                   ok,
                                   encode(Value()),
                                   encode(List{}),
                                   encode(List{0}),
                                   encode(List{"0", "dict"}),
                                   encode(List{0, "dict", 1}),
                                   encode(List{0, "array", -1}),
                                   encode(List{0, "array", 1LL << 40}),
                                   encode(List{0, "release", 1}),
                                   encode(List{0, "invite"})};
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += std::string("\x05\x01\0\0\0\0\0\0\0", 9);
  lies.push_back(deep);
  Channel liar = stranger();
  for (const std::string& lie : lies) {
    ASSERT_TRUE(liar.send(lie));
    const Received reply = liar.receive(soon());
    ASSERT_EQ(reply.status, Receipt::kMessage);
    EXPECT_NE(nothing_resolves(reply.bytes).list().at(0).text(), "ok");
  }
  // Attached, it can name the object; what it makes of it is still checked.
  ASSERT_TRUE(liar.send(encode(List{0, "attach", static_cast<std::int64_t>(dict.id())})));
  ASSERT_EQ(liar.receive(soon()).status, Receipt::kMessage);
  ASSERT_TRUE(liar.send(encode(List{static_cast<std::int64_t>(dict.id()), "set", 1, 1})));
  EXPECT_EQ(nothing_resolves(liar.receive(soon()).bytes).list().at(0).text(), "invalid argument");

  Channel too_long = stranger();
  EXPECT_FALSE(too_long.send(std::string(ManagerServer::kMostMessage + 1, 'x'), soon()));

  Channel half = stranger();
  ASSERT_EQ(::send(half.fd(), "\x10\0\0\0half", 8, MSG_NOSIGNAL), 8);
  const Channel silent = Channel::connect(address);  // not even a token
  EXPECT_EQ(dict.at("a").integer(), 1);              // while both keep it waiting
  EXPECT_EQ(half.receive(soon()).status, Receipt::kEnd);

  // As many as there may be, and no thread more.
  std::vector<Channel> crowd;
  for (std::size_t i = 0; i < 2 * ManagerServer::kMostConnections; ++i)
    crowd.push_back(Channel::connect(address));
  EXPECT_EQ(dict.at("a").integer(), 1);
}

TEST(Manager, TooMuchIsRefusedAndChangesNothing) {
  const Manager manager = Manager::start();
  SharedList list = manager.list();
  const std::string half(ManagerServer::kMostMessage / 2, 'x');
  EXPECT_THROW(list.append(half + half), std::length_error);
  list.append(half);
  list.append(half);
  EXPECT_THROW((void)list.copy(), std::length_error);  // an answer too long to send
  EXPECT_EQ(list.size(), 2u);
  EXPECT_THROW((void)manager.array(0), std::invalid_argument);
  Value nested = 1;
  for (int i = 0; i < 70; ++i) nested = Value(List(1, nested));
  EXPECT_THROW(list.append(nested), std::invalid_argument);
  std::vector<SharedDict> dicts;
  EXPECT_THROW(
      {
        for (std::size_t i = 0; i <= ManagerServer::kMostObjects; ++i)
          dicts.push_back(manager.dict());
      },
      std::length_error);
  dicts.clear();
  EXPECT_EQ(manager.objects(), 1u);
}

TEST(Manager, ObjectsThatHoldEachOtherEndWithTheServer) {
  const NothingLeft nothing_left;
  ManagerServer server({.address = path_for("circle")});  // leak sanitizer looks at this process
  const Manager manager = Manager::connect(path_for("circle"));
  SharedDict one = manager.dict();
  SharedList two = manager.list();
  one.set("two", two);
  two.append(one);
  EXPECT_EQ(manager.objects(), 2u);
}

TEST(Manager, CallsOfManyThreadsAreOneStepEach) {
  const Manager manager = Manager::start();
  SharedList list = manager.list();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 100; ++n) list.append(n);
      });
  }
  EXPECT_EQ(list.size(), 400u);
}

}  // namespace weir::concurrency

// Raw replies, good and bad, replayed to every IO model: what curl's own tests accept is fetched
// with that status, what they refuse is no reply.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/fetch/fetch_harness.h"
#include "tests/fetch/raw_server.h"

namespace weir::fetch {
namespace {

std::string decode_base64(const std::string& text) {
  static const std::string kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int have = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string::npos) break;
    bits = bits << 6 | static_cast<unsigned>(value);
    have += 6;
    if (have >= 8) bytes += static_cast<char>(bits >> (have -= 8) & 0xff);
  }
  return bytes;
}

TEST(HttpReplies, AreTakenOrRefusedAsCurlDoes) {
  const char* shared = std::getenv("WEIR_SHARED");
  const std::string path =
      std::string(shared != nullptr ? shared : WEIR_SHARED_DEFAULT) + "/vectors/http_replies.jsonl";
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "not there: " << path;

  int records = 0;
  for (std::string line; std::getline(file, line);) {
    const auto record = nlohmann::json::parse(line);
    if (record.contains("_meta")) continue;
    ++records;
    // A server of its own: a thread may still be sending what the client no longer wants.
    const RawServer server([reply = decode_base64(record["reply_b64"])](Visit& v) {
      v.send(reply);
      v.hang_up();
    });
    const int exit_code = record["curl_exit"];
    for (const auto io : kAllModels) {
      FetchHarness harness(io);
      const auto r = harness.get(server.url("/"));
      const auto what = record["id"].get<std::string>() + ' ' + record["name"].get<std::string>() +
                        ' ' + model_name(io) + ": " + std::string(to_string(r.outcome)) + ' ' +
                        r.error;
      if (exit_code == 0) {
        const int status = record["status"];
        EXPECT_EQ(r.status, status) << what;
        EXPECT_EQ(r.outcome, status / 100 == 2   ? FetchOutcome::kOk
                             : status / 100 == 3 ? FetchOutcome::kRedirect
                                                 : FetchOutcome::kHttpError)
            << what;
      } else {
        // 52 is a connection that ended without a byte.
        EXPECT_EQ(r.outcome, exit_code == 52 ? FetchOutcome::kReset : FetchOutcome::kProtocol)
            << what;
        EXPECT_FALSE(r.body) << what;
      }
    }
  }
  EXPECT_GT(records, 20);
}

}  // namespace
}  // namespace weir::fetch

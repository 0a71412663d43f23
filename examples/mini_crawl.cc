// Rows: P02 P03 P04 P05 P06 P07 P08 P09 P10 P11 H03 H04. The notes' crawler in five wirings: the
// same pages, the same answer. serial asks for each result at once; collect waits for all; inline
// welds the parser to the download; callback parses each as it comes; queue hands it to a consumer.
//   mini_crawl [--style=serial | collect | inline | callback | queue]
#include <map>
#include <string>
#include <vector>

#include "concurrency/queue.h"
#include "concurrency/thread_pool.h"
#include "examples/check.h"
#include "fetch/make_fetcher.h"
#include "site/http_server.h"

using namespace weir;
using namespace weir::concurrency;

using Sizes = std::map<std::string, std::size_t>;  // what parsing a page gives: its length

struct Page {
  std::string url, text;
};

int main(int argc, char** argv) {
  std::puts("Rows: P02 P03 P04 P05 P06 P07 P08 P09 P10 P11 H03 H04");
  site::HttpServer server(0, [](const site::Request& request) {
    return site::Reply{.body = std::string(request.target) + " is a page"};
  });
  Thread serving({.name = "server"}, [&] { server.run(); });
  serving.start();

  config::FetchSettings settings;
  settings.io = config::IoModel::kBlocking;
  settings.allow_private = true;
  fetch::Names names;
  const auto fetcher =
      fetch::make_fetcher({.settings = settings, .user_agent = "mini-crawl", .names = &names});
  const std::string origin = "http://127.0.0.1:" + std::to_string(server.port());
  const std::vector<std::string> urls{origin + "/a", origin + "/bb", origin + "/ccc"};

  const auto get_data = [&](const std::string& url) {
    fetch::FetchResult reply = fetcher->fetch({.url = url, .text_limit = 1 << 20}).get();
    std::printf("%s got %s: %d\n", current_thread().name.c_str(), url.c_str(), reply.status);
    return Page{url, reply.text};
  };
  Mutex mutex("sizes");
  Sizes sizes;
  const auto parse = [&](const Page& page) {
    const MutexLock lock(mutex);
    sizes[page.url] = page.text.size();
  };

  const auto style = [&](const char* name) { return argc < 2 || asked(argc, argv, name); };
  const auto check = [&](const char* claim) {
    require(sizes == Sizes{{urls[0], 12}, {urls[1], 13}, {urls[2], 14}}, claim);
    sizes.clear();
  };
  if (style("--style=serial")) {
    ThreadPool pool;
    for (const auto& url : urls) parse(pool.submit(get_data, url).get());
    check("serial: each result is waited for at once");
  }
  if (style("--style=collect")) {
    ThreadPool pool;
    std::vector<Future<Page>> pages;
    for (const auto& url : urls) pages.push_back(pool.submit(get_data, url));
    for (auto& page : pages) parse(page.get());
    check("collect: the first page waits for nothing but its turn");
  }
  if (style("--style=inline")) {
    ThreadPool pool;
    for (const auto& url : urls) (void)pool.submit([&, url] { parse(get_data(url)); });
    pool.shutdown();
    check("inline: producer and consumer in one");
  }
  if (style("--style=callback")) {
    ThreadPool pool;
    for (const auto& url : urls)
      pool.submit(get_data, url).on_done([&](Future<Page> page) { parse(page.get()); });
    pool.shutdown();
    check("callback: parsed as it came, on the thread that got it; nobody waited");
  }
  if (style("--style=queue")) {
    Queue<Page> pages(2);
    Thread parser({.name = "parser"}, [&] {
      for (Page& page : pages) parse(page);
    });
    parser.start();
    ThreadPool pool;
    for (const auto& url : urls) (void)pool.submit([&, url] { pages.put(get_data(url)); });
    pool.shutdown();
    pages.close();
    parser.join();
    check("queue: each side at its own pace");
  }
  server.stop();
}

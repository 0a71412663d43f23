// weir-bench: what `weir bench` runs. A program of its own, so that the libraries that measure are
// not in the crawler.
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "bench/benchmarks.h"
#include "bench/local_site.h"
#include "bench/roles.h"
#include "bench/tls_server.h"
#include "bench/transfers.h"
#include "concurrency/fd_limit.h"
#include "concurrency/process.h"
#include "fetch/make_fetcher.h"
#include "parse/worker.h"

namespace {

using Arguments = std::vector<std::string>;

struct Benchmark {
  int (*run)(const Arguments&);
  const char* summary;
};

const std::map<std::string, Benchmark>& benchmarks() {
  using namespace weir::bench;
  static const std::map<std::string, Benchmark> table{
      {"io", {io_bench, "the IO models at 1 to 1,000 transfers, or against libcurl alone"}},
      {"parse", {parse_bench, "the parse stage beside Gumbo alone, and by number of parsers"}},
      {"pool", {pool_bench, "the process pool; threads against processes"}},
      {"queue", {queue_bench, "queues; making, switching, waiting of threads and processes"}},
      {"tls", {tls_bench, "a TLS handshake, beside libcurl's defaults"}},
      {"url", {url_bench, "what one link costs before it is fetched"}},
  };
  return table;
}

void print_usage(std::ostream& out) {
  out << "Measures the parts of weir on this machine, to choose settings by.\n\n"
         "usage: weir bench WHAT [FLAG...]\n\n";
  for (const auto& [name, benchmark] : benchmarks()) {
    out << "  " << name << std::string(8 - name.size(), ' ') << benchmark.summary << '\n';
  }
  out << "\n'weir bench WHAT --help' tells more; --json is for machines. Each ends within about a "
         "minute.\nExit code 1: a target was missed (io and parse with --baseline, tls); 2: bad "
         "usage.\nexamples:\n"
         "  weir bench io --transfers 64 --latency 50ms\n"
         "  weir bench pool --json > pool.json\n";
}

int run(const Arguments& arguments) {
  if (arguments.empty()) {
    print_usage(std::cerr);
    return 2;
  }
  if (arguments[0] == "--help" || arguments[0] == "-h") {
    print_usage(std::cout);
    return 0;
  }
  const auto found = benchmarks().find(arguments[0]);
  if (found == benchmarks().end()) {
    std::cerr << "weir bench: there is no '" << arguments[0] << "' to measure; there are";
    for (const auto& [name, benchmark] : benchmarks()) std::cerr << ' ' << name;
    std::cerr << '\n';
    return 2;
  }
  return found->second.run({arguments.begin() + 1, arguments.end()});
}

}  // namespace

int main(int argc, char** argv) {
  using namespace weir::bench;
  weir::fetch::keep_receive_buffers();
  weir::concurrency::raise_fd_limit();
  if (const auto code = weir::concurrency::run_role_if_asked(
          argc, argv,
          {{kTransfersRole, transfers_role},
           {kSiteRole, site_role},
           {kTlsRole, tls_role},
           {kNothingRole, nothing_role},
           {kEchoRole, echo_role},
           {kAnswerRole, answer_role},
           {kWorkRole, work_role},
           {weir::parse::kWorkerRole, weir::parse::run_worker}})) {
    return *code;
  }
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "weir bench: " << error.what() << '\n';
    return 4;
  }
}

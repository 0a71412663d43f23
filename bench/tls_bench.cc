// `weir bench tls`: what a TLS handshake costs us, and a program that takes libcurl as it comes.
#include <curl/curl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "bench/benchmarks.h"
#include "bench/flags.h"
#include "bench/tls_server.h"
#include "bench/transfers.h"

namespace weir::bench {
namespace {

// The system's authorities and one more, in a file that goes with the object.
class Bundle {
 public:
  explicit Bundle(const std::string& certificate)
      : path_(std::filesystem::temp_directory_path() / "weir-bench-XXXXXX") {
    const int fd = ::mkstemp(path_.data());
    if (fd < 0) throw std::runtime_error("no temporary file for the certificates");
    ::close(fd);
    const char* const system = curl_version_info(CURLVERSION_NOW)->cainfo;
    std::ifstream authorities(system != nullptr ? system : "/etc/ssl/certs/ca-certificates.crt");
    std::ofstream out(path_);
    out << authorities.rdbuf() << certificate;
    if (!out) throw std::runtime_error("the system's certificates cannot be copied to " + path_);
  }
  ~Bundle() { std::filesystem::remove(path_); }
  Bundle(const Bundle&) = delete;
  Bundle& operator=(const Bundle&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

int tls_bench(const Arguments& arguments) {
  std::uint64_t handshakes = 200;
  bool json = false;
  CLI::App app("Measures TLS handshakes, checked against the system's authorities.",
               "weir bench tls");
  app.add_option("--handshakes", handshakes, "of each kind")
      ->type_name("N")
      ->check(between(1, 1'000'000))
      ->capture_default_str();
  app.add_flag("--json", json, "for machines");
  app.footer("example:\n  weir bench tls --handshakes 1000");
  if (const auto code = read_flags(app, arguments)) return *code;
  Report report("tls", json);
  report.table("handshakes", "A connection, its handshake, and a page of two bytes",
               {{"name", "client"},
                {"session", "session"},
                {"cpu_us", "CPU us", 0},
                {"ratio", "of curl's", 3}});
  for (const bool resume : {false, true}) {
    double of_curl = 0;
    for (const std::string model : {kCurlDefault, "coroutines"}) {
      const TlsServer server({.resume = resume});
      const Bundle bundle(server.certificate());
      Json row{{"name", model == kCurlDefault ? "libcurl's defaults" : "weir"},
               {"session", resume ? "resumed" : "new"}};
      const Json figures = measure_transfers({.url = server.url(),
                                              .model = model,
                                              .at_once = 1,
                                              .pages = handshakes,
                                              .ca_file = bundle.path()});
      row.update(figures);
      if (!figures.contains("error")) {
        if (model == kCurlDefault) of_curl = figures["cpu_us"];
        if (of_curl > 0) row["ratio"] = figures["cpu_us"].get<double>() / of_curl;
        if (model != kCurlDefault) row["missed"] = row.value("ratio", 0.0) > 0.5;
      } else {
        row["missed"] = true;
      }
      report.row(std::move(row));
    }
  }
  report.note(
      "How to read it: libcurl reads the system's folder of certificates again for each "
      "connection; "
      "weir\nreads the bundle once. Exit code 1 if weir's handshake costs more than half of that.");
  return report.end();
}

}  // namespace weir::bench

// What `weir bench` can measure. Each takes the arguments after its name and returns the exit code:
// 0, 1 if a target was missed, 2 for bad usage.
//
//   return weir::bench::io_bench({"--transfers", "100"});
//
// Thread-bound.
#pragma once

#include <string>
#include <vector>

namespace weir::bench {

int io_bench(const std::vector<std::string>& arguments);
int tls_bench(const std::vector<std::string>& arguments);
int parse_bench(const std::vector<std::string>& arguments);
int queue_bench(const std::vector<std::string>& arguments);
int pool_bench(const std::vector<std::string>& arguments);
int url_bench(const std::vector<std::string>& arguments);

}  // namespace weir::bench

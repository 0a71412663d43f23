// Rows: W07 W08 W09. Removing from a container while walking it skips the neighbour (the flaw is
// shown with indices, where it is no undefined behaviour); two cures.
#include <algorithm>
#include <vector>

#include "examples/check.h"

using List = std::vector<int>;

int main() {
  std::puts("Rows: W07 W08 W09");
  List seed{1, 2, 3, 4};
  for (std::size_t i = 0; i < seed.size(); ++i) seed.erase(seed.begin() + static_cast<long>(i));
  require(seed == List{2, 4}, "removing all while iterating leaves [2, 4]");

  List collected{1, 2, 3, 4}, dead;
  for (int one : collected) dead.push_back(one);
  std::erase_if(collected, [&](int one) { return std::count(dead.begin(), dead.end(), one) > 0; });
  require(collected.empty(), "cure 1: collect what is dead, erase after the pass");

  List original{1, 2, 3, 4};
  const List copy = original;
  for (int one : copy) std::erase(original, one);
  require(original.empty(), "cure 2: walk a copy, erase from the original");
}

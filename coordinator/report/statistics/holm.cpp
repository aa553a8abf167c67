#include "coordinator/report/statistics/holm.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace cox::report {

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> corrected(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto remaining = static_cast<double>(p.size() - i);
    largest = std::max(largest, std::min(1.0, remaining * p[order[i]]));
    corrected[order[i]] = largest;
  }
  return corrected;
}

}  // namespace cox::report

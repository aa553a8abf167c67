#include "coordinator/core/comparison.h"

#include <catch2/catch.hpp>
#include <set>

using namespace cox;
using namespace cox::core;

namespace {

StopRule rule(const std::string& kind, std::uint32_t min_items, std::uint32_t factor = 3) {
  return {kind, "psnr", false, min_items, factor, {}};
}

Standing with(const std::vector<std::optional<double>>& values) { return {true, false, values}; }

std::set<std::size_t> places(const StopRule& rule, const Comparison& comparison) {
  std::set<std::size_t> places;
  for (const Lagging& lagging : find_lagging(rule, comparison)) places.insert(lagging.place);
  return places;
}

using Places = std::set<std::size_t>;

}  // namespace

TEST_CASE("comparisons come after multiples of the first, or powers of the factor") {
  CHECK(last_comparison(rule("median", 20), 19) == 0);
  CHECK(last_comparison(rule("median", 20), 59) == 40);
  CHECK(next_comparison(rule("median", 20), 40) == 60);
  CHECK(last_comparison(rule("asha", 4), 35) == 12);
  CHECK(last_comparison(rule("asha", 4), 36) == 36);
}

TEST_CASE("median: what is strictly below the median of the others lags, and ties do not") {
  const Comparison four = {with({20.0}), with({22.0}), with({22.0}), with({26.0})};
  // Medians of the others: 22, 22, 22, 22.
  CHECK(places(rule("median", 1), four) == Places{0});
  const Comparison five = {with({1.0}), with({2.0}), with({3.0}), with({4.0}), with({5.0})};
  // 3.5, 3.5, 3, 2.5, 2.5
  CHECK(places(rule("median", 1), five) == Places{0, 1});
  CHECK(places(rule("median", 1), {with({1.0}), with({2.0}), with({3.0})}).empty());
}

TEST_CASE("median: runs that were stopped before count as worse, so that the rest is not halved") {
  const Standing stopped{false, true, {}};
  const Comparison later = {stopped, stopped, with({3.0}), with({9.0})};
  CHECK(places(rule("median", 1), later).empty());
  // A run that has not reached this point is not compared.
  const Comparison early = {Standing{}, with({1.0}), with({2.0}), with({3.0})};
  CHECK(places(rule("median", 1), early).empty());
}

TEST_CASE("asha: the best third, rounded up, continues with its ties") {
  const Comparison seven = {with({1.0}), with({7.0}), with({3.0}), with({5.0}),
                            with({5.0}), with({2.0}), with({4.0})};
  CHECK(places(rule("asha", 1), seven) == Places{0, 2, 5, 6});  // 7, 5 and 5 stay
  CHECK(places(rule("asha", 1), {with({1.0}), with({2.0})}).empty());
}

TEST_CASE("means are over the items that all have, and half of the items must be common") {
  // Over both items the second would be the best.
  const Comparison some = {with({10.0, std::nullopt}), with({9.0, 100.0}), with({11.0, 1.0}),
                           with({12.0, 1.0})};
  CHECK(places(rule("median", 2), some) == Places{0, 1});
  const Comparison few = {with({10.0, std::nullopt, std::nullopt}), with({9.0, 1.0, 1.0}),
                          with({11.0, 1.0, 1.0}), with({12.0, 1.0, 1.0})};
  CHECK(places(rule("median", 3), few).empty());
}

TEST_CASE("a lower metric is shown as it is written") {
  StopRule lpips = rule("median", 1);
  lpips.metric = "lpips";
  lpips.lower_is_better = true;
  const std::vector<Lagging> lagging =
      find_lagging(lpips, {with({-0.5}), with({-0.25}), with({-0.25}), with({-0.125})});
  REQUIRE(lagging.size() == 1);
  CHECK(lagging[0].why == "mean lpips 0.5 is worse than 0.25, the median of 3 others");
}

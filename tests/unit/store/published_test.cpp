#include <catch2/catch.hpp>
#include <limits>

#include "coordinator/store/read_only.h"
#include "coordinator/store/store.h"
#include "tests/unit/store/scratch.h"

using namespace cox;
using namespace cox::store;

namespace {

Table published(const std::string& path) {
  return ReadOnlyDatabase::open(path)
      ->query_table(
          "SELECT source, series, run, metric, mean, deviation, videos FROM v_published"
          " ORDER BY source, series, run, metric")
      .value();
}

}  // namespace

TEST_CASE("what one source published is replaced as a whole, and that of others stays") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  {
    auto store = Store::open(path).value();
    REQUIRE(store.publish("paper", {{"s", "a", "psnr", 22.07, 8.83, 99}, {"s", "b", "psnr", 21}})
                .is_ok());
    REQUIRE(store.publish("other", {{"s", "a", "psnr", 20}}).is_ok());
    REQUIRE(store.publish("paper", {{"s", "a", "ssim", 0.7683}}).is_ok());
  }
  const Table rows = published(path);
  REQUIRE(rows.rows.size() == 2);
  CHECK(std::get<std::string>(rows.rows[0][0]) == "other");
  CHECK(std::get<std::string>(rows.rows[1][3]) == "ssim");
  CHECK(std::holds_alternative<std::monostate>(rows.rows[1][5]));
  CHECK(Store::open(path)->publish("paper", {}).is_ok());
  CHECK(published(path).rows.size() == 1);
}

TEST_CASE("published numbers that cannot be stored leave what was there") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  auto store = Store::open(path).value();
  REQUIRE(store.publish("paper", {{"s", "a", "psnr", 22}}).is_ok());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(store.publish("paper", {{"s", "b", "psnr", 1}, {"s", "c", "psnr", nan}}).is_ok());
  CHECK_FALSE(store.publish("paper", {{"s", "b", "psnr", 1}, {"s", "b", "psnr", 2}}).is_ok());
  const Table rows = published(path);
  REQUIRE(rows.rows.size() == 1);
  CHECK(std::get<std::string>(rows.rows[0][2]) == "a");
}

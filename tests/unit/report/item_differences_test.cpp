#include "coordinator/report/compare/item_differences.h"

#include <catch2/catch.hpp>

#include "tests/unit/report/study_database.h"

namespace cox::report {
namespace {

using test::scored;

/// Three clips of two classes; `full` gains on two and loses on one.
NamedComparison compared(test::StudyDatabase& study, const std::string& metric = "psnr") {
  const std::string parameters = R"({"replicate":0,"seed":42})";
  study.submit("s", {{"none", "none", parameters}, {"full", "full", parameters}},
               {"cat_1", "cat_2", "dog_1"});
  study.run([](const std::string& run, const std::string& video) {
    const double gain = video == "cat_1" ? 1.5 : video == "cat_2" ? -0.5 : 0.25;
    return scored(run == "full" ? 20 + gain : 20, 0.5);
  });
  return compare_named(study.query(), "s/none", {"s/full"}, metric).value();
}

TEST_CASE("items are listed from the largest gain to the largest loss") {
  test::StudyDatabase study;
  const Table table = item_rows(compared(study), "").value();
  CHECK(table.columns == std::vector<std::string>{"run", "video", "baseline_value", "run_value",
                                                  "difference", "outcome"});
  CHECK(table.rows == std::vector<Row>{{"s/full", "cat_1", 20.0, 21.5, 1.5, "gain"},
                                       {"s/full", "dog_1", 20.0, 20.25, 0.25, "gain"},
                                       {"s/full", "cat_2", 20.0, 19.5, -0.5, "loss"}});
}

TEST_CASE("items tell their category, and categories count who gains") {
  test::StudyDatabase study;
  const NamedComparison named = compared(study);
  const Table items = item_rows(named, "^([a-z]+)_").value();
  CHECK(items.columns[2] == "category");
  CHECK(items.rows[1][2] == Cell("dog"));
  const Table categories = category_rows(named, "^([a-z]+)_").value();
  REQUIRE(categories.rows.size() == 3);
  CHECK(categories.rows[0] == Row{"s/full", "cat", std::int64_t{2}, 0.5, Cell(), Cell(),
                                  std::int64_t{1}, std::int64_t{1}, std::int64_t{0}});
  CHECK(categories.rows[1][6] == Cell(std::int64_t{1}));
  CHECK(categories.rows[2][1] == Cell(kWithinCategories));
  for (std::size_t outcome = 6; outcome < 9; ++outcome) {
    CHECK(std::get<std::int64_t>(categories.rows[2][outcome]) ==
          std::get<std::int64_t>(categories.rows[0][outcome]) +
              std::get<std::int64_t>(categories.rows[1][outcome]));
  }
  CHECK(item_rows(named, "(").status().code() == StatusCode::kInvalidArgument);
  CHECK(category_rows(named, "no_group").status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("equal values are ties") {
  test::StudyDatabase study;
  const Table table = item_rows(compared(study, "ssim"), "").value();
  for (const Row& row : table.rows) CHECK(row.back() == Cell("tie"));
}

}  // namespace
}  // namespace cox::report

// Two metrics that the product does not know, a frame metric with weights and a set metric, from
// the engine's scoring through the database to the report. They touch nothing but the files of
// registry/ and a line each in its metrics.def.

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

#include "base/file.h"
#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/named_run.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/run_data.h"
#include "coordinator/report/data/set_values.h"
#include "coordinator/report/print/markdown.h"
#include "coordinator/report/print/report_rows.h"
#include "coordinator/report/print/series_tables.h"
#include "coordinator/store/read_only.h"
#include "coordinator/store/store.h"
#include "engine/stages/score.h"
#include "engine/tensors/error.h"
#include "schemas/metric_schema.h"
#include "schemas/result_columns.h"
#include "tests/support/queue_fixture.h"
#include "tests/unit/store/scratch.h"

namespace cox {

namespace engine {
extern int spread_references;  // test_spread.cpp
}

namespace {

constexpr int kSide = 8;

/// Three frames of one gray level.
engine::SourceFrames gray(const std::string& name, int level) {
  engine::SourceFrames source;
  source.name = name;
  for (int frame = 0; frame < 3; ++frame) {
    video::RgbImage image;
    image.width = image.height = kSide;
    image.pixels.assign(kSide * kSide * 3, static_cast<std::uint8_t>(level));
    source.frames.push_back(image);
  }
  return source;
}

engine::JobPlan plan() {
  engine::JobPlan plan;
  plan.run.metrics = {"test_gap", "test_spread"};
  plan.scored = {0, 3};
  return plan;
}

JobInput input_with(const std::string& weights) {
  JobInput input;
  input.model.metric_weights["test_gap"] = {weights, ""};
  return input;
}

/// What the engine scores of a clip of one gray level against a reference of another.
std::vector<MetricValue> score(int generated, int reference,
                               const std::string& weights = "/weights") {
  engine::ScoreBoard board{at::Device(at::kCPU)};
  const at::Tensor clip = gray("generated", generated).unit_frames({0, 3});
  return board.score(plan(), input_with(weights), gray("reference", reference), clip);
}

/// Runs a and b on three videos; b has no result on the third.
class Study {
 public:
  Study() : store_(store::Store::open(scratch_.file("a.db")).value()) {
    apply(test::worker("w"));
    core::Submitted event = test::submission("s", {"a", "b"}, {"v1", "v2", "v3"});
    event.runs[0].metric_weights = event.runs[1].metric_weights = {{"test_gap", "one digest"}};
    apply(event);
    for (const int level : {100, 110, 130}) {
      finish(score(level, 100));
      if (level != 130) finish(score(level + 5, 100));
    }
  }

  report::Query query() const {
    return report::Query(
        [this](const std::string& sql) {
          return store::ReadOnlyDatabase::open(scratch_.file("a.db")).value().query_table(sql);
        },
        "the study");
  }
  store::Table rows(const std::string& sql) const { return query()(sql).value(); }
  /// `1|a; 2|b`
  std::string shown(const std::string& sql) const {
    std::string text;
    for (const store::Row& row : rows(sql).rows) {
      if (!text.empty()) text += "; ";
      for (std::size_t c = 0; c < row.size(); ++c) {
        const auto* string = std::get_if<std::string>(&row[c]);
        const auto* integer = std::get_if<std::int64_t>(&row[c]);
        if (c > 0) text += '|';
        text += string != nullptr    ? *string
                : integer != nullptr ? std::to_string(*integer)
                                     : core::json_number(std::get<double>(row[c]));
      }
    }
    return text;
  }

 private:
  core::Effects apply(core::Event event) {
    core::Effects effects = core_.apply(std::move(event), ++now_ * kSecondUs);
    const Status saved = store_.commit(effects);
    INFO(saved);
    REQUIRE(saved.is_ok());
    return effects;
  }

  void finish(std::vector<MetricValue> metrics) {
    const core::Effects leased = apply(core::LeaseAsked{WorkerId("w.1"), "", 1});
    const auto* grant = leased.answer<core::LeaseGrant>();
    REQUIRE(grant != nullptr);
    JobOutput output = test::result(0);
    output.metrics = std::move(metrics);
    apply(core::Reported{WorkerId("w.1"), grant->lease, grant->jobs[0].digest,
                         grant->jobs[0].attempt, 5, 6, core::JobResult(output)});
  }

  test::Scratch scratch_;
  store::Store store_;
  core::Core core_;
  TimeUs now_ = 0;
};

TEST_CASE("the engine scores with a new frame metric and a new set metric") {
  const std::vector<MetricValue> scores = score(130, 100);
  REQUIRE(scores.size() == 2);
  CHECK(scores[0].name == "test_gap");
  CHECK(scores[0].mean == Approx(30).epsilon(1e-6));
  CHECK(scores[0].per_frame.size() == 3);
  CHECK(scores[0].features.empty());
  CHECK(scores[1].name == "test_spread");
  CHECK(scores[1].features.size() == 1);
  CHECK(scores[1].features[0] == Approx(130.0 / 255).epsilon(1e-6));
}

TEST_CASE("a set metric reads equal reference frames only once, whatever videos come between") {
  engine::ScoreBoard board{at::Device(at::kCPU)};
  const at::Tensor clip = gray("generated", 130).unit_frames({0, 3});
  const auto score_against = [&](int level) {
    board.clear_references();  // as when a worker turns to another video
    board.score(plan(), input_with("/weights"), gray("reference", level), clip);
  };
  const int before = engine::spread_references;
  for (const int level : {100, 110, 100, 110, 100}) score_against(level);
  CHECK(engine::spread_references - before == 2);
}

TEST_CASE("values over random weights get the variant's name") {
  CHECK(score(130, 100, "/random")[0].name == "test_gap_random_weights");
  CHECK(find_metric("test_gap_random_weights")->variant_of == "test_gap");
  CHECK_THROWS_WITH(score(130, 100, ""), Catch::Contains("metric test_gap needs a weights file"));
}

TEST_CASE("a value outside the bounds of its schema is refused") {
  engine::ScoreBoard board{at::Device(at::kCPU)};
  const at::Tensor wrong = gray("generated", 0).unit_frames({0, 3}) + 300;
  CHECK_THROWS_WITH(board.score(plan(), input_with("/weights"), gray("reference", 0), wrong),
                    Catch::Contains("outside the bounds"));
}

TEST_CASE("frames that are not finite have no value, and the failure is of cause diverged") {
  engine::ScoreBoard board{at::Device(at::kCPU)};
  at::Tensor clip = gray("generated", 130).unit_frames({0, 3});
  clip.select(0, 1).fill_(std::nan(""));
  engine::JobPlan spread = plan();
  spread.run.metrics = {"test_spread"};
  try {
    board.score(spread, input_with("/weights"), gray("reference", 100), clip);
    FAIL("scored");
  } catch (const engine::EngineError& error) {
    CHECK(error.cause() == FailureCause::kDiverged);
    CHECK_THAT(error.what(),
               Catch::Contains(
                   "test_spread: cannot be computed, because the generated frames are not finite"));
  }
}

TEST_CASE("the database has columns, totals and differences of a new metric") {
  const Study study;
  const store::Table results = study.rows("SELECT * FROM v_results");
  std::vector<std::string> documented;
  for (const ResultColumn& column : result_columns()) documented.push_back(column.name);
  CHECK(results.columns == documented);
  CHECK(study.shown("SELECT video, round(test_gap, 3), test_gap_random_weights IS NULL, "
                    "test_gap_weights_digest FROM v_results WHERE run = 'b' ORDER BY video") ==
        "v1|5.0|1|one digest; v2|15.0|1|one digest");
  CHECK(study.shown("SELECT run, done, round(test_gap, 3) FROM v_leaderboard ORDER BY run") ==
        "a|3|13.333; b|2|10.0");
  CHECK(study.shown("SELECT video, round(test_gap_difference, 3) FROM v_pairs WHERE run_a = 'b' "
                    "AND run_b = 'a' ORDER BY video") == "v1|5.0; v2|5.0");
  CHECK(study.shown("SELECT DISTINCT metric FROM v_metrics") == "test_gap");
}

TEST_CASE("a report reads a new metric by the registry") {
  const Study study;
  const auto runs = report::load_runs(study.query(), "s").value();
  REQUIRE(runs.size() == 2);
  CHECK(report::measured_metrics(runs) == std::vector<std::string>{"test_gap"});
  CHECK(runs[0].results.at(2).metrics.at("test_gap") == Approx(30).epsilon(1e-6));
  CHECK(runs[0].weights_digests.at("test_gap_weights_digest") == "one digest");
  const report::Metric metric = report::metric_named("test_gap").value();
  CHECK_FALSE(metric.higher_is_better);
  CHECK(metric.decimals == 1);
}

TEST_CASE("a value of a set comes from the features of the videos that it covers") {
  const Study study;
  const report::SetValue all = report::set_value(study.query(), "s", "a", "test_spread").value();
  CHECK(all.videos == std::vector<std::string>{"v1", "v2", "v3"});
  // Gray levels 100, 110 and 130 have a variance of 1400 / 9.
  CHECK(all.value == Approx(1400.0 / 9 / (255 * 255)).epsilon(1e-4));

  const auto files = report::videos_with_features(study.query(), "s", "b", "test_spread").value();
  std::set<std::string> common;
  for (const auto& [video, digest] : files) {
    CHECK(digest.size() == 64);
    common.insert(video);
  }
  CHECK(common == std::set<std::string>{"v1", "v2"});
  const report::SetValue paired =
      report::set_value(study.query(), "s", "a", "test_spread", common).value();
  const report::SetValue of_b = report::set_value(study.query(), "s", "b", "test_spread").value();
  CHECK(paired.value == Approx(25.0 / (255 * 255)).epsilon(1e-4));
  CHECK(paired.covered == of_b.covered);
  CHECK(paired.covered != all.covered);

  CHECK(report::set_value(study.query(), "s", "b", "test_spread", {"v3"}).status().code() ==
        StatusCode::kFailedPrecondition);
  CHECK(report::set_value(study.query(), "s", "b", "test_gap").status().code() ==
        StatusCode::kInvalidArgument);
}

TEST_CASE("a page has the values of a set metric, each pair over common videos") {
  const Study study;
  const auto report = report::report_on(study.query(), "s", {"", "", "b", {}});
  INFO(report.status());
  REQUIRE(report.is_ok());
  REQUIRE(report->set_comparisons.size() == 2);
  const report::SetComparison& of_a = report->set_comparisons[0];
  CHECK(of_a.run == "s/a");
  CHECK(of_a.baseline == "s/b");
  CHECK(of_a.videos == 2);
  CHECK(of_a.dimension == 1);
  CHECK(*of_a.value == Approx(25.0 / (255 * 255)).epsilon(1e-4));
  CHECK(*of_a.baseline_value == Approx(25.0 / (255 * 255)).epsilon(1e-4));
  CHECK(report->set_comparisons[1].baseline.empty());
  const std::string page = report::report_markdown(*report);
  CHECK(page.find("## Metrics over sets of videos") != std::string::npos);
  CHECK(page.find("| test_spread | a | 2 | 1 | 0.000 | b | 0.000 | 0.000 |") != std::string::npos);
  CHECK(page.find("No interval: it requires a baseline and 20 common videos.") !=
        std::string::npos);
}

TEST_CASE("named runs are compared in a set metric over the videos that both have") {
  const Study study;
  std::vector<report::RunData> runs;
  for (const char* name : {"s/b", "s/a"}) {
    runs.push_back(report::load_named_run(study.query(), name).value());
  }
  std::vector<std::string> warnings;
  const auto compared =
      report::compare_named_sets(study.query(), "test_spread", runs, warnings).value();
  REQUIRE(compared.size() == 1);
  CHECK(compared[0].run == "s/a");
  CHECK(compared[0].videos == 2);
  CHECK(*compared[0].difference() == Approx(0).margin(1e-9));
  const store::Table rows = report::set_rows(compared);
  CHECK(report::RowReader(rows, 0).integer("dimension") == 1);
  CHECK(report::RowReader(rows, 0).is_null("low"));  // too few videos
  CHECK(report::compare_named_sets(study.query(), "test_gap", runs, warnings).status().code() ==
        StatusCode::kFailedPrecondition);
}

TEST_CASE("the means of a series show the set metric of each run, with videos and dimension") {
  const Study study;
  const report::SeriesResults results = report::load_series_results(study.query(), "s").value();
  const store::Table means = report::series_means(results);
  REQUIRE(means.rows.size() == 2);
  const report::RowReader a(means, 0), b(means, 1);
  CHECK(a.real("test_spread") == Approx(1400.0 / 9 / (255 * 255)).epsilon(1e-4));
  CHECK(a.integer("test_spread_videos") == 3);
  CHECK(a.integer("test_spread_dimension") == 1);
  CHECK(b.real("test_spread") == Approx(25.0 / (255 * 255)).epsilon(1e-4));
  CHECK(b.integer("test_spread_videos") == 2);
}

}  // namespace
}  // namespace cox

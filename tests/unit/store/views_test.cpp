#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "coordinator/store/read_only.h"
#include "coordinator/store/store.h"
#include "schemas/metric_schema.h"
#include "schemas/result_columns.h"
#include "tests/support/queue_fixture.h"
#include "tests/unit/store/scratch.h"

namespace cox::store {
namespace {

/// A database that a small history has gone through, and the ways to add to it.
class Cluster {
 public:
  Cluster() : store_(Store::open(scratch_.file("a.db")).value()) { apply(test::worker("w")); }

  core::Effects apply(core::Event event) {
    core::Effects effects = core_.apply(std::move(event), ++now_ * kSecondUs);
    const Status saved = store_.commit(effects);
    INFO(saved);
    REQUIRE(saved.is_ok());
    return effects;
  }

  /// Leases only the next job and reports it.
  void finish(std::variant<JobOutput, JobFailure> outcome) {
    const core::Effects leased = apply(core::LeaseAsked{WorkerId("w.1"), "", 1});
    const auto* grant = leased.answer<core::LeaseGrant>();
    REQUIRE(grant != nullptr);
    apply(core::Reported{WorkerId("w.1"), grant->lease, grant->jobs[0].digest,
                         grant->jobs[0].attempt, 5, 6, test::reported(std::move(outcome)),
                         "last lines"});
  }

  Store& store() { return store_; }

  Table query(const std::string& sql) const {
    const auto database = ReadOnlyDatabase::open(scratch_.file("a.db"));
    REQUIRE(database.is_ok());
    const auto table = database->query_table(sql);
    INFO(table.status());
    REQUIRE(table.is_ok());
    return *table;
  }
  Row row(const std::string& sql) const {
    const auto table = query(sql);
    REQUIRE(table.rows.size() == 1);
    return table.rows[0];
  }
  std::int64_t integer(const std::string& sql) const { return std::get<std::int64_t>(row(sql)[0]); }

 private:
  test::Scratch scratch_;
  Store store_;
  core::Core core_;
  TimeUs now_ = 0;
};

const JobFailure kBroken{FailureCause::kData, "no frame can be decoded", "corrupt_container"};

TEST_CASE("items are videos or prompts, and the newest submission says what they are for") {
  Cluster cluster;
  core::Submitted event = test::submission("s", {"none"}, {"v1", "words"});
  event.videos[1].path = event.videos[1].digest = "";
  event.videos[1].dimensions = {"scene", "color"};
  cluster.apply(event);
  const auto of_job = [&](const char* column, const char* item) {
    return cluster.row(std::string("SELECT ") + column + " FROM v_jobs WHERE item = '" + item +
                       "'")[0];
  };
  CHECK(of_job("item_kind", "v1") == Cell(std::string("video")));
  CHECK(of_job("item_kind", "words") == Cell(std::string("prompt")));
  CHECK(of_job("prompt", "words") == Cell(std::string("a caption")));
  for (int i = 0; i < 2; ++i) cluster.finish(test::result(20));
  const auto dimensions = [&] {
    return cluster.row("SELECT dimensions FROM v_results WHERE item = 'words'")[0];
  };
  CHECK(dimensions() == Cell(std::string("scene, color")));
  CHECK(cluster.row("SELECT dimensions FROM v_results WHERE item = 'v1'")[0] ==
        Cell(std::string("")));
  event.videos[1].dimensions = {"scene"};
  cluster.apply(event);
  CHECK(dimensions() == Cell(std::string("scene")));
}

TEST_CASE("each published column of videos has the name of items too") {
  Cluster cluster;
  const auto views = cluster.query("SELECT name FROM sqlite_master WHERE type = 'view'");
  int checked = 0;
  for (const auto& row : views.rows) {
    const auto& view = std::get<std::string>(row[0]);
    const auto columns = cluster.query("SELECT * FROM " + view + " LIMIT 0").columns;
    const auto has = [&](const char* name) {
      return std::find(columns.begin(), columns.end(), name) != columns.end();
    };
    if (view.rfind("v_", 0) != 0) continue;
    for (const auto& [old_name, name] : {std::pair{"video", "item"}, {"videos", "items"}}) {
      if (!has(old_name)) continue;
      INFO(view << " " << name);
      CHECK(has(name));
      ++checked;
    }
  }
  CHECK(checked >= 13);
}

TEST_CASE("result_columns explains each column of v_results, in order, with its type") {
  Cluster cluster;
  cluster.apply(test::submission("s", {"a"}, {"v1"}));
  JobOutput result = test::result(20);
  for (const MetricSchema& metric : metric_schemas()) {
    const bool given =
        std::any_of(result.metrics.begin(), result.metrics.end(),
                    [&](const MetricValue& value) { return value.name == metric.name; });
    if (given || metric.scope == MetricScope::kSet) continue;
    result.metrics.push_back({std::string(metric.name), 0.5, {0.5}});
  }
  result.metrics.push_back({"new_metric", 1, {1}});
  result.metrics.push_back({"worse_metric", NAN, {NAN}});
  cluster.finish(result);

  const auto table = cluster.query("SELECT * FROM v_results");
  REQUIRE(table.rows.size() == 1);
  std::vector<std::string> documented;
  for (const ResultColumn& column : result_columns()) documented.push_back(column.name);
  REQUIRE(documented == table.columns);

  std::size_t index = 0;
  for (const auto& [name, type, unit, doc] : result_columns()) {
    const Cell& cell = table.rows[0][index++];
    INFO(name);
    CHECK_FALSE(doc.empty());
    CHECK(std::holds_alternative<std::int64_t>(cell) == (type == "integer"));
    CHECK(std::holds_alternative<double>(cell) == (type == "real"));
    CHECK(std::holds_alternative<std::string>(cell) == (type == "text" || type == "json"));
    if (type == "json") {
      CHECK(cluster.integer(concat("SELECT json_valid(", name, ") FROM v_results")) == 1);
    }
  }
}

TEST_CASE("a result row holds what the worker reported") {
  Cluster cluster;
  cluster.apply(test::submission("s", {"a"}, {"v1"}));
  cluster.finish(test::result(20.125));
  const Row row = cluster.row(
      "SELECT psnr, per_frame, lpips, early_stop_s, alone_s, spent_s, total_s, losses, seed, "
      "attempt, worker, "
      "machine, threads, kernels, backbone_checksum, stopped, video, nonfinite, "
      "peak_memory_bytes, reference_digest, trajectory, generation, shared_with FROM v_results");
  CHECK(row == Row{20.125,
                   R"({"psnr":[19.125,21.125],"ssim":[0.25,0.75]})",
                   std::monostate{},
                   5.0,
                   45.5,
                   30.5,
                   45.5,
                   "[0.5,0.25]",
                   std::int64_t{42},
                   std::int64_t{1},
                   "w",
                   "host",
                   std::int64_t{4},
                   "fused",
                   "fedcba9876543210",
                   std::int64_t{1},
                   "v1",
                   std::monostate{},
                   std::int64_t{1 << 20},
                   sha256_of("frames of v1"),
                   "states",
                   "frames",
                   R"(["one","two"])"});
}

TEST_CASE("numbers that are not finite become NULL with a note, never text") {
  Cluster cluster;
  cluster.apply(test::submission("s", {"a"}, {"v1"}));
  JobOutput result = test::result(20);
  const double infinity = std::numeric_limits<double>::infinity();
  result.metrics = {{"psnr", NAN, {1, NAN, infinity}}, {"extra", -infinity, {}}};
  result.adaptation.parameter_norm = infinity;
  result.timings.train_s = NAN;
  cluster.finish(result);
  CHECK(cluster.row("SELECT psnr, per_frame, other_metrics, parameter_norm, train_s, nonfinite "
                    "FROM v_results") ==
        Row{std::monostate{}, R"({"psnr":[1.0,null,null],"extra":[]})", R"({"extra":null})",
            std::monostate{}, std::monostate{},
            R"({"psnr":"nan","extra":"-inf","train_s":"nan","parameter_norm":"inf"})"});
  CHECK(cluster.integer("SELECT nonfinite_results FROM v_leaderboard") == 1);
}

TEST_CASE("a random trunk never shows as LPIPS") {
  Cluster cluster;
  cluster.apply(test::submission("s", {"a"}, {"v1"}));
  JobOutput result = test::result(20);
  result.metrics = {{"lpips_random_trunk", 0.25, {0.25}}};
  cluster.finish(result);
  for (const char* view : {"v_results", "v_leaderboard", "v_runs"}) {
    CHECK(cluster.row(concat("SELECT lpips, lpips_random_trunk FROM ", view)) ==
          Row{std::monostate{}, 0.25});
  }
}

TEST_CASE("LPIPS over other weights has no paired difference") {
  Cluster cluster;
  core::Submitted event = test::submission("s", {"a", "b", "c"}, {"v1"});
  event.runs[0].metric_weights = event.runs[1].metric_weights = {{"lpips", "one"}};
  event.runs[2].metric_weights = {{"lpips", "two"}};
  event.runs[2].lora_digest = "a LoRA file's";
  cluster.apply(event);
  for (const double lpips : {0.25, 0.75, 0.5}) {
    JobOutput result = test::result(20);
    result.metrics.push_back({"lpips", lpips, {lpips}});
    cluster.finish(result);
  }
  const std::string pair = "SELECT lpips_difference, psnr_difference FROM v_pairs WHERE run_a = ";
  CHECK(cluster.row(pair + "'b' AND run_b = 'a'") == Row{0.5, 0.0});
  CHECK(cluster.row(pair + "'c' AND run_b = 'a'") == Row{std::monostate{}, 0.0});
  CHECK(cluster.row("SELECT lpips_weights_digest, lora_digest FROM v_results WHERE run = 'c'") ==
        Row{"two", "a LoRA file's"});
}

TEST_CASE("any metric can be read by its name") {
  Cluster cluster;
  cluster.apply(test::submission("s", {"a"}, {"v1"}));
  JobOutput result = test::result(20);
  result.metrics.push_back({"new_metric", 0.1, {0.1}});
  cluster.finish(result);
  const auto rows = cluster.query("SELECT video, metric, mean FROM v_metrics ORDER BY metric").rows;
  CHECK(rows ==
        std::vector<Row>{{"v1", "new_metric", 0.1}, {"v1", "psnr", 20.0}, {"v1", "ssim", 0.5}});
}

TEST_CASE("feature vectors are stored once by content, bit for bit") {
  Cluster cluster;
  cluster.apply(test::submission("s", {"a", "b"}, {"v1"}));
  const std::vector<float> features = {1.5F, -0.0F, 1e-45F};
  for (int run = 0; run < 2; ++run) {
    JobOutput result = test::result(20);
    result.metrics.push_back({"a_set_metric", 0, {}, features});
    cluster.finish(result);
  }
  const auto rows = cluster.query("SELECT run, metric, features FROM v_features ORDER BY run").rows;
  const std::string bytes(reinterpret_cast<const char*>(features.data()), 12);
  CHECK(rows == std::vector<Row>{{"a", "a_set_metric", bytes}, {"b", "a_set_metric", bytes}});
  CHECK(cluster.integer("SELECT count(*) FROM features") == 1);
  CHECK(cluster.integer("SELECT count(*) FROM v_metrics WHERE metric = 'a_set_metric'") == 0);
}

TEST_CASE("where a run's values came from follows its newest submission") {
  Cluster cluster;
  core::Submitted event = test::submission("s", {"a"}, {"v1"});
  cluster.apply(event);
  CHECK(cluster.row("SELECT origins FROM v_runs") == Row{std::monostate{}});
  for (const int line : {7, 9}) {
    event.runs[0].origins_json =
        concat(R"({"lr":{"layer":"runs","file":"s.yaml","line":)", line, R"(,"column":3}})");
    cluster.apply(event);
    CHECK(cluster.integer("SELECT json_extract(origins, '$.lr.line') FROM v_runs") == line);
  }
}

TEST_CASE("counts and means of a run cover its own videos in the series") {
  Cluster cluster;
  cluster.apply(test::submission("s", {"a"}, {"v1", "v2", "v3"}));
  cluster.apply(test::submission("t", {"a"}, {"v1"}));
  cluster.finish(test::result(10));
  cluster.finish(test::result(20));
  cluster.finish(kBroken);
  CHECK(cluster.row("SELECT videos, done, failed, psnr FROM v_leaderboard WHERE series = 's'") ==
        Row{std::int64_t{3}, std::int64_t{2}, std::int64_t{1}, 15.0});
  CHECK(cluster.row("SELECT videos, done, failed, psnr FROM v_runs WHERE series = 't'") ==
        Row{std::int64_t{1}, std::int64_t{1}, std::int64_t{0}, 10.0});
  CHECK(cluster.row("SELECT owner_series, owner_run FROM v_runs WHERE series = 't'") ==
        Row{"s", "a"});
  CHECK(cluster.integer("SELECT count(*) FROM v_results") == 3);
  CHECK(cluster.integer("SELECT count(*) FROM v_jobs") == 4);
  CHECK(cluster.integer("SELECT count(*) FROM v_timings WHERE waited_s > 0") == 3);
}

TEST_CASE("a failure says why, and whether the sweep expected it") {
  Cluster cluster;
  core::Submitted event = test::submission("s", {"a"}, {"v1", "v2"});
  event.videos[0].failure_expected = true;
  cluster.apply(event);
  cluster.finish(kBroken);
  cluster.finish(kBroken);
  const std::string columns = "SELECT state, cause, detail, message, expected, worker, log_tail ";
  CHECK(cluster.row(columns + "FROM v_failures WHERE video = 'v1'") ==
        Row{"failed", "data", "corrupt_container", "no frame can be decoded", std::int64_t{1}, "w",
            "last lines"});
  CHECK(cluster.integer("SELECT expected FROM v_failures WHERE video = 'v2'") == 0);
  CHECK(cluster.row("SELECT failed, failed_as_expected FROM v_runs") ==
        Row{std::int64_t{1}, std::int64_t{1}});
}

TEST_CASE("pairs are made of videos that both runs finished") {
  Cluster cluster;
  cluster.apply(test::submission("s", {"a", "b"}, {"v1", "v2"}));
  cluster.finish(test::result(10));  // a/v1
  cluster.finish(test::result(12));  // b/v1
  cluster.finish(test::result(20));  // a/v2
  cluster.finish(kBroken);           // b/v2
  CHECK(cluster.row("SELECT video, psnr_difference, same_window, same_noise FROM v_pairs "
                    "WHERE series_a = 's' AND run_a = 'b' AND series_b = 's' AND run_b = 'a'") ==
        Row{"v1", 2.0, std::int64_t{1}, std::int64_t{1}});
}

TEST_CASE("pairs tell whether both were scored against the same pixels, where both know") {
  Cluster cluster;
  cluster.apply(test::submission("s", {"a", "b"}, {"v1", "v2", "v3"}));
  JobOutput other = test::result(10);
  other.reference_digest = sha256_of("frames of v1, decoded elsewhere");
  JobOutput earlier = test::result(10);
  earlier.reference_digest = "";  // as a worker of an earlier program tells
  for (const JobOutput& of_b : {test::result(10), other, earlier}) {
    cluster.finish(test::result(10));  // a
    cluster.finish(of_b);
  }
  const auto pairs = cluster.query(
      "SELECT video, same_pixels FROM v_pairs WHERE series_a = 's' AND run_a = 'a' AND "
      "series_b = 's' AND run_b = 'b' ORDER BY video");
  CHECK(pairs.rows == std::vector<Row>{{"v1", std::int64_t{1}},
                                       {"v2", std::int64_t{0}},
                                       {"v3", std::monostate{}}});
}

TEST_CASE("the journal, the attempts and the workers can be read") {
  Cluster cluster;
  cluster.apply(test::submission("s", {"a"}, {"v1"}));
  cluster.finish(JobFailure{FailureCause::kCrash, "segmentation fault", ""});
  const auto kinds = cluster.query("SELECT kind, run, psnr FROM v_events ORDER BY sequence");
  REQUIRE(kinds.rows.size() == 3);
  CHECK(kinds.rows[2] == Row{"retry", "a", std::monostate{}});
  CHECK(cluster.row("SELECT outcome, cause, worker_id, lease_id FROM v_attempts") ==
        Row{"failed", "crash", "w.1", "lease-1"});
  CHECK(cluster.row("SELECT state, attempt FROM v_jobs") == Row{"blocked", std::int64_t{1}});
  cluster.apply(core::Tick{});
  cluster.apply(core::LeaseAsked{WorkerId("w.1"), "", 1});
  CHECK(cluster.row("SELECT worker, here, held_jobs FROM v_workers") ==
        Row{"w", std::int64_t{1}, std::int64_t{1}});
  CHECK(cluster.row("SELECT state, worker FROM v_jobs") == Row{"leased", "w"});
}

}  // namespace
}  // namespace cox::store

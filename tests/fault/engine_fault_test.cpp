// The real worker with the real engine: a small model, encoded clips, LibTorch.

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/fault.h"
#include "base/file.h"
#include "coordinator/dataset/index.h"
#include "coordinator/service/coordinator.h"
#include "coordinator/service/server.h"
#include "coordinator/service/submission.h"
#include "coordinator/store/read_only.h"
#include "coordinator/sweep/load_sweep.h"
#include "tests/support/must.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"
#include "tools/clips/demo_clips.h"

namespace fs = std::filesystem;
using namespace cox;  // NOLINT: a test
using std::chrono::milliseconds;

namespace {

using test::must;

constexpr milliseconds kEnginePatience{240'000};
constexpr int kEngineVideos = 2;

constexpr const char* kSweep = R"(version: 1
series: {name: fault}
dataset: {manifest: clips.json}
backbone: {name: longcat-video, model: model}
params:
  {height: 96, width: 160, cond_frames: 9, total_frames: 13, gen_start_frame: 21,
   inference_steps: 2, enhance_hf: false, dtype: fp32, metrics: [psnr]}
runs:
  - {id: plain, method: none}
)";

sweep::SweepPlan real_plan(const test::TemporaryDirectory& directory) {
  test::ProcessOptions model;
  model.command = {std::string(COX_BIN_DIR) + "/cox-test-model", directory / "model"};
  REQUIRE(test::Process(model).wait(kEnginePatience) == 0);
  must(video::write_demo_clips(directory / "clips", 1));
  dataset::IndexOptions options;
  options.root = directory / "clips";
  options.layout = "folder";
  options.name = "tiny";
  options.sample = kEngineVideos;
  const dataset::Manifest manifest =
      must(dataset::index_dataset(options, [](const dataset::IndexProgress&) {}));
  REQUIRE(dataset::write_manifest(directory / "clips.json", manifest).is_ok());
  std::ofstream(directory / "sweep.yaml") << kSweep;
  return must(sweep::load_sweep(directory / "sweep.yaml"));
}

test::Process start_worker(const test::TemporaryDirectory& directory, const std::string& address,
                           const std::string& fault) {
  test::ProcessOptions options;
  options.command = {std::string(COX_BIN_DIR) + "/cox-worker",
                     "--coordinator",
                     address,
                     "--name",
                     "local-0",
                     "--device",
                     "cpu",
                     "--out",
                     directory / "out",
                     "--idle-exit"};
  if (!fault.empty()) options.environment = {{"COX_FAULT", fault}};
  options.output = directory / "worker.log";
  return test::Process(options);
}

std::int64_t number(const test::TemporaryDirectory& directory, const std::string& sql) {
  const auto database = must(store::ReadOnlyDatabase::open(directory / "cox.db"));
  return std::get<std::int64_t>(must(database.query_table(sql)).rows.at(0).at(0));
}

}  // namespace

TEST_CASE("A worker that ends with a video on disk and no result computes that job again") {
  const test::TemporaryDirectory directory;
  const sweep::SweepPlan plan = real_plan(directory);
  service::CoordinatorOptions options;
  options.database = directory / "cox.db";
  const auto coordinator = must(service::Coordinator::open(options));
  const auto server = must(service::Server::start(*coordinator, {}));
  CHECK(must(coordinator->submit(service::submit_request_of(plan))).new_jobs() == kEngineVideos);

  test::Process worker = start_worker(directory, server->address(), "engine_after_video_write");
  CHECK(worker.wait(kEnginePatience) == kFaultExitStatus);
  CHECK(fs::exists(directory / ("out/" + plan.runs[0].digest.substr(0, 12))));
  CHECK(must(coordinator->progress({})).done() == 0);

  // The backoff of the lost attempt may outlast an idle worker's patience: start until all is done.
  const auto deadline = std::chrono::steady_clock::now() + kEnginePatience;
  while (must(coordinator->progress({})).done() < kEngineVideos &&
         std::chrono::steady_clock::now() < deadline) {
    worker = start_worker(directory, server->address(), "");
    CHECK(worker.wait(kEnginePatience) == 0);
  }
  INFO(must(read_file(directory / "worker.log")));
  CHECK(must(coordinator->progress({})).done() == kEngineVideos);
  CHECK(number(directory, "SELECT count(*) FROM v_results") == kEngineVideos);
  CHECK(number(directory, "SELECT max(attempt) FROM v_results") == 2);
  CHECK(number(directory, "SELECT count(*) FROM v_results WHERE psnr > 0 AND total_s > 0") ==
        kEngineVideos);
  const auto database = must(store::ReadOnlyDatabase::open(directory / "cox.db"));
  const auto paths =
      must(database.query_table("SELECT generated_path, reference_path FROM v_results"));
  for (const store::Row& row : paths.rows) {
    CHECK(fs::file_size(std::get<std::string>(row[0])) > 0);
    CHECK(fs::file_size(std::get<std::string>(row[1])) > 0);
  }
}

// Real workers and a real coordinator, killed inside bundles whose jobs share their work.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <set>
#include <thread>

#include "base/digest.h"
#include "base/file.h"
#include "coordinator/dataset/index.h"
#include "coordinator/store/read_only.h"
#include "coordinator/sweep/load_sweep.h"
#include "tests/fault/cluster.h"
#include "tests/support/must.h"
#include "tests/support/temporary_directory.h"
#include "tools/clips/demo_clips.h"

namespace fs = std::filesystem;
using namespace cox;  // NOLINT: a test
using cox::test::Cluster;
using cox::test::from_environment;
using std::chrono::milliseconds;

namespace {

using test::must;

constexpr milliseconds kSharedPatience{240'000};
constexpr int kSharedVideos = 2;
constexpr int kSharedRuns = 14;

/// Trajectories of several methods, each read at several steps and under several stop rules; rates
/// so high that held-out losses go up and down.
constexpr const char* kSharedSweep = R"(version: 1
series: {name: shared-kills}
dataset: {manifest: clips.json}
backbone: {name: longcat-video, model: model}
params:
  {height: 48, width: 80, cond_frames: 9, total_frames: 13, gen_start_frame: 21,
   inference_steps: 2, enhance_hf: false, guidance: 1.0, dtype: fp32, metrics: [psnr, ssim]}
method_params:
  trains:
    lr: 0.1
    adaptation_window: {total_frames: 21, context_frames: 9}
    early_stop: {enabled: false, check_every: 2, patience: 1, noise_draws: 1, sigmas: [0.5]}
runs:
  - {id: none, method: none}
  - {id: a4, method: adasteer, steps: 4}
  - {id: a9, method: adasteer, steps: 9}
  - {id: a30, method: adasteer, steps: 30}
  - {id: a30e1, method: adasteer, steps: 30, early_stop: {enabled: true, check_every: 1}}
  - {id: a30e2, method: adasteer, steps: 30, early_stop: {enabled: true, patience: 30}}
  - {id: f3, method: full, steps: 3}
  - {id: f12, method: full, steps: 12}
  - {id: f12e, method: full, steps: 12, early_stop: {enabled: true, patience: 9}}
  - {id: l8, method: lora, steps: 8}
  - {id: l16, method: lora, steps: 16}
  - {id: l16e, method: lora, steps: 16, early_stop: {enabled: true, patience: 2}}
  - {id: o5, method: obc, steps: 5}
  - {id: o20, method: obc, steps: 20}
)";

sweep::SweepPlan shared_plan(const test::TemporaryDirectory& folder) {
  test::Process model(
      {{std::string(COX_BIN_DIR) + "/cox-test-model", folder / "model"}, {}, "", 0});
  REQUIRE(model.wait(kSharedPatience) == 0);
  must(video::write_demo_clips(folder / "clips", 1));
  dataset::IndexOptions options;
  options.root = folder / "clips";
  options.layout = "folder";
  options.name = "tiny";
  options.sample = kSharedVideos;
  const dataset::Manifest manifest =
      must(dataset::index_dataset(options, [](const dataset::IndexProgress&) {}));
  REQUIRE(dataset::write_manifest(folder / "clips.json", manifest).is_ok());
  std::ofstream(folder / "sweep.yaml") << kSharedSweep;
  return must(sweep::load_sweep(folder / "sweep.yaml"));
}

/// Everything that a result must have in common with the one of another execution, row by row, and
/// the digest of its frames.
std::vector<std::string> results_of(const Cluster& cluster) {
  const auto database =
      must(store::ReadOnlyDatabase::open(fs::path(cluster.directory()) / "cox.db"));
  const auto rows = must(database.query_table(
      "SELECT generated_path, reference_path, run || ' ' || video || ' ' || job_digest || ' ' ||"
      " printf('%.17g %.17g %.17g', psnr, ssim, parameter_norm) || ' ' || steps_run || ' ' ||"
      " best_step || ' ' || stopped || ' ' || losses || ' ' || anchor_losses || ' ' || trajectory"
      " || ' ' || generation || ' ' || backbone_checksum || ' ' || reference_digest"
      " FROM v_results ORDER BY run, video"));
  std::vector<std::string> results;
  for (const store::Row& row : rows.rows) {
    std::string result = std::get<std::string>(row[2]);
    for (const int path : {0, 1}) {
      result +=
          ' ' + must(sha256_of_file(std::get<std::string>(row[static_cast<std::size_t>(path)])));
    }
    results.push_back(std::move(result));
  }
  return results;
}

test::ClusterOptions engine_options(int workers, std::vector<std::string> arguments) {
  test::ClusterOptions options;
  options.workers = workers;
  options.max_jobs_per_bundle = 64;
  options.lease_ms = 2'000;
  options.engine = std::move(arguments);
  return options;
}

/// How often a worker's log says so.
int mentions(const Cluster& cluster, const std::string& words) {
  int count = 0;
  for (int worker = 0; worker < cluster.worker_count(); ++worker) {
    std::ifstream log(fs::path(cluster.directory()) /
                      ("worker-" + std::to_string(worker) + ".log"));
    for (std::string line; std::getline(log, line);) count += line.find(words) != std::string::npos;
  }
  return count;
}

/// The whole states that the workers saved, not those that are being written.
std::set<std::string> saved_states(const Cluster& cluster) {
  std::set<std::string> names;
  std::error_code error;
  const fs::path folder = fs::path(cluster.directory()) / "out/states";
  for (fs::directory_iterator file(folder, error), end; !error && file != end;
       file.increment(error)) {
    if (file->path().extension() == ".state") names.insert(file->path().filename().string());
  }
  return names;
}

/// Waits until an adaptation is under way, so that a kill hits it.
void wait_for_new_state(const Cluster& cluster, milliseconds at_most) {
  const std::set<std::string> before = saved_states(cluster);
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (saved_states(cluster) == before && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(1));
  }
}

/// Cuts one saved state short, if there is one.
void damage_a_state(const Cluster& cluster) {
  const fs::path folder = fs::path(cluster.directory()) / "out/states";
  std::error_code error;
  for (fs::directory_iterator file(folder, error), end; !error && file != end;
       file.increment(error)) {
    std::error_code gone;
    const auto bytes = fs::file_size(file->path(), gone);
    if (gone || file->path().extension() != ".state") continue;
    fs::resize_file(file->path(), bytes / 2, gone);
    return;
  }
}

}  // namespace

// COX_SHARED_KILLS and COX_SEED repeat or prolong it.
TEST_CASE("Kills inside shared bundles lose nothing, double nothing and change no bit") {
  const long kills = from_environment("COX_SHARED_KILLS", 12);
  const auto seed = static_cast<unsigned>(from_environment("COX_SEED", std::random_device()()));
  std::cout << "COX_SHARED_KILLS=" << kills << " COX_SEED=" << seed << std::endl;
  const test::TemporaryDirectory folder;
  const sweep::SweepPlan plan = shared_plan(folder);
  constexpr std::uint64_t kJobs = std::uint64_t{kSharedRuns} * kSharedVideos;

  Cluster alone(engine_options(1, {"--no-sharing"}));
  alone.start_coordinator();
  alone.submit(plan);
  alone.start_workers();
  const bool is_done = alone.wait_until_done(kJobs, kSharedPatience);
  INFO(alone.log());
  REQUIRE(is_done);
  alone.worker(0).kill();
  const std::vector<std::string> expected = results_of(alone);
  REQUIRE(expected.size() == kJobs);

  std::mt19937 random(seed);
  std::uniform_int_distribution<int> pause_ms(100, 2'500);
  std::uniform_int_distribution<int> victim(0, 2);  // the coordinator, or one of two workers
  Cluster shared(engine_options(2, {"--save-every", "0"}));
  shared.start_coordinator();
  shared.submit(plan);
  shared.start_workers();
  long killed = 0;
  while (killed < kills && shared.progress().done() < kJobs) {
    std::this_thread::sleep_for(milliseconds(pause_ms(random)));
    const int index = victim(random) - 1;
    if (index >= 0) wait_for_new_state(shared, milliseconds(5'000));
    (index < 0 ? shared.coordinator() : shared.worker(index)).kill();
    if (++killed % 3 == 0) damage_a_state(shared);
    shared.revive();
  }
  const bool is_drained = shared.wait_until_done(kJobs, kSharedPatience);
  INFO(shared.log());
  REQUIRE(is_drained);
  for (int worker = 0; worker < shared.worker_count(); ++worker) shared.worker(worker).kill();
  shared.require_each_done_once(static_cast<std::int64_t>(kJobs));
  CHECK(results_of(shared) == expected);
  CHECK(shared.number("SELECT count(*) FROM v_results WHERE shared_with <> '[]'") > 0);
  std::cout << killed << " kills; " << mentions(shared, "resuming a trajectory")
            << " trajectories continued" << std::endl;
}

TEST_CASE(
    "A worker that is killed inside a trajectory leaves a state that the next one continues") {
  const test::TemporaryDirectory folder;
  const sweep::SweepPlan plan = shared_plan(folder);
  Cluster cluster(engine_options(1, {"--save-every", "0"}));
  cluster.start_coordinator();
  cluster.submit(plan);
  cluster.start_workers();
  wait_for_new_state(cluster, kSharedPatience);
  cluster.worker(0).kill();
  REQUIRE_FALSE(saved_states(cluster).empty());
  CHECK(cluster.progress().done() < kSharedRuns * kSharedVideos);
  cluster.start_worker(0);
  const bool is_done = cluster.wait_until_done(kSharedRuns * kSharedVideos, kSharedPatience);
  INFO(cluster.log());
  REQUIRE(is_done);
  CHECK(mentions(cluster, "resuming a trajectory") > 0);
  cluster.require_each_done_once(kSharedRuns * kSharedVideos);
}

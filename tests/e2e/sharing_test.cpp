// One sweep, its work shared and every job by itself: the numbers and the pixels must be the same.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "base/digest.h"
#include "tests/e2e/study_fixture.h"

using namespace cox::test;

namespace {

constexpr int kSharedClips = 2;
constexpr int kSharedRuns = 40;

constexpr const char* kSharingHead = R"(version: 1
series: {name: sharing}
dataset: {manifest: clips.json}
backbone: {name: longcat-video, model: MODEL}
params:
  height: 48
  width: 80
  cond_frames: 9
  total_frames: 13
  gen_start_frame: 21
  inference_steps: 2
  enhance_hf: false
  guidance: 1.0
  dtype: fp32
method_params:
  trains:
    adaptation_window: {total_frames: 21, context_frames: 9}
    early_stop: {enabled: false, check_every: 2, patience: 1, noise_draws: 1, sigmas: [0.5]}
runs:
  - {id: none, method: none}
)";

/// Step counts, early-stopping variants, output-bias rates and groups, as a study varies them.
std::string sharing_sweep() {
  std::string text = kSharingHead;
  text.replace(text.find("MODEL"), 5, COX_SOURCE_DIR "/models/tiny");
  int runs = 1;
  const auto add = [&](const std::string& method, const std::string& rest) {
    text += fmt::format("  - {{id: r{}, method: {}, {}}}\n", runs++, method, rest);
  };
  for (const int groups : {1, 4}) {
    const std::string place = fmt::format("groups: {}, lr: 3e-2", groups);
    for (const int steps : {2, 4, 6, 8, 12})
      add("adasteer", fmt::format("{}, steps: {}", place, steps));
    for (const int every : {1, 2}) {
      for (const int patience : {1, 3}) {
        add("adasteer", fmt::format("{}, steps: 12, early_stop: {{enabled: true, check_every: {}, "
                                    "patience: {}}}",
                                    place, every, patience));
      }
    }
  }
  for (const char* rate : {"1e-2", "3e-2", "1e-1"}) {
    for (const int steps : {3, 6, 12}) add("obc", fmt::format("lr: {}, steps: {}", rate, steps));
  }
  for (const char* method : {"lora", "full", "norm", "hidden"}) {
    for (const int steps : {4, 8, 12}) add(method, fmt::format("lr: 1e-2, steps: {}", steps));
  }
  REQUIRE(runs == kSharedRuns);
  return text;
}

/// Digest of each generated file, in the order of the results.
std::string pixel_digests(const std::string& database) {
  std::istringstream paths(
      sql(database, "SELECT generated_path FROM v_results ORDER BY run, video"));
  std::string digests;
  for (std::string path; std::getline(paths, path);) {
    digests += cox::sha256_of_file(path).value() + '\n';
  }
  return digests;
}

}  // namespace

TEST_CASE("a sweep gives the same results with shared work and without, and tells what it shared") {
  const TemporaryDirectory folder;
  REQUIRE(run({program("cox-engine"), "synth", folder / "clips", "--domain", "texture", "--clips",
               std::to_string(kSharedClips), "--seed", "3", "--frames", "25"},
              clean())
              .exit_code == 0);
  REQUIRE(run_cox({"dataset", "index", folder / "clips", "--layout", "folder", "-o",
                   folder / "clips.json"})
              .exit_code == 0);
  write_text(folder / "sweep.yaml", sharing_sweep());

  const Ended shared = run_cox({"run", folder / "sweep.yaml", "--out", folder / "shared"});
  INFO(shared.all());
  REQUIRE(shared.exit_code == 0);
  const Ended alone =
      run_cox({"run", folder / "sweep.yaml", "--out", folder / "alone", "--no-sharing"},
              {.directory = "", .environment = {}, .timeout_s = 600});
  INFO(alone.all());
  REQUIRE(alone.exit_code == 0);

  const std::string database = folder / "shared/cox.db", other = folder / "alone/cox.db";
  CHECK(sql_number(database, "SELECT count(*) FROM v_results") == kSharedRuns * kSharedClips);
  CHECK(result_dump(database) == result_dump(other));
  const std::string nodes =
      "SELECT run, video, trajectory, generation FROM v_results ORDER BY run, video";
  CHECK(sql(database, nodes) == sql(other, nodes));
  CHECK(pixel_digests(database) == pixel_digests(other));

  // Nothing is shared without; with it, all but the one run of the pretrained model's trajectory.
  CHECK(sql_number(other, "SELECT count(*) FROM v_results WHERE shared_with <> '[]'") == 0);
  CHECK(sql_number(database,
                   "SELECT count(*) FROM v_results WHERE shared_with <> '[]' AND"
                   " trajectory <> ''") == (kSharedRuns - 1) * kSharedClips);
  CHECK(sql_number(database, "SELECT count(*) FROM v_results WHERE total_s <> alone_s") == 0);
  CHECK(sql_number(database, "SELECT sum(spent_s) < sum(alone_s) FROM v_results") == 1);
  // Equal names of generations mean equal frames.
  CHECK(sql_number(database,
                   "SELECT count(*) FROM (SELECT 1 FROM v_results GROUP BY generation"
                   " HAVING count(DISTINCT psnr) > 1)") == 0);
}

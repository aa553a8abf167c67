// Shows the effect of the sign of the loss target on a trained model.
#include <catch2/catch.hpp>

#include "tests/e2e/study_fixture.h"

using namespace cox::test;

namespace {

constexpr int kClips = 4;

constexpr const char* kTrainedSweep = R"(version: 1
series: {name: right}
dataset: {manifest: clips.json}
backbone: {name: longcat-video, model: MODEL}
params:
  height: 96
  width: 160
  cond_frames: 9
  total_frames: 13
  gen_start_frame: 21
  inference_steps: 4
  enhance_hf: false
  guidance: 1.0
  dtype: fp32
method_params:
  trains:
    steps: 10
    adaptation_window: {total_frames: 21, context_frames: 9}
    early_stop: {enabled: false}
runs:
  - {id: none, method: none}
  - {id: adasteer, method: adasteer, lr: 3e-2}
)";

/// PSNR against no adaptation on the same clip, in dB, averaged over the clips that both finished.
double mean_gain(const std::string& database, const std::string& run) {
  const std::string statement =
      "SELECT sum(a.psnr - n.psnr), count(*) FROM v_results a JOIN v_results n"
      " USING (series, video) WHERE n.run = 'none' AND a.series || '/' || a.run = '" +
      run + "'";
  const std::string row = sql(database, statement);
  REQUIRE(std::stoi(row.substr(row.find(',') + 1)) == kClips);
  return std::stod(row) / kClips;
}

}  // namespace

TEST_CASE("the study's flipped target lowers quality where the right one does not") {
  const TemporaryDirectory folder;
  const Ended drawn = run({program("cox-engine"), "synth", folder / "clips", "--domain", "texture",
                           "--clips", std::to_string(kClips), "--seed", "3", "--frames", "25"},
                          clean());
  REQUIRE(drawn.exit_code == 0);
  REQUIRE(run_cox({"dataset", "index", folder / "clips", "--layout", "folder", "-o",
                   folder / "clips.json"})
              .exit_code == 0);
  std::string sweep = kTrainedSweep;
  sweep.replace(sweep.find("MODEL"), 5, COX_SOURCE_DIR "/models/tiny");
  write_text(folder / "right.yaml", sweep);
  sweep.replace(sweep.find("name: right"), 11, "name: flipped");
  write_text(folder / "flipped.yaml", sweep + "replicate: adasteer-2026\n");

  const Ended ended = run_cox({"run", folder / "right.yaml", folder / "flipped.yaml", "--workers",
                               "1", "--out", folder / "out"});
  INFO(ended.all());
  REQUIRE(ended.exit_code == 0);
  const std::string database = folder / "out/cox.db";
  const double right = mean_gain(database, "right/adasteer");
  const double flipped = mean_gain(database, "flipped/adasteer");
  INFO(right << " dB with the right target, " << flipped << " dB with the flipped one");
  CHECK(right > -0.3);
  CHECK(flipped < -1.0);
  CHECK(right - flipped > 1.0);
}

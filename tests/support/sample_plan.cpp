#include "tests/support/sample_plan.h"

#include "base/digest.h"
#include "base/text.h"
#include "coordinator/sweep/identity.h"

namespace cox::test {

sweep::SweepPlan sample_plan(const std::string& series, int runs, int videos, int first_seed) {
  sweep::SweepPlan plan;
  plan.series.name = series;
  plan.text = "series: {name: " + series + "}\n";
  plan.model.backbone = "longcat-video";
  plan.model.directory = "/models/none";
  plan.model.digest = sha256_of("model");
  plan.dataset.name = "sample";
  plan.dataset.digest = sha256_of(concat("dataset", videos));
  for (int i = 0; i < videos; ++i) {
    sweep::PlannedVideo video;
    video.id = concat("clip-", i);
    video.path = concat("/data/clip-", i, ".mp4");
    video.digest = sha256_of(video.id);
    video.caption = concat("caption ", i);
    plan.dataset.videos.push_back(std::move(video));
  }
  for (int i = 0; i < runs; ++i) {
    sweep::Run run;
    run.name = concat("run-", i);
    run.method = "none";
    run.parameters = {{"prompt_source", "caption"},
                      {"constant_prompt", ""},
                      {"seed", first_seed + i},
                      {"replicate", 0}};
    run.digest = sweep::run_digest(run, plan.model);
    plan.runs.push_back(std::move(run));
  }
  return plan;
}

}  // namespace cox::test

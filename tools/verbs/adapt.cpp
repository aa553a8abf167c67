#include "tools/verbs/job.h"

namespace cox::engine {

void add_adapt_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "adapt", "Adapt to one video, continue it and score the result",
               "cox-engine adapt --model out/model --video clip.mp4 --params plan.json "
               "--run adasteer --set steps=5 --out out/videos");
  auto options = std::make_shared<JobOptions>();
  verb->add_option("--method", options->job.method,
                   "A method of `cox-engine params --help` (default: the plan's)");
  add_job_options(verb, options);
}

}  // namespace cox::engine

#include "tools/verbs/job.h"

namespace cox::engine {

void add_generate_verb(CLI::App& app) {
  CLI::App* verb = add_verb(app, "generate",
                            "Continue one video, or generate from one prompt, without adaptation",
                            "cox-engine generate --model out/model --video clip.mp4 "
                            "--params plan.json --set distill=true --set inference_steps=16 "
                            "--lora lora/cfg_step_lora.safetensors --out out");
  auto options = std::make_shared<JobOptions>();
  options->job.method = "none";
  add_job_options(verb, options);
}

}  // namespace cox::engine

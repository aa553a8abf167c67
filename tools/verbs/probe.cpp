#include <nlohmann/json.hpp>

#include "engine/tensors/precision.h"
#include "tools/training/continuation_quality.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

nlohmann::ordered_json figures(const ContinuationQuality& quality, bool captions, bool in_fp8) {
  nlohmann::ordered_json json = {
      {"clips", quality.clips},
      {"model_psnr_db", quality.model},
      {"repeat_last_psnr_db", quality.repeat_last},
      {"extrapolation_psnr_db", quality.extrapolation},
      {"reconstruction_psnr_db", quality.reconstruction},
      {"whole_clip_reconstruction_psnr_db",
       {{"mean", quality.whole_clips.psnr_db}, {"worst_clip", quality.whole_clips.worst_clip_db}}},
      {"wins_over_both", quality.wins}};
  if (captions) {
    json["loss_by_caption"] = {{"own", quality.captions.own},
                               {"another_scene", quality.captions.other},
                               {"empty", quality.captions.empty}};
  }
  if (!in_fp8) return json;
  json["model_in_bf16_psnr_db"] = quality.model_in_bf16;
  json["fp8_minus_bf16_db"] = quality.model - quality.model_in_bf16;
  return json;
}

}  // namespace

void add_probe_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "probe",
               "Compare a model's continuations of held-out scenes with baselines without a model",
               "cox-engine probe models/tiny --clips 64 --steps 20");
  auto probe = std::make_shared<ContinuationProbe>();
  auto wanted = std::make_shared<std::vector<std::string>>();
  verb->add_option("model", probe->model_directory, "Model directory")->required();
  verb->add_option("--domain", *wanted, "Domains to probe (default: all): " + known_domains());
  verb->add_option("--clips", probe->clips, "Clips per domain")->check(CLI::PositiveNumber);
  verb->add_option("--condition-frames", probe->condition_frames, "Pixel frames of the condition");
  verb->add_option("--frames", probe->frames, "Total pixel frames, 4k + 1");
  verb->add_option("--height", probe->height, "Pixels");
  verb->add_option("--width", probe->width, "Pixels");
  verb->add_option("--steps", probe->steps, "Nominal sampling steps");
  verb->add_option("--guidance", probe->guidance, "Guidance scale; 1: off");
  verb->add_flag("--captions", probe->captions,
                 "Also measure the loss without known frames, given the scene's caption, another "
                 "caption and no caption");
  verb->add_option("--seed", probe->seed, "Seed of scenes and noise")->check(seed_number());
  verb->add_option("--device", probe->device, "cpu, cuda or cuda:N");
  verb->add_option("--dtype", probe->dtype,
                   "Compute type: fp32, bf16, or fp8 (also compared with bf16)");
  verb->callback([probe, wanted] {
    require_model_directory(probe->model_directory);
    const bool in_fp8 = parse_compute_type(probe->dtype).fp8_generation;
    nlohmann::ordered_json report;
    for (const Domain& domain : domains()) {
      const bool asked = wanted->empty() ||
                         std::find(wanted->begin(), wanted->end(), domain.name) != wanted->end();
      if (asked)
        report[std::string(domain.name)] =
            figures(measure_continuation(*probe, domain), probe->captions, in_fp8);
    }
    for (const std::string& name : *wanted) domain_named(name);
    print_json(report);
  });
}

}  // namespace cox::engine

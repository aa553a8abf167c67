#include "coordinator/sweep/identity.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "coordinator/sweep/added_parameters.h"
#include "record/parameter.h"
#include "record/prompt.h"

namespace cox::sweep {

namespace {

// `engine_semantics 1` and so on, a line for each version that results depend on.
std::string version_lines() {
  std::string lines;
#define COX_VERSION(name, value) lines += fmt::format("{} {}\n", #name, value);
#include "schemas/versions.def"
#undef COX_VERSION
  return lines;
}

// A multiplier of 1 is left out.
std::string identity_of(const WeightFile& lora) {
  if (lora.multiplier == 1) return lora.digest;
  return lora.digest + " " + canonical_text(Value(lora.multiplier));
}

}  // namespace

bool measures(const Parameters& parameters, const std::string& metric) {
  const auto* list = parameter_as<Value::List>(parameters, "metrics");
  return list != nullptr && std::find(list->begin(), list->end(), Value(metric)) != list->end();
}

ModelFiles files_of(const Parameters& parameters, const ModelFiles& model) {
  ModelFiles files = model;
  std::erase_if(files.metric_weights,
                [&](const auto& entry) { return !measures(parameters, entry.first); });
  return files;
}

std::string lora_identity(const ModelFiles& model) {
  std::vector<std::string> files;
  for (const WeightFile& lora : model.loras) files.push_back(identity_of(lora));
  return join(files, ", ");
}

std::string run_digest(const Run& run, const ModelFiles& model) {
  std::string text = "cox-run/1\n" + version_lines();
  text += "backbone " + model.backbone + "\n";
  text += "model " + model.digest + "\n";
  for (const WeightFile& lora : model.loras) text += "lora " + identity_of(lora) + "\n";
  for (const auto& [metric, weights] : files_of(run.parameters, model).metric_weights) {
    text += "weights " + metric + " " + weights.digest + "\n";
  }
  text += "method " + run.method + "\n";
  text += "parameters " +
          canonical_parameters(without_added_defaults(run.method, model.backbone, run.parameters)) +
          "\n";
  return sha256_of(text);
}

std::string job_digest(const Run& run, const Video& video) {
  return sha256_of("cox-job/1\nrun " + run.digest + "\nvideo " + json_quoted(video.id) + " " +
                   video.digest + "\nprompt " +
                   json_quoted(prompt_of(run.parameters, video.caption)) + "\n");
}

std::string dataset_digest(const std::vector<Video>& videos) {
  std::string text = "cox-dataset/1\n";
  for (const Video& video : videos) {
    text += json_quoted(video.id) + " " + video.digest + " " + json_quoted(video.caption) + "\n";
  }
  return sha256_of(text);
}

}  // namespace cox::sweep

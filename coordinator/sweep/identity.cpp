#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "coordinator/sweep/added_parameters.h"
#include "coordinator/sweep/plan.h"

namespace cox::sweep {

namespace {

// `engine_semantics 1` and so on, a line for each version that results depend on.
std::string version_lines() {
  std::string lines;
#define COX_VERSION(name, value) lines += concat(#name, " ", value, "\n");
#include "schemas/versions.def"
#undef COX_VERSION
  return lines;
}

const std::string* text_parameter(const Run& run, const char* name) {
  const auto found = run.parameters.find(name);
  return found == run.parameters.end() ? nullptr : found->second.get_if<std::string>();
}

// A file at full strength is named by its content alone.
std::string identity_of(const Lora& lora) {
  if (lora.multiplier == 1) return lora.digest;
  return lora.digest + " " + canonical_text(Value(lora.multiplier));
}

}  // namespace

bool asks_for_lpips(const Parameters& parameters) {
  const auto metrics = parameters.find("metrics");
  if (metrics == parameters.end()) return false;
  const auto* list = metrics->second.get_if<Value::List>();
  return list != nullptr && std::find(list->begin(), list->end(), Value("lpips")) != list->end();
}

std::string lora_identity(const Model& model) {
  std::vector<std::string> files;
  for (const Lora& lora : model.loras) files.push_back(identity_of(lora));
  return join(files, ", ");
}

std::string run_digest(const Run& run, const Model& model) {
  std::string text = "cox-run/1\n" + version_lines();
  text += "backbone " + model.backbone + "\n";
  text += "model " + model.digest + "\n";
  for (const Lora& lora : model.loras) text += "lora " + identity_of(lora) + "\n";
  text += "lpips " + (asks_for_lpips(run.parameters) ? model.lpips_weights_digest : "-") + "\n";
  text += "method " + run.method + "\n";
  const Parameters& added = added_parameters(run.method);
  for (const auto& [name, value] : run.parameters) {
    const auto since = added.find(name);
    if (since != added.end() && since->second == value) continue;
    text += name + " " + canonical_text(value) + "\n";
  }
  return sha256_of(text);
}

std::string prompt_of(const Run& run, const Video& video) {
  const std::string* source = text_parameter(run, "prompt_source");
  const std::string* constant = text_parameter(run, "constant_prompt");
  if (source != nullptr && *source == "constant" && constant != nullptr) return *constant;
  return video.caption;
}

std::string job_digest(const Run& run, const Video& video) {
  return sha256_of("cox-job/1\nrun " + run.digest + "\nvideo " + json_quoted(video.id) + " " +
                   video.digest + "\nprompt " + json_quoted(prompt_of(run, video)) + "\n");
}

}  // namespace cox::sweep

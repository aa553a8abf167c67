#include "engine/stages/model.h"

#include <fmt/format.h>

#include <sys/stat.h>

#include "base/digest.h"
#include "base/log.h"
#include "engine/backbones/lora_file.h"
#include "engine/checkpoint/checksum.h"
#include "engine/device/cuda.h"
#include "engine/families/registry.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

void check_directory(const ModelKey& key, const BackboneSchema& family) {
  struct stat facts = {};
  if (::stat(key.directory.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) {
    throw MissingInputError(fmt::format("model directory {} not found; expected a folder with {}/, "
                                        "vae/, text_encoder/ and tokenizer/",
                                        key.directory, family.transformer),
                            "model_missing");
  }
  if (key.digest.empty()) return;
  const Result<std::string> digest = sha256_of_directory(key.directory);
  if (!digest.is_ok()) throw MissingInputError(digest.status().to_string(), "model_unreadable");
  if (*digest != key.digest) {
    throw MissingInputError(fmt::format("model directory {}: expected digest {}, got {}; the "
                                        "model changed after the sweep was planned",
                                        key.directory, key.digest, *digest),
                            "model_digest");
  }
}

/// Refuses a model of another family before any weight is read. What is missing is for the family
/// to name.
void check_marks(const std::string& directory, const BackboneSchema& family) {
  const Status status = check_family(directory, family);
  if (status.is_ok() || status.code() == StatusCode::kNotFound) return;
  throw user_error(status.message(), "model_family");
}

void check_lora_digest(const WeightFile& lora) {
  if (lora.digest.empty()) return;
  const Result<std::string> digest = sha256_of_file(lora.path);
  if (!digest.is_ok()) throw MissingInputError(digest.status().to_string(), "lora_unreadable");
  if (*digest == lora.digest) return;
  throw MissingInputError(
      fmt::format(
          "LoRA {}: expected digest {}, got {}; the file changed after the sweep was planned",
          lora.path, lora.digest, *digest),
      "lora_digest");
}

}  // namespace

std::uint64_t backbone_checksum(Backbone& backbone) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const NamedTensor& parameter : backbone.parameters()) {
    tensors.emplace_back(parameter.name, parameter.tensor);
  }
  return checksum_of(tensors);
}

Model& ModelCache::get(const ModelKey& key, const std::vector<WeightFile>& loras) {
  if (!holds(key)) load(key);
  if (loras_ != loras) set_loras(loras);
  return *model_;
}

void ModelCache::set_loras(const std::vector<WeightFile>& loras) {
  detach_loras(*model_->backbone);
  loras_.clear();
  for (const WeightFile& lora : loras) check_lora_digest(lora);
  attach_loras(*model_->backbone, loras);
  loras_ = loras;
}

void ModelCache::load(const ModelKey& key) {
  drop();
  const Family& family = find_family(key.backbone);
  check_directory(key, family.schema());
  check_marks(key.directory, family.schema());
  std::unique_ptr<Model> model = family.load(key.directory, {device_, key.precision});
  model->checksum = backbone_checksum(*model->backbone);
  key_ = key;
  model_ = std::move(model);
}

void ModelCache::drop() {
  model_.reset();
  loras_.clear();
  release_cached_memory(device_);
}

void ModelCache::drop_if_changed() {
  if (!model_ || !is_changed()) return;
  log(LogLevel::kError, "engine", "the model changed in memory and is discarded",
      {{"directory", key_.directory}});
  drop();
}

void ModelCache::require_unchanged() {
  if (!is_changed()) return;
  drop();
  throw EngineError(FailureCause::kCrash,
                    fmt::format("the transformer of {} differs from what was loaded after "
                                "adaptation was undone; the job's results and the model in memory "
                                "are discarded",
                                key_.directory),
                    "backbone_changed");
}

}  // namespace cox::engine

#include "engine/stages/model.h"

#include <sys/stat.h>

#include <cmath>

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/backbones/registry.h"
#include "engine/diffusion/schedule.h"
#include "engine/tensors/checksum.h"
#include "engine/tensors/cuda.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

void check_directory(const ModelKey& key) {
  struct stat facts = {};
  if (::stat(key.directory.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) {
    throw user_error(concat("model directory ", key.directory,
                            " is not there; expected dit/ vae/ text_encoder/ tokenizer/ scheduler/ "
                            "in it"),
                     "model_missing");
  }
  if (key.digest.empty()) return;
  const Result<std::string> digest = sha256_of_directory(key.directory);
  if (!digest.is_ok()) throw user_error(digest.status().to_string(), "model_unreadable");
  if (*digest != key.digest) {
    throw user_error(concat("model directory ", key.directory, ": expected digest ", key.digest,
                            ", got ", *digest,
                            "; it is not the model that the sweep was planned "
                            "with"),
                     "model_digest");
  }
}

/// One sum shows a NaN or an infinity anywhere in a tensor.
void check_finite(Backbone& backbone) {
  const at::NoGradGuard no_grad;
  for (const NamedTensor& parameter : backbone.parameters()) {
    const double sum = parameter.tensor.sum(at::kDouble).item<double>();
    if (std::isfinite(sum)) continue;
    throw user_error(concat("weights of the transformer: ", parameter.name,
                            " holds a value that is not finite; the file is damaged"),
                     "weights_not_finite");
  }
}

}  // namespace

std::uint64_t backbone_checksum(Backbone& backbone) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const NamedTensor& parameter : backbone.parameters()) {
    tensors.emplace_back(parameter.name, parameter.tensor);
  }
  return checksum_of(tensors);
}

Model& ModelCache::get(const ModelKey& key) {
  if (holds(key)) return *model_;
  drop();
  check_directory(key);
  const at::ScalarType dtype = scalar_type(key.precision);
  auto model = std::make_unique<Model>();
  model->backbone = load_backbone({key.backbone, device_, key.precision}, key.directory);
  check_finite(*model->backbone);
  model->vae = WanVae::load(key.directory + "/vae", dtype, device_);
  model->text_encoder = TextEncoder::load(key.directory, dtype, device_);
  model->shift = scheduler_shift(key.directory);
  model->checksum = backbone_checksum(*model->backbone);
  key_ = key;
  model_ = std::move(model);
  return *model_;
}

void ModelCache::drop() {
  model_.reset();
  release_cached_memory(device_);
}

void ModelCache::drop_if_changed() {
  if (!model_ || !is_changed()) return;
  log(LogLevel::kError, "engine", "the model changed in memory and is dropped",
      {{"directory", key_.directory}});
  drop();
}

void ModelCache::require_unchanged() {
  if (!is_changed()) return;
  drop();
  throw EngineError(FailureCause::kCrash,
                    concat("the transformer of ", key_.directory,
                           " is not as it was loaded after adaptation was undone; its results are "
                           "void and the model is dropped"),
                    "backbone_changed");
}

}  // namespace cox::engine

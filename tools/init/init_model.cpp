#include "tools/init/init_model.h"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

#include "base/file.h"
#include "base/text.h"
#include "engine/backbones/longcat/weights.h"
#include "engine/backbones/wan/weights.h"
#include "engine/text/umt5_encoder.h"
#include "engine/vae/networks.h"
#include "tools/init/model_presets.h"
#include "tools/init/random_weights.h"
#include "tools/init/train_tokenizer.h"

namespace cox::engine {
namespace {

namespace fs = std::filesystem;

void require_ok(const Status& status) {
  if (!status.is_ok()) throw std::runtime_error(status.message());
}

const ModelPreset& preset_named(const std::string& name) {
  for (const ModelPreset& preset : model_presets()) {
    if (name == preset.name) return preset;
  }
  throw std::invalid_argument(fmt::format("preset: expected one of {}, got '{}'",
                                          join(random_model_presets(), ", "), name));
}

/// A directory under a temporary name, removed unless it is published.
class PendingDirectory {
 public:
  explicit PendingDirectory(const std::string& path) : path_(path), aside_(unique_sibling(path)) {}
  ~PendingDirectory() {
    std::error_code ignored;
    fs::remove_all(aside_, ignored);
  }
  PendingDirectory(const PendingDirectory&) = delete;
  PendingDirectory& operator=(const PendingDirectory&) = delete;

  std::string file(const std::string& relative) const { return aside_ + "/" + relative; }
  void write(const std::string& relative, std::string_view content) const {
    require_ok(write_file_atomically(file(relative), content));
  }
  void publish() const { require_ok(publish_file(aside_, path_)); }

 private:
  std::string path_;
  std::string aside_;
};

std::vector<ExpectedTensor> longcat_tensors(const JsonConfig& json) {
  return longcat::expected_tensors(longcat::Config::from_json(json));
}
std::vector<ExpectedTensor> wan_tensors(const JsonConfig& json) {
  return wan::expected_tensors(wan::Config::from_json(json));
}

/// The folder and the tensors of a family's transformer.
struct TransformerLayout {
  const char* family;
  const char* folder;
  std::vector<ExpectedTensor> (*tensors)(const JsonConfig& json);
};

constexpr TransformerLayout kTransformerLayouts[] = {
    {"longcat-video", "dit", longcat_tensors},
    {"wan2.1", "transformer", wan_tensors},
    {"wan2.2", "transformer", wan_tensors},
};

const TransformerLayout& layout_of(const std::string& family) {
  for (const TransformerLayout& layout : kTransformerLayouts) {
    if (family == layout.family) return layout;
  }
  throw std::logic_error(fmt::format("no layout for a transformer of family {}", family));
}

void write_transformer(const PendingDirectory& model, const ModelPreset& preset, const Draw& draw) {
  const TransformerLayout& layout = layout_of(preset.family);
  const std::string folder = fmt::format("{}/", layout.folder);
  model.write(folder + "config.json", preset.dit);
  const JsonConfig json = JsonConfig::parse(preset.dit, model.file(folder + "config.json"));
  save_random_weights(model.file(folder + "diffusion_pytorch_model"), layout.tensors(json), draw);
}

void write_vae(const PendingDirectory& model, const ModelPreset& preset, Draw draw) {
  model.write("vae/config.json", preset.vae);
  WeightSource weights = WeightSource::declaring(at::kFloat);
  VaeNetworks(read_vae_config(model.file("vae/config.json")), weights);
  draw.dtype = at::kFloat;
  save_random_weights(model.file("vae/diffusion_pytorch_model"), weights.taken(), draw);
}

void write_text(const PendingDirectory& model, const ModelPreset& preset, const Draw& draw) {
  model.write("tokenizer/spiece.model", train_caption_tokenizer());
  model.write("tokenizer/tokenizer_config.json", preset.tokenizer);
  model.write("text_encoder/config.json", preset.text_encoder);
  WeightSource weights = WeightSource::declaring(at::kFloat);
  Umt5Encoder(read_umt5_config(model.file("text_encoder/config.json")), weights);
  save_random_weights(model.file("text_encoder/model"), weights.taken(), draw);
}

}  // namespace

std::vector<std::string> random_model_presets() {
  std::vector<std::string> names;
  for (const ModelPreset& preset : model_presets()) names.emplace_back(preset.name);
  return names;
}

void write_random_model(const RandomModelOptions& options) {
  const ModelPreset& preset = preset_named(options.preset);
  std::error_code error;
  if (fs::exists(options.directory, error)) {
    throw std::invalid_argument(
        fmt::format("{}: already exists; use another directory or delete it", options.directory));
  }
  const PendingDirectory model(options.directory);
  const Draw draw{options.seed, options.device, scalar_type(options.precision)};
  write_transformer(model, preset, draw);
  write_vae(model, preset, draw);
  write_text(model, preset, draw);
  model.write("scheduler/scheduler_config.json", preset.scheduler);
  model.write("model_index.json", preset.index);
  model.publish();
}

}  // namespace cox::engine

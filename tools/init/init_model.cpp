#include "tools/init/init_model.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/file.h"
#include "base/text.h"
#include "engine/families/registry.h"
#include "engine/text/clip_tokenizer.h"
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

/// The vocabulary of a CLIP tokenizer without merges: each byte, inside and at the end of a word.
std::string byte_vocabulary() {
  constexpr int kBytes = 256;
  nlohmann::ordered_json ids;
  for (int byte = 0; byte < kBytes; ++byte) {
    const std::string symbol = clip_byte_symbol(static_cast<unsigned char>(byte));
    ids[symbol] = byte;
    ids[symbol + "</w>"] = kBytes + byte;
  }
  ids["<|startoftext|>"] = 2 * kBytes;
  ids["<|endoftext|>"] = 2 * kBytes + 1;
  return ids.dump() + "\n";
}

void write_tokenizers(const PendingDirectory& model, const ModelPreset& preset) {
  model.write("tokenizer/spiece.model", train_caption_tokenizer());
  if (!preset.clip) return;
  model.write("tokenizer_2/vocab.json", byte_vocabulary());
  model.write("tokenizer_2/merges.txt", "#version: 0.2\n");
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
  for (const auto& [path, content] : preset.files) model.write(path, content);
  write_tokenizers(model, preset);
  for (const ModelPart& part : find_family(preset.family).parts(model.file(""))) {
    Draw values = draw;
    if (part.name == "vae") values.dtype = at::kFloat;
    save_random_weights(model.file(part.name + "/" + part.stem), part.tensors, values);
  }
  model.publish();
}

}  // namespace cox::engine

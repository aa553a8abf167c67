#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/tensors/precision.h"

namespace cox::engine {

struct RandomModelOptions {
  std::string directory;  ///< must not exist; its parent is created if missing
  std::string preset = "tiny";
  std::uint64_t seed = 0;
  Precision precision = Precision::kFp32;  ///< of the DiT and the text encoder; the VAE is fp32
  /// The device that draws the numbers. At the published size a GPU takes seconds, but draws other
  /// numbers than a CPU.
  at::Device device = at::kCPU;
};

/// Returns the names that RandomModelOptions::preset accepts.
std::vector<std::string> random_model_presets();

/// Writes a whole model directory in the published layout (dit/ or transformer/, vae/ text_encoder/
/// tokenizer/ scheduler/ model_index.json) with seeded random weights, in shards above 4 GiB: every
/// path of the engine runs on it and no activation vanishes or explodes, but nothing is learned.
/// The same options give the same bytes on one machine and build. Written aside and renamed, so
/// `directory` is either complete or absent. Throws std::invalid_argument for an unknown preset or
/// an existing directory, std::runtime_error if writing fails.
void write_random_model(const RandomModelOptions& options);

}  // namespace cox::engine

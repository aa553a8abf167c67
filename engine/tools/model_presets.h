#pragma once

#include <string>
#include <vector>

namespace cox::engine {

/// The configuration files of a model directory, as JSON texts.
struct ModelPreset {
  const char* name;
  const char* dit;           ///< dit/config.json
  const char* vae;           ///< vae/config.json
  const char* text_encoder;  ///< text_encoder/config.json; its vocab_size follows the tokenizer
  const char* tokenizer;     ///< tokenizer/tokenizer_config.json
  const char* scheduler;     ///< scheduler/scheduler_config.json
};

const std::vector<ModelPreset>& model_presets();

}  // namespace cox::engine

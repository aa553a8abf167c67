#pragma once

#include <string>
#include <vector>

namespace cox::engine {

/// The configuration files of a model directory, as JSON texts.
struct ModelPreset {
  std::string name;
  std::string dit;           ///< config.json of the transformer
  std::string vae;           ///< vae/config.json
  std::string text_encoder;  ///< text_encoder/config.json; its vocab_size follows the tokenizer
  std::string tokenizer;     ///< tokenizer/tokenizer_config.json
  std::string scheduler;     ///< scheduler/scheduler_config.json
  std::string family = "longcat-video";  ///< a name that `parity --backbone` takes
  std::string index = "{\"model_name\": \"LongCat-Video\"}\n";  ///< model_index.json
};

const std::vector<ModelPreset>& model_presets();

}  // namespace cox::engine

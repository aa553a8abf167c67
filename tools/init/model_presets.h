#pragma once

#include <map>
#include <string>
#include <vector>

namespace cox::engine {

/// The configuration files of a model directory.
struct ModelPreset {
  std::string name;
  std::string family;                        ///< a name of families.def
  std::map<std::string, std::string> files;  ///< content by path below the directory
  bool clip = false;                         ///< tokenizer_2/ is CLIP's byte-level tokenizer
};

const std::vector<ModelPreset>& model_presets();

}  // namespace cox::engine

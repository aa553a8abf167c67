#pragma once

#include <map>
#include <string>
#include <vector>

#include "record/field.h"

namespace cox {

/// A file of weights used in addition to the model's own: a LoRA file, or the weights of a metric.
struct WeightFile {
  std::string path;
  std::string digest;
  double multiplier = 1;

  bool operator==(const WeightFile&) const = default;

  static constexpr auto fields() {
    using W = WeightFile;
    return std::tuple{
        Field{"path", "", "Absolute path. A label: the digest is the identity.", &W::path},
        Field{"digest", "", "SHA-256 of the file; empty = not checked.", &W::digest},
        Field{"multiplier", "1", "Factor of a LoRA file's terms: finite, not 0.", &W::multiplier},
    };
  }
};

/// The model of a run, and the additional weights.
struct ModelFiles {
  std::string backbone;
  std::string directory;
  std::string digest;
  std::vector<WeightFile> loras;
  std::map<std::string, WeightFile> metric_weights;

  bool operator==(const ModelFiles&) const = default;

  static constexpr auto fields() {
    using M = ModelFiles;
    return std::tuple{
        Field{"backbone", "", "A name of schemas/backbones.", &M::backbone},
        Field{"directory", "", "Absolute path of the published layout. A label.", &M::directory},
        Field{"digest", "", "sha256_of_directory(directory); empty = not checked.", &M::digest},
        Field{"loras", "", "In the order in which their terms are added.", &M::loras},
        Field{"metric_weights", "", "Weights of the metrics that need them, by metric.",
              &M::metric_weights},
    };
  }
};

}  // namespace cox

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/families/family.h"
#include "record/job.h"

namespace cox::engine {

/// The model, its precision and its devices.
struct ModelKey {
  std::string backbone;  ///< a name of families.def
  std::string directory;
  std::string digest;  ///< sha256_of_directory; "" = not checked
  Precision precision = Precision::kFp32;

  bool operator==(const ModelKey&) const = default;
};

/// Checksum of every parameter by name.
std::uint64_t backbone_checksum(Backbone& backbone);

/// Holds the model of the last job. Owned by one thread.
class ModelCache {
 public:
  explicit ModelCache(at::Device device) : device_(device) {}

  /// Loads the model unless it is in memory. First discards any other model, so that two models are
  /// never in memory at the same time. LoRA files are replaced in place. Throws EngineError (cause
  /// user) for missing or contradictory files, NaN weights and a wrong digest.
  Model& get(const ModelKey& key, const std::vector<WeightFile>& loras);
  bool holds(const ModelKey& key) const { return model_ && key_ == key; }
  void drop();

  /// Discards the model if a parameter differs from the loaded value. Throws if the device fails.
  void drop_if_changed();

  /// Returns true if parameters differ from those loaded. A model must be loaded.
  bool is_changed() const { return backbone_checksum(*model_->backbone) != model_->checksum; }

  /// Throws EngineError (cause crash) if parameters differ from those loaded: the results computed
  /// with them are wrong.
  void require_unchanged();

 private:
  void load(const ModelKey& key);
  void set_loras(const std::vector<WeightFile>& loras);

  at::Device device_;
  ModelKey key_;
  std::vector<WeightFile> loras_;  ///< attached to model_
  std::unique_ptr<Model> model_;
};

}  // namespace cox::engine

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/families/family.h"
#include "record/job.h"

namespace cox::engine {

/// Which model, how it computes, and where.
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

  /// Loads the model unless it is in memory. Discards another one first, so that two are never in
  /// memory together. LoRA files are replaced in place. Throws EngineError (cause user) for missing
  /// or contradictory files, NaN weights and a wrong digest.
  Model& get(const ModelKey& key, const std::vector<WeightFile>& loras);
  bool holds(const ModelKey& key) const { return model_ && key_ == key; }
  void drop();

  /// Discards the model if a parameter differs from what was loaded. Throws when the device fails.
  void drop_if_changed();

  /// Whether parameters differ from those that were loaded. There must be a model.
  bool is_changed() const { return backbone_checksum(*model_->backbone) != model_->checksum; }

  /// The same, and a changed model is an EngineError (cause crash): whatever it computed is wrong.
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

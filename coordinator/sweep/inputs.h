#pragma once

#include "coordinator/dataset/manifest.h"
#include "coordinator/sweep/plan.h"
#include "coordinator/sweep/sweep_file.h"

namespace cox::sweep {

/// The videos that a sweep names, with the manifest's facts about their files.
struct ResolvedDataset {
  Dataset dataset;
  std::vector<dataset::ManifestVideo> videos;  ///< those of `dataset` that can be decoded
};

/// Reads the sweep's manifest and selects its videos. With `find_clips`, also looks for the file of
/// each video that is not expected to fail. Reports what is wrong or missing.
ResolvedDataset resolve_dataset(const DatasetSection& section, bool find_clips,
                                Diagnostics& diagnostics);

/// Finds the model's directory, the LoRA files and the weights of the metrics that runs measure.
/// Their digests stay empty when something is wrong with the sweep: hashing a model takes minutes.
ModelFiles resolve_model(const BackboneSection& section, const std::vector<Run>& runs,
                         Diagnostics& diagnostics);

/// Reports parts of the model that are missing or of another family.
void check_model_parts(const BackboneSection& section, Diagnostics& diagnostics);

/// Reports videos that are shorter than a run's window and not expected to fail.
void check_video_lengths(const Dataset& dataset, const std::vector<Run>& runs, const Position& at,
                         Diagnostics& diagnostics);

/// Reports videos without a prompt that a run would compare with their prompt and that are not
/// expected to fail.
void check_prompts(const Dataset& dataset, const std::vector<Run>& runs, const Position& at,
                   Diagnostics& diagnostics);

}  // namespace cox::sweep

#pragma once

#include "base/status.h"
#include "coordinator/sweep/plan.h"
#include "coordinator/sweep/sweep_file.h"

namespace cox::sweep {

/// The videos that the sweep names, from its manifest. Wrong ids go to `diagnostics`; a manifest
/// that cannot be read is a status.
Result<Dataset> resolve_dataset(const DatasetSection& section, Diagnostics& diagnostics);

/// The model's directory with its digest, and the LPIPS weights when a run asks for LPIPS.
Result<ModelFiles> resolve_model(const BackboneSection& section, const std::vector<Run>& runs,
                                 Diagnostics& diagnostics);

/// Reports videos that are shorter than a run's window and not expected to fail.
void check_video_lengths(const Dataset& dataset, const std::vector<Run>& runs, const Position& at,
                         Diagnostics& diagnostics);

}  // namespace cox::sweep

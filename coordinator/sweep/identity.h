#pragma once

#include <string>
#include <vector>

#include "coordinator/sweep/plan.h"
#include "record/model.h"
#include "record/value.h"
#include "record/video.h"

namespace cox::sweep {

/// Whether a run with these parameters measures `metric`.
bool measures(const Parameters& parameters, const std::string& metric);

/// Returns the files that a run with these parameters reads: `model` without the weights of metrics
/// that it does not measure. Only these enter its digest.
ModelFiles files_of(const Parameters& parameters, const ModelFiles& model);

/// Returns the digests of the LoRA files in their order, each with its multiplier unless that is 1;
/// "" for none.
std::string lora_identity(const ModelFiles& model);

/// Returns the digest of a run: see docs/sweep_files.md, "Identity". `run.name`, `labels` and
/// `origins` do not enter it.
std::string run_digest(const Run& run, const ModelFiles& model);

/// Returns the digest of `run` on `video`: run digest, the video's id (random draws are keyed by
/// it), its content digest, and the prompt.
std::string job_digest(const Run& run, const Video& video);

/// Returns the digest of a data set: over ids, digests and captions, in order.
std::string dataset_digest(const std::vector<Video>& videos);

}  // namespace cox::sweep

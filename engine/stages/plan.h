#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/adaptation/method.h"
#include "engine/adaptation/settings.h"
#include "engine/families/family.h"
#include "engine/metrics/metric.h"
#include "engine/tensors/precision.h"
#include "engine/video/decode.h"
#include "engine/video/resize.h"
#include "record/job.h"
#include "record/latent_split.h"
#include "record/task.h"

namespace cox::engine {

/// Bounds that prevent overflow in products of sizes.
constexpr std::int64_t kMaxFrames = 100'000;
constexpr std::int64_t kMaxSide = 16'384;

/// The parameters of schemas/run.yaml except those of the sampler, which the family reads.
struct RunSettings {
  Task task = Task::kContinue;
  std::int64_t cond_frames = 0;  ///< known ones: as the run says, the first of the video, or none
  std::int64_t total_frames = 0;
  std::int64_t gen_start_frame = 0;  ///< end of the known frames
  std::int64_t frame_stride = 1;     ///< determined by the video if frame_rate is not 0
  double frame_rate = 0;
  bool native_size = false;  ///< the video determines height and width
  std::int64_t height = 0;
  std::int64_t width = 0;
  video::ColorRule color = video::ColorRule::kTagged;
  video::PilOrder pil_order = video::PilOrder::kV12;
  video::Fit fit = video::Fit::kStretch;
  std::string negative_prompt;
  std::int64_t inference_steps = 0;
  ComputeType compute;
  std::vector<std::string> metrics;
  MetricConventions conventions = MetricConventions::kStandard;
  bool score_written = false;  ///< score frames rounded to 8 bits, as they are written
  VideoRandom random;
};

/// Consecutive frames of a video, counted from 0 after frame_stride.
struct FrameRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t end() const { return first + count; }
};

/// The location of videos made by another program.
struct ExternalVideos {
  std::string path;              ///< with `{video}` for the id
  std::int64_t skip_frames = 0;  ///< of the file, before the first scored one
};

/// Everything that follows from a job's parameters. Time order of pixel frames: [.. adaptation
/// window ..][scored]; the condition is the last cond_frames before the scored frames. The scored
/// frames and later ones are not read before scoring, and never without a reference.
struct JobPlan {
  const Family* family = nullptr;
  MethodSet method;
  RunSettings run;
  std::shared_ptr<const Recipe> recipe;
  std::optional<AdaptationSettings> adaptation;  ///< set when the method trains
  std::optional<ExternalVideos> external;        ///< set when another program generated

  FrameRange condition;  ///< empty if only the prompt is known
  FrameRange window;     ///< of the adaptation; empty when the method does not train
  FrameRange scored;
  FrameRange decoded;  ///< the frames read from the file; empty when it is not opened
  LatentSplit split;   ///< of the window

  bool recompute = false;  ///< in the backward pass, even if memory suffices

  std::int64_t condition_latents = 0;
  std::int64_t generated_latents = 0;  ///< the last decoded frames may be unscored

  /// Returns true if the scored frames have reference frames.
  bool has_reference() const { return cox::has_reference(run.task); }
};

/// Reads every parameter except the method's own. Throws EngineError (cause user) that names the
/// parameter for invalid values.
JobPlan plan_job(const JobInput& input, ParameterReader& parameters);

}  // namespace cox::engine

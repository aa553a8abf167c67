#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/value.h"

namespace cox::engine {

/// A LoRA file of the published layout. Its terms act beside the transformer's weights.
struct LoraFile {
  std::string path;
  std::string digest;     ///< SHA-256 of the file; "" = not checked
  double multiplier = 1;  ///< of its terms; finite, not 0

  bool operator==(const LoraFile&) const = default;
};

/// One run on one video, with everything that the result depends on. Plain data, no torch.
struct JobInput {
  std::string job_id;  ///< the job's digest
  std::string run_id;  ///< the run's digest
  std::uint32_t attempt = 1;

  std::string method;     ///< a name of adaptation/methods.def
  Parameters parameters;  ///< every parameter resolved; the engine has no defaults and reads each

  std::string backbone = "longcat-video";  ///< a name of backbones/backbones.def
  std::string model_directory;  ///< published layout: dit/ vae/ text_encoder/ tokenizer/ scheduler/
  std::string model_digest;     ///< sha256_of_directory(model_directory); "" = not checked
  std::vector<LoraFile> loras;  ///< in the order in which their terms are added
  std::string lpips_weights;    ///< safetensors or "" when LPIPS is not asked for
  std::string lpips_weights_digest;

  std::string video_id;
  std::string video_path;
  std::string video_digest;  ///< SHA-256 of the file, checked before decoding; "" = not checked
  std::string prompt;

  std::string output_directory;  ///< generated and reference videos go here; made when missing
};

/// One metric on one video. Frames are the scored frames in time order.
struct MetricSeries {
  std::string name;  ///< `psnr`, `ssim`, `lpips`, `lpips_random_trunk`
  double mean = 0;
  std::vector<double> per_frame;
};

/// Wall seconds of each stage, never mixed. Stages that did not run are 0.
struct StageTimings {
  double load_model_s = 0;
  double decode_s = 0;         ///< video file to pixels, resize included
  double encode_s = 0;         ///< VAE and text encoder
  double train_s = 0;          ///< optimiser steps alone
  double early_stop_s = 0;     ///< early-stop checks alone
  double generate_s = 0;       ///< prefill and sampling
  double latent_decode_s = 0;  ///< latents to pixels
  double metrics_s = 0;
  double write_s = 0;  ///< video files
  double total_s = 0;
};

/// What the optimisation did. Steps count from 1; best_step 0 is the start state.
struct AdaptationSummary {
  std::int64_t trainable_parameters = 0;
  int steps_run = 0;
  int best_step = 0;     ///< the step whose state generated; steps_run when nothing is selected
  bool stopped = false;  ///< early stopping ended the loop before its last step
  std::vector<double> losses;         ///< training loss of each step
  std::vector<double> anchor_losses;  ///< early-stop losses: start state first, then each check
  double parameter_norm = 0;          ///< L2 norm of the change that generated
};

/// Where and with what a result was computed.
struct Provenance {
  std::string machine;       ///< host name
  std::string device;        ///< `cpu` or `cuda`
  std::string device_name;   ///< processor or GPU model
  std::string driver;        ///< GPU driver version, "" on a CPU
  int threads = 1;           ///< CPU threads of tensor work
  std::string kernels;       ///< `stock`, `fused` or `fused+cudnn`: kernels_on of engine/nn
  std::string dtype;         ///< compute dtype, `fp32` or `bf16`
  std::string engine_build;  ///< version and commit
  std::string torch_version;
  std::string model_digest;
  std::string video_digest;
  std::uint64_t backbone_checksum = 0;  ///< equal before and after adaptation, or the job fails
};

struct JobOutput {
  std::vector<MetricSeries> metrics;
  StageTimings timings;
  AdaptationSummary adaptation;
  Provenance provenance;
  std::string generated_path;    ///< generated frames, lossless
  std::string reference_path;    ///< the source frames they are scored against, lossless
  std::string reference_digest;  ///< video::rgb_digest of these
  int scored_frames = 0;
  std::int64_t peak_memory_bytes = 0;  ///< device memory on a GPU, resident memory on a CPU
};

/// Why a job has no result. The names are those of the `cause` column.
enum class FailureCause {
  kData,      ///< the video or its window: never retried
  kOom,       ///< not enough memory
  kDiverged,  ///< loss or latents became NaN or infinite: a finding, never retried
  kUser,      ///< parameters, model files: never retried
  kCrash,     ///< anything unforeseen
  kCancelled  ///< the caller asked to stop
};

struct JobFailure {
  FailureCause cause = FailureCause::kCrash;
  std::string message;    ///< what, where, expected, got, what to do
  std::string detail;     ///< class within the cause, e.g. `corrupt_container`, `too_short`
  bool poisoned = false;  ///< the device cannot be used any more: the worker must restart
  /// The place lacks what the job needs, its model say: the job itself is as good as before.
  bool misplaced = false;
};

}  // namespace cox::engine

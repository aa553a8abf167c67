#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/core/number_list.h"

namespace cox::core {

/// A job's result on its way from the wire to the database. The core never looks inside.
struct JobResult {
  struct Metric {
    std::string name;  ///< `psnr`, `ssim`, `lpips`, `lpips_random_trunk`, ...
    double mean = 0;
    NumberList per_frame;
  };
  /// Wall seconds, by stage.
  struct Timings {
    double load_model_s = 0;
    double decode_s = 0;
    double encode_s = 0;
    double train_s = 0;
    double early_stop_s = 0;
    double generate_s = 0;
    double latent_decode_s = 0;
    double metrics_s = 0;
    double write_s = 0;
    double total_s = 0;
  };
  struct Adaptation {
    std::int64_t trainable_parameters = 0;
    std::int32_t steps_run = 0;
    std::int32_t best_step = 0;
    bool stopped = false;
    NumberList losses;
    NumberList anchor_losses;
    double parameter_norm = 0;
  };
  struct Provenance {
    std::string machine;
    std::string device;
    std::string device_name;
    std::string driver;
    std::string dtype;
    std::string engine_build;
    std::string torch_version;
    std::string model_digest;
    std::string video_digest;
    std::uint64_t backbone_checksum = 0;
    std::int32_t threads = 0;  ///< CPU threads of tensor work; 0 = not told
    std::string kernels;       ///< `stock`, `fused`, `fused+cudnn`; "" = not told
  };

  std::vector<Metric> metrics;
  Timings timings;
  Adaptation adaptation;
  Provenance provenance;
  std::string generated_path;
  std::string reference_path;
  std::string reference_digest;  ///< of the pixels at reference_path; "" = not told
  std::int32_t scored_frames = 0;
  std::int64_t peak_memory_bytes = 0;
};

}  // namespace cox::core

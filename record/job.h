#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/adaptation_summary.h"
#include "record/failure.h"
#include "record/field.h"
#include "record/metric_value.h"
#include "record/model.h"
#include "record/provenance.h"
#include "record/share_keys.h"
#include "record/stage_timings.h"
#include "record/value.h"
#include "record/video.h"

namespace cox {

/// One run on one video, with every input that the result depends on.
struct JobInput {
  std::string job_id;  ///< the job's digest
  std::string run_id;  ///< the run's digest
  std::uint32_t attempt = 1;
  std::string method;     ///< a name of adaptation/methods.def
  Parameters parameters;  ///< every parameter resolved; the engine has no defaults and reads each
  ModelFiles model;
  Video video;
  std::string prompt;            ///< as record/prompt.h chose it
  std::string output_directory;  ///< for generated and reference videos; created if missing
  ShareKeys share;               ///< what the job may share with others of its bundle
  bool recompute = false;        ///< saves memory, takes longer; the result is the same
};

/// The result of a finished job.
struct JobOutput {
  std::vector<MetricValue> metrics;
  StageTimings timings;
  AdaptationSummary adaptation;
  Provenance provenance;
  std::string generated_path;
  std::string reference_path;
  std::string reference_digest;
  std::int32_t scored_frames = 0;
  std::int64_t peak_memory_bytes = 0;
  std::vector<std::string> shared_with;

  bool operator==(const JobOutput&) const = default;

  static constexpr auto fields() {
    using O = JobOutput;
    return std::tuple{
        Field{"metrics", "", "What was measured.", &O::metrics},
        Field{"timings", "", "Wall seconds by stage.", &O::timings},
        Field{"adaptation", "", "What the optimization did.", &O::adaptation},
        Field{"provenance", "", "Where and with what the result was computed.", &O::provenance},
        Field{"generated_path", "", "Generated frames as a lossless video file.",
              &O::generated_path},
        Field{"reference_path", "",
              "The source frames that they were scored against; empty when there are none.",
              &O::reference_path},
        Field{"reference_digest", "",
              "SHA-256 over the RGB bytes of the source frames that were scored against; results "
              "of one video that differ in it were scored against other pixels. Empty without "
              "such frames.",
              &O::reference_digest},
        Field{"scored_frames", "pixel frames", "Over how many frames the metrics are means.",
              &O::scored_frames},
        Field{"peak_memory_bytes", "bytes", "Device memory on a GPU, resident memory on a CPU.",
              &O::peak_memory_bytes},
        Field{"shared_with", "",
              "Digests of the jobs of its bundle that read the same trajectory, and of the job "
              "whose generation it repeats.",
              &O::shared_with},
    };
  }
};

}  // namespace cox

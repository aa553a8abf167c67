#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "coordinator/core/effect.h"
#include "coordinator/store/sqlite.h"
#include "record/job.h"

// The rows that a job's result becomes, for insert.h. Timings, adaptation and provenance have the
// columns that their records declare as fields.

namespace cox::store {

/// Whether a field of Provenance is a column of environments; the others are columns of results.
constexpr bool is_of_environment(std::string_view field) {
  return field != "video_digest" && field != "backbone_checksum" && field != "trajectory" &&
         field != "generation";
}

/// Whether a field of AdaptationSummary is a series, and so a column of result_details.
template <typename Record, typename Type>
constexpr bool is_detail(const Field<Record, Type>&) {
  return std::is_same_v<Type, std::vector<double>>;
}

struct EnvironmentRow {
  struct Record {
    std::int64_t id = 0;
    Provenance provenance;
  };
  static constexpr std::string_view kTable = "environments";
  static void columns(const Record& environment, auto&& put) {
    put("id", environment.id);
    for_each_field(environment.provenance, [&](const auto& field, const auto& value) {
      if (is_of_environment(field.name)) put(field.name, value);
    });
  }
};

struct ResultRow {
  struct Record {
    const core::SaveResult* save = nullptr;  ///< nullptr: only the names of the columns matter
    std::int64_t environment = 0;
    std::optional<std::string> nonfinite;  ///< JSON
  };
  static constexpr std::string_view kTable = "results";
  static void columns(const Record& record, auto&& put) {
    static const core::SaveResult kNone;
    const core::SaveResult& save = record.save == nullptr ? kNone : *record.save;
    const JobOutput& output = save.result.output();
    put("job_id", save.job);
    put("attempt", save.attempt);
    put("worker_id", save.worker);
    put("environment_id", record.environment);
    put("time_us", save.time);
    put("nonfinite", record.nonfinite);
    put("scored_frames", output.scored_frames);
    for_each_field(output.timings,
                   [&](const auto& field, double value) { put(field.name, value); });
    for_each_field(output.adaptation, [&](const auto& field, const auto& value) {
      if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::vector<double>>) {
        put(field.name, value);
      }
    });
    put("peak_memory_bytes", output.peak_memory_bytes);
    for_each_field(output.provenance, [&](const auto& field, const auto& value) {
      if (!is_of_environment(field.name)) put(field.name, value);
    });
    put("generated_path", output.generated_path);
    put("reference_path", output.reference_path);
    put("reference_digest", output.reference_digest);
  }
};

/// Adding a series to AdaptationSummary adds a line here, and its JSON to core::JobResult.
struct ResultDetailsRow {
  using Record = core::SaveResult;
  static constexpr std::string_view kTable = "result_details";
  static void columns(const Record& save, auto&& put) {
    put("job_id", save.job);
    put("per_frame", save.result.per_frame_json());
    put("losses", save.result.losses_json());
    put("anchor_losses", save.result.anchor_losses_json());
    put("shared_with", save.result.shared_with_json());
  }
};

struct ResultMetricRow {
  struct Record {
    core::JobNumber job{};
    std::int64_t metric = 0;
    double mean = 0;
  };
  static constexpr std::string_view kTable = "result_metrics";
  static void columns(const Record& value, auto&& put) {
    put("job_id", value.job);
    put("metric_id", value.metric);
    put("mean", value.mean);
  }
};

struct FeatureRow {
  struct Record {
    std::string_view digest;  ///< SHA-256 of the bytes
    std::string_view bytes;
  };
  static constexpr std::string_view kTable = "features";
  static constexpr std::string_view kOnConflict = "ON CONFLICT (digest) DO NOTHING";
  static void columns(const Record& feature, auto&& put) {
    put("digest", feature.digest);
    put("bytes", Blob{feature.bytes});
  }
};

struct ResultFeatureRow {
  struct Record {
    core::JobNumber job{};
    std::int64_t metric = 0;
    std::int64_t feature = 0;
  };
  static constexpr std::string_view kTable = "result_features";
  static void columns(const Record& use, auto&& put) {
    put("job_id", use.job);
    put("metric_id", use.metric);
    put("feature_id", use.feature);
  }
};

}  // namespace cox::store

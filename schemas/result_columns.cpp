#include "schemas/result_columns.h"

#include <set>
#include <string_view>
#include <type_traits>

#include "record/job.h"
#include "schemas/metric_schema.h"

namespace cox {

namespace {

using Columns = std::vector<ResultColumn>;

template <typename Type>
const char* type_of() {
  if (std::is_same_v<Type, std::string>) return "text";
  if (std::is_same_v<Type, double>) return "real";
  if (std::is_integral_v<Type>) return "integer";
  return "json";
}

/// A column for each field of a record; `taken` chooses by name.
template <typename Record, typename Taken>
void add_fields(Columns& columns, Taken taken) {
  for_each_field<Record>([&](const auto& field) {
    using Type = std::decay_t<decltype(std::declval<Record>().*(field.member))>;
    if (!taken(field.name)) return;
    columns.push_back({std::string(field.name), type_of<Type>(), std::string(field.unit),
                       std::string(field.meaning)});
  });
}

template <typename Record>
void add_field(Columns& columns, std::string_view name) {
  add_fields<Record>(columns, [&](std::string_view field) { return field == name; });
}

void add_metrics(Columns& columns) {
  for (const MetricSchema& metric : metric_schemas()) {
    if (metric.scope == MetricScope::kSet) continue;
    columns.push_back({std::string(metric.name), "real",
                       metric.unit.empty() ? "1" : std::string(metric.unit),
                       "NULL when not measured or not finite. " + std::string(metric.definition)});
  }
}

void add_weights(Columns& columns) {
  for (const MetricSchema& metric : metric_schemas()) {
    if (!metric.weights || !metric.variant_of.empty()) continue;
    columns.push_back({std::string(metric.name) + "_weights_digest", "text", "",
                       "SHA-256 of the weights that the run names for " +
                           std::string(metric.title) +
                           "; empty when it does not measure it. Values over other weights do not "
                           "compare."});
  }
}

void add_run_and_video(Columns& columns) {
  columns.insert(columns.end(),
                 {{"series", "text", "", "Name of the series."},
                  {"run", "text", "", "Name of the run in the series."},
                  {"method", "text", "", "Name of the adaptation method."},
                  {"video", "text", "", "The item's id in its data set."},
                  {"video_position", "integer", "", "The item's position in the data set, from 0."},
                  {"dataset", "text", "", "Name of the data set's manifest."}});
}

void add_measurements(Columns& columns) {
  add_metrics(columns);
  columns.insert(
      columns.end(),
      {{"other_metrics", "json", "",
        "Means of metrics that this program does not know, by name; NULL when there are none."},
       {"nonfinite", "json", "",
        "Columns that are NULL because their value was nan, inf or -inf, by name; NULL when all "
        "were finite."}});
  add_field<JobOutput>(columns, "scored_frames");
  columns.push_back({"per_frame", "json", "",
                     "Each metric's value per scored frame in time order, by name; null where not "
                     "finite."});
}

void add_provenance(Columns& columns) {
  columns.insert(
      columns.end(),
      {{"seed", "integer", "", "Base seed of the run."},
       {"replicate", "integer", "", "Which repetition with other noise the run is, from 0."},
       {"attempt", "integer", "", "Which try of the job delivered, from 1."},
       {"worker", "text", "", "Name of the worker that delivered."}});
  const std::set<std::string_view> of_result = {"video_digest", "backbone_checksum", "trajectory",
                                                "generation"};
  add_fields<Provenance>(columns,
                         [&](std::string_view name) { return of_result.count(name) == 0; });
  columns.push_back({"lora_digest", "text", "",
                     "SHA-256 of each LoRA file next to the model in order, with its multiplier "
                     "unless that is 1; empty without one."});
  add_weights(columns);
  add_field<Provenance>(columns, "video_digest");
  columns.push_back({"backbone_checksum", "text", "",
                     "Checksum of the backbone's parameters, equal before and after adaptation; 16 "
                     "hexadecimal digits."});
  add_field<Provenance>(columns, "trajectory");
  add_field<Provenance>(columns, "generation");
  add_field<JobOutput>(columns, "shared_with");
}

void add_files_and_names(Columns& columns) {
  for (const char* field :
       {"peak_memory_bytes", "generated_path", "reference_path", "reference_digest"}) {
    add_field<JobOutput>(columns, field);
  }
  columns.insert(columns.end(), {{"time_us", "integer", "us",
                                  "When the result was accepted, microseconds since 1970 UTC."},
                                 {"run_digest", "text", "", "Identity of the run."},
                                 {"job_digest", "text", "", "Identity of the job, SHA-256."},
                                 {"item", "text", "", "The same as video."},
                                 {"item_kind", "text", "", "What the item is: video or prompt."},
                                 {"dimensions", "text", "",
                                  "What of a benchmark the item is for, as its manifest says; "
                                  "empty when it says nothing."}});
}

Columns make_columns() {
  const auto every = [](std::string_view) { return true; };
  Columns columns;
  add_run_and_video(columns);
  add_measurements(columns);
  add_fields<StageTimings>(columns, every);
  columns.push_back({"total_s", "real", "s", "The same as alone_s."});
  add_fields<AdaptationSummary>(columns, every);
  add_provenance(columns);
  add_files_and_names(columns);
  return columns;
}

}  // namespace

const std::vector<ResultColumn>& result_columns() {
  static const Columns kColumns = make_columns();
  return kColumns;
}

}  // namespace cox

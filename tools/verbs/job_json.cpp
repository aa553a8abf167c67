#include "tools/verbs/job_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <type_traits>

namespace cox::engine {

namespace {

using Json = nlohmann::ordered_json;

template <HasFields Record>
Json json_of(const Record& record);

template <typename T>
Json json_of(std::string_view name, const T& value) {
  if constexpr (HasFields<T>) {
    return json_of(value);
  } else if constexpr (std::is_same_v<T, std::vector<MetricValue>>) {
    Json metrics = Json::object();
    for (const MetricValue& metric : value) {
      metrics[metric.name] = {{"mean", metric.mean}, {"per_frame", metric.per_frame}};
    }
    return metrics;
  } else {
    if constexpr (std::is_same_v<T, std::uint64_t>) {
      if (name == "backbone_checksum") return fmt::format("{:016x}", value);
    }
    return value;
  }
}

template <HasFields Record>
Json json_of(const Record& record) {
  Json json = Json::object();
  for_each_field(record, [&](const auto& field, const auto& value) {
    json[std::string(field.name)] = json_of(field.name, value);
  });
  return json;
}

}  // namespace

Json to_json(const JobOutput& output) { return json_of(output); }

}  // namespace cox::engine

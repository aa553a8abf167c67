#include "coordinator/sweep/plan_json.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "coordinator/sweep/identity.h"
#include "coordinator/sweep/price_fields.h"
#include "record/prompt.h"

namespace cox::sweep {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Value& value) {
  struct Visitor {
    Json operator()(bool v) const { return v; }
    Json operator()(std::int64_t v) const { return v; }
    Json operator()(double v) const { return v; }
    Json operator()(const std::string& v) const { return v; }
    Json operator()(const Value::List& v) const {
      Json list = Json::array();
      for (const Value& item : v) list.push_back(json_of(item));
      return list;
    }
  };
  return std::visit(Visitor{}, value.data);
}

Json json_of(const Origin& origin) {
  Json json = {{"layer", origin.layer}};
  json["file"] = origin.file;
  if (origin.line == 0) return json;
  json["line"] = origin.line;
  json["column"] = origin.column;
  return json;
}

Json json_of(const Run& run, const SweepPlan& plan) {
  Json parameters = Json::object();
  for (const auto& [name, value] : run.parameters) parameters[name] = json_of(value);
  Json origins = Json::object();
  for (const auto& [name, origin] : run.origins) {
    if (origin.layer != "schema") origins[name] = json_of(origin);
  }
  Json jobs = Json::array();
  for (const Video& video : plan.dataset.videos_of(run)) {
    jobs.push_back({{"video", video.id},
                    {"digest", job_digest(run, video)},
                    {"prompt", prompt_of(run.parameters, video.caption)}});
  }
  return {{"name", run.name},     {"digest", run.digest},     {"method", run.method},
          {"labels", run.labels}, {"parameters", parameters}, {"origins", origins},
          {"jobs", jobs}};
}

Json json_of(const PlannedVideo& video) {
  return {{"id", video.id},           {"path", video.path},     {"digest", video.digest},
          {"caption", video.caption}, {"frames", video.frames}, {"frame_rate", video.frame_rate}};
}

Json series_json(const Series& series) {
  return {{"name", series.name},
          {"number", series.number},
          {"title", series.title},
          {"labels", series.labels}};
}

Json dataset_json(const Dataset& dataset) {
  Json videos = Json::array();
  for (const PlannedVideo& video : dataset.videos) videos.push_back(json_of(video));
  return {{"name", dataset.name},
          {"digest", dataset.digest},
          {"videos", videos},
          {"expected_failures", dataset.expected_failures}};
}

Json model_json(const ModelFiles& model) {
  Json loras = Json::array();
  for (const WeightFile& lora : model.loras) {
    loras.push_back(
        {{"path", lora.path}, {"digest", lora.digest}, {"multiplier", lora.multiplier}});
  }
  Json weights = Json::object();
  for (const auto& [metric, file] : model.metric_weights) {
    weights[metric] = {{"path", file.path}, {"digest", file.digest}};
  }
  return {{"backbone", model.backbone},
          {"directory", model.directory},
          {"digest", model.digest},
          {"loras", loras},
          {"metric_weights", weights}};
}

Json equal_json(const std::vector<EqualRuns>& groups) {
  Json list = Json::array();
  for (const EqualRuns& equal : groups) {
    list.push_back({{"runs", equal.names}, {"parameters", equal.parameters}});
  }
  return list;
}

/// The names of runs that compute the same, whether their settings are equal or mean the same.
Json duplicates_json(const SweepPlan& plan) {
  std::map<std::string, std::size_t> index;
  std::vector<std::vector<std::string>> groups;
  for (const Run& run : plan.runs) {
    const auto [found, is_new] = index.emplace(run.effect, groups.size());
    if (is_new) groups.emplace_back();
    groups[found->second].push_back(run.name);
  }
  std::erase_if(groups, [](const auto& group) { return group.size() < 2; });
  return groups;
}

Json totals_json(const SweepPlan& plan) {
  std::map<std::string, std::vector<std::string>> names;
  for (const Run& run : plan.runs) names[run.digest].push_back(run.name);
  const JobCount jobs = count_jobs(plan);
  Json same = Json::array();
  for (const auto& [digest, runs] : names) {
    if (runs.size() > 1) same.push_back(runs);
  }
  return {{"runs", plan.runs.size()},   {"distinct_runs", names.size()},
          {"jobs", jobs.all},           {"distinct_jobs", jobs.distinct},
          {"same_configuration", same}, {"equal_in_effect", equal_json(plan.equal_in_effect)}};
}

Json tables_json(const std::vector<ResultTable>& tables) {
  Json list = Json::array();
  for (const ResultTable& table : tables) {
    list.push_back({{"title", table.title}, {"rows", table.rows}, {"columns", table.columns}});
  }
  return list;
}

Json equivalence_json(const std::vector<EquivalenceMargin>& margins) {
  Json json = Json::object();
  for (const EquivalenceMargin& margin : margins) json[margin.metric] = margin.margin;
  return json;
}

}  // namespace

std::string plan_json(const SweepPlan& plan, const PlanPrice* price) {
  Json runs = Json::array();
  for (const Run& run : plan.runs) runs.push_back(json_of(run, plan));
  Json json = {
      {"format", "cox-plan/1"},
      {"series", series_json(plan.series)},
      {"waits_for", plan.waits_for},
      {"waiting_runs", plan.waiting_runs},
      {"baseline", plan.baseline},
      {"dataset", dataset_json(plan.dataset)},
      {"model", model_json(plan.model)},
      {"runs", runs},
      {"duplicates", duplicates_json(plan)},
      {"totals", totals_json(plan)},
      {"controls", plan.controls},
      {"equivalence", equivalence_json(plan.equivalence)},
      {"tables", tables_json(plan.tables)},
      {"keep", Json::parse(retention_json(plan.keep))},
      {"notes", plan.notes},
      {"priority", plan.priority},
      {"retry",
       {{"crash", plan.retry.crash},
        {"oom", plan.retry.oom},
        {"lost", plan.retry.lost},
        {"backoff_base_us", plan.retry.backoff_base_us},
        {"backoff_max_us", plan.retry.backoff_max_us}}},
      {"policy",
       {{"fail_fast", plan.policy.fail_fast},
        {"max_failed_jobs", plan.policy.max_failed_jobs},
        {"max_gpu_hours", plan.policy.max_gpu_hours}}},
      {"resources",
       {{"gpus", plan.resources.gpus},
        {"gpu_memory_bytes", plan.resources.gpu_memory_bytes},
        {"memory_bytes", plan.resources.memory_bytes}}},
  };
  if (price != nullptr) {
    // "runs" and "duplicates" are this document's own.
    const Json fields = price_fields(*price);
    for (const auto& [key, value] : fields.items()) {
      if (!json.contains(key)) json[key] = value;
    }
  }
  // Strings from files may hold bytes that are not UTF-8; these are replaced.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cox::sweep

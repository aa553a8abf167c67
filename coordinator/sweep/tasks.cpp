#include "coordinator/sweep/tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "record/parameter.h"
#include "record/prompt.h"
#include "record/task.h"
#include "schemas/backbone_schema.h"
#include "schemas/metric_schema.h"

namespace cox::sweep {

namespace {

constexpr std::size_t kMaxNamedItems = 5;

/// Why a method that needs frames has none, for the end of a sentence.
std::string without_frames(Task task) {
  return task == Task::kTextToVideo
             ? "task text_to_video reads no frames"
             : fmt::format("task {} reads only the first frame", task_name(task));
}

/// Says what the method would do with frames; "" for one that needs none.
std::string needs_frames(const MethodSchema& method, const Parameters& parameters) {
  if (method.trains) return "trains on frames of the item's video";
  if (method.control) return "takes what it scores from frames of the item's video";
  // Only a method that leaves everything to another program has this parameter.
  return parameters.count("videos") != 0 ? "is scored against frames of the item's video" : "";
}

std::vector<std::string> metrics_with(const Parameters& parameters, bool reference) {
  std::vector<std::string> names;
  const auto* list = parameter_as<Value::List>(parameters, "metrics");
  if (list == nullptr) return names;
  for (const Value& name : *list) {
    const MetricSchema* metric = find_metric(*name.get_if<std::string>());
    if (metric != nullptr && metric->reference == reference) names.emplace_back(metric->name);
  }
  return names;
}

std::vector<std::string> names_without_reference() {
  std::vector<std::string> names;
  for (const std::string& name : metric_names()) {
    if (!find_metric(name)->reference) names.push_back(name);
  }
  return names;
}

}  // namespace

const Value& metrics_without_reference() {
  static const Value metrics(Value::List{Value("temporal_flickering"), Value("frame_difference")});
  return metrics;
}

std::vector<std::string> unread_parameters(Task task) {
  switch (task) {
    case Task::kContinue:
      return {};
    case Task::kTextToVideo:
      return {"cond_frames", "gen_start_frame", "frame_stride", "fit", "color", "pil_order"};
    case Task::kImageToVideo:
      return {"cond_frames", "gen_start_frame", "frame_stride"};
  }
  return {};
}

std::vector<GeometryError> task_errors(const MethodSchema& method, const Parameters& parameters,
                                       const std::set<std::string>& written) {
  const Task task = task_of(parameters);
  if (task == Task::kContinue) return {};
  std::vector<GeometryError> errors;
  if (const std::string needs = needs_frames(method, parameters); !needs.empty()) {
    errors.push_back({fmt::format("task: method '{}' {}, and {}; methods that need none are none "
                                  "and stas",
                                  method.name, needs, without_frames(task)),
                      {"task"}});
  }
  if (const auto compared = metrics_with(parameters, true); !compared.empty()) {
    errors.push_back(
        {fmt::format("task: {} {} with true frames, which task {} does not have; "
                     "metrics without them are {}",
                     join(compared, ", "), compared.size() == 1 ? "compares" : "compare",
                     task_name(task), join(names_without_reference(), ", ")),
         {"metrics", "task"}});
  }
  for (const std::string& name : unread_parameters(task)) {
    if (written.count(name) == 0) continue;
    errors.push_back({fmt::format("task: {} is not read by task {}; drop it, or give it to the "
                                  "other runs only: `when: {{{}: \"task == 'continue'\"}}`",
                                  name, task_name(task), name),
                      {name, "task"}});
  }
  return errors;
}

void check_tasks_of_backbone(const SweepFile& sweep, const std::string& model,
                             const std::vector<Run>& runs, Diagnostics& diagnostics) {
  const BackboneSchema* backbone = find_backbone(sweep.backbone.name);
  if (backbone == nullptr) return;
  if (!model.empty() && check_family(model, *backbone).code() == StatusCode::kInvalidArgument) {
    return;  // a model of another family is reported as such
  }
  std::map<Task, std::vector<std::string>> names;
  for (const Run& run : runs) names[task_of(run.parameters)].push_back(run.name);
  for (const auto& [task, of_task] : names) {
    const auto reason = task_refusal(*backbone, task_name(task), model);
    // A file that cannot be read is reported with the model.
    if (!reason.is_ok() || reason->empty()) continue;
    diagnostics.error(sweep.backbone.at,
                      fmt::format("task {} cannot run on {}{}: {}", task_name(task),
                                  backbone->title, model.empty() ? "" : " in " + model, *reason),
                      "in run " + join_first(of_task, kMaxNamedItems));
  }
}

ItemCheck::ItemCheck(const Parameters& parameters)
    : task_(task_of(parameters)),
      constant_prompt_(parameter_is(parameters, "prompt_source", "constant")),
      prompt_(prompt_of(parameters, "")) {}

std::string ItemCheck::fault(const Video& item) const {
  if (!item.is_prompt() && reads_video(task_)) return "";
  if (item.is_prompt() && reads_video(task_)) {
    return fmt::format("task {} needs a video, and the item is a prompt; set task: text_to_video",
                       task_name(task_));
  }
  if (item.is_prompt() && constant_prompt_) {
    return "prompt_source: constant would give every prompt of the list the same words; drop it";
  }
  if ((constant_prompt_ ? prompt_ : item.caption).empty()) {
    return "task text_to_video generates from the caption, and the video has none; add captions, "
           "or leave it out with dataset.exclude";
  }
  return "";
}

void check_items(const Dataset& dataset, const std::vector<Run>& runs, const Position& at,
                 Diagnostics& diagnostics) {
  std::map<std::string, std::pair<std::set<std::string>, std::vector<std::string>>> faults;
  for (const Run& run : runs) {
    const ItemCheck check(run.parameters);
    for (const PlannedVideo& item : dataset.videos_of(run)) {
      const std::string fault = check.fault(item);
      if (fault.empty()) continue;
      auto& [items, names] = faults[fault];
      items.insert(item.id);
      if (names.empty() || names.back() != run.name) names.push_back(run.name);
    }
  }
  for (const auto& [fault, where] : faults) {
    const auto& [items, names] = where;
    diagnostics.error(
        at,
        fmt::format("{} ({} of {} items: {})", fault, items.size(), dataset.videos.size(),
                    join_first({items.begin(), items.end()}, kMaxNamedItems)),
        "in run " + join_first(names, kMaxNamedItems));
  }
}

}  // namespace cox::sweep

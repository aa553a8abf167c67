#pragma once

#include <set>
#include <string>
#include <vector>

#include "coordinator/sweep/diagnostics.h"
#include "coordinator/sweep/geometry.h"
#include "coordinator/sweep/plan.h"
#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/sweep_file.h"
#include "record/task.h"

namespace cox::sweep {

/// The metrics of a run whose task has no true frames, unless the sweep names others.
const Value& metrics_without_reference();

/// The parameters that runs of the task do not read.
std::vector<std::string> unread_parameters(Task task);

/// Returns why a run of `method` cannot do its task: a method or a metric that needs frames that
/// the task does not read, and `written` parameters that it does not read.
std::vector<GeometryError> task_errors(const MethodSchema& method, const Parameters& parameters,
                                       const std::set<std::string>& written);

/// Reports tasks that the sweep's backbone cannot do. With "" for `model` only what no model of the
/// family can do is known.
void check_tasks_of_backbone(const SweepFile& sweep, const std::string& model,
                             const std::vector<Run>& runs, Diagnostics& diagnostics);

/// Whether items serve the task of one run.
class ItemCheck {
 public:
  explicit ItemCheck(const Parameters& parameters);

  /// Returns why the run cannot be applied to the item, "" when it can.
  std::string fault(const Video& item) const;

 private:
  Task task_;
  bool constant_prompt_;  ///< whether every item has the run's prompt
  std::string prompt_;    ///< that of the run, "" when items have their own
};

/// Reports runs whose task the items cannot serve, each fault once with the items.
void check_items(const Dataset& dataset, const std::vector<Run>& runs, const Position& at,
                 Diagnostics& diagnostics);

}  // namespace cox::sweep

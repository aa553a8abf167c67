#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/view_text.h"

namespace cox::store {

/// Every row of the table metrics.
Result<MetricIds> load_metric_ids(const Database& database);

/// Gives each metric of the registry a number that has none yet.
Status add_registered_metrics(const Database& database);

/// The numbers of metrics for the writer; a name that is new gets one. Runs inside the caller's
/// transactions; after a failed one it must be thrown away. Owned by one thread.
class MetricNumbers {
 public:
  Status prepare(const Database& database);
  Result<std::int64_t> id_of(const std::string& name);

 private:
  MetricIds ids_;
  Statement add_;
};

}  // namespace cox::store

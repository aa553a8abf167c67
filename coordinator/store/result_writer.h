#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/status.h"
#include "coordinator/core/effect.h"
#include "coordinator/store/insert.h"
#include "coordinator/store/metric_ids.h"
#include "coordinator/store/result_rows.h"
#include "coordinator/store/totals.h"

namespace cox::store {

/// Writes results: a row of numbers, one of long series, a row per metric, feature vectors, and
/// totals. Runs inside the caller's transactions. Owned by one thread.
class ResultWriter {
 public:
  Status prepare(const Database& database);

  Status write(const core::SaveResult& save, MetricNumbers& metrics);
  Status count(const core::SaveTotals& save) { return totals_.count(save); }
  /// Writes the rows that change once per transaction; call it before the commit.
  Status finish_transaction() { return totals_.write(); }

 private:
  /// Returns the number of the provenance's environment; a new environment gets a row.
  Result<std::int64_t> environment_of(const Provenance& provenance);
  Status write_feature(core::JobNumber job, std::int64_t metric, const std::vector<float>& values);

  Insert<ResultRow> result_;
  Insert<ResultDetailsRow> details_;
  Insert<ResultMetricRow> metric_;
  Insert<FeatureRow> feature_;
  Insert<ResultFeatureRow> result_feature_;
  Insert<EnvironmentRow> environment_;
  Statement find_feature_;
  Totals totals_;
  std::unordered_map<std::string, std::int64_t> environments_;  ///< by key of their fields
  std::string environment_key_;                                 ///< kept for its memory
  Totals::MetricMeans means_;                                   ///< likewise
};

}  // namespace cox::store

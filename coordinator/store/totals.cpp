#include "coordinator/store/totals.h"

#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

namespace cox::store {

namespace {

constexpr const char* kFind =
    "SELECT * FROM run_totals WHERE run_id = ? AND dataset_id = ? AND environment_id = ?";

constexpr const char* kWrite =
    "INSERT OR REPLACE INTO run_totals "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// NaN when the result does not have the metric.
double mean_of(const JobOutput& result, std::string_view name) {
  double mean = std::numeric_limits<double>::quiet_NaN();
  for (const MetricValue& metric : result.metrics) {
    if (metric.name == name) mean = metric.mean;
  }
  return mean;
}

}  // namespace

Result<Totals> Totals::prepare(const Database& database) {
  Totals totals;
  const std::pair<Statement*, const char*> statements[] = {
      {&totals.find_, kFind},
      {&totals.write_, kWrite},
      {&totals.clear_, "DELETE FROM run_totals WHERE run_id = ? AND dataset_id = ?"},
      {&totals.count_,
       "INSERT INTO run_totals SELECT * FROM counted_totals WHERE run_id = ? AND dataset_id = ?"},
  };
  for (const auto& [statement, sql] : statements) {
    COX_ASSIGN_OR_RETURN(*statement, Statement::prepare(database.handle(), sql));
  }
  return totals;
}

Totals::Values Totals::values_of(const JobOutput& result) {
  const StageTimings& t = result.timings;
  return {mean_of(result, "psnr"),
          mean_of(result, "ssim"),
          mean_of(result, "lpips"),
          mean_of(result, "lpips_random_trunk"),
          t.train_s,
          t.early_stop_s,
          t.generate_s,
          t.total_s};
}

Status Totals::add(const core::SaveResult& save, std::int64_t environment, bool all_finite) {
  const Values values = values_of(save.result.output());
  for (const core::DatasetNumber dataset : save.datasets) {
    const Key key{save.run, dataset, environment};
    COX_ASSIGN_OR_RETURN(Row * row, row_of(key));
    ++row->results;
    row->nonfinite_results += all_finite ? 0 : 1;
    for (std::size_t i = 0; i < kValues; ++i) {
      if (!std::isfinite(values[i])) continue;
      row->sums[i] += values[i];
      ++row->counts[i];
    }
    changed_.insert(key);
  }
  return Status::ok();
}

Result<Totals::Row*> Totals::row_of(const Key& key) {
  if (const auto known = rows_.find(key); known != rows_.end()) return &known->second;
  find_.start(std::get<0>(key), std::get<1>(key), std::get<2>(key));
  COX_ASSIGN_OR_RETURN(const bool found, find_.step());
  Row row;
  if (found) {
    // The key's three columns come first.
    row.results = find_.integer(3);
    row.nonfinite_results = find_.integer(4);
    for (std::size_t i = 0; i < kValues; ++i) {
      const int column = static_cast<int>(5 + 2 * i);
      row.sums[i] = sqlite3_column_double(find_.handle(), column);
      row.counts[i] = find_.integer(column + 1);
    }
  }
  find_.reset();
  return &rows_.emplace(key, row).first->second;
}

Status Totals::count(const core::SaveTotals& save) {
  COX_RETURN_IF_ERROR(write());
  using Environment = std::numeric_limits<std::int64_t>;
  rows_.erase(rows_.lower_bound({save.run, save.dataset, Environment::min()}),
              rows_.upper_bound({save.run, save.dataset, Environment::max()}));
  COX_RETURN_IF_ERROR(clear_.run(save.run, save.dataset));
  return count_.run(save.run, save.dataset);
}

Status Totals::write() {
  for (const Key& key : changed_) COX_RETURN_IF_ERROR(write(key, rows_.at(key)));
  changed_.clear();
  return Status::ok();
}

Status Totals::write(const Key& key, const Row& row) {
  const auto& [run, dataset, environment] = key;
  const auto& s = row.sums;
  const auto& n = row.counts;
  return write_.run(run, dataset, environment, row.results, row.nonfinite_results, s[0], n[0], s[1],
                    n[1], s[2], n[2], s[3], n[3], s[4], n[4], s[5], n[5], s[6], n[6], s[7], n[7]);
}

}  // namespace cox::store

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "coordinator/core/effect.h"
#include "coordinator/store/insert.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/totaled_timings.h"

namespace cox::store {

/// A sum of finite values, and how many they are.
struct Sum {
  double sum = 0;
  std::int64_t count = 0;

  void add(double value);
};

struct RunTotalsRow {
  struct Record {
    core::RunNumber run{};
    core::DatasetNumber dataset{};
    std::int64_t results = 0;
    std::int64_t nonfinite_results = 0;
    std::array<Sum, kTotaledTimings.size()> timings{};
  };
  static constexpr std::string_view kTable = "run_totals";
  static constexpr int kKeys = 2;
  static void columns(const Record& totals, auto&& put) {
    put("run_id", totals.run);
    put("dataset_id", totals.dataset);
    put("results", totals.results);
    put("nonfinite_results", totals.nonfinite_results);
    for (std::size_t i = 0; i < totals.timings.size(); ++i) {
      put(kTotaledTimings[i].sum, totals.timings[i].sum);
      put(kTotaledTimings[i].count, totals.timings[i].count);
    }
  }
};

struct MetricTotalsRow {
  struct Record {
    core::RunNumber run{};
    core::DatasetNumber dataset{};
    std::int64_t metric = 0;
    Sum values;
  };
  static constexpr std::string_view kTable = "metric_totals";
  static constexpr int kKeys = 3;
  static void columns(const Record& totals, auto&& put) {
    put("run_id", totals.run);
    put("dataset_id", totals.dataset);
    put("metric_id", totals.metric);
    put("sum", totals.values.sum);
    put("count", totals.values.count);
  }
};

struct RunEnvironmentRow {
  struct Record {
    core::RunNumber run{};
    core::DatasetNumber dataset{};
    std::int64_t environment = 0;
  };
  static constexpr std::string_view kTable = "run_environments";
  static void columns(const Record& use, auto&& put) {
    put("run_id", use.run);
    put("dataset_id", use.dataset);
    put("environment_id", use.environment);
  }
};

/// The totals of each run on each data set: the rows of run_totals, metric_totals and
/// run_environments. Those that results come for stay in memory, and each is written once in a
/// transaction, however many results it joined in it. Runs inside the caller's transactions; after
/// a failed one it must be thrown away. Owned by one thread.
class Totals {
 public:
  /// The value of a metric, by its number.
  using MetricMeans = std::vector<std::pair<std::int64_t, double>>;

  Status prepare(const Database& database);

  /// Adds a result to the totals of its run on each of its data sets.
  Status add(const core::SaveResult& save, const MetricMeans& metrics, std::int64_t environment,
             bool all_finite);
  /// Makes the totals of a run on a data set again from the results that are on disk.
  Status count(const core::SaveTotals& save);
  /// Writes what was added; call it before the commit.
  Status write();

 private:
  using Key = std::pair<core::RunNumber, core::DatasetNumber>;
  /// A row, whether a transaction wrote it already, and whether it differs from what is there.
  template <typename Record>
  struct Kept {
    Record record;
    bool is_stored = false;
    bool is_changed = false;
  };
  struct Entry {
    Kept<RunTotalsRow::Record> totals;
    std::map<std::int64_t, Kept<MetricTotalsRow::Record>> metrics;
    std::map<std::int64_t, Kept<RunEnvironmentRow::Record>> environments;
  };

  Result<Entry*> entry_of(const Key& key);
  Status load(Entry& entry, const Key& key);
  Status write(Entry& entry);

  Statement find_totals_;
  Statement find_metrics_;
  Statement find_environments_;
  std::array<Statement, 3> clear_;
  std::array<Statement, 3> count_;
  Insert<RunTotalsRow> add_totals_;
  Update<RunTotalsRow> change_totals_;
  Insert<MetricTotalsRow> add_metric_;
  Update<MetricTotalsRow> change_metric_;
  Insert<RunEnvironmentRow> add_environment_;
  std::map<Key, Entry> entries_;  ///< as they will be on disk once the transaction is
  std::set<Key> changed_;
};

}  // namespace cox::store

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>

#include "base/status.h"
#include "coordinator/core/effect.h"
#include "coordinator/store/sqlite.h"

namespace cox::store {

/// The totals of each run on each data set, by environment: the rows of run_totals. Those that
/// results come for stay in memory, and each is written once a transaction, however many results it
/// joined in it. Runs inside the caller's transactions; after a failed one it must be thrown away.
/// Owned by one thread.
class Totals {
 public:
  static Result<Totals> prepare(const Database& database);

  /// Adds a result to the totals of its run on each of its data sets.
  Status add(const core::SaveResult& save, std::int64_t environment, bool all_finite);
  /// Makes the totals of a run on a data set anew from the results that are on disk.
  Status count(const core::SaveTotals& save);
  /// Writes what was added; call it before the commit.
  Status write();

 private:
  /// psnr, ssim, lpips, lpips_random_trunk, train_s, early_stop_s, generate_s, total_s
  static constexpr std::size_t kValues = 8;
  using Values = std::array<double, kValues>;
  using Key = std::tuple<core::RunNumber, core::DatasetNumber, std::int64_t>;
  struct Row {
    std::int64_t results = 0;
    std::int64_t nonfinite_results = 0;
    Values sums{};
    std::array<std::int64_t, kValues> counts{};
  };

  static Values values_of(const JobOutput& result);
  Result<Row*> row_of(const Key& key);
  Status write(const Key& key, const Row& row);

  Statement find_;
  Statement write_;
  Statement clear_;
  Statement count_;
  std::map<Key, Row> rows_;  ///< as they will be on disk once the transaction is
  std::set<Key> changed_;
};

}  // namespace cox::store

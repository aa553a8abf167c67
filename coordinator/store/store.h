#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/core/effect.h"
#include "coordinator/core/records.h"
#include "coordinator/store/set_metric_value.h"

namespace cox::store {

struct StoreOptions {
  /// Pages that the database may have, 0 = as many as SQLite allows. Tests fill a "disk" with it.
  std::int64_t max_pages = 0;
};

/// The coordinator's database: one SQLite file, one writer. Holds `<path>.lock` for as long as it
/// lives. Owned by one thread at a time.
///
/// A commit that finds another file, or none, at the path fails with kDataLoss: what was
/// acknowledged is then copied to `<path>.rescued.<pid>`, and the message says so.
///
/// A commit that fails (disk full, I/O error) is rolled back, so that nothing acknowledged is lost,
/// and leaves the core ahead of the disk. The caller must then answer nobody, log the status and
/// end the process; a restart loads the state as of the last commit. Further commits are refused.
class Store {
 public:
  /// Opens or makes the database, migrating an older one after copying it to
  /// `<path>.v<old version>.backup`.
  /// kUnavailable: another process has it. kFailedPrecondition: it lies on a network file system,
  /// is no Coxswain database, or is of a newer version.
  static Result<Store> open(const std::string& path, const StoreOptions& options = {});

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// Writes the saves of `effects` durably, all or none.
  Status commit(const core::Effects& effects);
  /// Writes the saves of several events, in order, in one durable transaction: group commit.
  Status commit(std::span<const core::Effects> batch);

  /// Writes a value of a metric of scope `set` durably, replacing one over the same videos.
  /// kNotFound when there is no such run, or no such data set.
  Status save(const SetMetricValue& value);

  /// The state as of the last commit, for Core::restore.
  Result<core::Snapshot> load() const;

  /// The definition of a run as it was submitted; kNotFound when there is no such run.
  Result<std::string> run_definition(const std::string& run_digest) const;

  /// SQLite's own check of the whole file; kDataLoss with what it found.
  Status integrity_check() const;

  const std::string& path() const;

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cox::store

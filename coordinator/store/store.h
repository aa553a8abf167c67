#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/core/effect.h"
#include "coordinator/core/records.h"
#include "coordinator/store/published_result.h"
#include "coordinator/store/video_files.h"

namespace cox::store {

struct StoreOptions {
  /// Most pages that the database may have; 0 = as many as SQLite allows. Tests fill a "disk" with
  /// it.
  std::int64_t max_pages = 0;
  /// How long a statement waits for a lock that another program holds.
  DurationUs lock_patience = 300 * kSecondUs;
};

/// The coordinator's database: one SQLite file, one writer. Locks `<path>.lock` and the file itself
/// for as long as it lives, so no other name of the file lets a second writer in. Owned by one
/// thread at a time.
///
/// A commit that finds another file, or none, at the path of the database or of its log fails with
/// kDataLoss: what was acknowledged is then copied to `<path>.rescued.<pid>`, and the message names
/// so.
///
/// A commit that fails (disk full, I/O error) is rolled back, so that nothing acknowledged is lost,
/// and leaves the core ahead of the disk. The caller must then answer no call, log the status and
/// end the process; a restart loads the state as of the last commit. Further commits are refused.
class Store {
 public:
  /// Opens or creates the database. Migrates an older one after copying it to
  /// `<path>.v<old version>.backup`.
  /// kUnavailable: another process uses it. kFailedPrecondition: it is on a network file system, is
  /// not a Coxswain database, or has a newer version. kDataLoss: it is damaged; the message says
  /// how to recover.
  static Result<Store> open(const std::string& path, const StoreOptions& options = {});

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// Writes the saves of `effects` durably, all or none.
  Status commit(const core::Effects& effects);
  /// Writes the saves of several events, in order, in one durable transaction: group commit.
  Status commit(std::span<const core::Effects> batch);

  /// Replaces durably what `source` published.
  Status publish(const std::string& source, const std::vector<PublishedResult>& results);

  /// The videos of every finished job, also of runs that no series names any more.
  Result<std::vector<VideoFiles>> video_files() const;
  /// Notes durably that the generated videos of these jobs (rows of the table jobs) are gone.
  Status forget_generated(const std::vector<std::int64_t>& jobs);

  /// The state as of the last commit, for Core::restore. kDataLoss when its rows do not fit
  /// together.
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

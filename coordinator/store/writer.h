#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/status.h"
#include "coordinator/core/effect.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/totals.h"

namespace cox::store {

/// Turns saves into rows: every INSERT and UPDATE of the program is here, in result_writer.cpp
/// and in totals.cpp.
/// Runs inside a transaction of the caller's. Owned by one thread.
class Writer {
 public:
  static Result<Writer> prepare(const Database& database);

  Status write(const core::Save& save);
  /// What is written once per transaction; call it before the commit.
  Status finish_transaction();

 private:
  friend struct SaveVisitor;
  Writer() = default;
  Status write_jobs(const core::SaveJobs& save);
  Status write_dataset(const core::SaveDataset& save);
  Status write_result(const core::SaveResult& save);
  Result<std::int64_t> environment_of(const Provenance& provenance);

  Statement series_;
  Statement video_;
  Statement dataset_;
  Statement dataset_video_;
  Statement submission_;
  Statement run_;
  Statement member_;
  Statement job_;
  Statement job_state_;
  Statement worker_;
  Statement attempt_;
  Statement attempt_end_;
  Statement event_;
  Statement environment_;
  Statement find_environment_;
  Statement result_;
  Statement result_details_;
  Statement last_lease_;
  Totals totals_;
  std::unordered_map<std::string, std::int64_t> environments_;
  std::string environment_key_;        ///< kept for its memory
  core::LeaseNumber granted_lease_{};  ///< highest in this transaction, 0 when none was granted
};

}  // namespace cox::store

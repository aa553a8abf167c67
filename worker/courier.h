#pragma once

#include <thread>

#include "base/mutex.h"
#include "worker/client.h"
#include "worker/spool.h"

namespace cox::worker {

/// Delivers finished reports to the coordinator next to the job loop: writes each to the spool,
/// then a thread sends what the spool holds. Reports that are added during a call are sent together
/// in the next. Thread-safe.
class Courier {
 public:
  /// `client` and `spool` must outlive it.
  Courier(Client& client, Spool& spool);
  /// Waits for the current call; what is not delivered stays in the spool.
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// Returns once the report is on disk; it is sent soon.
  Status add(const v1::JobReport& report);

  /// Tries once to deliver everything in the spool. The error is is_unreachable() when the
  /// coordinator did not answer; after any other error retrying would not help.
  Status flush();

 private:
  void work(const std::stop_token& stopping);
  Status deliver();
  Status send(const std::vector<Spool::Entry>& entries);
  Status settle(const Spool::Entry& entry, const v1::Verdict& verdict);

  Client& client_;
  Spool& spool_;

  Mutex mutex_;
  CondVar changed_;
  bool wanted_ COX_GUARDED_BY(mutex_) = false;  ///< a round was requested since the last one began
  bool busy_ COX_GUARDED_BY(mutex_) = false;
  Status last_ COX_GUARDED_BY(mutex_);  ///< result of the last round
  std::jthread thread_;                 // last: it uses all of the above
};

}  // namespace cox::worker

#pragma once

#include <thread>

#include "base/mutex.h"
#include "worker/client.h"
#include "worker/spool.h"

namespace cox::worker {

/// Carries finished reports to the coordinator beside the job loop: each goes to the spool first,
/// then a thread sends what the spool holds. While a call is under way more may gather; they leave
/// together with the next. No report waits for another. Thread-safe.
class Courier {
 public:
  /// What it borrows must outlive it.
  Courier(Client& client, Spool& spool);
  /// Ends after the call under way; what is not delivered stays in the spool.
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// Success once the report is on disk; it is sent soon.
  Status add(const v1::JobReport& report);

  /// Tries once to deliver everything that is spooled, and says how that went: is_unreachable()
  /// when the coordinator did not answer, another error when trying again would be in vain.
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
  bool wanted_ COX_GUARDED_BY(mutex_) = false;  ///< since the last round began
  bool busy_ COX_GUARDED_BY(mutex_) = false;
  Status last_ COX_GUARDED_BY(mutex_);  ///< how the last round went
  std::jthread thread_;                 // last: it uses all of the above
};

}  // namespace cox::worker

#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "cli/options.h"
#include "cox/v1/sweep.pb.h"

namespace cox::cli {

/// The calls that change a sweep or wait for it, wherever its coordinator is. Owned by one thread.
class SweepCalls {
 public:
  virtual ~SweepCalls() = default;
  virtual Result<v1::SubmitReply> submit(const v1::SubmitRequest& request) = 0;
  virtual Result<v1::ChangeReply> cancel(const v1::SelectRequest& request) = 0;
  virtual Result<v1::ChangeReply> pause(const v1::SelectRequest& request) = 0;
  virtual Result<v1::ChangeReply> resume(const v1::SelectRequest& request) = 0;
  virtual Result<v1::ChangeReply> retry(const v1::RetryRequest& request) = 0;
  virtual Result<v1::ProgressReply> progress(const v1::ProgressRequest& request) = 0;
};

/// A coordinator elsewhere. When nothing answers, the error names the address and what to start.
Result<std::unique_ptr<SweepCalls>> open_remote_calls(const Endpoint& endpoint);

/// A database that no coordinator holds: opens one over it in this process. For changes between two
/// runs of `cox run`.
Result<std::unique_ptr<SweepCalls>> open_database_calls(const std::string& path);

Result<std::unique_ptr<SweepCalls>> open_calls(const Place& place);

/// What to say when the coordinator at `endpoint` does not answer: keeps other errors as they are.
Status explained(const Status& status, const Endpoint& endpoint);

}  // namespace cox::cli

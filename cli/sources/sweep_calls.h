#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "cli/options.h"
#include "cox/v1/sweep.pb.h"

namespace cox::cli {

/// The calls that change a sweep or wait for it, to a coordinator elsewhere or in this process.
/// Owned by one thread.
class SweepCalls {
 public:
  virtual ~SweepCalls() = default;
  virtual Result<v1::SubmitReply> submit(const v1::SubmitRequest& request) = 0;
  virtual Result<v1::ChangeReply> cancel(const v1::SelectRequest& request) = 0;
  virtual Result<v1::ChangeReply> pause(const v1::SelectRequest& request) = 0;
  virtual Result<v1::ChangeReply> resume(const v1::SelectRequest& request) = 0;
  virtual Result<v1::ChangeReply> set_priority(const v1::PriorityRequest& request) = 0;
  virtual Result<v1::ChangeReply> retry(const v1::RetryRequest& request) = 0;
  virtual Result<v1::LabelReply> label(const v1::LabelRequest& request) = 0;
  virtual Result<v1::ProgressReply> progress(const v1::ProgressRequest& request) = 0;
};

/// Whether the command that calls has the option --db, which its error messages may then suggest.
enum class DatabaseOption { kNo, kYes };

/// Calls a coordinator elsewhere. When none answers, the error names the address and what to do.
Result<std::unique_ptr<SweepCalls>> open_remote_calls(
    const Endpoint& endpoint, DatabaseOption database_option = DatabaseOption::kNo);

/// Opens a coordinator over the database in this process. The file must exist, and no other
/// coordinator may have it open. For changes between two runs of `cox run`.
Result<std::unique_ptr<SweepCalls>> open_database_calls(const std::string& path);

Result<std::unique_ptr<SweepCalls>> open_calls(const Source& source);

/// Adds advice to the error of a coordinator that does not answer; returns other errors unchanged.
Status explained(const Status& status, const Endpoint& endpoint, DatabaseOption database_option);

/// kNotFound when there is no file at `path`, kFailedPrecondition when it is empty: a command that
/// reads or changes results never creates a database.
Status check_database_exists(const std::string& path);

}  // namespace cox::cli

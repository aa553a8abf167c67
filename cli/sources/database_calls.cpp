#include <fmt/format.h>

#include <filesystem>

#include "cli/exit_code.h"
#include "cli/sources/sweep_calls.h"
#include "coordinator/service/coordinator.h"

namespace cox::cli {

namespace {

class DatabaseCalls final : public SweepCalls {
 public:
  explicit DatabaseCalls(std::unique_ptr<service::Coordinator> coordinator)
      : coordinator_(std::move(coordinator)) {}

  Result<v1::SubmitReply> submit(const v1::SubmitRequest& request) override {
    return coordinator_->submit(request);
  }
  Result<v1::ChangeReply> cancel(const v1::SelectRequest& request) override {
    return coordinator_->cancel(request);
  }
  Result<v1::ChangeReply> pause(const v1::SelectRequest& request) override {
    return coordinator_->pause(request);
  }
  Result<v1::ChangeReply> resume(const v1::SelectRequest& request) override {
    return coordinator_->resume(request);
  }
  Result<v1::ChangeReply> set_priority(const v1::PriorityRequest& request) override {
    return coordinator_->set_priority(request);
  }
  Result<v1::ChangeReply> retry(const v1::RetryRequest& request) override {
    return coordinator_->retry(request);
  }
  Result<v1::LabelReply> label(const v1::LabelRequest& request) override {
    return coordinator_->label(request);
  }
  Result<v1::ProgressReply> progress(const v1::ProgressRequest& request) override {
    return coordinator_->progress(request);
  }

 private:
  std::unique_ptr<service::Coordinator> coordinator_;
};

}  // namespace

Status check_database_exists(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory) {
    return not_found(
        fmt::format("no database '{}': 'cox run' and 'cox coordinator' create one", path));
  }
  // The code that opens the file reports other errors in more detail.
  if (error || size > 0) return Status::ok();
  return failed_precondition(
      fmt::format("'{}' is an empty file, not a database: 'cox run' and 'cox coordinator' create "
                  "one",
                  path));
}

Result<std::unique_ptr<SweepCalls>> open_database_calls(const std::string& path) {
  COX_RETURN_IF_ERROR(check_database_exists(path));
  service::CoordinatorOptions options;
  options.database = path;
  auto coordinator = service::Coordinator::open(options);
  if (!coordinator.is_ok()) return of_surroundings(coordinator.status());
  return std::unique_ptr<SweepCalls>(
      std::make_unique<DatabaseCalls>(std::move(coordinator).value()));
}

Result<std::unique_ptr<SweepCalls>> open_calls(const Source& source) {
  return source.database.empty() ? open_remote_calls(source.endpoint, DatabaseOption::kYes)
                                 : open_database_calls(source.database);
}

}  // namespace cox::cli

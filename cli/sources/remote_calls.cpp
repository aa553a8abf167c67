#include <fmt/format.h>

#include <chrono>

#include "base/text.h"
#include "cli/sources/sweep_calls.h"
#include "cox/v1/sweep.grpc.pb.h"
#include "proto/connection.h"

namespace cox::cli {

namespace {

constexpr std::chrono::milliseconds kChangeDeadline{120'000};  ///< a submission of a whole study
constexpr std::chrono::milliseconds kAnswerMargin{
    10'000};  ///< added to the wait that a call requests

class RemoteCalls final : public SweepCalls {
 public:
  RemoteCalls(std::unique_ptr<Connection<v1::SweepService>> connection,
              DatabaseOption database_option)
      : connection_(std::move(connection)), database_option_(database_option) {}

  Result<v1::SubmitReply> submit(const v1::SubmitRequest& request) override {
    return call(&v1::SweepService::Stub::Submit, request, kChangeDeadline);
  }
  Result<v1::ChangeReply> cancel(const v1::SelectRequest& request) override {
    return call(&v1::SweepService::Stub::Cancel, request, kChangeDeadline);
  }
  Result<v1::ChangeReply> pause(const v1::SelectRequest& request) override {
    return call(&v1::SweepService::Stub::Pause, request, kChangeDeadline);
  }
  Result<v1::ChangeReply> resume(const v1::SelectRequest& request) override {
    return call(&v1::SweepService::Stub::Resume, request, kChangeDeadline);
  }
  Result<v1::ChangeReply> set_priority(const v1::PriorityRequest& request) override {
    return call(&v1::SweepService::Stub::SetPriority, request, kChangeDeadline);
  }
  Result<v1::ChangeReply> retry(const v1::RetryRequest& request) override {
    return call(&v1::SweepService::Stub::Retry, request, kChangeDeadline);
  }
  Result<v1::LabelReply> label(const v1::LabelRequest& request) override {
    return call(&v1::SweepService::Stub::Label, request, kChangeDeadline);
  }
  Result<v1::ProgressReply> progress(const v1::ProgressRequest& request) override {
    const auto deadline = std::chrono::milliseconds(request.wait_ms()) + kAnswerMargin;
    return call(&v1::SweepService::Stub::Progress, request, deadline);
  }

 private:
  template <typename Request, typename Reply>
  Result<Reply> call(Connection<v1::SweepService>::Method<Request, Reply> method,
                     const Request& request, std::chrono::milliseconds deadline) {
    Result<Reply> reply = connection_->call(method, request, deadline);
    if (reply.is_ok()) return reply;
    return explained(reply.status(), connection_->endpoint(), database_option_);
  }

  std::unique_ptr<Connection<v1::SweepService>> connection_;
  DatabaseOption database_option_;
};

}  // namespace

Status explained(const Status& status, const Endpoint& endpoint, DatabaseOption database_option) {
  if (status.code() == StatusCode::kCancelled) {
    return unavailable(fmt::format("the coordinator at {} stopped during the call; start it again",
                                   endpoint.address));
  }
  if (status.code() != StatusCode::kUnavailable) return status;
  std::vector<std::string> advice;
  if (is_loopback(endpoint.address)) {
    advice.push_back(fmt::format("start one with 'cox coordinator --db {} --listen {}'",
                                 kDefaultDatabase, endpoint.address));
  }
  advice.push_back(endpoint.ca_file.empty()
                       ? "if it uses TLS, add --ca-file FILE (or COX_CA_FILE)"
                       : fmt::format("check that '{}' is its CA certificate and names the host, or "
                                     "leave out --ca-file if it does not use TLS",
                                     endpoint.ca_file));
  advice.push_back(database_option == DatabaseOption::kYes
                       ? "name another with --coordinator HOST:PORT or a database with --db FILE"
                       : "name another with --coordinator HOST:PORT");
  return unavailable(fmt::format("no coordinator answers at {}; {} ({})", endpoint.address,
                                 join(advice, "; or "), status.message()));
}

Result<std::unique_ptr<SweepCalls>> open_remote_calls(const Endpoint& endpoint,
                                                      DatabaseOption database_option) {
  COX_ASSIGN_OR_RETURN(auto connection, Connection<v1::SweepService>::open(endpoint));
  return std::unique_ptr<SweepCalls>(
      std::make_unique<RemoteCalls>(std::move(connection), database_option));
}

}  // namespace cox::cli

#include <chrono>

#include "base/text.h"
#include "cli/sources/sweep_calls.h"
#include "cox/v1/sweep.grpc.pb.h"
#include "proto/channel.h"

namespace cox::cli {

namespace {

constexpr std::chrono::milliseconds kChangeDeadline{120'000};  ///< a submission of a whole study
constexpr std::chrono::milliseconds kAnswerMargin{10'000};     ///< on top of a wait that was asked

class RemoteCalls final : public SweepCalls {
 public:
  RemoteCalls(const Endpoint& endpoint, const std::shared_ptr<grpc::Channel>& channel)
      : endpoint_(endpoint), stub_(v1::SweepService::NewStub(channel)) {}

  Result<v1::SubmitReply> submit(const v1::SubmitRequest& request) override {
    return call<v1::SubmitReply>(&v1::SweepService::Stub::Submit, request, kChangeDeadline);
  }
  Result<v1::ChangeReply> cancel(const v1::SelectRequest& request) override {
    return call<v1::ChangeReply>(&v1::SweepService::Stub::Cancel, request, kChangeDeadline);
  }
  Result<v1::ChangeReply> pause(const v1::SelectRequest& request) override {
    return call<v1::ChangeReply>(&v1::SweepService::Stub::Pause, request, kChangeDeadline);
  }
  Result<v1::ChangeReply> resume(const v1::SelectRequest& request) override {
    return call<v1::ChangeReply>(&v1::SweepService::Stub::Resume, request, kChangeDeadline);
  }
  Result<v1::ChangeReply> retry(const v1::RetryRequest& request) override {
    return call<v1::ChangeReply>(&v1::SweepService::Stub::Retry, request, kChangeDeadline);
  }
  Result<v1::ProgressReply> progress(const v1::ProgressRequest& request) override {
    const auto deadline = std::chrono::milliseconds(request.wait_ms()) + kAnswerMargin;
    return call<v1::ProgressReply>(&v1::SweepService::Stub::Progress, request, deadline);
  }

 private:
  template <typename Reply, typename Method, typename Request>
  Result<Reply> call(Method method, const Request& request, std::chrono::milliseconds deadline) {
    grpc::ClientContext context;
    prepare(context, endpoint_, deadline);
    Reply reply;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &reply);
    if (!status.ok()) return explained(from_grpc(status), endpoint_);
    return reply;
  }

  Endpoint endpoint_;
  std::unique_ptr<v1::SweepService::Stub> stub_;
};

}  // namespace

Status explained(const Status& status, const Endpoint& endpoint) {
  if (status.code() != StatusCode::kUnavailable) return status;
  return unavailable(concat("no coordinator answers at ", endpoint.address,
                            "; start one with 'cox coordinator --listen ", endpoint.address,
                            "', or name another with --coordinator HOST:PORT or a database with ",
                            "--db FILE (", status.message(), ")"));
}

Result<std::unique_ptr<SweepCalls>> open_remote_calls(const Endpoint& endpoint) {
  COX_ASSIGN_OR_RETURN(const auto channel, open_channel(endpoint));
  return std::unique_ptr<SweepCalls>(std::make_unique<RemoteCalls>(endpoint, channel));
}

}  // namespace cox::cli

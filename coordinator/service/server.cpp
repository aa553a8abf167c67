#include "coordinator/service/server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "coordinator/service/gate.h"
#include "coordinator/service/key_pair.h"
#include "coordinator/service/listen_address.h"
#include "cox/v1/sweep.grpc.pb.h"
#include "cox/v1/worker.grpc.pb.h"
#include "proto/channel.h"

namespace cox::service {

namespace {

using grpc::ServerContext;

/// How long calls in progress have to end after shutdown() began; none waits longer on purpose.
constexpr std::chrono::seconds kShutdownGrace{5};

constexpr int kKeptHandlers = 64;  ///< idle threads that are kept for calls to come

/// Checks the role, calls the coordinator, and hands its answer or error over.
template <typename Request, typename Reply>
grpc::Status serve(const Gate& gate, const ServerContext* context, Role role,
                   Coordinator& coordinator, Result<Reply> (Coordinator::*call)(const Request&),
                   const Request* request, Reply* reply) {
  if (const Status status = gate.check(*context, role); !status.is_ok()) return to_grpc(status);
  Result<Reply> result = (coordinator.*call)(*request);
  if (!result.is_ok()) return to_grpc(result.status());
  *reply = std::move(result).value();
  return grpc::Status::OK;
}

class Sweeps final : public v1::SweepService::Service {
 public:
  Sweeps(Coordinator& coordinator, const Gate& gate) : coordinator_(coordinator), gate_(gate) {}

  grpc::Status Submit(ServerContext* context, const v1::SubmitRequest* request,
                      v1::SubmitReply* reply) override {
    return serve(gate_, context, Role::kSubmit, coordinator_, &Coordinator::submit, request, reply);
  }
  grpc::Status Cancel(ServerContext* context, const v1::SelectRequest* request,
                      v1::ChangeReply* reply) override {
    return serve(gate_, context, Role::kSubmit, coordinator_, &Coordinator::cancel, request, reply);
  }
  grpc::Status Pause(ServerContext* context, const v1::SelectRequest* request,
                     v1::ChangeReply* reply) override {
    return serve(gate_, context, Role::kSubmit, coordinator_, &Coordinator::pause, request, reply);
  }
  grpc::Status Resume(ServerContext* context, const v1::SelectRequest* request,
                      v1::ChangeReply* reply) override {
    return serve(gate_, context, Role::kSubmit, coordinator_, &Coordinator::resume, request, reply);
  }
  grpc::Status Retry(ServerContext* context, const v1::RetryRequest* request,
                     v1::ChangeReply* reply) override {
    return serve(gate_, context, Role::kSubmit, coordinator_, &Coordinator::retry, request, reply);
  }
  grpc::Status Progress(ServerContext* context, const v1::ProgressRequest* request,
                        v1::ProgressReply* reply) override {
    return serve(gate_, context, Role::kRead, coordinator_, &Coordinator::progress, request, reply);
  }
  grpc::Status Query(ServerContext* context, const v1::QueryRequest* request,
                     grpc::ServerWriter<v1::QueryReply>* writer) override {
    if (const Status status = gate_.check(*context, Role::kRead); !status.is_ok()) {
      return to_grpc(status);
    }
    return to_grpc(coordinator_.query(
        *request, [&](const v1::QueryReply& reply) { return writer->Write(reply); }));
  }

 private:
  Coordinator& coordinator_;
  const Gate& gate_;
};

class Workers final : public v1::WorkerService::Service {
 public:
  Workers(Coordinator& coordinator, const Gate& gate) : coordinator_(coordinator), gate_(gate) {}

  grpc::Status Register(ServerContext* context, const v1::RegisterRequest* request,
                        v1::RegisterReply* reply) override {
    return serve(gate_, context, Role::kWork, coordinator_, &Coordinator::register_worker, request,
                 reply);
  }
  grpc::Status Lease(ServerContext* context, const v1::LeaseRequest* request,
                     v1::LeaseReply* reply) override {
    return serve(gate_, context, Role::kWork, coordinator_, &Coordinator::lease, request, reply);
  }
  grpc::Status Heartbeat(ServerContext* context, const v1::HeartbeatRequest* request,
                         v1::HeartbeatReply* reply) override {
    return serve(gate_, context, Role::kWork, coordinator_, &Coordinator::heartbeat, request,
                 reply);
  }
  grpc::Status Report(ServerContext* context, const v1::ReportRequest* request,
                      v1::ReportReply* reply) override {
    return serve(gate_, context, Role::kWork, coordinator_, &Coordinator::report, request, reply);
  }
  grpc::Status Leave(ServerContext* context, const v1::LeaveRequest* request,
                     v1::LeaveReply* reply) override {
    return serve(gate_, context, Role::kWork, coordinator_, &Coordinator::leave, request, reply);
  }

 private:
  Coordinator& coordinator_;
  const Gate& gate_;
};

Status check_exposure(const ServerOptions& options) {
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return invalid_argument("TLS needs both a certificate and its key");
  }
  if (is_loopback(options.address)) return Status::ok();
  if (!options.tls_certificate.empty() && !options.token_file.empty()) return Status::ok();
  return failed_precondition(
      concat("listening on '", options.address,
             "' lets other machines in: it needs TLS (certificate and key) and a token file; "
             "listen on 127.0.0.1 to need neither"));
}

Result<std::shared_ptr<grpc::ServerCredentials>> credentials_of(const ServerOptions& options) {
  if (options.tls_certificate.empty()) return grpc::InsecureServerCredentials();
  COX_ASSIGN_OR_RETURN(const KeyPair pair, KeyPair::load(options.tls_certificate, options.tls_key));
  grpc::SslServerCredentialsOptions tls;
  tls.pem_key_cert_pairs.push_back({pair.key, pair.certificate});
  return grpc::SslServerCredentials(tls);
}

/// Who may come in, and by what the server proves who it is.
struct Access {
  Gate gate;
  std::shared_ptr<grpc::ServerCredentials> credentials;
};

/// Fails for what no server can be started with.
Result<Access> access_of(const ServerOptions& options) {
  COX_RETURN_IF_ERROR(check_exposure(options));
  Access access;
  if (!options.token_file.empty()) {
    COX_ASSIGN_OR_RETURN(access.gate, Gate::load(options.token_file));
  }
  COX_ASSIGN_OR_RETURN(access.credentials, credentials_of(options));
  COX_RETURN_IF_ERROR(check_listen_address(options.address));
  return access;
}

void set_wire_options(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(wire::kMaxMessageBytes);
  builder.SetMaxSendMessageSize(wire::kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             wire::kLeastPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, wire::kKeepaliveIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, wire::kKeepaliveTimeoutMs);
  // Handlers wait for commits, so many run at once. By default gRPC keeps two of their threads and
  // starts and ends the others anew for each call: a fifth of all processor time under load.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, kKeptHandlers);
  // Else a second coordinator could take the same port and half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace

struct Server::State {
  State(Coordinator& the_coordinator, Gate the_gate)
      : coordinator(the_coordinator),
        gate(std::move(the_gate)),
        sweeps(coordinator, gate),
        workers(coordinator, gate) {}

  Coordinator& coordinator;
  const Gate gate;
  Sweeps sweeps;
  Workers workers;
  std::string address;
  std::unique_ptr<grpc::Server> server;  // last: its threads use all of the above
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() { shutdown(); }

Status Server::check(const ServerOptions& options) { return access_of(options).status(); }

Result<std::unique_ptr<Server>> Server::start(Coordinator& coordinator,
                                              const ServerOptions& options) {
  quiet_grpc();
  COX_ASSIGN_OR_RETURN(Access access, access_of(options));

  auto state = std::make_unique<State>(coordinator, std::move(access.gate));
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(options.address, std::move(access.credentials), &port);
  builder.RegisterService(&state->sweeps);
  builder.RegisterService(&state->workers);
  set_wire_options(builder);
  state->server = builder.BuildAndStart();
  if (state->server == nullptr || port <= 0) {
    return unavailable(concat("cannot listen on '", options.address,
                              "': the port is in use, or gRPC refused the certificate or the key; "
                              "choose another port, or port 0 for any free one"));
  }
  state->address = concat(options.address.substr(0, options.address.rfind(':') + 1), port);
  log(LogLevel::kInfo, "coordinator", "listening", {{"address", state->address}});
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

const std::string& Server::address() const { return state_->address; }

void Server::shutdown() {
  state_->coordinator.stop();
  state_->server->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
}

}  // namespace cox::service

#include "coordinator/service/server.h"

#include <fmt/format.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "base/text.h"
#include "coordinator/service/gate.h"
#include "coordinator/service/key_pair.h"
#include "coordinator/service/listen_address.h"
#include "coordinator/service/listening.h"
#include "coordinator/service/waiting_room.h"
#include "cox/v1/sweep.grpc.pb.h"
#include "cox/v1/worker.grpc.pb.h"
#include "proto/channel.h"

namespace cox::service {

namespace {

using grpc::ServerContext;

/// How long calls in progress have to end after shutdown() began; none waits longer on purpose.
constexpr std::chrono::seconds kShutdownGrace{5};

/// Each query holds a thread, a connection to the database and its memory.
constexpr int kMostQueries = 32;

/// A connection without a call is closed after this time, so that idle connections cannot use up
/// all descriptors; clients reconnect by themselves.
constexpr int kIdleConnectionMs = 120'000;
constexpr int kHandshakeTimeoutMs = 20'000;

// Probes whether the server still accepts connections; one that does not is restarted.
constexpr std::chrono::milliseconds kProbeInterval{5'000};
constexpr std::chrono::milliseconds kProbePatience{5'000};
constexpr int kFailedProbes = 2;
constexpr int kMostRestarts = 10;  ///< in a row without one that helps

constexpr int kKeptHandlers = 64;  ///< idle threads that are kept

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

/// Cancels a call that lasts longer than `time`.
class CancelAfter {
 public:
  CancelAfter(std::chrono::seconds time, ServerContext& context)
      : thread_([this, time, &context](const std::stop_token& stopping) {
          const auto end = std::chrono::steady_clock::now() + time;
          MutexLock lock(mutex_);
          while (!stopping.stop_requested()) {
            const auto left = end - std::chrono::steady_clock::now();
            if (left <= left.zero()) return context.TryCancel();
            ended_.wait_for(mutex_, std::chrono::ceil<std::chrono::microseconds>(left));
          }
        }) {}
  ~CancelAfter() {
    MutexLock lock(mutex_);
    thread_.request_stop();
    ended_.notify_all();
  }
  CancelAfter(const CancelAfter&) = delete;
  CancelAfter& operator=(const CancelAfter&) = delete;

 private:
  Mutex mutex_;
  CondVar ended_;
  std::jthread thread_;
};

/// As serve(), for a call that may wait for its answer: it holds no thread while it waits.
template <typename Request, typename Reply>
grpc::ServerUnaryReactor* serve_waiting(
    const Gate& gate, grpc::CallbackServerContext* context, Role role, WaitingRoom& room,
    Coordinator& coordinator,
    Result<std::optional<Reply>> (Coordinator::*look)(const Request&, bool), const Request* request,
    Reply* reply) {
  if (const Status status = gate.check(*context, role); !status.is_ok()) {
    grpc::ServerUnaryReactor* const refusal = context->DefaultReactor();
    refusal->Finish(to_grpc(status));
    return refusal;
  }
  const std::chrono::milliseconds wait(request->wait_ms());
  return room.enter(wait, [=, &coordinator](bool last) -> std::optional<grpc::Status> {
    Result<std::optional<Reply>> found = (coordinator.*look)(*request, last);
    if (!found.is_ok()) return to_grpc(found.status());
    if (!found->has_value()) return std::nullopt;
    *reply = std::move(**found);
    return grpc::Status::OK;
  });
}

class Sweeps final
    : public v1::SweepService::WithCallbackMethod_Progress<v1::SweepService::Service> {
 public:
  Sweeps(Coordinator& coordinator, const Gate& gate, WaitingRoom& room,
         std::chrono::seconds longest_query)
      : coordinator_(coordinator), gate_(gate), room_(room), longest_query_(longest_query) {}

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
  grpc::Status ChangeWorker(ServerContext* context, const v1::ChangeWorkerRequest* request,
                            v1::ChangeWorkerReply* reply) override {
    return serve(gate_, context, Role::kSubmit, coordinator_, &Coordinator::change_worker, request,
                 reply);
  }
  grpc::Status SetPriority(ServerContext* context, const v1::PriorityRequest* request,
                           v1::ChangeReply* reply) override {
    return serve(gate_, context, Role::kSubmit, coordinator_, &Coordinator::set_priority, request,
                 reply);
  }
  grpc::Status Retry(ServerContext* context, const v1::RetryRequest* request,
                     v1::ChangeReply* reply) override {
    return serve(gate_, context, Role::kSubmit, coordinator_, &Coordinator::retry, request, reply);
  }
  grpc::Status Label(ServerContext* context, const v1::LabelRequest* request,
                     v1::LabelReply* reply) override {
    return serve(gate_, context, Role::kSubmit, coordinator_, &Coordinator::label, request, reply);
  }
  grpc::ServerUnaryReactor* Progress(grpc::CallbackServerContext* context,
                                     const v1::ProgressRequest* request,
                                     v1::ProgressReply* reply) override {
    return serve_waiting(gate_, context, Role::kRead, room_, coordinator_,
                         &Coordinator::try_progress, request, reply);
  }
  grpc::Status Query(ServerContext* context, const v1::QueryRequest* request,
                     grpc::ServerWriter<v1::QueryReply>* writer) override {
    if (const Status status = gate_.check(*context, Role::kRead); !status.is_ok()) {
      return to_grpc(status);
    }
    const Slot slot(queries_);
    if (slot.number() > kMostQueries) {
      return {grpc::StatusCode::RESOURCE_EXHAUSTED,
              fmt::format("{} queries are already running: retry later", kMostQueries)};
    }
    // A caller that reads nothing would hold the thread and the database's log for ever.
    const CancelAfter limit(longest_query_, *context);
    return to_grpc(coordinator_.query(
        *request, [&](const v1::QueryReply& reply) { return writer->Write(reply); }));
  }

 private:
  /// Counts itself while it lives.
  class Slot {
   public:
    explicit Slot(std::atomic<int>& count) : count_(count), number_(++count) {}
    ~Slot() { --count_; }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    int number() const { return number_; }

   private:
    std::atomic<int>& count_;
    int number_;
  };

  Coordinator& coordinator_;
  const Gate& gate_;
  WaitingRoom& room_;
  const std::chrono::seconds longest_query_;
  std::atomic<int> queries_{0};
};

class Workers final
    : public v1::WorkerService::WithCallbackMethod_Lease<v1::WorkerService::Service> {
 public:
  Workers(Coordinator& coordinator, const Gate& gate, WaitingRoom& room)
      : coordinator_(coordinator), gate_(gate), room_(room) {}

  grpc::Status Register(ServerContext* context, const v1::RegisterRequest* request,
                        v1::RegisterReply* reply) override {
    return serve(gate_, context, Role::kWork, coordinator_, &Coordinator::register_worker, request,
                 reply);
  }
  grpc::ServerUnaryReactor* Lease(grpc::CallbackServerContext* context,
                                  const v1::LeaseRequest* request, v1::LeaseReply* reply) override {
    return serve_waiting(gate_, context, Role::kWork, room_, coordinator_, &Coordinator::try_lease,
                         request, reply);
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
  WaitingRoom& room_;
};

Status check_exposure(const ServerOptions& options) {
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return invalid_argument("TLS needs both a certificate and its key");
  }
  const Result<Address> address = parse_address(options.address, AddressUse::kListen);
  if (!address.is_ok()) return address.status().with_context("cannot listen");
  if (address->is_loopback()) return Status::ok();
  if (!options.tls_certificate.empty() && !options.token_file.empty()) return Status::ok();
  return failed_precondition(
      fmt::format("listening on '{}' admits other machines: give a TLS certificate, its key and a "
                  "token file, or listen on 127.0.0.1, which needs none of them",
                  options.address));
}

Result<std::shared_ptr<grpc::ServerCredentials>> credentials_of(const ServerOptions& options) {
  if (options.tls_certificate.empty()) return grpc::InsecureServerCredentials();
  COX_ASSIGN_OR_RETURN(const KeyPair pair, KeyPair::load(options.tls_certificate, options.tls_key));
  grpc::SslServerCredentialsOptions tls;
  tls.pem_key_cert_pairs.push_back({pair.key, pair.certificate});
  return grpc::SslServerCredentials(tls);
}

/// Who may call, and the server's certificate.
struct Access {
  Gate gate;
  std::shared_ptr<grpc::ServerCredentials> credentials;
};

/// Fails when no server can be started with the options.
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
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleConnectionMs);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  // Handlers wait for commits, so there are many threads. By default gRPC keeps two of their
  // threads and starts another for each call beyond: a fifth of all processor time under load.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, kKeptHandlers);
  // Reuse would let a second coordinator take the same port and half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace

struct Server::State {
  State(Coordinator& the_coordinator, Access access, std::chrono::seconds longest_query)
      : coordinator(the_coordinator),
        gate(std::move(access.gate)),
        credentials(std::move(access.credentials)),
        room(coordinator),
        sweeps(coordinator, gate, room, longest_query),
        workers(coordinator, gate, room) {}

  /// Listens on `wanted` and sets `address`.
  Status listen(const std::string& wanted) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(wanted, credentials, &port);
    builder.RegisterService(&sweeps);
    builder.RegisterService(&workers);
    set_wire_options(builder);
    server = builder.BuildAndStart();
    if (server == nullptr || port <= 0) {
      return unavailable(
          fmt::format("cannot listen on '{}': the port is in use, or gRPC refused the certificate "
                      "or the key; choose another port, or port 0 for any free one",
                      wanted));
    }
    const bool is_path = starts_with(wanted, "unix:");
    address = is_path ? wanted : fmt::format("{}{}", wanted.substr(0, wanted.rfind(':') + 1), port);
    return Status::ok();
  }

  void watch_over(const std::stop_token& stopping) {
    int failures = 0;
    int restarts = 0;
    while (!stopping.stop_requested() && restarts <= kMostRestarts) {
      for (auto slept = kProbeInterval.zero(); slept < kProbeInterval; slept += kProbeLook) {
        if (stopping.stop_requested()) return;
        std::this_thread::sleep_for(kProbeLook);
      }
      const Status status = probe_listener(address, kProbePatience);
      failures = status.is_ok() ? 0 : failures + 1;
      if (status.is_ok()) restarts = 0;
      if (failures < kFailedProbes) continue;
      log(LogLevel::kError, "coordinator", "no longer accepts connections; listening again",
          {{"address", address}, {"error", status.message()}});
      ++restarts;
      restart(status);
    }
    if (restarts > kMostRestarts) give_up();
  }

  void give_up() {
    MutexLock lock(mutex);
    lasting = unavailable(
        fmt::format("'{}' accepts no connections after {} restarts: check the limit of open files "
                    "(ulimit -n)",
                    address, kMostRestarts));
  }

  /// Every connection ends, which frees their descriptors; clients connect again.
  void restart(const Status& why) {
    MutexLock lock(mutex);
    if (closed) return;
    if (server != nullptr) server->Shutdown(std::chrono::system_clock::now() + kRestartGrace);
    server = nullptr;
    const Status listening = listen(address);
    lasting = listening.is_ok() ? Status::ok() : listening.with_context(why.message());
  }

  static constexpr std::chrono::milliseconds kProbeLook{100};
  static constexpr std::chrono::milliseconds kRestartGrace{200};

  Coordinator& coordinator;
  const Gate gate;
  const std::shared_ptr<grpc::ServerCredentials> credentials;
  WaitingRoom room;
  Sweeps sweeps;
  Workers workers;
  std::string address;
  Mutex mutex;
  Status lasting COX_GUARDED_BY(mutex);  ///< why it listens no more
  bool closed COX_GUARDED_BY(mutex) = false;
  std::unique_ptr<grpc::Server> server;  // its threads use all of the above
  std::jthread watcher;                  // last: it replaces the server
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() { shutdown(); }

Status Server::check(const ServerOptions& options) { return access_of(options).status(); }

Result<std::unique_ptr<Server>> Server::start(Coordinator& coordinator,
                                              const ServerOptions& options) {
  set_up_grpc();
  raise_file_limit();
  COX_ASSIGN_OR_RETURN(Access access, access_of(options));
  auto state = std::make_unique<State>(coordinator, std::move(access),
                                       std::chrono::seconds(options.longest_query_s));
  COX_RETURN_IF_ERROR(state->listen(options.address));
  log(LogLevel::kInfo, "coordinator", "listening", {{"address", state->address}});
  state->watcher = std::jthread(
      [here = state.get()](const std::stop_token& stopping) { here->watch_over(stopping); });
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

const std::string& Server::address() const { return state_->address; }

Status Server::stopped() const {
  MutexLock lock(state_->mutex);
  return state_->lasting;
}

void Server::shutdown() {
  state_->watcher.request_stop();
  state_->coordinator.stop();
  MutexLock lock(state_->mutex);
  state_->closed = true;
  if (state_->server == nullptr) return;
  state_->server->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
}

}  // namespace cox::service

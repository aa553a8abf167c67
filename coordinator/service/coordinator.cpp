#include "coordinator/service/coordinator.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "base/log.h"
#include "coordinator/service/convert.h"
#include "coordinator/service/definition.h"
#include "coordinator/service/drained_workers.h"
#include "coordinator/service/ledger.h"
#include "coordinator/service/share.h"
#include "coordinator/service/submission.h"
#include "coordinator/service/validate.h"
#include "coordinator/service/worker_activities.h"
#include "coordinator/service/worker_log.h"
#include "coordinator/store/read_only.h"
#include "coordinator/store/snapshot_check.h"
#include "proto/channel.h"
#include "proto/convert.h"

namespace cox::service {

namespace {

using std::chrono::steady_clock;

constexpr int kRowsInReply = 256;
constexpr int kSilentHeartbeats = 3;  ///< after which a worker's activity is not shown any more
constexpr int kHeartbeatsInLease = 3;

Status check_options(const CoordinatorOptions& options) {
  if (options.tick <= 0 || options.heartbeat <= 0 ||
      options.lease < kHeartbeatsInLease * options.heartbeat || options.reconnect_grace <= 0) {
    return invalid_argument(fmt::format(
        "expected positive times and a lease of at least {} heartbeats, got lease {} us, "
        "heartbeat {} us, tick {} us",
        kHeartbeatsInLease, options.lease, options.heartbeat, options.tick));
  }
  return Status::ok();
}

steady_clock::time_point deadline_of(std::int64_t wait_ms) {
  return steady_clock::now() + std::chrono::milliseconds(wait_ms);
}

Status check_wait(std::int64_t wait_ms) {
  if (wait_ms >= 0 && wait_ms <= Coordinator::kMaxWaitMs) return Status::ok();
  return invalid_argument(
      fmt::format("wait_ms: expected 0 to {}, got {}", Coordinator::kMaxWaitMs, wait_ms));
}

}  // namespace

struct Coordinator::State {
  State(const CoordinatorOptions& wanted, const Clock& the_clock, core::Core core,
        store::Store store)
      : options(wanted),
        clock(the_clock),
        ledger(std::move(core), std::move(store), the_clock),
        ticker([this](std::stop_token stopping) { tick(stopping); }) {}

  void tick(const std::stop_token& stopping) {
    while (!stopping.stop_requested()) {
      std::this_thread::sleep_for(std::chrono::microseconds(options.tick));
      // A stopped ledger has logged why, and answers every call with it.
      if (!ledger.tick().is_ok()) return;
    }
  }

  /// The answer of type T once it is on disk, or the core's refusal.
  template <typename T>
  Result<T> ask(core::Event event) {
    COX_ASSIGN_OR_RETURN(const core::Effects effects, ledger.apply(std::move(event)));
    if (const auto* refusal = effects.answer<core::Refusal>()) return refusal->status;
    const T* answer = effects.answer<T>();
    COX_CHECK(answer != nullptr, "the core gave an answer that the event does not have");
    return *answer;
  }

  /// Applies an event of type Asked to the selected jobs.
  template <typename Asked>
  Result<v1::ChangeReply> change(const v1::SelectRequest& request) {
    COX_RETURN_IF_ERROR(validate(request));
    COX_ASSIGN_OR_RETURN(core::Selection select, selection_of(request));
    COX_ASSIGN_OR_RETURN(const auto answer, ask<core::ChangeAnswer>(Asked{std::move(select)}));
    return reply_of(answer);
  }

  Status remove_worker(const std::string& name, const std::string& worker_id);
  Result<v1::LeaseReply> ask_for_lease(const core::LeaseAsked& event);
  Result<core::Reported> checked_event(const v1::JobReport& report) const;
  v1::WorkerActivity activity_of(const v1::JobProgress& progress, const core::JobNames& names);

  const CoordinatorOptions options;
  const Clock& clock;
  Ledger ledger;
  WorkerActivities activities;
  DrainedWorkers drained;
  std::atomic<bool> draining{false};
  std::jthread ticker;  // last: it uses all of the above
};

Coordinator::Coordinator(std::unique_ptr<State> state) : state_(std::move(state)) {}

Coordinator::~Coordinator() { stop(); }

Result<std::unique_ptr<Coordinator>> Coordinator::open(const CoordinatorOptions& options) {
  static const SystemClock kSystemClock;
  const Clock& clock = options.clock != nullptr ? *options.clock : kSystemClock;
  COX_RETURN_IF_ERROR(check_options(options));
  COX_ASSIGN_OR_RETURN(store::Store store, store::Store::open(options.database));
  COX_ASSIGN_OR_RETURN(core::Snapshot snapshot, store.load());
  store::bound_waits(snapshot, clock.now_us());
  COX_RETURN_IF_ERROR(set_share_keys(snapshot));
  const core::CoreConfig config = {.lease_duration = options.lease,
                                   .reconnect_grace = options.reconnect_grace};
  core::Core core = core::Core::restore(config, std::move(snapshot), clock.now_us());
  auto state = std::make_unique<State>(options, clock, std::move(core), std::move(store));
  return std::unique_ptr<Coordinator>(new Coordinator(std::move(state)));
}

Result<v1::SubmitReply> Coordinator::submit(const v1::SubmitRequest& request) {
  COX_RETURN_IF_ERROR(validate(request));
  COX_ASSIGN_OR_RETURN(core::Submitted event, event_of(request));
  COX_ASSIGN_OR_RETURN(const auto answer, state_->ask<SubmissionAnswer>(std::move(event)));
  return to_proto<v1::SubmitReply>(answer);
}

Result<v1::ChangeReply> Coordinator::cancel(const v1::SelectRequest& request) {
  return state_->change<core::CancelAsked>(request);
}

Result<v1::ChangeReply> Coordinator::pause(const v1::SelectRequest& request) {
  return state_->change<core::PauseAsked>(request);
}

Result<v1::ChangeReply> Coordinator::resume(const v1::SelectRequest& request) {
  return state_->change<core::ResumeAsked>(request);
}

Result<v1::ChangeReply> Coordinator::set_priority(const v1::PriorityRequest& request) {
  COX_RETURN_IF_ERROR(validate(request));
  COX_ASSIGN_OR_RETURN(core::PriorityAsked event, event_of(request));
  COX_ASSIGN_OR_RETURN(const auto answer, state_->ask<core::ChangeAnswer>(std::move(event)));
  return reply_of(answer);
}

Result<v1::ChangeReply> Coordinator::retry(const v1::RetryRequest& request) {
  COX_RETURN_IF_ERROR(validate(request));
  COX_ASSIGN_OR_RETURN(core::RetryAsked event, event_of(request));
  COX_ASSIGN_OR_RETURN(const auto answer, state_->ask<core::ChangeAnswer>(std::move(event)));
  return reply_of(answer);
}

Result<v1::LabelReply> Coordinator::label(const v1::LabelRequest& request) {
  COX_RETURN_IF_ERROR(validate(request));
  COX_ASSIGN_OR_RETURN(core::LabelAsked event, event_of(request));
  COX_ASSIGN_OR_RETURN(const auto answer, state_->ask<core::LabelAnswer>(std::move(event)));
  v1::LabelReply reply;
  reply.set_runs(answer.runs);
  return reply;
}

/// Calls `look` at each change until it answers or the request's wait is over.
template <typename Reply, typename Request>
Result<Reply> Coordinator::wait_for(
    Result<std::optional<Reply>> (Coordinator::*look)(const Request&, bool),
    const Request& request) {
  COX_RETURN_IF_ERROR(check_wait(request.wait_ms()));
  const auto deadline = deadline_of(request.wait_ms());
  while (true) {
    const std::uint64_t seen = changes();
    COX_ASSIGN_OR_RETURN(std::optional<Reply> reply,
                         (this->*look)(request, steady_clock::now() >= deadline));
    if (reply) return std::move(*reply);
    wait_for_change(seen, deadline);
  }
}

Result<v1::ProgressReply> Coordinator::progress(const v1::ProgressRequest& request) {
  return wait_for(&Coordinator::try_progress, request);
}

Result<std::optional<v1::ProgressReply>> Coordinator::try_progress(
    const v1::ProgressRequest& request, bool last) {
  COX_RETURN_IF_ERROR(validate(request));
  COX_RETURN_IF_ERROR(check_wait(request.wait_ms()));
  bool known = true;
  bool news = false;
  const auto look = [&](const core::Core& core, const Journal& journal) {
    v1::ProgressReply reply;
    const auto counts =
        request.series().empty() ? core.counts() : core.counts_of_series(request.series());
    known = counts.has_value();
    if (known) set_counts(*counts, reply);
    reply.set_workers(core.worker_count());
    journal.read(request.after_sequence(), request.series(), reply);
    news = core.last_sequence() > request.after_sequence();
    return reply;
  };
  COX_ASSIGN_OR_RETURN(v1::ProgressReply reply, state_->ledger.read(look));
  if (!known) return not_found(fmt::format("unknown series '{}'", request.series()));
  if (!news && !last && !state_->ledger.closed()) return std::optional<v1::ProgressReply>();
  const TimeUs silence = kSilentHeartbeats * state_->options.heartbeat;
  state_->activities.describe(state_->clock.now_us() - silence, reply);
  return std::optional(std::move(reply));
}

Status Coordinator::query(const v1::QueryRequest& request,
                          const std::function<bool(const v1::QueryReply&)>& sink) const {
  COX_RETURN_IF_ERROR(validate(request));
  COX_ASSIGN_OR_RETURN(const auto database,
                       store::ReadOnlyDatabase::open(state_->options.database));
  v1::QueryReply reply;
  const Status gone(StatusCode::kCancelled, "the caller ended the call");
  const auto send = [&]() {
    const bool wanted = sink(reply);
    reply.Clear();
    return wanted ? Status::ok() : gone;
  };
  store::ReadOnlyDatabase::Visitor visitor;
  visitor.on_columns = [&](const std::vector<std::string>& columns) {
    reply.mutable_columns()->Add(columns.begin(), columns.end());
    return Status::ok();
  };
  visitor.on_row = [&](const store::Row& row) {
    v1::QueryRow& message = *reply.add_rows();
    for (const store::Cell& cell : row) *message.add_cells() = cell_of(cell);
    return reply.rows_size() >= kRowsInReply ? send() : Status::ok();
  };
  COX_RETURN_IF_ERROR(database.query(request.sql(), {}, {.max_rows = request.max_rows()}, visitor));
  return reply.columns().empty() && reply.rows().empty() ? Status::ok() : send();
}

Result<v1::RegisterReply> Coordinator::register_worker(const v1::RegisterRequest& request) {
  COX_RETURN_IF_ERROR(validate(request));
  COX_ASSIGN_OR_RETURN(core::WorkerJoined event, event_of(request));
  COX_ASSIGN_OR_RETURN(const auto answer, state_->ask<core::WorkerAnswer>(std::move(event)));
  state_->activities.joined(answer.worker.text, request.name());
  log_joined(answer.worker, request);
  v1::RegisterReply reply;
  reply.set_worker_id(answer.worker.text);
  reply.set_lease_ms(state_->options.lease / kMillisecondUs);
  reply.set_heartbeat_ms(state_->options.heartbeat / kMillisecondUs);
  return reply;
}

/// Makes one request; neither bundle nor idle is set when there is no work now.
Result<v1::LeaseReply> Coordinator::State::ask_for_lease(const core::LeaseAsked& event) {
  COX_ASSIGN_OR_RETURN(const core::Effects effects, ledger.apply(event));
  if (const auto* refusal = effects.answer<core::Refusal>()) return refusal->status;
  v1::LeaseReply reply;
  if (const auto* grant = effects.answer<core::LeaseGrant>()) {
    COX_ASSIGN_OR_RETURN(*reply.mutable_bundle(), bundle_of(*grant));
    log_lease(event.worker, *grant);
    return reply;
  }
  const auto* none = effects.answer<core::NoWork>();
  COX_CHECK(none != nullptr, "LeaseAsked has a grant, no work, or a refusal");
  if (!none->anything_open && options.dismiss_idle_workers) {
    reply.set_idle(v1::LeaseReply::IDLE_LEAVE);
  }
  return reply;
}

Result<v1::LeaseReply> Coordinator::lease(const v1::LeaseRequest& request) {
  return wait_for(&Coordinator::try_lease, request);
}

Result<std::optional<v1::LeaseReply>> Coordinator::try_lease(const v1::LeaseRequest& request,
                                                             bool last) {
  COX_RETURN_IF_ERROR(validate(request));
  COX_RETURN_IF_ERROR(check_wait(request.wait_ms()));
  COX_ASSIGN_OR_RETURN(const core::LeaseAsked event, event_of(request));
  v1::LeaseReply reply;
  if (state_->draining || state_->drained.holds(request.worker_id())) {
    reply.set_idle(v1::LeaseReply::IDLE_LEAVE);
    return std::optional(std::move(reply));
  }
  COX_ASSIGN_OR_RETURN(reply, state_->ask_for_lease(event));
  const bool answered = reply.has_bundle() || reply.idle() == v1::LeaseReply::IDLE_LEAVE;
  if (!answered && !last && !state_->ledger.closed()) return std::optional<v1::LeaseReply>();
  if (!answered) reply.set_idle(v1::LeaseReply::IDLE_WAIT);
  return std::optional(std::move(reply));
}

v1::WorkerActivity Coordinator::State::activity_of(const v1::JobProgress& progress,
                                                   const core::JobNames& names) {
  v1::WorkerActivity activity;
  activity.set_run(names.run);
  activity.set_video(names.video);
  activity.set_stage(progress.stage());
  activity.set_done(progress.done());
  activity.set_total(progress.total());
  return activity;
}

Result<v1::HeartbeatReply> Coordinator::heartbeat(const v1::HeartbeatRequest& request) {
  COX_RETURN_IF_ERROR(validate(request));
  COX_ASSIGN_OR_RETURN(core::HeartbeatSeen event, event_of(request));
  const std::optional<core::JobDigest> running = event.running;
  COX_ASSIGN_OR_RETURN(const auto answer, state_->ask<core::HeartbeatAnswer>(std::move(event)));
  v1::WorkerActivity activity;
  if (running) {
    const auto look = [&](const core::Core& core, const Journal&) {
      return core.names_of(*running);
    };
    COX_ASSIGN_OR_RETURN(const std::optional<core::JobNames> names, state_->ledger.read(look));
    if (names) activity = state_->activity_of(request.progress(), *names);
  }
  state_->activities.seen(request.worker_id(), std::move(activity), state_->clock.now_us());
  v1::HeartbeatReply reply = reply_of(answer);
  reply.set_drain(state_->draining || state_->drained.holds(request.worker_id()));
  return reply;
}

/// Checks a report and converts it to an event. Text that a failing program printed is made
/// printable.
Result<core::Reported> Coordinator::State::checked_event(const v1::JobReport& report) const {
  COX_RETURN_IF_ERROR(validate(report));
  COX_ASSIGN_OR_RETURN(core::Reported event, event_of(report));
  const auto facts = ledger.peek([&](const core::Core& core) { return core.facts_of(event.job); });
  if (facts) COX_RETURN_IF_ERROR(check_fit(report, *facts));
  if (auto* failure = std::get_if<JobFailure>(&event.outcome)) {
    failure->message = printable(failure->message);
    event.log_tail = printable(event.log_tail);
  }
  return event;
}

/// An invalid report does not keep the others from being accepted.
Result<v1::ReportReply> Coordinator::report(const v1::ReportRequest& request) {
  if (request.reports().empty() || request.reports_size() > wire::kMaxReportsInCall) {
    return invalid_argument(fmt::format("reports: expected 1 to {} in a call, got {}",
                                        wire::kMaxReportsInCall, request.reports_size()));
  }
  v1::ReportReply reply;
  std::vector<core::Event> events;
  std::vector<v1::Verdict*> of_events;
  for (const v1::JobReport& report : request.reports()) {
    Result<core::Reported> event = state_->checked_event(report);
    v1::Verdict& verdict = *reply.add_verdicts();
    if (event.is_ok()) {
      events.emplace_back(std::move(event).value());
      of_events.push_back(&verdict);
    } else {
      verdict = invalid_verdict(event.status());
    }
  }
  COX_ASSIGN_OR_RETURN(const auto effects, state_->ledger.apply(std::move(events)));
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const auto* answer = effects[i].answer<core::ReportAnswer>();
    COX_CHECK(answer != nullptr, "Reported has a ReportAnswer");
    *of_events[i] = verdict_of(*answer);
  }
  if (log_enabled(LogLevel::kInfo)) {
    log_reports(request, reply, state_->ledger.peek([&](const core::Core& core) {
      return names_of_jobs(request, core);
    }));
  }
  return reply;
}

Result<v1::LeaveReply> Coordinator::leave(const v1::LeaveRequest& request) {
  COX_RETURN_IF_ERROR(validate(request));
  if (request.worker_id().empty()) return invalid_argument("worker_id is missing");
  COX_ASSIGN_OR_RETURN([[maybe_unused]] const core::Effects effects,
                       state_->ledger.apply(core::WorkerLeft{WorkerId(request.worker_id()),
                                                             printable(request.reason())}));
  if (state_->activities.left(request.worker_id())) log_left(request);
  return v1::LeaveReply();
}

/// Takes the leases of one that no longer answers.
Status Coordinator::State::remove_worker(const std::string& name, const std::string& worker_id) {
  if (worker_id.substr(0, worker_id.rfind('.')) != name) {
    return invalid_argument(
        fmt::format("worker_ids: '{}' is not an id of worker '{}'", printable(worker_id), name));
  }
  activities.left(worker_id);
  return ledger.apply(core::WorkerLeft{WorkerId(worker_id), "removed by a person"}).status();
}

Result<v1::ChangeWorkerReply> Coordinator::change_worker(const v1::ChangeWorkerRequest& request) {
  COX_RETURN_IF_ERROR(validate(request));
  if (request.name().empty()) return invalid_argument("name: missing");
  switch (request.change()) {
    case v1::ChangeWorkerRequest::CHANGE_REMOVE:
    case v1::ChangeWorkerRequest::CHANGE_DRAIN:
      COX_RETURN_IF_ERROR(state_->drained.drain(request.name()));
      break;
    case v1::ChangeWorkerRequest::CHANGE_RESUME:
      if (!state_->drained.resume(request.name())) {
        return not_found(fmt::format("worker '{}' is not drained", request.name()));
      }
      break;
    default:
      return invalid_argument("change: missing");
  }
  if (request.change() == v1::ChangeWorkerRequest::CHANGE_REMOVE) {
    for (const std::string& id : request.worker_ids()) {
      COX_RETURN_IF_ERROR(state_->remove_worker(request.name(), id));
    }
  }
  state_->ledger.wake();
  v1::ChangeWorkerReply reply;
  for (const std::string& name : state_->drained.names()) reply.add_drained(name);
  return reply;
}

Result<std::vector<OpenRun>> Coordinator::open_runs() {
  const auto look = [](const core::Core& core, const Journal&) { return core.open_runs(); };
  COX_ASSIGN_OR_RETURN(const std::vector<core::OpenRun> open, state_->ledger.read(look));
  std::vector<OpenRun> runs;
  for (const core::OpenRun& run : open) {
    OpenRun& named =
        runs.emplace_back(OpenRun{fmt::format("{}/{}", run.series, run.name), {}, run.open_jobs});
    COX_ASSIGN_OR_RETURN(const v1::ModelFiles files, read_definition(run.definition, named.name));
    named.files = from_proto<ModelFiles>(files);
  }
  return runs;
}

Result<Standing> Coordinator::standing(std::uint64_t after_sequence) {
  return state_->ledger.read([&](const core::Core& core, const Journal& journal) {
    Standing standing;
    standing.jobs = core.counts();
    for (const std::string& series : core.series_names()) {
      standing.series.push_back({series, *core.counts_of_series(series)});
    }
    standing.workers = core.worker_count();
    standing.sequence = core.last_sequence();
    standing.failures = journal.failures_after(after_sequence);
    return standing;
  });
}

void Coordinator::drain() {
  state_->draining = true;
  state_->ledger.wake();
}

std::uint64_t Coordinator::changes() const { return state_->ledger.changes(); }

void Coordinator::wait_for_change(std::uint64_t seen,
                                  std::chrono::steady_clock::time_point deadline) const {
  state_->ledger.wait_for_change(seen, deadline);
}

bool Coordinator::is_closed() const { return state_->ledger.closed(); }

void Coordinator::stop() { state_->ledger.close(); }

Status Coordinator::stopped() const { return state_->ledger.stopped(); }

}  // namespace cox::service

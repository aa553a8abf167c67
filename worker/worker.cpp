#include "worker/worker.h"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "base/fault.h"
#include "base/log.h"
#include "record/failure.h"
#include "worker/convert.h"

namespace cox::worker {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

Status status_of(const Status& answer) { return answer; }
template <typename T>
Status status_of(const Result<T>& answer) {
  return answer.status();
}

/// "done", "failed(oom)", "cancelled" or "returned", for the log.
std::string outcome_text(const Executor::Outcome& outcome) {
  if (outcome.cancelled) return "cancelled";
  if (!outcome.missing_input.empty()) return "returned";
  if (!outcome.report.has_failure()) return "done";
  const auto cause = static_cast<FailureCause>(outcome.report.failure().cause());
  return fmt::format("failed({})", cause_name(cause));
}

}  // namespace

Worker::Worker(WorkerOptions options, Client& client, Executor& executor, Spool& spool,
               StopSwitch& stop, Health& health)
    : options_(std::move(options)),
      client_(client),
      executor_(executor),
      spool_(spool),
      stop_(stop),
      health_(health),
      backoff_(std::hash<std::string>{}(options_.identity.name()) ^
                   static_cast<std::uint64_t>(options_.identity.pid()),
               options_.backoff),
      keeper_(client, stop),
      courier_(client, spool) {
  if (options_.time_limit.end()) stop_.cancel_at(*options_.time_limit.end());
}

Result<WorkerEnd> Worker::run() {
  Result<WorkerEnd> end = work();
  // Leaving releases our leases, so results that were finished under them would be rejected.
  if (!end.is_ok() && !is_unreachable(end.status())) log_undelivered(courier_.flush());
  leave();
  if (spool_.size() > 0) {
    log(LogLevel::kWarning, "worker", "results stay in the spool; the next start delivers them",
        {{"reports", spool_.size()}});
  }
  return end;
}

void Worker::log_undelivered(const Status& status) {
  if (status.is_ok()) return;
  log(LogLevel::kError, "worker", "could not deliver finished results before leaving",
      {{"error", status.to_string()}});
}

Result<WorkerEnd> Worker::work() {
  // Before registering, which ends the leases of the process that had this name before: its
  // results would then be rejected.
  COX_RETURN_IF_ERROR(deliver_with_retry());
  COX_RETURN_IF_ERROR(register_with_retry());
  busy_until_ = steady_clock::now();
  options_.time_limit.ready(busy_until_);
  while (!stop_.draining()) {
    if (keeper_.must_register()) COX_RETURN_IF_ERROR(register_with_retry());
    if (!options_.time_limit.fits_any(steady_clock::now())) {
      end_ = WorkerEnd{EndKind::kOutOfTime,
                       fmt::format("no further job ends within the time limit of {}",
                                   options_.time_limit.text())};
      return *end_;
    }
    COX_ASSIGN_OR_RETURN(const std::optional<v1::Bundle> bundle, next_bundle());
    if (bundle) {
      COX_RETURN_IF_ERROR(run_bundle(*bundle));
      busy_until_ = steady_clock::now();
    } else if (options_.max_idle && steady_clock::now() - busy_until_ >= *options_.max_idle) {
      end_ = WorkerEnd{EndKind::kIdle};
    }
    if (end_) return *end_;
  }
  return WorkerEnd{EndKind::kDrained};
}

/// Calls until the coordinator answers, for at most max_away. A request to drain ends the retries:
/// the process should not outlive it by an hour.
template <typename Call>
auto Worker::with_retry(const char* what, Call call) -> decltype(call()) {
  const auto begin = steady_clock::now();
  for (int failures = 0;; ++failures) {
    auto answer = call();
    const Status status = status_of(answer);
    if (!is_unreachable(status)) {
      backoff_.reset();
      return answer;
    }
    health_.become(Health::State::kAway);
    const milliseconds wait = backoff_.next();
    log(failures == 0 ? LogLevel::kWarning : LogLevel::kDebug, "worker",
        "the coordinator does not answer; retrying",
        {{"call", what}, {"wait_ms", wait.count()}, {"error", status.to_string()}});
    const bool over = steady_clock::now() - begin + wait > options_.max_away;
    if (over || !stop_.sleep(wait)) return answer;
  }
}

Status Worker::register_with_retry() {
  const Status status = with_retry("register", [&] { return register_once(); });
  return is_unreachable(status) && stop_.draining() ? Status::ok() : status;
}

Status Worker::register_once() {
  COX_ASSIGN_OR_RETURN(const v1::RegisterReply reply, client_.register_worker(options_.identity));
  worker_id_ = reply.worker_id();
  keeper_.start_session(worker_id_, milliseconds(reply.heartbeat_ms()));
  health_.become(Health::State::kWaiting);
  log(LogLevel::kInfo, "worker", "joined",
      {{"worker", worker_id_},
       {"name", options_.identity.name()},
       {"coordinator", client_.address()}});
  return Status::ok();
}

/// Returns nothing when there is no work, when the worker should leave, or when it must register
/// again.
Result<std::optional<v1::Bundle>> Worker::next_bundle() {
  v1::LeaseRequest request;
  request.set_worker_id(worker_id_);
  request.set_loaded_model_digest(executor_.loaded_model_digest());
  request.set_max_jobs(
      options_.time_limit.fitting_jobs(options_.max_jobs_per_bundle, steady_clock::now()));
  milliseconds wait = options_.lease_wait;
  if (options_.max_idle) wait = std::min(wait, *options_.max_idle);
  request.set_wait_ms(wait.count());

  Result<v1::LeaseReply> reply = with_retry("lease", [&] { return lease_once(request); });
  if (!reply.is_ok()) {
    if (stop_.draining()) return std::optional<v1::Bundle>();
    if (reply.status().code() != StatusCode::kNotFound) return reply.status();
    COX_RETURN_IF_ERROR(register_with_retry());
    return std::optional<v1::Bundle>();
  }
  if (reply->idle() == v1::LeaseReply::IDLE_LEAVE) end_ = WorkerEnd{EndKind::kIdle};
  if (!reply->has_bundle()) return std::optional<v1::Bundle>();
  COX_RETURN_IF_ERROR(check_bundle(reply->bundle()));
  return std::optional<v1::Bundle>(std::move(*reply->mutable_bundle()));
}

/// After a call without an answer the worker does not know whether it holds a lease. Leaving
/// returns it without blame; nothing else is held at this point.
Result<v1::LeaseReply> Worker::lease_once(v1::LeaseRequest& request) {
  if (unsure_of_lease_) {
    v1::LeaveRequest leaving;
    leaving.set_worker_id(worker_id_);
    COX_ASSIGN_OR_RETURN([[maybe_unused]] const v1::LeaveReply left, client_.leave(leaving));
    COX_RETURN_IF_ERROR(register_once());
    request.set_worker_id(worker_id_);
  }
  Result<v1::LeaseReply> reply = client_.lease(request);
  unsure_of_lease_ = is_unreachable(reply.status());
  if (reply.is_ok()) health_.become(Health::State::kWaiting);
  return reply;
}

Status Worker::run_bundle(const v1::Bundle& bundle) {
  log(LogLevel::kInfo, "worker", "leased",
      {{"lease", bundle.lease_id()}, {"video", bundle.video().id()}, {"jobs", bundle.jobs_size()}});
  keeper_.hold(bundle.lease_id());
  const Status run = run_jobs(bundle);
  executor_.end_bundle();
  COX_RETURN_IF_ERROR(run);
  // The lease is kept until the last report is answered.
  const Status delivered = deliver_with_retry();
  keeper_.release(bundle.lease_id());
  if (out_of_time_ && !end_) end_ = std::move(out_of_time_);
  return delivered;
}

Status Worker::run_jobs(const v1::Bundle& bundle) {
  for (const std::size_t index : executor_.begin_bundle(bundle)) {
    const v1::LeasedJob& job = bundle.jobs(static_cast<int>(index));
    if (stop_.draining() || end_ || !keeper_.holds(bundle.lease_id())) break;
    if (keeper_.is_cancelled(job.job_digest()) || !has_time_for(job)) continue;
    COX_RETURN_IF_ERROR(run_job(bundle, job));
  }
  return Status::ok();
}

/// A job that would be cut off by the time limit is returned when the worker leaves, after those of
/// its bundle that fit.
bool Worker::has_time_for(const v1::LeasedJob& job) {
  if (options_.time_limit.fits(job.run().digest(), steady_clock::now())) return true;
  out_of_time_ = WorkerEnd{EndKind::kOutOfTime,
                           fmt::format("job {:.8} would not end within the time limit of {}",
                                       job.job_digest(), options_.time_limit.text())};
  return false;
}

/// The time limit ended a job in flight. One that had all of it would never end in such a worker,
/// so that is its failure; another is returned without blame.
Status Worker::end_cut_short(const v1::Bundle& bundle, const v1::LeasedJob& job,
                             TimeLimit::Time began, Executor::Outcome outcome) {
  end_ = WorkerEnd{EndKind::kOutOfTime, fmt::format("the time limit of {} ended job {:.8}",
                                                    options_.time_limit.text(), job.job_digest())};
  log(LogLevel::kWarning, "worker", "the time limit ended a job", {{"job", job.job_digest()}});
  if (!options_.time_limit.had_it_all(began)) return Status::ok();
  v1::JobFailure& failure = *outcome.report.mutable_failure();
  failure.set_cause(v1::FAILURE_CAUSE_TIMEOUT);
  failure.set_detail("time_limit");
  failure.set_message(
      fmt::format("did not end within the worker's time limit of {}; give workers a longer limit",
                  options_.time_limit.text()));
  return report(bundle, job, std::move(outcome.report));
}

Status Worker::run_job(const v1::Bundle& bundle, const v1::LeasedJob& job) {
  CancelToken token;
  keeper_.begin_job(job.job_digest(), bundle.lease_id(), token);
  health_.compute(job.job_digest());
  const auto begin = steady_clock::now();
  Executor::Outcome outcome = executor_.run(job, bundle.video(), token, keeper_);
  keeper_.end_job();
  health_.become(Health::State::kWaiting);
  const auto took = steady_clock::now() - begin;
  log(LogLevel::kInfo, "worker", "job ended",
      {{"job", job.job_digest()},
       {"video", bundle.video().id()},
       {"attempt", job.attempt()},
       {"outcome", outcome_text(outcome)},
       {"seconds", fmt::format("{:.3f}", std::chrono::duration<double>(took).count())}});
  if (outcome.poisoned) {
    end_ = WorkerEnd{EndKind::kPoisoned,
                     outcome.cancelled ? "the device failed while a cancelled job was cleaned up"
                                       : outcome.report.failure().message()};
  }
  if (outcome.cancelled && stop_.is_time_over() && !end_) {
    return end_cut_short(bundle, job, begin, std::move(outcome));
  }
  if (outcome.cancelled) return Status::ok();
  options_.time_limit.measured(job.run().digest(), took);
  if (outcome.missing_input.empty()) return report(bundle, job, std::move(outcome.report));
  end_ = WorkerEnd{EndKind::kMissingInput, outcome.missing_input};
  log(LogLevel::kError, "worker",
      "this machine lacks an input of the job; returning it to the queue and leaving",
      {{"job", job.job_digest()}, {"reason", end_->reason}});
  return Status::ok();
}

Status Worker::report(const v1::Bundle& bundle, const v1::LeasedJob& job, v1::JobReport report) {
  report.set_job_digest(job.job_digest());
  report.set_attempt(job.attempt());
  report.set_lease_id(bundle.lease_id());
  report.set_worker_id(worker_id_);
  fault_point("worker_before_report");
  const Status spooled = courier_.add(report);
  return spooled.is_ok() ? spooled : deliver_unspooled(report, spooled);
}

/// The worker cannot continue on a full disk, but the result that it has just computed can be
/// saved.
Status Worker::deliver_unspooled(const v1::JobReport& report, const Status& spooled) {
  log(LogLevel::kError, "worker", "cannot spool a result; sending it and leaving",
      {{"error", spooled.to_string()}});
  v1::ReportRequest request;
  *request.add_reports() = report;
  const Result<v1::ReportReply> reply =
      with_retry("report", [&] { return client_.report(request); });
  return reply.is_ok() ? spooled : spooled.with_context("a result is lost");
}

Status Worker::deliver_with_retry() {
  const Status status = with_retry("report", [&] { return courier_.flush(); });
  return is_unreachable(status) && stop_.draining() ? Status::ok() : status;
}

/// Without an answer the coordinator notices when the leases expire.
void Worker::leave() {
  health_.become(Health::State::kLeaving);
  if (worker_id_.empty()) return;
  v1::LeaveRequest request;
  request.set_worker_id(worker_id_);
  if (end_ && end_->kind != EndKind::kPoisoned) request.set_reason(end_->reason);
  const Result<v1::LeaveReply> reply = client_.leave(request);
  if (reply.is_ok()) return log(LogLevel::kInfo, "worker", "left", {{"worker", worker_id_}});
  log(LogLevel::kWarning, "worker", "left without an answer",
      {{"error", reply.status().to_string()}});
}

}  // namespace cox::worker

#include "worker/worker.h"

#include <functional>
#include <utility>

#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"

namespace cox::worker {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Worker::Worker(WorkerOptions options, Client& client, Executor& executor, Spool& spool,
               StopSwitch& stop)
    : options_(std::move(options)),
      client_(client),
      executor_(executor),
      spool_(spool),
      stop_(stop),
      backoff_(std::hash<std::string>{}(options_.identity.name()) ^
                   static_cast<std::uint64_t>(options_.identity.pid()),
               options_.backoff),
      keeper_(client, stop),
      courier_(client, spool) {}

Result<WorkerEnd> Worker::run() {
  Result<WorkerEnd> end = work();
  // Leaving ends the leases, and with them the right of what was finished under them.
  if (!end.is_ok() && !is_unreachable(end.status())) note_undelivered(courier_.flush());
  leave();
  if (spool_.size() > 0) {
    log(LogLevel::kWarning, "worker", "results stay in the spool; the next start delivers them",
        {{"reports", spool_.size()}});
  }
  return end;
}

void Worker::note_undelivered(const Status& status) {
  if (status.is_ok()) return;
  log(LogLevel::kError, "worker", "finished results could not be delivered before leaving",
      {{"error", status.to_string()}});
}

Result<WorkerEnd> Worker::work() {
  // Before registering: that ends the leases of the process that had this name before, and with
  // them the right of what it finished.
  COX_RETURN_IF_ERROR(deliver_patiently());
  COX_RETURN_IF_ERROR(enlist());
  busy_until_ = steady_clock::now();
  while (!stop_.draining()) {
    if (keeper_.forgotten()) COX_RETURN_IF_ERROR(enlist());
    COX_ASSIGN_OR_RETURN(const std::optional<v1::Bundle> bundle, next_bundle());
    if (bundle) {
      COX_RETURN_IF_ERROR(run_bundle(*bundle));
      busy_until_ = steady_clock::now();
      if (poisoned_) return WorkerEnd::kPoisoned;
      if (missing_input_) return WorkerEnd::kMissingInput;
      continue;
    }
    const auto idle = steady_clock::now() - busy_until_;
    if (dismissed_ || (options_.max_idle && idle >= *options_.max_idle)) return WorkerEnd::kIdle;
  }
  return WorkerEnd::kDrained;
}

/// Calls until there is an answer, for at most max_away; a wish to drain ends the waiting.
template <typename Call>
auto Worker::patiently(const char* what, Call call) -> decltype(call()) {
  const auto begin = steady_clock::now();
  for (int failures = 0;; ++failures) {
    auto answer = call();
    const Status status = [&]() -> Status {
      if constexpr (std::is_same_v<decltype(call()), Status>) {
        return answer;
      } else {
        return answer.status();
      }
    }();
    if (!is_unreachable(status)) {
      backoff_.reset();
      return answer;
    }
    const milliseconds wait = backoff_.next();
    log(failures == 0 ? LogLevel::kWarning : LogLevel::kDebug, "worker",
        "the coordinator does not answer; trying again",
        {{"call", what}, {"wait_ms", wait.count()}, {"error", status.to_string()}});
    const bool over = steady_clock::now() - begin + wait > options_.max_away;
    if (over || !stop_.sleep(wait)) return status;
  }
}

Status Worker::enlist() {
  const Status status = patiently("register", [&] { return register_once(); });
  return is_unreachable(status) && stop_.draining() ? Status::ok() : status;
}

Status Worker::register_once() {
  COX_ASSIGN_OR_RETURN(const v1::RegisterReply reply, client_.register_worker(options_.identity));
  worker_id_ = reply.worker_id();
  keeper_.enlist(worker_id_, milliseconds(reply.heartbeat_ms()));
  log(LogLevel::kInfo, "worker", "registered",
      {{"worker", worker_id_}, {"coordinator", client_.address()}});
  return Status::ok();
}

/// None when there is no work, when the worker is to leave, or when it must register again.
Result<std::optional<v1::Bundle>> Worker::next_bundle() {
  v1::LeaseRequest request;
  request.set_worker_id(worker_id_);
  request.set_loaded_model_digest(executor_.loaded_model_digest());
  request.set_max_jobs(options_.max_jobs_per_bundle);
  milliseconds wait = options_.lease_wait;
  if (options_.max_idle) wait = std::min(wait, *options_.max_idle);
  request.set_wait_ms(wait.count());

  Result<v1::LeaseReply> reply = patiently("lease", [&] { return ask_for_lease(request); });
  if (!reply.is_ok()) {
    if (stop_.draining()) return std::optional<v1::Bundle>();
    if (reply.status().code() != StatusCode::kNotFound) return reply.status();
    COX_RETURN_IF_ERROR(enlist());
    return std::optional<v1::Bundle>();
  }
  dismissed_ = reply->idle() == v1::LeaseReply::IDLE_LEAVE;
  if (!reply->has_bundle()) return std::optional<v1::Bundle>();
  return std::optional<v1::Bundle>(std::move(*reply->mutable_bundle()));
}

/// After a call without an answer nobody here knows whether a lease was granted. Leaving hands it
/// back without blame; nothing else is held at this point.
Result<v1::LeaseReply> Worker::ask_for_lease(v1::LeaseRequest& request) {
  if (unsure_of_lease_) {
    v1::LeaveRequest leaving;
    leaving.set_worker_id(worker_id_);
    COX_ASSIGN_OR_RETURN([[maybe_unused]] const v1::LeaveReply left, client_.leave(leaving));
    COX_RETURN_IF_ERROR(register_once());
    request.set_worker_id(worker_id_);
  }
  Result<v1::LeaseReply> reply = client_.lease(request);
  unsure_of_lease_ = is_unreachable(reply.status());
  return reply;
}

Status Worker::run_bundle(const v1::Bundle& bundle) {
  keeper_.hold(bundle.lease_id());
  const Status run = run_jobs(bundle);
  executor_.end_bundle();
  COX_RETURN_IF_ERROR(run);
  // The lease is kept until the last report is answered.
  const Status delivered = deliver_patiently();
  keeper_.release(bundle.lease_id());
  return delivered;
}

Status Worker::run_jobs(const v1::Bundle& bundle) {
  for (const std::size_t index : executor_.begin_bundle(bundle)) {
    const v1::LeasedJob& job = bundle.jobs(static_cast<int>(index));
    if (stop_.draining() || poisoned_ || !keeper_.holds(bundle.lease_id())) break;
    if (keeper_.is_cancelled(job.job_digest())) continue;
    COX_RETURN_IF_ERROR(run_job(bundle, job));
    if (missing_input_) break;
  }
  return Status::ok();
}

Status Worker::run_job(const v1::Bundle& bundle, const v1::LeasedJob& job) {
  CancelToken token;
  keeper_.begin_job(job.job_digest(), bundle.lease_id(), token);
  Executor::Outcome outcome = executor_.run(job, bundle.video(), token, keeper_);
  keeper_.end_job();
  poisoned_ = outcome.poisoned;
  if (poisoned_) {
    reason_ = outcome.cancelled ? "the device failed when a cancelled job was cleared away"
                                : outcome.report.failure().message();
  }
  if (outcome.cancelled) return Status::ok();
  if (!outcome.missing_input.empty()) {
    missing_input_ = true;
    reason_ = outcome.missing_input;
    log(LogLevel::kError, "worker",
        "this place cannot run the job; it goes back and the worker leaves",
        {{"job", job.job_digest()}, {"lacking", reason_}});
    return Status::ok();
  }

  outcome.report.set_job_digest(job.job_digest());
  outcome.report.set_attempt(job.attempt());
  outcome.report.set_lease_id(bundle.lease_id());
  outcome.report.set_worker_id(worker_id_);
  fault_point("worker_before_report");
  const Status spooled = courier_.add(outcome.report);
  return spooled.is_ok() ? spooled : deliver_unspooled(outcome.report, spooled);
}

/// With a full disk the worker cannot go on, but what it has just computed need not be lost.
Status Worker::deliver_unspooled(const v1::JobReport& report, const Status& spooled) {
  log(LogLevel::kError, "worker", "cannot spool a result; sending it and leaving",
      {{"error", spooled.to_string()}});
  v1::ReportRequest request;
  *request.add_reports() = report;
  const Result<v1::ReportReply> reply =
      patiently("report", [&] { return client_.report(request); });
  return reply.is_ok() ? spooled : spooled.with_context("a result is lost");
}

Status Worker::deliver_patiently() {
  const Status status = patiently("report", [&] { return courier_.flush(); });
  return is_unreachable(status) && stop_.draining() ? Status::ok() : status;
}

/// Without an answer the coordinator finds out when the leases end.
void Worker::leave() {
  if (worker_id_.empty()) return;
  v1::LeaveRequest request;
  request.set_worker_id(worker_id_);
  if (missing_input_) request.set_reason(reason_);
  const Result<v1::LeaveReply> reply = client_.leave(request);
  if (!reply.is_ok()) {
    log(LogLevel::kWarning, "worker", "left without an answer",
        {{"error", reply.status().to_string()}});
  }
}

}  // namespace cox::worker

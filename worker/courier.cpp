#include "worker/courier.h"

#include <fmt/format.h>

#include <utility>

#include "base/fault.h"
#include "base/log.h"
#include "proto/channel.h"

namespace cox::worker {

namespace {
/// A lost notification costs at most this much.
constexpr std::chrono::milliseconds kRecheck{1'000};
}  // namespace

Courier::Courier(Client& client, Spool& spool)
    : client_(client),
      spool_(spool),
      thread_([this](const std::stop_token& stopping) { work(stopping); }) {}

Courier::~Courier() {
  thread_.request_stop();
  changed_.notify_all();
}

Status Courier::add(const v1::JobReport& report) {
  COX_RETURN_IF_ERROR(spool_.add(report));
  fault_point("worker_after_spool");
  MutexLock lock(mutex_);
  wanted_ = true;
  changed_.notify_all();
  return Status::ok();
}

Status Courier::flush() {
  MutexLock lock(mutex_);
  wanted_ = true;
  changed_.notify_all();
  while (wanted_ || busy_) changed_.wait_for(mutex_, kRecheck);
  return last_;
}

void Courier::work(const std::stop_token& stopping) {
  while (true) {
    bool was_reachable = true;
    {
      MutexLock lock(mutex_);
      while (!wanted_ && !stopping.stop_requested()) changed_.wait_for(mutex_, kRecheck);
      if (stopping.stop_requested()) return;
      wanted_ = false;
      busy_ = true;
      was_reachable = !is_unreachable(last_);
    }
    const Status status = deliver();
    if (is_unreachable(status)) {
      log(was_reachable ? LogLevel::kWarning : LogLevel::kDebug, "worker",
          "the coordinator is away; results wait in the spool",
          {{"reports", spool_.size()}, {"error", status.to_string()}});
    }
    MutexLock lock(mutex_);
    last_ = status;
    busy_ = false;
    changed_.notify_all();
  }
}

/// Sends what the spool holds, oldest first, until it is empty or a call fails.
Status Courier::deliver() {
  while (true) {
    COX_ASSIGN_OR_RETURN(const std::vector<Spool::Entry> entries,
                         spool_.oldest(wire::kMaxReportsInCall));
    if (entries.empty()) return Status::ok();
    COX_RETURN_IF_ERROR(send(entries));
  }
}

Status Courier::send(const std::vector<Spool::Entry>& entries) {
  v1::ReportRequest request;
  for (const Spool::Entry& entry : entries) *request.add_reports() = entry.report;
  const Result<v1::ReportReply> reply = client_.report(request);
  if (!reply.is_ok()) return reply.status();
  fault_point("worker_after_report");
  if (reply->verdicts_size() != request.reports_size()) {
    return internal_error(
        fmt::format("the coordinator sent {} verdicts: expected {}; the results stay in the spool",
                    reply->verdicts_size(), request.reports_size()));
  }
  for (int i = 0; i < reply->verdicts_size(); ++i) {
    COX_RETURN_IF_ERROR(settle(entries[static_cast<size_t>(i)], reply->verdicts(i)));
  }
  return Status::ok();
}

Status Courier::settle(const Spool::Entry& entry, const v1::Verdict& verdict) {
  const std::string& job = entry.report.job_digest();
  switch (verdict.kind()) {
    case v1::Verdict::KIND_ACCEPTED:
      return spool_.remove(entry.name);
    case v1::Verdict::KIND_LATE:
      log(LogLevel::kWarning, "worker", "a result came too late; dropped",
          {{"job", job}, {"reason", verdict.reason()}});
      return spool_.remove(entry.name);
    default:
      log(LogLevel::kError, "worker", "the coordinator rejected a report; set aside",
          {{"job", job}, {"reason", verdict.reason()}});
      return spool_.set_aside(entry.name);
  }
}

}  // namespace cox::worker

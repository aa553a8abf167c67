#include "coordinator/service/worker_log.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "base/log.h"
#include "coordinator/service/validate.h"

namespace cox::service {

namespace {

constexpr const char* kComponent = "coordinator";

void log_report(const v1::JobReport& report, const v1::Verdict& verdict,
                const std::optional<core::JobNames>& names) {
  if (verdict.kind() == v1::Verdict::KIND_INVALID) {
    return log(LogLevel::kInfo, kComponent, "report refused", {{"reason", verdict.reason()}});
  }
  const bool accepted = verdict.kind() == v1::Verdict::KIND_ACCEPTED;
  const auto seconds = static_cast<double>(report.finished_us() - report.started_us()) / kSecondUs;
  const char* const outcome = report.has_output() ? "job done" : "job failed";
  log(LogLevel::kInfo, kComponent, accepted ? outcome : "report refused",
      {{"worker", report.worker_id()},
       {"series", names ? names->series : ""},
       {"run", names ? names->run : ""},
       {"video", names ? names->video : ""},
       {"attempt", report.attempt()},
       {"seconds", fmt::format("{:.3f}", seconds)},
       {"reason", accepted ? printable(report.failure().message()) : verdict.reason()}});
}

}  // namespace

void log_joined(const WorkerId& worker, const v1::RegisterRequest& request) {
  log(LogLevel::kInfo, kComponent, "worker joined",
      {{"worker", worker.text}, {"name", request.name()}, {"machine", request.machine()}});
}

void log_lease(const WorkerId& worker, const core::LeaseGrant& grant) {
  if (!log_enabled(LogLevel::kInfo)) return;
  log(LogLevel::kInfo, kComponent, "jobs leased",
      {{"worker", worker.text},
       {"lease", grant.lease.text},
       {"video", grant.video.id},
       {"jobs", grant.jobs.size()}});
}

NamesOfJobs names_of_jobs(const v1::ReportRequest& request, const core::Core& core) {
  NamesOfJobs names;
  for (const v1::JobReport& report : request.reports()) {
    const auto job = core::JobDigest::parse(report.job_digest());
    names.push_back(job.is_ok() ? core.names_of(*job) : std::nullopt);
  }
  return names;
}

void log_reports(const v1::ReportRequest& request, const v1::ReportReply& reply,
                 const NamesOfJobs& names) {
  for (int i = 0; i < request.reports_size(); ++i) {
    log_report(request.reports(i), reply.verdicts(i), names[static_cast<std::size_t>(i)]);
  }
}

void log_left(const v1::LeaveRequest& request) {
  log(LogLevel::kInfo, kComponent, "worker left",
      {{"worker", request.worker_id()}, {"reason", printable(request.reason())}});
}

}  // namespace cox::service

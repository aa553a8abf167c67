#pragma once

#include <optional>
#include <vector>

#include "coordinator/core/core.h"
#include "coordinator/core/ids.h"
#include "cox/v1/worker.pb.h"

namespace cox::service {

// Log lines at level info about what workers do, for requests that validate() accepted.

void log_joined(const WorkerId& worker, const v1::RegisterRequest& request);
void log_lease(const WorkerId& worker, const core::LeaseGrant& grant);
/// The names of each report's job; none where it is unknown.
using NamesOfJobs = std::vector<std::optional<core::JobNames>>;
NamesOfJobs names_of_jobs(const v1::ReportRequest& request, const core::Core& core);
/// One line for each report. Of an invalid one only the reason: its fields may hold anything.
void log_reports(const v1::ReportRequest& request, const v1::ReportReply& reply,
                 const NamesOfJobs& names);
void log_left(const v1::LeaveRequest& request);

}  // namespace cox::service

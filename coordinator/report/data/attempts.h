#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "coordinator/report/data/query.h"

namespace cox::report {

/// The jobs that `text` names: one job, or all jobs of a run. As a condition over v_attempts and
/// v_jobs. kNotFound, with the nearest run, when it names neither.
Result<std::string> jobs_named(const Query& query, const std::string& text);

/// Every attempt of the jobs that meet `condition`, in the order in which they were granted: job
/// (series/run/video), attempt, outcome, cause, worker, granted, held_s (since the lease of
/// the whole bundle), ran_s (the job itself), message, log_tail.
/// `only_failed` leaves out those that gave a result or have not ended.
Result<Table> attempts_of(const Query& query, const std::string& condition, bool only_failed);

/// How many of the jobs that meet `condition` wait or run.
Result<std::int64_t> open_jobs(const Query& query, const std::string& condition);

}  // namespace cox::report

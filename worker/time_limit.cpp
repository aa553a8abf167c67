#include "worker/time_limit.h"

#include <fmt/format.h>

#include <algorithm>

namespace cox::worker {

namespace {

using Seconds = std::chrono::duration<double>;

Seconds with_margin(TimeLimit::Duration expected) { return Seconds(expected) * TimeLimit::kMargin; }

}  // namespace

std::optional<TimeLimit::Duration> TimeLimit::usual_time() const {
  if (job_time_) return job_time_;
  std::optional<Duration> longest;
  for (const auto& [run, measured] : by_run_) {
    longest = longest ? std::max(*longest, measured.took) : measured.took;
  }
  return longest;
}

bool TimeLimit::fits_in_rest(std::optional<Duration> expected, Time now) const {
  if (!end_) return true;
  const Seconds rest = *end_ - now;
  if (!expected) return rest >= Seconds(*end_ - ready_) * kUnknownShare;
  return with_margin(*expected) + kLeaveTime <= rest;
}

bool TimeLimit::fits(const std::string& run, Time now) const {
  const auto measured = by_run_.find(run);
  return fits_in_rest(measured != by_run_.end() ? measured->second.took : usual_time(), now);
}

bool TimeLimit::fits_any(Time now) const {
  std::optional<Duration> shortest = usual_time();
  for (const auto& [run, measured] : by_run_) {
    shortest = shortest ? std::min(*shortest, measured.took) : measured.took;
  }
  return fits_in_rest(shortest, now);
}

std::uint32_t TimeLimit::fitting_jobs(std::uint32_t most, Time now) const {
  const std::optional<Duration> usual = usual_time();
  if (!end_) return most;
  if (!usual || *usual <= Duration::zero()) return 1;
  const double jobs = (Seconds(*end_ - now) - Seconds(kLeaveTime)) / with_margin(*usual);
  return static_cast<std::uint32_t>(std::clamp(jobs, 1.0, static_cast<double>(most)));
}

bool TimeLimit::had_it_all(Time job_began) const {
  if (!end_ || !by_run_.empty()) return false;
  return Seconds(*end_ - job_began) >= Seconds(*end_ - ready_) * kWholeShare;
}

/// The first job of a run may have loaded the model and compiled kernels: its time counts only
/// until there is another.
void TimeLimit::measured(const std::string& run, Duration took) {
  Measured& known = by_run_[run];
  ++known.jobs;
  known.took = known.jobs <= 2 ? took : std::max(known.took, took);
}

std::string TimeLimit::text() const {
  return end_ ? fmt::format("{:.0f} s", Seconds(*end_ - begin_).count()) : "no limit";
}

}  // namespace cox::worker

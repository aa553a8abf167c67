#include "coordinator/core/time_limit.h"

#include <fmt/format.h>

#include <algorithm>

namespace cox::core {

namespace {

constexpr DurationUs kShortestMeasuredLimit = 600 * kSecondUs;
constexpr std::int64_t kTimesSlowest = 10;
constexpr std::uint32_t kFewestMeasured = 3;

MeasuredTime* find_time(Run& run, const std::string& device_name) {
  for (MeasuredTime& time : run.times) {
    if (time.device_name == device_name) return &time;
  }
  return nullptr;
}

/// 0 = none.
DurationUs limit_of(QueueState& state, const Job& job, const std::string& device_name) {
  const DurationUs said = state.governing(job).job_time_limit;
  if (said != 0) return std::max<DurationUs>(said, 0);
  const MeasuredTime* measured = find_time(state.run(job.run), device_name);
  if (measured == nullptr || measured->results < kFewestMeasured) return 0;
  return std::max(kTimesSlowest * measured->slowest, kShortestMeasuredLimit);
}

const std::string& device_of(QueueState& state, const Lease& lease) {
  return state.workers.at(lease.worker).record.device_name;
}

}  // namespace

JobNumber job_in_flight(const Lease& lease) {
  const bool known = lease.running && std::find(lease.jobs.begin(), lease.jobs.end(),
                                                *lease.running) != lease.jobs.end();
  return known ? *lease.running : lease.jobs.front();
}

void measure_time(QueueState& state, const Job& job, const std::string& device_name,
                  DurationUs time) {
  if (time == 0) return;
  Run& run = state.run(job.run);
  MeasuredTime* measured = find_time(run, device_name);
  if (measured == nullptr) {
    run.times.push_back({device_name, 0, 0});
    measured = &run.times.back();
  }
  measured->slowest = std::max(measured->slowest, time);
  ++measured->results;
}

void watch_time(QueueState& state, Lease& lease, TimeUs now) {
  forget_time(state, lease);
  lease.running_since = now;
  const DurationUs limit =
      limit_of(state, state.job(job_in_flight(lease)), device_of(state, lease));
  if (limit == 0) return;
  lease.time_limit = now + limit;
  state.time_limits.emplace(*lease.time_limit, lease.number);
}

void forget_time(QueueState& state, Lease& lease) {
  if (lease.time_limit) state.time_limits.erase({*lease.time_limit, lease.number});
  lease.time_limit.reset();
}

void postpone_time(QueueState& state, Lease& lease, DurationUs duration) {
  if (!lease.time_limit) return;
  const TimeUs limit = *lease.time_limit + duration;
  forget_time(state, lease);
  lease.running_since += duration;
  lease.time_limit = limit;
  state.time_limits.emplace(limit, lease.number);
}

std::string overdue_text(QueueState& state, const Lease& lease) {
  const Job& job = state.job(job_in_flight(lease));
  const DurationUs limit = *lease.time_limit - lease.running_since;
  if (state.governing(job).job_time_limit > 0) {
    return fmt::format("ran longer than resources.time, {} s", limit / kSecondUs);
  }
  const MeasuredTime* measured = find_time(state.run(job.run), device_of(state, lease));
  const DurationUs slowest = measured == nullptr ? 0 : measured->slowest;
  return fmt::format("ran longer than {} s: the slowest of its run took {} s on {}",
                     limit / kSecondUs, slowest / kSecondUs, device_of(state, lease));
}

}  // namespace cox::core

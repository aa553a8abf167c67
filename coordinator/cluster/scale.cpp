#include "coordinator/cluster/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace cox::cluster {

namespace {

/// x as a count, at most `most`.
int bounded(double x, int most) {
  return static_cast<int>(std::min(std::ceil(x), static_cast<double>(most)));
}

int tasks_at_once(const Backlog& backlog, const SlurmSettings& settings) {
  const double workers = settings.workers_per_task();
  double wanted = static_cast<double>(backlog.open_jobs) / workers;
  if (backlog.seconds) wanted = std::min(wanted, *backlog.seconds / (workers * kWorthwhileS));
  return std::max({bounded(wanted, settings.max_tasks), settings.min_tasks, 1});
}

int tasks_in_all(const Backlog& backlog, const SlurmSettings& settings, int at_once) {
  if (!backlog.seconds) return at_once;
  const double one = static_cast<double>(settings.usable().count()) * settings.workers_per_task();
  return std::max(bounded(*backlog.seconds / one, kMaxTasks), at_once);
}

std::string backlog_text(const Backlog& backlog) {
  const std::string jobs = fmt::format("{} open jobs", backlog.open_jobs);
  if (!backlog.seconds) return jobs + ", none of which was measured before";
  return fmt::format("{}, about {:.1f} hours of one worker", jobs, *backlog.seconds / 3'600);
}

}  // namespace

ScaleStep plan_scale(const Backlog& backlog, const Supply& supply, const SlurmSettings& settings,
                     const NodeHealth& health, std::int64_t now) {
  const int live = supply.waiting + supply.running;
  if (backlog.open_jobs == 0) {
    return {{}, supply.waiting, fmt::format("no job is open; {} tasks", live)};
  }
  const int at_once = tasks_at_once(backlog, settings);
  const int all = tasks_in_all(backlog, settings, at_once);
  const std::string facts =
      fmt::format("{}: {} tasks, {} at once; there are {} running and {} waiting",
                  backlog_text(backlog), all, at_once, supply.running, supply.waiting);
  if (live > all) return {{}, std::min(live - all, supply.waiting), facts};
  if (live == all) return {{}, 0, facts};
  if (health.submit_after > now) {
    return {
        {},
        0,
        fmt::format("{}; the last {} tasks failed, so nothing is submitted for {} s: 'cox slurm "
                    "status' says why they failed",
                    facts, health.failures_in_a_row, health.submit_after - now)};
  }
  const int room = std::max(at_once - supply.running, 1);
  ArrayRequest array{.tasks = all - live,
                     .at_once = std::min(room, all - live),
                     .longest_job = {},
                     .excluded_nodes = {}};
  if (backlog.longest_job_s) {
    array.longest_job =
        std::chrono::seconds(static_cast<std::int64_t>(std::ceil(*backlog.longest_job_s)));
  }
  for (const auto& [node, until] : health.excluded_until) array.excluded_nodes.push_back(node);
  return {std::move(array), 0, facts};
}

}  // namespace cox::cluster

#include "sharing/plan.h"

#include <algorithm>
#include <map>

namespace cox::sharing {

Plan plan_jobs(const std::vector<JobShape>& jobs) {
  Plan plan;
  std::map<std::string, std::size_t> place;  // of a key in plan.trajectories
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    const JobShape& shape = jobs[job];
    if (shape.trajectory.empty()) {
      plan.untrained.push_back(job);
      continue;
    }
    const auto [found, is_new] = place.emplace(shape.trajectory, plan.trajectories.size());
    if (is_new) plan.trajectories.push_back({.key = shape.trajectory, .steps = 0, .jobs = {}});
    Trajectory& trajectory = plan.trajectories[found->second];
    trajectory.steps = std::max(trajectory.steps, shape.steps);
    trajectory.jobs.push_back(job);
  }
  return plan;
}

std::vector<std::size_t> run_order(const std::vector<JobShape>& jobs) {
  const Plan plan = plan_jobs(jobs);
  std::vector<std::size_t> order = plan.untrained;
  for (const Trajectory& trajectory : plan.trajectories) {
    std::vector<std::size_t> members = trajectory.jobs;
    std::stable_sort(members.begin(), members.end(),
                     [&](std::size_t a, std::size_t b) { return jobs[a].steps < jobs[b].steps; });
    order.insert(order.end(), members.begin(), members.end());
  }
  return order;
}

std::int64_t shared_steps(const Plan& plan) {
  std::int64_t steps = 0;
  for (const Trajectory& trajectory : plan.trajectories) steps += trajectory.steps;
  return steps;
}

std::int64_t separate_steps(const std::vector<JobShape>& jobs) {
  std::int64_t steps = 0;
  for (const JobShape& job : jobs) {
    if (!job.trajectory.empty()) steps += job.steps;
  }
  return steps;
}

StateId state_id(const std::string& trajectory, std::int64_t step) {
  return step == 0 ? StateId{} : StateId{trajectory, step};
}

}  // namespace cox::sharing

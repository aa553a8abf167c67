#include "engine/adaptation/loop.h"

#include "engine/adaptation/probes.h"

namespace cox::engine {

sharing::JobShape job_shape(const AdaptationSettings& settings, const LatentSplit& split) {
  sharing::JobShape shape;
  shape.steps = settings.steps;
  if (settings.early_stop.enabled && split.held_out > 0) shape.stop = settings.early_stop.rule;
  return shape;
}

AdaptationSummary optimize(const AdaptationProblem& problem, Adaptation& adaptation,
                           const AdaptationSettings& settings, JobMonitor& monitor,
                           LoopTimings& timings) {
  const std::string job;
  Trajectory trajectory(problem, adaptation, settings);
  trajectory.watch(job, job_shape(settings, problem.split));
  Reached reached = trajectory.reach(job, monitor);
  timings.train_s += reached.spent.train_s;
  timings.early_stop_s += reached.spent.early_stop_s;
  return std::move(reached.summary);
}

double anchor_loss(const AdaptationProblem& problem, const Adapter& adapter,
                   const AdaptationSettings& settings) {
  const sharing::StopRule& rule = settings.early_stop.rule;
  return rule.loss(probe_losses(problem, adapter, rule.probes()));
}

}  // namespace cox::engine

#include "engine/adaptation/trajectory.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <utility>

#include "base/status.h"
#include "engine/adaptation/probes.h"
#include "engine/parallel/gradients.h"
#include "engine/stopwatch.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

std::vector<OptimizerSettings> optimizers_of(const AdaptationSettings& settings) {
  std::vector<OptimizerSettings> optimizers;
  for (const MemberSettings& member : settings.members) optimizers.push_back(member.optimizer);
  return optimizers;
}

}  // namespace

Trajectory::Trajectory(AdaptationProblem problem, Adaptation& adaptation,
                       const AdaptationSettings& settings, std::int64_t max_state_bytes,
                       RawOutputs* raw)
    : problem_(std::move(problem)),
      adaptation_(adaptation),
      max_state_bytes_(max_state_bytes),
      groups_(adaptation.groups()),
      optimizer_(optimizers_of(settings), groups_, settings.clip_together),
      draws_(problem_) {
  if (!adaptation.acts_on_output_only()) return;
  replayed_.emplace(problem_.backbone, raw != nullptr ? *raw : own_raw_);
}

void Trajectory::watch(const std::string& job, const sharing::JobShape& shape) {
  COX_CHECK(!started_, "a job must join a trajectory before its first step");
  std::int64_t states = shape.stop ? 1 : 0;
  for (const auto& [name, other] : watchers_) states += other.shape.stop ? 1 : 0;
  if (states > 0) ++states;  // the live one, while another is in place
  if (!watchers_.empty() && states * state_bytes(groups_) > max_state_bytes_) keeps_states_ = false;
  Watcher& watcher = watchers_[job];
  watcher.shape = shape;
  watcher.probes = sharing::probes_due({shape}, {0}).size();
}

std::vector<std::string> Trajectory::watchers() const {
  std::vector<std::string> jobs;
  for (const auto& [job, watcher] : watchers_) jobs.push_back(job);
  return jobs;
}

Reached Trajectory::reach(const std::string& job, JobMonitor& monitor) {
  Reached reached;
  Watcher& watcher = watchers_.at(job);
  start(reached.spent);
  while (watcher.observer->active()) {
    monitor.progress("train", static_cast<int>(step_), static_cast<int>(watcher.shape.steps));
    advance(reached.spent, monitor);
  }
  reached.summary = summary_of(watcher);
  reached.summary.parameter_norm = norm_at(watcher.observer->chosen_step(), reached.spent, monitor);
  reached.alone.train_s =
      std::accumulate(step_s_.begin(), step_s_.begin() + watcher.observer->steps_run(), 0.0);
  reached.alone.early_stop_s = watcher.checks_s;
  return reached;
}

/// Measures the start state for every rule.
void Trajectory::start(LoopTimings& spent) {
  if (started_) return;
  started_ = true;
  if (resume()) return;
  std::vector<Watcher*> due;
  for (auto& [job, watcher] : watchers_) {
    if (watcher.shape.stop) due.push_back(&watcher);
  }
  const sharing::ProbeLosses losses = measure(due, spent);
  for (auto& [job, watcher] : watchers_) watcher.observer.emplace(watcher.shape, losses);
}

/// Takes one optimizer step and the checks that are due after it.
void Trajectory::advance(LoopTimings& spent, JobMonitor& monitor) {
  if (divergence_) throw EngineError(*divergence_);
  spent.train_s += place(step_, monitor);
  keep_states();
  double seconds = 0;
  {
    const Stopwatch watch(seconds, problem_.backbone.device());
    losses_.push_back(take_step(step_ + 1));
  }
  step_s_.push_back(seconds + (replayed_ ? replayed_->take_reused_s() : 0));
  spent.train_s += seconds;
  placed_ = ++step_;
  std::vector<Watcher*> due;
  for (auto& [job, watcher] : watchers_) {
    if (watcher.observer->active() && watcher.observer->advance()) due.push_back(&watcher);
  }
  const double checks_s = spent.early_stop_s;
  const sharing::ProbeLosses losses = measure(due, spent);
  for (Watcher* watcher : due) watcher->observer->check(losses);
  unsaved_s_ += seconds + spent.early_stop_s - checks_s;
  if (saving_.store != nullptr && unsaved_s_ >= saving_.every_s) save();
}

/// Each probe once; every rule carries the part of the time that its own probes took.
sharing::ProbeLosses Trajectory::measure(const std::vector<Watcher*>& due, LoopTimings& spent) {
  if (due.empty()) return {};
  std::vector<sharing::JobShape> shapes;
  std::vector<std::size_t> all;
  for (const Watcher* watcher : due) {
    all.push_back(shapes.size());
    shapes.push_back(watcher->shape);
  }
  const std::vector<sharing::Probe> probes = sharing::probes_due(shapes, all);
  double seconds = 0;
  sharing::ProbeLosses losses;
  {
    const Stopwatch watch(seconds, problem_.backbone.device());
    losses = probe_losses(asked_problem(), adaptation_.adapter(), probes, [this](const auto& name) {
      if (replayed_) replayed_->ask(name);
    });
  }
  spent.early_stop_s += seconds;
  if (replayed_) seconds += replayed_->take_reused_s();
  checks_[step_] = losses;
  check_s_[step_] = seconds;
  for (Watcher* watcher : due) {
    watcher->checks_s +=
        seconds * static_cast<double>(watcher->probes) / static_cast<double>(probes.size());
  }
  return losses;
}

/// Before the live state changes: keeps it for the rules that hold it for the best so far, and
/// drops states that no rule wants any more. A job whose last state passes without a reader will
/// not find it here: it runs by itself.
void Trajectory::keep_states() {
  if (!keeps_states_) return;
  std::map<std::int64_t, Snapshot> kept;
  for (auto entry = watchers_.begin(); entry != watchers_.end();) {
    const sharing::Observer& observer = *entry->second.observer;
    const std::int64_t chosen = observer.chosen_step();
    if (!entry->second.shape.stop) {
      entry = observer.active() ? std::next(entry) : watchers_.erase(entry);
      continue;
    }
    if (chosen != 0 && kept.count(chosen) == 0) {
      const auto earlier = states_.find(chosen);
      COX_CHECK(earlier != states_.end() || chosen == step_, "a chosen state was not kept");
      kept.emplace(chosen, earlier != states_.end() ? earlier->second : Snapshot::of(groups_));
    }
    ++entry;
  }
  states_ = std::move(kept);
}

/// Takes optimizer step `step`, counted from 1. Returns the loss before the update.
double Trajectory::take_step(std::int64_t step) {
  const LatentSplit& split = problem_.split;
  const at::Tensor clean = problem_.latents.narrow(2, 0, split.context + split.train);
  const StepDraw draw = draws_.next();
  const DenoisingProblem question{clean, split.context, draw.noise.to(clean.device()), draw.level,
                                  problem_.text};
  const AdaptationProblem asked = asked_problem();
  if (replayed_) replayed_->ask(fmt::format("step {}", step));
  const at::Tensor loss = asked.rule.loss(asked.backbone, adaptation_.adapter(), question);
  draws_.prepare();
  const double value = loss.item<double>();
  if (!std::isfinite(value)) diverge("the loss", value, step);
  backward(loss);
  for (const double norm : optimizer_.step()) {
    if (!std::isfinite(norm)) diverge("the gradient's norm", norm, step);
  }
  adaptation_.parameters_changed();
  return value;
}

/// The problem, put to the model or, for a method that acts on the output only, to what it has
/// answered before.
AdaptationProblem Trajectory::asked_problem() const {
  const Backbone& backbone = replayed_ ? *replayed_ : problem_.backbone;
  return {backbone,      problem_.latents, problem_.split,
          problem_.text, problem_.random,  problem_.rule};
}

/// On several GPUs each has a share of the gradients, and all must step alike.
void Trajectory::backward(const at::Tensor& loss) {
  Group* group = problem_.backbone.group();
  if (group == nullptr) return loss.backward();
  std::vector<TrainedTensor> whole;
  std::vector<ShardedLeaf> divided;
  for (const ParameterGroup& parameters : groups_) {
    for (const TrainedTensor& tensor : parameters.tensors) {
      if (tensor.shard.is_whole()) {
        whole.push_back(tensor);
      } else {
        divided.push_back({tensor.leaf, tensor.value, tensor.shard});
      }
    }
  }
  {
    const ShardedGradients handed_over(std::move(divided));
    (loss / group->size()).backward();
  }
  std::vector<at::Tensor> gradients;
  for (const TrainedTensor& tensor : whole) {
    if (tensor.gradient().defined()) gradients.push_back(tensor.gradient());
  }
  sum_gradients(*group, gradients);
}

void Trajectory::diverge(const char* what, double value, std::int64_t step) {
  divergence_.emplace(FailureCause::kDiverged,
                      fmt::format("adaptation diverged: {} is {} at step {}; lower lr or "
                                  "max_grad_norm",
                                  what, value, step),
                      "not_finite");
  throw EngineError(*divergence_);
}

/// The norm of a state that was in place before needs no other look at it.
double Trajectory::norm_at(std::int64_t step, LoopTimings& spent, JobMonitor& monitor) {
  const auto known = norms_.find(step);
  if (known != norms_.end()) return known->second;
  spent.train_s += place(step, monitor);
  return norms_[step] = change_norm(groups_);
}

double Trajectory::place(std::int64_t step, JobMonitor& monitor) {
  if (step == placed_) return 0;
  if (!keeps_states_) {
    double seconds = 0;
    {
      const Stopwatch watch(seconds, problem_.backbone.device());
      walk_to(step, monitor);
    }
    return seconds;
  }
  if (placed_ == step_ && needs_live_state()) live_ = Snapshot::of(groups_);
  placed_ = -1;  // neither state, in case the following lines throw
  if (step == step_) {
    COX_CHECK(live_.has_value(), "the live state was not kept");
    live_->restore(adaptation_);
    live_.reset();
  } else if (step == 0) {
    restore_start(adaptation_);
  } else {
    states_.at(step).restore(adaptation_);
  }
  placed_ = step;
  return 0;
}

/// Continues from the state in place, or from the start when that one is later.
void Trajectory::walk_to(std::int64_t step, JobMonitor& monitor) {
  if (placed_ < 0 || placed_ > step) {
    placed_ = -1;
    restore_start(adaptation_);
    optimizer_.restart();
    draws_.skip_to(0);
    placed_ = 0;
  }
  while (placed_ < step) {
    monitor.progress("train", static_cast<int>(placed_), static_cast<int>(step));
    const std::int64_t next = std::exchange(placed_, -1) + 1;
    take_step(next);
    placed_ = next;
  }
}

/// Whether a job will train on from the live state, or generate from it.
bool Trajectory::needs_live_state() const {
  for (const auto& [job, watcher] : watchers_) {
    if (watcher.observer->active() || watcher.observer->chosen_step() == step_) return true;
  }
  return false;
}

AdaptationSummary Trajectory::summary_of(const Watcher& watcher) const {
  const sharing::Observer& observer = *watcher.observer;
  AdaptationSummary summary;
  summary.trainable_parameters = trainable_parameters(groups_);
  summary.steps_run = static_cast<std::int32_t>(observer.steps_run());
  summary.best_step = static_cast<std::int32_t>(observer.chosen_step());
  summary.stopped = observer.stopped();
  summary.losses.assign(losses_.begin(), losses_.begin() + observer.steps_run());
  summary.anchor_losses = observer.losses();
  return summary;
}

}  // namespace cox::engine

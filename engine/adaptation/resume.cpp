// How a trajectory outlives its process.

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "engine/adaptation/trajectory.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

std::vector<at::Tensor> in_host_memory(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> copies;
  for (const at::Tensor& tensor : tensors) copies.push_back(tensor.detach().to(at::kCPU));
  return copies;
}

std::int64_t bytes_in(const std::vector<at::Tensor>& tensors) {
  std::int64_t bytes = 0;
  for (const at::Tensor& tensor : tensors) bytes += static_cast<std::int64_t>(tensor.nbytes());
  return bytes;
}

}  // namespace

/// Saves the live state, which must be in place, and the states that rules hold for the best so
/// far, unless they take too much.
void Trajectory::save() {
  unsaved_s_ = 0;
  SavedState state;
  for (const auto& [job, watcher] : watchers_) {
    const std::int64_t chosen = watcher.observer->chosen_step();
    const auto held = states_.find(chosen);
    if (chosen != step_ && held != states_.end()) state.kept[chosen] = held->second.values();
  }
  const std::int64_t states = 1 + static_cast<std::int64_t>(state.kept.size());
  if (states * state_bytes(groups_) + bytes_in(optimizer_.state()) > kMaxSavedBytes) return;
  for (auto& [step, values] : state.kept) values = in_host_memory(values);
  state.step = step_;
  state.losses = losses_;
  state.step_s = step_s_;
  state.checks = checks_;
  state.check_s = check_s_;
  state.values = in_host_memory(Snapshot::of(groups_).values());
  state.optimizer = in_host_memory(optimizer_.state());
  saving_.store->save(saving_.trajectory, step_, bytes_of(state));
}

/// Continues from the last saved state that serves every job; false when there is none.
bool Trajectory::resume() {
  if (saving_.store == nullptr) return false;
  std::vector<std::int64_t> steps = saving_.store->steps(saving_.trajectory);
  std::reverse(steps.begin(), steps.end());
  if (steps.size() > kMaxTried) steps.resize(kMaxTried);
  for (const std::int64_t step : steps) {
    const std::optional<std::string> bytes = saving_.store->load(saving_.trajectory, step);
    if (!bytes) continue;
    const std::string origin = fmt::format("state {} of trajectory {}", step, saving_.trajectory);
    try {
      const SavedState state = saved_state_in(*bytes, origin);
      if (state.step != step || !state.fits(groups_, optimizer_)) continue;
      if (!resume_from(state)) continue;
    } catch (const EngineError& error) {
      log(LogLevel::kWarning, "engine", "cannot read a saved state; its steps run again",
          {{"error", error.what()}});
      continue;
    }
    log(LogLevel::kInfo, "engine", "resuming a trajectory",
        {{"trajectory", saving_.trajectory}, {"step", step}});
    return true;
  }
  return false;
}

/// Changes nothing and returns false unless every job can be served from here on.
bool Trajectory::resume_from(const SavedState& state) {
  std::map<std::string, sharing::Observer> observers;
  for (const auto& [job, watcher] : watchers_) {
    const auto observer = sharing::replayed(watcher.shape, state.checks, state.step);
    if (!observer) return false;
    const std::int64_t chosen = observer->chosen_step();
    const bool is_there =
        !keeps_states_ || chosen == 0 || chosen == state.step || state.kept.count(chosen) != 0;
    const bool reads_on = !watcher.shape.stop && observer->active();
    if (!is_there && !reads_on) return false;
    observers.emplace(job, *observer);
  }
  for (auto& [job, watcher] : watchers_) {
    watcher.observer = observers.at(job);
    for (std::size_t check = 0; check < watcher.observer->losses().size(); ++check) {
      const std::int64_t step = static_cast<std::int64_t>(check) * watcher.shape.stop->check_every;
      watcher.checks_s += state.check_s.at(step) * static_cast<double>(watcher.probes) /
                          static_cast<double>(state.checks.at(step).size());
    }
  }
  Snapshot::from(state.values).restore(adaptation_);
  for (const auto& [step, values] : state.kept) states_.emplace(step, Snapshot::from(values));
  optimizer_.resume(static_cast<int>(state.step), state.optimizer);
  draws_.skip_to(static_cast<int>(state.step));
  losses_ = state.losses;
  step_s_ = state.step_s;
  checks_ = state.checks;
  check_s_ = state.check_s;
  step_ = placed_ = state.step;
  return true;
}

}  // namespace cox::engine

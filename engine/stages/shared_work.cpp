#include "engine/stages/shared_work.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/log.h"

namespace cox::engine {

namespace {

/// What a share key says nothing about: the item, as this process sees it.
std::string item_of(const JobInput& job) {
  return fmt::format("{}\n{}\n{}\n{}\n{}", job.video.id, job.video.digest, job.video.path,
                     job.model.directory, job.prompt);
}

std::string loras_of(const JobInput& job) {
  std::string text;
  for (const WeightFile& lora : job.model.loras) {
    text += fmt::format("\nlora {} {} {}", lora.path, lora.digest, lora.multiplier);
  }
  return text;
}

/// Returns nothing when the job must run separately, which also reports its errors.
std::optional<sharing::JobShape> shape_of(const JobInput& job) {
  if (job.job_id.empty() || job.share.generation.empty()) return std::nullopt;
  try {
    ParameterReader parameters(job.parameters);
    const JobPlan plan = plan_job(job, parameters);
    sharing::JobShape shape;
    if (plan.adaptation) {
      if (job.share.trajectory.empty()) return std::nullopt;
      shape = job_shape(*plan.adaptation, plan.split);
      shape.trajectory = fmt::format("{}\n{}{}", job.share.trajectory, item_of(job),
                                     job.recompute ? "\nrecompute" : "");
    }
    shape.generation = fmt::format("{}\n{}", job.share.generation, item_of(job));
    return shape;
  } catch (const EngineError&) {
    return std::nullopt;
  }
}

}  // namespace

void SharedWork::end() {
  expected_.clear();
  order_.clear();
  leave_video();
}

void SharedWork::leave_video() {
  generations_.clear();
  put_back();
  raw_.reset();
}

std::vector<std::size_t> SharedWork::expect(const std::vector<JobInput>& jobs) {
  std::vector<sharing::JobShape> shapes;
  for (const JobInput& job : jobs) {
    const std::optional<sharing::JobShape> shape = shape_of(job);
    shapes.push_back(shape.value_or(sharing::JobShape{}));
    if (shape) expected_[job.job_id] = {.shape = *shape};
  }
  const std::vector<std::size_t> order = sharing::run_order(shapes);
  for (const std::size_t job : order) order_.push_back(jobs[job].job_id);
  return order;
}

const SharedWork::Expected* SharedWork::find(const JobInput& job) const {
  const auto found = expected_.find(job.job_id);
  return found != expected_.end() && found->second.open ? &found->second : nullptr;
}

void SharedWork::make_way(const JobInput& job) {
  if (!live_) return;
  const Expected* expected = find(job);
  if (expected != nullptr && expected->shape.trajectory == live_->key &&
      live_->adapted.watched_by(job.job_id)) {
    return;
  }
  put_back();
}

void SharedWork::put_back() {
  if (!live_) return;
  live_.reset();
  models_.drop_if_changed();
}

AdaptedModel& SharedWork::enter(const JobInput& job, const JobPlan& plan, const EncodedJob& encoded,
                                Model& model, ParameterReader& parameters) {
  if (live_) {
    live_->adapted.accept(parameters);
    return live_->adapted;
  }
  const Expected* expected = find(job);
  const SharedRaw raw{raw_, item_of(job) + loras_of(job)};
  live_ = std::make_unique<Live>(expected != nullptr ? expected->shape.trajectory : "", plan,
                                 encoded, model, parameters, max_state_bytes_,
                                 expected != nullptr ? &raw : nullptr);
  if (!live_->adapted.trains()) return live_->adapted;
  live_->adapted.watch(job.job_id, job_shape(*plan.adaptation, plan.split));
  if (expected != nullptr) {
    gather(job.job_id);
    live_->adapted.save_to(saving_of(job));
  }
  return live_->adapted;
}

/// States outlive the process only for a video and a model that are known by their content.
StateSaving SharedWork::saving_of(const JobInput& job) const {
  if (job.video.digest.empty() || job.model.digest.empty()) return {};
  StateSaving saving = saving_;
  saving.trajectory =
      sha256_of(fmt::format("cox-states/1\n{}\n{}\n", saving_.trajectory, live_->key));
  return saving;
}

/// Lets every open job of the trajectory watch it, beside the `first`.
void SharedWork::gather(const std::string& first) {
  std::vector<std::string> together = {first};
  for (const std::string& other : order_) {
    const auto found = expected_.find(other);
    if (other == first || found == expected_.end() || !found->second.open) continue;
    if (found->second.shape.trajectory != live_->key) continue;
    live_->adapted.watch(other, found->second.shape);
    together.push_back(other);
  }
  for (const std::string& member : together) {
    std::vector<std::string>& companions = expected_.at(member).companions;
    companions.clear();
    std::copy_if(together.begin(), together.end(), std::back_inserter(companions),
                 [&](const std::string& other) { return other != member; });
  }
}

void SharedWork::close(const JobInput& job) {
  const auto found = expected_.find(job.job_id);
  if (found != expected_.end()) found->second.open = false;
  if (live_) live_->adapted.leave(job.job_id);
}

void SharedWork::leave(const JobInput& job) {
  close(job);
  const bool is_over = !live_->adapted.watched();
  const bool trained = live_->adapted.trains();
  // While a method changes the model's own parameters, only its end can show that it restores them.
  const bool must_equal = trained && (is_over || !live_->adapted.trains_backbone());
  if (is_over) live_.reset();
  if (!must_equal || !models_.is_changed()) return;
  live_.reset();
  models_.require_unchanged();
}

void SharedWork::fail(const JobInput& job, const JobFailure& failure, bool alone) {
  if (failure.cause == FailureCause::kOom) {
    // Shared work needs more memory than a single job: these jobs run by themselves from now on.
    const auto failed = expected_.find(job.job_id);
    if (failed != expected_.end() && !failed->second.shape.trajectory.empty()) {
      const std::string trajectory = failed->second.shape.trajectory;
      std::erase_if(expected_,
                    [&](const auto& entry) { return entry.second.shape.trajectory == trajectory; });
    }
  }
  close(job);
  const bool spares_others = alone && (failure.cause == FailureCause::kCancelled ||
                                       failure.cause == FailureCause::kDiverged);
  if (live_ && (!spares_others || !live_->adapted.watched())) live_.reset();
  if (alone && failure.cause != FailureCause::kOom) return;
  generations_.clear();
  raw_.reset();
}

std::string SharedWork::generation_name(const JobInput& job, std::int64_t step) const {
  const Expected* expected = find(job);
  if (expected == nullptr) return "";
  const sharing::StateId state = sharing::state_id(expected->shape.trajectory, step);
  return fmt::format("{}\n{}\n{}", state.trajectory, state.step, expected->shape.generation);
}

std::vector<std::string> SharedWork::companions(const JobInput& job) const {
  const Expected* expected = find(job);
  return expected == nullptr ? std::vector<std::string>{} : expected->companions;
}

std::int64_t SharedWork::peak_with(std::int64_t bytes) {
  if (!live_) return bytes;
  live_->peak_bytes = std::max(live_->peak_bytes, bytes);
  return live_->peak_bytes;
}

}  // namespace cox::engine

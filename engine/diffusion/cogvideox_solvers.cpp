#include "engine/diffusion/cogvideox_solvers.h"

#include <cmath>
#include <stdexcept>

#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

/// Returns the clean latents implied by x and v.
at::Tensor clean_latents_of(double alpha, const at::Tensor& x, const at::Tensor& v) {
  return std::sqrt(alpha) * x - std::sqrt(1 - alpha) * v;
}

/// Half the logarithm of the signal-to-noise ratio; infinite at both ends.
double log_ratio(double alpha) { return std::log(std::sqrt(alpha / (1 - alpha))); }

}  // namespace

CogVideoXDdim::CogVideoXDdim(const CogVideoXSchedule& schedule, std::int64_t steps)
    : schedule_(schedule), steps_(steps), times_(schedule.sampling_times(steps)) {}

at::Tensor CogVideoXDdim::step(std::int64_t index, const at::Tensor& x,
                               const at::Tensor& output) const {
  const std::int64_t time = times_.at(static_cast<std::size_t>(index));
  const double from = schedule_.alpha(time);
  const double to = schedule_.alpha(schedule_.next_time(time, steps_));
  const double kept = std::sqrt((1 - to) / (1 - from));
  return kept * x + (std::sqrt(to) - std::sqrt(from) * kept) * clean_latents_of(from, x, output);
}

CogVideoXDpm::CogVideoXDpm(const CogVideoXSchedule& schedule, std::int64_t steps)
    : schedule_(schedule), steps_(steps), times_(schedule.sampling_times(steps)) {}

at::Tensor CogVideoXDpm::step(std::int64_t index, const at::Tensor& x, const at::Tensor& output,
                              const at::Tensor& noise) {
  if ((index == 0) == clean_before_.defined()) {
    throw std::logic_error("CogVideoXDpm: steps must be called in order");
  }
  const auto i = static_cast<std::size_t>(index);
  const std::int64_t next = schedule_.next_time(times_.at(i), steps_);
  const double from = schedule_.alpha(times_[i]), to = schedule_.alpha(next);
  const double h = log_ratio(to) - log_ratio(from);  // infinite in the first step and at the end
  const double kept = std::sqrt((1 - to) / (1 - from)) * std::exp(-h);
  const double drawn = std::sqrt((1 - to) * -std::expm1(-2 * h));

  const at::Tensor clean = clean_latents_of(from, x, output);
  at::Tensor aimed = clean;
  if (index > 0 && next >= 0) {
    // 1 / (2 r), where r is the previous step's length over this one's; 0 after the infinite first.
    const double last = log_ratio(from) - log_ratio(schedule_.alpha(times_[i - 1]));
    const double share = h / last / 2;
    aimed = (1 + share) * clean - share * clean_before_;
  }
  clean_before_ = clean;
  return kept * x - std::expm1(-2 * h) * std::sqrt(to) * aimed + drawn * noise;
}

}  // namespace cox::engine

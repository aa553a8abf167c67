#include "engine/adaptation/step_draws.h"

#include <utility>

namespace cox::engine {

namespace {

/// Noise levels of training are uniform from here to 1.
constexpr double kSmallestSigma = 0.001;

}  // namespace

StepDraw StepDraws::next() {
  if (!prepared_) prepare();
  StepDraw draw = std::move(*prepared_);
  prepared_.reset();
  return draw;
}

void StepDraws::skip_to(int steps) {
  index_ = steps;
  prepare();
}

void StepDraws::prepare() {
  const LatentSplit& split = problem_.split;
  const at::Tensor noised = problem_.rule.noises_context()
                                ? problem_.latents.narrow(2, 0, split.context + split.train)
                                : problem_.latents.narrow(2, split.context, split.train);
  const VideoRandom& random = problem_.random;
  prepared_ = StepDraw{random.stream(Purpose::kTrainNoise, index_).normal(noised.sizes()),
                       random.stream(Purpose::kTrainSigma, index_).uniform(kSmallestSigma, 1)};
  ++index_;
}

}  // namespace cox::engine

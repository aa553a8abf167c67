#include "tools/training/train_loop.h"

#include <fmt/format.h>

#include <ATen/Context.h>

#include <cmath>

#include "base/clock.h"
#include "engine/tensors/error.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Reading the loss waits for the device, so it is read once every this many steps.
constexpr int64_t kStepsPerPoint = 50;

/// Sums losses on the device and turns them into points of the curve.
class CurveRecorder {
 public:
  CurveRecorder(TrainState& state, const CurveListener& listener)
      : state_(state),
        listener_(listener),
        earlier_(state.curve().empty() ? 0 : state.curve().back().seconds) {}

  void add(const at::Tensor& loss) {
    sum_ = sum_.defined() ? sum_ + loss.detach() : loss.detach();
    if (++count_ == kStepsPerPoint) flush();
  }

  void flush() {
    if (count_ == 0) return;
    const double mean = sum_.item<double>() / static_cast<double>(count_);
    if (!std::isfinite(mean)) {
      throw EngineError(FailureCause::kDiverged,
                        fmt::format("the loss became {} before step {}; resume from the last "
                                    "checkpoint, which is intact, with a lower --rate",
                                    mean, state_.step()));
    }
    state_.add_to_curve(mean, earlier_ + seconds());
    listener_(state_.curve().back());
    sum_ = at::Tensor();
    count_ = 0;
  }

  double seconds() const { return monotonic_seconds() - begun_; }

 private:
  TrainState& state_;
  const CurveListener& listener_;
  double earlier_;
  double begun_ = monotonic_seconds();
  at::Tensor sum_;
  int64_t count_ = 0;
};

}  // namespace

void seed_draws(at::Device device, uint64_t seed, int64_t step) {
  constexpr uint64_t kStepsApart = 1'000'003;
  at::Generator generator = at::globalContext().defaultGenerator(device);
  generator.set_current_seed(seed * kStepsApart + static_cast<uint64_t>(step));
}

bool train(TrainState& state, const TrainLoopOptions& options,
           const std::function<at::Tensor(int64_t step)>& loss, const CurveListener& listener,
           const std::function<bool()>& stop_requested) {
  CurveRecorder recorder(state, listener);
  double saved_at = 0;
  const auto save = [&] {
    recorder.flush();
    if (!options.checkpoint.empty()) state.save(options.checkpoint);
    saved_at = recorder.seconds();
  };
  while (state.step() < options.steps) {
    const bool out_of_time = options.stop_after_s > 0 && recorder.seconds() > options.stop_after_s;
    if (out_of_time || stop_requested()) break;
    const at::Tensor value = loss(state.step());
    state.apply(gradients(value, state.parameters()),
                {.learning_rate = scheduled_rate(state.step(), options.warmup, options.steps,
                                                 options.peak_rate, options.last_rate),
                 .weight_decay = options.weight_decay,
                 .average_decay = options.average_decay});
    recorder.add(value);
    if (recorder.seconds() - saved_at > options.checkpoint_every_s) save();
  }
  save();
  return state.step() >= options.steps;
}

}  // namespace cox::engine

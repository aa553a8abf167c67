#pragma once

#include <cstdint>

namespace cox::sharing {

/// Decides from the held-out losses when the loop ends and which state it keeps. Holds no tensors,
/// so the rule can be replayed on recorded losses. A loss is better only if it is strictly below
/// the best so far; NaN never is.
class EarlyStop {
 public:
  /// `start_loss` is the loss before the first step: the first best.
  EarlyStop(std::int64_t check_every, std::int64_t patience, double start_loss)
      : check_every_(check_every), patience_(patience), best_loss_(start_loss) {}

  /// Returns true if a check follows optimizer step `step`, counted from 1.
  bool due(std::int64_t step) const { return step % check_every_ == 0; }

  /// Records the loss after `step`. Returns true for a new best, whose state must then be kept.
  bool observe(std::int64_t step, double loss) {
    if (loss < best_loss_) {
      best_loss_ = loss;
      best_step_ = step;
      misses_ = 0;
      return true;
    }
    ++misses_;
    return false;
  }

  bool stopped() const { return misses_ >= patience_; }
  /// Returns the step of the best state; 0 is the start state.
  std::int64_t best_step() const { return best_step_; }
  std::int64_t misses() const { return misses_; }
  double best_loss() const { return best_loss_; }

 private:
  std::int64_t check_every_;
  std::int64_t patience_;
  double best_loss_;
  std::int64_t best_step_ = 0;
  std::int64_t misses_ = 0;
};

}  // namespace cox::sharing

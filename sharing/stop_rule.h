#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <vector>

namespace cox::sharing {

/// The clean latents that a check sees before the held-out ones: those at the start of the window,
/// or the same number directly before the held-out ones.
enum class CheckContext { kWindowStart, kAdjacent };

/// One measurement of a check: a noise level, the number of a draw, and the context. The loss of a
/// probe does not depend on which other probes are measured.
struct Probe {
  double sigma = 0;  ///< in (0, 1]
  std::int64_t draw = 0;
  CheckContext context = CheckContext::kWindowStart;
  auto operator<=>(const Probe&) const = default;
};

using ProbeLosses = std::map<Probe, double>;

/// Decides for one job when its adaptation ends and which state generates. It only reads the
/// trajectory, so any number of rules can share one.
struct StopRule {
  std::int64_t check_every = 1;  ///< optimizer steps
  std::int64_t patience = 1;     ///< checks in a row without improvement before the end
  std::int64_t noise_draws = 1;
  std::vector<double> sigmas;
  CheckContext context = CheckContext::kWindowStart;

  /// Returns every draw of every sigma, sigma by sigma: the order in which their losses are summed.
  std::vector<Probe> probes() const;
  /// Returns true if a check follows optimizer step `step`, counted from 1.
  bool due(std::int64_t step) const { return step % check_every == 0; }
  /// Returns the mean over the rule's probes. `losses` must hold each of them.
  double loss(const ProbeLosses& losses) const;
};

}  // namespace cox::sharing

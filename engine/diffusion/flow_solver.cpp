#include "engine/diffusion/flow_solver.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "base/text.h"
#include "engine/tensors/error.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

/// Noise levels in the solvers' terms: a = 1 - s, lambda = log(a / s).
class Levels {
 public:
  explicit Levels(std::vector<float> sigmas) : sigmas_(std::move(sigmas)) {}

  std::int64_t steps() const { return static_cast<std::int64_t>(sigmas_.size()) - 1; }
  double sigma(std::int64_t i) const { return sigmas_.at(static_cast<std::size_t>(i)); }
  double alpha(std::int64_t i) const { return 1 - sigma(i); }
  /// Returns infinity if the noise is 0.
  double lambda(std::int64_t i) const { return std::log(alpha(i)) - std::log(sigma(i)); }
  /// The first and the last step do not have a second point.
  bool is_first_order(std::int64_t i) const { return i == 0 || i + 1 == steps(); }

 private:
  std::vector<float> sigmas_;
};

/// A step from level `from` to level `from` + 1.
struct Span {
  double h;      ///< increase of lambda
  double phi;    ///< expm1(-h)
  double keep;   ///< factor of x: sigma_to / sigma_from
  double alpha;  ///< at the end
};

Span span_of(const Levels& levels, std::int64_t from) {
  const double h = levels.lambda(from + 1) - levels.lambda(from);
  return {h, std::expm1(-h), levels.sigma(from + 1) / levels.sigma(from), levels.alpha(from + 1)};
}

at::Tensor clean_of(const Levels& levels, std::int64_t i, const at::Tensor& x,
                    const at::Tensor& output) {
  return to_fp32(x) - levels.sigma(i) * to_fp32(output);
}

class Euler final : public FlowSolver {
 public:
  explicit Euler(Levels levels) : levels_(std::move(levels)) {}

  at::Tensor step(std::int64_t i, const at::Tensor& x, const at::Tensor& output) override {
    return to_fp32(x) + (levels_.sigma(i + 1) - levels_.sigma(i)) * to_fp32(output);
  }

 private:
  Levels levels_;
};

class DpmPlusPlus final : public FlowSolver {
 public:
  explicit DpmPlusPlus(Levels levels) : levels_(std::move(levels)) {}

  at::Tensor step(std::int64_t i, const at::Tensor& x, const at::Tensor& output) override {
    const at::Tensor clean = clean_of(levels_, i, x, output);
    const Span span = span_of(levels_, i);
    at::Tensor aim = clean;
    if (!levels_.is_first_order(i)) {
      const double r = (levels_.lambda(i) - levels_.lambda(i - 1)) / span.h;
      aim = clean + (clean - before_) / (2 * r);
    }
    before_ = clean;
    return span.keep * to_fp32(x) - span.alpha * span.phi * aim;
  }

 private:
  Levels levels_;
  at::Tensor before_;  ///< clean latents of the previous step
};

class UniPc final : public FlowSolver {
 public:
  explicit UniPc(Levels levels) : levels_(std::move(levels)) {}

  at::Tensor step(std::int64_t i, const at::Tensor& x, const at::Tensor& output) override {
    const at::Tensor clean = clean_of(levels_, i, x, output);
    const at::Tensor start = i == 0 ? to_fp32(x) : correct(i - 1, clean);
    const at::Tensor next = predict(i, start, clean);
    start_ = start;
    earlier_ = latest_;
    latest_ = clean;
    return next;
  }

 private:
  /// Offset of the previous step from level i in units of h; negative.
  double ratio(std::int64_t i, double h) const {
    return (levels_.lambda(i - 1) - levels_.lambda(i)) / h;
  }

  at::Tensor predict(std::int64_t i, const at::Tensor& x, const at::Tensor& clean) const {
    const Span span = span_of(levels_, i);
    const at::Tensor first = span.keep * x - span.alpha * span.phi * clean;
    if (levels_.is_first_order(i)) return first;
    const at::Tensor slope = (latest_ - clean) / ratio(i, span.h);
    return first - span.alpha * span.phi * 0.5 * slope;
  }

  /// Repeats the step from level i with the clean latents at its end.
  at::Tensor correct(std::int64_t i, const at::Tensor& clean) const {
    const Span span = span_of(levels_, i);
    const at::Tensor first = span.keep * start_ - span.alpha * span.phi * latest_;
    const at::Tensor change = clean - latest_;
    if (levels_.is_first_order(i)) return first - span.alpha * span.phi * 0.5 * change;
    const double r = ratio(i, span.h);
    const double k1 = span.phi / -span.h - 1, k2 = k1 / -span.h - 0.5;
    const double b1 = k1 / span.phi, b2 = 2 * k2 / span.phi;
    const double rho1 = (b1 - b2) / (1 - r), rho2 = b1 - rho1;
    const at::Tensor slope = (earlier_ - latest_) / r;
    return first - span.alpha * span.phi * (rho1 * slope + rho2 * change);
  }

  Levels levels_;
  at::Tensor start_;    ///< x at the start of the previous step, corrected
  at::Tensor latest_;   ///< clean latents of the previous step
  at::Tensor earlier_;  ///< clean latents of the step before that
};

using MakeSolver = std::unique_ptr<FlowSolver> (*)(Levels levels);

template <typename Solver>
std::unique_ptr<FlowSolver> made(Levels levels) {
  return std::make_unique<Solver>(std::move(levels));
}

constexpr std::pair<const char*, MakeSolver> kSolvers[] = {
    {"unipc", made<UniPc>}, {"euler", made<Euler>}, {"dpm++", made<DpmPlusPlus>}};

}  // namespace

std::unique_ptr<FlowSolver> make_flow_solver(const std::string& name, std::vector<float> sigmas) {
  if (sigmas.size() < 2 || sigmas.back() != 0) {
    throw std::invalid_argument("flow solver: expected noise levels that end with 0");
  }
  for (const auto& [known, make] : kSolvers) {
    if (name == known) return make(Levels(std::move(sigmas)));
  }
  throw user_error(
      fmt::format("solver: expected one of {}, got '{}'", join(flow_solver_names(), ", "), name));
}

std::vector<std::string> flow_solver_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : kSolvers) names.emplace_back(name);
  return names;
}

}  // namespace cox::engine

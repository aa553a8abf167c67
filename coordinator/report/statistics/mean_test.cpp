#include "coordinator/report/statistics/mean_test.h"

#include <algorithm>
#include <cmath>

#include "base/status.h"
#include "coordinator/report/statistics/distributions.h"

namespace cox::report {

namespace {

/// Statistics that differ by less are ties: they differ only by rounding.
double tie(double value) { return 1e-9 * (1 + std::abs(value)); }

bool all_equal(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); });
}

/// How many ascending values are at most, and at least, `value`.
double at_most(const std::vector<double>& sorted, double value) {
  const auto end = std::upper_bound(sorted.begin(), sorted.end(), value + tie(value));
  return static_cast<double>(end - sorted.begin());
}
double at_least(const std::vector<double>& sorted, double value) {
  const auto begin = std::lower_bound(sorted.begin(), sorted.end(), value - tie(value));
  return static_cast<double>(sorted.end() - begin);
}

/// p = (count + 1) / (resamples + 1) is below `alpha` exactly when fewer than this many resamples
/// are as extreme.
double fewest_kept(double alpha, std::size_t resamples) {
  return std::ceil(alpha * static_cast<double>(resamples + 1) - 1);
}

Interval hull(const Interval& a, const Interval& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

std::vector<double> present(const Sample& sample) {
  std::vector<double> values;
  for (const auto& value : sample) {
    if (value) values.push_back(*value);
  }
  return values;
}

/// The inference from equal values; nothing is drawn for them.
MeanInference inference_of_equal(double value) {
  return value == 0 ? MeanInference{} : MeanInference{0.0, Interval{value, value}};
}

bool is_tested(const std::vector<double>& values) {
  return values.size() >= kLeastForInference && !(all_equal(values) && values.front() == 0);
}

}  // namespace

MeanTest::MeanTest(std::vector<double> values, std::size_t comparisons,
                   std::vector<double> largest_t, std::size_t resamples)
    : comparisons_(static_cast<double>(comparisons)), largest_t_(std::move(largest_t)) {
  COX_CHECK(values.size() >= 2 && !all_equal(values), "two values or more that differ");
  std::sort(values.begin(), values.end());  // the order of the videos means nothing
  moments_ = moments_of(values);
  degrees_ = moments_.count - 1;
  Resampled own = resampled(values, resamples);
  hall_ = std::move(own.hall);
  if (largest_t_.empty()) largest_t_ = std::move(own.absolute_t);
}

MeanTest::MeanTest(std::vector<double> values, std::size_t resamples)
    : MeanTest(std::move(values), 1, {}, resamples) {}

MeanTest::MeanTest(const Strata& strata, std::size_t resamples) {
  const StratifiedMoments within = moments_within(strata);
  COX_CHECK(within.moments.deviation > 0, "values that differ within a stratum");
  moments_ = within.moments;
  degrees_ = within.degrees;
  Resampled own = resampled_within(strata, resamples);
  hall_ = std::move(own.hall);
  largest_t_ = std::move(own.absolute_t);
}

double MeanTest::hall_p(double null) const {
  const double u = (moments_.mean - null) / moments_.deviation;
  const double h = hall_transform(u, moments_.skewness, moments_.count);
  const double beyond = std::min(at_most(hall_, h), at_least(hall_, h));
  return 2 * (beyond + 1) / static_cast<double>(hall_.size() + 1);
}

double MeanTest::p(double null) const {
  const double t = (moments_.mean - null) / moments_.standard_error();
  const double of_t = student_t_two_sided(t, degrees_);
  const double of_largest =
      (at_least(largest_t_, std::abs(t)) + 1) / static_cast<double>(largest_t_.size() + 1);
  return std::min(1.0, std::max({comparisons_ * of_t, comparisons_ * hall_p(null), of_largest}));
}

std::optional<Interval> MeanTest::hall_interval(double alpha) const {
  const double kept = fewest_kept(alpha / 2, hall_.size());
  if (kept < 1) return std::nullopt;
  const auto place = static_cast<std::size_t>(kept);
  const auto bound = [&](double h) {
    return moments_.mean - moments_.deviation * hall_inverse(h, moments_.skewness, moments_.count);
  };
  const Interval interval{bound(hall_[hall_.size() - place]), bound(hall_[place - 1])};
  if (!std::isfinite(interval.low) || !std::isfinite(interval.high)) return std::nullopt;
  return interval;
}

std::optional<Interval> MeanTest::largest_t_interval(double alpha) const {
  const double kept = fewest_kept(alpha, largest_t_.size());
  if (kept < 1) return std::nullopt;
  const double t = largest_t_[largest_t_.size() - static_cast<std::size_t>(kept)];
  if (!std::isfinite(t)) return std::nullopt;
  const double reach = t * moments_.standard_error();
  return Interval{moments_.mean - reach, moments_.mean + reach};
}

std::optional<Interval> MeanTest::interval(double level) const {
  const double alpha = (1 - level) / comparisons_;
  const double reach = student_t_bound(1 - alpha, degrees_) * moments_.standard_error();
  const auto by_hall = hall_interval(alpha);
  const auto by_largest = largest_t_interval(1 - level);
  if (!by_hall || !by_largest) return std::nullopt;
  const Interval by_t{moments_.mean - reach, moments_.mean + reach};
  return hull(by_t, hull(*by_hall, *by_largest));
}

MeanInference infer_mean(const std::vector<double>& values) {
  if (!is_tested(values)) return {};
  if (all_equal(values)) return inference_of_equal(values.front());
  const MeanTest test(values);
  return {test.p(), test.interval()};
}

namespace {

/// Sorted, since the order of the videos means nothing; those of one value as one, or with the
/// smallest of the others when there is only one such.
Strata with_spread(Strata categories) {
  std::vector<double> lonely;
  Strata strata;
  for (std::vector<double>& category : categories) {
    std::sort(category.begin(), category.end());
    if (category.size() == 1) lonely.push_back(category.front());
    if (category.size() > 1) strata.push_back(std::move(category));
  }
  std::sort(lonely.begin(), lonely.end());
  if (lonely.size() == 1 && !strata.empty()) {
    const auto smallest =
        std::min_element(strata.begin(), strata.end(),
                         [](const auto& a, const auto& b) { return a.size() < b.size(); });
    smallest->insert(std::lower_bound(smallest->begin(), smallest->end(), lonely.front()),
                     lonely.front());
  } else if (!lonely.empty()) {
    strata.push_back(std::move(lonely));
  }
  return strata;
}

}  // namespace

MeanInference infer_mean_within(Strata categories) {
  const Strata strata = with_spread(std::move(categories));
  std::vector<double> values;
  for (const auto& stratum : strata) values.insert(values.end(), stratum.begin(), stratum.end());
  if (!is_tested(values)) return {};
  if (all_equal(values)) return inference_of_equal(values.front());
  if (std::all_of(strata.begin(), strata.end(), all_equal)) return {};
  const MeanTest test(strata);
  return {test.p(), test.interval()};
}

FamilyInference infer_family(const std::vector<Sample>& family, std::size_t resamples) {
  FamilyInference inference{0, std::vector<MeanInference>(family.size())};
  std::vector<Sample> varied;
  for (const Sample& sample : family) {
    const std::vector<double> values = present(sample);
    if (!is_tested(values)) continue;
    ++inference.size;
    if (!all_equal(values)) varied.push_back(sample);
  }
  const std::size_t enough = std::max(resamples, kResamplesEach * inference.size);
  const bool alone = inference.size <= 1;
  const auto largest = alone || varied.empty() ? std::vector<double>{} : largest_t(varied, enough);
  for (std::size_t i = 0; i < family.size(); ++i) {
    const std::vector<double> values = present(family[i]);
    if (!is_tested(values)) continue;
    if (all_equal(values)) {
      inference.members[i] = inference_of_equal(values.front());
      continue;
    }
    const MeanTest test(values, inference.size, largest, enough);
    inference.members[i] = {test.p(), test.interval()};
  }
  return inference;
}

double equivalence_p(const MeanTest& test, double mean, double margin) {
  COX_CHECK(margin > 0, "a margin above 0");
  const double above = test.p(margin) / 2;   // of "margin or more"
  const double below = test.p(-margin) / 2;  // of "-margin or less"
  return std::max(mean < margin ? above : 1 - above, mean > -margin ? below : 1 - below);
}

}  // namespace cox::report

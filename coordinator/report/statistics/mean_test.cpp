#include "coordinator/report/statistics/mean_test.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "base/status.h"
#include "coordinator/report/statistics/distributions.h"
#include "coordinator/report/statistics/draws.h"

namespace cox::report {

namespace {

/// Statistics that differ by less are ties: they differ only by rounding.
double tie(double value) { return 1e-9 * (1 + std::abs(value)); }

/// How many values are at most, and at least, `value`.
double at_most(const std::vector<double>& values, double value) {
  const double bound = value + tie(value);
  return static_cast<double>(
      std::count_if(values.begin(), values.end(), [=](double v) { return v <= bound; }));
}
double at_least(const std::vector<double>& values, double value) {
  const double bound = value - tie(value);
  return static_cast<double>(
      std::count_if(values.begin(), values.end(), [=](double v) { return v >= bound; }));
}

/// The `place`-th value, from 1, when the values are in the order of `before`. Few are kept,
/// since bounds of intervals are near the ends.
template <typename Before>
double value_at(const std::vector<double>& values, double place, Before before) {
  std::vector<double> first(static_cast<std::size_t>(place));
  std::partial_sort_copy(values.begin(), values.end(), first.begin(), first.end(), before);
  return first.back();
}
double smallest(const std::vector<double>& values, double place) {
  return value_at(values, place, std::less<>());
}
double largest(const std::vector<double>& values, double place) {
  return value_at(values, place, std::greater<>());
}

/// p = (count + 1) / (resamples + 1) is below `alpha` exactly when fewer than this many resamples
/// are as extreme.
double fewest_kept(double alpha, std::size_t resamples) {
  return std::ceil(alpha * static_cast<double>(resamples + 1) - 1);
}

Interval hull(const Interval& a, const Interval& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

std::vector<double> sorted(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

/// The inference from equal values; nothing is drawn for them.
MeanInference inference_of_equal(const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return *most == 0 ? MeanInference{} : MeanInference{0.0, Interval{*least, *most}};
}

bool is_tested(const std::vector<double>& values) {
  return values.size() >= kLeastForInference && !(all_equal(values) && values.front() == 0);
}

}  // namespace

MeanTest::MeanTest(const std::vector<double>& sorted_values, std::vector<double> hall,
                   std::size_t comparisons, std::vector<double> largest_t, double largest_t_factor)
    : moments_(moments_of(sorted_values)),
      degrees_(moments_.count - 1),
      comparisons_(static_cast<double>(comparisons)),
      hall_(std::move(hall)),
      largest_t_(std::move(largest_t)),
      largest_t_factor_(largest_t_factor) {
  COX_CHECK(sorted_values.size() >= 2 && !all_equal(sorted_values),
            "two values or more that differ");
}

MeanTest::MeanTest(const std::vector<double>& sorted_values, Resampled own)
    : MeanTest(sorted_values, std::move(own.hall), 1, std::move(own.absolute_t), 1) {}

MeanTest::MeanTest(std::vector<double> values, std::size_t resamples)
    : MeanTest(sorted(values), resampled(sorted(values), resamples)) {}

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
  return std::min(1.0, std::max({comparisons_ * of_t, comparisons_ * hall_p(null),
                                 largest_t_factor_ * of_largest}));
}

std::optional<Interval> MeanTest::hall_interval(double alpha) const {
  const double kept = fewest_kept(alpha / 2, hall_.size());
  if (kept < 1) return std::nullopt;
  const auto bound = [&](double h) {
    return moments_.mean - moments_.deviation * hall_inverse(h, moments_.skewness, moments_.count);
  };
  const Interval interval{bound(largest(hall_, kept)), bound(smallest(hall_, kept))};
  if (!std::isfinite(interval.low) || !std::isfinite(interval.high)) return std::nullopt;
  return interval;
}

std::optional<Interval> MeanTest::largest_t_interval(double alpha) const {
  const double kept = fewest_kept(alpha, largest_t_.size());
  if (kept < 1) return std::nullopt;
  const double t = largest(largest_t_, kept);
  if (!std::isfinite(t)) return std::nullopt;
  const double reach = t * moments_.standard_error();
  return Interval{moments_.mean - reach, moments_.mean + reach};
}

std::optional<Interval> MeanTest::interval(double level) const {
  const double alpha = (1 - level) / comparisons_;
  const double reach = student_t_bound(1 - alpha, degrees_) * moments_.standard_error();
  const auto by_hall = hall_interval(alpha);
  const auto by_largest = largest_t_interval((1 - level) / largest_t_factor_);
  if (!by_hall || !by_largest) return std::nullopt;
  const Interval by_t{moments_.mean - reach, moments_.mean + reach};
  return hull(by_t, hull(*by_hall, *by_largest));
}

namespace {

/// Calls `use(place, values, resamples)` for each sample, a few at a time, since each has two
/// numbers for each resample. Sorts the samples: the order of the videos means nothing.
template <typename Use>
void resample_each(std::vector<std::vector<double>> samples, std::size_t resamples, Use use) {
  constexpr std::size_t kAtOnce = 4 * DrawnTogether::kLanes;
  std::map<std::size_t, std::vector<std::size_t>> places_by_size;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::sort(samples[i].begin(), samples[i].end());
    places_by_size[samples[i].size()].push_back(i);
  }
  for (const auto& [size, places] : places_by_size) {
    for (std::size_t begin = 0; begin < places.size(); begin += kAtOnce) {
      const std::size_t end = std::min(places.size(), begin + kAtOnce);
      std::vector<std::vector<double>> some;
      for (std::size_t i = begin; i < end; ++i) some.push_back(samples[places[i]]);
      std::vector<Resampled> own = resampled_each(some, resamples);
      for (std::size_t i = begin; i < end; ++i) {
        use(places[i], some[i - begin], std::move(own[i - begin]));
      }
    }
  }
}

/// The inference of samples from which nothing is drawn; the others are left to `varied`, by place.
struct Sorted {
  std::vector<MeanInference> members;
  std::vector<std::size_t> places;
  std::vector<std::vector<double>> varied;
  std::size_t tested = 0;  ///< samples with a p
};
Sorted settled(std::vector<std::vector<double>> samples) {
  Sorted all{std::vector<MeanInference>(samples.size()), {}, {}, 0};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!is_tested(samples[i])) continue;
    ++all.tested;
    if (all_equal(samples[i])) {
      all.members[i] = inference_of_equal(samples[i]);
      continue;
    }
    all.places.push_back(i);
    all.varied.push_back(std::move(samples[i]));
  }
  return all;
}

}  // namespace

void test_each(std::vector<std::vector<double>> samples,
               const std::function<void(std::size_t, const MeanTest&)>& use,
               std::size_t resamples) {
  resample_each(std::move(samples), resamples,
                [&](std::size_t place, const std::vector<double>& values, Resampled own) {
                  use(place, MeanTest(values, std::move(own)));
                });
}

std::vector<MeanInference> infer_means(std::vector<std::vector<double>> samples) {
  Sorted all = settled(std::move(samples));
  test_each(std::move(all.varied), [&](std::size_t i, const MeanTest& test) {
    all.members[all.places[i]] = {test.p(), test.interval()};
  });
  return std::move(all.members);
}

MeanInference infer_mean(const std::vector<double>& values) {
  return infer_means({values}).front();
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
  if (all_equal(values)) return inference_of_equal(values);
  if (std::all_of(strata.begin(), strata.end(), all_equal)) return {};
  const MeanTest test(strata);
  return {test.p(), test.interval()};
}

namespace {

/// The largest |t| of those samples of a family that are not carried by a few of their values.
struct Together {
  std::vector<double> largest_t;
  double factor = 1;          ///< samples over those that are not carried
  std::vector<bool> carried;  ///< of each sample
};

Together taken_together(const std::vector<Sample>& varied, std::size_t comparisons,
                        std::size_t resamples) {
  double bound = 0;
  for (const Sample& sample : varied) {
    const auto degrees = static_cast<double>(present_values(sample).size()) - 1;
    bound = std::max(bound,
                     student_t_bound(1 - (1 - kLevel) / static_cast<double>(comparisons), degrees));
  }
  LargestT all = largest_t(varied, resamples, kCarriedBeyond * bound);
  const double most =
      (1 - kLevel) / static_cast<double>(comparisons) * static_cast<double>(resamples);
  Together together{std::move(all.values), 1, {}};
  std::vector<Sample> others;
  for (std::size_t i = 0; i < varied.size(); ++i) {
    together.carried.push_back(static_cast<double>(all.beyond[i]) > most);
    if (!together.carried.back()) others.push_back(varied[i]);
  }
  if (others.size() < varied.size()) {
    together.factor = static_cast<double>(varied.size()) / static_cast<double>(others.size());
    together.largest_t = largest_t(others, resamples, kCarriedBeyond * bound).values;
  }
  return together;
}

}  // namespace

FamilyInference infer_family(const std::vector<Sample>& family, std::size_t resamples) {
  std::vector<std::vector<double>> values;
  for (const Sample& sample : family) values.push_back(present_values(sample));
  Sorted all = settled(std::move(values));
  const std::size_t enough = std::max(resamples, kResamplesEach * all.tested);
  const bool alone = all.tested <= 1;
  std::vector<Sample> varied;
  for (const std::size_t place : all.places) varied.push_back(family[place]);
  const Together together = alone ? Together{} : taken_together(varied, all.tested, enough);
  resample_each(std::move(all.varied), enough,
                [&](std::size_t i, const std::vector<double>& sample, Resampled own) {
                  const bool by_itself = alone || together.carried[i];
                  const MeanTest test(
                      sample, std::move(own.hall), all.tested,
                      by_itself ? std::move(own.absolute_t) : together.largest_t,
                      by_itself ? static_cast<double>(all.tested) : together.factor);
                  all.members[all.places[i]] = {test.p(), test.interval()};
                });
  return {all.tested, std::move(all.members)};
}

double equivalence_p(const MeanTest& test, double mean, double margin) {
  COX_CHECK(margin > 0, "a margin above 0");
  const double above = test.p(margin) / 2;   // of "margin or more"
  const double below = test.p(-margin) / 2;  // of "-margin or less"
  return std::max(mean < margin ? above : 1 - above, mean > -margin ? below : 1 - below);
}

}  // namespace cox::report

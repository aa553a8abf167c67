// Figures are from scipy 1.17.1 where no closed form stands beside them:
//     tests/unit/report/scipy_figures.py

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "coordinator/report/statistics/distributions.h"
#include "coordinator/report/statistics/draws.h"
#include "coordinator/report/statistics/effect_size.h"
#include "coordinator/report/statistics/holm.h"
#include "coordinator/report/statistics/mean_test.h"
#include "coordinator/report/statistics/random.h"
#include "coordinator/report/statistics/rank_tests.h"
#include "coordinator/report/statistics/resampling.h"
#include "coordinator/report/statistics/summary.h"
#include "coordinator/report/statistics/wins.h"

namespace cox::report {
namespace {

const std::vector<double> kSample = {0.42, -0.13, 0.91, 0.05,  -0.37, 1.20,
                                     0.33, 0.00,  0.58, -0.08, 0.27,  0.74};

/// sin(i^2) + 0.1 for i from 1, as scipy_figures.py has it.
std::vector<double> wave(int count) {
  std::vector<double> values;
  for (int i = 1; i <= count; ++i) values.push_back(std::sin(static_cast<double>(i) * i) + 0.1);
  return values;
}

std::vector<double> skewed() {
  std::vector<double> values = wave(64);
  for (double& value : values) value = std::exp(2 * value);
  return values;
}

std::vector<double> repeated(const std::vector<double>& values, int times) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) all.insert(all.end(), values.begin(), values.end());
  return all;
}

auto near(double value, double margin = 1e-9) { return Approx(value).epsilon(0).margin(margin); }

TEST_CASE("the normal distribution and its quantiles") {
  CHECK(normal_cdf(0) == 0.5);
  CHECK(normal_quantile(1e-12) == near(-7.034483825301131));
  CHECK(normal_quantile(0.025) == near(-1.9599639845400545));
  CHECK(normal_quantile(0.9) == near(1.2815515655446004));
  CHECK(normal_quantile(0.5) == near(0));
}

TEST_CASE("Student's t, central and not") {
  CHECK(student_t_two_sided(0, 7) == 1);
  CHECK(student_t_two_sided(1, 1) == near(0.5));  // Cauchy: 1 - 2 atan(t) / pi
  CHECK(student_t_two_sided(2.4264359886, 11) == near(0.03362135397724197));
  CHECK(student_t_two_sided(40, 98) == Approx(1.6633877203685833e-62).epsilon(1e-9));
  CHECK(student_t_two_sided(INFINITY, 3) == 0);
  CHECK(student_t_bound(0.95, 1) == near(12.706204736174694, 1e-8));
  CHECK(student_t_bound(0.95, 2) == near(4.302652729749462));
  CHECK(student_t_bound(0.95, 98) == near(1.9844674545084815));
  CHECK(noncentral_t_cdf(2, 11, 2.5) == near(0.3072097267805367));
  CHECK(noncentral_t_cdf(-1, 3, 0.5) == near(0.09212120981435942));
  CHECK(noncentral_t_cdf(12, 1, 4) == near(0.7397514206245134));
  CHECK(1 - noncentral_t_cdf(2, 11, 0) == near(student_t_two_sided(2, 11) / 2));
}

TEST_CASE("the binomial distribution of a fair coin") {
  CHECK(fair_binomial_cdf(3, 11) == near(0.11328125));
  CHECK(fair_binomial_cdf(40, 100) == near(0.028443966820490444));
  CHECK(fair_binomial_cdf(0, 10) == near(std::pow(2, -10)));
  CHECK(fair_binomial_cdf(10, 10) == near(1));
}

TEST_CASE("a sample's mean, deviation and t interval") {
  const Summary summary = summarized(kSample);
  CHECK(summary.count == 12);
  CHECK(*summary.mean == near(0.32666666666666666));
  CHECK(*summary.median == near(0.30));
  CHECK(*summary.deviation == near(0.4663657038172615));
  CHECK(*summary.standard_error == near(0.4663657038172615 / std::sqrt(12.0)));
  const Summary twice = summarized(repeated(kSample, 2));
  CHECK(twice.t_interval->low == near(0.13406633882277788));
  CHECK(twice.t_interval->high == near(0.5192669945105555));
  CHECK(student_t_two_sided(*summary.mean / *summary.standard_error, 11) ==
        near(0.03362135397459853));
}

TEST_CASE("what needs more values than there are is absent") {
  CHECK_FALSE(summarized({}).mean);
  const Summary one = summarized({2.5});
  CHECK(*one.mean == 2.5);
  CHECK(*one.median == 2.5);
  CHECK_FALSE(one.deviation);
  CHECK_FALSE(one.t_interval);
  CHECK(infer_mean({}) == MeanInference{});
  CHECK(infer_mean(wave(19)) == MeanInference{});
  CHECK(infer_mean(wave(20)).interval);
  CHECK_FALSE(summarized(wave(19)).t_interval);
  CHECK(summarized(wave(20)).t_interval);
  CHECK_FALSE(standardized_effect(1, 1, 2));
  CHECK_FALSE(minimum_detectable_difference(1, 1));
  const Summary two = summarized({1, 3});
  CHECK(*two.deviation == near(std::sqrt(2.0)));
}

TEST_CASE("equal values have no spread, whatever their sum rounds to") {
  const std::vector<double> equal(27, 0.1);
  CHECK(*summarized(equal).deviation == 0);
  CHECK(infer_mean(equal) == MeanInference{0.0, Interval{0.1, 0.1}});
  CHECK(infer_mean(std::vector<double>(27, 0.0)) == MeanInference{});
  CHECK_FALSE(standardized_effect(0.1, 0, 27));
}

TEST_CASE("differences that differ by the rounding of a subtraction only are equal") {
  std::vector<double> differences;
  for (const double value : wave(40)) differences.push_back((32 + value + 0.2) - (32 + value));
  REQUIRE(std::set(differences.begin(), differences.end()).size() > 1);
  CHECK(*summarized(differences).deviation == 0);
  CHECK(moments_of(differences).deviation == 0);
  const MeanInference inference = infer_mean(differences);
  REQUIRE(inference.interval);
  CHECK(*inference.p == 0);
  CHECK(inference.interval->low == near(0.2));
  CHECK(inference.interval->high == near(0.2));
}

TEST_CASE("the order of the videos changes no bit") {
  std::vector<double> reversed(kSample.rbegin(), kSample.rend());
  CHECK(*summarized(kSample).mean == *summarized(reversed).mean);
  std::vector<double> backwards = wave(30);
  std::reverse(backwards.begin(), backwards.end());
  CHECK(infer_mean(wave(30)) == infer_mean(backwards));
}

TEST_CASE("draws are SplitMix64's known answers") {
  CHECK(random_bits(1234567, 0) == 6457827717110365317U);
  CHECK(random_bits(1234567, 1) == 3203168211198807973U);
}

/// The sums of one resample as they are defined: the `resample`-th so many draws, one after
/// another.
Sums sums_of(const Sample& sample, std::size_t resample) {
  Sums sums;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const std::size_t draw = resample * sample.size() + i;
    const std::uint64_t bits = random_bits(kBootstrapSeed, draw / 2);
    const std::uint64_t part = draw % 2 == 0 ? bits >> 32U : bits & 0xffffffffU;
    const auto& value = sample[part * sample.size() >> 32U];
    if (!value) continue;
    ++sums.count;
    sums.first += *value;
    sums.second += *value * *value;
    sums.third += *value * *value * *value;
  }
  return sums;
}

/// 19 samples of 37 units, more than fit beside each other; three of them lack units.
std::vector<Sample> many_samples() {
  std::vector<Sample> samples;
  for (std::size_t k = 0; k < 19; ++k) {
    Sample& sample = samples.emplace_back();
    for (std::size_t i = 0; i < 37; ++i) {
      const bool is_absent = k % 7 == 3 && i % 5 == 1;
      sample.push_back(is_absent ? std::nullopt
                                 : std::optional(std::sin(static_cast<double>(k * 101 + i * 7))));
    }
  }
  return samples;
}

TEST_CASE("samples that are drawn together have the sums of each by itself, to the last bit") {
  constexpr std::size_t kDrawn = 50;
  const std::vector<Sample> samples = many_samples();
  DrawnTogether together(37);
  for (const Sample& sample : samples) {
    std::vector<double> values;
    std::vector<bool> present;
    for (const auto& value : sample) {
      values.push_back(value.value_or(0));
      present.push_back(value.has_value());
    }
    const bool has_all =
        std::all_of(present.begin(), present.end(), [](bool each) { return each; });
    together.add(values, has_all ? std::vector<bool>{} : present);
  }
  for (const bool cubes : {true, false}) {
    std::size_t compared = 0;
    together.draw(kDrawn, kBootstrapSeed, cubes,
                  [&](std::size_t resample, std::size_t sample, const Sums& sums) {
                    const Sums expected = sums_of(samples[sample], resample);
                    CHECK(sums.count == expected.count);
                    CHECK(sums.first == expected.first);
                    CHECK(sums.second == expected.second);
                    CHECK(sums.third == (cubes ? expected.third : 0));
                    ++compared;
                  });
    CHECK(compared == kDrawn * samples.size());
  }
}

TEST_CASE("means that are inferred together are those that each gives by itself") {
  std::vector<std::vector<double>> samples = {wave(30), {}, wave(19), std::vector<double>(27, 0.1)};
  for (std::size_t k = 0; k < 40; ++k) {
    samples.push_back(wave(k % 2 == 0 ? 30 : 31));
    for (double& value : samples.back()) value += 0.05 * static_cast<double>(k);
  }
  const std::vector<MeanInference> together = infer_means(samples);
  REQUIRE(together.size() == samples.size());
  for (std::size_t k = 0; k < samples.size(); ++k) CHECK(together[k] == infer_mean(samples[k]));
}

/// The values of wave(64), each more by this much.
std::vector<double> shifted(double by) {
  std::vector<double> values = wave(64);
  for (double& value : values) value += by;
  return values;
}

/// skewed() with a mean of about 0.9: far enough from 0 to be told, by a little.
std::vector<double> skewed_and_low() {
  std::vector<double> values = skewed();
  for (double& value : values) value -= 1.6;
  return values;
}

Sample sample_of(const std::vector<double>& values) { return {values.begin(), values.end()}; }

TEST_CASE("Hall's transformation and its inverse") {
  for (const double u : {-2.0, -0.3, 0.0, 0.4, 3.0}) {
    for (const double g : {-2.5, 0.0, 1e-9, 6.0}) {
      CHECK(hall_inverse(hall_transform(u, g, 30), g, 30) == near(u));
    }
  }
  CHECK(hall_transform(0.5, 1.5, 30) == near(0.5 + 0.125 + 2.25 * 0.125 / 27 + 1.5 / 180));
  CHECK(hall_inverse(INFINITY, 2, 30) == INFINITY);
}

TEST_CASE("the mean's p and interval agree with independent code within its Monte-Carlo error") {
  constexpr std::size_t kMany = 200'000;
  const MeanTest even(shifted(0.1), kMany);
  // For nearly even values Student's t gives the largest p; 3 x 200,000 resamples put the interval
  // at [-0.0355..-0.0349, 0.3194..0.3201].
  CHECK(even.p() == near(0.11344955828475402, 0.003));
  CHECK(even.interval()->low == near(-0.0351, 0.002));
  CHECK(even.interval()->high == near(0.3197, 0.002));
  // 0.0159..0.0163, [0.2101..0.2117, 1.7897..1.7913]
  const MeanTest uneven(skewed_and_low(), kMany);
  CHECK(uneven.p() == near(0.0161, 0.001));
  CHECK(uneven.interval()->low == near(0.2108, 0.005));
  CHECK(uneven.interval()->high == near(1.7907, 0.01));
}

TEST_CASE("a family's p and intervals agree with independent code, gaps included") {
  std::vector<double> reversed = shifted(0.1);
  std::reverse(reversed.begin(), reversed.end());
  Sample partial = sample_of(reversed);
  std::fill(partial.begin(), partial.begin() + 20, std::nullopt);
  const FamilyInference family =
      infer_family({sample_of(shifted(0.2)), sample_of(skewed_and_low()), partial});
  CHECK(family.size == 3);
  CHECK(*family.members[0].p == near(0.0262, 0.004));
  CHECK(family.members[0].interval->low == near(0.02426, 0.005));
  CHECK(family.members[0].interval->high == near(0.46034, 0.005));
  CHECK(*family.members[1].p == near(0.0354, 0.005));
  CHECK(family.members[1].interval->low == near(0.0516, 0.04));
  CHECK(family.members[1].interval->high == near(1.9649, 0.05));
  CHECK(*family.members[2].p == 1);
  CHECK(family.members[2].interval->low == near(-0.16827, 0.005));
  CHECK(family.members[2].interval->high == near(0.36861, 0.005));
}

TEST_CASE("a comparison that a few videos carry does not hide the findings of its family") {
  const std::vector<double> clear = shifted(0.4);
  const MeanInference alone = infer_mean(clear);
  std::vector<double> one_adapted(64, 0.0);
  one_adapted[7] = 1;
  std::vector<double> one_diverged = wave(64);
  one_diverged[7] = -500;
  for (const std::vector<double>& carried : {one_adapted, one_diverged}) {
    const FamilyInference family = infer_family({sample_of(clear), sample_of(carried)});
    CHECK(family.size == 2);
    CHECK(*family.members[0].p == near(2 * *alone.p, 0.002));
    REQUIRE(family.members[0].interval);
    CHECK(family.members[0].interval->low > 0);
    CHECK(*family.members[1].p > 0.05);
    const FamilyInference equal_too = infer_family(
        {sample_of(clear), sample_of(carried), sample_of(std::vector<double>(64, 0.25))});
    CHECK(*equal_too.members[0].p == near(3 * *alone.p, 0.002));
    const FamilyInference both = infer_family({sample_of(carried), sample_of(carried)});
    CHECK(*both.members[0].p == near(std::min(1.0, 2 * *infer_mean(carried).p), 1e-12));
  }
}

TEST_CASE("several comparisons that differ on four videos each hide no finding") {
  const std::vector<double> clear = shifted(0.4);
  std::vector<Sample> family = {sample_of(clear)};
  for (std::size_t k = 0; k < 5; ++k) {
    std::vector<double> adapted_on_four(64, 0.0);
    for (std::size_t i = 0; i < 4; ++i)
      adapted_on_four[4 * k + i] = 1 + 0.1 * static_cast<double>(i);
    family.push_back(sample_of(adapted_on_four));
  }
  CHECK(*infer_family(family).members[0].p == near(6 * *infer_mean(clear).p, 0.002));
}

TEST_CASE("the interval holds exactly the means that p does not reject") {
  for (const auto& values : {shifted(0.1), skewed_and_low(), repeated({0, 0, 1, 0, 5}, 6)}) {
    const MeanTest test(values);
    for (const double level : {0.9, 0.95}) {
      const Interval interval = *test.interval(level);
      const double step = 1e-6 * (interval.high - interval.low);
      CHECK(test.p(interval.low - step) < 1 - level);
      CHECK(test.p(interval.low + step) >= 1 - level);
      CHECK(test.p(interval.high - step) >= 1 - level);
      CHECK(test.p(interval.high + step) < 1 - level);
    }
  }
}

TEST_CASE("a family of one is a comparison by itself") {
  const FamilyInference one = infer_family({sample_of(skewed_and_low()), sample_of(wave(5))});
  CHECK(one.size == 1);
  CHECK(one.members[0] == infer_mean(skewed_and_low()));
  CHECK(one.members[1] == MeanInference{});
  CHECK(infer_family({}).size == 0);
}

/// Three categories that differ by more than their values.
Strata even_strata() {
  const std::vector<double> values = wave(64);
  Strata strata = {{values.begin(), values.begin() + 10},
                   {values.begin() + 10, values.begin() + 30},
                   {values.begin() + 30, values.end()}};
  for (double& value : strata[0]) value += 2;
  for (double& value : strata[1]) value -= 1;
  return strata;
}

Strata skewed_strata() {
  const std::vector<double> values = skewed();
  Strata strata = {{values.begin(), values.begin() + 20}, {values.begin() + 20, values.end()}};
  for (double& value : strata[0]) value -= 5;
  for (double& value : strata[1]) value -= 0.3;
  return strata;
}

TEST_CASE("a stratified sample's moments agree with independent code") {
  const StratifiedMoments even = moments_within(even_strata());
  CHECK(even.moments.mean == near(0.04229936362571983));
  CHECK(even.moments.standard_error() == near(0.08952233859235473));
  CHECK(even.moments.skewness == near(0.16212063301460278));
  CHECK(even.degrees == near(60.681952060930456));
  const StratifiedMoments uneven = moments_within(skewed_strata());
  CHECK(uneven.moments.standard_error() == near(0.38290390176807165));
  CHECK(uneven.moments.skewness == near(1.0511446868545467));
  CHECK(uneven.degrees == near(61.99941141869599));
}

TEST_CASE("a stratified mean's p and interval agree with independent code") {
  constexpr std::size_t kMany = 200'000;
  // 3 x 200,000 resamples: [-0.1377..-0.1367, 0.2213..0.2223]
  const MeanTest even(even_strata(), kMany);
  CHECK(even.p() == near(0.6382644520478258, 0.003));
  CHECK(even.interval()->low == near(-0.1372, 0.002));
  CHECK(even.interval()->high == near(0.2218, 0.002));
  const MeanTest uneven(skewed_strata(), kMany);
  CHECK(uneven.p() == near(0.0408, 0.002));
  CHECK(uneven.interval()->low == near(0.0387, 0.01));
  CHECK(uneven.interval()->high == near(1.6348, 0.01));
}

TEST_CASE("one stratum is a sample as any other") {
  const MeanInference plain = infer_mean(skewed_and_low());
  const MeanInference within = infer_mean_within({skewed_and_low()});
  CHECK(*within.p == near(*plain.p));
  CHECK(within.interval->low == near(plain.interval->low));
  CHECK(within.interval->high == near(plain.interval->high));
}

TEST_CASE("categories of one value are merged, and order does not matter") {
  const std::vector<double> values = wave(24);
  Strata lonely;
  for (const double value : values) lonely.push_back({value});
  CHECK(infer_mean_within(lonely) == infer_mean_within({values}));
  Strata one = even_strata();
  one.push_back({7});
  Strata joined = even_strata();
  joined[0].push_back(7);
  CHECK(infer_mean_within(one) == infer_mean_within(joined));
  std::reverse(joined[0].begin(), joined[0].end());
  CHECK(infer_mean_within(one) == infer_mean_within(joined));
}

TEST_CASE("a stratified mean of too few values, or of values without spread, is not tested") {
  CHECK(infer_mean_within({{1, 2, 3}, {4, 5, 7}}) == MeanInference{});
  CHECK(infer_mean_within({}) == MeanInference{});
  const std::vector<double> ones(15, 1);
  CHECK(infer_mean_within({ones, std::vector<double>(15, 2)}) == MeanInference{});
  CHECK(*infer_mean_within({ones, ones}).p == 0);
}

TEST_CASE(
    "drawn within categories the interval covers the mean, and is narrower where values are not "
    "skewed") {
  constexpr std::size_t kStudies = 400;
  const double of_lognormal = std::exp(0.5);
  for (const bool is_skewed : {false, true}) {
    std::size_t covered = 0;
    double width = 0;
    double plain_width = 0;
    std::uint64_t counter = 0;
    const auto uniform = [&] {
      return (static_cast<double>(random_bits(41, counter++) >> 11U) + 0.5) * 0x1p-53;
    };
    for (std::size_t study = 0; study < kStudies; ++study) {
      Strata strata(4);
      std::vector<double> all;
      for (std::size_t h = 0; h < strata.size(); ++h) {
        for (int i = 0; i < 10; ++i) {
          const double z = normal_quantile(uniform());
          strata[h].push_back((is_skewed ? std::exp(z) - of_lognormal : z) +
                              3 * (static_cast<double>(h) - 1.5));
          all.push_back(strata[h].back());
        }
      }
      const Interval interval = *MeanTest(strata, 500).interval();
      if (interval.low <= 0 && interval.high >= 0) ++covered;
      width += interval.high - interval.low;
      const Interval plain = *MeanTest(all, 500).interval();
      plain_width += plain.high - plain.low;
    }
    INFO("skewed " << is_skewed << ": covered " << covered << " of " << kStudies << ", width "
                   << width / kStudies << " against " << plain_width / kStudies);
    CHECK(covered >= 372);  // 0.93, as of other intervals
    CHECK(width < (is_skewed ? 1.1 : 0.75) * plain_width);
  }
}

TEST_CASE("comparisons that are copies of each other cost the family little") {
  const std::vector<Sample> copies(10, sample_of(skewed_and_low()));
  const LargestT largest = largest_t(copies, kResamples, 3);
  CHECK(std::set(largest.beyond.begin(), largest.beyond.end()).size() == 1);
  CHECK(largest.values == resampled(skewed_and_low(), kResamples).absolute_t);
}

TEST_CASE("the interval scales with its values, whatever their sums round to") {
  for (const double factor : {0.1, 0.3, 0.7, 10.0 / 3}) {
    for (const auto& values : {repeated({1, 2, 3}, 7), repeated({0, 0, 1}, 8), skewed()}) {
      std::vector<double> scaled = values;
      for (double& value : scaled) value *= factor;
      const MeanInference plain = infer_mean(values);
      CHECK(*infer_mean(scaled).p == Approx(*plain.p).epsilon(1e-9));
      CHECK(infer_mean(scaled).interval->low == near(plain.interval->low * factor, 1e-12 * factor));
      CHECK(infer_mean(scaled).interval->high ==
            near(plain.interval->high * factor, 1e-12 * factor));
    }
  }
}

TEST_CASE("values that differ in their last bits have an interval around them") {
  const double more = std::nextafter(0.7, 1);
  for (const std::vector<double>& values :
       {repeated({0.7, more}, 10), repeated({0.7, 0.7, more}, 9)}) {
    const Interval interval = *infer_mean(values).interval;
    CHECK(interval.low == Approx(0.7).epsilon(1e-14));
    CHECK(interval.high == Approx(0.7).epsilon(1e-14));
    CHECK(interval.low <= interval.high);
  }
}

TEST_CASE("one value that differs is too little for an interval, and for a finding") {
  std::vector<double> values(30, 0.0);
  values[7] = 1;
  const MeanInference inference = infer_mean(values);
  CHECK_FALSE(inference.interval);
  CHECK(*inference.p > 0.3);
}

TEST_CASE("two means are equivalent when the 90 % interval lies within the margin") {
  const MeanTest test(shifted(0.0));  // mean 0.04
  const double mean = *mean_of(shifted(0.0));
  const Interval interval = *test.interval(0.9);
  const double reach = std::max(interval.high, -interval.low);
  CHECK(equivalence_p(test, mean, reach * 1.001) < 0.05);
  CHECK(equivalence_p(test, mean, reach * 0.999) >= 0.05);
  CHECK(equivalence_p(test, mean, 0.001) > 0.5);
  CHECK(equivalence_p(test, mean, 100) < 0.001);
}

TEST_CASE("the signed-rank test is exact for few differences, ties and zeros included") {
  const SignedRank sample = signed_rank(kSample);
  CHECK(sample.ranked == 11);
  CHECK(sample.positive == 55);
  CHECK(sample.negative == 11);
  CHECK(sample.exact);
  CHECK(*sample.p == near(0.0537109375));
  CHECK(*signed_rank({1, -1, 2, 2, -2, 3, 0, 4, 4, 5}).p == near(0.05078125));
  CHECK(*signed_rank(wave(100)).p == near(0.07231297361312006));
  CHECK(*signed_rank({1, 2, 3}).p == near(0.25));  // 2 / 2^3
  CHECK(*signed_rank({-1}).p == 1);
}

TEST_CASE("the signed-rank test of many differences is the normal approximation") {
  const SignedRank many = signed_rank(wave(200));
  CHECK_FALSE(many.exact);
  CHECK(std::min(many.positive, many.negative) == 7982);
  CHECK(*many.p == near(0.011625522453257455));
  std::vector<double> rounded = wave(200);
  for (double& value : rounded) value = std::nearbyint(value * 10) / 10;
  CHECK(*signed_rank(rounded).p == near(0.00937674919191179));
}

TEST_CASE("no difference at all has no p-value") {
  CHECK_FALSE(signed_rank({}).p);
  CHECK_FALSE(signed_rank({0, 0, 0}).p);
  CHECK_FALSE(sign_test(0, 0));
}

TEST_CASE("the sign test is the exact binomial") {
  CHECK(*sign_test(8, 3) == near(0.2265625));
  CHECK(*sign_test(3, 8) == near(0.2265625));
  CHECK(*sign_test(60, 40) == near(0.05688793364098089));
  CHECK(*sign_test(5, 5) == 1);
  CHECK(*sign_test(6, 5) == near(1));
  CHECK(*sign_test(10, 0) == near(std::pow(2, -9)));
}

TEST_CASE("Holm's correction keeps order, never falls and stops at 1") {
  CHECK(holm({}).empty());
  CHECK(holm({0.03}) == std::vector<double>{0.03});
  const std::vector<double> corrected = holm({0.04, 0.001, 0.3, 0.01, 0.02});
  const std::vector<double> expected = {0.08, 0.005, 0.3, 0.04, 0.06};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(corrected[i] == near(expected[i]));
  CHECK(holm({0.6, 0.7}) == std::vector<double>{1, 1});
}

TEST_CASE("effect sizes and what a study could have seen") {
  CHECK(*standardized_effect(0.32666666666666666, 0.4663657038172615, 12) == near(0.6513919629));
  CHECK(*minimum_detectable_difference(1, 2) == near(11.549888435882453, 1e-6));
  CHECK(*minimum_detectable_difference(1, 3) == near(3.26404354969957, 1e-7));
  CHECK(*minimum_detectable_difference(1, 9) == near(1.0669732162173817, 1e-7));
  CHECK(*minimum_detectable_difference(1, 64) == near(0.3556501279683709, 1e-7));
  CHECK(*minimum_detectable_difference(2, 99) == near(2 * 0.2843665269790534, 1e-7));
  CHECK(*minimum_detectable_difference(1, 64, 0.99) == near(0.4387928280099632, 1e-7));
  CHECK(*minimum_detectable_difference(1, 12, 0.995) == near(1.2877137405441401, 1e-7));
}

TEST_CASE("wins follow the metric's direction, and a tie is neither") {
  const Wins higher = wins_of({1, 2, -1, 0}, true);
  CHECK(higher.wins == 2);
  CHECK(higher.losses == 1);
  CHECK(higher.ties == 1);
  CHECK(*higher.rate() == near(2.0 / 3));
  CHECK(wins_of({1, 2, -1, 0}, false).wins == 1);
  CHECK_FALSE(wins_of({0}, true).rate());
}

}  // namespace
}  // namespace cox::report

#!/usr/bin/env python3
"""Prints the figures that statistics_test.cpp expects, by independent code.

    pip install scipy==1.17.1 && tests/unit/report/scipy_figures.py
"""

import itertools

import numpy
from scipy import optimize, stats

SAMPLE = numpy.array([0.42, -0.13, 0.91, 0.05, -0.37, 1.20, 0.33, 0.00, 0.58, -0.08, 0.27, 0.74])
TIED = numpy.array([1, -1, 2, 2, -2, 3, 0, 4, 4, 5.0])


def signed_rank_by_enumeration(differences):
    """Two-sided p over all signs, which is exact with ties too."""
    nonzero = differences[differences != 0]
    ranks = stats.rankdata(abs(nonzero))
    smaller = min(ranks[nonzero > 0].sum(), ranks[nonzero < 0].sum())
    sums = [sum(r for r, sign in zip(ranks, signs) if sign)
            for signs in itertools.product([0, 1], repeat=len(ranks))]
    return min(1, 2 * numpy.mean([s <= smaller + 1e-9 for s in sums]))


def detectable_effect(count, power=0.8, level=0.95):
    bound = stats.t.ppf((1 + level) / 2, count - 1)

    def excess(effect):
        shift = effect * count ** 0.5
        # Far out the lower tail is too small for scipy, which then answers nan.
        lower = numpy.nan_to_num(stats.nct.cdf(-bound, count - 1, shift))
        return stats.nct.sf(bound, count - 1, shift) + lower - power
    return optimize.brentq(excess, 0.01, 20 / count ** 0.5)


def hall(u, g, count):
    return u + g * u ** 2 / 3 + g ** 2 * u ** 3 / 27 + g / (6 * count)


def moments(values, axis=-1):
    mean = values.mean(axis=axis)
    spread = values.std(axis=axis)
    return mean, spread, stats.skew(values, axis=axis)


def mean_test(sample, comparisons=1, largest=None, seed=0, draws=200_000):
    """p and interval of MeanTest by independent code; hall's inverse by root finding."""
    count = len(sample)
    mean, spread, g = moments(sample)
    error = spread / (count - 1) ** 0.5
    picks = sample[numpy.random.default_rng(seed).integers(count, size=(draws, count))]
    means, spreads, gs = moments(picks)
    t = (means - mean) / (spreads / (count - 1) ** 0.5)
    h = hall((means - mean) / spreads, gs, count)
    largest = abs(t) if largest is None else largest
    seen = hall(mean / spread, g, count)
    alpha = 0.05 / comparisons
    p = max(comparisons * 2 * stats.t.sf(abs(mean / error), count - 1),
            comparisons * 2 * min((h <= seen).mean(), (h >= seen).mean()),
            (largest >= abs(mean / error)).mean())
    undo = [optimize.brentq(lambda u: hall(u, g, count) - q, -20, 20)
            for q in numpy.quantile(h, [1 - alpha / 2, alpha / 2])]
    reach = max(stats.t.ppf(1 - alpha / 2, count - 1), numpy.quantile(largest, 0.95)) * error
    return (min(1, p), min(mean - reach, mean - spread * undo[0]),
            max(mean + reach, mean - spread * undo[1]))


def largest_t(family, seed=0, draws=200_000):
    """Of samples over the same units; nan where a sample lacks one."""
    picks = numpy.random.default_rng(seed).integers(family.shape[1], size=(draws, family.shape[1]))
    most = numpy.zeros(draws)
    for sample in family:
        drawn = sample[picks]
        count = (~numpy.isnan(drawn)).sum(axis=1)
        error = numpy.nanstd(drawn, axis=1) / (count - 1) ** 0.5
        most = numpy.maximum(most, abs(numpy.nanmean(drawn, axis=1) - numpy.nanmean(sample)) / error)
    return most


def mean_tests():
    wave = numpy.array([numpy.sin(i * i) + 0.1 for i in range(1, 65)])
    skewed = numpy.exp(2 * wave) - 1.6
    for name, sample in (("wave + 0.1", wave + 0.1), ("skewed", skewed)):
        print("mean test,", name, stats.ttest_1samp(sample, 0).pvalue,
              *[mean_test(sample, seed=seed) for seed in range(3)])
    partial = wave[::-1] + 0.1
    partial[:20] = numpy.nan
    family = numpy.array([wave + 0.2, skewed, partial])
    for seed in range(3):
        largest = largest_t(family, seed)
        print("family", [mean_test(each[~numpy.isnan(each)], 3, largest, seed) for each in family])


def mean_of_strata(strata):
    """Mean, spread as deviation of n values, skewness and degrees of freedom; along the last axis."""
    count = sum(each.shape[-1] for each in strata)
    shares = [each.shape[-1] / count for each in strata]
    errors = [w ** 2 * each.var(axis=-1, ddof=1) / each.shape[-1] for w, each in zip(shares, strata)]
    cubes = [w ** 3 * stats.moment(each, 3, axis=-1) / each.shape[-1] ** 2
             for w, each in zip(shares, strata)]
    error = sum(errors)
    degrees = error ** 2 / sum(e ** 2 / (each.shape[-1] - 1) for e, each in zip(errors, strata))
    mean = sum(w * each.mean(axis=-1) for w, each in zip(shares, strata))
    spread = numpy.sqrt(error * (count - 1))
    return mean, spread, sum(cubes) * count ** 2 / spread ** 3, degrees, count


def stratified(name, strata, draws=200_000):
    mean, spread, g, degrees, count = mean_of_strata(strata)
    error = spread / (count - 1) ** 0.5
    print("stratified", name, "mean", mean, "error", error, "skewness", g, "degrees", degrees)
    for seed in range(3):
        generator = numpy.random.default_rng(seed)
        drawn = [each[generator.integers(len(each), size=(draws, len(each)))] for each in strata]
        means, spreads, gs, _, _ = mean_of_strata(drawn)
        t = abs(means - mean) / (spreads / (count - 1) ** 0.5)
        h = hall((means - mean) / spreads, gs, count)
        seen = hall(mean / spread, g, count)
        p = max(2 * stats.t.sf(abs(mean / error), degrees), 2 * min((h <= seen).mean(), (h >= seen).mean()),
                (t >= abs(mean / error)).mean())
        undo = [optimize.brentq(lambda u: hall(u, g, count) - q, -20, 20)
                for q in numpy.quantile(h, [0.975, 0.025])]
        reach = max(stats.t.ppf(0.975, degrees), numpy.quantile(t, 0.95)) * error
        print("  p", p, "interval", min(mean - reach, mean - spread * undo[0]),
              max(mean + reach, mean - spread * undo[1]))


def strata_figures():
    wave = numpy.array([numpy.sin(i * i) + 0.1 for i in range(1, 65)])
    stratified("even", [wave[:10] + 2, wave[10:30] - 1, wave[30:]])
    skewed = numpy.exp(2 * wave)
    stratified("skewed", [skewed[:20] - 5, skewed[20:] - 0.3])


def replicates():
    """none and full, 3 replicates each of 24 videos; replicates_test.cpp has the same formulas."""
    video, replicate = numpy.meshgrid(numpy.arange(24), numpy.arange(3))
    none = 20 + 0.5 * video + 0.2 * numpy.sin(3 * video + 5 * replicate)
    full = none + 0.15 + 0.1 * numpy.cos(2 * video + 7 * replicate) - 0.01 * video
    # A video counts where every replicate of both sides has it: 3 is missing in one of full's, 5 is
    # no number in one of none's.
    complete = [i for i in range(24) if i not in (3, 5)]
    none, full = none[:, complete], full[:, complete]
    difference = full.mean(axis=0) - none.mean(axis=0)
    print("replicates: means", none.mean(), full.mean(), "difference", difference.mean(),
          "deviation", difference.std(ddof=1))
    print("replicates: t interval", stats.t.interval(0.95, 21, difference.mean(), stats.sem(difference)))
    print("replicates: mean test", mean_test(difference))
    print("replicates: signed rank", stats.wilcoxon(difference, method="exact").pvalue)
    print("replicates: deviations of run means", full.mean(axis=1).std(ddof=1),
          none.mean(axis=1).std(ddof=1), (full - none).mean(axis=1).std(ddof=1))


def main():
    strata_figures()
    replicates()
    print("mean, sd", SAMPLE.mean(), SAMPLE.std(ddof=1))
    twice = numpy.concatenate([SAMPLE, SAMPLE])
    print("t interval of the sample twice",
          *stats.t.interval(0.95, 23, twice.mean(), stats.sem(twice)))
    print("t p-value", stats.ttest_1samp(SAMPLE, 0).pvalue)
    for name, sample in (("sample", SAMPLE), ("tied", TIED)):
        print("signed rank by enumeration,", name, signed_rank_by_enumeration(sample))
    nonzero = SAMPLE[SAMPLE != 0]
    print("signed rank exact", stats.wilcoxon(nonzero, method="exact"))
    wave = numpy.array([numpy.sin(i * i) + 0.1 for i in range(1, 201)])
    print("signed rank normal, 200", stats.wilcoxon(wave, method="approx", correction=False))
    print("signed rank exact, 100", stats.wilcoxon(wave[:100], method="exact"))
    rounded = numpy.round(wave, 1)
    print("signed rank normal with ties and zeros, 200",
          stats.wilcoxon(rounded, method="approx", correction=False, zero_method="wilcox"))
    print("sign test 8 of 11, 60 of 100", stats.binomtest(8, 11).pvalue, stats.binomtest(60, 100).pvalue)
    for count in (2, 3, 9, 64, 99):
        print("detectable effect", count, detectable_effect(count))
    for count, level in ((64, 0.99), (12, 0.995)):
        print("detectable effect at", level, count, detectable_effect(count, level=level))
    print("normal quantiles", *stats.norm.ppf([1e-12, 0.025, 0.5, 0.9]))
    print("t bounds", *[stats.t.ppf(0.975, v) for v in (1, 2, 11, 98)])
    print("t two-sided", *[2 * stats.t.sf(t, v) for t, v in ((1, 1), (2.4264359886, 11), (40, 98))])
    print("noncentral t", stats.nct.cdf(2, 11, 2.5), stats.nct.cdf(-1, 3, 0.5), stats.nct.cdf(12, 1, 4))
    print("binomial", stats.binom.cdf(3, 11, 0.5), stats.binom.cdf(40, 100, 0.5))
    mean_tests()


if __name__ == "__main__":
    main()

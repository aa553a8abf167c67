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


def replicates():
    """none and full, 3 replicates each of 12 videos; replicates_test.cpp has the same formulas."""
    video, replicate = numpy.meshgrid(numpy.arange(12), numpy.arange(3))
    none = 20 + 0.5 * video + 0.2 * numpy.sin(3 * video + 5 * replicate)
    full = none + 0.15 + 0.1 * numpy.cos(2 * video + 7 * replicate) - 0.01 * video
    # A video counts where every replicate of both sides has it: 3 is missing in one of full's, 5 is
    # no number in one of none's.
    complete = [i for i in range(12) if i not in (3, 5)]
    none, full = none[:, complete], full[:, complete]
    difference = full.mean(axis=0) - none.mean(axis=0)
    print("replicates: means", none.mean(), full.mean(), "difference", difference.mean(),
          "deviation", difference.std(ddof=1))
    print("replicates: t interval", stats.t.interval(0.95, 9, difference.mean(), stats.sem(difference)))
    print("replicates: signed rank", stats.wilcoxon(difference, method="exact").pvalue)
    print("replicates: deviations of run means", full.mean(axis=1).std(ddof=1),
          none.mean(axis=1).std(ddof=1), (full - none).mean(axis=1).std(ddof=1))


def main():
    replicates()
    interval = stats.t.interval(0.95, 11, SAMPLE.mean(), stats.sem(SAMPLE))
    print("mean, sd, t interval", SAMPLE.mean(), SAMPLE.std(ddof=1), *interval)
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
    for name, sample in (("sample", SAMPLE), ("skewed", numpy.exp(wave[:64] * 2))):
        draws = [stats.bootstrap((sample,), numpy.mean, n_resamples=100_000, method="BCa",
                                 random_state=seed).confidence_interval for seed in range(3)]
        print("BCa", name, *[(round(d.low, 5), round(d.high, 5)) for d in draws])
    values = numpy.exp(wave[:64] * 2)
    deviations = values - values.mean()
    print("acceleration, skewed", (deviations ** 3).sum() / (6 * (deviations ** 2).sum() ** 1.5))


if __name__ == "__main__":
    main()

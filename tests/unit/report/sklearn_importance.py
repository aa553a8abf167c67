#!/usr/bin/env python3
"""Prints the figures that importance_test.cpp expects, by independent code.

    pip install scikit-learn==1.9.1 && tests/unit/report/sklearn_importance.py
"""

import math

import numpy
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

RATES = [1e-4, 1e-3, 5e-3, 1e-2, 1e-1]
GROUPS = [1, 4, 12]
VIDEOS = 24


def value(rate, groups, video):
    """The same formula as in importance_test.cpp."""
    gain = [0.1, 0.4, 0.9, 0.7, -0.5][rate] + [0.0, 0.15, 0.1][groups]
    mixed = 0.05 * rate * groups
    noise = 0.3 * math.sin(12.9898 * (3 * rate + groups) + 78.233 * video)
    return 20 + 0.2 * video + gain + mixed + noise


def features(table):
    """Place and squared place of five rates; one column for each number of groups but the first."""
    place = numpy.searchsorted(RATES, table[:, 0]) / 2.0 - 1.0
    return numpy.column_stack([place, place ** 2, table[:, 1] == 4, table[:, 1] == 12])


def main():
    runs = numpy.array([(rate, groups) for rate in RATES for groups in GROUPS])
    means = numpy.array([numpy.mean([value(r, g, v) for v in range(VIDEOS)])
                         for r in range(len(RATES)) for g in range(len(GROUPS))])
    model = make_pipeline(FunctionTransformer(features), LinearRegression()).fit(runs, means)
    print("explained", model.score(runs, means))
    found = permutation_importance(model, runs, means, n_repeats=40_000, random_state=0)
    for name, mean, deviation in zip(["lr", "groups"], found.importances_mean,
                                     found.importances_std):
        print(name, mean, "+-", deviation / math.sqrt(40_000))
    for column, levels in ((0, RATES), (1, GROUPS)):
        table = numpy.tile(runs[0], (len(levels), 1))
        table[:, column] = levels
        effects = model.predict(table)
        print("effect", effects.max() - effects.min(), "best", levels[effects.argmax()])


if __name__ == "__main__":
    main()

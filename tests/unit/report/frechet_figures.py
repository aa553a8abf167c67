"""Prints the table of figures in frechet_test.cpp: Frechet distances by scipy's matrix square root.

    pip install numpy==2.4.6 scipy==1.17.1
    python tests/unit/report/frechet_figures.py

The points come from a closed form, which the C++ test repeats.
"""

import numpy as np
import scipy.linalg

# Videos, dimension, and how many videos of a resample count: twice the first, not the second, ...
CASES = [(30, 6), (12, 20), (99, 400), (500, 40), (400, 400)]


def hashed(count, stream):
    """Numbers in [-0.5, 0.5) from a 32-bit mixing function."""
    with np.errstate(over="ignore"):
        x = np.arange(count, dtype=np.uint32)
        x = x * np.uint32(0x9E3779B1) + np.uint32(stream) * np.uint32(0x85EBCA77)
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x7FEB352D)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0x846CA68B)
        x ^= x >> np.uint32(16)
    return ((x >> np.uint32(8)).astype(np.float64) / 2**24 - 0.5).astype(np.float32)


def points(videos, dimension):
    """Generated points spread and shifted differently from the true ones, by column."""
    first = hashed(videos * dimension, 1).reshape(videos, dimension).astype(np.float64)
    second = hashed(videos * dimension, 2).reshape(videos, dimension).astype(np.float64)
    column = np.arange(dimension)
    first = first * (1 + column % 7) + 0.25 * (column % 3)
    second = second * (1 + column % 5) + 3
    # As the product stores them.
    return first.astype(np.float32).astype(np.float64), second.astype(np.float32).astype(np.float64)


def distance(first, second):
    s1, s2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = scipy.linalg.sqrtm(s1 @ s2)
    gap = first.mean(0) - second.mean(0)
    return gap @ gap + np.trace(s1) + np.trace(s2) - 2 * np.trace(root).real


def main():
    for videos, dimension in CASES:
        first, second = points(videos, dimension)
        times = np.array([2, 0, 1])[np.arange(videos) % 3]
        again = np.repeat(np.arange(videos), times)
        print(f"    {{{videos}, {dimension}, {distance(first, second)!r}, "
              f"{distance(first[again], second[again])!r}}},".replace("np.float64(", "").replace(")", ""))


if __name__ == "__main__":
    main()

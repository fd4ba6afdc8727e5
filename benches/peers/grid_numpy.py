"""The grid of README.md ("grid") by hand in numpy: one indicator at a time, so that its values stay in the processor's cache.

Standard output: JSON with CPU seconds (the columns' making not counted) and the sum of each kind of indicator.
"""

import json
import sys
import time

import numpy as np

INDICATORS, ORGANISATIONS, YEARS, COLUMNS = 10_000, 2_000, 15, 40
KINDS = ["share", "ratio", "growth", "per_capita"]


def columns():
    c, y, o = np.ogrid[:COLUMNS, :YEARS, :ORGANISATIONS]
    return 1 + ((c * 7919 + o * 104729 + y * 1299709) % 10007) / 10007


def grid(x):
    population = x[COLUMNS - 1]
    sums = dict.fromkeys(KINDS, 0.0)
    out, other = np.empty((YEARS, ORGANISATIONS)), np.empty((YEARS, ORGANISATIONS))
    for i in range(INDICATORS):
        first = i % 39
        a, b = x[first], x[(first + 1 + i // 39 % 38) % 39]
        kind, values = KINDS[i % 4], out
        if kind == "share":
            np.divide(a, np.add(a, b, out=other), out=out)
        elif kind == "ratio":
            np.divide(a, b, out=out)
        elif kind == "growth":
            values = out[1:]
            np.subtract(np.divide(a[1:], a[:-1], out=values), 1, out=values)
        else:
            np.divide(np.add(a, b, out=other), population, out=out)
        values *= 1 + i / INDICATORS
        sums[kind] += float(values.sum())
    return sums


def main():
    x = columns()
    began = time.process_time()
    sums = grid(x)
    json.dump({"cpu_seconds": time.process_time() - began, "sums": sums}, sys.stdout)


if __name__ == "__main__":
    main()

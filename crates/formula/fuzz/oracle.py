#!/usr/bin/env python3
"""Compares random formulas with an independent exact evaluator: Python's fractions over trees that this script makes itself.

    oracle.py [--count 1000000] [--seed 1] [--units] [rashin calc]

The command reads one formula a line and answers with one JSON object a line: {"expr", "value", "unit", "exact"?} or
{"expr", "error"}. Exit code 1 and the first differences if any; the last line says how many agreed.
"""

import argparse
import json
import random
import subprocess
import sys
import threading
from fractions import Fraction

LIMIT_BITS = 3000  # far below the engine's limit, so that a refusal for size is always a difference

# unit text -> (dimension, factor). Dimensions are exponents of (yen, dollar, year).
UNITS = {
    "": ((0, 0, 0), Fraction(1)),
    "%": ((0, 0, 0), Fraction(1, 100)),
    "円": ((1, 0, 0), Fraction(1)),
    "億円": ((1, 0, 0), Fraction(10**8)),
    "兆円": ((1, 0, 0), Fraction(10**12)),
    "億ドル": ((0, 1, 0), Fraction(10**8)),
    "円/ドル": ((1, -1, 0), Fraction(1)),
    "%/年": ((0, 0, -1), Fraction(1, 100)),
    "年": ((0, 0, 1), Fraction(1)),
    "月": ((0, 0, 1), Fraction(1, 12)),
}
WORDS = {"": 0, "%": -2, "‰": -3, "倍": 0, "ポイント": -2}
BASES = {"円": 0, "ドル": 1, "年": 2, "月": 2}
SCALES = {"千": 3, "万": 4, "百万": 6, "億": 8, "十億": 9, "兆": 12}


class Undefined(Exception):
    """The formula has no value (a division by zero, clashing units), or one that is too large."""


def read_unit(text):
    """Dimension and factor of a unit as the engine prints it."""
    dimension, factor = [0, 0, 0], Fraction(1)
    for side, part in enumerate(text.split("/")):
        sign = -1 if side else 1
        for word in part.split("・"):
            if word in ("1", ""):
                continue
            if word in WORDS:
                factor *= Fraction(10) ** (sign * WORDS[word])
                continue
            base = next(base for base in BASES if word.endswith(base))
            scale = word[: -len(base)]
            one = Fraction(10) ** SCALES[scale] if scale else Fraction(1)
            if base == "月":
                one = Fraction(1, 12)
            dimension[BASES[base]] += sign
            factor *= one**sign
    return tuple(dimension), factor


def sized(value):
    if max(abs(value.numerator).bit_length(), value.denominator.bit_length()) > LIMIT_BITS:
        raise Undefined
    return value


def literal(rng, units):
    shape = rng.randrange(5)
    if shape == 0:
        text = str(rng.randrange(10))
    elif shape == 1:
        text = str(rng.randrange(1, 100000))
    elif shape == 2:
        text = f"{rng.randrange(1000)}.{rng.randrange(10**rng.randrange(1, 6))}"
    elif shape == 3:
        text = f".{rng.randrange(1000)}"
    else:
        text = f"{rng.randrange(1, 100)}e{rng.choice(['', '-', '+'])}{rng.randrange(5)}"
    value = Fraction(text)
    unit = rng.choice(list(UNITS)) if units and rng.random() < 0.5 else ""
    dimension, factor = UNITS[unit]
    space = " " if unit and rng.random() < 0.2 else ""
    return text + space + unit, (value * factor, dimension), 9


def bracket(part, least, rng):
    text, _, binds = part
    return f"({text})" if binds < least or rng.random() < 0.05 else text


def grow(rng, depth, units):
    """A formula as (text, (value, dimension), how tightly it binds)."""
    if depth == 0 or rng.random() < 0.12:
        return literal(rng, units)
    kind = rng.randrange(12)
    gap = rng.choice(["", " ", "", "  "])
    a = grow(rng, depth - 1, units)
    (x, dx) = a[1]
    if kind <= 3:
        b = grow(rng, depth - 1, units)
        (y, dy) = b[1]
        if dx != dy:
            raise Undefined
        op = rng.choice(["+", "-", "−", "＋"])
        value = x + y if op in "+＋" else x - y
        return f"{bracket(a, 5, rng)}{gap}{op}{gap}{bracket(b, 6, rng)}", (sized(value), dx), 5
    if kind <= 7:
        b = grow(rng, depth - 1, units)
        (y, dy) = b[1]
        op = rng.choice(["*", "×", "/", "÷"])
        if op in "*×":
            value, dimension = x * y, tuple(p + q for p, q in zip(dx, dy))
        else:
            if y == 0:
                raise Undefined
            value, dimension = x / y, tuple(p - q for p, q in zip(dx, dy))
        return f"{bracket(a, 6, rng)}{gap}{op}{gap}{bracket(b, 7, rng)}", (sized(value), dimension), 6
    if kind == 8:
        return f"-{gap}{bracket(a, 7, rng)}", (-x, dx), 7
    if kind == 9:
        exponent = rng.randrange(-5, 6)
        if x == 0 and exponent < 0:
            raise Undefined
        if max(abs(x.numerator).bit_length(), x.denominator.bit_length()) * abs(exponent) > LIMIT_BITS:
            raise Undefined
        if max(abs(p * exponent) for p in dx) > 99:
            raise Undefined
        text = f"{bracket(a, 9, rng)}{gap}{rng.choice(['^', '**'])}{gap}{exponent}"
        return text, (sized(x**exponent), tuple(p * exponent for p in dx)), 8
    if kind == 10:
        b, c = grow(rng, depth - 1, units), grow(rng, depth - 1, units)
        d = grow(rng, depth - 1, units)
        (y, dy), (then, dc), (otherwise, dd) = b[1], c[1], d[1]
        if dx != dy or dc != dd:
            raise Undefined
        op, holds = rng.choice(
            [("<", x < y), ("<=", x <= y), (">", x > y), (">=", x >= y), ("=", x == y), ("!=", x != y), ("≦", x <= y)]
        )
        text = f"if {bracket(a, 5, rng)} {op} {bracket(b, 5, rng)} then {c[0]} else {d[0]}"
        return text, (then if holds else otherwise, dc), 0
    name = rng.choice(["abs", "min", "max"])
    if name == "abs":
        return f"abs({a[0]})", (abs(x), dx), 9
    b = grow(rng, depth - 1, units)
    (y, dy) = b[1]
    if dx != dy:
        raise Undefined
    return f"{name}({a[0]},{gap}{b[0]})", ((min if name == "min" else max)(x, y), dx), 9


def formulas(rng, count, units):
    made = 0
    while made < count:
        try:
            text, value, _ = grow(rng, rng.randrange(1, 7), units)
        except Undefined:
            continue
        if len(text) > 20000:
            continue
        made += 1
        yield text, value


def agrees(answer, value, dimension):
    if "error" in answer:
        return False
    found_dimension, factor = read_unit(answer["unit"])
    wanted = value / factor
    if "exact" in answer:
        right = Fraction(answer["exact"]) == wanted
    else:
        right = Fraction(answer["value"]) == wanted
    return right and found_dimension == dimension


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--units", action="store_true", help="give half of the figures a unit")
    parser.add_argument("command", nargs="*", default=["rashin", "calc"])
    options = parser.parse_args()

    process = subprocess.Popen(
        options.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", bufsize=1 << 20
    )

    def feed():
        # The same seed twice gives the same formulas: one pass writes them, the other checks the answers.
        for text, _ in formulas(random.Random(options.seed), options.count, options.units):
            process.stdin.write(text + "\n")
        process.stdin.close()

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    agreed, differences = 0, []
    for text, (value, dimension) in formulas(random.Random(options.seed), options.count, options.units):
        line = process.stdout.readline()
        if not line:
            differences.append((text, "no answer"))
            break
        if agrees(json.loads(line), value, dimension):
            agreed += 1
        elif len(differences) < 20:
            differences.append((text, line.strip(), value, dimension))
    for difference in differences:
        print(*difference, sep="\n  ", file=sys.stderr)
    print(f"{agreed} of {options.count} formulas agree")
    sys.exit(0 if agreed == options.count else 1)


if __name__ == "__main__":
    main()

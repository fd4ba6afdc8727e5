"""KGI 1 and KGI 2 as a statistician would write them by hand in numpy, from the inputs that the Rust bench emits.

Standard input: the JSON of `bench draws`. Standard output: JSON with CPU seconds (median of five runs: drawing, computing,
quantiles) and the 2.5, 50 and 97.5 % quantiles in yen. No lineage, no units, no checks: that is what it is compared with.
"""

import json
import statistics
import sys
import time

import numpy as np

LEVELS = [0.025, 0.5, 0.975]
YEARS = 16  # FY2024 to FY2040


def draw(rng, given, n):
    value, spread = given["value"], given["spread"]
    match spread["kind"]:
        case "none":
            return value
        case "uniform":
            return rng.uniform(spread["low"], spread["high"], n)
        case "normal":
            return rng.normal(value, spread["sd"], n)
        case "student_t":
            return value + spread["scale"] * rng.standard_t(spread["df"], n)
        case "triangular":
            return rng.triangular(spread["low"], spread["mode"], spread["high"], n)
        case kind:
            sys.exit(f"spread {kind!r} is not known here: add it to draw()")


def simulate(inputs, n, seed):
    rng = np.random.default_rng(seed)
    x = {name: draw(rng, given, n) for name, given in inputs.items()}
    sales = x["sales_large_firms[FY2024]"]
    base = sales / x["concentration[FY2023]"]
    growth = (x["meti_market[CY2050]"] / x["meti_market[CY2020]"]) ** (1 / 30) - 1
    kgi1 = base * (1 + growth) ** YEARS

    rate = x["exchange_rate[CY2025]"]
    surveyed = x["respondent_sales[FY2024]"]
    ratio = x["domestic_investment_usd[FY2024]"] * rate / surveyed
    domestic = ratio * (1 + x["kgi2.sampling_error"]) * (surveyed + x["kgi2.nonresponse"] * (base - surveyed))
    foreign = x["foreign_investment_usd[FY2024]"] * rate
    kgi2 = (domestic + foreign) * (1 + x["world_market_growth[CY2028]"]) ** YEARS
    return {"kgi1": np.quantile(kgi1, LEVELS).tolist(), "kgi2": np.quantile(kgi2, LEVELS).tolist()}


def main():
    given = json.load(sys.stdin)
    seconds = []
    for run in range(5):
        began = time.process_time()
        quantiles = simulate(given["inputs"], given["draws"], seed=run)
        seconds.append(time.process_time() - began)
    json.dump({"cpu_seconds": statistics.median(seconds), "quantiles": quantiles}, sys.stdout)


if __name__ == "__main__":
    main()

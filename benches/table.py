"""Prints the table of one run of ./run from the JSON that each part left behind; refuses to compare unlike results."""

import json
import pathlib
import sys


def read(path):
    return json.loads(path.read_text()) if path.exists() else None


def unlike(name, ours, theirs, tolerance):
    """A ratio between computations with different results says nothing."""
    for key, value in ours.items():
        pairs = zip(value, theirs[key]) if isinstance(value, list) else [(value, theirs[key])]
        for a, b in pairs:
            if abs(a - b) > tolerance * abs(b):
                yield f"{name}: {key} is {a} here and {b} in the peer"


def portfolio(of):
    """The rows of a nation's device versions matched with all advisories."""
    afresh = f"{of['rematch_seconds']:.3f} s, {of['rematch_cpu_seconds']:.3f} CPU-s, {of['peak_mb']:,} MB"
    yield "cyber", f"{of['devices']:,} devices, {of['advisories']:,} advisories", afresh, "aim: 1 s, 1 GB"
    timed = f"p50 {of['advisory_p50_ms']:.2f} ms, p99 {of['advisory_p99_ms']:.2f} ms"
    yield "cyber", "one advisory to its devices", timed, f"aim: 15 ms; {of['advisory_devices_p99']:,} devices at p99"
    slowest, page = max(of["first_page_ms"].items(), key=lambda page: page[1]["ms"])
    timed = f"{page['ms']:.0f} ms: {slowest.replace('_', ' ')}"
    count = len(of["first_page_ms"])
    yield "cyber", f"first page of {of['findings']:,} findings", timed, f"aim: 200 ms, the slowest of {count}"


def main(folder):
    faults, rows = [], []
    # Quantiles of a million draws differ by chance; sums of the same grid by the order of adding alone.
    for name, result, tolerance in [("draws", "quantiles", 5e-3), ("grid", "sums", 1e-9)]:
        ours = read(folder / f"{name}.json")
        rows.append((name, "rashin", f"{ours['cpu_seconds']:.3f} CPU-s", ""))
        for peer in ["numpy", "squiggle"]:
            theirs = read(folder / f"{name}-{peer}.json")
            if theirs is None:
                continue
            faults += unlike(f"{name} against {peer}", ours[result], theirs[result], tolerance)
            ratio = theirs["cpu_seconds"] / ours["cpu_seconds"]
            rows.append((name, peer, f"{theirs['cpu_seconds']:.3f} CPU-s", f"{ratio:.2f} × rashin"))
    live = read(folder / "live.json")
    what = f"{live['dependents']:,} dependents after one change"
    rows.append(("live", what, f"p50 {live['p50_ms']:.2f} ms, p99 {live['p99_ms']:.2f} ms", "aim: 10 ms"))
    rows += portfolio(read(folder / "cyber-portfolio.json"))
    devices = read(folder / "cyber-devices.json")
    timed = f"p50 {devices['advisory_p50_ms']:.1f} ms, p99 {devices['advisory_p99_ms']:.1f} ms"
    rows.append(("cyber", f"one advisory on {devices['devices']:,} devices", timed, f"{devices['matches']:,} matches"))
    told = read(folder / "cyber-told.json")
    for hospitals in [100, 300, 1_000]:
        of = told[f"told_{hospitals}"]
        timed = f"p50 {of['p50_ms']:.0f} ms, p99 {of['p99_ms']:.0f} ms"
        rows.append(("cyber", f"one advisory to {hospitals:,} hospitals, kept", timed, f"aim: 1 s; of {told['advisories']:,} advisories"))
    bill = read(folder / "cyber-sbom.json")
    timed = f"p50 {bill['p50_ms']:.1f} ms, p99 {bill['p99_ms']:.1f} ms"
    rows.append(("cyber", f"{bill['components']:,} components, in process", timed, f"aim: 50 ms; {bill['cpu_ms']:.1f} CPU-ms"))
    programs = [json.loads(line) for line in (folder / "cyber.jsonl").read_text().splitlines()]
    ours = next(program for program in programs if program["program"] == "rashin match")
    for program in programs:
        if "missing" in program:
            rows.append(("cyber", program["program"], "did not run", program["missing"]))
            continue
        ratio = f"{program['cpu_seconds'] / ours['cpu_seconds']:.1f} × rashin match, {program['found']:,} found"
        rows.append(("cyber", program["program"], f"{program['cpu_seconds']:.3f} CPU-s", ratio))
    for line in (folder / "load.jsonl").read_text().splitlines():
        load = json.loads(line)
        timed = f"p50 {load['p50_ms']:.2f} ms, p99 {load['p99_ms']:.2f} ms"
        rows.append(("load", f"{load['what']}, {load['store']}", timed, f"at {load['rate']:g}/s, {load['requests']:,} requests"))
    for row in rows:
        print("{:6}  {:38}  {:34}  {}".format(*row))
    print(*faults, sep="\n", end="")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))

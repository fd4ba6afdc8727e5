"""Page latency at a steady rate, on a made-up plan (架空) of 500 indicators and 20 years.

Open loop: requests leave on a fixed timetable whether or not earlier ones have come back, and latency counts from the
timetable, so that a stall of the server is paid for by every request that it held up (no coordinated omission).
Starts the server itself, talks to loopback alone, and ends by itself.

Usage: load.py RASHIN_BINARY WORK_FOLDER [--rate 100] [--seconds 20]
"""

import argparse
import asyncio
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time

INDICATORS, FIRST_YEAR, YEARS = 500, 2006, 20
MOST_CONNECTIONS = 64


def text(ja, en):
    return f'{{ ja = "{ja}", en = "{en}" }}'


def write_plan(folder):
    """A plan whose every page has work to do: each indicator is a share of its neighbour's series, with a target."""
    owner = text("架空の部署", "Fictitious office")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.toml").write_text(f"""\
id = "load"
title = {text("架空の計画", "Fictitious plan")}
subtitle = {text("負荷試験用", "For load tests")}
vision_year = "FY2040"
base_year = "FY2025"
confidence = "95%"
seed = 1
published = "2026-03-18"
source = "made-up"
status = {text("架空です。", "Fictitious.")}
""")
    tree = [
        f"""\
[[source]]
id = "made-up"
title = {text("架空の資料", "Fictitious source")}
publisher = {owner}
""",
        f"""\
[[node]]
id = "vision"
kind = "vision"
title = {text("架空の将来像", "Fictitious vision")}
text = {text("架空です。", "Fictitious.")}
section = "§1"

[[node]]
id = "policy-1"
kind = "policy"
number = "1"
parent = "vision"
title = {text("架空の方針", "Fictitious policy")}
text = {text("架空です。", "Fictitious.")}
section = "§1"
""",
    ]
    (folder / "tree.toml").write_text("\n".join(tree))

    chance = random.Random(1)
    entries = []
    for i in range(INDICATORS):
        entries.append(f"""\
[[series]]
id = "sales_{i}"
title = {text(f"架空の売上{i}", f"Fictitious sales {i}")}
unit = "億円"
calendar = "fiscal"
basis = "nominal"
frequency = "yearly"
lag_months = 6
group = "data"
owner = {owner}
section = "§1"
""")
        sales = chance.uniform(100, 1000)
        for year in range(FIRST_YEAR, FIRST_YEAR + YEARS):
            sales *= chance.uniform(0.97, 1.08)
            entries.append(f"""\
[[observation]]
series = "sales_{i}"
period = "FY{year}"
value = "{sales:.1f}億円"
rounding = "0.1億円"
printed = "{sales:.1f}億円"
source = "made-up"
section = "§1"
recorded = "2026-03-18"
author = "author"
approver = "approver"
""")
        entries.append(f"""\
[[indicator]]
id = "share_{i}"
class = "situation"
title = {text(f"架空の割合{i}", f"Fictitious share {i}")}
short = {text(f"割合{i}", f"Share {i}")}
unit = "%"
direction = "up"
frequency = "yearly"
lag_months = 6
owner = {owner}
measures = ["policy-1"]
section = "§1"
sources = ["made-up"]
why = {text("架空です。", "Fictitious.")}
method = {text("二つの売上の比です。", "One series over the next.")}
formula = 'sales_{i}[at] / sales_{(i + 1) % INDICATORS}[at]'
observes = "sales_{i}"
round = "0.1%"
""")
    (folder / "indicators.toml").write_text("\n".join(entries))


class Connections:
    """HTTP/1.1 connections that are kept and used again."""

    def __init__(self, host, port):
        self.host, self.port, self.idle = host, port, []
        self.room = asyncio.Semaphore(MOST_CONNECTIONS)

    async def get(self, path):
        async with self.room:
            reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection(self.host, self.port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            if length:
                await reader.readexactly(int(length[1]))
            else:
                while size := int(await reader.readline(), 16):
                    await reader.readexactly(size + 2)
                await reader.readline()
            self.idle.append((reader, writer))
            return int(head.split(b" ", 2)[1])


async def steady(connections, paths, rate, seconds):
    """Latency of every request in milliseconds, in the order of the timetable."""
    began = time.perf_counter()

    async def one(number):
        due = began + number / rate
        await asyncio.sleep(due - time.perf_counter())
        status = await connections.get(paths[number % len(paths)])
        if status != 200:
            sys.exit(f"{paths[number % len(paths)]} answers {status}")
        return (time.perf_counter() - due) * 1000

    return await asyncio.gather(*(one(number) for number in range(int(rate * seconds))))


async def visit(connections, paths):
    """Every page once, one after another: what is measured after it is a server at work, not one that has just begun."""
    for path in paths:
        await connections.get(path)


def start(binary, plan, database):
    server = subprocess.Popen(
        [binary, "serve", "--plan", plan, "--port", "0", "--unlimited", *database],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    for line in server.stdout:
        if address := re.search(r"http://(127\.0\.0\.1|localhost):(\d+)", line):
            return server, address[1], int(address[2])
    sys.exit(f"the server gave no address and ended with {server.wait()}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("binary")
    arguments.add_argument("work", type=pathlib.Path)
    arguments.add_argument("--rate", type=float, default=100)
    arguments.add_argument("--seconds", type=float, default=20)
    given = arguments.parse_args()

    plan = given.work / "plan-500"
    write_plan(plan)
    shares = [f"/indicators/share_{i}" for i in range(INDICATORS)]
    kinds = {"indicator page": shares, "indicator as JSON": [f"{path}.json" for path in shares], "front page": ["/"]}
    file = given.work / "load.db"
    stores = {"SQLite": ["--database", file]}
    if address := os.environ.get("RASHIN_TEST_POSTGRES"):
        stores["PostgreSQL"] = ["--database-url", address]
    for store, database in stores.items():
        for old in given.work.glob("load.db*"):
            old.unlink()
        measure(given, plan, kinds, store, database)


def measure(given, plan, kinds, store, database):
    server, host, port = start(given.binary, plan, database)
    try:
        for name, paths in kinds.items():
            asyncio.run(visit(Connections(host, port), paths))
            asyncio.run(steady(Connections(host, port), paths, given.rate, 2))
            latency = sorted(asyncio.run(steady(Connections(host, port), paths, given.rate, given.seconds)))
            at = {f"p{level:g}_ms": latency[int(len(latency) * level / 100)] for level in (50, 99)}
            print(json.dumps({"what": name, "store": store, "rate": given.rate, "requests": len(latency), **at}), flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()

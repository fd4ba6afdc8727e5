"""One bill of 1,000 components, matched by whole programs: ours, and each peer that runs here without a network, on the same advisories.

Usage: cyber.py FOLDER RASHIN [TRIVY]; FOLDER is what `bench cyber-sbom` left. Prints a JSON line a program: `program`, `cpu_seconds`
(user and system, median of three), `wall_seconds` and `found`, the pairs of package and advisory, or `missing` with the reason why it did not run.
Trivy reads a database of its own form, which is written here from the records; it knows the packages of language registries alone, so `found` of ours
is told for these as well (`found_registries`), and there both must find the same.
"""

import json
import os
import pathlib
import resource
import struct
import subprocess
import sys
import time

# Ecosystems as OSV names them, and as Trivy's buckets begin.
BUCKETS = {
    "npm": "npm", "PyPI": "pip", "Go": "go", "Maven": "maven", "RubyGems": "rubygems", "crates.io": "cargo",
    "NuGet": "nuget", "Packagist": "composer",
}
ROUNDS = 3
PAGE = 4096


def timed(command, env=None):
    """The median of rounds in CPU and wall seconds, and what the last printed."""
    spent = []
    for _ in range(ROUNDS):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, env=env)
        after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
        spent.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall))
    cpu, wall = (sorted(column)[ROUNDS // 2] for column in zip(*spent))
    return {"cpu_seconds": cpu, "wall_seconds": wall}, done


def say(program, **rest):
    print(json.dumps({"program": program} | rest), flush=True)


class Bolt:
    """A file of bbolt, written once: pages from the leaves up."""

    def __init__(self):
        self.pages = bytearray(3 * PAGE)

    def page(self, flags, elements, heads):
        """A page of elements `(head, key, value)`; `heads` says how a head is packed when it is known where its key lies."""
        body = bytearray()
        at = 16 * len(elements)
        table = bytearray()
        for index, (head, key, value) in enumerate(elements):
            table += heads(at + len(body) - 16 * index, head, key, value)
            body += key + value
        page = len(self.pages) // PAGE
        whole = table + body
        overflow = (16 + len(whole) - 1) // PAGE
        self.pages += struct.pack("<QHHI", page, flags, len(elements), overflow) + whole
        self.pages += bytes(-len(self.pages) % PAGE)
        return page

    def tree(self, items):
        """A tree of `(flag, key, value)` sorted by key; its root."""
        leaf = lambda at, flag, key, value: struct.pack("<IIII", flag, at, len(key), len(value))
        branch = lambda at, page, key, value: struct.pack("<IIQ", at, len(key), page)
        level, flags, heads = items, 2, leaf
        while True:
            above, some, size = [], [], 16
            for item in level + [None]:
                length = 0 if item is None else 16 + len(item[1]) + len(item[2])
                if some and (item is None or size + length > PAGE):
                    above.append((self.page(flags, some, heads), some[0][1], b""))
                    some, size = [], 16
                if item is not None:
                    some.append(item)
                    size += length
            if len(above) <= 1:
                return above[0][0] if above else self.page(2, [], leaf)
            level, flags, heads = above, 1, branch

    def bucket(self, tree):
        """A bucket of nested dictionaries, as the value of its key."""
        items = []
        for key in sorted(tree):
            value = tree[key]
            flag, value = (1, self.bucket(value)) if isinstance(value, dict) else (0, value)
            items.append((flag, key, value))
        return struct.pack("<QQ", self.tree(items), 0)

    def write(self, path, tree):
        root = self.bucket(tree)
        free = len(self.pages) // PAGE
        self.pages += struct.pack("<QHHI", free, 16, 0, 0) + bytes(PAGE - 16)
        end = len(self.pages) // PAGE
        for page in (0, 1):
            meta = struct.pack("<IIII", 0xED0CDAED, 2, PAGE, 0) + root + struct.pack("<QQQ", free, end, page)
            total = 0xCBF29CE484222325
            for byte in meta:
                total = (total ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
            head = struct.pack("<QHHI", page, 4, 0, 0) + meta + struct.pack("<Q", total)
            self.pages[page * PAGE : page * PAGE + len(head)] = head
        path.write_bytes(self.pages)


def trivy_database(records, folder):
    tree = {b"data-source": {}, b"vulnerability": {}}
    for line in records.open():
        record = json.loads(line)
        tree[b"vulnerability"][record["id"].encode()] = json.dumps({"Title": record["id"], "Severity": "HIGH"}).encode()
        for affected in record["affected"]:
            package, name = affected["package"], affected["package"]["name"]
            if package["ecosystem"] not in BUCKETS:
                continue
            source = f"{BUCKETS[package['ecosystem']]}::OSV".encode()
            tree[b"data-source"][source] = json.dumps({"ID": "osv", "Name": "OSV", "URL": "https://osv.dev"}).encode()
            events = {key: value for event in affected["ranges"][0]["events"] for key, value in event.items()}
            said = {"VulnerableVersions": [f">={events['introduced']}, <{events['fixed']}"]}
            tree.setdefault(source, {}).setdefault(name.encode(), {})[record["id"].encode()] = json.dumps(said).encode()
    folder.mkdir(parents=True, exist_ok=True)
    Bolt().write(folder / "trivy.db", tree)
    times = dict.fromkeys(["UpdatedAt", "DownloadedAt"], "2026-03-31T00:00:00Z")
    (folder / "metadata.json").write_text(json.dumps({"Version": 2, "NextUpdate": "2099-01-01T00:00:00Z"} | times))


# Peers that cannot be given these advisories, and why.
WITHOUT = {
    "owasp-depscan": "its database is an image from a container registry, which takes a network, and is not made of given records",
    "cargo-audit": "it reads Cargo.lock alone, no bill of materials",
}


def main(folder, rashin, trivy=""):
    folder = pathlib.Path(folder)
    bill, database = str(folder / "bill.json"), str(folder / "advisories.db")
    ours = set()
    for name, command in [
        ("rashin match", [rashin, "cyber", "match", bill, "--db", database, "--json"]),
        ("rashin gate", [rashin, "cyber", "gate", bill, "--db", database, "--json"]),
    ]:
        spent, done = timed(command)
        answer = json.loads(done.stdout)
        answer = answer[0] if isinstance(answer, list) else answer
        if name == "rashin match":
            pairs = {(found["ecosystem"], found["package"], found["advisory"]) for found in answer["findings"]}
            ours = {(package, advisory) for ecosystem, package, advisory in pairs if ecosystem in BUCKETS}
            say(name, **spent, found=len(pairs), found_registries=len(ours))
        else:
            say(name, **spent, found=answer["findings"])
    if not trivy or not pathlib.Path(trivy).exists():
        say("trivy", missing="the program is not at hand")
    else:
        cache = folder / "trivy"
        trivy_database(folder / "records.jsonl", cache / "db")
        command = [trivy, "sbom", "--cache-dir", str(cache), "--skip-db-update", "--skip-java-db-update", "--offline-scan"]
        spent, done = timed(command + ["--quiet", "--format", "json", bill], {**os.environ, "TRIVY_SKIP_VERSION_CHECK": "true"})
        if done.returncode:
            say("trivy", missing=f"it ends with {done.returncode}: {done.stderr.strip()[-300:]}")
        else:
            results = json.loads(done.stdout).get("Results") or []
            pairs = {(v["PkgName"], v["VulnerabilityID"]) for r in results for v in r.get("Vulnerabilities") or []}
            say("trivy", **spent, found=len(pairs))
            if pairs != ours:
                sys.exit(f"only ours: {sorted(ours - pairs)}\nonly Trivy's: {sorted(pairs - ours)}")
    for program, reason in WITHOUT.items():
        say(program, missing=reason)


if __name__ == "__main__":
    main(*sys.argv[1:])

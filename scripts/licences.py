"""Refuses a dependency whose licence is not in licences.txt. Reads what Cargo itself resolves; changes nothing."""

import json
import pathlib
import re
import subprocess
import sys

ALLOWED = pathlib.Path(__file__).with_name("licences.txt")


def allowed_list(text):
    return {line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")}


def permits(expression, allowed):
    """Whether an SPDX expression can be met by allowed licences alone: one side of OR is enough, AND needs both."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    tokens.append("")

    def either():
        met = both()
        while tokens[0] == "OR":
            tokens.pop(0)
            met = both() or met
        return met

    def both():
        met = one()
        while tokens[0] == "AND":
            tokens.pop(0)
            met = one() and met
        return met

    def one():
        token = tokens.pop(0)
        if token == "(":
            met = either()
            tokens.pop(0)
            return met
        if tokens[0] == "WITH":
            tokens.pop(0)
            token += " WITH " + tokens.pop(0)
        return token in allowed

    met = either()
    return met and tokens == [""]


def faults(packages, allowed):
    for package in packages:
        licence = package["license"]
        if not licence or not permits(licence, allowed):
            yield f"{package['name']} {package['version']}: {licence or 'no licence stated'}"


def main():
    metadata = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1"], check=True, capture_output=True, text=True
    )
    packages = json.loads(metadata.stdout)["packages"]
    found = list(faults(packages, allowed_list(ALLOWED.read_text())))
    print(*found, f"{len(packages)} packages, {len(found)} with a licence that is not in licences.txt", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

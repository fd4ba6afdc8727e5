"""Refuses a dependency that is declared and not used: in a crate's manifest, or in the workspace's version table.

A name counts as used when the crate's Rust text or its templates speak of it. That is a text search: it can miss an unused
name, and never refuses a used one.
"""

import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).parent.parent
TABLES = ("dependencies", "dev-dependencies", "build-dependencies")


def declared(manifest):
    """Every dependency name of one manifest, those under [target.…] too."""
    tables = [manifest, *manifest.get("target", {}).values()]
    return {name for table in tables for kind in TABLES for name in table.get(kind, {})}


def unused(names, text):
    return sorted(name for name in names if not re.search(rf"\b{re.escape(name.replace('-', '_'))}\b", text))


def rust_text(crate):
    """All Rust of a crate without whole-line comments, so that a mention in prose is not a use."""
    text = "\n".join(path.read_text() for path in sorted(crate.rglob("*.rs")))
    return re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)


def main():
    faults, taken = [], set()
    for path in sorted(ROOT.glob("crates/*/Cargo.toml")):
        manifest = tomllib.loads(path.read_text())
        names = declared(manifest)
        taken |= names
        faults += [
            f"{path.relative_to(ROOT)}: {name} is declared and not used: remove it"
            for name in unused(names, rust_text(path.parent))
        ]
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]
    members = {path.parent.name for path in ROOT.glob("crates/*/Cargo.toml")}
    faults += [
        f"Cargo.toml: {name} is in [workspace.dependencies] and no crate takes it: remove it"
        for name in sorted(set(workspace.get("dependencies", {})) - taken - members)
    ]
    print(*faults, f"{len(taken)} dependencies, {len(faults)} unused", sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

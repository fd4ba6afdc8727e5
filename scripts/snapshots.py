"""Refuses a snapshot file that no test compares with, and one that waits to be accepted.

Takes the list that insta writes to INSTA_SNAPSHOT_REFERENCES_FILE while the tests run: a path a line.
"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).parent.parent


def faults(root, referenced):
    compared = {pathlib.Path(line).resolve() for line in referenced}
    for path in sorted(root.glob("crates/**/*.snap*")):
        if path.suffix == ".new":
            yield f"{path.relative_to(root)}: not accepted yet: look at it, then rename it or delete it"
        elif path.suffix == ".snap" and path.resolve() not in compared:
            yield f"{path.relative_to(root)}: no test compares with it: delete it"


def main(reference_file):
    path = pathlib.Path(reference_file)
    found = list(faults(ROOT, path.read_text().splitlines() if path.exists() else []))
    print(*found, f"{len(found)} snapshot files at fault", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

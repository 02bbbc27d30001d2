"""How many inputs of each kind that goes wrong on real folders are tried, and how many pass?

``python -m studies.kinds`` runs the tests of each kind and writes kinds.csv beside this file, kind
after kind; an interrupted run goes on with ``--kinds``. A case is one test with inputs of its own
(a layout, a table, a file, a pair of photos, …); many cases try several. ``--count`` only counts
the cases. Set WORKBOOK_TEST_DATA for those that need real photos; without it they are skipped.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

KINDS = {
    "which column names the files": ["tables/test_matching.py", "tables/test_rows*.py"],
    "layouts": [
        *("opening/test_layout.py", "opening/test_levels.py", "opening/test_names.py"),
        *("opening/test_splits_in_folders.py", "opening/test_folders.py"),
        *("opening/test_prefixes.py", "opening/test_copies.py", "opening/test_downloads.py"),
        *("opening/test_digits.py", "opening/test_grouping.py", "opening/test_archives.py"),
    ],
    "tables": [
        *("tables/test_encodings.py", "tables/test_reading.py", "tables/test_labels.py"),
        *("tables/test_alike.py", "tables/test_splits_told.py"),
        *("tables/test_joining.py", "tables/test_tables.py"),
    ],
    "damage": [
        *("datasets/test_decoding*.py", "datasets/test_containers.py", "datasets/test_pixels.py"),
        "audit/test_measuring.py",
    ],
    "copies": ["copies/test_*.py"],
    "flags": ["audit/test_quality*.py", "audit/test_edges.py", "audit/test_outliers.py"],
    "label doubts": ["audit/test_labels*.py", "audit/test_noise.py", "audit/test_suspects.py"],
    "splits": ["splits/test_*.py"],
    "names, sizes, ends": [
        *("datasets/test_safe_names.py", "datasets/test_dataset.py", "plots/test_names.py"),
        *("audit/test_tables.py", "plots/test_overview.py", "plots/test_samples.py"),
        *("evaluation/test_answers.py", "evaluation/test_intervals.py"),
    ],
    "work kept": [
        *("audit/test_scanning.py", "audit/test_batches.py", "datasets/test_decision*.py"),
        *("datasets/test_steps.py", "datasets/test_storage.py", "training/test_cluster.py"),
    ],
    "exporting, and objects of other libraries": [
        *("datasets/test_exporting*.py", "opening/test_objects.py"),
    ],
}
"""Files of tests by kind, under tests/."""

TESTS = Path(__file__).parents[1] / "tests"
COLUMNS = ["kind", "tests", "cases", "passed", "skipped", "failed"]


def files_of(kind: str) -> list[Path]:
    """The files of tests of a kind.

    Raises
    ------
    ValueError
        A pattern matches no file, so that the count would be of less than it says.
    """
    found = []
    for pattern in KINDS[kind]:
        if not (files := sorted(TESTS.glob(pattern))):
            raise ValueError(f"there are no tests {pattern!r}, which stand for {kind!r}")
        found += files
    return found


def try_kind(kind: str, count: bool = False) -> dict:
    """Run the tests of a kind: how many there are, with how many inputs, and what came of them."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *map(str, files_of(kind)), "-q", "-n0"]
        command += ["-p", "no:cacheprovider", f"--junitxml={report}", "-o", "junit_family=xunit1"]
        if count:
            command += ["--collect-only"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=TESTS.parent)
        if count:
            names = [line for line in done.stdout.splitlines() if "::" in line]
            return tally(kind, [(name, "") for name in names])
        if done.returncode not in (0, 1):
            raise SystemExit(f"the tests of {kind!r} do not run:\n{done.stdout}{done.stderr}")
        return tally(kind, outcomes(report.read_text(encoding="utf-8")))


def outcomes(report: str) -> list[tuple[str, str]]:
    """Each case of a JUnit report with "passed", "skipped" or "failed"."""
    cases = []
    for case in ElementTree.fromstring(report).iter("testcase"):
        said = {part.tag for part in case}
        end = "failed" if said & {"failure", "error"} else "passed"
        cases.append((f"{case.get('classname')}::{case.get('name')}",
                      "skipped" if "skipped" in said else end))  # fmt: skip
    return cases


def tally(kind: str, cases: list[tuple[str, str]]) -> dict:
    """A row of the table: tests are what is left of cases without their inputs."""
    ends = Counter(end for _, end in cases)
    tests = {name.partition("[")[0] for name, _ in cases}
    row = {"kind": kind, "tests": len(tests), "cases": len(cases)}
    return row | {end: ends[end] for end in COLUMNS[3:]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--count", action="store_true", help="count the cases without running them")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    known = {}
    if options.out.exists():
        with options.out.open(newline="", encoding="utf-8") as file:
            known = {row["kind"]: row for row in csv.DictReader(file)}
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for kind in options.kinds:
        row = try_kind(kind, options.count)
        print(*(f"{name} {value}" for name, value in row.items()), sep=", ", flush=True)
        if options.count:
            continue
        known[kind] = row
        with options.out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(known[name] for name in KINDS if name in known)


if __name__ == "__main__":
    main()

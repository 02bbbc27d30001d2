"""Where the reports of a dataset lie, and which of them is meant."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

from helpers.datasets import Dataset
from helpers.datasets.storage import expand_home


def default_folder(dataset: Dataset) -> Path:
    """``reports/NAME-DATE`` in the present folder; with a number where a report lies there, for
    somebody may have filled in its tables."""
    first = Path("reports") / f"{_slug(dataset)}-{date.today().isoformat()}"
    ways = (first, *(first.with_name(f"{first.name}-{number}") for number in range(2, 10_000)))
    return next(one for one in ways if not (one / "report.html").exists())


def _slug(dataset: Dataset) -> str:
    return re.sub(r"[^\w.-]+", "-", dataset.name).strip("-.") or "dataset"


def from_report(dataset: Dataset, path: str) -> Path:
    """The file that is meant: as given, or that of the newest report on this dataset here,
    one that was interrupted only where there is no other."""
    given = expand_home(path)
    if given.exists() or given.is_absolute():
        return given
    dated = re.compile(re.escape(_slug(dataset)) + r"-\d{4}-\d\d-\d\d(-\d+)?")
    there = [
        one / path
        for one in Path("reports").glob("*")
        if dated.fullmatch(one.name) and (one / path).is_file()
    ]
    if not there:
        return given
    whole = [one for one in there if one.with_name("run.json").is_file()]  # it is written last
    newest = max(whole or there, key=lambda one: one.stat().st_mtime)
    print(f"{path}: taken from {newest.parent}.", file=sys.stderr)
    return newest

"""What a report leaves on disk: the page, tables for other programs, and how it was made."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.datasets import DatasetError
from helpers.datasets.words import count
from helpers.report.building import Report, _private
from helpers.report.sections import DONE, as_json

PACKAGES = ("numpy", "pandas", "pillow", "scikit-learn", "torch", "fastai")
AS_CSV = {"encoding": "utf-8", "lineterminator": "\n"}
HIDDEN = ("gps", "thumbnail", "facts")
"""Columns of the scan that are not passed on."""


def write_whole(path: Path, text: str) -> Path:
    """Write a file so that it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8", errors="replace")
        os.replace(part, path)
    except OSError as error:
        raise DatasetError(f"'{path}' cannot be written ({error.strerror}).") from error
    finally:
        part.unlink(missing_ok=True)
    return path


def write_report(report: Report, folder: Path, images: bool = True) -> Path:
    """Write everything of a report into `folder`; what cannot be made is told in ``run.json``.

    Returns
    -------
    Path, of the folder
    """
    folder = folder.expanduser().absolute()
    if folder.is_relative_to(report.evidence.opened.root):
        raise DatasetError(
            f"'{folder}' lies in the dataset's own folder, where nothing is written; choose"
            " another."
        )
    parts: dict[str, Callable[[Path], Any]] = {
        "report.json": lambda path: write_whole(path, _dumped(report.json())),
        "images.csv": lambda path: write_whole(path, images_table(report).to_csv(**AS_CSV)),
        "leaks.csv": lambda path: write_whole(
            path, leaks_table(report).to_csv(index=False, **AS_CSV)
        ),
        "suspects.csv": lambda path: write_whole(
            path, report.suspects().to_csv(index=False, **AS_CSV)
        ),
    }
    report.write_html(folder / "report.html", images)
    written, missing = ["report.html"], {}
    for name, write in parts.items():
        try:
            write(folder / name)
            written.append(name)
        except Exception as error:  # one file that cannot be made must not take the others with it
            missing[name] = f"{type(error).__name__}: {error}"
    run = _private(as_json(describe_run(report, written, missing)), report.evidence.opened)
    write_whole(folder / "run.json", _dumped(run))
    return folder


def images_table(report: Report) -> pd.DataFrame:
    """A row per image with its label, split, what was decided, and what the audit says of it."""
    evidence = report.evidence
    table = evidence.opened.images.copy()
    marks = evidence.marks
    table["decision"] = marks["action"].reindex(table.index)
    table["decision_reason"] = marks["reason"].reindex(table.index)
    chosen = evidence.choices["reason"].reindex(table.index)
    table["decision"] = table["decision"].fillna(chosen.notna().map({True: "drop", False: None}))
    table["decision_reason"] = table["decision_reason"].where(marks_known(table, marks), chosen)
    if report["split"].state == DONE:
        sides = evidence.divided.images["split"].reindex(table.index)
        table["report_split"] = sides
    flags = evidence.issues[evidence.issues["rule"] != "not used"]
    table["flags"] = flags.groupby("image_id")["issue"].agg("; ".join).reindex(table.index)
    if evidence.can_learn:
        doubts = evidence.doubts.reindex(table.index)
        table["chance_that_label_is_wrong"] = doubts["wrong"]
    files = evidence.files.drop(columns=[c for c in HIDDEN if c in evidence.files])
    return table.join(files.reindex(table.index), rsuffix="_of_file")


def marks_known(table: pd.DataFrame, marks: pd.DataFrame) -> pd.Series:
    """Whether a person decided about each image."""
    return pd.Series(table.index.isin(marks.index), table.index)


def leaks_table(report: Report) -> pd.DataFrame:
    """Every two images on different sides of the given split of which one gives the other away."""
    return report.evidence.given_leaks


def describe_run(report: Report, written: list[str], missing: dict[str, str]) -> dict[str, Any]:
    """What the report was made with, and how long it took."""
    hashes = report.evidence.files["sha256"].fillna("").sort_index()
    digest = hashlib.sha256("\n".join(f"{i} {h}" for i, h in hashes.items()).encode()).hexdigest()
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "dataset": report.name,
        "images": count(len(report.evidence.opened), "image"),
        "sha256 of all files": digest,
        "seed": 0,
        "asked": [str(need) for need in report.needs.wanted],
        "budget": vars(report.evidence.plan),
        "seconds by section": {name: round(one, 1) for name, one in report.seconds.items()},
        "failed": report.failed,
        "written": written,
        "could not be written": missing,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _dumped(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

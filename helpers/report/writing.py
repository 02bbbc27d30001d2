"""What a report leaves on disk: the page, tables for other programs, and how it was made."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import platform
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.datasets import DatasetError
from helpers.datasets.safe_names import as_csv
from helpers.datasets.storage import expand_home
from helpers.datasets.words import count
from helpers.evidence.audited import private_columns
from helpers.evidence.learned import DESCRIPTORS
from helpers.findings.sampling import SAMPLE, sample_table
from helpers.findings.second_folder import shared_copies
from helpers.findings.sections import DONE, as_json
from helpers.modelling.more_labels import NEXT
from helpers.report.building import Report
from helpers.report.tables import (
    describe_files,
    images_table,
    label_next_table,
    leaks_table,
    suspects_table,
)
from helpers.report.together import pairs_table
from helpers.report.waiting import waiting

PACKAGES = ("numpy", "pandas", "pillow", "scikit-learn", "torch", "fastai")


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


def write_report(report: Report, folder: Path, images: bool = True, model: bool = True) -> Path:
    """Write everything of a report into `folder`; what cannot be made is told in ``run.json``.

    Returns
    -------
    Path, of the folder
    """
    folder = expand_home(folder).absolute()
    if folder.is_relative_to(report.evidence.opened.root):
        raise DatasetError(
            f"'{folder}' lies in the dataset's own folder, where nothing is written; choose"
            " another."
        )
    report.sections["verdict"]  # noqa: B018 (says by itself what is being asked)
    started, parts = time.perf_counter(), _parts(report, folder, model)
    report.tell("Writing report.html …")
    # Warnings of libraries are of no use to whoever reads a report.
    with waiting("Writing report.html", report.progress), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_whole(folder / "report.html", report.html(images, describe_files(report, [*parts])))
    written, missing = ["report.html"], {}
    for name, write in parts.items():
        report.tell(f"Writing {name} …")
        try:
            with (
                waiting(f"Writing {name}", report.progress),
                warnings.catch_warnings(),
                contextlib.redirect_stdout(io.StringIO()),
            ):
                warnings.simplefilter("ignore")
                write()
            written.append(name)
        except Exception as error:  # one file that cannot be made must not take the others with it
            missing[name] = f"{type(error).__name__}: {error}"
    report.unwritten, report.seconds["writing"] = missing, time.perf_counter() - started
    run = report.scrubbed(as_json(describe_run(report, written, missing)))
    write_whole(folder / "run.json", _dumped(run))
    return folder


def _parts(report: Report, folder: Path, model: bool) -> dict[str, Callable[[], Any]]:
    """What is written beside the page, by its name, in order."""
    from helpers.report import handing_over as over

    def text(name: str, made: Callable[[], str]) -> Callable[[], Any]:
        return lambda: write_whole(folder / name, made())

    def table(made: Callable[[], pd.DataFrame], index: bool = False) -> Callable[[], str]:
        return lambda: as_csv(made(), index)

    parts = {
        "report.json": text("report.json", lambda: _dumped(report.json())),
        "images.csv": text("images.csv", table(lambda: images_table(report), index=True)),
        "pairs.csv": text("pairs.csv", table(lambda: pairs_table(report.evidence))),
        "leaks.csv": text("leaks.csv", table(lambda: leaks_table(report))),
        "suspects.csv": text("suspects.csv", table(lambda: suspects_table(report))),
        "dataset_card.md": text("dataset_card.md", lambda: over.describe_dataset(report)),
        "croissant.json": lambda: _write_croissant(report, folder),
    }
    if report.evidence.can_learn:
        parts[SAMPLE] = text(SAMPLE, table(lambda: sample_table(report.evidence)))
    if report.evidence.against is not None:
        parts["shared_copies.csv"] = text(
            "shared_copies.csv", table(lambda: shared_copies(report.evidence))
        )
    if report["more labels"].code:
        parts[NEXT] = text(NEXT, table(lambda: label_next_table(report)))
    if report["evaluation"].state == DONE:
        exported: list = []
        if model and report.evidence.best != DESCRIPTORS and report.evidence.beats_dummy:
            parts[over.MODEL] = lambda: exported.append(over.export_best(report, folder))
        parts["model_card.md"] = text(
            "model_card.md", lambda: over.describe_model(report, exported[0] if exported else None)
        )
    return parts


def _write_croissant(report: Report, folder: Path) -> None:
    from helpers.exports.croissant import TYPED, write_croissant

    (folder / TYPED).unlink(missing_ok=True)  # of an earlier report; it is made of images.csv
    limitations = [one.what for one in report["verdict"].findings]
    write_croissant(report.evidence.opened, folder, limitations=limitations)


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
        "images searched for photos of one thing": {
            key: report["same thing"].numbers.get(key) for key in ("compared", "not compared")
        },
        "seconds": round(sum(report.seconds.values()), 1),
        "seconds are": "of this run; what an earlier one had computed was read, not computed again",
        "seconds by section": {name: round(one, 1) for name, one in report.seconds.items()},
        "over the budget": report.overran,
        "failed": report.failed,
        "columns not passed on": private_columns(report.evidence.opened),
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

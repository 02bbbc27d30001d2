"""The command line: a report on a folder of images, or a scan of its files alone."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from helpers.arguments import Parser, once
from helpers.datasets import Dataset, DatasetError
from helpers.datasets.storage import expand_home
from helpers.datasets.words import count

FAILED, REFUSED, STOPPED = 1, 2, 130
UNLABELLED = (
    "There are no labels of two classes, so that this will be the audit alone. Where a column of a "
    "table or a level of folders holds them, stop (Ctrl-C) and name it: --label COLUMN."
)
_DATASET = "a folder of images, a table beside them, or a name (leaves, digits, …); the bundled "
_DATASET += "leaves if left out"


def main(arguments: Sequence[str], more: Sequence[Callable] = ()) -> int:
    """Run a command and return its exit code: 0; 1 where a section failed or a file cannot be
    read; 2 where the dataset or an argument cannot be used; 130 after Ctrl-C.

    `more` are functions that add a command each, for the rooms that stand on this one.
    """
    try:
        asked = _parser(more).parse_args(arguments)
        with _ended_as_interrupted():
            return asked.run(asked)
    except DatasetError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print(
            "\nStopped. What was finished is kept; the same command goes on from there.",
            file=sys.stderr,
        )
        return STOPPED


@contextlib.contextmanager
def _ended_as_interrupted():
    """Let a request to end do what Ctrl-C does, so that no worker is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only there can signals be handled
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _parser(more: Sequence[Callable]) -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m helpers",
        allow_abbrev=False,
        description="What a folder of images is worth. Nothing in the folder is ever changed.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_report(commands)
    _add_scan(commands)
    for add in more:
        add(commands)
    for one in commands.choices.values():
        one.beside = commands.choices
    return parser


def _add_report(commands) -> None:
    one = commands.add_parser(
        "report",
        allow_abbrev=False,
        help="everything: files, copies, labels, shortcuts, models, and a verdict",
        description=(
            "Ask a dataset everything that the workbook asks, and write the answer as one "
            "page (report.html) with tables beside it. Stopped by Ctrl-C, the same command goes on."
        ),
    )
    add_dataset(once(one))
    add_groups(one)
    one.add_argument(
        "--need",
        metavar="'SCORE>=LEAST'",
        action="append",
        default=[],
        help=(
            "what a model must reach, such as 'balanced accuracy>=0.8' or 'recall of "
            "olive>=0.6'; may be given several times. Scores: accuracy, balanced accuracy, MCC; "
            "macro or weighted precision, recall or F1; precision, recall or F1 of a class, of "
            "several taken for one, such as 'recall of rust+scab>=0.95', or of each by itself: "
            "'recall of every class>=0.9'"
        ),
    )
    one.add_argument(
        "--budget",
        metavar="TIME",
        default="10m",
        help=(
            "time for all that is computed, such as 90s, 10m (the default) or 1h; what "
            "it does not pay for is left out, or done with a part of the images, and the report "
            "says so"
        ),
    )
    one.add_argument(
        "--decisions",
        metavar="CSV",
        action="append",
        default=[],
        help=(
            "verdicts to be written to your log first, such as review_sample.csv with its "
            "column 'action' filled in; rows without an action are passed over; may be given "
            "several times: all are taken, or none"
        ),
    )
    one.add_argument(
        "--together",
        metavar="CSV",
        help=(
            "which images stay on one side of a split: an earlier report's pairs.csv, into whose "
            "column 'together' you wrote yes or no (no answer is asked for twice, and the search "
            "for photos of one thing goes on, unless a column says what they show), or its "
            "images.csv with the column 'stays_with' (taken for all that is known: the search is "
            "left out, unless --pause or --pattern is given, too, and no answers no are kept)"
        ),
    )
    one.add_argument(
        "--pause",
        metavar="SECONDS",
        type=_seconds,
        help=(
            "photos that one camera took with at most so many seconds from one to the next stay on "
            "one side of a split, as where people or plants were photographed one by one"
        ),
    )
    one.add_argument(
        "--open-test",
        action="store_true",
        help="ask the test images, for the final score; each opening is written down",
    )
    one.add_argument(
        "--against",
        metavar="FOLDER",
        help="a second folder, such as images of another place: does it look like this one?",
    )
    one.add_argument(
        "--no-images", action="store_true", help="no photographs in the page, for sharing it"
    )
    one.add_argument(
        "--export",
        metavar="FOLDER",
        help=(
            "write the dataset, too, as the report leaves it: your decisions and its own applied, "
            "what belongs together on one side, an ImageFolder of links to your files"
        ),
    )
    one.add_argument("--copies", action="store_true", help="with --export: copies, not links")
    one.add_argument(
        "--out", metavar="FOLDER", help="where to write (reports/NAME-DATE here if left out)"
    )
    one.set_defaults(run=_report)


def _add_scan(commands) -> None:
    one = commands.add_parser(
        "scan",
        allow_abbrev=False,
        help="the files alone: what is broken, poor or odd",
        description="Open every file once, and say which cannot be read and which are poor or odd.",
    )
    add_dataset(once(one))
    one.add_argument(
        "--format",
        choices=("text", "csv", "json"),
        default="text",
        help="text for people (the default); csv has a row per image; json the flags",
    )
    one.set_defaults(run=_scan)


def add_groups(parser) -> None:
    """Let a command be told whose scores are asked for by themselves."""
    parser.add_argument(
        "--groups",
        metavar="A,B",
        type=_names,
        help="columns whose parts are scored by themselves, such as site,sex (all that have 2 to "
        "12 values if left out)",
    )


def add_dataset(parser) -> None:
    """Let a command be told which dataset, and how to open it."""
    parser.add_argument("path", nargs="?", metavar="PATH", help=_DATASET)
    parser.add_argument(
        "--metadata",
        metavar="TABLE",
        help=(
            "a table with a row per image (CSV, TSV, Parquet, JSON lines), which may lie anywhere: "
            "its path from here, from the folder of images, or from where that lies"
        ),
    )
    parser.add_argument(
        "--label",
        metavar="COLUMN",
        help="the column, or level of folders, with the class, where opening finds none or another",
    )
    parser.add_argument("--split", metavar="COLUMN", help="the same for train, valid and test")
    parser.add_argument(
        "--group",
        metavar="COLUMN",
        help=(
            "the column that says which images show one "
            "thing (patient, specimen): these stay on one side of a split"
        ),
    )
    parser.add_argument(
        "--pattern",
        metavar="REGEX",
        help=(
            "where file names say it: '(?P<group>[^_]+)_' takes what stands before the first "
            "underscore for what the image shows, '([a-z]+)' the letters in front for the class"
        ),
    )


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, such as 12") from None


def _names(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def open_asked(asked: argparse.Namespace) -> Dataset:
    """The dataset that a command was told."""
    source, named = read_asked(asked)
    opened = source or os.environ.get("WORKBOOK_DATASET") or "leaves"
    print(f"Opening {opened} …", file=sys.stderr, flush=True)  # libraries take seconds to load
    from helpers import open_dataset

    return open_dataset(source, **named)


def read_asked(asked: argparse.Namespace) -> tuple[str | Path | None, dict[str, str]]:
    """What `open_dataset` is to be given: the source, and the names of columns."""
    keys = ("label", "split", "group", "pattern")
    named = {key: getattr(asked, key) for key in keys if getattr(asked, key)}
    source = asked.path or None
    if asked.metadata:
        from helpers.tables.given import find_given

        folder = expand_home(source or ".")
        if source and not folder.is_dir():  # what that is, opening says
            return source, named | {"metadata": asked.metadata}
        found = find_given(asked.metadata, folder)
        if source:
            named["metadata"] = str(found)
        else:
            source = found  # which opens the folder that it lies in
    return source, named


def _report(asked: argparse.Namespace) -> int:
    from helpers.evidence.budget import read_budget
    from helpers.needs.asking import read_needs

    for read, said in ((read_budget, asked.budget), (read_needs, asked.need)):
        read(said)  # a slip is told at once, and not after minutes of opening
    from helpers.datasets.exporting import require_new
    from helpers.findings.verdicts import take_decisions
    from helpers.report.building import build_report
    from helpers.report.folders import default_folder, from_report
    from helpers.report.together import keep_together, read_answers

    dataset, answered = open_asked(asked), None
    for note in dataset.notes:
        print(note, file=sys.stderr)
    if len(dataset.classes) < 2:
        print(UNLABELLED, file=sys.stderr)
    if asked.decisions:
        paths = [from_report(dataset, path) for path in asked.decisions]
        print(take_decisions(dataset, *paths), file=sys.stderr)
    if asked.pause is not None:
        from helpers.splits import group_by_time

        dataset = group_by_time(dataset, asked.pause)
        print(dataset.notes[-1], file=sys.stderr)
    if asked.together:
        known, path = dataset.notes, from_report(dataset, asked.together)
        answered, dataset = read_answers(dataset, path), keep_together(dataset, path)
        for note in dataset.notes[len(known) :]:
            print(note, file=sys.stderr)
    folder = Path(asked.out) if asked.out else default_folder(dataset)
    if asked.export is not None:  # before the work, not after it
        _check_export(require_new(dataset, expand_home(asked.export).absolute()), folder)
    elif asked.copies:
        raise DatasetError("--copies says how --export writes; name a folder: --export FOLDER.")
    report = build_report(
        dataset,
        asked.need,
        asked.budget,
        groups=asked.groups,
        open_test=asked.open_test,
        against=asked.against,
        answered=answered,
    )
    # Another report may have been written there meanwhile.
    folder = folder if asked.out else default_folder(dataset)
    written = report.write(folder, images=not asked.no_images)
    verdict = report["verdict"]
    print(f"{verdict.title}.")
    for number, finding in enumerate(verdict.findings, start=1):
        print(f"{number}. {finding.what}")
    print(f"Written: {os.path.relpath(written / 'report.html')}")
    if asked.export is not None:
        done = report.export(asked.export, "copies" if asked.copies else "links")
        print(repr(done).replace("images='copies'", "--copies"))
    if report.overran:
        print(report.overran, file=sys.stderr)
    if report.failed:
        print(f"Failed, and shown in the report: {', '.join(report.failed)}.", file=sys.stderr)
    for name, why in report.unwritten.items():
        print(f"{name} could not be written: {why}", file=sys.stderr)
    return FAILED if report.failed or report.unwritten else 0


def _check_export(export: Path, out: Path) -> None:
    out = out.resolve()
    if export == out or export in out.parents or out in export.parents:
        raise DatasetError(
            f"--export '{export}' and the folder of the report, '{out}', lie in one another; "
            "choose another for one of them."
        )


def _scan(asked: argparse.Namespace) -> int:
    from helpers.audit import find_quality_issues, scan, summarise_quality
    from helpers.datasets.safe_names import as_csv, say_formulas

    dataset = open_asked(asked)
    files = scan(dataset)
    issues, broken = find_quality_issues(files), files[~files["readable"]]
    flags = issues[issues["rule"] != "not used"]
    if asked.format == "csv":
        table = files.drop(columns="thumbnail")
        print(as_csv(table, index=True), end="")
        for note in say_formulas(table, "this table"):
            print(note, file=sys.stderr)
    elif asked.format == "json":
        from helpers.findings.sections import as_json

        found = {"dataset": dataset.name, "images": len(files), "unreadable": len(broken)}
        found |= {"rules": summarise_quality(files), "flags": flags}
        print(json.dumps(as_json(found), indent=1, ensure_ascii=False))
    else:
        print("\n".join(_scan_in_words(dataset, files, flags)))
    return FAILED if len(broken) else 0


def _scan_in_words(dataset: Dataset, files, flags) -> list[str]:
    broken = files[~files["readable"]]
    lines = [*dataset.notes, f"{count(files, 'file')}, of which {len(broken):,} cannot be read."]
    lines += [f"  {image_id}: {row['problem']}" for image_id, row in broken.head(20).iterrows()]
    lines += [f"  … and {len(broken) - 20:,} more"] if len(broken) > 20 else []
    rest = flags[flags["issue"] != "unreadable"]
    for issue, rows in rest.groupby("issue", sort=False):
        lines.append(f"{count(rows, 'image')}: {issue}")
        lines += [f"  {row.image_id}: {row.why}" for row in rows.head(5).itertuples()]
        lines += [f"  … and {len(rows) - 5:,} more"] if len(rows) > 5 else []
    return lines if len(rest) else [*lines, "No other flag."]

"""The command that serves the dashboard, beside those of the report."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from helpers import command_line
from helpers.arguments import once
from helpers.datasets.storage import expand_home
from helpers.datasets.words import require_column
from helpers.opening.opening import NAMES


def main(arguments: Sequence[str]) -> int:
    """Run a command; as `helpers.command_line.main`, with ``dashboard`` among the commands."""
    return command_line.main(arguments, more=[_add_dashboard])


def _add_dashboard(commands) -> None:
    one = commands.add_parser(
        "dashboard",
        allow_abbrev=False,
        help="everything by mouse and keyboard, as a page in the browser",
        description=(
            "Browse, audit, review, split, train and export by mouse and keyboard: one page in "
            "the browser, for this computer alone. Ctrl-C stops it; your decisions are kept."
        ),
    )
    command_line.add_dataset(once(one))
    command_line.add_groups(one)
    one.add_argument(
        "--port", type=int, default=0, help="where to serve it (one that is free if left out)"
    )
    one.add_argument(
        "--no-browser", action="store_true", help="print the address, and open no browser"
    )
    one.set_defaults(run=_dashboard)


def _dashboard(asked: argparse.Namespace) -> int:
    from helpers.dashboard.serving import serve

    dataset = command_line.open_asked(asked)  # what cannot be opened is told here, not in a browser
    for column in asked.groups or ():
        require_column(dataset.images, column)
    source, named = command_line.read_asked(asked)
    opening = {"source": _from_anywhere(source), "named": named, "groups": asked.groups}
    serve(opening, asked.port, browser=not asked.no_browser)
    return 0


def _from_anywhere(source: str | Path | None) -> str | None:
    """The source as a program in another folder finds it."""
    source = source or os.environ.get("WORKBOOK_DATASET")
    if source is None or str(source) in NAMES:
        return source
    return str(expand_home(source).absolute())

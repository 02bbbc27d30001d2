"""The steps that look and decide: browse, audit, review, and the export at the end."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from ipywidgets import HTML, Checkbox, HBox, Text, VBox, Widget

from helpers.audit import find_conflicts
from helpers.audit.doubts import other_label
from helpers.audit.suspects import CONFLICT
from helpers.dashboard.parts import Part, prepare, words
from helpers.datasets import DatasetError
from helpers.findings.showing import make_snippet
from helpers.needs.asking import read_needs
from helpers.opening.opening import NAMES
from helpers.panels.panel import Panel, button, choice, control, row
from helpers.panels.text import safe
from helpers.report.building import Report
from helpers.widgets import browse, explore_map, review

if TYPE_CHECKING:
    from helpers.dashboard.page import Dashboard
    from helpers.dashboard.study import Study

CHOSEN = "selected by you"
SHOWN = {"files": "files", "copies": "copies", "outliers": "outliers", "labels": "labels"}
WAYS = {
    "the table alone": "",
    "links to the images, in class folders": "links",
    "copies of the images, in class folders": "copies",
}


def _browse(page: Dashboard) -> Widget:
    # What the audit computed is used; until then the browser computes its own, and it is kept.
    browser = browse(page.study.dataset, features=lambda: vars(page.study.audit).get("features"))
    browser.to_review = page.review
    return browser


def _map(page: Dashboard) -> Widget:
    study = page.study
    if "features" not in vars(study.audit):
        study.embed(lambda told, share: page.say("Map", told, share))
    page.say("Map", "Laying the images out, so that similar ones lie close")
    drawn = explore_map(study.audit.part, study.audit.features)
    drawn.to_review = page.review
    return drawn


def findings(study: Study) -> list[tuple[str, str, pd.DataFrame]]:
    """What the audit found: name, what it means, and the suspects that `review` would show."""
    audit, dataset = study.audit, study.audit.dataset
    flags = audit.issues[audit.issues["rule"] != "not used"]
    broken = flags["issue"] == "unreadable"
    pairs, conflicts = audit.pairs, find_conflicts(dataset, audit.pairs)
    found = [
        ("files that cannot be read", "They would stop a training run.", flags[broken]),
        ("pairs of one file under two labels", "One of the two labels is wrong.",
         conflicts.assign(issue=CONFLICT)),
    ]  # fmt: skip
    if study.trainable:
        doubts = audit.doubts[audit.doubts["issue"].astype(bool)].reset_index()
        doubts = doubts.assign(suggestion=other_label(doubts))
        doubts = doubts[["image_id", "suggestion", "evidence", "wrong"]]
        doubts = doubts.assign(issue="label, by " + doubts["evidence"])
        expected = doubts["wrong"].sum()
        told = f"About {expected:,.0f} of them are expected to be wrong."
        found.append(("labels in doubt", told, doubts.drop(columns="evidence")))
    told = {
        "exact": "The same file again.",
        "near": "The same picture, saved, cut or turned anew.",
        "probable": "Perhaps the same picture: for a person to decide.",
    }
    for kind, rows in pairs.groupby("kind", sort=False):
        found.append((f"{kind} copies (pairs)", told.get(kind, ""), rows))
    if len(leaks := audit.given_leaks):
        leaks = leaks.assign(issue="on two sides of the split, " + leaks["kind"])
        found.append(("pairs across the given split", "A score on it flatters.", leaks))
    for kind, rows in flags[~broken].groupby("issue", sort=False):
        found.append((f"flagged as {kind}", "A reason to look, and no error yet.", rows))
    return found


def _audit(page: Dashboard) -> Widget:
    prepare(page, "Audit")
    found = findings(page.study)
    lines = [_line(page, *one) for one in found if len(one[2])]
    none = [name for name, _, rows in found if rows.empty]
    said = f"None of these: {safe('; '.join(none))}." if none else ""
    page.say("Audit", "Drawing what was found")
    report = Report(page.study.audit, read_needs(None), progress=False)
    names = [name for name in SHOWN if name != "labels" or page.study.trainable]
    if "features" not in vars(page.study.audit):
        names.remove("outliers")  # without labels nothing else needs the features
    told = "".join(
        f"<details><summary>{safe(report[name].title)}</summary>{make_snippet(report[name])}"
        "</details>"
        for name in names
    )
    return VBox([*lines, words(said), HTML(told)])


def _line(page: Dashboard, name: str, what: str, suspects: pd.DataFrame) -> HBox:
    """A finding with its number, and the way to look at it."""
    look = button("Review", "eye", tooltip=f"Review {name}")
    look.on_click(lambda _: page.review_suspects(name, suspects))
    text = f"<b>{len(suspects):,}</b><div>{safe(name)}. <span>{safe(what)}</span></div>"
    return HBox([HTML(text), look]).add_class("found")


def _reviewer(page: Dashboard, suspects: pd.DataFrame) -> Widget:
    """The review, with the nearest images of each class once the audit has features."""
    study = page.study
    return review(study.dataset, suspects, study.log, vars(study.audit).get("features"))


def _review(page: Dashboard) -> Widget:
    if page.suspects is not None:
        name, suspects = page.suspects
        everything = button("All suspects", "list")
        everything.on_click(lambda _: _all_suspects(page))
        shown = _reviewer(page, suspects)
        return VBox([row(words(f"<b>{len(suspects):,}</b> {safe(name)}."), everything), shown])
    prepare(page, "Review")
    suspects = page.study.suspects()
    if suspects.empty:
        return words(
            "Nothing was found that a person has to look at. Images that you select in Browse or "
            "Map can be reviewed here."
        )
    return _reviewer(page, suspects)


def _all_suspects(page: Dashboard) -> None:
    page.suspects = None
    page.go_to("Review")


class Exporter(Panel):
    """Writes what was decided, and the model, to a folder of its own.

    Attributes
    ----------
    folder, images, model, write : controls
        Where to, which images go with the table, whether the trained model does, and the button.
    """

    def __init__(self, study: Study, home: Path):
        super().__init__(f"Export of {study.dataset.name}")
        self.study = study
        slug = re.sub(r"[^\w.-]+", "-", study.dataset.name).strip("-.") or "dataset"
        place = str(home / "exports" / f"{slug}-{date.today().isoformat()}")
        self.folder = control(Text, "A new folder, outside the images' own", "480px", value=place)
        self.images = choice("With the table go", [*WAYS.items()], "300px")
        self.model = control(Checkbox, "the trained model too", indent=False, value=study.trained)
        self.model.disabled = not study.trained
        self.write = button("Export", "download", "go")
        marks = study.log.current()
        decided = ", ".join(f"{n:,} {name}" for name, n in marks["action"].value_counts().items())
        self.count.value = f"Your decisions: {decided}." if decided else (
            "You have decided nothing yet: the table will be as the images came.")  # fmt: skip
        self.fill(self.count, self.folder, row(self.images, self.model, self.write),
                  self.status, self.details)  # fmt: skip
        self.answer(self._export, self.write)

    def _export(self) -> None:
        from helpers.datasets import export

        self.details.value = ""
        if not self.folder.value.strip():
            raise DatasetError("Type the folder to write to.")
        self.say("Writing …")
        folder = Path(self.folder.value.strip())
        way = self.images.value or None
        try:
            made = export(self.study.dataset, folder, way, self.study.log, progress=False)
        except DatasetError:
            self.status.value = ""  # nothing is being written any more
            raise
        told = [repr(made)]
        if self.model.value and self.study.trained:
            told.append(self._export_model(folder / "model"))
        self.status.value = ""
        self.details.value = "".join(f"<p>{safe(one)}</p>" for one in told)

    def _export_model(self, folder: Path) -> str:
        from helpers.evidence.learned import embedding_size
        from helpers.exports import export_model

        size, levels = embedding_size("bundled"), self.study.dataset.levels
        head = self.study.model.head
        export_model(head, folder, size=size, backbone="bundled", levels=levels)
        return f"The model, and predict.py, which needs neither torch nor fastai: '{folder}'."


def report_command(
    source: str | os.PathLike | None,
    named: Mapping[str, str] | None = None,
    groups: Sequence[str] | None = None,
) -> str:
    """What to type for a report on the same images, opened in the same way; from any folder.

    Parameters
    ----------
    source, named, groups
        As for `helpers.dashboard.build_dashboard`.
    """
    source = source or os.environ.get("WORKBOOK_DATASET")
    if source is not None and str(source) not in NAMES:
        source = os.path.abspath(os.path.expanduser(source))
    asked = [] if source is None else [str(source)]
    asked += [f"--{name}={value}" for name, value in (named or {}).items()]
    asked += [f"--groups={','.join(groups)}"] if groups else []
    words = [sys.executable, "-m", "helpers", "report", *asked]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _export(page: Dashboard) -> Widget:
    more = (
        "A verdict with every finding, cards and tables, as one page to hand over: "
        f"<code>{safe(page.report_command)}</code>. It applies the same decisions."
    )
    return VBox([Exporter(page.study, page.home), words(more)])


PARTS = [
    Part("Browse", "Look at the images; a click opens one and selects it.", _browse),
    Part("Map", "Which images are alike? A lasso catches many at once.", _map),
    Part("Audit", "What is wrong with the files, which are there twice, and which labels are in "
         "doubt?", _audit),
    Part("Review", "Keep, drop or relabel what was found; the files themselves stay as they are.",
         _review, key=lambda page: page.suspects and page.suspects[0]),
]  # fmt: skip
EXPORT = Part(
    "Export", "Take the cleaned dataset, and the model, with you.", _export,
    key=lambda page: (page.study.key(), page.study.trained),
)  # fmt: skip

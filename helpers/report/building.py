"""`build_report`: every question asked of a folder of images, each caught on its own."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
import traceback
import warnings
import webbrowser
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.audit import list_suspects
from helpers.cards.markdown import scrub
from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import require_column, tell_number
from helpers.drift import join_datasets
from helpers.evidence import budget
from helpers.evidence.answered_pairs import knows_groups, without_settled
from helpers.evidence.budget import for_all, in_words
from helpers.evidence.learned import Learned
from helpers.findings import auditing, labels, same_thing, sampling, second_folder
from helpers.findings.decided import open_doubts
from helpers.findings.sections import (
    FAILED,
    LEFT_OUT,
    QUESTIONS,
    UNLABELLED,
    Section,
    as_json,
    opening_line,
)
from helpers.modelling import judging, more_labels, shortcuts
from helpers.needs.asking import Needs, find_classes, read_needs
from helpers.report import verdict
from helpers.report.waiting import waiting

AUDIT: Mapping[str, Callable] = {
    "opening": auditing.opening,
    "files": auditing.files,
    "copies": auditing.copies,
    "same thing": same_thing.same_thing,
    "outliers": auditing.outliers,
    "labels": labels.labels,
    "sample": sampling.sample,
    "canaries": auditing.canaries,
}
MODEL: Mapping[str, Callable] = {
    "split": judging.split,
    "shortcuts": shortcuts.shortcuts,
    "baselines": judging.baselines,
    "evaluation": judging.evaluate,
    "errors": judging.errors,
    "more labels": more_labels.more_labels,
}
OVERRUN = 1.2
"""From how many times the budget on it is said that a report took longer."""
NEEDS_LABELS = {"labels", "sample", *MODEL}


class Report:
    """Everything that was asked of a dataset, as data and as a page.

    Attributes
    ----------
    evidence : Learned
        The tables behind it, for whoever goes on from here.
    needs : Needs
    sections : dict of name → Section, the verdict first
        Made in turn as they are asked for; `report["labels"]` is one of them.
    seconds : dict of section name → float
        What each took, and "writing" all that is written.
    unwritten : dict of file name → why
        What the last `write` could not make.
    """

    def __init__(self, evidence: Learned, needs: Needs, progress: bool = True):
        self.evidence, self.needs, self.progress = evidence, needs, progress
        self._made: dict[str, Section] = {}
        self.seconds: dict[str, float] = {}
        self.unwritten: dict[str, str] = {}

    @property
    def name(self) -> str:
        return self.evidence.opened.name

    def __getitem__(self, name: str) -> Section:
        """One section, made when it is first asked for; "verdict" makes all others."""
        if name == "verdict":
            return self.sections["verdict"]
        if name not in self._made:
            function = self._questions.get(name)
            if function is None:
                known = ", ".join([*self._questions, "verdict"])
                raise KeyError(f"no section {name!r}; there are {known}")
            self._made[name] = self._make(name, function)
        return self._made[name]

    @property
    def _questions(self) -> dict[str, Callable]:
        asked = {**AUDIT, **MODEL}
        if self.evidence.against is not None:
            asked[second_folder.NAME] = second_folder.second_folder
        return asked

    @cached_property
    def sections(self) -> dict[str, Section]:
        # What a poor picture costs is measured on a split that the searches make first.
        order = [name for name in self._questions if name in ("opening", "copies", "same thing")]
        order += [name for name in self._questions if name not in order]
        for number, name in enumerate(order, start=1):
            if name not in self._made:
                self.tell(f"[{number}/{len(order)}] {QUESTIONS[name]}")
            _ = self[name]
        others = {name: self[name] for name in self._questions}

        def decide(evidence: Learned) -> Section:
            return verdict.decide(evidence, self.needs, list(others.values()))

        self.tell("Weighing what was found …")
        return {"verdict": self._make("verdict", decide), **others}

    @property
    def failed(self) -> list[str]:
        """Names of the sections that ended in an error."""
        return [name for name, one in self.sections.items() if one.state == FAILED]

    @property
    def overran(self) -> str:
        """How long it took, where that was clearly more than was asked for, and what took longest;
        "" where it was not. It differs from run to run, and stands in nothing that is compared."""
        took, asked = sum(self.seconds.values()), self.evidence.plan.seconds
        if took <= OVERRUN * asked:
            return ""
        longest = sorted(self.seconds.items(), key=lambda one: -one[1])[:2]
        said = " and ".join(f"'{name}' ({_in_seconds(seconds)})" for name, seconds in longest)
        return (
            f"The budget was {tell_number(asked, 4)} s; the report took {_in_seconds(took)}, most "
            f"of all {said}. What is left out is decided by the number, size and format of the "
            "images alone, so that two runs agree."
        )

    def suspects(self) -> pd.DataFrame:
        """Everything that a person should look at, in the order of `helpers.audit.list_suspects`,
        for `widgets.review`; labels that you kept or gave in your log are doubted no more."""
        evidence = self.evidence
        nothing = pd.DataFrame(columns=["suggested", "issue", "evidence"])
        doubts = open_doubts(evidence) if evidence.can_learn else nothing
        pairs = without_settled(evidence.pairs, evidence.answered)
        return list_suspects(evidence.dataset, pairs, evidence.issues, doubts)

    def _make(self, name: str, function: Callable[[Learned], Section]) -> Section:
        started, said = time.perf_counter(), io.StringIO()
        shown = waiting(QUESTIONS.get(name, "Weighing what was found"), self.progress)
        with (
            shown,
            warnings.catch_warnings(record=True) as warned,
            contextlib.redirect_stdout(said),
        ):
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", UserWarning)
            made = self._caught(name, function)
        told = [str(one.message) for one in warned if one.category is UserWarning]
        made.says += [
            line
            for line in [*said.getvalue().splitlines(), *told]
            if line.strip() and line not in made.says
        ]
        made.says, made.title = (self.scrubbed(one) for one in (made.says, made.title))
        self.seconds[name] = time.perf_counter() - started
        return made

    def _caught(self, name: str, function: Callable) -> Section:
        if name in NEEDS_LABELS and not self.evidence.can_learn:
            return Section(name, f"{name.capitalize()}: not asked, {UNLABELLED}", state=LEFT_OUT)
        try:
            return function(self.evidence)
        except DatasetError as error:
            if not isinstance(error.__cause__, OSError):  # the data do not bear the question
                title = f"{name.capitalize()}: these images do not bear the question"
                return Section(
                    name, title, [str(error)], unchecked=[f"{title} ({error})"], state=LEFT_OUT
                )
            return _failed(name, error)
        except Exception as error:  # one section must not take the others with it
            return _failed(name, error)

    def scrubbed(self, value: Any) -> Any:
        """Text without the paths that say whose computer this is."""
        if isinstance(value, str):
            return scrub(value, self.evidence.opened, self.evidence.against)
        if isinstance(value, dict):
            return {self.scrubbed(key): self.scrubbed(part) for key, part in value.items()}
        return [self.scrubbed(part) for part in value] if isinstance(value, list) else value

    def tell(self, line: str) -> None:
        """Say what is being done, where that is wanted."""
        if self.progress:
            print(line, file=sys.stderr, flush=True)

    def json(self) -> dict[str, Any]:
        """The findings as plain data: the same for two runs on the same files and computer.

        (Elsewhere the last digits of a trained network may differ, as everywhere.)
        """
        plan, dataset = self.evidence.plan, self.evidence.opened
        found = {
            "dataset": dataset.name,
            "images": len(dataset),
            "opened by": opening_line(dataset),
            "asked": [str(need) for need in self.needs.wanted],
            "asked by a person": self.needs.said,
            "budget in seconds": plan.seconds,
            "left out by the budget": plan.left_in_words,
            "sections": [section.plain() for section in self.sections.values()],
            "failed": self.failed,
        }
        return self.scrubbed(as_json(found))

    def html(self, images: bool = True, files: Mapping[str, tuple] | None = None) -> str:
        """The report as one page that asks for nothing from anywhere; `images` off leaves out every
        photograph, for sharing. `files` says what lies beside it (`tables.describe_files`)."""
        from helpers.report.page import make_page

        return make_page(self.json(), self.sections, images, self.progress, files)

    def write_html(self, path: str | os.PathLike, images: bool = True) -> Path:
        """Write the page; returns the file."""
        from helpers.report.writing import write_whole

        return write_whole(Path(path), self.html(images))

    def write(self, folder: str | os.PathLike, images: bool = True, model: bool = True) -> Path:
        """Write the page, the tables, the cards and the best model; returns the folder.

        Parameters
        ----------
        folder : str or Path
            Outside the dataset's own; files of the same names in it are replaced.
        images, model : bool
            Whether the page shows photographs, and whether the model is exported.
        """
        from helpers.report.writing import write_report

        return write_report(self, Path(folder), images, model)

    def export(self, folder: str | os.PathLike, images: str | None = "links"):
        """Write the cleaned, divided dataset to a new folder (`handing_over.export_cleaned`)."""
        from helpers.report.handing_over import export_cleaned

        return export_cleaned(self, Path(folder), images)

    def open(self) -> Path:
        """Write the page under the work folder and show it in the browser."""
        path = self.write_html(self.evidence.opened.work / "report.html")
        webbrowser.open(path.as_uri())
        return path

    def __repr__(self) -> str:
        return f"Report on {self.name!r}: {self['verdict'].title}"

    def _repr_html_(self) -> str:
        from helpers.findings.showing import make_snippet

        return make_snippet(self["verdict"])


def build_report(
    dataset: Dataset | str | os.PathLike | None = None,
    needs: Needs | str | Iterable[str] | Mapping[str, float] | None = None,
    budget: str | float = budget.DEFAULT,
    *,
    groups: Sequence[str] | None = None,
    open_test: bool = False,
    against: Dataset | str | os.PathLike | None = None,
    answered: pd.DataFrame | None = None,
    progress: bool = True,
) -> Report:
    """Ask a dataset everything that this workbook asks, and decide.

    Nothing is computed until a section, the verdict or a page is asked for; what was computed is
    kept in the work folder, so that an interrupted report goes on where it was, and a second one
    takes seconds.

    Parameters
    ----------
    dataset : Dataset, name or path
        As for `helpers.open_dataset`. Your own marks in its log are applied first.
    needs : str, list of str, or mapping, optional
        What a model must reach, as for `read_needs`: "recall of olive>=0.6", or of classes taken
        for one, "recall of rust+scab>=0.95" (see `helpers.needs.asking.find_classes`).
    budget : str or float
        Time for all that is computed, such as "90s" or "10m": it decides, by the number of images
        alone, which steps are left out (`helpers.evidence.budget`); the report says which.
    groups : list of str, optional
        Columns whose parts are scored by themselves, such as ["site", "sex"]; all metadata columns
        of 2 to 12 values where left out.
    open_test : bool
        Ask the test split, once, for the final score; the opening is logged. Otherwise it stays
        closed.
    against : Dataset, name or path, optional
        A second folder, such as images of another place: is it like this one?
    answered : DataFrame, optional
        What you said of pairs of an earlier report (`helpers.report.together.read_answers`), where
        the dataset's groups are from them: the search goes on, and asks of none of them again.
        What `helpers.report.together.keep_together` gave the dataset where left out.
    progress : bool
        Say what is being done, with bars for what takes long.

    Returns
    -------
    Report

    Raises
    ------
    DatasetError
        A need, a budget or a column that there is not, or the test split is to be opened for models
        that learn from a part of the images.
    """
    from helpers import open_dataset

    if not isinstance(dataset, Dataset):
        dataset = open_dataset(dataset, progress=progress)
    for column in groups or ():
        require_column(dataset.images, column)
    wanted = find_classes(read_needs(needs), dataset)
    if against is not None:
        if not isinstance(against, Dataset):
            against = open_dataset(against, progress=progress)
        join_datasets(dataset, against)  # what cannot be compared is said before anything is done
    answered = dataset.opened.get("judged") if answered is None else answered
    plan = plan_for(dataset, budget, answered)
    if open_test and plan.images < (own := len(dataset.development)):
        raise DatasetError(
            f"The test images are for the last word, and with a budget of "
            f"{in_words(plan.seconds)} models would learn from {plan.images:,} of {own:,} images "
            f"alone: --budget {for_all(own, plan.opening)} takes all, or leave --open-test out."
        )
    evidence = Learned(dataset, plan, progress, open_test, groups, against, answered)
    report = Report(evidence, wanted, progress)
    for line in evidence.plan.overrun:
        report.tell(line)
    return report


def plan_for(
    dataset: Dataset, time: str | float, answered: pd.DataFrame | None = None
) -> budget.Plan:
    """What the budget pays for, for the images of a dataset that may be learned from."""
    own = dataset.development
    search = not knows_groups(own, answered)
    return budget.plan(len(own), time, search, budget.weigh_opening(dataset))


def _in_seconds(took: float) -> str:
    return f"{tell_number(took if took < 10 else round(took), 2)} s"


def _failed(name: str, error: Exception) -> Section:
    where = traceback.extract_tb(error.__traceback__)[-1]
    said = f"{type(error).__name__}: {error} ({Path(where.filename).name}, line {where.lineno})"
    return Section(
        name, f"{name.capitalize()}: an error stopped this section", [said], state=FAILED
    )

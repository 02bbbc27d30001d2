"""All that a report measures, each table once and kept on disk, so that a second run goes on."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd

from helpers import audit, canaries, copies
from helpers.audit import labels as label_audit
from helpers.audit import mixing, noise
from helpers.audit.sampling import ErrorRate
from helpers.balance import probing
from helpers.cards.markdown import is_private
from helpers.datasets import Dataset, DatasetError, DecisionLog, apply_decisions
from helpers.datasets.steps import saved
from helpers.datasets.words import count
from helpers.evidence import dividing
from helpers.evidence.answered_pairs import SETTLED, part_by_label, still_open
from helpers.evidence.budget import SEARCH, Plan, cost, draw_part
from helpers.evidence.cannot_link import follow
from helpers.evidence.leaking import leaks_of, notes_of, searches
from helpers.evidence.turned import find_turned
from helpers.splits import naming, neighbours, suggest_groups, telling
from helpers.splits.joining import join_groups

SURE = 0.9
"""How probable it must be that two photos show one thing for a report to keep them together by
itself."""


LIKELY = 0.5
"""From where on a pair that is not sure is told of."""

BY_HASH = "without an embedding, so that none was found that is cut or turned far"
MIRRORED = "only where one photo is mirrored"
CAMERAS = "Files name their camera; cameras are no groups by themselves."


class Evidence:
    """The tables behind the sections, computed when they are first asked for.

    Attributes
    ----------
    opened : Dataset
        As it was opened.
    dataset : Dataset
        With your own marks applied; the course's log for the leaves is not, since the report is to
        find what it mends.
    plan : Plan
        What the budget pays for.
    columns : list of str or None
        Those whose parts are scored by themselves; None for all that have few values.
    against : Dataset or None
        A second folder, to be compared with this one.
    answered : DataFrame or None
        What you said of pairs (`helpers.report.together.read_answers`): of no such pair is asked
        again, and none that you called two things is joined, but by copies, groups or your yes.
    """

    workers = 2
    """Processes for what runs in several; 0 for none, in tests."""

    def __init__(
        self, dataset: Dataset, plan: Plan, progress: bool = True, open_test: bool = False,
        columns: Sequence[str] | None = None, against: Dataset | None = None,
        answered: pd.DataFrame | None = None,
    ):  # fmt: skip
        self.opened, self.plan, self.columns, self.answered = dataset, plan, columns, answered
        self.progress, self.open_test, self.against = progress, open_test, against
        self.noted: dict[str, list[str]] = {"pairs": [], "proposals": []}

    @cached_property
    def marks(self) -> pd.DataFrame:
        """The decisions in your log that stand."""
        return DecisionLog(self.opened).current()

    @cached_property
    def dataset(self) -> Dataset:
        return apply_decisions(self.opened, self.marks) if len(self.marks) else self.opened

    @cached_property
    def files(self) -> pd.DataFrame:
        return audit.scan(self.dataset, workers=self.workers, progress=self.progress)

    @cached_property
    def issues(self) -> pd.DataFrame:
        return audit.find_quality_issues(self.files)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        run = {"workers": self.workers, "progress": self.progress}
        with self._noting("pairs"):
            found = copies.find_duplicates(self.dataset, self.files, features=self.looks, **run)
        if (lacking := int(self.files["readable"].sum()) - len(self.looks)) > 0:
            told = f"Copies of {count(lacking, 'image')} were searched for {BY_HASH}: models do "
            them = "it" if lacking == 1 else "them"
            self.noted["pairs"].append(f"{told}not learn from {them} here.")
        return found

    @cached_property
    def looks(self) -> pd.DataFrame:
        """`features` and, where these are of all that models may learn from, what the network sees
        in the test images: by it copies are searched for, and nothing else is asked of it."""
        from helpers.training import embed

        rest = self.dataset.images.index.difference(self.part.images.index, sort=False)
        if not len(rest) or len(self.part) < len(self.dataset.development):
            return self.features
        held = self.dataset.with_images(self.dataset.images.loc[rest])
        return pd.concat([self.features, embed(held, progress=self.progress)])

    @contextlib.contextmanager
    def _noting(self, name: str):
        """Keep what a search says for the section that it belongs to, whichever asks first."""
        said = io.StringIO()
        with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(said):
            warnings.simplefilter("always", UserWarning)
            yield
        told = [str(one.message) for one in warned if one.category is UserWarning]
        lines = [*filter(str.strip, said.getvalue().splitlines()), *told]
        self.noted[name] += dict.fromkeys(lines)  # what is printed may be warned of, too

    @cached_property
    def given_leaks(self) -> pd.DataFrame:
        """What lies on two sides of the split that the dataset came with."""
        return leaks_of(self, self.dataset, self.pairs)

    @cached_property
    def part(self) -> Dataset:
        """The development images that models learn from: all, or whole groups drawn at random, of
        each class as large a share (see `draw_part`)."""
        own = self.dataset.development
        if len(own) <= self.plan.images:
            return own
        kept = draw_part(own.images["label"], own.groups, self.plan.images)
        part = own.with_images(own.images.loc[own.images.index.isin(kept)])
        planted = own.planted
        return (
            part
            if planted is None
            else replace(part, planted=planted[planted["image_id"].isin(kept)])
        )

    @cached_property
    def features(self) -> pd.DataFrame:
        """The embedding of `part` by the bundled backbone."""
        from helpers.training import embed

        return embed(self.part, progress=self.progress)

    @cached_property
    def doubts(self) -> pd.DataFrame:
        votes, pairs = part_by_label(self.part, self.answered).groups, self.pairs

        def build() -> pd.DataFrame:
            how = {"pairs": pairs, "votes": votes, "strict": False}
            return audit.find_label_issues(self.part, self.features, **how).rename_axis("image_id")

        code, inputs = (label_audit, mixing, noise), [pairs, self.features, self.part.groups, votes]
        return self._keep("doubts", build, inputs, code)

    @cached_property
    def sample(self) -> pd.DataFrame:
        """Images drawn at random of all that came with a label, for a person to judge."""
        return audit.draw_sample(self.opened)

    @cached_property
    def error_rate(self) -> ErrorRate:
        """What your marks say of the sample."""
        return audit.judge_sample(self.opened, self.sample, self.marks)

    @cached_property
    def outliers(self) -> pd.DataFrame:
        flagged = self.issues[self.issues["rule"] != "not used"]["image_id"]
        return audit.find_outliers(self.features[~self.features.index.isin(flagged)])

    @cached_property
    def proposals(self) -> pd.DataFrame | None:
        """Pairs that may show one thing; None where they were not looked for."""
        if not searches(self):
            return None
        run = {"workers": self.workers, "progress": self.progress}
        with self._noting("proposals"):
            found = suggest_groups(self.searched, self.features, **run)
        # A camera is told apart by its serial number there, which does not leave this computer.
        told = self.noted["proposals"]
        told[:] = [CAMERAS if line.startswith("Cameras in EXIF") else line for line in told]
        # What is in one group already stays together, and asks nothing.
        groups = self.opened.groups
        ends = [groups.reindex(found[end]).to_numpy() for end in ("image_id", "other_id")]
        new = found[ends[0] != ends[1]].reset_index(drop=True)
        new.attrs = found.attrs
        new = still_open(new, self.answered)
        if past := len(found) - len(new):
            more = f"{count(past, 'more pair')} {SETTLED}."
            left = [line for line in told if line not in telling.conclude(found)]
            told[:] = [*telling.conclude(new), more, *left]
        return new

    @cached_property
    def turned(self) -> pd.DataFrame | None:
        """Pairs that agree in a mirror alone (see `find_turned`), copies and proposals aside, where
        the search for photos of one thing met any; None where the budget does not pay for them."""
        told = self.noted["proposals"] if self.proposals is not None else []
        if not any(MIRRORED in line for line in told):
            return pd.DataFrame({"image_id": [], "other_id": [], "inliers": []})
        if cost(SEARCH, len(self.searched), self.plan.opening) > self.plan.spare:
            return None
        found = find_turned(self.searched, self.features, self.workers, self.progress)
        known = pd.concat([copies.confirmed(self.pairs), self.proposals])
        ends = [
            pd.MultiIndex.from_frame(one[["image_id", "other_id"]].astype(object))
            for one in (found, known)
        ]
        return still_open(found[~ends[0].isin(ends[1])].reset_index(drop=True), self.answered)

    @cached_property
    def searched(self) -> Dataset:
        """The images of `part` among which photos of one thing are sought: all, or as many as the
        budget pays for, drawn at random, of each class as large a share."""
        if self.plan.searched >= self.plan.images:
            return self.part
        images = self.part.images
        kept = draw_part(images["label"], self.part.groups, self.plan.searched)
        return self.part.with_images(images.loc[images.index.isin(kept)])

    @cached_property
    def same_by_name(self) -> pd.DataFrame:
        """Pairs image_id, other_id that are surely of one thing by a rule of their names, where not
        all images are searched: the search reads the names of those it compares alone."""
        whole, found = len(self.searched) == len(self.part), []
        labels = self.part.images["label"].reindex(self.features.index)
        alike = None if whole else neighbours.standardise(self.features.to_numpy())
        classes = pd.factorize(labels)[0]
        for rule in [] if whole else naming.read_rules(self.features.index, labels):
            pairs = naming.linked(rule.keys)
            verdict = naming.judge(pairs, alike, classes.astype(str))
            if verdict.holds and verdict.expected >= SURE and not naming.is_series(rule):
                one, other = classes[pairs].T
                found.append(pairs[(one == other) | (one < 0) | (other < 0)])
        pairs = np.concatenate([np.empty((0, 2), int), *found])
        ids = self.features.index.to_numpy(object)[pairs]
        named = pd.DataFrame(ids, columns=["image_id", "other_id"]).drop_duplicates()
        return still_open(named, self.answered)

    @cached_property
    def canaries(self) -> pd.DataFrame:
        """How many of the faults planted in copies were found (see `helpers.canaries`)."""

        def build() -> pd.DataFrame:
            return canaries.plant_canaries(
                self.part, self.files, self.features if self.can_learn else None, self.pairs,
                progress=self.progress,
            )  # fmt: skip

        inputs = [self.files[["sha256", "readable"]], self.pairs, self.features]
        return self._keep("canaries", build, inputs, (canaries, label_audit, mixing, noise))

    @cached_property
    def comparison(self):
        """Whether the second folder is like this one (see `helpers.drift.compare_folders`)."""
        from helpers.drift import compare_folders

        run = {"workers": self.workers, "progress": self.progress}
        return compare_folders(self.dataset, self.against, self.files, **run)

    @cached_property
    def can_learn(self) -> bool:
        """Whether there are two classes to tell apart."""
        return len(self.part.classes) > 1

    @cached_property
    def choices(self) -> pd.DataFrame:
        """What a report decides without asking: by image_id, action and reason.

        Only matters of fact: files that cannot be read, second copies, identical files with two
        labels, and training images of which a copy lies among the test images.
        """
        found: dict[str, str] = dict.fromkeys(
            self.files.index[~self.files["readable"]], "the file cannot be read"
        )
        sides = self.dataset.images["split"]
        for row in audit.find_conflicts(self.dataset, self.pairs).itertuples():
            for one in (row.image_id, row.other_id):
                found.setdefault(one, "the same file carries another label")
        exact = self.pairs[self.pairs["kind"] == "exact"]
        for row in exact.itertuples():
            here, there = row.image_id, row.other_id
            # Test images stay as they are: of a copy in training and test, the first goes.
            first = here if sides[there] == "test" and sides[here] != "test" else there
            found.setdefault(first, f"the same file as {here if first == there else there}")
        tested = self.given_leaks
        tested = tested[(tested["other_split"] == "test") & tested["kind"].isin(copies_kinds())]
        for row in tested.itertuples():
            found.setdefault(row.image_id, f"a copy of the test image {row.other_id}")
        table = pd.DataFrame({"reason": pd.Series(found, dtype="str")}).rename_axis("image_id")
        table = table[table.index.isin(self.dataset.development.images.index)]
        return table.assign(action="drop", label=pd.Series(pd.NA, table.index, dtype="str"))

    @cached_property
    def sure(self) -> pd.DataFrame:
        """Pairs that the report itself takes for one thing (see `helpers.evidence.cannot_link`)."""
        return follow(self, SURE)

    @cached_property
    def clean(self) -> Dataset:
        """The part with the choices applied and, where none was known, with groups suggested."""
        return dividing.clean(self, self.part)

    @cached_property
    def things(self) -> pd.Series:
        """For each image that was opened the number of what it shows: images that confirmed copies,
        groups or sure pairs of one thing link have one number."""
        index = self.opened.images.index
        groups = self.clean.groups.reindex(index)
        groups = groups.where(groups.notna(), self.opened.groups)
        return join_groups(groups, self.pairs, index)[index]

    @cached_property
    def keeps_split(self) -> bool:
        """Whether the given train and validation images can stay: both are there, and nothing
        surely leaks between them."""
        return dividing.keeps_split(self.clean, self.pairs)

    @property
    def pairs_of_clean(self) -> pd.DataFrame:
        return dividing.pairs_within(self.clean, self.pairs)

    @cached_property
    def divided(self) -> Dataset:
        """`clean` with a split into train and valid that lets nothing through."""
        divided, said = dividing.divide(self.clean, self.keeps_split, self.pairs)
        self.split_notes = notes_of(self, said)
        return divided

    @cached_property
    def probes(self) -> dict[str, probing.Probe]:
        """What borders, file facts and metadata tell of the label, against shuffled labels."""
        from helpers.balance import border_colours, file_facts

        sources = {
            "border": border_colours(self.divided, self.progress),
            "file facts": file_facts(self.divided, self.progress),
        }
        return {name: self._probe(name, source) for name, source in sources.items()}

    def _probe(self, name: str, features: pd.DataFrame) -> probing.Probe:
        def build() -> pd.DataFrame:
            found = probing.probe(self.divided, features)
            rows = found.by_class.reset_index().assign(row="class")
            table = pd.concat([rows, found.shuffled.add_prefix("shuffled ").assign(row="shuffled")])
            table.attrs = {key: getattr(found, key) for key in ("recall", "chance", "highest", "p")}
            return table.reset_index(drop=True)

        groups = self.divided.groups.astype(str).to_frame("group")
        table = self._keep(f"probe-{name.replace(' ', '-')}", build, [features, groups], (probing,))
        by_class = table[table["row"] == "class"].set_index("class")
        by_class = by_class[["recall", "auc", "chance", "p", "images", "given"]]
        by_class = by_class.astype({"images": int, "given": bool})
        shuffled = table.loc[table["row"] == "shuffled"].filter(like="shuffled ")
        shuffled = shuffled.rename(columns=lambda name: name.removeprefix("shuffled "))
        return probing.Probe(**table.attrs, by_class=by_class, shuffled=shuffled)

    def _keep(self, name: str, build, inputs: list, code: tuple) -> pd.DataFrame:
        code = (*code, sys.modules[__name__])
        known = [self.part.images, self.part.group or "", *inputs]
        return saved(self.opened, f"report-{name}", build, inputs=known, code=code, table=False)

    def require(self, needed: bool, why: str) -> None:
        """Raise DatasetError, which a section says in place of its result, where that is so."""
        if not needed:
            raise DatasetError(why)


def private_columns(dataset: Dataset) -> list[str]:
    """Metadata columns whose names speak of places, serial numbers or persons: their values are
    neither shown nor passed on. What groups images is no such column here; it is never shown."""
    return [c for c in dataset.metadata if is_private(c) and c != dataset.group]


def without_private(dataset: Dataset) -> Dataset:
    """The dataset without its `private_columns`."""
    return dataset.with_images(dataset.images.drop(columns=private_columns(dataset)))


def copies_kinds() -> tuple[str, ...]:
    """Kinds of pairs that are copies without a doubt."""
    from helpers.copies.duplicates import KINDS

    return KINDS

"""The tables behind the page: what the audit found, and what was learned after your marks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property

import pandas as pd

from helpers.audit import list_suspects
from helpers.datasets import Dataset, DatasetError, DecisionLog
from helpers.datasets.words import count
from helpers.evidence.budget import Plan, in_words
from helpers.evidence.learned import FROZEN, Learned, embedding_size

PART = 256
"""Images that are embedded between two words on how far it is."""
VALIDATION, TEST = "validation", "test"
NO_MARKS = pd.DataFrame({"action": [], "label": [], "reason": []}, dtype="str")
EXPLAINED = 200

Say = Callable[[str, float | None], None]
"""Told what is done, and which share of it is done, None where that is not known."""


class Study:
    """Everything that is measured for one page, each table once.

    Attributes
    ----------
    dataset : Dataset
        As it was opened.
    groups : list of str, or None
        Columns whose parts are scored by themselves; None for all of few values.
    audit : Learned
        What was found in it, as if nothing had been decided yet: who has decided about a suspect
        still finds it in the list.
    log : DecisionLog
        The log that the notebooks share.
    chosen : Series by image_id, or None
        The split into train and valid that was taken over; None for the one proposed.
    trained : bool
        Whether the head was asked for.
    openings : int
        How often the test split was opened from this page.
    """

    def __init__(self, dataset: Dataset, groups: Sequence[str] | None = None):
        self.dataset, self.groups, self.log = dataset, groups, DecisionLog(dataset)
        self.audit = Learned(dataset, _plan(dataset), progress=False)
        self.audit.marks = NO_MARKS
        self.chosen: pd.Series | None = None
        self.trained, self.openings, self._versions = False, 0, {}

    @property
    def trainable(self) -> bool:
        """Whether there are two classes to tell apart."""
        return len(self.dataset.development.classes) > 1

    @property
    def closed(self) -> int:
        """Labelled test images."""
        return len(self._test_images())

    def key(self) -> str:
        """Names what the marks and the chosen split come to."""
        marks = self.log.current()[["action", "label"]].sort_index()
        chosen = None if self.chosen is None else self.chosen.sort_index()
        return f"{marks.to_csv()} {None if chosen is None else chosen.to_csv()}"

    @property
    def model(self) -> Marked:
        """What is learned with the marks and the split as they stand now."""
        if (key := self.key()) not in self._versions:
            self._versions = {key: Marked(self)}
        return self._versions[key]

    def suspects(self) -> pd.DataFrame:
        """All that a person should look at, as `helpers.widgets.review` takes it."""
        audit = self.audit
        nothing = pd.DataFrame(columns=["suggested", "issue", "evidence"])
        doubts = audit.doubts if self.trainable else nothing
        return list_suspects(audit.dataset, audit.pairs, audit.issues, doubts)

    def embed(self, say: Say) -> None:
        """Compute the features of all images that models learn from, saying how far it is."""
        from helpers.training import embed

        rows, started = self.audit.part.images, time.monotonic()
        for at in range(0, len(rows), PART):
            if at:
                left = (time.monotonic() - started) / at * (len(rows) - at)
                say(f"Looking at the images with the bundled network: {at:,} of {len(rows):,}, "
                    f"about {in_words(left)} to go", at / len(rows))  # fmt: skip
            else:
                say(f"Looking at {count(rows, 'image')} with the bundled network", 0.0)
            embed(self.audit.part.with_images(rows.iloc[at : at + PART]), progress=False)
        say("Bringing the features together", None)
        _ = self.audit.features

    def seconds_to_embed(self) -> float:
        """How long the features will take, measured on some of the images; they are kept."""
        from helpers.training import embed

        if "features" in vars(self.audit):
            return 0.0
        part = self.audit.part
        some = part.images.sample(min(16, len(part)), random_state=0)
        embed(part.with_images(some.iloc[:2]), progress=False)  # what is loaded once is not counted
        started = time.monotonic()
        embed(part.with_images(some), progress=False)
        return (time.monotonic() - started) / len(some) * len(part)

    def open_test(self, reason: str) -> None:
        """Open the test split, which is written down, and ask the head about it."""
        if not reason.strip():
            raise DatasetError("Say why the test images are opened; the reason is written down.")
        self.dataset.open_test(reason=f"dashboard: {reason.strip()}")
        self.openings += 1

    def judged(self, split: str) -> tuple[pd.DataFrame, Dataset]:
        """The head's answers about the validation images, or the test images once opened, and the
        images that they are of."""
        model = self.model
        if split == VALIDATION:
            part, answers = model.sides[1], model.answers[FROZEN]
        elif not self.openings:
            raise DatasetError(f"The {self.closed:,} test images are closed; open them first.")
        else:
            part = self.dataset.with_images(self._test_images())
            answers = model.test_answers(part)
        return answers, part.with_images(part.images.loc[answers.index])

    def _test_images(self) -> pd.DataFrame:
        images = self.dataset.images
        return images[images["split"].eq("test") & images["label"].notna()]


class Marked(Learned):
    """What is learned with your marks applied, from the tables of the audit."""

    def __init__(self, study: Study):
        super().__init__(study.dataset, study.audit.plan, progress=False)
        self.marks, self.audit, self.chosen = study.log.current(), study.audit, study.chosen

    @cached_property
    def files(self) -> pd.DataFrame:
        return self.audit.files.loc[self.dataset.images.index]

    @cached_property
    def pairs(self) -> pd.DataFrame:
        known = self.dataset.images.index
        pairs = self.audit.pairs
        return pairs[pairs["image_id"].isin(known) & pairs["other_id"].isin(known)]

    @cached_property
    def features(self) -> pd.DataFrame:
        features = self.audit.features
        return features[features.index.isin(self.part.images.index)]

    @cached_property
    def divided(self) -> Dataset:
        if self.chosen is None:
            return super().divided
        sides = self.chosen.reindex(self.clean.images.index)
        self.split_notes = ["The split that you chose above is used."]
        return self.clean.with_images(self.clean.images.assign(split=sides).dropna(subset="split"))

    @property
    def keeps_split(self) -> bool:
        return self.chosen is not None or super().keeps_split

    @cached_property
    def head(self):
        """The linear model on the frozen features of the training images."""
        from helpers.training import train_head

        return train_head(self.features, self.sides[0].images["label"])

    @cached_property
    def learner(self):
        """The head on top of its network, which explanations ask."""
        from helpers.training import build_dataloaders, build_learner

        images = self.divided.images
        known = images[images["label"].isin(self.head.classes)]
        known = known[known.index.isin(self.features.index)]
        train = known.loc[known["split"] == "train"].groupby("label").head(2)
        valid = known.loc[known["split"] == "valid"].head(2)
        few = self.divided.with_images(known.loc[[*train.index, *valid.index]])
        size = embedding_size("bundled")
        dls = build_dataloaders(few, size=size, workers=0, progress=False)
        return build_learner(dls, head=self.head)

    def test_answers(self, part: Dataset) -> pd.DataFrame:
        """What the head says of test images that it may be asked about."""
        from helpers.training import embed

        features = embed(part, progress=False)
        known = part.images["label"].reindex(features.index).isin(self.head.classes)
        return self._check(self.head.predict_proba(features[known]), part)


def _plan(dataset: Dataset) -> Plan:
    """All images, and none of the steps that take long."""
    return Plan(float("inf"), len(dataset.development), (), (), 0.0)

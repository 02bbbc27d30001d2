"""Which images may show the same physical thing, where no column says so."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.audit.keyed import work_on
from helpers.datasets import Dataset, DatasetError, steps
from helpers.datasets.words import count, some
from helpers.splits import (
    accepting,
    bursts,
    captures,
    chance,
    keypoints,
    naming,
    neighbours,
    recurring,
    telling,
)
from helpers.splits.accepting import number_groups
from helpers.splits.chance import Nulls, Verified
from helpers.splits.sessions import read_times

LEAST = 0.8
"""Pairs that are right less often than this are not proposed. Things of two classes are less alike
than two of one, so that somewhat fewer are right than expected."""
TOO_SMALL = "too little to tell two things of one kind apart: their keypoints were not compared"
TWICE, TWO_LABELS = "one thing twice?", "one thing under two labels?"
BRIDGE = telling.BRIDGE
COLUMNS = {
    "image_id": "str", "other_id": "str", "issue": "str", "why": "str", "evidence": "str",
    "inliers": "int64", "likeness": "float64", "expected": "float64", "across": "boolean",
    "group": "Int64",
}  # fmt: skip
_CHUNK, _PAIRS, _FEWEST = 32, 512, 10
_MIRRORED = 8_000
"""Pairs, drawn at random, of which one picture is mirrored."""
_COMMON = 0.03
"""The share of all pairs of strangers that agree from which it is their ground."""


def suggest_groups(
    dataset: Dataset, features: pd.DataFrame | None = None, *, nearest: int = 8,
    least: float = LEAST, workers: int = 2, progress: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Pairs of images that may show the same physical thing, each with its evidence.

    Copies are found by `find_duplicates`; another photo of the same leaf, shoe or street is not a
    copy, and leaks as much. Three kinds of evidence are read, and each has to prove itself on the
    images: what names and folders say (`naming`), photos one camera took within four seconds
    (`bursts`), and keypoints in the middle of two pictures that agree on one movement
    (`keypoints`), sought among the nearest by embedding and by keypoints. What agrees by chance is
    seen from the same pairs with one picture mirrored, which share ground, light and kind of thing,
    and from the nearest pairs of two classes; whichever leaves less counts.

    Parameters
    ----------
    dataset : Dataset
    features : DataFrame by image_id, optional
        As from `embed`, which is called where it is left out.
    nearest : int
        Neighbours of each image that are compared with it, by each of the two searches.
    least : float
        The least share of right ones among pairs like it for a pair to be proposed, 0 to 1.
    workers : int
        Processes; 0 works in this one.
    progress : bool
        Draw a bar once a step has taken two seconds.

    Returns
    -------
    DataFrame of pairs, the surest first: image_id, other_id (the former sorts first), issue and
    why (for `review`), evidence ("keypoints", "file name", "burst", joined by " and "), inliers
    (keypoints in the middle of both that agree), likeness (correlation of the middles laid over
    each other), expected (the probability that the pair is right, estimated on this dataset; see
    `chance`; missing where the two have different labels, for then either a label is wrong or
    they share no more than their ground, and where it would join two groups of three images or
    more that otherwise do not agree: see `accepting.find_bridges`), across (whether the two are on
    different sides of the given split; missing where one has none), group (number of the group that
    the pairs with an `expected` make, missing for others). ``attrs["notes"]`` says in sentences
    what was concluded, and what only mentioned.

    Raises
    ------
    DatasetError
        Fewer than three readable images.
    """
    if features is None:
        from helpers.training import embed

        features = embed(dataset, progress=progress)
    notes: list[str] = []

    def build() -> pd.DataFrame:
        return _Search(dataset, features, nearest, least, workers, progress).run()

    code = (accepting, bursts, captures, chance, keypoints, naming, neighbours, recurring)
    code = (*code, telling, sys.modules[__name__])
    table = steps.saved(
        dataset, "groups", build, inputs=(features, nearest, least), code=code, schema=COLUMNS
    )
    notes = table.attrs.get("notes", [])
    print(*notes, sep="\n")
    return table


class _Search:
    """One run of `suggest_groups`: the evidence, the null that it is held against, the table."""

    def __init__(self, dataset, features, nearest, least, workers, progress):
        self.dataset, self.nearest, self.least = dataset, nearest, least
        self.workers, self.progress, self.notes = workers, progress, []
        ids = dataset.images.index.intersection(features.index, sort=False)
        self.ids, self.pictures = self._describe(ids)
        if len(self.ids) < 3:
            raise DatasetError(
                f"{len(self.ids)} images of {dataset.name!r} can be read and have features; "
                "groups are looked for among three or more."
            )
        self.features = neighbours.standardise(features.loc[self.ids].to_numpy())
        images = dataset.images.loc[self.ids]
        self.labels, self.classes = pd.factorize(images["label"])
        self.splits = images["split"]

    def run(self) -> pd.DataFrame:
        told, self.bursts = self._read_names(), self._read_captures()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            try:
                verified = self._verify(told, Path(folder))
            finally:
                self.pictures = []  # they look into files there; open ones could not be removed
                keypoints.close_stored()
        table = self._tabulate(told, *verified)
        table.attrs["notes"] = [*telling.conclude(table), *self.notes]
        return table

    def _work_on(self, keys, task, work, size, **named):
        return work_on(
            keys, task, work, size, workers=self.workers, progress=self.progress, **named
        )

    def _describe(self, ids):
        rows = self._work_on(
            ids, lambda one: str(self.dataset.path(one)), keypoints.describe_files, _CHUNK,
            title="keypoints",
        )  # fmt: skip
        kept = [i for i, row in enumerate(rows) if "picture" in row]
        if len(kept) < len(self.dataset.images):
            left = len(self.dataset.images) - len(kept)
            self.notes.append(f"{count(left, 'image')} cannot be read: in no group.")
        if small := sum(rows[i].get("small", False) for i in kept):
            self.notes.append(
                f"Of {len(kept):,} images {small:,} {'has' if small == 1 else 'have'} no side of "
                f"{keypoints.LEAST_SIDE} px, {TOO_SMALL}."
            )
        return ids[kept], [keypoints.Picture(*rows[i]["picture"]) for i in kept]

    def _read_names(self) -> list[tuple]:
        """(evidence, words for each pair, pairs, expected) of each rule that holds."""
        labels = self.dataset.images["label"]
        texts = self.labels.astype(str)
        told = []
        for rule in naming.read_rules(self.ids, labels):
            judged = naming.judge_rule(rule, self.features, texts)
            self.notes += [f"{naming.NAMES}{naming.describe(*one)}" for one in judged]
            verdict = judged[0][1]
            if verdict.holds and not verdict.across and not naming.is_series(rule):
                pairs = naming.linked(rule.keys)
                keys = rule.keys.to_numpy()[pairs[:, 0]]
                words = [f"{rule.words} is {key!r} for both" for key in keys]
                told.append(("file name", words, pairs, verdict.expected))
        return told

    def _read_captures(self) -> bursts.Bursts:
        table = read_times(self.dataset, self.ids, self.workers, self.progress)
        sizes = table["camera"][table["camera"] != ""].value_counts()
        if len(sizes):
            largest = [f"{name} ({size:,})" for name, size in sizes.items()]
            self.notes.append(f"Cameras in EXIF, which are no groups by themselves: "
                              f"{some(largest, 5)}.")  # fmt: skip
        return bursts.find(table, self.labels)

    def _judge_bursts(self, found, is_burst, others) -> tuple[float, bursts.Verdict]:
        """The least share of the bursts that shows one thing, by whichever of the two comparisons
        says more: of whole pictures, and of keypoints."""
        agree = [scores >= chance.SURE for scores in (found.scores[is_burst], others.scores)]
        verdict = bursts.judge(*agree)
        alike = naming.judge(self.bursts.pairs, self.features, self.labels.astype(str))
        # Whole pictures are held against others of their class: pairs of two classes are passed
        # over, and the few that are left do not speak for them.
        holds = alike.holds and alike.pairs >= max(
            _FEWEST, min(len(self.bursts.pairs), naming._PAIRS) / 2
        )
        return max(alike.expected if holds else 0.0, verdict.least), verdict

    def _verify(self, told, folder: Path) -> tuple[Verified, Nulls, tuple[Verified, Verified]]:
        """What was found, what it is held against, and what both agree in with what a class
        carries, of which they know nothing."""
        pictures = self.pictures = keypoints.store(folder / "all", self.pictures)
        read, (found, nulls) = folder / "all", self._verify_once(folder / "all", pictures, told)
        # Agreement of many strangers is that of their ground: what recurs there is taken out.
        crowd, asked = recurring.find_crowd(nulls.strangers, len(self.ids)), nulls.strangers.pairs
        if len(asked) and (share := len(crowd) / len(asked)) > _COMMON:
            thinned, dropped = recurring.without_common(pictures, crowd)
            self.notes.append(
                f"{share:.0%} of the pairs of strangers agree in their keypoints, as pictures on "
                f"one ground do; {dropped:.0%} of all keypoints recur there and were left out."
            )
            read = folder / "thinned"
            thinned = keypoints.store(read, thinned)
            found, nulls = self._verify_once(read, thinned, told)
        agreed = found, nulls.mirrored
        # And that of most of a class with most of it is that of an object that they carry.
        drawn = recurring.draw_kin(self.labels)
        kin = self._compare(read, [drawn])[0] if len(drawn) else None
        if kin and (shared := recurring.find_shared(kin, self.labels)):
            self.notes.append(telling.tell_shared(shared, self.classes))
            found = recurring.mute(found, self.labels, shared)
            nulls = nulls._replace(mirrored=recurring.mute(nulls.mirrored, self.labels, shared))
        return found, nulls, agreed

    def _verify_once(self, folder, pictures, told) -> tuple[Verified, Nulls]:
        searches = [self.features, neighbours.summarise(pictures)]
        pairs = [neighbours.find_neighbours(one, self.nearest) for one in searches]
        pairs += [*(one[2] for one in told), self.bursts.pairs]
        pairs = np.unique(np.concatenate(pairs), axis=0)
        # Things of two classes are surely two, however near; those far away only probably.
        how = {"nearest": 2, "skip": len(self.ids) // 4}
        if self._has_classes:
            how = {"nearest": 2, "labels": self.labels, "same": False}
        strangers = [neighbours.find_neighbours(one, **how) for one in searches]
        strangers = np.unique(np.concatenate(strangers), axis=0)
        strangers = strangers[~self._are_one_picture(strangers)]
        rng = np.random.default_rng(0)
        drawn = rng.choice(len(pairs), min(_MIRRORED, len(pairs)), replace=False)
        lists = [pairs, strangers, pairs[np.sort(drawn)], self.bursts.others]
        found, *nulls = self._compare(folder, lists, mirrored=2)
        return found, Nulls(*nulls)

    def _compare(self, folder: Path, lists: list, mirrored: int = -1) -> list[Verified]:
        """What the pairs of each list agree in; those of number `mirrored` with one in a mirror."""
        tasks = [[(*pair, i == mirrored) for pair in map(tuple, one.tolist())]
                 for i, one in enumerate(lists)]  # fmt: skip
        wanted = sorted({task for one in tasks for task in one})
        rows = self._work_on(
            wanted, lambda task: (str(folder), *task), keypoints.compare_stored, _PAIRS,
            unit="pair", title="verify",
        )  # fmt: skip
        # A pair that killed its worker process has neither.
        rows = pd.DataFrame(rows, columns=["inliers", "likeness"]).fillna(0)
        rows = rows.astype({"inliers": int, "likeness": float})
        where = {task: i for i, task in enumerate(wanted)}
        at = [[where[task] for task in one] for one in tasks]
        return [
            Verified(one, *(rows[name].to_numpy()[kept] for name in rows))
            for one, kept in zip(lists, at, strict=True)
        ]

    @property
    def _has_classes(self) -> bool:
        return len(np.unique(self.labels[self.labels >= 0])) > 1

    def _are_one_picture(self, pairs) -> np.ndarray:
        """Whether the two are copies, which under two labels are no strangers."""
        thumbnails = [one.thumbnail.tobytes() for one in self.pictures]
        return np.array([thumbnails[one] == thumbnails[other] for one, other in pairs], bool)

    def _tabulate(self, told, found, nulls, agreed) -> pd.DataFrame:
        """A row for each pair that keypoints or `told` (see `_read_names`) make likely enough."""
        scores, is_burst = found.scores, chance.are_among(found.pairs, self.bursts.pairs)
        nulls = nulls._replace(strangers=self._without_doubted(found, nulls.strangers))
        expected = chance.expect_pairs(found, nulls)
        sought, mirrored = (one.scores for one in agreed)
        self.notes.append(telling.tell_compared(
            sought, nulls.strangers.scores, mirrored, self._has_classes
        ))  # fmt: skip
        self.notes += telling.tell_turned(found, nulls.mirrored)
        one, other = self.labels[found.pairs].T
        # Few pairs under two labels are right, so that these have to be surer than `expected` says.
        conflict = (one != other) & (one >= 0) & (other >= 0)
        agree = (expected >= self.least) & (~conflict | (scores >= chance.SURE))
        if len(self.bursts.pairs):
            told = [*told, *self._tell_bursts(agreed[0], is_burst, nulls, agree & ~conflict)]
        rows = {}
        measured = found.inliers, found.likeness, expected, agree.tolist()
        pairs = map(tuple, found.pairs.tolist())
        for pair, inliers, likeness, right, shown in zip(pairs, *measured, strict=True):
            why = f"{inliers} keypoints agree on one movement"
            known = {"inliers": inliers, "likeness": likeness, "shown": shown}
            rows[pair] = known | {"evidence": ["keypoints"][:shown], "why": [why][:shown],
                                  "expected": right * shown}  # fmt: skip
        for evidence, words, pairs, right in told:
            for pair, why in zip(map(tuple, pairs.tolist()), words, strict=True):
                row = rows[pair]
                if evidence not in row["evidence"]:
                    row["evidence"].append(evidence)
                row["why"].append(why)
                row["expected"] = max(row["expected"], right)
                row["shown"] |= right >= self.least
        rows = {pair: row for pair, row in rows.items() if row["shown"]}
        return self._finish(rows, found.pairs)

    def _tell_bursts(self, found, is_burst, nulls, agree) -> list[tuple]:
        """Bursts as evidence, where they mostly show one thing; in any case a note on them."""
        # What a class carries is in its bursts as in the pairs that they are held against.
        least, verdict = self._judge_bursts(found, is_burst, nulls.others)
        if least < LEAST:
            shown, known = agree[is_burst], self._are_of_one_group(found.pairs[is_burst])
            one, other = self.labels[found.pairs[is_burst]].T
            mixed = (one != other) & (one >= 0) & (other >= 0)
            told = (int(which.sum()) for which in (shown, known & ~shown, mixed))
            self.notes.append(bursts.describe(verdict, *told))
            return []
        self.notes.append(
            f"Bursts: {count(self.bursts.pairs, 'pair')} of the images compared "
            f"{'was' if verdict.bursts == 1 else 'were'} taken within {captures.SECONDS} s by one "
            f"camera; at least {least:.0%} of them are one thing."
        )
        words = [f"taken {seconds:.3g} s apart by one camera" for seconds in self.bursts.apart]
        return [("burst", words, self.bursts.pairs, least)]

    def _are_of_one_group(self, pairs: np.ndarray) -> np.ndarray:
        """Whether the dataset's own groups keep each pair together already."""
        groups = self.dataset.groups.reindex(self.ids).to_numpy(object)
        return groups[pairs[:, 0]] == groups[pairs[:, 1]]

    def _without_doubted(self, found, strangers):
        """Strangers that are two by nothing but a label, which is more likely wrong, left out."""
        if not self._has_classes:
            return strangers
        pairs = np.concatenate([found.pairs, strangers.pairs])
        scores = np.concatenate([found.scores, strangers.scores])
        home = chance.find_doubted(pairs, scores, self.labels)
        one, other = strangers.pairs.T
        kept = (home[one] != self.labels[other]) & (home[other] != self.labels[one])
        if not kept.all():
            doubted, pairs = np.flatnonzero(home >= 0), np.flatnonzero(~kept)
            self.notes.append(
                f"{count(doubted, 'image')} {'agrees' if len(doubted) == 1 else 'agree'} with two "
                f"or more of another class and none of the own ({some(self.ids[doubted])}), perhaps"
                " by a wrong label, or since one scene or photo stands in both classes; what chance"
                " does is judged without what pairs them with that class "
                f"({count(pairs, 'pair')})."
            )
        return strangers.pick(kept) if kept.any() else strangers

    def _finish(self, rows: dict, compared: np.ndarray) -> pd.DataFrame:
        pairs = np.array([*rows], int).reshape(-1, 2)
        table = pd.DataFrame([*rows.values()], columns=["inliers", "likeness", "evidence", "why",
                                                        "expected"])  # fmt: skip
        ends = [np.sort(self.ids.to_numpy(object)[pair]) for pair in pairs]
        table["image_id"], table["other_id"] = np.array(ends, object).reshape(-1, 2).T
        for name in ("evidence", "why"):
            joint = " and " if name == "evidence" else "; "
            table[name] = [joint.join(words) for words in table[name]]
        order = ["expected", "inliers", "image_id", "other_id"]
        table = table.sort_values(order, ascending=[False, False, True, True])
        pairs = pairs[table.index.to_numpy(int)]
        table = table.reset_index(drop=True)
        labels = self.labels[pairs]
        conflict = (labels[:, 0] != labels[:, 1]) & (labels >= 0).all(axis=1)
        bridge = np.zeros(len(pairs), bool)
        bridge[~conflict] = accepting.find_bridges(pairs[~conflict], compared, len(self.ids))
        table["issue"] = np.select([conflict, bridge], [TWO_LABELS, BRIDGE], TWICE)
        apart = conflict | bridge
        table["expected"] = table["expected"].where(~apart)
        sides = self.splits.to_numpy(object)[pairs]
        across = pd.array(sides[:, 0] != sides[:, 1], "boolean")
        across[pd.isna(sides).any(axis=1)] = pd.NA
        table["across"] = across
        groups = number_groups(pairs[~apart], len(self.ids))
        self.notes += telling.tell_loose(groups, pairs[~apart], compared, self.ids)
        table["group"] = groups[pairs[:, 0]]
        table.loc[apart, "group"] = pd.NA
        table = table.sort_values(order, ascending=[False, False, True, True], ignore_index=True)
        return table[[*COLUMNS]].astype(COLUMNS)

"""Photos to validate on that were taken within seconds of one that is learned from."""

from __future__ import annotations

import pandas as pd

from helpers.datasets import Dataset
from helpers.evidence.effects import told_flattery
from helpers.evidence.learned import Learned
from helpers.findings.sections import Finding, Section
from helpers.splits.accepting import number_groups
from helpers.splits.captures import SECONDS, find_bursts
from helpers.splits.sessions import read_times

LEAST, WIDER, STEPS, SEVERAL = 0.05, 3, 4, 3
"""Of so many validation images it is told; of photos that stay together by their times, at so many
times the pause; and so many pauses, each so many times the one before, are told of. Of more
classes than the last it is told that a series has as many photos."""
MANY = 20_000
"""Images at most whose times are all read, beyond those that models learn from."""
CODE = """from helpers.audit import find_duplicates
from helpers.splits import ensure_split, group_by_time
from helpers.training import embed

pairs = find_duplicates(dataset, features=embed(dataset))
grouped = group_by_time(dataset.development, pause={})
divided = ensure_split(grouped, given=False, duplicates=pairs)"""


def say_times(found: Section, evidence: Learned) -> Finding | None:
    """What one camera took within four seconds, on two sides of the split; where photos stay
    together by their times already, within thrice that pause.

    The first is a finding wherever it is so of more than a twentieth of the validation images. Of
    the second everybody has some who photographed all day long: it is one where a model was
    measured to gain by them, and is told among what was not checked where not.
    """
    pause = evidence.opened.opened.get("pause")
    seconds = WIDER * pause if pause else SECONDS
    images = evidence.divided.images
    development = evidence.dataset.development
    # Among some of the images, drawn at random, pauses are longer than they were.
    every = len(development) <= MANY
    times = _times(evidence, development if every else evidence.divided)
    groups = _series(times.reindex(images.index), seconds)
    across, valid = _across(images, groups)
    if len(across) <= LEAST * len(valid):
        return None
    worth = told_flattery(evidence, groups, "the photos taken with them")
    if pause and not worth.get("blocks"):
        found.unchecked.append(_beyond(pause, seconds, len(across), len(valid), worth))
        return None
    what = (
        f"{len(across):,} of {len(valid):,} validation images are of one series with a training "
        f"image (one camera, pauses of at most {seconds:g} s)"
    )
    what += f", though --pause {pause:g} keeps photos together" if pause else ""
    first = f"Such as {across[len(across) // 2]}."
    lengths, most = "", seconds
    if every:
        lengths, most = _lengths(times, seconds, images["label"].nunique())
        if most > seconds:
            more, _ = _across(images, _series(times.reindex(images.index), most))
            lengths += (
                f" With such pauses, {len(more):,} of {len(valid):,} validation images are of "
            )
            lengths += "one series with a training image."
    worth["more"] = " ".join(filter(None, [first, lengths, worth.get("more")]))
    act = "look at some that follow each other; if they show one thing or person, keep photos "
    act += f"together by their times: the same command with --pause {most:g}, or with as many "
    act += "seconds as the longest pause while one thing was photographed"
    return Finding(
        f"{what}: perhaps of one thing, place or person.", len(across), len(valid), act, "split",
        CODE.format(f"{most:g}"), **worth,
    )  # fmt: skip


def _beyond(pause: float, seconds: float, across: int, valid: int, worth: dict) -> str:
    """The sentence on photos that follow each other more slowly, where no gain by them was shown:
    none within chance, or nothing measured."""
    said = (
        f"Photos of one camera with pauses of up to {pause:g} s stay together. Were those of up to "
        f"{seconds:g} s in one series, too, {across:,} of {valid:,} validation images would be of "
        "one series with a training image. "
    )
    keeps = f"--pause {seconds:g} keeps it together."
    if "effect" in worth:
        return f"{said}{worth['more']} Where they show one thing or person, {keeps}"
    return (
        f"{said}Where one thing or person was photographed with such pauses, scores flatter, and "
        f"{keeps}"
    )


def _lengths(times: pd.DataFrame, seconds: float, classes: int) -> tuple[str, float]:
    """How many series pauses of so many seconds and more make, and of how many photos: whoever
    took them may know how many there are of each thing. And the pause to try first: the one whose
    middle series has as many photos as there are classes, where one does, as if each thing had been
    photographed once in each; else the shortest."""
    found = {}
    for pause in (seconds * WIDER**step for step in range(STEPS)):
        sizes = _series(times, pause).value_counts()
        found[pause] = len(sizes), float(sizes.median())
    as_classes = [pause for pause, (_, middle) in found.items() if middle == classes > SEVERAL]
    most = as_classes[0] if as_classes else seconds
    number, middle = found.pop(most)
    told = (
        f"Pauses of at most {most:g} s make {number:,} series, the middle one of {middle:g} photos"
    )
    told += ", as many as there are classes, and are to be tried first" if as_classes else ""
    others = (f"{pause:g} s: {many:,}, of {size:g}" for pause, (many, size) in found.items())
    return f"{told} ({'; '.join(others)}).", most


def _across(images: pd.DataFrame, groups: pd.Series) -> tuple[pd.Index, pd.Index]:
    """The validation images of a group that training images are of, and all of them."""
    train = set(groups[images["split"] == "train"].dropna())
    valid = images.index[images["split"] == "valid"]
    return valid[groups[valid].isin(train)], valid


def _times(evidence: Learned, dataset: Dataset) -> pd.DataFrame:
    """taken and camera of each image; not read where no file says when it was taken."""
    index = dataset.images.index
    if evidence.files["taken"].reindex(index).isna().all():
        return pd.DataFrame({"taken": float("nan"), "camera": ""}, index)
    return read_times(dataset, workers=evidence.workers, progress=evidence.progress)


def _series(times: pd.DataFrame, seconds: float) -> pd.Series:
    """The series of each image, missing where it was taken alone or does not say when."""
    pairs, _ = find_bursts(times, seconds, crowded=True)
    return pd.Series(number_groups(pairs, len(times)), times.index)

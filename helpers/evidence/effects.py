"""What a fault is worth: a linear model learns with it and without, and answers the same images.

All are differences of right answers among the validation images, with a paired 95 % interval, or
None where there is nothing to compare.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from helpers import evaluation
from helpers.copies.duplicates import confirmed
from helpers.datasets import DatasetError
from helpers.datasets.words import percent, points
from helpers.evidence.learned import Learned

Effect = tuple[float, float, float]
DRAWS, SHARE, PARTS = 3, 0.2, 3


def gain_of_leaving(evidence: Learned, ids: pd.Index) -> Effect | None:
    """What is gained where these images are left out of training, on validation images that are
    none of them."""
    try:
        train, valid = _labels(evidence)
    except DatasetError:  # there is no split of two classes
        return None
    kept = train.drop(ids, errors="ignore")
    valid = valid.drop(ids, errors="ignore")
    if len(kept) == len(train) or valid.empty or kept.nunique() < train.nunique():
        return None
    return _paired(evidence, kept, train, valid)


def flattery_of_copies(evidence: Learned) -> Effect | None:
    """By how much copies raise the score on a split that is drawn at random, image by image."""
    labels = evidence.part.images["label"].dropna()
    labels = labels[labels.index.isin(evidence.features.index)].sort_index()
    aside = np.random.default_rng(0).permutation(len(labels)) < SHARE * len(labels)
    return _flattery(evidence, labels[~aside], labels[aside])


def flattery_of_leaks(evidence: Learned) -> Effect | None:
    """By how much copies raise the score on the validation images that the dataset came with."""
    images = evidence.part.images.dropna(subset=["label"])
    images = images[images.index.isin(evidence.features.index)]
    train, valid = (images.loc[images["split"] == one, "label"] for one in ("train", "valid"))
    return _flattery(evidence, train, valid)


def flattery_of_groups(evidence: Learned, groups: pd.Series) -> tuple[Effect, float, float] | None:
    """By how much others of their group in training raise the score on validation images that have
    such.

    A third of the groups, or of two groups one, is asked about at a time. A model that learned
    without these is held against one that learned from them, but without as many images of each
    class, drawn at random (`DRAWS` times) from the other groups: images that have a group may be of
    another kind than those without one, and to leave out all at once would leave out the kind.
    Where the other groups have not as many, it learns from a part of these only, so that the effect
    is too small rather than too large.

    Parameters
    ----------
    groups : Series by image_id
        Missing where an image is alone.

    Returns
    -------
    effect, share of the validation images that have such, share of the others of their group that
    were learned from; or None where fewer than two groups are asked about, a class would be lost,
    or that share is none
    """
    train, every = _labels(evidence)
    own, asked = groups.reindex(train.index), groups.reindex(every.index)
    sizes = own[own.isin(set(asked.dropna()))].value_counts()
    names = sorted(sizes.index, key=lambda name: (-sizes[name], str(name)))
    parts = min(PARTS, len(names))
    thirds = [set(names[part::parts]) for part in range(parts)]
    valid = every[asked.isin(set(names))]
    kept = [train[~own.isin(third)] for third in thirds]
    if parts < 2 or any(one.nunique() < train.nunique() for one in kept):
        return None
    # How many of theirs are left is the same in every order.
    left = [_as_many(train, own, third, np.arange(len(train))) for third in thirds]
    theirs = sum(own[one.index].isin(third).sum() for one, third in zip(left, thirds, strict=True))
    learned = theirs / own.isin(set(names)).sum()
    if learned == 0:  # then both learn from the same images
        return None

    def build() -> Effect:
        from helpers.training import train_head

        def right(learned: list[pd.Series]) -> pd.Series:
            found = []
            for third, labels in zip(thirds, learned, strict=True):
                head, those = train_head(evidence.features, labels), valid[asked.isin(third)]
                found.append(head.predict(evidence.features.loc[those.index]) == those)
            return pd.concat(found)[valid.index]

        def drawn(seed: int) -> list[pd.Series]:
            order = np.random.default_rng(seed).permutation(len(train))
            return [_as_many(train, own, third, order) for third in thirds]

        without = right(kept)
        draws = tqdm(range(DRAWS), "models without others of a group", delay=2,
                     unit="draw", disable=not evidence.progress)  # fmt: skip
        return _averaged([(right(drawn(seed)), without) for seed in draws], groups)

    effect = _kept(evidence, "groups", build, [train, valid, groups])
    return None if effect is None else (effect, len(valid) / len(every), learned)


def _as_many(train: pd.Series, own: pd.Series, third: set, order: np.ndarray) -> pd.Series:
    """`train` without as many images of each class as are of these groups: those of other groups
    in that order, and where they do not suffice, of these."""
    table = train.to_frame("label").assign(asked=own.isin(third), named=own.notna())
    number = table["asked"].groupby(table["label"]).sum()
    pool = table.iloc[order]
    pool = pool[pool["named"]].sort_values("asked", kind="stable")
    place = pool.groupby("label").cumcount()
    return train.drop(pool.index[place < pool["label"].map(number)])


def told_flattery(evidence: Learned, groups: pd.Series, theirs: str) -> dict:
    """The fields of a `Finding` that say what `flattery_of_groups` measured, on all validation
    images; none where nothing was. `theirs` names the others: "their other photos"."""
    found = flattery_of_groups(evidence, groups) if evidence.can_learn else None
    if found is None:
        return {}
    effect, share, learned = found
    named = dict(zip(("effect", "low", "high"), (share * one for one in effect), strict=True))
    beats = "beats" if effect[1] > 0 else "differs from"
    part = "" if learned == 1 else f"{percent(learned)} of "
    more = (
        "Measured by two linear models that learned from equally many images of each class: the "
        f"first from {part}{theirs}, too, the second from images of other groups in their place. "
        f"On these {percent(share)} of the validation images the first {beats} the second by "
        f"{points(*effect)}."
    )
    return named | {"more": more, "blocks": effect[1] > 0}


def gain_of_doubling(evidence: Learned, metric: str = "accuracy") -> Effect | None:
    """What twice as many labels have bought: all training images against the half of them, by
    whole groups, drawn `DRAWS` times.

    Parameters
    ----------
    metric : "accuracy" or "balanced accuracy"
    """
    train, valid = _labels(evidence)
    groups = evidence.divided.groups.astype(str)
    return _kept(evidence, "doubling", lambda: _double(evidence, train, valid, metric),
                 [train, valid, groups], metric)  # fmt: skip


def _double(evidence: Learned, train: pd.Series, valid: pd.Series, metric: str) -> Effect | None:
    from helpers.training import train_head

    groups = evidence.divided.groups
    names = groups[train.index].unique().astype(str)
    if groups[valid.index].nunique() < 2:
        return None
    right = []
    draws = tqdm(range(DRAWS), "models of half the labels", delay=2, unit="model",
                 disable=not evidence.progress)  # fmt: skip
    for seed in draws:
        half = set(np.random.default_rng(seed).permutation(names)[: len(names) // 2])
        own = train[groups[train.index].astype(str).isin(half)]
        if own.nunique() < train.nunique():
            return None
        head = train_head(evidence.features, own)
        right.append(head.predict(evidence.features.loc[valid.index]) == valid)
    whole = train_head(evidence.features, train).predict(evidence.features.loc[valid.index])
    whole = whole == valid
    if metric == "accuracy" or all((whole == one).all() for one in right):
        return _averaged([(whole, one) for one in right], groups)
    weight = len(valid) / valid.nunique() / valid.map(valid.value_counts())
    before = pd.concat(right, axis=1).mean(axis=1)
    return tuple(evaluation.compare_losses(whole * weight, before * weight, groups))


def _averaged(right: list[tuple[pd.Series, pd.Series]], groups: pd.Series) -> Effect:
    """The mean difference of several pairs of models on the same images, and of its ends: as each
    interval of `compare_scores` is, not of no width where no answer differs."""
    found = [evaluation.compare_scores(*pair, groups.reindex(pair[0].index)) for pair in right]
    return tuple(float(one) for one in np.mean([tuple(one) for one in found], axis=0))


def told_leaving(evidence: Learned, ids: pd.Index) -> dict:
    """The fields of a `Finding` that say what leaving these images out of training is worth."""
    gain = gain_of_leaving(evidence, ids) if evidence.can_learn else None
    them = "it" if len(ids) == 1 else "them"
    words = f"Without {them} in training, the accuracy of a linear model changes"
    if gain is not None and gain[2] < 0:  # then they teach, and what teaches is hardly a fault
        return {"more": f"{words} by {points(*gain)}. So it learns from {them}; many may be right."}
    return measured(words, gain)


def measured(words: str, effect: Effect | None) -> dict:
    """The fields of a `Finding` that say what was measured; none where nothing was."""
    if effect is None:
        return {}
    named = dict(zip(("effect", "low", "high"), effect, strict=True))
    return named | {"more": f"{words} by {points(*effect)}."}


def _labels(evidence: Learned) -> tuple[pd.Series, pd.Series]:
    """Labels of the training and of the validation images that have features and whose class is
    learned."""
    known = evidence.features.index
    train, valid = (side.images["label"].dropna() for side in evidence.sides)
    train = train[train.index.isin(known)]
    return train, valid[valid.index.isin(known) & valid.isin(set(train))]


def _flattery(evidence: Learned, train: pd.Series, valid: pd.Series) -> Effect | None:
    pairs = confirmed(evidence.pairs)
    ends = zip(pairs["image_id"], pairs["other_id"], strict=True)
    there, here = set(valid.index), set(train.index)
    leaked = {a if a in here else b for a, b in ends if (a in here) != (b in here) and
              (a in there or b in there)}  # fmt: skip
    kept = train.drop(sorted(leaked))
    valid = valid[valid.isin(set(kept))]
    if not leaked or valid.empty or kept.nunique() < train.nunique():
        return None
    return _paired(evidence, train, kept, valid)


def _paired(evidence: Learned, one: pd.Series, other: pd.Series, valid: pd.Series) -> Effect | None:
    """The score of a model that learned from `one` less that of one that learned from `other`."""
    from helpers.training import train_head

    def build() -> Effect | None:
        if min(one.nunique(), other.nunique()) < 2:
            return None
        asked, groups = evidence.features.loc[valid.index], evidence.part.groups[valid.index]
        if groups.nunique() < 2:  # from one single group nothing follows for others
            return None
        heads = [train_head(evidence.features, each) for each in (one, other)]
        right = [head.predict(asked) == valid for head in heads]
        return tuple(evaluation.compare_scores(*right, groups))

    return _kept(evidence, "effect", build, [one, other, valid])


def _kept(
    evidence: Learned, name: str, build: Callable[[], Effect | None], labels: list[pd.Series],
    *more: str,
) -> Effect | None:  # fmt: skip
    """What `build` returns, computed once: a second report takes seconds."""
    from helpers.training import heads

    columns = ["effect", "low", "high"]

    def table() -> pd.DataFrame:
        found = build()
        return pd.DataFrame([] if found is None else [found], columns=columns, dtype=float)

    inputs = [*(one.to_frame("label") for one in labels), evidence.features, *more]
    kept = evidence._keep(name, table, inputs, (sys.modules[__name__], heads))
    return tuple(kept.iloc[0]) if len(kept) else None

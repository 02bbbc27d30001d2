"""Keypoints of what many pictures share and no thing is told by: a ground, a sticker, a scale."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from helpers.splits import keypoints
from helpers.splits.accepting import number_groups
from helpers.splits.chance import Verified

_MANY, _CROWD, _SHARED = 6, 6, 0.9
"""Strangers that agree in so many keypoints, the images of which it takes so many to be a crowd,
and the product of descriptors from which a keypoint is one that recurs."""
_BANK, _KIN, _FEWEST, _MOST = 2_000, 8_000, 30, 200
"""Descriptors of what recurs; pairs within classes that are drawn in all; images that a class needs
for it to be asked, and those of it that are."""


def find_crowd(strangers: Verified, count: int) -> np.ndarray:
    """Pairs of strangers that agree (n × 2), of six images or more that hang together by it: fewer
    may be one thing, of which a photo has the wrong label."""
    pairs = strangers.pairs[strangers.inliers >= _MANY]
    group = pd.Series(number_groups(pairs, count))
    sizes = group.map(group.value_counts()).fillna(0).to_numpy()
    return pairs[sizes[pairs[:, 0]] >= _CROWD]


def draw_kin(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Pairs of one class each (n × 2, sorted), drawn at random: two for each of up to 200 images of
    a class, fewer of many classes; none of classes of fewer than 30 images."""
    rng, drawn = np.random.default_rng(seed), [np.empty((0, 2), int)]
    classes, counts = np.unique(labels[labels >= 0], return_counts=True)
    classes = classes[counts >= _FEWEST]
    most = max(_FEWEST, min(_MOST, _KIN // (2 * max(len(classes), 1))))
    for one in classes:
        rows = rng.permutation(np.flatnonzero(labels == one))[:most]
        drawn += [np.stack([rows, rng.permutation(rows)], axis=1) for _ in range(2)]
    pairs = np.unique(np.sort(np.concatenate(drawn), axis=1), axis=0)
    return pairs[pairs[:, 0] != pairs[:, 1]]


def find_shared(kin: Verified, labels: np.ndarray) -> dict[int, tuple[int, int]]:
    """Classes of which more than half of the images drawn hang together by what the pairs of
    `draw_kin` agree in: they carry one object, or all show one thing.

    Neither mirrored pairs nor strangers see such an object as chance: with one disc of squares on
    every photo of a class of leaves 1,322 pairs were proposed, of which 1,308 were expected to be
    right and 239 were; without that class 169, 158 and 162 (studies/carried.csv, seed 1). What half
    of a class carries or less is told by `telling.hang_together`.

    Returns
    -------
    dict
        For each such class how many images hang together, and how many were drawn.
    """
    agree = kin.pairs[kin.inliers >= _MANY]
    groups, found = pd.Series(number_groups(agree, len(labels))), {}
    for one in np.unique(labels[kin.pairs[:, 0]]):
        drawn = np.unique(kin.pairs[labels[kin.pairs[:, 0]] == one])
        alike = groups.iloc[drawn].value_counts()
        if len(alike) and alike.max() > len(drawn) / 2:
            found[int(one)] = (int(alike.max()), len(drawn))
    return found


def mute(verified: Verified, labels: np.ndarray, classes: Iterable[int]) -> Verified:
    """The pairs, of which those within these classes agree in nothing."""
    one, other = labels[verified.pairs].T
    kept = (one != other) | ~np.isin(one, [*classes])
    return verified._replace(
        inliers=np.where(kept, verified.inliers, 0), likeness=np.where(kept, verified.likeness, 0.0)
    )


def without_common(pictures: list, pairs: np.ndarray) -> tuple[list, float]:
    """Pictures without the keypoints that recur where these pairs agree, and the share of all
    keypoints that this leaves out, 0 to 1."""
    bank = []
    for one, other in pairs.tolist():
        agreed = keypoints.find_agreement(pictures[one], pictures[other])
        bank.append(pictures[one].descriptors[agreed.first])
    bank = keypoints.rooted(np.concatenate(bank))
    rng = np.random.default_rng(0)
    bank = bank[np.sort(rng.choice(len(bank), min(_BANK, len(bank)), replace=False))]
    thinned = []
    for one in pictures:
        near = (keypoints.rooted(one.descriptors) @ bank.T).max(axis=1, initial=0)
        kept = near < _SHARED
        thinned.append(one._replace(places=one.places[kept], descriptors=one.descriptors[kept]))
    before, after = (sum(len(one.places) for one in each) for each in (pictures, thinned))
    return thinned, 1 - after / max(before, 1)

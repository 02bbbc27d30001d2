"""How many proposals are right, from what strangers score: no truth is needed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_LIKENESS = 2.0
"""What likeness weighs against the logarithm of the keypoints: 0, 2, 3, 4, 5, 6 and 8 were tried on
leaves (seed 0), where 2 kept most pairs of one specimen at 95 and at 98 % right."""
SURE = 2.5
"""From this score two photos are taken to agree: five keypoints and a likeness of 0.45, say. Fixed
on leaves (seed 0), where 2 does as well."""
_TURNED, _SURELY, _FEW = 10, 20, 0.02
"""So many keypoints agree in the mirror where somebody has turned a copy over, or a leaf is seen
from its other side, if only such a share of all pairs does: of the 24 of 8,000 mirrored pairs of
leaves that agreed most, in 7 to 19, 12 were looked at, and all were one leaf from its two sides.
Where more do, it may be a pattern that recurs; the second number, chance does not make."""


class Verified(NamedTuple):
    """Pairs (n × 2) with their inliers and likeness."""

    pairs: np.ndarray
    inliers: np.ndarray
    likeness: np.ndarray

    @property
    def scores(self) -> np.ndarray:
        return score(self.inliers, self.likeness)

    def pick(self, chosen: np.ndarray) -> Verified:
        """Some of them, by a mask."""
        return Verified(*(part[chosen] for part in self))


class Nulls(NamedTuple):
    """What pairs that show two things agree in.

    Attributes
    ----------
    strangers : Verified
        The nearest of two classes; far neighbours where there are no two.
    mirrored : Verified
        A part of the pairs compared, with one picture mirrored. They share class, camera, ground
        and light as those pairs do, which strangers of two classes do not: on 4,000 photos of
        leaves, each class taken on days of its own, 18 % of near pairs mirrored agree in three
        keypoints, of nearest pairs of two classes 5.5 %.
    others : Verified
        Pairs of the class, camera and day of a burst that are no burst.
    """

    strangers: Verified
    mirrored: Verified
    others: Verified


def score(inliers: np.ndarray, likeness: np.ndarray) -> np.ndarray:
    """One number for what `compare` found, more for more keypoints and for more likeness; −inf
    where too few keypoints agree."""
    from helpers.splits.keypoints import LEAST

    inliers, likeness = np.asarray(inliers, float), np.asarray(likeness, float)
    values = np.log(np.maximum(inliers, 1)) + _LIKENESS * likeness
    return np.where(inliers >= LEAST, values, -np.inf)


def expect_right(found: np.ndarray, strangers: np.ndarray) -> np.ndarray:
    """The probability that each pair is no chance agreement, by what pairs of strangers score.

    Were all pairs strangers, they would score as strangers do; what there is beyond that at a
    score is right (target and decoy, Elias & Gygi 2007; the rate at a score rather than above it,
    Efron 2001, made monotone). One stranger more, who scores as high as the best, stands for
    those that were not drawn.

    Parameters
    ----------
    found, strangers : float arrays
        Scores; −inf where nothing agreed.

    Returns
    -------
    float array as long as `found`: 0 to 1, no smaller for a higher score.
    """
    from sklearn.isotonic import IsotonicRegression

    seen, decoys = np.isfinite(found), strangers[np.isfinite(strangers)]
    expected = np.zeros(len(found))
    if not seen.any():
        return expected
    decoys = np.append(decoys, max(found[seen].max(), decoys.max(initial=-np.inf)))
    weight = len(found) / (len(strangers) + 1)
    scores = np.concatenate([found[seen], decoys])
    is_found = np.repeat([1.0, 0.0], [seen.sum(), len(decoys)])
    weights = np.repeat([1.0, weight], [seen.sum(), len(decoys)])
    share = IsotonicRegression(out_of_bounds="clip").fit(scores, is_found, weights)
    share = np.maximum(share.predict(found[seen]), 1e-12)
    expected[seen] = np.maximum(1 - (1 - share) / share, 0)
    return expected


def are_among(pairs: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Whether each pair is one of those known, as a bool."""
    asked = set(map(tuple, known.tolist()))
    return np.array([pair in asked for pair in map(tuple, pairs.tolist())], bool)


def is_chance(found: Verified, mirrored: Verified) -> np.ndarray:
    """Whether what a pair with one picture mirrored agrees in is chance, a bool for each.

    A thing that is the same on both sides agrees in the mirror, too, but less than as it is; and
    what was turned over agrees there alone, in more keypoints than chance makes.
    """
    same = np.isfinite(mirrored.scores) & (_unmirrored(found, mirrored) > mirrored.scores)
    return ~same & ~_are_many(mirrored.inliers)


def is_turned(found: Verified, mirrored: Verified) -> np.ndarray:
    """Whether a pair agrees in the mirror alone, or more, and too well for chance, a bool each."""
    return _are_many(mirrored.inliers) & (mirrored.scores >= _unmirrored(found, mirrored))


def _are_many(inliers: np.ndarray) -> np.ndarray:
    many = inliers >= _SURELY
    some = (inliers >= _TURNED) & ~many
    return many | some if some.mean() < _FEW else many


def _unmirrored(found: Verified, mirrored: Verified) -> np.ndarray:
    """The scores of the same pairs as they are."""
    known = dict(zip(map(tuple, found.pairs.tolist()), found.scores, strict=True))
    return np.array([known[pair] for pair in map(tuple, mirrored.pairs.tolist())])


def expect_pairs(found: Verified, nulls: Nulls) -> np.ndarray:
    """The probability that each pair is right, by whichever null leaves it less.

    Bursts, of which more are right, are not judged by themselves: their few strangers leave a gap
    above the best of them, where 14 pairs of leaves were claimed at 99.5 % and 11 were right.

    Parameters
    ----------
    found : Verified
        All pairs that were sought.
    nulls : Nulls
        Their `mirrored` pairs are among those of `found`.
    """
    scores, mirrored = found.scores, nulls.mirrored
    mirrored = mirrored.pick(is_chance(found, mirrored))
    expected = expect_right(scores, mirrored.scores)
    if len(nulls.strangers.pairs):
        expected = np.minimum(expected, expect_right(scores, nulls.strangers.scores))
    return expected


def find_doubted(pairs: np.ndarray, scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which image is more at home in which other class, by what it agrees with.

    A photo under a wrong label agrees with photos of the same thing, and they all have another
    label: as a pair of strangers it would make right pairs look like chance. It is told from two
    classes that share a ground or a printed mark by this: with its own class it agrees in nothing.

    Parameters
    ----------
    pairs : int array, n × 2
        All that were compared; a pair may be there twice.
    scores : float array, n
    labels : int array
        The class of each image; negative where it has none.

    Returns
    -------
    int array, one for each image: the class of which it agrees surely with two images or more,
    where it has a label and no image of its own class does; −1 for all others, and where two
    classes would do.
    """
    home, sure = np.full(len(labels), -1), np.unique(np.sort(pairs[scores >= SURE]), axis=0)
    one, other = np.concatenate([sure, sure[:, ::-1]]).T.astype(int)
    for image in np.unique(one):
        met = labels[other[one == image]]
        classes, counts = np.unique(met[met >= 0], return_counts=True)
        if labels[image] >= 0 and len(classes) == 1 and counts[0] > 1:
            home[image] = classes[0]
    return np.where(home == labels, -1, home)

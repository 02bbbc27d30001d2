"""What a search for photos of one thing says in sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.datasets.words import count, some, sum_of_chances
from helpers.splits.accepting import number_groups
from helpers.splits.chance import Verified, is_turned

BRIDGE = "a wrong link between two groups?"
THING = "one thing or one place"
WHICH = (
    "Keypoints tell that two photos show something again, and not what: the thing itself, or the "
    "ground, the hanger or the room in which several were photographed one after the other (when "
    "this was tried on clothing photos, two of 43 pairs showed one garment, the others one place). "
    "Answer yes to both: kept on one side of a split, neither leaks."
)
"""What pairs of keypoints are right about. On the leaves, of which no two were photographed on one
spot, it is nearly always the thing (`studies/groups.py`)."""
SHARED = "Not told apart:"
LARGE, LOOSE, MANY = 5, 0.5, 10
"""Groups of so many images or more, of whose pairs compared a smaller share agrees, are told of,
and groups of so many images that hang together by keypoints alone."""


def tell_compared(
    found: np.ndarray, strangers: np.ndarray, mirrored: np.ndarray, has_classes: bool
) -> str:
    """How many pairs were compared, how many agree, and how many of those that show two things.

    Parameters
    ----------
    found, strangers, mirrored : float arrays
        Scores of the pairs that were sought, of those of two things, and of some of those sought
        with one picture mirrored; −inf where no three keypoints agree.
    """
    total, agree = len(found), np.isfinite(found).sum()
    told = f"Of {total:,} pairs of near images {agree:,} agree in three keypoints or more. How "
    told += f"many do so by chance is judged by {len(mirrored):,} of the same pairs with one "
    told += f"photo mirrored, as nothing is photographed ({_share(mirrored)} agree)"
    if len(strangers):
        whose = "near images of two classes" if has_classes else "images far from each other"
        told += f", and by {count(len(strangers), 'pair')} of {whose} ({_share(strangers)})"
    return told + "."


def _share(scores: np.ndarray) -> str:
    return f"{np.isfinite(scores).mean() if len(scores) else 0:.1%}"


def tell_shared(shared: dict[int, tuple[int, int]], classes: pd.Index) -> str:
    """Classes whose images carry one object, or show one thing: see `recurring.find_shared`."""
    told = [f"{alike:,} of {drawn:,} of {classes[one]!r}" for one, (alike, drawn) in shared.items()]
    return (
        f"{SHARED} {some(told, 5)} hang together by keypoints, of images drawn at random: they "
        "carry one object, such as a sticker, a mask or a scale, or all show one thing. Which "
        "photos within such a class show one thing keypoints cannot tell, so that none are "
        "proposed there for them: only a column that says what was photographed does."
    )


def tell_turned(found: Verified, mirrored: Verified) -> list[str]:
    """Pairs that agree in the mirror, and too well for chance."""
    turned = int(is_turned(found, mirrored).sum())
    if not turned:
        return []
    return [
        f"Of {len(mirrored.pairs):,} pairs {turned:,} {'agrees' if turned == 1 else 'agree'} "
        "well only where one photo is mirrored: copies turned over, or a thing seen from its other "
        "side. Such pairs are neither proposed nor counted as chance."
    ]


def tell_loose(
    groups: pd.array, pairs: np.ndarray, compared: np.ndarray, ids: pd.Index
) -> list[str]:
    """Groups of five images or more whose members mostly do not agree with one another.

    Parameters
    ----------
    groups : for each image the number of its group, missing where it has none
    pairs, compared : int arrays, n × 2
        What was proposed, and all that was compared.
    ids : paths of the images, of which the first names its group
    """
    number = pd.Series(groups)
    sizes = number.value_counts()
    agreed = number.iloc[pairs[:, 0]].value_counts()
    first, second = (number.iloc[end].to_numpy(float, na_value=np.nan) for end in compared.T)
    within = pd.Series(first[first == second]).astype("Int64").value_counts()
    share = (agreed / within).reindex(sizes.index)
    loose = sizes[(sizes >= LARGE) & (share < LOOSE)]
    if loose.empty:
        return []
    first = ids.to_series(index=number.index).groupby(number).first()
    named = [f"group {one} ({size:,} images, {first[one]!r} first)" for one, size in loose.items()]
    return [
        f"In {count(loose, 'group')} of {LARGE} images or more fewer than half of the pairs that "
        f"were compared agree: {some(named)}. Several things may hang together there: look at "
        "them first."
    ]


def hang_together(table: pd.DataFrame) -> pd.Series:
    """The size of the group of ten images or more that keypoints alone make of each pair with an
    `expected`, 0 for all others.

    What is seen so often is one thing that was photographed so often, or an object that so many
    carry, and in the pairs of neither does `chance` see chance: with a sticker on a third of a
    class of leaves 248 of the 258 pairs of such a group were expected to be right, and 20 were
    (studies/carried.csv, seed 1).

    Parameters
    ----------
    table : DataFrame from `suggest_groups`
    """
    alone = table["expected"].notna() & table["evidence"].eq("keypoints")
    ends = table.loc[alone, ["image_id", "other_id"]].to_numpy(object)
    numbers, ids = pd.factorize(ends.ravel())
    groups = pd.Series(number_groups(numbers.reshape(-1, 2), len(ids)))
    images = groups.map(groups.value_counts()).to_numpy(int)[numbers[::2]]
    size = pd.Series(0, table.index)
    size[alone] = np.where(images >= MANY, images, 0)
    return size


def tell_many(table: pd.DataFrame) -> list[str]:
    """The groups of `hang_together`."""
    among = table.assign(size=hang_together(table)).query("size > 0")
    if among.empty:
        return []
    groups = among.groupby("group").agg(size=("size", "max"), first=("image_id", "min"))
    groups = groups.sort_values(["size", "first"], ascending=[False, True])
    named = some([f"{one.first!r} and {one.size - 1:,} more" for one in groups.itertuples()], 5)
    return [
        f"{SHARED} {len(among):,} of the pairs proposed, {sum_of_chances(among['expected'])} of "
        f"those expected to be right, hang together by keypoints alone in {count(groups, 'group')} "
        f"of {MANY} images or more ({named}). Such a group shows one thing or one place that was "
        "photographed so often; or several that a few wrong pairs chain, or several that carry one "
        "object, such as a sticker, a mask or a scale, and then most of its pairs are wrong. Look "
        "at a few. Kept together they leak nothing in any case."
    ]


def conclude(table: pd.DataFrame) -> list[str]:
    """How many pairs are proposed, how many are expected to be right, and what is left out."""
    sure = table[table["expected"].notna()]
    if table.empty:
        return ["No two images are proposed to show the same thing."]
    right, sizes = sum_of_chances(sure["expected"]), sure.groupby("group").size()
    images = pd.unique(sure[["image_id", "other_id"]].to_numpy(object).ravel())
    lines = [
        f"{count(sure, 'pair')} in {count(sizes, 'group')} of {len(images):,} images "
        f"{'is' if len(sure) == 1 else 'are'} proposed "
        f"to show {THING}, of which {right} are expected to be right.",
        *[WHICH] * bool(sure["evidence"].astype(str).str.contains("keypoints").any()),
        *tell_many(table),
    ]
    bridges = int((table["issue"] == BRIDGE).sum())
    if labels := len(table) - len(sure) - bridges:
        first = table[table["expected"].isna() & (table["issue"] != BRIDGE)].iloc[0]
        lines.append(
            f"{count(labels, 'more pair')} {'has' if labels == 1 else 'have'} different labels "
            f"({first['image_id']!r} and {first['other_id']!r}{' first' * (labels > 1)}): a "
            "label is wrong, or they share no more than their ground. They count to no group."
        )
    if bridges:
        lines.append(
            f"{count(bridges, 'more pair')} would join two groups of three images or more that "
            "otherwise do not agree: such a mistake would make them one. Shown, but not followed."
        )
    if table["across"].notna().any():
        lines.append(f"{sure['across'].sum():,} of the pairs lie across the given split.")
    return lines

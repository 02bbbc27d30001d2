"""What a comparison of two folders says, in sentences."""

from __future__ import annotations

import pandas as pd

from helpers.copies.duplicates import confirmed
from helpers.datasets.words import count, some
from helpers.drift.comparing import CONTENT, SECOND, SHARES, SIDE, WITHIN, Comparison

WEAK, CLEAR = 0.7, 0.9
_SHARES = ("mode ", "format ", "portrait", "progressive")


def describe_comparison(found: Comparison) -> list[str]:
    """What was found, the most important first, one sentence each."""
    tests = found.tests
    said = [_looks(name, tests.loc[name]) for name in found.shifts]
    if any("area" in one for one in said):
        said.append(
            "The area under the ROC curve says how often a classifier that has seen neither places "
            "an image of the second folder above one of the first: 0.5 is guessing, 1 is always. "
            "A small difference shows if images are many, and need not matter."
        )
    if found.classes is not None:
        said.append(_classes(found))
    said.append(_copies(found))
    return said + found.notes


def describe_facts(facts: pd.DataFrame, most: int = 3) -> str:
    """The facts that differ most, in words; "" where none differs beyond chance."""
    shown = facts[facts["differs"]].head(most)
    words = []
    for name, row in shown.iterrows():
        if str(name).startswith(_SHARES):
            words.append(f"{name} ({row['first']:.0%} here, {row['second']:.0%} there)")
        else:
            words.append(f"{name} ({row['first']:.3g} here, {row['second']:.3g} there)")
    return "; ".join(words)


def _looks(name: str, row: pd.Series) -> str:
    if pd.isna(row["area"]):
        return f"{name.capitalize()}: not asked, for want of ten things in each folder."
    interval = f"area {row['area']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
    if not row["differs"]:
        return f"{name.capitalize()}: no difference shown, {interval}."
    often = "always" if row["area"] >= CLEAR else "often" if row["area"] >= WEAK else "a little"
    words = {"always": "nearly always told apart", "often": "often told apart",
             "a little": "told apart a little better than by guessing"}[often]  # fmt: skip
    return f"{name.capitalize()}: the folders are {words}, {interval}."


def _classes(found: Comparison) -> str:
    table = found.classes
    alone = [some(table.index[table[side] == 0], 4) for side in ("first", "second")]
    said = [
        f"only the {where} folder has {names}"
        for where, names in zip(("second", "first"), alone, strict=True)
        if names
    ]
    if pd.isna(found.tests.loc[SHARES, "p"]):
        return (
            "; ".join(["Class shares: not asked, for want of two classes or images", *said]) + "."
        )
    if not found.tests.loc[SHARES, "differs"]:
        return "; ".join(["Class shares: no difference shown", *said]) + "."
    most = table[table["differs"]]
    most = most.loc[most["difference"].abs().sort_values(ascending=False, kind="stable").index]
    named = some(
        [f"{n} {r['first share']:.0%} here, {r['second share']:.0%} there"
         for n, r in most.head(3).iterrows()]
    )  # fmt: skip
    said.insert(0, f"Class shares differ{': ' * bool(named)}{named}")
    row = found.tests.loc[WITHIN] if WITHIN in found.tests.index else None
    if row is not None and found.tests.loc[CONTENT, "differs"]:
        said.append(
            "content differs within the classes, too"
            if row["differs"]
            else "within the classes no difference of content is shown, so that the shares may be"
            " all there is to it"
        )
    return "; ".join(said) + "."


def _copies(found: Comparison) -> str:
    sure = confirmed(found.pairs)
    if sure.empty:
        return "No image of the second folder was found in the first."
    ends = pd.unique(sure[["image_id", "other_id"]].to_numpy(object).ravel())
    own = int(found.joined.images.loc[ends, SIDE].eq(SECOND).sum())
    of = int(found.joined.images[SIDE].eq(SECOND).sum())
    are = "is a copy" if own == 1 else "are copies"
    return (
        f"{count(own, 'image')} of {of:,} in the second folder {are} of images in the first: a"
        " score on them would flatter."
    )

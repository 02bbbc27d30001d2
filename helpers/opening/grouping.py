"""Which column says what belongs together, by its name and by what a split would leave."""

from __future__ import annotations

import pandas as pd

from helpers.datasets.grouping import why_not_dividing
from helpers.datasets.words import count, some
from helpers.tables.rows import guess_group


def choose_group(images: pd.DataFrame, first: str | None) -> tuple[str | None, list[str]]:
    """The column that says which images belong together (`first`, else the first that is called
    so) and leaves something to divide, and a note on each that was passed over."""
    left, notes = [*images.columns[2:]], []
    while group := first if first in left else guess_group(left):
        if not (why := why_not_dividing(images, group)):
            break
        notes.append(
            f"Column {group!r} is called like one that says which images show the same thing, but "
            f"{why}, so nothing could be validated; it is not taken (dataset.with_group({group!r}) "
            "takes it all the same)."
        )
        left.remove(group)
    return group, notes


def tell_of_alone(images: pd.DataFrame, group: str | None) -> list[str]:
    """A note where only some of the images with a group's column have a value in it: nothing says
    what the others belong with, and they may lie on any side of a split."""
    alone = images.index[images[group].isna()] if group else ()
    if not len(alone) or len(alone) == len(images):
        return []
    stand = "stands" if len(alone) == 1 else "stand"
    return [
        f"{count(alone, 'image')} of {len(images):,} without a value in column {group!r} {stand} "
        f"alone, since nothing says what belongs together there: {some(alone)}."
    ]

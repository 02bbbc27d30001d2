"""Which column says what belongs together, by its name and by what a split would leave."""

from __future__ import annotations

import pandas as pd

from helpers.datasets.grouping import why_not_dividing
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

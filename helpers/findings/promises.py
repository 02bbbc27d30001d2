"""What your own verdicts say of what the report promises about labels."""

from __future__ import annotations

import pandas as pd

from helpers.datasets.words import count


def say_kept(conflicts: pd.DataFrame, marks: pd.DataFrame) -> str:
    """Of pairs of identical files under two labels, how many are there although you kept one of
    their files; "" where you kept none."""
    kept = marks.index[marks["action"].eq("keep")]
    ends = conflicts[["image_id", "other_id"]]
    held = ends[ends.isin(kept).any(axis=1)]
    if held.empty:
        return ""
    one, other = held.iloc[0]
    one, other = (one, other) if one in kept else (other, one)
    pairs = f"{count(held, 'pair')} of these {'is' if len(held) == 1 else 'are'}"
    whose = "its" if len(held) == 1 else "their"
    return (
        f"{pairs} not settled although you kept one of {whose} files: the other has to be "
        f"relabelled or dropped, too ('{other}', where you kept '{one}'). Until then neither is trained on."
    )

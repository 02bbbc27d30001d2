"""The pictures of a section, drawn when the page is made."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.findings.sections import Picture

SHEET = 14
"""Photographs on a sheet."""


def in_turn(pairs: pd.DataFrame, each: int = 3) -> pd.DataFrame:
    """Pairs with a column kind, first some of each kind in turn, spread over all of that kind."""
    pairs = pairs.reset_index(drop=True)
    groups = [one for _, one in pairs.groupby("kind", sort=False)]
    places = [np.linspace(0, len(one) - 1, min(each, len(one))).round() for one in groups]
    some = [one.iloc[at.astype(int)] for one, at in zip(groups, places, strict=True)]
    turns = pd.concat([pd.Series(range(len(one)), one.index) for one in some])
    first = turns.sort_values(kind="stable").index
    return pd.concat([pairs.loc[first], pairs.drop(first)])


def sheet(dataset, ids, title: str, captions=None, columns=7) -> Picture:
    """A sheet of these images."""
    return drawn("contact_sheet", dataset, ids, captions, columns, title=title, photographs=True)


def drawn(name: str, *given, photographs=False, guessable=False, **named) -> Picture:
    """A figure of `helpers.plots`, drawn when the page is made."""

    def draw(guess: float | None = None):
        from helpers import plots

        more = {"guess": guess} if guessable else {}
        return getattr(plots, name)(*given, **named, **more)

    return Picture(draw, photographs, guessable)

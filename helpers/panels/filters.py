"""A filter on any column: a list of its values, a range of numbers, or words to search for."""

import numpy as np
import pandas as pd
from ipywidgets import FloatRangeSlider, HBox, Text

from helpers.panels.panel import choice, control
from helpers.panels.selection import MOST_VALUES, Only, choices, matches
from helpers.panels.text import plain

NONE = [("all", Only.ALL)]
FEW = 12
"""Numbers of more values than this are filtered by a range."""
VALUES, RANGE, WORDS = "values", "range", "words"


def kind_of(column: pd.Series) -> str:
    """How a column is filtered: by its "values", a "range" of numbers, or "words" in it."""
    try:
        values = column.nunique()
    except TypeError:  # lists and arrays
        return WORDS
    numbers = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numbers and values > FEW:
        return RANGE
    return VALUES if values <= MOST_VALUES else WORDS


def within(column: pd.Series, low: float, high: float, ends: tuple[float, float]) -> pd.Series:
    """Whether a number lies from `low` to `high`; at either of the `ends` nothing is left out on
    that side, and at both not even what has no number."""
    if (low, high) == ends:
        return pd.Series(True, column.index)
    numbers = pd.Series(column.to_numpy("float64", na_value=np.nan), column.index)
    kept = numbers.notna()
    kept &= (numbers >= low) if low > ends[0] else True
    return kept & ((numbers <= high) if high < ends[1] else True)


class Filter(HBox):
    """A column, and what is wanted of it.

    Attributes
    ----------
    column, value, range, words : controls
        The column ("" for none); of the other three that one is shown which fits it.
    """

    def __init__(self, rows: pd.DataFrame):
        self.rows = rows
        names = [name for name in rows if name not in ("label", "split")]
        offered = [("no further filter", ""), *((plain(name), name) for name in names)]
        self.column = choice("Only where", offered)
        self.value = choice("is", NONE)
        self.words = control(Text, "contains", continuous_update=True)
        self.range = control(
            FloatRangeSlider, "lies from, to", min=0, max=1, continuous_update=False,
            readout_format=".4g",
        )  # fmt: skip
        super().__init__()
        self.add_class("filter")
        self.offer()

    @property
    def controls(self) -> tuple:
        """Those whose change changes what is kept, without the column."""
        return self.value, self.words, self.range

    def offer(self) -> None:
        """Offer what the chosen column holds."""
        name = self.column.value
        kind = kind_of(self.rows[name]) if name else VALUES
        fits = {VALUES: self.value, WORDS: self.words, RANGE: self.range}[kind]
        self.children = [self.column, fits] if name else [self.column]
        self.kind, self.words.value = kind, ""
        self.value.options = choices(self.rows[name]) if name and kind == VALUES else NONE
        if kind == RANGE:
            numbers = self.rows[name].to_numpy("float64", na_value=np.nan)
            numbers = numbers[np.isfinite(numbers)]
            low, high = (numbers.min(), numbers.max()) if len(numbers) else (0.0, 1.0)
            self.range.min, self.range.max = min(low, self.range.max), max(high, self.range.min)
            self.range.min, self.range.max = low, high
            self.range.step, self.range.value = (high - low) / 200 or 1, (low, high)

    def clear(self) -> None:
        self.column.index = 0
        self.offer()

    def keeps(self, rows: pd.DataFrame) -> pd.Series:
        """A boolean mask of the rows wanted."""
        name = self.column.value
        if not name:
            return pd.Series(True, rows.index)
        column = rows[name]
        if self.kind == RANGE:
            return within(column, *self.range.value, (self.range.min, self.range.max))
        if self.kind == VALUES:
            return matches(column, self.value.value)
        sought = self.words.value.strip().casefold()
        return column.map(lambda value: sought in plain(value).casefold()).astype(bool)

"""Ways to divide a dataset, side by side: what lies on both sides, and the score that it earns."""

import warnings
from typing import NamedTuple

import pandas as pd
from ipywidgets import HTML, FloatSlider, ToggleButtons
from matplotlib.figure import Figure

from helpers.datasets import Dataset
from helpers.datasets.words import count
from helpers.evaluation import Interval, accuracy_interval
from helpers.panels.panel import Panel, button, choice, control, row
from helpers.panels.text import named, safe
from helpers.plots.preparing import MOST, SIDES, splits_tried
from helpers.plots.style import figure_html, styled
from helpers.splits import split
from helpers.splits.joining import join_groups

NOTHING = "nothing: each image for itself"
NUMBERS = {"train": "#111111", "valid": "#ffffff", "test": "#111111"}
"""Colours of the numbers on `SIDES`, of a contrast that can be read."""
MOST_VALUES = 0.5
"""Columns with more values than this share of the images are not offered, but for the group."""


class Tried(NamedTuple):
    """One way to divide: by which column, with copies together, the share of validation images
    that a training image gives away, and their score."""

    column: str
    copies: bool
    leaks: float
    score: Interval


class SplitExplorer(Panel):
    """The widget that `explore_splits` returns.

    Attributes
    ----------
    column, copies, share, again : controls
        What stays together; whether copies do; the share of validation images; another seed.
    seed : int
    splits : Series by image_id
        The split on show.
    tried : list of Tried
        All that were looked at, the last one on show.
    classes, picture, details : ipywidgets.HTML
        How classes are divided, what was tried, and what leaks, in words.
    """

    def __init__(self, dataset: Dataset, features: pd.DataFrame, pairs: pd.DataFrame | None):
        dataset.require_labels(classes=2)
        images = dataset.development.images
        known = images.index[images["label"].notna() & images.index.isin(features.index)]
        self.dataset = dataset.with_images(images.loc[known].assign(split=pd.NA))
        super().__init__(f"Split explorer of {dataset.name}: {count(known, 'image')}")
        last = max((column.split()[0] for column in features), default="")
        self.features = features.loc[known].filter(regex=f"^{last} ")
        self.pairs, self.seed, self.known = pairs, 0, {}
        # What is tied to what in truth, as far as anybody wrote it down.
        self.tied = join_groups(self.dataset.groups, pairs, known)[known]
        options = [(NOTHING, ""), *((name, name) for name in self._columns())]
        self.column = choice("Stays together", options, "230px")
        self.copies = control(
            ToggleButtons, "Copies", "auto", options=[("anywhere", False), ("together", True)]
        )
        self.copies.style.button_width = "auto"
        look = {"min": 0.1, "max": 0.5, "step": 0.05, "value": 0.2, "readout_format": ".0%"}
        self.share = control(
            FloatSlider, "Share to validate on", "210px", continuous_update=False, **look
        )
        self.again = button("Another seed", "refresh")
        self.tried: list[Tried] = []
        controls = row(self.column, self.copies, self.share, self.again)
        beside = {"flex": "1 1 380px", "align_self": "flex-start"}
        self.classes, self.picture.layout = HTML(layout=beside), beside
        self.fill(controls, self.status, self.details, row(self.classes, self.picture))
        self.answer(self._show, self.column, self.copies, self.share)
        self.answer(self._show_again, self.again)
        self._show()

    def _columns(self) -> list[str]:
        images, found = self.dataset.images, []
        for name in self.dataset.metadata:
            values = images[name].dropna()
            few = 1 < values.nunique() <= MOST_VALUES * len(images)
            if few or (name == self.dataset.group and self.dataset.has_groups):
                found.append(name)
        return found

    def _show_again(self) -> None:
        self.seed += 1
        self._show()

    def _show(self) -> None:
        key = (self.column.value or None, self.copies.value, self.share.value, self.seed)
        if key not in self.known:
            self.known[key] = self._divide(*key)
        self.splits, found, self.details.value = self.known[key]
        if found in self.tried:
            self.tried.remove(found)
        self.tried.append(found)
        self.classes.value = bars(self.dataset.images.assign(split=self.splits))
        self.picture.value = draw(self.tried)

    def _divide(self, column, copies: bool, share: float, seed: int):
        # What `split` warns of would end in a log that nobody opens: a widget has no other output.
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", UserWarning)
            divided = split(
                self.dataset.with_group(column),
                share,
                seed=seed,
                duplicates=self.pairs if copies else None,
            )["split"]
        valid = divided.index[divided == "valid"]
        met = self.tied[valid].isin(self.tied[divided == "train"])
        score = self._score(divided, valid)
        said = (
            f"Seed {seed}: <b>{met.sum():,} of {len(valid):,}</b> validation images have a copy, "
            f"or another photo of what they show, among those trained on, as far as is known. A "
            f"linear model scores <b>{score!r}</b>."
        )
        told = dict.fromkeys(str(one.message) for one in warned if one.category is UserWarning)
        said += "".join(f"<br>{safe(one)}" for one in told)
        return divided, Tried(column or "nothing", copies, float(met.mean()), score), said

    def _score(self, divided: pd.Series, valid: pd.Index) -> Interval:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        train, labels = divided.index[divided == "train"], self.dataset.images["label"]
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1)
        model.fit(self.features.loc[train], labels[train])
        right = model.predict(self.features.loc[valid]) == labels[valid]
        return accuracy_interval(right, self.dataset.groups[valid])


def bars(images: pd.DataFrame) -> str:
    """How the images of each class lie on the sides of a split, as HTML: a figure would take
    longer to draw than the split to make."""
    counts = pd.crosstab(images["label"], images["split"])
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False).index]
    lines = []
    for label, row_of in counts.head(MOST).iterrows():
        cells = "".join(
            f'<span style="width: {number / row_of.sum():.1%}; background: {SIDES[side]}; '
            f"color: {NUMBERS[side]}; padding: 0 4px; box-sizing: border-box; "
            f'overflow: hidden">{number:,}</span>'
            for side, number in row_of.items()
            if number
        )
        sides = f'<td><div style="display: flex; min-width: 18em">{cells}</div></td>'
        lines.append(f"<tr><th>{safe(named(label))}</th>{sides}</tr>")
    more = len(counts) - MOST
    note = f"<tr><th></th><td>and {count(more, 'more class')}</td></tr>" if more > 0 else ""
    sizes = ", ".join(f"{side} {number:,}" for side, number in counts.sum().items())
    return f'<div class="details"><b>{sizes}</b><table>{"".join(lines)}{note}</table></div>'


@styled
def draw(tried: list[Tried]) -> str:
    """The splits tried so far, as an HTML image."""
    figure = Figure(figsize=(5, 3.2), layout="none")
    splits_tried(tried, ax=figure.add_axes((0.17, 0.16, 0.8, 0.7)))
    return figure_html(figure, crop=False)


def explore_splits(
    dataset: Dataset, features: pd.DataFrame, pairs: pd.DataFrame | None = None
) -> SplitExplorer:
    """Return a widget on ways to divide; leave it on a cell's last line to show it.

    Parameters
    ----------
    dataset : Dataset
        Its labelled development images are divided; its group column and `pairs` say what leaks.
    features : DataFrame by image_id
        As from `embed`; the last stage is used.
    pairs : DataFrame, optional
        Copies, as from `find_duplicates`.
    """
    return SplitExplorer(dataset, features, pairs)

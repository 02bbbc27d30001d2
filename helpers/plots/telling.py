"""What a single feature tells: its values in a class and in all others."""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.balance.facts import NONE
from helpers.balance.one_by_one import FEW, tell_values
from helpers.datasets import Dataset
from helpers.datasets.words import tell_number
from helpers.plots.names import drawable, short_name
from helpers.plots.style import FLAG, INNOCENT, MUTED, alt, nothing, styled

MOST, BINS, LABELLED = 3, 24, 3
"""Classes are shown, into so many steps are values cut that are more than a few, and of so many
values at most there is room for each bar's share."""


@styled
def telling_features(
    dataset: Dataset, features: pd.DataFrame, table: pd.DataFrame, title: str = "", ax=None
) -> Axes:
    """Of up to three classes the feature that tells each best: its values there and elsewhere.

    Parameters
    ----------
    dataset : Dataset
        Its labelled development images are shown.
    features : DataFrame by image_id
        What `table` was made of; numbers.
    table : DataFrame from `helpers.balance.probe_each`
    ax : array of Axes, optional
        As many as there are classes, at most three.

    Returns
    -------
    Axes
        The first panel's.
    """
    import matplotlib.pyplot as plt

    best = table.groupby("class", sort=False).head(1)[:MOST]
    if best.empty:
        return nothing(title or "No class is given away")
    labels = dataset.development.images["label"].dropna()
    labels = labels[labels.index.isin(features.index)]
    # What tells one of two classes tells the other as well.
    both = labels.nunique() == 2 and best["feature"].duplicated().any()
    best = best[:1] if both else best
    if ax is None:
        ax = plt.subplots(1, len(best), figsize=(9, 2.8), squeeze=False, layout="constrained")[1]
    labels = dataset.development.images["label"].dropna()
    labels = labels[labels.index.isin(features.index)]
    panels, facts = np.ravel(ax), []
    for panel, row in zip(panels, best.itertuples(), strict=True):
        values = features.loc[labels.index, row.feature].astype(float)
        own = (labels == row[1]).to_numpy()
        panel.set_title(f"{short_name(row[1], 24)}: area {row.auc:.2f}", fontsize=10.5)
        panel.set(xlabel=drawable(row.feature), yticks=[])
        panel.spines[["left"]].set_visible(False)
        _draw_shares(panel, row.feature, values, own)
        told = tell_values(row.feature, values[own], values[~own])
        facts.append(f"{row[1]}: area under the ROC curve {row.auc:.2f}, {row.feature} of its "
                     f"images: {told[0]}; of all others: {told[1]}")  # fmt: skip
    panels[0].set_ylabel("share of images")
    names = sorted(labels.unique(), key=lambda one: one != best["class"].iloc[0])
    keys = [short_name(one, 24) for one in names] if both else ["its images", "all others"]
    panels[0].legend([panels[0].patches[0], panels[0].patches[-1]], keys, loc="best", fontsize=9)
    told = [f"{row[1]} by its {row.feature}" for row in best.itertuples()]
    if both:
        told = [f"{' and '.join(names)} by their {best['feature'].iloc[0]}"]
    found = title or f"By one feature alone: {'; '.join(told)}"
    look = {"x": 0.01, "ha": "left", "weight": "bold", "fontsize": 13}
    panels[0].figure.suptitle(fill(drawable(found), 84), **look)
    return alt(panels[0], f"{found}. {'; '.join(facts)}.")


def _draw_shares(panel: Axes, feature: str, values: pd.Series, own: np.ndarray) -> None:
    """Draw which share of the class, and of all others, has which value."""
    kinds, wide, none = sorted(values.unique()), 0.4, NONE.get(feature)
    if len(kinds) <= FEW:
        places = np.arange(len(kinds))
        for part, colour, off in ((own, FLAG, -wide / 2), (~own, INNOCENT, wide / 2)):
            shares = values[part].value_counts(normalize=True).reindex(kinds, fill_value=0)
            bars = panel.bar(places + off, shares, wide, color=colour)
            if len(kinds) <= LABELLED:
                panel.bar_label(bars, [f"{share:.0%}" for share in shares], fontsize=9, color=MUTED)
        for digits in range(3, 7):  # as few as tell them apart
            names = ["none" if kind == none else tell_number(kind, digits) for kind in kinds]
            if len({*names}) == len(names):
                break
        panel.set_xticks(places, names)
        return
    low = np.percentile(values, 1, method="higher")
    high = np.percentile(values, 99, method="lower")
    edges = np.linspace(low, max(high, low + 1e-6), BINS + 1)
    for part, colour in ((own, FLAG), (~own, INNOCENT)):
        shown = values[part].clip(edges[0], edges[-1])  # the ends hold what lies beyond
        weights = np.full(len(shown), 1 / max(len(shown), 1))
        panel.hist(shown, edges, weights=weights, color=colour, alpha=0.65)
    if none is not None and (values == none).any():
        panel.set_xlabel(f"{panel.get_xlabel()} ({none}: none)")

"""A fairness constraint and its slack: what it costs, and what becomes of each group, at once."""

import numpy as np
import pandas as pd
from ipywidgets import FloatSlider
from matplotlib.figure import Figure

from helpers import plots
from helpers.evaluation.calibration import labelled
from helpers.fairness.offsets import CONSTRAINTS, FEW_TOGETHER, NONE, OTHERS, Margins
from helpers.panels.panel import Panel, choice, control, row
from helpers.panels.text import named, safe
from helpers.plots.style import figure_html, styled

SLACKS = np.arange(0, 1.001, 0.05)


class FairnessExplorer(Panel):
    """The widget that `explore_fairness` returns.

    Attributes
    ----------
    positive, constraint, slack : controls
        The class that is offset, which rates must be alike in all groups, and by how much they may
        differ.
    picture, details : ipywidgets.HTML
        Accuracy and the lowest recall by slack, and the four outcomes of each group.
    plain, outcome : DataFrames by group
        Without offsets, and with those that keep the constraint, as from `Margins.outcome`.
    curve : DataFrame
        From `Margins.trade_off`.
    """

    def __init__(self, predictions: pd.DataFrame, values: pd.Series, positive: str | None = None):
        found = labelled(predictions)
        groups = values.reindex(found.index)
        self.groups = groups.where(groups.notna(), OTHERS).to_numpy(dtype=object)
        self.logits, self.truth = np.log(np.maximum(found.chances, 1e-12)), found.truth
        self.classes = found.classes
        super().__init__(
            f"Fairness explorer: {len(self.classes)} classes, {len(self.truth):,} images"
        )
        wide = {"width": "200px"}
        self.positive = choice("Offset the class", self.classes, **wide, value=positive)
        self.constraint = choice(
            "Alike in all groups", [*CONSTRAINTS], **wide, value="equal opportunity"
        )
        self.slack = control(
            FloatSlider, "but for a slack of", "250px", value=0.2, min=0, max=1, step=0.05,
            continuous_update=False,
        )  # fmt: skip
        self.fill(
            row(self.positive, self.constraint, self.slack),
            *(self.status, self.details, self.picture),
        )
        self.answer(self._change, self.positive, self.constraint)
        self.answer(self._draw, self.slack)
        self._change()

    def _change(self) -> None:
        at = self.classes.index(self.positive.value)
        self.margins = Margins(self.logits, self.truth, self.groups, at, self.constraint.value)
        self.curve = self.margins.trade_off(SLACKS)
        self.plain = self.margins.outcome(np.full(len(self.margins.names), NONE))
        self._draw()

    def _draw(self) -> None:
        places = self.margins.choose(self.slack.value)
        if self._compared() < 2:
            self.say(
                "Too few groups have images enough for these rates to be compared, so there is "
                "nothing to make alike: the offset only seeks right answers.",
                "notice",
            )
        if places is None:
            self.say("No offsets keep this constraint with so little slack.", "notice")
            self.outcome = self.plain
        else:
            self.outcome = self.margins.outcome(places)
        self.details.value = _outcomes(self.plain, self.outcome, self.positive.value)
        self.picture.value = _curve(self.curve, self.plain, self.slack.value)

    def _compared(self) -> int:
        """How many groups the constraint is about."""
        of_class, others = self.margins.counts.T
        every = self.constraint.value == "demographic parity"
        return int((of_class + every * others >= FEW_TOGETHER).sum())


def _outcomes(before: pd.DataFrame, after: pd.DataFrame, positive: str) -> str:
    """A row for each group: hits, missed, false alarms and rates, before and after."""
    name = safe(named(positive))
    lines = [
        f"<tr><th>group</th><th>offset</th><th>{name}: hits</th><th>missed</th>"
        "<th>others called so</th><th>recall</th><th>right, all classes</th></tr>"
    ]
    for group, was, now in zip(before.index, before.itertuples(), after.itertuples(), strict=True):
        pairs = [
            f"{getattr(was, one)} → <b>{getattr(now, one)}</b>"
            for one in ("hits", "missed", "false_alarms")
        ]
        recall = f"{_number(was.recall)} → <b>{_number(now.recall)}</b>"
        right = f"{was.right} → <b>{now.right}</b>"
        cells = "".join(f"<td>{one}</td>" for one in (f"{now.offset:+.1f}", *pairs, recall, right))
        lines.append(f"<tr><th>{safe(named(group))}</th>{cells}</tr>")
    images = before[["hits", "missed", "false_alarms", "passed"]].to_numpy().sum()
    was, now = before["right"].sum() / images, after["right"].sum() / images
    said = f"Accuracy {was:.3f} → <b>{now:.3f}</b> ({100 * (now - was):+.1f} points)."
    return f'<div class="details"><table>{"".join(lines)}</table></div>{said}'


def _number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.2f}"


@styled
def _curve(curve: pd.DataFrame, before: pd.DataFrame, slack: float) -> str:
    figure = Figure(figsize=(8.6, 2.8))
    plots.trade_off(curve, before, slack, ax=figure.subplots())
    return figure_html(figure, crop=False)


def explore_fairness(
    predictions: pd.DataFrame, values: pd.Series, positive: str | None = None
) -> FairnessExplorer:
    """Return a widget on constraints and who pays; leave it on a cell's last line to show it.

    Parameters
    ----------
    predictions : predictions table with labels, best from `helpers.fairness.cross_fit`
    values : Series of str by image_id
        The group of each image.
    positive : str, optional
        The class to begin with; the first, if absent.
    """
    first = positive or labelled(predictions).classes[0]
    return FairnessExplorer(predictions, values, first)

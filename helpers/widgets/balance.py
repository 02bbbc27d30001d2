"""How loud rare classes are: class frequencies as a model sees them, and the recall of each."""

import numpy as np
import pandas as pd
from ipywidgets import SelectionSlider, ToggleButtons

from helpers.balance import adjust_logits, answer_out_of_fold, recalls, tail_and_head
from helpers.datasets.words import count
from helpers.panels.panel import Panel, control, row
from helpers.panels.text import named, safe

SAMPLING, SHIFT = "sampling", "shift"
STRENGTHS = {SAMPLING: np.arange(0, 1.1, 0.25), SHIFT: np.arange(0, 2.1, 0.25)}
MOST_ROWS = 24
BAR = "display: inline-block; height: 12px; vertical-align: middle; background: "
WIDE = "min(220px, 22vw)"
"""The longest bar."""
GREY, BLUE = "#94a4a2", "#35618f"


class BalanceExplorer(Panel):
    """The widget that `explore_balance` returns.

    Attributes
    ----------
    remedy, strength : controls
        Whether images of rare classes count for more while the head is trained ("sampling"), or
        its answers are shifted afterwards ("shift"); and the exponent of either, 0 for neither.
    picture, details : ipywidgets.HTML
        A row of bars for each class, and the means in words.
    table : DataFrame by class, the commonest first
        images, share (of all), effective (the share that the model is told), before and after
        (recall, 0 to 1).
    """

    def __init__(self, dataset, features: pd.DataFrame, seed: int = 0):
        self.answers = {
            power: answer_out_of_fold(dataset, features, float(power), seed=seed)
            for power in STRENGTHS[SAMPLING]
        }
        plain = self.answers[0.0]
        self.labels = dataset.images["label"].reindex(plain.index)
        super().__init__(f"Balance explorer: {self.labels.nunique()} classes")
        kinds = [("weights while training", SAMPLING), ("shift of the logits after", SHIFT)]
        self.remedy = control(ToggleButtons, "Remedy", "auto", options=kinds)
        self.remedy.style.button_width = "auto"
        self.strength = control(
            SelectionSlider, "Strength", "320px", options=_steps(SAMPLING), value=0.0
        )
        self.fill(row(self.remedy, self.strength), self.status, self.details, self.picture)
        self.answer(self._change, self.remedy)
        self.answer(self._draw, self.strength)
        self._draw()

    def _change(self) -> None:
        kept = min(self.strength.value, STRENGTHS[self.remedy.value].max())
        self.strength.options, self.strength.value = _steps(self.remedy.value), kept
        self._draw()

    def _draw(self) -> None:
        strength, plain = float(self.strength.value), self.answers[0.0]
        chances = self.answers.get(strength, plain)
        if self.remedy.value == SHIFT:
            chances = adjust_logits(plain, self.labels, strength)
        self.table = recalls({"before": plain, "after": chances}, self.labels)
        self.table.insert(1, "share", self.table["images"] / self.table["images"].sum())
        told = self.table["share"] ** (1 - strength)
        self.table.insert(2, "effective", told / told.sum())
        self.picture.value, self.details.value = _bars(self.table), self._describe()

    def _describe(self) -> str:
        tail, head = tail_and_head(self.labels)
        parts = {
            "all classes": self.table.index,
            f"the {_first(tail)}rarest": tail,
            f"the {_first(head)}commonest": head,
        }
        said = []
        for name, classes in parts.items():
            before, after = self.table.loc[classes, ["before", "after"]].mean()
            said.append(f"{name} <b>{after:.2f}</b> ({100 * (after - before):+.0f} points)")
        right = self.table[["before", "after"]].mul(self.table["images"], axis=0).sum()
        before, after = right / self.table["images"].sum()
        return (
            f"Mean recall: {'; '.join(said)}. "
            f"Accuracy: <b>{after:.2f}</b> ({100 * (after - before):+.0f} points)."
        )


def _first(classes: pd.Index) -> str:
    """How many classes, where it is more than one."""
    return f"{len(classes)} " if len(classes) > 1 else ""


def _steps(remedy: str) -> list[tuple[str, float]]:
    return [(f"{step:g}", float(step)) for step in STRENGTHS[remedy]]


def _bars(table: pd.DataFrame) -> str:
    """A row for each class, of more than `MOST_ROWS` the first and the last."""
    hidden = max(len(table) - MOST_ROWS, 0)
    half = MOST_ROWS // 2
    shown = pd.concat([table[:half], table[-half:]]) if hidden else table
    widest = max(table["share"].max(), table["effective"].max())
    lines = [
        "<tr><th>class</th><th>images</th>"
        f"{_head('share: grey as it is, blue as the model is told')}"
        f"{_head('recall: grey without, blue with the remedy')}</tr>"
    ]
    for number, one in enumerate(shown.itertuples()):
        if hidden and number == half:
            lines.append(f"<tr><td colspan=4>… {count(hidden, 'more class')}</td></tr>")
        lines.append(
            f"<tr><td>{safe(named(one.Index))}</td><td>{one.images:,}</td>"
            f"<td>{_pair(one.share / widest, one.effective / widest, one.effective)}</td>"
            f"<td>{_pair(one.before, one.after, one.after)}</td></tr>"
        )
    return f'<div class="details"><table>{"".join(lines)}</table></div>'


def _head(words: str) -> str:
    """The head of a column, in two lines where the screen is narrow."""
    return f'<th style="white-space: normal">{words}</th>'


def _pair(before: float, after: float, value: float) -> str:
    """Two bars, one below the other, lengths 0 to 1, and the value of the second."""
    bars = "<br>".join(
        f'<span style="{BAR}{colour}; width: {100 * length:.1f}%"></span>'
        for colour, length in ((GREY, before), (BLUE, after))
    )
    return (
        f'<span style="display: inline-block; width: {WIDE}; line-height: 13px">{bars}</span>'
        f" {value:.2f}"
    )


def explore_balance(dataset, features: pd.DataFrame) -> BalanceExplorer:
    """Return a widget on who gains and who pays; leave it on a cell's last line to show it.

    Parameters
    ----------
    dataset : Dataset
        With labels of two classes or more; heads are trained out of fold, before it opens.
    features : DataFrame by image_id, numbers only, e.g. from `helpers.training.embed`
    """
    return BalanceExplorer(dataset, features)

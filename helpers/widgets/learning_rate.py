"""A slider of learning rates: what each did to the loss, and whether it was too low or too high."""

import base64
import io

import pandas as pd
from ipywidgets import SelectionSlider
from matplotlib.figure import Figure

from helpers.plots.style import alt_text, styled
from helpers.plots.training import rate_curves
from helpers.training.rates import judge_rates
from helpers.widgets.panel import Panel, control
from helpers.widgets.text import safe

WORDS = {
    "too low": "Each step is so small that the training ends before it has got anywhere; more "
    "epochs would take it further, slowly.",
    "good": "At least one of its trainings ended as low as one of the best rate's, so between them "
    "luck may decide.",
    "too high": "The steps are so long that they overshoot, and what one batch teaches the next "
    "destroys.",
}


class RateExplorer(Panel):
    """The widget that `explore_rates` returns.

    Attributes
    ----------
    rate : SelectionSlider
        The learning rate on show.
    picture, details : ipywidgets.HTML
        Its curves in front of the others, and how it did, in words.
    """

    def __init__(self, rates: pd.DataFrame):
        self.rates, self.judged = rates, judge_rates(rates)
        super().__init__(f"Learning rates: {len(self.judged)} compared")
        options = [(f"{rate:g}", rate) for rate in self.judged.index]
        self.rate = control(SelectionSlider, "Learning rate", "100%", options=options)
        self.drawn = {}
        self.fill(self.rate, self.status, self.picture, self.details)
        self.answer(self._show, self.rate)
        self._show()

    def _show(self) -> None:
        rate = self.rate.value
        if rate not in self.drawn:
            self.drawn[rate] = draw_rates(self.rates, rate)
        self.picture.value = self.drawn[rate]
        self.details.value = describe_rate(self.judged, rate)


@styled
def draw_rates(rates: pd.DataFrame, chosen: float) -> str:
    """The curves of all rates, those of `chosen` in front, as an HTML image with its alt text."""
    figure = Figure(figsize=(8.6, 3.6))
    rate_curves(rates, chosen, title=f"Learning rate {chosen:g}", ax=figure.subplots())
    file = io.BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight")
    data = base64.b64encode(file.getvalue()).decode()
    return f'<img alt="{safe(alt_text(figure))}" src="data:image/png;base64,{data}">'


def describe_rate(judged: pd.DataFrame, rate: float) -> str:
    """How one rate did, as HTML.

    Parameters
    ----------
    judged : DataFrame from `helpers.training.rates.judge_rates`
    rate : float
        One of its index.
    """
    row, best = judged.loc[rate], judged["loss"].min()
    mark = "keep" if row["verdict"] == "good" else "drop"
    ended = f"validation loss {row['loss']:.2f} in the end, {row['accuracy']:.0%} right"
    if row["loss"] == best:
        ended += ": the lowest of all"
    elif row["loss"] == float("inf"):
        ended = "the loss ceased to be a number: training diverged"
    else:
        ended += f"; the best rate reached {best:.2f}"
    return (
        f'<span class="mark {mark}">{safe(row["verdict"])}</span> <b>{rate:g}</b>: {safe(ended)}. '
        f"{WORDS[row['verdict']]}"
    )


def explore_rates(rates: pd.DataFrame) -> RateExplorer:
    """Return a slider of learning rates; leave it on a cell's last line to show it.

    Parameters
    ----------
    rates : DataFrame
        A row per epoch of each training: rate, seed, epoch, valid_loss, accuracy; as in
        ``studies/learning_rates.csv``.
    """
    return RateExplorer(rates)

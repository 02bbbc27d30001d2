"""A slider of learning rates: what each did to the loss, and whether it was too low or too high."""

import pandas as pd
from ipywidgets import SelectionSlider
from matplotlib.figure import Figure

from helpers.panels.panel import Panel, control
from helpers.plots.style import figure_html, styled
from helpers.plots.training import rate_curves
from helpers.training.rates import judge_rates

WORDS = {
    "too low": "Its steps are too small to arrive in so few epochs; more of them would take it "
    "further, slowly.",
    "good": "Some of its trainings end as low as some at the best rate: luck may decide.",
    "too high": "Its steps overshoot: what one batch teaches, the next undoes.",
    "learned nothing": "No rate of these taught the network anything that holds for new images, so "
    "which side it errs on cannot be told: train longer, or begin with a pretrained network.",
    "best": "No other rate came as low in as many epochs.",
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

    def __init__(self, rates: pd.DataFrame, guessing: float | None = None):
        self.rates, self.guessing = rates, guessing
        self.judged = judge_rates(rates, guessing)
        super().__init__(f"Learning rates: {len(self.judged)} compared")
        options = [(f"{rate:g}", rate) for rate in self.judged.index]
        self.rate = control(SelectionSlider, "Learning rate", "98%", options=options)
        self.drawn = {}
        self.fill(self.rate, self.status, self.picture, self.details)
        self.answer(self._show, self.rate)
        self._show()

    def _show(self) -> None:
        rate = self.rate.value
        if rate not in self.drawn:
            self.drawn[rate] = draw_rates(self.rates, rate, self.guessing)
        self.picture.value = self.drawn[rate]
        self.details.value = describe_rate(self.judged, rate)


@styled
def draw_rates(rates: pd.DataFrame, chosen: float, guessing: float | None = None) -> str:
    """The curves of all rates, those of `chosen` in front, as an HTML image."""
    # The margins are known: to have them found again takes half of the time until it shows.
    figure = Figure(figsize=(8.6, 3.6), layout="none")
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.14, top=0.82)
    title = f"Learning rate {chosen:g}"
    rate_curves(rates, chosen, guessing=guessing, title=title, ax=figure.subplots())
    return figure_html(figure, crop=False)


def describe_rate(judged: pd.DataFrame, rate: float) -> str:
    """How one rate did, as HTML.

    Parameters
    ----------
    judged : DataFrame from `helpers.training.rates.judge_rates`
    rate : float
        One of its index.
    """
    row, best = judged.loc[rate], judged["loss"].idxmin()
    learned = row["verdict"] != "learned nothing"
    mark = "keep" if row["verdict"] == "good" else "drop"
    ended = f"validation loss {row['loss']:.2f} in the end, {row['accuracy']:.0%} right"
    if row["loss"] == float("inf"):
        ended = "training diverged, its loss is no number any more"
    elif rate != best:
        ended += f"; the best rate, {best:g}, reached {judged['loss'][best]:.2f}"
    return (
        f'<span class="mark {mark}">{row["verdict"]}</span> <b>{rate:g}</b>: {ended}. '
        f"{WORDS['best' if rate == best and learned else row['verdict']]}"
    )


def explore_rates(rates: pd.DataFrame, guessing: float | None = None) -> RateExplorer:
    """Return a slider of learning rates; leave it on a cell's last line to show it.

    Parameters
    ----------
    rates : DataFrame
        A row per epoch of each training: rate, seed, epoch, valid_loss, accuracy; as in
        ``studies/learning_rates.csv``.
    guessing : float, optional
        The loss of guessing; what ends no lower is not called good.
    """
    return RateExplorer(rates, guessing)

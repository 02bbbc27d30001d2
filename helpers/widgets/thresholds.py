"""A threshold and what errors cost: who is reported, and what it comes to, at once."""

import pandas as pd
from ipywidgets import FloatLogSlider, FloatSlider
from matplotlib.figure import Figure

from helpers import plots
from helpers.evaluation.prevalence import precision_at, rate_behind_none
from helpers.evaluation.thresholds import (
    at_threshold,
    choose_threshold,
    cost_matrix,
    rarest,
    sweep_thresholds,
    threshold_of,
)
from helpers.panels.panel import Panel, choice, control, row
from helpers.panels.text import safe
from helpers.plots.style import figure_html, styled


class DecisionExplorer(Panel):
    """The widget that `explore_decisions` returns.

    Attributes
    ----------
    positive, threshold, missed, false_alarm, prevalence : controls
        The class that is reported, from which probability on, what its errors cost, and which share
        of images is of the class where the model is used.
    picture, details : ipywidgets.HTML
        Cost by threshold, and the four outcomes with what they come to.
    outcome : Series
        Of the threshold: hits, missed, false_alarms, passed, recall, precision, accuracy, cost (per
        image) among the images given; precision_there (the least that it may be, where there is no
        false alarm) and cost_there at the chosen prevalence.
    """

    def __init__(self, predictions: pd.DataFrame, positive: str | None = None):
        table = predictions[predictions["label"].notna()]
        classes = sorted(table["label"].unique())
        super().__init__(f"Decision explorer: {len(classes)} classes, {len(table):,} images")
        self.predictions = table
        self.positive = choice(
            "Report the class", classes, "200px", value=positive or rarest(table)
        )
        slider = {"continuous_update": False, "width": "250px"}
        self.threshold = control(
            FloatSlider, "from a probability of", value=0.5, min=0, max=1, step=0.01, **slider
        )
        costs = {"min": 0, "max": 2, "step": 0.05, "readout_format": ".3g"} | slider
        self.missed = control(FloatLogSlider, "One missed costs", value=20, **costs)
        self.false_alarm = control(FloatLogSlider, "A false alarm costs", value=1, **costs)
        shares = {"min": -4, "max": -0.02, "step": 0.02, "readout_format": ".4f"} | slider
        self.prevalence = control(FloatLogSlider, "Share of the class, in use", value=0.1, **shares)
        self.fill(
            row(self.positive, self.threshold),
            row(self.missed, self.false_alarm, self.prevalence),
            *(self.status, self.details, self.picture),
        )
        self.picture.add_class("wide")
        self.answer(self._change, self.positive)
        self.answer(self._draw, self.threshold, self.missed, self.false_alarm, self.prevalence)
        self._change()

    def _change(self) -> None:
        self.share = float((self.predictions["label"] == self.positive.value).mean())
        self.prevalence.value = min(max(self.share, 1e-4), 0.95)
        self._draw()

    def _draw(self) -> None:
        costs = cost_matrix(self.missed.value, self.false_alarm.value)
        found = at_threshold(self.predictions, self.positive.value, self.threshold.value, costs)
        rate = found["false_alarm_rate"]
        there = self.prevalence.value
        # None among a few others is no proof that there never is one.
        sure = found["false_alarms"] or not found["hits"]
        highest = rate if sure else rate_behind_none(found["passed"])
        found["precision_there"] = precision_at(there, found["recall"], highest)
        found["cost_there"] = there * (1 - found["recall"]) * self.missed.value + (
            (1 - there) * rate * self.false_alarm.value
        )
        self.outcome = found
        sweep = sweep_thresholds(self.predictions, self.positive.value, costs)
        marks = {"yours": self.threshold.value, "cheapest": choose_threshold(sweep)}
        marks["by the cost matrix"] = threshold_of(costs)
        self.details.value = _outcomes(found, self.positive.value, there)
        self.picture.value = _curve(sweep, marks, self.positive.value)


def _outcomes(found: pd.Series, positive: str, there: float) -> str:
    name = safe(positive)
    cells = (
        f"<tr><td></td><th>reported</th><th>passed</th></tr>"
        f"<tr><th>is {name}</th><td><b>{found['hits']:,.0f}</b> hits</td>"
        f"<td><b>{found['missed']:,.0f}</b> missed</td></tr>"
        f"<tr><th>is another</th><td><b>{found['false_alarms']:,.0f}</b> false alarms</td>"
        f"<td><b>{found['passed']:,.0f}</b> passed</td></tr>"
    )
    least = "" if found["false_alarms"] or not found["hits"] else "at least "
    said = (
        f"Recall <b>{_number(found['recall'])}</b>, "
        f"precision <b>{_number(found['precision'])}</b>, "
        f"accuracy {_number(found['accuracy'])}, cost per image <b>{found['cost']:.3f}</b>. "
        f"Where {there:.2%} are of the class: "
        f"precision {least}<b>{_number(found['precision_there'])}</b>, "
        f"cost per image <b>{found['cost_there']:.3f}</b>."
    )
    return f'<div class="details"><table>{cells}</table></div>{said}'


def _number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.2f}"


@styled
def _curve(sweep: pd.DataFrame, marks: dict[str, float], positive: str) -> str:
    figure = Figure(figsize=(8.6, 3.2))
    plots.cost_curve(sweep, marks, positive, ax=figure.subplots())
    return figure_html(figure, crop=False)


def explore_decisions(predictions: pd.DataFrame, positive: str | None = None) -> DecisionExplorer:
    """Return a widget on thresholds and costs; leave it on a cell's last line to show it.

    Parameters
    ----------
    predictions : predictions table with labels, best of validation images
    positive : str, optional
        The class to begin with; the rarest, if absent.
    """
    return DecisionExplorer(predictions, positive)

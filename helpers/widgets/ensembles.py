"""A vote that the reader composes: what each model counts for, and what comes of it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from ipywidgets import FloatSlider
from matplotlib.figure import Figure

from helpers.ensembles.voting import choose_weights, losses, vote
from helpers.evaluation import compare_losses
from helpers.panels.panel import Panel, button, control, grid, row
from helpers.plots.names import short_name
from helpers.plots.style import ACCENT, INK, MUTED, figure_html, styled

MOST = 3.0


class EnsembleComposer(Panel):
    """The widget that `compose_ensemble` returns.

    Attributes
    ----------
    sliders : dict of name to FloatSlider
        What each model counts for in the vote, 0 to 3.
    alike, best : Button
        All models alike; the weights with the lowest log loss on these very images.
    answer_table : DataFrame or None
        What the vote answers; None where every model counts nothing.
    picture, details : ipywidgets.HTML
    """

    def __init__(self, answers: Mapping[str, pd.DataFrame], labels: pd.Series, groups=None):
        super().__init__(f"Ensemble of {len(answers)} models")
        labels = labels[labels.isin(next(iter(answers.values())).columns)]
        known = next(iter(answers.values())).index.intersection(labels.index)
        self.answers = {name: table.loc[known] for name, table in answers.items()}
        self.labels, self.groups = labels[known], groups
        self.alone = {name: losses(table, labels) for name, table in self.answers.items()}
        self.first, self.answer_table = min(self.alone, key=lambda n: self.alone[n].mean()), None
        limits = {"min": 0.0, "max": MOST, "step": 0.1}
        self.sliders = {
            name: control(FloatSlider, short_name(name, 30), value=1.0, **limits)
            for name in self.answers
        }
        self.alike = button("All alike", "balance-scale")
        self.best = button("Best on these images", "magic")
        self.fill(
            grid(*self.sliders.values()),
            row(self.alike, self.best),
            self.status,
            self.picture,
            self.details,
        )
        self.answer(self._draw, *self.sliders.values())
        self.answer(lambda: self._set(dict.fromkeys(self.answers, 1.0)), self.alike)
        self.answer(self._set_best, self.best)
        self._draw()

    @property
    def weights(self) -> dict[str, float]:
        """What each model counts for."""
        return {name: slider.value for name, slider in self.sliders.items()}

    def _set(self, weights: Mapping[str, float]) -> None:
        for name, slider in self.sliders.items():
            slider.value = round(weights[name], 1)
        self._draw()

    def _set_best(self) -> None:
        found = choose_weights(self.answers, self.labels)
        greatest = max(found.values())
        self._set({name: MOST * weight / greatest for name, weight in found.items()})
        self.say("Chosen on the images that it is scored on, so the score flatters.", "notice")

    def _draw(self) -> None:
        if not any(self.weights.values()):
            self.answer_table, self.picture.value = None, ""
            self.details.value = "Nobody votes: give one model a weight above 0."
            return
        self.answer_table = vote(self.answers, self.weights)
        together = losses(self.answer_table, self.labels)
        accuracy = (self.answer_table.idxmax(axis=1) == self.labels).mean()
        self.picture.value = draw(self.alone, together)
        beside = compare_losses(together, self.alone[self.first], self.groups)
        members = sum(weight > 0 for weight in self.weights.values())
        self.details.value = (
            f"<b>{members} of {len(self.answers)} vote</b>: accuracy {accuracy:.3f}, log loss "
            f"{together.mean():.3f}; against the best alone {beside!r} (below 0 is better)."
        )


@styled
def draw(alone: Mapping[str, pd.Series], together: pd.Series) -> str:
    """Log losses of the models and of their vote, as an HTML image."""
    means = {name: found.mean() for name, found in alone.items()}
    figure = Figure(figsize=(8.6, 0.9 + 0.32 * (len(means) + 1)))
    ax = figure.subplots()
    y = np.arange(len(means))
    ax.plot(list(means.values()), y, "o", color=MUTED, ms=8)
    ax.plot(together.mean(), len(means), "D", color=ACCENT, ms=9)
    ax.axvline(min(means.values()), color=INK, lw=1, ls=":")
    ax.set_yticks([*y, len(means)], [short_name(name, 30) for name in means] + ["their vote"])
    ax.set(ylim=(len(means) + 0.5, -0.5), xlabel="log loss (← better); dotted: the best alone")
    ax.grid(axis="x")
    gain = min(means.values()) - together.mean()
    ax.set_title(f"The vote is {abs(gain):.3f} {'below' if gain >= 0 else 'above'} the best alone")
    figure.alt_text = (
        f"{ax.get_title('left')}. Vote {together.mean():.3f}; "
        + "; ".join(f"{name} {value:.3f}" for name, value in means.items())
        + "."
    )
    return figure_html(figure, crop=False)


def compose_ensemble(
    answers: Mapping[str, pd.DataFrame], labels: pd.Series, groups: pd.Series | None = None
) -> EnsembleComposer:
    """Return a widget on the members of a vote; leave it on a cell's last line to show it.

    Parameters
    ----------
    answers : name → DataFrame by image_id of probabilities, a column per class
    labels : Series by image_id
    groups : Series by image_id, optional
        Which images belong together; intervals then count groups.
    """
    return EnsembleComposer(answers, labels, groups)

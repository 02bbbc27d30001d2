"""What a label is worth: the curves of a study, a point on them, and a head trained live."""

import time

import pandas as pd
from ipywidgets import ToggleButtons
from matplotlib.figure import Figure

from helpers import plots
from helpers.datasets.words import some
from helpers.evaluation import accuracy_interval
from helpers.panels.panel import Panel, button, choice, control, row
from helpers.panels.text import safe
from helpers.plots.style import figure_html, styled
from helpers.plots.transfer import summarise

FROZEN, TRAINED = "frozen", "trained"


class TransferExplorer(Panel):
    """The widget that `explore_transfer` returns.

    Attributes
    ----------
    backbone, training, per_class, again : controls
        The network, what of it is trained, labelled images per class; other images of that number.
    picture, details : ipywidgets.HTML
        The curves with the chosen point, and what is known about it in words.
    accuracy : float or None
        Validation accuracy of the head trained just now, where one was.
    """

    def __init__(self, dataset, curve: pd.DataFrame, features: dict[str, pd.DataFrame]):
        super().__init__("Transfer explorer: " + some(curve["backbone"].unique(), 9))
        self.dataset, self.curve, self.features = dataset, curve, features
        self.points, self.draw_number, self.accuracy = summarise(curve), 0, None
        self.backbone = choice("Backbone", list(curve["backbone"].unique()), "200px")
        parts = [("the head: frozen features", FROZEN), ("the whole network", TRAINED)]
        parts = parts if (curve["training"] != FROZEN).any() else parts[:1]
        self.training = control(ToggleButtons, "What is trained", "auto", options=parts)
        self.training.style.button_width = "auto"
        counts = list(curve["per_class"].unique())
        self.per_class = choice("Labelled images per class", counts, "180px")
        self.again = button("Draw other images", "refresh")
        controls = row(self.backbone, self.training, self.per_class, self.again)
        self.fill(controls, self.status, self.picture, self.details)
        self.answer(self._draw, self.backbone, self.training, self.per_class)
        self.answer(self._draw_again, self.again)
        self._draw()

    @property
    def point(self) -> tuple[str, str, str]:
        """backbone, training and per_class as the study names them."""
        trained = "from scratch" if self.backbone.value == "random" else "fine-tuned"
        training = FROZEN if self.training.value == FROZEN else trained
        return self.backbone.value, training, self.per_class.value

    def _draw_again(self) -> None:
        self.draw_number += 1
        self._draw()

    def _draw(self) -> None:
        point, said = self.point, [self._describe_study()]
        self.again.disabled = point[1] != FROZEN or point[0] not in self.features
        self.accuracy = None
        if not self.again.disabled:
            said.append(self._train_head())
        live = None if self.accuracy is None else (point[2], self.accuracy)
        self.picture.value = draw(self.curve, point, live)
        self.details.value = " ".join(said)

    def _describe_study(self) -> str:
        if self.point not in self.points.index:
            return f"<b>{safe(', '.join(self.point[:2]))}</b> was not measured: it takes long."
        found = self.points.loc[self.point]
        around = "" if pd.isna(found["half"]) else f" ± {found['half']:.2f}"
        name = safe(", ".join(self.point[:2]))
        return f"<b>{name}</b>: {found['mean']:.2f}{around} over {found['seeds']:.0f} repeats."

    def _train_head(self) -> str:
        from helpers.transfer import limit_images, score_head

        started = time.perf_counter()
        chosen = limit_images(self.dataset, self.point[2], self.draw_number)
        right = score_head(chosen, self.features[self.point[0]])
        seconds = time.perf_counter() - started
        interval = accuracy_interval(right, self.dataset.groups[right.index])
        self.accuracy = interval.accuracy
        images = len(chosen.part("train"))
        told = f"{seconds:.2f} s on {images:,} images (draw {self.draw_number + 1})"
        return f"A head trained just now, in {told}: {interval!r}."


@styled
def draw(curve: pd.DataFrame, point: tuple[str, str, str], live: tuple[str, float] | None) -> str:
    """The curves with the chosen point, as an HTML image."""
    figure = Figure(figsize=(8.6, 4.2))
    plots.label_curve(curve, point, live, ax=figure.subplots())
    return figure_html(figure, crop=False)


def explore_transfer(
    dataset, curve: pd.DataFrame, features: dict[str, pd.DataFrame] | None = None
) -> TransferExplorer:
    """Return a widget on what labels are worth; leave it on a cell's last line to show it.

    Parameters
    ----------
    dataset : Dataset
        With labels and a split: heads are trained on its training images, live.
    curve : pd.DataFrame
        backbone, training, per_class, seed, accuracy: ``read_study("transfer")``, or what
        `helpers.transfer.head_curve` measured.
    features : dict of backbone to DataFrame by image_id, optional
        Embeddings, for the backbones whose frozen heads are to be trained live.
    """
    return TransferExplorer(dataset, curve, features or {})

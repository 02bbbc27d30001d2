"""One photo, one class, one method, one layer: what speaks for the answer?"""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

import numpy as np
import pandas as pd
from PIL import Image

from helpers.datasets import Dataset, DatasetError
from helpers.explain import explain, find_layers
from helpers.explain.heatmaps import Heatmaps, as_tensor, shown, subject_masks
from helpers.explain.looking import did_it_look
from helpers.explain.methods import CONTROLS, METHODS
from helpers.panels.panel import Panel, choice, row
from helpers.panels.text import named, plain, safe
from helpers.plots.explaining import overlaid

SHOWN = 280
"""Side of the pictures on the screen, in pixels."""
ANSWER = "its answer"
LAST, NEXT = "the last", "runner-up"
MOST = 12


class ExplanationExplorer(Panel):
    """The widget that `explore_explanations` returns.

    Attributes
    ----------
    label, image, target, rival, method, layer : Dropdown
        A class and one of its images; the class that is explained, and rather than which; the
        method; for Grad-CAM the layer.
    picture, details : ipywidgets.HTML
        The photo beside its heatmap, and in words what was asked and found.
    shown : Heatmaps
        What is on show.
    """

    def __init__(self, learner, dataset: Dataset):
        ids, pictures = shown(learner, dataset)
        super().__init__(f"Explanation explorer: {len(ids):,} images")
        self.learner, self.dataset, self.known = learner, dataset, {}
        rows = dataset.images.loc[ids]
        self.labels = rows["label"].astype("object").fillna("no label").astype("str")
        self.label = choice("Class", sorted(self.labels.unique()), "180px")
        self.image = choice("Image", self._of_class(), "260px")
        classes = [(plain(named(one)), one) for one in learner.dls.vocab]
        self.target = choice("What speaks for", [(ANSWER, "prediction"), *classes], "180px")
        kinds = [("nothing else", ""), ("the next likely", NEXT), *classes]
        self.rival = choice("Rather than", kinds, "180px")
        self.method = choice("Method", [*METHODS, *CONTROLS], "180px")
        layers = find_layers(learner.model, as_tensor(pictures[:1], learner))
        sizes = layers[["height", "width"]].astype("str").agg(" × ".join, axis=1)
        last = layers[~layers[["height", "width"]].duplicated(keep="last")]
        offered = [(f"{name.split('.')[-1]}, {sizes[name]}", name) for name in last.index[-MOST:]]
        self.layer = choice("Layer", [(LAST, ""), *offered], "180px")
        self.picture.add_class("sides")
        controls = (
            row(self.label, self.image),
            row(self.target, self.rival, self.method, self.layer),
        )
        self.fill(*controls, self.status, self.picture, self.details)
        self.answer(self._choose, self.label)
        self.answer(self._draw, self.image, self.target, self.rival, self.method, self.layer)
        self._draw()

    def show(self, image_id: str) -> None:
        """Explain this image, as if it had been chosen from the lists."""
        self._act(lambda: self._show(image_id))

    def _show(self, image_id: str) -> None:
        if image_id not in self.labels:
            self.say(f"{plain(image_id)} is not among the {len(self.labels):,} images to choose "
                     "from here.", "notice")  # fmt: skip
            return
        self.label.value = self.labels[image_id]
        self.image.options = self._of_class()
        self.image.value = image_id
        self._draw()

    def _of_class(self) -> list[str]:
        return sorted(self.labels.index[self.labels == self.label.value])

    def _choose(self) -> None:
        self.image.options = self._of_class()
        self._draw()

    def _draw(self) -> None:
        self.layer.disabled = self.method.value != "grad-cam"
        layer = None if self.layer.disabled else self.layer.value or None
        rival = self.rival.value or None
        key = self.image.value, self.target.value, rival, self.method.value, layer
        if key not in self.known:
            self.known[key] = self._explain(*key)
        self.shown, self.picture.value, self.details.value = self.known[key]

    def _explain(self, image_id: str, target: str, rival: str | None, method: str, layer) -> tuple:
        one = self.dataset.with_images(self.dataset.images.loc[[image_id]])
        found = explain(self.learner, one, method, target, rival, layer)
        label, aim = self.labels[image_id], safe(named(found.targets.iloc[0]))
        if rival is not None:
            aim += f" rather than {safe(named(found.rivals.iloc[0]))}"
        photo, heat = found.pictures[0], found.maps[0]
        pictures = _figure("the photo", photo, f"is {safe(named(label))}")
        colours = np.rint(255 * overlaid(photo, heat).clip(0, 1)).astype(np.uint8)
        pictures += _figure(method, colours, f"what speaks for {aim}")
        layer = found.layer.split(".")[-1]  # as the list of layers names it
        said = f"<b>{safe(method)}</b>" + (f" at layer {safe(layer)}" if layer else "")
        if rival is not None and found.rivals.iloc[0] == found.targets.iloc[0]:
            return found, pictures, f"{said}: a class rather than itself is no question."
        if method in CONTROLS:
            said += " is a control, which asks no network. "
        else:
            said += f": orange speaks for <b>{aim}</b>, purple against. "
        return found, pictures, said + self._look(found, one)

    def _look(self, found: Heatmaps, one: Dataset) -> str:
        try:
            masks = subject_masks(found, one, self.learner.dls.method)
        except DatasetError:
            return ""
        told = did_it_look(found.maps, masks).iloc[0]
        if pd.isna(told["share"]):
            return "Nothing speaks for it."
        return (
            f"On the subject: {told['share']:.0%} of what is orange; a map without preference "
            f"would score {told['area']:.0%}."
        )


def _figure(name: str, image: np.ndarray, said: str) -> str:
    large = Image.fromarray(image).resize((SHOWN, SHOWN), Image.Resampling.BICUBIC)
    large.save(buffer := BytesIO(), "JPEG", quality=88)
    source = f"data:image/jpeg;base64,{b64encode(buffer.getvalue()).decode()}"
    caption = f"<b>{safe(name)}</b> {said}"
    image = f'<img alt="{safe(name)}" src="{source}">'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def explore_explanations(learner, dataset: Dataset) -> ExplanationExplorer:
    """Return a widget that explains any answer by any method; leave it on a cell's last line.

    What was once asked is kept, so that going back to it takes no time.

    Parameters
    ----------
    learner : Learner
    dataset : Dataset
        The images to choose from; test images among others are passed over.
    """
    return ExplanationExplorer(learner, dataset)

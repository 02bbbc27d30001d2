"""Sliders on one image: each transform of an augmentation, live, and what a network says of it."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

import numpy as np
import torch
from ipywidgets import Checkbox, FloatSlider
from PIL import Image
from torchvision.transforms.v2 import functional

from helpers.datasets import Dataset, DatasetError
from helpers.panels.panel import Panel, choice, control, grid, row
from helpers.panels.text import safe
from helpers.training.caching import decode

SHOWN = 280
"""Side of the pictures on the screen, in pixels."""

SLIDERS = {
    "angle": (-180, 180, 5, 0),
    "zoom": (0.5, 2, 0.05, 1),
    "brightness": (0.2, 2, 0.05, 1),
    "contrast": (0.2, 2, 0.05, 1),
    "hue": (-0.5, 0.5, 0.02, 0),
    "erasing": (0, 0.7, 0.05, 0),
}
"""Lowest and highest value, step, and the value that changes nothing."""


def change(image: np.ndarray, mirror: bool = False, **amounts: float) -> np.ndarray:
    """Apply torchvision's transforms by given amounts, in the order of `SLIDERS`.

    Parameters
    ----------
    image : uint8, height × width × 3
    mirror : bool
        Left becomes right.
    **amounts
        angle (degrees, counter-clockwise), zoom (2: twice as large), brightness, contrast (1: as it
        is), hue (share of the colour circle, −0.5 to 0.5), erasing (side of a grey square in the
        middle, share of the image's).

    Returns
    -------
    uint8 of the same shape
    """
    asked = {name: amounts.get(name, plain) for name, (_, _, _, plain) in SLIDERS.items()}
    made = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)
    if mirror:
        made = functional.horizontal_flip(made)
    if asked["angle"] or asked["zoom"] != 1:
        moved = {"angle": -asked["angle"], "translate": [0, 0], "shear": [0.0, 0.0]}
        made = functional.affine(
            made, scale=asked["zoom"], interpolation=functional.InterpolationMode.BILINEAR, **moved
        )
    for name in ("brightness", "contrast", "hue"):
        if asked[name] != SLIDERS[name][3]:
            made = getattr(functional, f"adjust_{name}")(made, asked[name])
    if asked["erasing"]:
        high, wide = (round(asked["erasing"] * side) for side in made.shape[1:])
        top, left = (made.shape[1] - high) // 2, (made.shape[2] - wide) // 2
        grey = torch.full((3, 1, 1), 128, dtype=torch.uint8)
        made = functional.erase(made, top, left, high, wide, grey)
    return made.permute(1, 2, 0).numpy()


def ask(learner, image: np.ndarray) -> dict[str, float]:
    """The probability of each class that a learner gives an image of uint8, side × side × 3."""
    model = learner.model.eval()
    batch = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        found = model(batch.to(learner.dls.device)).softmax(1)[0].tolist()
    return dict(zip(learner.dls.vocab, found, strict=True))


class AugmentationExplorer(Panel):
    """The widget that `explore_augmentation` returns.

    Attributes
    ----------
    label, image : Dropdown
        A class, and one of its images.
    mirror, sliders : controls
        Mirroring, and one slider by the name of each transform.
    picture, details : ipywidgets.HTML
        The image before and after, and what the network says of both.
    changed : uint8, side × side × 3
        The image after.
    """

    def __init__(self, dataset: Dataset, learner, size: int):
        open_images = dataset.images[dataset.images["split"].ne("test").fillna(True)]
        super().__init__(f"Augmentation explorer: {len(open_images):,} images")
        self.dataset, self.learner, self.size, self.cached = dataset, learner, size, {}
        self.images = open_images["label"].astype("object").fillna("no label").astype("str")
        self.label = choice("Class", sorted(self.images.unique()), "180px")
        self.image = choice("Image", self._of_class(), "340px")
        self.mirror = control(Checkbox, "mirror", value=False, indent=False)
        look = {"continuous_update": True, "readout_format": ".2f"}
        self.sliders = {
            name: control(FloatSlider, name, min=low, max=high, step=step, value=plain, **look)
            for name, (low, high, step, plain) in SLIDERS.items()
        }
        self.picture.add_class("sides")
        controls = row(self.label, self.image, self.mirror), grid(*self.sliders.values())
        self.fill(*controls, self.status, self.picture, self.details)
        self.answer(self._choose, self.label)
        self.answer(self._draw, self.image, self.mirror, *self.sliders.values())
        self._draw()

    def _of_class(self) -> list[str]:
        return sorted(self.images.index[self.images == self.label.value])

    def _choose(self) -> None:
        self.image.options = self._of_class()
        self._draw()

    def _draw(self) -> None:
        before = self._pixels(self.image.value)
        amounts = {name: slider.value for name, slider in self.sliders.items()}
        self.changed = change(before, self.mirror.value, **amounts)
        said = [self._say(before), self._say(self.changed)]
        pictures = zip(("as it is", "changed"), (before, self.changed), said, strict=True)
        self.picture.value = "".join(_figure(name, image, text) for name, image, text in pictures)

    def _pixels(self, image_id: str) -> np.ndarray:
        if image_id not in self.cached:
            rows = self.dataset.images.loc[[image_id]]
            pixels = decode(self.dataset.with_images(rows), self.size, workers=0, progress=False)
            if image_id not in pixels.rows:
                raise DatasetError(f"{image_id!r} cannot be read; choose another image.")
            self.cached[image_id] = pixels.take([image_id])[0]
        return self.cached[image_id]

    def _say(self, image: np.ndarray) -> str:
        if self.learner is None:
            return ""
        found = sorted(ask(self.learner, image).items(), key=lambda pair: -pair[1])[:3]
        return " · ".join(f"{safe(name)} {share:.0%}" for name, share in found)


def _figure(name: str, image: np.ndarray, said: str) -> str:
    shown, buffer = (
        Image.fromarray(image).resize((SHOWN, SHOWN), Image.Resampling.BICUBIC),
        BytesIO(),
    )
    shown.save(buffer, "JPEG", quality=88)
    data = b64encode(buffer.getvalue()).decode()
    caption = f"<b>{name}</b> {said}"
    source = f"data:image/jpeg;base64,{data}"
    return f'<figure><img alt="{name}" src="{source}"><figcaption>{caption}</figcaption></figure>'


def explore_augmentation(dataset: Dataset, learner=None, size: int = 64) -> AugmentationExplorer:
    """Return sliders on an image of your choice; leave it on a cell's last line to show it.

    Parameters
    ----------
    dataset : Dataset
        Test images among others are left out.
    learner : Learner, optional
        Says below the picture what it takes it for, before and after; trained on images of `size`.
    size : int
        Side of the images, in pixels: they are shown as a network sees them.
    """
    return AugmentationExplorer(dataset, learner, size)

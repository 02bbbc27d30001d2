"""Planted scenes for the exercises of notebook 13, and plausible wrong answers to them."""

import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import nn

from helpers.datasets import Dataset

GROUNDS = {"ash": (50, 150, 50), "elm": (100, 100, 180)}
SUBJECTS = {"ash": (200, 60, 60), "elm": (200, 200, 40)}
RIVAL = {"ash": "elm", "elm": "ash"}
SIDE = 32


def make_scenes() -> dict:
    """Red things on green and yellow ones on blue, the same on the other ground, and two models:
    the first looks at the ground, the second at the thing."""
    folder, rows = Path(tempfile.mkdtemp(prefix="workbook-scenes-")), {}
    for number in range(24):
        label, rng = ["ash", "elm"][number % 2], np.random.default_rng(number)
        top, left = rng.integers(0, SIDE - 12, 2)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        mask[top : top + 12, left : left + 12] = 255
        noise = rng.normal(0, 4, (SIDE, SIDE, 3))
        for kind, ground in (("own", label), ("other", {"ash": "elm", "elm": "ash"}[label])):
            pixels = np.where(mask[..., None] > 0, SUBJECTS[label], GROUNDS[ground]) + noise
            for part, array in (("images", pixels.clip(0, 255)), ("masks", mask)):
                name = f"{number:02d}.png" + ".png" * (part == "masks")
                path = folder / kind / part / name
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(array.astype(np.uint8)).save(path)
        rows[f"{number:02d}.png"] = {"label": label, "split": "valid", "background": label}
    images = pd.DataFrame.from_dict(rows, "index").rename_axis("image_id")
    sides = {
        kind: Dataset(kind, folder / kind / "images", images, masks=folder / kind / "masks")
        for kind in ("own", "other")
    }
    return {
        "learner": make_model(ground=20.0, thing=1.0),
        "mended": make_model(ground=0.5, thing=40.0),
        "photos": sides["own"],
        "moved": sides["other"],
        "rather": {"rival": RIVAL},
        "rival": RIVAL,
    }


def make_model(ground: float, thing: float) -> SimpleNamespace:
    """Sees green, blue, red and yellow, and weighs grounds and things so."""
    colours = torch.tensor([[-1.0, 1, 0], [-1, 0, 1], [1, -1, 0], [1, 1, -1]])
    model = nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    )
    weights = torch.tensor([[ground, 0, thing, 0], [0, ground, 0, thing]])
    with torch.no_grad():
        model[0].weight.copy_(colours[:, :, None, None])
        model[0].bias.copy_(torch.tensor([0, 0, -0.2, -1.0]))
        model[4].weight.copy_(weights)
        model[4].bias.zero_()
    dls = SimpleNamespace(vocab=["ash", "elm"], device="cpu", size=SIDE, method="squish")
    return SimpleNamespace(model=model, dls=dls)


SCENES = make_scenes()


def slope(model, image, target):
    asked = image.detach().clone().requires_grad_()
    return torch.autograd.grad(model(asked[None])[0, target], asked)[0]


def path(model, image, baseline, target, steps=60):
    shares = (torch.arange(steps) + 0.5) / steps
    return sum(slope(model, baseline + s * (image - baseline), target) for s in shares) / steps


def _of_probability(model, image, baseline, target):
    way = path(lambda x: model(x).softmax(1), image, baseline, target)
    return (way * (image - baseline)).sum(0)


def _share(positive, mask):
    return positive[mask].sum() / positive.sum()


def _fall(model, images, targets, side=8):
    """Occlusion by hand."""
    maps = torch.zeros(len(images), SIDE, SIDE)
    with torch.no_grad():
        lead = model(images).gather(1, targets[:, None])[:, 0]
        for top in range(0, SIDE, side):
            for left in range(0, SIDE, side):
                painted = images.clone()
                painted[..., top : top + side, left : left + side] = 0.46
                fall = lead - model(painted).gather(1, targets[:, None])[:, 0]
                maps[:, top : top + side, left : left + side] = fall[:, None, None]
    return maps


def _mostly_flat(model, images, targets):
    maps = torch.ones(len(images), SIDE, SIDE)
    maps[:1] = _fall(model, images[:1], targets[:1])
    return maps


def _flat_for_the_mended(model, images, targets):
    ground = getattr(model, "network", model)[4].weight[0, 0] > 1
    return _fall(model, images, targets) if ground else torch.ones(len(images), SIDE, SIDE)


WRONG_13 = {
    "13.1": [
        (lambda model: 1, "raised", "TypeError"),
        (lambda m, i, b, t: 0.5, "form", "shape ()"),
        (lambda m, i, b, t: path(m, i, b, t) * (i - b), "colours", "three colours"),
        (lambda m, i, b, t: (slope(m, i, t) * (i - b)).sum(0), "end", "saturated"),
        (lambda m, i, b, t: path(m, i, b, t).sum(0), "no_difference", "picture minus baseline"),
        (lambda m, i, b, t: slope(m, i, t).sum(0), "only_slope", "at the picture alone"),
        (lambda m, i, b, t: (path(m, i, 0 * b, t) * i).sum(0), "from_black", "from black"),
        (lambda m, i, b, t: (path(m, i, b, t) * (i - b)).abs().sum(0), "magnitude", "positive"),
        (_of_probability, "probability", "before any softmax"),
        (lambda m, i, b, t: torch.ones(8, 8), "other", "+64.00"),
        (0.7, "malformed", "a function"),
    ],
    "13.2": [
        (lambda heat: 1, "raised", "TypeError"),
        (lambda heat, mask: _share(np.maximum(heat, 0), ~mask), "outside", "outside the mask"),
        (lambda heat, mask: _share(np.abs(heat), mask), "absolute", "*against*"),
        (lambda heat, mask: _share(heat, mask), "signed", "above 1"),
        (lambda heat, mask: _share((heat > 0).astype(float), mask), "pixels", "its value"),
        (lambda heat, mask: mask.mean(), "area", "size of the subject"),
        (lambda heat, mask: np.maximum(heat, 0)[mask].mean(), "of_subject", "pixels of the"),
        (lambda heat, mask: np.maximum(heat, 0)[mask].sum(), "sum", "own unit"),
        (
            lambda heat, mask: _share(np.maximum(heat, 0), mask) if heat.max() > 0 else 1.0,
            "nothing",
            "return 0",
        ),
        (lambda heat, mask: 0.123, "other", "0.123; expected"),
        (0.7, "malformed", "a function"),
    ],
    "13.3": [
        ("The network", "the network", "would have changed"),
        ("the disease", "the disease", "knows no disease"),
        ("the lungs", "malformed", "the picture"),
    ],
    "13.4": [
        (lambda model: 1, "raised", "TypeError"),
        (lambda model, images, targets: images, "raised", "one per pixel"),
        (lambda model, images, targets: -torch.ones(len(images), SIDE, SIDE), "silent", "sign"),
        (lambda model, images, targets: images.mean(1), "reversed", "depend on the model"),
        (lambda model, images, targets: -_fall(model, images, targets), "silent", "sign"),
        (_mostly_flat, "no_better", "luck"),
        (_flat_for_the_mended, "off_subject", "sees nothing"),
        (0.7, "malformed", "a function"),
    ],
}
NEEDS_13 = {"13.4": ["learner", "mended", "photos", "moved", "rival"]}
UNMEASURED_13 = {"13.4": [(_fall, "unmeasured", "photos=photos", [])]}

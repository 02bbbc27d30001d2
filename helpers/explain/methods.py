"""How much each pixel speaks for an answer, by several methods (captum) and two controls.

`explain`, which asks them about the images of a dataset, is in `heatmaps`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import IntegratedGradients, LayerGradCam, Occlusion
from torch import nn

from helpers.datasets.words import some, suggestion
from helpers.explain.layers import at_rest, last_layer
from helpers.training.decoding import PADDING

GREY = tuple(value / 255 for value in PADDING)
"""What a pixel is replaced by: the mean colour of photos, which says nothing special."""
WINDOW, STEPS, BATCH, BLOB = 6, 24, 16, 0.4
"""Occlusion's square is a sixth of the picture wide, and is moved by three quarters of that;
integrated gradients take 24 steps; so many pictures are explained at once. The blob's spread is
two fifths of the way from the middle to the edge."""


def attribute(
    model: nn.Module, images: torch.Tensor, targets: torch.Tensor, method: str | Callable,
    layer: str | None = None, baseline: torch.Tensor | None = None, seed: int = 0,
    rivals: torch.Tensor | None = None,
) -> np.ndarray:  # fmt: skip
    """How much each pixel speaks for (or, below 0, against) a class.

    Parameters
    ----------
    model : Module
        Images → logits. It comes out as it went in, without hooks.
    images : float tensor of 0 to 1, images × 3 × height × width
    targets : int tensor
        The class that is explained, of each image.
    method : str or callable
        - "grad-cam" (Selvaraju et al., 2017): the maps of a layer, each weighted by the mean slope
          of the logit towards it, summed, what is below 0 cut off, enlarged to the picture;
        - "occlusion" (Zeiler and Fergus, 2014): how far the logit falls when a square is painted
          over, the mean over all squares that cover a pixel;
        - "integrated gradients" (Sundararajan et al., 2017): slope times difference from the
          baseline along the way from there to the picture, summed over colours; the sum over the
          picture is what the logit differs from the baseline's;
        - the controls, which ask no network: "random" (smooth noise), "centre" (the same blob in
          the middle of every picture) and "edges" (the picture's own);
        - or a function of (model, images, targets) that returns images × height × width.
    layer : str, optional
        For Grad-CAM, a name of ``model.named_modules()``; by default see `last_layer`.
    baseline : float tensor, 3 × 1 × 1 or 3 × height × width, optional
        What occluded pixels become, and where integrated gradients begin; by default the grey of
        `GREY`.
    seed : int
        Of "random".
    rivals : int tensor, optional
        The class that each target is held against: what is explained is then by how much the logit
        is above the rival's, not the logit alone.

    Returns
    -------
    float32 array, images × height × width

    Raises
    ------
    ValueError
        An unknown method or layer, or a layer without maps.
    """
    known = METHODS | CONTROLS
    if not callable(method) and method not in known:
        raise ValueError(
            f"There is no method {method!r}; expected {some(known)}, or a function"
            f"{suggestion(method, known)}."
        )
    if method == "grad-cam":
        layer = layer or last_layer(model, images)[0]
        if layer not in dict(model.named_modules()):
            near = suggestion(layer, [name for name, _ in model.named_modules()])
            raise ValueError(f"The network has no layer {layer!r}{near}; see find_layers(…).")
    if baseline is None:
        baseline = torch.tensor(GREY).view(3, 1, 1)
    baseline = baseline.to(images)
    ask = method if callable(method) else known[method]
    if rivals is not None:
        with at_rest(model), torch.no_grad():
            classes = model(images[:1]).shape[1]
        model, targets = Contrast(model), targets * classes + rivals
        layer = layer and f"network.{layer}"
    found = []
    with at_rest(model):
        for at in range(0, len(images), BATCH):
            part = images[at : at + BATCH].detach().as_subclass(torch.Tensor).contiguous()
            aims = targets[at : at + BATCH]
            if callable(method):
                maps = ask(model, part, aims)
            else:
                own = {"layer": layer, "baseline": baseline.expand_as(part), "seed": (seed, at)}
                maps = ask(model, part, aims, **own)
            maps = maps.detach().cpu().numpy() if isinstance(maps, torch.Tensor) else maps
            maps = np.asarray(maps, np.float32)
            if maps.shape != (len(part), *part.shape[-2:]):
                raise ValueError(
                    f"The method returned values of shape {maps.shape} for {len(part)} images of "
                    f"{part.shape[-2]} × {part.shape[-1]} pixels; expected one per pixel."
                )
            found.append(maps)
    return np.concatenate(found)


def answer(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Logits (images × classes), asked of so many images at a time as are explained at a time:
    what the layers hold in between takes no more memory for more images."""
    with at_rest(model), torch.no_grad():
        return torch.cat([model(part) for part in images.split(BATCH)])


def _grad_cam(model, images, targets, layer, **_):
    maps = LayerGradCam(model, model.get_submodule(layer)).attribute(images, targets)
    if not isinstance(maps, torch.Tensor) or maps.ndim != 4:
        raise ValueError(f"The layer {layer!r} gives no maps; choose one of find_layers(…).")
    size = images.shape[-2:]
    return F.interpolate(F.relu(maps), size, mode="bilinear", align_corners=False)[:, 0]


@torch.no_grad()
def _occlude(model, images, targets, baseline, **_):
    side = max(1, min(images.shape[-2:]) // WINDOW)
    step = max(1, side * 3 // 4)
    return Occlusion(model).attribute(
        images, (3, side, side), (3, step, step), baseline, targets, perturbations_per_eval=8
    )[:, 0]


def _integrate(model, images, targets, baseline, **_):
    return (
        IntegratedGradients(model)
        .attribute(images, baseline, targets, n_steps=STEPS, internal_batch_size=4 * BATCH)
        .sum(1)
    )


def _draw_noise(model, images, targets, seed, **_):
    rng = np.random.default_rng(seed)
    noise = torch.from_numpy(rng.random((len(images), 1, WINDOW, WINDOW), np.float32))
    return F.interpolate(noise, images.shape[-2:], mode="bilinear", align_corners=False)[:, 0]


def _mark_centre(model, images, targets, **_):
    across, down = (torch.linspace(-1, 1, side) for side in images.shape[-2:])
    blob = torch.exp(-(across[:, None] ** 2 + down**2) / (2 * BLOB**2))
    return blob.expand(len(images), -1, -1)


def _find_edges(model, images, targets, **_):
    grey = F.pad(images.mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
    slope = torch.tensor([[[[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]]]).to(grey)
    return torch.hypot(F.conv2d(grey, slope), F.conv2d(grey, slope.mT))[:, 0]


class Contrast(nn.Module):
    """A network that answers with all differences of two logits: class × classes + rival."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits = self.network(x)
        return (logits[:, :, None] - logits[:, None, :]).flatten(1)


METHODS = {"grad-cam": _grad_cam, "occlusion": _occlude, "integrated gradients": _integrate}
CONTROLS = {"random": _draw_noise, "centre": _mark_centre, "edges": _find_edges}

"""Augmentation of whole batches: one resampling and one change of colour for all images at once."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from fastai.data.transforms import DisplayedTransform
from fastai.vision.core import TensorImage


class Augment(DisplayedTransform):
    """Random changes of training images, each image its own; a fastai batch transform.

    Does in two steps over the whole batch what a chain of transforms does in many: every geometric
    change goes into one affine map and one resampling, every change of light and colour into one
    3 × 3 matrix per image. Use it like fastai's own: ``build_dataloaders(…, augment=[Augment()])``,
    alone or among others.

    Parameters
    ----------
    flip, flip_vertical : bool
        Mirror left and right (up and down) with probability 1/2.
    rotate : float
        Up to this many degrees either way.
    zoom : float
        Up to this share larger or smaller, e.g. 0.1.
    stretch : float
        Width against height, up to this share.
    shift : float
        Up to this share of the side, either way.
    light, contrast, colour : float
        Brightness, contrast and saturation, up to this share more or less.
    """

    split_idx, order = 0, 30

    def __init__(
        self,
        flip: bool = True,
        flip_vertical: bool = False,
        rotate: float = 10.0,
        zoom: float = 0.1,
        stretch: float = 0.1,
        shift: float = 0.05,
        light: float = 0.15,
        contrast: float = 0.15,
        colour: float = 0.15,
    ):
        super().__init__()
        self.flip, self.flip_vertical = flip, flip_vertical
        self.rotate, self.zoom, self.stretch, self.shift = rotate, zoom, stretch, shift
        self.light, self.contrast, self.colour = light, contrast, colour

    def encodes(self, x: TensorImage):
        images = self._change_colours(self._move(x.as_subclass(torch.Tensor)))
        return images.clamp_(0, 1).as_subclass(TensorImage)

    def _move(self, x: torch.Tensor) -> torch.Tensor:
        n = len(x)
        angle = _spread(n, math.radians(self.rotate))
        scale, aspect = _spread(n, self.zoom).exp(), (_spread(n, self.stretch) / 2).exp()
        mirror = 1 - 2 * _coins(n, self.flip), 1 - 2 * _coins(n, self.flip_vertical)
        cos, sin = angle.cos() * scale, angle.sin() * scale
        theta = torch.stack(
            [
                torch.stack(
                    [cos * aspect * mirror[0], -sin * aspect, _spread(n, 2 * self.shift)], 1
                ),
                torch.stack(
                    [sin / aspect, cos / aspect * mirror[1], _spread(n, 2 * self.shift)], 1
                ),
            ],
            1,
        )
        grid = F.affine_grid(theta.to(x.device), list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)

    def _change_colours(self, x: torch.Tensor) -> torch.Tensor:
        n, grey = len(x), torch.tensor([0.299, 0.587, 0.114])
        saturation = _spread(n, self.colour).exp()[:, None, None]
        contrast = _spread(n, self.contrast).exp()[:, None, None]
        light = _spread(n, self.light)[:, None, None]
        matrix = contrast * (saturation * torch.eye(3) + (1 - saturation) * grey.expand(3, 3))
        offset = (0.5 * (1 - contrast) + light / 2).expand(n, 3, 1)
        flat = torch.baddbmm(offset.to(x.device), matrix.to(x.device), x.flatten(2))
        return flat.view(x.shape)


def _spread(n: int, most: float) -> torch.Tensor:
    return (2 * torch.rand(n) - 1) * most


def _coins(n: int, wanted: bool) -> torch.Tensor:
    return torch.randint(2, (n,)).float() * wanted

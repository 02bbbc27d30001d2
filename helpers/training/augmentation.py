"""Augmentation of whole batches: one resampling and one change of colour for all images at once."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from fastai.basics import store_attr
from fastai.data.transforms import DisplayedTransform
from fastai.vision.core import TensorImage

GREY = (0.299, 0.587, 0.114)


class Augment(DisplayedTransform):
    """Random changes of training images, each image its own; a fastai batch transform.

    Every geometric change goes into one affine map and one resampling, every change of light and
    colour into one 3 × 3 matrix per image, where a chain of transforms goes over the batch again
    and again. Use it like fastai's own, alone or among others:
    ``build_dataloaders(…, augment=[Augment()])``.

    Parameters
    ----------
    flip, flip_vertical : bool
        Mirror left and right (up and down) with probability 1/2.
    turn : bool
        Turn by 0, 90, 180 or 270 degrees, for pictures that have no up and down. Like mirroring it
        moves pixels and blurs nothing, as every angle between does.
    rotate : float
        Up to this many degrees either way.
    zoom, stretch : float
        Size, and width against height, up to this share more or less, e.g. 0.1.
    shift : float
        Up to this share of the side, either way.
    light, contrast, colour : float
        Brightness, contrast and saturation, up to this share more or less.
    """

    split_idx, order = 0, 30

    def __init__(
        self, flip=True, flip_vertical=False, turn=False, rotate=10.0, zoom=0.1, stretch=0.1,
        shift=0.05, light=0.15, contrast=0.15, colour=0.15,
    ):  # fmt: skip
        super().__init__()
        store_attr()

    def encodes(self, x: TensorImage):
        images = x.as_subclass(torch.Tensor).contiguous()  # resampled faster so than channels_last
        return self._recolour(self._move(images)).clamp_(0, 1).as_subclass(TensorImage)

    def _move(self, x: torch.Tensor) -> torch.Tensor:
        n = len(x)
        angle, scale = _spread(n, math.radians(self.rotate)), _spread(n, self.zoom).exp()
        angle = angle + math.pi / 2 * torch.randint(4, (n,)) * self.turn
        high = (_spread(n, self.stretch) / 2).exp()
        wide, cos, sin = 1 / high, scale * angle.cos(), scale * angle.sin()
        sideways = 1 - 2 * torch.randint(2, (n,)) * self.flip
        upright = 1 - 2 * torch.randint(2, (n,)) * self.flip_vertical
        x_row = [cos * wide * sideways, -sin * wide * upright, _spread(n, 2 * self.shift)]
        y_row = [sin * high * sideways, cos * high * upright, _spread(n, 2 * self.shift)]
        x_row, y_row = torch.stack(x_row, 1), torch.stack(y_row, 1)
        maps = torch.stack([x_row, y_row], 2)[:, :, None].to(x.device)  # image × 3 × 1 × 2
        # As F.affine_grid does, which takes three times as long.
        xs, ys = (torch.arange(1 - k, k, 2, device=x.device) / k for k in (x.shape[3], x.shape[2]))
        down, across = ys.repeat_interleave(len(xs)), xs.repeat(len(ys))
        grid = torch.addcmul(maps[:, 2] + maps[:, 0] * across[:, None], maps[:, 1], down[:, None])
        grid = grid.view(n, len(ys), len(xs), 2)
        return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)

    def _recolour(self, x: torch.Tensor) -> torch.Tensor:
        n, grey = len(x), torch.tensor(GREY).expand(3, 3)
        colour, contrast = (_spread(n, s).exp().view(n, 1, 1) for s in (self.colour, self.contrast))
        matrix = contrast * (colour * torch.eye(3) + (1 - colour) * grey)
        offset = ((1 - contrast) + _spread(n, self.light).view(n, 1, 1)) / 2
        offset = offset.expand(n, 3, 1).to(x.device)
        return torch.baddbmm(offset, matrix.to(x.device), x.flatten(2)).view(x.shape)


def _spread(n: int, most: float) -> torch.Tensor:
    return (2 * torch.rand(n) - 1) * most

"""Augmentation policies by name, made of the transforms and callbacks that libraries offer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from fastai.callback.core import Callback
from fastai.callback.mixup import CutMix, MixUp
from fastai.data.transforms import DisplayedTransform
from fastai.vision.core import TensorImage
from torch import nn
from torchvision.transforms import v2

NONE = "none"


class EachImage(DisplayedTransform):
    """Torchvision transforms as a fastai batch transform: every image gets its own random draw.

    A transform of torchvision that is given a batch draws once and changes all images alike; this
    goes through the batch image by image, in 8 bits, as torchvision advises. Training images only.

    Parameters
    ----------
    *steps : torchvision.transforms.v2 transforms
        Each takes an image of 3 × height × width, uint8, and returns one of the same shape.
    """

    split_idx, order = 0, 5  # fastai turns 8 bits into numbers from 0 to 1 at 10

    def __init__(self, *steps: nn.Module):
        super().__init__()
        self.steps = nn.Sequential(*steps)

    def encodes(self, x: TensorImage):
        return self.change(x.as_subclass(torch.Tensor)).as_subclass(TensorImage)

    def change(self, images: torch.Tensor) -> torch.Tensor:
        """Images × 3 × height × width, uint8, each changed by a draw of its own."""
        return torch.stack([self.steps(image) for image in images])


class QuarterTurn(nn.Module):
    """Turn an image by 0, 90, 180 or 270 degrees, which moves pixels and blurs nothing."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.rot90(image, int(torch.randint(4, ())), (-2, -1))


@dataclass(frozen=True)
class Policy:
    """What happens to training images.

    Attributes
    ----------
    name : str
    family : str
        What it changes: "geometry", "light and colour", "what is hidden", "two images", "several
        at random", or "nothing".
    steps : size → list of torchvision.transforms.v2 transforms
        For square images of this many pixels a side; none where callbacks do the work.
    callbacks : () → list of fastai callbacks
        Made anew for every training.
    """

    name: str
    family: str
    steps: Callable[[int], Sequence[nn.Module]] = lambda size: ()
    callbacks: Callable[[], list[Callback]] = list

    def build(self, size: int) -> tuple[list, list[Callback]]:
        """What `build_dataloaders(augment=…)` and `build_learner(cbs=…)` take."""
        steps = self.steps(size)
        return [EachImage(*steps)] if steps else [], self.callbacks()


def _turn(size: int) -> list:
    return [v2.RandomHorizontalFlip(), QuarterTurn()]


def _light(size: int) -> list:
    return [v2.ColorJitter(brightness=0.3, contrast=0.3, saturation=0.3)]


_KNOWN = [
    Policy(NONE, "nothing"),
    Policy("mirror", "geometry", lambda size: [v2.RandomHorizontalFlip()]),
    Policy("mirror and turn", "geometry", _turn),
    Policy(
        "crop and zoom",
        "geometry",
        lambda size: [v2.RandomResizedCrop(size, scale=(0.4, 1), antialias=True)],
    ),
    Policy("light", "light and colour", _light),
    Policy("hue", "light and colour", lambda size: [v2.ColorJitter(hue=0.3)]),
    Policy("erasing", "what is hidden", lambda size: [v2.RandomErasing(p=0.5, value=128)]),
    Policy("MixUp", "two images", callbacks=lambda: [MixUp(0.4)]),
    Policy("CutMix", "two images", callbacks=lambda: [CutMix(1.0)]),
    Policy("RandAugment", "several at random", lambda size: [v2.RandAugment()]),
    Policy("TrivialAugment", "several at random", lambda size: [v2.TrivialAugmentWide()]),
    Policy(
        "mirror, turn and light",
        "several at random",
        lambda size: [*_turn(size), *_light(size)],
    ),
]
POLICIES = {policy.name: policy for policy in _KNOWN}


def find_policy(policy: str | Policy) -> Policy:
    """The policy of this name; a policy of one's own is returned as it is.

    Raises
    ------
    ValueError
        No policy has this name.
    """
    if isinstance(policy, Policy):
        return policy
    if policy not in POLICIES:
        known = ", ".join(map(repr, POLICIES))
        raise ValueError(f"There is no policy {policy!r}; expected one of {known}.")
    return POLICIES[policy]


def make_policy(name: str, *steps: nn.Module, family: str = "several at random") -> Policy:
    """A policy of one's own: torchvision.transforms.v2 transforms, carried out in this order."""
    return Policy(name, family, lambda size: steps)

"""Backbones by name: the bundled one, torchvision's and timm's, each with its own normalisation."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import torch
from torch import nn

from helpers.datasets.words import some

BUNDLED = "bundled"
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225), "size": 224}
PROBE = 96
"""Side of the picture that tells how many maps there are: inception_v3 needs 75 pixels or more."""

SECONDS = 10.0
"""Longest wait for a server that does not answer."""

_HEADS, _ASIDE = {"avgpool", "classifier", "fc", "head", "heads"}, {"AuxLogits", "aux1", "aux2"}
_HALVES = {"googlenet": 224, "inception_v3": 299}
"""Networks trained on images of -1 to 1, and the side of these."""


class Body(nn.Module):
    """Images of 0 to 1 (N, 3, height, width) → feature maps (N, channels, h, w).

    Normalises by the figures the network was trained with, so that they travel with its weights.
    `size` is the side of the images it was trained with, in pixels.
    """

    def __init__(self, network: nn.Module, mean, std, size: int):
        super().__init__()
        self.network, self.size = network, size
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, x: torch.Tensor, every: bool = False) -> torch.Tensor | list[torch.Tensor]:
        """The last feature maps, or with `every` those of all stages."""
        maps = self.stages(x)
        return maps if every else maps[-1]

    def stages(self, x: torch.Tensor) -> list[torch.Tensor]:
        """The last feature maps of each resolution, from fine to coarse."""
        x = (x.as_subclass(torch.Tensor) - self.mean).div_(self.std)
        if not isinstance(self.network, nn.Sequential):
            maps = getattr(self.network, "stages", self.network)(x)
            last = getattr(self.network, "output_fmt", "NCHW") == "NHWC"
            return [one.permute(0, 3, 1, 2) for one in maps] if last else maps
        maps = [x]
        for block in self.network:
            after = block(maps[-1])
            smaller = after.shape[-1] < maps[-1].shape[-1]
            maps = [*maps, after] if smaller else [*maps[:-1], after]
        return maps[1:]


def load_body(name: str = BUNDLED, pretrained: bool = True) -> Body:
    """The backbone `name`, with weights learned on other images unless `pretrained` is off.

    Parameters
    ----------
    name : str
        "bundled", a torchvision name ("resnet18") or a timm one ("timm:resnet10t").

    Raises
    ------
    ValueError
        An unknown name (with the nearest ones), weights that cannot be had, or a network without
        feature maps.
    """
    if name == BUNDLED:
        from helpers.backbone import facts, load_backbone

        known = {key: facts()[key] for key in IMAGENET}
        return Body(load_backbone(pretrained), **known)
    import timm
    from torchvision import models

    plain, torchvisions = name.removeprefix("timm:"), models.list_models(models)
    build = _torchvision if name in torchvisions else _timm
    if build is _timm and plain.split(".")[0] not in timm.list_models():
        known = [BUNDLED, *torchvisions, *(f"timm:{model}" for model in timm.list_models())]
        near = get_close_matches(name, known) or get_close_matches(f"timm:{plain}", known)
        hint = f"did you mean {some(map(repr, near))}?" if near else f"{BUNDLED!r} is always there."
        raise ValueError(
            f"There is no backbone {name!r} among {BUNDLED!r}, {len(torchvisions)} networks of "
            f"torchvision and {len(known) - len(torchvisions) - 1:,} of timm; {hint}"
        )
    network, _, tag = plain.partition(".")
    if tag and plain not in (known := [*timm.models.get_arch_pretrained_cfgs(network)]):
        tags = some(repr(one.partition(".")[2]) for one in known)
        raise ValueError(
            f"timm has no weights {tag!r} of {network!r}: choose among {tags or 'none'}, or leave "
            "the tag out."
        )
    try:
        body = build(name, False)
        count_channels(body)
    except Exception as error:  # each network that is no pyramid of maps fails in a way of its own
        raise ValueError(
            f"{name!r} gives no feature maps of {PROBE}-pixel images, so nothing can be trained on "
            f"it here; choose a convolutional network, such as 'resnet18', or {BUNDLED!r}."
        ) from error
    return build(name, True) if pretrained else body


def count_channels(body: Body) -> list[int]:
    """How many feature maps come out of each stage of `body`."""
    with torch.no_grad():
        counts = [len(maps) for (maps,) in body.eval().stages(torch.zeros(1, 3, PROBE, PROBE))]
    body.train()
    return counts


def stored_weights(name: str) -> list:
    """Torchvision's weights of the network `name` that are on this computer, the older first."""
    from torchvision import models

    if name not in models.list_models(models):
        return []
    folder = Path(torch.hub.get_dir(), "checkpoints")
    known = models.get_model_weights(name)
    return [weights for weights in known if (folder / Path(weights.url).name).exists()]


def _torchvision(name: str, pretrained: bool) -> Body:
    from torchvision import models  # two seconds, which the bundled network does not need

    model = models.get_model(name, weights=None)
    if pretrained:
        kind = (stored_weights(name) or [models.get_model_weights(name).DEFAULT])[0]
        with _fetching(name):
            state = kind.get_state_dict(progress=False, check_hash=True, weights_only=True)
        # Old densenets were stored under names with one dot more.
        old = re.compile(r"(denselayer\d+\.\w+)\.(\d)\.")
        model.load_state_dict({old.sub(r"\1\2.", key): value for key, value in state.items()})
    blocks = nn.Sequential()
    for key, child in model.named_children():
        if key in _HEADS:
            break
        if key in _ASIDE:  # another head, amid the blocks
            continue
        parts = child.named_children() if type(child) is nn.Sequential else [("", child)]
        for number, part in parts:
            blocks.add_module(f"{key}{number}", part)
    if name in _HALVES:
        return Body(blocks, (0.5,) * 3, (0.5,) * 3, _HALVES[name])
    return Body(blocks, **IMAGENET)


def _timm(name: str, pretrained: bool) -> Body:
    import timm

    with _fetching(name):
        plain = name.removeprefix("timm:")
        model = timm.create_model(plain, pretrained=pretrained, features_only=True)
    known = model.pretrained_cfg
    return Body(model, known["mean"], known["std"], known["input_size"][-1])


@contextmanager
def _fetching(name: str) -> Iterator[None]:
    """Give up soon where no server answers, and say what can be done without one."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SECONDS)
    try:
        yield
    except Exception as error:  # torch.hub, urllib and the hub's client raise many kinds
        why = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise ValueError(
            f"The ImageNet weights of {name!r} are not on this computer and cannot be downloaded "
            f"({why}); connect once, or use backbone={BUNDLED!r}, whose weights come with the "
            "workbook, or pretrained=False."
        ) from error
    finally:
        socket.setdefaulttimeout(before)

"""Backbones by name: the bundled one, torchvision's and timm's, each with its own normalisation."""

from __future__ import annotations

import re
import socket
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import torch
import torchvision.models
from torch import nn

from helpers.datasets.words import some

BUNDLED = "bundled"
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
SECONDS = 10.0
"""Longest wait for a server that does not answer."""

_ENDS = {"avgpool", "classifier", "fc", "head", "heads", "flatten", "AuxLogits", "aux1"}


class Body(nn.Module):
    """Images of 0 to 1 (N, 3, height, width) → feature maps (N, channels, h, w).

    Normalises by the figures the network was trained with, so that they travel with its weights.
    `size` is the side it was trained at, in pixels.
    """

    def __init__(self, network: nn.Module, mean, std, size: int):
        super().__init__()
        self.network, self.size = network, size
        for name, values in (("mean", mean), ("std", std)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(self._normalise(x))

    def stages(self, x: torch.Tensor) -> list[torch.Tensor]:
        """The feature maps at each resolution, from fine to coarse."""
        x = self._normalise(x)
        if hasattr(self.network, "stages"):
            return self.network.stages(x)
        maps, before = [], x
        for block in self.network:
            after = block(before)
            if after.shape[-1] < before.shape[-1] and before is not x:
                maps.append(before)
            before = after
        return [*maps, before]

    def blocks(self) -> list[nn.Module]:
        """The parts of the network in order, those with weights."""
        return [block for block in self.network.children() if any(True for _ in block.parameters())]

    def _normalise(self, x: torch.Tensor) -> torch.Tensor:
        return (x.as_subclass(torch.Tensor) - self.mean) / self.std


class _Pyramid(nn.Module):
    """A timm network that returns its feature maps at every resolution."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.stages(x)[-1]

    def stages(self, x: torch.Tensor) -> list[torch.Tensor]:
        return self.network(x)

    def children(self) -> Iterator[nn.Module]:
        return self.network.children()


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

        known = facts()
        return Body(load_backbone(pretrained), known["mean"], known["std"], known["size"])
    if name in torchvision.models.list_models(torchvision.models):
        body = Body(_torchvision(name, pretrained), *IMAGENET, 224)
    else:
        body = _timm(name, pretrained)
    with torch.no_grad():
        try:
            shape = body.eval()(torch.zeros(1, 3, 64, 64)).shape
        except Exception as error:
            raise ValueError(_unfit(name)) from error
    if len(shape) != 4:
        raise ValueError(_unfit(name))
    return body.train()


def _unfit(name: str) -> str:
    return (
        f"{name!r} gives no feature maps of 64-pixel images, so nothing can be trained on it here; "
        f"choose a convolutional network, such as 'resnet18', or {BUNDLED!r}."
    )


def _torchvision(name: str, pretrained: bool) -> nn.Module:
    model = torchvision.models.get_model(name, weights=None)
    if pretrained:
        model.load_state_dict(_torchvision_weights(name))
    blocks: OrderedDict[str, nn.Module] = OrderedDict()
    for key, child in model.named_children():
        if key in _ENDS:
            break
        inner = child.named_children() if type(child) is nn.Sequential else [("", child)]
        blocks |= {f"{key}{number}": block for number, block in inner}
    return nn.Sequential(blocks)


def _torchvision_weights(name: str) -> dict[str, torch.Tensor]:
    """ImageNet weights, those on disk first."""
    kinds = list(torchvision.models.get_model_weights(name))
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    there = [kind for kind in kinds if (folder / Path(kind.url).name).exists()]
    chosen = (there or [torchvision.models.get_model_weights(name).DEFAULT])[0]
    with _weights_of(name):
        state = chosen.get_state_dict(progress=False, check_hash=True, weights_only=True)
    # Old densenets were stored under names with one dot more.
    return {re.sub(r"(norm|relu|conv)\.(\d)\.", r"\1\2.", key): v for key, v in state.items()}


def _timm(name: str, pretrained: bool) -> Body:
    import timm

    plain = name.removeprefix("timm:")
    if plain.split(".")[0] not in timm.list_models():
        raise ValueError(_unknown(name))
    try:
        model = timm.create_model(plain, pretrained=False, features_only=True)
    except Exception as error:  # timm raises many kinds where a network has no such maps
        raise ValueError(_unfit(name)) from error
    if pretrained:
        with _weights_of(name):
            model = timm.create_model(plain, pretrained=True, features_only=True)
    known = model.pretrained_cfg if hasattr(model, "pretrained_cfg") else {}
    return Body(
        _Pyramid(model),
        known.get("mean", IMAGENET[0]),
        known.get("std", IMAGENET[1]),
        known.get("input_size", (3, 224, 224))[-1],
    )


def _unknown(name: str) -> str:
    import timm

    torchvisions = torchvision.models.list_models(torchvision.models)
    known = [BUNDLED, *torchvisions, *(f"timm:{model}" for model in timm.list_models())]
    near = get_close_matches(name, known, 3, 0.6) or get_close_matches(f"timm:{name}", known, 3)
    hint = f"did you mean {some(map(repr, near))}?" if near else f"{BUNDLED!r} is always there."
    return (
        f"There is no backbone {name!r} among {BUNDLED!r}, torchvision's {len(torchvisions)} and "
        f"timm's {len(timm.list_models()):,} networks; {hint}"
    )


@contextmanager
def _weights_of(name: str) -> Iterator[None]:
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

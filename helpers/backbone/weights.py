"""The weights of the bundled backbone: found beside this file, checked by hash, no pickle."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load as read_tensors

from helpers.backbone.network import SmallResNet

FILE = Path(__file__).with_name("bundled.safetensors")
SHA256 = "7fa9c591c0a58322046dda6a05ac5b4be680a4473ca255cf5cc4a00e41f36d80"


class BackboneError(RuntimeError):
    """The weights are missing or are not those that belong to this version."""


def load_backbone(pretrained: bool = True) -> SmallResNet:
    """Build the bundled network.

    Parameters
    ----------
    pretrained : bool
        Load the bundled weights; otherwise the weights are random, from torch's random state.

    Returns
    -------
    SmallResNet
        In training mode. Its input is normalised with the ``mean`` and ``std`` of `facts`.

    Raises
    ------
    BackboneError
        The file of weights is missing, or its SHA-256 is not the one stated here.
    """
    network = SmallResNet()
    if pretrained:
        stored = read_tensors(_read())
        network.load_state_dict({name: _widen(tensor) for name, tensor in stored.items()})
    return network


def _widen(tensor: torch.Tensor) -> torch.Tensor:
    """Weights are stored in 16 bits and computed with in 32."""
    return tensor.float() if tensor.is_floating_point() else tensor


def _read() -> bytes:
    try:
        stored = FILE.read_bytes()
    except FileNotFoundError:
        raise BackboneError(
            f"The weights of the bundled backbone, {FILE.name}, are missing from {FILE.parent}; "
            "fetch the project anew, for they are part of it."
        ) from None
    found = hashlib.sha256(stored).hexdigest()
    if found != SHA256:
        raise BackboneError(
            f"{FILE} has the SHA-256 {found[:12]}… where {SHA256[:12]}… was expected, so it is "
            "damaged or of another version; fetch the project anew."
        )
    return stored


@cache
def _facts() -> dict:
    with safe_open(FILE, "pt") as file:
        return json.loads(file.metadata()["facts"])


def facts() -> dict:
    """What travels with the weights.

    Returns
    -------
    dict
        ``mean`` and ``std``, three numbers each for red, green and blue in 0..1; ``size``, the
        side in pixels of the images it was last trained with; ``sha256`` of the file.
    """
    return {**_facts(), "sha256": SHA256}


def card() -> str:
    """The model card, Markdown: what it was trained on, how, and how well it does and does not."""
    return FILE.with_name("CARD.md").read_text(encoding="utf-8")


def sources() -> Image.Image:
    """Some of what it was trained on: two pictures side by side of each class, a row per family."""
    return Image.open(FILE.with_name("sources.jpg")).convert("RGB")

"""What has to be known about a trained model before it can be exported, and who knows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.torch_core import default_device
from safetensors.torch import save_model
from torch import nn

from helpers.datasets.words import some
from helpers.training import checkpoints, save_learner
from helpers.training.hardware import gains_from_bfloat16
from helpers.training.heads import Head
from helpers.training.learning import Classifier
from helpers.training.networks import count_channels, load_body

LEARNERS, NETWORKS = "helpers.training.load_learner", "safetensors.torch.load_model"
"""What reads the weights again."""

ROUNDED = (
    "The Learner computes in bfloat16 and the files in 32 bits, so that its own probabilities are "
    "rounded more coarsely than theirs."
)

ROUNDED_HEAD = (
    "On this computer embed gives features in bfloat16, and the files compute in 32 bits, so that "
    "the Head's own probabilities are rounded more coarsely than theirs."
)


class ModelExportError(ValueError):
    """The model cannot be exported: one sentence that says why, and what to do."""


@dataclass
class Source:
    """A network to be exported, and what has to be known about it."""

    network: nn.Module
    activation: Callable | None
    classes: list[str]
    size: int
    method: str
    levels: int | None
    save: Callable[[Path], object]
    reader: str
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None
    notes: list[str] = field(default_factory=list)


def from_learner(learner, given: dict) -> Source:
    dls, network = learner.dls, learner.model
    # torch's own losses take logits and do not say how these become probabilities.
    act = getattr(learner.loss_func, "activation", partial(torch.softmax, dim=-1))
    if not hasattr(dls, "method"):
        source = from_network(network, **{"classes": list(dls.vocab)} | given)
        source.activation = source.activation and act
        return source
    if known := [name for name in given if name in ("classes", "size", "method")]:
        raise ModelExportError(
            f"A Learner on DataLoaders of build_dataloaders knows its {some(known)}: leave "
            f"{', '.join(f'{name}=…' for name in known)} out."
        )
    classes, levels = [*map(str, dls.vocab)], dls.images.levels
    facts = network, act, classes, dls.size, dls.method, levels
    if not isinstance(network, Classifier):
        save = partial(_save_network, network, metadata(classes, dls.size, dls.method))
        return Source(*facts, save, NETWORKS, **given)
    if given:
        raise ModelExportError(f"The network normalises images itself: leave {some(given)} out.")
    return Source(
        *facts, partial(save_learner, learner), LEARNERS, notes=[ROUNDED] * network.bfloat16
    )


def from_head(head: Head, backbone: str, size=None, method="squish", **others) -> Source:
    if others:
        raise ModelExportError(f"A Head and its backbone know their {some(others)}: leave it out.")
    if size is None:
        raise ModelExportError("A Head needs size=…, that at which its features were embedded.")
    body = load_body(backbone)
    names = pd.Index(
        f"stage{stage + 1} {channel:03d}"
        for stage, channels in enumerate(count_channels(body))
        for channel in range(channels)
    )
    at = names.get_indexer(head.columns)
    if (at < 0).any():
        strange = [column for column, place in zip(head.columns, at, strict=True) if place < 0]
        raise ModelExportError(
            f"The head was trained on {some(strange)}, which the backbone {backbone!r} has not; "
            "expected features from embed, and the same backbone=…"
        )
    # Features the head was not trained on, such as those of earlier stages, count for nothing.
    every = Head(head.classes, list(names), np.zeros(len(names)), np.ones(len(names)), None)
    every.weights = np.zeros((len(names) + 1, len(head.classes)))
    every.mean[at], every.scale[at] = head.mean, head.scale
    every.weights[at], every.weights[-1] = head.weights[:-1], head.weights[-1]
    network = Classifier(body, len(head.classes))
    network.start_from(every, head.classes)
    settings = {"backbone": backbone, "pretrained": True, "dropout": 0.0}
    form = {"size": size, "method": method, "batch_size": 64}
    saved = {"classes": list(head.classes), "form": form, "settings": settings}

    def write(path: Path) -> None:
        checkpoints.write(path, saved | {"model": network.state_dict()})

    act = partial(torch.softmax, dim=-1)
    notes = [ROUNDED_HEAD] * gains_from_bfloat16(network, default_device())
    facts = network, act, list(head.classes), size, method, None
    return Source(*facts, write, LEARNERS, notes=notes)


def from_network(
    network: nn.Module, classes=None, size=None, method="squish", mean=None, std=None
) -> Source:
    needed = {"classes": classes, "size": size, "mean": mean, "std": std}
    if absent := [name for name, value in needed.items() if value is None]:
        known = getattr(network, "pretrained_cfg", None) or {}
        hint = {name: known[name] for name in ("mean", "std") if name in absent and name in known}
        hint = "".join(
            f" ({name}={value} is what timm trained it with)" for name, value in hint.items()
        )
        raise ModelExportError(
            f"A {type(network).__name__} does not say {some(absent, 9)}{hint}; give "
            f"{', '.join(f'{name}=…' for name in absent)}, as in its training."
        )
    classes = [*map(str, classes)]
    save = partial(_save_network, network, metadata(classes, size, method, mean, std))
    act = partial(torch.softmax, dim=-1)
    return Source(network, act, classes, size, method, None, save, NETWORKS, mean, std)


def metadata(classes, size, method, mean=None, std=None) -> dict[str, str]:
    facts = {"classes": classes, "size": size, "method": method, "mean": mean, "std": std}
    return {name: json.dumps(value) for name, value in facts.items()}


def _save_network(network: nn.Module, facts: dict[str, str], path: Path) -> None:
    """Weights that share memory are stored once; `safetensors.torch.load_model` knows."""
    save_model(network, str(path), metadata=facts)
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    # Safetensors writes metadata in an order that differs from run to run.
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of eight bytes
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])

"""Nested values with tensors in them as one safetensors file: nothing in it can run code."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from fastai.basics import L
from safetensors import safe_open
from safetensors.torch import save_file


def write(path: Path, value: Any) -> None:
    """Write `value` (dicts, lists, numbers, text, tensors) in one go: all of it or nothing."""
    tensors: dict[str, torch.Tensor] = {}
    tree = json.dumps(_pack(value, tensors))
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        save_file(tensors, part, {"tree": tree})
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read(path: Path) -> Any:
    """What `write` wrote."""
    with safe_open(path, "pt") as file:
        return _unpack(json.loads(file.metadata()["tree"]), file)


def _pack(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        # A copy: tensors that share memory cannot be stored, nor others than contiguous ones.
        tensors[name] = value.detach().as_subclass(torch.Tensor).cpu().contiguous().clone()
        last = value.dim() == 4 and not value.is_contiguous()
        return {"tensor": name, "channels_last": last}
    if isinstance(value, dict):  # as pairs, since the keys of an optimizer's state may be numbers
        return {"pairs": [[key, _pack(one, tensors)] for key, one in value.items()]}
    if isinstance(value, (list, tuple, L)):
        return [_pack(one, tensors) for one in value]
    return value.item() if hasattr(value, "item") else value


def _unpack(tree: Any, file) -> Any:
    if isinstance(tree, list):
        return [_unpack(one, file) for one in tree]
    if not isinstance(tree, dict):
        return tree
    if "pairs" in tree:
        return {key: _unpack(one, file) for key, one in tree["pairs"]}
    tensor = file.get_tensor(tree["tensor"])
    # Another order in memory would round sums otherwise than before.
    return tensor.to(memory_format=torch.channels_last) if tree["channels_last"] else tensor

"""A network as an ONNX file that says what it expects, checked before it is handed over."""

from __future__ import annotations

import copy
import json
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import nn

from helpers.datasets.words import count, some
from helpers.exports.model_sources import ModelExportError, Source, metadata
from helpers.training.decoding import METHODS
from helpers.training.learning import Classifier

NEEDED, CHECKER = ("onnx", "onnxscript"), "onnxruntime"
OPSET = 20
"""Read by onnxruntime from version 1.17 (February 2024) on."""

WITHIN = 1e-4
"""By how much probabilities may differ between torch and ONNX Runtime, which round otherwise."""

DESCRIPTION = (
    "images: float32, N x 3 x size x size, red, green and blue of 0 to 1, not normalised. "
    "probabilities: float32, N x classes. Classes, size and method (how a picture becomes a "
    "square) are in the metadata, as JSON."
)


class Exported(nn.Module):
    """Pictures of 0 to 1 (N, 3, size, size) → probabilities (N, classes)."""

    def __init__(self, source: Source):
        super().__init__()
        self.model, self.activation = _on_cpu(source.network), source.activation
        for name in ("mean", "std"):
            value = getattr(source, name)
            value = None if value is None else torch.tensor(value, dtype=torch.float32)
            self.register_buffer(name, value if value is None else value.view(1, 3, 1, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if self.mean is not None:
            images = (images - self.mean) / self.std
        found = self.model(_Plain(images) if isinstance(self.model, Classifier) else images)
        return self.activation(found) if self.activation else found


class _Plain:
    """What a backbone of ours asks of images before all else, which torch.export cannot follow."""

    def __init__(self, images: torch.Tensor):
        self.images, self.device = images, images.device

    def as_subclass(self, kind: type) -> torch.Tensor:
        return self.images


def require_packages() -> None:
    if absent := [name for name in NEEDED if find_spec(name) is None]:
        raise ModelExportError(
            f"To write ONNX, torch needs packages that are not installed here ({some(absent)}): "
            f"pip install {' '.join(absent)}"
        )


def _on_cpu(network: nn.Module) -> nn.Module:
    network = copy.deepcopy(network).cpu().float().eval()
    if isinstance(network, Classifier):
        network.bfloat16 = False
    return network


def finish(source: Source) -> Exported:
    """The network that is exported; raises ModelExportError where it does not fit what is said."""
    if source.method not in METHODS or not 8 <= source.size <= 1024:
        raise ModelExportError(
            f"Pictures cannot be brought to size={source.size!r} by method={source.method!r}; "
            f"expected 8 to 1,024 pixels and one of {some(METHODS)}."
        )
    if len({*source.classes}) < len(source.classes) or not source.classes:
        raise ModelExportError(f"Of classes, each needs a name of its own: {source.classes}.")
    network = Exported(source).eval()
    activation, network.activation = network.activation, None
    with torch.no_grad():
        found = network(_noise(source.size))
    if not torch.is_tensor(found) or found.shape != (2, len(source.classes)):
        shape = tuple(found.shape) if torch.is_tensor(found) else type(found).__name__
        raise ModelExportError(
            f"Two pictures give {shape} where {(2, len(source.classes))} was expected, a number "
            f"for each of {count(source.classes, 'class')}: {some(source.classes)}."
        )
    if not isinstance(source.network, Classifier) and _sum_to_one(found):
        source.notes.append("The network's outputs were taken for probabilities: they sum to 1.")
        return network
    network.activation = activation
    return network


def _sum_to_one(found: torch.Tensor) -> bool:
    return bool((found >= 0).all() and ((found.sum(1) - 1).abs() < 1e-3).all())


def _noise(size: int, pictures: int = 2) -> torch.Tensor:
    return torch.rand(pictures, 3, size, size, generator=torch.Generator().manual_seed(pictures))


def write_onnx(network: Exported, source: Source, path: Path) -> None:
    import onnx

    shapes = {"images": {0: torch.export.Dim("batch")}}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                network, (_noise(source.size),), dynamo=True, dynamic_shapes=shapes,
                input_names=["images"], output_names=["probabilities"], opset_version=OPSET,
                verbose=False,
            )  # fmt: skip
    except Exception as error:  # each step of the exporter raises kinds of its own
        while error.__cause__ is not None:
            error = error.__cause__
        why = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise ModelExportError(
            f"torch {torch.__version__} cannot export this {type(source.network).__name__} to ONNX "
            f"({why}); its weights alone can be kept with safetensors.torch.save_model."
        ) from error
    proto = program.model_proto
    for part in (proto.graph, *proto.functions):
        for name in ("node", "input", "output", "value_info", "initializer"):
            for one in getattr(part, name):
                if hasattr(one, "metadata_props"):  # names in functions are plain text
                    one.ClearField("metadata_props")
                    one.ClearField("doc_string")
    facts = metadata(source.classes, source.size, source.method)
    facts = {name: facts[name] for name in ("classes", "size", "method")}
    onnx.helper.set_model_props(proto, facts | {"levels": json.dumps(source.levels)})
    proto.doc_string = DESCRIPTION
    path.write_bytes(proto.SerializeToString(deterministic=True))


def compare(network: Exported, source: Source, path: Path) -> list[str]:
    """Raise ModelExportError where the file gives other probabilities than torch; what to say."""
    if find_spec(CHECKER) is None:
        return [f"Not run before it was handed over: {CHECKER} is not installed here."]
    from helpers.exports.predict_template import Model

    session = Model(path).session
    for pictures in (1, 5):
        images = _noise(source.size, pictures)
        with torch.no_grad():
            expected = network(images).numpy()
        found = session.run(["probabilities"], {"images": images.numpy()})[0]
        if not np.abs(found - expected).max() <= WITHIN:
            raise ModelExportError(
                f"ONNX Runtime gives probabilities {np.abs(found - expected).max():.1e} off those "
                f"of torch for this {type(source.network).__name__}, more than {WITHIN}, so that "
                "nothing was exported."
            )
    return []

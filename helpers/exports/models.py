"""A trained model as files that outlive this workbook: weights, ONNX, and a program to predict.

The cleaned table and its images are written by `helpers.datasets.exporting`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from torch import nn

from helpers.datasets import Dataset
from helpers.datasets.storage import expand_home
from helpers.datasets.words import count, some
from helpers.evaluation import probabilities
from helpers.exports.model_sources import ModelExportError, from_head, from_learner, from_network
from helpers.exports.onnx_file import CHECKER, compare, finish, require_packages, write_onnx
from helpers.training.heads import Head
from helpers.training.networks import BUNDLED

WEIGHTS, NETWORK, PROGRAM = "model.safetensors", "model.onnx", "predict.py"
ALONE = (
    "What is white in pictures of 16 bits was not said (levels=dataset.levels), so that predict.py "
    "judges each of them alone."
)


@dataclass(frozen=True, repr=False)
class ExportedModel:
    """What `export_model` has written.

    Attributes
    ----------
    folder : Path
    classes : tuple of str, in the order of the probabilities
    size : int, side in pixels of the square that pictures are brought to
    method : "squish", "crop" or "pad"
    levels : int or None, what is white in pictures of 16 bits; None, each is judged alone
    files : dict of name → (bytes, SHA-256)
    reader : str, the function that reads ``model.safetensors``
    notes : tuple of str
        What was concluded about the model, and what was not checked, one sentence each.
    """

    folder: Path
    classes: tuple[str, ...]
    size: int
    method: str
    levels: int | None
    files: dict[str, tuple[int, str]]
    reader: str
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        files = some((f"{name} ({size / 1e6:.1f} MB)" for name, (size, _) in self.files.items()), 9)
        facts = f"Model of {count(self.classes, 'class')} in '{self.folder}': {files}."
        return " ".join([facts, *self.notes])


class Agreement(NamedTuple):
    """How far ``predict.py`` and the model that it was made from agree."""

    images: int
    other_class: int
    largest: float

    def __repr__(self) -> str:
        return (
            f"{count(self.images, 'image')}, another class on {self.other_class:,}, "
            f"probabilities at most {self.largest:.1e} apart"
        )


def export_model(
    model, folder: str | os.PathLike, *, classes: Sequence[str] | None = None,
    size: int | None = None, method: str | None = None, mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None, levels: int | None = None, backbone: str | None = None,
    replace: bool = False,
) -> ExportedModel:  # fmt: skip
    """Write a trained model as ``model.safetensors``, ``model.onnx`` and ``predict.py``.

    ``python predict.py photo.jpg`` needs onnxruntime, Pillow and numpy only, and reads and resizes
    pictures as the training did. The ONNX file takes ``images`` (float32, N × 3 × size × size, 0 to
    1, not normalised), gives ``probabilities`` (N × classes), and has the classes, the size and how
    pictures become squares in its metadata. No file runs code when it is loaded, and none holds a
    path of this computer.

    Parameters
    ----------
    model : Learner, Head or torch module
        A Learner from `build_learner` or `load_learner` knows all the rest. A Head from
        `train_head` needs the `size` that its features were embedded at, and `backbone` and
        `method` where they were not the default. Any other network that takes normalised images (N,
        3, size, size) and gives logits or probabilities, such as one of torchvision or timm, needs
        `classes`, `size`, `mean` and `std`; a Learner of fastai's own all but the classes.
    folder : str or Path
        Made where it is not there.
    classes : list of str, optional
    size : int, optional
        Side of the square that pictures are brought to, in pixels.
    method : "squish", "crop" or "pad", optional
        How a picture becomes a square; "squish" where nothing says otherwise.
    mean, std : three numbers each, optional
        For red, green and blue of 0 to 1; part of the network where it is one of ours.
    levels : int, optional
        What is white in pictures of 16 bits (`Dataset.levels`); by default what a Learner was
        trained with, else each picture is judged alone.
    backbone : str, optional
        Of a Head: what its features come from.
    replace : bool
        Write over files of these three names in `folder`.

    Returns
    -------
    ExportedModel
        A Learner's or a Head's ``model.safetensors`` is read by `helpers.training.load_learner`,
        that of another network by ``safetensors.torch.load_model(network, file)``.

    Raises
    ------
    ModelExportError
        A fact about the model or a package is missing, files are there already, torch cannot export
        the network, or ONNX Runtime finds other probabilities than torch. Nothing is written then.

    Notes
    -----
    Torch's maintained exporter is used (``dynamo=True``), which needs onnx and onnxscript; the
    older one needs neither, and is deprecated. What the file would tell of the source code of the
    network, with paths, is taken out. Networks are computed in 32 bits: a Learner that computes in
    bfloat16 rounds its own probabilities more coarsely.

    Examples
    --------
    >>> export_model(learner, "model")  # doctest: +SKIP
    >>> export_model(head, "model", size=64)  # doctest: +SKIP
    >>> export_model(network, "model", classes=["cat", "dog"], size=224,
    ...              mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))  # doctest: +SKIP
    """
    require_packages()
    folder = expand_home(folder)
    there = [name for name in (WEIGHTS, NETWORK, PROGRAM) if (folder / name).exists()]
    if there and not replace:
        raise ModelExportError(
            f"'{folder}' holds {some(there)} already; choose another folder, or replace=True."
        )
    given = {"classes": classes, "size": size, "method": method, "mean": mean, "std": std}
    given = {name: value for name, value in given.items() if value is not None}
    if isinstance(model, Head):
        source = from_head(model, backbone or BUNDLED, **given)
    elif backbone is not None:
        raise ModelExportError("Only a Head needs a backbone; leave backbone=… out.")
    elif hasattr(model, "dls") and hasattr(model, "model"):
        source = from_learner(model, given)
    elif isinstance(model, nn.Module):
        source = from_network(model, **given)
    else:
        raise ModelExportError(
            f"A {type(model).__name__} is no model that can be exported; expected a Learner, a "
            "Head from train_head, or a torch module."
        )
    source.levels = levels or source.levels
    if source.levels is None:
        source.notes.append(ALONE)
    network = finish(source)
    with _written_to(folder) as part:
        source.save(part / WEIGHTS)
        write_onnx(network, source, part / NETWORK)
        source.notes += compare(network, source, part / NETWORK)
        shutil.copyfile(Path(__file__).with_name("predict_template.py"), part / PROGRAM)
        files = {name: _facts_of(part / name) for name in (WEIGHTS, NETWORK, PROGRAM)}
    facts = tuple(source.classes), source.size, source.method, source.levels
    return ExportedModel(folder, *facts, files, source.reader, tuple(source.notes))


def check_export(
    folder: str | os.PathLike, predictions: pd.DataFrame, dataset: Dataset, images: int = 1000,
    seed: int = 0,
) -> Agreement:  # fmt: skip
    """Predict with what ``predict.py`` does, from the files themselves, and compare.

    Parameters
    ----------
    folder : str or Path
        From `export_model`.
    predictions : DataFrame from `helpers.training.predict`, or one with its columns
        Of a Learner with ``learner.model.bfloat16 = False`` where only the files are in question.
    dataset : Dataset
        Has the images.
    images : int
        At most so many, drawn at random.
    seed : int
        Of the drawing.

    Returns
    -------
    Agreement
        images, other_class (how many get another most probable class), largest (difference of any
        probability, 0 to 1).

    Raises
    ------
    ModelExportError
        onnxruntime is not installed, there are no images, or classes differ.
    """
    if find_spec(CHECKER) is None:
        raise ModelExportError(f"Predicting with ONNX needs a package: pip install {CHECKER}.")
    from helpers.exports.predict_template import Model

    model, expected = Model(Path(folder) / NETWORK), probabilities(predictions)
    if set(model.classes) != set(expected.columns) or expected.empty:
        raise ModelExportError(
            f"The model tells {some(model.classes)} apart, the table has {len(expected):,} "
            f"predictions of {some(expected.columns) or 'nothing'}; expected the same classes."
        )
    expected = expected.sample(min(images, len(expected)), random_state=seed)[model.classes]
    batches = np.array_split(np.arange(len(expected)), -(-len(expected) // 32))
    found = np.concatenate(
        [model.predict([model.read(dataset.path(expected.index[i])) for i in b]) for b in batches]
    )
    values = expected.to_numpy()
    other = int((found.argmax(1) != values.argmax(1)).sum())
    return Agreement(len(values), other, float(np.abs(found - values).max()))


def _facts_of(path: Path) -> tuple[int, str]:
    return path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def _written_to(folder: Path) -> Iterator[Path]:
    """A new folder whose files are moved to `folder` once all of them are there."""
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".model-", dir=folder) as part:
            yield Path(part)
            for file in sorted(Path(part).iterdir()):
                os.replace(file, folder / file.name)
    except OSError as error:
        raise ModelExportError(
            f"'{folder}' cannot be written ({error.strerror or error}); choose a folder where you "
            "may write and that has room."
        ) from error
    finally:
        if new and folder.exists() and not any(folder.iterdir()):
            folder.rmdir()

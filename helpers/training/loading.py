"""fastai DataLoaders whose images were decoded beforehand and come as whole batches."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.data.core import DataLoaders, Datasets, TfmdDL
from fastai.data.transforms import Categorize, IntToFloatTensor, Transform
from fastai.torch_core import TensorCategory, default_device
from fastai.vision.core import TensorImage
from PIL import Image

from helpers.datasets import Dataset, DatasetError, read_rgb
from helpers.datasets.words import count, some
from helpers.training.caching import Pixels, decode
from helpers.training.decoding import fit


class ReadImage(Transform):
    """An image id of the dataset, a path, a PIL image or an array → TensorImage, uint8, 3 × size ×
    size."""

    input_types = (str, Path, Image.Image, np.ndarray)

    def __init__(self, pixels: Pixels, size: int, method: str):
        super().__init__()
        self.pixels, self.size, self.method = pixels, size, method

    def encodes(self, item):
        if isinstance(item, str) and item in self.pixels.rows:
            array = self.pixels.take([item])[0]
        else:
            image = item if isinstance(item, Image.Image) else None
            image = Image.fromarray(item) if isinstance(item, np.ndarray) else image
            image = read_rgb(item, self.size) if image is None else image.convert("RGB")
            array = fit(image, self.size, self.method)
        return TensorImage(torch.from_numpy(array.copy()).permute(2, 0, 1))


class ReadLabel(Transform):
    """An image id → its label."""

    input_types = (str, Path, Image.Image, np.ndarray)

    def __init__(self, labels: dict[str, str]):
        super().__init__()
        self.labels = labels

    def encodes(self, item):
        return self.labels[item]


class BatchLoader(TfmdDL):
    """fastai's DataLoader, but images decoded beforehand are gathered a batch at a time."""

    @cached_property
    def _rows(self) -> np.ndarray | None:
        """Where the pixels of each item are; None where some were not decoded beforehand."""
        known, items = self._decode.pixels.rows, self.dataset.items
        if not all(isinstance(item, str) and item in known for item in items):
            return None
        return np.array([known[item] for item in items], dtype=np.int64)

    @cached_property
    def _targets(self) -> torch.Tensor | None:
        if len(self.dataset.tls) < 2:
            return None
        labels, categorize = self.dataset.tls[1].tfms.fs
        found = [categorize.vocab.o2i[labels.labels[item]] for item in self.dataset.items]
        return torch.tensor(found, dtype=torch.int64)

    @property
    def _decode(self) -> ReadImage:
        return self.dataset.tls[0].tfms.fs[0]

    def create_batches(self, samples):
        if not isinstance(self.dataset, Datasets) or self._rows is None:
            yield from super().create_batches(samples)
            return
        for chosen in self.chunkify(samples):
            chosen = np.asarray(chosen)
            # Height × width × channels as stored is what torch calls channels_last.
            images = torch.from_numpy(self._decode.pixels.array[self._rows[chosen]])
            images = TensorImage(images.permute(0, 3, 1, 2))
            if self._targets is None:
                yield (images,)
            else:
                yield images, TensorCategory(self._targets[chosen])


def build_dataloaders(
    dataset: Dataset,
    size: int = 96,
    batch_size: int = 64,
    augment: Iterable[Callable] | None = None,
    seed: int = 0,
    method: str = "squish",
    workers: int = 2,
    device: str | torch.device | None = None,
    progress: bool = True,
) -> DataLoaders:
    """fastai DataLoaders over the train and valid rows of `dataset`.

    Images are decoded once per size and method and kept under ``dataset.work``. They come as
    TensorImage of 0 to 1, not normalised: each backbone normalises by its own figures.

    Parameters
    ----------
    dataset : Dataset
        With labels, and with splits "train" and "valid" (see `helpers.splits.split`). Test images
        are never read.
    size : int
        Side of the square that images are brought to, in pixels.
    batch_size : int
        At most this many images in a batch; batches of one epoch are as equal as can be, and no
        image is left out.
    augment : list of fastai batch transforms, optional
        Applied to training batches only, e.g. ``[Augment()]`` or fastai's ``aug_transforms()``.
    seed : int
        Of the order of the images.
    method : "squish", "crop" or "pad"
        How a picture becomes a square.
    workers : int
        Processes that decode; 0 decodes in this one.
    device : optional
        By default a GPU (CUDA or MPS) where there is one.

    Returns
    -------
    DataLoaders
        ``dls.vocab`` holds the classes, ``dls.train_ds.items`` the image ids, ``dls.left_out`` why
        which images were left out (unreadable, no label), which a warning says too.

    Raises
    ------
    DatasetError
        No labels, no train or valid split, fewer than two classes to train on, or a class in valid
        that train lacks.
    """
    rows, left_out = _usable(dataset)
    pixels = decode(dataset.with_images(rows), size, method, workers, progress)
    unreadable = rows.index[[image_id not in pixels.rows for image_id in rows.index]]
    left_out = pd.concat([left_out, pd.Series("unreadable", unreadable, dtype="str")])
    rows = rows.drop(unreadable)
    _check_classes(dataset, rows)
    if len(left_out):
        reasons = [
            f"{some(ids, 2)} ({why})" for why, ids in left_out.groupby(left_out).groups.items()
        ]
        warnings.warn(
            f"{count(left_out, 'image')} of {dataset.name!r} left out of training: "
            f"{'; '.join(reasons)}.",
            stacklevel=2,
        )
    dls = make_dataloaders(rows, pixels, size, batch_size, augment, seed, method, device)
    dls.path, dls.left_out = dataset.work, left_out
    return dls


def make_dataloaders(
    rows, pixels, size, batch_size, augment=None, seed=0, method="squish", device=None, vocab=None
) -> DataLoaders:
    """DataLoaders over `rows` (label and split by image id, all usable and in `pixels`)."""
    items, train = rows.index.to_list(), (rows["split"] == "train").to_numpy()
    splits = np.flatnonzero(train).tolist(), np.flatnonzero(~train).tolist()
    categorize = Categorize(vocab=vocab or sorted(rows["label"].unique()))
    images = [ReadImage(pixels, size, method)]
    labels = [ReadLabel(rows["label"].to_dict()), categorize]
    datasets = Datasets(items, [images, labels], splits=splits)
    loaders = []
    for subset, shuffle in ((datasets.train, True), (datasets.valid, False)):
        loader = BatchLoader(
            subset,
            bs=even_batches(len(subset), batch_size),
            shuffle=shuffle,
            num_workers=0,
            after_batch=[IntToFloatTensor(), *(augment or [])],
        )
        loader.rng = random.Random(seed)
        loaders.append(loader)
    dls = DataLoaders(*loaders, device=torch.device(device) if device else default_device())
    dls.size, dls.method, dls.batch_size, dls.seed = size, method, batch_size, seed
    return dls


def even_batches(images: int, most: int) -> int:
    """The size that makes batches nearly equal, none of them tiny."""
    return -(-images // -(-images // most)) if images else most


def _usable(dataset: Dataset) -> tuple[pd.DataFrame, pd.Series]:
    """The rows to train and validate on, and why others of these splits are left out."""
    dataset.require_labels()
    images = dataset.images[["label", "split"]]
    rows = images[images["split"].isin(["train", "valid"])]
    for split in ("train", "valid"):
        if not (rows["split"] == split).any():
            there = some(images["split"].dropna().unique()) or "none"
            raise DatasetError(
                f"{dataset.name!r} has no {split!r} images (splits: {there}); make the splits with "
                "helpers.splits.split(dataset) and put them in with dataset.with_images."
            )
    unknown = rows.index[rows["label"].isna()]
    return rows.drop(unknown), pd.Series("no label", unknown, dtype="str")


def _check_classes(dataset: Dataset, rows: pd.DataFrame) -> None:
    train, valid = (rows.loc[rows["split"] == s, "label"] for s in ("train", "valid"))
    if valid.empty:
        raise DatasetError(f"No 'valid' image of {dataset.name!r} is labelled and readable.")
    if train.nunique() < 2:
        raise DatasetError(
            f"{dataset.name!r} has {count(train, 'usable training image')} of "
            f"{train.nunique()} class ({some(train.unique()) or 'none'}); a classifier needs at "
            "least two classes with a few images each."
        )
    if only := sorted(set(valid) - set(train)):
        raise DatasetError(
            f"{some(only)}: in 'valid' but not in 'train' of {dataset.name!r}, so it cannot be "
            "learned; split again (helpers.splits.split) or leave the class out."
        )

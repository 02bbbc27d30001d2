"""fastai DataLoaders whose images were decoded beforehand and come as whole batches."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import fastai.vision.data  # noqa: F401  by which show_batch shows pictures
import numpy as np
import pandas as pd
import torch
from fastai.data.core import DataLoaders, Datasets, TfmdDL
from fastai.data.transforms import Categorize, IntToFloatTensor
from fastai.torch_basics import TensorCategory, TensorImage, Transform, default_device
from PIL import Image

from helpers.datasets import Dataset, DatasetError, read_rgb
from helpers.datasets.pixels import to_rgb
from helpers.datasets.words import count, some
from helpers.training.caching import Pixels, decode
from helpers.training.decoding import fit


class ReadImage(Transform):
    """An image id, a path, a PIL image or an array → TensorImage, uint8, 3 × size × size."""

    input_types = (str, Path, Image.Image, np.ndarray)

    def __init__(self, pixels: Pixels, size: int, method: str):
        super().__init__()
        self.pixels, self.size, self.method = pixels, size, method

    def encodes(self, item):
        if isinstance(item, str) and item in self.pixels.rows:
            array = self.pixels.take([item])[0]
        else:
            item = Image.fromarray(item) if isinstance(item, np.ndarray) else item
            opened = isinstance(item, Image.Image)
            levels = self.pixels.levels
            image = to_rgb(item, levels) if opened else read_rgb(item, self.size, levels)
            array = fit(image, self.size, self.method)
        return TensorImage(torch.from_numpy(array.copy()).permute(2, 0, 1))


class BatchLoader(TfmdDL):
    """fastai's DataLoader, but images decoded beforehand are gathered a batch at a time."""

    @cached_property
    def _known(self) -> tuple | None:
        """Rows of the pixels, and targets where there are labels; None where images are new."""
        images, *labels = self.dataset.tls
        pixels, items = images.tfms.fs[0].pixels, self.dataset.items
        if not all(isinstance(item, str) and item in pixels.rows for item in items):
            return None
        found = [pixels.array, np.array([pixels.rows[item] for item in items], dtype=np.int64)]
        return *found, *(torch.tensor([int(one.tfms(item)) for item in items]) for one in labels)

    def create_batches(self, samples):
        if self._known is None:
            yield from super().create_batches(samples)
            return
        array, rows, *targets = self._known
        for chosen in self.chunkify(samples):
            chosen = np.asarray(chosen)
            # Height × width × channels, as stored, is what torch calls channels_last.
            images = torch.from_numpy(array[rows[chosen]]).permute(0, 3, 1, 2)
            yield TensorImage(images), *(TensorCategory(one[chosen]) for one in targets)

    def show_results(self, *args, **kwargs):
        import fastai.vision.learner  # noqa: F401  knows how; takes seconds, so only where asked

        return super().show_results(*args, **kwargs)


def build_dataloaders(
    dataset: Dataset, size: int = 96, batch_size: int = 64,
    augment: Iterable[Callable] | None = None, seed: int = 0, method: str = "squish",
    workers: int = 2, device: str | torch.device | None = None, progress: bool = True,
) -> DataLoaders:  # fmt: skip
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
        Of the order of the images when looked at; a learner's seed decides the order in training.
    method : "squish", "crop" or "pad"
        How a picture becomes a square.
    workers : int
        Processes that decode; 0 decodes in this one.
    device : optional
        By default a GPU (CUDA or MPS) where there is one.

    Returns
    -------
    DataLoaders
        ``dls.vocab`` holds the classes, ``dls.rows`` label and split by image id, ``dls.left_out``
        why which images were left out (unreadable, no label), which a warning says too.

    Raises
    ------
    DatasetError
        No labels, no train or valid split, fewer than two classes to train on, or a class in valid
        that train lacks.
    """
    dataset.require_labels()
    rows = pd.concat([dataset.part(split).images for split in ("train", "valid")])
    left_out = pd.Series("no label", rows.index[rows["label"].isna()], dtype="str")
    rows = rows[["label", "split"]].dropna()
    pixels = decode(dataset.with_images(rows), size, method, workers, progress)
    readable = rows.index.isin(pixels.rows)
    left_out = pd.concat([left_out, pd.Series("unreadable", rows.index[~readable], dtype="str")])
    rows = rows[readable]
    _check_classes(dataset, rows)
    if len(left_out):
        reasons = (
            f"{some(ids, 2)} ({why})" for why, ids in left_out.groupby(left_out).groups.items()
        )
        what = f"{count(left_out, 'image')} of {dataset.name!r} left out of training"
        warnings.warn(f"{what}: {'; '.join(reasons)}.", stacklevel=2)
    dls = make_dataloaders(rows, pixels, size, method, batch_size, augment, seed, device)
    dls.path, dls.left_out = dataset.work, left_out
    return dls


def _check_classes(dataset: Dataset, rows: pd.DataFrame) -> None:
    train, valid = (rows.loc[rows["split"] == split, "label"] for split in ("train", "valid"))
    if train.nunique() < 2 or valid.empty:
        raise DatasetError(
            f"{dataset.name!r} has {count(train, 'usable training image')} of the classes: "
            f"{some(train.unique()) or 'none'}, and {count(valid, 'usable validation image')}; a "
            "classifier needs two classes or more, and images to validate it with."
        )
    if only := sorted(set(valid) - set(train)):
        raise DatasetError(
            f"{some(only)}: in 'valid' but not in 'train' of {dataset.name!r}, so it cannot be "
            "learned; split again (helpers.splits.split) or leave the class out."
        )


def make_dataloaders(
    rows, pixels, size, method, batch_size, augment=None, seed=0, device=None, vocab=None,
    empty=False,
) -> DataLoaders:  # fmt: skip
    """DataLoaders over `rows` (label and split by image id), all of them in `pixels`; with `empty`
    they forget these images again."""
    labels = rows["label"].to_dict()

    def read_label(item: str):
        return labels[item]

    splits = [np.flatnonzero(rows["split"] == split).tolist() for split in ("train", "valid")]
    categorize = Categorize(vocab or sorted(set(labels.values())))
    steps = [ReadImage(pixels, size, method)], [read_label, categorize]
    items = Datasets(rows.index.to_list(), steps, splits=splits)
    loaders = []
    for number, change in enumerate([augment or [], []]):
        subset, after = items.subset(number), [IntToFloatTensor(), *change]
        most = batch_size if empty else even_batches(len(subset), batch_size)
        shuffle = number == 0
        loaders.append(BatchLoader(subset, most, shuffle, num_workers=0, after_batch=after))
    dls = DataLoaders(*loaders, device=torch.device(device) if device else default_device())
    dls = dls.new_empty() if empty else dls
    for loader in dls.loaders:
        loader.rng = random.Random(seed)
    dls.size, dls.method, dls.rows, dls.images = size, method, rows, pixels
    dls.batch_size = batch_size
    return dls


def even_batches(images: int, most: int) -> int:
    """The size that makes batches nearly equal, the last one at least half as large."""
    size = -(-images // -(-images // most)) if images else most
    while 0 < images % size < size / 2:
        size -= 1
    return size

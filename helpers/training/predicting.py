"""Predictions as a table by image id."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import torch
from fastai.data.core import Datasets
from fastai.data.transforms import IntToFloatTensor

from helpers.datasets import Dataset
from helpers.training.caching import decode
from helpers.training.hardware import SpareThreads, in_32_bits, plain_errors
from helpers.training.loading import BatchLoader, ReadImage

BATCH, MORE = 256, 4
"""Most images predicted at once, and how many times those of a training batch, which needs several
times the memory."""


def predict(learner, dataset: Dataset, progress: bool = True) -> pd.DataFrame:
    """What `learner` says about the images of `dataset`.

    Parameters
    ----------
    learner : Learner
        From `build_learner` or `load_learner`.
    dataset : Dataset
        E.g. ``dataset.part("valid")``. Test images among others are passed over; a dataset from
        ``dataset.open_test(…)`` is predicted whole.
    progress : bool
        Show a bar when images have to be decoded and that takes over two seconds.

    Returns
    -------
    DataFrame by image_id
        label (missing where unknown), prediction, confidence (probability of the prediction), loss
        (minus the logarithm of the label's probability; missing where the label is unknown to us or
        to the learner), then a column of probabilities per class, of its name; a class that is
        called as one of these four, or image_id, has a column such as "probability of label".
        Images that cannot be read have no row.
    """
    images, dls, classes = dataset.images, learner.dls, list(learner.dls.vocab)
    if not (images["split"] == "test").all():
        images = images[images["split"] != "test"]
    pixels = decode(dataset.with_images(images), dls.size, dls.method, progress=progress)
    images = images[images.index.isin(pixels.rows)]
    found = np.zeros((0, len(classes)))
    if len(images):
        items = Datasets(images.index.to_list(), [[ReadImage(pixels, dls.size, dls.method)]])
        scale = IntToFloatTensor()
        size = min(BATCH, MORE * dls.batch_size)
        loader = BatchLoader(items, size, num_workers=0, after_batch=scale, device=dls.device)
        # torch's own losses take logits and do not say how these become probabilities.
        act = getattr(learner.loss_func, "activation", partial(torch.softmax, dim=-1))
        errors = plain_errors(dls, size, size // MORE // 2)
        with SpareThreads(), in_32_bits(), learner.no_bar(), learner.no_logging(), errors:
            found = learner.get_preds(dl=loader, act=act)[0].numpy().astype(np.float64)
    table = pd.DataFrame(found, images.index, classes)
    at = pd.Index(classes).get_indexer(images["label"])
    loss = -np.log(np.maximum(found[np.arange(len(found)), at], np.finfo(float).tiny))
    facts = pd.DataFrame(index=images.index)
    facts["label"], facts["prediction"] = images["label"], table.idxmax(axis=1).astype("str")
    facts["confidence"], facts["loss"] = found.max(1, initial=0.0), np.where(at >= 0, loss, np.nan)
    taken = {name: f"probability of {name}" for name in (*facts.columns, "image_id")}
    return pd.concat([facts, table.rename(columns=taken)], axis=1)

"""Predictions as a table by image id."""

from __future__ import annotations

import numpy as np
import pandas as pd
from fastai.data.core import Datasets
from fastai.data.transforms import IntToFloatTensor

from helpers.datasets import Dataset
from helpers.training.caching import decode
from helpers.training.hardware import plain_errors
from helpers.training.loading import BatchLoader, ReadImage


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

    Returns
    -------
    DataFrame by image_id
        label (missing where unknown), prediction, confidence (probability of the prediction), loss
        (minus the logarithm of the label's probability; missing where the label is unknown or no
        class of the learner), then one column of probabilities per class, named by it. Images that
        cannot be read have no row.
    """
    images = dataset.images
    if not (images["split"] == "test").all():
        images = images[images["split"] != "test"]
    dls = learner.dls
    pixels = decode(dataset.with_images(images), dls.size, dls.method, progress=progress)
    images = images[[image_id in pixels.rows for image_id in images.index]]
    classes = list(dls.vocab)
    probabilities = np.zeros((0, len(classes)))
    if len(images):
        items = Datasets(images.index.to_list(), [[ReadImage(pixels, dls.size, dls.method)]])
        size, scale = 4 * dls.batch_size, IntToFloatTensor()
        loader = BatchLoader(items, size, num_workers=0, after_batch=scale, device=dls.device)
        with learner.no_bar(), learner.no_logging(), plain_errors(learner):
            probabilities = learner.get_preds(dl=loader)[0].numpy().astype(np.float64)
    found = probabilities.argmax(1)
    table = pd.DataFrame(probabilities, images.index, classes)
    at = pd.Index(classes).get_indexer(images["label"])
    own = probabilities[np.arange(len(found)), at]
    with np.errstate(divide="ignore"):
        loss = np.where(at >= 0, -np.log(own), np.nan)
    facts = {
        "label": images["label"],
        "prediction": np.array(classes, dtype=object)[found],
        "confidence": probabilities.max(1, initial=0.0),
        "loss": loss,
    }
    facts = pd.DataFrame(facts, images.index).astype({"prediction": "str"})
    return pd.concat([facts, table], axis=1)

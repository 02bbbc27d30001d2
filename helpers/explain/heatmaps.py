"""`explain`: heatmaps of the answers of a learner to the images of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from PIL import Image

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import some
from helpers.explain.layers import find_layers, last_layer
from helpers.explain.methods import answer, attribute
from helpers.training.caching import decode
from helpers.training.decoding import fit


@dataclass(frozen=True)
class Heatmaps:
    """What `explain` returns.

    Attributes
    ----------
    maps : float32 array, images × height × width
        What each pixel speaks for the class (above 0) or against it.
    targets : Series by image_id
        The class that is explained.
    rivals : Series by image_id, or None
        The class that it is held against.
    pictures : uint8 array, images × height × width × 3
        What the network was shown.
    method, layer, note : str
        How they were made, and what was concluded about the layer.
    """

    maps: np.ndarray
    targets: pd.Series
    pictures: np.ndarray
    method: str
    layer: str = ""
    note: str = ""
    rivals: pd.Series | None = None

    def __getitem__(self, image_id: str) -> np.ndarray:
        return self.maps[self.targets.index.get_loc(image_id)]

    def __repr__(self) -> str:
        at = f" at layer {self.layer}{self.note}" if self.layer else ""
        return f"Heatmaps of {len(self.maps)} images by {self.method}{at}"


def explain(
    learner, dataset: Dataset, method: str | Callable = "grad-cam", target: str = "prediction",
    rival: str | Mapping[str, str] | None = None, layer: str | None = None, seed: int = 0,
) -> Heatmaps:  # fmt: skip
    """Heatmaps of what a learner answers to the images of `dataset`.

    Parameters
    ----------
    learner : Learner
        From `build_learner` or `load_learner`.
    dataset : Dataset
        The images, e.g. ``dataset.with_images(dataset.images.loc[ids])``. As in `predict`, test
        images among others are passed over, and images that cannot be read.
    method, layer, seed
        As for `helpers.explain.methods.attribute`.
    target : str
        What is explained: "prediction" (the answer), "label" (what would have been right), or a
        class.
    rival : str, or class → class, optional
        Rather than what? A class, the class that belongs to the explained one, or "runner-up" (the
        likeliest of the others): explained is then the difference of the two logits; by default the
        logit alone.

    Raises
    ------
    DatasetError
        No image is left, an image has no label where labels are asked for, or the class is none of
        the learner's.
    """
    ids, pictures = shown(learner, dataset)
    images, vocab = as_tensor(pictures, learner), list(learner.dls.vocab)
    logits = answer(learner.model, images)
    if logits.shape[1] != len(vocab):
        raise DatasetError(
            f"The network has {logits.shape[1]:,} answers and the learner knows {len(vocab):,} "
            "classes (learner.dls.vocab); they must be the same, in the same order."
        )
    aims, others = logits.argmax(1), None
    if target != "prediction":
        labels = dataset.images.loc[ids, "label"]
        names = labels if target == "label" else pd.Series(target, ids)
        aims = _codes(names, "target", target, vocab).to(aims.device)
    if rival is not None:
        others = logits.scatter(1, aims[:, None], -torch.inf).argmax(1)
        if rival != "runner-up":
            aimed = pd.Series([vocab[one] for one in aims.tolist()], ids)
            named = pd.Series(rival, ids) if isinstance(rival, str) else aimed.map(rival)
            others = _codes(named, "rival", rival, vocab).to(aims.device)
    note = ""
    if method == "grad-cam" and layer is None:
        layer, whole = last_layer(learner.model, images)
        height, width = find_layers(learner.model, images).loc[layer, ["height", "width"]]
        note = f", the last with maps ({height} × {width} cells)"
        note += "" if whole else "; part of the answer goes past it"
    maps = attribute(learner.model, images, aims, method, layer, seed=seed, rivals=others)
    named = method if isinstance(method, str) else getattr(method, "__name__", "a function")
    told = [
        None if codes is None else pd.Series([vocab[one] for one in codes.tolist()], ids)
        for codes in (aims, others)
    ]
    layer = layer if named == "grad-cam" else ""
    return Heatmaps(maps, told[0], pictures, named, layer, note, told[1])


def _codes(names: pd.Series, what: str, asked: str, vocab: list[str]) -> torch.Tensor:
    codes = torch.from_numpy(pd.Index(vocab).get_indexer(names))
    if (codes < 0).any():
        first = int((codes < 0).nonzero()[0])
        raise DatasetError(
            f"{names.index[first]!r} cannot be explained with {what}={asked!r}: the learner does "
            f"not know {names.iloc[first]!r}, but {some(vocab, 12)}."
        )
    return codes


def choose_cases(answers: pd.DataFrame, count: int = 3) -> list[str]:
    """Right answers, then wrong ones: the surest of each class, `count` of each kind at most.

    Parameters
    ----------
    answers : DataFrame from `helpers.training.predict`
        Images without a label are passed over.
    """
    told = answers.dropna(subset=["label"]).sort_values("confidence", ascending=False)
    wrong = told["label"] != told["prediction"]
    kinds = [told[kind].drop_duplicates("label").index[:count] for kind in (~wrong, wrong)]
    return [*kinds[0], *kinds[1]]


def shown(learner, dataset: Dataset) -> tuple[pd.Index, np.ndarray]:
    """The readable images as the network sees them: ids, and uint8, images × height × width × 3."""
    images = dataset.images
    if not (images["split"] == "test").all():
        images = images[images["split"] != "test"]
    pixels = decode(dataset.with_images(images), learner.dls.size, learner.dls.method)
    ids = images.index[images.index.isin(pixels.rows)]
    if ids.empty:
        raise DatasetError(f"No image of {dataset.name!r} is left to explain: none can be read.")
    return ids, pixels.take(ids)


def as_tensor(pictures: np.ndarray, learner) -> torch.Tensor:
    """Pictures as the network takes them: float32 of 0 to 1, images × 3 × height × width."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).to(learner.dls.device) / 255


def subject_masks(heatmaps: Heatmaps, dataset: Dataset, method: str = "squish") -> np.ndarray:
    """Where the subject is in each picture of `heatmaps`: bool, images × height × width.

    Parameters
    ----------
    dataset : Dataset
        With masks; only the bundled leaves and what `redraw` makes of them have these.
    method : str
        How pictures became squares.

    Raises
    ------
    DatasetError
        The dataset has no masks, or an image has none.
    """
    size, found = heatmaps.maps.shape[-1], []
    for image_id in heatmaps.targets.index:
        mask = Image.fromarray(dataset.mask(image_id)).convert("RGB")
        inside = fit(mask, size, method)[..., 0]
        if method == "pad":  # whose bars are not black
            scale = size / max(mask.size)
            bars = [(size - round(side * scale)) // 2 for side in mask.size]
            across, down = (slice(bar, size - bar) for bar in bars)
            kept = np.zeros((size, size), bool)
            kept[down, across] = True
            inside = np.where(kept, inside, 0)
        found.append(inside > 127)
    return np.stack(found)

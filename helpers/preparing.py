"""What is done to every picture before a network sees it: its shape, its contrast, its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from PIL import Image, ImageOps
from scipy import stats

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.steps import saved
from helpers.datasets.words import some, suggestion
from helpers.evaluation import compare_scores

ENHANCEMENTS = ("none", "autocontrast", "equalize", "CLAHE")
FRAMES = ("tall", "nearly square", "wide")
TALL, WIDE = 0.9, 1.5
BATCH = 64
_EFFECTS = ["arm", "where", "images", "accuracy", "difference", "low", "high"]
CUTOFF, CLIP, CELLS = 1, 0.01, 8


def enhance(picture: np.ndarray, name: str) -> np.ndarray:
    """Change the contrast of one RGB picture, uint8 height × width × 3.

    "autocontrast" stretches each channel from its darkest to its brightest level, but for one
    pixel in a hundred at either end; "equalize" makes all levels of each channel equally frequent
    (both Pillow's `ImageOps`); "CLAHE" equalises neighbourhoods, an eighth of the picture a side,
    within limits (Zuiderveld, 1994; scikit-image's `equalize_adapthist`, which keeps the hue);
    "none" leaves it as it is.

    Raises
    ------
    ValueError
        Another name.
    """
    if name not in ENHANCEMENTS:
        raise ValueError(
            f"There is no enhancement {name!r}; expected {some(ENHANCEMENTS, 9)}"
            f"{suggestion(name, ENHANCEMENTS)}."
        )
    if name == "none":
        return picture
    if name == "CLAHE":
        from skimage.exposure import equalize_adapthist

        kernel = [max(2, side // CELLS) for side in picture.shape[:2]]
        return np.round(255 * equalize_adapthist(picture, kernel, CLIP)).astype(np.uint8)
    image = Image.fromarray(picture)
    image = ImageOps.equalize(image) if name == "equalize" else ImageOps.autocontrast(image, CUTOFF)
    return np.asarray(image)


def channel_statistics(pictures: np.ndarray) -> pd.DataFrame:
    """Mean and standard deviation of red, green and blue over all pixels of all pictures.

    Parameters
    ----------
    pictures : uint8, pictures × height × width × 3

    Returns
    -------
    DataFrame by channel: mean, std, each 0 to 1.

    Raises
    ------
    DatasetError
        No picture, or another shape.
    """
    if pictures.ndim != 4 or pictures.shape[-1] != 3 or not pictures.size:
        raise DatasetError(
            f"Got pictures of shape {pictures.shape}; expected one or more as pictures × height × "
            "width × 3."
        )
    # Counting levels is exact and never holds the pictures as numbers of eight bytes.
    counts = [np.bincount(pictures[..., c].ravel(), minlength=256) for c in range(3)]
    levels, counts = np.arange(256) / 255, np.array(counts) / pictures[..., 0].size
    mean = counts @ levels
    std = np.sqrt(np.maximum(counts @ levels**2 - mean**2, 0))
    return pd.DataFrame({"mean": mean, "std": std}, pd.Index(["red", "green", "blue"]))


def prepare(
    dataset: Dataset, size: int = 64, method: str = "squish", enhancement: str = "none"
) -> tuple[pd.Index, np.ndarray]:
    """The readable images of `dataset` as squares, enhanced after they were made small.

    Parameters
    ----------
    size, method : as in `helpers.training.embed`
    enhancement : one of `ENHANCEMENTS`

    Returns
    -------
    image ids, and their pixels: uint8, image × size × size × 3
    """
    from helpers.training.caching import decode

    pixels = decode(dataset, size, method, progress=False)
    ids = [i for i in dataset.images.index if i in pixels.rows]
    pictures = pixels.take(ids) if ids else np.zeros((0, size, size, 3), np.uint8)
    if enhancement != "none":
        pictures = np.array([enhance(one, enhancement) for one in pictures], np.uint8)
    return pd.Index(ids, name="image_id"), pictures.reshape(-1, size, size, 3)


def embed_prepared(
    dataset: Dataset, size: int = 64, method: str = "squish", enhancement: str = "none",
    mean: Sequence[float] | None = None, std: Sequence[float] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """As `helpers.training.embed` with the bundled backbone, of pictures prepared in some way.

    The result is saved as a step.

    Parameters
    ----------
    size, method, enhancement : as in `prepare`
    mean, std : three numbers each, optional
        What is taken from and what divides red, green and blue (0 to 1) before the network; by
        default what it was trained with.

    Returns
    -------
    DataFrame by image_id, a float32 column per feature; without images that cannot be read
    """
    from helpers.training import caching, decoding, embedding

    def build() -> pd.DataFrame:
        ids, pictures = prepare(dataset, size, method, enhancement)
        body = _load_body(mean, std)
        parts = [pictures[at : at + BATCH] for at in range(0, len(ids), BATCH)]
        means = [np.hstack(embedding.average_maps(body, one)) for one in parts]
        values = np.concatenate(means) if means else np.zeros((0, 0), np.float32)
        names = [f"feature {number:03d}" for number in range(values.shape[1])]
        return pd.DataFrame(values, ids, names)

    numbers = [None if one is None else [float(x) for x in one] for one in (mean, std)]
    inputs = (size, method, enhancement, *numbers, dataset.levels)
    code = (enhance, prepare, decoding, caching, embedding)
    return saved(dataset, "prepared", build, inputs=inputs, code=code, table=False)


def _load_body(mean, std):
    import torch
    from fastai.torch_core import default_device

    from helpers.training.networks import load_body

    body = load_body().eval().to(memory_format=torch.channels_last)
    for name, given in (("mean", mean), ("std", std)):
        if given is not None:
            getattr(body, name).copy_(torch.tensor([float(x) for x in given]).view(1, 3, 1, 1))
    return body.to(default_device())


def frame_shapes(dataset: Dataset) -> pd.Series:
    """ "tall", "nearly square" or "wide" by image_id, as the picture is looked at.

    Tall is below 0.9 (width over height), wide above 1.5, such as 16 to 9. Images that cannot be
    read are left out.
    """
    from helpers.audit import scan

    files = scan(dataset)
    files = files[files["readable"].astype(bool)]
    width, height = files["width"].astype(float), files["height"].astype(float)
    turned = files["orientation"].fillna(1) >= 5  # EXIF turns these by a quarter when looked at
    shape = (width / height).where(~turned, height / width)
    names = np.select([shape < TALL, shape > WIDE], [FRAMES[0], FRAMES[2]], FRAMES[1])
    return pd.Series(names, files.index, dtype="str", name="frame")


def compare_arms(
    right: Mapping[str, pd.Series], groups: pd.Series | None = None, parts: pd.Series | None = None
) -> pd.DataFrame:
    """By how much each way is more accurate than the first, on the same images.

    Parameters
    ----------
    right : name → Series by image_id of bool
        Whether each way has an image right. Images that not all of them have are left out.
    groups : Series by image_id, optional
        As in `compare_scores`.
    parts : Series by image_id, optional
        Also compare within each of its values, in sorted order, where there are several.

    Returns
    -------
    DataFrame, one row for each other way and part
        arm, where ("all" or a value of `parts`), images, accuracy, difference, low, high.

    Raises
    ------
    DatasetError
        The ways have no image in common.
    """
    table = pd.DataFrame(right).dropna().astype(bool)
    if table.empty:
        raise DatasetError(f"No image was answered by all of {some(right, 9)}.")
    cells = [("all", table)]
    if parts is not None:
        within = list(table.groupby(parts.reindex(table.index)))
        # A part that holds all images would say "all" once more.
        cells += [part for part in within if len(part[1]) < len(table)]
    first, rows = table.columns[0], []
    for arm in table.columns[1:]:
        for where, some_rows in cells:
            own = None if groups is None else groups.reindex(some_rows.index)
            gain = compare_scores(some_rows[arm], some_rows[first], own)
            rows.append((arm, where, len(some_rows), some_rows[arm].mean(), *gain))
    return pd.DataFrame(rows, columns=_EFFECTS)


def study_effects(table: pd.DataFrame, lesson: str) -> pd.DataFrame:
    """What each arm of a lesson changes beside its first, with 95 % intervals over seeds.

    Parameters
    ----------
    table : DataFrame
        As ``read_study("preparing")``: seed, lesson, arm, where, images, accuracy.

    Returns
    -------
    DataFrame as from `compare_arms`; images are those of all seeds, the interval is Student's.
    """
    some_rows, rows = table[table["lesson"] == lesson], []
    first = some_rows["arm"].iloc[0]
    by_seed = some_rows.set_index(["arm", "where", "seed"])[["accuracy", "images"]]
    for arm, where in some_rows[["arm", "where"]].drop_duplicates().itertuples(index=False):
        if arm == first or (first, where) not in by_seed.index.droplevel("seed"):
            continue
        found, usual = by_seed.loc[(arm, where)], by_seed.loc[(first, where)]
        gain = (found["accuracy"] - usual["accuracy"]).dropna()
        half = stats.sem(gain) * stats.t.ppf(0.975, len(gain) - 1) if len(gain) > 1 else np.nan
        row = (arm, where, int(found["images"].sum()), found["accuracy"].mean(), gain.mean())
        rows.append((*row, gain.mean() - half, gain.mean() + half))
    return pd.DataFrame(rows, columns=_EFFECTS)

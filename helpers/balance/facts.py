"""What is known of an image without a look at its subject: its border, and facts of its file."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pandas as pd
from PIL import Image

from helpers.datasets import Dataset, DatasetError, decoding, pixels
from helpers.datasets.steps import saved

SIDE = 64
DEPTH = 3
PATCHES = 4


NONE = {"compression": 0, "subsampling": -1, "density": 0, "hour": -1}
"""What stands in a column of `file_facts` where a file has no such value."""


def border_colours(dataset: Dataset, progress: bool = True) -> pd.DataFrame:
    """Colour and grain along the border of each image, where the subject seldom is.

    Each picture is squeezed to 64 × 64 pixels, of which a frame 3 pixels deep is kept, cut into
    four patches a side. (Noyan, 2022, told the 38 classes of a public set of plant diseases apart
    by 8 pixels of background, 49 % against 2.6 % by chance.) The result is saved as a step.

    Returns
    -------
    DataFrame by image_id, without images that cannot be read
        48 + 48 float32 columns, 0 to 1: mean of red, green and blue of each of 16 patches, and
        their standard deviations.
    """

    def build() -> pd.DataFrame:
        return _measure(dataset, _border, _border_names(), progress, "borders")

    return saved(dataset, "borders", build, code=_CODE, table=False)


def file_facts(dataset: Dataset, progress: bool = True) -> pd.DataFrame:
    """What each file says of itself before a pixel is decoded. Saved as a step.

    Left out on purpose: the number of bytes, because a crinkled leaf takes more of them than a
    smooth one, so that it is a fact about the picture, too.

    Returns
    -------
    DataFrame by image_id, without images that cannot be opened; numbers:
        width, height (pixels as stored), shape (width over height), portrait, mode and format (as
        0/1 columns, one for each that occurs), compression (mean of a JPEG's luminance
        quantisation table; 0 elsewhere), progressive, subsampling (of a JPEG's colours; -1
        elsewhere), exif (number of EXIF entries), orientation (EXIF, 1 to 8), density (dots per
        inch, 0 where not said), hour (at which it was taken; -1 where not said).
    """

    def build() -> pd.DataFrame:
        table = _measure(dataset, _facts, _FACTS, progress, "file facts")
        numbers = table.drop(columns=["format", "mode"]).astype("float32")
        kinds = pd.get_dummies(table[["format", "mode"]], prefix_sep=" ", dtype="float32")
        return pd.concat([numbers, kinds], axis=1)

    return saved(dataset, "file-facts", build, code=_CODE, table=False)


_FACTS = ["width", "height", "shape", "portrait", "compression", "progressive", "subsampling"]
_FACTS += ["exif", "orientation", "density", "hour", "format", "mode"]
_TAKEN, _EXIF = 36867, 34665
_CODE = (sys.modules[__name__], pixels, decoding)


def _measure(dataset: Dataset, measure, names: list[str], progress: bool, what: str):
    from tqdm.auto import tqdm

    rows, ids = [], []
    for image_id in tqdm(dataset.images.index, what, delay=2, disable=not progress, unit="image"):
        try:
            rows.append(measure(dataset, image_id))
        except (decoding.Unreadable, DatasetError):  # the scan says what is wrong with the file
            continue
        ids.append(image_id)
    index = pd.Index(ids, name="image_id", dtype="str")
    return pd.DataFrame(rows, index, names)


def _border_names() -> list[str]:
    patches = [
        f"{side} {n + 1}" for side in ("top", "bottom", "left", "right") for n in range(PATCHES)
    ]
    return [
        f"{patch} {c} {kind}" for kind in ("mean", "spread") for patch in patches for c in "rgb"
    ]


def _border(dataset: Dataset, image_id: str) -> np.ndarray:
    image = dataset.load(image_id, at_least=SIDE).resize((SIDE, SIDE), Image.Resampling.BOX)
    levels = np.asarray(image, np.float32) / 255
    strips = [levels[:DEPTH], levels[-DEPTH:], levels[:, :DEPTH], levels[:, -DEPTH:]]
    strips = [strip.swapaxes(0, 1) if strip.shape[0] == DEPTH else strip for strip in strips]
    patches = np.stack(strips).reshape(4 * PATCHES, -1, 3)
    return np.concatenate([patches.mean(axis=1).ravel(), patches.std(axis=1).ravel()])


def _facts(dataset: Dataset, image_id: str) -> list:
    data = decoding.read_bytes(str(dataset.path(image_id)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = decoding.open_image(data)
        entries = _entries(image)
    width, height = image.size
    tables = getattr(image, "quantization", None) or {}
    taken, density = str(entries.get(_TAKEN, "")), image.info.get("dpi", (0,))
    facts = [width, height, width / height, width < height]
    facts += [float(np.mean(tables[0])) if 0 in tables else 0.0]
    facts += ["progressive" in image.info, _subsampling(image), len(entries)]
    facts += [pixels.read_orientation(image, data), _number(density[0])]
    return [*facts, int(taken[11:13]) if taken[11:13].isdigit() else -1, image.format, image.mode]


def _entries(image: Image.Image) -> dict:
    try:
        exif = image.getexif()
        return {**exif, **exif.get_ifd(_EXIF)}
    except Exception:  # Pillow raises almost anything on a broken block, which then says nothing
        return {}


def _number(value: object) -> float:
    """A density, 0 where it is none: files may say anything."""
    try:
        return float(value) if 0 <= float(value) < 1e6 else 0.0
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0


def _subsampling(image: Image.Image) -> int:
    from PIL import JpegImagePlugin

    return JpegImagePlugin.get_sampling(image) if image.format == "JPEG" else -1

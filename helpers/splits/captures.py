"""When and with what camera photos were taken, as their files say, and which are bursts."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pandas as pd
from PIL import Image

from helpers.audit.batches import guard

SECONDS = 4
_SAME = 10
_MAKER, _MODEL, _MORE = 0x010F, 0x0110, 0x8769
_TAKEN, _PART, _SERIAL = 0x9003, 0x9291, 0xA431


def read_captures(paths: list[str], seconds: float) -> list[dict]:
    """For each path a dict with "taken" (seconds since 1970 by the camera's clock, or None) and
    "camera" (maker, model and serial number by its EXIF entries, or "")."""
    with guard(seconds):
        return [_read(path) for path in paths]


def _read(path: str) -> dict:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                tags = image.getexif()
                more = tags.get_ifd(_MORE)
        words = [tags.get(_MAKER), tags.get(_MODEL), more.get(_SERIAL)]
        return {"taken": _seconds(more.get(_TAKEN), more.get(_PART)), "camera": _join(words)}
    except Exception:  # a decoder may raise anything; the scan says what is wrong
        return {"taken": None, "camera": ""}


def _join(words: Iterable) -> str:
    """Maker, model and serial number; the maker once where the model begins with it."""
    maker, model, serial = (str(word or "").strip(" \0") for word in words)
    maker = "" if model.casefold().startswith(maker.casefold()) else maker
    return " ".join(filter(None, [maker, model, serial]))


def _seconds(taken: object, part: object) -> float | None:
    try:
        when = datetime.strptime(str(taken).strip(" \0"), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    digits = str(part or "").strip(" \0")
    fraction = float(f"0.{digits}") if digits.isascii() and digits.isdigit() else 0.0
    return (when - datetime(1970, 1, 1)).total_seconds() + fraction


def find_bursts(
    captures: pd.DataFrame, seconds: float = SECONDS, crowded: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Photos that one camera took one after the other, at most four seconds apart.

    Parameters
    ----------
    captures : DataFrame
        taken (seconds) and camera, as from `read_captures`.
    seconds : float
        How far apart at most.
    crowded : bool
        Take seconds in which one camera is said to have taken more than ten photos, too: parts cut
        out of one photo are called so, and what somebody exported at once.

    Returns
    -------
    pairs : int array, n × 2
        Positions of the rows.
    apart : float array, n
        Seconds between the two.
    """
    table = captures.assign(row=np.arange(len(captures))).dropna(subset="taken")
    table = table[table["camera"] != ""]
    if not crowded:
        often = table.groupby(["camera", "taken"])["row"].transform("size")
        table = table[often <= _SAME]
    table = table.sort_values(["camera", "taken", "row"])
    apart = table["taken"].diff().to_numpy()
    near = (table["camera"] == table["camera"].shift()).to_numpy() & (apart <= seconds)
    rows = table["row"].to_numpy()
    at = np.flatnonzero(near)
    return np.sort(np.stack([rows[at - 1], rows[at]], axis=1), axis=1), apart[at]

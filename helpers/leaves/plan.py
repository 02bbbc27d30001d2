"""The leaves dataset as tables, before a pixel is drawn.

The faults are denser than in life, so that each kind can be counted. An image has at most one of
them; the shortcuts and the rare device, facts about the dataset rather than faults of an image,
lie under all. Two things are worth knowing about copies: a third of the near duplicates carry a
specimen of their own, as if a stranger had uploaded the photo again, so that grouping by
specimen alone leaks (their ``truth`` says so); and of the exact duplicates whose labels conflict,
half have the wrong label on the original.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.leaves import faults
from helpers.leaves.collection import NIGHT_SITE, SITES, UNSEEN_SITE, test_photos
from helpers.leaves.files import DEVICES, Shot
from helpers.leaves.photo import Scene
from helpers.leaves.planting import INNOCENT, Planting

_COLUMNS = ("label", "split", "specimen", "site", "device", "background", "season")
_TEST_COLUMNS = ("natural_prevalence", "unseen", "balanced")
_HOURS = {"sun": 12, "overcast": 10, "shade": 15, "dusk": 20, "night": 22}
_SEASONS_START = {"spring": (4, 5), "summer": (6, 20), "autumn": (9, 12)}
_PHONES_WITH_PLACE = 0.06
_PLACES = {
    site: (46.9 + 0.03 * i, 7.1 + 0.04 * i)
    for i, site in enumerate([*SITES, NIGHT_SITE, UNSEEN_SITE])
}


class Plan(NamedTuple):
    """``images`` and ``planted`` as ``build`` returns them; ``shots`` are the files to write."""

    images: pd.DataFrame
    planted: pd.DataFrame
    shots: list[Shot]


def plan(seed: int = 0, development: int = 2400, test: int = 1200) -> Plan:
    """Plan the dataset.

    Parameters
    ----------
    seed : int
    development : int
        Images outside the test set, at least 200. Class sizes and faults scale with it, with at
        least two of each fault.
    test : int
        Images of the balanced test set, at least 60, best a multiple of 60 (ten species on six
        backgrounds). More come on top: those on reversed shortcuts (160 for 1,200), and those of
        an unseen site and device (120 for 1,200).

    Raises
    ------
    ValueError
        When a set is too small to hold what is planted.
    """
    if development < 200 or test < 60:
        found = f"development={development} and test={test}"
        raise ValueError(f"leaves needs development >= 200 and test >= 60, but got {found}")
    rng = np.random.default_rng([seed, development, test])
    names = (f"S{number}" for number in rng.permutation(np.arange(10_000, 100_000)))
    planting = Planting(development, names, rng)
    photos = planting.photos + test_photos(test, names, rng)
    _frame(photos, rng)
    _name(photos, rng)
    images = _images(photos)
    return Plan(images, _planted(planting.facts), _shots(photos, seed))


def _frame(photos: list[dict], rng) -> None:
    """Add what the camera decides: the frame, and whether the file still says when and where."""
    originals = {}
    for photo in photos:
        camera = DEVICES[photo["device"]]
        width, height = camera.frames[rng.integers(len(camera.frames))]
        scale = camera.long_side / max(width, height)
        photo["size"] = (round(width * scale), round(height * scale))
        photo["exif"] = bool(rng.random() < camera.exif)
        placed = "phone" in photo["device"] and rng.random() < _PHONES_WITH_PLACE
        photo["place"] = (
            tuple(rng.normal(_PLACES[photo["site"]], 0.002).tolist()) if placed else None
        )
        # A copy has the frame of its original, which comes before it.
        photo["size"] = originals.setdefault((photo["number"], photo["photo"]), photo["size"])


def _name(photos: list[dict], rng) -> None:
    """Name the files as a camera counts, in an order that says nothing."""
    digits = max(4, len(str(len(photos))))
    for photo, number in zip(photos, rng.permutation(len(photos)) + 1, strict=True):
        folder = "test/" if photo.get("split") == "test" else ""
        ending = faults.ending(photo["steps"])
        photo["image_id"] = f"{folder}{photo['label']}/IMG_{number:0{digits}d}{ending}"


def _images(photos: list[dict]) -> pd.DataFrame:
    df = pd.DataFrame(
        {column: [photo.get(column) for photo in photos] for column in _COLUMNS + _TEST_COLUMNS},
        index=pd.Index([photo["image_id"] for photo in photos], name="image_id"),
    )
    return df.astype(
        dict.fromkeys(_COLUMNS, "str") | dict.fromkeys(_TEST_COLUMNS, "boolean")
    ).sort_index()


def _planted(facts: list[tuple]) -> pd.DataFrame:
    rows = [
        (photo["image_id"], kind, strength, original and original["image_id"], truth)
        for photo, kind, strength, original, truth in facts
    ]
    df = pd.DataFrame(rows, columns=["image_id", "kind", "strength", "partner", "truth"])
    df = df.astype("str")
    df["innocent"] = df["kind"].isin(INNOCENT)
    return df.sort_values(["kind", "image_id"], ignore_index=True)


def _shots(photos: list[dict], seed: int) -> list[Shot]:
    shots = []
    for i, photo in enumerate(photos):
        seen = (photo[part] for part in ("background", "season", "light", "focus", "device"))
        month, day = _SEASONS_START[photo["season"]]
        taken = datetime(2024, month, day, _HOURS[photo["light"]]) + timedelta(
            days=photo["day"], seconds=photo["second"] + photo["burst"]
        )
        shots.append(
            Shot(
                path=photo["image_id"],
                species=photo["species"],
                specimen=photo["number"],
                photo=photo["photo"],
                burst=photo["burst"],
                scene=Scene(*seen, *photo["size"], photo["leaf"]),
                seed=[seed, i],
                taken=taken.strftime("%Y:%m:%d %H:%M:%S") if photo["exif"] else "",
                place=photo["place"] if photo["exif"] else None,
                steps=photo["steps"],
                quality=photo["quality"],
                copy_of=photo["copy_of"]["image_id"] if "copy_of" in photo else None,
            )
        )
    return shots

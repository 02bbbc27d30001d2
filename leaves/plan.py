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

from leaves import collection, faults
from leaves.files import DEVICES, Shot
from leaves.photo import Scene
from leaves.planting import INNOCENT, Planting

_TEXTS = ("image_id", "label", "split", "specimen", "site", "device", "background", "season")
_FLAGS = ("natural_prevalence", "unseen", "balanced")
_SCENE = ("background", "season", "light", "focus", "device")
_HOURS = {"sun": 12, "overcast": 10, "shade": 15, "dusk": 20, "night": 22}
_SEASONS_START = {"spring": (4, 5), "summer": (6, 20), "autumn": (9, 12)}
_PHONES_WITH_PLACE = 0.06
_SITES = [*collection.SITES, collection.NIGHT_SITE, collection.UNSEEN_SITE]
_PLACES = {site: (46.9 + 0.03 * i, 7.1 + 0.04 * i) for i, site in enumerate(_SITES)}


class Plan(NamedTuple):
    """``images`` and ``planted`` as ``build`` returns them; ``shots`` are the files to write."""

    images: pd.DataFrame
    planted: pd.DataFrame
    shots: list[Shot]


def plan(seed: int = 0, development: int = 2400, test: int = 1200, shortcuts: bool = True) -> Plan:
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

    shortcuts : bool
        False leaves the shortcuts out: every species on all backgrounds, with all devices.

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
    planting = Planting(development, names, rng, shortcuts)
    photos = planting.photos + collection.test_photos(test, names, rng)
    shots = _shots(photos, seed, rng)
    texts, flags = dict.fromkeys(_TEXTS, "str"), dict.fromkeys(_FLAGS, "boolean")
    images = pd.DataFrame(photos, columns=[*texts, *flags]).astype(texts | flags)
    rows = [
        (photo["image_id"], kind, strength, original and original["image_id"], truth)
        for photo, kind, strength, truth, original in planting.facts
    ]
    columns = ["image_id", "kind", "strength", "partner", "truth"]
    planted = pd.DataFrame(rows, columns=columns).astype("str")
    planted["innocent"] = planted["kind"].isin(INNOCENT)
    planted = planted.sort_values(["kind", "image_id"], ignore_index=True)
    return Plan(images.set_index("image_id").sort_index(), planted, shots)


def _shots(photos: list[dict], seed: int, rng) -> list[Shot]:
    """Frame, date and name the photos as cameras do; the names' order says nothing."""
    shots, frames = [], {}
    digits, numbers = max(4, len(str(len(photos)))), rng.permutation(len(photos)) + 1
    for i, photo in enumerate(photos):
        camera = DEVICES[photo["device"]]
        # A copy has the frame of its original, which comes before it.
        key = (photo["number"], photo["photo"])
        frame = frames.setdefault(key, camera.frames[rng.integers(len(camera.frames))])
        size = (round(camera.long_side * side / max(frame)) for side in frame)
        scene = Scene(*(photo[part] for part in _SCENE), *size, photo["leaf"])
        taken = datetime(2024, *_SEASONS_START[photo["season"]], _HOURS[photo["light"]])
        taken += timedelta(days=photo["day"], seconds=photo["second"] + photo["burst"])
        taken = f"{taken:%Y:%m:%d %H:%M:%S}" if rng.random() < camera.exif else ""
        place = tuple(rng.normal(_PLACES[photo["site"]], 0.002).tolist())
        placed = taken and "phone" in photo["device"] and rng.random() < _PHONES_WITH_PLACE
        folder = "test/" if "split" in photo else ""
        name = f"IMG_{numbers[i]:0{digits}d}{faults.ending(photo['steps'])}"
        photo["image_id"] = f"{folder}{photo['label']}/{name}"
        who = (photo[part] for part in ("image_id", "species", "number", "photo", "burst"))
        source = photo["copy_of"] and photo["copy_of"]["image_id"]
        after = (photo["steps"], photo["quality"], source)
        shots.append(Shot(*who, scene, [seed, i], taken, place if placed else None, *after))
    return shots

"""Who was photographed where, when and with what: the photos of leaves before any fault."""

from collections.abc import Iterator
from itertools import groupby

import numpy as np

from leaves.files import DEVICES

# Images of each species in a development set of 2,400.
DEVELOPMENT = {
    "beech": 480, "oak": 420, "norway maple": 360, "birch": 300, "sycamore": 245,
    "linden": 190, "hornbeam": 150, "willow": 115, "ginkgo": 90, "olive": 50,
}  # fmt: skip
BACKGROUNDS = ("bark", "grass", "paper", "soil", "stone", "wood")
SHORTCUTS = {"norway maple": "grass", "sycamore": "stone"}
SHORTCUT_SHARE = 0.9
FILE_FACT = {"hornbeam": "tablet 2012"}
FILE_FACT_SHARE = 0.85
RARE_DEVICE, UNSEEN_DEVICE = "action camera", "phone 2024"
SITES = {"arboretum": 0.28, "campus": 0.24, "city park": 0.2, "riverside": 0.16, "hill farm": 0.12}
NIGHT_SITE, UNSEEN_SITE = "station yard", "island"
SEASONS = {"spring": 0.25, "summer": 0.45, "autumn": 0.3}
LIGHTS = {"sun": 0.3, "overcast": 0.34, "shade": 0.24, "dusk": 0.12}
_PLAIN = {"focus": "sharp", "leaf": True, "burst": 0, "steps": (), "quality": None, "copy_of": None}
# Test images beside the balanced ones, as shares of those: in each cell where a shortcut is
# reversed, and of each species at the unseen site.
_REVERSED, _UNSEEN = 80 / 1200, 12 / 1200


def development_photos(
    counts: dict[str, int], names: Iterator[str], rng, shortcuts: bool = True
) -> list[dict]:
    """The photos of the development set, one dict each; ``counts`` is by species."""
    photos = []
    for species, count in counts.items():
        usual = species if shortcuts else None
        photos += _photograph(species, _backgrounds(usual, count, rng), names, rng)
    shares = {name: camera.development for name, camera in DEVICES.items()}
    specimens = _send_out(photos, shares, rng)
    for species, device in FILE_FACT.items() if shortcuts else ():
        own = [specimen for specimen in specimens if specimen[0]["species"] == species]
        mostly = {name: share * (1 - FILE_FACT_SHARE) for name, share in shares.items()}
        _set_all(own, "device", _deck(mostly | {device: FILE_FACT_SHARE}, len(own), rng))
    return photos


def test_photos(count: int, names: Iterator[str], rng) -> list[dict]:
    """The photos of the test set, all clean.

    ``count`` of them are balanced in species and background. Beside them lie photos on the
    reversed shortcuts, and photos from a site and with a device that development never has; a
    part of the balanced ones is marked as having the development set's class frequencies.
    """
    balanced = split_evenly(dict.fromkeys(DEVELOPMENT, 1), count)
    marked = split_evenly(DEVELOPMENT, int(balanced["beech"] * 2400 / DEVELOPMENT["beech"]))
    reverse = dict(zip(SHORTCUTS, reversed(SHORTCUTS.values()), strict=True))
    photos, unseen = [], []
    for species, images in balanced.items():
        own = _photograph(species, _backgrounds(None, images, rng), names, rng)
        for i, place in enumerate(rng.permutation(len(own))):
            own[place] |= {"natural_prevalence": i < marked[species], "balanced": True}
        photos += own
        if species in reverse:
            places = [reverse[species]] * max(2, round(count * _REVERSED))
            photos += _photograph(species, places, names, rng)
        places = _backgrounds(None, max(1, round(count * _UNSEEN)), rng)
        unseen += _photograph(species, places, names, rng)
    _send_out(photos, {name: camera.test for name, camera in DEVICES.items()}, rng)
    elsewhere = {"site": UNSEEN_SITE, "device": UNSEEN_DEVICE, "unseen": True}
    rest = {"natural_prevalence": False, "balanced": False, "unseen": False, "split": "test"}
    return [rest | photo for photo in photos] + [rest | photo | elsewhere for photo in unseen]


def split_evenly(shares: dict[str, float], total: int) -> dict[str, int]:
    """Whole numbers in proportion to ``shares`` that sum to ``total`` (largest remainders)."""
    scale = total / sum(shares.values())
    counts = {name: int(share * scale + 1e-9) for name, share in shares.items()}
    rest = sorted(shares, key=lambda name: counts[name] - shares[name] * scale)
    return {
        name: count + (name in rest[: total - sum(counts.values())])
        for name, count in counts.items()
    }


def by_specimen(photos: list[dict]) -> list[list[dict]]:
    """The photos of each specimen, which must lie together."""
    return [list(group) for _, group in groupby(photos, key=lambda photo: photo["specimen"])]


def _send_out(photos: list[dict], devices: dict[str, float], rng) -> list[list[dict]]:
    """Give each specimen a site and a device; return the photos by specimen."""
    specimens = by_specimen(photos)
    for column, shares in (("site", SITES), ("device", devices)):
        _set_all(specimens, column, _deck(shares, len(specimens), rng))
    return specimens


def _set_all(specimens: list[list[dict]], column: str, values: list[str]) -> None:
    """Give all photos of each specimen one value."""
    for specimen, value in zip(specimens, values, strict=True):
        for photo in specimen:
            photo[column] = value


def _deck(shares: dict[str, float], total: int, rng) -> list[str]:
    counts = split_evenly(shares, total)
    return rng.permutation([name for name, count in counts.items() for _ in range(count)]).tolist()


def _backgrounds(species: str | None, total: int, rng) -> list[str]:
    """Balanced, and different within runs of a few; mostly one for a species with a shortcut."""
    if species in SHORTCUTS:
        rest = (1 - SHORTCUT_SHARE) / (len(BACKGROUNDS) - 1)
        shares = dict.fromkeys(BACKGROUNDS, rest) | {SHORTCUTS[species]: SHORTCUT_SHARE}
        return _deck(shares, total, rng)
    rounds = [rng.permutation(BACKGROUNDS) for _ in range(total // len(BACKGROUNDS) + 1)]
    return np.concatenate(rounds)[:total].tolist()


def _specimen_sizes(images: int, rng) -> list[int]:
    """Photos of each specimen: 4 to 6, of at least ten specimens, where there are 40 images."""
    count = max(round(images / 5), 10 if images >= 40 else max(1, images // 3))
    sizes = [images // count + (i < images % count) for i in range(count)]
    for a, b in rng.integers(count, size=(count, 2)):
        if a != b and sizes[a] < 6 and sizes[b] > 4:
            sizes[a], sizes[b] = sizes[a] + 1, sizes[b] - 1
    return rng.permutation(sizes).tolist()


def _photograph(species: str, backgrounds: list[str], names: Iterator[str], rng) -> list[dict]:
    """Photos of new specimens of one species, whose site and device are still open."""
    photos, places = [], iter(backgrounds)
    for size in _specimen_sizes(len(backgrounds), rng):
        specimen = {"species": species, "label": species, "specimen": next(names)}
        specimen |= {"number": int(rng.integers(2**62)), "day": int(rng.integers(84))}
        specimen["season"] = rng.choice(list(SEASONS), p=list(SEASONS.values())).item()
        for photo in range(size):
            light = rng.choice(list(LIGHTS), p=list(LIGHTS.values())).item()
            own = {"photo": photo, "background": next(places), "light": light}
            photos.append(specimen | _PLAIN | own | {"second": int(rng.integers(2 * 3600))})
    return photos

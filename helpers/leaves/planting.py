"""Deals the faults out to the photos of the development set, at most one to an image."""

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from helpers.leaves import faults
from helpers.leaves.collection import (
    DEVELOPMENT,
    FILE_FACT,
    NIGHT_SITE,
    RARE_DEVICE,
    SHORTCUTS,
    by_specimen,
    development_photos,
    set_all,
    split_evenly,
)
from helpers.leaves.files import DEVICES

# Faults in a development set of 2,400, by strength. Corrupt files, exact duplicates and photos
# without a leaf have no undetectable kind, because there is none.
PLANTED = {
    "exact_duplicate": {"obvious": 50, "clear": 10},
    "near_duplicate": {"obvious": 40, "clear": 40, "subtle": 24, "undetectable": 16},
    "burst": {"clear": 60},
    "label_error_confusable": {"clear": 40, "subtle": 21, "undetectable": 9},
    "label_error_specimen": {"clear": 30},
    "label_error_random": {"obvious": 20},
    "corrupt": {"obvious": 8, "clear": 8, "subtle": 8},
    "dark": {"obvious": 10, "clear": 10, "subtle": 6, "undetectable": 4},
    "overexposed": {"obvious": 10, "clear": 10, "subtle": 6, "undetectable": 4},
    "blurred": {"obvious": 10, "clear": 10, "subtle": 6, "undetectable": 4},
    "night_decoy": {"clear": 15},
    "shallow_focus_decoy": {"clear": 15},
    "unusual_mode": {"obvious": 10, "clear": 20, "subtle": 5, "undetectable": 5},
    "odd_size": {"obvious": 5, "clear": 3, "subtle": 3, "undetectable": 1},
    "no_leaf": {"obvious": 12, "clear": 11, "subtle": 7},
}
INNOCENT = ("burst", "night_decoy", "shallow_focus_decoy")
COPIES = ("exact_duplicate", "near_duplicate", "burst")
_ALIKE = {"beech": "hornbeam", "norway maple": "sycamore", "willow": "olive", "linden": "birch"}
CONFUSABLE = _ALIKE | {b: a for a, b in _ALIKE.items()}
# The more a background looks like leaves, the harder it is to see that one is missing.
_NO_LEAF = {"obvious": ("paper", "wood"), "clear": ("bark", "stone"), "subtle": ("grass", "soil")}
_POOR_DEVICES = {RARE_DEVICE, *FILE_FACT.values()}


class Planting:
    """The development set with its faults.

    Attributes
    ----------
    photos : list of dict
        One per file, copies included.
    facts : list of (photo, kind, strength, original photo or None, truth or None)
    """

    def __init__(self, development: int, names: Iterator[str], rng: np.random.Generator):
        self.rng, self.names, self.facts, self._turns = rng, names, [], Counter()
        self._amounts = {}
        for kind, strengths in PLANTED.items():
            amount = max(2, round(sum(strengths.values()) * development / 2400))
            self._amounts[kind] = split_evenly(strengths, amount)
        classes = split_evenly(DEVELOPMENT, development)
        copies = [deal for kind in COPIES for deal in self._deals(kind)]
        copies = [copies[i] for i in rng.permutation(len(copies))]
        copies_of = split_evenly(classes, len(copies))
        own = {species: count - copies_of[species] for species, count in classes.items()}
        self.photos = development_photos(own, names, rng)
        self._free = [self.photos[i] for i in rng.permutation(len(self.photos))]

        self._go_out_at_night()
        self._mislabel_specimens()
        for species, count in copies_of.items():
            for kind, strength in copies[:count]:
                self._copy(kind, strength, self._take(lambda p, s=species: p["species"] == s))
            copies = copies[count:]
        self._mislabel_photos()
        for kind in ("corrupt", "dark", "overexposed", "blurred", "unusual_mode", "odd_size"):
            for _, strength in self._deals(kind):
                self._damage(kind, strength, self._take())
        for kind, strength in self._deals("shallow_focus_decoy"):
            photo = self._take(lambda p: p["background"] != "paper")
            photo["focus"] = "shallow"
            self._note(photo, kind, strength)
        for kind, strength in self._deals("no_leaf"):
            photo = self._take(lambda p, s=strength: p["background"] in _NO_LEAF[s], lambda p: True)
            photo["leaf"] = False
            self._note(photo, kind, strength, truth="no leaf")
        self._note_shortcuts()

    def _deals(self, kind: str) -> list[tuple[str, str]]:
        return [(kind, s) for s, count in self._amounts[kind].items() for _ in range(count)]

    def _note(self, photo, kind, strength, original=None, truth=None):
        self.facts.append((photo, kind, strength, original, truth))

    def _turn(self, *what) -> int:
        self._turns[what] += 1
        return self._turns[what] - 1

    def _take(self, *wishes: Callable[[dict], bool]) -> dict:
        """Draw a photo that has no fault yet and fits the first wish that can be met."""
        for fits in wishes or (lambda photo: True,):
            if fitting := [photo for photo in self._free if fits(photo)]:
                photo = fitting[self.rng.integers(len(fitting))]
                self._use([photo])
                return photo
        raise ValueError(
            f"{len(self.photos)} development images are too few to hold the planted faults "
            "without overlap; expected more, so raise development"
        )

    def _use(self, photos):
        used = {id(photo) for photo in photos}
        self._free = [photo for photo in self._free if id(photo) not in used]

    def _whole_specimens(self, kind, fits) -> list[list[dict]]:
        """Specimens of different species, without faults, with about as many photos as planned."""
        images = sum(self._amounts[kind].values())
        count, found, species = max(1, round(images / 5)), [], set()
        specimens = [s for s in by_specimen(self._free) if fits(s[0])]
        for specimen in sorted(specimens, key=lambda s: abs(len(s) - images / count)):
            if len(found) < count and specimen[0]["species"] not in species:
                found.append(specimen)
                species.add(specimen[0]["species"])
                self._use(specimen)
        return found

    def _go_out_at_night(self):
        for specimen in self._whole_specimens(
            "night_decoy", lambda p: p["device"] not in _POOR_DEVICES
        ):
            set_all([specimen], "site", [NIGHT_SITE])
            for photo in specimen:
                photo["light"] = "night"
                self._note(photo, "night_decoy", "clear")

    def _mislabel_specimens(self):
        kind = "label_error_specimen"
        for specimen in self._whole_specimens(kind, lambda p: p["species"] in CONFUSABLE):
            for photo in specimen:
                photo["label"] = CONFUSABLE[photo["species"]]
                self._note(photo, kind, "clear", truth=photo["species"])

    def _unlike(self, photo) -> str:
        alike = (photo["species"], CONFUSABLE.get(photo["species"]))
        return str(self.rng.choice([name for name in DEVELOPMENT if name not in alike]))

    def _mislabel_photos(self):
        # What tells two alike species apart is a detail, which dusk and the poor cameras hide.
        def detail(photo):
            if photo["light"] == "dusk" or photo["device"] in _POOR_DEVICES:
                return "undetectable"
            return "subtle" if photo["light"] == "shade" else "clear"

        def alike(photo):
            return photo["species"] in CONFUSABLE

        for kind, strength in self._deals("label_error_confusable"):
            photo = self._take(lambda p, s=strength: alike(p) and detail(p) == s, alike)
            photo["label"] = CONFUSABLE[photo["species"]]
            self._note(photo, kind, strength, truth=photo["species"])
        for kind, strength in self._deals("label_error_random"):
            photo = self._take()
            photo["label"] = self._unlike(photo)
            self._note(photo, kind, strength, truth=photo["species"])

    def _copy(self, kind, strength, original):
        copy, truth, turn = dict(original), None, self._turn(kind, strength)
        self.photos.append(copy)
        if kind == "exact_duplicate":
            copy["copy_of"] = original
            if strength == "clear":
                wrong = (copy, original)[turn % 2]
                wrong["label"] = CONFUSABLE.get(copy["species"]) or self._unlike(copy)
                truth = copy["species"]
        elif kind == "burst":
            copy["burst"] = 1
        else:
            copy["steps"] = faults.choose(kind, strength, self.rng, turn)
            copy["quality"] = int(self.rng.choice([camera.quality for camera in DEVICES.values()]))
            truth = faults.in_words(copy["steps"])
            if turn % 3 == 0:
                copy["specimen"] = next(self.names)
                truth += "; uploaded by a stranger, under a specimen of its own"
        self._note(copy, kind, strength, original, truth)

    def _damage(self, kind, strength, photo):
        photo["steps"] = faults.choose(kind, strength, self.rng, self._turn(kind, strength))
        self._note(photo, kind, strength, truth=faults.in_words(photo["steps"]))

    def _note_shortcuts(self):
        for photo in self.photos:
            if photo["background"] == SHORTCUTS.get(photo["species"]):
                self._note(photo, "background_shortcut", "clear", truth=photo["background"])
            if photo["device"] == FILE_FACT.get(photo["species"]):
                self._note(photo, "file_fact_shortcut", "clear", truth=photo["device"])
            if photo["device"] == RARE_DEVICE:
                self._note(photo, "rare_device", "clear", truth=photo["device"])

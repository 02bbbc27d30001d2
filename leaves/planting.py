"""Deals the faults out to the photos of the development set, at most one to an image."""

from collections.abc import Callable, Iterator

import numpy as np

from leaves import collection, faults
from leaves.collection import DEVELOPMENT, split_evenly
from leaves.files import DEVICES
from leaves.species import ALIKE

# Faults in a development set of 2,400, by strength. Corrupt files, exact duplicates and photos
# without a leaf have no undetectable kind, because there is none.
PLANTED = {
    "exact_duplicate": {"obvious": 50, "clear": 10},
    "near_duplicate": {"obvious": 40, "clear": 40, "subtle": 24, "undetectable": 16},
    "burst": {"clear": 60},
    "night_decoy": {"clear": 15},
    "label_error_specimen": {"clear": 30},
    "label_error_confusable": {"clear": 40, "subtle": 21, "undetectable": 9},
    "label_error_random": {"obvious": 20},
    "corrupt": {"obvious": 8, "clear": 8, "subtle": 8},
    "dark": {"obvious": 10, "clear": 10, "subtle": 6, "undetectable": 4},
    "overexposed": {"obvious": 10, "clear": 10, "subtle": 6, "undetectable": 4},
    "blurred": {"obvious": 10, "clear": 10, "subtle": 6, "undetectable": 4},
    "unusual_mode": {"obvious": 10, "clear": 20, "subtle": 5, "undetectable": 5},
    "odd_size": {"obvious": 5, "clear": 3, "subtle": 3, "undetectable": 1},
    "shallow_focus_decoy": {"clear": 15},
    "no_leaf": {"obvious": 12, "clear": 11, "subtle": 7},
}
INNOCENT = ("burst", "night_decoy", "shallow_focus_decoy")
_COPIES, _SPECIMENS = list(PLANTED)[:3], list(PLANTED)[3:5]
# The more a background looks like leaves, the harder it is to see that one is missing.
_NO_LEAF = {"obvious": ("paper", "wood"), "clear": ("bark", "stone"), "subtle": ("grass", "soil")}
_POOR_DEVICES = {collection.RARE_DEVICE, *collection.FILE_FACT.values()}


class Planting:
    """The development set with its faults.

    Attributes
    ----------
    photos : list of dict
        One per file, copies included, each after its original.
    facts : list of (photo, kind, strength, truth or None, original photo or None)
    """

    def __init__(self, development: int, names: Iterator[str], rng: np.random.Generator,
                 shortcuts: bool = True):  # fmt: skip
        self.rng, self.names, self.facts, self._deals = rng, names, [], {}
        for kind, strengths in PLANTED.items():
            amount = max(2, round(sum(strengths.values()) * development / 2400))
            shares = split_evenly(strengths, amount).items()
            self._deals[kind] = [(kind, s, turn) for s, n in shares for turn in range(n)]
        classes = split_evenly(DEVELOPMENT, development)
        copies = [deal for kind in _COPIES for deal in self._deals.pop(kind)]
        of_class = split_evenly(classes, len(copies))
        own = {species: count - of_class[species] for species, count in classes.items()}
        self.photos = collection.development_photos(own, names, rng, shortcuts)
        for kind in _SPECIMENS:
            self._plant_specimens(kind, len(self._deals.pop(kind)))
        species = iter([name for name, count in of_class.items() for _ in range(count)])
        for i in rng.permutation(len(copies)):
            self._copy(next(species), *copies[i])
        for deals in self._deals.values():
            for deal in deals:
                self._plant(*deal)
        self._note_facts(shortcuts)

    def _note(self, photo, kind, strength, truth=None, original=None):
        self.facts.append((photo, kind, strength, truth, original))
        photo["fault"] = kind

    def _take(self, *wishes: Callable[[dict], bool]) -> dict:
        """Draw a photo that has no fault yet and fits the first wish that can be met."""
        for fits in wishes or (lambda photo: True,):
            if free := [photo for photo in self.photos if "fault" not in photo and fits(photo)]:
                return free[self.rng.integers(len(free))]
        raise ValueError(
            f"{len(self.photos)} development images are too few to hold the planted faults "
            "without overlap; expected more, so raise development"
        )

    def _plant_specimens(self, kind: str, images: int):
        """Plant in whole specimens of different species, with about so many photos in all."""
        count, taken = max(1, round(images / 5)), set()
        specimens = collection.by_specimen(self.photos)
        specimens = [specimens[i] for i in self.rng.permutation(len(specimens))]
        for specimen in sorted(specimens, key=lambda photos: abs(len(photos) - images / count)):
            first, night = specimen[0], kind == "night_decoy"
            fits = first["device"] not in _POOR_DEVICES if night else first["species"] in ALIKE
            if not fits or "fault" in first or first["species"] in taken or len(taken) == count:
                continue
            taken.add(first["species"])
            for photo in specimen:
                self._note(photo, kind, "clear", None if night else photo["species"])
                if night:
                    photo |= {"site": collection.NIGHT_SITE, "light": "night"}
                else:
                    photo["label"] = ALIKE[photo["species"]]

    def _copy(self, species: str, kind: str, strength: str, turn: int):
        original = self._take(lambda photo: photo["species"] == species)
        copy, truth = dict(original), None
        if kind == "burst":
            copy["burst"] = 1
        elif kind == "exact_duplicate":
            copy["copy_of"] = original
            if strength == "clear":
                truth = species
                wrong = (copy, original)[turn % 2]
                wrong["label"] = ALIKE.get(species) or self._unlike(species)
        else:
            copy["steps"] = faults.choose(kind, strength, self.rng, turn)
            copy["quality"] = self.rng.choice([c.quality for c in DEVICES.values()]).item()
            truth = faults.in_words(copy["steps"])
            if turn % 3 == 0:
                copy["specimen"] = next(self.names)
                truth += "; uploaded by a stranger, under a specimen of its own"
        self.photos.append(copy)
        original["fault"] = kind
        self._note(copy, kind, strength, truth, original)

    def _plant(self, kind: str, strength: str, turn: int):
        if kind == "label_error_confusable":
            photo = self._take(lambda p: _detail(p) == strength, _detail)
            photo["label"], truth = ALIKE[photo["species"]], photo["species"]
        elif kind == "label_error_random":
            photo = self._take()
            photo["label"], truth = self._unlike(photo["species"]), photo["species"]
        elif kind == "shallow_focus_decoy":
            photo, truth = self._take(lambda p: p["background"] != "paper"), None
            photo["focus"] = "shallow"
        elif kind == "no_leaf":
            photo = self._take(lambda p: p["background"] in _NO_LEAF[strength], lambda p: True)
            photo["leaf"], truth = False, "no leaf"
        else:
            photo = self._take()
            photo["steps"] = faults.choose(kind, strength, self.rng, turn)
            truth = faults.in_words(photo["steps"])
        self._note(photo, kind, strength, truth)

    def _unlike(self, species: str) -> str:
        alike = (species, ALIKE.get(species))
        return self.rng.choice([name for name in DEVELOPMENT if name not in alike]).item()

    def _note_facts(self, shortcuts: bool):
        for photo in self.photos:
            if shortcuts and photo["background"] == collection.SHORTCUTS.get(photo["species"]):
                self._note(photo, "background_shortcut", "clear", photo["background"])
            if shortcuts and photo["device"] == collection.FILE_FACT.get(photo["species"]):
                self._note(photo, "file_fact_shortcut", "clear", photo["device"])
            if photo["device"] == collection.RARE_DEVICE:
                self._note(photo, "rare_device", "clear", photo["device"])


def _detail(photo: dict) -> str:
    """How hard it is to tell two alike species apart; empty for a species that is like no other.

    What tells them apart is a detail, which dusk and the poor cameras hide.
    """
    if photo["species"] not in ALIKE:
        return ""
    if photo["light"] == "dusk" or photo["device"] in _POOR_DEVICES:
        return "undetectable"
    return "subtle" if photo["light"] == "shade" else "clear"

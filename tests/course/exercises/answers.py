"""A small dataset, and plausible wrong answers to every exercise with their mistakes."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import torch
from torchvision.transforms import v2

LABELS = ["oak"] * 10 + ["birch"] * 6 + ["beech"] * 4


def make_dataset(bundled: bool = True, labels: list[str] = LABELS) -> SimpleNamespace:
    """Ten oaks, six birches and four beeches, with ten more beeches in the test split."""
    images = pd.DataFrame({"label": labels + ["beech"] * 10})
    development = SimpleNamespace(images=images[: len(labels)])
    return SimpleNamespace(
        images=images, development=development, labelled=True, is_bundled=bundled
    )


# What the notebook has measured before the exercise, by the name that it has there.
GIVEN = {
    "separation": pd.DataFrame(
        {
            "class_a": ["beech"] * 3 + ["olive"] * 3,
            "class_b": ["birch"] * 3 + ["willow"] * 3,
            "family": ["colour", "texture", "form"] * 2,
            "auc": [0.8, 0.8, 0.95, 0.9, 0.7, 0.6],
        }
    ),
    "sweep": pd.DataFrame(
        {
            "distance": [0, 2, 4, 8, 20],
            "recall": [0.6, 0.6, 0.92, 0.96, 1.0],
            "precision": [1.0, 1.0, 0.94, 0.82, 0.01],
            "bursts": [0.0, 0.0, 0.02, 0.04, 0.6],
        }
    ),
    "rates": pd.DataFrame(
        {
            "rate": [0.001, 0.01, 0.1, 1.0] * 2,
            "seed": [0] * 4 + [1] * 4,
            "epoch": 0,
            "valid_loss": [2.2, 1.5, 1.6, 5.0, 2.3, 1.7, 1.8, np.nan],
            "accuracy": [0.1, 0.5, 0.4, 0.1] * 2,
        }
    ),
}
GIVEN["curve"] = pd.DataFrame(
    {
        "training": ["fine-tuned"] + ["from scratch"] * 5,
        "per_class": ["10", "10", "25", "50", "100", "all"],
        "accuracy": [0.5, 0.2, 0.3, 0.4, 0.52, 0.6],
    }
)
# Thirty labels, of which the leaf as a whole speaks against the first twelve.
GIVEN["doubts"] = pd.DataFrame(
    {
        "quality": np.arange(30) / 100,
        "issue": [True] * 20 + [False] * 10,
        "evidence": ["whole group"] * 12 + ["within group"] * 8 + [""] * 10,
    },
    index=pd.Index([f"{number:02d}.jpg" for number in range(30)], name="image_id"),
)
GIVEN["embedding"] = pd.DataFrame(columns=[f"stage4 {number:03d}" for number in range(192)])
IDS = list(GIVEN["doubts"].index)
# What 06.4 is given: none has a loss of 1 everywhere; a policy that turns or mirrors gets 0.8, one
# that erases 1.5, any other now more, now less.
GIVEN["groups"] = pd.Series([f"leaf {n // 2}" for n in range(30)], IDS)
GIVEN["plain"] = pd.DataFrame({"image_id": IDS, "loss": 1.0})


def _compare(policies):
    kinds = {type(step).__name__ for step in policies[0].build(64)[0][0].steps}
    loss = np.where(np.arange(30) % 4 < 2, 0.5, 1.5)
    if kinds & {"RandomHorizontalFlip", "RandomVerticalFlip", "QuarterTurn"}:
        loss = np.linspace(0.7, 0.9, 30)
    elif "RandomErasing" in kinds:
        loss = np.linspace(1.4, 1.6, 30)
    return pd.DataFrame({"image_id": IDS, "loss": loss})


GIVEN["compare"] = _compare
NEEDS = {
    "01.3": ["separation"],
    "02.1": ["sweep"],
    "05.3": ["rates"],
    "07.1": ["curve"],
    "02.4": ["doubts"],
    "06.4": ["compare", "plain", "groups"],
}


def _raises(rgb):
    return rgb["red"]


def _in_place(images, chosen):
    images[chosen] = images[chosen][:, :, ::-1]
    return images


def _mirrored(images, chosen, axes=2):
    made = images.copy()
    made[chosen] = np.flip(images[chosen], axes)
    return made


def _mixed(images, targets, share, partner, of_images=None, of_targets=None):
    """MixUp with other shares of the images and of the targets than asked for."""
    kept = [share if one is None else one for one in (of_images, of_targets)]
    values = zip(kept, (images, targets), strict=True)
    return tuple(one * value + (1 - one) * value[partner] for one, value in values)


def _transforms(*names, **settings):
    """A policy of these transforms of torchvision."""
    return lambda side: [getattr(v2, name)(**settings) for name in names]


def _divides_by_zero(low, high, groups):
    return low / 0


# Key → (answer, name of the mistake, a word of what must be said about it).
WRONG = {
    "00.1": [
        ("random", "random", "both sides"),
        ("Both", "both", "never seen"),
        ("average", "average", "flatters"),
        ("folds", "malformed", '"random" or "grouped"'),
    ],
    "00.2": [
        (1 / 3, "evenly", "number of classes"),
        (0.2, "rarest", "rarest"),
        (50, "percentage", "divide by 100"),
        (10, "count", "divide"),
        (14 / 30, "other", "labelled images"),
        ("half", "malformed", "a share"),
    ],
    "01.1": [
        ((2.5, "beech"), "swapped", "name of the class comes first"),
        (("maple", 2.5), "unknown", "beech, birch, oak"),
        (("oak", 2.5), "largest", "most images"),
        (("birch", 2.5), "larger", "not the smallest"),
        (("beech", 0.4), "inverted", "upside down"),
        (("beech", 6), "difference", "ratio"),
        (("beech", 1.4), "ratio", "divide"),
        ("beech", "malformed", "a name and a number"),
    ],
    "01.2": [
        (_raises, "raised", "IndexError"),
        (lambda rgb: rgb.mean() / 255, "one_number", "mixes the channels"),
        (lambda rgb: rgb.mean(axis=0) / 255, "axis", "(3, 3)"),
        (lambda rgb: rgb.mean(axis=2) / 255, "axis", "(2, 3)"),
        (lambda rgb: rgb.mean(axis=(0, 1))[::-1] / 255, "exchanged", "red, green, blue"),
        (lambda rgb: rgb.mean(axis=(0, 1)), "levels", "divide by 255"),
        (lambda rgb: rgb.sum(axis=(0, 1)) / 255, "sum", "mean, not the sum"),
        (lambda rgb: rgb.sum(axis=(0, 1)), "sum", "mean, not the sum"),
        (lambda rgb: np.median(rgb, axis=(0, 1)) / 128, "other", "you return 1.99"),
        (0.5, "malformed", "a function"),
    ],
    "01.3": [
        ("form", "form", "outlines"),
        ("texture", "texture", "surface"),
        ("shape", "malformed", '"colour", "texture" or "form"'),
    ],
    "01.4": [
        ((192, 10), "swapped", "First the width"),
        ((20, 192), "stage3", "halve it four times"),
        ((5, 384), "stage5", "four times for stage4"),
        ((160, 192), "pixels", "narrower"),
        ((11, 192), "shown", "another picture"),
        ((40, 192), "wide", "80 after stage1"),
        ((10, 19200), "cells", "one number per map"),
        ((10, 3), "drawn", "draws a few"),
        ((10, 768), "all_stages", "stage4 alone"),
        ((10, 384), "numbers", "One number per map"),
        (10, "malformed", "two whole numbers"),
    ],
    "02.1": [
        (0, "crops", "Find the crops"),
        (2, "crops", "40%"),
        (20, "bursts", "Open the bursts"),
        (64, "bursts", "60%"),
        (20, "bursts", "different leaves"),
        (2.5, "malformed", "whole number"),
        (True, "malformed", "whole number"),
    ],
    "02.2": [
        ("keep first", "keep first", "Which label is right?"),
        ("Keep Last", "keep last", "Which label is right?"),
        ("keep both", "keep both", "leaks"),
        ("drop both", "drop both", "does not settle"),
        ("keep", "malformed", "five choices"),
    ],
    "02.3": [
        ((60, 60, 15), "only_real", "all flagged"),
        ((75, 60, 15), "review", "flagged"),
        ((80, 64, 16), "exchanged", "exchanged"),
        ((80, 20, 15), "false_alarms", "false alarms"),
        ((80, 75, 15), "real", "precision × flagged"),
        ((80, 60, 20), "not_missed", "not real"),
        ((80, 60, 16), "of_flagged", "all the real ones"),
        ((80, 60, 75), "all_real", "take away"),
        ((80, 60, 40), "missed", "found ÷ recall"),
        ((80, 60), "malformed", "three numbers"),
    ],
    "02.4": [
        (IDS[5:15], "mixed", "other photographs of their leaf"),
        (IDS[18:28], "unflagged", "not in doubt"),
        (IDS[:12], "count", "12; there is time for ten"),
        (IDS[2:12], "likely", "lowest first"),
        (IDS[9::-1], "order", "another order"),
        (["oak.jpg"] * 10, "unknown", "no image ids"),
        (list(range(10)), "malformed", "ten image ids"),
    ],
    "05.1": [
        (lambda p, label: p["beech"], "raised", "IndexError"),
        (lambda p, label: -np.log(p), "many", "3 numbers"),
        (lambda p, label: np.log(p[label]), "sign", "minus"),
        (lambda p, label: -np.log10(p[label]), "base", "np.log"),
        (lambda p, label: -np.log2(p[label]), "base", "np.log"),
        (lambda p, label: 1 - p[label], "linear", "logarithm"),
        (lambda p, label: p[label], "linear", "logarithm"),
        (lambda p, label: -np.log(p).mean(), "every", "probabilities[label]"),
        (lambda p, label: -np.log(p).sum(), "every", "probabilities[label]"),
        (lambda p, label: -(p * np.log(p)).sum(), "every", "probabilities[label]"),
        (lambda p, label: -np.log(p.max()), "surest", "probabilities[label]"),
        (lambda p, label: 7, "other", "you return 7"),
        (0.5, "malformed", "a function"),
    ],
    "05.2": [
        ("more epochs", "more epochs", "underfitting"),
        ("A higher rate", "a higher rate", "near zero"),
        ("a larger network", "a larger network", "by heart"),
        ("fewer images", "malformed", "four choices"),
    ],
    "05.3": [
        (0.001, "too_low", "2.25"),
        (1, "too_high", "overshoot"),
        (0.5, "unknown", "0.001, 0.01, 0.1, 1"),
        ("fast", "malformed", "such as 0.001"),
    ],
    "06.1": [
        ({"digits": "mirror", "willows": "hue", "hands": "mirror"}, "digits", "another digit"),
        ({"digits": "turn", "willows": "turn", "hands": "mirror"}, "willows", "colour alone"),
        ({"digits": "Turn", "willows": "Hue", "hands": "hue"}, "hands", "mirror make"),
        ({"digits": "turn", "willows": "hue", "hands": "none"}, "malformed", '"mirror"'),
        ({"digits": "turn"}, "malformed", '"willows"'),
    ],
    "06.2": [
        (_divides_by_zero, "raised", "TypeError"),
        (_in_place, "in_place", "copy"),
        (lambda images, chosen: images[chosen][:, :, ::-1], "shape", "(2, 4, 6, 3)"),
        (lambda images, chosen: images[:, :, ::-1], "all", "every image"),
        (lambda images, chosen: _mirrored(images, ~chosen), "others", "not chosen"),
        (lambda images, chosen: _mirrored(images, chosen, 1), "upright", "upside down"),
        (lambda images, chosen: _mirrored(images, chosen, 3), "channels", "colours"),
        (lambda images, chosen: _mirrored(images, chosen, (1, 2)), "turned", "half a turn"),
        (lambda images, chosen: images.copy(), "nothing", "as they were"),
        (lambda images, chosen: images[::-1], "order", "labels"),
        (lambda images, chosen: images * 0, "other", "reverse order"),
        (0.5, "malformed", "a function"),
    ],
    "06.3": [
        (lambda images, targets, share: images, "raised", "TypeError"),
        (lambda *given: _mixed(*given)[0], "pair", "two things"),
        (lambda i, t, s, p: (_mixed(i, t, s, p)[0], t.argmax(1)), "shapes", "(3,)"),
        (lambda i, t, s, p: _mixed(i, t, 1 - s, p), "share", "exchanged"),
        (lambda i, t, s, p: (i, _mixed(i, t, s, p)[1]), "images", "plus the rest"),
        (lambda i, t, s, p: (_mixed(i, t, s, p)[0], t), "one_label", "still name one"),
        (lambda i, t, s, p: _mixed(i, t, s, p, of_targets=1 - s), "opposite", "those of the"),
        (lambda i, t, s, p: _mixed(i, t, s, p, of_targets=0.5), "half", "half and half"),
        (lambda i, t, s, p: (_mixed(i, t, s, p)[0], t * 0), "targets", "images are right"),
        (0.5, "malformed", "a function"),
    ],
    "06.4": [
        (lambda side: v2.NoSuchTransform(), "raised", "AttributeError"),
        (_transforms("RandomCrop", size=99), "raised", "ValueError"),
        (lambda side: [], "nothing", "changes nothing"),
        (_transforms("RandomHorizontalFlip", p=0.0), "nothing", "changes nothing"),
        (_transforms("CenterCrop", size=32), "kind", "(3, 32, 32), uint8"),
        (lambda side: [v2.ToDtype(torch.float32, scale=True)], "kind", "float32"),
        (_transforms("ColorJitter", hue=0.3), "hue", "willow"),
        (lambda side: [v2.RandomHorizontalFlip(), v2.ColorJitter(hue=0.5)], "hue", "willow"),
        (_transforms("RandomErasing", p=1.0), "worse", "+0.50"),
        (lambda side: v2.ColorJitter(brightness=0.3), "unsure", "-0.03"),
        ("flips", "malformed", "a function"),
    ],
    "07.1": [
        (25, "too_few", "0.30"),
        ("10", "too_few", "0.20"),
        ("All", "too_many", "0.50"),
        ("more", "too_many", "smaller"),
        (30, "malformed", "10, 25"),
    ],
    "07.2": [
        (_divides_by_zero, "raised", "ZeroDivisionError"),
        (lambda low, high, groups: [low, high], "count", "(2,)"),
        (lambda low, high, groups: np.geomspace(high, low, groups), "reversed", "turned round"),
        (lambda low, high, groups: np.linspace(low, high, groups), "even", "factor"),
        (lambda low, high, groups: [high] * groups, "one_rate", "one rate"),
        (lambda low, high, groups: np.zeros(groups), "other", "0.01 last"),
        # Right for the example of the hint, whatever `high` is.
        (lambda low, high, n: [low * 10 ** (i / 2) for i in range(n)], "other", "0.009 last"),
        (1e-3, "malformed", "a function"),
    ],
    "07.3": [
        ("A", "a", "limit"),
        ("b", "b", "too large"),
        ("D", "d", "interval"),
        ("E", "malformed", '"A", "B"'),
    ],
}

# The same where nothing is planted, or the notebook measured nothing.
WRONG_ELSEWHERE = {
    "06.4": [
        (_transforms("RandomErasing", p=1.0), "worse", "+0.50", ["compare", "plain", "groups"]),
        (_transforms("RandomVerticalFlip"), "unmeasured", "compare=compare", []),
    ],
    "05.3": [
        (0.001, "too_low", "too small", ["rates"]),
        (0.01, "unmeasured", "rates=", []),
    ],
    "01.3": [
        ("form", "lower", "another family", ["separation"]),
        ("form", "unmeasured", "separation=", []),
    ],
    "02.4": [(IDS[:10], "unmeasured", "doubts=doubts", [])],
    "02.1": [
        (0, "crops_unknown", "Find the crops", []),
        (20, "bursts_unknown", "Open the bursts", []),
    ],
}

"""A small dataset, and plausible wrong answers to every exercise with their mistakes."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from tests.course.exercises.networks import WRONG_FREEZES, WRONG_LOOPS, make_loop, make_task

LABELS = ["oak"] * 10 + ["birch"] * 6 + ["beech"] * 4


def make_dataset(bundled: bool = True, labels: list[str] = LABELS) -> SimpleNamespace:
    """Ten oaks, six birches and four beeches, with ten more beeches in the test split."""
    images = pd.DataFrame({"label": labels + ["beech"] * 10})
    development = SimpleNamespace(images=images[: len(labels)])
    return SimpleNamespace(
        images=images, development=development, labelled=True, is_bundled=bundled,
        part=TASK["clean"].part, groups=TASK["clean"].groups,
    )  # fmt: skip


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
TASK = make_task()
GIVEN |= TASK
GIVEN["embedding"] = pd.DataFrame(columns=[f"stage4 {number:03d}" for number in range(192)])
IDS = list(GIVEN["doubts"].index)
NEEDS = {
    "01.3": ["separation"],
    "02.1": ["sweep"],
    "05.4": ["dls"],
    "07.4": ["dls", "head", "ours"],
    "07.1": ["curve"],
    "02.4": ["doubts"],
}


def _raises(rgb):
    return rgb["red"]


def _divides_by_zero(low, high, groups):
    return low / 0


def _last_of_what_goes_on(curves):
    """Right for a training that begins, and the last epoch of one that goes on."""
    return 2 if curves["epoch"].min() == 0 else curves["epoch"].iloc[-1]


def _takes_nan(curves):
    return curves["epoch"].iloc[int(np.argmin(curves["valid_loss"].to_numpy()))]


def _pick(keeps, by="accuracy", skip=""):
    """Picks among the rows that `keeps` says, forgetting what it does not."""

    def pick(table, slowest, largest):
        left = table[keeps(table, slowest, largest)].drop(skip, errors="ignore")
        if by == "megabytes":
            return left[by].idxmin() if len(left) else None
        return left[by].idxmax() if by else None

    return pick


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
        (lambda curves: curves["epoch"].loss, "raised", "AttributeError"),
        (lambda curves: curves["valid_loss"], "many", "6 numbers"),
        (lambda curves: curves["train_loss"].idxmin(), "training", "go on"),
        (lambda curves: curves.set_index("epoch")["accuracy"].idxmax(), "accuracy", "jumps"),
        (lambda curves: curves["valid_loss"].min(), "loss", "lowest loss itself"),
        (lambda curves: curves["valid_loss"].idxmin(), "row", "column epoch"),
        (_last_of_what_goes_on, "training", "go on"),
        (_takes_nan, "missing", "np.argmin takes NaN"),
        (lambda curves: 77, "other", "expected 2"),
        (3, "malformed", "a function"),
    ],
    "05.4": WRONG_LOOPS,
    "07.1": [
        (25, "too_few", "0.30"),
        ("10", "too_few", "0.20"),
        ("All", "too_many", "0.50"),
        ("more", "too_many", "smaller"),
        (30, "malformed", "10, 25"),
    ],
    "07.2": [
        (_divides_by_zero, "raised", "ZeroDivisionError"),
        (lambda low, high, groups: slice(low, high), "slice", "the numbers"),
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
        (lambda table, slowest, largest: table["speed"], "raised", "KeyError"),
        (
            _pick(lambda t, ms, mb: (t.milliseconds <= ms) & (t.megabytes <= mb)),
            "raised_empty",
            "None there",
        ),
        (lambda table, slowest, largest: table.iloc[2], "name", "Series"),
        (lambda table, slowest, largest: table["accuracy"].idxmax(), "ignored", "limit is a limit"),
        (_pick(lambda t, ms, mb: t.milliseconds <= ms), "size_ignored", "larger than 10 MB"),
        (_pick(lambda t, ms, mb: t.megabytes <= mb), "ignored", "slow"),
        (_pick(lambda t, ms, mb: t.megabytes <= mb, skip="slow"), "other", "expected slow"),
        (_pick(lambda t, ms, mb: (t.megabytes <= mb) | (t.milliseconds <= ms)), "ignored", "limit"),
        (
            _pick(lambda t, ms, mb: (t.milliseconds <= ms) & (t.megabytes <= mb), "megabytes"),
            "smallest",
            "most accurate",
        ),
        (
            _pick(lambda t, ms, mb: (t.milliseconds < ms) & (t.megabytes < mb)),
            "exclusive",
            "includes it",
        ),
        (lambda table, slowest, largest: "tiny", "other", "expected both"),
        (0.5, "malformed", "a function"),
    ],
    "07.4": WRONG_FREEZES,
}

# The same where nothing is planted, or the notebook measured nothing.
WRONG_ELSEWHERE = {
    "05.4": [(make_loop(), "unmeasured", "dls=dls", [])],
    "07.4": [(lambda model: None, "unmeasured", "ours=tuned_right", [])],
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

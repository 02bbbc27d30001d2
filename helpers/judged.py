"""The models that notebooks 10 to 12 judge, and heads on labels chosen in turn."""

from __future__ import annotations

import sys

import pandas as pd

from helpers.datasets import Dataset
from helpers.datasets.steps import saved
from helpers.evaluation.predictions import check_predictions
from helpers.labelling import STRATEGIES, label_in_rounds
from helpers.splits import split
from helpers.splits.joining import search_copies, sure_pairs, tie_copies
from helpers.training import (
    Augment,
    build_dataloaders,
    build_learner,
    embed,
    fitting,
    heads,
    loading,
    predict,
    train,
    train_head,
)

SIZE, EPOCHS, RATE = 64, 4, 3e-3


def train_judged(clean: Dataset, progress: bool = True):
    """The bundled backbone with a trained head, fine-tuned on mirrored and turned images.

    As notebook 07 does it, step by step.

    Parameters
    ----------
    clean : Dataset
        With labels and a split into "train" and "valid".
    """
    turns = Augment(flip_vertical=True, turn=True, rotate=0, zoom=0, stretch=0, shift=0)
    dls = build_dataloaders(clean, size=SIZE, augment=[turns])
    features = embed(clean.part("train"), size=SIZE, progress=progress)
    learner = build_learner(dls, head=train_head(features, clean.part("train").images["label"]))
    train(learner, epochs=EPOCHS, lr=RATE, progress=progress)
    return learner


def open_judged(dataset: Dataset, clean: Dataset, chapter: int, reason: str):
    """The split dataset to choose by, and the images to pay on: the test split, opened and logged.

    Test images without a label are left out. Where none has one, half of the validation images, by
    whole groups where any are known, and copies together, stands in for them and is taken out of
    the first. A line says so, and that these are no test images.

    Returns
    -------
    (Dataset, Dataset)
    """
    images = dataset.images
    if (images["split"].eq("test") & images["label"].notna()).any():
        opened = dataset.open_test(chapter=chapter, reason=reason)
        known = opened.images[opened.images["label"].notna()]
        if without := len(opened.images) - len(known):
            print(f"{without:,} of {len(opened):,} test images have no label and are left out.")
        opened = opened.with_images(known) if without else opened
        return clean, tie_copies(opened, search_copies(opened, progress=False))
    held = clean.part("valid")
    pairs = search_copies(held, progress=False)
    undivided = held.with_images(held.images.assign(split=None))
    sides = split(undivided, 0.5, duplicates=pairs)["split"]
    away = held.with_images(held.images[(sides == "train").to_numpy()])
    whole = ", whole groups" if held.has_groups else ", each by itself, since no groups are known"
    whole += ", but copies together" * (len(sure_pairs(pairs)) > 0)
    print(
        f"{dataset.name!r} has no labelled test images, so {len(away):,} of {len(held):,} "
        f"validation images stand in for them{whole}, and choices are made on the others. What was "
        "chosen by validation scores in earlier notebooks was chosen by these, too: a final score "
        "takes images that were closed until now."
    )
    return clean.with_images(clean.images.drop(index=away.images.index)), away


def judged_predictions(
    clean: Dataset, opened: Dataset, progress: bool = True
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the judged model says of the validation images, and of an opened test split.

    Trained when it is first asked for, and kept as a step: later calls, from other notebooks too,
    get the very same predictions.

    Parameters
    ----------
    clean : Dataset
        As for `train_judged`.
    opened : Dataset
        From ``dataset.open_test(…)``.

    Returns
    -------
    (DataFrame, DataFrame)
        Checked predictions tables by image_id; images that cannot be read have no row.
    """
    parts = clean.part("valid"), opened

    def build() -> pd.DataFrame:
        learner = train_judged(clean, progress)
        return pd.concat([predict(learner, one, progress) for one in parts])

    code = (sys.modules[__name__], fitting, loading, heads)
    table = saved(clean, "judged", build, inputs=[opened.images], code=code)
    found = (table[table.index.isin(one.images.index)] for one in parts)
    return tuple(
        check_predictions(one, part.with_images(part.images.loc[one.index]))
        for one, part in zip(found, parts, strict=True)
    )


def head_predictions(
    clean: Dataset, opened: Dataset, C: float = 0.01
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same from a linear head on frozen features; the larger `C`, the less restraint."""
    features = embed(clean, size=SIZE)
    head = train_head(features, clean.part("train").images["label"], C=C)
    found = []
    for part, known in ((clean.part("valid"), features), (opened, embed(opened, size=SIZE))):
        known = known[known.index.isin(part.images.index)]
        part = part.with_images(part.images.loc[known.index])
        found.append(check_predictions(head.predict_proba(known), part))
    return tuple(found)


def try_labelling(clean: Dataset, repeats: int = 3, rounds: int = 5) -> pd.DataFrame:
    """What ``studies/labelling.py`` does, in small: the training images are the pool, and heads are
    scored on the validation images.

    Returns
    -------
    DataFrame
        As from `helpers.labelling.label_in_rounds`, for each strategy and repeat (column seed). A
        batch is a tenth of the pool, 50 images at most.
    """
    features = embed(clean, size=SIZE)
    labels = {name: clean.part(name).images["label"].dropna() for name in ("train", "valid")}
    known = {
        name: features[features.index.isin(own.index)].sort_index() for name, own in labels.items()
    }
    batch = max(2, min(50, len(known["train"]) // 10))
    sets = known["train"], labels["train"], known["valid"], labels["valid"]
    tables = [
        label_in_rounds(strategy, *sets, rounds=rounds, batch=batch, seed=seed)
        for strategy in STRATEGIES
        for seed in range(repeats)
    ]
    return pd.concat(tables, ignore_index=True)

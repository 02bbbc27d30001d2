"""What each cure changes: the gap between training and validation, and answers on other images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from helpers.augment import paired_effects
from helpers.datasets import Dataset
from helpers.regularisation.images import Features, turned_features
from helpers.regularisation.recipes import CURES, Recipe, Training, train_recipe

STOPPED = "early stopping"
FIGURES = {"gap": "gap", "accuracy": "accuracy", "loss": "log loss", "ece": "calibration error"}
"""What is compared, and how figures are named in words; only of accuracy more is better."""
PARTS = {
    "augment": "augmentation", "smoothing": "label smoothing", "dropout": "dropout",
    "decay": "weight decay", "depth": "stochastic depth", "mixup": "MixUp",
    "width": "units in a layer", "epochs": "epochs",
}  # fmt: skip
"""What makes up a `Recipe`, and how it is called."""
NOTHING = asdict(CURES["none"])


def compare_cures(
    dataset: Dataset, cures: Iterable[str] | Mapping[str, Recipe] = tuple(CURES),
    seeds: Iterable[int] = range(3), per_class: int | str = 50, wrong: float = 0.2,
    size: int = 64,
) -> pd.DataFrame:  # fmt: skip
    """Train under each cure, for several choices of images: the study of notebook 08, smaller.

    Returns
    -------
    DataFrame
        A row per cure, seed and epoch, as ``read_study("regularisation")`` has them but for the
        figures on fresh leaves; with what makes up each recipe.
    """
    recipes = cures if isinstance(cures, Mapping) else {name: CURES[name] for name in cures}
    tables = []
    for seed in seeds:
        features = turned_features(dataset, per_class, wrong, size, seed)
        for cure, recipe in recipes.items():
            training = train_recipe(features, recipe, seed)
            rows = training.curves.assign(cure=cure, seed=seed, **asdict(recipe))
            tables.append(rows.assign(stopped=rows["epoch"] == training.stopped))
    return pd.concat(tables, ignore_index=True)


def gaps(study: pd.DataFrame, cures: Iterable[str] | None = None) -> pd.DataFrame:
    """Where each training ended.

    Early stopping is a cure of its own: its rows are those of "none" at the epoch it keeps.

    Parameters
    ----------
    study : DataFrame
        A row per cure, seed and epoch, of one setting.
    cures : list of str, optional
        Those to keep, of all that are in the table; early stopping is kept as well.

    Returns
    -------
    DataFrame
        A row per cure and seed: cure, seed, train_loss, valid_loss, gap (validation less training
        loss), by_heart, and accuracy, loss and ece on fresh images where the study has such, else
        on the validation images; ``attrs["where"]`` says on which, in words.
    """
    by = study.groupby(["cure", "seed"], sort=False)
    last = study[study["epoch"] == by["epoch"].transform("max")]
    early = study[study["stopped"] & (study["cure"] == "none")].assign(cure=STOPPED)
    found = pd.concat([last, early], ignore_index=True)
    if cures is not None:
        found = found[found["cure"].isin([*cures, STOPPED])].reset_index(drop=True)
    found["gap"] = found["valid_loss"] - found["train_loss"]
    for figure in ("accuracy", "loss", "ece"):
        fresh = found.get(f"fresh_{figure}", pd.Series(np.nan, found.index))
        found[figure] = fresh.fillna(found[f"valid_{figure}"])
    columns = ["cure", "seed", "train_loss", "valid_loss", "gap", "by_heart"]
    ends = found[[*columns, "accuracy", "loss", "ece"]]
    ends.attrs["where"] = "other images" if "fresh_loss" in study else "validation images"
    return ends


def mean_curves(study: pd.DataFrame) -> pd.DataFrame:
    """Means over the repeats that all recipes have, as ``read_study("cure_grid")`` has them.

    Parameters
    ----------
    study : DataFrame
        A row per recipe, seed and epoch: what makes up the recipe (attributes of `Recipe`), seed,
        epoch, stopped, and figures.

    Returns
    -------
    DataFrame
        A row per recipe and epoch; figures on fresh images, which only the ends have, are in the
        last one. Where `stopped`, a further row for the weights that early stopping keeps, whose
        epoch is a mean, too. repeats says of how many.

    Raises
    ------
    ValueError
        No seed has all the recipes.
    """
    by = [name for name in PARTS if name in study]
    recipes = study.groupby(["seed", *by]).ngroup().groupby(study["seed"]).nunique()
    common = recipes.index[recipes == len(study[by].drop_duplicates())]
    if common.empty:
        raise ValueError(
            f"None of the {len(recipes)} repeats has every recipe, so that means over them would "
            "be of different images; train all of them for one seed at least."
        )
    rows = study[study["seed"].isin(common)]
    figures = [n for n in rows.select_dtypes("number") if n not in [*by, "seed", "epoch"]]
    curves = rows.groupby([*by, "epoch"], as_index=False)[figures].mean()
    fresh = [name for name in figures if name.startswith("fresh_")]
    curves.loc[curves["epoch"] < curves.groupby(by)["epoch"].transform("max"), fresh] = np.nan
    kept = rows[rows["stopped"]].groupby(by, as_index=False)[["epoch", *figures]].mean()
    both = [curves.assign(stopped=False), kept.assign(stopped=True)]
    means = pd.concat(both, ignore_index=True).assign(repeats=len(common))
    return means.sort_values([*by, "stopped", "epoch"], ignore_index=True)


def name_combination(parts: Mapping[str, float]) -> str:
    """What makes up a recipe in words, as far as it differs from none."""
    shown = [(name, value) for name, value in parts.items() if value != NOTHING[name]]
    words = [PARTS[n] if n == "augment" else f"{PARTS[n]} {value:g}" for n, value in shown]
    return " + ".join(words) or "none"


def lead_elsewhere(
    ends: pd.DataFrame, figure: str = "fresh_loss", over: str = "all four"
) -> pd.DataFrame:
    """How far the best combination is ahead of a cure where it was chosen, and elsewhere.

    Each collection in its turn is left out: the combination with the lowest mean of the figure on
    the others is scored on it, which had no part in the choice.

    Parameters
    ----------
    ends : DataFrame
        A row per combination and collection (seed), of one end: ``read_study("cure_grid_ends")``,
        those stopped or those not.
    figure : str
        A column of which less is better.
    over : str
        A name in `CURES`.

    Returns
    -------
    DataFrame by collection left out
        best (in words), promised (mean of the cure's figure less the best one's, over the
        collections it was chosen by), held (the same difference on the one left out).
    """
    by = [name for name in PARTS if name in ends]
    # A table on disk has 0 and 1 for off and on.
    wide = ends.astype(dict.fromkeys(by, float)).pivot_table(figure, by, "seed")
    lead, rows = wide.loc[tuple(float(asdict(CURES[over])[name]) for name in by)] - wide, {}
    for seed in lead:
        seen = lead.drop(columns=seed).mean(axis=1)
        best = seen.idxmax()
        name = name_combination(dict(zip(by, best, strict=True)))
        rows[seed] = {"best": name, "promised": seen[best], "held": lead.loc[best, seed]}
    return pd.DataFrame.from_dict(rows, "index").rename_axis("collection")


def cure_effects(ends: pd.DataFrame) -> pd.DataFrame:
    """What each cure changes against none, seed by seed (see `paired_effects`).

    Parameters
    ----------
    ends : DataFrame from `gaps`

    Returns
    -------
    DataFrame by figure and cure
        figure ("gap", "accuracy", "log loss", "calibration error"); value, difference, low, high,
        p, sure (after Holm's correction over the cures), verdict ("better", "worse", "not sure").
        ``attrs["where"]`` is that of `ends`.
    """
    scores, tables = ends.rename(columns={"cure": "policy"}), {}
    for figure, name in FIGURES.items():
        found = paired_effects(scores, figure).rename_axis("cure")
        gain = found["difference"] * (1 if figure == "accuracy" else -1)
        sides = np.where(gain > 0, "better", "worse")
        tables[name] = found.assign(verdict=np.where(found["sure"], sides, "not sure"))
    effects = pd.concat(tables, names=["figure"])
    effects.attrs = dict(ends.attrs)
    return effects


def verdicts(effects: pd.DataFrame) -> pd.DataFrame:
    """What is sure of each cure, in words: a row per cure, a column per figure.

    The cures that better the log loss most come first.
    """
    words = effects["verdict"].unstack("figure", sort=False)  # noqa: PD010
    return words.loc[effects.loc["log loss", "difference"].sort_values(kind="stable").index]


def cut_of_gap(ends: pd.DataFrame, cure: str) -> float:
    """The share of the gap without regularisation that a cure takes away, mean over seeds."""
    gap = ends.pivot_table("gap", "seed", "cure")
    return float((1 - gap[cure] / gap["none"]).mean())


def right_answers(training: Training, features: Features) -> pd.Series:
    """Which validation images a training has right, by image_id."""
    answers = np.array(features.classes)[training.predict(features.valid).argmax(axis=1)]
    return features.truth == pd.Series(answers, features.truth.index)


def validation_loss(features: Features, **recipe) -> float:
    """The validation loss at the end of a training under ``Recipe(**recipe)``, to search by."""
    return float(train_recipe(features, Recipe(**recipe)).curves["valid_loss"].iloc[-1])

"""Wrong labels, changed copies, and leafless pictures: how many are found, and by what.

On leaves of five seeds, development images only. Filters and thresholds were fixed on seed 0.
Writes label_errors.csv beside this file, one seed after the other; an interrupted run goes on:

- labels: plain confident learning on each image, with folds that cut through specimens or respect
  them, and then with the other photos of the specimen; by kind of error, and by evidence
- copies: near duplicates found without embeddings, with them, and with random numbers in their
  place; besides those in the dataset, copies are planted that are turned, flipped, cut or noisy
- outliers: leafless pictures among the 40 strangest

    python -m studies.label_errors [--seeds 0 1 2 3 4] [--tasks copies labels outliers]
"""

import argparse
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from helpers import audit, open_dataset
from helpers.datasets import Dataset, work_folder
from helpers.descriptors import describe
from helpers.training import embed
from studies.provenance import code_hash

CODE = ["leaves/*.py", "helpers/audit/*.py", "helpers/copies/*.py", "helpers/backbone/*"]
CODE += ["helpers/descriptors/*.py", "helpers/training/embedding.py"]
KINDS = ("label_error_confusable", "label_error_specimen", "label_error_random")
PLAIN = {
    "image, ungrouped folds": {"groups": False},
    "image, grouped folds": {"one_label": False},
}
COPIES = {
    "quarter turn": Image.Transpose.ROTATE_90,
    "upside down": Image.Transpose.ROTATE_180,
    "vertical flip": Image.Transpose.FLIP_TOP_BOTTOM,
    "turned 10": 10,
    "turned 20": 20,
    "turned 35": 35,
    "crop 0.8": 0.8,
    "crop 0.7": 0.7,
    "crop 0.6": 0.6,
    "crop 0.5": 0.5,
    "noise 10": "10",
    "noise 20": "20",
    "noise 40": "40",
    "noise 60": "60",
}
"""How each was changed: by a transposition, by degrees, to a share of each side, or (a string) by
normal noise of so many of 255 levels in each channel."""

EACH, STRANGEST = 20, 40
TASKS = ["copies", "labels", "outliers"]
COLUMNS = ["seed", "task", "features", "method", "kind", "strength"]
COLUMNS += ["planted", "found", "recall", "flagged", "false", "precision", "convinced"]


def plant_copies(leaves: Dataset, seed: int) -> Dataset:
    """The dataset with changed copies (`COPIES`) of faultless photos beside the others."""
    folder = work_folder() / "studies" / f"copies-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    for image_id in leaves.images.index:
        (folder / image_id).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(leaves.path(image_id), folder / image_id)
    rng = np.random.default_rng(seed)
    faults = leaves.planted[~leaves.planted["kind"].str.contains("shortcut|device")]
    faultless = leaves.images.index.difference([*faults["image_id"], *faults["partner"].dropna()])
    free, facts, rows = iter(rng.permutation(faultless)), [], {}
    for name, edit in COPIES.items():
        for _ in range(EACH):
            original = next(free)
            copy = original.rsplit(".", 1)[0] + " copy.jpg"
            image = leaves.load(original)
            if isinstance(edit, float):
                box = np.outer(image.size, [1, 1]) * (rng.uniform(0, 1 - edit, (2, 1)) + [0, edit])
                image = image.crop(box.T.round().astype(int).ravel().tolist())
            elif isinstance(edit, str):
                noisy = np.asarray(image) + rng.normal(0, float(edit), np.shape(image))
                image = Image.fromarray(noisy.round().clip(0, 255).astype(np.uint8))
            elif not isinstance(edit, Image.Transpose):
                image = image.rotate(int(rng.choice([-1, 1])) * edit, Image.Resampling.BILINEAR)
            else:
                image = image.transpose(edit)
            image.save(folder / copy, quality=int(rng.integers(70, 95)))
            facts.append((copy, "strong_copy", name, original, None, False))
            rows[copy] = leaves.images.loc[original]
    images = pd.concat([leaves.images, pd.DataFrame.from_dict(rows, orient="index")]).sort_index()
    images = images.rename_axis("image_id").astype(leaves.images.dtypes.to_dict())
    planted = pd.DataFrame(facts, columns=leaves.planted.columns)
    planted = pd.concat([leaves.planted, planted], ignore_index=True)
    return replace(leaves, name=f"copies {seed}", root=folder, images=images, planted=planted)


def score_labels(dataset, features, pairs) -> list[pd.DataFrame]:
    tables = {
        name: audit.find_label_issues(dataset, features, pairs=pairs, **how)
        for name, how in PLAIN.items()
    }
    lists = {name: table[table["issue"]] for name, table in tables.items()}
    tables["specimens"] = audit.find_label_issues(dataset, features, pairs=pairs)
    issues = tables["specimens"][tables["specimens"]["issue"]]
    for evidence in ("within group", "whole group"):
        lists[f"specimens, {evidence}"] = issues[issues["evidence"] == evidence]
    scores = []
    for name, flagged in lists.items():
        table = tables[name.split(", w")[0]]
        for kind in KINDS:
            wrong = dataset.planted.loc[dataset.planted["kind"] == kind, "image_id"]
            rows = table.loc[table.index.intersection(wrong)]
            score = audit.score_against_truth(dataset, flagged, kind)
            convinced = (rows["suggested"] == rows["given"]).mean()
            scores.append(score.assign(method=name, convinced=convinced))
    return scores


def score_copies(dataset, scanned, features) -> list[pd.DataFrame]:
    noise = np.random.default_rng(0).normal(size=features.shape)
    noise = pd.DataFrame(noise, features.index, features.columns)
    beside = {"hash": None, "hash and embedding": features, "hash and random numbers": noise}
    found = {
        name: audit.find_duplicates(dataset, scanned, features=values, progress=False)
        for name, values in beside.items()
    }
    links = dataset.planted[dataset.planted["kind"].isin(["near_duplicate", "strong_copy"])]
    scores = []
    for name, pairs in found.items():
        near = pairs[pairs["kind"] == "near"]
        score = audit.score_against_truth(dataset, near, ("near_duplicate", "strong_copy"))
        scores.append(score.assign(method=name))
        for strength in COPIES:
            part = links[links["strength"] == strength]
            pair = [frozenset(two) for two in near[["image_id", "other_id"]].to_numpy()]
            hit = sum(frozenset(two) in pair for two in part[["image_id", "partner"]].to_numpy())
            row = {"kind": "strong_copy", "strength": strength, "planted": len(part), "found": hit}
            row |= {"recall": hit / len(part), "method": name, "flagged": score["flagged"].iloc[0]}
            row |= {name: score[name].iloc[0] for name in ("false", "precision")}
            scores.append(pd.DataFrame([row]))
    return scores


def score_outliers(dataset, features, flagged) -> list[pd.DataFrame]:
    scores = []
    rest = features[~features.index.isin(flagged)]
    for what, table in (("all", features), ("unflagged", rest)):
        for method in ("neighbours", "mahalanobis"):
            first = audit.find_outliers(table, method=method).index[:STRANGEST]
            score = audit.score_against_truth(dataset, first, "no_leaf")
            scores.append(score.assign(method=f"{method}, {what} images"))
    return scores


def score_seed(seed: int, asked: list[str]) -> pd.DataFrame:
    leaves = open_dataset("leaves", seed=seed, progress=False).development
    copies = plant_copies(leaves, seed)
    dataset = replace(copies, images=leaves.images, planted=leaves.planted)
    scanned = audit.scan(copies, progress=False)
    embeddings = embed(copies, progress=False)
    tasks = []
    if "copies" in asked:
        tasks.append(("copies", "embeddings", score_copies(copies, scanned, embeddings)))
    if asked == ["copies"]:
        return _joined(tasks, seed)
    pairs = audit.find_duplicates(dataset, scanned, progress=False)
    own = embeddings.loc[embeddings.index.intersection(dataset.images.index)]
    flagged = audit.find_quality_issues(scanned.loc[dataset.images.index])
    flagged = flagged.loc[flagged["rule"] != "not used", "image_id"]
    every = {"descriptors": describe(dataset, progress=False), "embeddings": own}
    for name, features in every.items():
        if "labels" in asked:
            tasks.append(("labels", name, score_labels(dataset, features, pairs)))
        if "outliers" in asked:
            tasks.append(("outliers", name, score_outliers(dataset, features, flagged)))
    return _joined(tasks, seed)


def _joined(tasks, seed) -> pd.DataFrame:
    scores = [
        score.assign(task=task, features=name) for task, name, found in tasks for score in found
    ]
    return pd.concat(scores, ignore_index=True).assign(seed=seed).reindex(columns=COLUMNS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--tasks", nargs="+", default=TASKS, choices=TASKS)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    code = code_hash(__file__, *CODE)
    table = pd.read_csv(options.out) if options.out.exists() else pd.DataFrame(columns=COLUMNS)
    table = table[table["code"] == code] if "code" in table else table.assign(code=code)
    known = {*zip(table["seed"], table["task"], strict=True)}
    for seed in tqdm(options.seeds, desc="seeds"):
        if tasks := [task for task in options.tasks if (seed, task) not in known]:
            found = score_seed(seed, tasks).assign(code=code)
            table = pd.concat([table, found], ignore_index=True) if len(table) else found
            table = table.sort_values(["seed", "task", "features"], kind="stable")
            table.to_csv(options.out, index=False, float_format="%.4f")
    shown = table[~table["strength"].isin(["obvious", "clear", "subtle"])]
    keys = ["task", "features", "method", "kind", "strength"]
    figures = ["recall", "precision", "convinced"]
    grouped = shown.groupby(keys, sort=False)[figures]
    print(grouped.agg(["min", "mean"]).round(2).to_string())


if __name__ == "__main__":
    main()

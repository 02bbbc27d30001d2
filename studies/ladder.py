"""All lessons' effects together, on the frozen leaves: what each step of the course buys.

    python -m studies.ladder [--seeds 0 1 2 3 4]    # about 45 minutes on two cores

On leaves of five seeds, each cleaned and split by specimen as in the notebooks, every model is
scored twice: on validation, whose Norway maples and sycamores lie on their usual ground, and on
*fresh* photos, 1,200 balanced and free of faults and shortcuts, with others where the shortcut is
reversed. They are the test set of another seed: no seed's own test set is touched. Rows go to
ladder.csv one by one; those that are there, made by the same code, are not computed again.
"""

import argparse
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.losses import CrossEntropyLossFlat, LabelSmoothingCrossEntropyFlat
from fastai.vision.augment import Hue
from scipy import stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

import leaves
from helpers import open_dataset
from helpers.datasets import Dataset, apply_decisions, default_decisions, work_folder
from helpers.descriptors import describe
from helpers.evaluation import accuracy_interval
from helpers.processes import start_workers
from helpers.splits import split
from helpers.training import (
    Augment,
    build_dataloaders,
    build_learner,
    embed,
    predict,
    train,
    train_head,
)
from helpers.transfer import limit_images
from leaves.collection import SHORTCUTS
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/training/*.py", "helpers/backbone/*"]
CODE += ["helpers/descriptors/*.py", "helpers/splits/*.py"]
COLUMNS = [
    *("seed", "arm", "images", "accuracy", "low", "high", "fresh", "fresh_low", "fresh_high"),
    *("held", "reversed", "rare", "willow_olive", "seconds", "code"),
]
SIZE, RARE, ALIKE = 96, ("willow", "ginkgo", "olive"), ("willow", "olive")


def turn(**angles) -> list:
    """Leaves may be mirrored and turned: by right angles, which blurs nothing, or by others."""
    chosen = {"turn": True, "rotate": 0} | angles
    return [Augment(flip_vertical=True, zoom=0, stretch=0, shift=0, colour=0.1, **chosen)]


_TUNED, _AUGMENTED = {"epochs": 6}, {"epochs": 12, "augment": turn}
_REGULARISED = _AUGMENTED | {"dropout": 0.2, "smoothing": 0.1, "decay": 0.05}
# Networks that are trained; what an arm does not name is as in "fine-tuned".
TRAINED = {
    "scratch": {"epochs": 12, "pretrained": False},
    "fine-tuned": _TUNED,
    "augmented": _AUGMENTED,
    "augmented by any angle": _AUGMENTED | {"augment": lambda: turn(turn=False, rotate=180)},
    "augmented by hue": _TUNED | {"augment": lambda: [Hue(0.3, p=1.0)]},
    "regularised": _REGULARISED,
    "regularised, member 2": _REGULARISED | {"member": 1},
    "fine-tuned, raw labels": _TUNED | {"raw": True},
    "fine-tuned, weighted": _TUNED | {"weighted": True},
    "fine-tuned, 25 per class": _AUGMENTED | {"per_class": 25},
    # Five times the epochs, because random weights have farther to go.
    "scratch, 25 per class": {"epochs": 60, "per_class": 25, "augment": turn, "pretrained": False},
}
HEADS = {
    "frozen": {},
    "frozen, raw labels": {"raw": True},
    "frozen, 25 per class": {"per_class": 25},
}
ENSEMBLE = ["augmented", "regularised", "regularised, member 2"]
ARMS = ["descriptors", *HEADS, *TRAINED, "ensemble"]
# An arm, what it is compared with, and where the difference is to be seen: on fresh photos, but for
# the pair and the classes that a step is about.
EFFECTS = [
    ("scratch", "descriptors", "fresh"),
    ("frozen", "scratch", "fresh"),
    ("fine-tuned", "frozen", "fresh"),
    ("augmented", "fine-tuned", "fresh"),
    ("regularised", "augmented", "fresh"),
    ("ensemble", "regularised", "fresh"),
    ("augmented", "augmented by any angle", "fresh"),
    ("augmented by hue", "fine-tuned", "willow_olive"),
    ("fine-tuned", "fine-tuned, raw labels", "fresh"),
    ("frozen", "frozen, raw labels", "fresh"),
    ("fine-tuned, weighted", "fine-tuned", "rare"),
    ("fine-tuned, 25 per class", "scratch, 25 per class", "fresh"),
    ("fine-tuned, 25 per class", "frozen, 25 per class", "fresh"),
]


@lru_cache(2)
def open_course(seed: int, raw: bool = False) -> Dataset:
    """Leaves of this seed, cleaned and split as in the notebooks; ``raw`` trains on their labels
    as they were given, wrong ones included."""
    given = open_dataset("leaves", seed=seed, progress=False)
    # The default decisions know the truth about leaves by their name.
    given = replace(given, name="leaves")
    clean = apply_decisions(given, default_decisions(given)).development
    images = clean.images.assign(split=split(clean)["split"])
    if raw:
        labels = given.images.loc[images.index, "label"]
        images["label"] = images["label"].where(images["split"] != "train", labels)
    return clean.with_images(images)


@lru_cache(1)
def open_fresh(seed: int) -> Dataset:
    """Clean photos of other specimens: the test set of a seed that is used for nothing else."""
    folder = work_folder() / "studies" / f"fresh-{seed}"
    images, _ = leaves.build(folder, seed=1000 + seed, development=200, progress=False)
    images = images[images["split"].eq("test") & ~images["unseen"].fillna(False).astype(bool)]
    return Dataset(
        f"fresh {seed}", folder / "images", images.assign(split="valid"), None, group="specimen"
    )


def run_network(seed: int, epochs, pretrained=True, augment=list, per_class="all", member=0,
                dropout=0.0, smoothing=0.0, decay=0.01, raw=False, weighted=False):  # fmt: skip
    course = limit_images(open_course(seed, raw), per_class, seed)
    labels = course.part("train").images["label"]
    head = None
    if pretrained:
        head = train_head(embed(course, size=SIZE, progress=False), labels)
    batch = 64 if per_class == "all" else 32
    dls = build_dataloaders(
        course, SIZE, batch, augment=augment(), seed=member, workers=1, progress=False
    )
    counts = labels.value_counts()[list(dls.vocab)]
    weights = (len(labels) / len(counts) / counts) ** 0.5 if weighted else counts * 0 + 1
    weights = torch.tensor(weights.to_numpy(), dtype=torch.float32)
    loss = LabelSmoothingCrossEntropyFlat if smoothing else CrossEntropyLossFlat
    loss = loss(**{"eps": smoothing} if smoothing else {"weight": weights})
    learner = build_learner(
        dls,
        pretrained=pretrained,
        head=head,
        dropout=dropout,
        seed=member,
        loss_func=loss,
        wd=decay,
    )
    train(learner, epochs, progress=False)
    both = course.part("valid"), open_fresh(seed)
    return [predict(learner, photos, progress=False) for photos in both], len(labels)


def run_head(seed: int, raw=False, per_class="all"):
    course = limit_images(open_course(seed, raw), per_class, seed)
    labels = course.part("train").images["label"]
    head = train_head(embed(course, size=SIZE, progress=False), labels)
    found = []
    for photos in (course.part("valid"), open_fresh(seed)):
        chances = head.predict_proba(embed(photos, size=SIZE, progress=False))
        found.append(chances.assign(prediction=chances.idxmax(axis=1)))
    return found, len(labels)


def run_descriptors(seed: int):
    course, fresh = open_course(seed), open_fresh(seed)
    features = describe(course, workers=1, progress=False)
    labels = course.part("train").images["label"]
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    model = make_pipeline(StandardScaler(), model).fit(features.loc[labels.index], labels.to_list())
    valid = features.loc[course.part("valid").images.index]
    found = []
    for known in (valid, describe(fresh, workers=1, progress=False)):
        chances = pd.DataFrame(model.predict_proba(known), known.index, model.classes_)
        found.append(chances.assign(prediction=chances.idxmax(axis=1)))
    return found, len(labels)


def run_ensemble(seed: int, code: str):
    members = [predictions(seed, arm, code) for arm in ENSEMBLE]
    found = []
    for tables in zip(*(tables for tables, _ in members), strict=True):
        classes = sorted(set(tables[0]) & set(open_fresh(seed).classes))
        chances = sum(table[classes] for table in tables) / len(tables)
        found.append(chances.assign(prediction=chances.idxmax(axis=1)))
    return found, members[0][1]


def predictions(seed: int, arm: str, code: str):
    """Of valid and fresh photos, and how many images were trained on; kept, for the ensemble."""
    kept = work_folder() / "studies" / "ladder" / f"{code}-{seed}-{arm}.parquet"
    if not kept.exists():
        if arm in TRAINED:
            found, images = run_network(seed, **TRAINED[arm])
        elif arm in HEADS:
            found, images = run_head(seed, **HEADS[arm])
        else:
            found, images = run_ensemble(seed, code) if arm == "ensemble" else run_descriptors(seed)
        kept.parent.mkdir(parents=True, exist_ok=True)
        both = pd.concat(found, keys=["valid", "fresh"], names=["photos", "image_id"])
        both.assign(images=images).to_parquet(kept)
    both = pd.read_parquet(kept)
    return [both.loc["valid"], both.loc["fresh"]], int(both["images"].iloc[0])


def run(seed: int, arm: str, code: str) -> list:
    """One row of the table."""
    torch.set_num_threads(1)
    started = time.perf_counter()
    (valid, fresh), images = predictions(seed, arm, code)
    seconds = time.perf_counter() - started
    known, others = open_course(seed).images.loc[valid.index], open_fresh(seed).images
    others = others.loc[fresh.index]
    right = (fresh["prediction"] == others["label"]).astype(float)
    even = others["balanced"].astype(bool)
    usual = others["label"].map(SHORTCUTS)
    swapped = others["label"].map(dict(zip(SHORTCUTS, reversed(SHORTCUTS.values()), strict=True)))
    row = [
        *accuracy_interval(valid["prediction"] == known["label"], known["specimen"]),
        *accuracy_interval(right[even], others.loc[even, "specimen"]),
        right[others["background"] == usual].mean(),
        right[others["background"] == swapped].mean(),
        right[even & others["label"].isin(RARE)].mean(),
        right[even & others["label"].isin(ALIKE)].mean(),
    ]
    return [seed, arm, images, *np.round(row, 4).tolist(), round(seconds, 1), code]


def summarise(table: pd.DataFrame) -> None:
    """Print the means over seeds, and each effect with its 95 % interval over seeds."""
    figures = COLUMNS[3:-2]
    print(table.groupby("arm")[figures].mean().loc[lambda t: [a for a in ARMS if a in t.index]]
          .round(3).to_string())  # fmt: skip
    for arm, other, column in EFFECTS:
        wide = table.pivot_table(index="seed", columns="arm", values=column)
        if {arm, other} <= set(wide):
            gain = (wide[arm] - wide[other]).dropna()
            half = stats.sem(gain) * stats.t.ppf(0.975, len(gain) - 1) if len(gain) > 1 else np.nan
            print(f"{arm} over {other}, {column}: {gain.mean():+.3f} ± {half:.3f}")
    tuned = table[table["arm"] == "fine-tuned"]
    print(f"fine-tuned: {tuned['held'].mean():.2f} with the shortcut, "
          f"{tuned['reversed'].mean():.2f} against it")  # fmt: skip


def main() -> None:
    from studies import ladder  # the name by which worker processes know this module

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--arms", nargs="+", default=ARMS, choices=ARMS)
    options, code = parser.parse_args(), code_hash(__file__, *CODE)
    table = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=COLUMNS)
    table = table[table["code"] == code].reset_index(drop=True)
    done = set(zip(table["seed"], table["arm"], strict=True))
    jobs = [(s, a) for s in options.seeds for a in options.arms if (s, a) not in done]
    for seed in sorted({seed for seed, _ in jobs}):
        # What all arms of a seed share is made once, before two processes ask for it.
        embed(open_course(seed), size=SIZE, progress=False)
        embed(open_fresh(seed), size=SIZE, progress=False)
    with start_workers(2) as pool, tqdm(total=len(jobs), desc="ladder") as bar:
        for wave in (
            [j for j in jobs if j[1] != "ensemble"],
            [j for j in jobs if j[1] == "ensemble"],
        ):
            for made in [pool.submit(ladder.run, *job, code) for job in wave]:
                table.loc[len(table)] = made.result()
                table.to_csv(TABLE, index=False)
                bar.update()
    summarise(table)


if __name__ == "__main__":
    main()

"""How often do the intervals of `helpers.evaluation` hold the true score? Writes coverage.csv.

Test sets are thrown with known scores: things of several classes, some easier than others, each
photographed a few times; a thing's photos are recognised together more often than not, and what is
not recognised is named by chances that favour some classes. Intervals that respect things are
counted, and, as a contrast, those that take photos for independent ("by photo").

    python -m studies.coverage [--tests 1000]

"in_scope" marks where an interval is promised to hold the truth 93 to 97 times in 100: at least
200 images that the score is computed from, and a truth between 0.1 and 0.9.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.evaluation import bootstrap_metrics, overall_metrics, score_classes
from helpers.evaluation.confusions import class_metrics
from studies.provenance import code_hash

TABLE = Path(__file__).with_name("coverage.csv")
# Things, photos of each, classes, mean recall.
SETTINGS = [
    (60, 1, 4, 0.7), (250, 1, 4, 0.7), (50, 5, 4, 0.7), (100, 5, 4, 0.5), (300, 4, 10, 0.5),
    (300, 4, 10, 0.8), (20, 12, 4, 0.7), (250, 1, 4, 0.96),
]  # fmt: skip
TOGETHER = 0.4
"""Correlation of right answers within a thing."""


def made_world(classes: int, recall: float) -> np.ndarray:
    """Probabilities of label and answer, classes × classes, that sum to 1."""
    rng = np.random.default_rng(classes)
    shares = np.linspace(2, 1, classes) / np.linspace(2, 1, classes).sum()
    recalls = np.clip(recall + np.linspace(-0.12, 0.12, classes), 0.02, 0.985)
    wrong = rng.dirichlet(np.full(classes, 1.5), classes) * (1 - np.eye(classes))
    wrong /= wrong.sum(axis=1, keepdims=True)
    return shares[:, None] * (np.diag(recalls) + (1 - recalls)[:, None] * wrong)


def thrown(world: np.ndarray, things: int, photos: int, seed: int):
    """A predictions table from this world, and the thing of each photo."""
    rng, classes = np.random.default_rng([things, photos, seed]), len(world)
    labels = rng.choice(classes, things, p=world.sum(axis=1))
    recalls = np.diag(world) / world.sum(axis=1)
    both = 1 / TOGETHER - 1
    share = rng.beta(recalls[labels] * both, (1 - recalls[labels]) * both)
    right = rng.random((things, photos)) < share[:, None]
    wrong = world * (1 - np.eye(classes))
    wrong = (wrong / wrong.sum(axis=1, keepdims=True)).cumsum(axis=1)
    other = (rng.random((things, photos))[..., None] > wrong[labels][:, None, :]).sum(axis=-1)
    answers = np.where(right, labels[:, None], other.clip(max=classes - 1)).ravel()
    names = np.array([f"class {number}" for number in range(classes)])
    facts = {"label": names[labels.repeat(photos)], "prediction": names[answers]}
    index = pd.Index([f"{number}.jpg" for number in range(len(answers))], name="image_id")
    table = pd.DataFrame(facts, index).assign(confidence=1.0, loss=0.0)
    return table.join(pd.DataFrame(0.0, index, names)), np.arange(things).repeat(photos)


def measure(things: int, photos: int, classes: int, recall: float, tests: int) -> pd.DataFrame:
    world, held, rows = made_world(classes, recall), {}, []
    truth = {name: float(value) for name, value in overall_metrics(world).items()}
    by_class = {name: dict(enumerate(of)) for name, of in class_metrics(world).items()}
    for seed in range(tests):
        table, groups = thrown(world, things, photos, seed)
        for how, by in (("by thing", groups), ("by photo", None)):
            if how == "by photo" and photos == 1:
                continue
            found = bootstrap_metrics(table, by, 500, seed=seed)
            for name, row in found.iterrows():
                held.setdefault((how, name), []).append(row["low"] <= truth[name] <= row["high"])
        found = score_classes(table, groups)
        for metric, values in by_class.items():
            for number, value in values.items():
                row = found.loc[f"class {number}"] if f"class {number}" in found.index else None
                if row is not None:
                    inside = row[f"{metric} low"] <= value <= row[f"{metric} high"]
                    held.setdefault(("by thing", f"{metric} of class {number}"), []).append(inside)
    of_class = world.sum(axis=1) * things * photos, world.sum(axis=0) * things * photos
    for (how, name), inside in held.items():
        value, images = truth.get(name), float(things * photos)
        if value is None:
            metric, number = name.split(" of class ")
            value = by_class[metric][int(number)]
            images = of_class[metric == "precision"][int(number)]
        scope = images >= 200 and 0.1 <= value <= 0.9
        rows.append((things, photos, classes, how, name, value, images, len(inside),
                     np.mean(inside), scope))  # fmt: skip
    names = ["things", "photos", "classes", "interval", "score", "truth", "images", "tests"]
    return pd.DataFrame(rows, columns=[*names, "coverage", "in_scope"]).round(4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tests", type=int, default=1000)
    options = parser.parse_args()
    code = code_hash(__file__, "helpers/evaluation/*.py")
    parts = []
    for setting in SETTINGS:
        parts.append(measure(*setting, options.tests))
        found = parts[-1]
        scoped = found[found["in_scope"] & (found["interval"] == "by thing")]["coverage"]
        print(
            setting, f"in scope {len(scoped)}: {scoped.min():.3f} to {scoped.max():.3f}", flush=True
        )
        pd.concat(parts).assign(code=code).to_csv(TABLE, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()

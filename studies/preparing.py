"""What do preparing and splitting do to a score? The lessons of notebook 03, each measured.

    python -m studies.preparing [--seeds 0 1 2 3 4]    # some ten minutes on two cores, with leaves

Linear heads on frozen embeddings (64 px) of leaves of five seeds, cleaned and split as in the
course, asked about *fresh* leaves, balanced and without the shortcuts (as in the ladder), about the
same leaves two stops too dark, and about others at night, lit by a flash. In each lesson all arms
are scored on the same images, so that their differences are paired. Goes on with what is missing in
its table.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock
from PIL import Image
from scipy import stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from helpers import open_dataset, preparing
from helpers.datasets import Dataset, work_folder
from helpers.preparing import ENHANCEMENTS, FRAMES, TALL, WIDE, embed_prepared
from helpers.training import embed, train_head
from helpers.training.embedding import average_maps
from helpers.training.networks import load_body
from leaves import Scene, files
from leaves.collection import BACKGROUNDS, DEVELOPMENT, SEASONS
from studies.ladder import open_course, open_fresh
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/preparing.py", "helpers/training/*.py", "helpers/backbone/*"]
CODE += [f"helpers/splits/{name}.py" for name in ("dividing", "joining", "searching")]
COLUMNS = ["seed", "lesson", "arm", "where", "images", "accuracy", "code"]
SIZE = 64
NIGHT, DARK, ALIKE = 300, 0.25, ("willow", "olive")
FEW, CHOSEN, DRAWS = 100, 20, 10
LESSONS = ["resize", "normalise", "enhance", "split", "select"]


def open_night(seed: int) -> Dataset:
    """Leaves of other specimens, as many of each species, at night and lit by a flash."""
    folder = work_folder() / "studies" / f"night-{seed}"
    rng, species = np.random.default_rng([seed, 3]), list(DEVELOPMENT)
    rows = {}
    for number in range(NIGHT):
        name = species[number % len(species)]
        path, specimen = f"{name}/{number:04d}.jpg", int(rng.integers(2**62))
        seen = (rng.choice(values).item() for values in (BACKGROUNDS, [*SEASONS]))
        scene = Scene(*seen, "night", "sharp", "phone 2023", 160, 120)
        rows[path] = name, f"N{number}"
        if not (folder / path).exists():
            shot = files.Shot(path, name, specimen, 0, 0, scene, [seed, 3, number])
            files.write(folder, None, [shot])
    images = pd.DataFrame.from_dict(rows, orient="index", columns=["label", "specimen"])
    images = images.rename_axis("image_id").sort_index().astype("str").assign(split="valid")
    return Dataset(f"night {seed}", folder, images, None, group="specimen")


def features_of(dataset: Dataset, method: str = "squish", **how) -> pd.DataFrame:
    """Features of pictures prepared in some way; those of `embed`, which notebooks use, where it
    is a way of resizing alone."""
    if how.get("enhancement", "none") == "none" and "mean" not in how:
        found = embed(dataset, size=SIZE, method=method, progress=False)
    else:
        found = embed_prepared(dataset, SIZE, method, **how)
    return found.set_axis([f"feature {number:03d}" for number in range(found.shape[1])], axis=1)


def darken(pictures: np.ndarray) -> np.ndarray:
    """Two stops too dark, as the file of a badly exposed photo would hold it."""
    return np.round(pictures * DARK).astype(np.uint8)


def embed_dark(dataset: Dataset, enhancement: str) -> pd.DataFrame:
    ids, pictures = preparing.prepare(dataset, SIZE)
    dark = np.array([preparing.enhance(one, enhancement) for one in darken(pictures)])
    body = load_body().eval()
    parts = [np.hstack(average_maps(body, dark[at : at + 64])) for at in range(0, len(dark), 64)]
    names = [f"feature {number:03d}" for number in range(parts[0].shape[1])]
    return pd.DataFrame(np.concatenate(parts), ids, names)


class Seed:
    """What all lessons of a seed share."""

    def __init__(self, seed: int):
        self.seed, self.whole, fresh = seed, open_course(seed), open_fresh(seed)
        self.course = self.whole.part("train")
        # Of the balanced ones every second, which are as balanced: classes lie one after another.
        even = fresh.images[fresh.images["balanced"].astype(bool)][::2]
        self.fresh, self.masks = fresh.with_images(even), fresh.root.parent / "masks"
        self.labels = self.course.images["label"]
        self.truth = self.fresh.images["label"]
        self.rows = []

    def add(self, lesson: str, arm: str, right: pd.Series, where: str = "all") -> None:
        row = [self.seed, lesson, arm, where, len(right), round(float(right.mean()), 4)]
        self.rows.append(row)

    def ask(self, head, features: pd.DataFrame, truth: pd.Series | None = None) -> pd.Series:
        truth = self.truth if truth is None else truth
        return head.predict(features) == truth[features.index]

    def resize(self) -> None:
        parts = [self.frames(), self.cut()]
        heads = {}
        for method in ("squish", "crop", "pad"):
            heads[method] = train_head(features_of(self.whole, method), self.labels)
            asked = {method: features_of(self.fresh, method)}
            if method != "squish":
                asked[f"learned squished, asked about {method}"] = asked[method]
            for arm, features in asked.items():
                right = self.ask(heads[method if arm == method else "squish"], features)
                self.add("resize", arm, right)
                for by in parts:
                    for where, some in right.groupby(by.reindex(right.index)):
                        self.add("resize", arm, some, where)

    def frames(self) -> pd.Series:
        """As `frame_shapes`, from the heads of the files, which here are all plain."""
        sizes = {i: Image.open(self.fresh.path(i)).size for i in self.fresh.images.index}
        shape = pd.Series({i: width / height for i, (width, height) in sizes.items()})
        return pd.cut(shape, [0, TALL, WIDE, 9], labels=FRAMES).astype("str")

    def cut(self) -> pd.Series:
        """Images of which the middle square shows less than nine tenths of the leaf."""
        found = {}
        for image_id in self.fresh.images.index:
            mask = np.asarray(Image.open(self.masks / f"{image_id}.png")) > 127
            side, (height, width) = min(mask.shape), mask.shape
            top, left = (height - side) // 2, (width - side) // 2
            inside = mask[top : top + side, left : left + side].sum() / max(1, mask.sum())
            found[image_id] = "leaf cut" if inside < 0.9 else None
        return pd.Series(found).dropna()

    def normalise(self) -> None:
        _, pictures = preparing.prepare(self.course, SIZE)
        own = preparing.channel_statistics(pictures)
        _, pictures = preparing.prepare(self.fresh, SIZE)
        asked_own = preparing.channel_statistics(pictures)
        arms = {
            "the network's own": {},
            "of the training images": {"mean": own["mean"], "std": own["std"]},
            "none": {"mean": [0, 0, 0], "std": [1, 1, 1]},
        }
        features = {arm: features_of(self.course, **given) for arm, given in arms.items()}
        asked = {arm: features_of(self.fresh, **given) for arm, given in arms.items()}
        heads = {arm: train_head(features[arm], self.labels) for arm in arms}
        for arm in arms:
            self.add("normalise", arm, self.ask(heads[arm], asked[arm]))
        usual = "the network's own"
        self.add("normalise", "learned with, asked without", self.ask(heads[usual], asked["none"]))
        given = {"mean": asked_own["mean"], "std": asked_own["std"]}
        right = self.ask(heads["of the training images"], features_of(self.fresh, **given))
        self.add("normalise", "asked by statistics of those asked", right)
        self.standardise(heads[usual], asked[usual])

    def standardise(self, head, asked: pd.DataFrame) -> None:
        """Features of what is asked standardised by itself, all mixed and class by class."""

        def by_itself(some: pd.DataFrame) -> pd.DataFrame:
            scaled = (some - some.mean()) / some.std(ddof=0).clip(lower=1e-8)
            return scaled * head.scale + head.mean

        self.add("standardise", "by the training images", self.ask(head, asked))
        self.add("standardise", "by those asked", self.ask(head, by_itself(asked)))
        parts = [by_itself(some) for _, some in asked.groupby(self.truth[asked.index])]
        right = pd.concat([self.ask(head, part) for part in parts])
        self.add("standardise", "by those asked, a species at a time", right)

    def enhance(self) -> None:
        night = open_night(self.seed)
        some = self.fresh.with_images(self.fresh.images[::2])
        alike = self.truth.index[self.truth.isin(ALIKE)]
        plain = None
        for name in ENHANCEMENTS:
            head = train_head(features_of(self.course, enhancement=name), self.labels)
            plain = plain or head
            asked = {
                "usual light": (features_of(self.fresh, enhancement=name), self.truth),
                "night": (features_of(night, enhancement=name), night.images["label"]),
                "two stops too dark": (embed_dark(some, name), self.truth),
            }
            for where, (features, truth) in asked.items():
                self.add("enhance", name, self.ask(head, features, truth), where)
                if name != "none":
                    right = self.ask(plain, features, truth)
                    self.add("enhance", f"{name}, only what is asked", right, where)
            right = self.ask(head, asked["usual light"][0].loc[alike])
            self.add("enhance", name, right, "willow and olive")

    def split(self) -> None:
        """The same models on the same images, by random folds and by whole specimens."""
        raw = replace(open_dataset("leaves", seed=self.seed, progress=False), name="leaves")
        collections = {"cleaned": self.whole, "as collected": raw.development}
        models = {
            "linear": LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
            "nearest": make_pipeline(StandardScaler(), KNeighborsClassifier(1)),
        }
        for where, dataset in collections.items():
            features = features_of(dataset)
            labels = dataset.images["label"].reindex(features.index).dropna()
            features, groups = features.loc[labels.index], dataset.groups[labels.index]
            folds = {
                "random": StratifiedKFold(5, shuffle=True, random_state=self.seed),
                "whole specimens": StratifiedGroupKFold(5, shuffle=True, random_state=self.seed),
            }
            for model, made in models.items():
                for arm, cut in folds.items():
                    found = cross_val_predict(made, features, labels, groups=groups, cv=cut)
                    self.add(f"split, {model}", arm, labels == found, where)

    def select(self) -> None:
        """Twenty of all features chosen by labels that say nothing, on all images or within."""
        features, right = features_of(self.course), {"in the training folds": [], "on all": []}
        linear, best = make_pipeline(StandardScaler(), LogisticRegression()), SelectKBest(k=CHOSEN)
        for draw in range(DRAWS):
            rng, number = np.random.default_rng([self.seed, draw]), self.seed * DRAWS + draw
            some = features.sample(FEW, random_state=number).to_numpy()
            labels = rng.permutation(np.arange(FEW) % 2)
            folds = StratifiedKFold(5, shuffle=True, random_state=number)
            chosen = best.fit_transform(some, labels)
            within = cross_val_predict(make_pipeline(best, linear), some, labels, cv=folds)
            right["in the training folds"] += [labels == within]
            right["on all"] += [labels == cross_val_predict(linear, chosen, labels, cv=folds)]
        for arm, found in right.items():
            self.add("select", arm, pd.Series(np.concatenate(found)), "coin tosses for labels")


def add(rows: pd.DataFrame, code: str = "") -> pd.DataFrame:
    """The table with these rows in it, of one code; several processes may write to it."""
    with FileLock(work_folder() / "preparing.lock"):
        table = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=COLUMNS)
        table = table[table["code"] == (code or rows["code"].iloc[0])]
        if len(rows):
            table = pd.concat([table, rows]) if len(table) else rows
            table = table.sort_values(["lesson", "seed"], kind="stable", ignore_index=True)
            table.to_csv(TABLE, index=False)
    return table


def summarise(table: pd.DataFrame) -> None:
    """Print the means over seeds, and what each arm changes beside the first of its lesson."""
    for (lesson, where), some in table.groupby(["lesson", "where"], sort=False):
        wide = some.pivot_table(index="seed", columns="arm", values="accuracy", sort=False)
        for arm in wide:
            gain = (wide[arm] - wide.iloc[:, 0]).dropna()
            half = stats.sem(gain) * stats.t.ppf(0.975, len(gain) - 1) if len(gain) > 1 else np.nan
            print(f"{lesson}, {where}, {arm}: {wide[arm].mean():.3f} "
                  f"{gain.mean():+.3f} ± {half:.3f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--lessons", nargs="+", default=LESSONS, choices=LESSONS)
    options, code = parser.parse_args(), code_hash(__file__, *CODE)
    table = add(pd.DataFrame(columns=COLUMNS), code)
    done = set(zip(table["seed"], table["lesson"].str.split(",").str[0], strict=True))
    jobs = [(s, name) for s in options.seeds for name in options.lessons if (s, name) not in done]
    for seed, lesson in tqdm(jobs, "preparing"):
        one = Seed(seed)
        getattr(one, lesson)()
        table = add(pd.DataFrame([[*row, code] for row in one.rows], columns=COLUMNS))
    summarise(table)


if __name__ == "__main__":
    main()

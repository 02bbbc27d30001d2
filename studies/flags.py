"""How many wrong labels does each list promise and hold, and which blurred photos are flagged?

Thresholds were fixed on seed 0 of leaves. Writes flags.csv beside this file:

- labels: 5 % of the labels of real images are exchanged, for any class or the most alike
  ("none": no label is touched, so that all that is flagged is false, or wrong already); beside
  confident learning by cleanlab on the same predictions
- leaves: the wrong labels of leaves, by evidence, seeds 1 to 5; files under two labels count half
- blur: photos that are blurred again, re-encoded with noise, among the untouched ones; what is
  flagged of these may be blurred, too, and counts as false

An interrupted run goes on.

    python -m studies.flags [--data FOLDER ...] [--seeds 1 2 3 4 5]

FOLDER holds a folder of images for each class; scikit-learn's digits are always among the data.
"""

import argparse
import io
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from helpers import audit, open_dataset
from helpers.audit.labels import _out_of_fold
from helpers.datasets import Dataset
from helpers.training import embed
from leaves import faults
from studies.provenance import code_hash

CODE = ["helpers/audit/*.py", "leaves/*.py", "helpers/backbone/*", "helpers/training/embedding.py"]
COLUMNS = ["task", "data", "variant", "seed", "images", "wrong", "method", "listed", "expected"]
COLUMNS += ["found", "precision", "recall"]
SHARE, EACH = 0.05, 200


def exchange(labels: pd.Series, features: pd.DataFrame, how: str, seed: int) -> pd.Series:
    """The labels, of which 5 % are exchanged for any other class, or for the nearest by mean."""
    rng, classes = np.random.default_rng(seed), np.unique(labels)
    chosen = rng.permutation(len(labels))[: round(SHARE * len(labels)) if how != "none" else 0]
    y = np.searchsorted(classes, labels)
    scaled = ((features - features.mean()) / features.std().clip(1e-6)).to_numpy()
    centres = np.stack([scaled[y == k].mean(axis=0) for k in range(len(classes))])
    apart = np.square(centres[:, None] - centres).sum(axis=-1)
    np.fill_diagonal(apart, np.inf)
    other = apart.argmin(axis=1)[y]
    if how == "any class":
        other = (y + rng.integers(1, len(classes), len(y))) % len(classes)
    y[chosen] = other[chosen]
    return pd.Series(classes[y], labels.index)


def counted(listed, expected, wrong: set) -> dict:
    found = len(wrong & {*listed})
    row = {"listed": len(listed), "expected": expected, "found": found, "wrong": len(wrong)}
    return row | {"precision": found / max(len(listed), 1), "recall": found / max(len(wrong), 1)}


def score_labels(name, labels, features) -> list[dict]:
    from cleanlab.filter import find_label_issues as decide

    rows = []
    for how in ("none", "any class", "nearest class"):
        for seed in (0, 1) if how != "none" else (0,):
            given = exchange(labels, features, how, seed)
            images = pd.DataFrame({"label": given, "split": None}).astype("str")
            dataset = Dataset(name, Path(), images.assign(split=pd.array([None] * len(images))))
            wrong = {*labels.index[labels != given]}
            doubts = audit.find_label_issues(dataset, features, False, seed=seed)
            issues = doubts[doubts["issue"]]
            y = pd.factorize(given.sort_index(), sort=True)[0]
            values = features.loc[given.sort_index().index].to_numpy(float)
            logs = _out_of_fold(values, y, np.arange(len(y)), seed, 5)
            chances = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
            theirs = decide(y, chances, filter_by="confident_learning", n_jobs=1)
            row = {"task": "labels", "data": name, "variant": how, "seed": seed}
            row["images"] = len(given)
            ours = counted(issues.index, issues["wrong"].sum(), wrong)
            rows.append(row | {"method": "in doubt"} | ours)
            down = doubts[doubts["expected"] >= 0.5]
            row_down = counted(down.index, down["wrong"].sum(), wrong)
            rows.append(row | {"method": "down to half"} | row_down)
            listed = given.sort_index().index[theirs]
            rows.append(row | {"method": "cleanlab"} | counted(listed, np.nan, wrong))
    return rows


def score_leaves(seed: int) -> list[dict]:
    leaves = open_dataset("leaves", seed=seed, progress=False).development
    scanned = audit.scan(leaves, progress=False, workers=0)
    pairs = audit.find_duplicates(leaves, scanned, progress=False)
    doubts = audit.find_label_issues(leaves, embed(leaves, progress=False), pairs=pairs)
    planted = leaves.planted[leaves.planted["kind"].str.startswith("label_error")]
    wrong = {*planted["image_id"]} & {*doubts.index}
    issues, rows = doubts[doubts["issue"]], []
    for evidence, part in issues.groupby("evidence"):
        row = {"task": "leaves", "data": "leaves", "variant": evidence, "seed": seed}
        row |= {"images": len(doubts), "method": "in doubt"}
        row |= counted(part.index, part["wrong"].sum(), wrong)
        if evidence == "same file":
            row |= {"found": len(part) / 2, "precision": 0.5, "recall": np.nan}
        rows.append(row)
    return rows


def score_blur(dataset: Dataset) -> list[dict]:
    """Flags among 200 photos of which every tenth is blurred, by strength of the blur."""
    rng, rows = np.random.default_rng(0), []
    names = rng.permutation(dataset.images.index)[:EACH]
    for strength in ("subtle", "clear", "obvious"):
        with tempfile.TemporaryDirectory() as scratch:
            for number, name in enumerate(names):
                image = Image.open(dataset.path(name)).convert("RGB")
                if number % 10 == 0:
                    image = blur_again(image, strength, rng)
                image.save(Path(scratch) / f"{number:03d}.jpg", quality=90)
            index = pd.Index([f"{number:03d}.jpg" for number in range(len(names))], name="image_id")
            images = pd.DataFrame({"label": "x", "split": None}, index=index).astype("str")
            copied = Dataset(f"blur {dataset.name}", Path(scratch), images)
            scanned = audit.scan(copied, progress=False, workers=0)
        listed = audit.find_quality_issues(scanned).query("issue == 'blurred'")
        found = listed[listed["rule"] != "not used"]  # the others are no flags, and are named
        row = {"task": "blur", "data": dataset.name, "variant": strength, "seed": 0}
        row |= {"images": len(images), "method": ", ".join(sorted({*listed["rule"]}))}
        rows.append(row | counted(found["image_id"], np.nan, {*index[::10]}))
    return rows


def blur_again(image, strength: str, rng) -> Image.Image:
    """A blurred copy with the grain of a sensor, as a camera would have written it."""
    blurred = np.asarray(faults.apply("blurred", image, strength, rng), float)
    grainy = blurred + rng.normal(0, 2, (*blurred.shape[:2], 1))
    buffer = io.BytesIO()
    Image.fromarray(grainy.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=85)
    return Image.open(buffer).convert("RGB")


def open_some(folder: Path) -> Dataset:
    """At most 400 images a class, drawn by their names alone."""
    names = [path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png")]
    names = sorted(path.relative_to(folder).as_posix() for path in names)
    index = pd.Index(names, name="image_id", dtype="str")
    images = pd.DataFrame({"label": index.str.split("/").str[-2], "split": None}, index=index)
    drawn = pd.Series([zlib.crc32(name.encode()) for name in names], index=index)
    images = images.astype("str")[drawn.groupby(images["label"]).rank() <= 400]
    return Dataset(folder.name, folder, images.assign(split=pd.array([None] * len(images), "str")))


def score_digits(_) -> list[dict]:
    from sklearn.datasets import load_digits

    digits, target = load_digits(return_X_y=True)
    index = pd.Index([f"{number:04d}" for number in range(len(target))], name="image_id")
    labels = pd.Series(target.astype(str), index)
    return score_labels("digits", labels, pd.DataFrame(digits, index))


def score_folder(folder: Path) -> list[dict]:
    dataset = open_some(folder)
    features = embed(dataset, progress=False)
    rows = score_labels(dataset.name, dataset.images["label"].loc[features.index], features)
    return rows + score_blur(dataset)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3, 4, 5])
    options = parser.parse_args()
    code, target = code_hash(__file__, *CODE), Path(__file__).with_suffix(".csv")
    table = pd.read_csv(target) if target.exists() else pd.DataFrame(columns=[*COLUMNS, "code"])
    table = table[table["code"] == code]
    jobs = [
        ("digits", None, score_digits),
        *((path.name, path, score_folder) for path in options.data),
    ]
    jobs += [("leaves", seed, score_leaves) for seed in options.seeds]
    for name, asked, score in tqdm(jobs, desc="data"):
        done = table[table["data"] == name]
        if len(done) and (name != "leaves" or asked in set(done["seed"])):
            continue
        found = pd.DataFrame(score(asked))[COLUMNS].assign(code=code)
        table = pd.concat([table, found], ignore_index=True) if len(table) else found
        table.to_csv(target, index=False, float_format="%.3f")
    print(table.drop(columns="code").round(2).to_string())


if __name__ == "__main__":
    main()

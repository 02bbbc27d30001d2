"""Recall and precision of every detector, by strength of the fault, with CleanVision beside it.

Thresholds were fixed on seed 0 of leaves; seeds 1 to 5, and faults planted in real photos, are what
they are judged on. Copies are also searched among pictures of one shape that are no copies (the
rows of "lookalikes", where `planted` counts pairs and all that is found is false) and among leaves
edited otherwise than is planted ("edits"). Writes detectors.csv beside this file; an interrupted
run goes on.

    python -m studies.detectors [--seeds 0 1 2 3 4 5] [--photos FOLDER]
"""

import argparse
import os
import shutil
import tempfile
import warnings
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

import leaves
from helpers import audit
from helpers.datasets import Dataset, work_folder
from leaves import faults
from studies.lookalikes import EDITS, LOOKALIKES
from studies.provenance import code_hash

ADDED = ("lookalikes", "edits")
NEAR = "near_duplicate"
DETECTORS = {
    "corrupt": ("unreadable",),
    "dark": ("dark",),
    "overexposed": ("overexposed",),
    "blurred": ("blurred",),
    "unusual_mode": ("unusual mode",),
    "odd_size": ("odd size", "odd aspect ratio"),
}
CLEANVISION = {
    "dark": ("dark",),
    "overexposed": ("light",),
    "blurred": ("blurry",),
    "unusual_mode": ("grayscale",),
    "odd_size": ("odd_size", "odd_aspect_ratio"),
}
COLUMNS = ["data", "seed", "tool", "detector", "kind", "strength", "planted", "found", "recall"]
COLUMNS += ["flagged", "false", "precision", "code"]
PLANTED_IN_PHOTOS = 36
ALIKE, EDITED = 12, 20
"""Pictures of each kind of lookalikes, and photos that each edit is made of."""


def open_leaves(seed: int) -> Dataset:
    folder = work_folder() / "studies" / f"leaves-{seed}"
    images, planted = leaves.build(folder, seed=seed, test=60, progress=False)
    return Dataset(f"leaves {seed}", folder / "images", images, planted, group="specimen")


def plant_in_photos(source: Path, folder: Path, seed: int) -> Dataset:
    """Copy real photos and plant faults in some, no more than one in each."""
    rng = np.random.default_rng(seed)
    names = sorted(path.relative_to(source).as_posix() for path in source.rglob("*.jpg"))
    kept, facts = {name: name for name in names}, []
    free = iter(rng.permutation(names))
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(source / name, folder / name)
    for kind in [*faults.VARIANTS, "exact_duplicate"]:
        strengths = list(faults.VARIANTS.get(kind, ["obvious"]))
        for number in range(PLANTED_IN_PHOTOS):
            name, strength = next(free), strengths[number % len(strengths)]
            copied = kind in ("near_duplicate", "exact_duplicate")
            target = folder / (name.replace(".jpg", " copy.jpg") if copied else name)
            if kind == "exact_duplicate":
                shutil.copy(source / name, target)
            else:
                image = Image.open(source / name).convert("RGB")
                made = faults.apply(kind, image, strength, rng)
                target.unlink(missing_ok=True)
                if isinstance(made, bytes):
                    target.write_bytes(made)
                else:
                    made.save(target, "JPEG", quality=int(rng.integers(70, 95)))
            new = target.relative_to(folder).as_posix()
            kept[new] = new
            facts.append((new, kind, strength, name if copied else None, None, False))
    index = pd.Index(sorted(kept), name="image_id", dtype="str")
    images = pd.DataFrame({"label": index.str.split("/").str[-2], "split": None}, index=index)
    columns = ["image_id", "kind", "strength", "partner", "truth", "innocent"]
    planted = pd.DataFrame(facts, columns=columns)
    return Dataset(f"photos {seed}", folder, images.astype("str"), planted)


def score(dataset: Dataset) -> list[pd.DataFrame]:
    scanned = audit.scan(dataset, progress=False)
    issues = audit.find_quality_issues(scanned)
    issues = issues[issues["rule"] != "not used"]  # rows of a rule that is not used are no flags
    pairs = audit.find_duplicates(dataset, scanned, progress=False)
    found = {kind: issues[issues["issue"].isin(names)] for kind, names in DETECTORS.items()}
    for kind in ("exact", "near"):
        found[f"{kind}_duplicate"] = pairs[pairs["kind"] == kind]
    probable = audit.score_against_truth(dataset, pairs[pairs["kind"] == "probable"], NEAR)
    untimed = audit.find_duplicates(dataset, scanned.assign(taken=pd.NaT), progress=False)
    tables = [
        audit.score_against_truth(dataset, what, kind).assign(detector=kind, tool="workbook")
        for kind, what in found.items()
    ]
    near = audit.score_against_truth(dataset, untimed[untimed["kind"] == "near"], NEAR)
    tables.append(near.assign(detector=f"{NEAR} without EXIF time", tool="workbook"))
    tables.append(probable.assign(detector="probable copy", tool="workbook"))
    return tables + score_cleanvision(dataset, scanned.index[scanned["readable"]])


def score_copies(dataset: Dataset, kind: str, planted: pd.DataFrame, strength: str) -> pd.DataFrame:
    """How many pairs of `planted` are found near and probable among files of one kind."""
    scanned = audit.scan(dataset, progress=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # lookalikes are said to be left out
        pairs = audit.find_duplicates(dataset, scanned, progress=False)
    wanted, rows = {*zip(planted["image_id"], planted["partner"], strict=True)}, []
    for name, detector in (("near", NEAR), ("probable", "probable copy")):
        table = pairs[pairs["kind"] == name]
        hit = len(wanted & {*zip(table["image_id"], table["other_id"], strict=True)})
        false = len(table) - (0 if strength == "innocent" else hit)
        rows.append({
            "detector": detector, "kind": kind, "strength": strength, "planted": len(wanted),
            "found": hit, "recall": hit / len(wanted), "flagged": len(table), "false": false,
            "precision": 1 - false / len(table) if len(table) else np.nan, "tool": "workbook",
        })  # fmt: skip
    return pd.DataFrame(rows)


def score_lookalikes(folder: Path, seed: int) -> list[pd.DataFrame]:
    tables = []
    for number, (kind, render) in enumerate(LOOKALIKES.items()):
        for at, image in enumerate(render(np.random.default_rng([seed, number]), ALIKE)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            image.save(folder / kind / f"{at:02d}.jpg", quality=90)
        dataset = _list_files(folder / kind)
        every = pd.DataFrame(combinations(dataset.images.index, 2), columns=["image_id", "partner"])
        tables.append(score_copies(dataset, kind, every, "innocent"))
    return tables


def score_edits(source: Dataset, folder: Path, seed: int) -> list[pd.DataFrame]:
    """Photos without a fault, each beside a copy of it, edit by edit."""
    faulty = {*source.planted["image_id"], *source.planted["partner"].dropna()}
    whole = source.images.index[~source.images.index.isin(faulty)]
    chosen, tables = np.random.default_rng(seed).permutation(whole)[:EDITED], []
    for number, (kind, edit) in enumerate(EDITS.items()):
        place = folder / str(number)
        place.mkdir(parents=True)
        for at, image_id in enumerate(chosen):
            shutil.copy(source.path(image_id), place / f"{at:02d} a.jpg")
            edit(source.load(image_id)).save(place / f"{at:02d} b.jpg", quality=88)
        names = [(f"{at:02d} a.jpg", f"{at:02d} b.jpg") for at in range(len(chosen))]
        planted = pd.DataFrame(names, columns=["image_id", "partner"])
        tables.append(score_copies(_list_files(place), kind, planted, "all detectable"))
    return tables


def _list_files(folder: Path) -> Dataset:
    index = pd.Index(sorted(path.name for path in folder.iterdir()), name="image_id", dtype="str")
    images = pd.DataFrame({"label": "one", "split": None}, index=index).astype("str")
    return Dataset(folder.name, folder, images)


def score_cleanvision(dataset: Dataset, readable: pd.Index) -> list[pd.DataFrame]:
    """CleanVision on the readable files alone, because one unreadable file ends its scan."""
    from cleanvision import Imagelab

    paths = {str(dataset.path(image_id)): image_id for image_id in readable}
    lab = Imagelab(filepaths=list(paths))
    lab.find_issues(n_jobs=2, verbose=False)
    tables = []
    for kind, names in CLEANVISION.items():
        flagged = lab.issues[[f"is_{name}_issue" for name in names]].any(axis=1)
        ids = [paths[path] for path in lab.issues.index[flagged]]
        tables.append(audit.score_against_truth(dataset, ids, kind).assign(detector=kind))
    for kind in ("exact", "near"):
        sets = lab.info[f"{kind}_duplicates"]["sets"]
        pairs = [(paths[group[0]], paths[other]) for group in sets for other in group[1:]]
        found = pd.DataFrame(pairs, columns=["image_id", "other_id"], dtype="str")
        table = audit.score_against_truth(dataset, found, f"{kind}_duplicate")
        tables.append(table.assign(detector=f"{kind}_duplicate"))
    return [table.assign(tool="cleanvision") for table in tables]


def run(data: str, seed: int, photos: Path | None) -> list[pd.DataFrame]:
    """All tables of one seed: of photos, or of leaves with the lookalikes and edits beside them."""
    with tempfile.TemporaryDirectory() as scratch:
        if data == "photos":
            dataset = plant_in_photos(photos, Path(scratch), seed)
            return [table.assign(data=data) for table in score(dataset)]
        dataset = open_leaves(seed)
        tables = {
            data: score(dataset),
            "lookalikes": score_lookalikes(Path(scratch) / "alike", seed),
            "edits": score_edits(dataset, Path(scratch) / "edits", seed),
        }
    return [table.assign(data=name) for name, found in tables.items() for table in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(6)))
    parser.add_argument("--photos", type=Path)
    options = parser.parse_args()
    photos, target = options.photos, Path(__file__).with_suffix(".csv")
    if photos is None and os.environ.get("WORKBOOK_TEST_DATA"):
        photos = Path(os.environ["WORKBOOK_TEST_DATA"]) / "data" / "clothing"
    code = code_hash(__file__, "helpers/audit/*.py", "helpers/copies/*.py", "leaves/*.py")
    table = pd.read_csv(target) if target.exists() else pd.DataFrame(columns=COLUMNS)
    table = table[table["code"] == code]
    jobs = [("leaves", seed) for seed in options.seeds]
    jobs += [("photos", seed) for seed in options.seeds[:1]] if photos else []
    known = set(zip(table["data"], table["seed"], strict=True))
    for data, seed in tqdm([job for job in jobs if job not in known], desc="detectors"):
        found = pd.concat(run(data, seed, photos), ignore_index=True).assign(seed=seed, code=code)
        table = pd.concat([table, found[COLUMNS]], ignore_index=True)
        table.to_csv(target, index=False, float_format="%.4f")
    summary = table[table["strength"].isin(["all detectable", "innocent"])]
    summary = summary.assign(kind=summary["kind"].where(summary["data"].isin(ADDED), ""))
    grouped = summary.groupby(["data", "tool", "detector", "kind", "strength"], sort=False)
    print(grouped[["recall", "precision"]].agg(["min", "mean"]).round(3).to_string())


if __name__ == "__main__":
    main()

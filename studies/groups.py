"""Which photos of one thing are found, by how different they are, and how many proposals are right.

Every constant was fixed on seed 0 of leaves; seeds 1 to 5, and things cut out of real photos and
pasted on other grounds, are what they are judged on. Writes groups.csv beside this file; an
interrupted run goes on.

    python -m studies.groups [--seeds 0 1 2 3 4 5] [--photos FOLDER]
"""

import argparse
import os
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance, ImageFilter
from tqdm import tqdm

import leaves
from helpers.datasets import Dataset, work_folder
from helpers.descriptors import find_foreground
from helpers.splits import suggest_groups
from helpers.splits.telling import BRIDGE
from studies.provenance import code_hash

LEAVES, SIDE = 600, 320
TWICE, MOVED, GROUNDS = 120, 60, 20


def open_leaves(seed: int) -> tuple[Dataset, pd.Series, dict]:
    """Leaves, what each photo shows, and the kind of each pair of photos of one specimen."""
    folder = work_folder() / "studies" / f"groups-{seed}"
    images, planted = leaves.build(folder, seed=seed, development=LEAVES, test=60, progress=False)
    images = images[images["split"].isna()]
    copies = planted[planted["kind"].isin(["exact_duplicate", "near_duplicate"])]
    thing = images["specimen"].to_dict()
    for image_id, partner in zip(copies["image_id"], copies["partner"], strict=True):
        # A copy may be under a specimen of its own; it shows what its original shows.
        thing[image_id] = thing[partner]
    thing = pd.Series(thing).loc[images.index]
    known = {frozenset(pair): "copy" for pair in copies[["image_id", "partner"]].to_numpy()}
    bursts = planted[planted["kind"] == "burst"]
    known |= {frozenset(pair): "burst" for pair in bursts[["image_id", "partner"]].to_numpy()}
    kinds = {}
    for _, rows in images.groupby(thing):
        for one, other in combinations(rows.index, 2):
            same = rows.loc[one, "background"] == rows.loc[other, "background"]
            kind = "other photo, same kind of ground" if same else "other photo, other ground"
            kinds[frozenset((one, other))] = known.get(frozenset((one, other)), kind)
    dataset = Dataset(f"groups {seed}", folder / "images", images.drop(columns="specimen"))
    return dataset, thing, kinds


def paste_photos(source: Path, folder: Path, seed: int) -> tuple[Dataset, pd.Series, dict]:
    """Things cut out of real photos, each on two of twenty grounds, or moved on one of them."""
    rng = np.random.default_rng(seed)
    paths = sorted(source.rglob("*.jpg"))
    paths = [paths[i] for i in rng.permutation(len(paths))]
    grounds = [_ground(paths.pop(), rng) for _ in range(GROUNDS)]
    rows, kinds = [], {}
    while len(kinds) < TWICE + MOVED:
        path = paths.pop()
        rgb = _small(path)
        mask = find_foreground(np.asarray(rgb))
        if not 0.1 < mask.mean() < 0.6:
            continue
        moved, label = len(kinds) >= TWICE, path.parent.name
        one, other = rng.choice(GROUNDS, 2, replace=False)
        names = []
        for ground in (one, one if moved else other):
            names.append(f"{label}/{rng.integers(16**12):012x}.jpg")
            (folder / label).mkdir(exist_ok=True)
            made = _paste(rgb, mask, grounds[ground], rng)
            made.save(folder / names[-1], quality=int(rng.integers(75, 95)))
            rows.append((names[-1], label, path.stem))
        kinds[frozenset(names)] = (
            "pasted, moved on one ground" if moved else "pasted on two grounds"
        )
    table = pd.DataFrame(rows, columns=["image_id", "label", "thing"]).set_index("image_id")
    table = table.sort_index().astype("str")
    images = table[["label"]].assign(split=pd.Series(None, table.index, dtype="str"))
    return Dataset(f"pasted {seed}", folder, images), table["thing"], kinds


def _small(path: Path) -> Image.Image:
    image = Image.open(path).convert("RGB")
    image.thumbnail((SIDE, SIDE))
    return image


def _ground(path: Path, rng: np.random.Generator) -> Image.Image:
    """The lower left corner of a photo, mirrored until it fills a square."""
    image = _small(path)
    corner = image.crop((0, image.height * 3 // 5, image.width * 2 // 5, image.height))
    tile = np.asarray(corner)
    tile = np.concatenate([tile, tile[:, ::-1]], axis=1)
    tile = np.concatenate([tile, tile[::-1]], axis=0)
    return Image.fromarray(np.tile(tile, (4, 4, 1))[:SIDE, :SIDE])


def _paste(rgb, mask, ground, rng) -> Image.Image:
    """The thing turned, scaled and lit anew on its ground."""
    soft = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.GaussianBlur(1))
    angle, scale = rng.uniform(-20, 20), rng.uniform(0.7, 0.95)
    size = [round(side * scale) for side in rgb.size]
    thing, soft = (each.resize(size).rotate(angle, resample=2, expand=True) for each in (rgb, soft))
    made = ground.copy()
    room = [max(0, side - length) for side, length in zip(made.size, thing.size, strict=True)]
    made.paste(thing, [int(rng.uniform(0.3, 0.7) * side) for side in room], soft)
    made = ImageEnhance.Brightness(made).enhance(rng.uniform(0.7, 1.25))
    return ImageEnhance.Color(made).enhance(rng.uniform(0.7, 1.3))


def score(dataset: Dataset, thing: pd.Series, kinds: dict) -> pd.DataFrame:
    """Recall by kind of pair; precision of all proposals, and what they expected of themselves.

    Kept together are also those that are proposed by way of a third photo. Proposals under two
    labels, and links between groups that otherwise do not agree, which say nothing of themselves,
    are rows of their own.
    """
    found = suggest_groups(dataset, progress=False)
    right = found["image_id"].map(thing).to_numpy() == found["other_id"].map(thing).to_numpy()
    pairs = [frozenset(pair) for pair in found[["image_id", "other_id"]].to_numpy()]
    sure = found["expected"].notna().to_numpy()
    kept, mates = set(pairs), find_mates(found)
    copy = np.array([kinds.get(pair) == "copy" for pair in pairs], bool)
    burst = found["evidence"].str.contains("burst").to_numpy(bool)
    rows = []
    for kind, count in pd.Series(kinds).value_counts().items():
        own = {pair for pair, of_kind in kinds.items() if of_kind == kind}
        rows.append((kind, count, len(own & kept), len(own & mates), None, None, None))
    link = found["issue"].eq(BRIDGE).to_numpy()
    judged = {"all proposals": sure, "without copies": sure & ~copy,
              "under two labels": ~sure & ~link, "links not followed": link,
              "by keypoints alone, without copies": sure & ~copy & ~burst}  # fmt: skip
    for name, chosen in judged.items():
        rows.append((name, None, None, None, chosen.sum(), right[chosen].sum(),
                     found["expected"][chosen].mean()))  # fmt: skip
    alike = sum(len(set(thing[[*pair]])) == 1 for pair in mates)
    rows.append(("kept together", None, None, None, len(mates), alike, None))
    names = ["kind", "pairs", "found", "together", "proposed", "right", "expected"]
    table = pd.DataFrame(rows, columns=names)
    table.insert(4, "recall", table["found"] / table["pairs"])
    return table.assign(precision=table["right"] / table["proposed"])


def find_mates(found: pd.DataFrame) -> set[frozenset]:
    """All pairs of images that proposals put into one group."""
    sure, ends = found.dropna(subset="group"), ["image_id", "other_id"]
    members = sure.melt("group", ends).groupby("group")["value"].unique()
    return {frozenset(pair) for ids in members for pair in combinations(ids, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(6)))
    parser.add_argument("--photos", type=Path)
    options = parser.parse_args()
    photos, target = options.photos, Path(__file__).with_suffix(".csv")
    if photos is None and os.environ.get("WORKBOOK_TEST_DATA"):
        photos = Path(os.environ["WORKBOOK_TEST_DATA"]) / "data" / "clothing"
    code = code_hash(__file__, "helpers/splits/[!d]*.py", "leaves/*.py")
    done = pd.read_csv(target) if target.exists() else pd.DataFrame(columns=["code"])
    tables = [done[done["code"] == code]]
    known = set(zip(tables[0].get("data", []), tables[0].get("seed", []), strict=True))
    jobs = [(data, seed) for seed in options.seeds for data in ("leaves", "pasted photos")]
    for data, seed in tqdm(jobs, desc="groups"):
        if (data, seed) in known or (data != "leaves" and not photos):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            opened = open_leaves(seed) if data == "leaves" else None
            table = score(*(opened or paste_photos(photos, Path(scratch), seed)))
        tables.append(table.assign(data=data, seed=seed, code=code))
        whole = pd.concat([one for one in tables if len(one)], ignore_index=True)
        counts = ["pairs", "found", "together", "proposed", "right", "seed"]
        whole = whole.astype(dict.fromkeys(counts, "Int64"))
        whole = whole[["data", "seed", *whole.columns.drop(["data", "seed", "code"]), "code"]]
        whole.sort_values(["data", "seed"], kind="stable").to_csv(
            target, index=False, float_format="%.4f"
        )
    grouped = pd.read_csv(target).groupby(["data", "kind"], sort=False)
    shown = ["pairs", "recall", "together", "proposed", "precision", "expected"]
    print(grouped[shown].mean().round(3))


if __name__ == "__main__":
    main()

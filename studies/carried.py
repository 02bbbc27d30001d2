"""What an object that one class carries does to the search for photos of one thing.

A disc of random squares is pasted, turned and moved a little, on a share of the photos of one class
of leaves. How many pairs are proposed, how many are expected to be right, and how many are: with
the question what a class shares (`helpers.splits.recurring.find_shared`), and without it; and how
many of each lie in groups of which the search says that it cannot tell a thing from such an object
(`helpers.splits.telling.hang_together`). Writes carried.csv beside this file; an interrupted run
goes on.

    python -m studies.carried [--seeds 1 2]
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from helpers.datasets import Dataset
from helpers.splits import recurring, suggesting, telling
from helpers.training import embed
from studies.groups import open_leaves
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
SHARES, CLASS = (0.0, 0.1, 0.3, 0.5, 0.7, 1.0), "beech"


def paste(dataset: Dataset, share: float, seed: int, folder: Path) -> Dataset:
    """The readable photos as PNGs, a share of those of one class with the disc."""
    rng, kept = np.random.default_rng(seed), []
    squares = Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8))
    round_ = Image.fromarray(((np.hypot(*np.mgrid[-1:1:64j, -1:1:64j]) < 1) * 255).astype(np.uint8))
    for number, (image_id, label) in enumerate(dataset.images["label"].items()):
        try:
            photo = Image.open(dataset.path(image_id)).convert("RGB")
        except OSError:
            continue
        if label == CLASS and rng.random() < share:
            side = int(min(photo.size) * rng.uniform(0.3, 0.4))
            disc = squares.resize((side, side), Image.Resampling.NEAREST)
            disc = disc.rotate(rng.uniform(-25, 25), Image.Resampling.BICUBIC)
            moved = [(edge - side) // 2 + int(rng.integers(-10, 10)) for edge in photo.size]
            photo.paste(disc, tuple(moved), round_.resize((side, side)))
        photo.save(folder / f"{number:05}.png")
        kept.append(image_id)
    names = [f"{dataset.images.index.get_loc(one):05}.png" for one in kept]
    images = dataset.images.loc[kept, ["label", "split"]].set_axis(names)
    return Dataset(f"carried {seed} {share}", folder, images.rename_axis("image_id"))


def measure(seed: int, share: float, code: str) -> list[dict]:
    """A row with the question and one without it."""
    leaves, thing, _ = open_leaves(seed)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        dataset = paste(leaves, share, seed, Path(folder))
        numbers = dataset.images.index.str[:-4].astype(int)
        thing = pd.Series(thing.iloc[numbers].to_numpy(), dataset.images.index)
        features, ask = embed(dataset, progress=False), recurring.find_shared
        for asked in (True, False):
            recurring.find_shared = ask if asked else lambda *_: {}
            try:
                found = suggesting._Search(dataset, features, 8, 0.8, 2, False).run()
            finally:
                recurring.find_shared = ask
            found = found.dropna(subset="expected")
            right = thing[found["image_id"]].to_numpy() == thing[found["other_id"]].to_numpy()
            own = (dataset.images["label"][found["image_id"]] == CLASS).to_numpy()
            many = (telling.hang_together(found) > 0).to_numpy()
            rows.append({
                "seed": seed, "share": share, "asked": asked, "images": len(dataset),
                "carriers' class": int((dataset.images["label"] == CLASS).sum()),
                "proposed": len(found), "expected": round(found["expected"].sum(), 1),
                "right": int(right.sum()), "proposed in class": int(own.sum()),
                "right in class": int(right[own].sum()),
                "untold": int(many.sum()),
                "expected untold": round(found["expected"][many].sum(), 1),
                "right untold": int(right[many].sum()), "code": code,
            })  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    seeds = parser.parse_args().seeds
    code = code_hash(__file__, "helpers/splits/[!d]*.py", "leaves/*.py")
    known = pd.read_csv(TABLE).to_dict("records") if TABLE.exists() else []
    rows = [row for row in known if row["code"] == code]
    for seed in seeds:
        for share in SHARES:
            if not any(row["seed"] == seed and row["share"] == share for row in rows):
                rows += measure(seed, share, code)
                pd.DataFrame(rows).to_csv(TABLE, index=False)
                print(pd.DataFrame(rows[-2:]).drop(columns="code").to_string(index=False))


if __name__ == "__main__":
    main()

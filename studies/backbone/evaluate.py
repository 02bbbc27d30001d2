"""Probe frozen backbones on pictures none of them has seen; writes probes.csv beside this file.

Clothing photos (given split), scanned digits and leaves (held-out specimens), each at 96 and 128
pixels, for random weights, the bundled backbone and ImageNet networks whose weights are at hand.

    WORKBOOK_TEST_DATA=FOLDER python -m studies.backbone.evaluate
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from sklearn.datasets import load_digits
from tqdm import tqdm

from helpers import open_dataset
from helpers.backbone import facts
from helpers.datasets import apply_decisions, default_decisions
from helpers.splits import split
from helpers.training.networks import load_body
from studies.backbone.probe import features, probe, read_photos

TABLE = Path(__file__).with_name("probes.csv")
BACKBONES = [("random", seed) for seed in range(3)]
BACKBONES += [("bundled", 0), ("squeezenet1_0", 0), ("mobilenet_v2", 0)]


def read_sets(photos: Path, size: int) -> dict:
    """By name: pictures and labels to fit on, pictures and labels to score on."""
    digits = load_digits()
    scans = [Image.fromarray((16 - one).astype(np.uint8) * 15) for one in digits.images]
    scans = [one.convert("RGB").resize((size, size), Image.Resampling.BICUBIC) for one in scans]
    scans, odd = np.stack([np.asarray(one) for one in scans]), np.arange(len(scans)) % 2 > 0
    leaves = open_dataset("leaves")
    leaves = apply_decisions(leaves.development, default_decisions(leaves))
    parts = split(leaves, valid=0.25)["split"]
    sets = {
        "clothing": [x for part in ("train", "test") for x in read_photos(photos / part, size)],
        "digits": [scans[~odd], digits.target[~odd], scans[odd], digits.target[odd]],
        "leaves": [],
    }
    for part in ("train", "valid"):
        names = parts.index[parts == part]
        pictures = [np.asarray(leaves.load(one).resize((size, size), 2)) for one in names]
        sets["leaves"] += [np.stack(pictures), leaves.images["label"][names].to_numpy(str)]
    return sets


def main() -> None:
    root = Path(os.environ["WORKBOOK_TEST_DATA"])
    os.environ["TORCH_HOME"] = str(root / "weights")
    rows = []
    for size in (96, 128):
        sets = read_sets(root / "data" / "clothing", size)
        for name, seed in tqdm(BACKBONES, desc=f"{size} pixels"):
            torch.manual_seed(seed)
            body = load_body("bundled" if name == "random" else name, pretrained=name != "random")
            for dataset, (train, classes, test, truth) in sets.items():
                found = [features(body, x, prepare=torch.Tensor.contiguous) for x in (train, test)]
                score = probe(found[0], classes, found[1], truth)
                rows.append([dataset, size, name, seed, len(test), round(score, 4)])
    table = pd.DataFrame(rows, columns=["set", "size", "backbone", "seed", "images", "accuracy"])
    table["weights"] = facts()["sha256"][:12]
    table.to_csv(TABLE, index=False)
    best = table.pivot_table("accuracy", ["set", "size"], "backbone")
    best["share of the gap closed"] = (best["bundled"] - best["random"]) / (
        best["mobilenet_v2"] - best["random"]
    )
    print(best.round(3).to_string())


if __name__ == "__main__":
    main()

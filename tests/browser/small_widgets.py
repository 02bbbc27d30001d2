"""What the widgets of the notebooks need, made of a few small photos in seconds."""

SETUP = """
from pathlib import Path
from types import SimpleNamespace
import numpy as np
import pandas as pd
import torch
from PIL import Image
from helpers import open_dataset
from helpers.course.studies import read_study
from helpers.widgets import (browse, compose_ensemble, explore_augmentation, explore_balance,
                             explore_cures, explore_decisions, explore_errors,
                             explore_explanations, explore_fairness, explore_map, explore_rates,
                             explore_splits, explore_transfer, review)

rng, folder = np.random.default_rng(0), Path("photos")
names = [f"{label}/{n:02d}.png" for label in ("beech", "linden", "oak") for n in range(20)]
for name in names:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(folder / name)
dataset = open_dataset(folder)
images = dataset.images.assign(specimen=[f"s{n // 2}" for n in range(60)])
images["split"] = ["valid" if n % 4 == 0 else "train" for n in range(60)]
dataset = dataset.with_images(images)
codes = images["label"].astype("category").cat.codes.to_numpy()
features = pd.DataFrame(rng.normal(size=(60, 8)) + codes[:, None], images.index,
                        [f"stage4 {n}" for n in range(8)])
pairs = pd.DataFrame({"image_id": ["oak/00.png"], "other_id": ["oak/07.png"], "kind": ["near"]})
suspects = pd.DataFrame({"image_id": ["beech/00.png", "linden/03.png", "oak/05.png"],
                         "issue": ["dark", "odd", "odd"]})
ends = {1e-4: 2.2, 1e-2: 1.5, 1.0: 4.0}
rates = pd.DataFrame([(rate, 0, epoch, 2.3 + (end - 2.3) * epoch, 0.4)
                      for rate, end in ends.items() for epoch in range(2)],
                     columns=["rate", "seed", "epoch", "valid_loss", "accuracy"])
curve = pd.DataFrame([("bundled", "frozen", per, seed, 0.4 + n / 10 + seed / 50)
                      for n, per in enumerate(["5", "10", "all"]) for seed in range(3)],
                     columns=["backbone", "training", "per_class", "seed", "accuracy"])
chances = pd.DataFrame(rng.dirichlet([1, 1, 1], 60), images.index, dataset.classes)
predictions = chances.assign(label=images["label"], prediction=chances.idxmax(axis=1),
                             confidence=chances.max(axis=1))
voters = {"first": chances, "second": pd.DataFrame(rng.dirichlet([1, 1, 1], 60), images.index,
                                                 dataset.classes)}
study = read_study("cure_grid")
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 64 * 64, 3))
learner = SimpleNamespace(model=model, dls=SimpleNamespace(vocab=dataset.classes, device="cpu"))
maps = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Conv2d(4, 6, 3, 2),
                           torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(6, 3))
form = {"vocab": dataset.classes, "device": "cpu", "size": 32, "method": "squish"}
seer = SimpleNamespace(model=maps, dls=SimpleNamespace(**form))
"""
CALLS = {
    "00": "browse(dataset, features.iloc[:, :1].assign(right=codes > 0))",
    "01": "browse(dataset, features.iloc[:, :2])",
    "02": "review(dataset, suspects)",
    "03": "explore_splits(dataset, features, pairs)",
    "04": "explore_balance(dataset.with_images(images[:45]), features)",
    "05": "explore_rates(rates, 2.3)",
    "06": "explore_augmentation(dataset, learner)",
    "07": 'explore_transfer(dataset, curve, {"bundled": features})',
    "08": "explore_cures(study)",
    "09": "compose_ensemble(voters, images['label'])",
    "10": "explore_errors(dataset, predictions)",
    "11": "explore_decisions(predictions)",
    "12": "explore_fairness(predictions, images['label'].replace('oak', 'linden'), 'beech')",
    "13": "explore_explanations(seer, dataset)",
    "map": "explore_map(dataset, features)",
}

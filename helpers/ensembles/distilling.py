"""One network that learns what others answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from fastai.learner import Learner
from fastai.vision.core import TensorImage
from torch import nn
from tqdm.auto import tqdm

from helpers.datasets import Dataset
from helpers.training import Augment
from helpers.training.caching import decode
from helpers.training.hardware import SpareThreads

TURNS = {"flip_vertical": True, "turn": True, "rotate": 0, "zoom": 0, "stretch": 0, "shift": 0}
"""What `Augment` does to things that have no up and down."""
BATCH = 32


def distil(
    learner: Learner, dataset: Dataset, answers: pd.DataFrame, epochs: int = 6, lr: float = 3e-3,
    seed: int = 0, progress: bool = True,
) -> Learner:  # fmt: skip
    """Teach one network what others answer (Hinton and others, 2015).

    The network learns *probabilities*, not labels, so images without a label will do as well.

    Parameters
    ----------
    learner : Learner
        From `build_learner`; trained in place. Its pictures are mirrored and turned.
    dataset : Dataset
        Where the images are.
    answers : DataFrame by image_id
        Probabilities to be learned, a column per class of the learner.
    epochs, lr
        As for `train`; the rate is the highest of one cycle, for all layers.
    """
    dls, model = learner.dls, learner.model
    known = dataset.with_images(dataset.images.loc[answers.index.unique()])
    pixels = decode(known, dls.size, dls.method, progress=progress)
    answers = answers.loc[answers.index.isin(list(pixels.rows)), list(dls.vocab)]
    targets = torch.tensor(answers.to_numpy(np.float32), device=dls.device)
    rows = np.array([pixels.rows[image_id] for image_id in answers.index])
    rng, turns = np.random.default_rng(seed), Augment(**TURNS)
    steps = -(-len(rows) // BATCH) * epochs
    optimiser = torch.optim.AdamW(model.parameters(), lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, lr, steps)
    model.train()
    with torch.random.fork_rng(devices=[]), SpareThreads():
        torch.manual_seed(seed)
        for _ in tqdm(range(epochs), "distil", delay=2, disable=not progress):
            for chosen in np.array_split(rng.permutation(len(rows)), steps // epochs):
                images = torch.from_numpy(pixels.array[rows[chosen]]).to(dls.device)
                images = turns(TensorImage(images.permute(0, 3, 1, 2) / 255), split_idx=0)
                loss = nn.functional.cross_entropy(model(images), targets[chosen])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
    return learner

"""A tiny task for the exercises that train networks, and training loops with a mistake each."""

import os
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch.nn.functional import cross_entropy, softmax

from helpers import open_dataset
from helpers.splits import split
from helpers.training import build_dataloaders, embed, train_head

COLOURS = {"beech": (40, 60, 200), "birch": (50, 180, 60), "oak": (200, 50, 40)}


def make_task() -> dict:
    """Twelve noisy pictures of each of three colours, split, embedded, with a head."""
    folder = Path(tempfile.mkdtemp(prefix="workbook-exercises-"))
    for label, colour in COLOURS.items():
        (folder / "photos" / label).mkdir(parents=True)
        for number in range(12):
            noise = np.random.default_rng(number).normal(0, 30, (30, 40, 3))
            pixels = (noise + colour).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "photos" / label / f"{number:02d}.png")
    with mock.patch.dict(os.environ, WORKBOOK_WORK=str(folder / "work")):
        photos = open_dataset(folder / "photos", progress=False)
        clean = photos.with_images(photos.images.assign(split=split(photos)["split"]))
        dls = build_dataloaders(clean, size=32, batch_size=8, workers=0, progress=False)
        features = embed(clean, size=32, progress=False)
    head = train_head(features, clean.part("train").images["label"])
    right = pd.Series(True, clean.part("valid").images.index)
    return {"dls": dls, "head": head, "ours": right, "tuned_right": right, "clean": clean}


def make_loop(*mistakes: str):
    """A plain training loop that makes these mistakes."""

    def loop(model, train_batches, valid_batches, epochs, lr):
        rate = 0.1 if "rate" in mistakes else lr
        named = [name for name in mistakes if hasattr(torch.optim, name)]
        optimizer = getattr(torch.optim, *(named or ["AdamW"]))(model.parameters(), rate)
        losses = []
        for epoch in range(epochs):
            if "trains_in_evaluation" not in mistakes or epoch == 0:
                model.train()
            for images, labels in train_batches:
                scores = model(images)
                scores = softmax(scores, 1) if "softmax" in mistakes else scores
                loss = cross_entropy(scores, labels)
                loss = loss + 0.1 * scores.square().mean() if "loss" in mistakes else loss
                if "no_backward" not in mistakes:
                    loss.backward()
                if "cleared" in mistakes:
                    optimizer.zero_grad()
                if not {"no_step", "few_steps"} & {*mistakes}:
                    optimizer.step()
                if not {"added", "few_steps", "no_step"} & {*mistakes}:
                    optimizer.zero_grad()
            if "few_steps" in mistakes:
                optimizer.step()
                optimizer.zero_grad()
            if "evaluates_in_training" not in mistakes:
                model.eval()
            total, count, means = 0.0, 0, []
            for images, labels in valid_batches:
                loss = cross_entropy(model(images), labels)
                if "on_validation" in mistakes:
                    loss.backward()
                    optimizer.step()
                    optimizer.zero_grad()
                total, count = total + len(labels) * loss.item(), count + len(labels)
                means.append(loss.item())
            losses.append(total / count)
            if "unweighted" in mistakes:
                losses[-1] = sum(means) / len(means)
            if "losses" in mistakes:
                losses[-1] = 0.5
        if "far" in mistakes and len(model) == 2 and hasattr(model[0], "network"):
            model[1][-1].weight.data *= -100
        return losses[-1:] if "count" in mistakes else losses

    return loop


def _names_no_images(model, train_batches, valid_batches, epochs, lr):
    return train_batches.images


# Answers with their mistake and a word of what must be said about it, as in `answers`.
WRONG_LOOPS = [
    (_names_no_images, "raised", "AttributeError"),
    (lambda *given: None if given[0](torch.zeros(1, 4)) is None else None, "no_backward", "ever"),
    (make_loop("no_backward"), "no_backward", "loss.backward()"),
    (make_loop("on_validation"), "on_validation", "trains on them"),
    (make_loop("no_step"), "no_step", "optimizer.step()"),
    (make_loop("cleared"), "cleared", "between"),
    (make_loop("added"), "added", "added up"),
    (make_loop("few_steps"), "few_steps", "3 steps for 9 batches"),
    (make_loop("softmax"), "softmax", "does that itself"),
    (make_loop("loss"), "loss", "cross_entropy(model(images), labels)"),
    (make_loop("rate"), "rate", "pass lr"),
    (make_loop("SGD"), "optimizer", "moved by SGD"),
    (make_loop("Adam"), "optimizer", "moved by Adam,"),
    (make_loop("RMSprop"), "optimizer", "torch.optim.AdamW"),
    (make_loop("evaluates_in_training"), "evaluates_in_training", "model.eval()"),
    (make_loop("trains_in_evaluation"), "trains_in_evaluation", "every epoch"),
    (make_loop("count"), "count", "1 losses for 3 epochs"),
    (make_loop("unweighted"), "unweighted", "len(labels)"),
    (make_loop("losses"), "losses", "0.500"),
    (make_loop("far"), "far", "more than 0.15 above"),
    ("for batch in batches", "malformed", "a function"),
]


def freeze_head(model) -> None:
    model[1].requires_grad_(False)


def zero_first_stage(model) -> None:
    with torch.no_grad():
        for values in next(iter(model[0].network.children())).parameters():
            values.zero_()


def spoil(model) -> None:
    """Freezes a stage and turns every answer round, so that it is worse."""
    next(iter(model[0].network.children())).requires_grad_(False)
    model.register_forward_hook(lambda model, images, scores: -100 * scores.detach() + 0 * scores)


WRONG_FREEZES = [
    (lambda model: model.no_such_part, "raised", "AttributeError"),
    (lambda model: setattr(model, "frozen", True), "nothing", "requires_grad_(False)"),
    (lambda model: model.requires_grad_(False), "everything", "nothing left to train"),
    (freeze_head, "head", "learn your classes"),
    (lambda model: model[0].requires_grad_(False), "whole_body", "have already"),
    (zero_first_stage, "changed", "leaves them as they are"),
    (spoil, "worse", "worse by more than chance"),
    ("the first half", "malformed", "a function"),
]

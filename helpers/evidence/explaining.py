"""What the report shows of the worst errors: where the network looked, and what it takes for
alike."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

import pandas as pd

from helpers.evidence.learned import BACKBONE, FROZEN, IMAGENET, TUNED, Learned
from helpers.explain import Heatmaps, explain, nearest_images

MOST, NEAREST = 6, 3
LIMITS = (
    "A heatmap (Grad-CAM) shows on a coarse grid what speaks for the answer, orange the more. It "
    "does not say what is seen there, nor that it is the cause, and a network that has learned "
    "nothing draws convincing ones, too (notebook 13 tests it)."
)
ALIKE = (
    "The nearest training images are those that the pretrained network takes for most alike: look "
    "whether they share the ground, the light or a wrong label with the error."
)


class Explained(NamedTuple):
    """The worst errors, explained.

    Attributes
    ----------
    heatmaps : Heatmaps or None
        None where the best model is no network.
    nearest : DataFrame from `helpers.explain.nearest_images`
    """

    heatmaps: Heatmaps | None
    nearest: pd.DataFrame

    def agreeing(self, answers: pd.DataFrame, column: str) -> int:
        """How many of the nearest images bear the answer ("prediction") or the "label"."""
        own = answers[column].reindex(self.nearest["image_id"]).to_numpy()
        return int((self.nearest["label"].to_numpy() == own).sum())


def explain_errors(evidence: Learned, worst: pd.DataFrame) -> Explained:
    """Heatmaps of the best model's answers to the first of `worst`, and their nearest training
    images by the embedding that it builds on."""
    from helpers.training import embed

    ids, dataset = worst.index[:MOST], evidence.judged[1]
    asked = dataset.with_images(dataset.images.loc[ids])
    features = evidence.features
    backbone = BACKBONE if evidence.best == IMAGENET else "bundled"
    if backbone == BACKBONE:
        features = embed(evidence.divided, BACKBONE, progress=False)
    if len(lacking := ids.difference(features.index)):  # test images have not been embedded yet
        more = embed(asked.with_images(asked.images.loc[lacking]), backbone, progress=False)
        features = pd.concat([features, more])
    nearest = nearest_images(features, ids, evidence.divided, NEAREST)
    if evidence.best not in (FROZEN, IMAGENET, TUNED):
        return Explained(None, nearest)
    return Explained(explain(_as_learner(evidence), asked), nearest)


def _as_learner(evidence: Learned):
    """The best model in the form that `explain` takes: a head is put on its backbone."""
    import torch

    from helpers.exports.model_sources import from_head

    model, told = evidence.model()
    if not told:
        return model
    source = from_head(model, **told)
    form = {"size": source.size, "method": source.method, "vocab": source.classes}
    network = source.network.cpu().eval()
    return SimpleNamespace(model=network, dls=SimpleNamespace(**form, device=torch.device("cpu")))

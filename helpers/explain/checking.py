"""What a heatmap should pass before it is believed: other weights, another method, deletion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy

import numpy as np
import pandas as pd
import torch
from torch import nn

from helpers.datasets import Dataset
from helpers.evaluation import compare_losses
from helpers.explain.heatmaps import Heatmaps, as_tensor, explain
from helpers.explain.looking import rank_correlation
from helpers.explain.methods import GREY, answer, attribute

CELLS, CASCADE = 12, (0.0, 0.25, 0.5, 0.75, 1.0)


def similarity(first: np.ndarray, second: np.ndarray, cells: int = CELLS) -> np.ndarray:
    """How alike two heatmaps of one image are: rank correlation, −1 to 1, for each image.

    Both are averaged over a grid first, so that methods of different fineness can be compared. A
    map that is the same everywhere says nothing and counts as 0.

    Parameters
    ----------
    first, second : float array, images × height × width
    cells : int
        Of the grid, along each side.
    """
    coarse = [_coarsen(maps, cells) for maps in (first, second)]
    found = [rank_correlation(*pair) for pair in zip(*coarse, strict=True)]
    return np.nan_to_num(np.array(found, float))


def _coarsen(maps: np.ndarray, cells: int) -> np.ndarray:
    tensor = torch.from_numpy(np.ascontiguousarray(maps, np.float32))[:, None]
    cells = min(cells, *maps.shape[-2:])
    return torch.nn.functional.adaptive_avg_pool2d(tensor, cells)[:, 0].numpy()


def agreement(heatmaps: Mapping[str, Heatmaps]) -> pd.DataFrame:
    """How alike the maps of several methods are: mean `similarity`, methods × methods."""
    names = list(heatmaps)
    rows = [
        [similarity(heatmaps[one].maps, heatmaps[other].maps).mean() for other in names]
        for one in names
    ]
    return pd.DataFrame(rows, names, names)


def randomise(model: nn.Module, share: float = 1.0, seed: int = 0) -> nn.Module:
    """A copy of a network whose last layers forgot what they learned (Adebayo et al., 2018).

    In each of these layers the weights are shuffled: the same numbers, in random places, so that
    the network stays as lively as it was. Statistics of batch normalisation are shuffled with the
    weights that belong to them.

    Parameters
    ----------
    share : float
        Of the layers with weights, counted from the answer back; 0 is the last layer alone, 1 all.
    """
    made, generator = deepcopy(model), torch.Generator().manual_seed(seed)
    layers = [
        module
        for module in made.modules()
        if next(module.parameters(recurse=False), None) is not None
    ]
    for layer in layers[-max(1, round(share * len(layers))) :]:
        values = [*layer.parameters(recurse=False), *layer.buffers(recurse=False)]
        for value in values:
            if value.numel() > 1 and value.is_floating_point():
                order = torch.randperm(value.numel(), generator=generator).to(value.device)
                value.data = value.data.flatten()[order].reshape(value.shape).contiguous()
    return made


def half_of(labels: pd.Series, groups: pd.Series) -> pd.Series:
    """The labels of every other group of each class, for a twin that learns from other images.

    A class of a single group stays, so that the twin knows all classes.
    """
    keys = groups[labels.index].astype("str")
    order = keys.groupby(labels).transform(lambda own: pd.factorize(own)[0])
    return labels[order % 2 == 0]


def check_weights(
    learner, twin, dataset: Dataset, methods: Iterable[str | Callable], seed: int = 0,
    shares: Iterable[float] = CASCADE,
) -> pd.DataFrame:  # fmt: skip
    """Do heatmaps change when the network forgets? They are compared with those of the learner.

    Parameters
    ----------
    learner, twin : Learners
        The twin learned the same task from other images, or half of them (`half_of`); what its maps
        have in common with the learner's is what learning brings about. Maps of a network whose
        weights were shuffled must be less alike than these: then a map shows something learned. (A
        method that draws at random changes with the weights, too, but it is no more like the
        twin's.)
    methods : names or functions, as for `explain`
    shares : of the layers, from the answer back, whose weights are shuffled (see `randomise`)

    Returns
    -------
    DataFrame
        A row per method, image and network: method, image_id, network ("twin", or the share),
        similarity. The class that is explained is the learner's answer throughout.
    """
    shares, rows = list(shares), []
    networks = {"twin": twin.model} | {
        str(share): randomise(learner.model, share, seed) for share in shares
    }
    for number, method in enumerate(methods):
        first = explain(learner, dataset, method, seed=seed)
        images, vocab = as_tensor(first.pictures, learner), list(learner.dls.vocab)
        aims = torch.from_numpy(pd.Index(vocab).get_indexer(first.targets)).to(images.device)
        for again, (name, model) in enumerate(networks.items(), 1):
            layer = first.layer or None
            other = attribute(model, images, aims, method, layer, seed=seed + 1000 * again + number)
            alike = similarity(first.maps, other)
            ids = first.targets.index
            rows += [(first.method, i, name, v) for i, v in zip(ids, alike, strict=True)]
    return pd.DataFrame(rows, columns=["method", "image_id", "network", "similarity"])


def judge_weights(checked: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Which methods show something learned, from `check_weights`.

    Returns
    -------
    DataFrame by method
        twin, shuffled (mean similarity to the twin's maps and to those of a network all of whose
        weights were shuffled), difference, low, high (paired, 95 %, by groups), learned (whether
        the interval lies above 0).
    """
    rows = {}
    for method, own in checked.groupby("method", sort=False):
        wide = own.pivot_table("similarity", "image_id", "network")
        last = max((name for name in wide if name != "twin"), key=float)
        found = compare_losses(wide["twin"], wide[last], groups[wide.index])
        means = {"twin": wide["twin"].mean(), "shuffled": wide[last].mean()}
        rows[method] = means | found._asdict() | {"learned": found.low > 0}
    return pd.DataFrame.from_dict(rows, "index").rename_axis("method")


def deletion(learner, heatmaps: Heatmaps, insertion: bool = False, steps: int = 10) -> pd.DataFrame:
    """How sure the network stays while pixels are painted grey, most important first.

    Parameters
    ----------
    insertion : bool
        The other way round: begin with grey, and bring the most important pixels back.
    steps : int

    Returns
    -------
    DataFrame by image_id, a column per share of pixels changed, 0 to 1
        Probability of the explained class. Its mean over the steps (trapezoids) is the area under
        the curve: low is good for deletion, high for insertion (Petsiuk et al., 2018).
    """
    images = as_tensor(heatmaps.pictures, learner)
    vocab, count = list(learner.dls.vocab), images[0, 0].numel()
    aims = torch.from_numpy(pd.Index(vocab).get_indexer(heatmaps.targets)).to(images.device)
    # Equal values in an order of their own, not from the top left: ties are broken at random.
    noise = np.random.default_rng(0).random(count)
    order = np.stack([np.lexsort([noise, -one.ravel()]) for one in heatmaps.maps])
    ranks = torch.from_numpy(order.argsort(axis=1)).view(len(images), 1, *images.shape[-2:])
    grey = torch.tensor(GREY).view(1, 3, 1, 1).to(images)
    found = {}
    for share in np.linspace(0, 1, steps + 1).round(6):
        gone = (ranks.to(images.device) < share * count) != insertion
        chances = answer(learner.model, torch.where(gone, grey, images)).softmax(1)
        found[float(share)] = chances.gather(1, aims[:, None])[:, 0].cpu().numpy()
    return pd.DataFrame(found, heatmaps.targets.index).astype(float)


def area_under(curves: pd.DataFrame) -> pd.Series:
    """The area under each curve of `deletion`, by image_id: 0 to 1."""
    return pd.Series(np.trapezoid(curves, curves.columns.to_numpy(float), axis=1), curves.index)

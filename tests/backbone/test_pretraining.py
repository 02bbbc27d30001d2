"""The scripts of studies/backbone, on a handful of classes."""

import argparse
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from leaves.species import SPECIES, random_species
from studies.backbone import pretrain, sources, views

FEW = [(family, number) for family in ("texture", "outline", "assembly") for number in (0, 1)]


@pytest.mark.parametrize("family", list(sources.FAMILIES))
def test_a_class_is_drawn_from_its_own_seed(family):
    first = sources.render_class(family, 3, images=2, size=48)
    assert first.shape == (2, 48, 48, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, sources.render_class(family, 3, images=2, size=48))
    other = sources.render_class(family, 4, images=2, size=48)
    difference = np.abs(first[0].astype(int) - other[0]).mean()
    assert difference > 5
    assert first.std(axis=(1, 2)).max() > 8


def test_none_of_the_leaves_is_of_a_species_of_the_dataset():
    invented = [random_species(np.random.default_rng([0, 0, number])) for number in range(160)]
    assert len({one.name for one in invented}) == 160
    assert not {one.name for one in invented} & set(SPECIES)


def test_views_stay_in_range_and_follow_the_generator():
    pictures = torch.from_numpy(sources.render_class("assembly", 0, images=4, size=48))
    generators = [torch.Generator().manual_seed(seed) for seed in (5, 5, 6)]
    first, same, other = (views.view(pictures, 32, one) for one in generators)
    assert first.shape == (4, 3, 32, 32)
    assert first.min() >= 0
    assert first.max() <= 1
    assert torch.equal(first, same)
    assert not torch.allclose(first, other)


def test_the_layout_tells_where_edges_run_and_in_which_direction():
    x = torch.zeros(2, 3, 64, 64)
    x[0, :, :32] = 1  # an edge across the middle
    x[1, :, :, :32] = 1  # one down the middle
    edges = views.layout(x)[:, : views.BINS * views.CELLS**2].view(2, views.BINS, -1)
    strongest = edges.sum(-1).argmax(-1)
    assert strongest[0] == views.BINS // 2
    assert strongest[1] == 0


def _plan(folder, epochs):
    return argparse.Namespace(folder=folder, epochs=epochs, cooldown=2, images=6, layout=1.0)


def test_an_interrupted_pretraining_ends_with_the_weights_of_one_that_was_not(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(sources, "CLASSES", FEW)
    monkeypatch.setattr(pretrain, "CLASSES", FEW)
    monkeypatch.setattr(pretrain, "BATCH", 8)
    monkeypatch.delenv("WORKBOOK_TEST_DATA", raising=False)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    sources.render(whole, 6, pretrain.LARGER, workers=1)
    parts.mkdir()
    for pictures in whole.glob("pictures*.npy"):
        shutil.copy(pictures, parts)
    pretrain.main(_plan(whole, epochs=3))

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        train_epoch = pretrain.train_epoch
        patch.setattr(pretrain, "train_epoch", lambda *a: stop() if a[6] == 1 else train_epoch(*a))
        with pytest.raises(KeyboardInterrupt):
            pretrain.main(_plan(parts, epochs=3))
    pretrain.main(_plan(parts, epochs=3))
    first, second = (load_file(folder / "backbone.safetensors") for folder in (whole, parts))
    assert first.keys() == second.keys()
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())
    curves = [pd.read_csv(folder / "curve.csv") for folder in (whole, parts)]
    assert curves[0]["epoch"].tolist() == curves[1]["epoch"].tolist() == [0, 1, 2]
    assert curves[0]["class_loss"].tolist() == curves[1]["class_loss"].tolist()

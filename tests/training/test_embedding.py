"""Features per image: the averages of the backbone's maps, computed once per file."""

import inspect
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import torch

from helpers import open_dataset
from helpers.datasets import decoding as reading
from helpers.datasets import pixels
from helpers.processes import start_workers
from helpers.training import decoding, embed, embedding, networks
from helpers.training.decoding import fit
from helpers.training.networks import load_body
from tests.training.conftest import draw


@pytest.fixture
def computed(monkeypatch):
    """How many images went through the network."""
    counts, average = [], embedding.average_maps

    def count(body, images):
        counts.append(len(images))
        return average(body, images)

    monkeypatch.setattr(embedding, "average_maps", count)
    return counts


@torch.no_grad()
def test_features_are_averages_of_the_maps_of_each_stage(dataset):
    features = embed(dataset, size=32)
    assert features.index.equals(dataset.images.index)
    assert features.shape == (36, 768)
    assert set(features.dtypes) == {np.dtype("float32")}
    image_id = dataset.images.index[5]
    pixels = torch.tensor(fit(dataset.load(image_id), 32, "squish")).permute(2, 0, 1)[None] / 255
    maps = load_body().eval().stages(pixels)
    for number, one in enumerate(maps, start=1):
        found = features.loc[image_id].filter(like=f"stage{number} ").to_numpy()
        expected = one.mean((2, 3))[0].numpy()
        assert np.abs(found - expected).max() < 0.03 * np.abs(expected).max() + 1e-3


def test_the_last_stage_alone(dataset):
    every, last = embed(dataset, size=32), embed(dataset, size=32, stages="last")
    pd.testing.assert_frame_equal(every.filter(regex="^stage5 "), last)
    assert last.shape[1] == 384


def test_new_images_are_computed_and_no_others(photos, computed):
    first = embed(open_dataset(photos, progress=False), size=32)
    assert sum(computed) == 36
    for number in range(20, 30):
        draw(photos / "red" / f"{number}.png", (200, 50, 40), number)
    shutil.copy(photos / "red" / "00.png", photos / "blue" / "copy.png")
    again = embed(open_dataset(photos, progress=False), size=32)
    assert sum(computed) == 46
    assert len(again) == 47
    pd.testing.assert_frame_equal(again.loc[first.index], first)
    assert again.loc["blue/copy.png"].equals(again.loc["red/00.png"])


def test_a_touched_file_is_not_computed_again_but_a_changed_one_is(photos, computed):
    dataset = open_dataset(photos, progress=False)
    before = embed(dataset, size=32)
    computed.clear()
    os.utime(photos / "red" / "00.png", (1, 1))
    draw(photos / "red" / "01.png", (0, 0, 0), 1)
    after = embed(dataset, size=32)
    assert sum(computed) == 1
    assert not after.loc["red/01.png"].equals(before.loc["red/01.png"])


def test_unreadable_images_have_no_row(photos):
    (photos / "red" / "00.png").write_bytes(b"no picture")
    dataset = open_dataset(photos, progress=False)
    (photos / "red" / "01.png").unlink()
    features = embed(dataset, size=32)
    assert set(dataset.images.index) - set(features.index) == {"red/00.png", "red/01.png"}


def test_unreadable_images_leave_no_files_behind(photos):
    (photos / "red" / "00.png").write_bytes(b"no picture")
    dataset = open_dataset(photos, progress=False)
    for _ in range(3):
        embed(dataset, size=32)
    assert len([*dataset.work.glob("embeddings-*/*.parquet")]) == 1


@pytest.mark.parametrize("number", range(5))
def test_other_code_has_features_of_its_own(monkeypatch, number):
    body = load_body(pretrained=False)
    changed = (decoding, pixels, reading, networks.Body, embedding.average_maps)[number]
    key = embedding._key(("bundled", 32, "squish"), body)
    source = inspect.getsource
    monkeypatch.setattr(inspect, "getsource", lambda one: source(one) + "#" * (one is changed))
    assert embedding._key(("bundled", 32, "squish"), body) != key


def test_an_interrupted_run_keeps_its_finished_parts(dataset, computed, monkeypatch):
    monkeypatch.setattr(embedding, "PART", 10)
    written = embedding.write_table
    calls = []

    def fail(table, path):
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt
        written(table, path)

    monkeypatch.setattr(embedding, "write_table", fail)
    with pytest.raises(KeyboardInterrupt):
        embed(dataset, size=32)
    assert sum(computed) == 30
    computed.clear()
    assert len(embed(dataset, size=32)) == 36
    assert sum(computed) == 16


@pytest.mark.parametrize("start", [lambda: ThreadPoolExecutor(2), lambda: start_workers(1)])
def test_any_executor_gives_the_same_features(dataset, tmp_path, monkeypatch, start):
    alone = embed(dataset, size=32)
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(embedding, "PART", 20)
    with start() as executor:
        features = embed(dataset, size=32, executor=executor)
    pd.testing.assert_frame_equal(features, alone, rtol=0.05, atol=0.02)


def test_other_weights_have_features_of_their_own(dataset, computed, imagenet):
    bundled = embed(dataset, size=32, stages="last")
    other = embed(dataset, "squeezenet1_0", size=32, stages="last")
    assert (bundled.shape[1], other.shape[1]) == (384, 512)
    assert sum(computed) == 72


def test_an_empty_dataset_and_a_wrong_choice(dataset):
    assert embed(dataset.with_images(dataset.images.iloc[:0]), size=32).empty
    with pytest.raises(ValueError, match="no stages='first'"):
        embed(dataset, stages="first")

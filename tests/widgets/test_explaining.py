"""Any answer explained by any method and layer, and at once when it was asked before."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from helpers.explain import explain
from helpers.widgets import explore_explanations


@pytest.fixture
def learner():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 6, 3, 2, 1), nn.ReLU(), nn.Conv2d(6, 8, 3, 2, 1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3),
    )  # fmt: skip
    dls = SimpleNamespace(vocab=["ash", "elm", "fir"], device="cpu", size=24, method="squish")
    return SimpleNamespace(model=model, dls=dls)


@pytest.fixture
def explorer(trees, learner):
    return explore_explanations(learner, trees)


def expected(trees, learner, image_id, *how):
    return explain(learner, trees.with_images(trees.images.loc[[image_id]]), *how)


def test_test_images_are_not_offered(explorer):
    assert repr(explorer) == "Explanation explorer: 6 images"
    assert list(explorer.image.options) == ["ash/1.jpg", "ash/2.jpg"]


def test_what_is_shown_is_what_explain_returns(explorer, trees, learner):
    assert np.array_equal(explorer.shown.maps, expected(trees, learner, "ash/1.jpg").maps)
    assert "at layer 3: orange speaks for" in explorer.details.value
    explorer.label.value = "fir"
    explorer.target.value = "elm"
    explorer.method.value = "occlusion"
    own = expected(trees, learner, "fir/1.jpg", "occlusion", "elm")
    assert explorer.error is None
    assert np.array_equal(explorer.shown.maps, own.maps)
    assert explorer.picture.value.count("<img") == 2
    assert "what speaks for elm" in explorer.picture.value and "is fir" in explorer.picture.value


def test_the_layer_is_asked_for_grad_cam_alone(explorer, trees, learner):
    names = [value for _, value in explorer.layer.options]
    assert names == ["", "1", "3"]
    explorer.layer.value = "1"
    own = expected(trees, learner, "ash/1.jpg", "grad-cam", "prediction", None, "1")
    assert np.array_equal(explorer.shown.maps, own.maps) and not explorer.layer.disabled
    explorer.method.value = "integrated gradients"
    assert explorer.layer.disabled and "at layer" not in explorer.details.value


def test_going_back_to_the_last_layer_and_to_no_other_class_leaves_no_list_blank(explorer):
    first = explorer.shown.maps
    for chosen, other in ((explorer.layer, "1"), (explorer.rival, "elm")):
        chosen.value = other
        assert not np.array_equal(explorer.shown.maps, first)
        chosen.index = 0
        assert chosen.index == 0 and chosen.label in ("the last", "nothing else")
        assert explorer.error is None and np.array_equal(explorer.shown.maps, first)


def test_a_class_can_be_held_against_another(explorer, trees, learner):
    explorer.method.value = "integrated gradients"
    explorer.target.value, explorer.rival.value = "elm", "fir"
    own = expected(trees, learner, "ash/1.jpg", "integrated gradients", "elm", "fir")
    assert np.array_equal(explorer.shown.maps, own.maps)
    assert "what speaks for elm rather than fir" in explorer.picture.value
    explorer.target.value, explorer.rival.value = "prediction", "runner-up"
    assert explorer.error is None and " rather than " in explorer.details.value
    explorer.target.value = explorer.rival.value = "fir"
    assert explorer.details.value.endswith("a class rather than itself is no question.")


def test_an_image_that_is_asked_for_is_shown_and_one_that_is_not_offered_is_named(
    explorer, trees, learner
):
    explorer.show("fir/2.jpg")
    assert (explorer.label.value, explorer.image.value) == ("fir", "fir/2.jpg")
    own = expected(trees, learner, "fir/2.jpg")
    assert np.array_equal(explorer.shown.maps, own.maps)
    explorer.show("ash/9.jpg")
    assert explorer.image.value == "fir/2.jpg" and explorer.error is None
    assert "ash/9.jpg is not among the 6 images to choose from here." in explorer.status.value


def test_a_control_is_called_one(explorer):
    explorer.method.value = "centre"
    assert "centre</b> is a control, which asks no network" in explorer.details.value
    assert "speaks for" not in explorer.details.value


def test_an_answer_that_was_asked_before_comes_at_once(explorer):
    explorer.method.value = "occlusion"
    first = explorer.picture.value
    explorer.method.value = "edges"
    started = time.perf_counter()
    explorer.method.value = "occlusion"
    assert time.perf_counter() - started < 0.2
    assert explorer.picture.value == first


def test_the_share_on_the_subject_is_told_where_there_are_masks(trees, learner, tmp_path):
    from dataclasses import replace

    from PIL import Image

    assert "On the subject" not in explore_explanations(learner, trees).details.value
    for image_id in trees.images.index:
        path = tmp_path / "masks" / f"{image_id}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        mask = np.zeros((30, 40), np.uint8)
        mask[:, :20] = 255
        Image.fromarray(mask).save(path)
    shown = explore_explanations(learner, replace(trees, masks=tmp_path / "masks"))
    shown.method.value = "random"
    assert "would score 50%" in shown.details.value


def test_names_from_files_are_escaped(make_dataset, learner):
    named = make_dataset({"a&b/1.jpg": "<i>", "ash/2.jpg": "ash"})
    shown = explore_explanations(learner, named)
    assert "&lt;i&gt;" in shown.picture.value and "<i>" not in shown.picture.value

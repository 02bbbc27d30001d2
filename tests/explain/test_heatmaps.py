"""Explanations of a learner's answers to the images of a dataset, and masks that fit them."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest
import timm
import torch
from PIL import Image, ImageOps
from torchvision import models

from helpers.datasets import DatasetError
from helpers.explain import methods
from helpers.explain.checking import deletion
from helpers.explain.heatmaps import choose_cases, explain, subject_masks
from helpers.explain.methods import METHODS, attribute
from helpers.training.decoding import fit


def test_each_image_is_explained_for_the_answer_that_the_network_gives(dataset, learner):
    ids = dataset.images.index[[0, 7, 13]]
    found = explain(learner, dataset.with_images(dataset.images.loc[ids]), "integrated gradients")
    pictures = np.stack([fit(dataset.load(i), 16, "squish") for i in ids])
    images = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        answers = learner.model.eval()(images).argmax(1)
    assert np.array_equal(found.pictures, pictures)
    assert found.targets.index.equals(ids)
    assert found.targets.to_list() == [learner.dls.vocab[one] for one in answers]
    expected = attribute(learner.model, images, answers, "integrated gradients")
    assert np.array_equal(found.maps, expected)
    assert np.array_equal(found[ids[1]], expected[1])


def test_the_label_or_any_class_can_be_explained_instead(dataset, learner):
    own = explain(learner, dataset, target="label")
    assert own.targets.to_list() == dataset.images["label"].to_list()
    assert set(explain(learner, dataset, target="fir").targets) == {"fir"}
    with pytest.raises(DatasetError, match="target='oak'.*does not know 'oak', but ash, elm, fir"):
        explain(learner, dataset, target="oak")
    nameless = dataset.images.assign(label=dataset.images["label"].where(range(18) != np.int64(3)))
    with pytest.raises(DatasetError, match="'ash/3.png' cannot be explained with target='label'"):
        explain(learner, dataset.with_images(nameless), target="label")


def test_the_layer_and_what_was_concluded_about_it_are_said(dataset, learner):
    assert repr(explain(learner, dataset)) == (
        "Heatmaps of 18 images by grad-cam at layer 4, the last with maps (4 × 4 cells)"
    )
    assert repr(explain(learner, dataset, layer="0")) == (
        "Heatmaps of 18 images by grad-cam at layer 0"
    )
    assert repr(explain(learner, dataset, "edges")) == "Heatmaps of 18 images by edges"


@pytest.mark.parametrize("source", ["torchvision", "timm"])
def test_networks_of_other_libraries_are_explained_by_every_method(dataset, learner, source):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        if source == "timm":
            learner.model = timm.create_model("resnet10t", num_classes=3)
        else:
            learner.model = models.resnet18(weights=None, num_classes=3)
        torch.nn.init.normal_(learner.model.fc.weight)  # else nothing may speak for any class
    learner.dls.size = 64
    few = dataset.with_images(dataset.images.iloc[:2])
    for method in METHODS:
        maps = np.stack([explain(learner, few, method, one).maps for one in learner.dls.vocab])
        assert maps.shape == (3, 2, 64, 64) and np.isfinite(maps).all() and maps.std() > 0
    transformer = models.VisionTransformer(64, 16, 2, 2, 16, 32, num_classes=3)
    torch.nn.init.normal_(transformer.heads[0].weight)
    learner.model = transformer
    assert explain(learner, few, "occlusion").maps.std() > 0
    with pytest.raises(ValueError, match="'conv_proj', is followed by .* use 'occlusion'"):
        explain(learner, few)


def test_a_network_with_other_answers_than_the_learner_knows_is_refused(dataset, learner):
    learner.dls.vocab = ["ash", "elm"]
    with pytest.raises(DatasetError, match="has 3 answers and the learner knows 2 classes"):
        explain(learner, dataset)


def test_test_images_and_unreadable_ones_are_passed_over(dataset, learner, tmp_path):
    images = dataset.images.copy()
    images.loc[images.index[:4], "split"] = "test"
    (tmp_path / "photos" / "elm" / "2.png").write_bytes(b"no picture")
    found = explain(learner, dataset.with_images(images), "edges")
    assert found.targets.index.to_list() == [i for i in images.index[4:] if i != "elm/2.png"]
    with pytest.raises(DatasetError, match="none can be read"):
        explain(learner, dataset.with_images(images.loc[["elm/2.png"]]), "edges")


@pytest.mark.parametrize("method", ["squish", "crop", "pad"])
def test_masks_are_brought_to_the_form_of_the_pictures(dataset, learner, method):
    learner.dls.method = method
    found = explain(learner, dataset, "edges")
    masks = subject_masks(found, dataset, method)
    assert masks.shape == found.maps.shape and masks.dtype == bool
    # The subject is the only saturated thing: what the mask covers is coloured, the rest grey.
    spread = np.ptp(found.pictures.astype(int), axis=3)
    assert np.median(spread[masks]) > 80
    assert (spread[~masks] > 80).mean() < 0.05
    assert masks.any((1, 2)).all()


@pytest.mark.parametrize("method", ["squish", "crop", "pad"])
def test_a_mask_is_where_its_half_is_white_and_never_in_the_bars(dataset, learner, method):
    learner.dls.method = method
    found = explain(learner, dataset, "edges")
    first = dataset.images.index[0]
    Image.new("L", (32, 24), 255).save(dataset.masks / f"{first}.png")
    masks = subject_masks(found, dataset, method)
    bilinear = Image.Resampling.BILINEAR
    for image_id, mask in zip(found.targets.index, masks, strict=True):
        white = Image.fromarray(dataset.mask(image_id)).convert("L")
        if method == "squish":
            white = white.resize((16, 16), bilinear, reducing_gap=3)
        elif method == "crop":
            white = ImageOps.fit(white, (16, 16), bilinear)
        else:
            white = ImageOps.pad(white, (16, 16), bilinear, color=0)
        np.testing.assert_array_equal(mask, np.asarray(white) > 127)
    assert masks[0].sum() == 16 * (12 if method == "pad" else 16)


def test_where_all_are_test_images_they_are_explained(dataset, learner):
    closed = dataset.with_images(dataset.images.assign(split="test"))
    assert len(explain(learner, closed, "edges").maps) == 18
    with pytest.raises(FrozenInstanceError):
        explain(learner, closed, "edges").method = "other"


def test_without_masks_the_question_cannot_be_asked(dataset, learner):
    found = explain(learner, dataset, "edges")
    with pytest.raises(DatasetError, match="has no masks"):
        subject_masks(found, replace(dataset, masks=None))


def test_grey_pictures_and_two_classes_are_explained_too(tmp_path, learner):
    from helpers import open_dataset

    for name in ("on/1.png", "off/1.png"):
        path = tmp_path / "grey" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (9, 20), np.uint8)).save(path)
    learner.dls.vocab = ["off", "on"]
    learner.model[-1] = torch.nn.Linear(8, 2)
    found = explain(learner, open_dataset(tmp_path / "grey", progress=False))
    assert found.maps.shape == (2, 16, 16) and set(found.targets) <= {"off", "on"}
    assert isinstance(found.targets, pd.Series)


def test_held_against_a_rival_the_difference_of_two_logits_is_explained(dataset, learner):
    """Integrated gradients of a difference are the difference of theirs."""
    of = {name: explain(learner, dataset, "integrated gradients", name)
          for name in learner.dls.vocab}  # fmt: skip
    found = explain(learner, dataset, "integrated gradients", rival="runner-up")
    images = torch.from_numpy(found.pictures).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        order = learner.model.eval()(images).argsort(1, descending=True)
    vocab = np.array(learner.dls.vocab)
    assert found.targets.to_list() == vocab[order[:, 0]].tolist()
    assert found.rivals.to_list() == vocab[order[:, 1]].tolist()
    for image_id, target, rival in zip(
        found.targets.index, found.targets, found.rivals, strict=True
    ):
        expected = of[target][image_id] - of[rival][image_id]
        assert np.allclose(found[image_id], expected, atol=1e-5)
    named = explain(learner, dataset, "grad-cam", "elm", "fir")
    assert set(named.rivals) == {"fir"} and named.layer == "4"
    ring = {"ash": "elm", "elm": "fir", "fir": "ash"}
    mapped = explain(learner, dataset, "edges", "label", ring)
    assert mapped.rivals.to_list() == dataset.images["label"].map(ring).to_list()
    same = explain(learner, dataset, "integrated gradients", "elm", "elm")
    assert np.allclose(same.maps, 0)
    with pytest.raises(DatasetError, match="rival='oak'.*does not know 'oak'"):
        explain(learner, dataset, rival="oak")


def test_cases_are_the_surest_of_each_class_right_ones_first():
    answers = pd.DataFrame(
        [("a", "oak", "oak", 0.6), ("b", "oak", "oak", 0.9), ("c", "elm", "elm", 0.7),
         ("d", "elm", "oak", 0.8), ("e", "oak", "elm", 0.5), ("f", "oak", "elm", 0.4),
         ("g", None, "elm", 0.99)],
        columns=["image_id", "label", "prediction", "confidence"],
    ).set_index("image_id")  # fmt: skip
    assert choose_cases(answers) == ["b", "c", "d", "e"]
    assert choose_cases(answers, 1) == ["b", "d"]
    assert choose_cases(answers.loc[["g"]]) == []
    many = pd.DataFrame({"label": [*"abcdefgh"], "confidence": np.linspace(0.9, 0.2, 8)})
    told = [*"abcd", *"aaaa"]  # four right, four wrong
    assert choose_cases(many.assign(prediction=told)) == [0, 1, 2, 4, 5, 6]


def test_the_network_is_never_shown_more_images_at_a_time_than_a_batch(
    dataset, learner, monkeypatch
):
    whole = [
        explain(learner, dataset, rival="runner-up"),
        deletion(learner, explain(learner, dataset)),
    ]
    seen = []
    hook = learner.model.register_forward_pre_hook(lambda _, images: seen.append(len(images[0])))
    monkeypatch.setattr(methods, "BATCH", 4)
    heatmaps = explain(learner, dataset, rival="runner-up")
    curves = deletion(learner, explain(learner, dataset))
    hook.remove()
    assert max(seen) == 4 and sum(seen) > 11 * len(dataset)
    assert heatmaps.targets.equals(whole[0].targets) and heatmaps.rivals.equals(whole[0].rivals)
    np.testing.assert_allclose(heatmaps.maps, whole[0].maps, atol=1e-6)
    np.testing.assert_allclose(curves, whole[1], atol=1e-6)

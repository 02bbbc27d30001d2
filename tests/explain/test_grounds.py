"""The same leaf on another ground, drawn again."""

import numpy as np
import pandas as pd
import pytest
import torch

from helpers import open_dataset
from helpers.datasets import Dataset, DatasetError
from helpers.explain.grounds import (
    ground_effect,
    mend_head,
    name_right,
    other_answers,
    redraw,
    swap_grounds,
    tell_truth,
)
from helpers.training import embed, train_head
from tests.course.exercises.explaining import SCENES


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A small collection of leaves, rendered once."""
    folder = tmp_path_factory.mktemp("rendered")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_WORK", str(folder))
        return open_dataset("leaves", development=200, test=60, workers=1, progress=False)


@pytest.fixture
def leaves(rendered):
    return rendered


def test_on_its_own_ground_a_photo_comes_out_as_it_was_and_on_another_the_leaf_stays(leaves):
    planted = set(leaves.planted["image_id"]) | set(leaves.planted["partner"].dropna())
    plain = leaves.images[~leaves.images.index.isin(planted)]
    ids = [*plain.index[plain["background"] == "wood"][:6]]
    before = dict(leaves.images.loc[ids[0]])
    same, other = redraw(leaves, ids, "wood"), redraw(leaves, ids, "stone")
    for image_id in ids:
        photo, again, moved = (np.asarray(d.load(image_id), int) for d in (leaves, same, other))
        assert np.array_equal(photo, again)
        mask = leaves.mask(image_id) > 0
        assert np.array_equal(other.mask(image_id) > 0, mask)
        change = np.abs(photo - moved).mean(2)
        assert change[~mask].mean() > 3 * change[mask].mean()
    assert set(other.images["background"]) == {"stone"} and other.images.index.to_list() == ids
    kept = other.images.columns.difference(["background"])
    assert other.images[kept].equals(leaves.images.loc[ids, kept])
    assert dict(leaves.images.loc[ids[0]]) == before


def test_copies_are_redrawn_as_their_originals_and_photos_without_a_leaf_left_out(leaves):
    kinds = leaves.planted.set_index("kind")
    pair = kinds.loc[["exact_duplicate"]].iloc[0]
    bare = kinds.loc[["no_leaf"]].iloc[0]["image_id"]
    found = redraw(leaves, [pair["image_id"], pair["partner"], bare], "paper")
    assert found.images.index.to_list() == [pair["image_id"], pair["partner"]]
    first, second = (np.asarray(found.load(i)) for i in found.images.index)
    assert np.array_equal(first, second)


def test_each_picture_is_drawn_once(leaves):
    ids = [leaves.images.index[leaves.images["split"] == "test"][0]]
    found = redraw(leaves, ids, "soil")
    stamp = found.path(ids[0]).stat().st_mtime_ns
    assert redraw(leaves, ids, "soil").path(ids[0]).stat().st_mtime_ns == stamp
    with pytest.raises(DatasetError, match="No ground 'moon'; expected one of bark, grass"):
        redraw(leaves, ids, "moon")


def test_two_processes_draw_the_same_photos_as_one(leaves, monkeypatch, tmp_path):
    ids = [*leaves.images.index[leaves.images["split"] == "test"][:7]]
    alone = redraw(leaves, ids, "bark")
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path))
    monkeypatch.setattr("helpers.explain.grounds.AT_ONCE", 2)
    monkeypatch.setattr("helpers.explain.grounds.FEW", 1)
    found = redraw(leaves, ids, "bark")
    assert found.root.is_relative_to(tmp_path) and found.images.equals(alone.images)
    for image_id in found.images.index:
        assert found.path(image_id).read_bytes() == alone.path(image_id).read_bytes()
        assert np.array_equal(found.mask(image_id), alone.mask(image_id))


def test_other_photos_cannot_be_redrawn(dataset):
    with pytest.raises(DatasetError, match="was not rendered here"):
        redraw(dataset, dataset.images.index[:1], "stone")


def test_the_effect_is_what_the_answer_given_before_loses():
    ids = pd.Index(["a", "b", "c"], name="image_id")
    before = pd.DataFrame({"prediction": ["oak", "elm", "elm"], "oak": [0.9, 0.2, 0.5],
                           "elm": [0.1, 0.8, 0.5]}, ids)  # fmt: skip
    after = pd.DataFrame({"prediction": ["elm", "elm"], "oak": [0.4, 0.1], "elm": [0.6, 0.9]},
                         ids[:2])  # fmt: skip
    found = ground_effect(before, after)
    assert found.index.to_list() == ["a", "b"]
    assert found["fall"].to_list() == pytest.approx([0.5, -0.1])
    assert found["margin"].to_list() == pytest.approx([np.log(9) - np.log(2 / 3),
                                                       np.log(4) - np.log(9)])  # fmt: skip
    assert found["turned"].to_list() == [True, False]
    assert isinstance(Dataset, type)
    shares = other_answers({"own": before, "moved": after, "own again": before})
    assert shares.to_dict() == {"moved": 0.5, "own again": 0.0}


def test_swapped_are_the_photos_of_both_species_that_lie_on_their_usual_ground(leaves):
    part = leaves.images.iloc[::3]
    found = swap_grounds(leaves.with_images(part))
    usual = {"norway maple": "grass", "sycamore": "stone"}
    own = part[part["background"] == part["label"].map(usual)]
    kinds = leaves.planted.set_index("image_id")["kind"]
    corrupt = own.index[own.index.isin(kinds.index[kinds.isin(["corrupt", "no_leaf"])])]
    assert set(own.index) - set(found.images.index) <= set(corrupt)
    assert len(found) > 10
    turned = found.images["label"].map({"norway maple": "stone", "sycamore": "grass"})
    assert (found.images["background"] == turned).all()
    few = swap_grounds(leaves.with_images(part), every=3)
    assert set(own.index[::3]) - set(few.images.index) <= set(corrupt)
    assert set(few.images.index) <= set(own.index[::3])
    single = found.images.index[found.images["background"] == "stone"][:1]
    alone = redraw(leaves, single, "stone")
    assert np.array_equal(found.load(single[0]), alone.load(single[0]))


def test_the_model_that_hangs_on_the_ground_is_named_by_occlusion_and_not_by_brightness():
    learners = {"plain": SCENES["learner"], "mended": SCENES["mended"]}
    told = tell_truth(learners, SCENES["photos"], SCENES["moved"], "occlusion")
    assert len(told) == 24 and told["right"].mean() == 1
    assert (told["off plain"] > 0.8).all() and (told["off mended"] < 0.5).all()
    assert (told["hangs plain"] > 3 * told["hangs mended"]).all()
    assert np.allclose(told["share"], 1 - told["off mended"])
    blind = tell_truth(
        learners, SCENES["photos"], SCENES["moved"], lambda m, images, t: images[:, 0]
    )
    assert (blind["right"] == 0.5).all()
    turned = dict(reversed(learners.items()))
    again = tell_truth(turned, SCENES["photos"], SCENES["moved"], "occlusion")
    assert again["right"].mean() == 1 and np.allclose(again["share"], 1 - told["off plain"])


def test_how_far_an_answer_hangs_on_the_ground_is_its_lead_before_less_its_lead_after():
    learner, photos, moved = (SCENES[name] for name in ("learner", "photos", "moved"))
    told = tell_truth({"a": learner, "b": learner}, photos, moved, "edges")
    image_id = photos.images.index[3]
    leads = []
    for one in (photos, moved):
        picture = torch.from_numpy(np.array(one.load(image_id))).permute(2, 0, 1)[None] / 255
        with torch.no_grad():
            logits = learner.model(picture)[0]
        leads.append(float(logits[1] - logits[0]))
    assert leads[0] > 0
    assert told.loc[image_id, "hangs a"] == pytest.approx(abs(leads[0] - leads[1]), abs=1e-5)


def test_maps_without_a_share_name_neither_model():
    off = pd.DataFrame({"a": [0.9, np.nan, 0.4, 0.3], "b": [0.2, 0.1, 0.4, 0.8]})
    hangs = pd.DataFrame({"a": [2.0, 2.0, 2.0, 2.0], "b": [1.0, 1.0, 1.0, 1.0]})
    assert name_right(off, hangs).to_list() == [1, 0.5, 0.5, 0]
    assert name_right(off, hangs[["b", "a"]]).to_list() == [0, 0.5, 0.5, 1]


def test_a_mended_head_is_trained_on_both_grounds(leaves):
    ids = leaves.images.index[leaves.images["split"] != "test"]
    images = leaves.images.loc[ids].assign(split="train")
    maples = images[images["label"].isin(["norway maple", "sycamore"])]
    clean = leaves.with_images(maples)
    moved = swap_grounds(clean)
    features = embed(clean, size=32, progress=False)
    own = embed(moved, size=32, progress=False).rename(index="redrawn {}".format)
    both = pd.concat([features, own])
    labels = pd.concat([maples["label"], moved.images["label"].rename(index="redrawn {}".format)])
    head = mend_head(features, maples["label"], moved, 32)
    assert np.allclose(head.weights, train_head(both, labels).weights)
    assert not np.allclose(head.weights, train_head(features, maples["label"]).weights)

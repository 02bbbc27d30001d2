"""The images to choose by and those to pay on, with and without a test split."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers import judged
from helpers.datasets import Dataset
from helpers.evaluation import class_shares
from helpers.judged import head_predictions, judged_predictions, open_judged, try_labelling
from helpers.labelling import STRATEGIES
from helpers.training import Augment


def made(tmp_path, monkeypatch, test=True):
    """40 things of three photos each, of two classes, whose features tell them apart poorly."""
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    ids = [f"{n:03d}.jpg" for n in range(120)]
    thing = np.repeat(np.arange(40), 3)
    images = pd.DataFrame({"label": np.where(thing % 2, "ash", "elm")}, ids)
    images["split"] = np.where(thing < 24, "train", np.where(thing < 32, "valid", "test"))
    images["thing"] = [f"t{n}" for n in thing]
    images = images.rename_axis("image_id")
    if not test:
        images = images[images["split"] != "test"]
    dataset = Dataset("photos", tmp_path, images, group="thing")
    rng = np.random.default_rng(0)
    values = rng.normal(size=(120, 3)) + (thing % 2)[:, None]
    features = pd.DataFrame(values, pd.Index(ids, name="image_id"), [*"abc"])
    monkeypatch.setattr(
        judged,
        "embed",
        lambda part, size, progress=True: features[features.index.isin(part.images.index)],
    )
    return dataset, features


def test_a_test_split_is_opened_and_logged(tmp_path, monkeypatch, capsys):
    dataset, _ = made(tmp_path, monkeypatch)
    clean, opened = open_judged(dataset, dataset.development, 11, "to pay")
    assert clean.images.equals(dataset.development.images)
    assert set(opened.images["split"]) == {"test"}
    assert dataset.test_openings()[["chapter", "reason"]].to_numpy().tolist() == [[11, "to pay"]]
    assert capsys.readouterr().out == ""


def test_test_images_without_a_label_are_left_out_and_a_line_says_so(tmp_path, monkeypatch, capsys):
    dataset, _ = made(tmp_path, monkeypatch)
    ids = dataset.images.index[dataset.images["split"] == "test"]
    labels = dataset.images["label"].where(~dataset.images.index.isin(ids[:2]))
    dataset = dataset.with_images(dataset.images.assign(label=labels))
    _, opened = open_judged(dataset, dataset.development, 10, "final score")
    assert list(opened.images.index) == list(ids[2:])
    assert f"2 of {len(ids)} test images have no label" in capsys.readouterr().out
    assert len(dataset.test_openings()) == 1


def test_without_one_half_of_the_validation_images_stands_in_and_a_line_says_so(
    tmp_path, monkeypatch, capsys
):
    dataset, _ = made(tmp_path, monkeypatch, test=False)
    clean, opened = open_judged(dataset, dataset, 11, "to pay")
    kept, away = clean.part("valid").images, opened.images
    assert sorted([*kept.index, *away.index]) == sorted(dataset.part("valid").images.index)
    assert not set(kept["thing"]) & set(away["thing"])
    assert len(kept) and len(away) and set(away["label"]) == {"ash", "elm"}
    assert (clean.images["split"] == "train").sum() == 72
    said = capsys.readouterr().out
    assert f"{len(away)} of 24 validation images stand in for them, whole groups, and" in said
    assert "was chosen by these, too" in said
    assert dataset.test_openings().empty
    open_judged(dataset, dataset.with_group(None), 11, "to pay")
    assert "stand in for them, each by itself, since no groups are known, and" in (
        capsys.readouterr().out
    )


def test_copies_do_not_lie_both_among_those_to_choose_by_and_those_that_stand_in(
    tmp_path, monkeypatch, capsys
):
    dataset, _ = made(tmp_path, monkeypatch, test=False)
    held, rng = dataset.part("valid").images.index, np.random.default_rng(0)
    for one, other in zip(held[:12], held[12:], strict=True):
        cells = rng.integers(0, 255, (12, 12, 3), np.uint8)
        picture = Image.fromarray(cells).resize((96, 96), Image.Resampling.BICUBIC)
        for name in (one, other):
            picture.save(tmp_path / name)
    clean, opened = open_judged(dataset, dataset.with_group(None), 11, "to pay")
    places = np.searchsorted(held, opened.images.index) % 12  # of a picture, among the pictures
    assert 0 < len(places) < len(held)
    assert all(np.bincount(places, minlength=12) % 2 == 0)
    assert len(clean.part("valid")) + len(opened) == len(held)
    said = capsys.readouterr().out
    assert "each by itself, since no groups are known, but copies together, and choices" in said


def test_head_predictions_are_of_the_validation_and_the_opened_images(tmp_path, monkeypatch):
    dataset, features = made(tmp_path, monkeypatch)
    clean, opened = open_judged(dataset, dataset.development, 11, "to pay")
    valid, test = head_predictions(clean, opened)
    assert list(valid.index) == list(clean.part("valid").images.index)
    assert list(test.index) == list(opened.images.index)
    assert (test["label"] == opened.images["label"]).all()
    bold = head_predictions(clean, opened, C=100)[0]
    assert bold["confidence"].mean() > valid["confidence"].mean() + 0.02
    monkeypatch.setattr(judged, "embed", lambda part, size: features[1:-1])
    assert list(head_predictions(clean, opened)[1].index) == list(opened.images.index[:-1])


def test_the_judged_model_is_trained_once(tmp_path, monkeypatch):
    dataset, features = made(tmp_path, monkeypatch)
    clean, opened = open_judged(dataset, dataset.development, 11, "to pay")
    trained = []

    def predict(learner, part, progress):
        names = part.images.index[1:]
        facts = {"label": part.images["label"][names], "prediction": "ash", "confidence": 0.7}
        return pd.DataFrame(facts | {"loss": 0.1, "ash": 0.7, "elm": 0.3}, names)

    monkeypatch.setattr(judged, "train_judged", lambda *given: trained.append(given))
    monkeypatch.setattr(judged, "predict", predict)
    first, again = judged_predictions(clean, opened), judged_predictions(clean, opened)
    assert len(trained) == 1
    for one, other, part in zip(first, again, (clean.part("valid"), opened), strict=True):
        pd.testing.assert_frame_equal(one, other)
        assert list(one.index) == list(part.images.index[1:])
    fewer = opened.with_images(opened.images[:10])
    assert len(judged_predictions(clean, fewer)[1]) == 9
    assert len(trained) == 2


def test_labelling_is_tried_with_every_strategy_on_the_validation_images(tmp_path, monkeypatch):
    dataset, _ = made(tmp_path, monkeypatch)
    found = try_labelling(dataset.development, repeats=2, rounds=3)
    assert list(found["strategy"].unique()) == [*STRATEGIES]
    assert found.groupby(["strategy", "seed"]).size().tolist() == [4] * 8
    assert sorted(found["images"].unique()) == [7, 14, 21, 28]
    assert found["accuracy"].between(0, 1).all()
    assert class_shares(dataset.images["label"]).to_dict() == pytest.approx(
        {"ash": 0.5, "elm": 0.5}
    )


def test_the_judged_model_is_made_as_notebook_07_makes_it(tmp_path, monkeypatch):
    dataset, features = made(tmp_path, monkeypatch)
    clean, told = dataset.development, {}

    def note(name, answer):
        def called(*given, **options):
            told[name] = (given, options)
            return answer

        return called

    monkeypatch.setattr(judged, "embed", note("embed", features))
    for name in ("build_dataloaders", "train_head", "build_learner", "train"):
        monkeypatch.setattr(judged, name, note(name, f"from {name}"))
    assert judged.train_judged(clean) == "from build_learner"
    turns = Augment(flip_vertical=True, turn=True, rotate=0, zoom=0, stretch=0, shift=0)
    given, options = told["build_dataloaders"]
    assert given == (clean,) and options.keys() == {"size", "augment"} and options["size"] == 64
    assert list(map(str, options["augment"])) == [str(turns)]
    assert told["embed"][1] == {"size": 64, "progress": True}
    assert told["embed"][0][0].images.equals(clean.part("train").images)
    assert told["train_head"][0][1].equals(clean.part("train").images["label"])
    assert told["build_learner"] == (("from build_dataloaders",), {"head": "from train_head"})
    assert told["train"] == (("from build_learner",), {"epochs": 4, "lr": 3e-3, "progress": True})
    judged.train_judged(clean, progress=False)
    assert told["train"][1]["progress"] is told["embed"][1]["progress"] is False


@pytest.mark.parametrize(("pool", "batch"), [(9, 2), (35, 3), (72, 7), (505, 50), (600, 50)])
def test_a_batch_is_a_tenth_of_the_pool_from_2_to_50_in_five_rounds_three_times(
    tmp_path, monkeypatch, pool, batch
):
    ids = pd.Index([f"{n:03d}.jpg" for n in range(pool + 20)], name="image_id")
    images = pd.DataFrame(
        {"label": ["ash", "elm"] * (len(ids) // 2) + ["ash"] * (len(ids) % 2)}, ids
    )
    images["split"] = ["train"] * pool + ["valid"] * 20
    asked = []
    monkeypatch.setattr(judged, "embed", lambda part, size: pd.DataFrame({"a": 0.0}, ids))
    monkeypatch.setattr(
        judged, "label_in_rounds",
        lambda strategy, *sets, **how: asked.append((strategy, how)) or pd.DataFrame({"n": [1, 2]}),
    )  # fmt: skip
    found = try_labelling(Dataset("photos", tmp_path, images))
    assert asked == [
        (strategy, {"rounds": 5, "batch": batch, "seed": seed})
        for strategy in STRATEGIES
        for seed in (0, 1, 2)
    ]
    assert found.index.tolist() == [*range(24)]


def test_the_head_is_restrained_by_a_hundredth_unless_told(tmp_path, monkeypatch):
    dataset, _ = made(tmp_path, monkeypatch)
    clean, opened = open_judged(dataset, dataset.development, 11, "to pay")
    told = head_predictions(clean, opened, C=0.01)
    for one, other in zip(head_predictions(clean, opened), told, strict=True):
        pd.testing.assert_frame_equal(one, other)
    assert not head_predictions(clean, opened, C=0.02)[0]["ash"].equals(told[0]["ash"])

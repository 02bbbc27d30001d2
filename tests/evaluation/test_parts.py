"""Scores of parts, the order of classes, and the errors that are shown."""

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.datasets.dataset import Dataset
from helpers.evaluation import accuracy_interval, parts, score_parts, surest_errors
from tests.evaluation.test_confusions import made


def photographed(tmp_path, hill=0.1):
    """400 photos of 200 things at two sites and on two grounds, right at rates that differ."""
    rng = np.random.default_rng(0)
    site = np.repeat(np.where(np.arange(200) < 60, "hill", "lake"), 2)
    right = rng.random(400) < np.where(site == "hill", hill, 0.8)
    table = made(["a"] * 400, np.where(right, "a", "b"))
    columns = {
        "label": "a", "split": "test", "thing": np.repeat(np.arange(200), 2).astype(str),
        "site": site, "ground": np.where(np.arange(400) < 30, "sand", "moss"),
        "marked": pd.array([True, False] * 200), "number": np.arange(400), "same": "x",
    }  # fmt: skip
    images = pd.DataFrame(columns, table.index)
    return table, Dataset("photos", tmp_path, images, group="thing")


def test_columns_of_few_values_are_scored_by_value(tmp_path):
    table, dataset = photographed(tmp_path)
    found = score_parts(table, dataset)
    assert found["column"].tolist() == ["site", "site", "ground", "ground"]
    assert found["value"].tolist() == ["hill", "lake", "moss", "sand"]
    assert found["images"].tolist() == [120, 280, 370, 30]
    assert found["groups"].tolist() == [60, 140, 185, 15]
    assert found["shown"].tolist() == [True, True, True, False]
    own = dataset.images["site"] == "hill"
    expected = accuracy_interval(
        (table["prediction"] == table["label"])[own], dataset.images["thing"][own]
    )
    assert found.loc[0, ["accuracy", "low", "high"]].tolist() == pytest.approx([*expected])
    assert found.loc[3, ["accuracy", "low", "high", "lowest"]].isna().all()


def test_luck_gives_what_it_gives_when_things_trade_places(tmp_path):
    table, dataset = photographed(tmp_path)
    lowest = score_parts(table, dataset, ["site"])["lowest"]
    right = (table["prediction"] == table["label"]).to_numpy().reshape(200, 2).mean(axis=1)
    rng, drawn = np.random.default_rng(1), []
    for _ in range(2000):
        order = rng.permutation(right)
        drawn.append(min(order[:60].mean(), order[60:].mean()))
    assert lowest.tolist() == pytest.approx([np.quantile(drawn, 0.05)] * 2, abs=0.015)
    assert score_parts(table, dataset, ["site"])["accuracy"][0] < lowest[0]
    table, dataset = photographed(tmp_path, hill=0.8)
    even = score_parts(table, dataset, ["site"])
    assert (even["accuracy"] > even["lowest"]).all()


def test_what_shows_one_thing_counts_once_where_no_column_of_the_dataset_says_it(tmp_path):
    table, dataset = photographed(tmp_path)
    plain = Dataset("photos", tmp_path, dataset.images.drop(columns="thing"))
    told = score_parts(table, plain, ["site"], groups=dataset.groups)
    pd.testing.assert_frame_equal(told, score_parts(table, dataset, ["site"]))
    assert score_parts(table, plain, ["site"])["groups"].tolist() == [120, 280]


def test_columns_can_be_crossed_and_unknown_values_are_no_part(tmp_path):
    table, dataset = photographed(tmp_path)
    images = dataset.images.assign(
        site=dataset.images["site"].where(dataset.images.index != "0.jpg")
    )
    found = score_parts(table, dataset.with_images(images), ["site × ground"])
    assert found["value"].tolist() == ["hill × moss", "hill × sand", "lake × moss"]
    assert found["images"].tolist() == [90, 29, 280]
    assert (found["column"] == "site × ground").all()
    with pytest.raises(DatasetError, match="no column 'sites'.*did you mean 'site'"):
        score_parts(table, dataset, ["sites"])


def test_where_there_is_nothing_to_part_by_the_table_is_empty(tmp_path):
    table, dataset = photographed(tmp_path)
    bare = dataset.with_images(dataset.images[["label", "split", "thing"]])
    assert score_parts(table, bare).empty
    assert score_parts(table, bare)["shown"].dtype == bool


def test_a_part_needs_50_images_and_10_groups(tmp_path):
    table = made(["a"] * 140, ["a"] * 140)
    where = ["n49"] * 49 + ["n50"] * 50 + ["few"] * 41
    things = [str(number) for number in range(49)] + [str(n // 5) for n in range(250, 300)]
    things += ["same"] * 41
    images = pd.DataFrame({"label": "a", "split": "test", "where": where, "thing": things})
    images.index = table.index
    dataset = Dataset("photos", tmp_path, images, group="thing")
    found = score_parts(table, dataset).set_index("value")
    assert found["groups"].to_dict() == {"n49": 49, "n50": 10, "few": 1}
    assert found["shown"].to_dict() == {"n49": False, "n50": True, "few": False}
    assert np.isnan(found.loc["n50", "lowest"])


def test_the_surest_errors_come_first():
    table = made([*"aabbc"], [*"abbac"]).assign(confidence=[0.9, 0.5, 0.8, 0.7, 0.99])
    table.loc["1.jpg", "label"] = "a"
    assert surest_errors(table).index.tolist() == ["3.jpg", "1.jpg"]
    assert surest_errors(table, 1).index.tolist() == ["3.jpg"]
    table.loc["3.jpg", "label"] = None
    assert surest_errors(table).index.tolist() == ["1.jpg"]


def test_a_dozen_errors_and_columns_of_a_dozen_values_are_shown_and_500_shuffles_drawn(
    tmp_path, monkeypatch
):
    assert len(surest_errors(made(["a"] * 30, ["b"] * 30))) == 12
    table, dataset = photographed(tmp_path)
    numbers = np.arange(400).astype(str)
    images = dataset.images[["label", "split", "thing"]].assign(
        twelve=np.resize(numbers[:12], 400), thirteen=np.resize(numbers[:13], 400),
        one=np.where(np.arange(400) < 9, None, "x"), seen=[True, None, False, True] * 100,
    )  # fmt: skip
    images["seen"] = images["seen"].astype("object")
    asked = []
    monkeypatch.setattr(parts, "_lowest_by_luck", lambda *given: asked.append(given[-2:]) or 0.5)
    assert set(score_parts(table, dataset.with_images(images))["column"]) == {"twelve"}
    assert asked == [(500, 0)]


def test_a_part_that_is_too_small_has_no_luck_to_be_held_against(tmp_path):
    table, dataset = photographed(tmp_path)
    site = dataset.images["site"].mask(np.arange(400) >= 380, "pond")
    found = score_parts(table, dataset.with_images(dataset.images.assign(site=site)), ["site"])
    assert found["value"].tolist() == ["hill", "lake", "pond"]
    assert found["lowest"].isna().tolist() == [False, False, True]


def test_luck_is_that_of_a_loop_over_things_of_unequal_size():
    rng = np.random.default_rng(5)
    codes = np.repeat(np.arange(9), [1, 3, 2, 1, 4, 2, 1, 1, 3])[rng.permutation(18)]
    values, right = rng.choice([*"abc", "?"], 18, p=[0.7, 0.1, 0.1, 0.1]), rng.random(18) < 0.6
    members = [np.flatnonzero(codes == number) for number in range(9)]
    draws, lowest = np.random.default_rng(3), []
    for _ in range(40):
        giver = draws.permutation(9)
        first = draws.integers([len(members[one]) for one in giver])
        traded = np.empty(18, object)
        for own, (one, start) in enumerate(zip(giver, first, strict=True)):
            for turn, image in enumerate(members[own]):
                traded[image] = values[members[one][(turn + start) % len(members[one])]]
        lowest.append(min(right[traded == name].mean() for name in "abc" if name in traded))
    found = parts._lowest_by_luck(right, codes, values, [*"abc"], 40, 3)
    assert found == pytest.approx(np.quantile(lowest, 0.05))
    assert 0 < np.mean(lowest) < 1

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.fairness import Shortcut, find_shortcut, group_values, name_groups, trade_groups
from tests.fairness.sets import TEST, made

FOUND = Shortcut("ground", {"ash": ["moss"], "elm": ["sand"]}, "ash")


def test_the_column_that_goes_with_the_class_is_found_with_its_usual_values():
    train, _ = made(season=["spring", "autumn"] * 142)
    assert find_shortcut(train) == FOUND
    said = "In training, ground goes with the class: ash with moss, elm with sand."
    assert repr(FOUND) == said
    assert FOUND.by == "ground"


def test_without_a_column_that_goes_with_the_class_the_classes_are_the_groups():
    train, _ = made({("ash", "moss"): 40, ("elm", "moss"): 30, ("fir", "moss"): 50})
    found = find_shortcut(train)
    assert found == (None, {}, "elm")
    assert found.by == "label"
    assert "the classes themselves" in repr(found)
    even, _ = made(dict.fromkeys(TEST, 40))
    assert find_shortcut(even).column is None
    named = name_groups(train, even, found)
    assert "shortcut" not in named.images
    assert trade_groups(train, None) is train


def test_aligned_and_reversed_are_told_from_label_and_value():
    train, _ = made()
    asked, _ = made(TEST, 1, "test")
    sides = name_groups(train, asked, FOUND).images
    counts = pd.crosstab([sides["label"], sides["ground"]], sides["shortcut"])
    kinds = counts.idxmax(axis=1).to_dict()
    assert counts.max(axis=1).tolist() == [60] * 6
    assert kinds == {
        ("ash", "moss"): "aligned",
        ("ash", "sand"): "reversed",
        ("elm", "moss"): "reversed",
        ("elm", "sand"): "aligned",
        ("fir", "moss"): "neither",
        ("fir", "sand"): "neither",
    }


def test_where_no_other_class_has_a_usual_value_all_but_its_own_are_reversed():
    train, _ = made()
    sides = name_groups(train, train, FOUND._replace(usual={"ash": ["moss"]})).images["shortcut"]
    labels, grounds = train.images["label"], train.images["ground"]
    assert (sides[(labels == "ash") & (grounds == "sand")] == "reversed").all()
    assert (sides[labels != "ash"] == "neither").all()


def test_images_without_label_or_value_have_no_side():
    train, _ = made()
    images = train.images.copy()
    images.iloc[0, images.columns.get_loc("label")] = None
    images.iloc[1, images.columns.get_loc("ground")] = None
    named = name_groups(train, train.with_images(images), FOUND)
    assert named.images["shortcut"].isna().tolist()[:3] == [True, True, False]


def test_numbers_are_binned_alike_in_training_and_test_and_marks_of_the_test_are_no_group():
    train, _ = made(age=np.linspace(20, 60, 284), name=[f"n{n}" for n in range(284)])
    asked, _ = made(TEST, 1, "test", age=np.linspace(10, 90, 360), name="x", balanced=True)
    named = name_groups(train, asked, FOUND)
    assert [*named.images] == ["label", "split", "thing", "shortcut", "ground", "age"]
    ages = pd.concat([train.images["age"], asked.images["age"]])
    edges = np.quantile(ages, [0, 0.25, 0.5, 0.75, 1])
    expected = pd.cut(asked.images["age"], edges, include_lowest=True)
    assert named.images["age"].nunique() == 4
    assert named.images["age"].groupby(expected.to_numpy(), observed=True).nunique().eq(1).all()
    chosen = name_groups(train, asked, FOUND, ["age"])
    assert [*chosen.images] == ["label", "split", "thing", "shortcut", "age"]


def test_columns_are_crossed_and_a_missing_value_leaves_no_group():
    train, _ = made({("ash", "moss"): 4})
    images = train.images.assign(device=["a", None, "b", "a"])
    values = group_values(train.with_images(images), "ground × device")
    assert values.fillna("-").tolist() == ["moss × a", "-", "moss × b", "moss × a"]
    with pytest.raises(DatasetError, match="colour"):
        group_values(train, "ground × colour")


def test_traded_groups_are_as_common_and_things_trade_whole():
    train, _ = made()
    traded = trade_groups(train, "ground", seed=1).images
    before = train.images
    assert traded["ground"].value_counts().to_dict() == before["ground"].value_counts().to_dict()
    assert traded.groupby("thing")["ground"].nunique().eq(1).all()
    share = (traded["ground"] == "moss")[before["label"] == "ash"].mean()
    assert share < 0.7 < (before["ground"] == "moss")[before["label"] == "ash"].mean()
    assert traded.drop(columns="ground").equals(before.drop(columns="ground"))
    assert not trade_groups(train, "ground", seed=2).images["ground"].equals(traded["ground"])

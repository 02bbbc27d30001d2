import numpy as np
import pandas as pd
import pytest

from helpers.balance.association import MISSING
from helpers.datasets import Dataset, DatasetError
from helpers.fairness import (
    Shortcut,
    find_shortcut,
    group_values,
    groups,
    name_groups,
    trade_groups,
)
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


def test_a_value_that_is_usual_for_no_class_is_on_neither_side():
    train, _ = made({("ash", "moss"): 4, ("ash", "rock"): 4, ("ash", "sand"): 4})
    sides = name_groups(train, train, FOUND).images["shortcut"]
    assert sides.tolist() == ["aligned"] * 4 + ["neither"] * 4 + ["reversed"] * 4


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


def test_six_classes_are_named_with_their_usual_values():
    usual = {f"class {number}": ["moss", "sand"] for number in range(7)}
    said = repr(Shortcut("ground", usual, "class 0"))
    assert said.endswith("class 5 with moss, sand and 1 more.")


def test_a_shortcut_is_sure_and_its_values_come_half_as_often_again_and_are_known(monkeypatch):
    train, _ = made({("ash", "moss"): 40, ("elm", "sand"): 40})
    sure = pd.DataFrame({"p_corrected": [0.001, 0.049, 0.05]}, ["none", "ground", "site"])
    rows = [
        ("ash", "moss", 0.049, 1.5), ("ash", "rock", 0.05, 9.0), ("ash", "sand", 0.01, 1.49),
        ("elm", MISSING, 0.01, 9.0), ("elm", "sand", 0.01, 2.0), ("elm", "grass", 0.01, 2.0),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["class", "value", "p", "lift"])
    asked = []

    def told(dataset, column, seed):
        asked.append(column)
        return table[:0] if column == "none" else table

    monkeypatch.setattr(groups, "associate", lambda dataset, seed: sure)
    monkeypatch.setattr(groups, "lifts", told)
    assert find_shortcut(train) == ("ground", {"ash": ["moss"], "elm": ["grass", "sand"]}, "ash")
    assert asked == ["none", "ground"]
    monkeypatch.setattr(groups, "associate", lambda dataset, seed: sure[2:])
    assert find_shortcut(train).column is None and asked == ["none", "ground"]


def test_columns_of_two_to_twelve_values_are_groups():
    counts = {f"of {number}": [f"v{n % number}" for n in range(284)] for number in (1, 2, 12, 13)}
    train, _ = made(**counts)
    named = name_groups(train, train, FOUND).images
    assert [*named] == ["label", "split", "thing", "shortcut", "ground", "of 2", "of 12"]
    alone = train.with_images(train.images.drop(columns="thing"))
    alone = Dataset(alone.name, alone.root, alone.images)
    assert [*name_groups(alone, alone, FOUND).images][:3] == ["label", "split", "shortcut"]

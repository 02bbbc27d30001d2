import numpy as np
import pandas as pd
import pytest

from helpers.evaluation import check_predictions, compare_scores, score_parts
from helpers.fairness import (
    Shortcut,
    change_by_chance,
    count_groups,
    lowest_part,
    name_groups,
    over_seeds,
    score_groups,
    standing,
    who_pays,
)
from helpers.fairness.paying import judged_groups
from tests.fairness.sets import made


def asked(sizes, photos=1):
    """A named dataset with a shortcut and a site, and tables that are right on chosen images."""
    dataset, _ = made({("ash", "moss"): sum(sizes.values())}, photos=photos)
    sides = [side for side, count in sizes.items() for _ in range(count)]
    images = dataset.images.drop(columns="ground").assign(shortcut=sides)
    images["label"] = np.where(np.arange(len(images)) % 2, "ash", "elm")
    images["site"] = np.where(np.arange(len(images)) < 60, "hill", "town")
    return dataset.with_images(images)


def says(dataset, right):
    """A predictions table that is right where `right` is True."""
    is_ash = (dataset.images["label"] == "ash").to_numpy() == np.asarray(right)
    chances = pd.DataFrame({"ash": np.where(is_ash, 0.8, 0.2)}, dataset.images.index)
    return check_predictions(chances.assign(elm=1 - chances["ash"]), dataset)


SIZES = {"aligned": 20, "neither": 100, "reversed": 50}


def test_changes_are_paired_and_told_of_named_groups_from_twenty_images_on():
    named = asked(SIZES)
    rng = np.random.default_rng(0)
    first, second = rng.random(170) < 0.5, rng.random(170) < 0.6
    found = who_pays({"plain": says(named, first), "b": says(named, second)}, named)
    assert found["of"].tolist() == [
        *("all images", "with the shortcut", "without a shortcut", "against the shortcut")
    ]
    assert found["images"].tolist() == [170, 20, 100, 50]
    assert set(found["remedy"]) == {"b"}
    own = named.images["shortcut"] == "reversed"
    pair = (pd.Series(one, named.images.index)[own] for one in (second, first))
    expected = compare_scores(*pair, named.groups[own])
    assert tuple(found.iloc[3][["difference", "low", "high"]]) == pytest.approx(tuple(expected))


def test_changes_are_told_of_the_columns_asked_for_or_of_all_where_there_is_no_shortcut():
    named = asked(SIZES)
    tables = {"plain": says(named, [True] * 170), "b": says(named, [False] * 170)}
    chosen = who_pays(tables, named, ["site"])
    assert chosen["of"].tolist() == ["all images", "site hill", "site town"]
    assert chosen["difference"].tolist() == [-1, -1, -1]
    bare = named.with_images(named.images.drop(columns="shortcut"))
    assert who_pays(tables, bare)["of"].tolist() == ["all images", "site hill", "site town"]


def test_a_group_of_ten_things_is_judged():
    named = asked(SIZES, photos=2)
    found = judged_groups(named, named.images.index, ["shortcut"], 20)
    assert [*found] == ["with the shortcut", "without a shortcut", "against the shortcut"]
    assert named.groups[found["with the shortcut"]].nunique() == 10
    assert count_groups(named).loc[("shortcut", "aligned"), "judged"] == "changes only"


def test_the_worst_group_is_sought_among_those_of_fifty_images():
    named = asked(SIZES)
    right = np.ones(170, bool)
    right[:20] = False  # all aligned images, which are too few
    right[120:145] = False
    stands = standing({"m": says(named, right)}, named).loc["m"]
    assert (stands["group"], stands["worst"], stands["images"]) == ("against the shortcut", 0.5, 50)
    assert stands["average"] == pytest.approx(125 / 170)
    assert stands["worst_low"] < 0.5 < stands["worst_high"]
    sites = standing({"m": says(named, right)}, named, ["site"]).loc["m"]
    assert (sites["group"], sites["images"]) == ("site hill", 60)


def test_without_columns_the_classes_are_judged_and_without_size_nobody():
    named = asked(SIZES)
    bare = named.with_images(named.images[["label", "split", "thing"]])
    assert [*judged_groups(bare, bare.images.index)] == ["class ash", "class elm"]
    small = bare.with_images(bare.images[:30])
    stands = standing({"m": says(small, [True] * 30)}, small).loc["m"]
    assert np.isnan(stands["worst"])
    assert (stands["group"], stands["images"]) == ("", 0)
    few = asked(SIZES, photos=20)
    assert judged_groups(few, few.images.index, ["shortcut"]) == {}


def test_what_will_be_judged_is_counted_beforehand():
    counts = count_groups(asked(SIZES | {"neither": 19})).loc["shortcut"]
    assert counts["images"].to_dict() == {"aligned": 20, "neither": 19, "reversed": 50}
    assert counts["judged"].to_dict() == {
        **{"aligned": "changes only", "neither": "too small", "reversed": "yes"}
    }
    few = count_groups(asked(SIZES, photos=20)).loc["shortcut"]
    assert few["things"].tolist() == [1, 5, 3]
    assert set(few["judged"]) == {"too small"}


def test_crossed_columns_are_counted_scored_and_judged_however_many_values_they_have():
    dataset = asked({"aligned": 120, "neither": 120})
    images = dataset.images.drop(columns="shortcut")
    crossed = [f"site {number // 60}" for number in range(240)]
    images["week"] = [f"week {number // 60 if number < 180 else number}" for number in range(240)]
    images["site"], images["mark"] = crossed, np.arange(240) < 9
    plain = dataset.with_images(images)
    named = name_groups(plain, plain, Shortcut(None, {}, "ash"), ["site × week"])
    right = np.arange(240) >= 60
    counts = count_groups(named).loc["site × week"]
    assert len(counts) == 63
    assert counts["judged"].value_counts().to_dict() == {"too small": 60, "yes": 3}
    stands = standing({"m": says(named, right)}, named).loc["m"]
    assert (stands["group"], stands["worst"]) == ("site × week site 0 × week 0", 0)
    found = score_groups(says(named, right), named)
    assert found.loc[found["shown"], "accuracy"].tolist() == [0, 1, 1]
    assert list(judged_groups(plain, plain.images.index)) == [
        *(f"site site {number}" for number in range(4)),
        *(f"week week {number}" for number in range(3)),
    ]


def test_groups_are_scored_as_parts_and_the_classes_where_there_are_none():
    named = asked(SIZES)
    table = says(named, np.arange(170) < 100)
    found = score_groups(table, named)
    assert found["column"].unique().tolist() == ["shortcut", "site"]
    assert found.equals(score_parts(table, named))
    bare = named.with_images(named.images[["label", "split", "thing"]])
    assert score_groups(table, bare)["value"].tolist() == ["ash", "elm"]


def test_without_groups_there_is_nothing_to_trade():
    named = asked(SIZES)
    nobody = Shortcut(None, {}, "ash")
    assert change_by_chance(named, pd.DataFrame(), named, named, nobody).empty


def test_the_lowest_part_is_named_of_those_that_are_shown():
    parts = pd.DataFrame({"value": ["a", "b", "c"], "accuracy": [0.4, 0.2, np.nan]})
    assert lowest_part(parts.assign(shown=[True, True, False])) == "b"
    assert lowest_part(parts.assign(shown=False)) == ""


def test_the_study_is_told_by_its_mean_with_students_interval():
    rows = [
        (seed, groups, remedy, "all", 100, 0.1 * seed * (remedy == "b") * (groups == "named"))
        for seed in (1, 2, 3) for groups in ("named", "traded") for remedy in ("plain", "b")
    ]  # fmt: skip
    columns = ["seed", "groups", "remedy", "of", "images", "difference"]
    found = over_seeds(pd.DataFrame(rows, columns=columns))
    assert found[["remedy", "of", "images"]].to_numpy().tolist() == [["b", "all", 100]]
    sets = pd.DataFrame(rows, columns=columns).assign(of=["x", "y", "z"] * 4)
    chosen = over_seeds(pd.concat([sets, sets.assign(of="w")]), of=["y", "w"])
    assert list(dict.fromkeys(chosen["of"])) == ["y", "w"]
    half = 4.302653 * 0.1 / np.sqrt(3)
    expected = [0.2, 0.2 - half, 0.2 + half]
    assert found[["difference", "low", "high"]].iloc[0].tolist() == pytest.approx(expected)
    traded = over_seeds(pd.DataFrame(rows, columns=columns), "traded")
    assert traded[["difference", "low", "high"]].iloc[0].tolist() == [0, 0, 0]

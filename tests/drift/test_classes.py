"""Class shares of two sides against scipy and loops over groups."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers.drift.classes import compare_classes
from tests.drift.sides import side


def labels_of(counts):
    return [name for name, count in counts.items() for _ in range(count)]


def test_shares_differ_where_their_interval_corrected_for_the_classes_leaves_out_0():
    first = side(labels_of({"ash": 60, "elm": 30, "fir": 10}))
    second = side(labels_of({"ash": 40, "elm": 30, "oak": 30}), "b")
    table, _ = compare_classes(first, second, 9, 0)
    assert list(table.index) == ["ash", "elm", "fir", "oak"]
    assert table["first"].tolist() == [60, 30, 10, 0]
    assert table["second"].tolist() == [40, 30, 0, 30]
    assert table["difference"].tolist() == pytest.approx([-0.2, 0, -0.1, 0.3])
    # Of single images the variance is share × (1 - share) / (images - 1); of a class that is not
    # seen it is that of half an image more, of as many.
    none = 0.005 * 0.995 / 100
    spread = np.sqrt([
        (0.6 * 0.4 + 0.4 * 0.6) / 99, 2 * 0.3 * 0.7 / 99, 0.1 * 0.9 / 99 + none, none + 0.21 / 99,
    ])  # fmt: skip
    assert table["low"].tolist() == pytest.approx(table["difference"] - 1.96 * spread)
    assert table["high"].tolist() == pytest.approx(table["difference"] + 1.96 * spread)
    z = table["difference"].abs() / spread
    limit = stats.norm.ppf(1 - 0.01 / 2 / 4)
    assert table["differs"].tolist() == (z > limit).tolist() == [False, False, True, True]


@pytest.mark.parametrize(("more", "z", "differs"), [(151, 2.83, False), (157, 3.13, True)])
def test_a_difference_is_claimed_beyond_the_99_percent_of_as_many_questions_as_classes(
    more, z, differs
):
    """That of one question is 2.58, that of five 3.09."""
    rest = {"b": 100, "c": 100, "d": 100, "e": 100}
    first, second = labels_of({"a": 100} | rest), labels_of({"a": more} | rest)
    table, _ = compare_classes(side(first), side(second, "b"), 9, 0)
    row = table.loc["a"]
    found = row["difference"] / ((row["high"] - row["difference"]) / 1.96)
    assert found == pytest.approx(z, abs=0.01) and row["differs"] == differs
    assert (z > stats.norm.ppf(1 - 0.01 / 2 / 5)) == differs and z > stats.norm.ppf(1 - 0.01 / 2)


def test_photos_of_one_thing_count_as_one():
    rng = np.random.default_rng(0)
    of_thing = rng.choice(["ash", "elm"], 40, p=[0.6, 0.4])
    things = np.repeat(np.arange(40), 5)
    first, second = (side(np.repeat(of_thing, 5), name, things) for name in "ab")
    table, _ = compare_classes(first, second, 9, 0)
    share = (of_thing == "ash").mean()
    spread = np.sqrt(2 * share * (1 - share) / 39)
    assert table.loc["ash", "high"] == pytest.approx(1.96 * spread)
    one = side(np.repeat(of_thing, 5), "c", ["x"] * 200)
    assert table.loc["ash", "high"] < compare_classes(first, one, 9, 0)[0].loc["ash", "high"]
    assert np.isinf(compare_classes(first, one, 9, 0)[0].loc["ash", "high"])
    two = side(["ash", "ash", "elm", "elm"], "d", [0, 0, 1, 1])
    assert np.isfinite(compare_classes(first, two, 9, 0)[0].loc["ash", "high"])


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("photos", [1, 3])
def test_chance_is_the_share_of_trades_of_groups_with_as_large_a_chi_squared(classes, photos):
    rng = np.random.default_rng(40 + classes + photos)
    of_thing = [rng.integers(0, classes, number) for number in (12, 18)]
    labels = [np.array(["ash", "elm", "fir"])[np.repeat(one, photos)] for one in of_thing]
    things = [np.repeat([f"{name}{n}" for n in range(len(one))], photos)
              for name, one in zip("ab", of_thing, strict=True)]  # fmt: skip
    first, second = (side(labels[n], "ab"[n], things[n]) for n in (0, 1))
    _, found = compare_classes(first, second, 99, 5)
    values, rng = np.concatenate(labels), np.random.default_rng(5)
    is_second, seen = np.repeat([False, True], [12, 18]), []
    for number in range(100):
        tags = np.repeat(rng.permutation(is_second) if number else is_second, photos)
        seen.append(stats.chi2_contingency(pd.crosstab(values, tags), correction=False).statistic)
    expected = np.mean(np.array(seen) >= seen[0] * (1 - 1e-9))
    assert found == pytest.approx(expected)
    assert 0.02 < found < 0.98


@pytest.mark.parametrize("seed", [2, 6])
def test_chance_counts_images_where_groups_are_of_many_sizes(seed):
    """Trades of whole groups then leave sides of other sizes, as a loop with scipy has it."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, 22)
    things = np.repeat(np.arange(22), sizes)
    labels = rng.choice(["ash", "elm", "fir"], len(things), p=[0.6, 0.3, 0.1])
    where = things >= 8
    first, second = (side(labels[chosen], name, things[chosen].astype(str))
                     for name, chosen in (("a", ~where), ("b", where)))  # fmt: skip
    _, found = compare_classes(first, second, 99, 5)
    rng, is_second, seen = np.random.default_rng(5), np.arange(22) >= 8, []
    for number in range(100):
        tags = (rng.permutation(is_second) if number else is_second)[things]
        seen.append(stats.chi2_contingency(pd.crosstab(labels, tags), correction=False).statistic)
    assert found == pytest.approx(np.mean(np.array(seen) >= seen[0] * (1 - 1e-9)))
    assert 0.1 < found < 0.9


def test_a_class_that_is_everywhere_on_a_side_is_as_if_half_an_image_were_of_another():
    table, _ = compare_classes(side(["ash"] * 50), side(["ash"] * 40 + ["elm"] * 10, "b"), 9, 0)
    spread = np.sqrt(0.01 * 0.99 / 50 + 0.8 * 0.2 / 49)
    assert table.loc["ash", "high"] == pytest.approx(-0.2 + 1.96 * spread)


def test_of_equal_trades_this_one_counts_too():
    """Two things against two: of six ways to part them two look like what is seen."""
    first, second = side(["ash", "ash"]), side(["elm", "elm"], "b")
    found = compare_classes(first, second, 2999, 0)[1]
    assert found == pytest.approx(1 / 3, abs=0.03)


def test_of_the_same_shares_every_trade_differs_as_much():
    first, second = side(["ash", "elm"] * 2), side(["ash", "elm"] * 3, "b")
    assert compare_classes(first, second, 99, 0)[1] == 1


@pytest.mark.parametrize(
    ("first", "second", "asked"),
    [(["ash"], ["ash", "elm", "elm"], False), (["ash", "elm"], ["elm"], False),
     (["ash", "ash"], ["ash", "ash"], False), (["ash", "elm"], ["elm", "elm"], True)],
)  # fmt: skip
def test_nothing_is_asked_of_one_class_or_of_one_thing_on_a_side(first, second, asked):
    assert np.isnan(compare_classes(side(first), side(second, "b"), 9, 0)[1]) != asked

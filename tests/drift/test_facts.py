"""Facts of two sides: the middle of each, how far they are parted, and how sure that is."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers.balance.association import holm
from helpers.drift import facts
from helpers.drift.facts import compare_facts
from helpers.evaluation.shift import area_interval
from tests.drift.sides import side


def two_sides(sizes=(30, 40), photos=1):
    parts = {}
    for name, size in zip(("first", "second"), sizes, strict=True):
        parts[name] = side(["x"] * size, name, np.arange(size) // photos)
    index = parts["first"].images.index.append(parts["second"].images.index)
    return parts, index, np.repeat([0, 1], sizes)


def test_facts_have_medians_or_shares_and_the_one_that_differs_most_comes_first():
    parts, index, sides = two_sides()
    rng = np.random.default_rng(0)
    values = pd.DataFrame(
        {
            "same": 7.0,
            "noise": rng.normal(size=70),
            "larger": rng.normal(size=70) + sides,
            "smaller": rng.normal(size=70) - 3 * sides,
            "flag": (rng.random(70) < 0.2 + 0.5 * sides).astype(float),
            "two": np.where(rng.random(70) < 0.5, 2.0, 5.0),
        },
        index,
    )
    found = compare_facts(parts, values)
    assert found.index[0] == "smaller" and {*found.index} == {*values} - {"same"}
    assert (found["area"] - 0.5).abs().is_monotonic_decreasing
    first, second = values[sides == 0], values[sides == 1]
    for name, row in found.iterrows():
        middle = "mean" if name == "flag" else "median"
        told = getattr(first[name], middle)(), getattr(second[name], middle)()
        assert (row["first"], row["second"]) == pytest.approx(told)
        groups = [part.groups for part in parts.values()]
        expected = area_interval(first[name], second[name], *groups)[:3]
        assert tuple(row[["area", "low", "high"]]) == pytest.approx(expected)
    assert found["differs"].tolist() == (found["p_corrected"] < 0.01).tolist()
    assert found.loc["smaller", "differs"] and not found.loc["noise", "differs"]


def test_p_is_corrected_by_holm_and_that_of_students_t_on_the_logit_scale(monkeypatch):
    parts, index, sides = two_sides((12, 20), photos=2)
    rng = np.random.default_rng(1)
    values = pd.DataFrame(
        rng.normal(size=(32, 3)) + sides[:, None] * [0, 0.5, 1], index, list("abc")
    )
    found = compare_facts(parts, values)
    p = {}
    for name in values:
        one, other = values[name][sides == 0], values[name][sides == 1]
        area, _, _, error = area_interval(one, other, *(part.groups for part in parts.values()))
        # The logit's standard error is that of the area over area × (1 - area), of 6 and 10 things.
        t = abs(np.log(area / (1 - area))) / (error / (area * (1 - area)))
        p[name] = 2 * stats.t.sf(t, 6 - 1)
    corrected = dict(zip(p, holm(np.array([*p.values()])), strict=True))
    assert found["p_corrected"].to_dict() == pytest.approx(corrected)
    assert 0.001 < min(p.values()) < max(p.values()) < 1
    monkeypatch.setattr(facts, "SURE", found.loc["b", "p_corrected"])  # a p that is as large
    again = compare_facts(parts, values)
    assert again["differs"].to_dict() == {name: corrected[name] < corrected["b"] for name in p}


@pytest.mark.parametrize("sizes", [(4, 9), (30, 30), (2, 3)])
@pytest.mark.parametrize("area", [0.0, 1.0])
@pytest.mark.parametrize("error", [0.0, 0.05])
def test_sides_that_are_parted_cleanly_have_the_p_of_mann_and_whitney(sizes, area, error):
    order = np.arange(sum(sizes), dtype=float)
    one, other = order[: sizes[0]], order[sizes[0] :]
    test = stats.mannwhitneyu(one, other, use_continuity=False, method="asymptotic")
    assert facts._chance(area, error, list(sizes)) == pytest.approx(test.pvalue)


def test_half_an_area_without_spread_is_no_difference_and_one_thing_says_nothing():
    assert facts._chance(0.5, 0.0, [5, 5]) == 1
    assert facts._chance(0.9, 0.01, [1, 50]) == facts._chance(1.0, 0.0, [50, 1]) == 1
    assert facts._chance(0.9, 0.01, [2, 50]) == pytest.approx(2 * stats.t.sf(19.775, 1), rel=1e-3)


def test_without_facts_that_vary_there_is_an_empty_table():
    parts, index, _ = two_sides()
    found = compare_facts(parts, pd.DataFrame({"same": 1.0}, index))
    assert found.empty and [*found][-2:] == ["p_corrected", "differs"]


def test_a_fact_that_is_0_or_1_is_told_by_its_share_and_any_other_by_its_median():
    parts, index, _ = two_sides((4, 4))
    values = pd.DataFrame(
        {"flag": [0, 0, 0, 1, 1, 1, 1, 0], "level": [0, 0, 0, 9, 9, 9, 9, 0]}, index
    )
    found = compare_facts(parts, values.astype(float))
    assert found.loc["flag", ["first", "second"]].tolist() == [0.25, 0.75]
    assert found.loc["level", ["first", "second"]].tolist() == [0, 9]

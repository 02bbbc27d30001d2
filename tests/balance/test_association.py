"""Association of columns and labels against scipy and brute force."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom
from scipy.stats.contingency import association as cramer

from helpers.balance import as_categories, associate, lifts
from helpers.balance.association import holm, shuffle_groups
from tests.balance.sets import table


def random_table(images=400, seed=0, tie=0.5):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 4, images)
    site = np.where(rng.random(images) < tie, label % 3, rng.integers(0, 3, images))
    names = np.array(["n", "e", "s"])[site]
    return table(label=[f"c{c}" for c in label], site=names, noise=rng.choice(list("xyz"), images))


def corrected(made, column):
    """Bergsma's V from scipy's plain one."""
    counts = pd.crosstab(made.images["label"], made.images[column]).to_numpy()
    n, (r, k) = counts.sum(), counts.shape
    squared = cramer(counts, method="cramer") ** 2 * (min(r, k) - 1)
    squared = max(0, squared - (r - 1) * (k - 1) / (n - 1))
    r, k = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    return np.sqrt(squared / (min(r, k) - 1))


def test_v_is_cramers_corrected_for_its_bias():
    made = random_table()
    found = associate(made, permutations=19)
    assert found.loc["site", "v"] == pytest.approx(corrected(made, "site"), abs=1e-12)
    assert found.index.tolist() == ["site", "noise"]
    assert found.loc["site", ["values", "images"]].tolist() == [3, 400]
    assert found.loc["noise", "v"] < 0.1 < found.loc["site", "v"]


def test_what_decides_the_label_has_a_v_of_one_and_a_constant_has_none():
    label = ["a", "b"] * 50
    made = table(label=label, same=[name.upper() for name in label], fixed=["k"] * 100)
    found = associate(made, ["same", "fixed"], permutations=99)
    assert found["v"].to_dict() == pytest.approx({"same": 1.0, "fixed": 0.0}, abs=1e-6)
    assert found["p"].to_dict() == {"same": 0.01, "fixed": 1.0}


def test_p_is_the_share_of_all_permutations_with_as_large_a_v():
    label, site = list("aaabbb"), list("xxyxyy")
    made = table(label=label, site=site)
    v = associate(made, permutations=1).loc["site", "v"]
    every = [
        associate(table(label=list(one), site=site), permutations=1).loc["site", "v"] >= v - 1e-12
        for one in set(permutations(label))
    ]
    found = associate(made, permutations=4000, seed=1).loc["site", "p"]
    assert found == pytest.approx(np.mean(every), abs=0.02)


def test_photos_of_one_thing_do_not_count_as_so_many_witnesses():
    rng = np.random.default_rng(3)
    few, many = [], []
    for seed in range(40):
        label, site = rng.integers(0, 2, 12), rng.integers(0, 2, 12)
        columns = {"label": np.repeat(label, 8).astype(str), "site": np.repeat(site, 8).astype(str)}
        things = np.repeat(np.arange(12), 8).astype(str)
        grouped, alone = table("thing", thing=things, **columns), table(**columns)
        few.append(associate(grouped, ["site"], permutations=99, seed=seed)["p"].iloc[0])
        many.append(associate(alone, ["site"], permutations=99, seed=seed)["p"].iloc[0])
    assert np.mean(np.array(few) <= 0.05) <= 0.125  # 5 of 40, where 2 are due
    assert np.mean(np.array(many) <= 0.05) > 0.4


def test_where_a_fact_is_missing_is_a_fact_too():
    made = table(label=["a", "b"] * 30, gps=["yes", None] * 30)
    found = associate(made, permutations=99)
    assert found.loc["gps", "values"] == 2
    assert found.loc["gps", "v"] == pytest.approx(1, abs=1e-6)


def test_by_default_columns_that_cannot_group_are_not_asked():
    made = table(
        "thing", label=["a", "b"] * 30, name=[f"n{i}" for i in range(60)], one=["k"] * 60,
        thing=np.repeat(np.arange(30), 2), age=np.arange(60) * 1.5, sex=["m", "m", "f"] * 20,
    )  # fmt: skip
    assert sorted(associate(made, permutations=9).index) == ["age", "sex"]
    assert sorted(associate(made, against="sex", permutations=9).index) == ["age", "label"]


def test_many_numbers_become_four_bins_of_equal_counts_and_few_stay_themselves():
    made = table(label=["a"] * 41, age=list(range(40)) + [None], score=[1.0, 2.0] * 20 + [None])
    ages = as_categories(made, "age")
    assert ages.value_counts().sort_index().to_dict() == {
        "0 to 9.75": 10, "9.75 to 19.5": 10, "19.5 to 29.25": 10, "29.25 to 39": 10,
    }  # fmt: skip
    assert ages.iloc[[0, 39]].tolist() == ["0 to 9.75", "29.25 to 39"]
    assert ages.isna().tolist() == [False] * 40 + [True]
    assert set(as_categories(made, "score").dropna()) == {"1.0", "2.0"}


def test_lifts_and_residuals_are_those_of_the_table_of_counts():
    made = table(label=list("aaaabb"), site=list("xxxyyy"))
    found = lifts(made, "site").set_index(["class", "value"])
    assert found["images"].to_dict() == {("a", "x"): 3, ("a", "y"): 1, ("b", "x"): 0, ("b", "y"): 2}
    assert found["expected"].tolist() == [2, 2, 1, 1]
    assert found["lift"].tolist() == [1.5, 0.5, 0, 2]
    # (observed - expected) / sqrt(expected * (1 - row share) * (1 - column share))
    spread = np.sqrt(np.array([2, 2, 1, 1]) * np.array([1 / 3, 1 / 3, 2 / 3, 2 / 3]) / 2)
    assert found["residual"].to_numpy() == pytest.approx(np.array([1, -1, -1, 1]) / spread)


def test_shuffling_keeps_groups_whole_and_sizes_apart():
    groups = pd.Series(list("aabbccdde"))
    codes = np.array([0, 0, 1, 1, 2, 2, 3, 3, 9])
    for moved in shuffle_groups(codes, groups, 20, seed=0):
        assert sorted(moved) == sorted(codes)
        assert (moved[0:8:2] == moved[1:8:2]).all()
        assert moved[8] == 9
    first = [tuple(moved) for moved in shuffle_groups(codes, groups, 20, seed=0)]
    assert len(set(first)) > 10
    assert first == [tuple(moved) for moved in shuffle_groups(codes, groups, 20, seed=0)]


def test_holm_multiplies_by_how_many_are_left_and_keeps_the_order():
    assert holm(np.array([0.01, 0.04, 0.03])).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm(np.array([0.6, 0.7])).tolist() == [1, 1]


def test_p_of_a_cell_is_the_share_of_shufflings_with_a_cell_as_far_off():
    label = ["a"] * 30 + ["b"] * 30
    tied = lifts(table(label=label, site=["x"] * 28 + ["y"] * 32), "site")
    assert tied["p"].tolist() == [1 / 200] * 4
    free = lifts(table(label=label, site=["x", "y"] * 30), "site")
    assert free["p"].tolist() == [1.0] * 4


def test_p_of_a_cell_is_that_of_the_hypergeometric_distribution():
    """Seven of ten with each other where five are due: as far off are three and fewer, too."""
    label, site = ["a"] * 10 + ["b"] * 10, ["x"] * 7 + ["y"] * 10 + ["x"] * 3
    found = lifts(table(label=label, site=site), "site", permutations=2000)
    assert found["p"].to_numpy() == pytest.approx(2 * hypergeom.sf(6, 20, 10, 10), abs=0.04)


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(0)
    columns = {"label": rng.choice([*"ab"], 60), "site": rng.choice([*"xy"], 60)}
    things = [f"t{i:02}" for i in rng.permutation(60)]
    made = table("thing", thing=things, **columns)
    turned = made.with_images(made.images.sample(frac=1, random_state=1))
    found, again = (associate(one, ["site"], permutations=50) for one in (made, turned))
    pd.testing.assert_frame_equal(found, again)


def test_a_table_of_one_image_or_none_has_no_v():
    for images in (0, 1, 2):
        made = table(label=[*"ab"[:images]], site=[*"xy"[:images]])
        assert associate(made, ["site"], permutations=1)["v"].tolist() == [0.0]


@pytest.mark.parametrize(("classes", "sites"), [(2, 5), (5, 2), (3, 3)])
def test_v_is_corrected_by_classes_as_by_values_and_a_class_of_one_image_counts(classes, sites):
    rng = np.random.default_rng(classes)
    label = np.append(rng.integers(1, classes, 39), 0)
    site = np.append((label[:-1] + (rng.random(39) < 0.4)) % sites, sites - 1)
    made = table(label=[f"c{c}" for c in label], site=[f"s{s}" for s in site])
    found = associate(made, permutations=1).loc["site", "v"]
    assert found == pytest.approx(corrected(made, "site"), abs=1e-9)


def test_p_is_a_thousandth_at_the_least_unless_more_permutations_are_asked_for():
    made = table(label=[*"ab"] * 20, site=[*"xy"] * 20)
    assert associate(made)["p"].tolist() == [0.001]


def test_cells_are_counted_by_name_whatever_the_order_of_rows():
    label, site = [*"bbbbbbaaaa"] * 3, [*"yyyyyxxxxy"] * 3
    found = lifts(table(label=label, site=site), "site")
    again = lifts(table(label=label[::-1], site=site[::-1]), "site")
    assert found["expected"].tolist() == pytest.approx([4.8, 7.2, 7.2, 10.8])
    assert found["images"].tolist() == [9, 3, 3, 15]
    assert again["images"].tolist() == found["images"].tolist()
    assert max(*found["p"], *again["p"]) <= 0.02


def test_what_is_shuffled_goes_by_the_names_of_groups_and_not_by_the_order_of_rows():
    rng = np.random.default_rng(0)
    groups = pd.Series([f"t{i:02}" for i in rng.permutation(30)])
    codes = rng.integers(0, 9, 30)
    turned = rng.permutation(30)
    for one, other in zip(
        shuffle_groups(codes, groups, 5, seed=0),
        shuffle_groups(codes[turned], groups[turned], 5, seed=0),
        strict=True,
    ):
        assert one[turned].tolist() == other.tolist()


def test_a_column_of_twenty_values_is_asked_and_one_of_twenty_one_names_images():
    values = {f"v{n}": [f"n{i % n}" for i in range(84)] for n in (1, 2, 20, 21)}
    made = table(label=["a", "b"] * 42, **values)
    assert sorted(associate(made, permutations=1).index) == ["v2", "v20"]

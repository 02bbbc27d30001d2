"""Splitting by date: nothing trained on is later than what is validated on."""

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.splits import split
from helpers.splits.ordering import place_by_order, read_order

MADE = pd.date_range("2024-01-31", periods=40, freq="36h")


@pytest.mark.parametrize(
    "dates",
    [
        MADE,
        MADE.tz_localize("Asia/Tokyo"),
        MADE.strftime("%Y-%m-%d %H:%M:%S"),
        MADE.strftime("%Y:%m:%d %H:%M:%S"),  # as cameras write it
        MADE.strftime("%Y/%m/%d %H:%M"),
        MADE.strftime(" %Y-%m-%dT%H:%M:%SZ"),
        MADE.strftime("%Y-%m-%dT%H:%M:%S+02:00"),
        np.arange(2000, 2040),
        [f"{number}" for number in range(80, 120)],
        np.arange(40) / 7 - 2,
    ],
)
def test_the_latest_images_are_tested_and_then_validated_on(make, dates):
    order = np.random.default_rng(0).permutation(40)
    made = make(label=[*"ab"] * 20, when=pd.Series(dates).iloc[order].to_numpy())
    found = split(made, 0.2, 0.1, order="when")["split"].to_numpy()
    in_time = found[np.argsort(order)]
    assert in_time.tolist() == ["train"] * 28 + ["valid"] * 8 + ["test"] * 4


def test_dates_may_come_from_elsewhere(make):
    made = make(label=[*"ab"] * 10)
    taken = pd.Series(MADE[:20], made.images.index[::-1], name="taken")
    assert split(made, 0.2, order=taken)["split"].eq("valid").tolist() == [True] * 4 + [False] * 16


@pytest.mark.parametrize("seed", range(5))
def test_whole_groups_go_by_their_latest_image(make, seed):
    rng = np.random.default_rng(seed)
    day, site = rng.permutation(200), pd.array(rng.choice([*"abcdefghijklmnop"], 200))
    made = make(label=rng.choice(["x", "y"], 200), day=day, site=site, group="site")
    found = split(made, 0.25, seed=seed, order="day")["split"].to_numpy()
    assert pd.Series(found).groupby(site).nunique().max() == 1
    latest = pd.Series(day).groupby(site).max()
    valid = set(site[found == "valid"])
    assert day[found == "train"].max() <= latest[list(valid)].min()
    sizes = pd.Series(site).value_counts()[latest.sort_values(ascending=False).index].cumsum()
    assert (found == "valid").sum() == min(sizes, key=lambda size: abs(size - 50))


def test_equal_dates_are_drawn_by_the_seed_and_a_seed_repeats(make):
    made = make(label=[*"ab"] * 10, year=[2023] * 10 + [2024] * 10)
    found = [split(made, 0.2, seed=seed, order="year")["split"] for seed in (1, 1, 2)]
    assert found[0].equals(found[1]) and not found[0].equals(found[2])
    assert all((one[:10] == "train").all() and (one == "valid").sum() == 4 for one in found)


def test_images_without_a_date_are_trained_on_and_counted(make):
    made = make(label=[*"ab"] * 5, day=[9.0, None, 8, 7, None, 6, 5, 4, 3, 2])
    with pytest.warns(UserWarning, match="2 images have no 'day'") as told:
        found = split(made, 0.2, order="day")["split"]
    assert found.index[found == "valid"].tolist() == ["000.jpg", "002.jpg"]
    assert [one.filename for one in told] == [__file__]


def test_a_class_only_among_the_latest_is_named(make):
    made = make(label=[*"aaaaaaaabb"], day=range(10))
    with pytest.warns(
        UserWarning, match="b: only among the latest images, so not in train"
    ) as told:
        found = split(made, 0.2, order="day")["split"]
    assert [one.filename for one in told] == [__file__]
    assert found.tolist() == ["train"] * 8 + ["valid"] * 2


def test_of_many_late_classes_five_are_named(make):
    made = make(label=[*"aaaabcdefg"], day=range(10))
    with pytest.warns(UserWarning, match="^b, c, d, e, f and 1 more: only among the latest"):
        split(made, 0.6, order="day")


def test_of_many_columns_twelve_are_named(make):
    made = make(label=["a"], **{f"c{i}": [i] for i in range(10, 23)})
    with pytest.raises(DatasetError, match="it has: c10, .*, c21 and 1 more[.]$"):
        read_order(made, "day", made.images.index)


@pytest.mark.parametrize(
    ("dates", "why"),
    [
        (["03/04/2024", "2024-05-01"], "1 value of 'when' cannot be read .* such as '03/04/2024'"),
        (["2024-13-01", "yesterday"], "2 values of 'when' .* such as '2024-13-01'"),
        ([None, None], "'when' has no date for any image"),
    ],
)
def test_dates_that_may_be_read_in_two_ways_are_refused(make, dates, why):
    made = make(label=[*"ab"], when=pd.array(dates, dtype="str"))
    with pytest.raises(DatasetError, match=why):
        read_order(made, "when", made.images.index)


def test_values_from_elsewhere_are_called_by_their_name_or_the_order():
    none = pd.Series([None], ["a.jpg"], dtype="str")
    for values, name in ((none, "order"), (none.rename("taken"), "taken")):
        with pytest.raises(DatasetError, match=f"'{name}' has no date for any image"):
            read_order(None, values, none.index)


def test_a_column_that_is_not_there_is_refused(make):
    made = make(label=[*"ab"], day=[1, 2])
    with pytest.raises(DatasetError, match="no metadata column 'date' to order by; it has: day"):
        split(made, order="date")


@pytest.mark.parametrize(
    ("latest", "sizes", "wanted", "expected"),
    [
        ([1, 2, 3, 4], [5, 5, 5, 5], [15, 5], [0, 0, 0, 1]),
        ([4, 3, 2, 1], [5, 5, 5, 5], [10, 5, 5], [2, 1, 0, 0]),
        ([1, 2], [30, 70], [80, 20], [0, 1]),  # rather too many than none
        ([1, 2, 3], [1, 1, 98], [40, 30, 30], [0, 1, 2]),
        ([np.nan, 2], [50, 50], [80, 20], [0, 1]),
        ([1, 2, 3], [10, 10, 10], [30, 0], [0, 0, 0]),  # enough are there already
        ([1, 2, 3], [10, 10, 10], [33, -3], [0, 0, 0]),
        ([1], [10], [8, 2], [0]),
        ([1, 2], [10, 10], [19.5, 0.5], [0, 1]),  # less than an image is wanted, but some
        ([3, 2, 1], [4, 4, 40], [41, 7], [1, 1, 0]),
    ],
)
def test_each_cut_is_where_its_side_comes_nearest(latest, sizes, wanted, expected):
    arrays = np.array(latest, float), np.array(sizes), np.array(wanted)
    assert place_by_order(*arrays, np.random.default_rng(0)).tolist() == expected

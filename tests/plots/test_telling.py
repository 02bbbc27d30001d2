"""The figure of single features shows the share of a class's images that has each value."""

import numpy as np
import pandas as pd
import pytest

from helpers import plots
from helpers.plots.style import FLAG, INNOCENT, alt_text
from tests.balance.sets import table


@pytest.fixture
def made():
    dataset = table(label=["oak"] * 40 + ["ash"] * 40 + ["elm"] * 20)
    features = pd.DataFrame(
        {
            "dense": [300.0] * 30 + [72.0] * 10 + [72.0] * 45 + [300.0] * 15,
            "width": np.r_[np.linspace(900, 1000, 40), np.linspace(100, 500, 60)],
        },
        dataset.images.index,
    )
    rows = [("oak", "dense", 0.8), ("oak", "width", 0.7), ("ash", "width", 0.9)]
    return dataset, features, pd.DataFrame(rows, columns=["class", "feature", "auc"])


def test_a_panel_for_each_class_shows_its_best_feature_in_shares(made):
    first = plots.telling_features(*made)
    dense, width = first.figure.axes
    shares = {(patch.get_facecolor()[:3], patch.get_height()) for patch in dense.patches}
    assert len(dense.patches) == 4 and len(shares) == 4
    assert sorted(patch.get_height() for patch in dense.patches[:2]) == [0.25, 0.75]  # of 40 oaks
    assert sorted(patch.get_height() for patch in dense.patches[2:]) == [0.25, 0.75]  # of 60 others
    assert [tick.get_text() for tick in dense.get_xticklabels()] == ["72", "300"]
    assert dense.patches[0].get_height() == 0.25 and dense.patches[2].get_height() == 0.75
    assert [one.get_text() for one in dense.texts] == ["25%", "75%", "75%", "25%"]
    assert not width.texts  # so many bars leave no room
    half = len(width.patches) // 2
    for part in (width.patches[:half], width.patches[half:]):
        assert sum(patch.get_height() for patch in part) == pytest.approx(1)
    title = first.figure.get_suptitle().replace("\n", " ")
    assert title == "By one feature alone: oak by its dense; ash by its width"
    told = (
        "oak: area under the ROC curve 0.80, dense of its images: 300 in 75%; of all others: 300 in"
        " 25%; ash: area under the ROC curve 0.90, width of its images: median 232; of all others:"
        " median 924."
    )
    assert told in alt_text(first.figure)
    assert [one.get_text() for one in first.get_legend().get_texts()] == [
        "its images",
        "all others",
    ]
    from matplotlib.colors import to_hex

    assert [to_hex(one.get_facecolor()) for one in first.get_legend().get_patches()] == [
        FLAG, INNOCENT,
    ]  # fmt: skip


def test_at_most_three_classes_are_shown_and_none_is_said(made):
    dataset, features, told = made
    many = pd.concat([told.assign(**{"class": name}) for name in ("oak", "ash", "elm", "yew")])
    labelled = dataset.images.assign(label=["oak", "ash", "elm", "yew"] * 25)
    first = plots.telling_features(dataset.with_images(labelled), features, many)
    assert len(first.figure.axes) == 3
    none = plots.telling_features(dataset, features, told[:0])
    assert "No class is given away" in alt_text(none.figure)


def test_an_odd_value_far_off_lies_in_the_last_step_and_hides_nothing(made):
    dataset, features, told = made
    features.loc[features.index[-1], "width"] = 1e6
    axes = plots.telling_features(dataset, features, told[2:]).figure.axes[0]
    assert axes.get_xlim()[1] < 2000
    half = len(axes.patches) // 2
    assert sum(patch.get_height() for patch in axes.patches[half:]) == pytest.approx(1)


def test_a_value_that_stands_for_none_is_named_so(made):
    dataset, features, told = made
    hours = np.r_[np.full(40, -1.0), np.arange(60) % 3 + 8]
    one = told[:1].assign(feature="hour")
    first = plots.telling_features(dataset, features.assign(hour=hours), one)
    assert [tick.get_text() for tick in first.get_xticklabels()] == ["none", "8", "9", "10"]
    assert "hour of its images: none in 100%; of all others: none in 0%." in alt_text(first.figure)
    many = np.r_[np.full(40, -1.0), np.arange(60) % 12]
    first = plots.telling_features(dataset, features.assign(hour=many), one)
    assert first.get_xlabel() == "hour (-1: none)"


def test_what_tells_one_of_two_classes_tells_the_other_and_is_drawn_once(made):
    dataset, features, _ = made
    two = dataset.with_images(dataset.images.assign(label=["oak"] * 40 + ["ash"] * 60))
    same = pd.DataFrame(
        [("oak", "dense", 0.8), ("ash", "dense", 0.8)], columns=["class", "feature", "auc"]
    )
    first = plots.telling_features(two, features, same)
    assert len(first.figure.axes) == 1
    title = first.figure.get_suptitle().replace("\n", " ")
    assert title == "By one feature alone: oak and ash by their dense"
    assert [one.get_text() for one in first.get_legend().get_texts()] == ["oak", "ash"]
    differing = same.assign(feature=["dense", "width"])
    assert len(plots.telling_features(two, features, differing).figure.axes) == 2


@pytest.mark.parametrize(
    ("values", "shown"),
    [((5.76923, 29.0312), ["5.77", "29"]), ((0.12341, 0.12342), ["0.12341", "0.12342"])],
)
def test_values_have_as_many_digits_as_tell_them_apart(made, values, shown):
    dataset, features, told = made
    features["dense"] = np.repeat(values, 50)
    axes = plots.telling_features(dataset, features, told[:1]).figure.axes[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == shown

"""When the other labels of a group are evidence against one, on groups whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from helpers.audit import describe_doubts, find_label_issues, mixing
from helpers.audit.mixing import _calibrate, _look_mixed, _surely_positive, why_mixed
from helpers.datasets import Dataset

SO = "so that the other labels of a group were not taken as evidence."


def photos(seed, *, apart=4.0, groups=100, mixed=0.0, slips=0.0, classes=3, pairs=False):
    """Four photos of each thing, which has its own look, and a share of another class; and truth.

    With pairs, each thing is of one of two classes throughout.
    """
    rng = np.random.default_rng(seed)
    thing = np.repeat(np.arange(groups), 4)
    main = thing % classes
    true = np.where(rng.random(len(thing)) < mixed, (main + 1) % (2 if pairs else classes), main)
    label = true.copy()
    slipped = rng.random(len(thing)) < slips
    label[slipped] = (true[slipped] + rng.integers(1, classes, slipped.sum())) % classes
    looks = rng.normal(0, 1, (groups, classes + 10))[thing]
    values = np.pad(apart * np.eye(classes)[true], ((0, 0), (0, 10))) + looks
    values[:, :classes] += rng.normal(0, 1, (len(thing), classes))
    values[:, classes:] += rng.normal(0, 0.1, (len(thing), 10))
    ids = pd.Index([f"{number:04}.jpg" for number in range(len(thing))], name="image_id")
    images = pd.DataFrame({"label": [f"class {number}" for number in label], "split": None,
                           "thing": [f"thing {number}" for number in thing]}, ids)  # fmt: skip
    images = images.astype("str")
    features = pd.DataFrame(values, ids).add_prefix("f")
    return images, features, pd.Series(true, ids).map("class {}".format)


def found_in(images, features, path, **how):
    return find_label_issues(Dataset("things", path, images, group="thing"), features, **how)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("apart", [2.0, 4.0, 8.0])
def test_slips_in_groups_of_one_class_are_found_as_if_that_were_told(seed, apart, tmp_path):
    images, features, true = photos(seed, apart=apart, slips=0.05)
    table = found_in(images, features, tmp_path)
    assert "groups" not in table.attrs
    told = found_in(images, features, tmp_path, one_label=True)
    pd.testing.assert_frame_equal(table, told)
    wrong = images.index[images["label"] != true]
    listed = table.index[table["issue"]]
    assert len(wrong) > 10 and wrong.isin(listed).mean() > 0.8
    assert listed.isin(wrong).mean() > 0.75


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("mixed", "classes"), [(0.1, 3), (0.1, 2), (0.03, 3), (0.5, 2), (0.5, 3)])
@pytest.mark.parametrize("apart", [2.0, 8.0])
def test_groups_that_mix_classes_are_no_evidence(seed, mixed, classes, apart, tmp_path):
    images, features, _ = photos(seed, apart=apart, mixed=mixed, classes=classes)
    table = found_in(images, features, tmp_path)
    assert "within group" not in {*table["evidence"]}
    assert apart < 8 or table["issue"].sum() <= 3
    assert table.attrs["groups"] in describe_doubts(table)
    assert table.attrs["groups"].endswith(SO)
    assert "cannot be told" not in table.attrs["groups"]
    alone = found_in(images, features, tmp_path, one_label=False)
    assert "groups" not in alone.attrs
    pd.testing.assert_frame_equal(table, alone)
    forced = found_in(images, features, tmp_path, one_label=True)
    assert "groups" not in forced.attrs and "within group" in {*forced["evidence"]}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("mixed", "slips"), [(0.05, 0.0), (0.0, 0.05)])
def test_features_that_say_nothing_leave_it_untold_and_accuse_none(seed, mixed, slips, tmp_path):
    images, features, _ = photos(seed, apart=0.0, groups=60, mixed=mixed, slips=slips)
    table = found_in(images, features, tmp_path)
    assert not table["issue"].any()
    several = sum(len({*each}) > 1 for _, each in images.groupby("thing")["label"])
    assert table.attrs["groups"] == (
        f"{several} groups hold several labels; whether the images look as labelled cannot be "
        f"told, {SO}"
    )


def test_groups_drawn_at_random_are_no_evidence_and_what_they_share_is_told(tmp_path):
    images, features, _ = photos(0)
    rng = np.random.default_rng(0)
    images["thing"] = rng.permutation(images["thing"].to_numpy())
    table = found_in(images, features, tmp_path)
    y = pd.factorize(images["label"], sort=True)[0]
    others = [np.mean(y[(images["thing"] == thing) & (np.arange(400) != row)] == y[row])
              for row, thing in enumerate(images["thing"])]  # fmt: skip
    assert table.attrs["groups"] == (
        f"Only {int(100 * np.mean(others))}% of the other images of a group share an image's "
        f"label, on average (80% would do), {SO}"
    )


def test_what_no_group_joins_or_agrees_throughout_needs_no_word(tmp_path):
    images, features, _ = photos(0, groups=30)
    assert "groups" not in found_in(images, features, tmp_path).attrs
    assert "groups" not in found_in(images, features, tmp_path, groups=False).attrs


def pairs_of_two(logs_of, count=40):
    """Groups of two: classes 0 and 1 by turns, but for the last, which holds one of each."""
    linked = np.repeat(np.arange(count), 2)
    y = linked % 2
    y[-2:] = 0, 1
    return y, linked, np.arange(2 * count), logs_of(y)


def logs_for(classes, sure=0.9):
    chances = np.full((len(classes), 2), 1 - sure)
    chances[np.arange(len(classes)), classes] = sure
    return np.log(chances)


def test_one_group_of_several_labels_is_judged_by_its_looks():
    def as_labelled(y):
        return logs_for(y)

    def as_of_one(y):
        return logs_for(np.r_[y[:-2], 1, 1])

    def as_nothing(y):
        return logs_for(y, 0.5)

    assert why_mixed(*pairs_of_two(as_of_one)) == ""
    assert why_mixed(*pairs_of_two(as_labelled)) == (
        f"One group holds several labels, and its images look as labelled, {SO}"
    )
    assert why_mixed(*pairs_of_two(as_nothing)) == (
        f"One group holds several labels; whether the images look as labelled cannot be told, {SO}"
    )


@pytest.mark.parametrize(
    ("agreement", "told"), [(0, "None of"), (0.0099, "Fewer than 1% of"), (0.01, "Only 1% of")]
)
def test_a_share_that_is_none_or_nearly_is_told_as_such(agreement, told, monkeypatch):
    """As where one hand shows every digit."""
    monkeypatch.setattr(mixing, "_agreement", lambda *_: agreement)
    why = why_mixed(*pairs_of_two(logs_for))
    assert why == (
        f"{told} the other images of a group share an image's label, on average (80% would do), "
        f"{SO}"
    )


@pytest.mark.parametrize(("agreement", "used"), [(0.799, False), (0.8, True), (0.81, True)])
def test_four_in_five_have_to_agree(agreement, used, monkeypatch):
    monkeypatch.setattr(mixing, "_agreement", lambda *_: agreement)
    why = why_mixed(*pairs_of_two(lambda y: logs_for(np.r_[y[:-2], 1, 1])))
    assert (why == "") == used
    assert used or why.startswith("Only 79% of the other images of a group share")


def test_copies_that_have_two_labels_say_nothing_of_groups():
    """They are one picture, so that one label is wrong, whatever else groups hold."""
    y, linked, copies, logs = pairs_of_two(logs_for)
    copies[-1] = copies[-2]
    assert len(_look_mixed(y, linked, copies, logs)[0]) == 0
    assert why_mixed(y, linked, copies, logs) == ""


def test_a_look_that_a_whole_group_shares_is_no_sign_that_a_label_in_it_is_right():
    """All photos of the last group look of class 1; the label that says so is no likelier for it
    than in a group that looks of no class, as its neighbours' looks go together."""
    rng = np.random.default_rng(0)
    linked = np.repeat(np.arange(60), 4)
    y = linked % 2
    y[-4:] = 0, 0, 0, 1
    look = rng.normal(0, 1.5, 60)[linked] + 1.5 * (2 * (linked % 2) - 1)
    look[-4:] = 3
    logs = -np.logaddexp(0, np.column_stack([look, -look]))
    (odds,), told = _look_mixed(y, linked, np.arange(240), logs)
    assert told and odds < 0
    shuffled = look.copy()
    shuffled[:-4] = 1.5 * (2 * y[:-4] - 1) + rng.normal(0, 1.5, 236)
    logs = -np.logaddexp(0, np.column_stack([shuffled, -shuffled]))
    assert _look_mixed(y, linked, np.arange(240), logs)[0][0] > 1


def test_differences_are_calibrated_as_a_logistic_regression_without_intercept_does():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    y = np.arange(4000) % 2
    ahead = rng.normal(0, 1, 4000) + (2 * y - 1)
    logs = np.column_stack([-ahead / 2, ahead / 2]) * 3
    meet = np.array([[0, 1], [1, 0]])
    slope, told = _calibrate(y, np.arange(4000), logs, np.zeros((4000, 2)), meet)
    right = LogisticRegression(C=1e6, fit_intercept=False).fit(3 * ahead[:, None], y).coef_.item()
    assert told and slope == pytest.approx(right, rel=0.15)


def test_a_mean_is_surely_positive_three_standard_errors_above_0_over_groups():
    values = np.r_[np.zeros(50), np.full(50, 2.0)]  # mean 1, spread 1
    ones, each = np.ones(100), np.arange(100)
    assert _surely_positive(values[:20] * 0 + 1, ones[:20], each[:20])
    few = np.tile([0.0, 2.0], 7)  # Student's t of 13 degrees in place of 3: 3.69, sqrt(13) = 3.61
    assert _surely_positive(few, np.ones(14), np.arange(14)) is False
    few = np.tile([0.0, 2.0], 8)  # 3.59 at 15 degrees, sqrt(15) = 3.87
    assert _surely_positive(few, np.ones(16), np.arange(16)) is True
    assert _surely_positive(np.ones(2), np.ones(2), np.arange(2)) is False  # no spread is known
    assert _surely_positive(values, ones, each) is True
    assert _surely_positive(values, ones, each % 50 % 5 + 10 * (each >= 50)) is False
    assert _surely_positive(np.empty(0), np.empty(0), np.empty(0)) is False
    assert _surely_positive(np.ones(4), np.ones(4), np.zeros(4)) is False


@pytest.mark.parametrize("groups", [3, 4, 6, 12])
def test_noise_is_surely_positive_once_in_some_hundred_times_however_few_groups_there_are(groups):
    rng, trials = np.random.default_rng(groups), 2000
    ones, each = np.ones(groups), np.arange(groups)
    wrong = sum(_surely_positive(rng.normal(size=groups), ones, each) for _ in range(trials))
    assert wrong <= 9  # 2.7 expected, one in 741


def test_of_many_classes_that_meet_some_images_of_each_calibrate_and_give_the_same_answer(
    monkeypatch, tmp_path
):
    images, features, _ = photos(0, slips=0.05)
    whole = found_in(images, features, tmp_path)
    monkeypatch.setattr(mixing, "MOST", 240)  # 40 of some 130 for each of six pairs
    part = found_in(images, features, tmp_path)
    assert "groups" not in whole.attrs and "groups" not in part.attrs
    assert part["issue"].equals(whole["issue"].reindex(part.index))

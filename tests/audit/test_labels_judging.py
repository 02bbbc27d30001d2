"""The parts of `find_label_issues` that judge, each against a loop or a number worked out."""

import numpy as np
import pandas as pd
import pytest

from helpers.audit import find_label_issues, labels
from helpers.audit.labels import _out_of_fold, _slips
from helpers.audit.mixing import _agreement
from helpers.datasets import Dataset


@pytest.mark.parametrize("seed", range(6))
def test_agreement_is_the_mean_over_images_of_the_share_of_the_others(seed):
    rng = np.random.default_rng(seed)
    y, linked = rng.integers(0, 3, 40), rng.integers(0, 15, 40)
    shares = []
    for number in range(40):
        others = (linked == linked[number]) & (np.arange(40) != number)
        if others.any():
            shares.append((y[others] == y[number]).mean())
    assert _agreement(y, linked) == pytest.approx(np.mean(shares))
    assert _agreement(y, np.arange(40)) == 1


@pytest.mark.parametrize("seed", range(4))
def test_slips_are_as_likely_as_the_groups_and_their_predictions_say(seed):
    """Written out image by image, until how often labels slip no longer changes."""
    rng = np.random.default_rng(seed)
    linked = np.sort(np.r_[np.arange(12), rng.integers(0, 12, 36)])
    y = np.where(rng.random(48) < 0.2, rng.integers(0, 3, 48), linked % 3)
    pooled = rng.dirichlet(np.ones(3), 12)
    votes = np.array([[((linked == g) & (y == c)).sum() for c in range(3)] for g in range(12)])
    slip = 0.05
    for _ in range(60):
        wrong = np.empty(48)
        for number in range(48):
            group = linked[number]
            worth = pooled[group].copy()
            for other in np.flatnonzero(linked == group):
                worth *= np.where(np.arange(3) == y[other], 1 - slip, slip / 2)
            wrong[number] = 1 - worth[y[number]] / worth.sum()
        several = np.isin(linked, np.flatnonzero(votes.sum(axis=1) > 1))
        slip = np.clip(wrong[several].mean(), 0.001, 0.2)
    np.testing.assert_allclose(_slips(pooled, votes, linked, y), wrong, atol=0.01)


def test_labels_are_taken_to_slip_at_least_once_in_a_thousand():
    """Of a group of two without any slip elsewhere, the one that the model does not believe."""
    linked = np.repeat(np.arange(200), 2)
    y = np.zeros(400, int)
    pooled, votes = np.tile([1 - 1e-6, 1e-6], (200, 1)), np.tile([2.0, 0], (200, 1))
    pooled[0] = [1e-6, 1 - 1e-6]
    found = _slips(pooled, votes, linked, y)
    odds = 1e6 * (0.001 / 0.999) ** 2
    for _ in range(60):
        slip = max(0.001, odds / (1 + odds) * 2 / 400)
        odds = 1e6 * (slip / (1 - slip)) ** 2
    assert found[0] == pytest.approx(odds / (1 + odds), rel=1e-3)


def test_of_a_group_of_hundreds_the_odd_one_is_as_sure_to_be_wrong_as_of_a_small_one():
    y = np.r_[np.zeros(399, int), 1]
    found = _slips(np.array([[0.5, 0.5]]), np.array([[399.0, 1]]), np.zeros(400, int), y)
    assert found[:399].max() < 1e-6 and found[399] == pytest.approx(1)


def test_doubts_that_are_alike_to_a_millionth_are_ranked_by_quality(monkeypatch):
    """Of two images in no group, the one of the lower quality comes first."""
    given = pd.Series(["ash", "ash"], ["a.jpg", "b.jpg"])
    logs, alone = np.log([[0.6, 0.4], [0.4, 0.6]]), np.array([0, 1])
    for more, order in ((2e-7, ["b.jpg", "a.jpg"]), (2e-5, ["a.jpg", "b.jpg"])):
        doubts = np.array([0.3 + more, 0.3])
        monkeypatch.setattr(labels, "chance_of_noise", lambda logs, y, d=doubts: d[: len(y)])
        table = labels._judge(given, np.zeros(2, int), np.array(["ash", "elm"]), logs, alone,
                              alone, np.zeros(2, bool))  # fmt: skip
        assert table.index.tolist() == order


def test_a_chance_under_a_thousandth_ranks_no_label_before_one_that_is_contradicted(monkeypatch):
    """As a twin gives it, whose label agrees: what the prediction says of it weighs more."""
    given = pd.Series(["ash", "ash"], ["a.jpg", "b.jpg"])
    logs, alone = np.log([[0.6, 0.4], [0.4, 0.6]]), np.array([0, 1])
    for wrong, order in ((9e-4, ["b.jpg", "a.jpg"]), (1.1e-3, ["a.jpg", "b.jpg"])):
        doubts = np.array([wrong, 0.0])
        monkeypatch.setattr(labels, "chance_of_noise", lambda logs, y, d=doubts: d[: len(y)])
        table = labels._judge(given, np.zeros(2, int), np.array(["ash", "elm"]), logs, alone,
                              alone, np.zeros(2, bool))  # fmt: skip
        assert table.index.tolist() == order
        assert table["wrong"].tolist() == ([0.0, wrong] if order[0] == "b.jpg" else [wrong, 0.0])


def test_of_classes_that_are_equally_likely_the_first_by_name_is_suggested(tmp_path, monkeypatch):
    index = pd.Index([f"{number}.jpg" for number in range(6)], name="image_id", dtype="str")
    images = pd.DataFrame({"label": ["yew", "ash"] * 3, "split": None}, index).astype("str")
    monkeypatch.setattr(labels, "_out_of_fold", lambda *_: np.log(np.full((6, 2), 0.5)))
    table = find_label_issues(
        Dataset("trees", tmp_path, images), pd.DataFrame({"x": np.arange(6.0)}, index)
    )
    assert set(table["suggested"]) == {"ash"}


def test_a_value_that_is_no_number_says_nothing():
    rng = np.random.default_rng(0)
    y, values = np.arange(60) % 3, rng.normal(0, 1, (60, 4))
    values[:, :3] += 3 * np.eye(3)[y]
    odd, plain = values.copy(), values.copy()
    odd[7, 3], plain[7, 3] = 1e30, np.nan
    found = [_out_of_fold(one, y, np.arange(60), seed=0, folds=3) for one in (odd, plain)]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(
    ("apart", "wide", "strength"), [(0.9, 6, None), (1.6, 6, None), (3, 6, 0.1), (0.4, 40, 0.003)]
)
def test_predictions_are_those_of_the_strength_with_the_least_loss(apart, wide, strength):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(int(10 * apart))
    linked = np.repeat(np.arange(60), 3)
    y = linked % 3
    values = rng.normal(0, 1, (180, wide)) + np.pad(apart * np.eye(3)[y], ((0, 0), (0, wide - 3)))
    scaled = StandardScaler().fit_transform(values)
    cuts = [*StratifiedGroupKFold(5, shuffle=True, random_state=7).split(scaled, y, linked)]
    found, losses = {}, {}
    for c in (0.001, 0.003, 0.01, 0.03, 0.1):
        head = LogisticRegression(C=c, max_iter=300, tol=1e-3)
        found[c] = cross_val_predict(head, scaled, y, cv=cuts, method="predict_proba")
        losses[c] = log_loss(y, found[c])
    best = min(losses, key=losses.get)
    assert best == (strength or best)
    chances = np.exp(_out_of_fold(values, y, linked, seed=7, folds=5))
    np.testing.assert_allclose(chances, found[best], atol=0.01)


def test_of_identical_files_one_label_is_right_and_the_likelier_is_so():
    """Chances of 0.6 and 0.2, of a third class 0.2; whose label the others of the thing have."""
    one_file, two_classes = np.array([0, 0]), np.eye(3)[[0, 1]]
    pooled, alone = np.tile([0.6, 0.2, 0.2], (2, 1)), np.tile([1.0, 1, 0], (2, 1))
    wrong = labels._wrong_of_one_file(two_classes, one_file, pooled, alone)
    assert wrong == pytest.approx([0.25, 0.75])
    # Of three others with the second label each weighs as much as DOUBT, 0.1, says: 31 to 1.
    wrong = labels._wrong_of_one_file(two_classes, one_file, pooled, alone + [0, 3, 0])
    assert wrong == pytest.approx([1 - 0.6 / (0.6 + 31 * 0.2), 0.6 / (0.6 + 31 * 0.2)])
    # Three files, of which two bear one label: these count as one witness, and are right together.
    three, files = np.eye(3)[[0, 1, 1]], np.array([0, 0, 0])
    votes = np.tile(three.sum(axis=0), (3, 1))
    wrong = labels._wrong_of_one_file(three, files, np.tile(pooled[0], (3, 1)), votes)
    assert wrong == pytest.approx([0.25, 0.75, 0.75])
    # The other label could not be judged: nothing says which of the two is right.
    assert labels._wrong_of_one_file(two_classes[:1], files[:1], pooled[:1], alone[:1]) == 0.5


def test_where_a_label_is_more_likely_wrong_another_is_suggested_even_if_it_looks_right():
    """Two ash and three elm of one thing that looks like ash, and hundreds that agree: slips say
    elm, the picture says ash. Ten classes, so that a slip seldom hits the same one twice."""
    y = np.array([0, 0, 1, 1, 1] + [2] * 300)
    things = np.array([0] * 5 + [*np.repeat(np.arange(1, 61), 5)])
    given = pd.Series([f"class {n}" for n in y], [f"{n}.jpg" for n in range(305)])
    chances = np.full((305, 10), 0.01)
    chances[:5, :2], chances[5:, 2] = [0.6, 0.32], 0.91
    classes = np.array([f"class {n}" for n in range(10)])
    table = labels._judge(
        given, y, classes, np.log(chances), things, np.arange(305), np.zeros(305, bool)
    )
    slips = table.loc[["0.jpg", "1.jpg"]]
    assert (slips["wrong"] > 0.5).all() and (slips["suggested"] == "class 1").all()
    sure = table[table["wrong"] > 0.5]
    assert (sure["suggested"] != sure["given"]).all()

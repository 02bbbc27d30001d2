"""Comparisons are paired, corrected for their number, and by the same images and steps."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import log_loss, recall_score

from helpers.augment import (
    ask_changed,
    class_effects,
    compare_policies,
    make_policy,
    paired_effects,
    score_answers,
    train_with,
)
from helpers.training import predict

QUICK = {"per_class": 9, "epochs": 1, "size": 32}


@pytest.fixture(scope="module")
def scores():
    """Three policies on five seeds: seeds differ much, "better" is 0.1 above "none" in each."""
    rng, rows = np.random.default_rng(3), []
    for seed in range(5):
        base = rng.uniform(0.2, 0.6)
        for policy, gain in (("none", 0.0), ("better", 0.1), ("same", 0.0)):
            value = base + gain + rng.normal(0, 0.01)
            rows.append((policy, seed, value, 1 - value, value - 0.1, value + 0.1))
    names = ["policy", "seed", "accuracy", "log_loss", "recall of ash", "recall of elm"]
    return pd.DataFrame(rows, columns=names)


def test_effects_are_students_intervals_over_paired_differences(scores):
    found = paired_effects(scores)
    wide = scores.pivot_table("accuracy", "seed", "policy")
    for policy in ("better", "same"):
        off = wide[policy] - wide["none"]
        low, high = stats.t.interval(0.95, 4, off.mean(), stats.sem(off))
        row = found.loc[policy]
        assert row["difference"] == pytest.approx(off.mean())
        assert (row["low"], row["high"]) == pytest.approx((low, high))
        assert row["p"] == pytest.approx(stats.ttest_rel(wide[policy], wide["none"]).pvalue)
        assert row["value"] == pytest.approx(wide[policy].mean())
        assert row["seeds"] == 5
    assert list(found.index) == ["better", "same"]
    assert found["sure"].to_dict() == {"better": True, "same": False}


def test_another_policy_can_be_compared_with_and_a_level_widens(scores):
    found = paired_effects(scores, against="better", level=0.99)
    assert list(found.index) == ["same", "none"] or list(found.index) == ["none", "same"]
    narrow = paired_effects(scores, against="better")
    assert (found["high"] - found["low"] > narrow["high"] - narrow["low"]).all()
    with pytest.raises(ValueError, match=r"No scores of the policy 'crop'.*'none'"):
        paired_effects(scores, against="crop")


def test_rows_of_two_settings_are_not_averaged_without_a_word(scores):
    with pytest.raises(ValueError, match=r"'none' has more than one row for seed 0; .* setting"):
        paired_effects(pd.concat([scores, scores]))


def test_holms_correction_is_that_of_the_textbook():
    """The smallest p times four, the next times three, and never below the one before."""
    from helpers.augment.comparing import _holm

    p = pd.Series([0.03, 0.01, 0.02, 0.9], ["c", "a", "b", "d"])
    assert _holm(p).round(9).to_dict() == {"c": 0.06, "a": 0.04, "b": 0.06, "d": 0.9}
    assert _holm(pd.Series([0.6, 0.7])).tolist() == [1, 1]


def test_what_is_sure_alone_may_not_be_among_many(scores):
    off = np.array([0.02, 0.03, 0.01, 0.04, 0.005])
    p = stats.ttest_1samp(off, 0).pvalue
    assert 0.05 / 12 < p < 0.05
    plain = scores[scores["policy"] == "none"]
    tried = [plain] + [
        plain.assign(policy=f"p{n}", accuracy=plain["accuracy"].to_numpy() + off) for n in range(12)
    ]
    assert paired_effects(pd.concat(tried[:2]))["sure"].all()
    assert not paired_effects(pd.concat(tried))["sure"].any()


def test_one_seed_has_a_difference_and_no_interval(scores):
    found = paired_effects(scores[scores["seed"] == 0])
    assert found["difference"].notna().all()
    assert found[["low", "high", "p"]].isna().all(axis=None)
    assert not found["sure"].any()


def test_seeds_that_only_one_policy_has_are_left_out(scores):
    fewer = scores[(scores["policy"] != "better") | (scores["seed"] < 3)]
    assert paired_effects(fewer)["seeds"].to_dict() == {"better": 3, "same": 5}


def test_classes_are_compared_one_by_one_the_greatest_loss_first(scores):
    worse = scores.copy()
    worse.loc[worse["policy"] == "better", "recall of elm"] -= 0.3
    found = class_effects(worse, "better")
    assert list(found.index) == ["elm", "ash"]
    assert found["difference"]["ash"] == pytest.approx(
        paired_effects(scores, "recall of ash")["difference"]["better"]
    )
    assert found.loc["elm", "high"] < 0 < found.loc["ash", "low"]
    assert class_effects(scores[["policy", "seed", "accuracy"]], "better").empty


@pytest.fixture(scope="module")
def answers(planes):
    turned = make_policy("mine")
    return compare_policies(planes, ["none", turned, "hue"], seeds=[0, 1], **QUICK)


def test_every_validation_image_is_answered_once_by_each_training(planes, answers):
    valid = planes.part("valid").images
    assert list(answers.columns[:3]) == ["policy", "seed", "image_id"]
    for (policy, _), rows in answers.groupby(["policy", "seed"]):
        assert policy in ("none", "mine", "hue")
        assert set(rows["image_id"]) == set(valid.index)
        assert len(rows) == len(valid)
        assert (rows["label"].to_numpy() == valid.loc[rows["image_id"], "label"]).all()
    assert len(answers) == 6 * len(valid)
    assert set(answers["images"]) == {18}


def test_a_policy_that_changes_nothing_comes_out_exactly_as_none(answers):
    wide = answers.pivot_table("loss", ["seed", "image_id"], "policy")
    assert (wide["mine"] == wide["none"]).all()
    assert (wide["hue"] != wide["none"]).any()
    assert not np.allclose(wide["none"].xs(0), wide["none"].xs(1))


def test_scores_are_those_of_scikit_learn(answers):
    found = score_answers(answers).set_index(["policy", "seed"])
    for key, rows in answers.groupby(["policy", "seed"]):
        labels = ["ash", "elm"]
        recalls = recall_score(rows["label"], rows["prediction"], average=None, labels=labels)
        row = found.loc[key]
        assert row["accuracy"] == pytest.approx((rows["label"] == rows["prediction"]).mean())
        assert row["log_loss"] == pytest.approx(rows["loss"].mean())
        assert [row["recall of ash"], row["recall of elm"]] == pytest.approx(list(recalls))
        assert row["images"] == 18


def test_losses_are_minus_the_logarithm_of_the_labels_probability(planes):
    learner = train_with(planes, "none", **QUICK)
    said = predict(learner, planes.part("valid"), progress=False)
    assert said["loss"].mean() == pytest.approx(log_loss(said["label"], said[["ash", "elm"]]))


def test_other_images_can_be_scored(planes):
    train = planes.part("train").images.head(7)
    found = compare_policies(planes, ["none"], scored_on=planes.with_images(train), **QUICK)
    assert set(found["image_id"]) == set(train.index)


@pytest.mark.parametrize("policy", ["MixUp", "crop and zoom"])
def test_networks_are_trained_from_random_weights_too(planes, policy):
    learner = train_with(planes, policy, pretrained=False, **QUICK)
    assert learner.dls.size == 32
    assert not learner.settings["pretrained"]
    assert len(learner.dls.train_ds) == 18


def test_a_network_is_asked_about_images_before_and_after(planes):
    learner = train_with(planes, "none", per_class="all", epochs=3, size=32)
    valid = planes.part("valid")
    asked = ask_changed(learner, valid, ["none", "mirror", "hue", "MixUp"])
    assert list(asked["policy"].unique()) == ["none", "mirror", "hue"]
    assert asked.groupby("policy")["image_id"].nunique().eq(18).all()
    same = asked[asked["policy"] == "none"]
    assert (same["before"] == same["after"]).all()
    said = predict(learner, valid, progress=False)["prediction"]
    assert (same.set_index("image_id")["before"] == said[same["image_id"]]).all()
    assert ask_changed(learner, valid, []).empty

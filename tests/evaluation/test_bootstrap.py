"""The bootstrap against resampling rows one by one, and on the edges."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit, logit
from sklearn.metrics import confusion_matrix, f1_score, matthews_corrcoef

from helpers.datasets import DatasetError
from helpers.evaluation import (
    accuracy_interval,
    bootstrap,
    bootstrap_metrics,
    compare_metrics,
    overall_metrics,
)
from helpers.evaluation.bootstrap import replicate_metrics
from studies.coverage import made_world, thrown
from tests.evaluation.test_confusions import CLASSES, made


def grouped(things=40, photos=4, seed=0, right=0.7):
    """A table of photos whose things are mostly recognised, or not, altogether; and groups."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.choice([*"abc"], things), photos)
    hard = np.repeat(rng.random(things) > right, photos)
    answers = np.where(hard & (rng.random(len(labels)) < 0.9), "a", labels)
    return made(labels, answers), np.repeat(np.arange(things), photos)


def by_rows(table, groups, score, replicates, seed):
    """A score of whole groups drawn with replacement, row by row."""
    rng, units = np.random.default_rng(seed), groups.max() + 1
    rows = [np.flatnonzero(groups == unit) for unit in range(units)]
    names = pd.Index(table["label"].unique())
    labels, answers = (names.get_indexer(table[name]) for name in ("label", "prediction"))
    found = []
    for _ in range(replicates):
        drawn = np.concatenate([rows[unit] for unit in rng.integers(units, size=units)])
        found.append(score(labels[drawn], answers[drawn]))
    return np.array(found)


def macro(labels, answers):
    return f1_score(labels, answers, average="macro", zero_division=0)


@pytest.mark.parametrize(("name", "score"), [("macro F1", macro), ("MCC", matthews_corrcoef)])
@pytest.mark.parametrize("photos", [1, 4])
def test_replicates_are_spread_as_if_rows_were_drawn(name, score, photos):
    table, groups = grouped(photos=photos)
    values, drawn, units = replicate_metrics([table], groups, 4000, seed=1)
    expected = by_rows(table, groups, score, 400, seed=2)
    assert values[0][name] == pytest.approx(score(table["label"], table["prediction"]))
    assert units == 40
    assert stats.ks_2samp(drawn[0][name], expected).pvalue > 0.001
    assert drawn[0][name].std() == pytest.approx(expected.std(), rel=0.15)


def test_single_images_that_are_alike_are_drawn_together_and_so_are_large_sets():
    table, _ = grouped(things=300, photos=4)
    together = replicate_metrics([table], None, 3000, seed=3)[1][0]["macro F1"]
    expected = by_rows(table, np.arange(len(table)), macro, 300, seed=4)
    assert stats.ks_2samp(together, expected).pvalue > 0.001


def test_the_ends_come_from_bias_and_spread_of_the_logits():
    table, groups = grouped()
    found = bootstrap_metrics(table, groups, 500, level=0.9, seed=5)
    drawn = replicate_metrics([table], groups, 500, 5)[1][0]
    for name, lowest in (("accuracy", 0), ("MCC", -1), ("weighted F1", 0)):
        logits = logit((drawn[name] - lowest) / (1 - lowest))
        own = logit((found["value"][name] - lowest) / (1 - lowest))
        half = stats.t.ppf(0.95, 39) * logits.std() * np.sqrt(40 / 39)
        centre = own - (logits.mean() - own)
        ends = lowest + (1 - lowest) * expit([centre - half, centre + half])
        assert found.loc[name, ["low", "high"]].tolist() == pytest.approx(ends)
    assert (found["low"] < found["value"]).all()
    assert (found["high"] > found["value"]).all()


def test_a_thousand_replicates_at_95_percent_are_drawn_unless_told_whose_groups_may_be_a_series():
    table, groups = grouped()
    by_id = pd.Series(groups, table.index).sample(frac=1, random_state=0)
    found = bootstrap_metrics(table, by_id)
    pd.testing.assert_frame_equal(
        found, bootstrap_metrics(table, groups, replicates=1000, level=0.95, seed=0)
    )
    assert not found.equals(bootstrap_metrics(table, groups, replicates=1001))
    other = table.assign(prediction=table["label"])
    pd.testing.assert_frame_equal(
        compare_metrics(table, other, by_id),
        compare_metrics(table, other, groups, replicates=1000, level=0.95, seed=0),
    )


def test_a_score_that_meets_its_bound_is_moved_in_by_a_quarter_of_a_group():
    table = made([*"aabbcc"] * 4, [*"aabbcc"] * 3 + [*"aabbca"])
    found = bootstrap_metrics(table, replicates=400).loc["accuracy"]
    drawn = replicate_metrics([table], None, 400, 0)[1][0]["accuracy"]
    assert (drawn == 1).any()
    logits = logit(drawn.clip(1 / 96, 95 / 96))
    half = stats.t.ppf(0.975, 23) * logits.std() * np.sqrt(24 / 23)
    ends = expit(2 * logit(23 / 24) - logits.mean() + half * np.array([-1, 1]))
    assert found[["low", "high"]].tolist() == pytest.approx(ends)


def test_photos_of_one_thing_say_less_than_as_many_things():
    table, groups = grouped()
    width = {
        how: (lambda one: one["high"] - one["low"])(bootstrap_metrics(table, by).loc["macro F1"])
        for how, by in (("things", groups), ("photos", None))
    }
    assert width["things"] > 1.6 * width["photos"]


def test_the_same_seed_gives_the_same_ends_in_any_order_of_groups_names():
    table, groups = grouped()
    first = bootstrap_metrics(table, groups, 200)
    pd.testing.assert_frame_equal(first, bootstrap_metrics(table, groups, 200))
    pd.testing.assert_frame_equal(first, bootstrap_metrics(table, [f"t{g}" for g in groups], 200))
    assert not first.equals(bootstrap_metrics(table, groups, 200, seed=1))


def test_perfect_scores_are_no_certainty_and_one_group_tells_nothing():
    table = made([*"aabbcc"] * 5, [*"aabbcc"] * 5)
    found = bootstrap_metrics(table, replicates=100)
    assert (found["value"] == 1).all()
    assert (found["high"] == 1).all()
    assert found["low"].tolist() == pytest.approx([accuracy_interval([1] * 30).low] * len(found))
    alone = bootstrap_metrics(table, [0] * 30, 100)
    assert alone.loc["MCC"].tolist() == [1, -1, 1]
    assert alone.loc["accuracy"].tolist() == [1, 0, 1]
    wrong = bootstrap_metrics(made(["a"] * 9, ["b"] * 9), replicates=100)
    assert wrong.loc["accuracy", ["value", "low"]].tolist() == [0, 0]
    assert wrong.loc["accuracy", "high"] == pytest.approx(accuracy_interval([0] * 9).high)


def test_models_are_compared_on_the_same_draws():
    table, groups = grouped(right=0.5)
    better = table.assign(prediction=table["prediction"].where(groups > 7, table["label"]))
    found = compare_metrics(better, table.sample(frac=1, random_state=0), groups)
    values, drawn, _ = replicate_metrics([better, table], groups, 1000, 0)
    off = drawn[0]["accuracy"] - drawn[1]["accuracy"]
    assert off.std() < 0.7 * np.hypot(drawn[0]["accuracy"].std(), drawn[1]["accuracy"].std())
    row = found.loc["accuracy"]
    assert row["first"] == values[0]["accuracy"]
    assert row["second"] == values[1]["accuracy"]
    assert row["difference"] == pytest.approx(row["first"] - row["second"])
    assert row["low"] < row["difference"] < row["high"]
    half = stats.t.ppf(0.975, 39) * off.std()
    assert row["high"] - row["low"] == pytest.approx(2 * half, rel=0.05)
    same = compare_metrics(table, table, groups, 100)
    assert (same["difference"] == 0).all()
    assert (same["low"] < 0).all()
    assert (same["high"] > 0).all()


def test_models_of_other_images_or_labels_or_classes():
    table, groups = grouped()
    with pytest.raises(DatasetError, match="not of the same images"):
        compare_metrics(table, table[1:])
    with pytest.raises(DatasetError, match="not of the same images"):
        compare_metrics(table, table.assign(label="a"))
    fewer = table.drop(columns="f")
    pd.testing.assert_frame_equal(
        compare_metrics(table, fewer, groups, 100), compare_metrics(table, table, groups, 100)
    )


def test_too_few_replicates_and_no_level_are_refused():
    table, _ = grouped()
    with pytest.raises(DatasetError, match="replicates is 99; expected at least 100"):
        bootstrap_metrics(table, replicates=99)
    with pytest.raises(DatasetError, match="level is 95"):
        bootstrap_metrics(table, level=95)


def test_few_numbers_are_held_at_a_time(monkeypatch):
    table, groups = grouped()
    expected = bootstrap_metrics(table, groups, 320)
    assert 8 * bootstrap.AT_ONCE == 64 * 2**20
    batches, draw = [], bootstrap._draw
    monkeypatch.setattr(bootstrap, "AT_ONCE", len(CLASSES) ** 2 * 50)
    monkeypatch.setattr(bootstrap, "_draw", lambda *a: batches.append(a[1]) or draw(*a))
    pd.testing.assert_frame_equal(bootstrap_metrics(table, groups, 320), expected)
    assert batches == [50] * 6 + [20]


def test_the_confusion_is_that_of_scikit_learn():
    table, groups = grouped()
    counts = confusion_matrix(table["label"], table["prediction"], labels=CLASSES)
    right = np.trace(counts) / counts.sum()
    assert bootstrap_metrics(table, groups, 100).loc["accuracy", "value"] == pytest.approx(right)


def test_intervals_hold_the_planted_score_about_95_times_in_100():
    world, inside = made_world(4, 0.7), []
    truth = overall_metrics(world)
    for seed in range(150):
        table, groups = thrown(world, things=100, photos=3, seed=seed)
        found = bootstrap_metrics(table, groups, 200, seed=seed)
        inside.append([row["low"] <= truth[name] <= row["high"] for name, row in found.iterrows()])
    # 150 throws of 95 in 100 are 142.5 ± 2.7.
    held = np.sum(inside, axis=0)
    assert (held >= 134).all()
    assert held.mean() <= 149


@pytest.mark.parametrize(("things", "photos", "right"), [(15, 28, 0.99), (20, 12, 0.97)])
def test_high_scores_of_few_things_lie_within_their_intervals(things, photos, right):
    """A hundred test sets of known scores. While scores were held to be no finer than a quarter of
    a group, their intervals held the truth in 62 to 90 of them."""
    rng, held = np.random.default_rng(1), {"accuracy": 0, "MCC": 0}
    truth = {"accuracy": right, "MCC": 1 - (1 - right) * 4 / 3}
    labels = np.repeat(np.arange(things) % 4, photos)
    ids = pd.Index([f"{number}" for number in range(len(labels))], name="image_id")
    for _ in range(100):
        chances = rng.beta(right * 19, (1 - right) * 19, things)
        named = labels + (rng.random(len(labels)) > np.repeat(chances, photos)) * rng.integers(
            1, 4, len(labels)
        )
        table = pd.DataFrame({"label": labels.astype(str), "prediction": (named % 4).astype(str),
                              "confidence": 0.9}, ids)  # fmt: skip
        table[[*"0123"]] = 0.0
        found = bootstrap_metrics(table, np.repeat(np.arange(things), photos), replicates=200)
        for name, value in truth.items():
            held[name] += bool(found.loc[name, "low"] <= value <= found.loc[name, "high"])
    assert min(held.values()) >= 93

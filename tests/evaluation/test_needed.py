"""How many groups it takes: against copies of the groups, one more at a time."""

import itertools

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.evaluation import (
    accuracy_interval,
    bootstrap_metrics,
    check_predictions,
    groups_needed,
    groups_needed_of_metric,
)


def times(correct, groups, number):
    """The same images, each group there so many times under another name."""
    names = [f"{one}-{copy}" for copy in range(number) for one in groups]
    return np.tile(correct, number), names


def by_trying(correct, groups, least):
    """How many times each group must be there."""
    tried = itertools.count(1)
    return next(n for n in tried if accuracy_interval(*times(correct, groups, n)).low >= least)


@pytest.mark.parametrize(
    ("right", "of", "least"),
    [(19, 20, 0.9), (9, 10, 0.8), (4, 5, 0.5), (1, 1, 0.9), (1, 2, 0.45), (10, 10, 0.999)],
)
def test_single_images_are_as_many_as_trying_one_number_after_the_other_finds(right, of, least):
    correct = np.arange(of) < right
    found = groups_needed(correct, range(of), least)
    tried = by_trying(correct, range(of), least)
    assert (tried - 1) * of < found <= tried * of
    # Exact, where so many images can have that share.
    exact = next(n for n in itertools.count(2) if n % of == 0 and n >= found)
    assert accuracy_interval(np.arange(exact) < exact * right / of, range(exact)).low >= least
    fewer = (found - 1) // of * of
    if fewer > 1:
        assert accuracy_interval(np.arange(fewer) < fewer * right / of, range(fewer)).low < least


@pytest.mark.parametrize("seed", range(12))
def test_of_groups_it_takes_as_many_as_copies_of_all_of_them_do(seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 8, 60)
    hard = rng.uniform(0.5, 1, 8)
    correct = rng.random(60) < hard[groups]
    number = len(set(groups))
    least = float(correct.mean()) - rng.uniform(0.02, 0.1)
    tried, found = by_trying(correct, groups, least), groups_needed(correct, groups, least)
    assert (tried - 1) * number < found <= tried * number


def test_photos_of_one_thing_that_err_together_need_about_as_many_things_as_single_images():
    alone = groups_needed(np.arange(40) < 36, range(40), 0.8)
    together = groups_needed(np.repeat(np.arange(40) < 36, 5), np.repeat(range(40), 5), 0.8)
    assert together == alone == 65
    for things, enough in ((60, False), (70, True)):
        right = np.arange(things) < 0.9 * things
        assert (accuracy_interval(right, range(things)).low >= 0.8) == enough
    # Groups of five of which each has one error tell as much as five images each, and no more.
    apart = groups_needed(np.tile([True] * 4 + [False], 40), np.repeat(range(40), 5), 0.7)
    for things, enough in ((apart, True), (apart - 1, False)):
        same = np.tile([True] * 4 + [False], things), np.repeat(range(things), 5)
        assert (accuracy_interval(*same).low >= 0.7) == enough


@pytest.mark.parametrize(
    ("right", "of", "least"), [(9, 10, 0.9), (8, 10, 0.9), (10, 10, 1), (0, 10, 0.1)]
)
def test_a_share_that_is_no_more_than_the_least_is_shown_by_no_number(right, of, least):
    assert groups_needed(np.arange(of) < right, range(of), least) is None


def test_one_group_tells_nothing_of_others_but_where_all_is_right():
    assert groups_needed([True, False, True], ["a"] * 3, 0.5) is None
    assert groups_needed([True] * 3, ["a"] * 3, 0.5) == groups_needed([True], ["a"], 0.5) == 7
    assert accuracy_interval([True] * 7, range(7)).low >= 0.5
    assert accuracy_interval([True] * 6, range(6)).low < 0.5
    with pytest.raises(DatasetError, match="expected one per image"):
        groups_needed([True] * 3, ["a"], 0.5)


def table(seed, things=40, each=3):
    """Answers about three classes, in groups that err together."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.choice(list("abc"), things, p=[0.5, 0.3, 0.2]), each)
    off = np.repeat(rng.random(things) < 0.12, each) | (rng.random(things * each) < 0.08)
    said = np.where(off, rng.choice(list("abc"), things * each), labels)
    found = pd.DataFrame({name: (said == name).astype(float) for name in "abc"})
    found.insert(0, "label", labels)
    found.index = pd.Index([f"{n}.jpg" for n in range(len(found))], name="image_id")
    return found, np.repeat(range(things), each)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("metric", ["balanced accuracy", "macro F1", "weighted precision", "MCC"])
def test_other_metrics_need_about_as_many_groups_as_drawing_from_copies_of_them_finds(seed, metric):
    answers, groups = table(seed)
    lowest = -1.0 if metric == "MCC" else 0.0
    value, low, high = bootstrap_metrics(check_predictions(answers), groups).loc[metric]
    least = low + 0.5 * (value - low)
    found = groups_needed_of_metric(value, low, high, 40, least, lowest=lowest)
    begins = []
    for number in (found / 40 * 0.8, found / 40 * 1.2):
        copies = [answers.rename(index=lambda i, n=n: f"{n}-{i}") for n in range(round(number))]
        named = [f"{one}-{n}" for n in range(round(number)) for one in groups]
        drawn = bootstrap_metrics(check_predictions(pd.concat(copies)), named)
        begins.append(drawn.loc[metric, "low"])
    assert begins[0] <= least <= begins[1]


@pytest.mark.parametrize("classes", [20, 50])
@pytest.mark.parametrize("each", [10, 60])
def test_never_so_few_as_there_were_are_said_to_be_enough(classes, each):
    """Of many classes the draws of balanced accuracy lie above its value: of a handful of images,
    which that bias says nothing about, it would seem to make up for all that is lacking."""
    needed = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        labels = np.repeat(np.arange(classes), each)
        guessed = rng.integers(0, classes, len(labels))
        said = np.where(rng.random(len(labels)) < 0.55, labels, guessed)
        names = [f"c{n:02}" for n in range(classes)]
        answers = pd.DataFrame(np.eye(classes)[said], columns=names)
        answers.insert(0, "label", [names[n] for n in labels])
        answers.index = pd.Index([f"{n}.jpg" for n in range(len(labels))], name="image_id")
        value, low, high = bootstrap_metrics(check_predictions(answers)).loc["balanced accuracy"]
        for share in (0.3, 0.6, 0.9):
            least = low + share * (value - low)
            needed.append(groups_needed_of_metric(value, low, high, len(labels), least))
    assert min(needed) > classes * each
    assert needed[2::3] > needed[0::3]  # what lies nearer to the value takes more


def test_a_metric_of_which_no_draw_differs_gets_the_ends_of_as_many_groups_without_an_error():
    perfect = table(0)[0].assign(a=lambda t: t["label"] == "a", b=lambda t: t["label"] == "b",
                                 c=lambda t: t["label"] == "c")  # fmt: skip
    perfect[["a", "b", "c"]] = perfect[["a", "b", "c"]].astype(float)
    found = bootstrap_metrics(check_predictions(perfect)).loc["balanced accuracy"]
    needed = groups_needed_of_metric(*found, 120, 0.99)
    assert accuracy_interval(np.ones(needed)).low >= 0.99
    assert accuracy_interval(np.ones(needed - 1)).low < 0.99
    assert needed == 381


@pytest.mark.parametrize(
    ("value", "least", "groups"), [(0.8, 0.8, 40), (0.8, 0.9, 40), (1.0, 1.0, 40), (0.9, 0.8, 1)]
)
def test_a_metric_that_is_no_more_than_the_least_or_of_one_group_is_shown_by_no_number(
    value, least, groups
):
    assert groups_needed_of_metric(value, value - 0.2, 1.0, groups, least) is None


@pytest.mark.parametrize(
    ("value", "low", "high", "groups", "least"),
    [(0.9, 0.7, 1.0, 30, 0.8), (0.9, 0.0, 1.0, 30, 0.8), (0.8, 0.0, 1.0, 4, 0.7)],
)
def test_an_interval_that_ends_at_zero_or_one_is_no_certainty(value, low, high, groups, least):
    needed = groups_needed_of_metric(value, low, high, groups, least)
    assert needed is None or needed > groups

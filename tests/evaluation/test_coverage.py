"""The study of how often intervals hold the true score, and the worlds that it throws."""

import numpy as np
import pytest

from helpers.course.studies import read_study
from helpers.evaluation import overall_metrics
from studies.coverage import made_world, measure, thrown


def test_a_world_is_thrown_with_the_scores_that_it_has():
    world = made_world(5, 0.7)
    assert world.sum() == pytest.approx(1)
    assert overall_metrics(world)["macro recall"] == pytest.approx(0.7)
    table, things = thrown(world, things=20_000, photos=2, seed=1)
    assert np.bincount(things).tolist() == [2] * 20_000
    counts = np.zeros((5, 5))
    names = [f"class {number}" for number in range(5)]
    at = [[names.index(one) for one in table[column]] for column in ("label", "prediction")]
    np.add.at(counts, tuple(at), 1)
    assert counts / len(table) == pytest.approx(world, abs=0.01)
    right = (table["label"] == table["prediction"]).to_numpy().reshape(-1, 2)
    assert np.corrcoef(right.T)[0, 1] > 0.3


def test_a_score_is_counted_by_thing_and_by_photo():
    found = measure(30, 3, 3, 0.6, tests=4)
    assert set(found["interval"]) == {"by thing", "by photo"}
    assert found["tests"].max() == 4
    assert found["coverage"].between(0, 1).all()
    assert not found["in_scope"].any()


def test_intervals_by_thing_hold_what_they_promise_and_those_by_photo_do_not():
    table = read_study("coverage")
    table = table[table["in_scope"]]
    thing, photo = (table[table["interval"] == f"by {of}"] for of in ("thing", "photo"))
    settings = ["things", "photos", "classes", "truth", "tests"]
    assert len(thing[["things", "photos"]].drop_duplicates()) >= 5
    # What is left is the chance of so many throws: three standard errors of 95 in 100.
    error = 3 * np.sqrt(0.95 * 0.05 / thing["tests"])
    assert (thing["coverage"] > 0.93 - error).all(), thing[[*settings, "coverage"]]
    means = thing.groupby(["things", "photos", "classes"])["coverage"].mean()
    assert means.between(0.93, 0.975).all(), means
    assert (photo["coverage"] < 0.9).all()

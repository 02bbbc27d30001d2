"""A sample is random, stays as it is, and tells a share only from verdicts without a gap."""

import numpy as np
import pandas as pd

from helpers.audit import draw_sample, judge_sample
from helpers.evaluation import accuracy_interval
from tests.balance.sets import table


def marks(ids, actions, labels=None):
    return pd.DataFrame({"action": actions, "label": labels}, pd.Index(ids, name="image_id"))


def test_every_labelled_image_that_is_no_test_image_is_drawn_as_often_as_any_other():
    dataset = table(label=["a", "b", None] * 20)
    splits = ["train", "valid", "train", "test"] * 15
    dataset = dataset.with_images(dataset.images.assign(split=splits))
    allowed = dataset.images.index[
        dataset.images["label"].notna() & (dataset.images["split"] != "test")
    ]
    seen = pd.Series(0, allowed)
    for seed in range(200):
        drawn = draw_sample(dataset, 6, seed)
        assert len(drawn) == drawn.index.nunique() == 6
        seen[drawn.index] += 1
    expected = 200 * 6 / len(allowed)
    assert seen.between(expected - 5 * expected**0.5, expected + 5 * expected**0.5).all()
    assert drawn["given"].equals(dataset.images.loc[drawn.index, "label"].rename("given"))
    assert set(drawn["issue"]) == {"random sample"}


def test_a_sample_repeats_and_other_images_hardly_change_it():
    dataset = table(label=["a", "b"] * 100)
    whole = draw_sample(dataset, 50)
    pd.testing.assert_frame_equal(whole, draw_sample(dataset, 50))
    assert list(draw_sample(dataset, 20).index) == list(whole.index[:20])
    fewer = draw_sample(dataset.with_images(dataset.images.drop(whole.index[:3])), 50)
    assert list(fewer.index[:47]) == list(whole.index[3:])
    assert len(draw_sample(dataset, 500)) == 200
    assert draw_sample(dataset).equals(draw_sample(dataset, 100, seed=0))
    assert len(draw_sample(dataset)) == 100


def test_the_share_is_that_of_keep_and_relabel_before_the_first_gap():
    dataset = table(label=["a", "b"] * 30)
    sample = draw_sample(dataset, 12)
    ids = list(sample.index)
    other = ["b" if one == "a" else "a" for one in sample["given"]]
    said = ["keep", "relabel", "drop", "keep", "relabel", "keep", None, "relabel", "relabel"]
    known = [(i, a, o) for i, a, o in zip(ids, said, other, strict=False) if a]
    decisions = marks([k[0] for k in known], [k[1] for k in known],
                      [k[2] if k[1] == "relabel" else None for k in known])  # fmt: skip
    found = judge_sample(dataset, sample, decisions)
    assert (found.judged, found.beyond, found.dropped) == (6, 2, 1)
    assert found.wrong == [ids[1], ids[4]]
    assert found.rate == accuracy_interval([0, 1, 0, 1, 0])
    same = decisions.assign(label=sample["given"].reindex(decisions.index))
    assert judge_sample(dataset, sample, same).wrong == []


def test_without_a_verdict_about_the_first_there_is_no_share():
    dataset = table(label=["a", "b"] * 10)
    sample = draw_sample(dataset, 5)
    nothing = marks([], [], [])
    assert judge_sample(dataset, sample, nothing) == (0, 0, 0, [], None)
    late = judge_sample(dataset, sample, marks(sample.index[1:], ["keep"] * 4))
    assert (late.judged, late.beyond, late.rate) == (0, 4, None)
    said = ["keep", "cannot tell", "drop", "keep", "cannot tell"]
    untold = judge_sample(dataset, sample, marks(sample.index, said))
    assert (untold.judged, untold.dropped, untold.wrong) == (5, 3, [])
    assert untold.rate == accuracy_interval([0, 0])
    gone = judge_sample(dataset, sample, marks(sample.index, ["drop"] * 5))
    assert (gone.judged, gone.dropped, gone.rate) == (5, 5, None)
    whole = judge_sample(dataset, sample, marks(sample.index, ["keep"] * 5))
    assert (whole.judged, whole.rate.accuracy) == (5, 0.0)


def test_intervals_from_samples_hold_the_true_share_about_as_often_as_they_promise():
    labels = np.array(["a", "b"])[np.arange(400) % 2]
    dataset, wrong = table(label=list(labels)), np.arange(400) % 10 == 3
    other = pd.Series(np.where(labels == "a", "b", "a"), dataset.images.index)
    off = pd.Series(wrong, dataset.images.index)
    held = 0
    for seed in range(60):
        sample = draw_sample(dataset, 80, seed)
        bad = off[sample.index]
        said = marks(sample.index, np.where(bad, "relabel", "keep"), other[sample.index].where(bad))
        rate = judge_sample(dataset, sample, said).rate
        held += rate.low <= 0.1 <= rate.high
    assert held >= 54

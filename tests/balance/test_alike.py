"""Whether one score tells a class beside another: on scores of which the answer is known."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from helpers.balance import area_among_alike


def drawn(seed):
    """A class, what its files tell of it, and noise for each of 2,000 images."""
    rng = np.random.default_rng(seed)
    own = rng.random(2000) < 0.2
    return own, own * 3.0 + rng.normal(size=2000), rng.normal(size=(3, 2000))


@pytest.mark.parametrize("seed", range(5))
def test_what_follows_from_the_other_score_falls_to_chance_and_what_does_not_stays(seed):
    own, files, (noise, ground, other) = drawn(seed)
    through = files + 0.5 * noise  # the border as the file shaped it
    beside = own * 1.5 + ground  # a ground of its own
    assert roc_auc_score(own, through) > 0.9
    assert area_among_alike(own, through, files) < 0.65  # parts are not points: a little is left
    kept, whole = area_among_alike(own, beside, files), roc_auc_score(own, beside)
    assert kept == pytest.approx(whole, abs=0.04)
    # Random numbers in place of the files take nothing away.
    assert area_among_alike(own, through, other) == pytest.approx(
        roc_auc_score(own, through), abs=0.02
    )


def test_within_each_part_every_comparison_counts_the_same():
    """Ten parts of two: in four of them one is of the class, and three of these rank it first."""
    others = np.arange(20.0)
    own, answers = np.zeros(20, bool), np.zeros(20)
    own[[0, 2, 4, 6]], answers[[0, 2, 4]], answers[7] = True, 1, 1
    assert area_among_alike(own, answers, others) == 0.75


def test_where_the_other_score_parts_the_class_from_all_others_nothing_can_be_said():
    own = np.arange(20) >= 10
    assert np.isnan(area_among_alike(own, np.arange(20.0), np.arange(20.0)))

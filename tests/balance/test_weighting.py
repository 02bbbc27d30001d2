"""Weights against scikit-learn's, and what taking back the prior does."""

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from helpers.balance import adjust_logits, class_weights, image_weights

LABELS = pd.Series(list("aaaaaabbc") + [None], [f"{i}.jpg" for i in range(10)])


def test_power_one_is_balanced_in_scikit_learn():
    labels = LABELS.dropna()
    expected = compute_class_weight("balanced", classes=np.array(list("abc")), y=labels)
    assert class_weights(LABELS).to_dict() == pytest.approx(dict(zip("abc", expected, strict=True)))
    weights = image_weights(LABELS)
    assert weights.index.tolist() == labels.index.tolist()
    assert weights.tolist() == pytest.approx(compute_sample_weight("balanced", labels).tolist())


@pytest.mark.parametrize(("power", "ratio"), [(0, 1), (0.5, 6**0.5), (1, 6), (2, 36)])
def test_the_power_says_how_much_louder_the_rarest_gets(power, ratio):
    weights = class_weights(LABELS, power)
    assert weights["c"] / weights["a"] == pytest.approx(ratio)
    assert image_weights(LABELS, power=power).mean() == pytest.approx(1)


def test_group_balancing_gives_each_class_on_each_ground_the_same_weight():
    grounds = pd.Series(list("gggggsgss") + ["g"], LABELS.index)
    weights = image_weights(LABELS, grounds)
    sums = weights.groupby([LABELS, grounds]).sum()
    assert sums.tolist() == pytest.approx([9 / 5] * 5)
    assert weights.iloc[5] == pytest.approx(5 * weights.iloc[0])


def test_without_labels_there_are_no_weights():
    with pytest.raises(ValueError, match="no labels"):
        class_weights(LABELS[9:])


def test_adjusting_takes_back_the_training_shares():
    given = pd.DataFrame({"a": [0.6, 0.9], "b": [0.3, 0.05], "c": [0.1, 0.05]})
    found = adjust_logits(given, LABELS)
    raised = given / np.array([6, 2, 1])
    pd.testing.assert_frame_equal(found, raised.div(raised.sum(axis=1), axis=0))
    pd.testing.assert_frame_equal(adjust_logits(given, LABELS, tau=0), given)


def test_adjusting_to_other_shares_is_bayes_rule():
    rng = np.random.default_rng(0)
    likelihood = pd.DataFrame(rng.random((20, 3)), columns=list("abc"))
    old, new = pd.Series([6, 2, 1], list("abc")) / 9, pd.Series([0.2, 0.3, 0.5], list("abc"))

    def posterior(prior):
        joint = likelihood * prior
        return joint.div(joint.sum(axis=1), axis=0)

    found = adjust_logits(posterior(old), LABELS, target=new)
    pd.testing.assert_frame_equal(found, posterior(new))


def test_a_class_whose_share_is_not_known_is_told():
    with pytest.raises(ValueError, match=r"\['d'\] have probabilities but no label"):
        adjust_logits(pd.DataFrame({"a": [0.5], "d": [0.5]}), LABELS)

"""Simulated annotators err as often as we say, and agree as often as that implies."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from helpers.audit import measure_agreement, simulate_annotator

MANY = pd.Series(np.repeat(["ash", "elm", "fir", "oak"], 2000), [f"{i:04d}" for i in range(8000)])


def test_slips_are_as_many_as_said_and_go_to_any_other_class():
    said = simulate_annotator(MANY, slips=0.2, seed=3)
    assert said.ne(MANY).mean() == pytest.approx(0.2, abs=0.02)
    wrong = said[said.ne(MANY) & (MANY == "elm")].value_counts(normalize=True)
    assert set(wrong.index) == {"ash", "fir", "oak"}
    assert wrong.max() < 0.42


def test_without_errors_the_labels_come_back_and_missing_ones_stay_missing():
    labels = MANY.where(MANY.index != "0000")
    pd.testing.assert_series_equal(simulate_annotator(labels), labels, check_names=False)
    assert simulate_annotator(labels, slips=1.0).isna().sum() == 1


def test_two_classes_are_exchanged_as_often_as_said_and_others_never():
    said = simulate_annotator(MANY, confuses=("oak", "elm"), how_often=0.3)
    table = pd.crosstab(MANY, said, normalize="index")
    assert table.loc["oak", "elm"] == pytest.approx(0.3, abs=0.03)
    assert table.loc["elm", "oak"] == pytest.approx(0.3, abs=0.03)
    assert table.loc["ash", "ash"] == table.loc["fir", "fir"] == 1


def test_another_seed_is_another_person_and_the_same_seed_the_same():
    first, second = (simulate_annotator(MANY, 0.1, seed=seed) for seed in (1, 2))
    assert first.equals(simulate_annotator(MANY, 0.1, seed=1))
    both = (first.ne(MANY) & second.ne(MANY)).mean()
    assert both == pytest.approx(0.01, abs=0.006)


def test_agreement_is_what_independent_slips_imply_and_kappa_that_of_scikit_learn():
    table = measure_agreement(MANY, [0, 0.1, 0.3]).set_index("rate")
    implied = {rate: (1 - rate) ** 2 + rate**2 / 3 for rate in (0, 0.1, 0.3)}
    assert table["agreement"].to_dict() == pytest.approx(implied, abs=0.02)
    first, second = (simulate_annotator(MANY, 0.3, seed=seed) for seed in (1, 2))
    assert table.loc[0.3, "kappa"] == cohen_kappa_score(first, second)
    assert table.loc[0, "kappa"] == 1


def test_with_one_class_nobody_can_err_and_kappa_has_no_meaning():
    table = measure_agreement(pd.Series(["oak"] * 9), [0.5])
    assert table["agreement"].tolist() == [1]
    assert table["kappa"].isna().all()


def test_agreement_is_measured_at_seven_rates_unless_told_by_two_whom_the_seed_chooses():
    few = MANY[::40]
    assert measure_agreement(few)["rate"].tolist() == [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5]
    for seed, people in ((0, (1, 2)), (2, (5, 6))):
        first, second = (simulate_annotator(few, 0.3, seed=one) for one in people)
        row = measure_agreement(few, [0.3], seed=seed).iloc[0]
        assert row["agreement"] == (first == second).mean()
    pd.testing.assert_frame_equal(measure_agreement(few, [0.3]), measure_agreement(few, [0.3], 0))


def test_of_two_classes_a_slip_is_always_the_other_and_nobody_errs_unasked():
    two = MANY[MANY.isin(["ash", "oak"])]
    assert simulate_annotator(two, slips=1.0).tolist() == ["oak"] * 2000 + ["ash"] * 2000
    assert simulate_annotator(two, confuses=("ash", "oak")).equals(two)
    assert simulate_annotator(two, 0.2).equals(simulate_annotator(two, 0.2, seed=0))
    first, second = (simulate_annotator(two, 0.2, seed=seed) for seed in (1, 2))
    assert measure_agreement(two, [0.2])["kappa"].item() == cohen_kappa_score(first, second)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"slips": 1.2}, "slips is 1.2"),
        ({"how_often": -1}, "how_often is -1"),
        ({"confuses": ("oak", "yew")}, r"confuses names \['yew'\]"),
    ],
)
def test_rates_and_classes_that_cannot_be_are_named(options, said):
    with pytest.raises(ValueError, match=said):
        simulate_annotator(MANY, **options)

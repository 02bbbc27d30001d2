"""Risk and coverage against a loop over every confidence."""

import numpy as np
import pytest

from helpers.datasets import DatasetError
from helpers.evaluation import confidence_for, risk_at, risk_coverage
from tests.evaluation.tables import drawn, table_of


def tables():
    rng = np.random.default_rng(0)
    tied = rng.dirichlet(np.ones(3), 60).round(1)
    tied /= tied.sum(1, keepdims=True)
    return {
        "random": drawn(150, 1),
        "tied": table_of(tied, rng.integers(0, 3, 60)),
        "perfect": table_of(np.eye(3)[[0, 1, 2]], [0, 1, 2]),
        "all wrong": table_of([[0.9, 0.1]] * 3, [1] * 3),
        "some without labels": table_of(tied, [None, 0, 1, 2] * 15),
    }


TABLES = tables()


@pytest.mark.parametrize("name", TABLES)
def test_the_curve_holds_every_confidence_with_what_a_loop_counts(name):
    known = TABLES[name][TABLES[name]["label"].notna()]
    curve = risk_coverage(TABLES[name])
    assert list(curve["confidence"]) == sorted(set(known["confidence"]), reverse=True)
    for row in curve.itertuples():
        told = known[known["confidence"] >= row.confidence]
        assert row.coverage == pytest.approx(len(told) / len(known), abs=1e-9)
        wrong = (told["label"] != told["prediction"]).mean()
        assert row.risk == pytest.approx(wrong, abs=1e-9)
        assert risk_at(TABLES[name], row.confidence) == pytest.approx((row.coverage, row.risk))
    assert curve["coverage"].iloc[-1] == 1


def test_the_confidence_answers_as_many_as_the_risk_allows():
    curve = risk_coverage(TABLES["random"])
    for risk in (0.0, 0.1, 0.25, 1.0):
        found = confidence_for(risk, curve)
        coverage, paid = risk_at(TABLES["random"], found)
        assert paid <= risk
        more = curve[curve["coverage"] > coverage]
        assert (more["risk"] > risk).all()
    assert confidence_for(1.0, curve) == curve["confidence"].min()


def test_where_even_the_surest_are_wrong_nothing_is_answered():
    limit = confidence_for(0.5, risk_coverage(TABLES["all wrong"]))
    assert limit == np.inf
    assert risk_at(TABLES["all wrong"], limit) == (0.0, 0.0)
    for bad in (-0.1, 1.5):
        with pytest.raises(DatasetError, match="0 to 1"):
            confidence_for(bad, risk_coverage(TABLES["random"]))

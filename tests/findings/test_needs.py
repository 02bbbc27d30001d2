from dataclasses import FrozenInstanceError

import pytest

from helpers.datasets import DatasetError
from helpers.findings.needs import DEFAULT, Need, read_needs


def test_words_and_mappings_give_the_same_needs():
    words = read_needs(["Accuracy >= 90%", "recall of Norway maple>=0.6", "f1 of a>=b>=0.5"])
    mapped = read_needs({"accuracy": 0.9, "recall of Norway maple": 0.6, "F1 of a>=b": 0.5})
    assert words == mapped
    assert words.wanted == (
        Need("accuracy", 0.9),
        Need("recall", 0.6, "Norway maple"),
        Need("F1", 0.5, "a>=b"),
    )
    assert words.said


@pytest.mark.parametrize("nothing", [None, [], {}])
def test_where_nobody_asks_a_default_is_supposed_and_said_to_be(nothing):
    needs = read_needs(nothing)
    assert needs.wanted == (Need(*DEFAULT),)
    assert not needs.said
    assert str(needs) == "balanced accuracy of at least 0.8"
    assert read_needs(needs) is needs


@pytest.mark.parametrize("text", ["accuracy", "accuracy>0.9", "accuracy>=high", ">=0.5", ""])
def test_words_that_are_no_need_are_refused_with_an_example(text):
    with pytest.raises(DatasetError, match=r"expected one such as 'balanced accuracy>=0\.8'"):
        read_needs([text])


@pytest.mark.parametrize("least", [0, -0.1, 1.01, 90])
def test_a_least_that_no_score_can_have_is_refused(least):
    with pytest.raises(DatasetError, match="expected a number above 0, at most 1"):
        read_needs({"accuracy": least})
    assert read_needs({"accuracy": 1}).wanted[0].least == 1


def test_an_unknown_score_is_refused_with_the_one_that_was_meant():
    with pytest.raises(DatasetError, match="did you mean 'balanced accuracy'") as caught:
        read_needs("balanced acuracy>=0.5")
    assert "accuracy, balanced accuracy, macro precision, " in str(caught.value)


def test_needs_cannot_be_changed_once_said():
    needs = read_needs("accuracy>=0.5")
    for one, name in ((needs, "said"), (needs.wanted[0], "least")):
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, 0.1)


def test_a_need_reads_as_it_was_asked():
    assert str(read_needs("recall of olive>=60%")) == "recall of olive of at least 0.6"

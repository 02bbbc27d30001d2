from types import SimpleNamespace

import pytest

from helpers import expect
from helpers.course.expectations import ExpectationFailed

BUNDLED = SimpleNamespace(is_bundled=True)
OTHER = SimpleNamespace(is_bundled=False)


@pytest.mark.parametrize(
    ("bounds", "line"),
    [
        ({"above": 0.9}, "Checked: recall is above 0.9.\n"),
        ({"below": 3}, "Checked: recall is below 3.\n"),
        ({"above": 0.9, "below": 1.01}, "Checked: recall is between 0.9 and 1.01.\n"),
    ],
)
def test_a_claim_that_holds_prints_its_bound_and_never_the_value(capsys, bounds, line):
    expect(BUNDLED, "recall", 0.95678, **bounds)
    assert capsys.readouterr().out == line


@pytest.mark.parametrize("value", [0.9, 0.1, None, float("nan")])
def test_a_claim_that_fails_raises_in_strict_mode_with_what_was_found(value):
    with pytest.raises(ExpectationFailed, match="^recall: expected above 0.9, got "):
        expect(BUNDLED, "recall", value, above=0.9)


def test_a_value_on_a_bound_is_not_within_it():
    with pytest.raises(ExpectationFailed):
        expect(BUNDLED, "share", 1.0, below=1.0)


def test_infinity_is_judged_as_a_number():
    expect(BUNDLED, "ratio", float("inf"), above=3)
    with pytest.raises(ExpectationFailed, match="got inf"):
        expect(BUNDLED, "ratio", float("inf"), below=3)


def test_a_learner_is_told_what_they_got_and_why_it_may_differ(capsys, monkeypatch):
    monkeypatch.delenv("WORKBOOK_STRICT")
    expect(BUNDLED, "recall", 0.5, above=0.9)
    said = capsys.readouterr().out
    assert said.startswith("Not as expected: recall should be above 0.9; you got 0.5.")
    assert "run the notebook again from the top" in said
    assert "processor" in said


def test_a_missing_value_is_called_missing(capsys, monkeypatch):
    monkeypatch.setenv("WORKBOOK_STRICT", "0")
    expect(BUNDLED, "recall", float("nan"), above=0.9)
    assert "you got nothing, as it could not be measured" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.12345, "Measured: recall is 0.1235;"), (None, "Not measured: recall has no meaning")],
)
def test_another_dataset_is_measured_and_not_judged(capsys, value, said):
    expect(OTHER, "recall", value, above=0.9)
    assert capsys.readouterr().out.startswith(said)


@pytest.mark.parametrize("dataset", [BUNDLED, OTHER])
@pytest.mark.parametrize("bounds", [{}, {"above": 1, "below": 1}, {"above": 2, "below": 1}])
def test_a_claim_without_room_to_fail_or_hold_is_refused(dataset, bounds):
    with pytest.raises(ValueError, match="the claim 'recall' needs bounds"):
        expect(dataset, "recall", 1.5, **bounds)


@pytest.mark.parametrize("dataset", [BUNDLED, OTHER])
@pytest.mark.parametrize(("value", "kind"), [("many", "str"), ("0.95", "str"), ([1.0], "list")])
def test_what_is_no_number_is_not_called_unmeasured(dataset, value, kind):
    with pytest.raises(TypeError, match=f"claim 'recall' needs a number .* got a {kind}$"):
        expect(dataset, "recall", value, above=0.9)

"""Claims of a notebook that exists only here, against a table of studies that does, too."""

import json
import sys
from types import SimpleNamespace

import pandas as pd
import pytest

from helpers.course import claims, studies
from helpers.course.claims import framework, loose, measured_range
from helpers.course.expectations import ExpectationFailed
from studies.claims import measure
from tests.notebooks.making import code, write

BUNDLED = SimpleNamespace(is_bundled=True, name="leaves")
PHOTOS = SimpleNamespace(is_bundled=False, name="photos")

# What a notebook's claims look like: they take its tables by name, and yield one claim for each
# statement of its prose. What is missing there, they hand on as None.
NOTEBOOK_98 = """
from helpers.course.claims import Claim


def claims(dataset, *, scores, burst=None):
    recall = scores.set_index("kind")["recall"]
    yield Claim("recall of blurred photos", recall.get("blurred"), low=0.7)
    yield Claim("share of burst shots called duplicates", burst, high=0.1)
"""
MEASURED = {
    "recall of blurred photos": [0.801, 0.85, 0.82, 0.8, 0.849],
    "share of burst shots called duplicates": [0.0, 0.0, 0.0, 0.0, 0.0],
}
SCORES = pd.DataFrame({"kind": ["dark", "blurred"], "recall": [0.1, 0.83]})
RECALL = "recall of blurred photos is above 0.7"
RANGE = "on five collections it was between 0.80 and 0.85"
BURST = "share of burst shots called duplicates is below 0.1; on five collections it was 0.00"


@pytest.fixture(autouse=True)
def notebook_98(tmp_path, monkeypatch):
    (tmp_path / "notebook_98.py").write_text(NOTEBOOK_98)
    monkeypatch.setattr(framework, "FOLDER", tmp_path)
    monkeypatch.setattr(claims, "__path__", [*claims.__path__, str(tmp_path)])
    monkeypatch.setattr(studies, "FOLDER", tmp_path)
    rows = [("98_leaves", text, value) for text, some in MEASURED.items() for value in some]
    rows += [("97_leaves", "recall of blurred photos", 0.1)]
    pd.DataFrame(rows, columns=["notebook", "claim", "value"]).to_csv(tmp_path / "claims.csv")
    yield tmp_path
    monkeypatch.delitem(sys.modules, "helpers.course.claims.notebook_98", raising=False)


def test_claims_that_hold_print_their_bound_and_their_range_and_never_the_value(capsys):
    claims.check("98", BUNDLED, scores=SCORES, burst=0.01)
    assert capsys.readouterr().out == f"Checked: {RECALL}; {RANGE}.\nChecked: {BURST}.\n"


def test_a_claim_that_fails_raises_in_strict_mode():
    with pytest.raises(ExpectationFailed, match=f"expected above 0.7, got 0.1; {RANGE}"):
        claims.check("98", BUNDLED, scores=SCORES.assign(recall=0.1), burst=0.01)


def test_a_learner_is_told_what_they_got_and_the_other_claims_are_checked_all_the_same(
    capsys, monkeypatch
):
    monkeypatch.setenv("WORKBOOK_STRICT", "0")
    claims.check("98", BUNDLED, scores=SCORES[:1], burst=0.01)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Not as expected: recall of blurred photos should be above 0.7; ")
    assert f"you got nothing, as it could not be measured; {RANGE}. If you changed" in first
    assert second.startswith("Checked: share of burst")


def test_on_another_dataset_the_claims_are_left_out_and_that_is_said(capsys):
    claims.check("98", PHOTOS, scores=None)
    assert capsys.readouterr().out == (
        "What notebook 98 claims about the bundled leaves is left out: this is 'photos', and "
        "nothing is expected of it.\n"
    )


@pytest.mark.parametrize("dataset", [BUNDLED, PHOTOS])
@pytest.mark.parametrize("results", [{}, {"scores": SCORES, "recal": 1}])
def test_a_result_that_is_missing_or_unknown_is_named(dataset, results):
    with pytest.raises(TypeError, match="'(scores|recal)'"):
        claims.check("98", dataset, **results)


def test_a_notebook_without_claims_is_refused_with_those_that_have_some():
    with pytest.raises(KeyError, match="no claims for notebook '97'; there are 98"):
        claims.check("97", BUNDLED)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0.3249, 0.3351], "between 0.32 and 0.34"),
        ([0.32, 0.34], "between 0.32 and 0.34"),
        ([-0.0681, -0.0049], "between -0.07 and 0.00"),
        ([0.0021, 0.0034], "between 0.002 and 0.004"),
        ([0.0034] * 5, "on five collections it was 0.0034"),
        ([1.0] * 5, "on five collections it was 1.00"),
        ([0.15] * 5, "on five collections it was 0.15"),
        ([9.6, 9.6], "on two collections it was 9.60"),
        ([0.5] * 3, "on three collections it was 0.50"),
        ([0.5] * 4, "on four collections it was 0.50"),
        ([0.5] * 6, "on 6 collections it was 0.50"),
        ([9.99] * 5, "it was 9.99"),
        ([10.0] * 5, "it was 10.0"),
        ([99.9] * 5, "it was 99.9"),
        ([100.0] * 5, "it was 100"),
        ([0.0] * 5, "it was 0.00"),
        ([0.00012] * 5, "between 0.0001 and 0.0002"),
        ([12.34, 15.0], "between 12.3 and 15.0"),
        ([480.0, 512.4], "between 480 and 513"),
        ([0.5, None, 0.75], "on two collections it was between 0.50 and 0.75"),
        ([], "it was not measured on other collections yet"),
    ],
)
def test_a_range_is_rounded_outwards_to_what_tells_its_ends_apart(notebook_98, values, words):
    rows = pd.DataFrame({"notebook": "98_leaves", "claim": "it", "value": values})
    rows.to_csv(notebook_98 / "claims.csv")
    assert measured_range("98", "it").endswith(words)


@pytest.mark.parametrize(
    ("values", "low", "high", "wrong"),
    [
        ([0.4, 0.5], 0.3, None, None),
        ([0.4, 0.5], 0.35, 0.55, None),
        ([0.4, 0.5], 0.36, None, "low 0.36 is too near to 0.4"),
        ([0.4, 0.5], None, 0.54, "high 0.54 is too near to 0.5"),
        ([0.4, 0.5], 0.02, None, "low 0.02 is too far from 0.4"),
        ([0.4, 0.5], 0.05, None, None),
        ([0.4, 0.5], None, 0.88, "high 0.88 is too far from 0.5"),
        ([0.4, 0.5], None, 0.86, None),
        ([-0.5, -0.4], -0.88, None, "low -0.88 is too far"),
        ([1.0] * 5, 0.9, None, None),
        ([1.0] * 5, 0.7, None, "low 0.7 is too far"),
        ([1.0] * 5, 1.0, None, "low 1 is too near"),
        ([0.0] * 5, None, 0.01, None),
        ([0.0] * 5, None, 0.1, "high 0.1 is too far"),
    ],
)
def test_bounds_leave_some_room_around_the_measured_range_and_not_too_much(
    values, low, high, wrong
):
    found = loose(values, low, high)
    assert found is None if wrong is None else found.startswith(wrong)


def test_the_study_records_what_would_be_judged(tmp_path):
    source = """
from types import SimpleNamespace

from helpers import expect
from helpers.course import claims
from helpers.course.claims import framework

dataset = SimpleNamespace(is_bundled=True)
expect(dataset, "a lead", 0.1, above=0.9)
framework.FOLDER = framework.Path(FOLDER)
claims.__path__.append(FOLDER)
claims.check("98", dataset, scores=__import__("pandas").DataFrame({"kind": [], "recall": []}))
"""
    path = write(tmp_path / "98_leaves.ipynb", code(f"FOLDER = {str(tmp_path)!r}"), code(source))
    assert json.loads(json.dumps(measure(path, 3))) == [
        ["98_leaves", "a lead", 0.9, None, 3, 0.1],
        ["98_leaves", "recall of blurred photos", 0.7, None, 3, None],
        ["98_leaves", "share of burst shots called duplicates", None, 0.1, 3, None],
    ]

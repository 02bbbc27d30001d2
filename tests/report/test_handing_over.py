"""The cards that go with a report say what the report went by, and the same numbers."""

import pandas as pd
import pytest

from helpers import canaries, open_dataset
from helpers.evaluation import accuracy_interval
from helpers.evidence import learned
from helpers.exports.models import check_export
from helpers.findings.showing import tell_need
from helpers.report.handing_over import describe_dataset, describe_model, export_best
from helpers.splits import apply_groups
from tests.report.test_building import report_on


@pytest.fixture(autouse=True)
def without_canaries(monkeypatch):
    monkeypatch.setattr(canaries, "COPIES", {})
    monkeypatch.setattr(canaries, "POOR", {})


@pytest.fixture
def report(photos):
    needs = ["recall of red+blue>=0.3", "accuracy>=0.9", "precision of green>=0.99"]
    return report_on(open_dataset(photos, progress=False), needs=needs)


def test_a_dataset_card_tells_the_groups_that_the_report_kept_together(report):
    alone = "splits and intervals here take each image to be independent"
    assert alone in describe_dataset(report)
    divided = report.evidence.divided
    three = pd.DataFrame({"image_id": ["red/01.png", "red/02.png"], "other_id": ["red/05.png"] * 2})
    report.evidence.__dict__["divided"] = apply_groups(divided, three)
    told = describe_dataset(report)
    assert alone not in told
    assert "suggested_group has 1 value, with 3 images in the median and 3 at most" in told
    assert "values of suggested_group" in told


def test_the_model_card_the_verdict_and_the_page_give_a_score_the_same_interval(report):
    answers, _ = report.evidence.judged
    right = answers["prediction"] == answers["label"]
    expected = accuracy_interval(right, report.evidence.things[answers.index])
    assert tuple(report.evidence.judged_scores.loc["accuracy"]) == pytest.approx(tuple(expected))
    best = report.evidence.scores[report.evidence.best]
    assert tuple(best.loc["accuracy"]) == pytest.approx(tuple(expected))
    ends = f"{expected.accuracy:.2f} ({expected.low:.2f} to {expected.high:.2f})"
    card = describe_model(report, None)
    assert f"| Accuracy | {ends} |" in card
    rows = report.json()["sections"][0]["tables"]["Asked, and shown"]
    assert [row["asked"] for row in rows] == report.json()["asked"]
    assert rows[0]["asked"] == "recall of red+blue of at least 0.3"
    either = answers["label"].isin(["red", "blue"])
    found = answers["prediction"][either].isin(["red", "blue"]).mean()
    assert rows[0]["value"] == pytest.approx(found, abs=1e-6)
    for row in rows:
        assert f"- {tell_need(row)}." in card
    page = report.html(images=False)
    for row in rows:
        assert tell_need(row) in page
    told = "No metadata column of 2 to 12 values has parts large enough to be scored alone."
    assert told in report["evaluation"].unchecked


def test_what_is_handed_over_answers_as_what_was_scored(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(learned, "EPOCHS", 1)
    monkeypatch.setattr(learned.Learned, "beats_dummy", True)
    monkeypatch.setattr("helpers.training.learning.gains_from_bfloat16", lambda *asked: True)
    report = report_on(open_dataset(photos, progress=False))
    evidence = report.evidence
    answers, evidence.best = evidence._tuned(), learned.TUNED
    exported = export_best(report, tmp_path)
    agreement = check_export(exported.folder, answers, evidence.sides[1])
    assert agreement.images == len(answers) > 5 and agreement.other_class == 0
    assert agreement.largest < 1e-5


def test_copies_are_one_thing_in_every_interval_of_page_and_card(report):
    evidence = report.evidence
    answers, _ = evidence.judged
    plain = evidence.judged_scores.loc["accuracy"]
    assert "not single images" not in describe_model(report, None)
    first, second, third, *_ = answers.index
    near = pd.DataFrame({"image_id": [first, second], "other_id": [second, third], "kind": "near"})
    vars(evidence)["pairs"] = pd.concat([evidence.pairs, near], ignore_index=True)
    for kept in ("things", "judged_scores", "scores"):
        vars(evidence).pop(kept, None)
    numbers = evidence.things[answers.index]
    assert numbers[first] == numbers[second] == numbers[third]
    assert numbers.nunique() == len(answers) - 2
    found = evidence.judged_scores.loc["accuracy"]
    right = answers["prediction"] == answers["label"]
    assert tuple(found) == pytest.approx(tuple(accuracy_interval(right, numbers)))
    assert found["high"] - found["low"] > plain["high"] - plain["low"]
    card = describe_model(report, None)
    assert f"Intervals count the {len(answers) - 2} things that these images show" in card
    assert f"{found['value']:.2f} ({found['low']:.2f} to {found['high']:.2f})" in card

"""The cards that go with a report say what the report went by, and the same numbers."""

import numpy as np
import pandas as pd
import pytest

from helpers import canaries, open_dataset
from helpers.evaluation import accuracy_interval
from helpers.evidence import learned
from helpers.evidence.leaking import leaks_of
from helpers.exports.models import check_export
from helpers.findings.showing import tell_need
from helpers.report import handing_over, tables
from helpers.report.handing_over import describe_dataset, describe_model, export_best
from helpers.splits import apply_groups, describe_leakage
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
    report.evidence.__dict__["sure"] = three.assign(against=None)
    for kept in ("clean", "things"):
        vars(report.evidence).pop(kept, None)
    told = describe_dataset(report)
    assert alone not in told
    assert "suggested_group" not in told  # which no table has; images.csv has these:
    kept = tables.images_table(report)["stays_with"].value_counts()
    assert (kept["red/01.png"], len(kept)) == (3, report.evidence.things.value_counts().gt(1).sum())
    most, median = kept.max(), kept.median()
    told_of = (
        f"in images.csv) has {len(kept)} values, with {median:g} images in the median and {most}"
    )
    assert (
        f"{told_of} at most" in told
        and "| stays_with (found by a report, in images.csv) | red/01.png 3, " in told
    )
    assert "| valid | undecided | groups |" in told
    number = report.evidence.things.nunique()
    assert f"{len(report.evidence.opened)} images make {number} groups, as far as known" in told
    assert told_leaks(told).startswith("1 group such as 'group 1' lies on two sides of the split")


def told_leaks(card):
    return card.partition("### Leaks between splits")[2].partition("###")[0].strip()


def test_a_card_of_photos_that_were_searched_does_not_say_that_only_copies_were(
    report, monkeypatch
):
    assert "so only copies were looked for here" in told_leaks(describe_dataset(report))
    monkeypatch.setattr("helpers.evidence.leaking.searches", lambda asked: True)
    assert (
        told_leaks(describe_dataset(report))
        == "No copies that were found lie on two sides of the split."
    )


@pytest.mark.parametrize("searches", [True, False])
def test_a_given_split_is_not_said_to_be_searched_for_copies_alone_where_more_was(
    photos, monkeypatch, searches
):
    dataset = open_dataset(photos, progress=False)
    sides = ["valid" if at % 3 == 0 else "train" for at in range(len(dataset))]
    dataset = dataset.with_images(dataset.images.assign(split=sides))
    evidence = report_on(dataset).evidence
    monkeypatch.setattr("helpers.evidence.leaking.searches", lambda asked: searches)
    monkeypatch.setattr("helpers.evidence.audited.Evidence.keeps_split", True)
    vars(evidence).pop("divided", None)
    assert evidence.divided.images["split"].notna().all()
    told = any("only copies were looked for" in line for line in evidence.split_notes)
    assert told is not searches
    assert ("only copies" in describe_leakage(leaks_of(evidence, dataset, evidence.pairs))) is told


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


def test_a_card_says_that_the_split_is_that_of_the_report_unless_it_came_so(report, photos):
    assert handing_over.OWN_SPLIT in describe_dataset(report)
    divided = report.evidence.divided.images["split"]
    images = report.evidence.opened.images
    came = images.assign(split=divided.reindex(images.index))
    report.evidence.opened = report.evidence.opened.with_images(came)
    assert handing_over.OWN_SPLIT not in describe_dataset(report)


def test_a_card_shows_the_split_that_the_dataset_came_with(photos, monkeypatch):
    """Though the report divides anew."""
    monkeypatch.setattr("helpers.evidence.audited.Evidence.keeps_split", False)
    dataset = open_dataset(photos, progress=False)
    sides = np.where(np.arange(len(dataset)) % 5 < 3, "train", "valid")
    dataset = dataset.with_images(dataset.images.assign(split=sides))
    report = report_on(dataset)
    assert handing_over._is_own(report.evidence)
    told = describe_dataset(report)
    assert handing_over.GIVEN_SPLIT in told and handing_over.OWN_SPLIT not in told
    rows = pd.crosstab(dataset.images["label"], sides)
    for name, row in rows.iterrows():
        assert f"| {name} | {row['train']} | {row['valid']} | " in told


def files_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.png")}


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_exported_is_what_the_report_left_and_how_it_divided_it(
    report, photos, tmp_path, monkeypatch, whole
):
    before = files_of(photos)
    evidence = report.evidence
    evidence.marks.loc["green/03.png", ["action", "label"]] = ["relabel", "red"]
    evidence.marks.loc["blue/02.png", "action"] = "keep"  # the same file carries another label
    sure = pd.DataFrame({"image_id": ["red/01.png"], "other_id": ["red/05.png"], "against": None})
    evidence.__dict__["sure"] = sure
    vars(evidence).pop("divided", None)
    sides = evidence.divided.images["split"]
    if not whole:
        part = evidence.part.with_images(evidence.part.images.iloc[::2])
        evidence.__dict__["part"] = part
        other = {"train": "valid", "valid": "train"}
        images = evidence.divided.images.assign(split=sides.map(other))
        evidence.__dict__["divided"] = evidence.divided.with_images(images)
    done = report.export(tmp_path / "cleaned", "copies")
    written = files_of(tmp_path / "cleaned")
    assert len({*written.values()}) == len(written) == 40  # no picture is there twice
    table = done.table
    assert table.index[table["decision"] == "drop"].to_list() == [
        "blue/00.png", "blue/02.png", "green/again.png", "red/other.png"
    ]  # fmt: skip
    kept = table[table["decision"] != "drop"]
    assert kept["split"].isin(["train", "valid"]).all() and kept["split"].nunique() == 2
    assert kept.loc["red/01.png", "split"] == kept.loc["red/05.png", "split"]
    assert done.notes[0].endswith("(the column decision_reason): blue/02.png.")
    there = kept.index[kept["split"] == "valid"]
    seen = f"{len(there)} to validate on here they learned from {len(there)}: scored on these"
    told = f"{handing_over.ANEW} Of the {seen}"  # the models' sides were the other way round
    assert any(note.startswith(told) for note in done.notes) is not whole
    assert len(there) > 3
    if whole:
        assert kept["split"].to_dict() == sides.reindex(kept.index).to_dict()
    assert "/red/" in kept.loc["green/03.png", "file_name"]
    assert kept.loc["green/03.png", "label_before"] == "green"
    assert files_of(photos) == before


def test_a_split_that_leaks_outside_of_the_part_does_not_stay_in_the_export(photos, tmp_path):
    dataset = open_dataset(photos, progress=False)
    images = dataset.images.drop(index=["blue/00.png", "red/other.png"])
    sides = ["valid" if at % 3 == 0 else "train" for at in range(len(images))]
    images = images.assign(split=sides, suggested_group="mine")
    images.loc[["green/01.png", "green/02.png", "green/03.png"], "split"] = "train"
    report = report_on(dataset.with_images(images))
    evidence = report.evidence
    copy = {"image_id": ["green/02.png"], "other_id": ["green/03.png"], "kind": ["near"]}
    evidence.__dict__["pairs"] = pd.concat([evidence.pairs.iloc[:0], pd.DataFrame(copy)])
    part = images.drop(index=["green/02.png", "green/03.png"])
    evidence.__dict__["part"] = evidence.part.with_images(part)
    evidence.__dict__["keeps_split"] = True
    evidence.__dict__["dataset"] = evidence.dataset.with_images(
        images.assign(split=images["split"].where(images.index != "green/03.png", "valid"))
    )
    table = report.export(tmp_path / "cleaned", None).table
    assert table.loc["green/02.png", "split"] == table.loc["green/03.png", "split"]


def test_blanks_in_a_given_split_do_not_make_it_the_reports_own(report):
    evidence, sides = report.evidence, report.evidence.divided.images["split"].copy()
    came = sides.where(sides.index != sides.index[0])
    evidence.__dict__["divided"] = evidence.divided.with_images(
        evidence.divided.images.assign(split=came)
    )
    images = evidence.opened.images
    evidence.opened = evidence.opened.with_images(images.assign(split=came.reindex(images.index)))
    assert not handing_over._is_own(evidence)
    assert handing_over.OWN_SPLIT not in describe_dataset(report)

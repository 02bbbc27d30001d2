"""Decisions that come along from elsewhere: offered, read in, and never against one's own."""

import shutil

import pandas as pd
import pytest

from helpers.datasets import (
    DatasetError,
    DecisionLog,
    apply_decisions,
    default_decisions,
    open_dataset,
)
from helpers.datasets.decisions import tell_of_marks
from tests.datasets.marks import FILES, fates, made_of


def test_marks_of_a_moved_folder_are_offered_and_the_offer_works(marked, tmp_path):
    shutil.move(marked.root, tmp_path / "elsewhere")
    moved = open_dataset(tmp_path / "elsewhere")
    log = DecisionLog(moved)
    (note,) = log.notes
    assert note.startswith("No decision was made here yet, but 3 decisions about the same files")
    assert note in repr(log)
    assert default_decisions(moved).empty
    assert note in apply_decisions(moved, default_decisions(moved)).notes
    assert note in apply_decisions(moved, log).notes
    call = note.split("; ", 1)[1].removesuffix(" takes them over.")
    exec(call, {"dataset": moved})
    pd.testing.assert_frame_equal(log.current(), DecisionLog(marked).current())
    assert log.notes == ()
    assert apply_decisions(moved, log).notes == moved.notes


def test_the_offer_names_the_log_and_new_classes_where_they_are_needed(tmp_path):
    dataset = made_of(tmp_path, "photos", FILES)
    log = DecisionLog(dataset, "mine")
    log.record("elm/1.jpg", "relabel", "", "ash", new_class=True)
    shutil.copytree(dataset.root, tmp_path / "copy")
    copy = open_dataset(tmp_path / "copy")
    assert DecisionLog(copy).notes == ()
    (note,) = DecisionLog(copy, "mine").notes
    assert "1 decision about" in note
    call = note.split("; ", 1)[1].removesuffix(" takes them over.")
    exec(call, {"dataset": copy})
    assert DecisionLog(copy, "mine").current()["label"].tolist() == ["ash"]
    assert DecisionLog(copy).current().empty


def test_nothing_is_offered_for_other_pictures_of_the_same_names(marked, tmp_path):
    other = made_of(tmp_path, "other", {name: b"x" + content for name, content in FILES.items()})
    assert DecisionLog(other).notes == ()


def test_nothing_is_offered_where_decisions_were_made_or_taken_back(marked, tmp_path):
    shutil.copytree(marked.root, tmp_path / "copy")
    log = DecisionLog(open_dataset(tmp_path / "copy"))
    assert len(log.notes) == 1
    log.record("oak/2.jpg", "keep")
    assert log.notes == ()
    log.undo()
    assert log.notes == ()


def test_conflicts_are_told_and_nothing_is_overruled_unasked(marked, tmp_path):
    log, other = DecisionLog(marked), DecisionLog(marked, "other")
    other.record("oak/1.jpg", "drop", "no elm")
    other.record("elm/2.jpg", "drop", "for another reason")
    report = other.import_from(log)
    assert fates(report) == {
        "oak/1.jpg": "conflict",
        "elm/2.jpg": "stands already",
        "elm/1.jpg": "recorded",
    }
    assert report["own"].to_dict() == {"oak/1.jpg": "drop", "elm/2.jpg": "drop", "elm/1.jpg": ""}
    assert other.current().loc["oak/1.jpg", "action"] == "drop"
    again = other.import_from(log, overrule=True)
    assert fates(again) == {
        "oak/1.jpg": "recorded",
        "elm/2.jpg": "stands already",
        "elm/1.jpg": "stands already",
    }
    assert other.current().loc["oak/1.jpg", "action"] == "relabel"
    assert other.undo()["image_id"] == "oak/1.jpg"
    assert other.current().loc["oak/1.jpg", "reason"] == "no elm"


def test_relabelling_to_different_classes_is_a_conflict(marked, tmp_path):
    (tmp_path / "x.csv").write_text("image_id,action,label\noak/1.jpg,relabel,oak\n")
    assert fates(DecisionLog(marked).import_from(tmp_path / "x.csv")) == {"oak/1.jpg": "conflict"}


def test_a_label_that_is_no_class_here_is_told_unless_it_may_be_new(marked, tmp_path):
    (tmp_path / "x.csv").write_text("image_id,action,label\noak/2.jpg,relabel,ash\n")
    log = DecisionLog(marked)
    assert fates(log.import_from(tmp_path / "x.csv")) == {"oak/2.jpg": "unknown class"}
    assert "oak/2.jpg" not in log.current().index
    assert fates(log.import_from(tmp_path / "x.csv", new_class=True)) == {"oak/2.jpg": "recorded"}


def test_an_image_decided_twice_in_one_file_is_left_to_a_person(marked, tmp_path):
    text = "image_id,action\noak/2.jpg,drop\noak/2.jpg,keep\nelm/1.jpg,keep\nelm/1.jpg,keep\n"
    (tmp_path / "x.csv").write_text(text)
    report = DecisionLog(marked, "other").import_from(tmp_path / "x.csv")
    assert list(report["fate"]) == ["decided twice", "decided twice", "recorded"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"'x.csv' holds no decisions .it is empty.; expected a CSV with columns image_id, a"),
        ("image_id,label\na,b\n", "column action is missing among image_id, label"),
        ("name,action\na,drop\n", "column image_id is missing"),
        ("image_id,action\nelm/1.jpg,burn\n", "'burn' about 'elm/1.jpg' in 'x.csv' is no decision"),
        ("image_id,action\nelm/1.jpg,relabel\n", "'relabel' about .* and a label with relabel"),
        ("image_id,action,label\nelm/1.jpg,drop,oak\n", "'drop oak' about 'elm/1.jpg'"),
        ("image_id,action\nelm/1.jpg\n", "Row 1 of 'x.csv' has not the 2 cells of its header"),
        (
            "image_id,action,when\nelm/1.jpg,keep,\nelm/2.jpg,keep,5/31/26 2 pm\n",
            "Row 2 of 'x.csv' was decided '5/31/26 2 pm'; expected a time such as 2026-05-31T14",
        ),
    ],
)
def test_what_is_no_decision_is_refused_whole(marked, tmp_path, text, message):
    (tmp_path / "x.csv").write_text(text)
    log = DecisionLog(marked, "other")
    with pytest.raises(DatasetError, match=message):
        log.import_from(tmp_path / "x.csv")
    assert log.history().empty


def test_a_log_without_a_dataset_takes_everything(marked, tmp_path):
    log = DecisionLog(tmp_path / "all.sqlite")
    assert set(log.import_from(DecisionLog(marked))["fate"]) == {"recorded"}
    pd.testing.assert_frame_equal(log.current(), DecisionLog(marked).current())
    assert log.notes == ()


def test_a_dataset_can_tell_of_its_marks_when_it_is_opened(marked, tmp_path):
    assert tell_of_marks(marked).notes == marked.notes
    shutil.copytree(marked.root, tmp_path / "copy")
    copy = open_dataset(tmp_path / "copy")
    assert copy.notes == DecisionLog(copy).notes and len(copy.notes) == 1
    assert "3 decisions about the same files lie in" in copy.notes[0]
    assert tell_of_marks(copy).notes == copy.notes
    (copy.work / "decisions.sqlite").write_text("no database at all" * 99)
    assert "cannot be read" in tell_of_marks(copy).notes[-1]


@pytest.mark.parametrize(
    ("label", "meant"), [("OAK", "oak "), ("oak", "oak "), ("Elm", "elm"), (" elms", "elm")]
)
def test_what_the_error_proposes_works(tmp_path, label, meant):
    dataset = made_of(tmp_path, "photos", {"oak/1.jpg": b"1", "elm/2.jpg": b"2"})
    # Opening takes spaces off; a table from elsewhere may have them.
    dataset = dataset.with_images(dataset.images.replace({"label": {"oak": "oak "}}))
    log = DecisionLog(dataset)
    other = "oak/1.jpg" if meant == "elm" else "elm/2.jpg"
    with pytest.raises(DatasetError, match=f"did you mean '{meant}'") as error:
        log.record(other, "relabel", "", label)
    assert "'oak '" in str(error.value)
    proposed = str(error.value).split("did you mean '")[1].removesuffix("'?).")
    log.record(other, "relabel", "", proposed)
    assert log.current()["label"].tolist() == [meant]


def test_spaces_that_no_class_has_are_taken_off(tmp_path):
    dataset = made_of(tmp_path, "photos", {"oak/1.jpg": b"1", "elm/2.jpg": b"2"})
    log = DecisionLog(dataset)
    log.record("elm/2.jpg", "relabel", "", " oak ")
    log.record("oak/1.jpg", "relabel", "", " ash ", new_class=True)
    assert log.current()["label"].tolist() == ["oak", "ash"]


def test_decisions_with_image_ids_in_a_column_are_recorded_too(marked):
    table = pd.DataFrame({"image_id": ["oak/2.jpg"], "action": ["drop"]})
    DecisionLog(marked, "other").record_all(table)
    assert DecisionLog(marked, "other").current()["action"].to_dict() == {"oak/2.jpg": "drop"}

"""Marks are found again by name and content, travel as CSV, and never reach another picture."""

import csv
import hashlib
import shutil
import sqlite3

import pandas as pd
import pytest

from helpers.datasets import (
    DatasetError,
    DecisionLog,
    apply_decisions,
    default_decisions,
    open_dataset,
)
from helpers.datasets.decision_files import content_of, match, read_decisions
from helpers.datasets.decisions import tell_of_marks

REASONS = [
    "", "plain", "a, b; c\td", 'says "oak"', "two\nlines", "two\r\nlines", "NA", "nan", "None",
    " spaced ", "=1+1", "橡树 🍁", "-", "1.0", "\ufeffmark", "it's; 'so'",
]  # fmt: skip


def made_of(tmp_path, name, files):
    """A folder with the given bytes below each name, opened."""
    for path, content in files.items():
        (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name / path).write_bytes(content)
    return open_dataset(tmp_path / name)


FILES = {"elm/1.jpg": b"first", "elm/2.jpg": b"second", "oak/1.jpg": b"third", "oak/2.jpg": b"4th"}


@pytest.fixture
def marked(tmp_path):
    dataset = made_of(tmp_path, "photos", FILES)
    log = DecisionLog(dataset)
    log.record("oak/1.jpg", "relabel", "an elm", "elm")
    log.record("elm/2.jpg", "drop", "blurred")
    log.record("elm/1.jpg", "keep")
    return dataset


def fates(report):
    return report["fate"].to_dict()


def test_a_file_is_known_by_its_size_and_hash(tmp_path):
    (tmp_path / "a").write_bytes(b"leaf")
    assert content_of(tmp_path / "a") == "4-" + hashlib.sha256(b"leaf").hexdigest()
    assert content_of(tmp_path / "b") is None


def test_a_round_trip_by_csv_is_exact(tmp_path):
    files = {f"elm/{number:02d}.jpg": b"%d" % number for number in range(len(REASONS))}
    log = DecisionLog(made_of(tmp_path, "photos", files))
    table = pd.DataFrame({"action": "relabel", "label": "nan", "reason": REASONS}, index=[*files])
    log.record_all(table, new_class=True)
    path = log.export_to(tmp_path / "marks.csv")
    other = DecisionLog(log._dataset, "second opinion")
    report = other.import_from(path, new_class=True)
    assert list(report["fate"]) == ["recorded"] * len(REASONS)
    pd.testing.assert_frame_equal(other.current(), log.current())
    assert other.current()["reason"].tolist() == REASONS
    contents = [table.history()["content"].tolist() for table in (log, other)]
    assert contents[0] == contents[1] == [content_of(tmp_path / "photos" / name) for name in files]


NAMES = [
    *("label", "NA", "nan", "None", "1", "1.0", "007", "a,b", "a/b", "Oak", "oak", " x", "x "),
    *('"', "x", "<b>x</b>", "$x_1$", "_hidden", "loss", "prediction", "橡树", "🍁", " "),
]


def test_relabelling_and_a_round_trip_keep_any_name_of_a_class(tmp_path):
    files = {f"elm/{number:02d}.jpg": b"%d" % number for number in range(len(NAMES))}
    dataset = made_of(tmp_path, "photos", files)
    dataset = dataset.with_images(dataset.images.assign(label=NAMES))
    log, turned = DecisionLog(dataset), [*NAMES[1:], NAMES[0]]
    log.record_all(pd.DataFrame({"action": "relabel", "label": turned}, index=[*files]))
    assert log.current()["label"].tolist() == turned
    other = DecisionLog(dataset, "other")
    report = other.import_from(log.export_to(tmp_path / "marks.csv"))
    assert set(report["fate"]) == {"recorded"}
    assert apply_decisions(dataset, other).images["label"].tolist() == turned


def test_the_csv_holds_what_stands_in_the_order_of_decision(marked, tmp_path):
    log = DecisionLog(marked)
    log.record("elm/2.jpg", "keep", "sharp enough")
    log.record("oak/2.jpg", "drop")
    log.undo()
    rows = list(csv.reader(log.export_to(tmp_path / "marks.csv").open(newline="")))
    assert rows[0] == ["image_id", "action", "label", "reason", "when", "content"]
    assert [row[:4] for row in rows[1:]] == [
        ["oak/1.jpg", "relabel", "elm", "an elm"],
        ["elm/1.jpg", "keep", "", ""],
        ["elm/2.jpg", "keep", "", "sharp enough"],
    ]
    assert rows[1][5] == "5-" + hashlib.sha256(b"third").hexdigest()
    assert pd.Timestamp(rows[1][4]) == log.current().loc["oak/1.jpg", "when"]


def test_a_file_that_is_there_is_not_replaced(marked, tmp_path):
    (tmp_path / "marks.csv").write_text("mine")
    with pytest.raises(DatasetError, match="marks.csv' is there already and is not replaced"):
        DecisionLog(marked).export_to(tmp_path / "marks.csv")
    assert (tmp_path / "marks.csv").read_text() == "mine"
    with pytest.raises(DatasetError, match="marks.csv' cannot be written .No such file"):
        DecisionLog(marked).export_to(tmp_path / "no" / "marks.csv")


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
    call = note.split("; ")[1].removesuffix(" takes them over.")
    eval(call, {"DecisionLog": DecisionLog, "dataset": moved})
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
    call = note.split("; ")[1].removesuffix(" takes them over.")
    eval(call, {"DecisionLog": DecisionLog, "dataset": copy})
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


def test_of_several_logs_the_fullest_is_offered_first_and_damaged_ones_do_not_matter(
    marked, tmp_path, work
):
    shutil.copytree(marked.root, tmp_path / "a")
    DecisionLog(open_dataset(tmp_path / "a")).record("oak/2.jpg", "keep")
    (work / "broken").mkdir()
    (work / "broken" / "decisions.sqlite").write_text("no database at all" * 99)
    shutil.copytree(marked.root, tmp_path / "b")
    notes = DecisionLog(open_dataset(tmp_path / "b")).notes
    assert [note.split("but ")[1].split(" about")[0] for note in notes] == [
        "3 decisions",
        "1 decision",
    ]


def test_renamed_files_are_known_by_their_content(marked, tmp_path):
    there = made_of(tmp_path, "sorted", {"elm/a.jpg": b"first", "elm/b.jpg": b"third"})
    report = DecisionLog(there).import_from(DecisionLog(marked))
    assert fates(report) == {
        "oak/1.jpg": "recorded",
        "elm/2.jpg": "no such image",
        "elm/1.jpg": "recorded",
    }
    assert report["here"].dropna().to_dict() == {"oak/1.jpg": "elm/b.jpg", "elm/1.jpg": "elm/a.jpg"}
    assert report.loc["elm/1.jpg", "how"] == "content alone"
    assert DecisionLog(there).current()["action"].to_dict() == {
        "elm/b.jpg": "relabel",
        "elm/a.jpg": "keep",
    }


def test_files_that_swapped_names_keep_their_own_marks(marked, tmp_path):
    swapped = dict(FILES) | {"elm/1.jpg": b"second", "elm/2.jpg": b"first"}
    there = made_of(tmp_path, "swapped", swapped)
    report = DecisionLog(there).import_from(DecisionLog(marked))
    assert set(report["fate"]) == {"recorded"}
    assert DecisionLog(there).current()["action"].to_dict() == {
        "oak/1.jpg": "relabel",
        "elm/1.jpg": "drop",
        "elm/2.jpg": "keep",
    }


@pytest.mark.parametrize(
    ("files", "fate"),
    [
        ({"elm/1.jpg": b"another"}, "another picture"),
        ({"elm/9.jpg": b"another"}, "no such image"),
        ({"elm/8.jpg": b"first", "elm/9.jpg": b"first"}, "several images"),
        ({"elm/1.jpg": b"first", "elm/9.jpg": b"first"}, "recorded"),
        ({"elm/1.jpg": b"FIRST"}, "another picture"),
    ],
)
def test_a_mark_reaches_no_other_picture(tmp_path, files, fate):
    log = DecisionLog(made_of(tmp_path, "photos", FILES))
    log.record("elm/1.jpg", "drop")
    there = made_of(tmp_path, "there", files)
    report = DecisionLog(there).import_from(log)
    assert fates(report) == {"elm/1.jpg": fate}
    expected = ["elm/1.jpg"] if fate == "recorded" else []
    assert DecisionLog(there).current().index.tolist() == expected


def test_two_marks_that_fit_one_file_by_content_alone_are_left_out(tmp_path):
    twins = made_of(tmp_path, "photos", {"elm/1.jpg": b"same", "elm/2.jpg": b"same"})
    log = DecisionLog(twins)
    log.record("elm/1.jpg", "drop")
    log.record("elm/2.jpg", "keep")
    there = made_of(tmp_path, "there", {"elm/3.jpg": b"same"})
    assert set(DecisionLog(there).import_from(log)["fate"]) == {"several decisions"}
    assert DecisionLog(there).current().empty


def test_marks_made_by_hand_or_long_ago_are_known_by_name_alone(marked, tmp_path):
    (tmp_path / "hand.csv").write_text("image_id;action\nelm/1.jpg;drop\nelm/7.jpg;drop\n")
    log = DecisionLog(marked, "by hand")
    report = log.import_from(tmp_path / "hand.csv")
    assert fates(report) == {"elm/1.jpg": "recorded", "elm/7.jpg": "no such image"}
    assert report.loc["elm/1.jpg", "how"] == "name alone"
    assert abs(pd.Timestamp.now("UTC") - log.current()["when"].iloc[0]) < pd.Timedelta("1min")
    assert log.current()["reason"].tolist() == [""]


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


def test_files_that_cannot_be_read_lead_to_one_sentence(marked, tmp_path):
    log = DecisionLog(marked)
    with pytest.raises(DatasetError, match="There is no file '.*none.csv' to read decisions from"):
        log.import_from(tmp_path / "none.csv")
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(DatasetError, match="it is no CSV in UTF-8"):
        log.import_from(tmp_path / "x.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheets_may_part_columns_otherwise(tmp_path, separator):
    rows = ["image_id action reason", "a.jpg drop x", "b.jpg keep y", ""]
    text = "\ufeff" + "\r\n".join(row.replace(" ", separator) for row in rows)
    (tmp_path / "x.csv").write_bytes(text.encode())
    found = read_decisions(tmp_path / "x.csv")
    assert found[["image_id", "action", "reason"]].to_numpy().tolist() == [
        ["a.jpg", "drop", "x"],
        ["b.jpg", "keep", "y"],
    ]


def test_a_log_without_a_dataset_takes_everything(marked, tmp_path):
    log = DecisionLog(tmp_path / "all.sqlite")
    assert set(log.import_from(DecisionLog(marked))["fate"]) == {"recorded"}
    pd.testing.assert_frame_equal(log.current(), DecisionLog(marked).current())
    assert log.notes == ()


def test_images_that_changed_since_they_were_decided_about_are_told(marked):
    log = DecisionLog(marked)
    (marked.root / "oak/1.jpg").write_bytes(b"edited")
    (marked.root / "elm/2.jpg").unlink()
    (note,) = log.notes
    assert note.startswith(
        "2 images changed on disk, or left it, since they were decided about: oak/1"
    )
    (marked.root / "elm/2.jpg").write_bytes(b"second")
    log.record("oak/1.jpg", "keep")
    assert log.notes == ()


def test_logs_of_before_contents_were_kept_are_read_and_added_to(marked, tmp_path):
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as old:
        old.execute(
            "CREATE TABLE decisions (id INTEGER PRIMARY KEY AUTOINCREMENT, image_id TEXT NOT NULL,"
            " action TEXT NOT NULL, reason TEXT NOT NULL, label TEXT, 'when' TEXT NOT NULL,"
            " undone INTEGER)"
        )
        row = ("elm/1.jpg", "drop", "old", None, "2025-01-01T00:00:00.000+00:00", None)
        old.execute("INSERT INTO decisions VALUES (NULL, ?, ?, ?, ?, ?, ?)", row)
    log = DecisionLog(path)
    assert log.current()["reason"].tolist() == ["old"]
    assert match(marked, log.history())["how"].tolist() == ["name alone"]
    log.record("elm/2.jpg", "keep")
    assert log.history()["action"].tolist() == ["drop", "keep"]
    assert log.undo()["image_id"] == "elm/2.jpg"
    assert log.undo()["reason"] == "old"


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
    with pytest.raises(DatasetError, match=f"did you mean '{meant}'") as error:
        log.record("elm/2.jpg", "relabel", "", label)
    assert "'oak '" in str(error.value)
    proposed = str(error.value).split("did you mean '")[1].removesuffix("'?.")
    log.record("elm/2.jpg", "relabel", "", proposed)
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


@pytest.mark.parametrize(
    "when", ["2026-05-31T14:05:00+02:00", "2026-05-31T12:05:00", "2026-05-31 12:05"]
)
def test_times_are_read_as_universal_time_unless_they_say_otherwise(tmp_path, when):
    (tmp_path / "x.csv").write_text(f"image_id,action,when\na.jpg,drop,{when}\n")
    found = read_decisions(tmp_path / "x.csv")
    assert found["when"].tolist() == [pd.Timestamp("2026-05-31T12:05:00", tz="UTC")]

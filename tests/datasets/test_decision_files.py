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
    open_dataset,
)
from helpers.datasets.decision_files import content_of, match, read_decisions
from tests.datasets.marks import FILES, fates, made_of

REASONS = [
    "", "plain", "a, b; c\td", 'says "oak"', "two\nlines", "two\r\nlines", "NA", "nan", "None",
    " spaced ", "=1+1", "橡树 🍁", "-", "1.0", "\ufeffmark", "it's; 'so'",
]  # fmt: skip


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


def test_what_a_table_made_by_hand_says_is_known_by_the_content_of_the_file_here(tmp_path, work):
    """So that a folder that is opened with another table, or a copy of it, tells where it lies."""
    dataset = made_of(tmp_path, "photos", {"elm/1.jpg": b"first", "oak/1.jpg": b"second"})
    (tmp_path / "table.csv").write_text("image_id,action\nelm/1.jpg,drop\n")
    log = DecisionLog(dataset)
    assert log.import_from(tmp_path / "table.csv")["how"].to_list() == ["name alone"]
    assert log.history()["content"].to_list() == ["5-" + hashlib.sha256(b"first").hexdigest()]
    (tmp_path / "photos.csv").write_text("file,site\nelm/1.jpg,a\noak/1.jpg,b\n")
    again = open_dataset(dataset.root, metadata=tmp_path / "photos.csv")
    told = [note for note in again.notes if str(log.path) in note]
    assert len(told) == 1 and "but 1 decision about the same files lie" in told[0]
    (dataset.root / "elm/1.jpg").write_bytes(b"other")
    assert "1 image changed on disk" in DecisionLog(dataset).notes[0]


def test_a_file_that_is_there_is_not_replaced(marked, tmp_path):
    (tmp_path / "marks.csv").write_text("mine")
    with pytest.raises(DatasetError, match="marks.csv' is there already and is not replaced"):
        DecisionLog(marked).export_to(tmp_path / "marks.csv")
    assert (tmp_path / "marks.csv").read_text() == "mine"
    with pytest.raises(DatasetError, match="marks.csv' cannot be written .No such file"):
        DecisionLog(marked).export_to(tmp_path / "no" / "marks.csv")


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


def test_files_that_cannot_be_read_lead_to_one_sentence(marked, tmp_path):
    log = DecisionLog(marked)
    with pytest.raises(DatasetError, match="There is no file '.*none.csv' to read decisions from"):
        log.import_from(tmp_path / "none.csv")
    (tmp_path / "x.csv").write_bytes(b"\xff\x00a")
    with pytest.raises(DatasetError, match="its text is not in UTF-8: open it in"):
        log.import_from(tmp_path / "x.csv")


def test_of_many_columns_nine_are_named(tmp_path):
    (tmp_path / "x.csv").write_text("image_id,a,b,c,d,e,f,g,h,i\n")
    said = "is missing among image_id, a, b, c, d, e, f, g, h and 1 more.; expected"
    with pytest.raises(DatasetError, match=said):
        read_decisions(tmp_path / "x.csv")


def test_times_are_universal_where_there_are_none_as_well(tmp_path):
    empty = DecisionLog(tmp_path / "log.sqlite")
    assert str(empty.history()["when"].dtype).endswith(", UTC]")
    assert str(empty.current()["when"].dtype).endswith(", UTC]")


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_spreadsheets_make_of_a_file_of_decisions_is_read(tmp_path, encoding):
    text = "Image_ID\tAction \tlabel\r\na.jpg\trelabel\tche\u0302ne\r\n\t\t\r\nb.jpg\tdrop\t\r\n"
    (tmp_path / "x.csv").write_bytes(text.encode(encoding))
    found = read_decisions(tmp_path / "x.csv")
    assert found[["image_id", "action"]].to_numpy().tolist() == [
        ["a.jpg", "relabel"],
        ["b.jpg", "drop"],
    ]
    assert found["label"][0] == "ch\xeane" and pd.isna(found["label"][1])


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


@pytest.mark.parametrize(
    "when", ["2026-05-31T14:05:00+02:00", "2026-05-31T12:05:00", "2026-05-31 12:05"]
)
def test_times_are_read_as_universal_time_unless_they_say_otherwise(tmp_path, when):
    (tmp_path / "x.csv").write_text(f"image_id,action,when\na.jpg,drop,{when}\n")
    found = read_decisions(tmp_path / "x.csv")
    assert found["when"].tolist() == [pd.Timestamp("2026-05-31T12:05:00", tz="UTC")]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["a.jpg,drop", "b.jpg", "c.jpg"], "Row 2 of 'x.csv' has not the 2 cells of its header"),
        (["a.jpg,drop", "b.jpg,keep,x"], "no decisions .line 3 has 3 cells, and the header 2: put"),
    ],
)
def test_the_first_row_without_the_cells_of_the_header_is_named(tmp_path, lines, said):
    (tmp_path / "x.csv").write_text("\n".join(["image_id,action", *lines]))
    with pytest.raises(DatasetError, match=said):
        read_decisions(tmp_path / "x.csv")


def test_the_first_row_with_a_time_that_is_none_is_named(tmp_path):
    text = "image_id,action,when\na.jpg,drop,\nb.jpg,keep,soon\nc.jpg,keep,later\n"
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(DatasetError, match="Row 2 of 'x.csv' was decided 'soon'; expected a time"):
        read_decisions(tmp_path / "x.csv")


def test_separators_beyond_the_header_and_columns_without_a_name_shift_nothing(tmp_path):
    (tmp_path / "x.csv").write_text(",Image_ID,Action,\n0,a.jpg,drop,,\n1,b.jpg,keep,,\n")
    found = read_decisions(tmp_path / "x.csv")
    assert found[["image_id", "action"]].to_numpy().tolist() == [
        ["a.jpg", "drop"],
        ["b.jpg", "keep"],
    ]
    (tmp_path / "x.csv").write_text("image_id,Action,action\na.jpg,drop,keep\n")
    with pytest.raises(DatasetError, match="holds no decisions .two columns action.; expected"):
        read_decisions(tmp_path / "x.csv")

"""The tables beside the page: their columns, in one order, each with a meaning."""

import csv
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers import canaries, open_dataset
from helpers.audit.scanning import COLUMNS as SCANNED
from helpers.datasets import Dataset, DecisionLog
from helpers.report import tables
from helpers.report.page import make_page
from tests.report.conftest import draw
from tests.report.test_building import report_on

FIRST = ["image_id", "label", "split"]
DECIDED = ["decision", "new_label", "decided_by", "decision_reason", "report_split", "flags",
           "chance_that_label_is_wrong", "suggested_label", "stays_with"]  # fmt: skip
OF_FILE = [
    "readable", "problem", "oddity", "format", "colour_mode", "frames", "width", "height",
    "exif_orientation", "taken", "bytes", "sha256", "brightness", "brightness_percentile_1",
    "brightness_percentile_5", "brightness_percentile_50", "brightness_percentile_95",
    "brightness_percentile_99", "brightness_of_detail", "share_of_white", "contrast", "saturation",
    "colourfulness", "grey_level_entropy", "sharpness", "edge_width",
]  # fmt: skip
INTERNAL = {"gps", "thumbnail", "facts", "phash", "dhash", "highest", "levels", "mode", "note"}


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(canaries, "COPIES", {})
    monkeypatch.setattr(canaries, "POOR", {})


def header(path):
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


@pytest.fixture
def written(photos, tmp_path, quick):
    """A report on the photos with two columns of ours, and on a second folder; some images have no
    label, and two were decided about."""
    for number in range(4):
        draw(tmp_path / "more" / "red" / f"{number}.png", (200, 50, 40), 900 + number)
    (tmp_path / "more" / "red" / "same.png").write_bytes((photos / "red" / "03.png").read_bytes())
    dataset = open_dataset(photos, progress=False)
    images = dataset.images
    labels = images["label"].where(~images.index.str.contains("blue/1"))
    images = images.assign(label=labels, flags="ours", site="north")
    dataset = dataset.with_images(images)
    log = DecisionLog(dataset)
    log.record("blue/00.png", "drop", "broken")
    log.record("red/05.png", "keep", "looked at")
    report = report_on(dataset, against=tmp_path / "more")
    return report, report.write(tmp_path / "out", model=False)


def test_every_table_has_just_the_columns_that_the_page_explains_in_their_order(written):
    report, folder = written
    made = sorted(path.name for path in folder.glob("*.csv"))
    assert made == sorted(tables.FILES)
    told = tables.describe_files(report, made)
    for name in made:
        assert header(folder / name) == [*told[name][1]], name
        assert all(told[name][1].values())
    assert header(folder / "images.csv") == [
        *FIRST, "flags", "site", *("flags_of_report" if one == "flags" else one for one in DECIDED),
        *OF_FILE,
    ]  # fmt: skip
    page = (folder / "report.html").read_text()
    assert "The tables, column by column" in page
    assert page.count("<code>flags_of_report</code></td><td>what is poor or odd") == 1
    assert page.count(f"<code>site</code></td><td>{tables.METADATA}") == 1
    assert "column by column" not in report.html(images=False)


def test_who_decided_what_stands_beside_each_image(written):
    _, folder = written
    images = pd.read_csv(folder / "images.csv", index_col="image_id", keep_default_na=False)
    assert (images["flags"] == "ours").all()
    decided = images[["decision", "decided_by", "decision_reason"]]
    assert decided.loc["blue/00.png"].to_list() == ["drop", "you", "broken"]
    assert decided.loc["red/05.png"].to_list() == ["keep", "you", "looked at"]
    again = decided.loc["green/again.png"].to_list()
    assert again == ["drop", "report", "the same file as green/01.png"]
    assert decided.loc["red/06.png"].to_list() == ["", "", ""]
    assert images["decision"].ne("").sum() == 5
    assert images.loc["red/06.png", "report_split"] in ("train", "valid")
    assert images.loc["green/again.png", "report_split"] == ""
    assert images.loc["blue/10.png", ["label", "chance_that_label_is_wrong"]].to_list() == ["", ""]
    assert images.loc["blue/00.png", OF_FILE].eq("").all()  # dropped before, and not opened
    assert images.loc["red/06.png", "flags_of_report"] == ""


def test_the_label_that_a_relabel_gave_stands_beside_the_one_that_came():
    ids = pd.Index(["a", "b", "c", "d"], name="image_id")
    marks = pd.DataFrame({
        "action": ["relabel", "keep", "drop"], "label": ["elm", None, None], "reason": ""
    }, ids[:3])  # fmt: skip
    choices = pd.DataFrame({"reason": []}, pd.Index([], name="image_id"), dtype="str")
    found = pd.DataFrame(
        tables._decided(SimpleNamespace(marks=marks, choices=choices), ids)
    ).fillna("")
    assert found["new_label"].tolist() == ["elm", "", "", ""]
    assert found["decision"].tolist() == ["relabel", "keep", "drop", ""]


def test_labels_that_are_contradicted_most_are_listed_where_none_is_in_doubt(photos, quick):
    report = report_on(photos)
    doubts = report.evidence.doubts.assign(issue=False, wrong=0.0, quality=0.9)
    doubts.loc["red/04.png", ["quality", "suggested"]] = [0.1, "blue"]
    doubts.loc["red/05.png", ["quality", "suggested"]] = [0.19, "blue"]
    doubts.loc["red/03.png", ["quality", "suggested"]] = [0.2, "blue"]
    report.evidence.doubts = doubts.sort_values("quality", kind="stable")
    table = tables.suspects_table(report)
    rows = table[table["issue"] == "label contradicted"]
    assert rows["image_id"].to_list() == ["red/04.png", "red/05.png"]
    assert rows["suggested_label"].to_list() == ["blue", "blue"]
    assert rows["chance_that_label_is_wrong"].isna().all()
    assert (rows["why"] == tables.AS_OFTEN).all()
    twice = int(table["issue"].eq("one file, two labels").sum())
    assert rows.index.to_list() == [twice, twice + 1]  # before flags and probable copies
    assert not table["issue"].str.contains("label in doubt").any()
    doubts.loc["red/04.png", "wrong"] = 0.4  # then as much is said here as in images.csv
    report.evidence.doubts = doubts
    table = tables.suspects_table(report).set_index("image_id")
    told = table.loc["red/04.png", ["chance_that_label_is_wrong", "why"]].to_list()
    assert told == [0.4, tables.UNSURE]


def test_a_suspect_stands_with_its_labels_and_words_that_a_reader_knows(photos, quick):
    report = report_on(photos)
    evidence = report.evidence
    doubts = evidence.doubts.copy()
    for number, (image_id, evident) in enumerate(
        [("red/03.png", "image"), ("red/04.png", "within group"), ("red/05.png", "whole group")]
    ):
        doubts.loc[image_id, ["suggested", "evidence", "issue", "wrong"]] = [
            "blue", evident, True, 0.9 - number / 10
        ]  # fmt: skip
    evidence.doubts = doubts
    table = tables.suspects_table(report)
    assert [*table] == [*tables.FILES["suspects.csv"][1]]
    assert not table["issue"].str.contains("label, by").any()
    rows = table[table["issue"] == "label in doubt"].set_index("image_id")
    assert rows["why"].to_dict() == {
        "red/03.png": tables.WHY["image"],
        "red/04.png": tables.WHY["within group"],
        "red/05.png": tables.WHY["whole group"],
    }
    assert rows["chance_that_label_is_wrong"].to_dict() == {
        "red/03.png": 0.9, "red/04.png": 0.8, "red/05.png": 0.7
    }  # fmt: skip
    readable = tables.images_table(report)["readable"]
    assert readable.index[~readable.astype(bool)].to_list() == ["blue/00.png"]
    assert set(rows["label"]) == {"red"}
    assert set(rows["suggested_label"]) == {"blue"}
    pair = table[table["issue"] == "one file, two labels"]
    assert {*pair["label"]} == {*pair["other_label"]} == {"red", "blue"}
    assert pair["chance_that_label_is_wrong"].sum() == pytest.approx(1, abs=0.002)
    assert pair["suggested_label"].isna().sum() == 1  # of the label that is likelier right
    others = table[~table["issue"].isin(["label in doubt", "one file, two labels"])]
    assert len(others)
    assert others["chance_that_label_is_wrong"].isna().all()
    assert len(table) == len(report.suspects()) + 1  # either of the two files has a row
    twice = table[table["issue"] == "one file, two labels"].set_index("image_id")
    assert twice["other_id"].to_dict() == {
        "blue/02.png": "red/other.png", "red/other.png": "blue/02.png"
    }  # fmt: skip
    assert twice["label"].to_dict() == {"blue/02.png": "blue", "red/other.png": "red"}
    assert twice.loc["red/other.png", "why"] == (
        "The same bytes as blue/02.png, which bears another label: one of the two is wrong. To "
        "keep this one does not settle it: relabel or drop blue/02.png in its own row, too; until "
        "then the report trains on neither."
    )


def test_suspects_stand_with_the_labels_that_stand_and_those_you_decided_about_not_at_all(
    photos, quick
):
    dataset = open_dataset(photos, progress=False)
    log = DecisionLog(dataset)
    log.record("red/03.png", "relabel", "looked at", label="green")
    log.record("red/04.png", "keep")
    log.record("red/05.png", "cannot tell")
    log.record("red/other.png", "keep")
    log.record("green/again.png", "relabel", "looked at", label="blue")  # a copy stays green
    report = report_on(dataset)
    evidence = report.evidence
    doubts = evidence.doubts.assign(issue=False, wrong=0.1)
    for image_id, wrong in [("red/03.png", 0.9), ("red/04.png", 0.8), ("red/05.png", 0.6),
                            ("red/06.png", 0.7)]:  # fmt: skip
        doubts.loc[image_id, ["suggested", "evidence", "issue", "wrong"]] = [
            "red", "image", True, wrong
        ]  # fmt: skip
    twice = ["red/other.png", "green/again.png"]
    doubts.loc[twice, "evidence"], doubts.loc[twice, "issue"] = "same file", True
    evidence.doubts = doubts
    flags = [("red/07.png", "dark", "absolute", "It is."), ("red/08.png", "dark", "not used", "")]
    flags = pd.DataFrame(flags, columns=["image_id", "issue", "rule", "why"])
    evidence.issues = pd.concat([flags, evidence.issues[evidence.issues["image_id"] < "c"]])
    pairs = evidence.pairs[evidence.pairs["kind"] == "exact"]
    evidence.pairs = pd.concat([pairs, pairs[:1].assign(
        image_id="red/09.png", other_id="red/10.png", kind="probable", difference="sharpness"
    )])  # fmt: skip
    rows = tables.suspects_table(report)
    assert rows["issue"].to_list() == [
        *["one file, two labels"] * 4, "label in doubt", "label in doubt",
        "dark", "unreadable", "probable copy",
    ]  # fmt: skip
    by_image = rows.set_index("image_id")
    assert rows["image_id"].to_list()[4:] == [
        "red/06.png", "red/05.png", "red/07.png", "blue/00.png", "red/09.png"
    ]  # fmt: skip
    pair = rows[rows["other_id"].eq("green/again.png") | rows["image_id"].eq("green/again.png")]
    assert {*pair[["label", "other_label"]].to_numpy().ravel()} == {"green", "blue"}
    assert by_image["chance_that_label_is_wrong"].to_list()[4:6] == [0.7, 0.6]
    images = tables.images_table(report)
    assert images.loc[["red/03.png", "red/04.png"], "chance_that_label_is_wrong"].isna().all()
    assert images.loc[["red/03.png", "red/04.png"], "suggested_label"].isna().all()
    told = images.loc[["red/05.png", "red/06.png", *twice], "chance_that_label_is_wrong"]
    assert told.to_list() == [0.6, 0.7, 0.1, 0.1]
    assert {*report.suspects()["image_id"]} | {*twice, "blue/02.png", "green/01.png"} == {
        *rows["image_id"]
    }
    why = by_image["why"]
    assert "That you kept this one does not settle it: relabel or drop blue" in why["red/other.png"]
    assert "To keep this one does not settle it: relabel or drop red" in why["blue/02.png"]
    meant = tables.FILES["suspects.csv"]
    assert meant[1]["label"].startswith("the class that stands, yours where you relabelled")
    assert "first one file under two labels (a row for either), then labels" in meant[0]


def test_what_the_scan_measures_is_passed_on_under_a_name_for_readers_or_not_at_all():
    assert {*SCANNED} - {*tables.FACTS} == {
        "gps",
        "thumbnail",
        "highest",
        "levels",
        "phash",
        "dhash",
    }
    assert [name for name, _ in tables.FACTS.values()] == OF_FILE
    assert not INTERNAL & {*OF_FILE, *DECIDED}
    assert list(tables.DECISIONS) == DECIDED


def test_names_of_your_columns_are_escaped_on_the_page():
    from helpers.findings.sections import Section, as_json

    verdict = Section("verdict", "x", numbers={"verdict": "Go"})
    plain = {
        "dataset": "d", "images": 1, "asked by a person": True, "opened by": "open_dataset('d')",
        "budget in seconds": 60, "failed": [], "left out by the budget": [],
        "sections": [verdict.plain()],
    }  # fmt: skip
    files = {"images.csv": ("A row.", {"<img src=x>": "<b>"})}
    page = make_page(as_json(plain), {"verdict": verdict}, files=files)
    assert "<code>&lt;img src=x&gt;</code></td><td>&lt;b&gt;</td>" in page
    assert "<img src=x>" not in page


def test_labels_without_an_estimate_are_counted(photos, quick):
    from helpers.findings.labels import labels

    evidence = report_on(photos).evidence
    doubts = evidence.doubts.assign(wrong=0.2, issue=False)
    half = len(doubts) // 2
    every = len(doubts)
    part = {number: f"{number} of the {every}" for number in (half + 1, 1)}
    for unknown, words in ({every: f"all {every}"} | part | {0: None}).items():
        wrong = np.where(np.arange(len(doubts)) < unknown, 0.0, 0.2)
        evidence.doubts = doubts.assign(wrong=wrong)
        said = [line for line in labels(evidence).says if "there is no estimate" in line]
        told = f"For {words} labels that were judged there is no estimate"
        assert [line.split(":")[0] for line in said] == ([told] if words else [])


def test_a_column_that_times_made_is_not_called_one_of_your_table():
    images = pd.DataFrame(
        {"label": "x", "split": None, "session": "mine", "session by time": "group 1"},
        pd.Index(["a.jpg", "b.jpg"], name="image_id"),
    )
    dataset = Dataset("made", Path("made"), images)
    for then, meant in (((), tables.METADATA), (("group_by_time({}, pause=4)",), tables.BY_TIME)):
        report = SimpleNamespace(
            evidence=SimpleNamespace(
                opened=replace(dataset, opened=dataset.opened | {"then": then})
            )
        )
        columns = tables.describe_files(report, ["images.csv"])["images.csv"][1]
        assert columns["session"] == tables.METADATA
        assert columns["session by time"] == meant

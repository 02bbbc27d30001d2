import sqlite3
from datetime import UTC, datetime
from multiprocessing import get_context

import pandas as pd
import pytest

from helpers.datasets import (
    DatasetError,
    DecisionLog,
    apply_decisions,
    open_dataset,
)
from helpers.datasets import decisions as decision_log
from helpers.datasets.decisions import DecidedMeanwhile


@pytest.fixture
def dataset(tree):
    return open_dataset(tree("cat/1.jpg", "cat/2.jpg", "dog/3.jpg"))


def actions(log):
    return log.current()["action"].to_dict()


def test_the_last_decision_about_an_image_stands(dataset):
    log = DecisionLog(dataset)
    log.record("cat/1.jpg", "drop", "blurred")
    log.record("cat/2.jpg", "keep")
    log.record("cat/1.jpg", "relabel", "is a lynx", label="lynx", new_class=True)
    current = log.current()
    assert current.columns.tolist() == ["action", "reason", "label", "when"]
    assert current.index.tolist() == ["cat/2.jpg", "cat/1.jpg"]
    assert current.loc["cat/1.jpg", ["action", "reason", "label"]].tolist() == [
        "relabel",
        "is a lynx",
        "lynx",
    ]
    assert pd.isna(current.loc["cat/2.jpg", "label"])
    assert abs(pd.Timestamp.now("UTC") - current["when"].max()) < pd.Timedelta("1min")


def test_undo_takes_back_the_last_decision_again_and_again(dataset):
    log = DecisionLog(dataset)
    log.record("cat/1.jpg", "drop", "dark")
    log.record("cat/1.jpg", "keep")
    log.record("dog/3.jpg", "drop")
    assert log.undo()["image_id"] == "dog/3.jpg"
    assert actions(log) == {"cat/1.jpg": "keep"}
    log.undo()
    assert actions(log) == {"cat/1.jpg": "drop"}
    log.record("cat/2.jpg", "drop")
    assert log.undo()["image_id"] == "cat/2.jpg"
    undone = log.undo()
    assert (undone["image_id"], undone["action"], undone["reason"]) == ("cat/1.jpg", "drop", "dark")
    assert actions(log) == {}
    assert log.undo() is None


def test_a_table_of_decisions_is_recorded_as_a_whole_or_not_at_all(dataset):
    log = DecisionLog(dataset)
    table = pd.DataFrame(
        {"action": ["relabel", "drop"], "label": ["dog", None], "quality": [0.1, 0.9]},
        index=["cat/1.jpg", "cat/2.jpg"],
    )
    log.record_all(table)
    assert log.current()["label"].fillna("").to_dict() == {"cat/1.jpg": "dog", "cat/2.jpg": ""}
    assert log.undo()["image_id"] == "cat/2.jpg"
    with pytest.raises(DatasetError, match="no image 'bird.jpg'"):
        log.record_all(table.rename(index={"cat/2.jpg": "bird.jpg"}))
    with pytest.raises(DatasetError, match="There is no decision None; expected one of keep"):
        log.record_all(table.drop(columns="action"))
    assert actions(log) == {"cat/1.jpg": "relabel"}


def test_history_keeps_everything(dataset):
    log = DecisionLog(dataset)
    log.record("cat/1.jpg", "drop")
    log.record("cat/1.jpg", "keep")
    log.undo()
    history = log.history()
    assert history["action"].tolist() == ["drop", "keep", "undo"]
    assert history["undone"].dropna().tolist() == [2]


def test_decisions_survive_a_restart_and_logs_are_kept_apart(dataset):
    DecisionLog(dataset).record("cat/1.jpg", "drop")
    assert actions(DecisionLog(open_dataset(dataset.root))) == {"cat/1.jpg": "drop"}
    assert actions(DecisionLog(dataset, "second opinion")) == {}


def test_an_unused_log_is_empty_and_makes_no_file(tmp_path):
    log = DecisionLog(tmp_path / "log.sqlite")
    assert log.current().empty and log.history().empty
    assert log.current().columns.tolist() == ["action", "reason", "label", "when"]
    assert not log.path.exists()


@pytest.mark.parametrize(
    ("decision", "message"),
    [
        (("cat/9.jpg", "drop"), "no image 'cat/9.jpg' to decide about .did you mean 'cat/"),
        (("cat/1.jpg", "dorp"), "'dorp'; expected one of keep, relabel, drop, cannot tell."),
        (("cat/1.jpg", "relabel"), "needs the new label"),
        (("cat/1.jpg", "relabel", "", " "), "needs the new label"),
        (("cat/1.jpg", "drop", "", "dog"), "takes no label"),
        (("cat/1.jpg", "relabel", "", " cat "), "'cat/1.jpg' has the label 'cat' already; where"),
        (("cat/1.jpg", "relabel", "", "dogg"), "no class 'dogg' .*new_class=True.* mean 'dog'"),
        (
            ("cat/1.jpg", "relabel", "", "lynx"),
            "no class 'lynx' .classes: cat, dog; new_class=True",
        ),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(dataset, decision, message):
    log = DecisionLog(dataset)
    with pytest.raises(DatasetError, match=message):
        log.record(*decision)
    assert log.history().empty


def test_the_label_that_an_image_was_given_by_hand_may_be_given_again_and_its_own_may_not(dataset):
    log = DecisionLog(dataset)
    log.record("cat/1.jpg", "relabel", label="dog")
    with pytest.raises(DatasetError, match="has the label 'cat' already; .* decide 'keep'"):
        log.record("cat/1.jpg", "relabel", label="cat")
    DecisionLog(apply_decisions(dataset, log.current())).record("cat/1.jpg", "relabel", label="dog")
    assert log.current()["label"].to_dict() == {"cat/1.jpg": "dog"}
    log.record("cat/1.jpg", "keep")
    assert apply_decisions(dataset, log.current()).images["label"].to_list() == [
        "cat",
        "cat",
        "dog",
    ]


def test_of_many_classes_twelve_are_named(dataset):
    labels = [f"c{i}" for i in range(10, 23)]
    images = pd.DataFrame({"label": labels, "split": None}, [f"{i}.jpg" for i in range(13)])
    with pytest.raises(DatasetError, match="classes: c10, c11, .*, c20, c21 and 1 more; new_class"):
        DecisionLog(dataset.with_images(images)).record("0.jpg", "relabel", "", "oak")


def _record_many(path, who):
    log = DecisionLog(path)
    for i in range(25):
        log.record(f"{who}/{i}.jpg", "drop")
        if i % 5 == 4:
            log.undo()


def test_two_processes_write_at_once_and_nothing_is_lost(tmp_path):
    path = tmp_path / "log.sqlite"
    with get_context("spawn").Pool(2) as pool:
        pool.starmap(_record_many, [(path, "a"), (path, "b")])
    history = DecisionLog(path).history()
    assert (history["action"] == "drop").sum() == 50
    assert history["undone"].dropna().is_unique
    assert len(DecisionLog(path).current()) == 40


def test_a_log_on_read_only_media_can_be_read_and_says_why_it_cannot_be_written(ordinary_user):
    log = DecisionLog(ordinary_user / "log.sqlite")
    log.record("a.jpg", "drop")
    log.path.chmod(0o444)
    ordinary_user.chmod(0o555)
    assert actions(log) == {"a.jpg": "drop"}
    for write in (lambda: log.record("b.jpg", "keep"), log.undo):
        with pytest.raises(DatasetError, match="log.sqlite' cannot be written .*WORKBOOK_WORK"):
            write()


def test_a_file_that_is_no_log_says_so(tmp_path):
    (tmp_path / "log.sqlite").write_text("not a database at all, just some text" * 9)
    with pytest.raises(DatasetError, match="cannot be read"):
        DecisionLog(tmp_path / "log.sqlite").current()


def test_another_program_that_holds_the_file_leads_to_one_sentence(tmp_path, monkeypatch):
    log = DecisionLog(tmp_path / "log.sqlite")
    log.record("a.jpg", "drop")
    real = sqlite3.connect
    holder = real(log.path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: real(*a[:1], **{**k, "timeout": 0.05}))
    with pytest.raises(DatasetError, match="database is locked"):
        log.record("b.jpg", "drop")
    holder.close()


def test_decisions_make_a_new_dataset_and_leave_the_old_one(dataset):
    log = DecisionLog(dataset)
    log.record("cat/1.jpg", "drop")
    log.record("cat/2.jpg", "relabel", "a lynx", label="lynx", new_class=True)
    log.record("dog/3.jpg", "keep")
    cleaned = apply_decisions(dataset, log)
    assert cleaned.images["label"].to_dict() == {"cat/2.jpg": "lynx", "dog/3.jpg": "dog"}
    assert dataset.images["label"].to_dict() == {
        "cat/1.jpg": "cat",
        "cat/2.jpg": "cat",
        "dog/3.jpg": "dog",
    }
    pd.testing.assert_frame_equal(apply_decisions(dataset, log.current()).images, cleaned.images)
    assert cleaned.images.dtypes.equals(dataset.images.dtypes)


def test_decisions_about_other_images_do_nothing(dataset):
    decisions = pd.DataFrame({"action": ["drop"], "label": [None]}, index=["elsewhere.jpg"])
    pd.testing.assert_frame_equal(apply_decisions(dataset, decisions).images, dataset.images)


@pytest.mark.parametrize(
    ("action", "message"),
    [("burn", "'burn' for 'cat/1.jpg'"), ("relabel", "and a label with relabel")],
)
def test_decisions_that_make_no_sense_are_not_applied(dataset, action, message):
    decisions = pd.DataFrame({"action": [action], "label": [None]}, index=["cat/1.jpg"])
    with pytest.raises(DatasetError, match=message):
        apply_decisions(dataset, decisions)


def test_what_are_no_decisions_is_refused_in_one_sentence(dataset):
    log = DecisionLog(dataset)
    log.record("cat/1.jpg", "drop")
    twice = pd.concat([log.current()] * 2)
    wrong = [["cat/1.jpg"], None, dataset.images, log.history(), log.current().reset_index(), twice]
    for decisions in wrong:
        with pytest.raises(DatasetError, match=r"^Decisions are a DecisionLog, or a table .*got "):
            apply_decisions(dataset, decisions)


def test_a_log_shows_what_it_is_without_paths(dataset, tmp_path):
    assert repr(DecisionLog(dataset)) == "DecisionLog 'decisions' of dataset 'photos'"
    assert repr(DecisionLog(tmp_path / "mine.sqlite")) == "DecisionLog 'mine'"


def test_cannot_tell_is_a_decision_that_leaves_the_image_and_its_label(dataset, tmp_path):
    log = DecisionLog(dataset)
    log.record("cat/1.jpg", "cannot tell", "too dark")
    assert log.current().loc["cat/1.jpg", ["action", "reason"]].tolist() == [
        "cannot tell",
        "too dark",
    ]
    pd.testing.assert_frame_equal(apply_decisions(dataset, log).images, dataset.images)
    other = DecisionLog(tmp_path / "other.sqlite")
    other.import_from(log.export_to(tmp_path / "marks.csv"))
    pd.testing.assert_frame_equal(other.current(), log.current())
    with pytest.raises(DatasetError, match="'cannot tell' about 'cat/1.jpg' takes no label"):
        log.record("cat/1.jpg", "cannot tell", label="dog")


def test_what_was_recorded_together_is_taken_back_together(dataset):
    log, both = DecisionLog(dataset), ["cat/1.jpg", "cat/2.jpg"]
    log.record("dog/3.jpg", "keep")
    log.record_all(pd.DataFrame({"action": "drop"}, index=both))
    log.record("cat/1.jpg", "keep")
    assert [one["image_id"] for one in log.undo_all()] == ["cat/1.jpg"]
    assert actions(log) == {"dog/3.jpg": "keep", "cat/1.jpg": "drop", "cat/2.jpg": "drop"}
    assert [(one["image_id"], one["action"]) for one in log.undo_all()] == [
        ("cat/2.jpg", "drop"),
        ("cat/1.jpg", "drop"),
    ]
    assert actions(log) == {"dog/3.jpg": "keep"}
    assert [one["image_id"] for one in log.undo_all()] == ["dog/3.jpg"]
    assert log.undo_all() == [] and len(log.history()) == 8


def test_decisions_of_one_millisecond_are_still_told_apart(dataset, monkeypatch):
    class Clock(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime(2026, 5, 31, 12, tzinfo=UTC)

    monkeypatch.setattr(decision_log, "datetime", Clock)
    log = DecisionLog(dataset)
    for name in ("cat/1.jpg", "cat/2.jpg"):
        log.record(name, "drop")
    assert [one["image_id"] for one in log.undo_all()] == ["cat/2.jpg"]
    assert actions(log) == {"cat/1.jpg": "drop"}


def test_a_decision_made_meanwhile_is_not_overruled_nor_taken_back_unseen(dataset):
    log = DecisionLog(dataset)
    table = pd.DataFrame({"action": "drop"}, index=["cat/1.jpg", "cat/2.jpg"])
    log.record("cat/1.jpg", "keep")
    seen = log.current()
    log.record("dog/3.jpg", "keep")
    log.record_all(table, seen=seen)
    log.record("cat/2.jpg", "relabel", label="dog")
    before = len(log.history())
    with pytest.raises(DecidedMeanwhile, match="2 images got another decision meanwhile") as raised:
        log.record_all(table.assign(action="keep"), seen=seen)
    assert raised.value.images == ["cat/1.jpg", "cat/2.jpg"]
    with pytest.raises(DecidedMeanwhile) as raised:
        log.undo_all(seen=seen)
    assert raised.value.images == ["cat/2.jpg"] and len(log.history()) == before
    assert [one["label"] for one in log.undo_all(seen=log.current())] == ["dog"]
    with pytest.raises(DecidedMeanwhile):
        log.undo_all(seen=log.current().iloc[:-1])
    with pytest.raises(DecidedMeanwhile):
        log.undo_all(seen=log.current().assign(action="keep"))


def test_what_stands_is_read_again_after_any_change_of_the_log(dataset, tmp_path):
    log, other = DecisionLog(dataset), DecisionLog(dataset)
    assert log.current().empty
    other.record("cat/1.jpg", "drop")
    table = log.current()
    table["action"] = "spoilt"
    assert actions(log) == {"cat/1.jpg": "drop"}
    other.undo()
    assert actions(log) == {}
    another = DecisionLog(tmp_path / "another.sqlite")
    for name in ("x.jpg", "y.jpg"):
        another.record(name, "keep")
    another.path.replace(log.path)
    assert actions(log) == {"x.jpg": "keep", "y.jpg": "keep"}
    log.path.unlink()
    assert actions(log) == {}

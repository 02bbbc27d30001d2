"""Where our files lie, and logs that several processes write to."""

import sqlite3
import threading
from pathlib import Path

import pytest

import helpers
from helpers.datasets import DatasetError
from helpers.datasets.storage import (
    expand_home,
    locked,
    make_folder,
    read_log,
    work_folder,
    writing_to,
)

SCHEMA = "CREATE TABLE IF NOT EXISTS marks (word TEXT)"
READ = "SELECT word FROM marks ORDER BY rowid"


def write(path, word):
    with writing_to(path, SCHEMA) as log:
        log.execute("INSERT INTO marks VALUES (?)", (word,))


def test_the_work_folder_is_the_one_chosen_or_lies_beside_the_package(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WORKBOOK_WORK", "~/mine")
    assert work_folder() == tmp_path / "mine"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBOOK_WORK", "here")
    assert work_folder() == tmp_path / "here"
    for none in (lambda: monkeypatch.setenv("WORKBOOK_WORK", ""),
                 lambda: monkeypatch.delenv("WORKBOOK_WORK")):  # fmt: skip
        none()
        assert work_folder() == Path(helpers.__file__).parent.parent / "work"


def test_a_folder_is_made_with_those_above_it_and_may_be_there(tmp_path):
    for _ in range(2):
        assert make_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="file/b' cannot be created .*set WORKBOOK_WORK"):
        make_folder(tmp_path / "file" / "b")


def test_a_lock_lies_beside_what_it_protects(tmp_path):
    with locked(tmp_path / "table.parquet") as lock:
        assert Path(lock.lock_file) == tmp_path / "table.parquet.lock"
        assert lock.is_locked


def test_what_is_written_is_read_in_another_connection(tmp_path):
    path = tmp_path / "new" / "log.sqlite"
    assert read_log(path, READ) == [] and not path.exists()
    write(path, "one")
    write(path, "two")
    assert read_log(path, READ) == [("one",), ("two",)]


def test_an_error_within_takes_the_whole_back(tmp_path):
    path = tmp_path / "log.sqlite"
    write(path, "one")
    with pytest.raises(ZeroDivisionError), writing_to(path, SCHEMA) as log:
        log.execute("INSERT INTO marks VALUES ('two')")
        _ = 1 / 0
    assert read_log(path, READ) == [("one",)]


def test_nobody_writes_between_our_read_and_our_write_and_readers_see_the_old(tmp_path):
    path = tmp_path / "log.sqlite"
    write(path, "one")
    other = threading.Thread(target=write, args=(path, "three"))
    with writing_to(path, SCHEMA) as log:
        other.start()
        log.execute("INSERT INTO marks VALUES ('two')")
        other.join(0.2)
        assert other.is_alive()
        assert read_log(path, READ) == [("one",)]
    other.join()
    assert read_log(path, READ) == [("one",), ("two",), ("three",)]


def test_others_are_waited_for_half_a_minute(tmp_path, monkeypatch):
    """Each connection is asked how long it waits, in milliseconds."""
    path, waits, connect = tmp_path / "log.sqlite", [], sqlite3.connect

    def noted(*place, **options):
        log = connect(*place, **options)
        waits.extend(log.execute("PRAGMA busy_timeout").fetchone())
        return log

    monkeypatch.setattr(sqlite3, "connect", noted)
    write(path, "one")
    read_log(path, READ)
    assert waits == [30_000, 30_000]


def test_a_log_of_no_bytes_is_empty(tmp_path):
    (tmp_path / "log.sqlite").touch()
    assert read_log(tmp_path / "log.sqlite", READ) == []


def test_what_is_no_log_is_named(tmp_path):
    (tmp_path / "log.sqlite").write_text("no database")
    with pytest.raises(DatasetError, match="log.sqlite' cannot be read .*move it away"):
        read_log(tmp_path / "log.sqlite", READ)
    with pytest.raises(DatasetError, match="log.sqlite' cannot be written .*nothing was done"):
        write(tmp_path / "log.sqlite", "one")


def test_a_home_folder_is_put_in_and_one_that_is_not_known_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expand_home("~/a/b") == tmp_path / "a" / "b"
    assert expand_home("a/~b") == Path("a/~b") and expand_home("./~b") == Path("./~b")
    said = (
        "'~no-one-here/a.csv' begins with '~no-one-here', the home folder of a user that this "
        "computer does not know; write the whole path, also for what is called '~no-one-here' in "
        "the present folder."
    )
    with pytest.raises(DatasetError) as raised:
        expand_home("~no-one-here/a.csv")
    assert str(raised.value) == said

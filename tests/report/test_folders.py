"""Where the reports of a dataset lie, and which of them is meant."""

import os
from datetime import date
from pathlib import Path
from types import SimpleNamespace

from helpers.report import folders


def test_a_second_report_of_a_day_lies_beside_the_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dataset = SimpleNamespace(name="my photos")
    first = folders.default_folder(dataset)
    assert first == Path("reports") / f"my-photos-{date.today().isoformat()}"
    first.mkdir(parents=True)
    assert folders.default_folder(dataset) == first  # one that was stopped goes on there
    (first / "report.html").touch()
    second = folders.default_folder(dataset)
    assert second == first.with_name(f"{first.name}-2")
    second.mkdir()
    (second / "report.html").touch()
    assert folders.default_folder(dataset) == first.with_name(f"{first.name}-3")


def test_a_file_of_a_report_is_found_by_the_name_that_the_report_prints(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    dataset = SimpleNamespace(name="photos")
    assert folders.from_report(dataset, "images.csv") == Path("images.csv")
    dated = "2024-01-01"
    for number, folder in enumerate([f"photos-{dated}", f"photos-{dated}-2", f"photos-b-{dated}"]):
        path = Path("reports") / folder / "images.csv"
        path.parent.mkdir(parents=True)
        path.touch()
        os.utime(path, (number, number))
    found = folders.from_report(dataset, "images.csv")
    assert found == Path(f"reports/photos-{dated}-2/images.csv")
    assert capsys.readouterr().err == f"images.csv: taken from {found.parent}.\n"
    # One that was interrupted before it wrote run.json, the last of its files, is passed over.
    finished = Path(f"reports/photos-{dated}")
    (finished / "run.json").touch()
    assert folders.from_report(dataset, "images.csv") == finished / "images.csv"
    Path("images.csv").touch()
    assert folders.from_report(dataset, "images.csv") == Path("images.csv")

"""The notebooks run unchanged on a folder of photos, which they were not written for."""

import pytest

from helpers.course.notebooks import run
from tests.notebooks.others import copy_photos, each_notebook, needs_photos, printed


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A folder of photos, a folder for each class, and the work folder of its owner, who goes from
    notebook to notebook, too."""
    return copy_photos(tmp_path_factory.mktemp("own") / "photos", labelled=True), (
        tmp_path_factory.mktemp("work")
    )


@needs_photos
@each_notebook
def test_it_runs_on_a_folder_of_photos(path, labelled):
    photos, work = labelled
    before = {one: one.stat().st_mtime_ns for one in photos.rglob("*")}
    text = printed(run(path, work=work, dataset=str(photos)))
    assert "Checked:" not in text
    assert {one: one.stat().st_mtime_ns for one in photos.rglob("*")} == before

"""The notebooks run unchanged on datasets that they were not written for."""

import os
import shutil
from pathlib import Path

import pytest
from nbclient.exceptions import CellExecutionError
from PIL import Image
from sklearn.datasets import load_digits

from helpers.course.notebooks import STORED, run

NOTEBOOKS = sorted(STORED.glob("[0-9][0-9]_*.ipynb"))
BY_NAME = {"00", "14"}  # these run on all the digits, as they are opened by name
NEED_LABELS = {path.name[:2] for path in NOTEBOOKS} - {"02", "14"}
PHOTOS = Path(os.environ.get("WORKBOOK_TEST_DATA", "")) / "data" / "clothing"
needs_photos = pytest.mark.skipif(
    "WORKBOOK_TEST_DATA" not in os.environ,
    reason="WORKBOOK_TEST_DATA, a folder with real photos, is not set",
)


def copy_photos(folder: Path, *, labelled: bool) -> Path:
    for label in sorted(path.name for path in (PHOTOS / "train").iterdir()):
        for split, count in (("train", 12), ("test", 4)):
            for source in sorted((PHOTOS / split / label).iterdir())[:count]:
                target = folder / split / label / source.name if labelled else folder / source.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
    return folder


def printed(notebook) -> str:
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return "".join(output.get("text", "") for output in outputs)


@pytest.fixture(scope="module")
def readers_work(tmp_path_factory):
    """The work folder of one reader, who goes from notebook to notebook: what one stored, the next
    finds."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def some_digits(tmp_path_factory):
    """A folder with the first 600 digits, a third of them, in a folder for each class: what trains
    many networks would take a minute on all."""
    digits = load_digits()
    folder = tmp_path_factory.mktemp("digits") / "some_digits"
    for number, (pixels, label) in enumerate(
        zip(digits.images[:600], digits.target[:600], strict=True)
    ):
        target = folder / str(label) / f"{number:04}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels * 15.9375).astype("uint8")).save(target)
    return str(folder)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A folder of photos, a folder for each class, and the work folder of its owner, who goes from
    notebook to notebook, too."""
    return copy_photos(tmp_path_factory.mktemp("own") / "photos", labelled=True), (
        tmp_path_factory.mktemp("work")
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_on_digits_and_judges_nothing(path, readers_work, some_digits):
    dataset = "digits" if path.name[:2] in BY_NAME else some_digits
    text = printed(run(path, work=readers_work, dataset=dataset))
    assert "Checked:" not in text
    assert "easured:" in text or "nothing is expected of it" in text


@needs_photos
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_on_a_folder_of_photos(path, labelled):
    photos, work = labelled
    before = {one: one.stat().st_mtime_ns for one in photos.rglob("*")}
    text = printed(run(path, work=work, dataset=str(photos)))
    assert "Checked:" not in text
    assert {one: one.stat().st_mtime_ns for one in photos.rglob("*")} == before


@needs_photos
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_without_labels_it_goes_as_far_as_it_can_and_says_why_it_stops(path, tmp_path):
    photos = copy_photos(tmp_path / "photos", labelled=False)
    if path.name[:2] not in NEED_LABELS:
        run(path, work=tmp_path / "work", dataset=str(photos))
        return
    with pytest.raises(CellExecutionError, match="No image of 'photos' has a label"):
        run(path, work=tmp_path / "work", dataset=str(photos))

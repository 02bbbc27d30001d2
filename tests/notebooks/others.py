"""What the tests of datasets that the notebooks were not written for share: the notebooks, photos
of clothing, and what a notebook printed. Each dataset has a file, or one process would get all of
these tests, the longest there are, and the others nothing in the end."""

import os
import shutil
from pathlib import Path

import pytest

from helpers.course.notebooks import STORED

NOTEBOOKS = sorted(STORED.glob("[0-9][0-9]_*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
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

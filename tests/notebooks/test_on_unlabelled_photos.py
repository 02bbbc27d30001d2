"""The notebooks on photos without labels: as far as they can, with the reason where they stop."""

import pytest
from nbclient.exceptions import CellExecutionError

from helpers.course.notebooks import run
from tests.notebooks.others import NOTEBOOKS, copy_photos, each_notebook, needs_photos

NEED_LABELS = {path.name[:2] for path in NOTEBOOKS} - {"02", "14"}


@needs_photos
@each_notebook
def test_without_labels_it_goes_as_far_as_it_can_and_says_why_it_stops(path, tmp_path):
    photos = copy_photos(tmp_path / "photos", labelled=False)
    if path.name[:2] not in NEED_LABELS:
        run(path, work=tmp_path / "work", dataset=str(photos))
        return
    with pytest.raises(CellExecutionError, match="No image of 'photos' has a label"):
        run(path, work=tmp_path / "work", dataset=str(photos))

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from helpers.datasets import DatasetError
from helpers.panels import thumbnails
from helpers.panels.pictures import Pictures
from helpers.panels.thumbnails import Thumbnails


def copy_of(dataset, image_id="a.jpg", size=273):
    return Image.open(BytesIO(Thumbnails(dataset, size, 5).jpeg(image_id)))


@pytest.fixture
def kept(monkeypatch):
    """Small copies of files of any length are kept."""
    monkeypatch.setattr(thumbnails, "LARGE", 1)


def test_a_large_file_is_decoded_once_until_it_changes(make_dataset, kept, monkeypatch):
    dataset = make_dataset({"a.jpg": "ash"}, size=(900, 600))
    first = copy_of(dataset)
    assert first.size == (273, 182)
    decoded = []
    load = Pictures.load
    monkeypatch.setattr(Pictures, "load", lambda *given: decoded.append(given) or load(*given))
    again = copy_of(dataset)
    assert decoded == [] and np.array_equal(again, first)
    assert copy_of(dataset, size=100).size == (100, 67) and len(decoded) == 1
    Image.new("RGB", (900, 500), (0, 0, 255)).save(dataset.path("a.jpg"), "JPEG")
    assert copy_of(dataset).getpixel((5, 5))[2] > 200


def test_small_files_and_unreadable_ones_leave_nothing_behind(make_dataset, monkeypatch):
    dataset = make_dataset({"a.jpg": "ash", "b.jpg": "ash"}, size=(900, 600))
    assert copy_of(dataset).size == (273, 182)
    monkeypatch.setattr(thumbnails, "LARGE", 1)
    dataset.path("b.jpg").write_bytes(b"broken")
    for _ in range(2):
        with pytest.raises(DatasetError, match="cannot be read"):
            copy_of(dataset, "b.jpg")
    dataset.path("b.jpg").unlink()
    with pytest.raises(DatasetError):
        copy_of(dataset, "b.jpg")
    assert not (dataset.work / "thumbnails").exists()


def test_a_disk_that_cannot_be_written_costs_no_picture(make_dataset, kept):
    dataset = make_dataset({"a.jpg": "ash"}, size=(900, 600))
    (dataset.work / "thumbnails").write_text("a file is in the way")
    for _ in range(2):
        assert copy_of(dataset).size == (273, 182)

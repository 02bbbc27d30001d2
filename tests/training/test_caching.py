"""Each file is decoded once per size and method, whatever else changes."""

import errno
import os

import numpy as np
import pytest

from helpers import open_dataset
from helpers.training import caching, decoding
from helpers.training.caching import decode
from helpers.training.decoding import decode_files, fit
from tests.training.conftest import draw


@pytest.fixture
def decoded(monkeypatch):
    """The names of files that were really decoded, in order."""
    names = []

    def count(tasks, seconds):
        names.extend(
            os.path.basename(os.path.dirname(t[0])) + "/" + os.path.basename(t[0]) for t in tasks
        )
        return decode_files(tasks, seconds)

    monkeypatch.setattr("helpers.training.decoding.decode_files", count)
    return names


def test_pixels_are_those_of_each_file(dataset):
    pixels = decode(dataset, 24, workers=0)
    assert list(pixels.rows) == dataset.images.index.tolist()
    for image_id in dataset.images.index[::7]:
        expected = fit(dataset.load(image_id), 24, "squish")
        assert (pixels.take([image_id])[0] == expected).all()


def test_nothing_is_decoded_twice(dataset, decoded):
    first = decode(dataset, 24)
    assert len(decoded) == 36
    again = decode(dataset.part("valid"), 24)
    assert len(decoded) == 36
    assert len(again.rows) == 9
    assert (again.take(again.rows) == first.take(again.rows)).all()
    decode(dataset, 24, "pad")
    assert len(decoded) == 72


def test_new_and_changed_files_are_decoded_and_no_others(photos, decoded):
    dataset = open_dataset(photos, progress=False)
    before = decode(dataset, 24)
    untouched = before.take(["blue/00.png"])
    decoded.clear()
    draw(photos / "red" / "99.png", (200, 50, 40), 99)
    os.utime(draw(photos / "green" / "03.png", (0, 0, 0), 3), (1, 1))
    after = decode(open_dataset(photos, progress=False), 24)
    assert sorted(decoded) == ["green/03.png", "red/99.png"]
    assert after.take(["green/03.png"]).mean() < 40 < before.take(["green/03.png"]).mean()
    assert (after.take(["blue/00.png"]) == untouched).all()
    assert before.facts != after.facts


def test_unreadable_and_missing_files_have_no_row_and_are_not_tried_again(photos, decoded):
    (photos / "red" / "00.png").write_bytes(b"no picture")
    dataset = open_dataset(photos, progress=False)
    (photos / "red" / "01.png").unlink()
    pixels = decode(dataset, 24)
    assert set(dataset.images.index) - set(pixels.rows) == {"red/00.png", "red/01.png"}
    decoded.clear()
    assert decode(dataset, 24).rows == pixels.rows
    assert decoded == []


def test_large_caches_stay_on_disk(dataset, monkeypatch):
    in_memory = decode(dataset, 24)
    monkeypatch.setattr(caching, "IN_MEMORY", 0)
    mapped = decode(dataset, 24)
    assert isinstance(mapped.array, np.memmap)
    assert not isinstance(in_memory.array, np.memmap)
    assert (mapped.take(mapped.rows) == in_memory.take(in_memory.rows)).all()


def test_processes_decode_the_same(dataset, monkeypatch, tmp_path):
    alone = decode(dataset, 24, workers=0)
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(caching, "CHUNK", 6)
    pixels = decode(dataset, 24, workers=2)
    ids = dataset.images.index
    assert (pixels.take(ids) == alone.take(ids)).all()


def test_what_an_interrupted_run_left_is_written_over(dataset):
    half = dataset.with_images(dataset.images.iloc[::2])
    decode(half, 24)
    stored = next(dataset.work.glob("pixels-24-*.uint8"))
    with open(stored, "ab") as file:
        file.write(b"\7" * 24 * 24 * 3)
    pixels = decode(dataset, 24)
    for image_id in dataset.images.index[:4]:
        assert (pixels.take([image_id])[0] == fit(dataset.load(image_id), 24, "squish")).all()


@pytest.mark.parametrize(("size", "method"), [(4, "squish"), (5000, "squish"), (24, "sqish")])
def test_impossible_forms_are_refused_in_one_sentence(dataset, size, method):
    with pytest.raises(ValueError, match="8 to 1,024 pixels and one of squish, crop, pad"):
        decode(dataset, size, method)


@pytest.mark.parametrize("damage", [os.unlink, lambda path: os.truncate(path, 100)])
def test_pixels_that_were_lost_are_decoded_again(dataset, decoded, damage):
    before = decode(dataset, 24)
    damage(next(dataset.work.glob("pixels-24-*.uint8")))
    decoded.clear()
    again = decode(dataset, 24)
    assert len(decoded) == 36
    assert (again.take(again.rows) == before.take(before.rows)).all()


@pytest.mark.parametrize(
    "error", [PermissionError(errno.EACCES, "denied"), MemoryError(), OSError(errno.EIO, "device")]
)
def test_files_that_could_not_be_read_for_now_are_tried_again(dataset, monkeypatch, error):
    before, read, faults = decode(dataset, 24), decoding.read_rgb, ["red/03.png", "red/04.png"]
    for image_id in ("red/03.png", "blue/05.png"):
        draw(dataset.path(image_id), (0, 0, 0), 77)

    def fail(path, at_least, levels):
        if str(path).endswith(tuple(faults)):
            raise error
        return read(path, at_least, levels)

    monkeypatch.setattr(decoding, "read_rgb", fail)
    found = decode(dataset, 24)
    assert set(before.rows) - set(found.rows) == {"red/03.png"}
    faults.clear()
    again = decode(dataset, 24)
    assert set(again.rows) == set(before.rows)
    assert again.take(["red/03.png"]).mean() < 40 < before.take(["red/03.png"]).mean()

"""What is searched among thumbnails by default and at the limits, before a file is opened."""

import shutil

import numpy as np
import pandas as pd
import pytest

from helpers.audit import find_duplicates, scan
from helpers.copies import duplicates
from tests.audit.awkward import photo
from tests.audit.sets import dataset_of


@pytest.fixture(autouse=True)
def fresh_work(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))


@pytest.mark.parametrize(
    ("dark", "light", "side", "found"),
    [(100, 107, 16, 1), (100, 106, 16, 0), (100, 200, 15, 0), (100, 101, 90, 0)],
)
def test_a_spread_of_exactly_three_levels_is_flat_and_sixteen_pixels_are_enough(
    dark, light, side, found
):
    """Of half dark and half light, the standard deviation is half of what lies between them."""
    thumbnail = np.full((16, 16), dark, np.uint8)
    thumbnail[:, 8:] = light
    scanned = pd.DataFrame(
        {"thumbnail": [thumbnail.tobytes()] * 2, "width": [side, 90], "height": [90, 16],
         "taken": pd.NaT},
        index=["a", "b"],
    )  # fmt: skip
    pairs, notes = duplicates._near_pairs(None, scanned, None, 10, False, 0, False)
    assert pairs[["image_id", "other_id", "distance"]].to_numpy().tolist() == (
        [["a", "b", 0]] * found
    )
    assert notes == []


@pytest.mark.parametrize("block", [1, 2, 3, 5])
def test_flat_thumbnails_are_passed_over_whatever_the_number_looked_at_at_a_time(
    block, monkeypatch
):
    monkeypatch.setattr(duplicates, "_BLOCK", block)
    step, flat = np.full((16, 16), 100, np.uint8), np.full((16, 16), 100, np.uint8)
    step[:, 8:], flat[:, 8:] = 120, 104
    thumbnails = [step.tobytes(), flat.tobytes(), flat.tobytes(), step.tobytes(), step.tobytes()]
    scanned = pd.DataFrame(
        {"thumbnail": thumbnails, "width": 90, "height": 90, "taken": pd.NaT}, index=[*"abcde"]
    )
    pairs, _ = duplicates._near_pairs(None, scanned, None, 10, False, 0, False)
    assert pairs[["image_id", "other_id"]].sum(axis=1).tolist() == ["ad", "ae", "de"]


@pytest.fixture
def three(tmp_path):
    """One photo in two formats, and the first file once more."""
    photo(90, 60, 3).save(tmp_path / "a.png")
    photo(90, 60, 3).save(tmp_path / "b.bmp")
    shutil.copy(tmp_path / "a.png", tmp_path / "c.png")
    dataset = dataset_of(tmp_path, ["a.png", "b.bmp", "c.png"])
    return dataset, scan(dataset, workers=0, progress=False)


def test_at_a_distance_of_none_equal_thumbnails_are_found_and_rows_are_counted_through(three):
    pairs = find_duplicates(*three, distance=0, verify=False, workers=0, progress=False)
    assert pairs[["image_id", "other_id", "kind"]].to_numpy().tolist() == [
        ["a.png", "c.png", "exact"], ["a.png", "b.bmp", "near"]
    ]  # fmt: skip
    assert pairs.index.tolist() == [0, 1]


def test_pairs_within_ten_bits_are_verified_unless_told(three, monkeypatch):
    class Asked(Exception):
        pass

    def note(dataset, first, features, distance, verify, *_):
        raise Asked(first.index.tolist(), features, distance, verify)

    monkeypatch.setattr(duplicates, "_near_pairs", note)
    with pytest.raises(Asked) as asked:
        find_duplicates(*three)
    assert asked.value.args == (["a.png", "b.bmp"], None, 10, True)

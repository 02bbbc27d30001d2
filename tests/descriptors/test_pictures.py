"""Pictures of two classes in memory, and the score of one number of each."""

import numpy as np
import pytest
from PIL import Image

from helpers import open_dataset
from helpers.datasets import DatasetError
from helpers.descriptors import find_foregrounds, score_descriptor


@pytest.fixture
def discs(tmp_path, monkeypatch):
    """Green and red discs on grey, one file that cannot be read, and a third class."""
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    y, x = np.mgrid[:60, :80]
    disc = (y - 30) ** 2 + (x - 40) ** 2 < 400
    for number in range(5):
        for name, colour in (("elm", (30, 150, 40)), ("rose", (190, 30, 40)), ("sky", (0, 0, 250))):
            rgb = np.full((60, 80, 3), 120 + number, np.uint8)
            rgb[disc] = colour
            path = tmp_path / "discs" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rgb).save(path)
    (tmp_path / "discs/elm/4.png").write_bytes(b"no picture")
    return open_dataset(tmp_path / "discs", progress=False)


def test_readable_pictures_of_these_classes_come_with_their_foreground(discs):
    pictures = find_foregrounds(discs, ["elm", "rose"], largest=40)
    assert pictures["label"].tolist() == ["elm"] * 4 + ["rose"] * 5
    first = pictures.iloc[0]
    assert first["rgb"].shape == (30, 40, 3)
    assert first["foreground"].shape == (30, 40)
    assert first["rgb"][first["foreground"]].mean(axis=0)[1] > 130  # green: the disc
    assert 0.15 < first["foreground"].mean() < 0.4


def test_of_many_pictures_a_sample_is_taken_the_same_each_time(discs):
    few = find_foregrounds(discs, ["rose"], most=3)
    assert len(few) == 3
    assert few.index.tolist() == find_foregrounds(discs, ["rose"], most=3).index.tolist()


def test_classes_without_an_image_are_named(discs):
    with pytest.raises(DatasetError, match="no image of the classes \\['ash'\\]"):
        find_foregrounds(discs, ["ash"])


def test_a_number_that_tells_the_classes_apart_scores_one_whichever_is_higher(discs):
    pictures = find_foregrounds(discs, ["elm", "rose"])
    red = lambda rgb, foreground: rgb[foreground].mean(axis=0)[0]  # noqa: E731
    assert score_descriptor(red, pictures) == 1.0
    assert score_descriptor(lambda rgb, foreground: -red(rgb, foreground), pictures) == 1.0
    assert score_descriptor(lambda rgb, foreground: 7, pictures) == 0.5
    assert np.isnan(score_descriptor(lambda rgb, foreground: np.nan, pictures))
    assert np.isnan(score_descriptor(red, pictures[:4]))
    three = find_foregrounds(discs, ["elm", "rose", "sky"])
    assert np.isnan(score_descriptor(red, three))


def test_big_pictures_are_reduced_to_96_pixels_and_at_most_400_are_taken(discs):
    for number in range(402):
        size = (240, 120) if number < 9 else (3, 3)
        folder = discs.root / "many"
        folder.mkdir(exist_ok=True)
        Image.new("L", size, number % 256).save(folder / f"{number:03d}.png")
    many = find_foregrounds(open_dataset(discs.root, progress=False), ["many"])
    assert len(many) == 400 and many.index.is_monotonic_increasing
    assert {picture.shape for picture in many["rgb"]} == {(48, 96, 3), (3, 3, 3)}

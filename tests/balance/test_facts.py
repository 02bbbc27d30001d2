"""Borders and file facts of pictures made for it."""

import numpy as np
import pytest
from PIL import Image

from helpers import open_dataset
from helpers.balance import border_colours, facts, file_facts


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    photos = tmp_path / "photos"
    (photos / "a").mkdir(parents=True)
    (photos / "b").mkdir()
    framed = np.full((128, 128, 3), 255, np.uint8)
    framed[8:-8, 8:-8] = np.random.default_rng(0).integers(0, 255, (112, 112, 3))
    framed[:6, :32] = (255, 0, 0)
    Image.fromarray(framed).save(photos / "a/framed.png", dpi=(72, 72))
    exif = Image.Exif()
    exif[274] = 6
    exif.get_ifd(34665)[36867] = "2024:06:01 17:30:00"
    noise = Image.fromarray(framed[20:100, 10:120])
    noise.save(photos / "b/poor.jpg", quality=50, exif=exif)
    noise.save(photos / "b/fine.jpg", quality=95, subsampling=0, progressive=True)
    (photos / "b/broken.jpg").write_bytes(b"no picture")
    return open_dataset(photos, progress=False)


def test_the_border_is_measured_in_patches_and_the_middle_is_not(folder):
    found = border_colours(folder, progress=False)
    assert found.index.tolist() == ["a/framed.png", "b/fine.jpg", "b/poor.jpg"]
    assert found.shape == (3, 96)
    framed = found.loc["a/framed.png"]
    assert framed[["top 1 r mean", "top 1 g mean", "top 1 b mean"]].tolist() == [1, 0, 0]
    white = [
        name for name in found if name.endswith("mean") and not name.startswith(("top 1", "left 1"))
    ]
    assert framed[white].tolist() == [1.0] * len(white) and len(white) == 42
    assert (
        framed[[name for name in found if name.startswith("right") and "spread" in name]].max() == 0
    )
    # Of the left side's uppermost patch, 3 of 16 rows are red.
    assert framed["left 1 g mean"] == pytest.approx(13 / 16, abs=1e-6)


def test_facts_of_the_file_are_read_without_its_pixels(folder):
    found = file_facts(folder, progress=False)
    assert found.index.tolist() == ["a/framed.png", "b/fine.jpg", "b/poor.jpg"]
    poor, fine, png = (found.loc[name] for name in ("b/poor.jpg", "b/fine.jpg", "a/framed.png"))
    assert poor[["width", "height", "shape", "portrait"]].tolist() == [110, 80, 1.375, 0]
    assert poor[["orientation", "hour", "progressive", "subsampling"]].tolist() == [6, 17, 0, 2]
    assert poor["exif"] == 3  # the orientation, the pointer to the rest, the time
    assert fine[["hour", "progressive", "subsampling", "exif"]].tolist() == [-1, 1, 0, 0]
    with Image.open(folder.path("b/poor.jpg")) as image:
        assert poor["compression"] == pytest.approx(np.mean(image.quantization[0]))
    assert poor["compression"] > 5 * fine["compression"] > 0 == png["compression"]
    assert png["density"] == pytest.approx(72, abs=0.1)
    assert found["format JPEG"].tolist() == [0, 1, 1]
    assert found["format PNG"].tolist() == [1, 0, 0]
    assert "bytes" not in found


@pytest.mark.parametrize(
    ("value", "density"),
    [
        (72, 72), (0.5, 0.5), (0, 0), ("300", 300), (999_999, 999_999), (1_000_000, 0),
        (1_500_000, 0), (-1, 0), (float("nan"), 0), (float("inf"), 0), (None, 0), ("many", 0),
    ],
)  # fmt: skip
def test_a_density_is_a_number_that_makes_sense_or_none(value, density):
    found = facts._number(value)
    assert found == density and isinstance(found, float)


def test_other_labels_measure_nothing_again(folder):
    relabelled = folder.with_images(folder.images.assign(label="x"))
    for dataset in (folder, relabelled):
        border_colours(dataset, progress=False)
        file_facts(dataset, progress=False)
    stored = sorted(path.name.rpartition("-")[0] for path in folder.work.glob("*.parquet"))
    assert [name for name in stored if name != "levels"] == ["borders", "file-facts"]

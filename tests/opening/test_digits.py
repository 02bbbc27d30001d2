import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from helpers.datasets import open_dataset


def test_digits_are_scikit_learns_scans_in_class_folders():
    dataset = open_dataset("digits")
    digits = load_digits()
    assert dataset.classes == [str(i) for i in range(10)]
    assert len(dataset) == 1797
    assert dataset.images["split"].isna().all()
    for i in (0, 900, 1796):
        image_id = f"{digits.target[i]}/digit-{i:04d}.png"
        levels = np.asarray(Image.open(dataset.path(image_id)))
        assert np.array_equal(np.round(levels / 255 * 16), digits.images[i])


def test_digits_are_written_once():
    path = open_dataset("digits").path("0/digit-0000.png")
    written = path.stat().st_mtime_ns
    assert open_dataset("digits").path("0/digit-0000.png").stat().st_mtime_ns == written

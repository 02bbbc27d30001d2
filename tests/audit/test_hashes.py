import imagehash
import numpy as np
import pytest
from PIL import Image
from scipy.fft import dctn

from helpers.audit import scan
from helpers.audit.hashes import difference_hash, low_frequencies, perceptual_hash
from tests.audit.awkward import photo
from tests.audit.sets import dataset_of, real_photos


@pytest.mark.parametrize("seed", range(20))
def test_hashes_are_those_of_imagehash_for_the_same_small_picture(seed):
    small = photo(32, 32, seed).convert("L")
    assert perceptual_hash(np.asarray(small)) == str(imagehash.phash(small))
    narrow = small.resize((9, 8), Image.Resampling.LANCZOS)
    assert difference_hash(np.asarray(narrow)) == str(imagehash.dhash(small))


def test_a_black_picture_has_the_hash_that_imagehash_gives_it():
    black = Image.new("L", (32, 32))
    assert perceptual_hash(np.asarray(black)) == str(imagehash.phash(black)) == "0" * 16


def test_low_frequencies_are_the_first_of_the_cosine_transform():
    pictures = np.random.default_rng(0).normal(size=(3, 32, 32))
    expected = dctn(pictures, axes=(1, 2))[:, :8, :8]
    np.testing.assert_allclose(low_frequencies(pictures), expected, atol=1e-9)


def test_hashes_of_a_scan_stay_close_to_imagehash_on_whole_files(tmp_path):
    for seed in range(30):
        photo(400, 300, seed).save(tmp_path / f"{seed:02d}.jpg", quality=90)
    dataset = dataset_of(tmp_path, [path.name for path in tmp_path.iterdir()])
    assert _median_distance(dataset) <= 2


def test_hashes_of_real_photos_stay_close_to_imagehash():
    assert _median_distance(real_photos(100)) <= 2


def _median_distance(dataset):
    table = scan(dataset, workers=0, progress=False)
    theirs = [imagehash.phash(Image.open(dataset.path(i))) for i in table.index]
    ours = map(imagehash.hex_to_hash, table["phash"])
    return np.median([one - other for one, other in zip(ours, theirs, strict=True)])

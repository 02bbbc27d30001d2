import numpy as np
import pytest
from PIL import Image

from helpers.copies.comparing import compare_pairs
from tests.audit.awkward import encode, photo


def pair(folder, first, second, variant=0):
    """The task of two pictures, written to files and reduced to thumbnails."""
    paths, thumbnails = [], []
    for name, picture in (("a.jpg", first), ("b.jpg", second)):
        (folder / name).write_bytes(encode(picture, "JPEG", quality=90))
        paths.append(str(folder / name))
        thumbnails.append(np.asarray(picture.convert("L").resize((16, 16), Image.Resampling.BOX)))
    return tuple(paths), np.stack(thumbnails), np.array([first.size, second.size]), variant


def test_a_smaller_copy_is_one_exposure_and_another_photo_is_not(tmp_path):
    original = photo(300, 225, 1)
    (row,) = compare_pairs([pair(tmp_path, original, original.resize((200, 150)))])
    assert row["transform"] == "resize"
    assert row["similarity"] > 0.98
    assert row["movement"] < 0.1
    assert compare_pairs([pair(tmp_path, original, photo(300, 225, 2))]) == [{}]


def test_files_are_not_opened_where_the_thumbnails_already_differ(tmp_path):
    first, thumbnails, sizes, variant = pair(tmp_path, photo(90, 90, 1), photo(90, 90, 2))
    missing = (str(tmp_path / "missing"), first[1])
    assert compare_pairs([(missing, thumbnails, sizes, variant)]) == [{}]
    alike = np.stack([thumbnails[0], thumbnails[0]])
    assert compare_pairs([(missing, alike, sizes, variant)]) == [{"problem": "is missing"}]


@pytest.mark.parametrize("bad", [0, 1])
def test_a_file_that_fails_leaves_the_other_pairs_alone(tmp_path, bad):
    good = pair(tmp_path, photo(300, 225, 1), photo(300, 225, 1))
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:3000])
    paths = [*good[0]]
    paths[bad] = str(tmp_path / "cut.jpg")
    broken, whole = compare_pairs([(tuple(paths), *good[1:]), good])
    assert "is cut short" in broken["problem"]
    assert whole["similarity"] > 0.99

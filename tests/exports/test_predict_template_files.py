"""Files at the edge of what predict.py reads."""

import numpy as np
import pytest
from PIL import Image

from helpers.datasets.pixels import read_rgb
from helpers.exports import predict_template as program
from helpers.training.decoding import fit


@pytest.mark.parametrize("lowest", [0, 1000])
def test_grey_of_sixteen_bits_that_ends_in_white_is_not_stretched(tmp_path, lowest):
    values = np.linspace(lowest, 65535, 40 * 50).reshape(40, 50).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "white.png")
    found = program.read_picture(tmp_path / "white.png", 24)
    assert np.array_equal(found, fit(read_rgb(tmp_path / "white.png", 24), 24, "squish"))
    assert abs(int(found.min()) - lowest / 257) < 5 and found.max() >= 250


def test_why_a_file_cannot_be_read_is_told_in_the_words_of_the_system(tmp_path):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(program.Problem, match="folder.png' cannot be read: Is a directory.$"):
        program.read_picture(tmp_path / "folder.png", 24)

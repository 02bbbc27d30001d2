"""The notebooks run unchanged on scanned digits, which they were not written for."""

import pytest
from PIL import Image
from sklearn.datasets import load_digits

from helpers.course.notebooks import run
from tests.notebooks.others import each_notebook, printed

BY_NAME = {"00", "14"}  # these run on all the digits, as they are opened by name


@pytest.fixture(scope="module")
def readers_work(tmp_path_factory):
    """The work folder of one reader, who goes from notebook to notebook: what one stored, the next
    finds."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def some_digits(tmp_path_factory):
    """A folder with the first 600 digits, a third of them, in a folder for each class: what trains
    many networks would take a minute on all."""
    digits = load_digits()
    folder = tmp_path_factory.mktemp("digits") / "some_digits"
    for number, (pixels, label) in enumerate(
        zip(digits.images[:600], digits.target[:600], strict=True)
    ):
        target = folder / str(label) / f"{number:04}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels * 15.9375).astype("uint8")).save(target)
    return str(folder)


@each_notebook
def test_it_runs_on_digits_and_judges_nothing(path, readers_work, some_digits):
    dataset = "digits" if path.name[:2] in BY_NAME else some_digits
    text = printed(run(path, work=readers_work, dataset=dataset))
    assert "Checked:" not in text
    assert "easured:" in text or "nothing is expected of it" in text

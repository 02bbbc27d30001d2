"""What a learner sees in a real browser."""

import shutil

import numpy as np
import pytest
from PIL import Image

from helpers.course.notebooks import STORED
from tests.notebooks.making import code, write

LOOK = next(STORED.glob("01_*.ipynb"), None)


@pytest.fixture
def photos(tmp_path):
    rng = np.random.default_rng(0)
    for label in ("oak", "beech"):
        (tmp_path / label).mkdir()
        for number in range(20):
            pixels = rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / label / f"{number:02d}.png")
    return tmp_path


def _turn_the_page(page):
    """Move the page slider of the browser widget one step; return its picture before and after."""
    picture = page.locator(".workbook img").first
    before = picture.get_attribute("src")
    page.locator(".workbook .widget-slider .noUi-handle").first.press("ArrowRight")
    page.wait_for_function(
        """before => {
            const shown = document.querySelector(".workbook img");
            return shown && shown.src !== before && shown.complete && shown.naturalWidth > 0;
        }""",
        arg=before,
    )
    return before, picture.get_attribute("src")


def test_the_browser_widget_redraws_when_a_control_moves(lab, photos):
    imports = "from helpers import open_dataset\nfrom helpers.widgets import browse"
    cells = code(imports), code(f"browse(open_dataset({str(photos)!r}))")
    write(lab.folder / "50_browse.ipynb", *cells)
    page = lab.open("50_browse.ipynb")
    assert lab.run_all(page) == []
    before, after = _turn_the_page(page)
    assert before != after
    assert "page 2 of 2" in page.locator(".workbook").first.inner_text()


def test_an_error_in_a_notebook_is_seen(lab):
    write(lab.folder / "51_fails.ipynb", code("1 / 0"))
    page = lab.open("51_fails.ipynb")
    assert "ZeroDivisionError" in lab.run_all(page)[0]


@pytest.mark.skipif(LOOK is None, reason="there is no notebook 01 yet")
def test_notebook_01_runs_and_its_browser_redraws(lab):
    shutil.copy(LOOK, lab.folder)
    page = lab.open(LOOK.name)
    assert lab.run_all(page) == []
    before, after = _turn_the_page(page)
    assert before != after

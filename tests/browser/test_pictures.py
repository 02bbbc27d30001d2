"""Alt text and stills arrive: live, in a notebook opened anew, and in an HTML export."""

import pytest
from nbconvert import HTMLExporter
from nbformat import write as write_notebook

from helpers.course.notebooks import run, strip
from helpers.panels.still import CAPTION
from tests.notebooks.making import code, write

DRAW = """
import matplotlib.pyplot as plt
import numpy as np
from helpers.plots.style import titled, use_style

use_style()
_ = titled(plt.subplots()[1], "Is it an oak?", 'Bars: "oak" 3 & <b>elm</b> 2.')
photo = plt.subplots()[1]
_ = photo.imshow(np.zeros((300, 300, 3), np.uint8))
_ = titled(photo, "A photo")
"""
SHOW = """
from helpers import open_dataset
from helpers.widgets import browse

browse(open_dataset("digits"))
"""
CHART, PHOTO = 'Is it an oak? Bars: "oak" 3 & <b>elm</b> 2.', "A photo."


@pytest.fixture(scope="module")
def stored(lab, tmp_path_factory):
    """A notebook as the workbook stores its own: executed elsewhere, then opened untrusted."""
    path = write(lab.folder / "50_pictures.ipynb", code(DRAW), code(SHOW))
    notebook = strip(run(path, tmp_path_factory.mktemp("work")))
    write_notebook(notebook, path)
    return notebook


def shown(names):
    """Names of figures and of the first still among the images."""
    return [name for name in names if name in (CHART, PHOTO) or name.startswith("Images: ")]


def test_a_notebook_opened_anew_shows_alt_text_and_a_still_of_its_widget(lab, stored):
    page = lab.open("50_pictures.ipynb")
    chart, photo, page_of_24, close_up = shown(lab.images(page))
    assert (chart, photo) == (CHART, PHOTO)
    assert page_of_24.count(".png, ") == 24 and close_up.count(".png") == 1
    assert CAPTION in page.locator(".jp-Notebook").inner_text()
    assert "No description" not in " ".join(lab.images(page))
    sizes = "images => images.map(image => image.naturalWidth)"
    widths = page.locator(".jp-OutputArea img").evaluate_all(sizes)
    assert len(widths) == 4 and min(widths) > 100
    # Run again it is alive, and the still makes room for it.
    assert lab.run_all(page) == []
    page.locator(".workbook img").nth(24).wait_for()
    assert shown(lab.images(page)) == [CHART, PHOTO]
    assert CAPTION not in page.locator(".jp-Notebook").inner_text()
    assert page.complaints == []


def test_an_html_export_by_the_default_template_shows_them_too(lab, stored, tmp_path):
    html, _ = HTMLExporter().from_notebook_node(stored)
    (tmp_path / "export.html").write_text(html, encoding="utf-8")
    page = lab.context.new_page()
    page.route("http*://**", lambda route: route.abort())  # MathJax, which it takes from elsewhere
    page.goto((tmp_path / "export.html").as_uri())
    chart, photo, page_of_24, close_up = lab.images(page)
    assert (chart, photo) == (CHART, PHOTO)
    assert page_of_24.count(".png, ") == 24 and close_up.count(".png") == 1
    assert CAPTION in page.locator("main").inner_text()
    assert "Class: all (1,797)" in page.locator("main").inner_text()

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


MOVE = """
import pandas as pd
from helpers import open_dataset
from helpers.widgets import browse

digits = open_dataset("digits")
browse(digits.with_images(digits.images.groupby("label").head(4)))
"""


def test_a_widget_that_was_moved_leaves_behind_what_it_showed_last(lab):
    write(lab.folder / "53_moved.ipynb", code(MOVE))
    page = lab.open("53_moved.ipynb")
    assert lab.run_all(page) == []
    label = page.locator(".workbook .stack", has_text="Class").locator("select").first
    label.select_option(label="7 (4)")
    page.wait_for_function(
        """() => /7 \\(4\\)/.test(document.querySelector("figure.still").innerText) ||
                /7 \\(4\\)/.test(document.querySelector("figure.still").textContent)"""
    )
    assert page.locator(".workbook").first.is_visible()
    assert not page.locator("figure.still").is_visible()  # the live one is there
    page.keyboard.press("Control+s")
    page.wait_for_selector('.lm-TabBar-tab:has-text("53_moved") :not(.jp-mod-dirty)')
    page.evaluate(
        "fetch('/api/sessions?token=test').then(r => r.json()).then(all => Promise.all("
        "all.map(s => fetch(`/api/sessions/${s.id}?token=test`, {method: 'DELETE'}))))"
    )
    page.close()
    page = lab.open("53_moved.ipynb")
    page.locator("figure.still").wait_for()
    told = page.locator(".jp-Notebook").inner_text()
    assert CAPTION in told and "Class: 7 (4)" in told
    page.wait_for_timeout(4000)
    assert "model not found" not in page.locator(".jp-Notebook").inner_text()
    (sheet, _) = [name for name in lab.images(page) if name.startswith("Images: ")]
    assert sheet.count(" 7,") == 4
    assert lab.run_all(page) == []  # and gives way to the next live one
    page.locator(".workbook").first.wait_for()
    assert CAPTION not in page.locator(".jp-Notebook").inner_text()


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

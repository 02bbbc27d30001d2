"""What a panel leaves behind in a saved notebook."""

import asyncio
import re
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from types import SimpleNamespace

import pandas as pd
import pytest
from ipywidgets import (
    HTML,
    Button,
    Checkbox,
    Dropdown,
    FloatSlider,
    IntSlider,
    SelectionSlider,
    Text,
    ToggleButtons,
)
from PIL import Image

from helpers.panels import panel as panel_module
from helpers.panels import still as still_module
from helpers.panels.panel import Panel, button, choice, row
from helpers.panels.still import CAPTION, sheet, still_html
from helpers.panels.still import Picture as Shown
from helpers.widgets import browse, review


def panel_of(*parts):
    panel = Panel("Panel")
    panel.fill(*parts)
    return panel


def images_in(html):
    found = re.findall(r'<img alt="([^"]*)"[^>]*src="data:image/(\w+);base64,([^"]*)"', html)
    return [(alt, kind, Image.open(BytesIO(b64decode(data)))) for alt, kind, data in found]


def words_in(html):
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", html)).strip()


@pytest.fixture
def shown(monkeypatch):
    """What a page gets: outputs in order, and by ``update`` another in the place of the last."""
    outputs = []

    def show(data, raw, display_id=False):
        outputs.append(data)
        place = len(outputs) - 1
        update = lambda again, raw: outputs.__setitem__(place, again)  # noqa: E731
        return SimpleNamespace(update=update) if display_id else None

    for module in (panel_module, still_module):
        monkeypatch.setattr(module, "display", show)
    return outputs


def test_a_notebook_gets_the_live_widget_and_its_still_below(trees, shown):
    browse(trees)._ipython_display_()
    live, still = shown
    assert live["text/plain"] == still["text/plain"] == "Browser of photos: 9 images"
    assert "application/vnd.jupyter.widget-view+json" in live and "text/html" not in live
    assert '<figure class="still"' in still["text/html"] and CAPTION in still["text/html"]


def in_a_thread(use):
    """What `use` returns; in the main thread a browser test may have left a loop that runs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(use).result()


def test_the_still_follows_what_is_done_once_nothing_is_done_for_a_moment(
    trees, shown, monkeypatch
):
    monkeypatch.setattr(still_module, "PAUSE", 0.05)
    drawn = []

    async def use():
        browser = browse(trees)
        browser.label.value = "ash"  # before it is shown there is nothing to follow
        browser._ipython_display_()
        monkeypatch.setattr(still_module, "still_html", lambda one: drawn.append(1) or "moved")
        browser.label.value = "elm"
        browser.label.value = "fir"
        assert "Class: <b>ash (3)</b>" in shown[1]["text/html"]
        await asyncio.sleep(0.2)

    in_a_thread(lambda: asyncio.run(use()))
    assert drawn == [1] and "moved</div>" in shown[1]["text/html"] and len(shown) == 2


def test_where_no_loop_runs_a_widget_that_is_shown_can_still_be_used(trees, shown):
    def use():
        browser = browse(trees)
        browser._ipython_display_()
        browser.label.value = "elm"
        return browser.error

    assert in_a_thread(use) is None and len(shown) == 2


def test_it_shows_what_the_widget_shows_now(trees):
    browser = browse(trees)
    before = still_html(browser)
    browser.label.value = "elm"
    after = still_html(browser)
    assert "Class: <b>all (9)</b>" in before and "Class: <b>elm (3)</b>" in after
    (page, _, _), (close_up, _, _) = images_in(after)
    assert page == "Images: elm/1.jpg, 1 elm, 1.jpg; elm/2.jpg, 2 elm, 2.jpg."
    assert close_up == "Images: elm/1.jpg."


def test_all_images_of_a_page_become_one_small_jpeg(make_dataset):
    names = {f"ash/{n:02}.jpg": "ash" for n in range(30)}
    browser = browse(make_dataset(names, size=(300, 300)))
    browser.per_page.value = 48
    alt, kind, image = images_in(still_html(browser))[0]
    assert kind == "jpeg" and 550 < image.width < 650
    assert alt.count("ash/") == 24 and alt.endswith("and 6 more that the still leaves out.")
    assert image.getpixel((50, 50))[0] > 150 > image.getpixel((50, 50))[1]  # ash is red


def test_images_keep_their_shape_and_stand_above_their_lines():
    wide, tall = Image.new("RGB", (600, 100), "red"), Image.new("RGB", (50, 100), "blue")
    figure = sheet([Shown(wide, "a", ["one", "two"]), Shown(tall, "b", [])])
    pixels = figure.axes[0].images[0].get_array()
    red = (pixels == (255, 0, 0)).all(axis=2)
    blue = (pixels == (0, 0, 255)).all(axis=2)
    assert [red.any(axis=1).sum(), red.any(axis=0).sum()] == [49, 292]
    assert [blue.any(axis=1).sum(), blue.any(axis=0).sum()] == [292, 146]
    lowest = red.any(axis=1).nonzero()[0].max()
    assert [text.get_text() for text in figure.axes[0].texts] == ["one", "two"]
    first, second = (text.get_position() for text in figure.axes[0].texts)
    assert lowest < first[1] < second[1] < len(pixels) and first[0] == second[0] == 0


@pytest.mark.parametrize("letter", ["M", "0", "i", "面"])
def test_no_line_of_a_caption_runs_into_the_next_image(letter):
    name = letter * 40
    figure = sheet([Shown(Image.new("RGB", (90, 90)), "a", [name, "IMG_0009.jpg"])] * 6)
    texts = figure.axes[0].texts
    assert all(text.get_window_extent().width <= 92 for text in texts)
    long, short = (text.get_text() for text in texts[:2])
    assert "…" in long and short == "IMG_0009.jpg"


def test_controls_become_their_names_and_values():
    controls = [
        choice("Class", [("all (3)", 0), ("oak", "oak")]),
        Checkbox(True, description="mirror"),
        FloatSlider(0.25, min=0, max=1, description="Share", readout_format=".0%"),
        Text("", description="Note"),
        Text("<b>dark", description="Name"),
        IntSlider(3),
        button("Keep", "check"),
        Button(description="Undo", disabled=True),
        Checkbox(description="hidden", layout={"display": "none"}),
    ]
    still = still_html(panel_of(row(*controls[:4]), row(*controls[4:])))
    assert words_in(still) == (
        f"{CAPTION} Class: all (3) · mirror: yes · Share: 25% · Name: &lt;b&gt;dark · Keep"
    )


@pytest.mark.parametrize("value", ["none", "half", "full"])
@pytest.mark.parametrize("kind", [Dropdown, SelectionSlider, ToggleButtons])
def test_what_is_chosen_is_told_whichever_option_a_control_began_with(kind, value):
    options = [("none", 0.0), ("half", 0.5), ("full", 1.0)]
    control = kind(description="Strength", options=options, value=dict(options)[value])
    assert words_in(still_html(panel_of(control))).endswith(f"Strength: {value}")


def test_words_tables_and_drawings_stay_as_they_are_in_their_order():
    drawing = '<img alt="A curve." src="data:image/png;base64,aGk=">'
    parts = HTML("<table><tr><td>first</td></tr></table>"), button("Go", "x"), HTML(drawing)
    still = still_html(panel_of(*parts, HTML("")))
    assert still.index("<table>") < still.index("<kbd>Go</kbd>") < still.index(drawing)
    assert "<div></div>" not in still


def test_names_like_markup_stay_text_and_unreadable_files_say_so(make_dataset):
    name = "oak/<img src=x onerror=alert(1)>&.jpg"
    dataset = make_dataset({name: "<script>", "oak/2.jpg": "oak"})
    dataset.path("oak/2.jpg").write_bytes(b"broken")
    suspects = pd.DataFrame({"other_id": ["oak/2.jpg"]}, index=[name])
    still = still_html(review(dataset, suspects))
    assert "<img src=x" not in still and "<script" not in still
    ((alt, _, image),) = images_in(still)
    assert alt.startswith(
        "Images: oak/&lt;img src=x onerror=alert(1)&gt;&amp;.jpg, no decision yet"
    )
    assert "; cannot be read, no decision yet." in alt
    assert image.width > 500


def test_a_still_needs_no_scripts_and_leaves_out_the_panels_styles(trees):
    still = still_html(browse(trees))
    assert "<script" not in still and "<style" not in still and "on_" not in still


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_sheet_is_as_wide_as_its_images_need(count):
    figure = sheet([Shown(Image.new("RGB", (90, 90)), "a", ["x"])] * count)
    columns = min(count, 6)
    side = min(600 // columns - 8, 300)
    wide, high = (figure.get_size_inches() * 100).round()
    assert (wide, high) == (columns * (side + 8), -(-count // 6) * (side + 8 + 15))

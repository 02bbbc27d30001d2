"""The main widget of each notebook by mouse and by keyboard, on a small folder of photos.

The notebooks themselves take a minute or two each; what their widgets need is made in seconds.
"""

import ast
import re

import nbformat
import pytest

from helpers import widgets
from helpers.course.notebooks import STORED
from tests.browser.conftest import narrow
from tests.browser.small_widgets import CALLS, SETUP
from tests.notebooks.making import code, write


class Shown:
    """One widget on the page."""

    def __init__(self, lab, page, number):
        self.lab, self.page = lab, page
        cell = page.locator(".jp-Notebook .jp-CodeCell").nth(1 + [*CALLS].index(number))
        self.panel = cell.locator(".workbook").first  # a panel may open another one inside
        self.panel.scroll_into_view_if_needed()

    def control(self, name):
        """The select, toggle group or slider handle that is labelled so."""
        box = self.panel.locator(".stack, .widget-slider", has_text=name).first
        return box.locator("select, .widget-toggle-button, .noUi-handle, input")

    def button(self, name):
        # Its icon is a letter of its accessible name.
        return self.panel.get_by_role("button", name=re.compile(rf"^\W*{name}$"))

    def content(self):
        return self.panel.locator(".widget-html-content").evaluate_all(
            "all => all.map(one => one.innerHTML)"
        )

    def after(self, act, *args):
        """What the panel says once `act` has changed its picture or its table."""
        before = self.content()
        act(*args)
        self.page.wait_for_function(
            """([panel, before]) => {
                const now = [...panel.querySelectorAll(".widget-html-content")];
                const images = [...panel.querySelectorAll("img")];
                return now.some((one, i) => one.innerHTML !== before[i] &&
                                            /<img|<table/.test(one.innerHTML))
                    && images.every(one => one.complete && one.naturalWidth > 0);
            }""",
            arg=[self.panel.element_handle(), before],
        )
        self.lab.wait_until_idle(self.page)
        return self.panel.inner_text()

    def press(self, name, key):
        self.control(name).first.focus()
        self.page.keyboard.press(key)


@pytest.fixture(scope="module")
def page(lab):
    write(lab.folder / "52_widgets.ipynb", code(SETUP), *map(code, CALLS.values()))
    page = lab.open("52_widgets.ipynb")
    assert lab.run_all(page) == []
    return page


@pytest.fixture
def widget(lab, page, request):
    yield Shown(lab, page, request.param)
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    assert page.complaints == []


def of(number):
    return pytest.mark.parametrize("widget", [number], indirect=True, ids=[f"notebook {number}"])


@of("00")
def test_browsing_turns_pages_by_button_and_filters_by_key(widget):
    assert "page 2 of 3" in widget.after(widget.button("Next").click)
    assert "60 of 60" in widget.panel.inner_text()
    assert "20 of 60" in widget.after(widget.press, "Class", "b")
    assert "60 of 60" in widget.after(widget.button("Clear filters").click)


@of("01")
def test_browsing_sorts_by_a_feature_and_turns_pages_by_slider(widget):
    assert "stage4 1:" in widget.after(widget.control("Sort by").select_option, "stage4 1")
    first = widget.panel.locator("figcaption").first.inner_text()
    widget.after(widget.control("Order").select_option, "highest first")
    assert widget.panel.locator("figcaption").first.inner_text() != first
    handle = widget.panel.locator(".noUi-handle").first
    assert "page 2 of 3" in widget.after(handle.press, "ArrowRight")


@of("02")
def test_a_review_records_drops_by_mouse_and_keeps_by_keyboard_and_undoes_both(widget):
    said = widget.after(widget.button("Drop").click)
    assert "Recorded: drop (beech/00.png)." in said and "2 of 3, 1 decided" in said
    widget.button("Keep").focus()
    said = widget.after(widget.page.keyboard.press, "Space")
    assert "Recorded: keep (linden/03.png)." in said and "3 of 3, 2 decided" in said
    assert "linden/03.png is back to" in widget.after(widget.button("Undo").click)
    assert "beech/00.png is back to" in widget.after(widget.button("Undo").click)
    assert "1 of 3, 0 decided" in widget.panel.inner_text()


@of("03")
def test_splits_change_with_what_stays_together_and_with_the_share(widget):
    first = widget.panel.locator(".details").first.inner_text()
    assert "0 of" in widget.after(widget.control("Stays together").select_option, "specimen")
    widget.after(widget.press, "Share to validate on", "ArrowRight")
    assert widget.panel.locator(".details").first.inner_text() != first


@of("04")
def test_a_stronger_remedy_changes_the_recalls(widget):
    assert "Accuracy" in widget.after(widget.press, "Strength", "ArrowRight")
    widget.after(widget.control("Remedy").nth(1).click)


@of("05")
def test_another_learning_rate_is_drawn_and_judged(widget):
    handle = widget.panel.locator(".noUi-handle")
    said = widget.after(handle.press, "ArrowRight")
    # Picture and words come in messages of their own; the words last.
    widget.panel.filter(has_text="validation loss 1.50").wait_for()
    assert "No other rate" in widget.panel.inner_text() and "0.01" in said
    left = {"x": 1, "y": 2}
    assert "0.0001" in widget.after(lambda: widget.panel.locator(".noUi-base").click(position=left))


@of("06")
def test_a_slider_changes_the_image_and_what_the_network_says(widget):
    before = widget.panel.locator("figcaption").nth(1).inner_text()
    widget.after(widget.press, "brightness", "ArrowLeft")
    widget.after(widget.press, "brightness", "PageDown")
    widget.after(widget.control("mirror").click)
    sources = widget.panel.locator("img").evaluate_all("all => all.map(one => one.src)")
    assert len(set(sources)) == 2
    assert widget.panel.locator("figcaption").nth(1).inner_text() != before


@of("07")
def test_another_number_of_labels_trains_another_head(widget):
    said = widget.after(widget.control("Labelled images per class").select_option, "10")
    assert "A head trained just now" in said and "on 30 images" in said
    assert "on 15 images" in widget.after(widget.press, "Labelled images per class", "ArrowUp")
    widget.after(widget.button("Draw other images").click)


@of("08")
def test_sliders_of_cures_by_mouse_and_keyboard_draw_the_training_that_has_them(widget):
    def shown():
        return widget.panel.locator(".details td b").first.inner_text()

    def loss():
        return widget.panel.locator(".details tr", has_text="log loss").locator("b").inner_text()

    assert widget.panel.locator(".noUi-handle").count() == 5
    assert shown() == "none"
    plain = loss()
    widget.after(widget.press, "dropout", "ArrowRight")
    widget.panel.locator("td b", has_text="dropout 0.5").wait_for()
    assert float(loss()) < float(plain)
    widget.after(widget.control("augmentation").nth(1).click)
    widget.panel.locator("td b", has_text="augmentation + dropout 0.5").wait_for()
    bar = widget.panel.locator(".widget-slider", has_text="MixUp").locator(".noUi-base")
    box = bar.bounding_box()
    widget.after(lambda: bar.click(position={"x": box["width"] - 2, "y": box["height"] / 2}))
    widget.panel.locator("td b", has_text="augmentation + dropout 0.5 + MixUp 0.4").wait_for()
    widget.after(widget.control("early stopping").nth(1).press, "Enter")
    widget.panel.locator("td b", has_text="MixUp 0.4, stopped early").wait_for()
    widget.after(widget.press, "dropout", "Home")
    ended = re.compile("^augmentation [+] MixUp 0.4, stop")
    widget.panel.locator("td b", has_text=ended).wait_for()
    # In a narrow window a combination's figures stand beside its name without scrolling.
    with narrow(widget.page):
        details = widget.panel.locator(".details").first
        details.locator("b").last.scroll_into_view_if_needed()
        assert details.evaluate("one => one.clientWidth") < 400
        assert details.evaluate("one => one.scrollWidth - one.clientWidth") <= 1


@of("09")
def test_a_vote_changes_with_a_weight_and_with_the_best_weights(widget):
    assert "2 of 2 vote" in widget.panel.inner_text()
    assert "against the best alone" in widget.after(widget.press, "second", "PageDown")
    handle = widget.control("second").first
    widget.after(handle.press, "Home")
    widget.panel.filter(has_text="1 of 2 vote").wait_for()
    widget.after(widget.button("All alike").click)
    widget.panel.filter(has_text="2 of 2 vote").wait_for()
    assert "the score flatters" in widget.after(widget.button("Best on these images").click)


@of("10")
def test_errors_are_filtered_by_class_and_turned_over(widget):
    assert "page 2 of" in widget.after(widget.button("Next").click)
    said = widget.after(widget.press, "It is", "b")
    assert "page 1 of" in said and "is linden" not in said and "is oak" not in said


@of("11")
def test_a_higher_threshold_reports_fewer(widget):
    def reported():
        cells = widget.panel.locator("td b").all_inner_texts()
        return int(cells[0]) + int(cells[2])

    before = reported()
    widget.after(widget.press, "from a probability of", "End")
    assert reported() == 0 < before
    widget.after(widget.control("Report the class").select_option, "oak")


@of("12")
def test_another_constraint_and_less_slack_offset_other_groups(widget):
    assert "Accuracy" in widget.panel.inner_text()
    widget.after(widget.control("Alike in all groups").select_option, "demographic parity")
    said = widget.after(widget.press, "but for a slack of", "Home")
    assert "→" in said
    widget.after(widget.control("Offset the class").select_option, "oak")


@of("13")
def test_another_method_and_another_class_draw_another_heatmap(widget):
    assert "integrated gradients: orange" in widget.after(widget.press, "Method", "i")
    other = "linden" if "orange speaks for oak" in widget.panel.inner_text() else "oak"
    said = widget.after(widget.control("What speaks for").select_option, other)
    assert f"orange speaks for {other}" in said
    assert f"{other} rather than" in widget.after(widget.press, "Rather than", "ArrowDown")
    widget.after(widget.control("Class").first.select_option, "linden")
    assert "is linden" in widget.panel.inner_text()


@of("00")
def test_a_narrow_page_has_fewer_pictures_side_by_side_and_a_click_in_their_middle_opens(widget):
    columns = "one => getComputedStyle(one).gridTemplateColumns.split(' ').map(parseFloat)"
    grid, pictures = (
        widget.panel.locator(".page .widget-html-content"),
        widget.panel.locator(".page img"),
    )
    assert len(grid.evaluate(columns)) == 6
    with narrow(widget.page):
        found = grid.evaluate(columns)
        assert 2 <= len(found) < 6 and min(found) >= 84
        pictures.nth(2).click()
        widget.panel.locator(".page .opened img[alt='beech/02.png']").wait_for()
        pictures.nth(0).focus()
        widget.page.keyboard.press("ArrowDown")
        widget.page.keyboard.press("Enter")
        below = f".page .opened img[alt='beech/{len(found):02}.png']"
        widget.panel.locator(below).wait_for()
    pictures.nth(0).click()
    widget.panel.locator(".page .opened img[alt='beech/00.png']").wait_for()
    widget.button("Select none").click()


@of("00")
def test_pictures_are_opened_and_selected_by_mouse_and_by_keyboard(widget):
    pictures, ticks = widget.panel.locator(".page img"), widget.panel.locator(".page .tick")

    def selected(count):
        widget.panel.get_by_text(re.compile(rf"^{count} selected$")).wait_for()

    widget.after(pictures.nth(2).click)
    widget.panel.locator(".page .opened img[alt='beech/02.png']").wait_for()
    selected(1)
    ticks.nth(4).click()
    selected(2)
    pictures.nth(7).click(modifiers=["Shift"])
    selected(5)  # the first, and all from the last one pressed to this one
    widget.panel.locator(".page .opened img[alt='beech/02.png']").wait_for()
    pictures.nth(0).focus()
    widget.page.keyboard.press("ArrowRight")
    widget.page.keyboard.press("Space")
    selected(6)
    widget.after(widget.page.keyboard.press, "Enter")
    widget.panel.locator(".page .opened img[alt='beech/01.png']").wait_for()
    assert ticks.nth(1).get_attribute("aria-pressed") == "true"
    widget.after(widget.button("Next").click)
    selected(6)
    widget.after(widget.button("Back").click)
    widget.button("Review selected").click()
    widget.panel.get_by_text("6, 0 decided").wait_for()
    widget.button("Select none").click()
    selected(0)
    assert ticks.nth(1).get_attribute("aria-pressed") == "false"


@of("map")
def test_the_map_shows_pictures_and_takes_a_lasso_by_mouse_and_points_by_keyboard(widget):
    canvas = widget.panel.locator("canvas")
    canvas.scroll_into_view_if_needed()

    def selected(pattern):
        widget.panel.get_by_text(re.compile(rf"^{pattern} selected$")).wait_for()

    assert "60 images, coloured by label" in canvas.get_attribute("aria-label")
    canvas.focus()
    widget.page.keyboard.press("ArrowRight")
    widget.panel.locator(".hover img").wait_for()
    widget.page.keyboard.press("Enter")
    selected(1)
    box = canvas.bounding_box()
    left, top = box["x"] + 2, box["y"] + 2
    right, bottom = left + box["width"] - 4, top + box["height"] - 4
    mouse = widget.page.mouse
    mouse.move(left, top)
    mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 5)):
        mouse.move(x, y, steps=4)
    mouse.up()
    selected(60)
    widget.button("Select none").click()
    selected(0)
    middle = (left + right) / 2
    mouse.move(left, top)
    mouse.down()
    for x, y in ((middle, top), (middle, bottom), (left, bottom)):
        mouse.move(x, y, steps=4)
    mouse.up()
    selected("([1-9]|[1-5][0-9])")
    mouse.wheel(0, -400)
    widget.control("Colour by").select_option("split")
    widget.panel.locator(".legend", has_text="valid").wait_for()
    widget.button("Review selected").click()
    widget.panel.get_by_text("0 decided").wait_for()


def cell_sources(page):
    return page.locator(".jp-Notebook .jp-CodeCell .jp-InputArea-editor").all_inner_texts()


@of("02")
@pytest.mark.parametrize("target", ["picture", "button", "list", "words"])
def test_keys_pressed_in_a_widget_stay_in_it(widget, target):
    page, before = widget.page, cell_sources(widget.page)
    if target == "picture":
        widget.panel.locator("img").first.click()
        widget.panel.locator(".closes").first.wait_for()
    elif target == "words":
        widget.panel.locator(".details").first.click()
    else:
        {"button": widget.button("Keep"), "list": widget.control("Issue").first}[target].focus()
    focused = "panel => panel.contains(document.activeElement)"
    assert widget.panel.evaluate(focused)
    for key in ("d", "d", "x", "a", "b", "m", "y", "0", "0", "Shift+M", "Control+Enter"):
        page.keyboard.press(key)
    widget.lab.wait_until_idle(page)
    assert cell_sources(page) == before
    assert widget.panel.locator("img").first.is_visible()
    assert page.locator(".jp-Dialog").count() == 0
    assert widget.panel.evaluate(focused)
    # The zoom, which the click on the picture opened, goes with the first decision, once drawn.
    widget.panel.locator(".closes").first.wait_for(state="detached")
    page.keyboard.press("Escape")  # leaves the field that the key 0 went to
    page.keyboard.press("Escape")
    assert not widget.panel.evaluate(focused)


@of("02")
def test_a_notebook_can_be_saved_while_its_widget_has_the_focus(lab, widget):
    path = lab.folder / "52_widgets.ipynb"
    before = path.stat().st_mtime_ns
    widget.panel.locator("img").first.click()
    widget.page.keyboard.press("Control+s")
    for _ in range(100):
        if path.stat().st_mtime_ns != before:
            return
        widget.page.wait_for_timeout(200)
    raise AssertionError("the notebook was not saved")


AGAIN = {"14": "02"}  # a notebook that shows the widget of another one


def test_every_widget_of_a_notebook_is_driven_here():
    driven = {call.split("(")[0] for call in CALLS.values()}
    assert driven == {*widgets.__all__}
    for path in sorted(STORED.glob("[0-9][0-9]_*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        trees = [ast.parse(cell.source) for cell in cells if cell.cell_type == "code"]
        called = {
            getattr(node.func, "id", "")
            for tree in trees
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
        }
        shown = called & {*widgets.__all__}
        number = AGAIN.get(path.name[:2], path.name[:2])
        if shown or number in CALLS:
            assert CALLS[number].split("(")[0] in shown, path.name

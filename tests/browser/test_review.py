"""The review in a real browser: by keyboard, by mouse, in the grid, five hundred in a row."""

import random

import pytest

from helpers.datasets import DecisionLog
from tests.notebooks.making import code, write

SETUP = """
from pathlib import Path
import numpy as np
import pandas as pd
from PIL import Image
from helpers import open_dataset
from helpers.datasets import DecisionLog
from helpers.widgets import review

rng, folder = np.random.default_rng(0), Path("many")
for number in range(500):
    path = folder / ("elm", "fir", "oak")[number % 3] / f"{number:03d}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(path)
logs = Path("logs")  # JupyterLab lists its root: no files may come and go there
logs.mkdir()
dataset = open_dataset(folder)
suspects = pd.DataFrame({"issue": "odd size", "suggestion": "elm"}, index=dataset.images.index)
pair = pd.DataFrame({"image_id": ["elm/000.png"], "other_id": ["elm/003.png"], "kind": "near"})
"""
SHOW = 'review(dataset, {}, DecisionLog((logs / "{}.sqlite").absolute()))'
SHOWN = {
    "few": SHOW.format("suspects.iloc[:9]", "few"),
    "typed": SHOW.format("suspects.iloc[:9]", "typed"),
    "pair": SHOW.format("pair", "pair"),
    "grid": SHOW.format("suspects", "grid"),
    "all": SHOW.format("suspects", "all"),
}


DECIDED = """([panel, number]) =>
    Number(/(\\d+) decided/.exec(panel.innerText)?.[1]) >= number"""


class Review:
    """One review on the page, and the log that it writes."""

    def __init__(self, lab, page, name):
        self.lab, self.page = lab, page
        cell = page.locator(".jp-Notebook .jp-CodeCell").nth(1 + [*SHOWN].index(name))
        self.panel = cell.locator(".workbook")
        self.panel.scroll_into_view_if_needed()
        self.log = DecisionLog(lab.folder / "logs" / f"{name}.sqlite")

    def enter(self):
        """Give the panel the focus by a click on its picture, and close the zoom."""
        self.panel.locator(".sides img").first.click()
        self.says("pixels")
        self.press("Escape")
        self.is_closed()

    def is_closed(self):
        """Wait until there is nothing left that Escape would close.

        The pictures alone would say it too soon: as a zoom opens, they go a moment after it comes.
        """
        self.panel.locator(".closes").first.wait_for(state="detached")
        self.panel.locator(".sides img").first.wait_for()

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def press_at_once(self, *keys):
        """Press keys before the page can hear what came of the first."""
        self.panel.evaluate(
            """(panel, keys) => keys.forEach(
                key => panel.dispatchEvent(new KeyboardEvent("keydown", { key })))""",
            list(keys),
        )

    def says(self, words):
        self.panel.filter(has_text=words).wait_for()

    def decides(self, number):
        """Wait until so many are decided, however long it takes as long as it goes on."""
        for some in [*range(10, number, 10), number]:
            self.page.wait_for_function(DECIDED, arg=[self.panel.element_handle(), some])

    def marks(self):
        table = self.log.current()
        return table["label"].fillna(table["action"]).to_dict()


@pytest.fixture(scope="module")
def page(lab):
    write(lab.folder / "53_review.ipynb", code(SETUP), *map(code, SHOWN.values()))
    page = lab.open("53_review.ipynb")
    assert lab.run_all(page) == []
    yield page
    page.close()


@pytest.fixture
def show(lab, page):
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    yield lambda name: Review(lab, page, name)
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    assert page.complaints == []


def test_a_click_on_the_picture_and_d_d_drops_two_images_and_no_cell(show):
    review = show("few")
    review.panel.locator(".sides img").first.click()
    review.press("d", "d")
    review.says("2 decided")
    review.press("k", "c", "2", "ArrowRight", "ArrowLeft", "u", "2", "n")
    review.press("Escape", "s")
    review.says("Its label is elm already")
    review.says("5 decided")
    assert review.marks() == {
        "elm/000.png": "drop",
        "elm/003.png": "drop",
        "elm/006.png": "keep",
        "elm/009.png": "cannot tell",
        "elm/012.png": "fir",
    }


def test_letters_typed_into_a_field_or_a_list_are_no_keys(show):
    review = show("typed")
    review.enter()
    review.press("n", *"dark", "Enter", "k")
    review.says("Recorded: keep (elm/000.png)")
    assert review.log.current()["reason"].to_dict() == {"elm/000.png": "odd size: dark"}
    review.panel.locator("select").first.focus()
    review.press("k", "d", "o")
    assert len(review.log.history()) == 1
    review.panel.locator(".sides img").first.click()
    review.press("0", *"duck", "Enter")
    review.says("There is no class duck yet")
    review.press("s")
    review.says("Recorded: relabel to duck")
    assert review.marks() == {"elm/000.png": "keep", "elm/003.png": "duck"}


def test_a_key_held_down_decides_once_and_other_shortcuts_are_left_alone(show):
    review = show("typed")
    review.enter()
    before = len(review.log.history())
    for _ in range(5):
        review.page.keyboard.down("c")
    review.page.keyboard.up("c")
    review.says("Recorded: cannot tell")
    review.press("Control+d", "Alt+k", "z")
    review.says("pixels")  # what was pressed before it has been answered
    assert len(review.log.history()) == before + 1


def test_zoom_opens_by_click_and_by_key_and_escape_closes_it_before_it_leaves(show):
    review = show("pair")
    focused = "panel => panel.contains(document.activeElement)"
    review.panel.locator(".sides img").nth(1).click()
    review.says("elm/003.png: 8 × 8 pixels")
    review.press("Escape", "z")
    review.says("elm/000.png: 8 × 8 pixels")
    review.press("Escape")
    review.is_closed()
    assert review.panel.evaluate(focused)
    review.press("Escape")
    assert not review.panel.evaluate(focused)


def test_a_pair_keeps_one_image_until_the_question_was_seen(show):
    review = show("pair")
    review.enter()
    review.press("d")
    review.says("1 decided")
    # Which revision is on show arrives a moment later than its words; what a key does, after both.
    review.press("z")
    review.says("pixels")
    review.press("Escape")
    review.is_closed()
    review.press_at_once("r", "d", "d", "k")  # all before the question could be read
    review.says("neither image of the pair")
    review.says("“k” was pressed before this could be read")
    assert review.marks() == {"elm/000.png": "drop"}
    review.press("d")
    review.says("Recorded: drop (elm/003.png)")
    assert review.marks() == {"elm/000.png": "drop", "elm/003.png": "drop"}


def test_in_the_grid_click_shift_click_and_all_are_one_decision_and_one_undo(show):
    review = show("grid")
    review.enter()
    review.press("g")
    cells = review.panel.locator(".cell")
    cells.nth(3).locator("img").wait_for()
    cells.nth(1).click()
    cells.nth(4).click(modifiers=["Shift"])
    cells.nth(2).click()
    review.says("3 of 500 chosen")
    review.press("d")
    review.says("Recorded for 3 images: drop")
    review.panel.locator(".cell[aria-selected=true]").first.wait_for(state="detached")
    names = [f"elm/{n:03d}.png" for n in (3, 9, 12)]
    assert review.marks() == dict.fromkeys(names, "drop")
    review.panel.get_by_role("button", name="All of these").click()
    review.says("500 of 500 chosen")
    review.panel.get_by_role("button", name="Cannot tell").click()
    review.says("Recorded for 500 images: cannot tell")
    review.panel.get_by_role("button", name="Undo").click()
    review.says("500 decisions are taken back")
    assert review.marks() == dict.fromkeys(names, "drop")


def test_the_grid_is_used_by_keyboard_too(show):
    review = show("grid")
    grid = review.panel.locator(".suspect-grid")
    grid.focus()
    review.press("Home", "ArrowRight", " ", "Shift+ArrowRight", "Shift+ArrowRight", "k")
    review.says("Recorded for 3 images: keep")
    expected = {"elm/003.png": "keep", "elm/006.png": "keep", "elm/009.png": "keep"}
    assert review.marks() == expected | {"elm/012.png": "drop"}
    grid.focus()
    review.press("End", "Enter")
    review.says("500 of 500")
    review.says("oak/497.png")


def test_five_hundred_suspects_by_keyboard_leave_an_exact_log(show):
    review, rng = show("all"), random.Random(0)
    names = [f"{label}/{n:03d}.png" for n_of, label in enumerate(("elm", "fir", "oak"))
             for n in range(500) if n % 3 == n_of]  # fmt: skip
    meaning = {"k": "keep", "d": "drop", "c": "cannot tell", "1": "elm", "2": "fir", "3": "oak"}
    keys = [
        rng.choice([key for key, mark in meaning.items() if not name.startswith(mark)])
        for name in names
    ]
    review.enter()
    for number, key in enumerate(keys):
        review.press(key)
        if number % 50 == 24:  # a mistake, taken back and made good, before all are decided
            review.press("u", key)
    review.decides(500)
    history = review.log.history()
    assert review.marks() == {n: meaning[key] for n, key in zip(names, keys, strict=True)}
    assert len(history) == 520 and (history["action"] == "undo").sum() == 10

"""From input to redraw, in a browser: python benchmarks/widgets.py [name …]

Each action of a widget is done many times in JupyterLab and timed in the page: from key or click
to the last picture painted before the widget rests. Pictures are made here, 640 by 480 pixels.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.conftest import running
from tests.notebooks.making import code, write

SETUP = """
import time
from pathlib import Path
import numpy as np
import pandas as pd
from PIL import Image
from helpers import open_dataset
from helpers.widgets import review

rng, folder = np.random.default_rng(0), Path("photos")
for number in range(1000):
    path = folder / "abcd"[number % 4] / f"{number:04d}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = Image.fromarray(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8))
    pixels.resize((640, 480)).save(path)
dataset = open_dataset(folder)
suspects = pd.DataFrame({"issue": "odd size", "suggestion": "a"}, index=dataset.images.index)
features = pd.DataFrame(rng.normal(size=(1000, 64)), dataset.images.index)
opened = time.perf_counter()
"""
OPENED = 'print(f"opened in {time.perf_counter() - opened:.2f} s")'
REST = 400
WATCH = """panel => {
    const seen = { start: null, last: null };
    const begin = (event) => { seen.start = event.timeStamp; seen.last = null; };
    for (const name of ["keydown", "pointerdown"]) window.addEventListener(name, begin, true);
    const painted = () => requestAnimationFrame(() => setTimeout(() => {
        seen.last = performance.now();
    }));
    new MutationObserver(() => {
        const images = [...panel.querySelectorAll("img")].filter(one => !one.complete);
        Promise.all(images.map(one => one.decode().catch(() => {}))).then(painted);
    }).observe(panel, { subtree: true, childList: true, characterData: true, attributes: true,
                        attributeFilter: ["src", "aria-selected", "aria-label"] });
    window.seenInWidget = seen;
}"""


def press(key):
    return lambda page, panel, turn: page.keyboard.press(key)


def click_button(name):
    return lambda page, panel, turn: panel.get_by_role("button", name=name).first.click()


def choose(page, panel, turn):
    panel.locator(".cell").nth(turn % 12).click()


def begin_by_picture(page, panel):
    panel.locator(".sides img").first.click()
    panel.locator(".zoomed img").wait_for()
    page.keyboard.press("Escape")


def begin_in_grid(page, panel):
    begin_by_picture(page, panel)
    page.keyboard.press("g")
    panel.locator(".cell img").nth(5).wait_for()


REVIEW = "review(dataset, suspects, features=features)"
ACTIONS = [
    ("review, 1,000 suspects: drop", REVIEW, begin_by_picture, press("d")),
    ("review, 1,000 suspects: step", REVIEW, begin_by_picture, press("ArrowRight")),
    ("review, 1,000 suspects: undo", REVIEW, begin_by_picture, press("u")),
    ("review, 1,000 suspects: zoom", REVIEW, begin_by_picture, press("z")),
    ("grid, 1,000 suspects: choose one", REVIEW, begin_in_grid, choose),
    ("grid, 1,000 suspects: choose all", REVIEW, begin_in_grid, press("a")),
]
"""What is measured: a name, the call that shows the widget, what is done first, and the action."""


def measure(page, panel, begin, act, times: int) -> list[float]:
    """Milliseconds from input to the last redraw, for each of `times` actions."""
    begin(page, panel)
    page.wait_for_timeout(2 * REST)
    panel.evaluate(WATCH)
    found = []
    for turn in range(times):
        act(page, panel, turn)
        for _ in range(100):
            page.wait_for_timeout(REST / 4)
            start, last, now = page.evaluate(
                "[seenInWidget.start, seenInWidget.last, performance.now()]"
            )
            if last and now - last > REST:
                break
        else:
            raise TimeoutError("nothing was redrawn in ten seconds")
        found.append(last - start)
    return found


def main(*names: str, times: int = 40) -> None:
    chosen = [one for one in ACTIONS if not names or any(name in one[0] for name in names)]
    with tempfile.TemporaryDirectory() as scratch:
        private, folder = Path(scratch, "private"), Path(scratch, "lab")
        private.mkdir(), folder.mkdir()
        calls = list(dict.fromkeys(call for _, call, *_ in chosen))
        shown = [
            code(f"opened = time.perf_counter()\nshown = {one}\n{OPENED}\nshown") for one in calls
        ]
        write(folder / "widgets.ipynb", code(SETUP), *shown)
        with running(private, folder) as lab:
            for name, call, begin, act in chosen:
                page = lab.open("widgets.ipynb")
                if problems := lab.run_all(page):
                    raise RuntimeError(problems[0])
                cell = page.locator(".jp-Notebook .jp-CodeCell").nth(1 + calls.index(call))
                opened = cell.locator("pre", has_text="opened in").first.inner_text().strip()
                panel = cell.locator(".workbook")
                panel.scroll_into_view_if_needed()
                milliseconds = measure(page, panel, begin, act, times)
                median, late = np.percentile(milliseconds, [50, 95])
                print(f"{name}: median {median:.0f} ms, 95th percentile {late:.0f} ms, worst "
                      f"{max(milliseconds):.0f} ms of {times}; {opened}", flush=True)  # fmt: skip
                page.close()


if __name__ == "__main__":
    started = time.perf_counter()
    main(*sys.argv[1:])
    print(f"in {time.perf_counter() - started:.0f} s")

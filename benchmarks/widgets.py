"""From input to redraw, in a browser: python benchmarks/widgets.py [name …]

Each action of each widget is done many times in JupyterLab, by mouse or by key, and timed in the
page: from the event to the last change painted before the widget rests. Beside it stands the
processor time per input, of the kernel and of the browser, which says what a quiet machine would
take where this one is busy. Pictures are made here, 1,000 of 640 by 480 pixels in ten classes; the
tables are as in the notebooks. "New" is what was never on show before, the rest was.
"""

import argparse
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.conftest import running
from tests.notebooks.making import code, write

SETUP = """
import os
from pathlib import Path
from types import SimpleNamespace
import numpy as np
import pandas as pd
import torch
from PIL import Image
from helpers import open_dataset
from helpers.course.studies import read_study
from helpers.widgets import *

rng, folder = np.random.default_rng(0), Path("photos")
for number in range(0 if folder.exists() else 1000):
    path = folder / "abcdefghij"[number % 10] / f"{number:04d}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = Image.fromarray(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8))
    pixels.resize((640, 480)).save(path)
dataset = open_dataset(folder)
images = dataset.images.assign(specimen=[f"s{n // 4}" for n in range(1000)], score=rng.random(1000))
images["split"] = np.where(np.arange(1000) % 4, "train", "valid")
dataset = dataset.with_images(images)
suspects = pd.DataFrame({"issue": "odd size", "suggestion": "a"}, index=images.index)
codes = images["label"].astype("category").cat.codes.to_numpy()
means = rng.normal(size=(10, 128))
features = pd.DataFrame(rng.normal(size=(1000, 128)) + means[codes], images.index,
                        [f"stage4 {n}" for n in range(128)])
pairs = pd.DataFrame({"image_id": images.index[:200], "other_id": images.index[200:400],
                      "kind": "near"})


def answers():
    chances = np.exp(2 * (rng.normal(size=(1000, 10)) + 2 * np.eye(10)[codes]))
    return pd.DataFrame(chances / chances.sum(1, keepdims=True), images.index, dataset.classes)


chances = answers()
predictions = chances.assign(label=images["label"], prediction=chances.idxmax(axis=1),
                             confidence=chances.max(axis=1))
voters = {name: answers() for name in ("first", "second", "third")}
study = read_study("cure_grid")
torch.manual_seed(0)
net = torch.nn.Sequential(
    torch.nn.Conv2d(3, 16, 3, 2), torch.nn.ReLU(), torch.nn.Conv2d(16, 32, 3, 2), torch.nn.ReLU(),
    torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(32, 10))
form = {"vocab": dataset.classes, "device": "cpu", "size": 64, "method": "squish"}
learner = SimpleNamespace(model=net, dls=SimpleNamespace(**form))
print("kernel", os.getpid())
"""
REST = 300
"""Milliseconds without a change after which a widget rests."""
WATCH = """panel => {
    const seen = { start: null, last: null };
    const begin = (event) => { seen.start = event.timeStamp; seen.last = null; };
    for (const name of ["keydown", "pointerdown", "pointerup"])
        window.addEventListener(name, begin, true);
    const painted = () => requestAnimationFrame(() => setTimeout(() => {
        seen.last = performance.now();
    }));
    new MutationObserver(() => {
        const images = [...panel.querySelectorAll("img")].filter(one => !one.complete);
        Promise.all(images.map(one => one.decode().catch(() => {}))).then(painted);
    }).observe(panel, { subtree: true, childList: true, characterData: true, attributes: true,
                        attributeFilter: ["src", "aria-selected", "aria-label", "aria-pressed"] });
    window.seenInWidget = seen;
}"""
TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def nothing(page, panel):
    """The widget as it opens."""


def press(*keys):
    """Press one key after the other, wherever the focus is."""
    return lambda page, panel, turn: page.keyboard.press(keys[turn % len(keys)])


def click(name):
    return lambda page, panel, turn: panel.get_by_role("button", name=name).first.click()


def switch(name, *keys):
    """Press keys in the list, or at the slider, of that name."""

    def act(page, panel, turn):
        box = panel.locator(".stack, .widget-slider", has_text=name).first
        box.locator("select, .noUi-handle").first.focus()
        page.keyboard.press(keys[turn % len(keys)])

    return act


def wander(*names):
    """Press keys at sliders of three steps, in an order that shows no combination twice."""
    places, ways, moves = [0] * len(names), [1] * len(names), []
    for _ in range(3 ** len(names) - 1):
        one = next(n for n in range(len(names)) if _turn_round(places[n], ways, n))
        places[one] += ways[one]
        moves.append(switch(names[one], "ArrowRight" if ways[one] > 0 else "ArrowLeft"))
    return lambda page, panel, turn: moves[turn % len(moves)](page, panel, 0)


def _turn_round(place, ways, one):
    """Whether a slider can go on its way; at its end it is turned round."""
    if 0 <= place + ways[one] <= 2:
        return True
    ways[one] *= -1
    return False


def pick(selector, first=0):
    """Click one of these after the other."""
    return lambda page, panel, turn: panel.locator(selector).nth(first + turn % 12).click()


def lasso(page, panel, turn):
    """Draw one around the left half, then around the right."""
    box = panel.locator("canvas").bounding_box()
    left, top = box["x"] + turn % 2 * box["width"] / 2 + 2, box["y"] + 2
    right, bottom = left + box["width"] / 2 - 4, top + box["height"] - 4
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom)):
        page.mouse.move(x, y)
    page.mouse.up()


def begin_by_picture(page, panel):
    panel.locator(".sides img").first.click()
    panel.locator(".zoomed img").wait_for()
    page.keyboard.press("Escape")


def begin_in_grid(page, panel):
    begin_by_picture(page, panel)
    page.keyboard.press("g")
    panel.locator(".cell img").nth(5).wait_for()


def begin_on_map(page, panel):
    panel.locator("canvas").scroll_into_view_if_needed()
    panel.locator("canvas").focus()


def go_through(page, panel, act, times):
    for turn in range(times):
        act(page, panel, turn)
        page.wait_for_timeout(400)


class Action(NamedTuple):
    """What is measured: a name, the call that shows the widget, the action, what is done first."""

    name: str
    call: str
    act: object
    begin: object = nothing


def seen(act, times=14):
    """Begin by doing the same so often that nothing of it is new."""
    return partial(go_through, act=act, times=times)


REVIEW, BROWSE = "review(dataset, suspects, features=features)", "browse(dataset)"
MAP, SPLITS = "explore_map(dataset, features)", "explore_splits(dataset, features, pairs)"
CURES, EXPLAIN = "explore_cures(study)", "explore_explanations(learner, dataset)"
RATES = 'explore_rates(read_study("learning_rates"), 2.3)'
TRANSFER = 'explore_transfer(dataset, read_study("transfer"), {"bundled": features})'
CLASSES, STAGES = switch("Class", "ArrowDown"), ["ArrowDown"] * 9 + ["ArrowUp"] * 9
ALL_RATES = switch("Learning rate", *["ArrowRight"] * 5, *["ArrowLeft"] * 5)
FROM_LEFT = switch("Learning rate", "Home", *["ArrowRight"] * 5, "Home")
CURE = wander("label smoothing", "dropout", "weight decay", "stochastic depth")
AGAIN = switch("dropout", "ArrowRight", "ArrowLeft")
# At the rim of the map there is no next point: so once around its middle.
ROUND = [f"Arrow{way}" for way in ["Right"] * 4 + ["Down"] * 4 + ["Left"] * 8 + ["Up"] * 8
         + ["Right"] * 6]  # fmt: skip
TWO_METHODS = switch("Method", "", *["ArrowDown"] * 2, "", *["ArrowUp"] * 2)
METHODS = switch("Method", *["ArrowDown"] * 3, *["ArrowUp"] * 3)
ACTIONS = [
    Action("review, 1,000 suspects: drop", REVIEW, press("d"), begin_by_picture),
    Action("review, 1,000 suspects: step", REVIEW, press("ArrowRight"), begin_by_picture),
    Action("review, 1,000 suspects: undo", REVIEW, press("u"), begin_by_picture),
    Action("review, 1,000 suspects: zoom", REVIEW, press("z"), begin_by_picture),
    Action("grid, 1,000 suspects: choose one", REVIEW, pick(".cell"), begin_in_grid),
    Action("grid, 1,000 suspects: choose all", REVIEW, press("a"), begin_in_grid),
    Action("browse: next page, 24 new", BROWSE, click("Next")),
    Action("browse: page seen before", BROWSE, lambda *given: click(
        "Back" if given[2] % 2 else "Next")(*given), seen(click("Next"), 1)),
    Action("browse: open and select one", BROWSE, pick(".page img", 1)),
    Action("browse: select one more", BROWSE, pick(".page .tick", 1)),
    Action("browse: another order", BROWSE, switch("Order", "ArrowDown", "ArrowUp")),
    Action("map: picture of the next point", MAP, press(*ROUND), begin_on_map),
    Action("map: lasso", MAP, lasso, begin_on_map),
    Action("map: another colour", MAP, switch("Colour by", *["ArrowDown"] * 3, *["ArrowUp"] * 3)),
    Action("splits: another seed, new", SPLITS, click("Another seed")),
    Action("splits: another share", SPLITS, switch("Share", *["ArrowRight"] * 4,
                                                   *["ArrowLeft"] * 4), seen(switch(
        "Share", *["ArrowRight"] * 4, *["ArrowLeft"] * 4), 8)),
    Action("balance: another strength", "explore_balance(dataset.with_images(images[:900]), "
           "features)", switch("Strength", *["ArrowRight"] * 4, *["ArrowLeft"] * 4)),
    Action("rates: another rate, new", RATES, ALL_RATES, seen(FROM_LEFT, 1)),
    Action("rates: another rate", RATES, ALL_RATES, seen(FROM_LEFT, 7)),
    Action("augmentation: a slider", "explore_augmentation(dataset, learner)",
           switch("brightness", *["ArrowLeft"] * 8, *["ArrowRight"] * 8)),
    Action("transfer: other images, a head trained", TRANSFER, click("Draw other images")),
    Action("cures: a slider, new", CURES, CURE),
    Action("cures: a slider", CURES, AGAIN, seen(AGAIN, 2)),
    Action("ensemble: a weight", "compose_ensemble(voters, images['label'], images['specimen'])",
           switch("second", *["ArrowLeft"] * 9, *["ArrowRight"] * 9)),
    Action("errors: another class", "explore_errors(dataset, predictions)",
           switch("It is", *STAGES)),
    Action("decisions: a threshold", "explore_decisions(predictions)",
           switch("from a probability of", "ArrowRight")),
    Action("fairness: a slack", "explore_fairness(predictions, images['specimen'].map("
           "lambda one: 'AB'[int(one[1:]) % 2]), 'a')",
           switch("slack", "ArrowLeft", "ArrowRight")),
    Action("explanations: another method, new", EXPLAIN, lambda *given: (
        TWO_METHODS if given[2] % 3 else switch("Image", "ArrowDown"))(*given)),
    Action("explanations: another method", EXPLAIN, METHODS, seen(METHODS, 6)),
]  # fmt: skip


def processor_seconds(kernel: int) -> np.ndarray:
    """Of the kernel, and of all that this process started and its browser, in user and system."""
    found, parents = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has just ended
            continue
        pid = int(folder.name)
        parents[pid], found[pid] = int(words[1]), (int(words[11]) + int(words[12])) / TICK
    browser = 0.0
    for pid, seconds in found.items():
        one, line = pid, []
        while one in parents:
            line.append(one)
            one = parents[one]
        if os.getpid() in line[1:] and _is_browser(pid):
            browser += seconds
    return np.array([found[kernel], browser])


def _is_browser(pid: int) -> bool:
    try:
        return b"chrom" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return False


def measure(page, panel, kernel, action, times: int) -> tuple[list[float], np.ndarray]:
    """Milliseconds from input to the last redraw, for each of `times` actions; and milliseconds of
    processor time per action, of the kernel and of the browser, less what they use when idle."""
    action.begin(page, panel)
    page.wait_for_timeout(3 * REST)
    panel.evaluate(WATCH)
    idle, before = processor_seconds(kernel), time.perf_counter()
    page.wait_for_timeout(8 * REST)
    idle = (processor_seconds(kernel) - idle) / (time.perf_counter() - before)
    found, begun, before = [], time.perf_counter(), processor_seconds(kernel)
    for turn in range(times):
        action.act(page, panel, turn)
        for _ in range(100):
            page.wait_for_timeout(REST / 3)
            start, last, now = page.evaluate(
                "[seenInWidget.start, seenInWidget.last, performance.now()]"
            )
            if last and now - last > REST:
                break
        else:
            raise TimeoutError(
                f"{action.name}: nothing was redrawn in ten seconds, the {turn + 1}th time"
            )
        found.append(last - start)
    used = processor_seconds(kernel) - before - idle * (time.perf_counter() - begun)
    return found, 1000 * used.clip(0) / times


def main(names: list[str], times: int) -> None:
    chosen = [one for one in ACTIONS if not names or any(name in one.name for name in names)]
    print("| action | median | 95th percentile | worst | processor: kernel | browser |")
    print("|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        private, folder = Path(scratch, "private"), Path(scratch, "lab")
        private.mkdir(), folder.mkdir()
        with sync_playwright() as playwright, running(playwright, private, folder) as lab:
            for action in chosen:
                # One notebook of always the same name keeps one kernel.
                write(folder / "widgets.ipynb", code(SETUP), code(action.call))
                page = lab.open("widgets.ipynb")
                if problems := lab.run_all(page):
                    raise RuntimeError(problems[0])
                cells = page.locator(".jp-Notebook .jp-CodeCell")
                told = cells.nth(0).locator("pre", has_text="kernel ").last.inner_text()
                kernel = int(told.split()[1])
                panel = cells.nth(1).locator(".workbook").first
                panel.scroll_into_view_if_needed()
                found, (ours, theirs) = measure(page, panel, kernel, action, times)
                median, late = np.percentile(found, [50, 95])
                print(f"| {action.name} | {median:.0f} ms | {late:.0f} ms | {max(found):.0f} ms | "
                      f"{ours:.0f} ms | {theirs:.0f} ms |", flush=True)  # fmt: skip
                page.close()


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.split(":")[0])
    asked.add_argument("names", nargs="*", help="words of the actions to measure; all if left out")
    asked.add_argument("--times", type=int, default=30, help="inputs of each action")
    started = time.perf_counter()
    main(**vars(asked.parse_args()))
    load = f"; load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"in {time.perf_counter() - started:.0f} s{load}")

"""The dashboard in a real browser, served by the command as a person would start it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe

from helpers import open_dataset
from helpers.course.notebooks import ROOT
from helpers.datasets import DecisionLog
from helpers.panels.still import CAPTION
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.report.conftest import COLOURS, draw

STEPS = ["Browse", "Map", "Audit", "Review", "Split", "Balance", "Train", "Thresholds"]
STEPS += ["Errors", "Export"]
STATE = """([name, states]) => {
    const found = [...document.querySelectorAll(".steps button")];
    const one = found.find(button => button.firstChild.textContent === name);
    return one && states.includes(one.dataset.state);
}"""

DRAWN = """number => {
    const shown = document.querySelectorAll(".open > .widget-box")[number];
    return shown.checkVisibility() && !shown.querySelector("div.busy")
        && shown.lastElementChild.innerText.trim()
        && [...shown.querySelectorAll("img")].every(image => image.complete);
}"""
"""Whether a step shows what was made: its state comes in a message of its own, before that."""

CUT = """() => [...document.querySelectorAll(".open *")].filter(one =>
    one.checkVisibility() && one.scrollWidth > one.clientWidth + 1
    && (one.matches("button") || ["auto", "scroll"].includes(getComputedStyle(one).overflowX))
    && !one.matches(".plot, .scroll, .details, figure, .wide > .widget-html-content")
).map(one => `${one.className}: ${one.innerText.slice(0, 40)}`)"""
"""Buttons whose words are cut off, and what scrolls sideways without being made for it."""


class Served:
    """A running dashboard and a browser that looks at it."""

    def __init__(self, address, folder, process, context):
        self.address, self.folder, self.process, self.context = address, folder, process, context
        self.host = address.split("/?")[0]

    def open(self, scheme="light", width=1280):
        page = self.context.new_page()
        page.set_default_timeout(60_000)
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.complaints = []
        page.on("console", lambda said: said.type == "error" and page.complaints.append(said.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda asked: self._note(page, asked.url))
        page.goto(self.address, wait_until="commit", timeout=180_000)
        page.locator(".steps button").first.wait_for(timeout=180_000)
        return page

    def _note(self, page, url):
        if not url.startswith((self.host, "data:", "blob:", "ws://127.0.0.1")):
            page.complaints.append(f"request to {url}")

    def step(self, page, name):
        page.get_by_role("button", name=name).and_(page.locator(".steps button")).click()
        return self.wait(page, name)

    def wait(self, page, name):
        page.wait_for_function(STATE, arg=[name, ["done", "failed"]], timeout=180_000)
        page.wait_for_function(DRAWN, arg=STEPS.index(name))
        shown = page.locator(".open > .widget-box").nth(STEPS.index(name))
        assert "An error stopped" not in shown.inner_text()
        return shown


@pytest.fixture(scope="module")
def served(playwright, tmp_path_factory):
    private = tmp_path_factory.mktemp("dashboard")
    folder, seed = private / "photos", 0
    for label, colour in COLOURS.items():
        for number in range(16):
            side = folder / ("test" if number % 4 == 3 else "train") / label
            draw(side / f"{number:02}.png", colour, seed := seed + 1)
    cut = folder / "train" / "blue" / "00.png"
    cut.write_bytes(cut.read_bytes()[:400])
    environment = os.environ | {"PYTHONPATH": str(ROOT), "WORKBOOK_WORK": str(private / "work")}
    environment |= {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-m", "helpers", "dashboard", str(folder), "--no-browser"]
    log = private / "log.txt"
    with open(log, "w") as file:
        server = subprocess.Popen(
            command,
            cwd=private,
            env=environment,
            stdout=file,
            stderr=file,
            start_new_session=True,
            # Where these tests run in the background, a shell has them ignore Ctrl-C.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
    try:
        address = _address(server, log)
        context = playwright.chromium.launch_persistent_context(
            str(private / "profile"), executable_path=CHROMIUM, args=FLAGS
        )
        yield Served(address, folder, server, context)
        context.close()
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(private / "profile", ignore_errors=True)


def _address(server, log):
    for _ in range(240):
        found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", log.read_text())
        if found:
            return found[0]
        assert server.poll() is None, log.read_text()
        time.sleep(0.5)
    raise TimeoutError(f"the dashboard was not served in two minutes:\n{log.read_text()}")


@pytest.fixture(scope="module")
def page(served):
    return served.open()


@pytest.fixture(autouse=True)
def no_complaint(request):
    yield
    if "page" in request.fixturenames:
        assert request.getfixturevalue("page").complaints == []


def test_every_address_asks_for_the_token(served):
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *given):
            return None

    asker = urllib.request.build_opener(Stay)
    for path in ("/", "/api/kernels/x", "/voila/files/dashboard.ipynb", "/?token=wrong"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            asker.open(served.host + path, timeout=30)
        assert refused.value.code in (302, 403), path
        assert "login" in refused.value.headers.get("Location", "login")


def test_no_code_is_visible_and_steps_open_by_keyboard_alone(served, page):
    assert "show_dashboard" not in page.content()
    assert CAPTION not in page.content(), "the still of a widget makes room for the live one"
    assert page.locator(".steps button span").all_inner_texts() == STEPS
    page.locator(".steps button").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    said = served.wait(page, "Audit").inner_text()
    assert re.search(r"1\s*files that cannot be read", said)
    assert page.locator(".steps [aria-current]").inner_text().startswith("Audit")


def test_a_finding_is_reviewed_and_the_mark_is_in_the_log_of_the_notebooks(
    served, page, monkeypatch
):
    served.step(page, "Audit").get_by_role("button", name="Review").first.click()
    shown = served.wait(page, "Review")
    assert "cannot be read" in shown.inner_text()
    shown.get_by_role("button", name="Drop").click()
    shown.get_by_text("Recorded: drop").wait_for()
    monkeypatch.setenv("WORKBOOK_WORK", str(served.folder.parent / "work"))
    marks = DecisionLog(open_dataset(served.folder)).current()
    assert list(marks["action"]) == ["drop"] and "00.png" in marks.index[0]


def test_a_head_is_trained_and_the_test_images_open_only_with_a_reason(served, page):
    served.step(page, "Train")
    shown = page.locator(".open")
    shown.get_by_role("button", name="Train a head").click()
    shown.get_by_text("validation images right").wait_for(timeout=180_000)
    assert "12 test images are closed" in shown.inner_text()
    shown.get_by_role("button", name="Open the test images").click()
    shown.get_by_text("Say why the test images are opened").wait_for()


def test_an_answer_is_explained_by_a_click_and_picked_out_for_review(served, page):
    answers, explained = served.step(page, "Errors").locator(".workbook").all()
    is_class, says = answers.locator("select").all()[:2]
    is_class.select_option(index=1)
    name = is_class.input_value().split(" (")[0]
    right = says.locator(f'option[value^="{name} ("]')  # here there may be no errors
    right.wait_for(state="attached")
    says.select_option(right.get_attribute("value"))
    figure = answers.locator("figure", has_text=re.compile(f"says {name}.*is {name}", re.S)).first
    figure.locator("img").click()
    page.wait_for_function(
        "([panel, name]) => [...panel.querySelectorAll('select')].some(one => one.value === name)",
        arg=[explained.element_handle(), figure.get_attribute("title")],
    )
    figure.locator(".tick").focus()
    page.keyboard.press("Enter")
    answers.get_by_text("1 selected").wait_for()
    answers.get_by_role("button", name="Review selected").click()
    served.wait(page, "Review").get_by_text("selected by you").first.wait_for()


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 400)])
def test_no_step_has_a_serious_fault_of_accessibility_or_is_wider_than_the_screen(
    served, page, scheme, width
):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    faults = {}
    for name in STEPS:
        served.step(page, name)
        page.wait_for_timeout(300)
        wide = page.evaluate("document.querySelector('.dashboard').scrollWidth")
        assert wide <= width, name
        assert page.evaluate(CUT) == [], name
        found = Axe().run(page).response["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        if serious:
            faults[name] = [(one["id"], one["nodes"][0]["html"][:200]) for one in serious]
    assert faults == {}


def test_ctrl_c_stops_it_cleanly_and_nothing_of_the_folder_was_written(served):
    assert sorted(path.name for path in served.folder.iterdir()) == ["test", "train"]
    assert len([path for path in served.folder.rglob("*") if path.is_file()]) == 48
    os.killpg(served.process.pid, signal.SIGINT)
    assert served.process.wait(60) == 0

"""JupyterLab on this machine and a real browser looking at it."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from helpers.course.notebooks import ROOT

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
QUIET = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
TWO_FRAMES = """() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"""
SETTINGS = {
    # Cells out of sight are not drawn in the other modes.
    "notebook-extension/tracker": '{"windowingMode": "none"}',
    # The question whether one wants news would lie over a corner of the page.
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}


class Lab:
    """A running JupyterLab: `folder` is its root, `open` shows one of its notebooks."""

    def __init__(self, folder, address, context):
        self.folder, self.address, self.context = folder, address, context

    def open(self, name):
        """Open a notebook and wait until its kernel is idle; return the page.

        The page's ``complaints`` lists console errors and requests to other machines.
        """
        page = self.context.new_page()
        page.set_default_timeout(60_000)
        page.complaints = []
        page.on("console", lambda said: said.type == "error" and page.complaints.append(said.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda asked: self._note_if_off_machine(page, asked.url))
        page.goto(f"{self.address}/lab/tree/{name}?token=test&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.wait_until_idle(page)
        return page

    def run_all(self, page):
        """Run all cells, wait for the last one, and return the errors shown."""
        page.click('.lm-MenuBar-item:has-text("Run")')
        page.click('.lm-Menu-item[data-command="runmenu:run-all"]')
        page.wait_for_function(
            # The first run in a work folder renders the dataset, which a busy machine does slowly.
            # After an error the cells below are not run.
            """() => document.querySelector('[data-mime-type="application/vnd.jupyter.stderr"]') ||
                [...document.querySelectorAll('.jp-CodeCell')].every(
                    cell => /\\d/.test(cell.querySelector('.jp-InputPrompt').textContent))""",
            timeout=1_200_000,
        )
        self.wait_until_idle(page)
        return page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').all_text_contents()

    def _note_if_off_machine(self, page, url):
        if not url.startswith((self.address, "data:", "blob:", "ws://127.0.0.1")):
            page.complaints.append(f"request to {url}")

    @staticmethod
    def wait_until_idle(page):
        # The status bar is drawn a frame or two after the kernel has said that it is busy.
        page.evaluate(TWO_FRAMES)
        page.wait_for_selector('#jp-main-statusbar :text("Idle")')

    def images(self, page):
        """The name of every image, as a screen reader is told it."""
        session = self.context.new_cdp_session(page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        return [
            node["name"]["value"]
            for node in nodes
            if node.get("role", {}).get("value") in ("image", "img") and not node["ignored"]
        ]


@pytest.fixture(scope="session")
def playwright():
    """The one driver of all browser tests: beside a running one a second cannot be started."""
    if CHROMIUM is None:
        lacking = "no chromium found: on Debian or Ubuntu, sudo apt install chromium"
        (pytest.fail if os.environ.get("WORKBOOK_REQUIRE_BROWSER") else pytest.skip)(lacking)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def lab(playwright, tmp_path_factory):
    private, folder = tmp_path_factory.mktemp("jupyter"), tmp_path_factory.mktemp("lab")
    with running(playwright, private, folder) as lab:
        yield lab


@contextmanager
def narrow(page):
    """A window of 800 px, of which a notebook gets half; it is as wide as before afterwards."""
    wide = page.viewport_size
    page.set_viewport_size({"width": 800, "height": 900})
    yield
    page.set_viewport_size(wide)


@contextmanager
def running(playwright, private, folder):
    """A `Lab` on `folder`, which keeps its settings in the folder `private`."""
    for name, settings in SETTINGS.items():
        path = private / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(settings)
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_DATA_DIR": str(private / "data"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(private / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(private / "workspaces"),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0"]
    command += [f"--ServerApp.root_dir={folder}", "--IdentityProvider.token=test"]
    command += ["--LabApp.news_url=None", f"--LabApp.check_for_updates_class={QUIET}"]
    command += ["--LabApp.extension_manager=readonly"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    log = private / "log.txt"
    with open(log, "w") as file:
        server = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        address = _wait_for_address(server, log)
        context = playwright.chromium.launch_persistent_context(
            str(private / "profile"), executable_path=CHROMIUM, args=FLAGS
        )
        yield Lab(folder, address, context)
        context.close()
    finally:
        server.terminate()
        server.wait(20)


def _answers(url):
    try:  # the address is told a moment before anybody listens there
        with urllib.request.urlopen(url, timeout=20):
            return True
    except urllib.error.URLError:
        return False


def _wait_for_address(server, log):
    for _ in range(120):
        for line in log.read_text().splitlines():
            if "http://127.0.0.1:" in line:
                address = "http://127.0.0.1:" + line.split("http://127.0.0.1:")[1].split("/")[0]
                if _answers(f"{address}/api?token=test"):
                    return address
        assert server.poll() is None, log.read_text()
        time.sleep(0.5)
    raise TimeoutError(f"JupyterLab did not start in a minute:\n{log.read_text()}")

"""Every stored notebook whole: all cells in JupyterLab, then each of its widgets by key.

Twenty minutes, and the same notebooks run without a browser in `make test`, so it is asked for:
``python -m pytest -n0 -m whole tests/browser``. Pictures of the widgets, to look at, are left
in the folder ``--basetemp``.
"""

import re
import shutil

import pytest

from helpers.course.notebooks import STORED

CONTENT = """panel => [...panel.querySelectorAll(
    '.widget-html-content, .widget-readout, [aria-live]')].map(one => one.innerHTML).join()"""
CONTROLS = "select, .noUi-handle, .widget-toggle-button, [tabindex='0']"
KEYS = "ArrowDown", "ArrowRight", "ArrowLeft", "k"


def _answers(lab, page, panel) -> bool:
    """Whether one key, pressed in one of the first controls of a widget, changes what it says."""
    before = panel.evaluate(CONTENT)
    for control in panel.locator(CONTROLS).all()[:4]:
        if not control.is_visible() or control.is_disabled():
            continue
        for key in KEYS:
            control.focus()
            page.keyboard.press(key)
            page.wait_for_timeout(300)
            lab.wait_until_idle(page)
            if panel.evaluate(CONTENT) != before:
                return True
    return False


@pytest.mark.whole
@pytest.mark.parametrize("path", sorted(STORED.glob("*.ipynb")), ids=lambda path: path.stem)
def test_all_cells_run_and_each_widget_answers_to_a_key(lab, path, tmp_path):
    shutil.copy(path, lab.folder)
    page = lab.open(path.name)
    assert lab.run_all(page) == []
    panels = page.locator(".workbook:not(.workbook .workbook)")
    stills = re.findall(r'<figure class=\\"still', path.read_text())
    assert panels.count() == len(stills) >= 1
    for number in range(panels.count()):
        panels.nth(number).scroll_into_view_if_needed()
        assert _answers(lab, page, panels.nth(number)), f"widget {number + 1} stayed as it was"
        panels.nth(number).screenshot(path=tmp_path / f"{path.stem[:2]}-{number + 1}.png")
    errors = page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')
    assert errors.all_text_contents() == [] and page.complaints == []
    page.close()

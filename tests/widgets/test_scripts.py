"""The scripts of the widgets keep to what anywidget promises in JupyterLab, VS Code and Voilà."""

import re

import pytest

from helpers.course.notebooks import ROOT

SCRIPTS = sorted((ROOT / "helpers").rglob("*.js"))
DOCUMENTED = {"get", "set", "save_changes", "on", "off", "send"}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_asks_its_model_for_nothing_that_anywidget_does_not_document(path):
    text = path.read_text(encoding="utf-8")
    assert {*re.findall(r"\bmodel\.(\w+)", text)} <= DOCUMENTED
    assert re.findall(r"^function render\(\{(.*)\}\) \{$", text, re.MULTILINE)[0].strip() in (
        "model, el",
        "el",
    )
    assert text.rstrip().endswith("export default { render };")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_loads_nothing_and_knows_nothing_of_the_page_that_shows_it(path):
    code = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
    foreign = r"\brequire\b|\bimport\b|\bfetch\(|\bXMLHttp|https?:|\bwindow\.|Jupyter|\b_lab\b"
    assert re.findall(foreign, code) == []


def test_every_script_is_looked_at():
    names = {path.name for path in SCRIPTS}
    assert {"focus.js", "keys.js", "map.js", "pick.js", "steps.js", "suspect_grid.js"} <= names

import re
import threading
from dataclasses import replace

import pandas as pd
import pytest
from ipywidgets import HTML, Box, Button

from helpers import open_dataset
from helpers.dashboard import build_dashboard
from helpers.dashboard import page as pages
from helpers.dashboard.study import TEST, VALIDATION
from helpers.datasets import DatasetError, DecisionLog
from helpers.panels.panel import Panel
from tests.report.conftest import COLOURS, draw

EVERYTHING = ["Browse", "Map", "Audit", "Review", "Split", "Balance", "Train", "Thresholds"]
EVERYTHING += ["Errors", "Export"]


def parts(widget):
    yield widget
    if isinstance(widget, Box):
        for child in widget.children:
            yield from parts(child)


def text(page, name=None):
    """All words and HTML of a step, or of the whole page."""
    where = page if name is None else page.boxes[name]
    return " ".join(one.value for one in parts(where) if isinstance(one, HTML))


def press(page, name, label, number=0):
    found = [one for one in parts(page.boxes[name]) if isinstance(one, Button)]
    [one for one in found if one.description == label][number].click()


def trained(page):
    page.go_to("Train")
    press(page, "Train", "Train a head")
    assert page.errors == {}
    return page


def test_all_steps_are_offered_in_order_and_made_only_when_first_opened(page):
    assert [*page.steps.names] == EVERYTHING
    assert page.selected == "Browse" and [*page.widgets] == ["Browse"]
    assert page.state("Browse") == "done" and page.state("Audit") == ""
    page.go_to("Audit")
    assert [*page.widgets] == ["Browse", "Audit"]
    shown = [name for name, box in page.boxes.items() if box.layout.display != "none"]
    assert shown == ["Audit"]
    made = page.widgets["Browse"]
    page.steps.selected = 0
    assert page.selected == "Browse" and page.widgets["Browse"] is made


def test_without_labels_only_steps_that_need_none_are_offered_and_the_page_says_why(
    dataset, tmp_path
):
    flat = tmp_path / "flat"
    flat.mkdir()
    for number, image_id in enumerate(dataset.images.index):
        (flat / f"{number}.png").write_bytes(dataset.path(image_id).read_bytes())
    page = build_dashboard(flat, home=tmp_path, background=False)
    assert [*page.steps.names] == ["Browse", "Map", "Audit", "Review", "Export"]
    for name in page.steps.names:
        page.go_to(name)
        assert page.state(name) == "done", page.errors
    assert "without labels" in text(page) and "Training needs labels" in text(page)
    assert "<b>1</b><div>files that cannot be read" in text(page, "Audit")


def test_the_audit_counts_each_finding_and_hands_its_images_to_the_review(page):
    page.go_to("Audit")
    said = text(page, "Audit")
    assert "<b>1</b><div>files that cannot be read" in said
    assert "<b>1</b><div>pairs of one file under two labels" in said
    assert "<b>2</b><div>exact copies (pairs)" in said
    press(page, "Audit", "Review", 0)
    assert page.selected == "Review"
    reviewer = page.widgets["Review"].children[-1]
    assert list(reviewer.cases["image_id"]) == ["blue/00.png"]
    press(page, "Review", "All suspects")
    assert len(page.widgets["Review"].cases) > 1


def test_images_selected_in_browse_go_to_the_review(page):
    page.review(["red/01.png", "blue/03.png"])
    assert page.selected == "Review"
    cases = page.widgets["Review"].children[-1].cases
    assert list(cases["image_id"]) == ["red/01.png", "blue/03.png"]
    page.review(["green/05.png"])
    assert list(page.widgets["Review"].children[-1].cases["image_id"]) == ["green/05.png"]


def test_what_is_caught_on_the_map_or_picked_in_browse_goes_to_the_review(page):
    page.go_to("Map")
    drawn = page.widgets["Map"]
    drawn.points.pressed = [[3, 5], "only", 1]
    wanted = drawn.selected
    drawn.to_review_button.click()
    assert page.selected == "Review" and len(wanted) == 2
    assert list(page.widgets["Review"].children[-1].cases["image_id"]) == wanted
    browser = page.widgets["Browse"]
    browser.picker.pressed = [0, "open", 1]
    browser.to_review_button.click()
    cases = page.widgets["Review"].children[-1].cases
    assert list(cases["image_id"]) == browser.selected == browser.image_ids[:1]


def test_a_mark_goes_to_the_log_of_the_notebooks_and_changes_what_is_trained_on(page, dataset):
    page.go_to("Split")
    assert "red/01.png" in page.study.model.divided.images.index
    before = page.widgets["Split"]
    page.review(["red/01.png"])
    page.widgets["Review"].children[-1].drop.click()
    assert DecisionLog(dataset).current()["action"].to_dict() == {"red/01.png": "drop"}
    page.go_to("Split")
    assert page.widgets["Split"] is not before
    assert "red/01.png" not in page.study.model.divided.images.index
    page.review(["red/01.png"])
    assert "drop" in text(page, "Review"), "who has decided still finds the image"


def test_the_split_on_show_is_taken_over_and_given_back(page):
    page.go_to("Split")
    proposed = page.study.model.divided.images["split"]
    explorer = next(one for one in parts(page.boxes["Split"]) if hasattr(one, "tried"))
    explorer.share.value = 0.5
    wanted = explorer.splits
    press(page, "Split", "Use the split on show")
    used = page.study.model.divided.images["split"]
    assert used.to_dict() == wanted.dropna().to_dict() != proposed.to_dict()
    assert page.study.model.sides[0].images.index.equals(wanted.index[wanted == "train"])
    assert "The split that you chose" in text(page, "Split")
    press(page, "Split", "Use the proposed one")
    assert page.study.model.divided.images["split"].equals(proposed)


def test_what_needs_a_model_says_so_until_one_is_trained(page):
    for name in ("Thresholds", "Errors"):
        page.go_to(name)
        assert "train a head first" in text(page, name)
        press(page, name, "Go to Train")
        assert page.selected == "Train"
    assert "it takes" in text(page, "Train")
    trained(page)
    answers = page.study.judged(VALIDATION)[0]
    assert f"of {len(answers):,} validation images right" in text(page, "Train")
    for name in ("Thresholds", "Errors"):
        page.go_to(name)
        assert page.state(name) == "done" and f"{len(answers):,} validation images" in text(
            page, name
        )


def test_a_click_on_an_error_explains_it_and_those_picked_out_go_to_the_review(page):
    trained(page).go_to("Errors")
    errors, explained = (one for one in parts(page.boxes["Errors"]) if isinstance(one, Panel))
    errors.prediction.index = 1  # here the model may have everything right
    errors.picker.pressed = [1, "open", 1]
    assert errors.opened == errors.on_page[1] == explained.image.value
    errors.picker.pressed = [0, "toggle", 2]
    errors.to_review_button.click()
    assert page.selected == "Review" and page.errors == {}
    assert list(page.widgets["Review"].children[-1].cases["image_id"]) == errors.on_page[:1]
    assert "the score then flatters" in text(page, "Errors")


def test_columns_named_as_groups_are_scored_by_their_parts(tmp_path):
    root, seed = tmp_path / "photos", 0
    rows = []
    for label, colour in COLOURS.items():
        for number in range(110):
            name = f"{label}-{number:03}.png"
            draw(root / name, colour, seed := seed + 1)
            rows.append({"file": name, "label": label, "site": "north" if number % 2 else "south",
                         "split": "valid" if number % 2 or number % 3 else "train"})  # fmt: skip
    pd.DataFrame(rows).to_csv(root / "table.csv", index=False)
    source = root / "table.csv"
    page = build_dashboard(source, groups=["site"], home=tmp_path, background=False)
    trained(page).go_to("Errors")
    assert page.errors == {}
    alt = re.search(r'For whom does it fail\?</h3><img alt="([^"]*)"', text(page, "Errors"))[1]
    assert "north" in alt and "south" in alt


def test_the_learner_that_is_explained_answers_as_the_head_does(page):
    model = trained(page).study.model
    from helpers.training import predict

    asked = model.sides[1]
    said = predict(model.learner, asked, progress=False)
    answers = page.study.judged(VALIDATION)[0]
    assert said["prediction"].to_dict() == answers["prediction"].to_dict()


def test_test_images_stay_closed_until_they_are_opened_with_a_reason(with_test, tmp_path):
    page = trained(build_dashboard(with_test, home=tmp_path, background=False))
    count = page.study.closed
    assert count == 11 and f"{count} test images are closed" in text(page, "Train")
    with pytest.raises(DatasetError, match="are closed"):
        page.study.judged(TEST)
    sides = page.study.judged(VALIDATION)[1].images["split"]
    assert set(sides) == {"valid"}
    press(page, "Train", "Open the test images")
    assert "Say why" in text(page, "Train") and with_test.test_openings().empty
    opening = next(one for one in parts(page.boxes["Train"]) if hasattr(one, "reason"))
    opening.reason.value = "the model is chosen"
    press(page, "Train", "Open the test images")
    assert list(with_test.test_openings()["reason"]) == ["dashboard: the model is chosen"]
    for name in ("Thresholds", "Errors"):
        page.go_to(name)
        sides = page.widgets[name].children[0]
        assert sides.options == (VALIDATION, TEST) and sides.value == VALIDATION
        sides.value = TEST
        assert page.state(name) == "done", page.errors
    errors = next(one for one in parts(page.boxes["Errors"]) if isinstance(one, Panel))
    assert errors.to_review_button.layout.display == "none", "mended errors alone would flatter"
    answers, part = page.study.judged(TEST)
    assert set(part.images["split"]) == {"test"} and len(answers) in (10, 11)


def test_an_export_writes_decisions_and_the_model_and_nothing_into_the_images_folder(
    page, dataset, tmp_path
):
    before = {path: path.stat().st_mtime_ns for path in sorted(dataset.root.rglob("*"))}
    trained(page)
    DecisionLog(dataset).record("red/01.png", "drop", "test")
    page.go_to("Export")
    assert "1 drop" in text(page, "Export")
    exporter = page.widgets["Export"].children[0]
    assert exporter.folder.value.startswith(str(tmp_path / "exports" / "photos-"))
    exporter.folder.value = str(dataset.root / "cleaned")
    press(page, "Export", "Export")
    assert isinstance(exporter.error, DatasetError) and "problem" in exporter.status.value
    exporter.folder.value = str(tmp_path / "taken")
    press(page, "Export", "Export")
    assert exporter.error is None
    table = (tmp_path / "taken" / "images.csv").read_text()
    assert "red/01.png" in table and "drop" in table
    assert (tmp_path / "taken" / "model" / "model.onnx").exists()
    assert before == {path: path.stat().st_mtime_ns for path in sorted(dataset.root.rglob("*"))}


def test_a_step_that_fails_says_why_leaves_the_others_alone_and_can_be_tried_again(
    page, monkeypatch
):
    def fail(_):
        raise ZeroDivisionError("<b>no</b>")

    right = pages.PARTS["Audit"]
    monkeypatch.setitem(pages.PARTS, "Audit", replace(right, build=fail))
    page.go_to("Audit")
    assert page.state("Audit") == "failed"
    assert "ZeroDivisionError: &lt;b&gt;no&lt;/b&gt;" in text(page, "Audit")
    page.go_to("Export")
    assert page.state("Export") == "done"
    monkeypatch.setitem(pages.PARTS, "Audit", right)
    page.go_to("Audit")
    press(page, "Audit", "Try again")
    assert page.state("Audit") == "done" and page.errors == {}


def test_other_steps_can_be_used_while_one_is_computed(dataset, tmp_path, monkeypatch):
    going, done = threading.Event(), threading.Event()

    def slow(page):
        page.say("Audit", "Counting", 0.25)
        going.set()
        assert done.wait(20)
        return HTML("counted")

    monkeypatch.setitem(pages.PARTS, "Audit", replace(pages.PARTS["Audit"], build=slow))
    page = build_dashboard(dataset, home=tmp_path)
    page.wait()
    page.go_to("Audit")
    assert going.wait(20)
    assert page.state("Audit") == "busy"
    assert 'value="0.250"' in text(page, "Audit") and "Counting" in text(page, "Audit")
    page.go_to("Browse")
    browser = page.widgets["Browse"]
    browser.label.value = "red"
    assert len(browser.shown) == 15
    done.set()
    page.wait()
    assert page.state("Audit") == "done" and "counted" in text(page, "Audit")


def test_names_like_markup_are_escaped(tmp_path, dataset):
    root = tmp_path / "<i>x"
    for label in ("<b>a", "c&d"):
        (root / label).mkdir(parents=True)
        for number in range(3):
            source = dataset.path(f"red/{number + 2:02}.png" if label == "c&d" else
                                  f"green/{number + 2:02}.png")  # fmt: skip
            (root / label / f"{number}.png").write_bytes(source.read_bytes())
    page = build_dashboard(open_dataset(root), home=tmp_path, background=False)
    for name in ("Browse", "Audit", "Export"):
        page.go_to(name)
    assert "<i>x" not in text(page) and "<b>a" not in text(page)

"""Figures of what detectors promise and keep: lines, dots, sheets, and what is said without any."""

import numpy as np
import pandas as pd
import pytest

from helpers import plots


def doubts(count=40, listed=10):
    wrong = np.linspace(0.95, 0.05, count)
    ids = pd.Index([f"{number}.jpg" for number in range(count)], name="image_id")
    return pd.DataFrame({"wrong": wrong, "issue": np.arange(count) < listed}, index=ids)


def lines(ax):
    return {tuple(line.get_ydata()) for line in ax.lines}


def test_the_promise_is_the_sum_of_chances_and_the_truth_a_count():
    table = doubts()
    wrong = table.index[[0, 1, 2, 5, 15, 30]]
    ax = plots.promise(table, wrong)
    promised = tuple(table["wrong"].cumsum()[:40])
    assert promised in lines(ax)
    counted = [line for line in lines(ax) if line[-1] == 6 and len(line) == 40]
    assert [counted[0][at] for at in (0, 2, 4, 5, 9, 15, 30)] == [1, 3, 3, 4, 4, 5, 6]
    assert "Of 10 labels in doubt, expect about 8 to be wrong: 4 are" in ax.get_title("left")


def test_a_guessed_share_is_drawn_at_the_last_label_in_doubt():
    ax = plots.promise(doubts(), None, guess=0.3)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [(dot.get_xdata()[0], dot.get_ydata()[0]) for dot in dots] == [(10, 3.0)]
    assert not any(line.get_marker() == "o" for line in plots.promise(doubts()).lines)


def test_without_truth_only_the_promise_is_drawn():
    ax = plots.promise(doubts())
    assert "wrong indeed" not in {text.get_text() for text in ax.texts}
    assert ax.get_title("left") == "Of 10 labels in doubt, expect about 8 to be wrong"


@pytest.mark.parametrize("note", [None, "No label can be doubted: there is none."])
def test_where_no_label_is_in_doubt_a_line_says_so(note):
    table = doubts(listed=0)[:0]
    if note:
        table.attrs["note"] = note
    expected = note or "No label is more likely wrong than right"
    assert plots.promise(table).get_title("left") == expected


@pytest.mark.parametrize("listed", [1, 2, 10, 20, 21, 30, 36])
def test_no_line_runs_through_the_word_of_where_doubts_end(listed):
    ax = plots.promise(doubts(listed=listed))
    ax.figure.canvas.draw()
    word = next(text for text in ax.texts if text.get_text() == "in doubt, up to here")
    box = word.get_window_extent()
    for line in ax.lines:
        ends = np.column_stack(line.get_data(orig=False)).astype(float)
        at = np.linspace(0, len(ends) - 1, 2000)
        x, y = (np.interp(at, range(len(ends)), ends[:, side]) for side in (0, 1))
        points = line.get_transform().transform(np.column_stack([x, y]))
        assert not any(box.contains(*point) for point in points)
    assert ax.bbox.contains(box.x0, box.y0) and ax.bbox.contains(box.x1, box.y1)


def study():
    rows = [
        ("leaves", 0, "workbook", "dark", 1.0, 1.0),
        ("leaves", 1, "workbook", "dark", 0.9, 0.95),
        ("photos", 0, "workbook", "dark", 0.8, 0.7),
        ("leaves", 1, "cleanvision", "dark", 0.1, 0.1),
        ("edits", 1, "workbook", "dark", 0.2, 0.2),
    ]
    table = pd.DataFrame(rows, columns=["data", "seed", "tool", "detector", "recall", "precision"])
    return table.assign(kind="dark", strength="all detectable")


def test_marks_on_the_tuning_data_are_hollow_and_the_lowest_elsewhere_is_named():
    ax = plots.held_out(study())
    recall, precision = ax.child_axes
    for panel, expected in ((recall, [1.0, 0.9, 0.8]), (precision, [1.0, 0.95, 0.7])):
        assert [line.get_xdata()[0] for line in panel.lines] == expected
        assert [line.get_markerfacecolor() == "white" for line in panel.lines] == [True] + [
            False
        ] * 2
    assert "the lowest mark is the precision of dark, 0.70" in " ".join(
        ax.get_title("left").split()
    )


def test_a_study_without_our_detectors_draws_a_line_that_says_so():
    ax = plots.held_out(study()[3:])
    assert ax.get_title("left") == "No detector was measured"


def test_a_sheet_of_flags_of_several_issues_says_which_beside_each_file(photos):
    first, second, *_ = photos.images.index
    ids, issues = [first, first, second], ["dark", "blurred", "dark"]
    flags = pd.DataFrame({"image_id": ids, "issue": issues, "rule": "absolute"})
    for table in (flags, flags.set_index("image_id")):
        said = [text.get_text().strip() for text in plots.flag_sheet(photos, table).texts]
        assert [one.split("\n")[0] for one in said] == ["dark, blurred", "dark"]
        assert [one.split("\n")[1] for one in said] == [
            i.rsplit("/", 1)[-1] for i in (first, second)
        ]


def test_a_sheet_of_flags_is_drawn_at_random_names_its_files_and_leaves_out_unused_rules(photos):
    ids = photos.images.index
    flags = pd.DataFrame({"image_id": [*ids, ids[0]], "rule": "absolute"})
    flags.loc[:4, "rule"] = "not used"
    ax = plots.flag_sheet(photos, flags, most=6)
    named = {text.get_text().strip() for text in ax.texts}
    first = plots.flag_sheet(photos, flags, most=6, seed=1)
    assert named != {text.get_text().strip() for text in first.texts}
    kept = {image_id.rsplit("/", 1)[-1] for image_id in {*ids[5:], ids[0]}}
    assert len(named) == 6
    assert named <= kept
    assert f"6 of {len(kept)} flagged images, drawn at random" in ax.get_title("left")
    for most, told in (
        (1, "1 flagged image: right or not?"),
        (3, "3 flagged images: right or not?"),
    ):
        title = plots.flag_sheet(photos, ids[:most]).get_title("left")
        assert " ".join(title.split()) == told


def test_no_flag_no_sheet(photos):
    none = pd.DataFrame({"image_id": [], "rule": []})
    assert "Nothing is flagged" in plots.flag_sheet(photos, none).get_title("left")


def test_a_guess_and_another_sweep_are_drawn_into_the_sweep():
    swept = pd.DataFrame({"distance": [0, 2, 4], "pairs": [1, 2, 9], "recall": [0.1, 0.5, 0.6]})
    swept = swept.assign(precision=[1, 0.9, 0.2], bursts=[0, 0, 0.1])
    ax = plots.sweep(swept, beside=swept.assign(recall=[0.0, 0.1, 0.2]), guess=3)
    assert (0.0, 0.1, 0.2) in lines(ax)
    assert any(list(line.get_xdata()) == [3, 3] for line in ax.lines)
    texts = {text.get_text() for text in ax.texts}
    assert {"your guess", "recall before"} <= texts
    assert "your guess" not in {text.get_text() for text in plots.sweep(swept).texts}


def planted(**more):
    table = pd.DataFrame({
        "kind": ["copies", "labels", "labels"], "fault": ["smaller", "any other", "most alike"],
        "planted": 10, "found": [9, 6, 2], "recall": [0.9, 0.6, 0.2], "low": [0.6, 0.3, 0.05],
        "high": [0.98, 0.83, 0.5],
    })  # fmt: skip
    return table.assign(**more)


def test_canaries_stand_in_their_order_with_the_one_found_least_in_the_title():
    ax = plots.canaries(planted())
    assert ax.get_title("left") == "Fewest are found of “most alike”: 20% (5% to 50%)"
    assert [label.get_text() for label in ax.get_yticklabels()] == list(planted()["fault"])
    (dots,) = [line for line in ax.lines if line.get_marker() == "o"]
    assert list(dots.get_xdata()) == [0.9, 0.6, 0.2]
    assert ax.get_xlim()[0] <= -0.03  # a dot at 0 stands clear of its name


def test_a_guess_is_drawn_at_the_labels_or_where_none_were_planted_at_the_last_row():
    for kinds, row in ((["copies", "labels", "labels"], 1), (["copies"] * 3, 2)):
        ax = plots.canaries(planted(kind=kinds), guess=0.4)
        (cross,) = [line for line in ax.lines if line.get_marker() == "X"]
        assert (cross.get_xdata()[0], cross.get_ydata()[0]) == (0.4, row)


def test_without_canaries_a_line_says_why():
    assert "No canary" in plots.canaries(planted().head(0)).get_title("left")


def test_a_file_name_that_is_there_twice_stands_with_its_folder(photos):
    images = photos.images.copy()
    first, *rest = images.index
    ids = [f"a/{first.rsplit('/', 1)[-1]}", *rest]
    twice = images.set_axis(pd.Index(ids, name="image_id"))
    twice = pd.concat([images, twice.iloc[:1]])
    sheet = plots.flag_sheet(photos.with_images(twice), [first, rest[0]])
    said = {text.get_text().strip() for text in sheet.texts}
    assert said == {first, rest[0].rsplit("/", 1)[-1]}

"""Augmentation in figures: rows of pictures, differences where they belong, red where it hurts."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from helpers import plots
from helpers.augment import apply_policy
from helpers.plots.augment import GAP
from helpers.plots.style import FLAG
from helpers.training.caching import decode


def ticks(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


def dots(ax, marker="o"):
    """x, y and whether it is filled, of every single dot."""
    lines = [line for line in ax.lines if line.get_marker() == marker and len(line.get_xdata())]
    return [
        (line.get_xdata()[0], line.get_ydata()[0], line.get_markerfacecolor() != "white")
        for line in lines
    ]


@pytest.fixture
def found():
    """Three policies: better for sure, worse for sure, and neither."""
    rows = {"turn": (0.1, 0.05, 0.15), "hue": (-0.2, -0.3, -0.1), "light": (0.01, -0.2, 0.22)}
    table = pd.DataFrame.from_dict(rows, "index", columns=["difference", "low", "high"])
    return table.assign(seeds=5, sure=[True, True, False])


def test_the_same_images_stand_in_every_row_as_the_policy_changes_them(
    photos, tmp_path, monkeypatch
):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path))
    ids = list(photos.images.index[:4])
    ax = plots.policies(photos, ids, ["none", "mirror", "hue"], size=16, seed=3)
    assert ticks(ax) == ["none", "mirror", "hue"]
    sheet, step = ax.images[0].get_array(), 16 + GAP
    assert sheet.shape == (3 * step, 4 * step, 3)
    images = decode(photos.with_images(photos.images.loc[ids]), 16, progress=False).take(ids)
    for row, name in enumerate(["none", "mirror", "hue"]):
        for column, expected in enumerate(apply_policy(name, images, 3)):
            shown = sheet[row * step : row * step + 16, column * step : column * step + 16]
            assert np.array_equal(shown, expected)
    assert "none; mirror; hue" in ax.alt_text
    above = [tick.get_text() for tick in ax.get_xticklabels()]
    assert above == photos.images["label"][ids].tolist()


def test_no_image_is_a_sentence(photos, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path))
    assert plots.policies(photos, []).get_title("left") == "No image to show"


def test_effects_lie_at_their_difference_the_best_first_and_only_sure_ones_are_filled(found):
    ax = plots.policy_effects(found)
    assert ticks(ax) == ["turn", "light", "hue"]
    assert sorted(dots(ax), key=lambda dot: dot[1]) == [
        (0.1, 0, True), (0.01, 1, False), (-0.2, 2, True)
    ]  # fmt: skip
    spans = {tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2}
    assert {(0.05, 0.15), (-0.3, -0.1), (-0.2, 0.22)} <= spans
    assert "1 of 3 policies surely improves accuracy; 1 surely makes it worse" in ax.get_title(
        "left"
    )
    assert "5 repeats (better →)" in ax.get_xlabel()
    assert "hue -0.200" in ax.alt_text


def test_of_a_loss_less_is_better_and_comes_first(found):
    ax = plots.policy_effects(found, "log loss")
    assert ticks(ax) == ["hue", "light", "turn"]
    assert "← better" in ax.get_xlabel()
    assert ax.get_title("left").startswith("1 of 3 policies surely improves log loss")


def test_a_guess_and_a_live_point_are_marked(found):
    ax = plots.policy_effects(found, guess="hue", live=("turn", 0.12))
    assert ticks(ax) == ["turn", "light", "your guess: hue"]
    assert dots(ax, "D") == [(0.12, 0, True)]
    assert ax.get_xlabel().endswith("Holm's correction")
    ax = plots.policy_effects(found, guess="no such", live=("no such", 1))
    assert ticks(ax) == ["turn", "light", "hue"]
    assert ax.get_xlabel().endswith("correction\nyour guess, no such, is not among them")


def flat(title):
    return " ".join(title.split())


def test_settings_share_the_rows_and_are_told_apart(found):
    other = found.loc[["hue", "turn"]].assign(difference=[-0.5, 0.3])
    ax = plots.policy_effects({"few": found, "all, fine-tuned": other.rename({"turn": "crop"})})
    assert ticks(ax) == ["turn", "light", "hue", "crop"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["few", "all,\nfine-tuned"]
    values = {round(y): x for x, y, _ in dots(ax) if abs(x) in (0.5, 0.3)}
    assert values == {2: -0.5, 3: 0.3}
    told = (
        "surely better: few 1 of 3, fine-tuned 1 of 2; surely worse: few 1 of 3, fine-tuned 1 of 2"
    )
    assert flat(ax.get_title("left")) == f"Accuracy, {told}"
    few = plots.policy_effects({"few": found, "all": other.assign(sure=False)}, "log loss")
    assert flat(few.get_title("left")) == (
        "Log loss, surely better: few 1 of 3, all 0 of 2; surely worse: few 1 of 3, all 0 of 2"
    )
    none = {name: found.assign(sure=False) for name in ("few", "all")}
    none = plots.policy_effects(none).get_title("left")
    assert flat(none) == "Accuracy, surely better: few 0 of 3, all 0 of 3"
    spots = [line for line in ax.lines if line.get_marker() == "o" and len(line.get_xdata())]
    assert len({to_hex(spot.get_markeredgecolor()) for spot in spots}) == 2


def test_nothing_compared_is_a_sentence(found):
    assert plots.policy_effects(found[:0]).get_title("left") == "No policy was compared"
    assert plots.recalls(found[:0]).get_title("left") == "No class was scored"


def test_classes_that_surely_lose_are_red_and_first(found):
    ax = plots.recalls(found.rename({"hue": "willow"}), "hue", guess="light")
    assert ticks(ax) == ["willow", "your guess: light", "turn"]
    other = plots.recalls(found, "hue", guess="elm")
    assert other.get_xlabel().endswith("correction\nyour guess, elm, is not among them")
    colours = {line.get_ydata()[0]: to_hex(line.get_color()) for line in ax.lines
               if line.get_marker() == "o"}  # fmt: skip
    assert [colours[y] == FLAG for y in range(3)] == [True, False, False]
    assert [filled for *_, filled in dots(ax)] == list(found.sort_values("difference")["sure"])
    assert ax.get_title("left") == "Hue surely costs recall in 1 of 3 classes"


def test_a_class_whose_loss_many_comparisons_explain_is_not_red(found):
    ax = plots.recalls(found.assign(sure=False), "hue")
    assert FLAG not in {to_hex(line.get_color()) for line in ax.lines}
    assert not any(filled for *_, filled in dots(ax))
    assert ax.get_title("left") == "Hue surely costs recall in 0 of 3 classes"


def test_at_most_twelve_classes_are_drawn_those_that_lose_most(found):
    many = pd.concat([found.loc[["light"]].assign(difference=-n / 100) for n in range(30)])
    many.index = [f"class {n}" for n in range(30)]
    ax = plots.recalls(many)
    assert ticks(ax) == [f"class {n}" for n in range(29, 17, -1)]
    assert "of 30 classes" in ax.get_title("left")


def test_bars_say_how_many_right_answers_stay_right():
    rows = [
        ("none", "a", "x", "x", "x"),
        ("none", "b", "x", "y", "x"),
        ("none", "c", "y", "y", "y"),
    ]
    rows += [("hue", "a", "x", "x", "y"), ("hue", "b", "x", "y", "y"), ("hue", "c", "y", "y", "y")]
    asked = pd.DataFrame(rows, columns=["policy", "image_id", "label", "before", "after"])
    ax = plots.kept(asked)
    assert ticks(ax) == ["none", "hue"]
    assert [bar.get_width() for bar in ax.patches] == [1.0, 0.5]
    assert "2 images" in ax.get_xlabel()
    wrong = asked.assign(before="z")
    assert plots.kept(wrong).get_title("left").startswith("The network has no image right")

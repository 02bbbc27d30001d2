"""Where the parts of the figures of results lie, and what their titles conclude."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from helpers import plots
from helpers.evaluation import Interval, accuracy_interval
from helpers.plots.style import ACCENT, FLAG, INK, INNOCENT, MUTED


def boxes(ax, parts):
    """The corners that parts of a figure take once it is drawn, in pixels."""
    ax.figure.canvas.draw()
    return [part.get_window_extent() for part in parts]


def table(values, name="value"):
    return pd.DataFrame({name: np.asarray(values, float)})


def test_a_value_on_the_threshold_is_not_flagged():
    assert "5 of 10 images lie below 5" in plots.measurement(
        table(range(10)), "value", 5
    ).get_title("left")
    above = plots.measurement(table(range(10)), "value", 5, flagged="above")
    assert "4 of 10 images lie above 5" in above.get_title("left")


def test_bars_are_sixty_or_so_of_one_width_and_one_begins_at_the_threshold():
    ax = plots.measurement(table(np.linspace(0, 10, 200)), "value", 3.217)
    bars = ax.patches
    edges = [bar.get_x() for bar in bars]
    assert np.abs(np.array(edges) - 3.217).min() < 1e-9
    assert len(bars) in (60, 61, 62)
    np.testing.assert_allclose(np.diff(edges), 10 / 60)
    np.testing.assert_allclose([bar.get_width() for bar in bars], 10 / 60, rtol=0.2)
    assert all(bar.get_width() < 10 / 60 for bar in bars)
    assert edges[0] <= 0 < edges[1] and edges[-2] < 10 <= edges[-1] + 10 / 60
    assert ax.get_xlim() == pytest.approx((edges[0], edges[-1] + 10 / 60))
    assert 0.7 < max(bar.get_height() for bar in bars) / ax.get_ylim()[1] < 0.9


@pytest.mark.parametrize(
    ("values", "limit", "scale"),
    [
        (np.geomspace(1, 1000, 99), 10, "log"),
        ([0, *np.geomspace(1, 1000, 99)], 10, "linear"),  # no logarithm of 0
        (np.geomspace(1, 1000, 99), 0, "linear"),
        ([1] * 90 + [6] * 10, 2, "log"),
        ([1] * 90 + [5] * 10, 2, "linear"),  # no more than five times the median
        ([1] * 300 + [9], 2, "linear"),  # but for fewer than one in two hundred
        (np.geomspace(0.01, 10, 99), 0.5, "log"),
    ],
)
def test_the_scale_is_logarithmic_where_all_is_positive_and_the_tail_is_long(values, limit, scale):
    ax = plots.measurement(table(values), "value", limit)
    assert ax.get_xscale() == scale
    assert sum(bar.get_height() for bar in ax.patches) == len(values)


@pytest.mark.parametrize(("count", "whole"), [(1000, True), (1001, False)])
def test_of_more_than_a_thousand_images_the_most_extreme_share_the_last_bars(count, whole):
    values = np.r_[-900.0, np.linspace(10, 11, count - 2), 900.0]
    ax = plots.measurement(table(values), "value", 10.5)
    low, high = ax.get_xlim()
    assert (low <= -900 and high >= 900) == whole == (high - low > 10)
    assert sum(bar.get_height() for bar in ax.patches) == count
    if not whole:  # the lowest thousandth and the highest two hundredth
        assert ax.patches[0].get_height() >= 2 and ax.patches[-1].get_height() >= 5


def test_images_that_are_all_alike_make_one_bar():
    ax = plots.measurement(table([3.0] * 7), "value", 3.0)
    assert [bar.get_height() for bar in ax.patches if bar.get_height()] == [7]
    assert ax.get_xlim()[0] <= 3 < ax.get_xlim()[1]


def test_a_column_without_values_is_told():
    ax = plots.measurement(table([np.nan]), "value", 1.0)
    assert ax.get_title("left") == "No image has a value of value"
    assert plots.measurement(table([np.nan]), "value", 1.0, title="Dark?").get_title("left") == (
        "Dark?"
    )


def test_thresholds_are_named_beside_their_lines_on_the_side_with_room_and_below_each_other():
    limits = {"first": 2.0, "second": 7.0, "third": 2.5}
    ax = plots.measurement(table(range(10)), "value", limits)
    assert [(line.get_xdata()[0], line.get_ls()) for line in ax.lines] == [
        (2.0, "-"), (7.0, ":"), (2.5, ":")
    ]  # fmt: skip
    assert all(list(line.get_ydata()) == [0, ax.get_ylim()[1]] for line in ax.lines)
    first, second, third = boxes(ax, ax.texts)
    at = [ax.transData.transform((limit, 0))[0] for limit in limits.values()]
    assert at[0] < first.x0 < at[0] + 15 and at[1] - 15 < second.x1 < at[1]
    assert first.y0 >= second.y1 - 2 and second.y0 >= third.y1 - 2
    frame = ax.get_window_extent()
    assert all(box.y1 <= frame.y1 + 1 for box in (first, second, third))


def test_seven_examples_stand_in_a_row_above_the_bars_and_below_the_title(photos):
    values = pd.DataFrame({"value": np.arange(30.0)}, index=photos.images.index)
    ax = plots.measurement(values, "value", 12.0, dataset=photos)
    framed = boxes(ax, ax.child_axes)
    frame, title = ax.get_window_extent(), ax._left_title.get_window_extent()
    assert all(box.x1 < after.x0 for box, after in zip(framed, framed[1:], strict=False))
    assert all(frame.y1 < box.y0 and box.y1 < title.y0 for box in framed)
    assert title.y0 < max(box.y1 for box in framed) + 40
    assert framed[0].x0 >= frame.x0 and framed[-1].x1 <= frame.x1
    labels = [float(inset.get_xlabel()) for inset in ax.child_axes]
    assert labels == [round(29 * k / 8) for k in range(1, 8)]
    assert all(not inset.get_xticks().size and not inset.get_yticks().size
               for inset in ax.child_axes)  # fmt: skip
    alone = plots.measurement(values, "value", 12.0)
    assert alone.figure.get_figheight() < ax.figure.get_figheight() < 5


def test_as_many_examples_are_shown_as_there_are_images(photos):
    values = pd.DataFrame({"value": [1.0, 2.0, 3.0]}, index=photos.images.index[:3])
    ax = plots.measurement(values, "value", 1.5, dataset=photos)
    assert sorted(inset.get_xlabel() for inset in ax.child_axes) == ["1.00", "2.00", "3.00"]


SCORES = ["kind", "strength", "planted", "found", "flagged", "false"]
ROWS = [
    ("dark", "obvious", 10, 9, 12, 3),
    ("dark", "undetectable", 4, 1, 12, 3),
    ("dark", "innocent", 8, 2, 12, 3),
    ("near_duplicate", "all detectable", 6, 6, 0, 0),
    ("near_duplicate", "subtle", 0, 0, 0, 0),
]


def test_each_kind_has_a_heading_its_precision_and_a_line_for_each_strength_that_was_planted():
    ax = plots.detectors(pd.DataFrame(ROWS, columns=SCORES))
    said = {
        text.get_text(): (text.get_position()[1], to_hex(text.get_color())) for text in ax.texts
    }
    assert list(said) == [
        "dark", "precision 75% of 12", "obvious", "recall 90% of 10", "beyond reach",
        "recall 25% of 4", "innocent", "flagged 25% of 8", "near duplicate", "within reach",
        "recall 100% of 6",
    ]  # fmt: skip
    heights = [said[name][0] for name in ("dark", "obvious", "beyond reach", "innocent")]
    assert heights == [0, 1, 2, 3]
    assert said["precision 75% of 12"][0] == 0 and said["flagged 25% of 8"][0] == 3
    assert 4 < said["near duplicate"][0] < 5
    assert said["within reach"][0] == said["near duplicate"][0] + 1
    assert (said["flagged 25% of 8"][1], said["recall 25% of 4"][1]) == (MUTED, ACCENT)
    dots = [line for line in ax.lines if line.get_marker() in "oD"]
    assert [(d.get_marker(), d.get_xdata()[0], d.get_ydata()[0]) for d in dots] == [
        ("D", 0.75, 0), ("o", 0.9, 1), ("o", 0.25, 2), ("o", 0.25, 3),
        ("o", 1.0, said["within reach"][0]),
    ]  # fmt: skip
    assert [d.get_markerfacecolor() for d in dots] == [INNOCENT, ACCENT, ACCENT, "white", ACCENT]
    whiskers = [line for line in ax.lines if line.get_marker() == "None"]
    assert [line.get_ls() for line in whiskers] == ["-", "-", "-", ":", "-"]
    expected = [accuracy_interval([1] * right + [0] * wrong)[1:]
                for right, wrong in ((9, 3), (9, 1), (1, 3), (2, 6), (6, 0))]  # fmt: skip
    assert [tuple(line.get_xdata()) for line in whiskers] == expected
    low, high = sorted(ax.get_ylim())
    assert low < 0 and said["within reach"][0] < high < said["within reach"][0] + 1.4
    assert ax.get_ylim()[0] > ax.get_ylim()[1] and ax.get_xlim() == (0, 1)
    assert ax.get_xticks().tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_names_and_numbers_of_detectors_stand_outside_the_bars_and_do_not_overlap():
    ax = plots.detectors(pd.DataFrame(ROWS, columns=SCORES))
    frame = ax.get_window_extent()
    found = boxes(ax, ax.texts)
    assert all(box.x1 < frame.x0 or box.x0 > frame.x1 for box in found)
    assert all(frame.x0 - box.x1 < 30 and box.x0 - frame.x1 < 40 for box in found)
    for side in ([b for b in found if b.x1 < frame.x0], [b for b in found if b.x0 > frame.x1]):
        side = sorted(side, key=lambda box: -box.y0)
        assert all(over.y0 > under.y1 - 4 for over, under in zip(side, side[1:], strict=False))


def test_a_kind_that_flagged_nothing_has_no_precision_and_a_single_line_is_high_enough():
    ax = plots.detectors(pd.DataFrame(ROWS[3:4], columns=SCORES))
    assert not any("precision" in text.get_text() for text in ax.texts)
    assert 1 <= ax.figure.get_figheight() < 2
    high = plots.detectors(pd.DataFrame(ROWS * 6, columns=SCORES))
    assert high.figure.get_figheight() > 8


def swept(**columns):
    distance = np.arange(0, 10, 2)
    base = {"recall": distance / 10, "precision": 1 - distance / 16, "bursts": distance / 20}
    return pd.DataFrame({"distance": distance, "pairs": distance * 10, **base, **columns})


def test_lines_of_a_sweep_are_named_at_their_ends_and_another_is_dotted():
    before = swept(recall=np.arange(5) / 20)
    ax = plots.sweep(swept(), beside=before, guess=5)
    assert [line.get_ls() for line in ax.lines] == ["-", "-", "-", ":", "--"]
    assert ax.lines[3].get_ydata().tolist() == before["recall"].tolist()
    assert ax.lines[4].get_xdata()[0] == 5
    said = {text.get_text(): text.xy for text in ax.texts}
    assert said == {
        "recall": (8, 0.8), "precision": (8, 0.5), "innocent bursts": (8, 0.4),
        "recall before": (8, 0.2), "your guess": (5, 0.02),
    }  # fmt: skip
    named = zip(ax.texts[:4], boxes(ax, ax.texts[:4]), strict=True)
    assert all(box.x0 > ax.transData.transform(text.xy)[0] for text, box in named)
    assert ax.get_ylim() == (0, 1.03) and ax.get_ylabel() == "share"
    assert ax.alt_text == (
        "Where do we stop finding copies and start finding lookalikes? Lines over the distance; at "
        "8 bits: recall 0.8, precision 0.5, bursts 0.4."
    )


def test_a_sweep_without_truth_counts_pairs_and_says_what_was_left_out():
    unknown = dict.fromkeys(("recall", "precision", "bursts"), np.nan)
    table = swept(**unknown)
    table.attrs["note"] = "3 of 9 pictures are too small"
    ax = plots.sweep(table, beside=swept(pairs=7, **unknown))
    assert [text.get_text() for text in ax.texts] == ["pairs", "pairs before"]
    assert ax.get_title("left") == "No truth is known for this dataset"
    assert ax.alt_text.endswith("at 8 bits: pairs 80. 3 of 9 pictures are too small")
    assert ax.get_ylim()[0] == 0 and ax.get_ylim()[1] > 80
    table["pairs"] = 0
    assert plots.sweep(table).get_title("left") == "No pairs: 3 of 9 pictures are too small"
    table.attrs.clear()
    assert plots.sweep(table).lines[0].get_ydata().tolist() == [0] * 5


def test_agreement_is_told_at_the_rate_nearest_to_the_one_asked_for():
    rows = {"rate": [0, 0.1, 0.4], "agreement": [1, 0.8, 0.4], "kappa": [1, 0.7, -0.2]}
    ax = plots.agreement(pd.DataFrame(rows), rate=0.3)
    assert ax.get_title("left") == "Two who each err on 40% of the images agree on 40%"
    assert ax.get_ylim() == (-0.2, 1.03)
    assert [(text.get_text(), text.xy) for text in ax.texts] == [
        ("agreement", (0.4, 0.4)), ("Cohen's kappa", (0.4, -0.2))
    ]  # fmt: skip
    assert "at 0.1 agreement 0.80, kappa 0.70; at 0.4 agreement 0.40, kappa -0.20." in ax.alt_text
    ax = plots.agreement(pd.DataFrame(rows).head(2))
    assert ax.get_title("left").startswith("Two who each err on 10%")
    assert (ax.get_ylim(), len(ax.lines)) == ((0, 1.03), 2)


def board(*lines, **more):
    columns = ["notebook", "model", "accuracy", "low", "high", "images"]
    return pd.DataFrame(list(lines), columns=columns).assign(**more)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (0.4, "Too close to call: net; old"),  # on the end of the interval
        (0.39, "Best so far: net, 50% right"),
        (0.49, "Too close to call: net; old"),
    ],
)
def test_the_best_is_named_where_the_second_lies_outside_its_interval(second, said):
    lines = board(("00", "old", second, 0.3, 0.5, 99), ("01", "net", 0.5, 0.4, 0.6, 99))
    assert plots.scores(lines).get_title("left") == said
    assert plots.scores(lines.tail(1)).get_title("left") == "net: 50% right"
    other = board(("00", "old", 0.3, 0.2, 0.5, 98), ("01", "net", 0.5, 0.4, 0.6, 99))
    assert plots.scores(other).get_title("left") == (
        "Not all scored on the same images: no ranking"
    )


def test_of_two_models_of_one_name_the_notebook_is_told():
    lines = board(
        ("00", "net", 0.9, 0.85, 0.95, 99),
        ("07", "head", 0.88, 0.8, 0.95, 99),
        ("07", "net", 0.7, 0.6, 0.8, 99),
    )
    assert plots.scores(lines).get_title("left") == "Too close to call: 00 net; head"
    assert plots.scores(lines[::2]).get_title("left") == "Best so far: 00 net, 90% right"


def test_only_lines_of_the_images_and_labels_of_the_last_one_are_ranked_and_the_others_are_grey():
    lines = board(
        ("00", "raw", 0.9, 0.8, 0.95, 99),
        ("05", "scratch", 0.3, 0.2, 0.4, 90),
        ("06", "relabelled", 0.8, 0.7, 0.9, 90),
        ("07", "tuned", 0.6, 0.5, 0.7, 90),
        measured_on=["a", "b", "b", "b"],
        labels=["1", "2", "3", "2"],
    )

    def colours(table):
        dots = [line for line in plots.scores(table).lines if line.get_marker() == "o"]
        return [dot.get_markerfacecolor() for dot in dots]

    said = "Of 2 on the same images, in blue, best so far: tuned, 60% right"
    assert plots.scores(lines).get_title("left") == said
    assert colours(lines) == [MUTED, ACCENT, MUTED, ACCENT]
    none = "Not all scored on the same images: no ranking"
    # The last line stands alone, or nobody knows what it was measured on.
    unknown = lines.assign(measured_on=["a", "a", "", ""], labels="2")
    for table, alone in ((lines.head(3), [MUTED, MUTED, ACCENT]), (unknown, [MUTED] * 4)):
        assert plots.scores(table).get_title("left") == none
        assert colours(table) == alone
    plt.close("all")


def test_scores_stand_below_each_other_within_the_figure_and_their_numbers_beside_them():
    lines = board(("00", "old", 0.3, 0.2, 0.4, 99), ("01", "net", 0.5, 0.4, 0.6, 99))
    ax = plots.scores(lines, flattering={"own": Interval(0.98, 0.96, 1.0)}, guess=0.7)
    assert [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "o"] == [0, 1, 2]
    assert [line.get_ls() for line in ax.lines if line.get_marker() == "None"] == ["-", "-", ":"]
    low, high = sorted(ax.get_ylim())
    assert -1 < low < 0 and 2 < high < 3 and ax.get_ylim()[0] == high
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "00  old", "01  net", "own (flattering)"
    ]  # fmt: skip
    assert ax.get_xticks().tolist() == [0, 0.2, 0.4, 0.6, 0.8, 1]
    numbers = [text for text in ax.texts if "guess" not in text.get_text()]
    assert [text.xy for text in numbers] == [(0.4, 0), (0.6, 1), (1.0, 2)]
    frame = ax.get_window_extent()
    for text, box in zip(numbers, boxes(ax, numbers), strict=True):
        end = ax.transData.transform((text.xy[0], 0))[0]
        assert end < box.x0 < end + 20
        assert box.x1 < ax.figure.bbox.x1 + 60 and box.x0 < frame.x1
    assert ax.get_xlabel() == "accuracy with 95 % interval"
    [guess] = [line for line in ax.lines if line.get_marker() == "X"]
    assert (guess.get_xdata()[0], guess.get_ydata()[0], to_hex(guess.get_color())) == (0.7, 1, INK)
    assert ax.alt_text.endswith(
        "00  old 0.30 (0.20 to 0.40); 01  net 0.50 (0.40 to 0.60); own (flattering) 0.98 (0.96 to "
        "1.00)."
    )
    assert plots.scores(lines.head(1)).figure.get_figheight() < ax.figure.get_figheight() < 3


def test_flattering_scores_alone_are_drawn_and_a_given_title_is_kept():
    ax = plots.scores(board(), flattering={"own": Interval(0.9, 0.8, 1.0)}, title="Believe it?")
    assert ax.get_title("left") == "Believe it?"
    assert len([line for line in ax.lines if line.get_marker() == "o"]) == 1
    assert plots.scores(board(), title="Nothing?").get_title("left") == "Nothing?"
    plt.close("all")


def test_red_bars_are_those_below_a_threshold_on_a_log_scale_too():
    ax = plots.measurement(table(np.geomspace(1, 1e4, 200)), "value", 50.0, flagged="above")
    red = [bar for bar in ax.patches if to_hex(bar.get_facecolor()) == FLAG]
    assert min(bar.get_x() for bar in red) == pytest.approx(50)
    blue = [bar for bar in ax.patches if to_hex(bar.get_facecolor()) == ACCENT]
    assert max(bar.get_x() + bar.get_width() for bar in blue) < 50.01
    assert len(red) + len(blue) == len(ax.patches)
    ticks = [label.get_text() for label in ax.get_xticklabels()]
    assert {"10", "20", "50"} <= set(ticks)

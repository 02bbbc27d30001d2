"""What a label is worth: where points and intervals lie; which backbones can be compared."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from PIL import Image
from scipy import stats

from helpers import plots
from helpers.course.studies import read_study
from helpers.evaluation import compare_scores
from helpers.plots.style import ACCENT, MUTED
from helpers.plots.transfer import ROWS, summarise

COUNTS = ["10", "25", "all"]


@pytest.fixture
def curve():
    """Two networks, three counts, three seeds; accuracies 0.1 apart, seeds 0.02."""
    rows = [
        (*model, count, seed, 0.3 + shift + 0.1 * i + 0.02 * seed)
        for shift, model in enumerate([("random", "from scratch"), ("bundled", "frozen")])
        for i, count in enumerate(COUNTS)
        for seed in range(3)
    ]
    columns = ["backbone", "training", "per_class", "seed", "accuracy"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(accuracy=table["accuracy"] / 2)


def test_a_point_is_the_mean_over_seeds_with_students_interval(curve):
    point = summarise(curve).loc[("bundled", "frozen", "25")]
    values = curve.query("backbone == 'bundled' and per_class == '25'")["accuracy"]
    low, high = stats.t.interval(0.95, 2, values.mean(), stats.sem(values))
    assert point["mean"] == pytest.approx(values.mean())
    assert (point["mean"] - point["half"], point["mean"] + point["half"]) == pytest.approx(
        (low, high)
    )
    assert point["seeds"] == 3


def test_one_seed_has_a_mean_and_no_interval(curve):
    points = summarise(curve[curve["seed"] == 0])
    assert points["half"].isna().all()
    assert points["mean"].notna().all()


def test_each_network_is_a_line_in_the_order_of_labels_and_named_at_its_end(curve):
    ax = plots.label_curve(curve.sample(frac=1, random_state=0))
    lines = [line for line in ax.lines if line.get_marker() == "o"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == COUNTS
    for line in lines:
        assert [round(x) for x in line.get_xdata()] == [0, 1, 2]
        assert np.allclose(np.diff(line.get_ydata()), 0.05)
    named = {text.get_text(): text.get_color() for text in ax.texts}
    assert set(named) == {"from scratch", "bundled, frozen"}
    assert set(named.values()) == {line.get_color() for line in lines}
    assert lines[0].get_xdata()[0] != lines[1].get_xdata()[0]  # bars beside each other


def test_the_axis_says_how_many_images_all_are(curve):
    many = curve.assign(images=curve["per_class"].map({"10": 100, "25": 250, "all": 1690}))
    assert plots.label_curve(many).get_xlabel().endswith("(all: 1,690 in total)")


def test_names_of_lines_that_end_together_do_not_overlap(curve):
    close = curve.assign(accuracy=curve["accuracy"] - 0.499 * (curve["backbone"] == "bundled"))
    ax = plots.label_curve(close)
    first, second = (text.xyann[1] for text in ax.texts)
    assert abs(second - first) > 0.04 * np.ptp(ax.get_ylim())


def test_the_chosen_point_is_ringed_and_our_own_is_marked(curve):
    ax = plots.label_curve(curve, ("bundled", "frozen", "25"), live=("all", 0.77))
    ring = next(line for line in ax.lines if line.get_markersize() == 14)
    value = summarise(curve).loc[("bundled", "frozen", "25"), "mean"]
    assert (round(ring.get_xdata()[0]), ring.get_ydata()[0]) == (1, pytest.approx(value))
    dots = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "o"]
    assert any(ring.get_xydata()[0].tolist() in line for line in dots if len(line) == 3)
    diamond = next(line for line in ax.lines if line.get_marker() == "D")
    assert (diamond.get_xdata()[0], diamond.get_ydata()[0]) == (2, 0.77)
    faded = {line.get_alpha() for line in ax.lines if line.get_marker() == "o"}
    assert 0.25 in faded


def test_backbones_lie_at_their_latency_and_accuracy_and_absent_ones_are_named():
    columns = ["accuracy", "low", "high", "milliseconds", "megabytes"]
    rows = [(0.6, 0.5, 0.7, 2.0, 11.0), (0.8, 0.7, 0.9, 9.0, 44.0), (np.nan,) * 5]
    names = pd.Index(["bundled", "resnet18", "mobilenet_v2"], name="backbone")
    ax = plots.backbones(pd.DataFrame(rows, names, columns))
    spots = [tuple(c.get_offsets()[0]) for c in ax.collections if hasattr(c, "get_sizes")]
    assert (2.0, 0.6) in spots
    assert (9.0, 0.8) in spots
    assert "no weights on this computer: mobilenet_v2" in ax.get_xlabel()
    assert "resnet18 0.80" in ax.alt_text


def test_each_question_has_a_dot_per_kind_of_features_and_a_mark_for_the_commonest_answer():
    columns = ["question", "features", "accuracy", "low", "high", "commonest"]
    rows = [("label", "learned", 0.7, 0.6, 0.8, 0.2), ("label", "random", 0.3, 0.2, 0.4, 0.2)]
    rows += [("device", "learned", 0.5, 0.4, 0.6, 0.4), ("device", "random", 0.5, 0.4, 0.6, 0.4)]
    ax = plots.questions(pd.DataFrame(rows, columns=columns))
    dots = {line.get_label(): list(line.get_xdata()) for line in ax.lines}
    assert dots["learned"] == [0.7, 0.5]
    assert dots["random"] == [0.3, 0.5]
    assert dots["commonest answer"] == [0.2, 0.4]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["label", "device"]
    assert "device 0.50" in ax.alt_text


def test_the_pretraining_sheet_is_shown_whole_and_described():
    sheet = Image.fromarray(np.arange(8 * 32 * 3, dtype=np.uint8).reshape(8, 32, 3))
    ax = plots.pretraining(sheet)
    assert [name.get_text() for name in ax.get_yticklabels()] == ROWS[:4]
    assert ax.get_yticks().tolist() == [1, 3, 5, 7]
    assert (ax.images[0].get_array() == np.asarray(sheet)).all()
    assert "trained on" in ax.get_title("left")
    assert "fractals" in ax.alt_text


def paired(rows):
    table = pd.DataFrame(rows, columns=["difference", "low", "high", "seeds"], index=["10", "all"])
    return table.rename_axis("per_class")


def test_differences_are_drawn_about_zero_and_the_title_says_which_are_sure():
    ahead = paired([(0.01, -0.02, 0.04, 5), (0.05, 0.03, 0.07, 5)])
    level = paired([(0.0, -0.01, 0.01, 5), (0.01, -0.01, 0.03, 5)])
    ax = plots.differences({"one rate": ahead, "a lower one": level}, "the slice")
    assert ax.get_title("left").replace("\n", " ") == (
        "The slice: ahead of one rate with all images per class; level with a lower one, as far as "
        "seeds can tell"
    )
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == [0.01, 0.05, 0.0, 0.01]
    assert [dot.get_markerfacecolor() != "white" for dot in dots] == [False, True, False, False]
    assert [tick.get_text() for tick in ax.get_yticklabels()][0] == "one rate, 10 per class"


def test_others_that_a_model_is_level_with_are_told_together():
    level, behind = paired([(0.0, -0.1, 0.1, 5)] * 2), paired([(-0.05, -0.08, -0.02, 5)] * 2)
    ax = plots.differences({"one rate": level, "frozen": behind, "another": level}, "the slice")
    assert ax.get_title("left").replace("\n", " ") == (
        "The slice: behind frozen with 10, all images per class; level with one rate and with "
        "another, as far as seeds can tell"
    )


def test_the_bundled_backbone_and_random_weights_keep_their_colours_from_figure_to_figure():
    numbers = {"accuracy": 0.6, "low": 0.5, "high": 0.7, "milliseconds": 2.0, "megabytes": 11.0}
    names = ["mobilenet_v2", "bundled", "random weights", "resnet18"]
    ax = plots.backbones(pd.DataFrame([numbers] * 4, pd.Index(names, name="backbone")))
    spots = [c for c in ax.collections if hasattr(c, "get_sizes")]
    colours = dict(zip(names, [to_hex(spot.get_facecolor()[0]) for spot in spots], strict=True))
    assert (colours["bundled"], colours["random weights"]) == (ACCENT, MUTED)
    assert len({*colours.values()}) == 4
    rows = [{"question": "class", "features": name} for name in ("pretrained", "random weights")]
    table = pd.DataFrame(rows).assign(accuracy=0.5, low=0.4, high=0.6, commonest=0.2)
    lines = {line.get_label(): line.get_color() for line in plots.questions(table).lines}
    assert (lines["pretrained"], lines["random weights"]) == (ACCENT, MUTED)


def test_a_model_that_is_behind_is_said_to_be_and_one_seed_has_no_interval():
    behind = paired([(-0.05, -0.08, -0.02, 5), (0.02, np.nan, np.nan, 1)])
    ax = plots.differences({"frozen": behind}, "fine-tuned")
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_markerfacecolor() != "white" for dot in dots] == [True, False]
    title = ax.get_title("left")
    assert title == "Fine-tuned: behind frozen with 10 images per class"


def test_two_heads_are_compared_on_the_same_images_and_the_guess_is_marked():
    ids = [f"{number}.png" for number in range(40)]
    low, high = (pd.Series([True] * n + [False] * (40 - n), ids) for n in (10, 30))
    groups = pd.Series(range(40), ids)
    ax = plots.compare_answers({"random": low, "pretrained": high}, groups, {"random": 0.6})
    assert ax.get_title("left") == (
        f"Pretrained over random, on the same images: {compare_scores(high, low, groups)!r}"
    )
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert dots == [0.25, 0.75]
    assert [t.get_text() for t in ax.texts if "guess" in t.get_text()] == ["your guess 0.6"]
    assert not [t for t in ax.texts if "commonest" in t.get_text()]


def test_what_the_commonest_class_earns_is_an_upright_line_beside_the_heads():
    right = {"random": pd.Series([True, False]), "pretrained": pd.Series([True, True])}
    ax = plots.compare_answers(right, pd.Series(range(2)), commonest=0.2)
    assert [0.2, 0.2] in [list(line.get_xdata()) for line in ax.lines]
    assert "commonest class" in [text.get_text() for text in ax.texts]
    assert "commonest class 0.20" in ax.alt_text


def elsewhere(images=1000, **accuracies):
    rows = [
        (name, 96, backbone, images, value)
        for name, values in accuracies.items()
        for backbone, value in zip(("random", "bundled", "resnet18"), values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["set", "size", "backbone", "images", "accuracy"])


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ((0.1, 0.5, 0.9), "ImageNet's resnet18 leads on all of these; behind it the order holds"),
        ((0.6, 0.5, 0.9), "behind it the order changes"),
        ((0.1, 0.9, 0.8), "Which backbone leads depends on the images"),
    ],
)
def test_the_title_says_whether_one_backbone_leads_everywhere(second, words):
    ax = plots.backbones_elsewhere(elsewhere(leaves=(0.2, 0.6, 0.8), shirts=second))
    assert words in ax.get_title("left")
    assert [panel.get_title("left") for panel in ax.child_axes] == ["leaves", "shirts"]
    dots = [line for line in ax.child_axes[1].lines if line.get_marker() == "o"]
    assert sorted(dot.get_xdata()[0] for dot in dots) == sorted(second)


@pytest.mark.parametrize(
    ("small", "large", "words"),
    [
        # In the mean over sizes resnet18 leads on both sets.
        ((0.1, 0.9, 0.8), (0.1, 0.5, 0.95), "depends on the images and the size of the pictures"),
        ((0.1, 0.5, 0.95), (0.1, 0.5, 0.95), "ImageNet's resnet18 leads on all of these"),
    ],
)
def test_a_lead_that_a_size_turns_round_is_not_called_a_lead_on_all(small, large, words):
    sizes = [elsewhere(leaves=(0.2, 0.6, 0.8), shirts=values) for values in (small, large)]
    ax = plots.backbones_elsewhere(pd.concat([sizes[0], sizes[1].assign(size=128)]))
    assert words in ax.get_title("left")


def test_where_only_the_size_decides_the_title_names_the_size_alone():
    sizes = [elsewhere(leaves=values, shirts=values) for values in ((0, 0.9, 0.8), (0, 0.7, 0.8))]
    ax = plots.backbones_elsewhere(pd.concat([sizes[0], sizes[1].assign(size=128)]))
    assert ax.get_title("left") == "Which backbone leads depends on the size of the pictures"


@pytest.mark.parametrize(
    ("images", "words"),
    [
        # The spread of a difference of 0.8 and 0.84 among 300 is 0.0313, its bound 0.061.
        (300, "bundled is nowhere behind by more than luck"),
        # Among 800 it is 0.0192, its bound 0.0376.
        (800, "Which backbone leads depends on the images"),
    ],
)
def test_a_lead_that_luck_could_make_turns_no_order_round(images, words):
    table = elsewhere(images, leaves=(0.2, 0.9, 0.6), shirts=(0.2, 0.8, 0.84))
    assert plots.backbones_elsewhere(table).get_title("left") == words


@pytest.mark.parametrize(
    ("images", "words"),
    [
        # 0.50 and 0.54: among 1,000 the bound is 0.0437, among 1,400 it is 0.0370.
        (1000, "ImageNet's resnet18 leads on all of these"),
        (1400, "ImageNet's resnet18 leads on all of these; behind it the order changes"),
    ],
)
def test_the_order_behind_a_leader_changes_only_where_luck_cannot_do_it(images, words):
    table = elsewhere(images, leaves=(0.2, 0.6, 0.9), shirts=(0.54, 0.5, 0.9))
    assert plots.backbones_elsewhere(table).get_title("left") == words


def test_no_backbone_of_the_course_is_called_ahead_by_one_picture():
    table = read_study("backbone/probes")
    title = plots.backbones_elsewhere(table).get_title("left")
    assert title == "ImageNet's squeezenet1_0 is nowhere behind by more than luck"


@pytest.mark.parametrize(
    ("found", "low", "high"),
    # By Student's t the half interval of two that lie 0.1 apart is 12.706 * 0.05 = 0.6353.
    [((0.9, 1.0), 0.95 - 0.6353, 1), ((0.0, 0.1), 0, 0.05 + 0.6353)],
)
def test_no_interval_of_the_curve_goes_beyond_what_an_accuracy_can_be(found, low, high):
    rows = [("bundled", "frozen", "10", seed, value) for seed, value in enumerate(found)]
    names = ["backbone", "training", "per_class", "seed", "accuracy"]
    ax = plots.label_curve(pd.DataFrame(rows, columns=names))
    (bar,) = (bars.get_segments()[0] for bars in ax.collections)
    assert sorted(bar[:, 1]) == pytest.approx([low, high], abs=1e-3)


def test_a_network_of_another_origin_is_named_with_it(curve):
    ax = plots.label_curve(curve.replace({"backbone": {"bundled": "resnet18"}}))
    assert "ImageNet's resnet18, frozen" in {text.get_text() for text in ax.texts}


def test_more_networks_than_colours_are_drawn_and_named(curve):
    one = curve[(curve["backbone"] == "bundled") & (curve["training"] == "frozen")]
    ax = plots.label_curve(pd.concat([one.assign(backbone=f"net{n}") for n in range(25)]))
    names = [text.get_text() for text in ax.texts]
    assert sum("net" in name for name in names) == len(set(names)) == 25


def test_a_guess_is_drawn_at_its_count_and_without_one_nothing_is(curve):
    ax = plots.label_curve(curve, guess=("25", 0.4))
    assert ax.lines[-1].get_xydata().tolist() == [[1, 0.4]]
    assert "your guess 0.4" in {text.get_text() for text in ax.texts}
    without = plots.label_curve(curve, guess=("25", None))
    assert not any("guess" in text.get_text() for text in without.texts)


def test_a_dot_at_the_edge_of_the_scale_is_drawn_whole():
    row = {"question": "class", "features": "ours", "accuracy": 1.0, "low": 0.8, "high": 1.0}
    ax = plots.questions(pd.DataFrame([row | {"commonest": 0.5}]))
    assert [line.get_clip_on() for line in ax.lines if line.get_marker() == "o"] == [False]


def test_without_a_question_one_line_says_so():
    columns = ["question", "features", "accuracy", "low", "high", "commonest"]
    assert "No column" in plots.questions(pd.DataFrame(columns=columns)).get_title("left")

import numpy as np
import pytest

from helpers.copies.differences import MODELS
from helpers.copies.verdicts import describe, is_settled, judge

SQUARE = np.full((2, 1, 2), 500.0)


def described(linear, gain=1.0, drift=0.0, sizes=SQUARE):
    whole = np.zeros((1, 2, 3))
    whole[0, :, :2] = linear
    fit = {"map": whole, "gain": np.array([gain]), "drift": np.array([drift])}
    return describe(fit | {"likeness": np.array([0.97])}, sizes)[0]


def turned(degrees, scale=1.0):
    cos, sin = np.cos(np.deg2rad(degrees)) * scale, np.sin(np.deg2rad(degrees)) * scale
    return [[cos, -sin], [sin, cos]]


@pytest.mark.parametrize(
    ("linear", "gain", "words"),
    [
        (np.eye(2), 1.0, ""),
        (np.diag([-1, 1]), 1.0, "mirror"),
        (turned(0.5), 1.0, "rotate"),
        (turned(0.3), 1.0, ""),
        (turned(-2, 0.9), 1.0, "rotate"),
        (np.eye(2) * 0.985, 1.0, "crop"),
        (np.eye(2) * 0.993, 1.0, ""),
        (np.eye(2) * 1.1, 1.0, "crop"),
        (np.eye(2), 1.05, "brighten"),
        (np.eye(2), 0.95, "brighten"),
        (np.eye(2), 1.03, ""),
        (np.diag([-0.95, 0.95]), 0.8, "mirror and crop and brighten"),
    ],
)
def test_what_was_changed_is_said_in_words(linear, gain, words):
    # A crop that keeps the size of the file has resized what it kept.
    found = described(linear, gain)["transform"].replace(" and resize", "").replace("resize", "")
    assert found == words


def test_a_smaller_file_was_resized_and_a_turned_one_is_measured_in_pixels():
    half = np.stack([np.full((1, 2), 500.0), np.full((1, 2), 250.0)])
    assert described(np.eye(2), sizes=half)["transform"] == "resize"
    assert described(np.eye(2), sizes=SQUARE * [1.0, 0.5])["transform"] == ""
    cut = np.stack([np.full((1, 2), 500.0), np.full((1, 2), 500.0 / 0.9)])
    assert described(np.eye(2) * 0.9, sizes=cut)["transform"] == "crop"
    wide = np.full((2, 1, 2), 0.0) + [400.0, 200.0]
    in_shares = np.array(turned(3)) * [[1, 0.5], [2, 1]]
    assert described(in_shares, sizes=wide) == pytest.approx(
        {"similarity": 0.97, "movement": 0.0, "transform": "rotate"}, abs=1e-9
    )


def test_what_keeps_no_shapes_has_moved():
    assert described(np.eye(2), drift=0.1)["movement"] == pytest.approx(0.1)
    stretched = described(np.array([[1.02, 0.01], [0, 1]]))["movement"]
    # It displaces places by 0.29 of the skew on either side of 96 pixels.
    assert stretched == pytest.approx(0.01 * 0.29 * 48)
    both = described(np.array([[1.02, 0.01], [0, 1]]), drift=0.1)["movement"]
    assert both == pytest.approx(np.hypot(0.1, stretched))
    # Pictures stretched along their sides were resized, and have not moved.
    assert described(np.diag([1.02, 1]))["movement"] == 0


def excess(**worst):
    """Windows of one pair, 31 × 31, each model and kind with one window as given."""
    found = np.full((1, 3, 2, 31, 31), 0.3)
    for name, value in worst.items():
        model, kind = name.split("_")
        found[0, MODELS.index(model), ("light", "colour").index(kind), 15, 15] = value
    return found


def judged(windows, grey=False, toned=False):
    return judge({"excess": windows, "grey": np.array([grey]), "toned": np.array([toned])})[0]


def test_a_pair_within_the_limits_is_near():
    assert judged(excess(curve_light=0.9)) == {"kind": "near", "excess": 0.3, "difference": ""}
    assert judged(excess(curve_light=1.0))["kind"] == "near"
    faded = judged(excess(curve_colour=3, cast_light=3, saturation_light=0.8))
    assert faded == {"kind": "near", "excess": 0.8, "difference": "colour (saturation)"}
    assert judged(excess(), grey=True)["difference"] == "colour (one is grey)"
    assert judged(excess(saturation_light=2, cast_light=2))["difference"] == ""


def test_a_pair_recoloured_as_a_whole_is_probable():
    cast = judged(excess(curve_colour=2, saturation_colour=2, cast_light=0.7))
    assert cast == {"kind": "probable", "excess": 0.7, "difference": "colour (cast)"}
    recoloured = {"curve_light": 2, "saturation_colour": 9, "cast_colour": 2}
    tint = judged(excess(**recoloured), toned=True)
    assert tint == {"kind": "probable", "excess": 2, "difference": "colour (tint)"}
    darker = judged(excess(**recoloured | {"saturation_light": 2}), toned=True)
    assert darker["kind"] == "part"


def part(rows, columns, light=3.0, colour=0.3):
    windows = np.full((1, 3, 2, 31, 31), 0.3)
    windows[0, :, 0, rows[0] : rows[1], columns[0] : columns[1]] = light
    windows[0, :, 1, rows[0] : rows[1], columns[0] : columns[1]] = colour
    return judged(windows)


@pytest.mark.parametrize(
    ("rows", "columns", "where"),
    [
        ((0, 2), (0, 2), "upper left"), ((0, 2), (14, 16), "top"),
        ((0, 2), (29, 31), "upper right"),
        ((14, 16), (0, 2), "left"), ((14, 16), (14, 16), "centre"), ((14, 16), (29, 31), "right"),
        ((29, 31), (0, 2), "lower left"), ((29, 31), (14, 16), "bottom"),
        ((29, 31), (29, 31), "lower right"),
    ],
)  # fmt: skip
def test_a_part_is_said_and_placed(rows, columns, where):
    found = part(rows, columns)
    assert found["kind"] == "part" and found["excess"] == 3
    assert found["difference"] == f"a part of 1 % at the {where}"
    box = [found[edge] for edge in ("left", "top", "right", "bottom")]
    pixels = [columns[0] * 3, rows[0] * 3, columns[1] * 3 + 3, rows[1] * 3 + 3]
    assert box == pytest.approx(np.array(pixels) / 96)


def test_the_share_that_a_part_covers_is_counted():
    assert part((4, 9), (4, 14))["difference"] == "a part of 6 % at the upper left"
    # 0.15 of the picture is the most that a mark may cover.
    assert part((0, 11), (0, 11))["difference"] == "a part of 14 % at the upper left"
    assert part((0, 11), (0, 12)) == {}


def test_a_part_that_differs_in_colour_alone_is_another_thing_of_the_same_shape():
    assert part((4, 6), (4, 6), light=0.9, colour=5.0) == {}
    assert part((4, 6), (4, 6), light=1.1, colour=5.0)["kind"] == "part"


def test_a_part_is_placed_by_the_change_that_leaves_the_fewest_windows():
    windows = np.full((1, 3, 2, 31, 31), 2.0)
    windows[0, 2] = 0.3
    windows[0, 2, 0, 4:6, 8:10] = 2.5
    found = judged(windows)
    assert (found["left"], found["top"]) == pytest.approx((24 / 96, 12 / 96))


@pytest.mark.parametrize(
    ("side", "words"), [(485, "resize"), (495, ""), (505, ""), (515, "resize")]
)
def test_a_file_was_resized_where_its_sides_differ_by_two_percent(side, words):
    sizes = np.stack([np.full((1, 2), 500.0), np.full((1, 2), float(side))])
    assert described(np.eye(2), sizes=sizes)["transform"] == words


def test_each_limit_is_where_a_difference_begins():
    assert judged(excess(curve_light=1.5))["difference"] == "colour (saturation)"
    assert judged(excess(curve_light=1.01, saturation_light=1.01))["difference"] == "colour (cast)"
    assert part((4, 6), (4, 6), light=1.0, colour=5.0) == {}
    windows = np.full((1, 3, 2, 31, 31), 1.0)
    windows[0, :, 0, 4:6, 8:10] = 1.5
    found = judged(windows)
    assert [found[edge] for edge in ("left", "top", "right", "bottom")] == pytest.approx(
        [24 / 96, 12 / 96, 33 / 96, 21 / 96]
    )


def test_a_change_explains_most_where_the_fewest_windows_are_beyond_the_limit():
    windows = np.full((1, 3, 2, 31, 31), 1.5)
    windows[0, 1] = 0.3
    windows[0, 1, 0, 20:22, 3:5] = 2.5
    assert judged(windows)["left"] == pytest.approx(9 / 96)


def test_the_share_of_a_part_is_rounded():
    assert part((0, 12), (0, 8))["difference"] == "a part of 11 % at the upper left"  # 11.43
    assert part((0, 9), (0, 10))["difference"] == "a part of 11 % at the upper left"  # 10.74


@pytest.mark.parametrize(("colour", "listed"), [(1.02, True), (1.4, True), (1.42, False)])
def test_a_pair_just_beyond_the_limits_of_colour_is_probable_and_no_further(colour, listed):
    recoloured = dict.fromkeys(("curve_colour", "saturation_colour", "cast_colour"), colour)
    slight = {"kind": "probable", "excess": colour, "difference": "colour (slightly)"}
    found = judged(excess(**recoloured))
    assert found == (slight if listed else {}) and not is_settled(found)
    # The change that fits best decides, and what differs in light as well is a part.
    best = judged(excess(**recoloured | {"cast_colour": 1.01}))
    assert (best["difference"], best["excess"]) == ("colour (slightly)", 1.01)
    darker = dict.fromkeys(("curve_light", "saturation_light", "cast_light"), 1.1)
    assert judged(excess(**recoloured | darker))["kind"] == "part"


def test_what_may_still_be_another_thing_is_not_settled():
    assert is_settled(judged(excess())) and is_settled(judged(excess(curve_colour=3)))
    assert is_settled(judged(excess(curve_colour=2, saturation_colour=2)))
    assert not is_settled(part((4, 6), (4, 6))) and not is_settled({})

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from helpers.copies.differences import (
    FLOOR,
    LIMITS,
    MODELS,
    MOST,
    SHARES,
    STRIDE,
    WINDOW,
    _cut_off,
    _fit_curve,
    _is_neutral,
    _split,
    _Windows,
    differ_in_curve,
    find_differences,
    median,
)
from tests.audit.awkward import photo

STAY = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
LUMA = np.array([0.299, 0.587, 0.114])


def square(image):
    return np.asarray(image.convert("RGB").resize((96, 96), Image.Resampling.LANCZOS))


def saved(image, quality):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def compare(first, second, where=STAY):
    """What is found, and the excess of each model as a dict: (light, colour)."""
    first, second = (square(p) if isinstance(p, Image.Image) else p for p in (first, second))
    found = find_differences(first[None], second[None], where[None])
    found = {key: values[0] for key, values in found.items()}
    worst = found["excess"].max(axis=(2, 3))
    return found, {name: tuple(pair) for name, pair in zip(MODELS, worst.tolist(), strict=True)}


def gained(image, *gains):
    pixels = np.asarray(image, float) * gains
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    "edit",
    [
        lambda image: saved(image, 20),
        lambda image: image.resize((150, 112), Image.Resampling.BICUBIC),
        lambda image: image.point([int(255 * (v / 255) ** 0.75) for v in range(256)] * 3),
        lambda image: image.point(lambda level: level * 0.7 + 20),
        lambda image: gained(image, 1.3, 1.3, 1.3),
        lambda image: gained(image.point(lambda level: max(level - 70, 0)), 1.2, 1.2, 1.2),
    ],
    ids=["saved again", "smaller", "gamma", "flatter", "cut off above", "cut off below"],
)
def test_saving_again_and_one_tone_curve_explain_a_copy_either_way_round(edit, seed):
    original = photo(300, 225, seed)
    for pair in ((original, edit(original)), (edit(original), original)):
        found, worst = compare(*pair)
        assert max(worst["curve"]) < 0.9
        assert not found["grey"] and not found["toned"]


def test_another_saturation_is_explained_by_a_factor_and_not_by_a_curve():
    original = photo(300, 225, 4)
    for strength in (0.4, 1.5):
        _, worst = compare(original, ImageEnhance.Color(original).enhance(strength))
        assert max(worst["saturation"]) < 0.6 < max(worst["curve"])


def test_a_cast_is_explained_by_a_factor_for_each_channel_alone():
    original = photo(300, 225, 5)
    _, worst = compare(original, gained(original, 1.15, 1, 0.75))
    assert max(worst["cast"]) < 0.5
    assert min(max(worst["curve"]), max(worst["saturation"])) > 1


@pytest.mark.parametrize("pair", [((200, 60, 60), (60, 110, 200)), ((104, 92, 80), (200, 60, 60))])
def test_a_thing_of_another_colour_on_white_is_no_cast(pair):
    shade = np.linspace(0.8, 1.1, 96)[:, None, None]
    pictures = []
    for colour in pair:
        picture = np.full((96, 96, 3), 246.0) + np.random.default_rng(0).normal(0, 1, (96, 96, 3))
        picture[30:70, 25:75] = (np.array(colour, float) * shade)[30:70]
        pictures.append(picture.clip(0, 255).astype(np.uint8))
    _, worst = compare(*pictures)
    assert min(max(pair) for pair in worst.values()) > 2


def test_only_a_picture_without_any_colour_is_grey_and_two_of_them_are_compared_as_they_are():
    original = photo(300, 225, 6)
    found, worst = compare(original, original.convert("L"))
    assert found["grey"] and max(worst["curve"]) < 0.2
    found, _ = compare(original.convert("L"), original.convert("L"))
    assert not found["grey"]
    spot = np.asarray(original.convert("L").convert("RGB")).copy()
    spot[20:60, 20:60, 0] += 40
    found, _ = compare(original, Image.fromarray(spot))
    assert not found["grey"]


def test_a_picture_of_one_tone_beside_one_of_many_colours_is_told():
    original = photo(300, 225, 7)
    light = np.asarray(original, float) @ LUMA
    sepia = Image.fromarray(np.stack([light, light * 0.85, light * 0.6], -1).astype(np.uint8))
    assert compare(original, sepia)[0]["toned"] and compare(sepia, original)[0]["toned"]
    assert not compare(sepia, sepia)[0]["toned"]
    assert not compare(original, original)[0]["toned"]


def windows_over(rows, columns):
    """Which windows share a pixel with these rows and columns of 96."""
    count = (96 - WINDOW) // STRIDE + 1
    at = np.arange(count) * STRIDE
    down, across = ((at < stop) & (at + WINDOW > start) for start, stop in (rows, columns))
    return down[:, None] & across[None]


@pytest.mark.parametrize("lit", [(220, 30, 30), (20, 138, 20), (70, 80, 255)])
def test_a_lamp_of_another_colour_and_equal_light_differs_in_colour_where_it_hangs(lit):
    scene = np.asarray(photo(96, 96, 8), float) * 0.6
    pictures = []
    for colour in (np.array(lit, float), np.array([120, 90, 30.0])):
        picture = scene.copy()
        picture[30:48, 60:78] = colour * 90 / (colour @ LUMA)
        pictures.append(picture.clip(0, 255).astype(np.uint8))
    found, worst = compare(*pictures)
    assert min(colour for _, colour in worst.values()) > 1.5
    assert worst["saturation"][0] < 0.3
    inside, near = windows_over((33, 45), (63, 75)), windows_over((29, 49), (59, 79))
    differs = found["excess"][MODELS.index("saturation"), 1] > 1
    assert differs[windows_over((36, 42), (66, 72))].all()
    assert not differs[~near].any() and inside.sum() < near.sum()


@pytest.mark.parametrize("level", [20, 230])
def test_a_small_thing_in_one_of_two_frames_is_seen_where_it_is_and_nowhere_else(level):
    rng = np.random.default_rng(0)
    empty = np.asarray(photo(96, 96, 9), float) * 0.5 + 60
    shown = empty.copy()
    shown[50:53, 20:24] = level
    frames = [(f + rng.normal(0, 2, f.shape)).clip(0, 255).astype(np.uint8) for f in (empty, shown)]
    for pair in (frames, frames[::-1]):
        found, worst = compare(*pair)
        assert min(light for light, _ in worst.values()) > 1.5
        differs = found["excess"][0, 0] > 1
        assert differs[windows_over((51, 52), (21, 23))].any()
        assert not differs[~windows_over((48, 55), (18, 26))].any()


def test_the_second_is_laid_over_the_first_by_its_map():
    original = square(photo(300, 225, 10))
    mirror = np.array([[-1, 0, 0], [0, 1, 0]], np.float32)
    assert max(compare(original, original[:, ::-1], mirror)[1]["curve"]) < 0.01
    assert max(compare(original, original[:, ::-1])[1]["curve"]) > 1
    shifted = np.array([[1, 0, -6 / 96], [0, 1, 0]], np.float32)
    moved = np.roll(original, -6, axis=1)
    moved[:, -6:] = 0  # what left the frame is not compared
    assert max(compare(original, moved, shifted)[1]["curve"]) < 0.01


def test_many_pairs_at_once_give_what_each_gives_alone():
    pictures = np.stack([square(photo(96, 72, seed)) for seed in range(35)])
    changed = pictures.copy()
    changed[:, 40:50, 40:50] = 255 - changed[:, 40:50, 40:50]
    together = find_differences(pictures, changed, np.repeat(STAY[None], 35, axis=0))
    assert together["excess"].shape[:3] == (35, 3, 2)
    for number in (0, 31, 32, 34):
        alone, _ = compare(pictures[number], changed[number])
        np.testing.assert_allclose(together["excess"][number], alone["excess"], rtol=1e-3)


def test_pairs_that_one_curve_does_not_explain_are_told_without_the_other_changes():
    pictures = np.stack([square(photo(96, 72, seed)) for seed in range(12)])
    changed = (pictures * 0.8 + 30).astype(np.uint8)
    changed[1::4, 40:60, 40:60] = 255 - changed[1::4, 40:60, 40:60]  # light in one place
    changed[2::4] = changed[2::4, ..., ::-1]  # colour alone
    changed[3::4] = (changed[3::4] @ LUMA)[..., None]  # grey
    maps = np.repeat(STAY[None], 12, axis=0)
    worst = find_differences(pictures, changed, maps)["excess"][:, MODELS.index("curve")]
    found = differ_in_curve(pictures, changed, maps)
    assert found.tolist() == (worst.max(axis=(1, 2, 3)) > 1).tolist()
    assert found.tolist() == [False, True, True, False] * 3
    graded = np.repeat(pictures[:1], 12, axis=0)
    for number, brighter in enumerate(graded):
        brighter[40:60, 40:60] = (brighter[40:60, 40:60] * 0.8 + 4 * number).astype(np.uint8)
    first = np.repeat(pictures[:1] * 0.8, 12, axis=0).astype(np.uint8)
    graded[0] = first[0]
    worst = find_differences(first, graded, maps)["excess"][:, MODELS.index("curve")]
    worst = worst.max(axis=(1, 2, 3))
    assert (worst < 1).any() and ((worst > 1) & (worst < 2)).any() and (worst > 2).any()
    assert differ_in_curve(first, graded, maps).tolist() == (worst > 1).tolist()


def test_a_curve_is_that_of_most_pixels():
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 1, (2, 2000)).astype(np.float32)
    true = np.array([[0.1, 0.5, 0.3], [0.0, 1.4, -0.4]])
    y = (true[:, :1] + true[:, 1:2] * x + true[:, 2:] * x**2).astype(np.float32)
    y[:, ::5] = rng.uniform(0, 1, (2, 400))
    y[:, :300] = 0.9
    known = np.ones_like(x)
    known[:, :300] = 0
    np.testing.assert_allclose(_fit_curve(x, y, known), true, atol=0.02)
    scaled = _fit_curve(x, (0.7 * x).astype(np.float32), np.ones_like(x), gain=True)
    np.testing.assert_allclose(scaled, [[0, 0.7, 0]] * 2, atol=1e-3)
    flat = np.full((1, 500), 0.4, np.float32)
    black, slope, bend = _fit_curve(flat, flat, np.ones_like(flat))[0]
    assert black + slope * 0.4 + bend * 0.16 == pytest.approx(0.4, abs=0.01)


def test_windows_are_judged_by_what_is_typical_of_the_pair_and_by_their_own_contrast():
    rng = np.random.default_rng(2)
    one, two = rng.uniform(0, 60, (2, 96 * 96, 2))
    left, inside = rng.normal(0, 3, (96 * 96, 2)), (rng.uniform(size=96 * 96) < 0.8) * 1.0
    inside[: 96 * 14] = 0
    windows = _Windows(one[None], two[None], inside[None], 96)
    power, contrast, enough = [], [], []
    for row in range(0, 91, STRIDE):
        for column in range(0, 91, STRIDE):
            at = np.arange(row, row + WINDOW)[:, None] * 96 + np.arange(column, column + WINDOW)
            at = at.ravel()[inside[at.ravel()] > 0]
            enough.append(len(at) > WINDOW**2 / 2)
            power.append((left[at] ** 2).mean() if enough[-1] else 0)
            spreads = [
                picture[at].var(axis=0).mean() if enough[-1] else 0 for picture in (one, two)
            ]
            contrast.append(min(spreads))
    power, contrast = np.array(power), np.array(contrast)
    assert 0 < np.mean(enough) < 1
    typical = np.median(power)
    share = np.clip(typical / (np.median(contrast) + 1), SHARES[0] ** 2, SHARES[1] ** 2)
    expected = np.sqrt(power / (np.clip(typical, FLOOR**2, 2.5**2) + share * contrast))
    found = windows.judge(left[None], 2.5)[0]
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-6)


def test_limits_are_those_that_the_study_reports():
    assert LIMITS == {"light": 4.0, "colour": 5.0} and MOST == {"light": 6.0, "colour": 4.0}


def test_where_light_was_cut_off_counts_two_pixels_around_it():
    rng = np.random.default_rng(3)
    pixels = rng.choice([7.0, 8, 100, 242, 243], (2, 20 * 20, 3), p=[0.01, 0.2, 0.5, 0.28, 0.01])
    bright, dark = _cut_off(pixels, 20)
    square = pixels.reshape(2, 20, 20, 3)
    for found, cut in ((bright, square == 243), (dark, square == 7)):
        expected = np.zeros_like(cut)
        for picture, row, column, channel in np.argwhere(cut):
            rows, columns = (np.arange(at - 2, at + 3) % 20 for at in (row, column))
            expected[picture, rows[:, None], columns, channel] = True
        assert (found.reshape(square.shape) == expected).all()


@pytest.mark.parametrize(("level", "neutral"), [(1.4, True), (1.6, False)])
def test_a_picture_is_grey_up_to_a_level_and_a_half_of_colour(level, neutral):
    pixels, inside = np.full((1, 1000, 3), 90.0), np.ones((1, 1000))
    pixels[0, :20] += np.array([1, 0, 0]) * level / (1 - LUMA[0])
    assert _is_neutral(_split(pixels)[1], inside).tolist() == [neutral]
    inside[0, :20] = 0
    assert _is_neutral(_split(pixels)[1], inside).tolist() == [True]
    pixels[0, 4:20], inside[0, :20] = 90, 1  # four of a thousand are no colour
    assert _is_neutral(_split(pixels)[1], inside).tolist() == [True]


def test_a_factor_on_colour_is_undone_within_its_limits_alone():
    original = square(photo(200, 150, 11)).astype(float)
    light = (original @ LUMA)[..., None]
    left = {}
    for factor in (3.6, 3.2, 1.0, 0.32, 0.26):  # undone by 1 / 3.6 = 0.28 to 1 / 0.26 = 3.8
        first, other = (light + (original - light) * 0.3 * by for by in (1, factor))
        left[factor] = max(compare(first, other)[1]["saturation"])
    assert max(left[factor] for factor in (3.2, 1.0, 0.32)) < 0.02
    assert min(left[factor] for factor in (3.6, 0.26)) > 0.04


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_the_quick_median_is_the_median(count):
    values = np.random.default_rng(0).normal(size=(3, count))
    np.testing.assert_allclose(median(values), np.median(values, axis=1, keepdims=True))


def test_a_tone_curve_is_weighed_anew_four_times():
    rng = np.random.default_rng(2)
    x = rng.random((1, 301))
    y = 0.1 + 0.7 * x + 0.1 * x**2 + np.where(rng.random((1, 301)) < 0.3, 0.2, 0)
    basis, weight = np.stack([x[0] ** 0, x[0], x[0] ** 2], axis=1), np.ones(301)
    ridge = 1e-6 * 301 * np.eye(3)
    for _ in range(4):
        squares = basis.T @ (basis * weight[:, None]) + ridge
        curve = np.linalg.solve(squares, basis.T @ (weight * y[0]) + ridge[1])
        left = np.abs(y[0] - basis @ curve)
        weight = 1 / (1 + (left / max(1.5 * np.median(left), 1.5 / 255)) ** 2)
    found = _fit_curve(x, y, np.ones((1, 301)))[0]
    np.testing.assert_allclose(found, curve, rtol=1e-5, atol=1e-7)

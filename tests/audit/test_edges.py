import numpy as np
import pytest
from PIL import Image, ImageFilter

from helpers.audit.edges import REACH, _running, measure_edges
from tests.audit.awkward import photo


def stripes(width=160, height=120, run=40, low=40, high=200, slant=False):
    """Bars that alternate every `run` pixels, upright or, for edges both ways, as a chessboard."""
    y, x = np.mgrid[:height, :width] // run
    return np.where((x + slant * y) % 2, high, low).astype(np.uint8)


def blurred(grey, sigma):
    return np.asarray(Image.fromarray(grey).filter(ImageFilter.GaussianBlur(sigma)))


def test_a_step_is_one_pixel_wide():
    assert measure_edges(stripes(), 160) == 1
    assert measure_edges(stripes(slant=True), 160) == 1


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0])
def test_a_blurred_step_is_as_wide_as_its_height_over_its_steepest_rise(sigma):
    from scipy.ndimage import gaussian_filter1d

    step = gaussian_filter1d(np.repeat([40.0, 200.0], 200), sigma)
    reached = max(np.ptp(step[at : at + REACH + 1]) for at in range(388))
    expected = reached / np.diff(step).max()
    grey = gaussian_filter1d(stripes().astype(float), sigma, axis=1).round().astype(np.uint8)
    assert measure_edges(grey, 160) == pytest.approx(expected, rel=0.12)


def test_blur_along_one_direction_shows_where_both_have_edges():
    board = stripes(slant=True).astype(float)
    shaken = np.mean([np.roll(board, shift, axis=1) for shift in range(6)], axis=0)
    grey = shaken.round().astype(np.uint8)
    assert (
        measure_edges(grey, 160) == measure_edges(grey.T.copy(), 160) == pytest.approx(6, rel=0.1)
    )


def test_one_sharp_subject_on_soft_ground_is_sharp():
    sharp = np.asarray(photo(160, 120, 3).convert("L"))
    soft = blurred(sharp, 6).copy()
    soft[30:80, 40:100] = sharp[30:80, 40:100]
    assert measure_edges(soft, 160) < 2.5 < measure_edges(blurred(sharp, 3), 160)


@pytest.mark.parametrize("sigma", [2, 4])
def test_noise_does_not_make_a_blurred_picture_sharp(sigma):
    grey = blurred(stripes(slant=True), sigma)
    noisy = (grey + np.random.default_rng(0).normal(0, 3, grey.shape)).clip(0, 255)
    assert measure_edges(noisy.round().astype(np.uint8), 160) > 2.5


@pytest.mark.parametrize(
    "grey",
    [
        np.full((96, 128), 90, np.uint8),
        np.tile(np.linspace(0, 255, 128).astype(np.uint8), (96, 1)),
        np.hypot(*np.mgrid[:100, :100]).astype(np.uint8),
        (90 + np.random.default_rng(1).normal(0, 2, (96, 128))).astype(np.uint8),
        np.zeros((13, 13), np.uint8),
        np.full((1, 1), 255, np.uint8),
    ],
    ids=["flat", "ramp", "cone", "grain", "small", "pixel"],
)
def test_what_has_no_edge_has_no_width(grey):
    low, high = np.percentile(grey, [1, 99])
    assert measure_edges(grey, high - low) is None


def test_an_edge_must_rise_by_24_levels_and_a_quarter_of_the_range():
    faint = stripes(low=100, high=124)
    assert measure_edges(faint, 24) == 1
    assert measure_edges(stripes(low=100, high=123), 23) is None
    assert measure_edges(faint, 96) == 1
    assert measure_edges(faint, 97) is None


def test_few_places_are_too_few():
    grey = np.full((60, 60), 50, np.uint8)
    assert measure_edges(grey, 200) is None
    grey[28:30, 28:32] = 250
    assert measure_edges(grey, 200) is None
    grey[28:36, 28:36] = 250
    assert measure_edges(grey, 200) == 1


def test_running_extremes_are_those_of_a_brute_force_window():
    values = np.random.default_rng(2).integers(0, 256, (50, 7)).astype(np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(values, REACH, axis=0)
    assert (_running(np.maximum, values) == windows.max(axis=-1)).all()
    assert (_running(np.minimum, values) == windows.min(axis=-1)).all()


def test_widths_are_the_same_for_a_picture_and_its_negative_or_mirror_image():
    grey = np.asarray(photo(150, 110, 9).convert("L"))
    width = measure_edges(grey, 180)
    assert measure_edges(255 - grey, 180) == width
    assert measure_edges(grey.T.copy(), 180) == width


Y, X = np.mgrid[:150, :200].astype(float)
DISC = np.hypot(X - 100, Y - 75) < 45
THINGS = {
    "horizon": np.where(Y < 75, 200 - 0.4 * Y, 90 + 0.2 * Y),
    "disc": np.where(DISC, 180, 90),
    "dark disc": np.where(DISC, 30, 90),
    "faint disc": np.where(DISC, 130, 95),
    "sphere": np.where(DISC, 200 - 1.4 * np.hypot(X - 85, Y - 60), 60),
    "two shades": np.where(X + Y < 175, 150 + 30 * np.sin(X / 30), 60 + 20 * np.cos(Y / 25)),
    "bars": np.where((X // 20) % 2, 180, 70),
    "cloth": 120 + 15 * np.sin(X / 15) * np.cos(Y / 18) - 90 * (X > 140),
    "face": np.where(np.hypot((X - 100) / 40, (Y - 75) / 60) < 1, 170 - 0.5 * X, 60 + 0.3 * Y),
    "paper": np.where((abs(X - 100) < 70) & (abs(Y - 75) < 50), 240, 160),
    "leaf": np.where(abs(Y - 75) < 40 * np.sin(np.pi * X / 200), 90 + 10 * np.sin(Y / 8), 200),
    "petri dish": np.where(np.hypot(X - 100, Y - 75) < 60, 200, 10 + 30 * DISC),
}


@pytest.mark.parametrize("name", THINGS)
def test_smooth_things_are_sharp_in_focus_and_blurred_out_of_it(name):
    rng = np.random.default_rng(0)
    grain = rng.normal(0, 1.5, Y.shape)
    crisp = (THINGS[name] + grain).clip(0, 255).astype(np.uint8)
    spread = float(np.subtract(*np.percentile(crisp, [99, 1])))
    assert measure_edges(crisp, spread) < 1.6
    for sigma in (2.5, 3, 4):
        soft = blurred(THINGS[name].clip(0, 255).astype(np.uint8), sigma)
        soft = (soft + grain).clip(0, 255).astype(np.uint8)
        assert 2.5 < measure_edges(soft, spread) < REACH + 1


def widths_by_loop(lines, least):
    """Of every second window of REACH steps of every line: its height over its steepest step."""
    places = []
    for line in lines.astype(int):
        for start in range(0, len(line) - REACH if len(line) > REACH + 1 else 0, 2):
            window = line[start : start + REACH + 1]
            places.append((np.ptp(window), np.abs(np.diff(window)).max()))
    cut = sorted(height for height, _ in places)[int(0.9 * len(places))] if places else 0
    strong = sorted(height / step for height, step in places if height >= max(least, cut))
    return strong, len(strong) / max(len(places), 1)


def width_by_loop(grey, spread):
    least = max(24, 0.25 * spread)
    widths = [widths_by_loop(lines, least) for lines in (grey[::2], grey[:, ::2].T)]
    known = [one[int(0.05 * len(one))] for one, _ in widths if len(one) >= 20]
    enough = np.ptp(grey.astype(int)) >= 48 or max(share for _, share in widths) >= 0.03
    return max(known) if known and enough else None


@pytest.mark.parametrize("seed", range(8))
def test_the_width_is_that_of_a_loop_over_all_windows(seed):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(13, 70, 2)
    grey = rng.integers(0, 256, (height, width)).astype(np.uint8)
    for sigma in (0, 0.7, 2):
        soft = blurred(grey, sigma)
        for spread in (20, 60, 150, 250):
            found, expected = measure_edges(soft, spread), width_by_loop(soft, spread)
            assert found == (expected if expected is None else pytest.approx(expected, rel=1e-6))


@pytest.mark.parametrize(("across", "found"), [(13, None), (14, 1), (15, 1)])
def test_a_line_must_be_longer_than_an_edge_reaches(across, found):
    grey = np.where(np.arange(across) < across // 2, 40, 200).astype(np.uint8)
    assert measure_edges(np.tile(grey, (100, 1)), 160) == found


@pytest.mark.parametrize(("lines", "found"), [(38, None), (40, 1)])
def test_nineteen_places_are_too_few_and_twenty_are_not(lines, found):
    grey = np.where(np.arange(14) < 7, 40, 200).astype(np.uint8)
    assert measure_edges(np.tile(grey, (lines, 1)), 160) == found


@pytest.mark.parametrize(("length", "found"), [(100, None), (128, None), (132, 1), (160, 1)])
def test_a_faint_picture_with_edges_at_under_three_in_a_hundred_places_is_not_judged(length, found):
    grey = np.full((120, 160), 90, np.uint8)
    grey[:4, 160 - length :] = 90 + 47
    # Of the 54 places down each second column, 2 see the step.
    assert (length / (80 * 54) >= 0.03) == (found is not None)
    assert measure_edges(grey, 47) == measure_edges(grey.T.copy(), 47) == found
    grey[0, 0] = 90 - 1
    assert measure_edges(grey, 47) == 1


def test_a_picture_too_dark_to_show_anything_is_not_judged_and_a_plain_one_is():
    rng = np.random.default_rng(0)
    dark = (12 + rng.normal(0, 3, (120, 160))).clip(0, 255)
    dark[60:63, 40:70] += 26
    spread = float(np.subtract(*np.percentile(dark, [99, 1])))
    assert measure_edges(dark.astype(np.uint8), spread) is None
    plain = np.full((120, 160), 235, np.uint8)
    plain[30:90, 50:110] = 80
    assert measure_edges(plain, 155) == 1
    assert measure_edges(blurred(plain, 3), 155) > 2.5

import io

import numpy as np
import pytest
from PIL import Image, ImageOps
from scipy.ndimage import gaussian_filter

from leaves import faults

VARIANTS = [(kind, s) for kind, strengths in faults.VARIANTS.items() for s in strengths]


@pytest.fixture(scope="module")
def photo():
    """Detail at all scales, on a 120 × 160 frame, mean near the middle."""
    rng = np.random.default_rng(0)
    levels = sum(s * gaussian_filter(rng.normal(size=(160, 120, 3)), (s, s, 0)) for s in (1, 3, 9))
    levels = (levels - levels.min()) / np.ptp(levels)
    return Image.fromarray((levels * 230 + 12).astype(np.uint8))


def brightness(image, percentile):
    return np.percentile(np.asarray(image.convert("L")), percentile) / 255


def sharpness(image):
    return np.diff(np.asarray(image.convert("L"), float), axis=0).std()


def opened(result):
    if not isinstance(result, bytes):
        return result
    image = Image.open(io.BytesIO(result))
    image.load()
    return image


@pytest.mark.parametrize(("kind", "strength"), VARIANTS)
def test_the_same_generator_plants_the_same_fault_and_leaves_the_photo_alone(photo, kind, strength):
    before = photo.tobytes()
    first, again = (faults.apply(kind, photo, strength, np.random.default_rng(3)) for _ in range(2))
    assert first == again
    assert photo.tobytes() == before


@pytest.mark.parametrize("strength", faults.VARIANTS["corrupt"])
@pytest.mark.parametrize("seed", range(6))
def test_corrupt_files_fail_to_load(photo, strength, seed):
    data = faults.apply("corrupt", photo, strength, np.random.default_rng(seed))
    with pytest.raises((OSError, SyntaxError)):
        Image.open(io.BytesIO(data)).load()


def test_truncated_files_fail_wherever_they_are_cut(photo):
    rng = np.random.default_rng(0)
    for share in np.linspace(0.05, 0.99, 20):
        data = faults.perform(photo, (("truncated", share),), rng)
        with pytest.raises((OSError, SyntaxError)):
            Image.open(io.BytesIO(data)).load()


@pytest.mark.parametrize("name", ["dark", "overexposed"])
def test_exposure_reaches_its_target_brightness(photo, name):
    step, percentile = {"dark": ("brightest", 99), "overexposed": ("darkest", 10)}[name]
    for strength in ("obvious", "clear", "subtle"):
        ((lowest, highest),) = [
            v for steps in faults.VARIANTS[name][strength] for v in steps.values()
        ]
        image = faults.apply(name, photo, strength, np.random.default_rng(0))
        assert lowest - 0.03 <= brightness(image, percentile) <= highest + 0.03
    assert faults.choose(name, "clear", np.random.default_rng(0))[0][0] == step


@pytest.mark.parametrize(("kind", "level", "sign"), [("overexposed", 225, 1), ("dark", 20, -1)])
def test_an_extreme_photo_is_pushed_further_never_back(kind, level, sign):
    photo = Image.new("RGB", (64, 48), (level,) * 3)
    for strength in faults.STRENGTHS:
        result = faults.apply(kind, photo, strength, np.random.default_rng(0))
        assert sign * (np.asarray(result).mean() - level) > 0


def test_exposure_is_ordered_by_strength(photo):
    rng = np.random.default_rng(0)
    dark = [brightness(faults.apply("dark", photo, s, rng), 50) for s in faults.STRENGTHS]
    over = [brightness(faults.apply("overexposed", photo, s, rng), 50) for s in faults.STRENGTHS]
    assert dark == sorted(dark) and dark[-1] < brightness(photo, 50)
    assert over == sorted(over, reverse=True) and over[-1] > brightness(photo, 50)


def test_blur_is_ordered_by_strength_and_the_last_is_hardly_there(photo):
    for variant in (0, 1):
        values = []
        for strength in faults.STRENGTHS:
            rng = np.random.default_rng(0)
            steps = faults.choose("blurred", strength, rng, variant)
            values.append(sharpness(faults.perform(photo, steps, rng)))
        assert values == sorted(values)
        assert values[-1] == pytest.approx(sharpness(photo), rel=0.1)


def test_blur_spreads_a_point_over_a_disc_and_keeps_its_light():
    dot = np.full((101, 101, 3), 10, np.uint8)
    dot[50, 50] = 255
    dot = Image.fromarray(np.kron(dot, np.ones((1, 1, 1), np.uint8)))
    spread = np.asarray(faults.perform(dot, (("defocus", 0.03),), np.random.default_rng(0)), float)[
        ..., 0
    ]
    lit = spread - 10
    assert lit[45:56, 45:56].sum() == pytest.approx(245, rel=0.25)
    assert lit[50, 50] == pytest.approx(245 / (np.pi * 3.03**2), abs=4)


@pytest.mark.parametrize(
    ("variant", "strength", "mode", "ending"),
    [
        (0, "obvious", "L", ".jpg"),
        (1, "obvious", "I;16", ".tif"),
        (0, "clear", "P", ".png"),
        (1, "clear", "RGBA", ".png"),
        (2, "clear", "CMYK", ".jpg"),
        (3, "clear", "RGB", ".jpg"),
    ],
)
def test_unusual_modes_are_those_modes(photo, variant, strength, mode, ending):
    rng = np.random.default_rng(0)
    steps = faults.choose("unusual_mode", strength, rng, variant)
    data = faults.perform(photo, steps, rng)
    assert opened(data).mode == mode
    assert opened(data).format == {".jpg": "JPEG", ".png": "PNG", ".tif": "TIFF"}[ending]
    assert faults.ending(steps) == ending


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_an_exif_rotated_file_seen_upright_is_the_photo(photo, orientation):
    steps = (("orientation", orientation),)
    image = opened(faults.perform(photo, steps, np.random.default_rng(0)))
    assert image.getexif()[0x0112] == orientation
    upright = np.asarray(ImageOps.exif_transpose(image), float)
    assert np.abs(upright - np.asarray(photo, float)).mean() < 10


@pytest.mark.parametrize(("kind", "strength"), VARIANTS)
def test_a_mask_follows_its_photo(kind, strength):
    leaf = np.zeros((160, 120), np.uint8)
    leaf[30:110, 25:80] = 255
    photo = Image.fromarray(np.stack([leaf // 2 + 60] * 3, axis=2))
    for variant in range(len(faults.VARIANTS[kind][strength])):
        rng = np.random.default_rng(variant)
        steps = faults.choose(kind, strength, rng, variant)
        mask = faults.move_mask(Image.fromarray(leaf), steps)
        if kind == "corrupt":
            assert mask is None
            continue
        result = ImageOps.exif_transpose(opened(faults.perform(photo, steps, rng)))
        assert mask.size == result.size
        if kind in ("near_duplicate", "unusual_mode"):
            grey = np.asarray(result.convert("RGB").convert("L"), float)
            inside = np.asarray(mask) > 0
            if result.mode != "I;16" and 0.02 < inside.mean() < 0.98:
                assert np.median(grey[inside]) > np.median(grey[~inside]) + 30


def test_near_duplicates_keep_less_of_the_photo_the_less_detectable(photo):
    kept = {}
    for strength in faults.STRENGTHS:
        areas = []
        for variant in range(len(faults.VARIANTS["near_duplicate"][strength])):
            rng = np.random.default_rng(variant)
            steps = list(faults.choose("near_duplicate", strength, rng, variant))
            steps = tuple(s for s in steps if s[0] != "resize")
            areas.append(np.prod(faults.perform(photo, steps, rng).size) / np.prod(photo.size))
        kept[strength] = min(areas)
    assert kept["obvious"] == 1
    assert kept["clear"] > kept["subtle"] > 0.5 > kept["undetectable"]


def test_the_largest_frame_without_corners_is_kept_when_rotating():
    white = Image.new("RGB", (160, 120), "white")
    for degrees in (-30, -3, 1, 12, 40):
        turned = faults.perform(white, (("rotate", degrees),), np.random.default_rng(0))
        assert np.asarray(turned).min() > 250
        assert abs(turned.width / turned.height - 4 / 3) < 0.05


def test_unknown_faults_and_strengths_are_named():
    rng = np.random.default_rng(0)
    with pytest.raises(
        ValueError, match="no fault is called 'haze'; expected one of near_duplicate"
    ):
        faults.choose("haze", "clear", rng)
    with pytest.raises(
        ValueError, match="'corrupt' has no strength 'undetectable'; expected one of"
    ):
        faults.choose("corrupt", "undetectable", rng)


def test_steps_read_as_words():
    assert faults.in_words((("crop", 0.88), ("mirror", True))) == "crop 0.88, mirror"

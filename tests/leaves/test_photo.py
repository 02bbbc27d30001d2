import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from leaves import VERSION
from leaves.backgrounds import BACKGROUNDS
from leaves.photo import DEVICES, Device, Scene, render_photo
from leaves.species import SPECIES

# Mean red, green and blue, spread, and mean of the mask.
PICTURES = [
    (166.3, 156.6, 101.2, 56.9, 85.3),
    (117.9, 128.6, 71.9, 59.7, 108.7),
    (191.5, 199.7, 169.2, 49.2, 71.3),
    (86.4, 73.9, 41.3, 50.9, 42.4),
    (99.5, 84.0, 56.5, 54.0, 110.6),
    (172.3, 143.1, 96.5, 41.2, 39.7),
]

LIGHTS = ("sun", "overcast", "shade", "dusk", "night")


def sample(count):
    """Pictures that together use every species, background, light, focus and device."""
    pictures = []
    for i in range(count):
        scene = Scene(
            background=BACKGROUNDS[i % 6],
            season=(0.0, 0.4, 0.6, 0.9)[i % 4],
            light=LIGHTS[i % 5],
            focus="shallow" if i % 7 == 0 else "sharp",
            device=list(DEVICES)[i % 7],
            width=(96, 72, 96)[i % 3],
            height=(72, 96, 54)[i % 3],
        )
        pixels, mask = render_photo(list(SPECIES)[i % 10], i // 10, i, scene, burst=i % 2)
        pictures.append(np.concatenate([pixels.ravel(), mask.ravel()]))
    return np.concatenate(pictures)


def test_pixels_differ_by_at_most_one_level_on_an_older_cpu_with_one_thread():
    code = (
        "import sys, numpy as np; from numpy._core import _multiarray_umath as m;"
        "from tests.leaves.test_photo import sample; data = sample(40);"
        "left = [t for t in m.__cpu_dispatch__ if m.__cpu_features__.get(t)];"
        "assert not left, f'{left} could not be disabled';"
        "sys.stdout.buffer.write(data.tobytes())"
    )
    from numpy._core import _multiarray_umath

    dispatched = [
        target
        for target in _multiarray_umath.__cpu_dispatch__
        if _multiarray_umath.__cpu_features__.get(target)
    ]
    # What this process runs without already would come back if it were not named again.
    disabled = [os.environ.get("NPY_DISABLE_CPU_FEATURES", ""), *dispatched]
    changes = {"NPY_DISABLE_CPU_FEATURES": " ".join(disabled), "OMP_NUM_THREADS": "1"}
    elsewhere = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | changes, stdout=subprocess.PIPE, check=True
    )
    older = np.frombuffer(elsewhere.stdout, np.uint8)
    assert np.abs(sample(40).astype(int) - older).max() <= 1


@pytest.mark.parametrize("name", SPECIES)
def test_the_mask_holds_one_leaf_of_sensible_size_with_its_stem(name):
    areas = []
    for photo in range(6):
        scene = Scene(background="paper", width=120, height=90)
        _, mask = render_photo(name, photo, photo, scene)
        pieces, _ = ndimage.label(mask > 40, np.ones((3, 3)))
        sizes = np.bincount(pieces.ravel())[1:]
        assert sizes.max() > 0.97 * sizes.sum()
        areas.append(np.mean(mask > 127))
    assert min(areas) > 0.02
    assert 0.05 < np.mean(areas) < 0.6


def test_another_background_changes_the_picture_outside_the_mask_only():
    for photo in range(6):
        scenes = [
            Scene(background=b, device=Device(noise=0), light="overcast") for b in ("wood", "stone")
        ]
        (one, mask), (other, again) = (render_photo("beech", 1, photo, s) for s in scenes)
        np.testing.assert_array_equal(mask, again)
        inside = ndimage.binary_erosion(mask > 250, iterations=3)
        outside = ndimage.binary_dilation(mask > 5, iterations=3) == 0
        if inside.sum() < 100:
            continue
        brighter = one[inside].mean() / other[inside].mean()
        change = np.abs(one - brighter * other)
        assert change[outside].mean() > 4 * change[inside].mean()


def turning(mask):
    """Distance from the leaf's centre to its margin in 120 directions, over its mean."""
    y, x = np.nonzero(mask > 127)
    angle = np.arctan2(y - y.mean(), x - x.mean())
    reach = np.hypot(y - y.mean(), x - x.mean())
    bins = ((angle + np.pi) / (2 * np.pi) * 120).astype(int) % 120
    profile = np.array([reach[bins == k].max(initial=0) for k in range(120)])
    return profile / profile.mean()


def likeness(one, other):
    """Best correlation of two turnings over all rotations."""
    waves = np.fft.rfft(one - 1) * np.conj(np.fft.rfft(other - 1))
    return np.fft.irfft(waves).max() / np.sqrt(np.sum((one - 1) ** 2) * np.sum((other - 1) ** 2))


def test_photos_of_one_specimen_are_more_alike_in_outline_than_those_of_two():
    scene = Scene(background="wood", width=128, height=128)
    for name in ("oak", "sycamore", "ginkgo"):
        outlines = [
            [turning(render_photo(name, specimen, photo, scene)[1]) for photo in range(2)]
            for specimen in range(6)
        ]
        same = [likeness(*pair) for pair in outlines]
        different = [
            likeness(outlines[i][0], outlines[j][1]) for i in range(6) for j in range(6) if i != j
        ]
        assert np.median(same) > np.quantile(different, 0.75)


def test_willow_is_yellower_and_more_saturated_than_olive_in_the_picture():
    def greenness(name):
        values = []
        for specimen in range(10):
            pixels, mask = render_photo(name, specimen, 0, Scene(background="stone"))
            leaf = pixels[mask > 200].mean(axis=0)
            values.append(1 - leaf.min() / leaf.max())
        return np.median(values)

    assert greenness("willow") > 1.25 * greenness("olive")


def test_a_night_picture_is_dark_around_a_well_lit_leaf():
    for photo in range(5):
        for background in ("soil", "grass", "bark"):
            scene = Scene(background=background, light="night")
            pixels, mask = render_photo("linden", photo, photo, scene)
            assert pixels[mask == 0].mean() < 60
            assert pixels[mask > 250].mean() > 60
            assert pixels[mask > 250].mean() > 2 * pixels[mask == 0].mean()


def test_shallow_focus_blurs_the_background_and_not_the_leaf():
    def detail(pixels, where):
        return np.abs(ndimage.laplace(pixels.mean(axis=2)))[where].mean()

    for background in ("grass", "soil", "bark"):
        scene = Scene(background=background, device=Device(noise=0.5))
        sharp, mask = render_photo("oak", 2, 4, scene)
        blurred, _ = render_photo("oak", 2, 4, replace(scene, focus="shallow"))
        outside = ndimage.binary_dilation(mask > 0, iterations=3) == 0
        inside = ndimage.binary_erosion(mask > 250, iterations=3)
        assert detail(blurred, outside) < 0.4 * detail(sharp, outside)
        assert detail(blurred, inside) > 0.7 * detail(sharp, inside)


def test_a_burst_is_another_exposure_of_nearly_the_same_view():
    one, mask = render_photo("birch", 1, 1, Scene())
    again, _ = render_photo("birch", 1, 1, Scene())
    burst, moved = render_photo("birch", 1, 1, Scene(), burst=1)
    other, _ = render_photo("birch", 1, 2, Scene())
    np.testing.assert_array_equal(one, again)
    both = np.logical_and(mask > 127, moved > 127).sum() / np.logical_or(mask, moved).sum()
    assert 0.6 < both < 0.99
    assert np.abs(burst.astype(int) - one).mean() < np.abs(other.astype(int) - one).mean()


def test_a_scene_without_a_leaf_has_an_empty_mask():
    pixels, mask = render_photo("oak", 0, 0, Scene(background="soil", leaf=False))
    assert mask.max() == 0
    assert pixels.std() > 5


@pytest.mark.parametrize("size", [(64, 48), (48, 64), (320, 180), (33, 33)])
def test_any_size_can_be_rendered(size):
    width, height = size
    pixels, mask = render_photo("oak", 0, 0, Scene(width=width, height=height))
    assert pixels.shape == (height, width, 3)
    assert mask.shape == (height, width)
    assert pixels.dtype == mask.dtype == np.uint8
    assert mask.max() == 255


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"background": "sky"}, "Background 'sky'"),
        ({"light": "noon"}, "Light 'noon'"),
        ({"season": "winter"}, "Season 'winter'"),
        ({"focus": "soft"}, "Focus 'soft'"),
        ({"device": "pinhole"}, "Device 'pinhole'"),
    ],
)
def test_an_unknown_word_in_a_scene_is_one_clear_sentence(change, sentence):
    with pytest.raises(ValueError, match=f"^{sentence} is not known .* expected .*\\.$"):
        render_photo("oak", 0, 0, replace(Scene(), **change))


def test_an_unknown_species_is_one_clear_sentence():
    with pytest.raises(ValueError, match=r"^Species 'elm' is not known .* expected beech.*\.$"):
        render_photo("elm", 0, 0, Scene())


def test_the_pictures_are_those_of_version_1():
    """Whoever changes them on purpose raises VERSION, and measures the studies anew."""
    assert VERSION == 1
    found = []
    for i, (name, background) in enumerate(zip(list(SPECIES)[:6], BACKGROUNDS, strict=True)):
        scene = Scene(background, i / 5, LIGHTS[i % 5], device=list(DEVICES)[i])
        pixels, mask = render_photo(name, i, i, scene)
        found.append([*pixels.mean(axis=(0, 1)), pixels.std(), mask.mean()])
    np.testing.assert_allclose(found, PICTURES, atol=0.5)

import numpy as np
import pytest

from leaves.noise import generator
from leaves.shading import Camera, Light, Plotter, cast_shadow, develop, facing, lay, slopes
from leaves.shapes import grow
from leaves.species import SPECIES

OVERHEAD = Camera(np.array([[100.0, 0, 0, 50], [0, 100, 0, 50], [0, 0, 0, 1]]), 100, 100)


def light_from(x, y, z):
    direction = np.array([x, y, z], float)
    return Light(np.ones(3), np.full(3, 0.3), direction / np.linalg.norm(direction), 0.1)


@pytest.fixture
def pose():
    return lay(grow(SPECIES["oak"], 1), generator("pose", 5), None, np.ones(2))


def test_slopes_that_turn_to_the_light_are_brighter():
    ramp = np.tile(np.arange(9, dtype=np.float32) * 0.5, (9, 1))
    towards, away = (facing(light_from(x, 0, 1), *slopes(ramp))[4, 4] for x in (-1, 1))
    assert towards > 1 > away
    assert facing(light_from(1, 0, 1), *slopes(0 * ramp))[4, 4] == 1


@pytest.mark.parametrize("x", [-1.0, 1.0])
def test_the_shadow_falls_away_from_the_light(pose, x):
    _, _, cover = develop(pose, OVERHEAD, light_from(x, 0, 0.4), 0.4)
    cast, contact = cast_shadow(pose, OVERHEAD, light_from(x, 0, 0.4))
    columns = np.arange(100)
    middle = [np.average(columns, weights=shade.sum(axis=0)) for shade in (cast, contact)]
    straight, _ = cast_shadow(pose, OVERHEAD, light_from(0, 0, 1))
    below = np.average(columns, weights=straight.sum(axis=0))
    assert np.sign(middle[0] - below) == -np.sign(x)
    assert cover.max() == 1


def test_a_leaf_outside_the_frame_is_not_drawn(pose):
    far = Camera(OVERHEAD.matrix + [[0, 0, 0, 1000], [0] * 4, [0] * 4], 100, 100)
    assert develop(pose, far, light_from(0, 0, 1), 0.4) is None


def test_the_drawn_blade_covers_the_area_of_its_outline(pose):
    pixels = OVERHEAD.project(pose.solid)
    blade = Plotter(pose.leaf, pixels, (0, 0, 100, 100), 3).draw(blade=255)
    x, y = pixels[: len(pose.leaf.outline)].T
    area = 0.5 * abs(np.sum(x * np.roll(y, 1) - y * np.roll(x, 1)))
    assert np.sum(np.asarray(blade, float)) / 255 == pytest.approx(area, rel=0.05)


def test_most_leaves_lie_within_the_frame_and_the_rest_reach_a_little_out_of_it():
    reach = []
    for photo in range(100):
        rng = generator("lay", photo)
        name = list(SPECIES)[photo % 10]
        frame = np.array([1.0, 0.75])
        posed = lay(grow(SPECIES[name], photo), rng, None, frame)
        blade = posed.solid[: len(posed.leaf.outline), :2] / frame
        reach.append(np.max(np.abs(blade)) - 0.5)
        assert np.max(np.ptp(blade, axis=0)) >= 0.35
    assert np.max(reach) < 0.2
    assert 0.8 < np.mean(np.less_equal(reach, 1e-9)) < 1

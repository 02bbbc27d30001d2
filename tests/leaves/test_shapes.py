import numpy as np
import pytest
from matplotlib.path import Path
from scipy.spatial import cKDTree

from leaves.noise import generator
from leaves.shapes import grow, lift
from leaves.species import OVERLAP, SPECIES, random_species

SPECIMENS = range(40)


def leaves(name):
    return [grow(SPECIES[name], specimen) for specimen in SPECIMENS]


def smoothed(outline, share):
    """Outline with detail shorter than a share of its perimeter removed, at equal steps."""
    closed = np.vstack([outline, outline[:1]])
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0, along[-1], 1024, endpoint=False)
    curve = np.interp(at, along, closed[:, 0]) + 1j * np.interp(at, along, closed[:, 1])
    waves = np.fft.fft(curve)
    waves[np.abs(np.fft.fftfreq(1024, 1 / 1024)) > 1 / share] = 0
    return curve, np.fft.ifft(waves)


def roughness(leaf):
    """Root mean square height of the margin's detail, in blade lengths."""
    curve, smooth = smoothed(leaf.outline, 1 / 14)
    return np.sqrt(np.mean(np.abs(curve - smooth) ** 2))


def test_a_specimen_grows_alike_every_time_and_unlike_its_neighbours():
    first = grow(SPECIES["oak"], 3)
    grow.cache_clear()
    again = grow(SPECIES["oak"], 3)
    np.testing.assert_array_equal(first.points, again.points)
    assert first.traits == again.traits
    assert grow(SPECIES["oak"], 4).traits != first.traits


@pytest.mark.parametrize("name", SPECIES)
def test_veins_stay_inside_the_blade_and_the_stem_meets_it(name):
    for leaf in leaves(name):
        blade = Path(leaf.outline)
        spans = leaf.parts["veins"] + leaf.parts["midrib"]
        veins = np.concatenate([leaf.points[a:b] for a, b in spans])
        gap = cKDTree(leaf.outline).query(veins)[0]
        assert np.mean(blade.contains_points(veins) | (gap < 0.02)) > 0.92
        start, stop = leaf.parts["stem"][0]
        stem = leaf.points[start:stop]
        assert (
            cKDTree(leaf.outline).query(stem)[0].min() < 0.03 or blade.contains_points(stem).any()
        )
        assert stem[:, 1].min() < leaf.outline[:, 1].min() or name in ("norway maple", "sycamore")


def above(one, other):
    """How often a value of the first list exceeds one of the second, 0 to 1."""
    return np.mean(np.greater.outer(one, other))


def test_hornbeam_is_mostly_toothed_and_pleated_where_beech_is_smooth():
    beech, hornbeam = leaves("beech"), leaves("hornbeam")
    rough = [[roughness(leaf) for leaf in group] for group in (hornbeam, beech)]
    pleats = [[leaf.traits["corrugation"] for leaf in group] for group in (hornbeam, beech)]
    assert 0.7 < above(*rough) < 1
    assert 0.8 < above(*pleats) < 1


def tip_width(leaf):
    """Width of the middle lobe a twentieth of the blade below its tip, in blade lengths."""
    x, y = leaf.outline.T
    tip = int(np.argmax(y))
    near = (y > y[tip] - 0.05) & (np.abs(x - x[tip]) < 0.2)
    return np.ptp(x[near])


def test_lobe_tips_of_sycamore_are_blunter_than_those_of_norway_maple():
    sycamore = [tip_width(leaf) for leaf in leaves("sycamore")]
    norway = [tip_width(leaf) for leaf in leaves("norway maple")]
    assert 0.75 < above(sycamore, norway) < 1


def test_linden_mostly_has_the_heart_shaped_base_that_birch_lacks():
    depth = {
        name: [-leaf.outline[:, 1].min() for leaf in leaves(name)] for name in ("linden", "birch")
    }
    assert 0.85 < above(depth["linden"], depth["birch"]) < 1
    assert np.median(depth["linden"]) > np.median(depth["birch"]) + 0.03


def test_willow_and_olive_grow_alike_and_are_coloured_apart():
    def saturation(leaf):
        green = leaf.colours["green"]
        return 1 - green.min() / green.max()

    def width(leaf):
        return np.ptp(leaf.outline[:, 0])

    willow, olive = leaves("willow"), leaves("olive")
    assert np.median([saturation(o) for o in olive]) < 0.7 * np.median(
        [saturation(w) for w in willow]
    )
    widths = [sorted(width(leaf) for leaf in group) for group in (willow, olive)]
    assert widths[0][0] < widths[1][-1]
    assert widths[1][0] < widths[0][-1]


def test_specimens_vary_towards_the_species_that_theirs_resembles_and_no_further_than_half():
    def green(name):
        return [
            1 - min(leaf.colours["green"]) / max(leaf.colours["green"]) for leaf in leaves(name)
        ]

    assert 0.8 < above(green("willow"), green("olive")) < 1
    assert OVERLAP <= 0.5


def test_random_species_grow_whole_leaves():
    rng = generator("random species")
    for _ in range(40):
        leaf = grow(random_species(rng), 0)
        assert np.isfinite(leaf.points).all()
        x, y = leaf.outline.T
        area = 0.5 * abs(np.sum(x * np.roll(y, 1) - y * np.roll(x, 1)))
        assert 0.04 < area < 2


def test_a_flat_leaf_lies_flat():
    traits = dict.fromkeys(grow(SPECIES["beech"], 0).traits, 0.0)
    assert np.all(lift(traits, np.linspace(-1, 1, 5), np.linspace(0, 1, 5)) == 0)

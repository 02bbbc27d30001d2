"""Placing groups: no choice of whole groups is better, by a loop over all of them."""

import warnings
from itertools import product

import numpy as np
import pytest
from scipy.sparse import csr_array

from helpers.splits import searching, split
from helpers.splits.searching import Problem, place_groups


def problem(counts, shares=(0.8, 0.2), base=None):
    counts = np.array(counts)
    counts = counts[:, None] if counts.ndim == 1 else counts
    base = np.zeros((len(shares), counts.shape[1]), int) if base is None else np.array(base)
    return Problem(csr_array(counts), base, np.array(shares))


def price(counts, shares, base, sides):
    """What `place_groups` promises to make smallest, written out image by image."""
    counts, whole = np.atleast_2d(counts), np.array(base).sum() + np.sum(counts)
    have = np.array(base, float)
    for group, side in enumerate(sides):
        have[side] += counts[group]
    images = have.sum(0)
    untrained = sum(have[0, c] == 0 for c in range(len(images)))
    missing = sum(have[s, c] == 0 for s in range(1, len(shares)) for c in range(len(images)))
    excess = distance = 0
    for side, share in enumerate(shares):
        off = have[side].sum() - share * whole
        excess += max(abs(off) / whole - 0.05, 0)
        distance += off**2 / max(share * whole, 1)
        for c in range(len(images)):
            wanted = share * images[c]
            distance += (have[side, c] - wanted) ** 2 / max(wanted, 1)
    return untrained, missing, round(excess, 7), round(distance, 7)


def cheapest(counts, shares, base):
    every = product(range(len(shares)), repeat=len(counts))
    return min(price(counts, shares, base, sides) for sides in every)


def draw(number):
    """Groups of unequal size and mixed classes, sometimes beside images placed already."""
    rng = np.random.default_rng(number)
    shares = [(0.8, 0.2), (0.5, 0.5), (0.6, 0.2, 0.2)][number % 3]
    groups = rng.integers(3, 11 if len(shares) == 2 else 7)
    counts = rng.integers(1, 12, (groups, 3)) * (rng.random((groups, 3)) < 0.5)
    counts[counts.sum(1) == 0, 0] = 1
    counts[0] *= 1 + 14 * (number % 2)
    counts = counts[:, counts.sum(0) > 0]
    base = np.zeros((len(shares), counts.shape[1]), int)
    if number % 4 == 3:
        base[rng.integers(len(shares))] = rng.integers(0, 9, counts.shape[1])
    return counts, shares, base


@pytest.mark.parametrize("number", range(18))
def test_few_groups_of_any_size_are_placed_as_well_as_can_be(number):
    counts, shares, base = draw(number)
    found = place_groups(problem(counts, shares, base), np.random.default_rng(number))
    assert price(counts, shares, base, found) == cheapest(counts, shares, base)


@pytest.mark.parametrize("number", range(18))
def test_moving_groups_one_by_one_finds_the_best_as_well(number):
    counts, shares, base = draw(number)
    given, rng = problem(counts, shares, base), np.random.default_rng(number)
    start = rng.integers(len(shares), size=len(counts))
    found = searching._improve(given, start, rng)
    assert price(counts, shares, base, found) == cheapest(counts, shares, base)


@pytest.mark.parametrize("number", range(18))
def test_the_change_of_every_move_is_the_difference_of_two_prices(number):
    counts, shares, base = draw(number)
    sides = np.random.default_rng(number).integers(len(shares), size=len(counts))
    changes = searching._Moves(problem(counts, shares, base))._changes(sides)
    before = np.array(price(counts, shares, base, sides))
    for group, side in product(range(len(counts)), range(len(shares))):
        moved = sides.copy()
        moved[group] = side
        change = np.array(price(counts, shares, base, moved)) - before
        untrained = len(shares) * counts.shape[1] + 1
        assert changes[0, group, side] == untrained * change[0] + change[1]
        assert changes[1:, group, side] == pytest.approx(change[2:], abs=1e-6)


@pytest.mark.parametrize(
    ("sizes", "share"),
    [
        ([80, 20], 0.2),
        ([80, 10, 10], 0.2),
        ([60, 20, 10, 10], 0.2),
        ([70, 10, 10, 5, 5], 0.2),
        ([500, *[1] * 125], 0.2),
        ([37, 29, 23, 19, 17, 13, 11, 7, 5, 3, 2, 1, 1], 0.25),
        ([400, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 30], 0.2),
        ([90, 1, 9], 0.1),
        ([2, 2, 2, 2, 2], 0.4),
        ([997, 1, 1, 1], 0.003),
        ([100, 60, 40, 30, 20, 10, 5, 5, 5, 5, 3, 3, 3, 3, 2, 2, 2, 2] + [1] * 30, 0.3),
    ],
)
def test_a_share_that_whole_groups_can_make_up_is_met_for_every_seed(sizes, share):
    reachable = {0}
    for size in sizes:
        reachable |= {size + sum_ for sum_ in reachable}
    nearest = min(abs(images - share * sum(sizes)) for images in reachable)
    for seed in range(5):
        found = place_groups(problem(sizes, (1 - share, share)), np.random.default_rng(seed))
        off = abs(np.array(sizes)[found == 1].sum() - share * sum(sizes))
        assert off <= max(nearest, 0.01 * sum(sizes)) + 1e-9


def test_equally_good_choices_are_drawn_by_the_seed():
    found = {
        tuple(place_groups(problem([20] * 5), np.random.default_rng(seed))) for seed in range(60)
    }
    assert found == {tuple(int(i == j) for i in range(5)) for j in range(5)}


def test_many_groups_of_odd_sizes_come_within_a_point(make):
    rng = np.random.default_rng(5)
    sizes = np.r_[300, rng.integers(1, 30, 60)]
    site = np.repeat([f"s{i}" for i in range(61)], sizes)
    made = make(label=rng.choice(["a", "b", "c"], len(site), p=[0.7, 0.2, 0.1]), site=site)
    for test in (None, 0.15):
        found = split(made.with_group("site"), 0.25, test)["split"]
        shares = found.value_counts(normalize=True)
        assert shares["valid"] == pytest.approx(0.25, abs=0.01)
        assert shares.get("test", 0) == pytest.approx(test or 0, abs=0.01)
        by_class = found.eq("valid").groupby(made.images["label"]).mean()
        assert by_class.to_numpy() == pytest.approx(0.25, abs=0.05)


def test_what_a_draw_gets_wrong_is_searched_for(make):
    """Drawn in any order, two groups with most of a class end up on one side."""
    label = ["a"] * 40 + ["b"] * 36 + ["a"] * 24
    site = ["x"] * 20 + ["y"] * 20 + ["x"] * 18 + ["y"] * 18 + [f"z{i}" for i in range(24)]
    made = make(label=label, site=site, group="site")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = split(made, 0.2)["split"]
    assert found.groupby(label).nunique().tolist() == [2, 2]
    assert (found == "valid").sum() == 38


@pytest.mark.parametrize("near", [True, False])
def test_a_draw_stands_where_it_is_within_one_percent(near):
    sizes = [1] * 1000
    placed = np.r_[np.ones(210 if near else 211, int), np.zeros(790 if near else 789, int)]
    assert searching._near(problem(sizes), placed) is near


def test_a_draw_that_leaves_a_class_out_of_a_side_does_not_stand():
    counts = [[1, 0]] * 998 + [[0, 1]] * 2
    placed = np.r_[np.ones(200, int), np.zeros(800, int)]
    assert not searching._near(problem(counts), placed)
    placed[999] = 1
    assert searching._near(problem(counts), placed)
    placed[998] = 1
    assert not searching._near(problem(counts), placed)


def test_nothing_to_place_is_placed():
    assert place_groups(problem(np.zeros((0, 2), int)), np.random.default_rng(0)).tolist() == []


@pytest.mark.parametrize("number", range(12))
def test_the_cost_of_many_choices_is_the_price_of_each(number):
    """With images so few that a side wants less than one, too."""
    rng = np.random.default_rng(number)
    sides = 2 + number % 2
    shares = rng.dirichlet(np.ones(sides))
    counts = rng.integers(0, 3, (3, 2))
    counts[0] += 1
    base = rng.integers(0, 2, (sides, 2))
    every = np.array([*product(range(sides), repeat=3)])
    on = (every[:, None, :] == np.arange(sides)[:, None]).astype(float)
    cost = searching._cost(problem(counts, shares, base), base + on @ counts)
    for found, choice in zip(cost, every, strict=True):
        untrained, missing, *rest = price(counts, shares, base, choice)
        assert found[0] == untrained * (2 * sides + 1) + missing
        assert found[1:] == pytest.approx(rest, abs=1e-6)


@pytest.mark.parametrize("number", range(6))
def test_the_change_of_a_move_is_right_where_a_side_wants_less_than_one_image(number):
    rng = np.random.default_rng(number)
    counts, base = np.array([[1, 0], [0, 1], [2, 0], [1, 1]]), np.zeros((2, 2), int)
    shares, sides = (0.9, 0.1), rng.integers(2, size=4)
    changes = searching._Moves(problem(counts, shares))._changes(sides)
    for group in range(4):
        moved = np.where(np.arange(4) == group, 1 - sides, sides)
        change = np.subtract(price(counts, shares, base, moved), price(counts, shares, base, sides))
        assert changes[:, group, 1 - sides[group]] == pytest.approx(
            [5 * change[0] + change[1], *change[2:]], abs=1e-6
        )
        assert changes[:, group, sides[group]].tolist() == [0, 0, 0]


def test_a_move_that_makes_nothing_better_is_not_made():
    moves = searching._Moves(problem([10, 10, 10], (0.5, 0.5)))
    for start in ([1, 0, 1], [0, 0, 1], [0, 1, 0]):
        assert moves.descend(np.array(start))[0].tolist() == start
    assert moves._best(np.array([[[0.0, 1]], [[0, -0.5]], [[0, -9]]])) == (0, 0, False)
    assert moves._best(np.array([[[0.0, 0]], [[0, 0.5]], [[0, -9]]])) == (0, 0, False)
    assert moves._best(np.array([[[0.0, 0]], [[0, 0]], [[0, -9]]])) == (0, 1, True)
    assert moves._best(np.array([[[0.0, -1]], [[0, 3]], [[0, 9]]])) == (0, 1, True)


@pytest.mark.parametrize(
    ("groups", "classes", "sides", "all_"),
    [(15, 1, 2, True), (16, 1, 2, False), (10, 1, 3, True), (11, 1, 3, False),
     (15, 183, 2, True), (15, 184, 2, False)],
)  # fmt: skip
def test_so_many_choices_are_tried_one_and_all(monkeypatch, groups, classes, sides, all_):
    monkeypatch.setattr(searching, "_try_all", lambda *_: "all")
    monkeypatch.setattr(searching, "_draw", lambda *_: "drawn")
    monkeypatch.setattr(searching, "_near", lambda *_: True)
    given = problem(np.ones((groups, classes), int), np.full(sides, 1 / sides))
    assert place_groups(given, None) == ("all" if all_ else "drawn")


def test_every_choice_is_tried_once():
    for groups, sides in [(1, 2), (3, 3), (13, 2)]:
        found = np.concatenate([*searching._choices(groups, sides)])
        assert sorted(map(tuple, found)) == [*product(range(sides), repeat=groups)]


@pytest.mark.parametrize(
    ("left", "have", "taken"),
    [
        ([2, 2], [0.0, 0], True),
        ([2, 1], [0.0, 0], False),  # the last one of a class stays where it is
        ([1, 2], [0.0, 0], False),
        ([9, 9], [5.0, 5], False),  # there are enough already
        ([9, 9], [0.0, 5], True),  # one class has none as yet
        ([3, 3], [4.0, 4], False),
    ],
)
def test_a_group_joins_a_side_that_it_brings_nearer_or_that_lacks_its_class(left, have, taken):
    counts, wanted = csr_array(np.array([[2, 3]])), np.array([4.0, 4])
    left, have = np.array(left), np.array(have)
    before = left.copy()
    found = searching._fill(counts, have.copy(), wanted, left, np.random.default_rng(0))
    assert found == [0] * taken and (before - left).tolist() == [taken, taken]


def test_a_class_that_train_has_one_image_of_already_may_leave_it():
    given = problem([[1]] * 30, base=[[1], [0]])
    left = searching._draw(given, np.random.default_rng(0))
    assert left.sum() == 6
    alone = problem([[1]], (0.5, 0.5), [[1], [0]])
    assert searching._draw(alone, np.random.default_rng(0)).tolist() == [1]
    assert searching._draw(problem([[1]], (0.5, 0.5)), np.random.default_rng(0)).tolist() == [0]


@pytest.mark.parametrize(("taken", "near"), [(3, True), (1, True), (5, True), (6, False)])
def test_a_class_may_be_off_by_two_of_its_groups_of_mean_size(taken, near):
    """Of 12 groups of two images and one of six: the mean is 30 / 13, and twice that 4.6."""
    counts = [[0, 2]] * 12 + [[0, 6]] + [[1, 0]] * 2000
    placed = np.zeros(len(counts), int)
    placed[:taken] = 1
    placed[13 : 13 + 406 - 2 * taken] = 1
    assert searching._near(problem(counts), placed) is near


def test_a_draw_that_takes_a_class_from_train_does_not_stand():
    counts = [[1, 0]] * 999 + [[0, 1]]
    placed = np.r_[np.ones(200, int), np.zeros(800, int)]
    assert searching._near(problem(counts), placed)
    placed[999] = 1
    assert not searching._near(problem(counts), placed)

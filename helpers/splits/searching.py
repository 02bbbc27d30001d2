"""Which whole groups go to which side, so that all images and every class come near their shares.

A side is a number: 0 train, 1 valid, 2 test (where one is asked for).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

TOLERANCE = 0.05  # of all images: nearer than this where whole groups allow it
_NEAR = 0.01  # of all images, and of a class: a choice drawn as near as this is left as it is
_MOST_CHOICES = 60_000  # so many are tried one and all, which takes about a second
_MOST_CELLS = 6_000_000
_CHUNK = 4096
_PATIENCE = 100  # searches from near the best that find nothing better, after which it stays
_WORK = 1_000_000  # counts looked at in searching, so that large datasets take seconds


@dataclass(frozen=True)
class Problem:
    """Groups to place beside images whose side is known already.

    Attributes
    ----------
    counts : sparse int array (groups × classes), images of each class in each group
    base : int array (sides × classes), images whose side is known
    shares : float array (sides), which sum to 1
    """

    counts: csr_array
    base: np.ndarray
    shares: np.ndarray

    @property
    def wanted(self) -> np.ndarray:
        """Images wanted (sides × classes)."""
        return np.outer(self.shares, self.base.sum(0) + self.counts.sum(0))

    def have(self, sides: np.ndarray) -> np.ndarray:
        """Images on each side, by class (sides × classes), with groups placed on `sides`."""
        on = (np.arange(len(self.shares))[:, None] == sides).astype(float)
        return self.base + on @ self.counts


def place_groups(problem: Problem, rng: np.random.Generator) -> np.ndarray:
    """The side of each group, int array (groups).

    Best is, in this order: no class without training images; as few classes as possible missing
    from another side; the share of all images within `TOLERANCE`, or as near as can be; the
    smallest sum over sides and classes, and all images as one class more, of squared difference
    from the wanted number over that number. Few groups are placed by trying every choice, one of
    the equally good at random. Many are drawn in random order, which as a rule comes within 1 % of
    the images and one group of each class (or two of mean size, if smaller); where it does not,
    single moves and random restarts improve it.
    """
    groups, sides = problem.counts.shape[0], len(problem.shares)
    if not groups:
        return np.zeros(0, int)
    choices = sides ** min(groups, 40)
    if choices <= _MOST_CHOICES and choices * problem.counts.shape[1] <= _MOST_CELLS:
        return _try_all(problem, rng)
    drawn = _draw(problem, rng)
    return drawn if _near(problem, drawn) else _improve(problem, drawn, rng)


def _cost(problem: Problem, have: np.ndarray) -> np.ndarray:
    """Missing classes, excess and distance (see `place_groups`) of each choice, shape (…, 3).

    `have` is (…, sides × classes).
    """
    sides, classes = problem.base.shape
    wanted, off = problem.wanted, have - problem.wanted
    missing = (have == 0) & (wanted > 0)
    first = missing[..., 0, :].sum(-1) * (sides * classes + 1)
    total, images = off.sum(-1), wanted.sum()
    excess = np.maximum(np.abs(total) - TOLERANCE * images - 1e-9, 0).sum(-1) / images
    distance = (off**2 / np.maximum(wanted, 1)).sum((-1, -2))
    distance += (total**2 / np.maximum(wanted.sum(1), 1)).sum(-1)
    return np.stack([first + missing[..., 1:, :].sum((-1, -2)), excess, distance], -1)


def _try_all(problem: Problem, rng: np.random.Generator) -> np.ndarray:
    """The best of all choices; among equals, one at random."""
    groups, sides = problem.counts.shape[0], len(problem.shares)
    dense = problem.counts.toarray().astype(float)
    costs = []
    for choice in _choices(groups, sides):
        on = choice[:, None, :] == np.arange(sides)[:, None]
        costs.append(_cost(problem, problem.base + on.astype(float) @ dense))
    costs = np.concatenate(costs).round(9)
    equal = np.flatnonzero((costs == costs[np.lexsort(costs.T[::-1])[0]]).all(1))
    return _digits(rng.choice(equal, 1), groups, sides)[0]


def _choices(groups: int, sides: int) -> Iterator[np.ndarray]:
    for start in range(0, sides**groups, _CHUNK):
        yield _digits(np.arange(start, min(start + _CHUNK, sides**groups)), groups, sides)


def _digits(numbers: np.ndarray, groups: int, sides: int) -> np.ndarray:
    """Choices by number: the side of each group is a digit of it, (numbers × groups)."""
    return numbers[:, None] // sides ** np.arange(groups) % sides


def _draw(problem: Problem, rng: np.random.Generator) -> np.ndarray:
    """Groups in random order join a side while that brings its classes nearer to their shares."""
    placed = np.zeros(problem.counts.shape[0], int)
    for side in range(len(problem.shares) - 1, 0, -1):
        rest = np.flatnonzero(placed == 0)
        counts, have = problem.counts[rest], problem.base[side].astype(float)
        left = (counts > 0).sum(0) + (problem.base[0] > 0)
        taken = _fill(counts, have, problem.wanted[side], left, rng)
        placed[rest[taken]] = side
    return placed


def _fill(
    counts: csr_array, have: np.ndarray, wanted: np.ndarray, left: np.ndarray, rng
) -> list[int]:
    """Groups (rows of `counts`) that together come near to `wanted`; each class keeps one left."""
    weight, taken = 1 / np.maximum(wanted, 1), []
    starts = counts.indptr
    for i in rng.permutation(counts.shape[0]):
        row = slice(starts[i], starts[i + 1])
        classes, images = counts.indices[row], counts.data[row]
        off, others = have[classes] - wanted[classes], left[classes]
        gain = (weight[classes] * (off**2 - (off + images) ** 2)).sum()
        first = (have[classes] == 0).any()
        if (gain > 0 or first) and (others > 1).all():  # or a large group would end a class
            taken.append(i)
            have[classes] += images
            left[classes] -= 1
    return taken


def _near(problem: Problem, placed: np.ndarray) -> bool:
    """Whether a drawn choice needs no search: see `place_groups`."""
    have, wanted = problem.have(placed), problem.wanted
    off = have - wanted
    able = (problem.counts > 0).sum(0) + (problem.base > 0).sum(0) >= len(problem.shares)
    complete = (have[0] > 0).all() and (have[:, able] > 0).all()
    largest = problem.counts.max(0).toarray().ravel()
    usual = problem.counts.sum(0) / np.maximum((problem.counts > 0).sum(0), 1)
    step = np.maximum(np.minimum(largest, 2 * usual), _NEAR * wanted.sum(0))
    total = np.abs(off.sum(1)) <= _NEAR * wanted.sum()
    return bool(complete and total.all() and (np.abs(off) <= step).all())


def _improve(problem: Problem, placed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The best found by single moves from `placed`, and again from it with a few at random."""
    groups, sides = problem.counts.shape[0], len(problem.shares)
    moves = _Moves(problem)
    best, cost = moves.descend(placed.copy())
    idle = 0
    for _ in range(int(np.clip(_WORK // problem.counts.nnz, 1, 400))):
        start = best.copy()
        some = rng.integers(groups, size=rng.integers(2, 5))
        start[some] = rng.integers(sides, size=len(some))
        found, again = moves.descend(start)
        idle = 0 if tuple(again) < tuple(cost) else idle + 1
        if tuple(again) <= tuple(cost):
            best, cost = found, again
        if idle == _PATIENCE:
            break
    return best


class _Moves:
    """The cost of moving each one group to each other side, for all of them at once."""

    def __init__(self, problem: Problem):
        self.problem, self.wanted = problem, problem.wanted
        self.counts, self.shows = problem.counts, (problem.counts > 0).astype(float)
        self.sizes, self.images = self.counts.sum(1), self.wanted.sum()
        self.weight = 1 / np.maximum(self.wanted, 1)
        self.whole = 1 / np.maximum(self.wanted.sum(1), 1)
        # What the square of a group's own counts adds, on whichever side it comes to lie.
        self.square = (self.counts**2) @ self.weight.T + np.outer(self.sizes**2, self.whole)
        sides, classes = problem.base.shape
        self.missing = np.r_[sides * classes + 1, np.ones(sides - 1)]

    def descend(self, placed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`placed` after the best move, and the next, until none is better; and its cost."""
        for _ in range(len(placed)):
            change = self._changes(placed)
            group, side, better = self._best(change)
            if not better:
                break
            placed[group] = side
        return placed, _cost(self.problem, self.problem.have(placed)).round(9)

    def _changes(self, placed: np.ndarray) -> np.ndarray:
        """By how much each cost changes, (3 × groups × sides)."""
        here = np.arange(len(placed)), placed
        have = self.problem.have(placed)
        off, total = have - self.wanted, (have - self.wanted).sum(1)
        slope = 2 * (self.counts @ (self.weight * off).T + np.outer(self.sizes, self.whole * total))
        distance = (self.square + slope) + (self.square - slope)[here][:, None]
        over = self._over(total)
        come = self._over(total + self.sizes[:, None]) - over
        go = self._over(total - self.sizes[:, None]) - over
        on = (np.arange(len(self.missing))[:, None] == placed).astype(float)
        groups = on @ self.shows + (self.problem.base > 0)
        opened = self.shows @ ((groups == 0) * self.missing[:, None]).T
        ended = self.shows @ ((groups == 1) * self.missing[:, None]).T
        changes = np.stack([ended[here][:, None] - opened, come + go[here][:, None], distance])
        changes[:, here[0], placed] = 0
        return changes.round(9)

    def _over(self, total: np.ndarray) -> np.ndarray:
        return np.maximum(np.abs(total) - TOLERANCE * self.images - 1e-9, 0) / self.images

    @staticmethod
    def _best(changes: np.ndarray) -> tuple[int, int, bool]:
        flat = changes.reshape(len(changes), -1)
        best = np.lexsort(flat[::-1])[0]
        group, side = np.unravel_index(best, changes.shape[1:])
        return int(group), int(side), tuple(flat[:, best]) < (0, 0, 0)

"""Textures: stationary patterns in 0..1 that fill a frame, from a dozen random parameters each."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

_FIELD = 512


@cache
def field(number: int) -> np.ndarray:
    """Periodic Gaussian noise with spectrum 1 / f**slope, mean 0 and deviation 1."""
    rng = np.random.default_rng([7, number])
    f = np.hypot(np.fft.fftfreq(_FIELD)[:, None], np.fft.rfftfreq(_FIELD)[None])
    f[0, 0] = np.inf
    slope, low, high = rng.uniform(0.8, 1.9), 0.0, np.inf
    if number % 3 == 0:  # a band of frequencies: blobs of one size
        low = 10 ** rng.uniform(-1.9, -0.9)
        high = low * rng.uniform(1.3, 2.5)
    spectrum = np.where((f >= low) & (f <= high), f**-slope, 0)
    phase = rng.normal(size=spectrum.shape) + 1j * rng.normal(size=spectrum.shape)
    noise = np.fft.irfft2(spectrum * phase, (_FIELD, _FIELD))
    return ((noise - noise.mean()) / noise.std()).astype(np.float32)


def noise(rng, size: int, number: int | None = None, zoom: float = 1.0) -> np.ndarray:
    """A random piece of a noise field, (size, size)."""
    tile = field(int(rng.integers(48)) if number is None else number)
    left, top = rng.integers(_FIELD, size=2)
    steps = (np.arange(size) * zoom).astype(int)
    return tile[np.ix_((top + steps) % _FIELD, (left + steps) % _FIELD)]


KINDS = (
    "noise", "stripes", "checks", "cells", "spots", "bricks", "weave", "rings", "marble",
    "fibres", "mottle", "scales",
)  # fmt: skip


@dataclass(frozen=True)
class Texture:
    """One texture class; pictures of it differ in place, angle, scale and distortion."""

    kind: str
    number: int
    frequency: float
    angle: float
    warp: float
    share: float
    soft: float
    square: float

    def sample(self, rng, size: int) -> np.ndarray:
        """One picture of the texture, float32 (size, size) in 0..1."""
        turn = self.angle + rng.normal(0, 0.12)
        scale = self.frequency * np.exp(rng.normal(0, 0.15))
        y, x = (np.mgrid[:size, :size] / size).astype(np.float32)
        warp = self.warp * noise(rng, size, 1 + 3 * (self.number % 8))
        u = scale * (x * np.cos(turn) + y * np.sin(turn)) + warp + rng.uniform(0, 50)
        v = scale * self.square * (y * np.cos(turn) - x * np.sin(turn)) + rng.uniform(0, 50)
        return np.clip(getattr(self, f"_{self.kind}")(rng, size, u, v), 0, 1).astype(np.float32)

    def _threshold(self, t: np.ndarray) -> np.ndarray:
        return 0.5 + (t - self.share) / (2 * self.soft)

    def _noise(self, rng, size, u, v):
        return 0.5 + 0.3 * noise(rng, size, self.number)

    def _mottle(self, rng, size, u, v):
        return 0.5 + (noise(rng, size, self.number) + 1.5 * self.share - 0.75) / (2 * self.soft)

    def _stripes(self, rng, size, u, v):
        return self._threshold(0.5 + 0.5 * np.sin(2 * np.pi * u))

    def _checks(self, rng, size, u, v):
        return 0.5 + np.sin(np.pi * u) * np.sin(np.pi * v) / (2 * self.soft)

    def _points(self, rng, size, u, v):
        """Distances to the two nearest of points jittered around a grid, in grid steps."""
        low = np.floor([u.min(), v.min()]).astype(int) - 2
        high = np.ceil([u.max(), v.max()]).astype(int) + 2
        ranges = np.arange(low[0], high[0]), np.arange(low[1], high[1])
        grid = np.stack(np.meshgrid(*ranges), -1)
        points = grid.reshape(-1, 2)
        points = points + rng.uniform(-0.5, 0.5, points.shape) * self.warp * 4
        found, _ = cKDTree(points).query(np.stack([u.ravel(), v.ravel()], -1), 2)
        return found.T.reshape(2, size, size)

    def _cells(self, rng, size, u, v):
        near, second = self._points(rng, size, u, v)
        return (second - near) / (0.2 + self.soft)

    def _spots(self, rng, size, u, v):
        return self._threshold(0.9 - self._points(rng, size, u, v)[0])

    def _scales(self, rng, size, u, v):
        return 1.1 - 1.4 * self._points(rng, size, u, v)[0]

    def _bricks(self, rng, size, u, v):
        row = np.floor(v)
        across = np.abs((u + 0.5 * (row % 2)) % 1 - 0.5)
        down = np.abs(v % 1 - 0.5)
        gap = 0.03 + 0.2 * self.share
        shade = np.sin(78.233 * np.floor(u + 0.5 * (row % 2)) + 37.719 * row) * 0.2
        return np.where((across > 0.5 - gap) | (down > 0.5 - gap), 0.1, 0.7 + shade)

    def _weave(self, rng, size, u, v):
        over = (np.floor(u) + np.floor(v)) % 2 == 0
        return np.where(over, np.sin(np.pi * (u % 1)), 0.75 * np.sin(np.pi * (v % 1)))

    def _rings(self, rng, size, u, v):
        x, y = u - u.mean() + rng.normal(0, 2), v - v.mean() + rng.normal(0, 2)
        return self._threshold(0.5 + 0.5 * np.sin(2 * np.pi * np.hypot(x, y)))

    def _marble(self, rng, size, u, v):
        return np.abs(np.sin(np.pi * u + 1.5 * noise(rng, size, self.number)))

    def _fibres(self, rng, size, u, v):
        tile = field(self.number)
        return 0.5 + 0.35 * map_coordinates(tile, [40 * u, 3 * v], order=1, mode="grid-wrap")


def random_texture(rng: np.random.Generator) -> Texture:
    """Draw the parameters of a texture class."""
    return Texture(
        kind=str(rng.choice(KINDS)),
        number=int(rng.integers(48)),
        frequency=float(np.exp(rng.uniform(np.log(2.5), np.log(18)))),
        angle=float(rng.choice([0, rng.uniform(0, np.pi)])),
        warp=float(rng.choice([0.02, 0.1, 0.25])),
        share=float(rng.uniform(0.3, 0.7)),
        soft=float(np.exp(rng.uniform(np.log(0.05), np.log(0.6)))),
        square=float(np.exp(rng.uniform(-0.7, 0.7))),
    )

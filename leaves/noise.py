"""Seeded random numbers, and the noise from which textures are made.

Everything here is computed in float64 and quantised to 8 bits only at the end, so that another
CPU's rounding cannot move a texel by a level.
"""

from hashlib import blake2b

import numpy as np
from PIL import Image
from scipy.spatial import cKDTree


def generator(*parts: int | str) -> np.random.Generator:
    """Return a generator that depends on the parts alone, on every machine and in every process."""
    words = [
        int.from_bytes(blake2b(part.encode(), digest_size=8).digest(), "little")
        if isinstance(part, str)
        else int(part) % 2**64
        for part in parts
    ]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))


def smoothstep(low: float, high: float, x: np.ndarray) -> np.ndarray:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``, without a hard threshold."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def fractal(
    rng: np.random.Generator, size: int, slope: float, stretch: tuple[float, float] = (1.0, 1.0)
) -> np.ndarray:
    """Noise whose power falls as 1 / frequency ** slope; float64 (size, size) in 0..1, mean 0.5.

    ``stretch`` lengthens the features (down, across); the result tiles.
    """
    spectrum = np.fft.rfft2(rng.standard_normal((size, size)))
    down = np.fft.fftfreq(size)[:, None] * stretch[0]
    across = np.fft.rfftfreq(size)[None] * stretch[1]
    frequency = np.hypot(down, across)
    frequency[0, 0] = np.inf
    noise = np.fft.irfft2(spectrum / frequency ** (slope / 2), s=(size, size))
    return np.clip(0.5 + noise / (5.0 * noise.std()), 0.0, 1.0)


def cells(
    rng: np.random.Generator,
    size: int,
    count: int,
    stretch: float = 1.0,
    warp: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Voronoi cells of random points (Worley, 1996), ``stretch`` times as long as they are wide.

    Returns
    -------
    inside : float64 (size, size)
        Distance to the second nearest point less that to the nearest: 0 on the walls.
    tone : float64 (size, size)
        One random number in 0..1 for each cell.
    nearest : float64 (size, size)
        Distance to the nearest point, in units of the mean cell size.
    """
    points = rng.random((count, 2)) * (1.0 / stretch, 1.0)
    y, x = np.meshgrid(*(np.arange(size) / size,) * 2, indexing="ij")
    shift = 0.0 if warp is None else warp - 0.5
    grid = np.stack([(y / stretch) % (1.0 / stretch), (x + shift) % 1.0], axis=-1)
    tree = cKDTree(points, boxsize=(1.0 / stretch, 1.0))
    distance, index = tree.query(grid.reshape(-1, 2), k=2)
    distance = distance.reshape(size, size, 2) * np.sqrt(count * stretch)
    tones = rng.random(count)
    return (
        distance[..., 1] - distance[..., 0],
        tones[index[:, 0]].reshape(size, size),
        distance[..., 0],
    )


def heap(rng: np.random.Generator, size: int, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drop rough ellipsoids of the given radii (pixels) on a plane and look from above.

    Returns
    -------
    height : float64 (size, size)
        Height of the topmost surface in pixels.
    tone : float64 (size, size)
        One random number in 0..1 for each ellipsoid; 0.5 on the plane.
    """
    height, tone = np.zeros((size, size)), np.full((size, size), 0.5)
    for radius in radii:
        reach = int(np.ceil(radius * 1.4))
        y0, x0 = rng.random(2) * size
        turn, flat, level = rng.uniform(0, np.pi), rng.uniform(0.6, 1.0), rng.uniform(-0.7, 0.3)
        rows = np.arange(int(y0) - reach, int(y0) + reach + 1)
        columns = np.arange(int(x0) - reach, int(x0) + reach + 1)
        y, x = (rows - y0)[:, None], (columns - x0)[None]
        along = (np.cos(turn) * x + np.sin(turn) * y) / radius
        aside = (np.cos(turn) * y - np.sin(turn) * x) / (radius * flat)
        lumps = 0.16 * np.sin(3.1 * along + 7 * turn) * np.cos(2.7 * aside + 11 * flat)
        dome = 1.0 - along**2 - aside**2 + lumps
        top = radius * (np.sqrt(np.clip(dome, 0.0, None)) * 0.8 + level)
        where = np.ix_(rows % size, columns % size)
        above = (dome > 0) & (top > height[where])
        height[where] = np.where(above, top, height[where])
        tone[where] = np.where(above, rng.random(), tone[where])
    return height, tone


class Atlas:
    """A large three-channel texture that photos cut their own turned and scaled windows from.

    Parameters
    ----------
    channels : sequence of three float64 (size, size)
        Values in 0..1.
    """

    def __init__(self, *channels: np.ndarray):
        stacked = np.stack(channels, axis=-1)
        self._levels = [Image.fromarray(np.rint(np.clip(stacked, 0, 1) * 255).astype(np.uint8))]
        while self._levels[-1].width > 64:
            self._levels.append(self._levels[-1].reduce(2))

    def sample(
        self, pixel_to_unit: np.ndarray, width: int, height: int, smoother: int = 0
    ) -> np.ndarray:
        """Look the texture up at every pixel, in a version halved ``smoother`` times more.

        Parameters
        ----------
        pixel_to_unit : float64 (3, 3)
            Homography from pixels to the texture's unit square.

        Returns
        -------
        float32 (3, height, width) in 0..1
        """
        texels = self._levels[0].width
        scale = np.sqrt(abs(np.linalg.det(pixel_to_unit[:2, :2]))) * texels
        level = int(np.clip(np.rint(np.log2(max(scale, 1e-9)) - 0.3), 0, len(self._levels) - 1))
        level = min(level + smoother, len(self._levels) - 1)
        image = self._levels[level]
        matrix = np.diag([image.width, image.height, 1.0]) @ pixel_to_unit
        matrix = matrix / matrix[2, 2]
        window = image.transform(
            (width, height),
            Image.Transform.PERSPECTIVE,
            tuple(matrix.ravel()[:8]),
            Image.Resampling.BILINEAR,
        )
        planes = np.moveaxis(np.asarray(window), -1, 0)
        return np.multiply(planes, np.float32(1 / 255), dtype=np.float32, order="C")


def place(rng: np.random.Generator, scale: float, turn: float, reach: float = 0.75) -> np.ndarray:
    """Return a homography from the plane to a random place in an atlas's unit square.

    Parameters
    ----------
    scale : float
        Share of the texture that one unit of the plane covers.
    turn : float
        Rotation in radians.
    reach : float
        Distance from the plane's origin, in its units, that must lie inside the texture.
    """
    margin = min(scale * reach, 0.5)
    x, y = rng.uniform(margin, 1.0 - margin, 2)
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    flip = rng.choice([-1.0, 1.0])
    return np.array([[cos * flip, -sin, x], [sin * flip, cos, y], [0.0, 0.0, 1.0]])

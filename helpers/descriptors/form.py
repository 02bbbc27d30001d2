"""Form of one image: the outline of the thing in it, and where its edges run."""

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.feature import hog
from skimage.filters import threshold_otsu
from skimage.measure import regionprops

SIDE, CELLS, ORIENTATIONS = 64, 4, 9


def find_foreground(rgb: np.ndarray) -> np.ndarray:
    """Guess which pixels belong to the thing photographed.

    The border is taken to be background: each pixel's colour is measured by its distance from the
    border's mean colour in units of the border's own spread (Mahalanobis, 1936), Otsu's threshold
    (1979) divides near from far, and the largest region, weighted towards the middle, is kept and
    its holes filled. It fails where the thing fills the border or shares the background's colour.

    Parameters
    ----------
    rgb : uint8 array, height × width × 3

    Returns
    -------
    bool array, height × width
        True on the foreground; all true where nothing stands out.
    """
    short = min(rgb.shape[:2])
    if short < 4:
        return np.ones(rgb.shape[:2], bool)
    red, green, blue = (channel / 255 for channel in np.moveaxis(rgb, -1, 0))
    # Lightness, red–green and yellow–blue: nearly uncorrelated in photos, so one threshold serves.
    planes = (red + green + blue) / 3, red - green, (red + green) / 2 - blue
    colour = np.stack([ndimage.gaussian_filter(p, short / 80, truncate=2) for p in planes], -1)
    edge = max(1, round(short * 0.06))
    border = np.ones(rgb.shape[:2], bool)
    border[edge:-edge, edge:-edge] = False
    spread = np.cov(colour[border].T) + 1e-4 * np.eye(3)
    offset = (colour - colour[border].mean(axis=0)) @ np.linalg.cholesky(np.linalg.inv(spread))
    distance = np.sqrt(np.sqrt((offset**2).sum(axis=-1)))
    far = distance > threshold_otsu(distance)
    regions, count = ndimage.label(ndimage.binary_opening(far, iterations=max(1, short // 60)))
    if count == 0:
        return np.ones(rgb.shape[:2], bool)
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in far.shape), indexing="ij")
    size = ndimage.sum_labels(np.exp(-(x**2 + y**2)), regions, np.arange(1, count + 1))
    return ndimage.binary_fill_holes(regions == 1 + size.argmax())


def region_shape(mask: np.ndarray) -> dict[str, float]:
    """Shape of one region, whatever its place.

    Parameters
    ----------
    mask : bool array, height × width

    Returns
    -------
    dict
        "area" (share of the image), "solidity" (area over convex hull), "eccentricity" (0 round to
        1 a line), "aspect" (short over long axis), "extent" (area over bounding box), "circularity"
        (4π area over squared perimeter, about 1 for a disc), the seven invariant moments of Hu
        (1962) on a symmetric logarithmic scale, and "outline 1" … "outline 8": how strongly the
        distance from centre to edge varies that many times round (Zhang and Lu, 2002). All 0 for
        an empty mask.
    """
    names = ["area", "solidity", "eccentricity", "aspect", "extent", "circularity"]
    names += [f"hu {i}" for i in range(1, 8)] + [f"outline {i}" for i in range(1, 9)]
    if not mask.any():
        return dict.fromkeys(names, 0.0)
    region = regionprops(mask.astype(np.uint8))[0]
    long, short = max(region.axis_major_length, 1.0), max(region.axis_minor_length, 1.0)
    moments = np.sign(region.moments_hu) * np.log10(1 + np.abs(region.moments_hu) / 1e-6)
    edge = np.argwhere(mask & ~ndimage.binary_erosion(mask)) - np.array(region.centroid)
    angle = ((np.arctan2(*edge.T) / (2 * np.pi)) % 1 * 64).astype(int) % 64
    radius = np.zeros(64)
    np.maximum.at(radius, angle, np.hypot(*edge.T))
    seen = np.flatnonzero(radius)
    if seen.size:
        radius = np.interp(np.arange(64), seen, radius[seen], period=64)
    outline = np.abs(np.fft.rfft(radius))[1:9] / max(radius.sum(), 1e-6)
    circularity = 4 * np.pi * region.area / max(region.perimeter, 1.0) ** 2
    shape = [region.area / mask.size, region.solidity, region.eccentricity]
    shape += [min(short / long, 1.0), region.extent, circularity, *moments, *outline]
    return dict(zip(names, map(float, shape), strict=True))


def oriented_gradients(grey: np.ndarray) -> dict[str, float]:
    """Histogram of oriented gradients (Dalal and Triggs, 2005): which way edges run, and where.

    The image is squeezed to 64 × 64 px and divided into 4 × 4 cells of 9 directions each: gradients
    of whole grey levels never lie on the edge of a 20° bin, so every machine counts them alike.

    Parameters
    ----------
    grey : uint8 array, height × width

    Returns
    -------
    dict
        144 values of 0 to 1, named by row, column and direction: "gradient 1,1 000" ….
    """
    small = np.asarray(Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BILINEAR)) / 255
    values = hog(small, ORIENTATIONS, [SIDE // CELLS] * 2, (1, 1), block_norm="L2-Hys")
    step, places = 180 // ORIENTATIONS, np.ndindex(CELLS, CELLS, ORIENTATIONS)
    names = (f"gradient {row + 1},{column + 1} {step * i:03d}" for row, column, i in places)
    return dict(zip(names, map(float, values), strict=True))

"""Colour of one image: which hues, how vivid, how bright, and the few colours that dominate.

That of its border alone is in `helpers.balance.facts`.
"""

import numpy as np
from PIL import Image


def colour_histogram(rgb: np.ndarray, mask: np.ndarray | None = None) -> dict[str, float]:
    """Share of each hue, saturation and value (the HSV colour space).

    A pixel votes for its hue in proportion to its saturation, so that greys, whose hue is noise,
    hardly count.

    Parameters
    ----------
    rgb : uint8 array, height × width × 3
    mask : bool array, height × width, optional
        Count only the pixels where it is true.

    Returns
    -------
    dict
        12 hue bins named by their lower edge in degrees ("hue 000" … "hue 330"), 5 bins each of
        "saturation" and "value". Each group sums to 1; the hues sum to 0 where nothing has colour.
    """
    hsv = np.asarray(Image.fromarray(rgb).convert("HSV"))
    hue, saturation, value = (hsv[mask] if mask is not None else hsv.reshape(-1, 3)).T
    hues = np.bincount(hue.astype(int) * 12 // 256, weights=saturation, minlength=12)
    named = {f"hue {30 * i:03d}": share for i, share in enumerate(hues / max(hues.sum(), 1))}
    for name, channel in (("saturation", saturation), ("value", value)):
        counts = np.bincount(channel.astype(int) * 5 // 256, minlength=5) / max(channel.size, 1)
        named |= {f"{name} {i + 1}": share for i, share in enumerate(counts)}
    return named


def colour_moments(rgb: np.ndarray, mask: np.ndarray | None = None) -> dict[str, float]:
    """Mean and standard deviation of red, green and blue, each between 0 and 1.

    Parameters are those of `colour_histogram`; an empty mask counts every pixel.
    """
    pixels = rgb[mask] if mask is not None and mask.any() else rgb.reshape(-1, 3)
    named = {}
    for i, name in enumerate(("red", "green", "blue")):
        named[f"mean {name}"] = pixels[:, i].mean(dtype=float) / 255
        named[f"spread {name}"] = pixels[:, i].std(dtype=float) / 255
    return named


def dominant_colours(rgb: np.ndarray, count: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """The colours that best stand for the image, by k-means.

    Pillow's quantiser starts from the median cut and refines it by k-means in whole numbers, so
    that the answer is the same on every machine. Big images are first reduced to 32 px.

    Parameters
    ----------
    rgb : uint8 array, height × width × 3
    count : int, 1 to 256

    Returns
    -------
    colours : uint8 array, count × 3, the commonest first
    shares : float array, count
        Share of the image, 0 to 1. An image with fewer colours ends in black with share 0.
    """
    image = Image.fromarray(rgb)
    image.thumbnail((32, 32), Image.Resampling.BOX, reducing_gap=None)
    reduced = image.quantize(count, method=Image.Quantize.MEDIANCUT, kmeans=1)
    found = sorted(reduced.getcolors(256), key=lambda pair: (-pair[0], pair[1]))
    palette = np.array(reduced.getpalette(), np.uint8).reshape(-1, 3)
    colours, shares = np.zeros((count, 3), np.uint8), np.zeros(count)
    for i, (pixels, index) in enumerate(found):
        colours[i], shares[i] = palette[index], pixels / (image.width * image.height)
    return colours, shares

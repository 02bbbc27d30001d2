"""Painted things on painted grounds, photographed from where we like."""

import numpy as np
from PIL import Image, ImageFilter


def noise(size, seed, grain=3):
    """Smooth colourful noise: uint8, size × size × 3."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, 256, (size, size, 3), dtype=np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(grain))
    levels = np.asarray(image).astype(float)
    return np.clip((levels - levels.mean()) * 40 / levels.std() + 128, 0, 255).astype(np.uint8)


def shoot(thing, ground, angle=0.0, scale=1.0, shift=(0, 0), light=1.0):
    """A disc of the texture of number `thing` on a ground: a photo of 240 × 240."""
    levels = noise(160, thing) // 2 + np.array([120, 60, 0], np.uint8)
    disc = Image.fromarray(levels)
    y, x = np.mgrid[-1:1:160j, -1:1:160j]
    mask = Image.fromarray(((np.hypot(x, y * 1.2) < 0.95) * 255).astype(np.uint8))
    side = round(160 * scale)
    disc, mask = (
        each.resize((side, side)).rotate(angle, resample=Image.Resampling.BILINEAR)
        for each in (disc, mask)
    )
    photo = Image.fromarray(noise(240, 10_000 + ground) // 3 + np.array([0, 40, 120], np.uint8))
    photo.paste(disc, (120 - side // 2 + shift[0], 120 - side // 2 + shift[1]), mask)
    return photo.point(lambda level: level * light)

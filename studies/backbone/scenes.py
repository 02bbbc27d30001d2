"""Scenes: a thing or a texture painted, lit, and photographed on some background."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter

from studies.backbone.textures import Texture, noise, random_texture
from studies.backbone.things import random_assembly, random_outline


def colours(rng, count: int) -> np.ndarray:
    """Random colours as they are frequent in photos, most of them muted; (count, 3) in 0..1."""
    hue = (
        rng.random((count, 1)) if rng.random() < 0.5 else rng.normal(rng.random(), 0.08, (count, 1))
    )
    wheel = np.clip(np.abs((hue * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    saturation = rng.beta(1.2, 1.8, (count, 1))
    return (1 - saturation * (1 - wheel)) * rng.beta(1.6, 1.2, (count, 1))


@dataclass(frozen=True)
class Paint:
    """How a surface looks: two colours mixed by a texture, or nearly one."""

    texture: Texture
    contrast: float
    pair: np.ndarray | None

    def cover(self, rng, size: int) -> np.ndarray:
        pair = colours(rng, 2) if self.pair is None else self.pair + rng.normal(0, 0.04, (2, 3))
        if self.contrast < 0.15:
            mix = 0.5 + 0.15 * noise(rng, size)
        else:
            mix = 0.5 + self.contrast * (self.texture.sample(rng, size) - 0.5)
        return (mix[..., None] * (pair[0] - pair[1]) + pair[1]).astype(np.float32)


def random_paint(rng: np.random.Generator) -> Paint:
    pair = colours(rng, 2) if rng.random() < 0.35 else None
    contrast = float(rng.choice([0.0, rng.uniform(0.3, 1)], p=[0.45, 0.55]))
    return Paint(random_texture(rng), contrast, pair)


@dataclass(frozen=True)
class Kind:
    """One class of pictures: a thing with its paints, or a paint alone."""

    thing: object | None
    paints: tuple[Paint, ...]

    def picture(self, rng, size: int) -> np.ndarray:
        """One photo of it, uint8 (size, size, 3)."""
        if self.thing is None:
            image = self.paints[0].cover(rng, size)
        else:
            image = background(rng, size)
            if rng.random() < 0.3:
                stranger = random_outline(rng) if rng.random() < 0.5 else random_assembly(rng)
                _lay(image, stranger, [random_paint(rng)], rng, aside=True)
            _lay(image, self.thing, self.paints, rng)
            if rng.random() < 0.1:
                _lay(image, random_outline(rng), [random_paint(rng)], rng, aside=True)
        return expose(image, rng)


def background(rng, size: int) -> np.ndarray:
    """Plain, graded, natural noise, a texture, or dead leaves (Lee, Mumford and Huang 2001)."""
    kind = rng.choice(5, p=[0.25, 0.15, 0.25, 0.2, 0.15])
    first, second = colours(rng, 2).astype(np.float32)
    if kind == 0 and rng.random() < 0.5:
        first = np.float32(1 - 0.2 * rng.random() * rng.random(3))
    if kind == 0:
        return np.broadcast_to(first, (size, size, 3)).copy() + 0.02 * noise(rng, size)[..., None]
    if kind == 1:
        ramp = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
        ramp = ramp if rng.random() < 0.7 else ramp.transpose(1, 0, 2)
        return first + (second - first) * ramp + 0.03 * noise(rng, size)[..., None]
    if kind == 2:
        return first + (second - first) * (0.5 + 0.3 * noise(rng, size)[..., None])
    if kind == 3:
        return random_paint(rng).cover(rng, size)
    image = np.broadcast_to(first, (size, size, 3)).copy()
    y, x = np.mgrid[:size, :size]
    for colour in colours(rng, 40):
        radius = size * 0.02 * (rng.random() + 0.003) ** -0.6
        turn, flat = rng.uniform(0, np.pi), rng.uniform(0.4, 1)
        dx, dy = x - rng.uniform(0, size), y - rng.uniform(0, size)
        u, v = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        inside = u**2 + (v / flat) ** 2 < radius**2
        if rng.random() < 0.3:
            inside = np.maximum(np.abs(u), np.abs(v) / flat) < radius
        image[inside] = colour
    return image


def _lay(image: np.ndarray, thing, paints, rng, aside: bool = False) -> None:
    """Paint the layers of a thing into an image, with shading and a shadow."""
    size = len(image)
    layers = thing.draw(rng, size)
    if aside:
        move = (rng.uniform(0.3, 0.6, 2) * rng.choice([-1, 1], 2) * size).astype(int)
        layers = [(_shift(mask, move), paint) for mask, paint in layers]
    whole = np.max([mask for mask, _ in layers], axis=0)
    if rng.random() < 0.5:
        move = (rng.normal(0, 0.04, 2) * size).astype(int)
        shade = gaussian_filter(_shift(whole, move), rng.uniform(0.5, 4))
        image *= 1 - rng.uniform(0.2, 0.7) * shade[..., None]
    relief = rng.choice([0, rng.uniform(0.2, 0.8)], p=[0.3, 0.7])
    direction = rng.uniform(0, 2 * np.pi)
    folds = noise(rng, size, 3 * int(rng.integers(16)) + 1) if rng.random() < 0.4 else 0
    edge = rng.random() < 0.25
    for mask, number in layers:
        cover = paints[number % len(paints)].cover(rng, size)
        if relief:
            # Blurring the silhouette inflates it: its slopes shade it as a rounded body.
            height = uniform_filter(uniform_filter(mask, size // 8), size // 8) * 8 + 0.15 * folds
            down, right = np.gradient(height)
            slope = right * np.cos(direction) + down * np.sin(direction)
            cover = cover * np.exp(relief * 4 * slope)[..., None]
        if edge:
            cover = cover * (
                1 - 0.7 * (mask - uniform_filter(mask, 3)).clip(0)[..., None] * 4
            ).clip(0.1)
        image += mask[..., None] * (cover - image)


def _shift(mask: np.ndarray, move: np.ndarray) -> np.ndarray:
    """Move a mask by (down, right) pixels, filling with 0."""
    moved, (down, right), size = np.zeros_like(mask), move, len(mask)
    moved[max(0, down) : size + min(0, down), max(0, right) : size + min(0, right)] = mask[
        max(0, -down) : size - max(0, down), max(0, -right) : size - max(0, right)
    ]
    return moved


def expose(image: np.ndarray, rng) -> np.ndarray:
    """Uneven light, lens, exposure and noise; uint8."""
    size = len(image)
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    light = 1 + rng.normal(0, 0.12) * ramp[:, None] + rng.normal(0, 0.12) * ramp
    image = image * light[..., None].astype(np.float32)
    if rng.random() < 0.5:
        blur = rng.uniform(0.3, 1.0)
        image = gaussian_filter(image, (blur, blur, 0))
    image = np.clip(image, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.15)))
    grain = rng.standard_normal(image.shape, np.float32) * np.float32(0.02 * rng.random())
    return (np.clip(image + grain, 0, 1) * 255).astype(np.uint8)

"""What a fault step does to the pixels of a photo, or of its mask (mode "L")."""

import io

import numpy as np
from PIL import Image

# A camera adds its noise after the lens has blurred; without it a blur would be too easy to find.
_SENSOR_NOISE = 0.8


def encode(
    image: Image.Image, quality: int = 88, exif: Image.Exif | None = None, format: str = "JPEG"
) -> bytes:
    """The image as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, format, quality=quality, exif=exif or b"")
    return buffer.getvalue()


def decode(data: bytes) -> Image.Image:
    """The bytes of a file as an RGB image."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def _to_image(values: np.ndarray) -> Image.Image:
    return Image.fromarray((np.clip(values, 0, 255) + 0.5).astype(np.uint8))


def _resize(image, scale, *_):
    way = Image.Resampling.NEAREST if image.mode == "L" else Image.Resampling.BICUBIC
    return image.resize([max(1, round(side * scale)) for side in image.size], way)


def _crop(image, width, height, part=2):
    """Cut ``width`` by ``height`` pixels, from the middle or nearer the top left."""
    width, height = max(1, int(width)), max(1, int(height))
    left, top = (image.width - width) // part, (image.height - height) // part
    return image.crop((left, top, left + width, top + height))


def _rotate(image, degrees, *_):
    """Rotate, then crop to the largest frame of the same shape without empty corners."""
    angle = np.deg2rad(abs(degrees))
    keep = 1 / (np.cos(angle) + np.sin(angle) * max(image.size) / min(image.size))
    way = Image.Resampling.NEAREST if image.mode == "L" else Image.Resampling.BICUBIC
    return _crop(image.rotate(degrees, way), image.width * keep, image.height * keep)


def _expose(image, stops, *_):
    """Expose by ``stops``; flare veils what is overexposed."""
    flare = 0.06 * max(0.0, min(stops, 3.0)) if stops > 0.5 else 0.0
    light = (np.asarray(image, np.float32) / 255) ** 2.2
    return _to_image(255 * (np.minimum(light * 2.0**stops, 1) * (1 - flare) + flare) ** (1 / 2.2))


def _expose_to(image, target, percentile, low, high):
    """Expose by ``low`` to ``high`` stops so that a percentile of brightness is ``target``."""
    sample = image.resize((64, 64), Image.Resampling.NEAREST)
    for _ in range(16):
        stops = (low + high) / 2
        brightness = np.percentile(np.asarray(_expose(sample, stops).convert("L")), percentile)
        low, high = (stops, high) if brightness < target * 255 else (low, stops)
    return _expose(image, low)


def _blur(image, kernel, rng):
    """Convolve with a small square kernel, mirrored at the border, and add the sensor's noise."""
    reach = len(kernel) // 2
    values = np.pad(
        np.asarray(image, np.float32), ((reach,) * 2, (reach,) * 2, (0, 0)), "symmetric"
    )
    shape = [side + 2 * reach for side in values.shape[:2]]
    kernel = np.fft.rfft2(kernel / kernel.sum(), shape)[..., None]
    values = np.fft.irfft2(np.fft.rfft2(values, shape, (0, 1)) * kernel, shape, (0, 1))
    values = values[2 * reach : 2 * reach + image.height, 2 * reach : 2 * reach + image.width]
    return _to_image(values + rng.normal(0, _SENSOR_NOISE, values.shape))


def _grid(size):
    reach = int(np.ceil(size)) + 1
    return np.mgrid[-reach : reach + 1, -reach : reach + 1]


def _defocus(image, share, rng):
    radius = share * max(image.size)
    return _blur(image, np.clip(radius + 0.5 - np.hypot(*_grid(radius)), 0, 1), rng)


def _motion(image, share, rng):
    length, angle = share * max(image.size), rng.uniform(0, np.pi)
    y, x = _grid(length / 2)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    streak = np.clip(length / 2 + 0.5 - np.abs(along), 0, 1) * np.clip(1 - np.abs(across), 0, 1)
    return _blur(image, streak, rng)


MOVES = {
    "resize": _resize,
    "side": lambda image, pixels, _: _resize(image, pixels / max(image.size)),
    "crop": lambda image, share, _: _crop(image, image.width * share, image.height * share, 3),
    "strip": lambda image, ratio, _: _crop(image, image.width, image.width / ratio),
    "rotate": _rotate,
    "mirror": lambda image, *_: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turned without a tag": lambda image, *_: image.transpose(Image.Transpose.ROTATE_90),
}
EDITS = MOVES | {
    "reencode": lambda image, quality, _: decode(encode(image, quality)),
    "brighten": lambda image, factor, _: image.point(
        [round(255 * (level / 255) ** (1 / factor)) for level in range(256)] * 3
    ),
    "stops": _expose,
    "brightest": lambda image, target, _: _expose_to(image, target, 99, -12, -0.8),
    "darkest": lambda image, target, _: _expose_to(image, target, 10, 1.2, 12),
    "defocus": _defocus,
    "motion": _motion,
    "grey pixels in a colour file": lambda image, *_: image.convert("L").convert("RGB"),
}

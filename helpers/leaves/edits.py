"""What a fault step does to the pixels of a photo, or of its mask (mode "L")."""

import io

import numpy as np
from PIL import Image

# A camera adds its noise after the lens has blurred; without it a blur would be too easy to find.
_SENSOR_NOISE = 0.8


def encode(image: Image.Image, format: str = "JPEG", **options) -> bytes:
    """The image as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def decode(data: bytes) -> Image.Image:
    """The bytes of a file as an RGB image."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def _reencode(image, quality):
    return decode(encode(image, quality=int(quality)))


def _pixels(image, change):
    values = change(np.asarray(image, np.float32))
    return Image.fromarray((np.clip(values, 0, 255) + 0.5).astype(np.uint8))


def _filter(image):
    return Image.Resampling.NEAREST if image.mode == "L" else Image.Resampling.BICUBIC


def _resize(image, scale):
    size = [max(1, round(side * scale)) for side in image.size]
    return image.resize(size, _filter(image))


def _side(image, pixels):
    return _resize(image, pixels / max(image.size))


def _middle(image, width, height):
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _crop(image, share):
    # Off-centre, as people crop; always the same corner, so that a mask follows.
    width, height = (max(1, round(side * share)) for side in image.size)
    left, top = (image.width - width) // 3, (image.height - height) // 3
    return image.crop((left, top, left + width, top + height))


def _strip(image, ratio):
    return _middle(image, image.width, max(1, round(image.width / ratio)))


def _rotate(image, degrees):
    """Rotate, then crop to the largest frame of the same shape without empty corners."""
    angle = np.deg2rad(abs(degrees))
    long, short = max(image.size), min(image.size)
    keep = 1 / (np.cos(angle) + np.sin(angle) * long / short)
    turned = image.rotate(degrees, _filter(image))
    return _middle(turned, max(1, int(image.width * keep)), max(1, int(image.height * keep)))


def _mirror(image, _):
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _turn(image, _):
    return image.transpose(Image.Transpose.ROTATE_90)


def _linear(values):
    return (values / 255) ** 2.2


def _expose(values, stops):
    """Expose float32 pixels (0-255) by ``stops``; flare veils what is overexposed."""
    flare = 0.06 * max(0.0, min(stops, 3.0)) if stops > 0.5 else 0.0
    light = np.minimum(_linear(values) * 2.0**stops, 1) * (1 - flare) + flare
    return 255 * light ** (1 / 2.2)


def _expose_to(image, target, percentile):
    """Expose so that a percentile of brightness (0-1) becomes ``target``."""
    sample = np.asarray(image.resize((64, 64), Image.Resampling.NEAREST), np.float32)

    def brightness(stops):
        return np.percentile(_expose(sample, stops) @ (0.299, 0.587, 0.114), percentile) / 255

    low, high = -12.0, 12.0
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if brightness(middle) < target else (low, middle)
    return _pixels(image, lambda values: _expose(values, low))


def blur(image, name, share, rng):
    size = share * max(image.size)
    reach = int(np.ceil(size)) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    if name == "defocus":
        kernel = np.clip(size + 0.5 - np.hypot(x, y), 0, 1)
    else:
        angle = rng.uniform(0, np.pi)
        along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        kernel = np.clip(size / 2 + 0.5 - np.abs(along), 0, 1) * np.clip(1 - np.abs(across), 0, 1)
    values = np.pad(
        np.asarray(image, np.float32), ((reach,) * 2, (reach,) * 2, (0, 0)), "symmetric"
    )
    shape = [values.shape[0] + 2 * reach, values.shape[1] + 2 * reach]
    kernel = np.fft.rfft2(kernel / kernel.sum(), shape)[..., None]
    values = np.fft.irfft2(np.fft.rfft2(values, shape, (0, 1)) * kernel, shape, (0, 1))
    values = values[2 * reach : 2 * reach + image.height, 2 * reach : 2 * reach + image.width]
    noise = rng.normal(0, _SENSOR_NOISE, values.shape)
    return _pixels(image, lambda _: values + noise)


EDITS = {
    "reencode": _reencode,
    "resize": _resize,
    "side": _side,
    "crop": _crop,
    "strip": _strip,
    "rotate": _rotate,
    "mirror": _mirror,
    "turned without a tag": _turn,
    "brighten": lambda image, factor: _pixels(image, lambda values: values * factor),
    "stops": lambda image, stops: _pixels(image, lambda values: _expose(values, stops)),
    "brightest": lambda image, target: _expose_to(image, target, 99),
    "darkest": lambda image, target: _expose_to(image, target, 10),
    "grey pixels in a colour file": lambda image, _: image.convert("L").convert("RGB"),
}
MOVES = ("resize", "side", "crop", "strip", "rotate", "mirror", "turned without a tag")
BLURS = ("defocus", "motion")

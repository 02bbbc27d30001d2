"""Pictures of one shape that are no copies, and copies edited in ways that leaves does not plant.

``LOOKALIKES`` renders kinds of pictures that fit over each other and show different things, told
apart by colour alone before one camera, or by small sharp differences inside a common template.
``EDITS`` are what people do to a photo before it comes back as a copy.
"""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

_LUMA = np.array([0.299, 0.587, 0.114])
_SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
_LETTERS = list("abcdefghijklmnoprstuvwz 0123456789")


def scene(rng: np.random.Generator, width: int = 640, height: int = 480) -> np.ndarray:
    """A background with shading and hard edges, float, 0–255."""
    y, x = np.mgrid[:height, :width] / max(width, height)
    waves = [
        np.sin(rng.uniform(2, 14) * x + rng.uniform(2, 14) * y + rng.uniform(0, 6))
        for _ in range(3)
    ]
    pixels = 120 + 45 * np.stack(waves, axis=-1)
    for _ in range(8):
        top, left = rng.integers(0, height - 20), rng.integers(0, width - 20)
        tall, wide = rng.integers(6, height // 2), rng.integers(6, width // 2)
        pixels[top : top + tall, left : left + wide] *= rng.uniform(0.5, 1.4)
    return pixels


def _photograph(pixels, rng, noise=2.0) -> Image.Image:
    pixels = pixels + rng.normal(0, noise, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _colours(count, rng, luma):
    """Hues all round the circle, of one luma and as strong as that allows."""
    turns = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.uniform(0, 1)
    hues = np.stack([np.cos(turns), np.cos(turns - 2.1), np.cos(turns + 2.1)], axis=1)
    hues -= (hues @ _LUMA)[:, None]
    room = np.where(hues > 0, 250 - luma, luma - 5) / (np.abs(hues) + 1e-9)
    return luma + hues * np.minimum(room.min(axis=1, keepdims=True), 90)


def _disc(height, width, radius, squeeze=1.0):
    y, x = np.mgrid[:height, :width]
    return ((x - width / 2) * squeeze) ** 2 + (y - height / 2) ** 2 < radius**2


def lamps(rng, count):
    back, lit = scene(rng, 240, 180) * 0.6, _disc(180, 240, rng.integers(20, 60))
    return [
        _photograph(np.where(lit[..., None], colour, back), rng)
        for colour in _colours(count, rng, 90)
    ]


def pills(rng, count):
    shape = _disc(400, 400, rng.integers(60, 110), rng.uniform(0.5, 1))[..., None]
    shade = 1 - 0.25 * np.mgrid[:400, :400][0][..., None] / 400
    return [
        _photograph(np.where(shape, colour * shade, 248.0), rng, 1.5)
        for colour in _colours(count, rng, 140)
    ]


def test_strips(rng, count):
    card = np.full((200, 600, 3), 245.0)
    card[60:140, 40:560] = 225
    found = []
    for _ in range(count):
        strip = card.copy()
        for field, colour in enumerate(_colours(4, rng, 150)):
            strip[75:125, 90 + 120 * field : 150 + 120 * field] = colour
        found.append(_photograph(strip, rng, 1.5))
    return found


def shirts(rng, count):
    paper = Image.new("L", (400, 500))
    outline = [(60, 120), (150, 60), (250, 60), (340, 120), (310, 190), (280, 170), (280, 440)]
    outline += [(120, 440), (120, 170), (90, 190)]
    ImageDraw.Draw(paper).polygon(outline, fill=255)
    shape, cloth = np.asarray(paper)[..., None] > 0, rng.normal(0, 8, (500, 400, 1))
    return [
        _photograph(np.where(shape, colour + cloth, 252.0), rng, 1.0)
        for colour in _colours(count, rng, 110)
    ]


def bottles(rng, count):
    found = []
    for _ in range(count):
        image = Image.new("RGB", (500, 500), "white")
        draw = ImageDraw.Draw(image)
        draw.rounded_rectangle((190, 120, 310, 460), 30, fill=(210, 215, 220), outline="grey")
        draw.rectangle((225, 50, 275, 120), fill=(40, 40, 45))
        draw.rectangle((192, 230, 308, 370), fill=tuple(map(int, rng.integers(40, 220, 3))))
        for line in range(6):
            end = 200 + int(rng.integers(20, 100))
            draw.line((200, 250 + 18 * line, end, 250 + 18 * line), fill="white", width=5)
        found.append(image)
    return found


def _write(draw, rng, at, length, size, fill="black"):
    text = "".join(rng.choice(_LETTERS, length))
    draw.text(at, text, fill=fill, font_size=size)


def forms(rng, count):
    found = []
    for _ in range(count):
        image = Image.new("RGB", (850, 1100), "white")
        draw = ImageDraw.Draw(image)
        draw.text((250, 40), "APPLICATION FORM 27-B", fill="black", font_size=36)
        for line in range(12):
            draw.text((60, 120 + 75 * line), f"Question {line}", fill="black", font_size=22)
            draw.rectangle((300, 112 + 75 * line, 780, 154 + 75 * line), outline="black")
            length = int(rng.integers(4, 14))
            _write(draw, rng, (310, 120 + 75 * line), length, 24, (20, 20, 90))
        found.append(image)
    return found


def identity_cards(rng, count):
    back, found = _photograph(scene(rng, 640, 400) * 0.3 + 150, rng, 0), []
    for _ in range(count):
        image = back.copy()
        draw = ImageDraw.Draw(image)
        draw.text((200, 20), "IDENTITY CARD", fill="black", font_size=34)
        draw.rectangle((30, 90, 200, 310), fill=(200, 200, 205))
        draw.ellipse((70, 120, 160, 230), fill=tuple(map(int, rng.integers(90, 220, 3))))
        for line in range(5):
            _write(draw, rng, (230, 100 + 45 * line), 10, 26)
        found.append(image)
    return found


def chess_boards(rng, count):
    squares = np.where((np.mgrid[:8, :8].sum(0) % 2)[..., None], [120, 80, 50], [230, 210, 170])
    board = Image.fromarray(squares.astype(np.uint8)).resize((480, 480), Image.Resampling.NEAREST)
    pieces, found = [*rng.permutation(64)[:20]], []
    for _ in range(count):
        image = board.copy()
        draw = ImageDraw.Draw(image)
        free = [square for square in range(64) if square not in pieces]
        pieces[rng.integers(20)] = rng.choice(free)
        for number, square in enumerate(pieces):
            x, y = square % 8 * 60, square // 8 * 60
            fill = "white" if number % 2 else "black"
            draw.ellipse((x + 15, y + 15, x + 45, y + 45), fill=fill, outline="grey")
        found.append(image)
    return found


def clocks(rng, count):
    back, found = _photograph(scene(rng, 400, 400) * 0.5 + 90, rng, 0), []
    for minute in rng.permutation(720)[:count]:
        image = back.copy()
        draw = ImageDraw.Draw(image)
        draw.ellipse((40, 40, 360, 360), fill="white", outline="black", width=6)
        for turn, length, width in ((minute / 720, 80, 8), (minute % 60 / 60, 125, 5)):
            x, y = np.sin(2 * np.pi * turn), -np.cos(2 * np.pi * turn)
            draw.line((200, 200, 200 + length * x, 200 + length * y), fill="black", width=width)
        found.append(image)
    return found


def meters(rng, count):
    back, found = _photograph(scene(rng) * 0.6 + 30, rng, 0), []
    for reading in rng.permutation(100_000)[:count]:
        image = back.copy()
        draw = ImageDraw.Draw(image)
        draw.rectangle((220, 190, 420, 250), fill=(30, 30, 30))
        draw.text((232, 196), f"{reading:05d}", fill=(230, 230, 230), font_size=48)
        found.append(_photograph(np.asarray(image, float), rng))
    return found


def camera_frames(rng, count):
    """A fixed camera, and an animal of a thousandth of the picture somewhere before it."""
    back, found = scene(rng) * 0.7 + 30, []
    for _ in range(count):
        frame = back.copy()
        x, y = rng.integers(60, 560), rng.integers(100, 420)
        frame[y : y + 14, x : x + 24] = np.array([70, 45, 25]) * rng.uniform(0.4, 1.6)
        found.append(_photograph(frame, rng, 3))
    return found


LOOKALIKES: dict[str, Callable] = {
    kind.__name__.replace("_", " "): kind
    for kind in (lamps, pills, test_strips, shirts, bottles, forms, identity_cards, chess_boards,
                 clocks, meters, camera_frames)
}  # fmt: skip


def _saved(image, quality):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def _gains(image, *gains):
    pixels = np.asarray(image, float) * gains
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _sepia(image):
    pixels = np.asarray(image, float) @ _SEPIA.T
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _captioned(image):
    image = image.copy()
    at, size = (image.width * 0.55, image.height * 0.93), max(9, image.width // 25)
    ImageDraw.Draw(image).text(at, "(c) 2024 photo", fill="white", font_size=size,
                               stroke_width=1, stroke_fill="black")  # fmt: skip
    return image


EDITS: dict[str, Callable] = {
    "saved at quality 20": lambda image: _saved(image, 20),
    "half the size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "grey": lambda image: image.convert("L"),
    "contrast raised": lambda image: ImageEnhance.Contrast(image).enhance(1.3),
    "contrast lowered": lambda image: ImageEnhance.Contrast(image).enhance(0.7),
    "brighter, clipped": lambda image: ImageEnhance.Brightness(image).enhance(1.15),
    "saturation lowered": lambda image: ImageEnhance.Color(image).enhance(0.6),
    "thin border": lambda image: ImageOps.expand(image, 2, "black"),
    "white balance": lambda image: _gains(image, 1.05, 1, 0.95),
    "cast": lambda image: _gains(image, 1.2, 1, 0.8),
    "sepia": _sepia,
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(max(image.size) / 80)),
    "sharpened": lambda image: image.filter(ImageFilter.UnsharpMask(3, 200, 0)),
    "caption": _captioned,
}
"""What is done to a copy, the last six for a person to look at."""

"""Pictures the widgets show: pages of thumbnails, and two images with their difference."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from textwrap import wrap

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps

from helpers.datasets import DatasetError
from helpers.widgets.selection import plain

PAPER, TILE, RULE = "#ffffff", "#f4f4f2", "#d9d9d4"
INK, QUIET, WARN = "#1f2328", "#656d76", "#9a3412"
# Captions are drawn at twice the size they are shown at, so that they stay sharp on any screen.
SCALE, WIDTH = 2, 880
# For scripts that matplotlib's DejaVu Sans lacks; Pillow finds those that the system ships.
OTHER_FONTS = ("NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "msyh.ttc", "Hiragino Sans GB.ttc")


@lru_cache(4096)
def _font(size: int, bold: bool, foreign: str) -> ImageFont.FreeTypeFont:
    from matplotlib import get_data_path

    usual = Path(get_data_path(), "fonts/ttf", f"DejaVuSans{'-Bold' * bold}.ttf")
    for name in (usual, *OTHER_FONTS):
        with suppress(OSError):
            font = ImageFont.truetype(name, size)
            lacking = bytes(font.getmask("\U0010ffff"))
            if all(bytes(font.getmask(letter)) != lacking for letter in foreign):
                return font
    return ImageFont.truetype(usual, size)


def _write(draw, place, text, width, size=11, bold=False, fill=INK, cut=-1) -> None:
    """Write one line at most `width` pixels long, shortened at its end (or its start, cut=0)."""
    text = shown = plain(text)
    font = _font(size * SCALE, bold, "".join(sorted({one for one in text if ord(one) > 0x24F})))
    while text and font.getlength(shown) > width:
        text = text[1:] if cut == 0 else text[:-1]
        shown = "…" + text if cut == 0 else text + "…"
    draw.text(place, shown, fill, font)


class Thumbnails:
    """Small upright copies of a dataset's images, the last `limit` of them kept in memory.

    Parameters
    ----------
    dataset : Dataset
    size : int
        Longest side in pixels; smaller images are enlarged, tiny ones with hard pixel edges.
    limit : int
        240 copies of 273 pixels, ten pages, take at most 54 MB.
    """

    def __init__(self, dataset, size: int = 273, limit: int = 240):
        self.dataset, self.size = dataset, size
        self.problems: dict[str, str] = {}
        self.get = lru_cache(limit)(self._load)

    def _load(self, image_id: str) -> Image.Image:
        try:
            image = self.dataset.load(image_id, at_least=self.size)
        except DatasetError as problem:
            self.problems[image_id] = str(problem)
            return placeholder(str(problem).split("cannot be read: ")[-1], self.size)
        tiny = max(image.size) <= self.size // 4
        method = Image.Resampling.NEAREST if tiny else Image.Resampling.LANCZOS
        return ImageOps.contain(image, (self.size, self.size), method)

    def all(self, image_ids: Sequence[str]) -> list[Image.Image]:
        """Load several at once; Pillow decodes outside the interpreter's lock."""
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(self.get, image_ids))


def placeholder(reason: str, size: int) -> Image.Image:
    """Return the tile that stands for a file that cannot be read: crossed out, with the reason."""
    tile = Image.new("RGB", (size, size), TILE)
    draw, lines = ImageDraw.Draw(tile), wrap(plain(reason), 26)[:4]
    draw.line((0, 0, size, size), RULE, SCALE)
    draw.line((0, size, size, 0), RULE, SCALE)
    left, top = max(12, size // 2 - 125), size // 2 - 24 - 12 * len(lines)
    draw.rectangle((0, top - 10, size, top + 40 + 24 * len(lines)), TILE)
    _write(draw, (left, top), "cannot be read", size, 12, True, WARN)
    for place, line in enumerate(lines):
        _write(draw, (left, top + 34 + 24 * place), line, size - 24, 9, False, QUIET)
    return tile


def compose(
    tiles: Sequence[Image.Image],
    captions: Sequence[Sequence[str]] = (),
    columns: int = 6,
    message: str = "No images to show.",
) -> Image.Image:
    """Compose square tiles and their captions into one picture.

    Parameters
    ----------
    captions : sequence of (label, name, value) texts, one for each tile; empty texts take no line
    message : str
        What the picture says where there are no tiles.

    Returns
    -------
    PIL.Image.Image
        RGB, ``SCALE * WIDTH`` pixels wide, meant to be shown at half its size.
    """
    gap, step = 10 * SCALE, SCALE * WIDTH // columns
    side = step - gap
    lines = max((sum(map(bool, caption)) for caption in captions), default=0)
    height = side + (17 * lines + 14) * SCALE
    sheet = Image.new("RGB", (SCALE * WIDTH, -(-len(tiles) // columns) * height or 240), PAPER)
    draw = ImageDraw.Draw(sheet)
    if not tiles:
        _write(draw, (gap, 100), message, SCALE * WIDTH - 2 * gap, 14, fill=QUIET)
    for place, tile in enumerate(tiles):
        left, top = place % columns * step + gap // 2, place // columns * height
        draw.rectangle((left, top, left + side - 1, top + side - 1), TILE)
        tile = ImageOps.contain(tile, (side, side)) if max(tile.size) > side else tile
        sheet.paste(tile, (left + (side - tile.width) // 2, top + (side - tile.height) // 2))
        for line, text in enumerate(filter(None, captions[place] if captions else ())):
            at = (left, top + side + (4 + 17 * line) * SCALE)
            if line == 0:
                _write(draw, at, text, side, 12, bold=True)
            else:
                _write(draw, at, text, side, 11, fill=QUIET, cut=0 if line == 1 else -1)
    return sheet


def compose_grid(
    thumbnails: Thumbnails,
    image_ids: Sequence[str],
    captions=(),
    columns: int = 6,
    message: str = "",
) -> Image.Image:
    """Compose one page of thumbnails; see `compose`."""
    return compose(thumbnails.all(image_ids), captions, columns, message)


def difference(left: Image.Image, right: Image.Image) -> tuple[Image.Image, float]:
    """Return where two images differ (white: nowhere, black: by a quarter of the range or more).

    Returns
    -------
    picture : PIL.Image.Image
        Grey, of the size of `left`, to which `right` is resized.
    share : float
        Mean absolute difference over pixels and channels, 0 to 1.
    """
    apart = np.asarray(ImageChops.difference(left, right.resize(left.size)), dtype=float) / 255
    shown = np.uint8(255 * (1 - np.clip(4 * apart.max(axis=2), 0, 1)))
    return Image.fromarray(shown).convert("RGB"), float(apart.mean())


def compose_pair(
    thumbnails: Thumbnails, image_id: str, other_id: str, transform: str = ""
) -> Image.Image:
    """Compose two images side by side with their difference.

    Parameters
    ----------
    transform : str
        As `find_duplicates` names it. The second image is mirrored back first where it says
        "mirror"; a crop or a turn is left as it is, and the caption says so. There is no
        difference where one of the two cannot be read.
    """
    left, right = thumbnails.all([image_id, other_id])
    if thumbnails.problems.keys() & {image_id, other_id}:
        return compose([left, right], [("left",), ("right",)], columns=3)
    turned = "mirror" in transform
    apart, share = difference(left, ImageOps.mirror(right) if turned else right)
    how = "right one mirrored back" if turned else "white where they are the same"
    how = "not laid over each other" if set(transform.split()) & {"crop", "rotate"} else how
    told = (f"difference: {share:.1%} on average", how)
    return compose([left, right, apart], [("left",), ("right",), told], columns=3)


def encode(picture: Image.Image) -> bytes:
    """Return the picture as JPEG bytes with full colour resolution, which keeps text clean."""
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=88, subsampling=0)
    return buffer.getvalue()

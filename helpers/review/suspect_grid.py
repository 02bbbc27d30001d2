"""The suspects as thumbnails to choose from; the pictures are made when they come in sight."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import traitlets
from anywidget import AnyWidget
from PIL import Image, ImageOps

from helpers.datasets import DatasetError

SIDE, GAP, QUALITY = 128, 4, 80
"""Of a thumbnail: its longest side and what lies between two of a pair, in pixels; of its JPEG."""


class SuspectGrid(AnyWidget):
    """Thumbnails of cases; see ``suspect_grid.js``.

    Attributes
    ----------
    cells : list of dict
        A case each: its number, short (what stands below it), told (its name for screen readers).
    marks : list of str
        In the order of the cells, the decision that stands, empty where there is none.
    selected : list of int
        The numbers of the cases that are chosen.
    at : int
        The number of the case that the keyboard starts at.
    """

    _esm = Path(__file__).with_name("suspect_grid.js").read_text(encoding="utf-8")
    cells = traitlets.List().tag(sync=True)
    marks = traitlets.List(traitlets.Unicode()).tag(sync=True)
    selected = traitlets.List(traitlets.Int()).tag(sync=True, echo_update=False)
    at = traitlets.Int(-1).tag(sync=True)
    description, value = "", None  # a still of the panel passes over it

    def __init__(self, thumbnail: Callable[[int], bytes], opened: Callable[[int], None]):
        super().__init__()
        self._thumbnail, self._opened = thumbnail, opened
        self.on_msg(lambda _, message, buffers: self.receive(message))

    def receive(self, message: dict) -> None:
        """Take what was chosen, open a case, or send the thumbnails that the browser wants."""
        if "selected" in message:
            return self.set_state({"selected": sorted(map(int, message["selected"]))})
        if "open" in message:
            return self._opened(int(message["open"]))
        wanted = [int(number) for number in message.get("want", ())]
        with ThreadPoolExecutor(4) as pool:  # Pillow decodes outside the interpreter's lock
            made = dict(zip(wanted, pool.map(self._made, wanted), strict=True))
        have = [number for number, one in made.items() if isinstance(one, bytes)]
        broken = {number: why for number, why in made.items() if number not in have}
        return self.send({"have": have, "broken": broken}, [made[number] for number in have])

    def _made(self, number: int) -> bytes | str:
        try:
            return self._thumbnail(number)
        except DatasetError as problem:
            return str(problem)


def thumbnail(images: list[Image.Image]) -> bytes:
    """Return a JPEG of one image, or of the two of a pair side by side, in `SIDE` pixels."""
    side = (SIDE - GAP * (len(images) - 1)) // len(images)
    small = [ImageOps.contain(image, (side, side)) for image in images]
    wide = sum(one.width for one in small) + GAP * (len(small) - 1)
    sheet = Image.new("RGB", (wide, max(one.height for one in small)), "#808080")
    left = 0
    for one in small:
        sheet.paste(one, (left, (sheet.height - one.height) // 2))
        left += one.width + GAP
    buffer = BytesIO()
    sheet.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()

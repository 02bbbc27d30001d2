"""Pictures the widgets show: small copies of a dataset's images as HTML figures."""

from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageOps

from helpers.datasets import DatasetError
from helpers.panels.text import safe


class Pictures:
    """Small upright copies of a dataset's images, the last `limit` of them kept in memory.

    Parameters
    ----------
    dataset : Dataset
    size : int
        Longest side in pixels; smaller images are enlarged, tiny ones with hard pixel edges.
    limit : int
        A copy of 273 pixels takes about 20 kB, one of 800 pixels about 150 kB.
    """

    def __init__(self, dataset, size: int, limit: int):
        self.dataset, self.size = dataset, size
        self.image_html = lru_cache(limit)(self._image_html)
        self._ahead, self._asked = ThreadPoolExecutor(1), 0

    def load(self, image_id: str) -> Image.Image:
        """Return the small copy.

        Raises
        ------
        DatasetError
            Where the file cannot be decoded.
        """
        image = self.dataset.load(image_id, at_least=self.size)
        tiny = max(image.size) <= self.size // 4
        method = Image.Resampling.NEAREST if tiny else Image.Resampling.LANCZOS
        return ImageOps.contain(image, (self.size, self.size), method)

    def jpeg(self, image_id: str) -> bytes:
        """Return the small copy as a JPEG file; raises as `load` does."""
        buffer = BytesIO()
        self.load(image_id).save(buffer, "JPEG", quality=88)
        return buffer.getvalue()

    def _image_html(self, image_id: str) -> str:
        try:
            data = b64encode(self.jpeg(image_id)).decode()
        except DatasetError as problem:
            reason = str(problem).split("cannot be read: ")[-1]
            return f'<div class="unreadable"><b>cannot be read</b>{safe(reason)}</div>'
        return f'<img alt="{safe(image_id)}" src="data:image/jpeg;base64,{data}">'

    def figures(self, image_ids: Sequence[str], captions: Sequence[str]) -> str:
        """Return one HTML figure for each image; captions are HTML.

        A file that cannot be read is replaced by the reason.
        """
        with ThreadPoolExecutor(4) as pool:  # Pillow decodes outside the interpreter's lock
            images = list(pool.map(self.image_html, image_ids))
        return "".join(
            f'<figure title="{safe(image_id)}">{image}<figcaption>{caption}</figcaption></figure>'
            for image_id, image, caption in zip(image_ids, images, captions, strict=True)
        )

    def prepare(self, image_ids: Sequence[str]) -> None:
        """Make copies beside whatever else is done, so that they are there once they are asked for.

        What was to be prepared before, and is not yet, is given up.
        """
        self._asked += 1
        for image_id in image_ids:
            self._ahead.submit(self._prepare, image_id, self._asked)

    def _prepare(self, image_id: str, asked: int) -> None:
        if asked == self._asked:
            self.image_html(image_id)

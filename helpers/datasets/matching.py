"""Which image file a cell of a table means."""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Iterable
from functools import cached_property


class FileIndex:
    """Finds the image that a cell of a table means, among those that lie in the folder."""

    def __init__(self, image_ids: Iterable[str]):
        self.ids = set(image_ids)

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[str, str]]]:
        """(path in lower case, image id) by file name; each with its extension and without."""
        names: dict[str, list[tuple[str, str]]] = {}
        for image_id in self.ids:
            path = "/" + image_id.lower()
            for way in {path, posixpath.splitext(path)[0]}:
                names.setdefault(posixpath.basename(way), []).append((way, image_id))
        return names

    def find(self, cell: str) -> str | None:
        """The image id for one cell, or None where no image, or more than one, fits.

        A path may be relative to any folder above the image or to another machine's root, lack its
        extension or differ in case.
        """
        if cell in self.ids:
            return cell
        path = posixpath.normpath(unicodedata.normalize("NFC", cell.replace("\\", "/")))
        if path in self.ids:
            return path
        path = posixpath.normpath("/" + path.lstrip("/").lower())
        fits = {
            image_id
            for way, image_id in self._by_name.get(posixpath.basename(path), ())
            if way.endswith(path) or path.endswith(way)
        }
        return fits.pop() if len(fits) == 1 else None

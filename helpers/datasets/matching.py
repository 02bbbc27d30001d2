"""Which image file a cell of a table means."""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Iterable
from functools import cached_property

from helpers.datasets.folders import WRAPPERS, split_of


class FileIndex:
    """Finds the image that a cell of a table means, among those that lie in the folder."""

    def __init__(self, image_ids: Iterable[str]):
        self.ids = set(image_ids)

    @cached_property
    def by_stem(self) -> dict[str, list[str]]:
        stems: dict[str, list[str]] = {}
        for image_id in self.ids:
            stem = posixpath.splitext(posixpath.basename(image_id))[0].lower()
            stems.setdefault(stem, []).append(image_id)
        return stems

    def find(self, value: str, folder: str = "", hints: tuple = ()) -> str | None:
        """The image id for one cell, or None where no image, or more than one, fits.

        A path may be relative to the table's `folder`, to any folder above the image or to another
        machine's root, lack its extension or differ in case; `hints` (label, split) settle ties.
        """
        if not folder and value in self.ids:
            return value
        value = unicodedata.normalize("NFC", value.replace("\\", "/"))
        for exact in (posixpath.normpath(posixpath.join(folder, value)), value):
            if exact in self.ids:
                return exact
        value = posixpath.normpath("/" + value.lstrip("/").lower())
        name, fits = posixpath.basename(value), []
        for image_id in [
            i for s in {name, name.rpartition(".")[0]} for i in self.by_stem.get(s, ())
        ]:
            own = "/" + image_id.lower()
            ways = (own, posixpath.splitext(own)[0])
            if any(way.endswith(value) or value.endswith(way) for way in ways):
                fits.append(image_id)
        folders = {image_id: image_id.split("/")[:-1] for image_id in fits}
        hinted = [
            i for i in fits if {*folders[i], *map(split_of, folders[i])} & set(hints) - {None}
        ]
        wrapped = [i for i in fits if folders[i] and folders[i][-1].lower() in WRAPPERS]
        return next((found[0] for found in (fits, hinted, wrapped) if len(found) == 1), None)

"""Small copies of large photos, kept on disk, since decoding those takes most of a page's time."""

import hashlib
import os
from contextlib import suppress

from helpers.datasets.storage import DatasetError, make_folder
from helpers.panels.pictures import Pictures

LARGE = 300_000
"""Bytes from which a file's small copy is kept; smaller files are decoded as quickly."""


class Thumbnails(Pictures):
    """`Pictures` whose copies of large files lie under ``dataset.work``, by the file's time and
    length, so that a changed file gets a new one."""

    def jpeg(self, image_id: str) -> bytes:
        path = self.dataset.path(image_id)
        try:
            facts = path.stat()
        except OSError:
            return super().jpeg(image_id)
        if facts.st_size < LARGE:
            return super().jpeg(image_id)
        known = f"{image_id}\0{facts.st_mtime_ns}\0{facts.st_size}\0{self.size}"
        name = hashlib.sha256(os.fsencode(known)).hexdigest()[:24]
        kept = self.dataset.work_place / "thumbnails" / f"{name}.jpg"
        with suppress(OSError):
            return kept.read_bytes()
        made = super().jpeg(image_id)
        part = kept.with_name(f".{name}-{os.getpid()}")
        with suppress(OSError, DatasetError):  # a full disk costs time, and no picture
            make_folder(kept.parent)
            part.write_bytes(made)
            os.replace(part, kept)
        return made

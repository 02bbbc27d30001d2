"""Reading a user's folder: which files are images, which are tables, and what is left aside."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from helpers.datasets.storage import DatasetError
from helpers.datasets.words import count, some

EXTENSIONS = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".bmp", ".dib", ".webp", ".gif"}
EXTENSIONS |= {".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".heic", ".heif", ".hif"}
EXTENSIONS |= {".pjpeg", ".jp2", ".tga"}
TABLES = {".csv", ".tsv", ".parquet", ".jsonl", ".ndjson"}
SYSTEM = {"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "@eadir", "lost+found"}
LEFT_ASIDE = {
    "shut": ("folder", "could not be read (no permission)"),
    "link": ("link", "to a folder, to nothing or out of this one, never followed"),
    "hidden": ("name", "ignored as hidden or made by the system"),
    "other": ("name", "ignored as neither image nor table by extension"),
}


def look_into(root: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Paths below `root` as lists of "image", "table" and what was left aside; a note on each of
    the latter. Takes no stat per file, and never follows a link out of the folder.

    Raises
    ------
    DatasetError
        When `root` itself cannot be listed.
    """
    found, pending = defaultdict(list), [(str(root), "")]
    inside = os.path.realpath(root) + os.sep
    while pending:
        folder, prefix = pending.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    path, kind = prefix + entry.name, _kind_of(entry, inside)
                    if kind == "folder":
                        pending.append((entry.path, path + "/"))
                    else:
                        found[kind].append(path)
        except OSError as error:
            if not prefix:
                raise DatasetError(
                    f"'{root}' cannot be listed ({error.strerror}); expected a folder that this "
                    "user may read, so change its permissions or copy it."
                ) from error
            found["shut"].append(prefix)
    notes = [
        f"{count(found[kind], noun)} {why}: {some(sorted(found[kind]))}."
        for kind, (noun, why) in LEFT_ASIDE.items()
        if found[kind]
    ]
    return found, notes


def _kind_of(entry: os.DirEntry, inside: str) -> str:
    if entry.name[0] == "." or entry.name.lower() in SYSTEM:
        return "hidden"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    if entry.is_symlink():
        target = os.path.realpath(entry.path)
        if not target.startswith(inside) or not os.path.isfile(target):
            return "link"
    elif not entry.is_file():  # a pipe may call itself .jpg
        return "other"
    suffix = "." + entry.name.rpartition(".")[2].lower()
    return "image" if suffix in EXTENSIONS else "table" if suffix in TABLES else "other"


def stable_ids(paths: Iterable[str]) -> dict[str, str]:
    """Image id by path: Unicode form NFC and valid UTF-8, so that the same file has the same id
    on macOS and Linux; a path stays as it is where two would get the same id."""
    ids = {path: path for path in paths}
    taken = set(ids)
    for path in sorted(path for path in ids if not path.isascii()):
        text = os.fsencode(path).decode("utf-8", "backslashreplace")
        nfc = unicodedata.normalize("NFC", text)
        ids[path] = nfc if nfc == path or nfc not in taken else text
        taken.add(ids[path])
    return ids

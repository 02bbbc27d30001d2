"""Reading a user's folder: which files are images, and what its folders say about them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from helpers.datasets.dataset import DatasetError
from helpers.datasets.words import count, some

EXTENSIONS = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".bmp", ".dib", ".webp", ".gif"}
EXTENSIONS |= {".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".heic", ".heif", ".hif"}
EXTENSIONS |= {".pjpeg", ".jp2", ".tga"}
TABLES = {".csv", ".tsv", ".parquet"}
SYSTEM = {"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "@eadir", "lost+found"}
WRAPPERS = {"image", "images", "img", "imgs", "photo", "photos", "picture", "pictures", "pics"}
WRAPPERS |= {"jpg", "jpegimages", "data", "dataset", "files"}
UNLABELLED = {"unlabelled", "unlabeled", "unsup"}
_SPLIT_OF = dict.fromkeys(("train", "trn", "training"), "train")
_SPLIT_OF |= dict.fromkeys(("valid", "val", "validation", "validate", "dev", "eval"), "valid")
_SPLIT_OF |= dict.fromkeys(("test", "tst", "testing", "tests", "holdout"), "test")


def split_of(word: object) -> str | None:
    """train, valid or test for any usual spelling ("Training", "VAL", "test_set", "val2017")."""
    letters = re.sub(r"[^a-z]", "", str(word).lower())
    letters = re.sub(r"(set|split|data|images|imgs|folder)$", "", letters)
    return _SPLIT_OF.get(letters)


class Found:
    """What lies in a folder: relative POSIX paths by kind, and what was left aside and why."""

    def __init__(self):
        self.images, self.tables, self.others, self.hidden = [], [], [], []
        self.unreadable, self.outside, self.dangling = [], [], []

    def kind_of(self, entry: os.DirEntry, inside: str) -> list[str]:
        """The list that an entry (no folder) belongs to."""
        if entry.is_symlink():
            target = os.path.realpath(entry.path)
            if not os.path.exists(target):
                return self.dangling
            if not target.startswith(inside) or os.path.isdir(target):
                return self.outside
        suffix = "." + entry.name.rpartition(".")[2].lower()
        if suffix in EXTENSIONS and entry.is_file():  # a pipe may call itself .jpg
            return self.images
        return self.tables if suffix in TABLES else self.others

    def notes(self) -> list[str]:
        """One sentence for each kind of thing that was left aside."""
        kinds = (
            (self.unreadable, "folder", "could not be read (no permission)"),
            (self.outside, "link", "to a folder, or out of this one, never followed"),
            (self.dangling, "link", "to nothing"),
            (self.hidden, "name", "ignored as hidden or made by the system"),
            (self.others, "name", "ignored as neither image nor table by extension"),
        )
        return [f"{count(n, noun)} {why}: {some(sorted(n))}." for n, noun, why in kinds if n]


def look_into(root: Path) -> Found:
    """Every file below `root`, without a stat per file, links never followed out of it.

    Raises
    ------
    DatasetError
        When `root` itself cannot be listed.
    """
    found, inside, pending = Found(), os.path.realpath(root) + os.sep, [(str(root), "")]
    while pending:
        folder, prefix = pending.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    path = prefix + entry.name
                    if entry.name[0] == "." or entry.name.lower() in SYSTEM:
                        found.hidden.append(path)
                    elif entry.is_dir(follow_symlinks=False):
                        pending.append((entry.path, path + "/"))
                    else:
                        found.kind_of(entry, inside).append(path)
        except OSError as error:
            if not prefix:
                raise DatasetError(
                    f"'{root}' cannot be listed ({error.strerror}); expected a folder that this "
                    "user may read, so change its permissions or copy it."
                ) from error
            found.unreadable.append(prefix)
    return found


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


def read_layout(ids: Iterable[str]) -> tuple[dict[str, tuple], list[str]]:
    """What the folders say: (label, split) by folder, None where they say nothing, and notes.

    Split folders may stand above the classes (train/cat) or below them (cat/train); folders that
    all images share say nothing, unless one remains (a single class). Deeper folders make nested
    labels ("animals/cat").
    """
    folders = sorted({image_id.rpartition("/")[0] for image_id in ids})
    parts = {folder: tuple(folder.split("/")) if folder else () for folder in folders}
    shared = os.path.commonprefix(list(parts.values()))
    drop = 0
    while drop < min(map(len, parts.values())) - 1 and drop < len(shared):
        if split_of(shared[drop]):
            break
        drop += 1
    parts = {folder: names[drop:] for folder, names in parts.items()}
    above = _split_names(parts.values(), 0)
    below = set() if above else _split_names((p for p in parts.values() if len(p) > 1), -1)
    splits, unsplit = dict.fromkeys(folders), []
    for folder, names in parts.items():
        if names and names[0] in above:
            splits[folder], parts[folder] = split_of(names[0]), names[1:]
        elif names and names[-1] in below:
            splits[folder], parts[folder] = split_of(names[-1]), names[:-1]
        elif names and (above or below):
            unsplit.append(folder)
    tops = {names[0].lower() for folder, names in parts.items() if names and folder not in unsplit}
    skip = len(tops) == 1 and tops < WRAPPERS  # train/images/cat, valid/images/cat
    meaning = {}
    for folder, names in parts.items():
        says_nothing = names and (
            skip and names[0].lower() in tops or names[0].lower() in UNLABELLED
        )
        meaning[folder] = ("/".join(names[1:] if says_nothing else names) or None, splits[folder])
    notes = []
    if unsplit:
        verb = "lies" if len(unsplit) == 1 else "lie"
        notes.append(
            f"{some(unsplit)} {verb} beside the split folders ({some(sorted(above | below))}), "
            "so the images there have no split."
        )
    return meaning, notes


def _split_names(all_parts: Iterable[tuple], position: int) -> set[str]:
    """The folder names at one position that mean a split rather than a class of that name."""
    all_parts = [names for names in all_parts if names]
    candidates = {names[position] for names in all_parts if split_of(names[position])}
    splits = {split_of(name) for name in candidates}
    everywhere = all(names[position] in candidates for names in all_parts)
    if everywhere or len(splits) > 1 or "train" in splits:
        return candidates
    classes = {"/".join(names) for names in all_parts}
    return {
        name
        for name in candidates
        if position == 0
        and any(names[0] == name and "/".join(names[1:]) in classes for names in all_parts)
    }

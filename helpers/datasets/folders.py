"""Reading a user's folder: which files are images, and what its folders say about them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from helpers.datasets.storage import DatasetError
from helpers.datasets.words import count, some

EXTENSIONS = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".bmp", ".dib", ".webp", ".gif"}
EXTENSIONS |= {".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".heic", ".heif", ".hif"}
EXTENSIONS |= {".pjpeg", ".jp2", ".tga"}
TABLES = {".csv", ".tsv", ".parquet"}
SYSTEM = {"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "@eadir", "lost+found"}
WRAPPERS = {"image", "images", "img", "imgs", "photo", "photos", "picture", "pictures", "pics"}
WRAPPERS |= {"jpg", "jpegimages", "data", "dataset", "files"}
UNLABELLED = {"unlabelled", "unlabeled", "unsup"}
LEFT_ASIDE = {
    "shut": ("folder", "could not be read (no permission)"),
    "link": ("link", "to a folder, to nothing or out of this one, never followed"),
    "hidden": ("name", "ignored as hidden or made by the system"),
    "other": ("name", "ignored as neither image nor table by extension"),
}
_SPLIT_OF = dict.fromkeys(("train", "trn", "training"), "train")
_SPLIT_OF |= dict.fromkeys(("valid", "val", "validation", "validate", "dev", "eval"), "valid")
_SPLIT_OF |= dict.fromkeys(("test", "tst", "testing", "tests", "holdout"), "test")


def split_of(word: object) -> str | None:
    """train, valid or test for any usual spelling ("Training", "VAL", "test_set", "val2017")."""
    letters = re.sub(r"[^a-z]", "", str(word).lower())
    letters = re.sub(r"(set|split|data|images|imgs|folder)$", "", letters)
    return _SPLIT_OF.get(letters)


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


def read_layout(ids: Iterable[str]) -> tuple[dict[str, tuple], list[str]]:
    """What the folders say: (label, split) by folder, None where they say nothing, and notes.

    Split folders may stand above the classes (train/cat). Folders that all images share say
    nothing, unless one remains (a single class). Deeper folders make nested labels
    ("animals/cat").
    """
    folders = sorted({image_id.rpartition("/")[0] for image_id in ids})
    parts = {folder: tuple(folder.split("/")) if folder else () for folder in folders}
    shared = os.path.commonprefix([names[:-1] for names in parts.values()])
    drop = next((i for i, name in enumerate(shared) if split_of(name)), len(shared))
    parts = {folder: names[drop:] for folder, names in parts.items()}
    above = _split_folders(set(parts.values()))
    splits = {f: split_of(names[0]) for f, names in parts.items() if names and names[0] in above}
    parts |= {folder: parts[folder][1:] for folder in splits}
    # One folder such as images/ that lies in every split says nothing either.
    tops = {parts[folder][0].lower() for folder in splits or parts if parts[folder]}
    mute = UNLABELLED | (tops if len(tops) == 1 and tops < WRAPPERS else set())
    meaning = {}
    for folder, names in parts.items():
        names = names[1:] if names and names[0].lower() in mute else names
        meaning[folder] = ("/".join(names) or None, splits.get(folder))
    unsplit = [folder for folder in folders if folder and splits and folder not in splits]
    if not unsplit:
        return meaning, []
    beside = f"Beside the split folders ({some(sorted(above))}), so without a split"
    return meaning, [f"{beside}: {some(unsplit)}."]


def _split_folders(parts: set[tuple]) -> set[str]:
    """The top folders that mean a split rather than a class of that name."""
    tops = {names[0] for names in parts if names}
    named = {top: split_of(top) for top in tops if split_of(top)}
    if len(named) == len(tops) or "train" in named.values() or len({*named.values()}) > 1:
        return set(named)
    # A lone test/ beside classes is a split when it holds such classes itself.
    return {names[0] for names in parts if names[1:] and names[0] in named and names[1:] in parts}

"""Names of files and folders that every computer allows, and that stay apart on all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from unicodedata import category, normalize

# Windows keeps these for devices, whatever their extension.
DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"}
DEVICES |= {f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³"}
LONGEST = 120  # bytes; file systems allow 255, and old Windows 260 letters for a whole path


def safe_name(name: str) -> str:
    """`name` as one folder or file: no separators, wildcards, control characters, device names or
    leading and trailing dots and spaces; at most 120 bytes, the extension kept."""
    clean = "".join("_" if category(c)[0] == "C" else c for c in normalize("NFC", name))
    clean = re.sub(r'[/\\:*?"<>|]', "_", clean)
    clean = re.sub(r"^[. ]+|[. ]+$", "_", clean) or "_"
    if clean.partition(".")[0].rstrip().lower() in DEVICES:
        clean = "_" + clean
    return _cut(clean)


def _cut(name: str, end: str = "") -> str:
    """`name` with `end` before its extension, shortened to `LONGEST` bytes."""
    suffix = PurePosixPath(name).suffix if len(PurePosixPath(name).suffix) < 12 else ""
    stem = name[: len(name) - len(suffix)]
    room = LONGEST - len(suffix.encode()) - len(end.encode())
    return stem.encode()[:room].decode(errors="ignore") + end + suffix


def distinct_names(names: Iterable[str], reserved: Iterable[str] = ()) -> dict[str, str]:
    """A safe name for each of `names`, distinct where capitals do not count, too.

    None is one of `reserved` (in small letters).
    What follows a NUL character in a name only tells it from others of the same name. Names that
    are safe as they are keep it, whatever the others are called.
    """
    names = list(names)
    wanted = {name: safe_name(name.partition("\0")[0]) for name in names}
    given, taken = {}, {*reserved}
    for name in sorted(names, key=lambda name: wanted[name] != name.partition("\0")[0]):
        found, number = wanted[name], 1
        while found.casefold() in taken:
            number += 1
            found = _cut(wanted[name], f"-{number}")
        taken.add(found.casefold())
        given[name] = found
    return {name: given[name] for name in names}

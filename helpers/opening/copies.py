"""A tree that lies a second time inside itself, as archives that repeat their top folder leave."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from helpers.datasets.words import count
from helpers.opening.names import split_of

COMPARED = 100
BLOCK = 1 << 20


def leave_out_copies(root: Path, paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """`paths` of images without those of a folder that holds, under the same names, only files
    that its parent holds too (train/train/cat/1.jpg beside train/cat/1.jpg), and notes.

    They count as copies when all sizes agree, and the bytes of up to 100 files spread over them.
    """
    left = list(paths)
    direct = {path.rpartition("/")[0] for path in left}
    folders: set[str] = set()
    children: dict[str, set[str]] = defaultdict(set)
    for folder in direct - {""}:
        names = folder.split("/")
        for i, name in enumerate(names):
            folders.add("/".join(names[: i + 1]))
            children["/".join(names[:i])].add(name)
    notes = []
    for folder in sorted(folders, key=lambda name: (name.count("/"), name)):
        parent, _, name = folder.rpartition("/")
        inside, beside = children[folder], children[parent] - {name}
        if not beside and parent not in direct:
            continue  # nothing that it could be a copy of
        repeated = name.casefold() == parent.rpartition("/")[2].casefold()
        if not repeated and (split_of(name) or not inside or inside != beside):
            continue
        if copies := _copies(root, folder + "/", left):
            left = sorted(set(left) - copies)
            notes.append(
                f"{count(copies, 'image')} in '{folder}' lie a second time there, with the names, "
                f"sizes and bytes of those beside it; they were left out."
            )
    return left, notes


def _copies(root: Path, prefix: str, paths: list[str]) -> set[str]:
    """The paths below `prefix`, where each of them is the same file as one above; else none."""
    parent = prefix[:-1].rpartition("/")[0]
    above = parent + "/" if parent else ""
    there, inside = set(paths), [path for path in paths if path.startswith(prefix)]
    pairs = [(path, above + path[len(prefix) :]) for path in inside]
    if not inside or any(original not in there for _, original in pairs):
        return set()
    spread = pairs[:: -(-len(pairs) // COMPARED)]
    try:
        same = all(
            os.path.getsize(root / one) == os.path.getsize(root / other) for one, other in pairs
        ) and all(_same_bytes(root / one, root / other) for one, other in spread)
    except OSError:
        return set()
    return set(inside) if same else set()


def _same_bytes(one: Path, other: Path) -> bool:
    with open(one, "rb") as a, open(other, "rb") as b:
        while block := a.read(BLOCK):
            if block != b.read(BLOCK):
                return False
        return not b.read(1)

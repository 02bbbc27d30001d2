"""What the folders of a dataset say: which level is the split, which the class, which neither."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from helpers.datasets.storage import DatasetError
from helpers.datasets.words import some, suggestion
from helpers.opening.levels import choose_labels
from helpers.opening.names import UNLABELLED, WRAPPERS, Parts, split_and_rest, split_of
from helpers.opening.splits_in_folders import find_splits

JOINED = "folders"


@dataclass
class Layout:
    """What the folders say, by folder: label and split (None where nothing), metadata columns
    ("folder_1"…), the column that says which images show the same thing, and notes, those on the
    label apart, which a table may know better."""

    labels: dict[str, str | None]
    splits: dict[str, str | None]
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    group: str | None = None
    notes: list[str] = field(default_factory=list)
    label_notes: list[str] = field(default_factory=list)


def is_level(name: str | None) -> bool:
    """Whether `name` is that of a level of folders: "folder_2", or "folders" for all, joined."""
    return bool(name) and (name == JOINED or re.fullmatch(r"folder_\d+", name) is not None)


def read_layout(ids: Iterable[str], asked: Mapping[str, str | None] | None = None) -> Layout:
    """What the folders above the images say; `asked` may name levels ("folder_1" is the first
    below the root) for "label", "split" and "group".

    Folders that repeat their parent, lone wrappers (images/) and levels of one name say nothing.
    Split folders are told from classes of such a name by what lies in and beside them. Of the
    levels left, years, sizes, cameras and numbered patients are metadata; where the names of the
    last level repeat below those of another, the last is the label and the other metadata;
    otherwise they are joined ("animals/cat").
    """
    asked = {key: name for key, name in (asked or {}).items() if is_level(name)}
    folders = sorted({image_id.rpartition("/")[0] for image_id in ids})
    raw = {folder: tuple(folder.split("/")) if folder else () for folder in folders}
    _check(asked, raw)
    parts = _simplify(raw)
    splits, parts, notes = _read_splits(raw, parts, asked)
    parts = _without_split_names(parts, splits)
    parts = {f: p[1:] if p and p[0][1].lower() in UNLABELLED else p for f, p in parts.items()}
    labels, columns, group, more = choose_labels(parts)
    if level := asked.get("label"):
        labels = {folder: _level(level, names) for folder, names in raw.items()}
        columns = {c: by for c, by in columns.items() if c != level}
        more = []
    layout = Layout(labels, splits, columns, group, notes, more)
    if (level := asked.get("group")) and level not in layout.columns:
        found = {folder: _level(level, names) for folder, names in raw.items()}
        layout.columns[level] = {folder: name for folder, name in found.items() if name}
    return layout


def _check(asked: Mapping[str, str], raw: Mapping[str, tuple]) -> None:
    deepest = max(map(len, raw.values()), default=0)
    there = [f"folder_{i + 1}" for i in range(deepest)]
    for key, level in asked.items():
        if (level == JOINED and key != "label") or (level != JOINED and level not in there):
            raise DatasetError(
                f"{key}={level!r}: there is no such level of folders above the images; there are: "
                f"{some(there, 9) or 'none, they lie flat'}{suggestion(level, there)}."
            )


def _level(level: str, names: tuple[str, ...]) -> str | None:
    if level == JOINED:
        return "/".join(names) or None
    at = int(level.rpartition("_")[2])
    return names[at - 1] if len(names) >= at else None


def _simplify(raw: Mapping[str, tuple]) -> dict[str, Parts]:
    """Folders as (level, name) parts, without those that only repeat or wrap what is in them."""
    inside, direct = defaultdict(set), set(raw.values())
    for names in raw.values():
        for i, name in enumerate(names):
            inside[names[:i]].add(name)

    def mute(above: tuple, name: str) -> bool:
        here = above + (name,)
        beside, below = inside[above] - {name}, inside[here]
        if not beside and name.lower() in WRAPPERS:
            return above not in direct
        if not above:
            return False
        parent = above[-1]
        if parent.strip().casefold() == name.strip().casefold():
            return not beside or bool(below and below <= beside)
        split = split_of(name)
        return not beside and bool(split) and split_and_rest(parent)[0] == split

    quiet = {
        above + (name,) for above in list(inside) for name in inside[above] if mute(above, name)
    }
    return {
        folder: tuple((i + 1, name) for i, name in enumerate(names) if names[: i + 1] not in quiet)
        for folder, names in raw.items()
    }


def _read_splits(
    raw: Mapping[str, tuple], parts: dict[str, Parts], asked: Mapping[str, str]
) -> tuple[dict[str, str | None], dict[str, Parts], list[str]]:
    """The split by folder, the parts without those that said it, and notes."""
    if not (level := asked.get("split")):
        forced = asked.get("label", "")
        return find_splits(parts, int(forced[7:]) if forced[7:].isdigit() else None)
    words = {folder: _level(level, names) for folder, names in raw.items()}
    splits = {folder: split_and_rest(word)[0] if word else None for folder, word in words.items()}
    at = int(level.rpartition("_")[2])
    rest = {f: tuple(p for p in found if p[0] != at) for f, found in parts.items()}
    rest = {f: rest[f] if splits[f] else found for f, found in parts.items()}
    notes = []
    if odd := sorted({word for f, word in words.items() if word and not splits[f]}):
        notes.append(f"Folders at {level} that name no split, so without one: {some(odd)}.")
    return splits, rest, notes


def _without_split_names(
    parts: dict[str, Parts], splits: Mapping[str, str | None]
) -> dict[str, Parts]:
    """Parts without the split's word where all that lie in splits carry it (train/cats_train):
    a label must not differ between splits by their names alone."""
    within = {folder: p for folder, p in parts.items() if splits.get(folder) and p}
    if len({splits[folder] for folder in within}) < 2:
        return parts
    for j in range(min(map(len, within.values()))):
        found = {folder: split_and_rest(p[j][1]) for folder, p in within.items()}
        if all(found[folder][0] == splits[folder] for folder in within):
            for folder, p in within.items():
                rest = ((p[j][0], found[folder][1]),) if found[folder][1] else ()
                parts = parts | {folder: p[:j] + rest + p[j + 1 :]}
            return parts
    return parts

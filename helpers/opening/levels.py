"""Which levels of folders make the label, and which are metadata or tell what is shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from helpers.datasets.words import some
from helpers.opening.names import Parts, are_circumstances, are_numbers_of_things, are_things

Chosen = tuple[dict[str, str | None], dict[str, dict[str, str]], str | None, list[str]]


def choose_labels(parts: Mapping[str, Parts]) -> Chosen:
    """Label by folder, metadata columns, the group column, notes."""
    deep = _without_shared({folder: p for folder, p in parts.items() if p})
    depths = {len(p) for p in deep.values()}
    labels: dict[str, str | None] = dict.fromkeys(parts)
    if len(depths) > 1:
        found, columns, notes = _of_mixed_depth(deep)
        return labels | found, columns, None, notes
    if not depths:
        return labels, {}, None, []
    rows = {folder: tuple(name for _, name in p) for folder, p in deep.items()}
    varying = [i for i in range(depths.pop()) if len({row[i] for row in rows.values()}) > 1]
    varying = varying or [len(next(iter(rows.values()))) - 1]
    taken, note = _label_levels(rows, varying)
    told = _levels_of(deep)
    labels |= {f: "/".join(row[i] for i in taken) or None for f, row in rows.items()}
    others = [i for i in varying if i not in taken]
    columns = {f"folder_{told[i]}": {f: row[i] for f, row in rows.items()} for i in others}
    classes = {label for label in labels.values() if label}
    group = next((f"folder_{told[i]}" for i in others if _is_group(rows, i, len(classes))), None)
    return labels, columns, group, _notes(rows, taken, others, told, note)


def _without_shared(deep: dict[str, Parts]) -> dict[str, Parts]:
    """Parts without the first ones, as long as all share them and more follow."""
    while deep and min(map(len, deep.values())) > 1 and len({p[0][1] for p in deep.values()}) == 1:
        deep = {folder: p[1:] for folder, p in deep.items()}
    return deep


def _levels_of(parts: Mapping[str, Parts]) -> list[int]:
    """For each place in `parts`, the level at which most folders have it."""
    deepest = max(map(len, parts.values()))
    found = ([p[i][0] for p in parts.values() if len(p) > i] for i in range(deepest))
    return [max(Counter(sorted(levels)).items(), key=lambda item: item[1])[0] for levels in found]


def _names(rows: Mapping[str, tuple], level: int) -> set[str]:
    return {row[level] for row in rows.values()}


def _numbered(rows: Mapping[str, tuple], level: int) -> bool:
    """Whether the names at `level` differ by their numbers alone, at least below each parent."""
    parents = {row[:level] for row in rows.values()}
    return are_numbers_of_things(_names(rows, level), len(parents))


def _is_group(rows: Mapping[str, tuple], level: int, classes: int) -> bool:
    names = _names(rows, level)
    if are_things(names):
        return True
    return _numbered(rows, level) and not are_circumstances(names) and len(names) > classes


def _label_levels(rows: Mapping[str, tuple], varying: Sequence[int]) -> tuple[list[int], str]:
    """The levels that make the label together, and how they came to ("joined", "repeated"…)."""
    if len(varying) == 1:
        return list(varying), "single"
    usual = [i for i in varying if not are_circumstances(_names(rows, i))]
    things = [i for i in usual if not are_things(_names(rows, i))]
    named = [i for i in things if not _numbered(rows, i)]
    if len(named) == 1:
        return named, "named"
    if not things:
        return [], "none"
    if not named:
        above, last = things[0], things[-1]
        if _repeats(rows, [above], [last]):
            return [last], "repeated"
        return [above], "named"
    taken = [named[-1]]
    for level in reversed(named[:-1]):
        if _repeats(rows, [level], taken):
            return taken, "repeated"
        taken = [level, *taken]
    return taken, "joined"


def _repeats(rows: Mapping[str, tuple], above: Sequence[int], levels: Sequence[int]) -> bool:
    """Whether at least half of the names at `levels` occur below more than one name `above`."""
    parents = defaultdict(set)
    for row in rows.values():
        parents[tuple(row[i] for i in levels)].add(tuple(row[i] for i in above))
    return 2 * sum(len(found) > 1 for found in parents.values()) >= len(parents)


def _notes(
    rows: Mapping[str, tuple], taken: list[int], others: list[int], told: list[int], how: str
) -> list[str]:
    if how == "single":
        names = sorted(_names(rows, taken[0]))
        if len(names) < 2 or not (are_things(names) or are_circumstances(names)):
            return []
        level = f"folder_{told[taken[0]]}"
        return [
            f"The folders ({some(names)}) are taken as classes; if they say instead which images "
            f"show the same thing or how they were taken, keep them as metadata with "
            f"group='{level}', and name a table's label column with label='…'."
        ]
    metadata = ", ".join(f"folder_{told[i]} ({some(sorted(_names(rows, i)))})" for i in others)
    levels = " and ".join(f"folder_{told[i]}" for i in taken)
    if how == "none":
        return [
            f"No level of folders was taken as the label, as all look like what was photographed "
            f"when or how: {metadata}; if one holds the classes, open with "
            f"label='folder_{told[others[-1]]}'."
        ]
    if how == "joined":
        first = f"label='folder_{told[taken[0]]}'"
        last = f"label='folder_{told[taken[-1]]}'"
        kept = f", and {metadata} as metadata" if others else ""
        return [
            f"Labels join {levels}{kept}; to take one of them alone, open with {first} or {last}."
        ]
    why = ", whose names repeat below the others" if how == "repeated" else ""
    return [
        f"The label is {levels} ({some(sorted(_names(rows, taken[0])))}){why}; kept as metadata: "
        f"{metadata}. If that is not so, open with label='folder_{told[others[0]]}', or "
        "label='folders' for all of them joined."
    ]


def _of_mixed_depth(deep: Mapping[str, Parts]) -> tuple[dict, dict, list[str]]:
    """Folders of different depths: where the last names of the deeper ones are classes among the
    shallow ones, they are the label and what stands above is metadata; else all are joined."""
    least = min(map(len, deep.values()))
    shallow = {p[-1][1] for p in deep.values() if len(p) == least}
    deeper = {folder: p for folder, p in deep.items() if len(p) > least}
    if least == 1 and all(p[-1][1] in shallow for p in deeper.values()):
        columns: dict[str, dict[str, str]] = defaultdict(dict)
        for folder, p in deeper.items():
            for level, name in p[:-1]:
                columns[f"folder_{level}"][folder] = name
        notes = [
            "Folders lie at different depths; the last of each is taken as the label, and what "
            f"stands above as metadata: {some(sorted(columns))}; label='folders' joins them."
        ]
        return {folder: p[-1][1] for folder, p in deep.items()}, dict(columns), notes
    joined = {folder: "/".join(name for _, name in p) for folder, p in deep.items()}
    first = deep[min(deep, key=lambda f: (len(deep[f]), f))][0][0]
    names = some(sorted(set(joined.values())))
    notes = [
        f"Folders lie at different depths, so labels join them ({names}); to take one "
        f"level alone, open with label='folder_{first}'."
    ]
    return joined, {}, notes

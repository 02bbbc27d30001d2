"""Which folders are splits, and which are classes that are only called so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from helpers.datasets.words import some
from helpers.opening.names import UNLABELLED, Parts, split_and_rest

UNDECIDED = {"pred", "predict", "prediction", "predictions", "extra", "extras", "sample", "samples"}
UNDECIDED |= UNLABELLED | {"unknown", "submission", "challenge"}


def find_splits(
    parts: dict[str, Parts], never: int | None = None
) -> tuple[dict[str, str | None], dict[str, Parts], list[str]]:
    """The split by folder (None where there is none), the parts without those that said it, and
    notes on names that could be read in two ways. The level `never` holds classes.

    A lone split counts at the first place where folders differ; below it, only several splits
    side by side do.
    """
    top, doubts = True, []
    for place in range(max(map(len, parts.values()), default=0)):
        below = defaultdict(set)
        for p in parts.values():
            if len(p) > place:
                below[p[place][1]].add(tuple(name for _, name in p[place + 1 :]))
        level = next(p[place][0] for p in parts.values() if len(p) > place)
        if level == never:
            found, note = {}, ""
        else:
            found, note = _told_by(below)
        note = note.format(level=f"folder_{level}")
        if found and (top or len({split for split, _ in found.values()}) > 1):
            return _take(parts, place, found, below, note)
        doubts += [note] if note and top else []
        top = top and len(below) == 1 and all(len(p) > place for p in parts.values())
    return dict.fromkeys(parts), parts, doubts


def _told_by(below: Mapping[str, set[tuple]]) -> tuple[dict[str, tuple[str, str]], str]:
    """Split and rest of the names that are splits, and a note where another reading is plausible.

    `below` holds, by name, the paths of the folders with images in it, () for images directly.
    """
    named = {name: split_and_rest(name) for name in below}
    named = {name: told for name, told in named.items() if told[0]}
    found = {name: told for name, told in named.items() if _is_sure(name, named, below)}
    others = sorted(set(below) - set(found))
    splits = {split for split, _ in found.values()}
    if not found or not others:
        return found, ""
    first = {name: {p[0].lower() for p in paths if p} for name, paths in below.items()}
    inside = set().union(*(first[name] for name in found))
    beside = {name.lower() for name in others}
    rests = {rest.lower() for _, rest in found.values() if rest}
    aside = [
        name
        for name in others
        if name.lower() in UNDECIDED or any(rest in name.lower() for rest in rests)
    ]
    flat = not any(first[name] for name in others)
    shared = inside & (beside | set().union(*(first[name] for name in others)))
    names, rest = some(sorted(found)), some(others)
    as_classes = (
        f"Folders that sound like a split ({names}) are taken as classes, as those beside them "
        f"({rest}) are; if they are splits, open with split='{{level}}'."
    )
    as_splits = (
        f"Folders {names} are taken as splits, not as classes like those beside them ({rest}); if "
        "they are classes, open with label='{level}'."
    )
    # train, test beside unlabelled; or the same classes beside and inside; or train/cat, test/cat
    if len(aside) == len(others) or shared or (len(splits) > 1 and inside):
        return found, ""
    # control and test, or bus, car and train, all flat: without train and another split, classes
    if not inside and flat and not ({"train"} < splits):
        return {}, as_classes
    # one split with folders in it beside folders that are no split and hold other ones
    if inside and not (flat and len(others) == 1):
        return {}, as_classes
    return found, as_splits


def _is_sure(
    name: str, named: Mapping[str, tuple[str, str]], below: Mapping[str, set[tuple]]
) -> bool:
    """Whether a name that holds a split's word means it: it says nothing else, or a partner with
    another split says the same else ("seg_train", "seg_test"), or holds the same folders."""
    split, rest = named[name]
    inside = {path[0] for path in below[name] if path}
    partners = [other for other, (s, _) in named.items() if s != split]
    if not rest or (len(below) == 1 and inside):
        return True
    return any(
        named[other][1].casefold() == rest.casefold()
        or inside & {path[0] for path in below[other] if path}
        for other in partners
    )


def _take(
    parts: dict[str, Parts],
    place: int,
    found: Mapping[str, tuple[str, str]],
    below: Mapping[str, set[tuple]],
    note: str,
) -> tuple[dict[str, str | None], dict[str, Parts], list[str]]:
    """Take out the parts at `place` that are splits; a rest that differs remains ("cat_train")."""
    several = len({rest.casefold() for _, rest in found.values()}) > 1
    inside = {path[0] for name in found for path in below[name] if path}
    classes = bool(inside & set(below))  # they lie beside the splits as well as in them
    shared = place if len({p[:place] for p in parts.values()}) == 1 else 0
    splits, left, unsplit = dict.fromkeys(parts), {}, []
    for folder, p in parts.items():
        name = p[place][1] if len(p) > place else None
        if name in found:
            splits[folder], rest = found[name]
            kept = ((p[place][0], rest),) if several and rest else ()
            left[folder] = p[shared:place] + kept + p[place + 1 :]
            continue
        if folder:
            unsplit.append(folder)
        after = p[place + 1 :]
        if name is None or (classes and not after) or name in inside or (after and not inside):
            left[folder] = p[shared:]  # a class beside the splits, or classes beside a flat one
        elif not after:
            left[folder] = p[shared:place]
        else:
            left[folder] = p[shared:place] + after if after[0][1] in inside else p[shared:]
    notes = [note] if note else []
    if unsplit:
        told = f"Beside the split folders ({some(sorted(found))}), so without a split"
        notes.append(f"{told}: {some(unsplit)}.")
    return splits, left, notes

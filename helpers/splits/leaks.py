"""What lies on two sides of a split that should lie on one: copies, and images of one group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, product

import numpy as np
import pandas as pd

from helpers.datasets import Dataset
from helpers.splits.joining import SIDES, check_pairs, link, search_copies, tell_by_hashes

COLUMNS = ["kind", "image_id", "split", "other_id", "other_split", "label", "other_label"]
COLUMNS += ["group", "other_group"]
_MOST_PAIRS = 100
_NOUNS = {"exact": "pair of exact copies", "near": "pair of near copies"}
_NOUNS |= {"probable": "pair of probable copies"}

Sides = dict[str, list[str]]


def check_leakage(
    dataset: Dataset, pairs: pd.DataFrame | None = None, groups: pd.Series | str | None = None
) -> pd.DataFrame:
    """Every two images on different sides of the split of which one gives the other away.

    Test files are read for this, as the audit may; nothing is scored on them. Where no pairs are
    given and hashes alone were compared, as of a dataset of your own with a group for every image,
    that is printed.

    Parameters
    ----------
    dataset : Dataset
        With a split; images on no side do not leak, but may be what links others that do.
    pairs : DataFrame, optional
        As from `find_duplicates`; `search_copies` finds them where they are not given.
    groups : str, or Series by image_id, optional
        As in `split`; by default the dataset's group column, if it has one.

    Returns
    -------
    DataFrame, one row per pair, empty where nothing leaks
        kind ("exact": the same bytes; "near": copies of one picture; "probable": perhaps, for
        information; "group": the same group), image_id and split, other_id and other_split
        (the later of train, valid, test), label, other_label, group, other_group (as text, missing
        where there is none). All pairs are listed that a picture or group has across two sides, or,
        where these are more than 100, each of its images once or more. Dropping every image_id of
        kinds exact, near and group leaves nothing of these kinds.

    Raises
    ------
    DatasetError
        No such group column, or pairs without their columns.

    See Also
    --------
    describe_leakage : the same in one sentence
    """
    if pairs is None:
        pairs = search_copies(dataset)
        tell_by_hashes(dataset, "pairs")
    images = dataset.images
    column = groups if isinstance(groups, str) else dataset.group
    if isinstance(groups, pd.Series):
        values = groups.reindex(images.index)
    else:
        values = dataset.with_group(column).images[column] if column else None
    if values is None:
        values = pd.Series(pd.NA, images.index, dtype="str")
    values = values.astype("str").where(values.notna())
    sides = images["split"].dropna()
    found = [*_find_copies(check_pairs(pairs), sides), *_find_groups(values, sides)]
    table = pd.DataFrame(found, columns=["kind", "image_id", "other_id"], dtype="str")
    for end, prefix in (("image_id", ""), ("other_id", "other_")):
        table[f"{prefix}split"] = sides.reindex(table[end]).to_numpy()
        table[f"{prefix}label"] = images["label"].reindex(table[end]).to_numpy()
        table[f"{prefix}group"] = values.reindex(table[end]).to_numpy()
    table = table[COLUMNS].astype("str")
    table.attrs |= {"grouped": bool(values.notna().any()), "split": len(sides) > 0}
    return table


def check_fold(dataset: Dataset, learned: Iterable[str], hidden: Iterable[str]) -> pd.DataFrame:
    """What a fold asks about that was, in another picture, in what was learned from.

    Parameters
    ----------
    dataset : Dataset
    learned, hidden : image ids
        Of one fold of a cross-validation.

    Returns
    -------
    DataFrame
        As from `check_leakage`, without copies that are only probable; image_id was learned from,
        other_id was hidden.
    """
    sides = dict.fromkeys(learned, "train") | dict.fromkeys(hidden, "valid")
    split = pd.Series(sides, dtype="str").reindex(dataset.images.index)
    fold = dataset.with_images(dataset.images.assign(split=split))
    leaks = check_leakage(fold, search_copies(dataset))
    return leaks[leaks["kind"] != "probable"].reset_index(drop=True)


def describe_leakage(leaks: pd.DataFrame) -> str:
    """What `check_leakage` found, in one sentence.

    Where ``leaks.attrs["searched"]`` is true, photos of one thing were searched for elsewhere, and
    it is not said that only copies were looked for; where ``leaks.attrs["split"]`` is false, no
    image was on any side.
    """
    if not leaks.attrs.get("split", True):
        return "There is no split, so that nothing lies on two sides: ensure_split makes one."
    kinds = leaks["kind"].value_counts()
    parts = [_number(kinds[kind], noun) for kind, noun in _NOUNS.items() if kind in kinds]
    groups = leaks.loc[leaks["kind"] == "group", "group"].unique()
    parts += [f"{_number(len(groups), 'group')} such as {groups[0]!r}"] if len(groups) else []
    grouped = leaks.attrs.get("grouped", True)
    alone = "no column says which images belong together, so only copies were looked for here"
    searched = leaks.attrs.get("searched", False)
    if not parts and not grouped:
        if searched:
            return "No copies that were found lie on two sides of the split."
        return (
            f"No copies that were found lie on two sides of the split; {alone} (open_dataset(…, "
            "group='…') names one, and helpers.splits.suggest_groups(dataset) looks for groups)."
        )
    if not parts:
        return "No images of one group and no copies that were found lie on two sides of the split."
    between = leaks.groupby(["split", "other_split"]).size()
    between = sorted(between.index, key=lambda ends: [SIDES.index(side) for side in ends])
    where = "; ".join(f"{first} and {second}" for first, second in between)
    only = len(parts) == 1 and parts[0].startswith("1 ")
    found = f"{_listed(parts)} {'lies' if only else 'lie'} on two sides of the split ({where})"
    return f"{found}{'' if grouped or searched else '; ' + alone}."


def _number(number: int, noun: str) -> str:
    first, *rest = noun.split(" ")
    return " ".join([f"{number:,}", first if number == 1 else f"{first}s", *rest])


def _listed(parts: list[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _find_groups(values: pd.Series, sides: pd.Series) -> Iterator[tuple[str, str, str]]:
    known = values.reindex(sides.index).dropna()
    for places in _by_side(pd.Series(pd.factorize(known)[0], known.index), sides).values():
        yield from (("group", *ends) for ends in _across(places, places))


def _find_copies(pairs: pd.DataFrame, sides: pd.Series) -> Iterator[tuple[str, str, str]]:
    """Pairs across sides; what is linked only through images on no side counts as near."""
    ids = pd.Index(pairs["image_id"]).append(pd.Index(pairs["other_id"])).unique()
    first, second = (ids.get_indexer(pairs[end]) for end in ("image_id", "other_id"))
    kind = pairs["kind"].to_numpy()
    # Of identical files only one is compared with others, and stands for all of them.
    same = link(np.arange(len(ids)), [first[kind == "exact"], second[kind == "exact"]])
    files = _by_side(pd.Series(same, ids), sides)
    seen = set()
    for places in files.values():
        for ends in _across(places, places):
            seen.add(ends)
            yield "exact", *ends
    for name in ("near", "probable"):
        chosen = np.column_stack([same[first], same[second]])[kind == name]
        for one, other in dict.fromkeys(map(tuple, chosen.tolist())):
            for ends in _across(files.get(one, {}), files.get(other, {})):
                if ends not in seen:
                    seen.add(ends)
                    yield name, *ends
        if name == "near":
            yield from _find_linked(ids, [first, second], kind, sides, seen)


def _find_linked(ids, ends, kind, sides, seen) -> Iterator[tuple[str, str, str]]:
    """Sides of one cluster of copies between which no pair was seen, every image of both."""
    sure = kind != "probable"
    clusters = pd.Series(link(np.arange(len(ids)), [end[sure] for end in ends]), ids)
    met = {(clusters[a], sides[a], sides[b]) for a, b in seen}
    for number, places in _by_side(clusters, sides).items():
        for pair in combinations([side for side in SIDES if side in places], 2):
            if (number, *pair) not in met:
                here, there = ({side: places[side]} for side in pair)
                for found in _across(here, there):
                    seen.add(found)
                    yield "near", *found


def _by_side(codes: pd.Series, sides: pd.Series) -> dict[int, Sides]:
    """Images by number and side, of numbers that occur."""
    codes = codes[codes.index.isin(sides.index)]
    table = pd.DataFrame({"code": codes, "side": sides.reindex(codes.index), "id": codes.index})
    found: dict[int, Sides] = {}
    for (code, side), ids in table.groupby(["code", "side"])["id"]:
        found.setdefault(code, {})[side] = sorted(ids)
    return found


def _across(one: Sides, other: Sides) -> Iterator[tuple[str, str]]:
    """Pairs of an image of `one` and an image of `other` on different sides, earlier side first."""
    for first, second in combinations(SIDES, 2):
        for here, there in dict.fromkeys([(first, second), (second, first)]):
            if here == second and one is other:
                continue
            left, right = one.get(here, []), other.get(there, [])
            pairs = _pair_up(left, right)
            yield from (pairs if here == first else ((b, a) for a, b in pairs))


def _pair_up(left: list[str], right: list[str]) -> Iterator[tuple[str, str]]:
    if len(left) * len(right) <= _MOST_PAIRS:
        yield from product(left, right)
        return
    for number in range(max(len(left), len(right))):
        yield left[number % len(left)], right[number % len(right)]

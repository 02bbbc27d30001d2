"""A pair that a person answered no stays apart, however sure a report is of the pairs between."""

from __future__ import annotations

from collections import deque

import pandas as pd

from helpers.datasets.words import count, some
from helpers.evidence.answered_pairs import ANSWER, KEEPS, keys_of
from helpers.splits.joining import join_groups, sure_pairs

ENDS = ["image_id", "other_id"]
AGAINST = "against"


def without_barred(sure: pd.DataFrame) -> pd.DataFrame:
    """Those of the pairs of `follow` that no answer no keeps apart."""
    return sure[sure[AGAINST].isna()]


def follow(evidence, least: float) -> pd.DataFrame:
    """The pairs that a report by itself takes for one thing, the surest first: what images that are
    left out link by your yes and their copies, proposals of that chance or more, pairs by name,
    and those that agree in a mirror; without images that are left out.

    Parameters
    ----------
    evidence : Evidence
    least : float
        The chance from which a proposal is sure.

    Returns
    -------
    DataFrame: image_id, other_id, against (the pair answered no that it would join, so that it is
    not followed; missing for those that are)
    """
    opened, judged = evidence.opened, evidence.answered
    kept = evidence.part.images.index.difference(evidence.choices.index, sort=False)
    found, things = [pd.DataFrame({one: [] for one in ENDS}, dtype=object)], None
    if judged is not None or evidence.proposals is not None:
        things = join_groups(opened.groups, evidence.pairs, opened.images.index)
    if judged is not None:
        found.append(_through_left_out(things, kept))
    if (proposed := evidence.proposals) is not None:
        surest = proposed.sort_values("expected", ascending=False, kind="stable")
        found += [surest.loc[surest["expected"] >= least, ENDS], evidence.same_by_name[ENDS]]
        found += [] if evidence.turned is None else [evidence.turned[ENDS]]
    sure = pd.concat(found, ignore_index=True)
    sure = sure[sure[ENDS].isin(kept).all(axis=1)].reset_index(drop=True)
    against = find_against(sure, things, said_no(judged)) if len(sure) else []
    return sure.assign(**{AGAINST: pd.Series(against, sure.index, dtype=object)})


def _through_left_out(things: pd.Series, kept: pd.Index) -> pd.DataFrame:
    """Pairs that link the kept images of each thing of which an image is left out: it may be what
    joins them, as a second copy does of which you said yes."""
    own = things[things.isin(things[~things.index.isin(kept)]) & things.index.isin(kept)]
    first = own.groupby(own).transform(lambda one: one.index[0])
    linked = pd.DataFrame({"image_id": first.to_numpy(object), "other_id": own.index})
    return linked[linked["image_id"] != linked["other_id"]]


def said_no(judged: pd.DataFrame | None) -> list[tuple[str, str]]:
    """The pairs answered no, in the order of their names."""
    said = [] if judged is None else {*keys_of(judged[judged[ANSWER] == "no"])}
    return sorted(pair for pair in said if pair[0] != pair[1])


def find_against(
    pairs: pd.DataFrame, things: pd.Series, apart: list[tuple[str, str]]
) -> list[tuple[str, str] | None]:
    """For each of `pairs`, followed from the first, the pair of `apart` that it would join; None
    where it joins none.

    Parameters
    ----------
    pairs : DataFrame of pairs image_id, other_id
    things : Series of int by image_id
        What is one already; of `apart`, what this joins keeps nothing apart.
    apart : list of pairs
    """
    number = things.to_dict()
    parent = {one: one for one in number.values()}
    foes: dict[int, dict[int, tuple[str, str]]] = {one: {} for one in parent}

    def root(image):
        one = number[image]
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for pair in apart:
        here, there = map(root, pair)
        if here != there:
            foes[here].setdefault(there, pair)
            foes[there].setdefault(here, pair)
    found = []
    for ends in zip(pairs["image_id"], pairs["other_id"], strict=True):
        here, there = map(root, ends)
        found.append(foes[here].get(there))
        if here == there or found[-1]:
            continue
        parent[there] = here
        for foe, pair in foes.pop(there).items():
            del foes[foe][there]
            foes[foe].setdefault(here, pair)
            foes[here].setdefault(foe, pair)
    return found


def tell_barred(sure: pd.DataFrame) -> str | None:
    """How many pairs that `follow` returned are not followed, and why; None where all are."""
    barred = sure[sure[AGAINST].notna()]
    if barred.empty:
        return None
    one, other, pair = barred.iloc[0][[*ENDS, AGAINST]]
    many = len(barred) > 1
    return (
        f"{count(barred, 'pair')} that {'are' if many else 'is'} sure by {'them' if many else 'it'}"
        f"{'selves' if many else 'self'} {'are' if many else 'is'} not followed, for "
        f"{'each' if many else 'it'} would put two images of which you answered no into one group: "
        f"'{one}' and '{other}' would join '{pair[0]}' and '{pair[1]}'. "
        f"{'They stay' if many else 'It stays'} apart, and open in pairs.csv."
    )


def tell_overruled(
    judged: pd.DataFrame | None, groups: pd.Series, copies: pd.DataFrame | None = None
) -> str | None:
    """How many pairs answered no stay together all the same, and what joins the first of them;
    None where none do.

    Parameters
    ----------
    judged : DataFrame of pairs, or None
        image_id, other_id, together.
    groups : Series by image_id
        Images of one value stay together.
    copies : DataFrame of pairs, optional
        Those that are only probable join nothing.
    """
    over = [pair for pair in said_no(judged) if groups[pair[0]] == groups[pair[1]]]
    if not over:
        return None
    kept = judged[judged[ANSWER].eq(KEEPS)]
    kept = kept[groups[kept["image_id"]].to_numpy() == groups[kept["other_id"]].to_numpy()]
    links = dict.fromkeys(keys_of(kept), "kept by the report that made the table")
    links |= dict.fromkeys(keys_of(sure_pairs(copies)), "copies")
    links |= dict.fromkeys(keys_of(judged[judged[ANSWER] == "yes"]), "yes")
    one, other = over[0]
    path = _join(one, other, links)
    by = [f"'{first}' and '{second}' ({what})" for first, second, what in path]
    if len(path) > 1:
        told = f"by {some(by, 4)}"
    else:
        told = "which are copies" if path else "in part or wholly by groups that they came with"
    stays = "stays" if len(over) == 1 else "stay"
    act = " Where such a yes is wrong, write no there." if "(yes)" in told else ""
    return (
        f"{count(over, 'pair')} answered no {stays} together all the same, since "
        f"{'groups' if copies is None else 'copies, groups'} or answers yes join them: '{one}' and "
        f"'{other}', {told}.{act}"
    )


def _join(one: str, other: str, links: dict[tuple[str, str], str]) -> list[tuple[str, str, str]]:
    """The fewest links that lead from one image to another; none where none do."""
    near: dict[str, list[tuple[str, str]]] = {}
    for (first, second), what in sorted(links.items()):
        near.setdefault(first, []).append((second, what))
        near.setdefault(second, []).append((first, what))
    before: dict[str, tuple[str, str] | None] = {one: None}
    waiting = deque([one])
    while waiting and other not in before:
        here = waiting.popleft()
        for there, what in near.get(here, []):
            if there not in before:
                before[there] = here, what
                waiting.append(there)
    path, here = [], other
    while (step := before.get(here)) is not None:
        path.append((step[0], here, step[1]))
        here = step[0]
    return path[::-1]

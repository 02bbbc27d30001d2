"""Which images stay on one side of a split: what a report found, and what you made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pandas as pd

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.safe_names import read_text_csv
from helpers.datasets.storage import expand_home
from helpers.datasets.words import count, some, sum_of_chances
from helpers.evidence.answered_pairs import (
    ANSWER,
    JOINED,
    KEEPS,
    KEPT,
    count_answers,
    keys_of,
    read_judged,
)
from helpers.evidence.audited import LIKELY, SURE
from helpers.evidence.cannot_link import ENDS, find_against, said_no, tell_overruled
from helpers.splits import apply_groups
from helpers.splits.joining import join_groups

TOGETHER = "stays_with"
GIVEN = "you gave a table that keeps them together"
BUT = "you answered no, and copies or other pairs join them all the same"
SAME = (
    "no difference at 96 pixels a side, be the light the same or not: saved anew, made brighter or "
    "darker, or changed in detail (noise, sharpness)"
)
WHY = "keypoints: they agree only where one photo is mirrored"


def together(evidence) -> pd.Series:
    """For each image the first of those that a report keeps on one side with it: confirmed copies,
    images of one group, and photos of one thing that it is sure of; missing where there is none."""
    numbers = evidence.things
    first = numbers.groupby(numbers).transform(lambda own: own.index[0])
    return first.where(numbers.duplicated(keep=False)).astype("str").rename(TOGETHER)


def pairs_table(evidence) -> pd.DataFrame:
    """Pairs of copies and of photos that may show one thing, the surest of each first."""
    columns = ["image_id", "other_id", "kind", "chance", "why"]
    copies = evidence.pairs.assign(chance=pd.NA)
    transform, difference = copies["transform"].fillna(""), copies["difference"].fillna("")
    told = (transform + "; " + difference).str.strip("; ")
    told = told.mask((told == "") & (copies["kind"] == "near"), SAME)
    found = [copies.assign(kind=copies["kind"] + " copy", why=told)[columns]]
    if evidence.proposals is not None and len(evidence.proposals):
        proposed = evidence.proposals
        told = proposed["evidence"] + ": " + proposed["why"].fillna("")
        found.append(
            proposed.assign(kind="same thing", chance=_cut(proposed["expected"]), why=told)[columns]
        )
    if evidence.turned is not None:
        turned = evidence.turned.assign(kind="same thing, mirrored", chance=pd.NA, why=WHY)
        found.append(turned[columns])
    if (said := evidence.answered) is not None:
        facts = {"kind": said.get("kind", "same thing"), "why": said.get("why", GIVEN)}
        known = said.reindex(columns=[*columns, ANSWER])
        found.append(known.assign(chance=_numbers(said), **facts))
    elif evidence.opened.group == TOGETHER:
        # Or the next report that is given this table loses them.
        given = _of_one_value(evidence.opened.images.reset_index(), TOGETHER)
        given = given.dropna(subset="other_id")
        found.append(given.assign(kind="same thing", chance=pd.NA, why=GIVEN)[columns])
    if len(named := evidence.same_by_name):
        found.append(named.assign(kind="same thing", chance=pd.NA, why="their names")[columns])
    table = pd.concat([one.astype({"chance": "Float64"}) for one in found], ignore_index=True)
    table = _once(table.reindex(columns=[*columns, ANSWER]))
    one, other = (evidence.things.reindex(table[end]).to_numpy() for end in columns[:2])
    said = table.pop(ANSWER)
    said = said.where(said.isin(["yes", "no"]), np.where(one == other, KEEPS, ""))
    table.insert(table.columns.get_loc("why"), ANSWER, said)
    apart = (said == "no").to_numpy() & (one == other)
    table.loc[apart, "why"] = [f"{why}; {BUT}".removeprefix("; ") for why in table["why"][apart]]
    labels = evidence.opened.images["label"]
    table.insert(1, "label", labels.reindex(table["image_id"]).to_numpy())
    table.insert(3, "other_label", labels.reindex(table["other_id"]).to_numpy())
    return table


def _once(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each pair: all that it is, the surest first, and what a person said of it."""

    def joined(cells: pd.Series) -> str:
        parts = dict.fromkeys(part for cell in cells for part in cell.split("; "))
        return "; ".join(part for part in parts if part not in ("", BUT))

    table[ANSWER] = table[ANSWER].fillna("")
    texts = table[["kind", "why"]].fillna("").astype(str)
    keys = keys_of(table)
    rows = table.assign(**texts).groupby(keys, sort=False)
    together = {"kind": joined, "chance": "max", "why": joined, ANSWER: "max"}
    return rows.agg({"image_id": "first", "other_id": "first"} | together).reset_index(drop=True)


def _cut(chances: pd.Series) -> pd.Series:
    """To three digits, never up: 0.8998 is less than `SURE`, and 0.9 would not look so."""
    return np.floor(chances * 1000 + 1e-6) / 1000


def _numbers(table: pd.DataFrame) -> pd.Series:
    """Its chances, which a spreadsheet may have written with a comma."""
    cells = table["chance"] if "chance" in table else pd.Series("", table.index)
    return pd.to_numeric(cells.str.replace(",", "."), errors="coerce").astype("Float64")


def read_answers(dataset: Dataset, path: str | Path) -> pd.DataFrame | None:
    """The pairs of a table for `keep_together` with what you said of each, as `Evidence` takes
    them, but for pairs of images that are gone; None where the table names a value for each image
    instead.

    Raises
    ------
    DatasetError
        As `keep_together`.
    """
    path = expand_home(path)
    table = _read(path)
    if not {"image_id", "other_id", ANSWER} <= {*table.columns} or TOGETHER in table:
        return None
    return read_judged(path, _of_dataset(table, dataset, path)[0])


def keep_together(dataset: Dataset, path: str | Path, column: str = TOGETHER) -> Dataset:
    """The dataset with the groups of a table, such as a report's ``images.csv`` or ``pairs.csv``
    that you went through; where it has a group column already, both are joined.

    Its notes say which pairs that are marked no stay together all the same, and what of a table of
    pairs nobody answered; of a table of images, what the report beside it did not compare, and what
    its pairs.csv leaves open: such groups are no more complete than what the table was made from.

    Parameters
    ----------
    path : path of a CSV
        With a column image_id, and either `column` or, for pairs, other_id and together. Images
        that it does not name, or without a value, stand alone; rows about images that have left
        the folder are passed over. Saved by a spreadsheet, it may be parted by semicolons or tabs.
    column : str
        Images with the same value stay on one side of every split; of pairs those with
        "yes" do, and those with "kept", as the report itself writes, that join none with "no".

    Raises
    ------
    DatasetError
        There is no such file or column, half of its rows or more name other images, nobody has
        answered or no two images
        have one value, or a pair has another value than yes, no or nothing, or both yes and no.
    """
    path = expand_home(path)
    table = _read(path)
    paired = "other_id" in table and column not in table
    needed = ("image_id", "other_id", ANSWER) if paired else ("image_id", column)
    if missing := [name for name in needed if name not in table]:
        raise DatasetError(
            f"'{path}' has no column {some(map(repr, missing))} (columns: {some(table.columns, 6)})"
            "; expected one as a report's images.csv or pairs.csv has it."
        )
    table, gone = _of_dataset(table, dataset, path)
    judged = read_judged(path, table) if paired else None
    pairs = _of_one_value(table, column) if judged is None else judged[judged[ANSWER] == "yes"]
    pairs = pairs[ENDS].dropna(subset="other_id")
    if paired:
        pairs = pd.concat([pairs, _still_kept(dataset, judged, pairs, column)])
    if pairs.empty and not paired:
        raise DatasetError(f"No two images have the same value of '{column}' in '{path}'.")
    if paired and not (judged[ANSWER] != "").any():
        raise DatasetError(f"No pair has yes or no in the column '{ANSWER}' of '{path}'.")
    kept = apply_groups(dataset, pairs, column) if len(pairs) else dataset
    own = f"{JOINED}'{dataset.group}': " if dataset.has_groups else ""
    begins = own or (KEPT if len(pairs) else "No group comes from ")
    if paired:
        ends = judged[judged[ANSWER] == KEEPS].groupby(keys_of(judged))[ENDS].first()
        stay = kept.groups[ends["image_id"]].to_numpy() == kept.groups[ends["other_id"]].to_numpy()
        told = [f"{begins}{path.name}: {count_answers(judged, int(stay.sum()))}."]
        over = tell_overruled(judged, kept.groups)
        told += [f"{path.name}: {over}"] if over else []
        if len(pairs) and not own:
            told += _say_unanswered(kept, table, "it", begins + path.name)
    else:
        said = {*table["image_id"][table[column].str.strip() != ""]}
        # Whom nobody names may belong anywhere.
        whole = not own and said == {*dataset.images.index}
        told = [] if whole else [f"{begins}{path.name}: {count(said, 'image')} with a value."]
        told += [] if own or whole else _say_limits(kept, path)
    if gone:
        told.append(f"{count(gone, 'row')} of {path.name} about images that are gone: passed over.")
    own = "" if column == TOGETHER else f", {column!r}"
    call = f"keep_together({{}}, {f'path/to/{path.name}'!r}{own})"
    then = {"then": (*kept.opened.get("then", ()), call)}
    then |= {"judged": judged} if paired else {}
    return replace(kept, notes=(*kept.notes, *told), opened=kept.opened | then)


def _still_kept(
    dataset: Dataset, judged: pd.DataFrame, yes: pd.DataFrame, column: str
) -> pd.DataFrame:
    """Pairs that an earlier report was sure of by itself, the surest first, without those that
    would join one marked no. Those that stay together only through others say nothing more."""
    kept = judged.assign(chance=_numbers(judged), rank=_rank(judged))[judged[ANSWER] == KEEPS]
    kept = kept.dropna(subset="rank")
    kept = kept.sort_values(["rank", "chance"], ascending=[True, False], kind="stable")
    kept = kept[~keys_of(kept).duplicated()]
    joined = apply_groups(dataset, yes, column) if len(yes) else dataset
    things = join_groups(joined.groups, None, dataset.images.index)
    against = find_against(kept, things, said_no(judged))
    return kept.loc[np.array([one is None for one in against], bool), ENDS]


def _rank(judged: pd.DataFrame) -> pd.Series:
    """In which order the pairs that a report was sure of are followed, as it does itself: copies,
    proposals, what names or a table of yours say, mirrored ones; missing for all others, which
    stay together through those. Of a table without the columns that say so, all are followed."""
    if not {"kind", "chance", "why"} <= {*judged.columns}:
        return pd.Series(0.0, judged.index)
    kind, why = judged["kind"].fillna(""), judged["why"].fillna("")
    named = kind.eq("same thing") & why.str.contains(f"their names|{GIVEN}", regex=True)
    are = [kind.str.contains(r"\b(?:exact|near) copy"), _numbers(judged).ge(SURE).fillna(False)]
    are += [named, kind.str.contains("mirrored")]
    ranks = np.select([one.to_numpy(bool) for one in are], [0, 1, 2, 3], np.nan)
    return pd.Series(ranks, judged.index)


def _of_dataset(table: pd.DataFrame, dataset: Dataset, path: Path) -> tuple[pd.DataFrame, int]:
    """The rows about images that are there, their names written as the dataset has them, and how
    many others there were; raises DatasetError where those are half or more."""
    ends = [one for one in ("image_id", "other_id") if one in table]
    plain = table.assign(
        **{one: table[one].map(lambda name: normalize("NFC", name)) for one in ends}
    )
    there = plain[ends].isin(dataset.images.index).all(axis=1)
    if 2 * (~there).sum() >= len(table) > 0:
        foreign = [one for end in ends for one in plain[end] if one not in dataset.images.index]
        raise DatasetError(
            f"'{path}' names {some(dict.fromkeys(foreign))}, which {dataset.name!r} does not have; "
            "take the table of this dataset's report."
        )
    return plain[there], int((~there).sum())


def _read(path: Path) -> pd.DataFrame:
    try:
        return read_text_csv(path)
    except (OSError, ValueError) as error:
        raise DatasetError(f"'{path}' cannot be read as a CSV ({error}).") from error


def _of_one_value(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Pairs that link the images of each value; the last of each is paired with nothing."""
    values = table.set_index("image_id")[column].fillna("").astype(str).str.strip()
    values = values[values != ""]
    pairs = pd.DataFrame({"image_id": values.index, "value": values.to_numpy()})
    return pairs.assign(other_id=pairs.groupby("value")["image_id"].shift(-1))


def _say_limits(dataset: Dataset, path: Path) -> list[str]:
    """What is not known of groups that come from a table of images, by the report beside it."""
    try:
        run = json.loads(path.with_name("run.json").read_text(encoding="utf-8"))
        known = run["images searched for photos of one thing"]
        compared, others = known["compared"], known["not compared"]
    except (OSError, ValueError, KeyError, TypeError):
        compared, others = 0, None
    told = f"{KEPT}{path.name}"
    found = []
    if others is None:
        found = [f"{told}: how many images were compared for it is not known."]
    elif others:
        found = [
            f"{told}, for which {compared:,} of {compared + others:,} images were compared: photos "
            "of one thing among the others stay apart, so that scores may flatter (without "
            "--together, a larger --budget compares more)."
        ]
    try:
        beside = _read(path.with_name("pairs.csv"))
    except DatasetError:
        return found
    return found + _say_unanswered(dataset, beside, "pairs.csv", told)


def _say_unanswered(dataset: Dataset, pairs: pd.DataFrame, name: str, told: str) -> list[str]:
    """How many unsure pairs of a table, called by that name, are neither joined nor answered."""
    try:
        chance = _numbers(pairs).astype(float)
        unsure = chance.between(LIKELY, SURE, inclusive="left") & (pairs["kind"] == "same thing")
        unsure &= pairs[ANSWER].str.strip() == ""
        ends = [dataset.groups.reindex(pairs[end]).to_numpy() for end in ("image_id", "other_id")]
    except KeyError:
        return []
    unsure &= (ends[0] != ends[1]) & pd.notna(ends[0]) & pd.notna(ends[1])
    if not unsure.any():
        return []
    return [
        f"{told}, and {count(int(unsure.sum()), 'pair')} in {name}, of which about "
        f"{sum_of_chances(chance[unsure])} should show one thing or one place, "
        f"{'are' if unsure.sum() > 1 else 'is'} neither joined nor answered: write yes (for one "
        f"place, too) or no into the column '{ANSWER}' there, and give {name} to --together."
    ]

"""Which images stay on one side of a split: what a report found, and what you made of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import some
from helpers.splits import apply_groups
from helpers.splits.joining import join_groups

TOGETHER = "stays_with"
WHY = "keypoints: they agree only where one photo is mirrored"


def together(evidence) -> pd.Series:
    """For each image the first of those that a report keeps on one side with it: confirmed copies,
    images of one group, and photos of one thing that it is sure of; missing where there is none."""
    index = evidence.opened.images.index
    groups = evidence.clean.groups.reindex(index)
    groups = groups.where(groups.notna(), evidence.opened.groups)
    numbers = join_groups(groups, evidence.pairs, index)[index]
    first = numbers.groupby(numbers).transform(lambda own: own.index[0])
    return first.where(numbers.duplicated(keep=False)).astype("str").rename(TOGETHER)


def pairs_table(evidence) -> pd.DataFrame:
    """Pairs of copies and of photos that may show one thing, the surest of each first."""
    columns = ["image_id", "other_id", "kind", "chance", "why"]
    copies = evidence.pairs.assign(chance=pd.NA)
    transform, difference = copies["transform"].fillna(""), copies["difference"].fillna("")
    told = (transform + "; " + difference).str.strip("; ")
    found = [copies.assign(kind=copies["kind"] + " copy", why=told)[columns]]
    if evidence.proposals is not None and len(evidence.proposals):
        proposed = evidence.proposals
        told = proposed["evidence"] + ": " + proposed["why"].fillna("")
        found.append(
            proposed.assign(kind="same thing", chance=proposed["expected"].round(3), why=told)[
                columns
            ]
        )
    if evidence.turned is not None:
        turned = evidence.turned.assign(kind="same thing, mirrored", chance=pd.NA, why=WHY)
        found.append(turned[columns])
    table = pd.concat([one.astype({"chance": "Float64"}) for one in found], ignore_index=True)
    labels = evidence.opened.images["label"]
    table.insert(1, "label", labels.reindex(table["image_id"]).to_numpy())
    table.insert(3, "other_label", labels.reindex(table["other_id"]).to_numpy())
    return table


def keep_together(dataset: Dataset, path: str | Path, column: str = TOGETHER) -> Dataset:
    """The dataset with the groups of a table, such as a report's ``images.csv`` that you went
    through; where it has a group column already, both are joined.

    Parameters
    ----------
    path : path of a CSV
        With a column image_id; images that it does not name, or without a value, stand alone.
    column : str
        Images with the same value stay on one side of every split.

    Raises
    ------
    DatasetError
        There is no such file or column, it names other images, or no two images have one value.
    """
    path = Path(path).expanduser()
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    except (OSError, ValueError) as error:
        raise DatasetError(f"'{path}' cannot be read as a CSV ({error}).") from error
    if missing := [name for name in ("image_id", column) if name not in table]:
        raise DatasetError(
            f"'{path}' has no column {some(map(repr, missing))} (columns: {some(table.columns, 6)})"
            "; expected one as a report's images.csv has it."
        )
    values = table.set_index("image_id")[column].str.strip()
    values = values[values != ""]
    if foreign := [one for one in values.index if one not in dataset.images.index]:
        raise DatasetError(
            f"'{path}' names {some(foreign)}, which {dataset.name!r} does not have; take the table "
            "of this dataset's report."
        )
    pairs = pd.DataFrame({"image_id": values.index, "value": values.to_numpy()})
    pairs["other_id"] = pairs.groupby("value")["image_id"].shift(-1)
    pairs = pairs.dropna(subset="other_id")
    if pairs.empty:
        raise DatasetError(f"No two images have the same value of '{column}' in '{path}'.")
    return apply_groups(dataset, pairs, column)

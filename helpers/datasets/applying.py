"""What decisions do to a dataset: a new table without the dropped rows and with the new labels."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from helpers.datasets.dataset import Dataset
from helpers.datasets.decisions import ACTIONS, DecisionLog
from helpers.datasets.storage import DatasetError
from helpers.datasets.words import some


def apply_decisions(dataset: Dataset, decisions: pd.DataFrame | DecisionLog) -> Dataset:
    """A new dataset without the dropped rows and with the new labels; nothing on disk changes.

    Parameters
    ----------
    decisions : DataFrame or DecisionLog
        By image_id, with columns action and label (as from `DecisionLog.current`). Decisions about
        images that are not in `dataset` do nothing.

    Returns
    -------
    Dataset
        With the log's `notes` among its own.

    Raises
    ------
    DatasetError
        When `decisions` are something else, or one of them makes no sense.
    """
    table = with_notes(decisions) if isinstance(decisions, DecisionLog) else decisions
    columns = list(table.columns) if isinstance(table, pd.DataFrame) else []
    known = {"action", "label"} <= {*columns} and "image_id" not in columns
    if not known or not table.index.is_unique:
        got = f"columns {some(table.columns, 9)}" if columns else f"a {type(table).__name__}"
        raise DatasetError(
            "Decisions are a DecisionLog, or a table with one row per image, by image_id, with "
            f"columns action and label, as from DecisionLog.current(); got {got}."
        )
    nameless = (table["action"] == "relabel") & table["label"].isna()
    if (strange := table[~table["action"].isin(ACTIONS) | nameless]).size:
        first = f"{strange['action'].iloc[0]!r} for {strange.index[0]!r}"
        raise DatasetError(
            f"{len(strange):,} decisions cannot be applied, the first {first}; expected one of "
            f"{', '.join(ACTIONS)}, and a label with relabel."
        )
    notes = [note for note in table.attrs.get("notes", ()) if note not in dataset.notes]
    table = table[table.index.isin(dataset.images.index)]
    images = dataset.images.copy()
    relabelled = table.loc[table["action"] == "relabel", "label"]
    images.loc[relabelled.index, "label"] = relabelled
    images = images.drop(table.index[table["action"] == "drop"])
    return replace(dataset, images=images, notes=(*dataset.notes, *notes))


def with_notes(log: DecisionLog) -> pd.DataFrame:
    """The decisions that stand, with the log's notes in the attributes of the table."""
    table = log.current()
    table.attrs["notes"] = list(log.notes)
    return table

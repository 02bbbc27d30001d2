"""The decision log: what a person decided about each image, in SQLite, never overwritten.

Cleaning a dataset is a list of decisions applied to its table; no image file is touched. An undo
is one more entry, so the history of who thought what, and when, stays whole.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from helpers.datasets.dataset import Dataset
from helpers.datasets.storage import DatasetError, read_log, writing_to
from helpers.datasets.words import some, suggestion

ACTIONS = ("keep", "relabel", "drop")
COLUMNS = ["image_id", "action", "reason", "label", "when"]
DROPPED = {
    "corrupt": "cannot be decoded",
    "no_leaf": "shows no leaf",
    "exact_duplicate": "copy of another file",
    "near_duplicate": "altered copy of another file",
}
POOR = ("dark", "overexposed", "blurred")
_TABLE = """
CREATE TABLE IF NOT EXISTS decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, image_id TEXT NOT NULL, action TEXT NOT NULL,
    reason TEXT NOT NULL, label TEXT, "when" TEXT NOT NULL, undone INTEGER)"""
_INSERT = "INSERT INTO decisions VALUES (NULL, ?, ?, ?, ?, ?, ?)"
_LAST = """
SELECT * FROM decisions WHERE action != 'undo'
AND id NOT IN (SELECT undone FROM decisions WHERE undone IS NOT NULL) ORDER BY id DESC LIMIT 1"""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class DecisionLog:
    """Decisions about images: keep, relabel or drop, with a reason, and undo.

    Parameters
    ----------
    where : Dataset, str or Path
        A dataset (its own log under ``dataset.work``, image ids checked) or the log's file.
    name : str
        Name of the log, where several are kept for one dataset.

    Notes
    -----
    Each call opens the file, acts in one transaction and closes it, so two notebooks may use one
    log at once.
    """

    def __init__(self, where: Dataset | str | os.PathLike, name: str = "decisions"):
        known = isinstance(where, Dataset)
        self._known = where.images.index if known else None
        self._classes = where.classes if known else []
        self._of = f" of dataset {where.name!r}" if known else ""
        self.path = where.work / f"{name}.sqlite" if known else Path(where).expanduser().absolute()

    def __repr__(self) -> str:
        return f"DecisionLog {self.path.stem!r}{self._of}"

    def record(
        self,
        image_id: str,
        action: str,
        reason: str = "",
        label: str | None = None,
        new_class: bool = False,
    ) -> None:
        """Write one decision down; it replaces an earlier one about the same image.

        Parameters
        ----------
        image_id, action, reason : str
        label : str, optional
            The new label, with "relabel" only.
        new_class : bool
            Whether the label may be a class that the dataset does not have yet.

        Raises
        ------
        DatasetError
            Unknown image, action or class, "relabel" without a label, or a log that cannot be
            written.
        """
        row = self._checked(image_id, action, reason, label, new_class)
        with writing_to(self.path, _TABLE) as log:
            log.execute(_INSERT, row)

    def record_all(self, decisions: pd.DataFrame, new_class: bool = False) -> None:
        """Write many decisions down, all or none; `undo` takes them back one by one.

        Parameters
        ----------
        decisions : DataFrame by image_id
            Column action and, where there are any, reason and label; others are passed over.
        new_class : bool
            As for `record`, which also says what is raised.

        Examples
        --------
        >>> wrong = issues[issues["evidence"] == "within group"]  # doctest: +SKIP
        >>> wrong = wrong.assign(action="relabel", label=wrong["suggested"])  # doctest: +SKIP
        >>> log.record_all(wrong)  # doctest: +SKIP
        """
        table = decisions.reindex(columns=["action", "reason", "label"]).astype(object)
        table = table.where(table.notna(), None).assign(reason=table["reason"].fillna(""))
        rows = [self._checked(*row, new_class) for row in table.itertuples(name=None)]
        with writing_to(self.path, _TABLE) as log:
            log.executemany(_INSERT, rows)

    def _checked(self, image_id, action, reason, label, new_class) -> tuple:
        """The row to write; raises DatasetError where it makes no sense."""
        if action not in ACTIONS:
            raise DatasetError(f"There is no decision {action!r}; expected one of {some(ACTIONS)}.")
        if self._known is not None and image_id not in self._known:
            hint = suggestion(image_id, self._known)
            raise DatasetError(f"The dataset has no image {image_id!r} to decide about{hint}.")
        label = None if label is None else str(label).strip()
        if (action == "relabel") != bool(label):
            needs = "needs the new label" if action == "relabel" else "takes no label"
            raise DatasetError(f"The decision {action!r} about {image_id!r} {needs}.")
        if label and self._known is not None and label not in self._classes and not new_class:
            there = some(self._classes, 12) or "none"
            raise DatasetError(
                f"The dataset has no class {label!r} (classes: {there}; new_class=True adds it)"
                f"{suggestion(label, self._classes)}."
            )
        return str(image_id), action, str(reason), label, _now(), None

    def undo(self) -> dict | None:
        """Take back the last decision that still stands, again and again; returns what it was
        (image_id, action, reason, label, when), or None when nothing is left."""
        with writing_to(self.path, _TABLE) as log:
            last = log.execute(_LAST).fetchone()
            if last:
                log.execute(_INSERT, (last[1], "undo", "", None, _now(), last[0]))
        return dict(zip(COLUMNS, last[1:6], strict=True)) if last else None

    def current(self) -> pd.DataFrame:
        """The decision that stands for each image, by image_id in order of decision: action,
        reason, label (missing unless relabelled), when (UTC)."""
        table = self.history()
        standing = table[(table["action"] != "undo") & ~table.index.isin(table["undone"].dropna())]
        return standing.drop_duplicates("image_id", keep="last").set_index("image_id")[COLUMNS[1:]]

    def history(self) -> pd.DataFrame:
        """Everything ever recorded, by running number, undo included: image_id, action, reason,
        label, when, undone (the number of the decision that an undo took back)."""
        kinds = {"undone": "Int64"} | dict.fromkeys(COLUMNS[:4], "str")
        rows = read_log(self.path, "SELECT * FROM decisions ORDER BY id")
        table = pd.DataFrame(rows, columns=["id", *COLUMNS, "undone"]).set_index("id").astype(kinds)
        return table.assign(when=pd.to_datetime(table["when"], utc=True, format="ISO8601"))


def apply_decisions(dataset: Dataset, decisions: pd.DataFrame | DecisionLog) -> Dataset:
    """A new dataset without the dropped rows and with the new labels; nothing on disk changes.

    Parameters
    ----------
    decisions : DataFrame or DecisionLog
        By image_id, with columns action and label (as from `DecisionLog.current`). Decisions about
        images that are not in `dataset` do nothing.

    Raises
    ------
    DatasetError
        When `decisions` are something else, or one of them makes no sense.
    """
    table = decisions.current() if isinstance(decisions, DecisionLog) else decisions
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
            f"{some(ACTIONS)}, and a label with relabel."
        )
    table = table[table.index.isin(dataset.images.index)]
    images = dataset.images.copy()
    relabelled = table.loc[table["action"] == "relabel", "label"]
    images.loc[relabelled.index, "label"] = relabelled
    return dataset.with_images(images.drop(table.index[table["action"] == "drop"]))


def default_decisions(dataset: Dataset) -> pd.DataFrame:
    """What a careful reviewer who saw all that can be seen would decide about the bundled dataset.

    Made from the planted truth, without the faults nobody could see (strength "undetectable"), so
    that later notebooks do not depend on the learner's own marks. Any other dataset has no such
    reviewer but you: its decisions are your own, ``DecisionLog(dataset).current()``, empty where
    you made none. Same form either way.
    """
    if not dataset.is_bundled:
        return DecisionLog(dataset).current()
    decided: dict[str, tuple] = {}
    planted, given = dataset.planted, dataset.images["label"]
    detectable = (planted["strength"] != "undetectable") & ~planted["innocent"].astype(bool)
    for row in planted[detectable].itertuples():
        if row.kind.startswith("label_error"):
            decided.setdefault(row.image_id, ("relabel", "label is wrong", row.truth))
        elif row.kind in DROPPED:
            decided[row.image_id] = ("drop", DROPPED[row.kind], None)
        elif row.kind in POOR and row.strength in ("obvious", "clear"):
            decided[row.image_id] = ("drop", "too poor to recognise", None)
        conflict = row.kind == "exact_duplicate" and isinstance(row.truth, str)
        if conflict and given.get(row.partner, row.truth) != row.truth:
            decided.setdefault(row.partner, ("relabel", "its copy's label is right", row.truth))
    table = pd.DataFrame.from_dict(
        decided, orient="index", columns=["action", "reason", "label"], dtype="str"
    )
    table.index = pd.Index(table.index, name="image_id", dtype="str")
    return table.assign(when=pd.Timestamp("2000-01-01", tz="UTC"))[COLUMNS[1:]]

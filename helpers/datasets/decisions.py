"""The decision log: what a person decided about each image, in SQLite, never overwritten.

Cleaning a dataset is a list of decisions applied to its table; no image file is touched. An undo
is one more entry, so the history of who thought what, and when, stays whole.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pandas as pd

from helpers.datasets.dataset import Dataset
from helpers.datasets.decision_files import (
    TABLE,
    changed,
    content_of,
    elsewhere,
    last_entry,
    match,
    read_decisions,
    read_history,
    standing,
    write_csv,
)
from helpers.datasets.storage import DatasetError, expand_home, work_folder, writing_to
from helpers.datasets.words import count, shown, some, suggestion

ACTIONS = ("keep", "relabel", "drop", "cannot tell")
"""What can be decided; "cannot tell" was looked at, and leaves the image and its label alone."""
COLUMNS = ["image_id", "action", "reason", "label", "when"]
IMPORT = "from helpers.datasets import DecisionLog"
_INSERT = """
INSERT INTO decisions (image_id, action, reason, label, "when", undone, content)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
_LEFT = """
SELECT * FROM decisions WHERE action != 'undo'
AND id NOT IN (SELECT undone FROM decisions WHERE undone IS NOT NULL) ORDER BY id DESC"""


class DecidedMeanwhile(DatasetError):
    """Somebody else decided about these `images` after the table was read that a person saw."""

    def __init__(self, images: list[str]):
        super().__init__(
            f"{count(images, 'image')} got another decision meanwhile ({some(images)}), so nothing "
            "was done; read the log again."
        )
        self.images = images


def _moment(log: sqlite3.Connection) -> str:
    """Now, but never the time of the last entry: what has one time was recorded together."""
    now = datetime.now(UTC)
    last = log.execute('SELECT "when" FROM decisions ORDER BY id DESC LIMIT 1').fetchone()
    if last and last[0] == now.isoformat(timespec="milliseconds"):
        now += timedelta(milliseconds=1)
    return now.isoformat(timespec="milliseconds")


class DecisionLog:
    """Decisions about images: keep, relabel, drop or cannot tell, with a reason, and undo.

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
        self._dataset = where if isinstance(where, Dataset) else None
        known = self._dataset is not None
        self._read = ((), pd.DataFrame())
        self.path = where.work / f"{name}.sqlite" if known else expand_home(where).absolute()

    def __repr__(self) -> str:
        of = f" of dataset {self._dataset.name!r}" if self._dataset else ""
        return " ".join([f"DecisionLog {self.path.stem!r}{of}", *(f"({n})" for n in self.notes)])

    @property
    def notes(self) -> tuple[str, ...]:
        """What should be known before this log is relied on, one sentence each: decisions about
        the same files that lie elsewhere while none is here, and files that have changed since
        they were decided about. Files are read for it."""
        if self._dataset is None:
            return ()
        table = standing(self.history())
        if len(table):
            names = changed(self._dataset, table)
            if not names:
                return ()
            since = "it was" if len(names) == 1 else "they were"
            return (
                f"{count(names, 'image')} changed on disk, or left it, since {since} decided "
                f"about: {some(names)}; look again, a new decision replaces the old one.",
            )
        if self.path.exists() and len(self.history()):
            return ()  # everything was taken back on purpose
        found, name = elsewhere(self._dataset, self.path.stem), self.path.stem
        log = f"DecisionLog(dataset{'' if name == 'decisions' else f', {name!r}'})"
        return tuple(
            f"No decision was made here yet, but {count(table, 'decision')} about the same files "
            f"lie in '{path}', as after a folder was moved, copied or opened with another table; "
            f"{IMPORT}; {log}.import_from({str(path)!r}{self._new(table)}) takes them over."
            for path, table in found.items()
        )

    def _new(self, table: pd.DataFrame) -> str:
        """The argument that `import_from` needs where labels of `table` are no class here."""
        new = set(table["label"].dropna()) - {*self._dataset.classes}
        return ", new_class=True" if new else ""

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
            Unknown image, action or class, "relabel" without a label or to the one that the image
            has, or a log that cannot be written.
        """
        self._write([self._checked(image_id, action, reason, label, new_class)])

    def record_all(
        self, decisions: pd.DataFrame, new_class: bool = False, seen: pd.DataFrame | None = None
    ) -> None:
        """Write many decisions down, all or none; `undo` takes them back one by one, `undo_all`
        together.

        Parameters
        ----------
        decisions : DataFrame by image_id (index or column)
            Column action and, where there are any, reason and label; others are passed over.
        new_class : bool
            As for `record`, which also says what is raised.
        seen : DataFrame, optional
            What stood (as from `current`) when the person decided. Where something else stands by
            now about one of the images, DecidedMeanwhile is raised.

        Examples
        --------
        >>> wrong = issues[issues["evidence"] == "within group"]  # doctest: +SKIP
        >>> wrong = wrong.assign(action="relabel", label=wrong["suggested"])  # doctest: +SKIP
        >>> log.record_all(wrong)  # doctest: +SKIP
        """
        named = "image_id" in decisions
        table = decisions.set_index("image_id") if named else decisions
        table = table.reindex(columns=["action", "reason", "label"]).astype(object)
        table = table.where(table.notna(), None).assign(reason=table["reason"].fillna(""))
        self._write([self._checked(*row, new_class) for row in table.itertuples(name=None)], seen)

    def _write(self, rows: list[tuple], seen: pd.DataFrame | None = None) -> None:
        with self._writing() as log:
            if seen is not None:
                now = self.current()
                images = [row[0] for row in rows]
                if moved := [one for one in images if _stands(now, one) != _stands(seen, one)]:
                    raise DecidedMeanwhile(moved)
            when = _moment(log)
            log.executemany(_INSERT, [(*row[:4], when, None, row[4]) for row in rows])

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with writing_to(self.path, TABLE) as log:
            if "content" not in [row[1] for row in log.execute("PRAGMA table_info(decisions)")]:
                log.execute("ALTER TABLE decisions ADD COLUMN content TEXT")
            yield log

    def _checked(self, image_id, action, reason, label, new_class) -> tuple:
        """The row to write; raises DatasetError where it makes no sense."""
        if action not in ACTIONS:
            raise DatasetError(
                f"There is no decision {action!r}; expected one of {', '.join(ACTIONS)}."
            )
        known = None if self._dataset is None else self._dataset.images.index
        if known is not None and image_id not in known:
            hint = suggestion(image_id, known)
            raise DatasetError(f"The dataset has no image {image_id!r} to decide about{hint}.")
        label = None if label is None else self._class_named(str(label))
        if (action == "relabel") != bool(label):
            needs = "needs the new label" if action == "relabel" else "takes no label"
            raise DatasetError(f"The decision {action!r} about {image_id!r} {needs}.")
        classes = self._dataset.classes if label and known is not None else [label]
        if label not in classes and not new_class:
            there = some(map(shown, classes), 12) or "none"
            raise DatasetError(
                f"The dataset has no class {label!r} (classes: {there}; new_class=True adds it)"
                f"{suggestion(label, classes)}."
            )
        own = known is not None and {label} == {self._dataset.images["label"].get(image_id)}
        if label and own and _stands(self.current(), image_id) != f"relabel to {label}":
            raise DatasetError(
                f"{image_id!r} has the label {label!r} already; where it is right, decide 'keep'."
            )
        content = None if known is None else content_of(self._dataset.path(image_id))
        return str(image_id), action, str(reason), label, content

    def _class_named(self, label: str) -> str:
        """The class as the dataset has it; spaces around a label count only where a class has
        them. Empty where there is nothing else."""
        if self._dataset is None:
            return label if label.strip() else ""
        return label if label in self._dataset.classes else label.strip()

    def export_to(self, path: str | os.PathLike) -> Path:
        """Write the decisions that stand to a CSV, to keep or to hand on; what was undone or
        replaced stays behind. `import_from` reads it.

        Returns
        -------
        Path
            Of the file: image_id, action, label, reason, when (UTC), content (size and SHA-256 of
            the image file, by which it is known under another name).

        Raises
        ------
        DatasetError
            There is such a file already, or it cannot be written.
        """
        path = expand_home(path).absolute()
        write_csv(standing(self.history()), path)
        return path

    def import_from(
        self,
        source: str | os.PathLike | DecisionLog,
        overrule: bool = False,
        new_class: bool = False,
    ) -> pd.DataFrame:
        """Read decisions in: those of `export_to`, of another log, or of a CSV made by hand.

        Images are known by name and content: a file that was moved or renamed is found again, and
        one that only has the name of another is not mistaken for it.

        Parameters
        ----------
        source : path of a CSV or of a log (``….sqlite``), or DecisionLog
        overrule : bool
            Where another decision stands here already, let the one from `source` replace it.
        new_class : bool
            As for `record`.

        Returns
        -------
        DataFrame by image_id (of `source`)
            action, label; fate: "recorded", "stands already", "conflict" (`overrule` decides),
            "unknown class" (`new_class` adds it), "decided twice" (in `source`, differently), or
            why no image is meant, as in `decision_files.match`; here (its image id in this
            dataset), how (it was known), own (the decision that stood here).

        Raises
        ------
        DatasetError
            `source` cannot be read, or has a row that is no decision; nothing is recorded then.
        """
        path = source.path if isinstance(source, DecisionLog) else expand_home(source)
        table = read_decisions(path.absolute())
        for row in table.itertuples():
            if row.action not in ACTIONS or (row.action == "relabel") == pd.isna(row.label):
                what = row.action if pd.isna(row.label) else f"{row.action} {row.label}"
                raise DatasetError(
                    f"{what!r} about {row.image_id!r} in '{path.name}' is no decision; expected "
                    f"one of {', '.join(ACTIONS)}, and a label with relabel only."
                )
        table = table.drop_duplicates(["image_id", "action", "label"], keep="last")
        if self._dataset is None:
            found = pd.DataFrame({"here": table["image_id"], "how": "name alone"})
        else:
            found = match(self._dataset, table)
        table = table.assign(**found, own="", fate=found["how"])
        mine = standing(self.history()).set_index("image_id")
        for row in table.dropna(subset="here").itertuples():
            fate = self._fate(row, mine, overrule, new_class)
            table.loc[row.Index, "fate"] = fate
            if row.here in mine.index:
                table.loc[row.Index, "own"] = _words(mine.loc[row.here])
        table.loc[table["image_id"].duplicated(keep=False), "fate"] = "decided twice"
        with self._writing() as log:
            log.executemany(_INSERT, [_as_row(row) for row in table.itertuples()
                                      if row.fate == "recorded"])  # fmt: skip
        return table.set_index("image_id")[["action", "label", "fate", "here", "how", "own"]]

    def _fate(self, row, mine: pd.DataFrame, overrule: bool, new_class: bool) -> str:
        """What becomes of one decision about the image `row.here`."""
        if row.here in mine.index:
            if _words(mine.loc[row.here]) == _words(row):
                return "stands already"
            if not overrule:
                return "conflict"
        new = self._dataset is not None and row.action == "relabel"
        unknown = new and not new_class and row.label not in self._dataset.classes
        return "unknown class" if unknown else "recorded"

    def undo(self) -> dict | None:
        """Take back the last decision that still stands, again and again; returns what it was
        (image_id, action, reason, label, when), or None when nothing is left."""
        undone = self._take_back(lambda left: left[:1])
        return undone[0] if undone else None

    def undo_all(self, seen: pd.DataFrame | None = None) -> list[dict]:
        """Take back the last decision that still stands and all that were recorded together with
        it (by one call of `record_all`); returns what they were, the last one first.

        Parameters
        ----------
        seen : DataFrame, optional
            What stood (as from `current`) when the person chose to undo. Where the last decision
            is another one by now, DecidedMeanwhile is raised.
        """

        def together(left: list[tuple]) -> list[tuple]:
            last = left[0][1] if left else None
            if seen is not None and left:
                now = self.current()
                if seen.index[-1:].tolist() != [last] or _stands(now, last) != _stands(seen, last):
                    raise DecidedMeanwhile([last])
            return list(takewhile(lambda row: row[5] == left[0][5], left))

        return self._take_back(together)

    def _take_back(self, which: Callable[[list[tuple]], list[tuple]]) -> list[dict]:
        with self._writing() as log:
            rows, when = which(log.execute(_LEFT).fetchall()), _moment(log)
            log.executemany(
                _INSERT, [(row[1], "undo", "", None, when, row[0], None) for row in rows]
            )
        return [dict(zip(COLUMNS, row[1:6], strict=True)) for row in rows]

    def current(self) -> pd.DataFrame:
        """The decision that stands for each image, by image_id in order of decision: action,
        reason, label (missing unless relabelled), when (UTC)."""
        state = last_entry(self.path)
        if state != self._read[0]:
            self._read = state, standing(self.history()).set_index("image_id")[COLUMNS[1:]]
        return self._read[1].copy()

    def history(self) -> pd.DataFrame:
        """Everything ever recorded, by running number, undo included: image_id, action, reason,
        label, when, undone (the number of the decision that an undo took back), content (size and
        SHA-256 of the file when it was decided about or the decision was read from a table)."""
        return read_history(self.path)


def _words(decision) -> str:
    """ "drop", "relabel to oak": two decisions that read alike are alike."""
    return decision.action + (f" to {decision.label}" if decision.action == "relabel" else "")


def _stands(table: pd.DataFrame, image_id: str) -> str:
    """What stands about one image in a table of `current`, in words; empty where nothing does."""
    return _words(table.loc[image_id]) if image_id in table.index else ""


def _as_row(row) -> tuple:
    when = row.when.isoformat(timespec="milliseconds")
    label, content = (None if pd.isna(value) else value for value in (row.label, row.content))
    return row.here, row.action, row.reason, label, when, None, content


def tell_of_marks(dataset: Dataset) -> Dataset:
    """`dataset` with the notes of its own log among its notes, a log that cannot be read included:
    opening a dataset never fails for it, nor makes a folder where no mark was ever made."""
    try:
        if not any(work_folder().glob("*/decisions.sqlite")):
            return dataset
        notes = DecisionLog(dataset).notes
    except OSError:  # a work folder that cannot be listed holds no marks of ours to tell of
        return dataset
    except DatasetError as error:
        notes = (str(error),)
    return replace(dataset, notes=tuple(dict.fromkeys((*dataset.notes, *notes))))

"""A table of verdicts that a person filled in: checked as a whole, then written into the log."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize

import pandas as pd

from helpers.datasets import Dataset, DatasetError, DecisionLog
from helpers.datasets.decision_files import match
from helpers.datasets.decisions import ACTIONS
from helpers.datasets.safe_names import read_cells
from helpers.datasets.words import count, shown, some, suggestion
from helpers.findings.sampling import SAMPLE

FIELDS = ["image_id", "action", "label", "reason", "content"]
GONE = "no such image"


def take_decisions(dataset: Dataset, path: Path) -> str:
    """Write the verdicts of a table into the dataset's log; rows without an action wait.

    Rows about images that left the folder after they had been decided about are passed over.

    Returns
    -------
    str
        What became of them.

    Raises
    ------
    DatasetError
        The table cannot be read, or a row is no decision, names an image or a class that the
        dataset does not have, or contradicts another; nothing is written then.
    """
    rows = _read(path)
    table = _filled(dataset, rows)
    if table.empty:
        return f"'{path.name}' holds no verdict: no row has an action."
    gone = _check(dataset, table, path.name)
    taken = table.drop(index=gone.index)
    fates = pd.DataFrame({"fate": [], "own": []})
    if len(taken):
        with tempfile.TemporaryDirectory(prefix="decisions-") as folder:
            copy = Path(folder) / path.name
            with copy.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([FIELDS, *taken[FIELDS].to_numpy().tolist()])
            fates = DecisionLog(dataset).import_from(copy)
    numbers = fates["fate"].value_counts()
    said = [f"{fate} {number:,}" for fate, number in numbers.items()]
    said += [f"passed over {len(gone):,}"] if len(gone) else []
    waiting = len(rows) - len(table)
    wait = f"; {count(waiting, 'row')} {'waits' if waiting == 1 else 'wait'}" if waiting else ""
    told = [f"Verdicts of '{path.name}': {', '.join(said)}{wait}."]
    if len(gone):
        told.append(
            f"Passed over, as their images have left the folder since they were decided about: "
            f"{_lines(gone)}."
        )
    clash = fates["own"][fates["fate"] == "conflict"]
    if len(clash):
        rows = table[table["image_id"].isin(clash.index)]
        first = rows.iloc[0]
        label = f", label={first['label']!r}" if first["label"] else ""
        told.append(
            "A conflict is a row that says otherwise than what stands in your log, which stays: "
            f"{_lines(rows, lambda row: f'{_words(row)}, where {clash[row.image_id]} stands')}. To "
            "let the row count: "
            f"DecisionLog(dataset).record({first['image_id']!r}, {first['action']!r}{label})."
        )
    return " ".join(told)


def _read(path: Path) -> list[dict[str, str | int]]:
    """The rows, each with the number of its line in the file as "line"."""
    expected = f"expected a CSV with the columns image_id and action, such as {SAMPLE}."
    try:
        header, by_line = read_cells(path)
    except (OSError, ValueError) as error:
        told = f"--decisions '{path.name}' cannot be read ({error})"
        raise DatasetError(f"{told}; {expected}") from error
    if not by_line or not {"image_id", "action"} <= {*header}:
        raise DatasetError(f"--decisions '{path.name}': {expected}")
    return [dict(zip(header, row, strict=False)) | {"line": line} for line, row in by_line.items()]


def _filled(dataset: Dataset, rows: list[dict]) -> pd.DataFrame:
    """The rows with an action, by line; names as the dataset has them, but for spaces around."""
    known, classes = dataset.images.index, dataset.classes
    filled = []
    for row in rows:
        cells = {name: normalize("NFC", row.get(name) or "") for name in FIELDS}
        cells["reason"] = cells["reason"].strip() or row.get("issue") or ""  # what was judged
        if not (action := cells["action"].strip().lower()):
            continue
        label = cells["label"] if action == "relabel" else ""
        if label not in classes:
            label = label.strip()
        if cells["image_id"] not in known:
            cells["image_id"] = cells["image_id"].strip()
        filled.append(cells | {"action": action, "label": label, "line": row["line"]})
    return pd.DataFrame(filled, columns=[*FIELDS, "line"]).set_index("line")


def _check(dataset: Dataset, table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows about images that have left the folder, as the log knows; raises DatasetError for
    all rows at once that cannot be taken."""
    wrong = []
    relabelled = table["action"] == "relabel"
    odd = ~table["action"].isin(ACTIONS) | (relabelled & (table["label"] == ""))
    if odd.any():
        wrong.append(
            f"{_number(odd, 'is no decision', 'are no decisions')} ({_lines(table[odd], _words)}): "
            f"expected one of {', '.join(ACTIONS)}, and with relabel the right class in the column "
            "label"
        )
    how = _how(dataset, table)
    logged = table["image_id"].isin(DecisionLog(dataset).history()["image_id"])
    gone = (how == GONE) & logged
    lost = (how != "") & ~gone
    if lost.any():

        def why(row) -> str:
            return "" if how[row.Index] == GONE else how[row.Index]

        wrong.append(
            f"{_number(lost, 'names an image', 'name images')} that {dataset.name!r} does not have "
            f"({_lines(table[lost], why)}): take the table of this dataset's report, or, where an "
            "image has left the folder since, empty the column action in its row"
        )
    unknown = relabelled & (table["label"] != "") & ~table["label"].isin(dataset.classes)
    standing = DecisionLog(dataset).current()["label"].reindex(table["image_id"]).to_numpy()
    unknown &= table["label"].to_numpy() != standing
    if unknown.any():
        first = table[unknown].iloc[0]
        there = some(map(shown, dataset.classes), 12) or "none"
        wrong.append(
            f"{_number(unknown, 'gives a label', 'give labels')} unknown here "
            f"({_lines(table[unknown], lambda row: repr(row.label))}): the classes are {there}"
            f"{suggestion(first['label'], dataset.classes)}; a class that is new is first added by "
            f"DecisionLog(dataset).record({first['image_id']!r}, 'relabel', "
            f"label={first['label']!r}, new_class=True), image by image"
        )
    kinds = table.drop_duplicates(["image_id", "action", "label"])
    twice = table["image_id"].isin(kinds["image_id"][kinds["image_id"].duplicated()])
    if twice.any():
        wrong.append(
            f"{count(int(twice.sum()), 'row')} decide differently about the same image "
            f"({_lines(table[twice], _words)}): leave one for each"
        )
    if wrong:
        raise DatasetError(f"Nothing of '{name}' was recorded. {'. '.join(wrong)}.")
    return table[gone]


def _how(dataset: Dataset, table: pd.DataFrame) -> pd.Series:
    """By line why no image is meant, as `match` says; empty where one is."""
    open_ = ~table["image_id"].isin(dataset.images.index) | (table["content"] != "")
    how = pd.Series("", table.index, dtype=object)
    if open_.any():
        asked = table[open_].assign(content=table["content"].where(table["content"] != ""))
        found = match(dataset, asked)
        how.update(found["how"][found["here"].isna()])
    return how


def _number(rows: pd.Series, one: str, more: str) -> str:
    number = int(rows.sum())
    return f"{count(number, 'row')} {one if number == 1 else more}"


def _words(row) -> str:
    return f"{row.action} to {row.label!r}" if row.label else row.action


def _lines(rows: pd.DataFrame, more: Callable[..., str] = lambda row: "") -> str:
    """ "line 3: 'a.jpg', drop; line 5: …": the first few rows, and how many more there are."""
    told = [
        f"line {row.Index}: {', '.join(filter(None, [repr(row.image_id), more(row)]))}"
        for row in rows.head(5).itertuples()
    ]
    left = len(rows) - len(told)
    return "; ".join(told) + (f" and {left:,} more" if left else "")

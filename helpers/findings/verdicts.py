"""A table of verdicts that a person filled in: checked as a whole, then written into the log."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pandas as pd

from helpers.audit.sampling import SAMPLED
from helpers.audit.suspects import CONFLICT
from helpers.datasets import Dataset, DatasetError, DecisionLog, apply_decisions
from helpers.datasets.decision_files import content_of, match
from helpers.datasets.decisions import ACTIONS, IMPORT
from helpers.datasets.safe_names import read_cells
from helpers.datasets.words import count, shown, some, suggestion
from helpers.findings.sampling import SAMPLE

FIELDS = ["image_id", "action", "label", "reason", "content"]
GONE = "no such image"
_PAIR = ["issue", "other_id"]
_VERDICT = ["here", "action", "label"]


def take_decisions(dataset: Dataset, *paths: Path) -> str:
    """Write the verdicts of tables into the dataset's log; rows without an action wait.

    Rows about images that left the folder after they had been decided about are passed over.

    Returns
    -------
    str
        What became of them, a line for each table.

    Raises
    ------
    DatasetError
        A table cannot be read, or a row is no decision, names an image or a class that the
        dataset does not have, or contradicts another, of the same table or of another; nothing of
        any table is written then.
    """
    names = [path.name for path in paths]
    names = names if len({*names}) == len(names) else [str(path) for path in paths]
    rows = [_read(path) for path in paths]
    tables = [_filled(dataset, one) for one in rows]
    tables, wrong = zip(*(_check(dataset, table) for table in tables), strict=True)
    several = len(paths) > 1
    told = [
        (f"In '{name}': " if several else "") + ". ".join(one)
        for name, one in zip(names, wrong, strict=True)
        if one
    ]
    told += _contradictions(names, tables)
    if told:
        nothing = " and ".join(f"'{name}'" for name in names)
        raise DatasetError(f"Nothing of {nothing} was recorded. {'. '.join(told)}.")
    taken = [table[~table["gone"]] for table in tables]
    fates = _record(dataset, taken)
    lines = []
    for name, all_rows, table, mine in zip(names, rows, tables, fates, strict=True):
        waiting = len(all_rows) - len(table)
        lines.append(_tell(name, waiting, table, mine) if len(table) else _nothing(name))
    return "\n".join([*lines, *_unsettled(dataset, pd.concat(taken))])


def _unsettled(dataset: Dataset, table: pd.DataFrame) -> list[str]:
    """What is left to decide where one of two identical files under two labels was judged, and the
    two labels are there still."""
    pairs = table[(table["issue"] == CONFLICT) & table["action"].isin(["keep", "relabel"])]
    labels = apply_decisions(dataset, DecisionLog(dataset).current()).images["label"].dropna()
    pairs = pairs[pairs["here"].isin(labels.index) & pairs["other_id"].isin(labels.index)]
    open_ = {}
    for one, other in pairs[["here", "other_id"]].itertuples(index=False):
        if labels[one] != labels[other] and _same_file(dataset, one, other):
            open_.setdefault(frozenset([one, other]), (one, other))
    told = [
        f"{one!r} ({labels[one]}) is the same file as {other!r} ({labels[other]})"
        for one, other in open_.values()
    ]
    if not told:
        return []
    one, other = next(iter(open_.values()))
    came = dataset.images["label"][other] == labels[one]
    call = _call(other, "keep") if came else _call(other, "relabel", labels[one])
    row = "" if other in DecisionLog(dataset).current().index else "in a row of its own or "
    return [
        f"Not settled: {some(told, 5)}. The report trains on neither of such two files until both "
        f"bear one label or one of them is dropped, so decide about the other, too, {row}like "
        f"this: {call}."
    ]


def _same_file(dataset: Dataset, one: str, other: str) -> bool:
    content = content_of(dataset.path(one))
    return content is not None and content == content_of(dataset.path(other))


def _nothing(name: str) -> str:
    return f"'{name}' holds no verdict: no row has an action."


def _record(dataset: Dataset, tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Write all rows at once; for each table what became of its rows, by image as it is named
    here: a row that an earlier table has already stands by then."""
    whole = pd.concat(tables)
    if len(whole):  # an image may be kept although it is dark, and its label in doubt
        whole["reason"] = whole.groupby(_VERDICT)["reason"].transform(_joined)
    file = np.repeat(range(len(tables)), [len(table) for table in tables])
    first = whole.assign(file=file).groupby(_VERDICT)["file"].transform("min").to_numpy()
    new = whole[first == file].assign(image_id=whole["here"][first == file])
    fates = pd.DataFrame({"fate": [], "own": []})
    if len(new):
        with tempfile.TemporaryDirectory(prefix="decisions-") as folder:
            copy = Path(folder) / "verdicts.csv"
            with copy.open("w", encoding="utf-8", newline="") as table:
                csv.writer(table).writerows([FIELDS, *new[FIELDS].to_numpy().tolist()])
            fates = DecisionLog(dataset).import_from(copy)[["fate", "own"]]
    more = _kept_for_more(dataset, new)
    DecisionLog(dataset).record_all(more)
    fates.loc[more.index, "fate"] = "recorded"
    found = []
    for number, table in enumerate(tables):
        mine = fates.reindex(table["here"].unique())
        again = mine.index.isin(table["here"][(first < number)[file == number]])
        stands = again & mine["fate"].eq("recorded")
        found.append(mine.assign(fate=mine["fate"].mask(stands, "stands already")))
    return found


def _joined(reasons: Iterable[str]) -> str:
    parts = (part for one in reasons for part in one.split("; ") if part)
    return "; ".join(dict.fromkeys(parts))


def _kept_for_more(dataset: Dataset, new: pd.DataFrame) -> pd.DataFrame:
    """Decisions to keep what stands as kept, and is kept now for something else, for all of it."""
    standing, kept = DecisionLog(dataset).current(), new[new["action"] == "keep"]
    now = kept.drop_duplicates("here").set_index("here")["reason"]
    before = standing["reason"][standing["action"] == "keep"].fillna("").replace("", SAMPLED)
    both = pd.DataFrame({"before": before, "now": now}).dropna()
    reasons = both.apply(lambda row: _joined(row), axis=1, result_type="reduce").astype(object)
    more = reasons[reasons.ne(both["before"])]
    return pd.DataFrame({"action": "keep", "reason": more})


def _tell(name: str, waiting: int, table: pd.DataFrame, fates: pd.DataFrame) -> str:
    """What became of the rows of one table."""
    gone = table[table["gone"]]
    said = [f"{fate} {number:,}" for fate, number in fates["fate"].value_counts().items()]
    said += [f"passed over {len(gone):,}"] if len(gone) else []
    wait = f"; {count(waiting, 'row')} {'waits' if waiting == 1 else 'wait'}" if waiting else ""
    told = [f"Verdicts of '{name}': {', '.join(said)}{wait}."]
    if len(gone):
        told.append(
            f"Passed over, as their images have left the folder since they were decided about: "
            f"{_lines(gone)}."
        )
    clash = fates["own"][fates["fate"] == "conflict"]
    if len(clash):
        rows = table[table["here"].isin(clash.index)]
        first = rows.iloc[0]
        told.append(
            "A conflict is a row that says otherwise than what stands in your log, which stays: "
            f"{_lines(rows, lambda row: f'{_words(row)}, where {clash[row.here]} stands')}. To "
            f"let the row count: {_call(first['here'], first['action'], first['label'])}."
        )
    return " ".join(told)


def _call(image_id: str, action: str, label: str = "", more: str = "") -> str:
    """Lines of Python, to be pasted as they are, that write one decision down."""
    label = f", label={label!r}" if label else ""
    return f"{IMPORT}; DecisionLog(dataset).record({image_id!r}, {action!r}{label}{more})"


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
        cells |= {name: normalize("NFC", row.get(name) or "").strip() for name in _PAIR}
        if not (action := cells["action"].strip().lower()):
            continue
        note, about = cells["reason"].strip(), cells["issue"]
        # In the table of the sample the reason is a note alone; in a log that was exported it says
        # what was asked.
        if action == "keep" and not about and ("given" in row or not note):
            about = SAMPLED  # it says what the label is
        cells["reason"] = _reason(about, note)
        label = cells["label"] if action == "relabel" else ""
        if label not in classes:
            label = label.strip()
        if cells["image_id"] not in known:
            cells["image_id"] = cells["image_id"].strip()
        filled.append(cells | {"action": action, "label": label, "line": row["line"]})
    return pd.DataFrame(filled, columns=[*FIELDS, *_PAIR, "line"]).set_index("line")


def _reason(issue: str, note: str) -> str:
    """What was judged, and what somebody noted; `helpers.findings.decided` reads the first."""
    if not (issue and note) or note == issue or note.startswith(f"{issue}: "):
        return note or issue
    return f"{issue}: {note.replace('; ', ', ')}"


def _check(dataset: Dataset, table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The rows with `here`, the image that is meant, and `gone`, whether it has left the folder,
    as the log knows; and what is wrong with rows that cannot be taken."""
    wrong = []
    relabelled = table["action"] == "relabel"
    odd = ~table["action"].isin(ACTIONS) | (relabelled & (table["label"] == ""))
    if odd.any():
        wrong.append(
            f"{_number(odd, 'is no decision', 'are no decisions')} ({_lines(table[odd], _words)}): "
            f"expected one of {', '.join(ACTIONS)}, and with relabel the right class in the column "
            "label"
        )
    how, here = _meant(dataset, table)
    table = table.assign(here=here)
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
    standing = DecisionLog(dataset).current()["label"].reindex(here).to_numpy()
    unknown &= table["label"].to_numpy() != standing
    if unknown.any():
        first = table[unknown].iloc[0]
        there = some(map(shown, dataset.classes), 12) or "none"
        wrong.append(
            f"{_number(unknown, 'gives a label', 'give labels')} unknown here "
            f"({_lines(table[unknown], lambda row: repr(row.label))}): the classes are {there}"
            f"{suggestion(first['label'], dataset.classes)}; a class that is new is first added, "
            f"image by image: {_call(first['here'], 'relabel', first['label'], ', new_class=True')}"
        )
    came = dataset.images["label"].astype(object).fillna("").reindex(here, fill_value="")
    same = relabelled & (table["label"] != "") & (table["label"].to_numpy() == came.to_numpy())
    same &= table["label"].to_numpy() != standing
    if same.any():
        wrong.append(
            f"{_number(same, 'gives', 'give')} an image the label that it has already "
            f"({_lines(table[same], lambda row: repr(row.label))}): write keep into the column "
            "action where that label is right, or the right class into the column label"
        )
    twice = table["here"].isin(_torn(table))
    if twice.any():
        wrong.append(
            f"{count(int(twice.sum()), 'row')} decide differently about the same image "
            f"({_lines(table[twice], _words)}): leave one for each"
        )
    return table.assign(gone=gone), wrong


def _torn(table: pd.DataFrame) -> pd.Series:
    """The images about which rows decide differently."""
    kinds = table.drop_duplicates(_VERDICT)["here"]
    return kinds[kinds.duplicated()]


def _contradictions(names: Sequence[str], tables: Sequence[pd.DataFrame]) -> list[str]:
    """What is wrong where two tables decide differently about the same image."""
    tables = [table[~table["here"].isin(_torn(table))] for table in tables]  # told already
    whole = pd.concat(
        [one.assign(file=name).reset_index() for name, one in zip(names, tables, strict=True)]
    )
    torn = _torn(whole).unique()
    told = []
    for image_id in torn[:5]:
        rows = whole[whole["here"] == image_id].drop_duplicates(_VERDICT)
        ways = [f"line {row.line} of '{row.file}', {_words(row)}" for row in rows.itertuples()]
        told.append(f"{image_id!r}: {'; '.join(ways)}")
    more = f" and {len(torn) - 5:,} more" if len(torn) > 5 else ""
    images = f"{count(torn, 'image')} {'is' if len(torn) == 1 else 'are'}"
    said = f"{images} decided about differently by two tables ({'. '.join(told)}{more})"
    return [f"{said}: leave one verdict for each"] if told else []


def _meant(dataset: Dataset, table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """By line why no image is meant, as `match` says, empty where one is; and which is meant, or
    else the name that was given."""
    open_ = ~table["image_id"].isin(dataset.images.index) | (table["content"] != "")
    how, here = pd.Series("", table.index, dtype=object), table["image_id"].astype(object)
    if open_.any():
        asked = table[open_].assign(content=table["content"].where(table["content"] != ""))
        found = match(dataset, asked)
        how.update(found["how"][found["here"].isna()])
        here.update(found["here"].dropna())
    return how, here


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

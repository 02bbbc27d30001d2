"""A dataset that is handed over, described in Croissant so that programs can load it.

Croissant (MLCommons, version 1.0, https://docs.mlcommons.org/croissant/docs/croissant-spec.html)
is JSON-LD on schema.org's vocabulary: which files there are, with their checksums, and which
records come out of them.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from PIL import Image

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import count, shown, some

CROISSANT, TABLE, TYPED, SUMS = "croissant.json", "images.csv", "images.pq", "SHA256SUMS"
FORMATS = {".csv": "text/csv", ".pq": "application/x-parquet"}
FILE = "file_name"
TEXT = {FILE, "image_id", "label", "split", "group", "label_before", "decision", "decision_reason"}
TEXT |= {"sha256", "phash", "dhash"}  # which may look like numbers
TYPES = {"b": "sc:Boolean", "i": "sc:Integer", "u": "sc:Integer", "f": "sc:Float"}
UNKNOWN = {"licence": "licence", "creator": "who made it", "url": "where it is published"}
SPECIFICATION = "http://mlcommons.org/croissant/1.0"
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
SAYS = {
    FILE: "Where the image lies, relative to this description.",
    "image_id": "Where the image lies in the folder it comes from.",
    "label": "The class of the image; missing where it is not known.",
    "split": "train, valid or test; missing where it is not decided.",
    "group": "Images of one group show the same physical thing, and belong in one split.",
    "decision": "What was decided about the image: keep, relabel, drop or cannot tell.",
    "label_before": "The label before it was changed.",
}


def write_croissant(dataset: Dataset, folder: str | os.PathLike, **facts) -> Path:
    """Write ``croissant.json`` into a folder that `helpers.datasets.export` has written.

    Checksums of the images go into ``SHA256SUMS`` beside it (``sha256sum -c SHA256SUMS`` checks
    them). Where a reader that guesses types would take text for something else (labels such as
    "007" or "NA"), the table is written a second time, as ``images.pq`` (Parquet), which is then
    what is described.

    Parameters
    ----------
    dataset, folder, **facts
        As for `croissant`.

    Returns
    -------
    Path of ``croissant.json``
    """
    folder = Path(folder)
    table, guessed = _read(folder / TABLE)
    files = _files_in(folder, table)
    meant = _as_meant(table, guessed, dataset)
    if len(files):
        lines = (_sum_line(_sha256(folder / name), name) for name in files)
        _write(folder / SUMS, "".join(lines).encode("utf-8", "surrogateescape"))
    if _is_misread(meant, guessed):
        meant.to_parquet(folder / TYPED, index=False)
    elif (folder / TYPED).exists():
        raise DatasetError(
            f"'{folder / TYPED}' is there already, and may tell something else than {TABLE}; move "
            "it away, or choose another folder."
        )
    text = json.dumps(croissant(dataset, folder, **facts), indent=2, ensure_ascii=False)
    return _write(folder / CROISSANT, (text + "\n").encode("utf-8", "backslashreplace"))


def croissant(
    dataset: Dataset, folder: str | os.PathLike, *, description: str | None = None,
    licence: str | None = None, creator: str | Mapping | None = None, url: str | None = None,
    citation: str | None = None, version: str | None = None, published: str | None = None,
    limitations: Sequence[str] = (),
) -> dict:  # fmt: skip
    """Describe what lies in `folder`: the table of images and, where they are there, the images.

    Parameters
    ----------
    dataset : Dataset
        What `folder` was made of: says which columns are text, and the name.
    folder : str or Path
        Has a table ``images.csv``. Its column ``file_name`` says where the images lie, relative to
        `folder`; without one they are taken not to be handed over.
    description : str, optional
        By default, counts.
    licence, url, citation, version, published : str, optional
        Of the dataset, e.g. the address of a licence, and 2026-01-31. Left out where not known,
        which the description then says: nobody can guess them.
    creator : str or dict, optional
        The name of a person, or a node such as ``{"@type": "sc:Organization", "name": "…"}``.
    limitations : list of str
        What is known to be wrong with it, a sentence each.

    Returns
    -------
    dict
        Record sets "images" (a record per image that has a file, in the order of their paths; per
        row of the table where no images are handed over) and "classes". Its fields are called
        "images/label" and so on, by the columns of the table, simplified; an "images/image" holds
        the picture.

    Raises
    ------
    DatasetError
        There is no such table, or it names files that are not there.
    """
    folder = Path(folder)
    place = folder / TYPED if (folder / TYPED).exists() else folder / TABLE
    table, guessed = _read(folder / TABLE)
    files = _files_in(folder, table)
    known = {"licence": licence, "creator": creator, "url": url}
    described = description or _describe(dataset, table, files)
    if absent := [words for name, words in UNKNOWN.items() if known[name] is None]:
        described += f" Not known, and to be filled in by who does: {some(absent, 9)}."
    if isinstance(creator, str):
        creator = {"@type": "sc:Person", "name": creator}
    found = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": dataset.name,
        "description": described,
        "conformsTo": SPECIFICATION,
        "license": licence,
        "creator": creator,
        "url": url,
        "citeAs": citation,
        "version": version,
        "datePublished": published,
        "rai:dataLimitations": [*limitations] or None,
        "distribution": _distribution(folder, place, files),
        "recordSet": [_images(_as_meant(table, guessed, dataset), place, bool(len(files)))],
    }
    if classes := sorted({*table.get("label", [])} - {""}):
        found["recordSet"].append(_classes(classes))
    return {name: value for name, value in found.items() if value is not None}


def _describe(dataset: Dataset, table: pd.DataFrame, files: Sequence[str]) -> str:
    rows = table[table[FILE] != ""] if FILE in table else table
    images = count(len(rows), "image")
    images += "" if len(files) else " (the table alone; their files are not handed over)"
    labels = rows["label"][rows["label"] != ""] if "label" in rows else []
    classes = f"{count(len({*labels}), 'class')} ({some(map(shown, sorted({*labels})), 12)})"
    parts = rows["split"].replace("", "undecided").value_counts() if "split" in rows else {}
    splits = ", ".join(f"{name} {number:,}" for name, number in sorted(parts.items()))
    return f"{images} of {classes if len(labels) else 'no known class'}, by split: {splits}."


def _distribution(folder: Path, place: Path, files: Sequence[str]) -> list[dict]:
    nodes = [_file_object(place, FORMATS[place.suffix], "A row per image.")]
    if not len(files):
        return nodes
    if (folder / SUMS).exists():
        nodes.append(_file_object(folder / SUMS, "text/plain", "SHA-256 of each image."))
    kinds = {Path(name).suffix.lower() for name in files}
    formats = {Image.MIME.get(Image.registered_extensions().get(kind, ""), "") for kind in kinds}
    # Programs read all images by the first format that they know: begin with what is any picture.
    first = ["image/jpeg", "image/png"]
    formats = sorted(formats - {""}, key=lambda one: (one not in first, one)) or ["image/*"]
    patterns = {(name.split("/")[0] if "/" in name else None, Path(name).suffix) for name in files}
    includes = sorted(
        f"{glob.escape(top)}/*{glob.escape(end)}" if top else f"*{glob.escape(end)}"
        for top, end in patterns
    )
    return [
        *nodes,
        {
            "@type": "cr:FileSet",
            "@id": "image-files",
            "name": "image-files",
            "description": "The image files.",
            "encodingFormat": formats[0] if len(formats) == 1 else formats,
            "includes": includes[0] if len(includes) == 1 else includes,
        },
    ]


def _file_object(path: Path, kind: str, says: str) -> dict:
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "description": says,
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": kind,
        "sha256": _sha256(path),
    }


def _images(table: pd.DataFrame, place: Path, files: bool) -> dict:
    fields, ids = [], field_ids(table.columns)
    if files:
        fields.append(
            {
                "@type": "cr:Field",
                "@id": "images/image",
                "name": "image",
                "description": "The picture, as its file has it.",
                "dataType": "sc:ImageObject",
                "source": {
                    "fileSet": {"@id": "image-files"},
                    "extract": {"fileProperty": "content"},
                },
            }
        )
    for name in table.columns:
        source = {"fileObject": {"@id": place.name}, "extract": {"column": name}}
        one = {"@type": "cr:Field", "@id": ids[name], "name": name}
        one["description"] = SAYS.get(name, f"Column {shown(name)} of the table.")
        one["dataType"] = _type_of(table[name])
        if name == FILE and files:
            # The path of each file picks its row; as text, which the expression makes it.
            one["source"] = {
                "fileSet": {"@id": "image-files"},
                "extract": {"fileProperty": "fullpath"},
                "transform": {"regex": "(?s)^(.*)$"},
            }
            one["references"] = source
        else:
            one["source"] = source
        fields.append(one)
    key = next((ids[name] for name in (FILE, "image_id") if name in ids), None)
    found = {"@type": "cr:RecordSet", "@id": "images", "name": "images"}
    found |= {"description": "A record per image."}
    return found | ({"key": {"@id": key}} if key else {}) | {"field": fields}


def _classes(classes: list[str]) -> dict:
    name = "classes/name"
    return {
        "@type": "cr:RecordSet",
        "@id": "classes",
        "name": "classes",
        "description": "The classes.",
        "dataType": "sc:Enumeration",
        "key": {"@id": name},
        "field": [{"@type": "cr:Field", "@id": name, "name": "name", "dataType": "sc:Text"}],
        "data": [{name: one} for one in classes],
    }


def field_ids(columns: Sequence[str]) -> dict[str, str]:
    """Identifiers are IRIs, which column names need not be."""
    ids: dict[str, str] = {}
    taken = {"images/image"}
    for column in columns:
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", str(column)).strip("-") or "column"
        found, number = f"images/{plain}", 1
        while found in taken:
            number += 1
            found = f"images/{plain}-{number}"
        ids[column] = found
        taken.add(found)
    return ids


def _read(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table as text, "" where a cell is empty, and as a reader that guesses types has it."""
    try:
        text = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        return text, pd.read_csv(path, encoding="utf-8", low_memory=False)
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"'{path}' cannot be read ({type(error).__name__}); helpers.datasets.export(dataset, "
            "folder) writes it, and croissant describes what lies there."
        ) from error


def _files_in(folder: Path, table: pd.DataFrame) -> list[str]:
    """The image files that the table names, in the order of their paths."""
    if FILE not in table:
        return []
    names = sorted({*table[FILE]} - {""})
    there = [name for name in names if (folder / name).is_file()]
    if there and len(there) < len(names):
        gone = sorted({*names} - {*there})
        raise DatasetError(
            f"{count(gone, 'file')} that '{folder / TABLE}' names are not in '{folder}': "
            f"{some(gone)}; export the dataset anew."
        )
    return there


def _as_meant(table: pd.DataFrame, guessed: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """The table with text where text is meant: what `dataset` has as text, and known columns."""

    def is_text(name: str) -> bool:
        known = dataset.images.get(name.removesuffix("_in_table"))
        known_text = known is not None and pd.api.types.infer_dtype(known, skipna=True) == "string"
        return name in TEXT or known_text

    text = table.where(table != "").astype("str")
    return pd.DataFrame({name: (text if is_text(name) else guessed)[name] for name in table})


def _is_misread(meant: pd.DataFrame, guessed: pd.DataFrame) -> bool:
    """Whether a reader that guesses types changes the text of a column of text."""
    return any(
        not guessed[name].astype("str").where(guessed[name].notna()).equals(meant[name])
        for name in meant
        if pd.api.types.is_string_dtype(meant[name])
    )


def _type_of(values: pd.Series) -> str | list[str]:
    if values.name in ("label", "split"):
        return ["sc:Text", f"cr:{values.name.capitalize()}"]
    return "sc:Text" if values.isna().all() else TYPES.get(values.dtype.kind, "sc:Text")


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sum_line(digest: str, name: str) -> str:
    """As from ``sha256sum``, which marks names that it had to escape by a backslash before all."""
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"


def _write(path: Path, data: bytes) -> Path:
    part = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        raise DatasetError(f"'{path}' cannot be written ({error.strerror or error}).") from error
    finally:
        part.unlink(missing_ok=True)
    return path

"""Pieces of a card in Hugging Face's format: Markdown that shows any name as it is, under YAML."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unicodedata import category

import yaml

from helpers.datasets import Dataset

UNKNOWN = "unknown"
LICENCES = {
    *("apache-2.0", "mit", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-3.0", "cc-by-sa-4.0"),
    *("cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "cc-by-nd-4.0", "odbl", "odc-by"),
    *("openrail", "gpl-3.0", "agpl-3.0", "unlicense", "pddl", UNKNOWN),
}
"""Identifiers that the Hub knows, those for images and their models; it takes others as "other"."""

JOINERS = "\u200c\u200d"  # parts of words and emoji, invisible but harmless
PRIVATE = re.compile(
    r"(^|_)(gps|lat|latitude|lon|lng|longitude|serial|address|e?mail|phone|birth\w*|dob|name"
    r"|surname|first_?name|last_?name|patient\w*|path|file_?path|url)(_|$|\d)",
    re.IGNORECASE,
)
_END = r"[^\s'\"`|]*[^\s'\"`|.,;:)\]}]"
_SHARE = r"\\\\[\w.$-]+\\(?!\\)|\\{4}[\w.$-]+"  # and with backslashes doubled, as in a line of code
LOCAL = re.compile(
    rf"(?<![\w/.:])(?:/(?:home|Users|root|mnt|media|tmp|data|srv|opt|var)/{_END}"
    rf"|[A-Za-z]:\\{_END}|(?:{_SHARE}){_END})"
)
"""Paths of a computer; not the doubled backslashes of a regular expression in a line of code."""


def front_matter(facts: Mapping[str, Any]) -> str:
    """`facts` as YAML between two lines of dashes; without those that are None."""
    known = {name: value for name, value in facts.items() if value is not None}
    text = yaml.safe_dump(known, sort_keys=False, allow_unicode=True, width=float("inf"))
    return f"---\n{text}---\n"


def licence_facts(licence: str | None) -> dict[str, str]:
    """What the Hub's front matter says of a licence: its identifier, or "other" with its name."""
    if licence is None:
        return {"license": UNKNOWN}
    if licence.lower() in LICENCES:
        return {"license": licence.lower()}
    link = {"license_link": licence} if re.match(r"https?://", licence) else {}
    return {"license": "other", "license_name": licence} | link


def plain(text: object) -> str:
    """`text` on one line, so that Markdown and HTML show it as it is."""
    line = "".join(
        c if category(c)[0] not in "CZ" or c in JOINERS + " " else _visible(c) for c in str(text)
    )
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"([\\`*\[\]|~$#!])", r"\\\1", line)
    # Underscores within words are no emphasis, and at-signs and addresses no links.
    line = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", line)
    return re.sub(r"(?i)(https?):(?=//)|(www)\.|@", lambda m: _unlinked(m.group()), line)


def _visible(character: str) -> str:
    return " " if category(character) == "Zs" else character.encode("unicode_escape").decode()


def _unlinked(text: str) -> str:
    return text[:-1] + {":": "&#58;", ".": "&#46;", "@": "&#64;"}[text[-1]]


def table(head: Sequence[str], rows: Iterable[Sequence[object]], most: int = 60) -> str:
    """A Markdown table; numbers to the right. What is left out beyond `most` rows is said."""
    rows = [[one if isinstance(one, str) else _number(one) for one in row] for row in rows]
    aligned = ["---:" if _numeric(column) else "---" for column in zip(*rows, strict=True)]
    lines = [head, aligned or ["---"] * len(head), *rows[:most]]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
    left = len(rows) - most
    return text + (f"\n{left:,} further rows are left out here.\n" if left > 0 else "")


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def _numeric(column: Sequence[str]) -> bool:
    return all(re.match(r"[+−\-\d.]|$", one) for one in column) and any(column)


def ranged(value: float, low: float, high: float, digits: int = 2) -> str:
    """ "0.45 (0.36 to 0.55)" """
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})".replace("-", "−")


def bullets(lines: Iterable[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def blank(question: str, known: Mapping[str, str], key: str, who: str) -> str:
    """What a person has said under `key`, or a gap that says what belongs there."""
    if known.get(key):
        return f"{known[key].strip()}\n"
    return f"*Not known: {question}. To be filled in by {who}.*\n"


def scrub(text: str, *datasets: Dataset | None) -> str:
    """`text`, before it is escaped, without paths of this computer; those in a dataset's folder
    become relative to it."""
    for dataset in [one for one in datasets if one is not None]:
        for root in sorted({str(dataset.root), os.path.realpath(dataset.root)}, key=len)[::-1]:
            text = text.replace(root.rstrip("/\\") + os.sep, "").replace(root, dataset.name)
    text = text.replace(str(Path.home()) + os.sep, "~/") if str(Path.home()) != "/" else text
    return LOCAL.sub("(a path)", text)


def is_private(column: str) -> bool:
    """Whether the name of a column says that its values should not be shown."""
    return bool(PRIVATE.search(re.sub(r"(?<=[a-z])(?=[A-Z])|[\s.-]+", "_", str(column))))

"""Labels that may be one class under two names, or no class at all, and what to tell of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import pandas as pd

from helpers.datasets.words import count, some

LOOKALIKES = str.maketrans("асеорхуіјѕһκορν", "aceopxyijshkopv")
"""Small letters of other scripts that look like Latin ones."""

_COPY = re.compile(
    r"(.+?) ?-? ?\(?(copy|kopie|copie|copia|kopia|копия|副本|コピー)\)?( ?\(?\d+\)?)?"
    r"|(.+?) ?\(\d+\)"
)
_MEANS = {"+": " plus ", "#": " sharp ", "*": " star ", "<": " less ", ">": " more "}
_NOTHING = {"n/a", "na", "n.a.", "nan", "null", "nil", "none", "-", "--", "?", "#n/a", "<na>"}
_NAMELESS = re.compile(
    r"(new folder|untitled folder|neuer ordner|nouveau dossier|nueva carpeta|nova pasta"
    r"|nuova cartella|новая папка|新建文件夹|新しいフォルダー)( ?\(?\d+\)?)?"
)
_DECIMAL = re.compile(r"[+-]?\d*[.,]\d+(e[+-]?\d+)?%?", re.IGNORECASE)
_DATE = re.compile(r"(19|20)\d\d[-/.]\d\d?([-/.]\d\d?)?([ T].*)?|\d\d?[-/.]\d\d?[-/.](19|20)?\d\d")
_MONTH = "jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez"
_MADE_A_DATE = re.compile(rf"\d\d?[-. ]({_MONTH})[a-z]*|({_MONTH})[a-z]*[-. ]\d\d", re.IGNORECASE)


def fold(label: str) -> str:
    """A label without capitals, accents and surrounding or repeated spaces."""
    letters = unicodedata.normalize("NFKD", label.casefold())
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def bare(label: str) -> str:
    """A folded label with Latin letters for those that look like them, without marks, and with
    numbers in one spelling: "Red_Fox?" and "red-fox", "03" and "3.0" are alike."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", label)
    text = re.sub(r"[\u200c\u200d]", "", fold(text)).translate(LOOKALIKES)
    if re.fullmatch(r"[+-]?\d+(\.\d*)?e[+-]?\d+", text):
        text = f"{float(text):f}"
    text = re.sub(r"^-(?=\d)|-$", " minus ", text)
    text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    text = "".join(_MEANS.get(letter, letter) for letter in text)
    text = re.sub(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)", " ", text)
    numbers = re.sub(r"\d+\.\d+", lambda found: found[0].rstrip("0").rstrip("."), text)
    pieces = re.findall(r"\d+\.\d+|[^\W_]+", numbers)
    return " ".join(piece.lstrip("0") or "0" for piece in pieces)


def _groups(known: Sequence[str], key) -> list[list[str]]:
    names = pd.Series(known, dtype="str").groupby([key(name) for name in known]).agg(list)
    return [found for found in names if len(found) > 1]


def alike(known: Sequence[str]) -> list[str]:
    """Notes on labels that differ in what is easily overlooked."""
    notes, plain = [], _groups(known, fold)
    if plain:
        notes.append(
            "Labels that differ only in capitals, accents or spaces count as different classes: "
            f"{some(_shown(plain))}."
        )
    there = {bare(name) for name in known}

    def original(name: str) -> str:
        match = _COPY.fullmatch(fold(name))
        of = bare(match[1] or match[4]) if match else ""
        return of if of and of in there else bare(name) or name

    told = {frozenset(names) for names in plain}
    deep = [names for names in _groups(known, original) if frozenset(names) not in told]
    if deep:
        notes.append(
            "Labels that differ only in marks, in how a number is written, in letters that look "
            "alike or in what is added to the name of a copy count as different classes: "
            f"{some(_shown(deep))}; where they are one, give them one name."
        )
    return notes


def _shown(groups: Iterable[Sequence[str]]) -> list[str]:
    return [", ".join(map(ascii if _mixed(names) else repr, names)) for names in groups]


def _mixed(names: Sequence[str]) -> bool:
    """Whether names look the same on a screen, so that only their codes tell them apart."""
    return (
        len({name.casefold().translate(LOOKALIKES) for name in names}) == 1
        and len({name.casefold() for name in names}) > 1
    )


def no_classes(known: Sequence[str]) -> list[str]:
    """Notes on labels that may say that there is none, or are measurements or dates."""
    notes = []
    nothing = [name for name in known if name.lower() in _NOTHING]
    if nothing and len(known) > len(nothing):
        count_as = "counts as a class" if len(nothing) == 1 else "count as classes"
        notes.append(
            f"{some(map(repr, nothing))} may mean that no label is known, yet {count_as} here; "
            f"leave such cells empty where {'it does' if len(nothing) == 1 else 'they do'}."
        )
    if nameless := [name for name in known if _NAMELESS.fullmatch(fold(name))]:
        notes.append(
            f"{some(map(repr, nameless))} is what a system calls a folder that got no name, yet "
            "counts as a class here."
        )
    what = ""
    if known and all(map(_DATE.fullmatch, known)):
        what = "dates"
    elif known and all(
        re.fullmatch(r"[+-]?\d+", name) or _DECIMAL.fullmatch(name) for name in known
    ):
        what = "numbers with decimals" if any(map(_DECIMAL.fullmatch, known)) else ""
    if what:
        notes.append(
            f"All labels are {what} ({some(known)}), each a class of its own here; if they are "
            "measured and not classes, name the column of classes with label='…'."
        )
    elif made := [name for name in known if _MADE_A_DATE.fullmatch(name)]:
        notes.append(
            f"Labels that look as if a spreadsheet had made dates of them: {some(map(repr, made))}."
        )
    return notes


def classes_apart(images: pd.DataFrame) -> list[str]:
    """A note on classes of validation or test images that no training image has."""
    labels = images.dropna(subset=["label"]).groupby("split")["label"].unique()
    train, notes = {*labels.get("train", ())}, []
    for split in ("valid", "test") if train else ():
        if only := sorted({*labels.get(split, ())} - train):
            notes.append(
                f"{count(only, 'class')} in {split}, none of them in train: {some(only)}. Nothing "
                "can be learnt of what is not in train; where it is there under another name, give "
                "both one name."
            )
    return notes

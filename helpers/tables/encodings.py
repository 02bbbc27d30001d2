"""In which encoding a table was written, where it is not UTF-8."""

from __future__ import annotations

import codecs
import contextlib
import re
from unicodedata import normalize

from helpers.datasets.storage import DatasetError
from helpers.datasets.words import some

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# fmt: off
CANDIDATES = ("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256",
              "gb18030", "cp932", "cp949", "big5", "euc_jp")
# fmt: on
LATIN = {  # the letters beyond ASCII that are usual in languages written so
    "cp1252": "éèêàâçôîïûùëöäüßñáíóúãõåøæìò",
    "cp1250": "ąćęłńśźżčďěňřšťůžőűășțşţéáíóúöüäô",
    "cp1254": "ğışçöü" + "İ".lower(),  # of two code points
}
LEVEL_ONE = {  # first and last of the common characters, as the standard orders them
    "gb18030": "啊座", "big5": "一籲", "cp932": "亜腕", "euc_jp": "亜腕",
}  # fmt: skip
NEAR = 0.85  # costs as near as this count as another plausible reading
COMMON_LETTERS = "оеаинтсрвлкмαοιετσνηυρκπיוהלאתמרבשנاليموتنربةعد"  # by script
COMMON_PARTS = normalize("NFD", "안깅솔적듬룻헵매녀바")  # of Korean syllables
# Bits of a common letter, of another, of a common character, and of what hardly occurs.
USUAL, OTHER, CHARACTER, STRANGE = 5.0, 7.0, 12.0, 24.0
PART, CAPITAL = 3.5, 0.25  # of a common part of a Korean syllable; of a capital, above its letter


def decode(raw: bytes, name: str, encoding: str | None = None) -> tuple[str, list[str]]:
    """The text of a table, and a note where its encoding had to be guessed.

    A byte-order mark decides, else UTF-8 where it fits, else UTF-16 where every second byte is
    empty. Anything else is guessed by how usual the letters would be in each encoding.

    Raises
    ------
    DatasetError
        When the table is not in the `encoding` asked for, or in none we know.
    """
    if encoding:
        try:
            return raw.decode(encoding).lstrip("\ufeff"), []
        except (UnicodeError, LookupError) as error:  # the latter where it is none of text
            raise DatasetError(
                f"'{name}' is not in the encoding {encoding!r} ({error}); leave encoding out to "
                "see what it may be."
            ) from error
    for mark, told in MARKS:
        if raw.startswith(mark):
            return raw.decode(told), []
    if b"\x1b$" in raw:  # what terminals switched to Japanese, Korean or Chinese with
        for told in ("iso2022_kr", "iso2022_jp_2"):
            with contextlib.suppress(UnicodeDecodeError):
                return raw.decode(told), []
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    if max(even, odd) * 4 > len(raw):
        return raw.decode("utf-16-be" if even > odd else "utf-16-le"), []
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError:
        return _guess(raw, name)


def _guess(raw: bytes, name: str) -> tuple[str, list[str]]:
    # A bar may be the second byte of a Japanese or Chinese character; these never are.
    rows = b"\n".join(sorted({row for row in re.split(rb"[,;\t\r\n]", raw) if not row.isascii()}))
    costs, words = {}, {}
    for encoding in CANDIDATES:
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        cells = re.split(r"[|\n]", rows.decode(encoding))
        words[encoding] = sorted({cell.strip() for cell in cells if not cell.isascii()})
        costs[encoding] = sum(_cost(word, encoding) for word in words[encoding])
    if not costs:
        raise DatasetError(
            f"'{name}' is in no encoding we know; save it as UTF-8, or name its own: encoding='…'."
        )
    best = min(costs, key=costs.get)
    others = [
        f"as {other} {some(words[other])}"
        for other in sorted(costs, key=costs.get)
        if words[other] != words[best] and costs[other] * NEAR <= costs[best]
    ]
    sure = f"; it might also be read {some(others, 2)}" if others else ""
    return raw.decode(best), [
        f"'{name}' is not in UTF-8; read as {best} it says {some(words[best])}{sure}; if that is "
        "wrong, name the right one with encoding='…'."
    ]


def _cost(text: str, encoding: str) -> float:
    """Bits that the letters beyond ASCII take, by how usual they are in texts so encoded."""
    bits, before = 0.0, " "
    for letter in text:
        if not letter.isascii():
            wide = encoding in LEVEL_ONE or encoding == "cp949"
            bits += _wide(letter, encoding) if wide else _narrow(letter, before, encoding)
        elif letter.isalpha() and not before.isascii() and encoding not in LATIN:
            bits += STRANGE  # ASCII letters seldom touch those of another script
        before = letter
    return bits


def _narrow(letter: str, before: str, encoding: str) -> float:
    if not letter.isalpha():
        return STRANGE
    usual = letter.lower() in LATIN.get(encoding, COMMON_LETTERS)
    bits = USUAL if usual else OTHER
    # Latin letters with marks seldom stand side by side, those of other scripts seldom apart.
    strange = before.isalpha() and before.isascii() != (encoding in LATIN)
    swapped = letter.isupper() and before.islower()
    return bits + CAPITAL * letter.isupper() + STRANGE * (strange or swapped)


def _wide(letter: str, encoding: str) -> float:
    if encoding == "cp949":
        parts = normalize("NFD", letter)
        korean = "\uac00" <= letter <= "\ud7a3"
        return sum(PART if part in COMMON_PARTS else OTHER for part in parts) if korean else STRANGE
    if encoding in ("cp932", "euc_jp"):
        if "\u3041" <= letter <= "\u30fc":
            return OTHER
        if "\uff61" <= letter <= "\uff9f":  # narrow kana: every byte from A1 to DF is one
            return CHARACTER
    first, last = (edge.encode(encoding) for edge in LEVEL_ONE[encoding])
    return CHARACTER if first <= letter.encode(encoding) <= last else STRANGE

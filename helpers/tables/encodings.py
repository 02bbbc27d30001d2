"""In which encoding a table was written, where it is not UTF-8."""

from __future__ import annotations

import codecs
import re

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
LATIN = ("cp1252", "cp1250", "cp1254")
NEAR = 0.85  # costs as near as this count as another plausible reading
COMMON_LATIN = "éèêàâçôîïûùëöäüßñáíóúãõåøæìòÉÖÄÜ"
EASTERN_LATIN = "ąćęłńśźżčďěňřšťůžőűășțşţŁŚŻČŘŠŽ"
TURKISH = "ğışİçöü"
COMMON_LETTERS = "оеаинтсрвлкмαοιετσνηυρκπיוהלאתמרבשנاليموتنربةعد"  # by script
# Shares of the parts of Korean syllables in running text, roughly: first, middle, last.
_FIRST = dict(
    zip((11, 0, 9, 12, 3, 5, 18, 6, 2, 7), (22, 12, 11, 9, 9, 8, 7, 6, 6, 6), strict=True)
)
_MIDDLE = dict(zip((0, 20, 8, 4, 18, 13, 5, 1, 6), (20, 18, 10, 10, 10, 8, 6, 5, 5), strict=True))
_LAST = dict(zip((0, 4, 21, 8, 1, 16, 19, 17), (52, 13, 9, 8, 6, 5, 2, 3), strict=True))


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
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    if max(even, odd) * 4 > len(raw):
        return raw.decode("utf-16-be" if even > odd else "utf-16-le"), []
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError:
        return _guess(raw, name)


def _guess(raw: bytes, name: str) -> tuple[str, list[str]]:
    lines = b"\n".join(
        sorted({line for line in re.split(rb"[,;|\t\r\n]", raw) if max(line, default=0) > 127})
    )
    costs = {}
    for encoding in CANDIDATES:
        try:
            raw.decode(encoding)
            costs[encoding] = _cost(lines.decode(encoding), encoding)
        except UnicodeDecodeError:
            continue
    if not costs:
        raise DatasetError(
            f"'{name}' is in no encoding we know; save it as UTF-8, or name its own: encoding='…'."
        )
    best = min(costs, key=costs.get)
    shown = some(_words(lines, best))
    others = [
        f"as {other} {some(_words(lines, other))}"
        for other in sorted(costs, key=costs.get)
        if other != best
        and costs[other] * NEAR <= costs[best]
        and _words(lines, other) != _words(lines, best)
    ]
    sure = f"; it might also be read {some(others, 2)}" if others else ""
    return raw.decode(best), [
        f"'{name}' is not in UTF-8; read as {best} it says {shown}{sure}; if that is wrong, name "
        "the right one with encoding='…'."
    ]


def _words(lines: bytes, encoding: str) -> list[str]:
    return [line.strip() for line in lines.decode(encoding).split("\n")]


def _cost(text: str, encoding: str) -> float:
    """Bits that the letters beyond ASCII take, by how usual they are in texts so encoded."""
    bits, before = 0.0, " "
    for letter in text:
        if ord(letter) > 127:
            two_bytes = encoding in ("gb18030", "cp932", "cp949", "big5", "euc_jp")
            bits += _wide(letter, encoding) if two_bytes else _narrow(letter, before, encoding)
        elif letter.isalpha() and ord(before) > 127 and encoding not in LATIN:
            bits += 4  # ASCII letters seldom touch those of another script
        before = letter
    return bits


def _narrow(letter: str, before: str, encoding: str) -> float:
    if not letter.isalpha():
        return 12.0
    if encoding in LATIN:
        usual = {"cp1252": COMMON_LATIN, "cp1250": EASTERN_LATIN + "éáíóúöüäô", "cp1254": TURKISH}
        bits = 5.0 if letter in usual[encoding] else 9.0
        return bits + (5.0 if ord(before) > 127 and before.isalpha() else 0.0)
    foreign = before.isascii() and before.isalpha()
    swapped = letter.isupper() and (before.islower() or before.isupper())
    bits = 4.3 if letter.lower() in COMMON_LETTERS else 6.0
    return bits + letter.isupper() + 6.0 * foreign + 4.0 * swapped


def _wide(letter: str, encoding: str) -> float:
    code = letter.encode(encoding)
    if encoding == "cp949":
        if not "\uac00" <= letter <= "\ud7a3":
            return 17.0
        from math import log2

        first, rest = divmod(ord(letter) - 0xAC00, 588)
        shares = _FIRST.get(first, 1) * _MIDDLE.get(rest // 28, 1) * _LAST.get(rest % 28, 0.5)
        return -log2(shares / 1e6)
    if encoding in ("cp932", "euc_jp"):
        if "\u3041" <= letter <= "\u30fc":
            return 7.5
        if "\uff61" <= letter <= "\uff9f":  # narrow kana: every byte from A1 to DF is one
            return 9.0
        common = 0x88 <= code[0] <= 0x97 if encoding == "cp932" else 0xB0 <= code[0] <= 0xCF
        return 12.0 if common and len(code) == 2 else 18.0
    if encoding == "gb18030":
        return 12.0 if 0xB0 <= code[0] <= 0xD7 and len(code) == 2 and code[1] >= 0xA1 else 18.0
    return 12.5 if 0xA4 <= code[0] <= 0xC6 else 18.0

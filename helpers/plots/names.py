"""Names as a figure can show them: any class name on one line, short enough, and still its own."""

from __future__ import annotations

import unicodedata
from bisect import bisect
from collections.abc import Iterable
from functools import cache
from itertools import takewhile
from textwrap import wrap

from matplotlib import font_manager, rcParams
from matplotlib.font_manager import FontProperties

MOST = 40  # letters of a name beside an axis
# Fonts with Chinese, Japanese, Korean, Arabic and symbols that come with Linux, macOS and Windows.
MORE_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Hiragino Sans", "Microsoft YaHei"),
    *("Malgun Gothic", "Noto Sans Arabic", "Arial Unicode MS", "Segoe UI Symbol", "Noto Emoji"),
)


def font_families() -> list[str]:
    """The font of all figures, and what this computer has to fall back on."""
    there = {font.name for font in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in MORE_FONTS if name in there)]


@cache
def _fonts(families: tuple[str, ...]) -> list:
    found = [FontProperties(family=[name]) for name in families]
    return [font_manager.get_font(font_manager.findfont(one)) for one in found]


def drawable(text: object) -> str:
    """`text` without what no font here can draw: emoji by their name, other letters by number.

    Empty boxes would make all names alike that are written in one script.
    """
    fonts, found = _fonts(tuple(rcParams["font.family"])), []
    for letter in str(text):
        kind = unicodedata.category(letter)
        if letter == "\n" or any(font.get_char_index(ord(letter)) for font in fonts):
            found.append(letter)
        elif kind in ("Cf", "Mn"):
            continue  # joiners and marks on letters that are named anyhow
        elif kind[0] in "CZ":
            found.append(" ")
        else:
            name = unicodedata.name(letter, "").lower() if kind[0] == "S" else ""
            found.append(f"({name})" if name else f"[{ord(letter):X}]")
    return "".join(found)


def _one_line(name: object) -> str:
    """`name` on one line; spaces that could not be seen become visible."""
    text = drawable(" ".join(str(name).splitlines()))
    bare = text.strip(" ")
    return text.replace(bare, "\0", 1).replace(" ", "␣").replace("\0", bare) if bare else "␣"


def _width(text: str) -> int:
    """Columns that `text` takes: Chinese letters are twice as wide as Latin ones."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _cut(text: str, most: int) -> str:
    """The beginning and the end of `text`, the middle left out, in `most` columns."""
    if _width(text) <= most:
        return text
    head, tail = text, text
    while _width(head) > (most - 1) * 2 // 3:
        head = head[:-1]
    while _width(tail) > most - 1 - _width(head):
        tail = tail[1:]
    return f"{head.rstrip()}…{tail.lstrip()}"


def cut_to_width(text: str, most: float, size: float) -> str:
    """What fits of a line into `most` inches in letters of `size` points: the beginning, and of a
    file name the end too, which tells it from others."""
    if _inches(text, size) <= most:
        return text
    named = text[-5:].rpartition(".")[2].isalpha() and "." in text[-5:]

    def cut(kept: int) -> str:
        end = kept // 2 if named else 0
        return f"{text[: kept - end].rstrip()}…{text[len(text) - end :]}"

    fitting = bisect(range(1, len(text)), most, key=lambda kept: _inches(cut(kept), size))
    return cut(max(fitting, 1)) if len(text) > 1 else text


def fold_to_width(text: str, most: float, size: float, lines: int = 3) -> list[str]:
    """A line as up to three of at most `most` inches: broken after a space if what follows fits,
    else after the last mark or letter that fits, and cut where three do not hold it."""
    if lines == 1 or _inches(text, size) <= most:
        return [cut_to_width(text, most, size)]
    places = range(1, len(text))
    fits = [*takewhile(lambda at: _inches(text[:at].rstrip(), size) <= most, places)]
    spaces = [at for at in fits if text[at - 1] == " " and _inches(text[at:], size) <= most]
    marks = [at for at in fits if text[at - 1] in " _-/·"]
    at = max(spaces or marks or fits or [1])
    rest = text[at:].lstrip()
    return [text[:at].rstrip(), *(fold_to_width(rest, most, size, lines - 1) if rest else [])]


def _inches(text: str, size: float) -> float:
    """How wide a line is drawn; letters that the first font has not count as their columns."""
    font = _fonts(tuple(rcParams["font.family"]))[0]
    font.set_size(16 * size, 72)  # large, or every letter's width would be rounded up
    own = [letter for letter in text if font.get_char_index(ord(letter))]
    font.set_text("".join(own))
    others = _width(text) - _width("".join(own))
    return font.get_width_height()[0] / 64 / 72 / 16 + others * size * 0.6 / 72


def short_names(names: Iterable[object], most: int = MOST) -> dict:
    """Each of `names` as a figure shows it, in about `most` columns, no two alike.

    Where the beginning and the end of long names do not tell them apart, all get more room.
    """
    full = {name: _one_line(name) for name in names}
    longest = max(map(_width, full.values()), default=0)
    for room in range(most, max(longest, most) + 8, 8):
        short = {name: _cut(text, room) for name, text in full.items()}
        if len({*short.values()}) == len({*full.values()}):
            return short
    return full


def short_name(name: object, most: int = MOST) -> str:
    """One name as a figure shows it."""
    return short_names([name], most)[name]


def told_name(name: object) -> str:
    """One name as a title tells it: in quotes where it might be read as a number of something."""
    text = short_name(name)
    return f"“{text}”" if text[:1].isdecimal() or text[-1:].isdecimal() else text


def with_guess(names: Iterable[object], guess: object, most: int = MOST) -> tuple[list[str], str]:
    """The ticks of `names`, the one that the reader guessed marked, whatever its capitals.

    Returns
    -------
    ticks : list of str
    note : str
        A further line for the axis below where the guess is none of the names, else "".
    """
    names, said = [*names], str(guess).strip()
    same = [name for name in names if str(name) == str(guess)]
    same = same or [name for name in names if str(name).casefold() == said.casefold()]
    if guess is None:
        same = []
    ticks = [f"your guess: {name}" if name in same else name for name in names]
    missed = guess is not None and not same
    note = f"\nyour guess, {short_name(said, most)}, is not among them" if missed else ""
    return [*short_names(ticks, most).values()], note


def wrapped(name: str, width: int, lines: int = 3) -> str:
    """`name` in a few lines of `width` letters, cut in the middle where that is not enough."""
    room = width * lines
    while len(parts := wrap(_cut(name, room), width)) > lines:
        room -= 1
    return "\n".join(parts)

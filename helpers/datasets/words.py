"""Small pieces of the sentences that errors and notes are made of."""

import math
from collections.abc import Collection, Iterable, Sized
from difflib import get_close_matches

from helpers.datasets.storage import DatasetError

FEW = 10


def some(names: Iterable[str], count: int = 3) -> str:
    """The first few names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - count:,} more" if len(names) > count else ""
    return ", ".join(map(str, names[:count])) + more


def count(things: Sized | int, noun: str) -> str:
    """ "1 image", "1,200 images", "2 classes"; of things, or of their number."""
    number = things if isinstance(things, int) else len(things)
    many = "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{'' if number == 1 else many}"


def tell_number(value: float, digits: int = 3) -> str:
    """ "1,200", "72", "0.034": a whole number in full, another to so many significant digits."""
    if not math.isfinite(value):
        return f"{value:g}"
    rounded = float(f"{value:.{digits}g}")
    if value == round(value) or abs(rounded) >= 10**digits:
        return f"{value + 0.0:,.0f}"
    return f"{rounded:g}"


def percent(share: float) -> str:
    """A share in words that do not round to nothing: "0.4%", "12%", "under 0.1%"."""
    if 0 < share < 0.0005:
        return "under 0.1%"
    return f"{share:.1%}" if 0 < share < 0.095 else f"{share:.0%}"


def percents(one: float, other: float) -> tuple[str, str]:
    """Two shares in words, with as many digits, three at most, as tell them apart."""
    ways = [(percent(one), percent(other))]
    ways += [(f"{one:.{digits}%}", f"{other:.{digits}%}") for digits in (1, 2, 3)]
    return next((way for way in ways if way[0] != way[1]), ways[0])


def sum_of_chances(chances: Collection[float]) -> str:
    """How many of things with these chances to expect: "2.8", "1,204"; of fewer than ten with a
    decimal, since a whole number would round away that one may be none."""
    total = sum(chance for chance in chances if chance == chance)
    return f"{total:,.{int(len(chances) < FEW)}f}".removesuffix(".0")


def is_or_are(number: str) -> str:
    """What follows a number as `sum_of_chances` tells it: 1 and less of one is, all else are."""
    return "is" if number == "1" or number.startswith("0.") else "are"


def points(value: float, low: float, high: float) -> str:
    """A difference of shares with its interval, in points: "+3.1 points (+1.0 to +5.2)"."""
    value, low, high = (round(100 * one, 1) + 0.0 for one in (value, low, high))
    return f"{value:+.1f} points ({low:+.1f} to {high:+.1f})"


def tell_share(share: float, least: float) -> str:
    """A share with as many digits as show on which side of `least` it lies."""
    ways = (percent(share), *(f"{share:.{digits}%}" for digits in (1, 2, 3)))
    if ways[0].startswith("under"):  # as it does where it says no number
        return ways[0]
    return next((one for one in ways if float(one[:-1]) / 100 != least != share), ways[0])


def shown(name: str) -> str:
    """A name as it is, in quotes where spaces around it could not be seen otherwise."""
    return name if name and name == name.strip() else repr(name)


def as_word(name: str) -> str:
    """A name as it stands in a sentence: in quotes where it has no letter, and would be read as a
    number or a mark."""
    return name if any(map(str.isalpha, name)) else repr(name)


def suggestion(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """A half-sentence on the known name that `word` may stand for, empty where there is none."""
    known, plain = list(known), str(word).strip().casefold()
    alike = [name for name in known if name.strip().casefold() == plain]
    close = alike or get_close_matches(str(word), known, n=1, cutoff=cutoff)
    return f" (did you mean {close[0]!r}?)" if close else ""


def require_column(table, column: object) -> None:
    """Raise DatasetError where the DataFrame `table` has no such column."""
    if column not in table:
        if set(table.columns) == {"label", "split"}:  # as images without a table are opened
            hint = suggestion(column, table.columns, cutoff=0.75)  # "site" is no slip for "split"
            raise DatasetError(
                f"There is no column {column!r}{hint}: no table that says more of the images was "
                "read. Name one with --metadata TABLE, or open_dataset(…, metadata=TABLE)."
            )
        hint = suggestion(column, map(str, table.columns))
        there = some(table.columns, 12) or "none"
        raise DatasetError(f"The table has no column {column!r} (columns: {there}){hint}.")

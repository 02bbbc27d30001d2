"""Small pieces of the sentences that errors and notes are made of."""

from collections.abc import Iterable, Sized
from difflib import get_close_matches


def some(names: Iterable[str], count: int = 3) -> str:
    """The first few names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - count:,} more" if len(names) > count else ""
    return ", ".join(map(str, names[:count])) + more


def count(things: Sized, noun: str) -> str:
    """ "1 image", "1,200 images"."""
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"


def suggestion(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""

"""Options of a command, none of which is passed over in silence."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from helpers.datasets import DatasetError
from helpers.datasets.words import some, suggestion


class _Once(argparse.Action):
    """Store the value of an option; a second one, which would silently replace the first, is
    refused."""

    def __call__(self, parser, namespace, values, option_string=None):
        before = vars(namespace).setdefault("given_once", {})
        if option_string and self.dest in before:
            both = before[self.dest], values
            one, other = (",".join(v) if isinstance(v, list) else v for v in both)
            more = f", or name all in one: {option_string} {one},{other}"
            raise DatasetError(
                f"{option_string} was given twice, with '{one}' and with '{other}', of which only "
                f"one can count: leave one of them out{more if isinstance(values, list) else ''}."
            )
        if option_string:
            before[self.dest] = values
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """A parser that says of each command by itself what it does not know, and what was meant.

    Attributes
    ----------
    beside : dict of str to Parser
        All commands, by name.
    """

    beside: Mapping[str, argparse.ArgumentParser] = {}

    def error(self, message):
        raise DatasetError(f"{message[:1].upper()}{message[1:]}. {self._more}")

    def parse_known_args(self, args=None, namespace=None):
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            raise DatasetError(self._say_unknown(rest))
        return found, rest

    def _say_unknown(self, rest: Sequence[str]) -> str:
        if wrong := next((one for one in rest if one.startswith("-")), None):
            name = wrong.partition("=")[0]
            known = list(self._option_string_actions)
            owners = [of for of, one in self.beside.items() if name in one._option_string_actions]
            meant = f" here; it belongs to {some(owners)}" if owners else suggestion(name, known)
            return f"There is no option {name!r}{meant}. {self._more}"
        return (
            f"One path is expected, and {some(map(repr, rest))} stood beside it: where a name has "
            f"spaces, put it in quotes. {self._more}"
        )

    @property
    def _more(self) -> str:
        return f"{self.prog} --help lists what can be said."


def once(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The same parser, whose options of one value are refused where they are given twice."""
    parser.register("action", None, _Once)
    return parser

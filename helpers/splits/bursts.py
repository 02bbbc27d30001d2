"""Whether photos that one camera took within seconds show one thing or place, as their keypoints
say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.datasets.words import count
from helpers.splits.captures import SECONDS, find_bursts
from helpers.splits.telling import THING

UNCONFIRMED = f"could not be confirmed, and may show {THING} all the same"
APART, MOST = 60, 1_000
"""Seconds from which two photos are no burst, and pairs at most that bursts are held against."""
_DAY = 24 * 60 * 60


class Bursts(NamedTuple):
    """Pairs taken within four seconds (n × 2, the seconds between them), and pairs of the same
    classes, camera and day that are more than a minute apart (m × 2), to hold them against."""

    pairs: np.ndarray
    apart: np.ndarray
    others: np.ndarray


class Verdict(NamedTuple):
    """How many pairs of bursts and of others were compared, and agree in their keypoints."""

    bursts: int
    agree: int
    others: int
    others_agree: int

    @property
    def least(self) -> float:
        """The least share of the bursts that shows one thing, 0 to 1.

        Of other pairs a share o agrees, by chance or for showing one thing; if a share s of the
        bursts shows one thing and the rest is like those others, at most s + (1 − s) o of them
        agree. Both shares are taken at the unfavourable end of a one-sided interval of 95 %
        (Clopper & Pearson 1934).
        """
        from scipy.stats import beta

        if not self.agree or not self.others:
            return 0.0
        low = beta.ppf(0.05, self.agree, self.bursts - self.agree + 1)
        missed = self.others - self.others_agree
        high = beta.ppf(0.95, self.others_agree + 1, missed) if missed else 1.0
        return float(max(0.0, (low - high) / (1 - high))) if high < 1 else 0.0


def find(captures: pd.DataFrame, labels: np.ndarray, seed: int = 0) -> Bursts:
    """Bursts, and for each of up to 1,000 of them a pair to hold it against: its first photo and
    another of the class of its second, since two of one class agree more easily than two of two.

    Parameters
    ----------
    captures : DataFrame
        taken (seconds) and camera of each image.
    labels : int array
        The class of each image.
    """
    pairs, apart = find_bursts(captures)
    rng, found = np.random.default_rng(seed), set()
    taken = captures["taken"].to_numpy(float)
    day = np.floor_divide(taken, _DAY)
    where = [labels, captures["camera"].to_numpy(), np.nan_to_num(day, nan=-1)]
    members = pd.Series(np.arange(len(labels))).groupby(where, sort=False).indices
    for row in rng.permutation(len(pairs))[:MOST]:
        one, other = pairs[row]
        rest = members.get((labels[other], *(values[one] for values in where[1:])), pairs[:0, 0])
        rest = rest[np.abs(taken[rest] - taken[one]) > APART]
        if len(rest):
            found.add(tuple(sorted((int(one), int(rng.choice(rest))))))
    others = np.array(sorted(found), int).reshape(-1, 2)
    return Bursts(pairs, apart, others)


def judge(agree: np.ndarray, others_agree: np.ndarray) -> Verdict:
    """Of the bursts and of what they are held against, which pairs agree (bool arrays)."""
    return Verdict(len(agree), int(agree.sum()), len(others_agree), int(others_agree.sum()))


def describe(verdict: Verdict, proposed: int, known: int = 0, mixed: int = 0) -> str:
    """A sentence or three for the reader; `proposed` bursts are among the proposals, `known` others
    are of one group already, and the two photos of `mixed` are of two classes."""
    were = "was" if verdict.bursts == 1 else "were"
    told = f"within {SECONDS} s by one camera{_say_mixed(mixed, verdict.bursts)}"
    lines = [f"Bursts: {count(verdict.bursts, 'pair')} of the images compared {were} taken {told}; "
             f"the keypoints of {verdict.agree:,} agree"]  # fmt: skip
    alike = f"of the same {'classes' if mixed else 'class'}, camera and day"
    if verdict.others:
        shown = f"So at least {verdict.least:.0%} of the bursts show {THING}"
        if verdict.least < 0.005:
            shown = f"That does not show that any burst shows {THING}"
        elif verdict.agree < verdict.bursts:
            shown += ", and perhaps all: keypoints miss many such pairs"
        lines[0] += (
            f", of {count(verdict.others, 'pair')} {alike}, but more than a minute apart, those of "
            f"{verdict.others_agree:,}. {shown}"
        )
    else:
        lines[0] += f"; there are none {alike} to hold them against"
    if known:
        are = "is" if known == 1 else "are"
        lines.append(f"{known:,} of the bursts {are} in one group already")
    left = verdict.bursts - proposed - known
    if left:
        are = "is" if proposed == 1 else "are"
        who = f"{proposed:,} of them {are} proposed; the other {left:,}"
        if known:
            more = f"{proposed:,} more {are} proposed; t" if proposed else "T"
            who = f"{more}he other {left:,}"
        elif not proposed:
            who = "It" if left == 1 else "None of them is proposed: they"
        lines.append(
            f"{who} {UNCONFIRMED}: only a column that says what was photographed, or groups by "
            "their times (--pause 4, group_by_time), keep those together"
        )
    return ". ".join(lines) + "."


def _say_mixed(mixed: int, pairs: int) -> str:
    who = f" {mixed:,} of them" if mixed < pairs else " each" * (pairs > 1)
    return f",{who} of two classes" if mixed else ""

"""After training: a number for each class in each group, searched under a fairness constraint."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import softmax

from helpers.datasets import DatasetError
from helpers.evaluation.calibration import labelled

CONSTRAINTS = {
    "demographic parity": ["named"],
    "equal opportunity": ["recall"],
    "equalised odds": ["recall", "false alarms"],
}
STEPS = np.arange(-30, 31) / 5
"""Offsets that are tried, in units of log probability."""
NONE = len(STEPS) // 2
"""The place of the offset 0."""
FEW, FEW_TOGETHER, OTHERS, SWEEPS = 20, 10, "(others)", 2
LEVELS = {1: 81, 2: 21}
"""How many lower ends of a window are tried, for one rate and for each of two."""


class Margins:
    """What every offset of one class does in each group: rates, and how many answers are right.

    Parameters
    ----------
    logits : float, images × classes
    truth : int per image, the place of its class
    groups : array of str per image; a missing one counts among the small groups
    at : int, the class that is offset
    constraint : str, a key of `CONSTRAINTS`

    Attributes
    ----------
    names : list of str
        The groups. Those with fewer than 20 images to take the constraint's rates from are put
        together as "(others)"; if these have fewer than 10, they are not constrained.
    right : groups × offsets, how many answers are right
    rates : dict of "named", "recall", "false alarms" → groups × offsets, 0 to 1
    counts : groups × 2, images of the class and images of others
    """

    def __init__(self, logits, truth, groups, at: int, constraint: str):
        if constraint not in CONSTRAINTS:
            known = ", ".join(map(repr, CONSTRAINTS))
            raise DatasetError(f"There is no constraint {constraint!r}; expected one of {known}.")
        self.constraint, is_one = constraint, truth == at
        others = logits.copy()
        others[:, at] = -np.inf
        best = others.argmax(axis=1)
        margin = logits[:, at] - others.max(axis=1)
        self.pooled = pool_small(groups, _needed(constraint, is_one))
        self.names = sorted({*self.pooled})
        said = margin[:, None] + STEPS >= 0
        right = np.where(said, is_one[:, None], (best == truth)[:, None])
        member = self.pooled == np.array(self.names)[:, None]
        self.right = member.astype(float) @ right
        self.counts = np.stack([(member & of).sum(axis=1) for of in (is_one, ~is_one)], axis=1)
        of = {"named": member, "recall": member & is_one, "false alarms": member & ~is_one}
        self.rates = {
            name: own.astype(float) @ said / np.maximum(own.sum(axis=1, keepdims=True), 1)
            for name, own in of.items()
        }
        needed = member & _needed(constraint, is_one)
        self._free = needed.sum(axis=1) < FEW_TOGETHER

    def choose(self, slack: float) -> np.ndarray | None:
        """The place in `STEPS` of the best offset of each group, or None where there is none.

        Most answers are right among the choices under which the constraint's rates of any two
        groups differ by at most `slack`; of equal ones the smallest offsets. The search is
        complete: for each window that the rates may lie in, each group has its best offset by
        itself.
        """
        rates = np.stack([self.rates[name] for name in CONSTRAINTS[self.constraint]])
        ends = np.linspace(0, 1, LEVELS[len(rates)])
        windows = np.stack(np.meshgrid(*[ends] * len(rates)), axis=-1).reshape(-1, len(rates))
        low = windows.T[:, :, None, None] - 1e-9
        inside = ((rates[:, None] >= low) & (rates[:, None] <= low + slack + 2e-9)).all(axis=0)
        inside |= self._free[:, None]
        worth = self.right - 1e-3 * np.abs(STEPS)
        best = np.where(inside, worth, -np.inf).max(axis=2).sum(axis=1)
        if not np.isfinite(best.max()):
            return None
        return np.where(inside[best.argmax()], worth, -np.inf).argmax(axis=1)

    def outcome(self, places: np.ndarray) -> pd.DataFrame:
        """What happens in each group under these offsets (places in `STEPS`).

        Returns
        -------
        DataFrame by group
            offset; hits, missed, false_alarms, passed (counts for the class); right (of all
            classes); named, recall, false_alarm_rate (0 to 1, missing where they have no meaning).
        """
        row = np.arange(len(self.names))
        rates = {name: own[row, places] for name, own in self.rates.items()}
        of_class, others = self.counts.T
        hits = np.rint(rates["recall"] * of_class).astype(int)
        alarms = np.rint(rates["false alarms"] * others).astype(int)
        columns = {"offset": STEPS[places], "hits": hits, "missed": of_class - hits}
        columns |= {"false_alarms": alarms, "passed": others - alarms}
        columns |= {"right": self.right[row, places].astype(int), "named": rates["named"]}
        columns["recall"] = np.where(of_class > 0, rates["recall"], np.nan)
        columns["false_alarm_rate"] = np.where(others > 0, rates["false alarms"], np.nan)
        return pd.DataFrame(columns, pd.Index(self.names, name="group"))

    def trade_off(self, slacks) -> pd.DataFrame:
        """Accuracy and the lowest recall of a constrained group, for each slack; missing where no
        offset keeps the constraint."""
        rows = []
        for slack in slacks:
            places, pair = self.choose(slack), (np.nan, np.nan)
            if places is not None:
                found = self.outcome(places)
                pair = found["right"].sum() / self.counts.sum(), found["recall"][~self._free].min()
            rows.append((slack, *pair))
        return pd.DataFrame(rows, columns=["slack", "accuracy", "lowest"])


class Offsets(NamedTuple):
    """What is added to each class's log probability, by group.

    Attributes
    ----------
    table : DataFrame, groups and "(others)" × classes
    unmet : list of str
        Classes for which no offset keeps the constraint; theirs are 0.
    """

    table: pd.DataFrame
    unmet: list[str]

    def apply(self, chances: pd.DataFrame, values: pd.Series) -> pd.DataFrame:
        """The probabilities with the offsets of each image's group; they sum to 1 again.

        Groups that were not seen, and images without a value, have the offsets of the small ones.
        """
        groups = values.reindex(chances.index)
        groups = groups.where(groups.isin(self.table.index), OTHERS)
        logits = np.log(chances.clip(lower=1e-12))
        moved = logits.to_numpy() + self.table.loc[groups, chances.columns].to_numpy()
        return pd.DataFrame(softmax(moved, axis=1), chances.index, chances.columns)


def find_offsets(
    predictions: pd.DataFrame, values: pd.Series, constraint: str, slack: float = 0.1
) -> Offsets:
    """Offsets by class and group that keep a fairness constraint, at the least loss of accuracy.

    One class after another gets, in each group, the offset under which most answers are right
    while the class's rates differ by at most `slack` between groups (`Margins.choose`); as classes
    share the images, all are gone through twice. Of two classes only the second is.

    Thresholds by group are Hardt, Price and Srebro's (2016); for more than two classes they become
    offsets. Unlike fairlearn's ``ThresholdOptimizer`` nothing is left to chance, so that a small
    slack may be kept by naming nobody, or by no offset at all.

    Parameters
    ----------
    predictions : predictions table with labels
        Of images that the model has not learned from, e.g. from `cross_fit`.
    values : Series of str by image_id
        The group of each image; it must be known where the offsets are used, too.
    constraint : str, a key of `CONSTRAINTS`
    slack : float, 0 to 1
    """
    if not 0 <= slack <= 1:
        raise DatasetError(f"slack is {slack}; expected 0 to 1.")
    found = labelled(predictions)
    groups = values.reindex(found.index)
    groups = groups.where(groups.notna(), OTHERS).to_numpy(dtype=object)
    logits = np.log(np.maximum(found.chances, 1e-12))
    table = pd.DataFrame(0.0, [*sorted({*groups} - {OTHERS}), OTHERS], found.classes)
    unmet: list[str] = []
    asked = range(1, 2) if len(found.classes) == 2 else range(len(found.classes))
    for sweep in range(SWEEPS):
        for at in asked:
            margins = Margins(logits, found.truth, groups, at, constraint)
            chosen = margins.choose(slack)
            if chosen is None:
                unmet += [found.classes[at]] * (sweep == 0)
                continue
            own = dict(zip(margins.names, STEPS[chosen], strict=True))
            logits[:, at] += pd.Series(margins.pooled).map(own).to_numpy(float)
            table[found.classes[at]] += [own.get(one, own.get(OTHERS, 0.0)) for one in table.index]
    return Offsets(table, unmet)


def pool_small(groups: np.ndarray, needed: np.ndarray) -> np.ndarray:
    """The groups, those with fewer than 20 of the images `needed` put together as "(others)"."""
    counts = pd.Series(groups[needed]).value_counts()
    kept = counts.index[counts >= FEW]
    return np.where(pd.Series(groups).isin(kept), groups, OTHERS).astype(object)


def _needed(constraint: str, is_one: np.ndarray) -> np.ndarray:
    """The images that the constraint's rates are taken from."""
    return np.ones_like(is_one) if constraint == "demographic parity" else is_one

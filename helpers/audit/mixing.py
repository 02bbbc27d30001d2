"""Whether the images of one group have one label, or groups mix classes: asked of the images."""

import numpy as np
import pandas as pd
from scipy import stats

from helpers.audit.noise import TEMPERATURES

AGREEMENT = 0.8
"""The share of labels that agree within groups from which one label is expected of each."""

FEW, LIKELIER, SURE = 0.2, 2, 3
"""A group's other labels are evidence where at most this share of the groups of several labels look
as if all were right, if that is so many times likelier than that more do. It cannot be told where
predictions are not so many standard errors, over groups, on the side of the labels of most."""


LEAST = 3
"""Groups, or so many of equal weight, from which on their spread says how sure their mean is."""

MOST, FEWEST = 1_000_000, 20
"""Images that predictions are calibrated on, all pairs of classes that meet taken together, and of
each pair at the least; others are passed over evenly."""


def why_mixed(y, linked, copies, logs) -> str:
    """Why the other labels of a group are no evidence against one, in a sentence; "" if they are.

    What copies of an image say of it is evidence in any case.
    """
    if len({*linked}) == len({*copies}):
        return ""
    so = "so that the other labels of a group were not taken as evidence."
    if (agreement := _agreement(y, linked)) < AGREEMENT:
        percent = int(100 * agreement + 1e-9)  # never rounded up to what would do
        few = f"Only {percent}%" if percent else "Fewer than 1%"
        return (
            f"{few if agreement else 'None'} of the other images of a group share an image's "
            f"label, on average ({AGREEMENT:.0%} would do), {so}"
        )
    odds, told = _look_mixed(y, linked, copies, logs)
    if not len(odds):
        return ""
    share = np.linspace(0, 1, 201)
    with np.errstate(divide="ignore"):
        fit = np.logaddexp(np.log(share)[:, None] + odds, np.log(1 - share)[:, None]).sum(axis=1)
    fit = np.exp(fit - fit.max())
    slips, mixed = fit[share <= FEW].mean(), fit[share > FEW].mean()
    if told and slips >= LIKELIER * mixed:
        return ""
    groups = "One group holds" if len(odds) == 1 else f"{len(odds):,} groups hold"
    if not told or mixed < LIKELIER * slips:
        return f"{groups} several labels; whether the images look as labelled cannot be told, {so}"
    if len(odds) == 1:
        return f"{groups} several labels, and its images look as labelled, {so}"
    about = np.average(share, weights=fit)
    return (
        f"{groups} several labels, and in about {about:.0%} of them images look as labelled, {so}"
    )


def _look_mixed(y, linked, copies, logs) -> tuple[np.ndarray, bool]:
    """For each group of several labels, by the logarithm of how many times they look likelier if
    all are right than if all images are of one class; and whether predictions can tell at all.

    Predictions are calibrated on images with the label that most of their group have, and corrected
    for how unusual the rest of the group looks. Copies that have several labels are left out.
    """
    sound = pd.Series(y).groupby(copies).transform("nunique").to_numpy() == 1
    y, linked, logs = y[sound], pd.factorize(linked[sound])[0], logs[sound]
    labels = np.eye(logs.shape[1])[y]
    logs = logs - np.log(np.maximum(labels.sum(axis=0), 1))
    logs -= logs.mean(axis=1, keepdims=True)
    votes = sums(labels, linked)
    most, several = votes.argmax(axis=1), np.flatnonzero((votes > 0).sum(axis=1) > 1)
    usual = (y == most[linked])[:, None]
    centres = (labels * usual).T @ logs / np.maximum((labels * usual).sum(axis=0), 1)[:, None]
    odd = (logs - centres[y]) * usual
    others = np.maximum(votes.max(axis=1)[linked] - 1, 1)[:, None]
    rest = (sums(odd, linked)[linked] - odd) / others * usual
    shared = np.clip((odd * rest).sum() / max((rest**2).sum(), 1e-12), 0, 1)
    meet = np.zeros((labels.shape[1],) * 2)
    for group in several:
        meet[votes[group] > 0, most[group]] += 1
    meet += meet.T - 2 * np.diag(np.diag(meet))
    slope, told = _calibrate(y, linked, np.where(usual, logs, np.nan), shared * rest, meet)
    worth, odds = np.log(19 * (labels.shape[1] - 1)), []  # one in twenty slips, to begin with
    members = pd.Series(y).groupby(linked).indices
    for number in several:
        seen, here = np.flatnonzero(votes[number]), members[number]
        means = np.array([logs[here[y[here] == label]].mean(axis=0) for label in seen])[:, seen]
        apart = shared * (means - centres[np.ix_(seen, seen)])
        ratio = np.diag(means)[:, None] - means + np.diag(apart) - apart.T
        chance = worth * votes[number, seen]
        changed = chance - slope * ratio.sum(axis=0)
        odds.append(np.logaddexp.reduce(chance) - np.logaddexp.reduce(changed))
    return np.array(odds), told


def _calibrate(y, linked, logs, expected, meet) -> tuple[float, bool]:
    """What to multiply differences of `logs`, less those expected, by; and whether these tell
    classes apart that meet in groups, as often as they do."""
    parts, usual = [np.empty((0, 4))], np.flatnonzero(np.isfinite(logs[:, 0]))
    members = {one: usual[at] for one, at in pd.Series(y[usual]).groupby(y[usual]).indices.items()}
    beyond = logs - expected
    most = max(FEWEST, MOST // max(int((meet > 0).sum()), 1))
    for one, other in np.argwhere(meet):
        rows = members.get(one, usual[:0])
        rows = rows[:: -(-len(rows) // most) or 1]
        weight = np.full(len(rows), meet[one, other] / max(len(rows), 1))
        ahead = [part[rows, one] - part[rows, other] for part in (logs, beyond)]
        parts.append(np.column_stack([linked[rows], weight, *ahead]))
    group, weight, plain, ahead = np.concatenate(parts).T
    slopes = np.r_[0, 1 / TEMPERATURES]
    losses = [weight @ np.logaddexp(0, -slope * ahead) for slope in slopes]
    return slopes[np.argmin(losses)], _surely_positive(plain, weight, group)


def _surely_positive(values, weights, groups) -> bool:
    """Whether the weighted mean of values lies clearly above 0, if groups were drawn at random."""
    if not len(values):
        return False
    weight, total = (pd.Series(v).groupby(groups).sum() for v in (weights, weights * values))
    means, mean = total / weight, total.sum() / weight.sum()
    spread = np.sqrt(np.average((means - mean) ** 2, weights=weight))
    effective = weight.sum() ** 2 / (weight**2).sum()
    if effective < LEAST:
        return False
    far = stats.t.ppf(stats.norm.cdf(SURE), effective - 1)
    return bool(mean * np.sqrt(effective - 1) > far * spread)


def _agreement(y, linked) -> float:
    """Share of the other images of its group that have an image's label, on average."""
    own = np.eye(y.max() + 1)[y]
    votes = sums(own, linked)[pd.factorize(linked, sort=True)[0]]
    total = votes.sum(axis=1)
    share = ((votes * own).sum(axis=1) - 1)[total > 1] / (total[total > 1] - 1)
    return share.mean() if len(share) else 1.0


def sums(values, linked):
    return pd.DataFrame(values).groupby(linked).sum().to_numpy()

"""What notebook 12 says of groups that are served worse, and of remedies, on the leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from helpers.course.claims import Claim
from helpers.fairness.paying import ALL, SIDES

WITH, AGAINST = SIDES["aligned"], SIDES["reversed"]
BALANCE, LAYER, OFFSETS = "group balance", "last layer retrained", "offsets by group"


def claims(
    dataset,
    *,
    stands: pd.DataFrame,
    at_home: pd.DataFrame,
    changes: pd.DataFrame,
    traded: pd.DataFrame,
    gaps: pd.DataFrame,
    metrics: pd.DataFrame,
    frame,
) -> Iterator[Claim]:
    """The claims, in the order of the notebook.

    Parameters
    ----------
    stands : accuracy on average and of the worst group, from `helpers.fairness.standing`
    at_home, changes, traded : from `who_pays`, on validation images, on test images, and on those
        with groups that were traded
    gaps : from `compare_gaps`
    metrics : of the plain model by group, from `group_metrics`
    frame : fairlearn's MetricFrame of the same accuracies
    """
    here, home, luck = (
        one.set_index(["remedy", "of"]) for one in (changes, at_home, traded)
    )  # fmt: skip
    plain = stands.loc["plain"]
    gap = plain["average"] - plain["worst"]
    yield Claim("plain model: average less worst named group", gap, 0.28)
    ours = metrics[metrics["metric"] == "accuracy"].set_index("group")["value"]
    apart = (frame.by_group - ours).abs().max()
    yield Claim("accuracy by group, ours and fairlearn's, apart by", apart, high=1e-6)
    for name, low, least in ((BALANCE, 0.4, 0.1), (LAYER, 0.7, 0.2), (OFFSETS, 0.2, 0.05)):
        gain = here.loc[(name, AGAINST)]
        yield Claim(f"{name}: share of that gap won back", gain["difference"] / gap, low)
        yield Claim(f"{name}: gain against the shortcut, lower end", gain["low"], least)
    paid = here.loc[(LAYER, WITH), "difference"]
    yield Claim(f"{LAYER}: change with the shortcut", paid, high=-0.2)
    for name, high in ((BALANCE, -0.01), (LAYER, -0.05)):
        cost = home.loc[(name, ALL), "difference"]
        yield Claim(f"{name}: change on validation images", cost, high=high)
    gain = luck.loc[(BALANCE, AGAINST), "difference"]
    yield Claim(f"{BALANCE} by traded groups: gain against the shortcut", gain, high=0.08)
    parity = gaps.loc["demographic parity", "always right"]
    yield Claim("demographic parity missed by a model that is always right", parity, 0.24)

"""Annotators who err at a rate that we set: what agreement tells, and what it does not."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

RATES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


def simulate_annotator(
    labels: pd.Series,
    slips: float = 0.0,
    confuses: tuple[str, str] | None = None,
    how_often: float = 0.0,
    seed: int = 0,
) -> pd.Series:
    """What somebody would write who errs at these rates where `labels` were the truth.

    Parameters
    ----------
    labels : Series by image_id
        Taken for the truth; images without a label stay without.
    slips : float, 0 to 1
        The share of images that get any other class, each as probably as the next.
    confuses : two classes, optional
        An image of the one is called the other with probability `how_often`, before slips.
    how_often : float, 0 to 1
    seed : int
        Two annotators with different seeds err independently.

    Raises
    ------
    ValueError
        A rate is no share, or `confuses` names a class that does not occur.
    """
    for name, rate in (("slips", slips), ("how_often", how_often)):
        if not 0 <= rate <= 1:
            raise ValueError(f"{name} is {rate}; expected a share, 0 to 1.")
    known = labels.dropna()
    classes = np.array(sorted(known.unique()), object)
    codes = np.searchsorted(classes, known.to_numpy(object))
    rng = np.random.default_rng(seed)
    if confuses is not None:
        if missing := [name for name in confuses if name not in set(classes)]:
            raise ValueError(f"confuses names {missing}; expected two of {classes.tolist()}.")
        first, second = np.searchsorted(classes, np.array(confuses, object))
        other = np.select([codes == first, codes == second], [second, first], codes)
        codes = np.where(rng.random(len(codes)) < how_often, other, codes)
    if len(classes) > 1:
        shifts = rng.integers(1, len(classes), len(codes))
        codes = np.where(rng.random(len(codes)) < slips, (codes + shifts) % len(classes), codes)
    return pd.Series(classes[codes], known.index, name="label").reindex(labels.index)


def measure_agreement(
    labels: pd.Series, rates: Iterable[float] = RATES, seed: int = 0
) -> pd.DataFrame:
    """Agreement and Cohen's kappa (1960) of two annotators who both slip at the same rate.

    Returns
    -------
    DataFrame, one row per rate
        rate; agreement, the share of images that both call the same, 0 to 1; kappa, −1 to 1,
        missing where there are fewer than two classes.
    """
    from sklearn.metrics import cohen_kappa_score

    labels, rows = labels.dropna(), []
    several = len(labels.unique()) > 1
    for rate in rates:
        first, second = (simulate_annotator(labels, rate, seed=2 * seed + i) for i in (1, 2))
        kappa = cohen_kappa_score(first, second) if several else np.nan
        rows.append((rate, first.eq(second).mean(), kappa))
    return pd.DataFrame(rows, columns=["rate", "agreement", "kappa"])

"""What notebook 11 says of probabilities and decisions on the bundled leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from helpers.course.claims import Claim
from helpers.evaluation import Difference, calibration_error


def claims(
    dataset,
    *,
    bold: tuple[pd.DataFrame, pd.DataFrame],
    changes: Mapping[str, Difference],
    gains: Mapping[str, Difference],
    estimates: pd.DataFrame,
    saved: Mapping[str, Difference],
    simulated: np.ndarray,
    on_test: pd.DataFrame,
) -> Iterator[Claim]:
    """The claims, in the order of the notebook.

    Parameters
    ----------
    bold : test predictions of the unrestrained head, as trained and after temperature
    changes, gains, saved : the rows of the figures of paired differences
    estimates : table of `helpers.evaluation.compare_estimates`
    simulated, on_test : conformal coverages, simulated and paid
    """
    before, after = map(calibration_error, bold)
    ratio = after / before
    yield Claim("ECE of the unrestrained head after temperature, of that before", ratio, high=0.4)
    mended = changes["the head's temperature"]
    yield Claim("change of its log loss by it, upper end", mended.high, high=-0.6)
    error = estimates.groupby("estimate")["error"].mean()
    gain = error["EM, temperature and biases"] - error["answers counted"]
    yield Claim("error of shares by EM with biases, less that of counting", gain, high=0.04)
    truth = gains["true shares"]
    yield Claim("change of log loss by the true shares, upper end", truth.high, high=-0.02)
    for name, high in (("cheapest", -0.25), ("by the cost matrix", -0.5)):
        yield Claim(f"cost {name} less that at one half, upper end", saved[name].high, high=high)
    cheaper = saved["by the cost matrix"].difference - saved["most accurate"].difference
    yield Claim("cost by the cost matrix, less that of the most accurate", cheaper, high=-0.6)
    yield Claim("simulated coverage of sets", float(simulated.mean()), 0.88, 0.92)
    yield Claim("coverage of sets on the test images", on_test["coverage"].iloc[0], high=0.9)

"""What notebook 06 claims, by its tables and numbers."""

from collections.abc import Iterator
from typing import Any

from helpers.course.claims import Claim


def claims(dataset: Any, *, asked: Any, change: float) -> Iterator[Claim]:
    """Claims about augmentation.

    Parameters
    ----------
    asked : DataFrame
        From `ask_changed`: a network trained without augmentation, asked about changed images.
    change : float
        What one policy changed in ours.
    """
    known = asked[asked["before"] == asked["label"]]
    kept = (known["after"] == known["label"]).groupby(known["policy"]).mean()
    yield Claim("share of right answers that survive mirroring", kept.get("mirror"), low=0.82)
    yield Claim("share of right answers that survive hue", kept.get("hue"), high=0.88)
    yield Claim("change of the log loss by mirroring and turning", change, high=-0.1)

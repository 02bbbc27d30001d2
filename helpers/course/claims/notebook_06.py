"""What notebook 06 claims, by its tables and numbers."""

from collections.abc import Iterator
from typing import Any

from helpers.course.claims import Claim


def claims(dataset: Any, *, asked: Any, losses: Any, change: float) -> Iterator[Claim]:
    """Claims about augmentation.

    Parameters
    ----------
    asked : DataFrame
        From `ask_changed`: a network trained without augmentation, asked about changed images.
    losses : DataFrame
        What each policy changes in the log loss, in the study.
    change : float
        What one policy changed in ours.
    """
    known = asked[asked["before"] == asked["label"]]
    kept = (known["after"] == known["label"]).groupby(known["policy"]).mean()
    yield Claim("share of right answers that survive mirroring", kept.get("mirror"), low=0.82)
    yield Claim("share of right answers that survive hue", kept.get("hue"), high=0.88)
    yield Claim("change of the log loss by mirroring and turning", change, high=-0.1)
    expected = losses["difference"].get("mirror and turn")
    off = None if expected is None else change - expected
    yield Claim("our change of the log loss less the study's", off, low=-0.9, high=0.5)

"""How the answers of notebook 02 are judged."""

from typing import Any

from helpers.exercises.framework import close

Found = str | tuple[str, dict[str, Any]] | None

# The flag that exercise 02.3 describes, chosen so that all answers are whole numbers.
FLAGGED, PRECISION, RECALL = 80, 0.75, 0.8


def judge_02_1(answer: int, dataset: Any, sweep: Any = None) -> Found:
    """A distance that finds the near duplicates and leaves the burst shots alone.

    `sweep` is the table of `helpers.audit.sweep_distance`. Without truth in it, only distances
    that cannot be right are refused.
    """
    if isinstance(answer, bool) or answer != int(answer) or answer < 0:
        raise ValueError
    if sweep is None or sweep["recall"].isna().all():
        return "crops_unknown" if answer == 0 else "bursts_unknown" if answer > 16 else None
    at = sweep[sweep["distance"] <= answer].iloc[-1]
    if at["recall"] < 0.9 * sweep["recall"].max():
        return "crops", {"missed": 1 - at["recall"]}
    return ("bursts", {"burst": at["bursts"]}) if at["bursts"] > 0.05 else None


def judge_02_3(answer: tuple[float, float, float], dataset: Any) -> Found:
    """Images to review, real ones among them, and those missed."""
    review, real, missed = (float(part) for part in answer)
    if not close(review, FLAGGED):
        return "only_real" if close(review, FLAGGED * PRECISION) else "review"
    if not close(real, FLAGGED * PRECISION):
        wrong = {"exchanged": FLAGGED * RECALL, "false_alarms": FLAGGED * (1 - PRECISION)}
        return next((name for name, value in wrong.items() if close(real, value)), "real")
    if close(missed, real / RECALL - real):
        return None
    wrong = {
        "not_missed": FLAGGED * (1 - PRECISION),
        "of_flagged": FLAGGED * (1 - RECALL),
        "all_real": real / RECALL,
    }
    return next((name for name, value in wrong.items() if close(missed, value)), "missed")

"""How the answers of notebook 02 are judged."""

from typing import Any

from helpers.exercises.framework import close

Found = str | tuple[str, dict[str, Any]] | None

# The flag that exercise 02.3 describes, chosen so that all answers are whole numbers.
FLAGGED, PRECISION, RECALL = 80, 0.75, 0.8


def judge_02_1(answer: int, dataset: Any, candidates: Any = None) -> Found:
    """A distance that finds the planted near duplicates and leaves the burst shots alone.

    `candidates` is a table of pairs with columns image_id, other_id and distance in bits. Without
    it, or without truth, only thresholds that cannot be right are refused.
    """
    if isinstance(answer, bool) or answer != int(answer) or answer < 0:
        raise ValueError
    if not dataset.is_bundled or candidates is None:
        return "crops_unknown" if answer == 0 else "bursts_unknown" if answer > 16 else None
    within = candidates[candidates["distance"] <= answer]
    pairs = {frozenset(pair) for pair in zip(within["image_id"], within["other_id"], strict=True)}
    truth = dataset.planted
    near = truth[(truth["kind"] == "near_duplicate") & (truth["strength"] != "undetectable")]
    missed = 1 - _share_in(near, pairs)
    burst = _share_in(truth[truth["kind"] == "burst"], pairs)
    if missed > 0.1:
        return "crops", {"missed": missed}
    return ("bursts", {"burst": burst}) if burst > 0.05 else None


def _share_in(planted: Any, pairs: set[frozenset[str]]) -> float:
    hits = [
        frozenset(pair) in pairs
        for pair in zip(planted["image_id"], planted["partner"], strict=True)
    ]
    return sum(hits) / max(len(hits), 1)


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

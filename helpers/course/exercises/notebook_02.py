"""How the answers of notebook 02 are judged."""

from typing import Any

from helpers.course.exercises.framework import ACCEPTED, Found, close

# A flag marks 80 images, its precision is 0.75 and its recall 0.8: what is right for each of the
# three numbers, which mistake gives another one, and the mistake where it is none of these.
REVIEW = [
    (80, {60: "only_real"}, "review"),
    (60, {64: "exchanged", 20: "false_alarms"}, "real"),
    (15, {20: "not_missed", 16: "of_flagged", 12: "of_flagged", 75: "all_real"}, "missed"),
]


def judge_02_1(answer: int, dataset: Any, sweep: Any = None) -> Found:
    """A distance whose precision and recall are together about as good as they get.

    `sweep` is the table of `helpers.audit.sweep_distance`. Without truth in it, only distances
    that cannot be right are refused, and the others accepted unmeasured.
    """
    if isinstance(answer, bool) or answer != int(answer) or answer < 0:
        raise ValueError
    if sweep is None or sweep["recall"].isna().all():
        return "crops_unknown" if answer == 0 else "bursts_unknown" if answer > 16 else ACCEPTED
    f1 = 2 / (1 / sweep["precision"] + 1 / sweep["recall"])
    at = sweep[sweep["distance"] <= answer].iloc[-1]
    if f1[at.name] > f1.max() - 0.05:
        return None
    low = answer < sweep["distance"][f1.idxmax()]
    return "crops" if low else "bursts", {"missed": 1 - at["recall"], "burst": at["bursts"]}


def judge_02_3(answer: tuple[float, float, float], dataset: Any) -> Found:
    """Images to review, real ones among them, and those missed."""
    for part, (right, wrong, otherwise) in zip(answer, REVIEW, strict=True):
        if not close(float(part), right):
            return next((wrong[value] for value in wrong if close(part, value)), otherwise)
    return None


def judge_02_4(answer: Any, dataset: Any, doubts: Any = None) -> Found:
    """Ten image ids of labels that the whole group speaks against, the least likely first.

    `doubts` is the table of `helpers.audit.find_label_issues`; where no group as a whole is in
    doubt, any labels in doubt will do.
    """
    ids = list(answer.index if hasattr(answer, "columns") else answer)
    if isinstance(answer, str) or not ids or not all(isinstance(one, str) for one in ids):
        raise ValueError
    if doubts is None:
        return "unmeasured"
    if not {*ids} <= {*doubts.index}:
        return "unknown"
    asked = doubts["evidence"].eq("whole group")
    asked = asked if asked.any() else doubts["issue"].astype(bool)
    if not asked.any():
        return ACCEPTED
    if not doubts.loc[ids, "issue"].all():
        return "unflagged"
    if not asked[ids].all():
        return "mixed"
    least = doubts.loc[asked, "quality"].sort_values()
    if len(ids) != min(10, len(least)):
        return "count", {"count": len(ids)}
    found = doubts.loc[ids, "quality"].to_numpy()
    if abs(found - least.to_numpy()[: len(ids)]).max() < 1e-6:
        return None
    return "order" if found.max() <= least.iloc[len(ids) - 1] + 1e-6 else "likely"

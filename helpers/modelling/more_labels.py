"""The section about further labels: what more of them would buy, and which images to label next."""

from __future__ import annotations

import math

from helpers.datasets.words import count, points
from helpers.evidence.budget import for_all
from helpers.evidence.effects import gain_of_doubling
from helpers.evidence.learned import Learned
from helpers.findings.pictures import sheet
from helpers.findings.sections import LEFT_OUT, Section
from helpers.needs.asking import Needs

NEXT, SHOWN = "label_next.csv", 30
DOUBLINGS = 4
"""Of the number of labels, beyond which a gap is said to stay open."""
REVIEW_NEXT = """from helpers.report import build_report
from helpers.widgets import review

review(dataset, build_report(dataset).evidence.label_next)"""


def more_labels(evidence: Learned) -> Section:
    """What the last doubling of the labels bought, and which images would teach most."""
    found = Section("more labels", "")
    train = len(evidence.sides[0].images["label"].dropna())
    if "learning curve" in evidence.plan.taken:
        gain = gain_of_doubling(evidence)
        found.title = "Whether more labels would help cannot be told: a class is too small"
        if gain is not None:
            _say_gain(evidence, found, gain, train)
    else:
        found.title = "What more labels would buy was not measured: the budget does not pay for it"
        found.state = LEFT_OUT
    if len(chosen := evidence.label_next):
        waiting = int(evidence.dataset.development.images["label"].isna().sum())
        found.state, found.code = "done", REVIEW_NEXT
        seen = len(evidence.unlabelled)
        part = "" if seen == waiting else f", of which {seen:,} were looked at"
        found.says.append(
            f"{count(waiting, 'image')} {'has' if waiting == 1 else 'have'} no label{part}. "
            f"Label these {len(chosen):,} first ({NEXT} lists them): of those of which a linear "
            "model is least sure, the most different. Notebook 11 compared four such choices on "
            "the leaves, and this one bought most there; elsewhere it may not."
        )
        found.numbers |= {"without a label": waiting}
        ids = chosen.index[:SHOWN]
        title = f"Label these next: the first {len(ids)} of {len(chosen)}"
        found.pictures.append(sheet(evidence.dataset, ids, title, columns=None))
    return found


def _say_gain(evidence: Learned, found: Section, gain: tuple, train: int) -> None:
    value, low, high = gain
    found.numbers |= {"gain of doubling": value, "low": low, "high": high}
    found.title = f"The last doubling of the labels bought {points(*gain)} of accuracy"
    if low <= 0:
        found.title = (
            f"No gain of the last doubling of the labels is shown: {points(*gain)} of accuracy"
        )
    found.says.append(
        f"A linear model learned from all {train:,} training images, and from half of them, drawn "
        "three times; all answered the same validation images. The next doubling seldom buys more "
        "than the last."
    )
    if more := unused_labels(evidence):
        found.says.append(more)
    if evidence.curve is not None:
        title = "Accuracy of a linear model by labelled images of each class, on three other splits"
        found.tables[title] = evidence.curve.rename(columns={"images": "images, on average"})


def unused_labels(evidence: Learned) -> str:
    """How many labelled images the budget did not pay for, and which one does; "" for none."""
    own = evidence.dataset.development
    left = int(own.images["label"].notna().sum() - evidence.part.images["label"].notna().sum())
    if not left:
        return ""
    return (
        f"{count(left, 'labelled image')} {'was' if left == 1 else 'were'} not learned from: "
        f"--budget {for_all(len(own), evidence.plan.opening)} takes all."
    )


def labels_needed(evidence: Learned, needs: Needs) -> str:
    """How many more labels a need that is not reached would take at the least; "" where there is
    no telling."""
    need = needs.wanted[0]
    if need.score not in ("accuracy", "balanced accuracy") or need.label is not None:
        return ""
    if "learning curve" not in evidence.plan.taken:
        return ""
    value = float(evidence.judged_scores.loc[need.score, "value"])
    gain = gain_of_doubling(evidence, need.score) if value < need.least else None
    if gain is None:
        return ""
    missing, (_, low, high) = need.least - value, gain
    lacking = {0: "less than a point is", 1: "1 point is"}
    lacks = lacking.get(round(100 * missing), f"{100 * missing:.0f} points are")
    said = "More labels: the last doubling bought a linear model "
    said += f"{points(*gain)} of {need.score}, and {lacks} missing. "
    if high <= 0 or missing / high > DOUBLINGS:
        return said + "More of the same images will hardly close that gap."
    times = 2 ** (missing / high)
    least = math.ceil(round(10 * times, 6)) / 10
    if low <= 0:
        return said + (
            f"Whether more of the same images would help is not shown; if so, it takes {least:.1f} "
            "times as many at the least."
        )
    return said + (
        f"If each further doubling buys as much as the upper end, it takes {least:.1f} times as "
        "many at the least."
    )

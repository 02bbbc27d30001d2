"""What notebook 14 claims about a report on the bundled leaves."""

from collections.abc import Iterator

from helpers.audit import score_label_lists
from helpers.course.claims import Claim

SHORTCUTS = ("norway maple", "sycamore", "hornbeam")


def claims(dataset, *, report) -> Iterator[Claim]:
    """The statements of the prose, each with bounds that follow its values on five seeds."""
    evidence, verdict = report.evidence, report["verdict"]
    planted = dataset.planted
    broken = set(planted.loc[planted["kind"] == "corrupt", "image_id"])
    listed = set(evidence.files.index[~evidence.files["readable"]])
    yield Claim(
        "share of the broken files that are listed", len(broken & listed) / len(broken), 0.9
    )
    first = [one.section for one in verdict.findings]
    place = first.index("shortcuts") + 1 if "shortcuts" in first else None
    yield Claim("place of the first shortcut among what to mend", place, high=1.1)
    told = " ".join(one.what for one in verdict.findings if one.section == "shortcuts")
    yield Claim(
        "planted shortcuts that the verdict names", sum(one in told for one in SHORTCUTS), 2.7
    )
    yield Claim("leaks in the split of the report", report["split"].numbers["leaks"], high=0.01)
    found = evidence.canaries.set_index("fault")
    yield Claim("canaries found", found["found"].sum() / found["planted"].sum(), 0.85)
    yield Claim(
        "labels of any other class found", found["recall"]["label of any other class"], 0.85
    )
    doubts = evidence.doubts
    lists = {"in doubt": doubts.index[doubts["issue"].astype(bool)]}
    truth = score_label_lists(evidence.part, lists).set_index("strength").loc["random"]
    tried = found.loc["label of any other class"]
    off = max(tried["low"] - truth["recall"], truth["recall"] - tried["high"], 0)
    yield Claim("recall of planted slips outside the canaries' interval, by", off, high=0.04)
    score = evidence.judged_scores["value"]["balanced accuracy"]
    yield Claim("balanced accuracy of the best model", score, 0.35, 0.72)
    dummy = evidence.scores["dummy"]["value"]["balanced accuracy"]
    yield Claim("its lead over the dummy", score - dummy, 0.28)

"""What notebook 02 claims of the faults in the leaves and of those who look for them."""

from collections.abc import Iterator

import pandas as pd

from helpers.audit import score_against_truth, score_detectors, score_label_lists, wrong_labels
from helpers.course.claims import Claim

LEAST = {"overexposed": (0.9, 0.85), "blurred": (0.75, 0.5)}
"""The recall within its reach and the precision claimed of a detector; of the others, 0.9 each."""


def claims(
    dataset, *, files, flags, pairs, plain, sweep, strangest, doubts, blind, alone, decisions
) -> Iterator[Claim]:
    """`blind` are the doubts without embedding, `alone` those without groups."""
    found = {"corrupt": files.index[~files["readable"]]}
    found |= {f"{kind}_duplicate": pairs[pairs["kind"] == kind] for kind in ("exact", "near")}
    found |= {kind: flags[flags["issue"] == kind] for kind in ("dark", "overexposed", "blurred")}
    yield from _copies(dataset, pairs, plain, sweep)
    for row in score_detectors(dataset, found).itertuples():
        kind = row.kind.replace("_", " ")
        if row.strength == "within reach":
            recall, precision = LEAST.get(row.kind, (0.9, 0.9))
            yield Claim(f"recall of {kind} within reach", row.recall, low=recall)
            yield Claim(f"precision of {kind}", row.precision, low=precision)
    leafless = score_against_truth(dataset, strangest, "no_leaf").set_index("strength")
    recall = leafless["recall"].get("all detectable")
    yield Claim("share of leafless pictures that the forty strangest hold", recall, low=0.15, high=0.7)
    yield from _labels(dataset, doubts, blind, alone)
    dropped = (decisions["action"] == "drop").sum() / len(dataset.images)
    yield Claim("share of images that the log drops", dropped, low=0.05, high=0.09)


def _copies(dataset, pairs, plain, sweep) -> Iterator[Claim]:
    near = pairs[pairs["kind"] == "near"]
    scores = score_against_truth(dataset, near, "near_duplicate").set_index("strength")
    yield Claim(
        "share of burst shots called duplicates", scores["recall"].get("innocent"), high=0.02
    )
    hashes, variants = (table.set_index("distance") for table in (plain, sweep))
    yield Claim("recall of two hashes at 4 bits", hashes["recall"].get(4), low=0.5, high=0.75)
    lead = variants["recall"].get(4) - hashes["recall"].get(4)
    yield Claim("lead in recall of twelve variants at 4 bits", lead, low=0.18)
    lost = hashes["precision"].get(8) - variants["precision"].get(8)
    yield Claim("precision that twelve variants cost at 8 bits", lost, low=0.2)


def _labels(dataset, doubts, blind, alone) -> Iterator[Claim]:
    wrong, listed = wrong_labels(dataset), doubts[doubts["issue"]]
    yield Claim("share of labels in doubt that are wrong", _right(listed, wrong), low=0.5)
    promised = listed["wrong"].sum() / listed.index.isin(wrong).sum()
    yield Claim("ratio of wrong labels promised to those found", promised, low=0.8, high=1.5)
    kinds = {name: listed[listed["evidence"] == name] for name in ("within group", "whole group")}
    kinds["groups alone"] = blind[blind["evidence"] == "within group"]
    kinds["model alone"] = alone[alone["evidence"] == "image"]
    scores = score_label_lists(dataset, kinds)
    recall = scores.set_index(["kind", "strength"])["recall"]
    slips = recall.get(("within group", "random"))
    yield Claim("recall of random slips within groups", slips, low=0.9)
    lead = slips - recall.get(("whole group", "specimen"))
    yield Claim("lead of random slips over whole specimens in recall", lead, low=0.2)
    yield Claim("precision within groups", _right(kinds["within group"], wrong), low=0.9)
    for kind in ("random", "confusable"):
        by_groups = recall.get(("groups alone", kind))
        yield Claim(f"recall of {kind} slips by groups alone", by_groups, low=0.9)
    worth = recall.get(("within group", "confusable")) - recall.get(("model alone", "confusable"))
    yield Claim("recall of confusable slips that the groups are worth", worth, low=0.3)
    lost = _right(kinds["within group"], wrong) - _right(kinds["model alone"], wrong)
    yield Claim("precision that the groups are worth", lost, low=0.25)


def _right(listed: pd.DataFrame, wrong: pd.Index) -> float | None:
    return listed.index.isin(wrong).mean() if len(listed) else None

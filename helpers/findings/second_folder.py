"""The section about a second folder: whether it looks like the one that the report is about."""

from __future__ import annotations

import pandas as pd

from helpers.copies.duplicates import confirmed
from helpers.datasets.words import count, some
from helpers.drift import describe_comparison, describe_facts
from helpers.drift.joining import FIRST, SECOND, SIDE
from helpers.evidence.audited import BY_HASH, Evidence
from helpers.findings.pictures import drawn
from helpers.findings.sections import Section

SHOWN, NAME = 8, "second folder"


def second_folder(evidence: Evidence) -> Section:
    """What a classifier can tell the two folders apart by, class shares, and copies in both."""
    compared, second = evidence.comparison, evidence.against
    found, named = Section(NAME, ""), f"'{second.name}' ({count(second, 'image')})"
    differs, facts = compared.differs, describe_facts(compared.facts)
    found.title = f"{named} differs from these images in {some(differs, 9)}"
    if not differs:
        found.title = f"No difference between {named} and these images is shown"
        found.unchecked.append(
            f"That no difference from '{second.name}' is shown is no proof that there is none."
        )
    found.unchecked.append(f"Copies in '{second.name}' of images here were searched for {BY_HASH}.")
    found.says.append(
        f"Here: the images that this report is about, without test images. There: {named}. Labels "
        "are looked at for the class shares only."
    )
    found.says += describe_comparison(compared)
    found.says += _by_things(evidence, differs)
    if facts and differs:
        found.says.append(f"What differs most: {facts}.")
    found.says += [f"There: {note}" for note in second.notes]
    found.tables["How the two are told apart"] = compared.tests
    found.tables["Facts of files, light and colour"] = compared.facts
    if compared.classes is not None:
        found.tables["Class shares, here (first) and there (second)"] = compared.classes
    found.numbers = {f"area by {name}": one.auc for name, one in compared.shifts.items()}
    found.numbers |= {"differs": some(differs, 9), "shared": len(shared_copies(evidence))}
    told = f"Told apart by {some(differs, 9)}" if differs else "The folders are not told apart"
    found.pictures.append(drawn("shifts", compared.shifts, intervals=True, title=told))
    names = {"here": FIRST, "there": SECOND}
    sides = {name: compared.most_unlike(side, SHOWN) for name, side in names.items()}
    if differs and all(sides.values()):
        found.pictures.append(drawn("most_unlike", compared.joined, sides, photographs=True))
    sure = confirmed(compared.pairs)
    if len(sure):
        found.pictures.append(drawn("pairs", compared.joined, sure, 9, photographs=True))
    _say_findings(found, evidence, differs, facts)
    return found


def _by_things(evidence: Evidence, differs: list[str]) -> list[str]:
    """Where several photos of one thing may be judged by others of it, which nobody could tell."""
    sides = {"here": evidence.dataset, "there": evidence.against}
    lacking = [name for name, one in sides.items() if not one.has_groups]
    if not (lacking and differs):
        return []
    named = {"here": "--group COLUMN", "there": "open_dataset(…, group=…) as `against`"}
    return [
        f"No column says which images {' or '.join(lacking)} show one thing. Where several do, the "
        "folders can be told apart by their things alone, since some photos of a thing are learned "
        "from and others judged. A column rules that out "
        f"({'; '.join(f'{one}: {named[one]}' for one in lacking)})."
    ]


def _say_findings(found: Section, evidence: Evidence, differs: list[str], facts: str) -> None:
    second, compared = evidence.against, evidence.comparison
    sides = compared.joined.images[SIDE]
    if differs:
        what = f"'{second.name}' does not look like these images: {some(differs, 9)}."
        more = f"What differs most: {facts}. " if facts else ""
        if evidence.can_learn:
            more += "Scores on the validation images of this report need not hold there."
        act = "label some of its images, and score a model on them before it is used there"
        found.mend(what, len(second), len(second), act, more=more)
    ends = pd.unique(confirmed(compared.pairs)[["image_id", "other_id"]].to_numpy(object).ravel())
    if own := int(sides[ends].eq(SECOND).sum()):
        what = f"{count(own, 'image')} of '{second.name}' {'is' if own == 1 else 'are'} here, too."
        act = "leave them out (shared_copies.csv lists them) before a model is scored there"
        found.mend(what, own, len(second), act)


def shared_copies(evidence: Evidence) -> pd.DataFrame:
    """The pairs of which each folder holds one: image_id (here), other_id (there), kind, what
    differs."""
    images, pairs = evidence.comparison.joined.images, evidence.comparison.pairs
    own = pairs["image_id"].map(images[SIDE]).eq(FIRST)
    here, there = (
        pairs[one].where(own, pairs[other]).map(images["id"])
        for one, other in (("image_id", "other_id"), ("other_id", "image_id"))
    )
    kept = pairs[["kind", "transform", "difference"]]
    return pd.concat([here.rename("image_id"), there.rename("other_id"), kept], axis=1)

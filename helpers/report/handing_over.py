"""The model and the cards that go with a report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.audit import summarise_quality
from helpers.balance import associate
from helpers.cards import dataset_card, model_card
from helpers.datasets import Dataset, export
from helpers.datasets.exporting import Export
from helpers.datasets.words import some
from helpers.evidence.dividing import divide_all
from helpers.evidence.leaking import leaks_of
from helpers.evidence.learned import EPOCHS, RATE, SIZE, TUNED
from helpers.exports.models import ExportedModel, check_export, export_model
from helpers.findings.decided import open_doubts
from helpers.findings.sections import DONE
from helpers.findings.showing import tell_need
from helpers.report.building import Report
from helpers.report.together import TOGETHER, together

MODEL = "model"

COMPARED = 200
"""Images, at most, on which what is handed over is compared with what was judged."""


def export_best(report: Report, folder: Path) -> ExportedModel:
    """Write the best model of the report into ``model`` below `folder`."""
    model, told = report.evidence.model()
    levels = report.evidence.opened.levels
    return export_model(model, folder / MODEL, levels=levels, replace=True, **told)


ANEW = "The report's models had a part of the images; here all are divided, by what it knows."
SEEN = (
    " Of the {valid:,} to validate on here they learned from {learned:,}: scored on these, the "
    "report's model looks better than it is."
)
OWN_SPLIT = (
    "The sides train and valid are those on which a report on this dataset had its models (column "
    "report_split of images.csv); the dataset did not come so divided."
)
GIVEN_SPLIT = (
    "The sides are those that the dataset came with; a report on it had its models on others "
    "(column report_split of images.csv)."
)


def describe_dataset(report: Report) -> str:
    """The dataset card, filled in with what the report measured."""
    evidence, leaks = report.evidence, report.evidence.given_leaks
    dataset, divided, source = evidence.opened, report["split"].state == DONE, ""
    if divided:
        came, own = len({*dataset.images["split"].dropna()}) > 1, _is_own(evidence)
        source = (GIVEN_SPLIT if came else OWN_SPLIT) if own else ""
        shown = _with_split_of if own and not came else _with_groups_of
        dataset = shown(evidence.opened, evidence.divided)
        if leaks.empty:  # then the split that the card shows, be it given or made here
            leaks = leaks_of(evidence, dataset, evidence.pairs)
        dataset = _with_groups_as_listed(dataset, evidence)
    return dataset_card(
        dataset,
        scanned=evidence.files,
        duplicates=evidence.pairs,
        quality=summarise_quality(evidence.files),
        doubts=open_doubts(evidence) if evidence.can_learn else None,
        leaks=leaks,
        associations=associate(evidence.divided) if divided else None,
        decisions=evidence.marks if len(evidence.marks) else None,
        findings=_findings(report),
        not_checked=report["verdict"].unchecked,
        things=evidence.things,
        split_source=source,
    )


def _is_own(evidence) -> bool:
    """Whether the report trained or validated on other images than the given split says."""
    sides = evidence.divided.images["split"].dropna()
    return bool((sides != evidence.opened.images["split"].reindex(sides.index)).any())


def _with_split_of(dataset: Dataset, divided: Dataset) -> Dataset:
    """`dataset` with the sides of the images that were divided and, beside test images, of no
    others; and with their groups."""
    given = dataset.images["split"]
    sides = divided.images["split"].reindex(dataset.images.index)
    images = dataset.images.assign(split=sides.fillna(given.where(given == "test")))
    return _with_groups_of(dataset.with_images(images), divided)


def _with_groups_of(dataset: Dataset, divided: Dataset) -> Dataset:
    images, together = dataset.images.copy(), divided.group
    if together is not None and together not in images:  # proposed here, and kept together
        images[together] = divided.images[together].reindex(images.index)
    return dataset.with_images(images).with_group(together)


def _with_groups_as_listed(dataset: Dataset, evidence) -> Dataset:
    """Groups that were proposed here by the name and values that the report's tables give them."""
    proposed = dataset.group
    if proposed is None or proposed in evidence.opened.images:
        return dataset
    name = f"{TOGETHER} (found by a report, in images.csv)"
    images = dataset.images.drop(columns=proposed).assign(**{name: together(evidence)})
    return replace(dataset, images=images, group=name)


def export_cleaned(report: Report, folder: Path, images: str | None = "links") -> Export:
    """Write the dataset as the report left it: your decisions and its own applied, and divided as
    its models had it.

    Where the budget made the report train on a part, all images are divided anew, by the groups
    that it knows. Test images stay test images, but for those that cannot be read, which are left
    out. Without labels of two classes nothing is divided.

    Parameters
    ----------
    folder, images
        As `helpers.datasets.export` takes them.
    """
    evidence, notes = report.evidence, []
    marks, files, choices = evidence.marks, evidence.files, evidence.choices
    torn = files.index[~files["readable"]].difference(choices.index)
    reasons = pd.Series("the file cannot be read", torn, dtype="str")
    choices = pd.concat([choices, reasons.to_frame("reason").assign(action="drop")])
    if kept := [*marks.index[marks["action"].eq("keep") & marks.index.isin(choices.index)]]:
        notes.append(
            "Left out although you keep them, as matters of fact (the column decision_reason): "
            f"{some(kept)}."
        )
    decisions = pd.concat([marks[~marks.index.isin(choices.index)], choices])
    dataset = evidence.opened
    if report["split"].state == DONE:
        anew = divide_all(evidence)
        dataset = _with_split_of(dataset, anew)
        if len(evidence.part) < len(evidence.dataset.development):
            valid = anew.part("valid").images.index
            learned = valid.intersection(evidence.divided.part("train").images.index)
            seen = SEEN.format(valid=len(valid), learned=len(learned)) * bool(len(learned))
            notes.append(ANEW + seen)
    done = export(dataset, folder, images, decisions, progress=report.progress)
    return replace(done, notes=(*notes, *done.notes))


def describe_model(report: Report, exported: ExportedModel | None) -> str:
    """The model card: what the best model scored, by class and by group."""
    evidence = report.evidence
    answers, part = evidence.judged
    settings: dict[str, Any] = {"model": evidence.best, "seed": 0}
    if evidence.best == TUNED:
        settings |= {"epochs": EPOCHS, "highest learning rate": RATE, "side in pixels": SIZE}
    return model_card(
        exported,
        answers,
        part,
        agreement=check_export(exported.folder, answers, part, COMPARED) if exported else None,
        name=f"{report.name} {evidence.best}",
        training=evidence.sides[0],
        settings=settings,
        findings=[f"{report['verdict'].title}.", *_needs(report), *_findings(report)],
        not_checked=report["verdict"].unchecked,
        groups=evidence.things,
    )


def _needs(report: Report) -> list[str]:
    rows = report["verdict"].plain()["tables"].get("Asked, and shown", [])
    return [f"{tell_need(row)}." for row in rows]


def _findings(report: Report) -> list[str]:
    return [" ".join(filter(None, [one.what, one.more])) for one in report["verdict"].findings]

"""The sections about what can be learned: split, shortcuts, baselines, evaluation, errors."""

from __future__ import annotations

import pandas as pd

from helpers import evaluation
from helpers.balance import associate, lifts
from helpers.balance.probing import Probe
from helpers.datasets.words import count, some
from helpers.report.auditing import _drawn
from helpers.report.budget import CHOICES, in_words
from helpers.report.learned import Learned
from helpers.report.sections import Finding, Section, percent, points
from helpers.splits import check_leakage, describe_leakage

NAMES = {
    "fine-tuning": "A fine-tuned network was",
    "learning curve": "What more labels would buy was",
    "descriptors": "Hand-made descriptors of colour, texture and form were",
    "ImageNet": "A network pretrained on ImageNet was",
}
ASSOCIATED, OFTENER = 0.05, 2.0
"""A column goes with the label where p, corrected for the number of columns, is below the first;
named are values that come with a class so many times as often as if the two were independent."""

PROBE_BORDER = """from helpers import plots
from helpers.balance import border_colours, probe

found = probe(dataset, border_colours(dataset))
ax = plots.border_pictures(dataset.development, found)"""
PROBE_FILES = """from helpers.balance import file_facts, probe

probe(dataset, file_facts(dataset)).by_class"""


def split(evidence: Learned) -> Section:
    """The split that everything below is measured on."""
    divided, found = evidence.divided, Section("split", "")
    sizes = divided.images["split"].value_counts()
    found.numbers = {side: int(sizes.get(side, 0)) for side in ("train", "valid")}
    leaks = check_leakage(divided, evidence.pairs_of_clean)
    found.numbers["leaks"] = int((leaks["kind"] != "probable").sum())
    kept = "Its own split is kept" if evidence.keeps_split else "Divided by whole groups and copies"
    found.title = (
        f"{kept}: {sizes.get('train', 0):,} to learn from, {sizes.get('valid', 0):,} to ask"
    )
    found.says.append(describe_leakage(leaks))
    if len(evidence.part) < len(evidence.dataset.development):
        found.says.append(
            f"{len(evidence.part):,} of {len(evidence.dataset.development):,} images, whole groups "
            "drawn at random, are learned from and asked about: the budget pays for no more."
        )
        found.unchecked.append(
            "Models saw a part of the images only (a larger --budget takes all)."
        )
    reasons = evidence.choices["reason"].str.replace(r"(as|image) .+", r"\1 …", regex=True)
    if len(reasons):
        said = "; ".join(
            f"{reason}: {number:,}" for reason, number in reasons.value_counts().items()
        )
        found.says.append(f"Left out without asking, since these are matters of fact: {said}.")
        found.tables["Left out"] = evidence.choices[["reason"]]
    found.pictures.append(
        _drawn("sides", divided.images, title="Which share of each class is asked?")
    )
    return found


def shortcuts(evidence: Learned) -> Section:
    """Whether something that should say nothing gives a class away."""
    found, divided, probes = Section("shortcuts", ""), evidence.divided, evidence.probes
    goes_with = associate(divided)
    sure = goes_with[goes_with["p_corrected"] < ASSOCIATED]
    told = [
        f"{', '.join(one.gives_away)} by {name}" for name, one in probes.items() if one.shortcut
    ]
    told += [f"the label goes with {some(sure.index)}"] if len(sure) else []
    at_border = probes["border"].gives_away
    filled = len(at_border) > len(evidence.clean.classes) / 2
    if filled:  # two readings are plausible, and none is taken
        told = [one for one in told if not one.endswith("by border")]
    found.title = f"Given away: {'; '.join(told)}" if told else "No shortcut is claimed"
    for name, one in probes.items():
        found.says.append(f"From {name} alone, mean recall is {one!r}.")
        found.numbers[f"recall from {name}"] = one.recall
        found.numbers[f"by chance from {name}"] = one.chance
    found.pictures.append(_drawn("probe_results", probes))
    if len(goes_with):
        found.tables["Columns that go with the label"] = goes_with
        found.pictures.append(_drawn("associations", divided, goes_with))
    else:
        found.unchecked.append("No metadata column was there to be held against the label.")
    if filled:
        told = (
            f"{len(at_border)} of {len(evidence.clean.classes)} classes are told by their border: "
            "either the subject itself reaches it, which is no shortcut, or each class has a ground "
            "of its own, which is one. Look at the picture; the verdict takes neither."
        )
        found.says.insert(0, told)
        found.unchecked.append(told)
    elif at_border:
        found.findings += _border(evidence, at_border)
    if at_border:
        found.pictures.append(
            _drawn("border_pictures", divided, probes["border"], photographs=True)
        )
    found.findings += _by_files(evidence, probes["file facts"], sure)
    return found


def _border(evidence: Learned, classes: list[str]) -> list[Finding]:
    """The classes that a border gives away, and what that does to the model."""
    labels = evidence.divided.images["label"]
    images, gap = int(labels.isin(classes).sum()), evidence.border_gap(classes)
    what = f"The border of the picture gives away {some(classes, 4)}: a model may learn the ground "
    what += "in place of the subject."
    if gap is not None:
        what += (
            f" Of these, a linear head names {gap[0]:.0%} rightly where the border alone is taken "
            f"for the class, and {gap[1]:.0%} where it is not."
        )
    act = "look at the border pictures, and collect these classes on other grounds (notebook 04)"
    return [Finding(what, images, len(labels), act, "shortcuts", PROBE_BORDER, blocks=True)]


def _by_files(evidence: Learned, facts: Probe, sure: pd.DataFrame) -> list[Finding]:
    labels, made = evidence.divided.images["label"], []
    if facts.shortcut:
        what = "Facts of the file (size, format, compression, camera entries) give away "
        what += f"{some(facts.gives_away, 4)}: these come from a source of their own."
        act = "save all images in one form, or collect each class from every source (notebook 04)"
        number = int(labels.isin(facts.gives_away).sum())
        made.append(Finding(what, number, len(labels), act, "shortcuts", PROBE_FILES, blocks=True))
    for column in sure.index:
        cells = lifts(evidence.divided, column)
        cells = cells[(cells["p"] < ASSOCIATED) & (cells["lift"] >= OFTENER)]
        cells = cells.sort_values("images", ascending=False, kind="stable")
        if len(cells):
            named = [f"{row[0]} with {row[1]} ({row.lift:.1f} times)" for row in
                     cells[["class", "value", "lift"]].itertuples(index=False)]  # fmt: skip
            what = (
                f"{column.capitalize()} goes with the label, oftener than by chance: {some(named)}."
            )
            act = (
                "score the model where it does not go along (notebook 10), and collect such images"
            )
            code = f"from helpers.balance import lifts\n\nlifts(dataset, {column!r})"
            number = int(cells["images"].sum())
            made.append(Finding(what, number, len(labels), act, "shortcuts", code, blocks=True))
    return made


def baselines(evidence: Learned) -> Section:
    """What simple models score on the same validation images."""
    answers, groups = evidence.answers, evidence.divided.groups
    found = Section("baselines", "")
    rows, scores = {}, {}
    for name, table in answers.items():
        score = scores[name] = evidence.scores[name]
        rows[name] = {"images": len(table), "log loss": table["loss"].mean()}
        for metric in ("accuracy", "balanced accuracy"):
            rows[name] |= {metric: score.at[metric, "value"]}
            rows[name] |= {f"{metric} {end}": score.at[metric, end] for end in ("low", "high")}
    found.tables["Baselines"] = pd.DataFrame.from_dict(rows, "index").rename_axis("model")
    best = evidence.best
    found.title = (
        f"Best by log loss: {best}, {rows[best]['balanced accuracy']:.0%} of each class right"
    )
    against = evaluation.compare_metrics(answers[best], answers["dummy"], groups)
    gain = against.loc["balanced accuracy", ["difference", "low", "high"]]
    found.says.append(
        f"Over a dummy that always says the commonest class, {best} gains {points(*gain)} of "
        "balanced accuracy on the same images."
    )
    for name in [one for one in answers if one not in ("dummy", best)]:
        off = evaluation.compare_metrics(answers[best], answers[name], groups)
        gain = off.loc["balanced accuracy", ["difference", "low", "high"]]
        tie = gain["low"] <= 0 <= gain["high"]
        more = ": these images cannot tell the two apart" if tie else ""
        found.says.append(f"{best} against {name}: {points(*gain)}{more}.")
    for name in evidence.plan.left:
        if name != "same-thing search":
            seconds = in_words(len(evidence.part) * CHOICES[name])
            found.unchecked.append(
                f"{NAMES[name]} not tried: the budget does not pay {seconds} for it."
            )
    found.unchecked += evidence.imagenet_note
    found.pictures.append(_drawn(
        "metric_intervals",
        {name: score.loc[["balanced accuracy", "accuracy"]] for name, score in scores.items()},
        title=found.title,
    ))  # fmt: skip
    if evidence.curve is not None:
        found.tables["Accuracy by labelled images per class"] = evidence.curve
        found.says.append(evidence.curve.attrs["said"])
    found.numbers = {"best": best} | {f"{name}: {key}": value for name, row in rows.items()
                                      for key, value in row.items()}  # fmt: skip
    return found


def evaluate(evidence: Learned) -> Section:
    """The best baseline, looked at closely."""
    answers, part = evidence.judged
    score, groups = evidence.judged_scores, part.groups
    accuracy = score.loc["accuracy"]
    found = Section("evaluation", "")
    found.title = (
        f"{evidence.best}: {accuracy['value']:.0%} right ({accuracy['low']:.0%} to "
        f"{accuracy['high']:.0%}) of {len(answers):,} {evidence.judged_on} images"
    )
    found.says.append(evidence.judged_note)
    by_class = evaluation.score_classes(answers, groups)
    kept = ["images", "groups", "precision", "recall", "recall low", "recall high", "F1"]
    found.tables["Scores"], found.tables["By class"] = score, by_class[kept]
    error, floor = evaluation.calibration_error(answers), evaluation.calibration_floor(answers)
    found.numbers = {"calibration error": error, "its floor": floor[0], "up to": floor[2]}
    honest = "no more than chance gives" if error <= floor[2] else "more than chance gives"
    found.says.append(
        f"Its probabilities are off by {percent(error)} on average (expected calibration error), "
        f"{honest} (up to {percent(floor[2])})."
    )
    matrix = pd.crosstab(answers["label"], answers["prediction"])
    names = matrix.index.union(matrix.columns)
    matrix = matrix.reindex(index=names, columns=names, fill_value=0)
    found.pictures += [_drawn("confusion", matrix), _drawn("class_metrics", by_class)]
    parts = evaluation.score_parts(answers, part, evidence.columns)
    shown = parts[parts["shown"]]
    if len(shown):
        found.tables["Scores of parts"] = shown.drop(columns="shown")
        found.pictures.append(_drawn("parts", parts))
        low = shown[shown["accuracy"] < shown["lowest"]]
        if len(low):
            names = some(
                [f"{row.column} {row.value} ({row.accuracy:.0%})" for row in low.itertuples()]
            )
            what = f"Fewer are right than luck explains: {names}."
            act = "look at the errors of these parts, and collect more such images (notebooks 10 and 12)"
            number = int(low["images"].sum())
            found.findings.append(Finding(what, number, len(answers), act, "evaluation"))
    else:
        found.unchecked.append(
            "No metadata column has parts large enough to be scored by themselves."
        )
    found.findings += _lost_classes(by_class)
    return found


def _lost_classes(by_class: pd.DataFrame) -> list[Finding]:
    lost = by_class[by_class["recall high"] < 0.5]
    if lost.empty:
        return []
    names = some([f"{name} ({row['recall']:.0%})" for name, row in lost.iterrows()], 4)
    what = f"More than half of these are surely missed: {names}."
    act = "class weights or logit adjustment (notebook 04), and more images of them"
    number, total = int(lost["images"].sum()), int(by_class["images"].sum())
    return [Finding(what, number, total, act, "evaluation")]


def errors(evidence: Learned) -> Section:
    """The wrong answers of which the model was most sure."""
    answers, part = evidence.judged
    worst = evaluation.surest_errors(answers)
    found = Section("errors", f"The {count(worst, 'wrong answer')} it was surest of")
    if worst.empty:
        found.title = "No answer was wrong"
        return found
    found.says.append("What have they in common: the ground, the light, a label that is wrong?")
    found.tables["Surest, and wrong"] = worst[["label", "prediction", "confidence"]]
    found.pictures.append(
        _drawn("answers", part, worst, title="Surest, and wrong", photographs=True)
    )
    found.unchecked.append("Where the model looks was not asked (notebook 13 does).")
    return found

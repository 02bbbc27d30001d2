"""The sections about what can be learned: split, shortcuts, baselines, evaluation, errors."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from helpers import evaluation
from helpers.balance import imbalance
from helpers.datasets.words import count, is_or_are, percents, points, some, sum_of_chances
from helpers.evidence.answered_pairs import without_settled
from helpers.evidence.audited import without_private
from helpers.evidence.budget import SEARCH, cost, for_all, in_words
from helpers.evidence.explaining import ALIKE, LIMITS, explain_errors
from helpers.evidence.leaking import leaks_of
from helpers.evidence.learned import (
    BACKBONE,
    DESCRIPTORS,
    DUMMY,
    FROZEN,
    IMAGENET,
    SIZE,
    TUNED,
    Learned,
    embedding_size,
)
from helpers.findings.auditing import RARER
from helpers.findings.decided import open_doubts
from helpers.findings.names import are_known, read_names
from helpers.findings.pictures import drawn
from helpers.findings.sections import Section
from helpers.modelling.times import say_times
from helpers.splits import describe_leakage

NAMES = {
    "fine-tuning": "A fine-tuned network was",
    "learning curve": "What more labels would buy was",
    "descriptors": "Hand-made descriptors of colour, texture and form were",
    "ImageNet": "A network pretrained on ImageNet was",
}
MODELS = {
    DUMMY: "the shares of the classes, whatever the picture",
    DESCRIPTORS: "a linear model on numbers for colour, texture and form",
    FROZEN: "a linear model on features of the workbook's pretrained network",
    IMAGENET: "a linear model on features of a network pretrained on ImageNet",
    TUNED: "the workbook's pretrained network, trained on with these images",
}
"""What each baseline is, for whoever reads the page and not the workbook."""


def split(evidence: Learned) -> Section:
    """The split that everything below is measured on."""
    divided, found = evidence.divided, Section("split", "")
    sizes = divided.images["split"].value_counts()
    found.numbers = {side: int(sizes.get(side, 0)) for side in ("train", "valid")}
    leaks = leaks_of(evidence, divided, without_settled(evidence.pairs_of_clean, evidence.answered))
    found.numbers["leaks"] = int((leaks["kind"] != "probable").sum())
    whole = "Divided by whole groups" if divided.has_groups else "Divided image by image"
    kept = "Its own split is kept" if evidence.keeps_split else f"{whole}, copies together"
    found.title = (
        f"{kept}: {sizes.get('train', 0):,} to train on, {sizes.get('valid', 0):,} to validate on"
    )
    told = describe_leakage(leaks)
    if leaks.empty and not divided.has_groups:
        told = (
            "No copies that were found are left on two sides of it; 'same thing' says what else "
            "was looked for."
        )
    found.says += [told, *evidence.split_notes]
    if len(evidence.part) < len(evidence.dataset.development):
        found.says.append(
            f"{len(evidence.part):,} of {len(evidence.dataset.development):,} images, drawn at "
            f"random{' by whole groups' if divided.has_groups else ''}, the same share of each "
            "class, are trained and validated on: the budget pays for no more."
        )
        budget = for_all(len(evidence.dataset.development), evidence.plan.opening)
        found.unchecked.append(
            f"Models saw a part of the images only (--budget {budget} takes all)."
        )
    if alone := evidence.classes_in_one_group:
        told = f"All images of {some(alone, 6)} belong to one group{' each' * (len(alone) > 1)}, "
        told += "which lies on one side: such a class can be learned or asked about, not both."
        found.says.append(told)
        found.unchecked.append(told)
    if not are_known(evidence):
        came = evidence.opened.images["split"]
        # Of a split that it came with, same thing has told what names say of single things.
        sides = divided.images["split"].reindex(came.index).fillna(came[came == "test"])
        named, lines, shown = read_names(evidence, sides, series=bool(came.notna().any()))
        found.says += lines
        if named is not None:
            title = "By their names of one thing, on two sides of the split: are they?"
            shown = drawn("pairs", evidence.opened, shown, title=title, photographs=True)
            found.pictures.append(shown)
        found.findings += [one for one in (named, say_times(found, evidence)) if one is not None]
    reasons = evidence.choices["reason"].str.replace(r"(as|image) .+", r"\1 …", regex=True)
    if len(reasons):
        said = "; ".join(
            f"{reason}: {number:,}" for reason, number in reasons.value_counts().items()
        )
        found.says.append(f"Left out without asking, since these are matters of fact: {said}.")
        found.tables["Left out"] = evidence.choices[["reason"]]
    found.pictures.append(
        drawn("sides", divided.images, title="Which share of each class is validated on?")
    )
    return found


def baselines(evidence: Learned) -> Section:
    """What simple models score on the same validation images."""
    answers, groups = evidence.answers, evidence.things
    found = Section("baselines", "")
    rows, scores = {}, {}
    for name, table in answers.items():
        score = scores[name] = evidence.scores[name]
        rows[name] = {"images": len(table), "log loss": table["loss"].mean()}
        for metric in ("accuracy", "balanced accuracy"):
            rows[name] |= {metric: score.loc[metric, "value"]}
            rows[name] |= {f"{metric} {end}": score.loc[metric, end] for end in ("low", "high")}
    found.tables["Baselines"] = pd.DataFrame.from_dict(rows, "index").rename_axis("model")
    best = evidence.best
    found.title = (
        f"Best by log loss: {best}, {rows[best]['balanced accuracy']:.0%} of a class right on "
        "average"
    )
    against = evaluation.compare_metrics(answers[best], answers["dummy"], groups)
    gain = against.loc["balanced accuracy", ["difference", "low", "high"]]
    if not evidence.beats_dummy:
        found.title = f"No model beats the dummy: {found.title[0].lower()}{found.title[1:]}"
    found.says.append(
        f"Over a dummy that always says the commonest class, {best} gains {points(*gain)} of "
        "balanced accuracy on the same images."
    )
    found.says.append("; ".join(f"{name}: {MODELS[name]}" for name in answers) + ".")
    found.says += say_sizes(answers)
    found.says.append(
        "The best is that of the least log loss, which asks how probable a model held the right "
        "class, and not only which class it named."
    )
    for name in [one for one in answers if one not in ("dummy", best)]:
        off = evaluation.compare_metrics(answers[best], answers[name], groups)
        gain = off.loc["balanced accuracy", ["difference", "low", "high"]]
        tie = gain["low"] <= 0 <= gain["high"]
        more = ": these images cannot tell the two apart" if tie else ""
        if gain["high"] < 0:
            more = f": {name} names more rightly, and its probabilities are worse (log loss "
            more += (
                f"{answers[name]['loss'].mean():.2f}, against {answers[best]['loss'].mean():.2f})"
            )
        found.says.append(f"{best} against {name}: {points(*gain)}{more}.")
    for name in evidence.plan.left:
        if name != SEARCH and (name != "ImageNet" or evidence.has_weights):
            seconds = in_words(cost(name, len(evidence.part), evidence.plan.opening))
            found.unchecked.append(
                f"{NAMES[name]} not tried: the budget does not pay {seconds} for it."
            )
    found.unchecked += evidence.imagenet_note
    if not evidence.beats_dummy:
        found.says.append(
            "Its probabilities are worth less than the dummy's: it is not handed over."
        )
    elif best == DESCRIPTORS:
        found.says.append(f"The {best} model is no network, so that no model is handed over.")
    found.pictures.append(drawn("baselines", evidence.scores, evidence.best, guessable=True))
    found.numbers = {"best": best} | {
        f"{name}: {key}": value for name, row in rows.items() for key, value in row.items()
    }
    return found


def say_sizes(models: Iterable[str]) -> list[str]:
    """At which size each model looks at the pictures; nothing where none does."""
    from helpers.descriptors.table import LARGEST

    sides = {FROZEN: "bundled", IMAGENET: BACKBONE}
    told = []
    for name in models:
        if side := SIZE if name == TUNED else embedding_size(sides[name]) if name in sides else 0:
            told.append(f"{name} at {side} × {side}, squeezed to a square")
        elif name == DESCRIPTORS:
            told.append(f"{name} at {LARGEST} on the longer side at most")
    if not told:
        return []
    told = f"Each model looks at pictures reduced to so many pixels: {'; '.join(told)}"
    return [f"{told}. No score here can rest on details that are lost by that."]


def evaluate(evidence: Learned) -> Section:
    """The best baseline, looked at closely."""
    answers, part = evidence.judged
    score, groups = evidence.judged_scores, evidence.things
    accuracy = score.loc["accuracy"]
    found = Section("evaluation", "")
    found.title = (
        f"{evidence.best}: {accuracy['value']:.0%} right ({accuracy['low']:.0%} to "
        f"{accuracy['high']:.0%}) of {len(answers):,} {evidence.judged_on} images"
    )
    found.says.append(evidence.judged_note)
    unasked = len(part_asked(evidence)) - len(answers)
    if unasked > 0:
        found.says.append(
            f"{unasked:,} labelled images were not asked about: they cannot be read, or are of a "
            "class that no image to learn from has."
        )
    if len(doubted := _in_doubt(evidence, answers.index)):
        told = sum_of_chances(doubted["wrong"])
        found.says.append(
            f"{len(doubted):,} of their labels {'is' if len(doubted) == 1 else 'are'} in doubt"
            f"{_say_where(doubted, answers)}, and about {told} {is_or_are(told)} expected to be "
            "wrong: scores take them at their word."
        )
    by_class = evaluation.score_classes(answers, groups)
    scores = by_class.columns.difference(["images", "groups"])
    by_class[scores] = by_class[scores].astype(float).where(by_class["images"] > 0)
    kept = ["images", "groups", "precision", "recall", "recall low", "recall high", "F1"]
    found.tables["Scores"], found.tables["By class"] = score, by_class[kept]
    error, floor = evaluation.calibration_error(answers), evaluation.calibration_floor(answers)
    found.numbers = {"calibration error": error, "its floor": floor[0], "up to": floor[2]}
    alike = round(error, 3) == round(floor[2], 3)  # to a digit more nothing would follow from it
    honest = (
        "more than chance gives" if error > floor[2] and not alike else "no more than chance gives"
    )
    off, most = 2 * (f"{error:.1%}",) if alike else percents(error, floor[2])
    found.says.append(
        f"Its probabilities are off by {off} on average (expected calibration error), "
        f"{honest} (up to {most})."
    )
    matrix = pd.crosstab(answers["label"], answers["prediction"])
    names = matrix.index.union(matrix.columns)
    matrix = matrix.reindex(index=names, columns=names, fill_value=0)
    found.pictures += [drawn("confusion", matrix), drawn("class_metrics", by_class)]
    public = without_private(part)
    parts = evaluation.score_parts(answers, public, evidence.columns, groups=groups)
    shown = parts[parts["shown"]]
    if len(shown):
        found.tables["Scores of parts"] = shown.drop(columns="shown").reset_index(drop=True)
        found.pictures.append(drawn("parts", parts))
        low = shown[shown["accuracy"] < shown["lowest"]]
        if len(low):
            names = some(
                [f"{row.column} {row.value} ({row.accuracy:.0%})" for row in low.itertuples()]
            )
            what = f"Fewer are right than luck explains: {names}."
            act = (
                "look at the errors of these parts, and collect more such images (notebooks 10"
                " and 12)"
            )
            number = int(low["images"].sum())
            found.mend(what, number, len(answers), act)
    else:
        found.unchecked.append(
            "No metadata column of 2 to 12 values has parts large enough to be scored alone."
        )
    _say_lost(found, by_class, imbalance(evidence.sides[0])["ratio"])
    return found


def part_asked(evidence: Learned) -> pd.Series:
    """The labels of all images of the split that is judged."""
    if evidence.judged_on == "validation":
        return evidence.sides[1].images["label"].dropna()
    images = evidence.dataset.images
    return images.loc[images["split"].eq("test"), "label"].dropna()


def _say_lost(found: Section, by_class: pd.DataFrame, ratio: pd.Series) -> None:
    """Classes of which most is missed; `ratio` says by how much each is rarer than the commonest
    among the images learned from, and so which advice fits."""
    lost = by_class[by_class["recall high"] < 0.5]
    if lost.empty:
        return
    names = some([f"{name} ({row['recall']:.0%} found)" for name, row in lost.iterrows()], 4)
    what = f"More than half of the images of these classes are missed, beyond chance: {names}."
    rare = ratio[ratio.index.isin(lost.index) & (ratio >= RARER)]
    act = "look at what they are taken for (the confusions), and collect more images of them"
    if len(rare):
        act += (
            f"; {some(rare.index, 4)} {'has' if len(rare) == 1 else 'have'} no more than one image "
            f"to learn from for {rare.min():.1f} of the commonest class, where class weights or "
            "logit adjustment help (notebook 04)"
        )
    number, total = int(lost["images"].sum()), int(by_class["images"].sum())
    found.mend(what, number, total, act)


def _say_where(doubted: pd.DataFrame, answers: pd.DataFrame) -> str:
    """The classes of which most labels are in doubt, for those of two labels in doubt or more."""
    number, of = doubted["given"].value_counts(), answers["label"].value_counts()
    number = number[number > 1]
    worst = (number / of[number.index]).sort_values(ascending=False, kind="stable").index[:3]
    named = ", ".join(f"{number[name]:,} of {of[name]:,} of {name}" for name in worst)
    most = "largest shares: " if len(doubted) > number[worst].sum() else ""
    return f" ({most}{named})" if named else ""


def _in_doubt(evidence: Learned, ids: pd.Index) -> pd.DataFrame:
    """Of these images the rows of those whose labels are in doubt."""
    if not evidence.can_learn:
        return pd.DataFrame({"wrong": []})
    doubts = open_doubts(evidence)
    return doubts[doubts["issue"].astype(bool) & doubts.index.isin(ids)]


def errors(evidence: Learned) -> Section:
    """The wrong answers of which the model was most sure."""
    answers, part = evidence.judged
    worst = evaluation.surest_errors(answers)
    which = f"The {count(worst, 'wrong answer')} it was surest of"
    found = Section("errors", "The only wrong answer" if len(worst) == 1 else which)
    if worst.empty:
        found.title = "No answer was wrong"
        return found
    found.says.append("What have they in common: the ground, the light, a label that is wrong?")
    if len(doubted := _in_doubt(evidence, worst.index)):
        are = "label here is" if len(doubted) == 1 else "labels here are"
        found.says.append(
            f"{len(doubted):,} {are} in doubt ({some(doubted.index)}): there the answer may be "
            "right."
        )
    found.tables["Surest, and wrong"] = worst[["label", "prediction", "confidence"]]
    found.pictures.append(
        drawn("answers", part, worst, title="Surest, and wrong", photographs=True)
    )
    explained = explain_errors(evidence, worst)
    near, of = explained.nearest, len(explained.nearest)
    asked = near["image_id"].nunique()
    first = f"the first {asked}" if asked > 1 else "it" if len(worst) == 1 else "the first"
    found.says.append(
        f"Of the {of} training images that are nearest to {first}, "
        f"{explained.agreeing(worst, 'prediction')} bear the class that was answered and "
        f"{explained.agreeing(worst, 'label')} the one that the label says."
    )
    found.says.append(ALIKE)
    if explained.heatmaps is None:
        found.unchecked.append(f"Where the model looks: the {evidence.best} model is no network.")
    else:
        found.says.append(LIMITS)
        found.unchecked.append("Whether the heatmaps can be believed (notebook 13 tests them).")
    shown = evidence.dataset.with_images(pd.concat([part.images, evidence.sides[0].images]))
    found.pictures.append(drawn("explained_errors", shown, worst, *explained, photographs=True))
    return found

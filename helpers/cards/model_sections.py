"""What a model card tells of a model, section by section: its scores on images it had not seen.

`model_card` puts them together in `filling`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from helpers.cards.markdown import bullets, is_private, plain, ranged, scrub, table
from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import count, some
from helpers.evaluation import (
    accuracy_interval,
    bootstrap_metrics,
    calibration_error,
    calibration_floor,
    compare_scores,
    score_classes,
    score_parts,
)
from helpers.evaluation.parts import FEWEST_GROUPS, FEWEST_IMAGES, few_valued

METRICS = {
    "accuracy": ("accuracy", "Accuracy"),
    "balanced accuracy": ("balanced_accuracy", "Balanced accuracy"),
    "macro F1": ("f1", "F1, mean of the classes"),
    "MCC": ("matthews_correlation", "Matthews correlation coefficient"),
}
"""What is reported, by its name in `bootstrap_metrics`: the Hub's identifier, and words."""

NAMES = {"valid": "validation"}  # as the Hub calls it
PAIRS, CLASSES = 5, 40


class Scores:
    """Predictions of labelled images, and what was computed of them.

    Attributes
    ----------
    predictions : DataFrame of the images with a label
    split : str or None, the one that all of them are in
    metrics : DataFrame by metric: value, low, high
    """

    def __init__(
        self, predictions: pd.DataFrame, dataset: Dataset, groups: pd.Series | None = None
    ):
        if len(strange := predictions.index.difference(dataset.images.index)):
            raise DatasetError(
                f"{count(strange, 'image')} of the predictions are not in {dataset.name!r}: "
                f"{some(strange)}; give the dataset that was predicted."
            )
        self.dataset = dataset
        self.predictions = predictions[predictions["label"].notna()]
        rows = dataset.images.reindex(self.predictions.index)
        splits = rows["split"].dropna().unique()
        self.split = splits[0] if len(splits) == 1 and rows["split"].notna().all() else None
        self.counts_things = groups is not None
        groups = dataset.groups if groups is None else groups
        self.groups = groups.reindex(self.predictions.index)
        self.right = self.predictions["prediction"] == self.predictions["label"]
        self.metrics = bootstrap_metrics(self.predictions, self.groups).loc[[*METRICS]]
        # As the rest of the workbook has the interval of a share.
        self.metrics.loc["accuracy"] = [*accuracy_interval(self.right, self.groups)]

    @property
    def where(self) -> str:
        """Which images were scored, in words."""
        number = count(self.predictions, "image")
        part = {"test": "test", "valid": "validation", "train": "training"}.get(self.split)
        return f"{number} " + (f"of the {part} split" if part else "of several splits or of none")

    def results(self, name: str) -> list[dict[str, Any]]:
        """The ``model-index`` of the Hub's front matter."""
        rows = [
            {
                "type": METRICS[metric][0],
                "value": round(float(row["value"]), 4),
                "name": METRICS[metric][1],
                "args": {
                    "interval": [round(float(row[end]), 4) for end in ("low", "high")],
                    "level": 0.95,
                    "images": len(self.predictions),
                },
            }
            for metric, row in self.metrics.iterrows()
        ]
        dataset = {"name": self.dataset.name, "type": slug(self.dataset.name)}
        if self.split:
            dataset["split"] = NAMES.get(self.split, self.split)
        task = {"type": "image-classification", "name": "Image classification"}
        return [{"name": name, "results": [{"task": task, "dataset": dataset, "metrics": rows}]}]


def slug(name: str) -> str:
    """`name` as an identifier."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "dataset"


def tell_data(scores: Scores) -> str:
    """Which images were scored, and how far that can be trusted."""
    dataset, lines = scores.dataset, [f"{scores.where.capitalize()}."]
    if scores.split == "valid":
        lines.append("Choices may have been made on these images: then the scores flatter.")
    elif scores.split == "train":
        lines.append("**The model has learned from these images**: scores say nothing of others.")
    elif scores.split == "test":
        openings = dataset.test_openings()
        if len(openings) > 1:
            lines.append(
                f"They were opened {len(openings)} times; each look that steered a choice makes "
                "the scores flatter."
            )
        elif len(openings) == 1:
            lines.append("They were opened once.")
        else:
            lines.append("The log does not say how often they were opened.")
    else:
        lines.append("Whether the model has seen some of them in training is not known here.")
    things = scores.groups.nunique()
    if scores.counts_things and things < len(scores.groups):
        lines.append(
            f"Intervals count the {count(things, 'thing')} that these images show, by groups and "
            "copies, not single images: photos of one thing err together."
        )
    elif dataset.has_groups:
        lines.append(
            f"Intervals count the {count(scores.groups.nunique(), 'value')} of "
            f"{plain(dataset.group)}, "
            "not single images: photos of one thing err together."
        )
    else:
        lines.append("Intervals take each image to be independent of the others.")
    return " ".join(lines) + "\n"


def tabulate_metrics(scores: Scores, training: Dataset | None) -> str:
    """Metrics over all classes, held against an answer that never changes."""
    rows = [
        (METRICS[name][1], ranged(row["value"], row["low"], row["high"]))
        for name, row in scores.metrics.iterrows()
    ]
    table_of = table(["metric", "value (95 % interval)"], rows)
    labels = (training or scores.dataset).images["label"].dropna()
    if labels.empty:
        return table_of
    counts = labels.value_counts()
    common = min(counts.index[counts == counts.max()])
    dummy = scores.predictions["label"] == common
    gain = compare_scores(scores.right, dummy, scores.groups)
    if gain.low > 0:
        told = f"is higher by {ranged(*gain)}"
    elif gain.high < 0:
        told = f"is lower, by {ranged(-gain.difference, -gain.high, -gain.low)}"
    else:
        told = f"differs by {ranged(*gain)}, no more than chance may give"
    return (
        f"{table_of}\nAlways answering “{plain(common)}” would be right on a share of "
        f"{dummy.mean():.2f}; the model's {told}.\n"
    )


def tell_calibration(scores: Scores) -> str:
    """Whether its probabilities can be taken at their word."""
    if len(scores.right) < FEWEST_IMAGES:
        return f"{count(scores.predictions, 'image')}: too few to judge its probabilities by.\n"
    error, floor = calibration_error(scores.predictions), calibration_floor(scores.predictions)
    loss = scores.predictions["loss"].mean()
    sure = scores.predictions["confidence"].mean() - scores.right.mean()
    side = "surer than it is right" if sure > 0 else "less sure than it is right"
    text = f"Mean log loss: {loss:.3f}. The expected calibration error is {error:.3f}; by chance, "
    text += f"a perfectly calibrated model would have up to {floor.high:.3f} on these images"
    if round(error, 3) <= round(floor.high, 3):
        return f"{text}, so that nothing speaks against its probabilities.\n"
    return (
        f"{text}, so that its probabilities should not be taken at their word: in the mean it is "
        f"{side}, by {abs(sure):.2f}.\n"
    )


def tabulate_classes(scores: Scores) -> str:
    """Precision and recall of each class, and what is confused most often."""
    found = score_classes(scores.predictions, scores.groups)
    rows = [
        (
            plain(name),
            int(row["images"]),
            *(
                (
                    ranged(*(row[f"{metric}{end}"] for end in ("", " low", " high")))
                    if row["images"] or metric == "precision"
                    else ""
                )
                for metric in ("recall", "precision")
            ),
        )
        for name, row in found.sort_values("recall", kind="stable").iterrows()
    ]
    text = table(["class", "images", "recall", "precision"], rows, most=CLASSES)
    wrong = scores.predictions[~scores.right]
    pairs = (
        wrong.groupby(["label", "prediction"]).size().sort_values(ascending=False, kind="stable")
    )
    if len(pairs):
        named = (
            f"{plain(label)} for {plain(answer)} {number:,} times"
            for (label, answer), number in pairs.head(PAIRS).items()
        )
        text += f"\nTaken most often, {'; '.join(named)} (the label, then the answer).\n"
    return text


def tabulate_parts(scores: Scores) -> str:
    """Accuracy by each column of metadata; parts too small to say are counted only."""
    columns = [
        column
        for column in few_valued(scores.dataset, scores.predictions.index)
        if not is_private(column)
    ]
    if not columns:
        return "There is no column of metadata to score parts of the images by.\n"
    own = {"shuffles": 200, "groups": scores.groups}
    parts = score_parts(scores.predictions, scores.dataset, columns, **own)
    shown = parts[parts["shown"]]
    rows = [
        (plain(row.column), plain(row.value), row.images, ranged(row.accuracy, row.low, row.high))
        for row in shown.itertuples()
    ]
    text = table(["column", "value", "images", "accuracy"], rows) if rows else ""
    if hidden := len(parts) - len(shown):
        text += (
            f"\n{count(hidden, 'part')} of fewer than {FEWEST_IMAGES} images or {FEWEST_GROUPS} "
            "independent ones are not scored: whoever looks at many of them finds a bad one by "
            "luck.\n"
        )
    lowest = shown.loc[shown.groupby("column")["accuracy"].idxmin()] if len(shown) else shown
    for row in lowest.itertuples():
        if row.accuracy < row.lowest:
            text += (
                f"\n**{plain(row.column)} {plain(row.value)}** scores lower ({row.accuracy:.2f}) "
                f"than chance gives the lowest part of this column ({row.lowest:.2f} at the 5 % "
                "level).\n"
            )
    return text


def list_details(exported, training: Dataset | None) -> Iterator[str]:
    """One line each on what the model is and takes."""
    if exported is not None:
        ways = {"squish": "squeezed to", "crop": "cut to the middle of", "pad": "padded to"}
        yield f"**Classes:** {some(map(plain, exported.classes), 40)}"
        yield (
            f"**Input:** one picture, {ways[exported.method]} a square of {exported.size} × "
            f"{exported.size} pixels"
        )
        files = (f"`{name}` ({_size(size)}, SHA-256 {digest[:12]}…)"
                 for name, (size, digest) in exported.files.items())  # fmt: skip
        yield f"**Files:** {', '.join(files)}"
    if training is not None:
        labelled = int(training.images["label"].notna().sum())
        yield f"**Trained on:** {count(labelled, 'labelled image')} of {plain(training.name)}"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def tell_training(training: Dataset | None, settings: Mapping[str, Any]) -> str:
    """What it learned from, and how."""
    if training is None:
        text = "*Not known here: which images it has learned from.*\n"
    else:
        counts = training.images["label"].value_counts()
        classes = "; ".join(f"{plain(name)} {number:,}" for name, number in counts.head(40).items())
        more = f"; {len(counts) - 40:,} further classes" if len(counts) > 40 else ""
        labelled = count(int(counts.sum()), "labelled image")
        text = f"{labelled} of {plain(training.name)}: {classes}{more}.\n"
    said = (f"{plain(k)}: {plain(scrub(str(value), training))}" for k, value in settings.items())
    return text + ("\n" + bullets(said) if settings else "")


def start(exported) -> str:
    """How to use the files, in code that runs."""
    if exported is None:
        return "*Not exported: there are no files to start from.*\n"
    return (
        "```bash\npip install onnxruntime pillow numpy\n"
        "python predict.py photo.jpg folder/ --top 3 --csv out.csv\n```\n\n"
        f"`{exported.reader}` reads `model.safetensors`. Neither it nor `model.onnx` runs code "
        "when it is loaded.\n"
    )


def tell_agreement(agreement) -> str:
    """Of the files against the model that they were made from."""
    if agreement is None:
        return ""
    other = agreement.other_class
    same = f"another class on {other:,}" if other else "the same class on all"
    return (
        f"`predict.py` and the model that was scored give {same} of "
        f"{count(agreement.images, 'image')}; their probabilities are at most "
        f"{max(agreement.largest, 1e-7):.1g} apart.\n"
    )


def list_unchecked(scores: Scores | None, agreement, more: Sequence[str]) -> list[str]:
    """A line for whatever nobody looked into."""
    lines = [plain(scrub(line, scores.dataset if scores else None)) for line in more]
    if scores is None:
        lines.append("How often the model is right: none of its answers was held against a label")
    if agreement is None:
        lines.append("Whether the exported files give the answers of the model that was scored")
    lines.append("Images from places, devices and times that the dataset has none of")
    lines.append("Images that show none of the classes: the model names one for any picture")
    return lines


def summarise(scores: Scores | None, dataset: Dataset) -> str:
    """The first paragraph: what it does, and how often it is right."""
    if scores is None:
        return f"Names the class of an image, as in {plain(dataset.name)}. It was not scored.\n"
    classes = count(scores.predictions["label"].nunique(), "class")
    value, low, high = scores.metrics.loc["accuracy", ["value", "low", "high"]]
    return (
        f"Names the class of an image, as in {plain(dataset.name)}. It is right on {value:.2f} of "
        f"{scores.where} (95 % interval {low:.2f} to {high:.2f}), which show {classes}.\n"
    )


def tell_scores(scores: Scores, training: Dataset | None) -> Iterator[str]:
    """The evaluation, heading by heading."""
    yield "## Evaluation\n\n### Testing Data\n"
    yield tell_data(scores)
    yield "### Results\n"
    yield tabulate_metrics(scores, training)
    yield "### Probabilities\n"
    yield tell_calibration(scores)
    yield "### By class\n"
    yield tabulate_classes(scores)
    yield "### By group\n"
    yield tabulate_parts(scores)

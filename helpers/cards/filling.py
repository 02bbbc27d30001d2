"""Cards: what a colleague who gets a dataset or a model has to know, and what nobody measured.

The format is Hugging Face's: Markdown under YAML, with the headings of its templates
(https://huggingface.co/docs/hub/datasets-cards and /model-cards), after "Datasheets for Datasets"
(Gebru and others, 2021) and "Model Cards for Model Reporting" (Mitchell and others, 2019).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from helpers.cards import dataset_sections as sections
from helpers.cards import model_sections as models
from helpers.cards.markdown import blank, bullets, front_matter, licence_facts, plain, scrub
from helpers.datasets import Dataset
from helpers.datasets.words import some

COLLECTOR, AUTHOR = "the person who collected the images", "the person who trained the model"
STEPS = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M",
         10_000_000: "1M<n<10M"}  # fmt: skip
DATASET_BLANKS = {
    "purpose": "why the images were collected, and for which question",
    "out of scope": "what the dataset should not be used for",
    "collection": "when, where, with which devices and by which rule images were taken and chosen",
    "annotation": "who named the classes, by which guideline, and how disagreements were settled",
    "people": "whether people can be recognised in the images, and what they agreed to",
    "contact": "whom to ask, and who keeps the dataset up to date",
}
"""What `dataset_card` cannot know, and where `known` fills it in."""

MODEL_BLANKS = {
    "direct use": "who is to use the model for what, and what follows from its answers",
    "out of scope": "what the model should not be used for",
    "consequences": "what a wrong answer costs, and whom",
    "contact": "whom to ask, and who mends the model when it fails",
}
"""What `model_card` cannot know, and where `known` fills it in."""


def dataset_card(
    dataset: Dataset, *,
    scanned: pd.DataFrame | None = None, duplicates: pd.DataFrame | None = None,
    quality: pd.DataFrame | None = None, doubts: pd.DataFrame | None = None,
    leaks: pd.DataFrame | None = None, associations: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None, findings: Sequence[str] = (),
    not_checked: Sequence[str] = (), known: Mapping[str, str] | None = None,
    licence: str | None = None, things: pd.Series | None = None, split_source: str = "",
) -> str:  # fmt: skip
    """A dataset card: what was counted and measured, and gaps for what only a person knows.

    Each table that is not given is named under what was not checked. Values of columns whose names
    speak of places, serial numbers or persons are not shown, nor are paths of this computer.

    Parameters
    ----------
    dataset : Dataset
        With the split that goes with it; test images are counted, never looked at.
    scanned : DataFrame from `helpers.audit.scan`, optional
    duplicates : DataFrame from `find_duplicates`, optional
    quality : DataFrame from `summarise_quality`, optional
    doubts : DataFrame from `find_label_issues`, optional
    leaks : DataFrame from `check_leakage`, optional
    associations : DataFrame from `helpers.balance.associate`, optional
    decisions : DataFrame by image_id with the column action, optional
        As from ``DecisionLog.current()``.
    findings, not_checked : list of str
        Further sentences, the most important first; shown as they are, as text.
    known : mapping, optional
        What a person knows, in Markdown, by the keys of `DATASET_BLANKS`.
    licence : str, optional
        An identifier of the Hub's such as "cc0-1.0", or a name or an address.
    things : Series by image_id, optional
        What each image shows, where more is known than the group column: copies count as one thing.
    split_source : str, optional
        A sentence on where the split comes from, if it did not come with the dataset.

    Returns
    -------
    str
        Markdown under YAML, as ``README.md`` of a repository has it.
    """
    known = _check_known(known, DATASET_BLANKS)
    size = next((name for most, name in STEPS.items() if len(dataset) < most), "n>10M")
    head = licence_facts(licence) | {
        "pretty_name": dataset.name,
        "task_categories": ["image-classification"],
        "size_categories": [size],
    }
    measured = {"Files": scanned, "Copies": duplicates, "Faults of pictures": quality,
                "Labels": doubts, "Leaks between splits": leaks,
                sections.LABEL: associations}  # fmt: skip
    asked = {
        key: blank(question, known, key, COLLECTOR) for key, question in DATASET_BLANKS.items()
    }
    parts = [
        f"# Dataset Card for {plain(dataset.name)}\n",
        sections.summarise(dataset),
        "## Dataset Details\n",
        bullets(sections.list_details(dataset, licence, things)),
        "## Uses\n\n### Direct Use\n",
        asked["purpose"],
        "### Out-of-Scope Use\n",
        asked["out of scope"],
        "## Dataset Structure\n\n### Data Splits\n",
        sections.tabulate_splits(dataset, things),
        plain(split_source) + "\n" * bool(split_source),
        "### Data Fields\n",
        sections.tabulate_fields(dataset),
        "## Dataset Creation\n\n### Data Collection and Processing\n",
        asked["collection"],
        sections.tell_decisions(dataset, decisions),
        "### Annotation process\n",
        asked["annotation"],
        "### Personal and Sensitive Information\n",
        asked["people"],
        sections.tell_places(scanned),
        "## Bias, Risks, and Limitations\n",
        bullets(plain(scrub(finding, dataset)) for finding in findings),
        *sections.tell_measured(dataset, measured),
        "### What was not checked\n",
        bullets(sections.list_unchecked(dataset, measured, not_checked)),
        "## Dataset Card Contact\n",
        asked["contact"],
    ]
    return front_matter(head) + "\n" + "\n".join(part for part in parts if part)


def model_card(
    exported, predictions: pd.DataFrame | None, dataset: Dataset, *, name: str | None = None,
    training: Dataset | None = None, settings: Mapping[str, Any] | None = None,
    agreement=None, findings: Sequence[str] = (), not_checked: Sequence[str] = (),
    known: Mapping[str, str] | None = None, licence: str | None = None,
    groups: pd.Series | None = None,
) -> str:  # fmt: skip
    """A model card: how well it does on images it had not seen, by class and by group, with
    intervals, and gaps for what only a person knows.

    Parameters
    ----------
    exported : ExportedModel or None
        From `export_model`.
    predictions : DataFrame from `helpers.training.predict` or `check_predictions`, or None
        Of the images that it is to be judged by, in one split; images without a label are passed
        over.
    dataset : Dataset
        Has these images, with groups and metadata; knows how often the test split was opened.
    name : str, optional
        By default the dataset's, and "classifier".
    training : Dataset, optional
        What it has learned from.
    settings : mapping, optional
        How it was trained, as it should be read: backbone, epochs, rate, seed, versions.
    agreement : Agreement, optional
        From `check_export`.
    findings, not_checked : list of str
        Further sentences, the most important first; shown as they are, as text.
    known : mapping, optional
        What a person knows, in Markdown, by the keys of `MODEL_BLANKS`.
    licence : str, optional
        An identifier of the Hub's such as "mit", or a name or an address.
    groups : Series by image_id, optional
        What each image shows, where more is known than the dataset's groups, such as copies:
        intervals count these.

    Returns
    -------
    str
        Markdown under YAML, with a ``model-index`` of the scores where there are any.
    """
    known = _check_known(known, MODEL_BLANKS)
    name = name or f"{dataset.name} classifier"
    labelled = predictions is not None and predictions["label"].notna().any()
    scores = models.Scores(predictions, dataset, groups) if labelled else None
    asked = {key: blank(question, known, key, AUTHOR) for key, question in MODEL_BLANKS.items()}
    head = licence_facts(licence) | {
        "pipeline_tag": "image-classification",
        "tags": ["image-classification", *(["onnx", "safetensors"] if exported else [])],
        "metrics": [kind for kind, _ in models.METRICS.values()] if scores else None,
        "model-index": scores.results(name) if scores else None,
    }
    licence = plain(licence) if licence else "*not known*; without one, nobody may use the model"
    parts = [
        f"# Model Card for {plain(name)}\n",
        models.summarise(scores, dataset),
        "## Model Details\n",
        bullets([f"**Licence:** {licence}", *models.list_details(exported, training)]),
        "## Uses\n\n### Direct Use\n",
        asked["direct use"],
        "### Out-of-Scope Use\n",
        asked["out of scope"],
        "## Bias, Risks, and Limitations\n",
        bullets(plain(scrub(finding, dataset)) for finding in findings),
        asked["consequences"],
        "### What was not checked\n",
        bullets(models.list_unchecked(scores, agreement, not_checked)),
        "## How to Get Started with the Model\n",
        models.start(exported),
        models.tell_agreement(agreement),
        "## Training Details\n",
        models.tell_training(training, settings or {}),
        *(models.tell_scores(scores, training) if scores else []),
        "## Model Card Contact\n",
        asked["contact"],
    ]
    return front_matter(head) + "\n" + "\n".join(part for part in parts if part)


def _check_known(known: Mapping[str, str] | None, blanks: Mapping[str, str]) -> dict[str, str]:
    if strange := [key for key in known or {} if key not in blanks]:
        raise ValueError(f"known has {some(strange)}; expected keys among {some(blanks, 9)}.")
    return dict(known or {})

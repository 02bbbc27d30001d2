"""The steps that learn: split, balance, train a head, thresholds, errors and explanations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pandas as pd
from ipywidgets import HTML, Text, ToggleButtons, VBox, Widget

from helpers import plots
from helpers.dashboard.parts import Part, follows_marks, prepare, words
from helpers.dashboard.study import EXPLAINED, TEST, VALIDATION
from helpers.datasets import Dataset
from helpers.datasets.words import count
from helpers.evaluation import score_parts
from helpers.evidence.audited import without_private
from helpers.evidence.budget import in_words
from helpers.evidence.learned import DUMMY, FROZEN, SAME_DATASET
from helpers.findings.showing import make_snippet
from helpers.needs.asking import read_needs
from helpers.panels.panel import Panel, button, control, row
from helpers.panels.text import safe
from helpers.plots.style import figure_html
from helpers.report.building import Report
from helpers.widgets import (
    explore_balance,
    explore_decisions,
    explore_errors,
    explore_explanations,
    explore_splits,
)

if TYPE_CHECKING:
    from helpers.dashboard.page import Dashboard
    from helpers.dashboard.study import Study


CLICKED = "Click a picture to see below what speaks for the answer."
FLATTERS = (
    " Tick those whose label may be wrong and review them; the score then flatters, since what the "
    "model has right is not looked at again."
)


def _split(page: Dashboard) -> Widget:
    prepare(page, "Split")
    model = page.study.model
    page.say("Split", "Dividing the images")
    report = Report(model, read_needs(None), progress=False)
    explorer = explore_splits(model.clean, model.features, model.pairs_of_clean)
    use = button("Use the split on show", "check", "go", "Training will use it")
    back = button("Use the proposed one", "undo")
    back.disabled = page.study.chosen is None
    use.on_click(lambda _: _take(page, explorer.splits))
    back.on_click(lambda _: _take(page, None))
    told = HTML(f"<h3>What training uses</h3>{make_snippet(report['split'])}")
    other = HTML("<h3>Try others</h3>")
    return VBox([told, other, explorer, row(use, back)])


def _take(page: Dashboard, split: pd.Series | None) -> None:
    page.study.chosen = split
    page.go_to("Split")


def _balance(page: Dashboard) -> Widget:
    prepare(page, "Balance")
    model = page.study.model
    page.say("Balance", "Training a head for each strength of the remedy")
    shown = explore_balance(model.divided, model.features)
    look = button("Look for shortcuts", "search", tooltip="What gives a class away: border, file")
    made = VBox([row(look)])
    parts = VBox([HTML("<h3>Who gains, who pays</h3>"), shown,
                  HTML("<h3>Does something else give a class away?</h3>"), made])  # fmt: skip

    def search() -> Widget:
        page.say("Balance", "Asking what borders, files and columns tell of the class")
        report = Report(page.study.model, read_needs(None), progress=False)
        made.children = [HTML(make_snippet(report["shortcuts"]))]
        return parts

    look.on_click(lambda _: page.run("Balance", search))
    return parts


def _train(page: Dashboard) -> Widget:
    study = page.study
    if study.trained:
        return _trained(page)
    page.say("Train", "Measuring how long it takes")
    _ = study.audit.files  # unreadable files take no time later
    seconds = study.seconds_to_embed()
    how = (
        f"about {in_words(max(seconds, 2))} on this computer, measured just now on a few images"
        if seconds else "a few seconds: the features are there already"
    )  # fmt: skip
    go = button("Train a head", "play", "go")
    go.on_click(lambda _: page.run("Train", lambda: _training(page)))
    return VBox([
        words("The bundled network turns each image into numbers and stays as it is (frozen); a "
              "linear model, the head, learns the classes from them."),
        words(f"For {count(study.audit.part.images, 'image')} it takes {how}. Other steps can be "
              "used meanwhile."),
        row(go),
    ])  # fmt: skip


def _training(page: Dashboard) -> Widget:
    prepare(page, "Train")
    page.say("Train", "Training the head")
    _ = page.study.model.head
    page.study.trained = True
    return _trained(page)


def _trained(page: Dashboard) -> Widget:
    page.say("Train", "Asking it about the validation images")
    model = page.study.model
    answers = model.answers[FROZEN]
    accuracy = model.scores[FROZEN].loc["accuracy"]
    said = (
        f"<b>{accuracy['value']:.0%}</b> of {len(answers):,} validation images right "
        f"({accuracy['low']:.0%} to {accuracy['high']:.0%}); a dummy that always says the commonest"
        f" class: {model.scores[DUMMY].loc['accuracy', 'value']:.0%}."
    )
    table = _scores({"head": model.scores[FROZEN], "dummy": model.scores[DUMMY]})
    note = f"Intervals cover 95 %, drawn by whole groups. {SAME_DATASET}"
    parts = [words(said), HTML(table), words(note)]
    if page.study.closed:
        parts.append(Opening(page))
    return VBox(parts)


def _scores(scores: dict[str, pd.DataFrame]) -> str:
    rows = list(next(iter(scores.values())).index)
    head = "".join(f"<th>{safe(name)}</th>" for name in ["score", *scores])
    body = ""
    for name in rows:
        cells = "".join(
            f"<td>{one.loc[name, 'value']:.2f} ({one.loc[name, 'low']:.2f} to "
            f"{one.loc[name, 'high']:.2f})</td>"
            for one in scores.values()
        )
        body += f"<tr><td>{safe(name)}</td>{cells}</tr>"
    return f'<div class="scroll"><table class="scores"><tr>{head}</tr>{body}</table></div>'


class Opening(Panel):
    """Opens the test split on purpose, with a reason that is written down.

    Attributes
    ----------
    reason, open_it : controls
    """

    def __init__(self, page: Dashboard):
        self.page, study = page, page.study
        super().__init__(f"{study.closed:,} test images")
        self.reason = control(Text, "Why are they opened? The reason is written down", "400px")
        self.open_it = button("Open the test images", "unlock")
        before = study.dataset.test_openings()
        told = f" They were opened {count(before, 'time')} before." if len(before) else ""
        self.details.value = (
            f"<b>{study.closed:,} test images are closed.</b> Every look at them makes the final "
            f"score a little less honest: choose on validation, and open them at the end.{told}"
        )
        self.fill(self.details, row(self.reason, self.open_it), self.status)
        self.answer(self._open, self.open_it)

    def _open(self) -> None:
        self.page.study.open_test(self.reason.value)
        self.open_it.disabled = self.reason.disabled = True
        self.say("Opened, and written down. Thresholds and Errors offer the test images now.",
                 "notice")  # fmt: skip


def _on_a_split(page: Dashboard, name: str, make) -> Widget:
    """What `make` shows for the validation images, or the test images once these are open."""
    study = page.study
    if not study.trained:
        go = button("Go to Train", "arrow-right")
        go.on_click(lambda _: page.go_to("Train"))
        return VBox([words("There is no model yet: train a head first."), row(go)])
    prepare(page, name)
    page.say(name, "Asking the head")
    if not study.openings:
        told = f"On {len(study.judged(VALIDATION)[0]):,} validation images."
        if study.closed:
            told += f" The {study.closed:,} test images stay closed (see Train)."
        return VBox([words(told), make(study, VALIDATION)])
    sides = control(ToggleButtons, "Images", "auto", options=[VALIDATION, TEST])
    shown = VBox([make(study, VALIDATION)])

    def change() -> Widget:
        page.say(name, "Asking the head")
        shown.children = [make(study, sides.value)]
        return whole

    whole = VBox([sides, shown])
    sides.observe(lambda _: page.run(name, change), "value")
    return whole


def _thresholds(page: Dashboard) -> Widget:
    return _on_a_split(
        page, "Thresholds", lambda study, side: explore_decisions(study.judged(side)[0])
    )


def _errors(page: Dashboard) -> Widget:
    return _on_a_split(page, "Errors", lambda study, side: _explain(page, study, side))


def _explain(page: Dashboard, study: Study, side: str) -> Widget:
    answers, part = study.judged(side)
    wrong = answers["prediction"] != answers["label"]
    first = answers.assign(wrong=wrong).sort_values(["wrong", "confidence"], ascending=False)
    few = part.with_images(part.images.loc[sorted(first.index[:EXPLAINED])])
    shown = explore_explanations(study.model.learner, few)
    heading = f"<h3>What speaks for an answer?</h3><p>{_chosen(len(few), len(part))}</p>"
    parts = HTML(f"<h3>For whom does it fail?</h3>{_parts(study, answers, part)}")
    errors = explore_errors(part, answers)
    # To mend the labels of those test images alone that the model disputes would flatter it.
    errors.link(shown.show, page.review if side == VALIDATION else None)
    told = CLICKED + (FLATTERS if side == VALIDATION else "")
    return VBox([words(told), errors, HTML(heading), shown, parts])


def _chosen(few: int, images: int) -> str:
    if few == images:
        return ""
    return f"To choose from: {few:,} of {images:,} images, errors first, those it was surest of."


def _parts(study: Study, answers: pd.DataFrame, part: Dataset) -> str:
    """Scores of the values of each column, as an image, or why there are none."""
    scores = score_parts(answers, without_private(part), study.groups)
    if not scores["shown"].any():
        return "<p>No column has parts large enough to be scored by themselves.</p>"
    figure = plots.parts(scores).figure
    drawn = figure_html(figure)
    plt.close(figure)
    return drawn


def _trains(page: Dashboard):
    return follows_marks(page), page.study.trained, page.study.openings


PARTS = [
    Part("Split", "Which images are trained on, which are validated on, and what leaks?", _split,
         True, follows_marks),
    Part("Balance", "How rare are the rare classes, and who pays when they count for more?",
         _balance, True, follows_marks),
    Part("Train", "What does a quick model reach, against guessing?", _train, True, follows_marks),
    Part("Thresholds", "From which probability on should a class be reported?", _thresholds, True,
         _trains),
    Part("Errors", "What does it get wrong, and what speaks for its answers?", _errors, True,
         _trains),
]  # fmt: skip

"""A switch per regulariser: the curves of a study under any of them, alone and together."""

import pandas as pd
from ipywidgets import ToggleButtons
from matplotlib.figure import Figure

from helpers.panels.panel import Panel, choice, control, row
from helpers.panels.text import safe
from helpers.plots.regularising import overfitting
from helpers.plots.style import figure_html, styled
from helpers.regularisation.comparing import gaps

PARTS = {
    "augment": "augmentation", "smoothing": "label smoothing", "dropout": "dropout",
    "decay": "weight decay",
}  # fmt: skip
"""Words of the study's names for trainings under several cures, and how the switches are called."""

TOGETHER = "those switched on above"


class CureExplorer(Panel):
    """The widget that `explore_cures` returns.

    Attributes
    ----------
    switches : dict of name to ToggleButtons
        On or off, for the cures that the study has in every combination.
    other : Dropdown
        A training of the study with something else, alone.
    stopping : ToggleButtons
        Whether the weights that early stopping keeps are scored, or the last ones.
    picture, details : ipywidgets.HTML
    """

    def __init__(self, study: pd.DataFrame):
        super().__init__(f"Cures: {study['cure'].nunique()} trainings to compare")
        self.study, self.drawn = study, {}
        self.names = {parts_of(cure): cure for cure in study["cure"].unique()}
        known = {part for parts in self.names for part in parts if part in PARTS}
        self.switches = {part: _switch(PARTS[part]) for part in PARTS if part in known}
        others = [cure for parts, cure in self.names.items() if not parts <= set(PARTS)]
        self.other = choice("Or one alone", [TOGETHER, *others], "200px")
        self.stopping = _switch("early stopping")
        shown = [*self.switches.values(), self.stopping, self.other]
        self.fill(row(*shown), self.status, self.picture, self.details)
        self.answer(self._show, *shown)
        self._show()

    @property
    def cure(self) -> str | None:
        """The training on show, by its name in the study; None where it has no such."""
        if self.other.value != TOGETHER:
            return self.other.value
        on = frozenset(part for part, switch in self.switches.items() if switch.value)
        return self.names.get(on)

    def _show(self) -> None:
        alone = self.other.value != TOGETHER
        for switch in self.switches.values():
            switch.disabled = alone
        if self.cure is None:
            self.picture.value, self.details.value = "", "This combination was not trained."
            return
        key = self.cure, self.stopping.value
        if key not in self.drawn:
            self.drawn[key] = draw_cure(self.study, *key), describe_cure(self.study, *key)
        self.picture.value, self.details.value = self.drawn[key]


def parts_of(cure: str) -> frozenset[str]:
    """Which of `PARTS` a name of the study stands for; the name itself where it is another cure."""
    if cure == "none":
        return frozenset()
    if cure == "all four":
        return frozenset(PARTS)
    parts = [next((p for p, n in PARTS.items() if w in (p, n)), w) for w in cure.split(" + ")]
    return frozenset(parts)


@styled
def draw_cure(study: pd.DataFrame, cure: str, stopping: bool = False) -> str:
    """Mean curves of a cure, as an HTML image."""
    rows = study[study["cure"] == cure]
    # The margins are known: to have them found again takes a fifth of the time until it shows.
    figure = Figure(figsize=(8.6, 3.2), layout="none")
    figure.subplots_adjust(left=0.05, right=0.88, bottom=0.15, top=0.82)
    kept = round(rows.loc[rows["stopped"], "epoch"].median()) if stopping else None
    overfitting(rows, kept, ax=figure.subplots())
    return figure_html(figure, crop=False)


def describe_cure(study: pd.DataFrame, cure: str, stopping: bool = False) -> str:
    """What a cure came to beside none, as HTML; `stopping` takes the weights early stopping keeps.

    Means over the repeats that both have; on fresh images where the study has such.
    """
    name = f"{cure}, stopped early" if stopping else cure
    plain, ours = _ends(study, "none", False), _ends(study, cure, stopping)
    both = plain.index.intersection(ours.index)
    plain, ours = plain.loc[both].mean(), ours.loc[both].mean()
    rows = "".join(
        f"<tr><th>{word}</th><td>{plain[figure]:.2f}</td><td><b>{ours[figure]:.2f}</b></td></tr>"
        for figure, word in (
            ("gap", "gap between training and validation"), ("loss", "log loss"),
            ("accuracy", "accuracy"), ("ece", "calibration error"),
        )
    )  # fmt: skip
    head = f"<tr><td></td><td>none</td><td><b>{safe(name)}</b></td></tr>"
    where = "fresh images" if "fresh_loss" in study else "validation images"
    told = f'<p class="quiet">Mean of {len(both)} repeats; all but the gap on {where}.</p>'
    return f'<div class="details"><table>{head}{rows}</table></div>{told}'


def explore_cures(study: pd.DataFrame) -> CureExplorer:
    """Return switches for regularisers; leave it on a cell's last line to show it.

    Parameters
    ----------
    study : DataFrame
        A row per cure, seed and epoch, of one setting: ``read_study("regularisation")``, or from
        `helpers.regularisation.compare_cures`.
    """
    return CureExplorer(study)


def _ends(study: pd.DataFrame, cure: str, stopping: bool) -> pd.DataFrame:
    """Where the trainings under a cure ended, by seed."""
    rows = study[study["cure"] == cure]
    rows = rows[rows["stopped"]] if stopping else rows
    return gaps(rows.assign(stopped=False)).set_index("seed").drop(columns="cure")


def _switch(name: str) -> ToggleButtons:
    made = control(ToggleButtons, name, options=[("off", False), ("on", True)])
    made.style.button_width = "auto"
    return made

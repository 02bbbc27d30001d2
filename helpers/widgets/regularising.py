"""A slider per regulariser: the curves of a study under any combination of them."""

from dataclasses import asdict

import pandas as pd
from ipywidgets import SelectionSlider, ToggleButtons
from matplotlib.figure import Figure

from helpers.datasets.words import some
from helpers.panels.panel import Panel, control, grid
from helpers.panels.text import safe
from helpers.plots.regularising import overfitting
from helpers.plots.style import figure_html, styled
from helpers.regularisation.comparing import NOTHING, PARTS, mean_curves, name_combination
from helpers.regularisation.recipes import CURES

SIDES = {name: asdict(CURES[name]) for name in ("none", "all four")}
"""What the combination on show is held against, where the study has it."""
FIGURES = {"gap": "gap", "loss": "log loss",
           "accuracy": "accuracy", "ece": "calibration error"}  # fmt: skip
WHOLE = ' style="white-space: nowrap"'
"""Of a cell that a long name beside it must not break in two."""


class CureExplorer(Panel):
    """The widget that `explore_cures` returns.

    Attributes
    ----------
    sliders : dict of name to SelectionSlider, or ToggleButtons for off and on
        A strength of each regulariser that the study has more than one strength of.
    stopping : ToggleButtons
        Whether the weights that early stopping keeps are scored, or the last ones.
    picture, details : ipywidgets.HTML
    """

    def __init__(self, study: pd.DataFrame):
        self.study, self.drawn = _means(study), {}
        known = [name for name in PARTS if name in self.study]
        self.rows: dict[tuple, list[int]] = {}
        for place, key in enumerate(zip(*(self.study[name] for name in known), strict=True)):
            self.rows.setdefault(key, []).append(place)
        super().__init__(f"Cures: {len(self.rows)} combinations to compare")
        self.fixed = {name: self.study[name].iloc[0] for name in known}
        self.sliders = {
            name: _slider(name, values)
            for name in known
            if len(values := sorted(self.study[name].unique())) > 1
        }
        self.stopping = _switch("early stopping")
        shown = [*self.sliders.values(), self.stopping]
        self.fill(grid(*shown), self.status, self.picture, self.details)
        self.answer(self._show, *shown)
        self._show()

    @property
    def combination(self) -> dict[str, float]:
        """The strength of every regulariser, by its name."""
        return self.fixed | {name: slider.value for name, slider in self.sliders.items()}

    def curves(self, combination: dict[str, float]) -> pd.DataFrame:
        """The rows of a combination; none where it was not trained."""
        return self.study.iloc[self.rows.get(tuple(combination.values()), [])]

    def _show(self) -> None:
        key = (*self.combination.values(), self.stopping.value)
        if key not in self.drawn:
            self.drawn[key] = self._draw(self.combination, self.stopping.value)
        self.picture.value, self.details.value = self.drawn[key]

    def _draw(self, combination: dict[str, float], stopping: bool) -> tuple[str, str]:
        rows, name = self.curves(combination), name_combination(combination)
        if rows.empty:
            keys = (dict(zip(combination, key, strict=True)) for key in self.rows)
            trained = map(name_combination, keys)
            told = f"{name}: not trained together. Trained: {some(trained, 12)}."
            return "", f"<p>{safe(told)}</p>"
        beside = {}
        for side, parts in SIDES.items():
            found = self.curves({one: parts[one] for one in combination})
            if len(found) and _differing(parts) <= {*combination}:
                beside[side] = found
        name = f"{name}, stopped early" if stopping else name
        return draw_cure(rows, stopping), describe_cure(rows, name, stopping, beside)


@styled
def draw_cure(rows: pd.DataFrame, stopping: bool = False) -> str:
    """Mean curves of a combination, as an HTML image."""
    # The margins are known: to have them found again takes a fifth of the time until it shows.
    figure = Figure(figsize=(8.6, 3.2), layout="none")
    figure.subplots_adjust(left=0.05, right=0.88, bottom=0.15, top=0.82)
    kept = round(rows.loc[rows["stopped"], "epoch"].iloc[0]) if stopping else None
    overfitting(rows[~rows["stopped"]], kept, ax=figure.subplots())
    return figure_html(figure, crop=False)


def describe_cure(
    rows: pd.DataFrame, name: str, stopping: bool, beside: dict[str, pd.DataFrame]
) -> str:
    """What a combination came to beside others, as HTML; on fresh images where the study has such.

    Parameters
    ----------
    rows : DataFrame
        Of one combination, as from `mean_curves`.
    stopping : bool
        Take the weights that early stopping keeps; of the others the last ones are taken.
    beside : name → DataFrame
        Those of other combinations.
    """
    ends = {other: _end(found, False) for other, found in beside.items()}
    shown = [(safe(other), "{:.3f}", end) for other, end in ends.items()]
    shown.append((f"<b>{safe(name)}</b>", "<b>{:.3f}</b>", _end(rows, stopping)))
    *heads, own = [head for head, _, _ in shown]
    lines = [("", "".join(f"<td{WHOLE}>{head}</td>" for head in heads) + f"<td>{own}</td>")]
    for figure, word in FIGURES.items():
        cells = (f"<td{WHOLE}>{look.format(end[figure])}</td>" for _, look, end in shown)
        lines.append((word, "".join(cells)))
    table = "".join(f"<tr><th>{word}</th>{cells}</tr>" for word, cells in lines)
    where = "fresh images" if "fresh_loss" in rows else "validation images"
    told = f"Mean of {rows['repeats'].iloc[0]} repeats; all but the gap on {where}."
    return f'<div class="details"><table>{table}</table></div><p class="quiet">{told}</p>'


def explore_cures(study: pd.DataFrame) -> CureExplorer:
    """Return a slider per regulariser; leave it on a cell's last line to show it.

    Parameters
    ----------
    study : DataFrame
        ``read_study("cure_grid")``, or a row per cure, seed and epoch from
        `helpers.regularisation.compare_cures`. Only strengths that it has are offered, and of a
        combination that was not trained that is said.

    Raises
    ------
    ValueError
        The table does not say what makes up its cures, or no repeat has all of them.
    """
    return CureExplorer(study)


def _means(study: pd.DataFrame) -> pd.DataFrame:
    if not {*PARTS} & {*study.columns}:
        raise ValueError(
            f"The table has none of the columns {some(PARTS, 8)}, so which cures its trainings had "
            'cannot be told; expected read_study("cure_grid") or a table from compare_cures.'
        )
    return mean_curves(study) if "seed" in study else study


def _differing(parts: dict[str, float]) -> set[str]:
    return {name for name, strength in parts.items() if strength != NOTHING[name]}


def _end(rows: pd.DataFrame, stopping: bool) -> dict[str, float]:
    """Where the training under a combination ended."""
    row = rows[rows["stopped"] == stopping].sort_values("epoch").iloc[-1]
    where = "fresh" if "fresh_loss" in row else "valid"
    scores = {name: row[f"{where}_{name}"] for name in ("loss", "accuracy", "ece")}
    return {"gap": row["valid_loss"] - row["train_loss"], **scores}


def _slider(name: str, values: list) -> SelectionSlider | ToggleButtons:
    if name == "augment":
        return _switch(PARTS[name])
    made = control(
        SelectionSlider, PARTS[name], options=[(f"{value:g}", value) for value in values]
    )
    if NOTHING[name] in values:
        made.value = NOTHING[name]
    return made


def _switch(name: str) -> ToggleButtons:
    made = control(ToggleButtons, name, options=[("off", False), ("on", True)])
    made.style.button_width = "auto"
    return made

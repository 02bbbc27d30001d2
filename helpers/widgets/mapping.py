"""A map of the dataset to move about in: zoom, hover, lasso, and review what was caught."""

from pathlib import Path

import numpy as np
import pandas as pd
from anywidget import AnyWidget
from ipywidgets import HTML, Textarea, ToggleButtons, VBox
from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from traitlets import Bool, Bytes, Int, List, Unicode

from helpers.datasets import DatasetError
from helpers.panels import selection
from helpers.panels.filters import RANGE, kind_of
from helpers.panels.panel import Panel, button, choice, control, row
from helpers.panels.picking import TOGGLE, Selection, tell_selected
from helpers.panels.text import named, plain, safe
from helpers.panels.thumbnails import Thumbnails
from helpers.plots.style import CLASS_COLOURS, alt, figure_html, palette, styled
from helpers.review import review_of

LAID_OUT, NEIGHBOURS = 2000, 5
"""Images that t-SNE lays out; the others go between their nearest of those."""
ASIDE = 0.01
"""How far copies of one image, which have one place, are moved apart at most."""
STEPS = 32
"""Colours of a column of numbers, from low to high."""
REST = "#b8bec4"
NO_VALUE = "no value"
# In the tags themselves, since a stored notebook shows them without our style sheet.
_LEGEND = "display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 12px"
_DOT = "display: inline-block; width: 10px; height: 10px; border-radius: 5px; margin-right: 5px"


def lay_out(features: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Places on a plane where images with similar features lie close.

    Standardised features are reduced to 30 principal components; a random sample of at most
    `LAID_OUT` images is laid out by t-SNE (van der Maaten and Hinton, 2008), and each other image
    at the mean of its nearest ones in the sample.

    Parameters
    ----------
    features : DataFrame by image_id, numbers only

    Returns
    -------
    DataFrame by image_id: x, y, each 0 to 1; neither has a unit
    """
    values = features.to_numpy(np.float64)
    values = (values - values.mean(0)) / np.maximum(values.std(0), 1e-9)
    # Of images that are all the same one is laid out: places that coincide crash scikit-learn.
    values, place = np.unique(values, axis=0, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(values))
    sample = np.sort(order[:LAID_OUT])
    values = _reduce(values, seed)
    laid = _embed(values[sample], seed)
    places = np.zeros((len(values), 2))
    places[sample] = laid
    if len(rest := np.setdiff1d(order, sample)):
        from sklearn.neighbors import NearestNeighbors

        known = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(values[sample])
        places[rest] = laid[known.kneighbors(values[rest], return_distance=False)].mean(1)
    low, high = places.min(0), places.max(0)
    places = (places - (low + high) / 2) / np.maximum(high - low, 1e-9) * (1 - 2 * ASIDE) + 0.5
    found = pd.DataFrame(places[place.ravel()], features.index, ["x", "y"])
    again = found.groupby(["x", "y"]).cumcount()
    return found.add(np.minimum(again, 3) * ASIDE / 3, axis=0)


def _reduce(values: np.ndarray, seed: int) -> np.ndarray:
    """The first 30 principal components."""
    from sklearn.decomposition import PCA

    parts = min(30, *values.shape)
    return PCA(parts, random_state=seed, svd_solver="full").fit_transform(values)


def _embed(values: np.ndarray, seed: int) -> np.ndarray:
    """Places by t-SNE; a few images stand in a line."""
    from sklearn.manifold import TSNE

    if len(values) < 6 or values.shape[1] < 2:
        return np.column_stack([np.arange(len(values)), np.zeros(len(values))])
    near = min(30, (len(values) - 1) // 3)
    return TSNE(perplexity=near, init="pca", random_state=seed).fit_transform(values)


def colour(column: pd.Series, classes: bool = False) -> tuple[np.ndarray, list[str], list[str]]:
    """How a column colours the points: for each its colour's place, the colours, and their names.

    Numbers of many values go from dark (low) to light (high) in `STEPS`; other columns give the
    twelve commonest values a colour each, or with `classes` every one its own. What has no value,
    or a rarer one, is grey.
    """
    missing = column.isna().to_numpy()
    if kind_of(column) == RANGE:
        ranks = column.rank(pct=True).fillna(0).to_numpy()
        codes = np.minimum((ranks * STEPS).astype(int), STEPS - 1)
        colours = [to_hex(colormaps["viridis"](step / (STEPS - 1))) for step in range(STEPS)]
        low, middle, high = column.quantile([0, 0.5, 1])
        ends = {0: low, STEPS // 2: middle, STEPS - 1: high}
        names = [plain(ends[step]) if step in ends else "" for step in range(STEPS)]
    else:
        text = column.astype("object").map(plain)
        counts = text[~missing].value_counts()
        known = sorted(counts.index if classes else counts.index[: len(CLASS_COLOURS)])[:254]
        colours, names = [palette(known)[name] for name in known], known
        codes = text.map({name: place for place, name in enumerate(known)}).fillna(-1)
        codes = codes.to_numpy(int)
        missing = missing | (codes < 0)
    codes = np.where(missing, len(colours), codes).astype(np.uint8)
    rest = f"{NO_VALUE} or another" if (missing & column.notna()).any() else NO_VALUE
    return codes, [*colours, REST], [*names, rest if missing.any() else ""]


class Points(AnyWidget):
    """The points themselves; see ``map.js``."""

    _esm = Path(__file__).with_name("map.js").read_text(encoding="utf-8")
    _css = Path(__file__).with_name("map.css").read_text(encoding="utf-8")
    points, codes = Bytes().tag(sync=True), Bytes().tag(sync=True)
    colours, chosen = List(Unicode()).tag(sync=True), List(Int()).tag(sync=True)
    label, lasso = Unicode().tag(sync=True), Bool(False).tag(sync=True)
    hovered, home = Int(-1).tag(sync=True), Int(0).tag(sync=True)
    pressed, picture = List().tag(sync=True), List([-1, ""]).tag(sync=True)

    @styled
    def still(self) -> str:
        """The whole map as an HTML image, for where no kernel runs."""
        places = np.frombuffer(self.points, np.float32).reshape(-1, 2)
        figure = Figure(figsize=(8.6, 5), layout="none")
        ax = figure.add_axes((0, 0, 1, 1))
        ax.axis("off")
        shades = [self.colours[code] for code in self.codes]
        size = np.clip(6000 / max(len(places), 1), 4, 40)
        ax.scatter(*places.T, c=shades, s=size, linewidths=0, alpha=0.85)
        return figure_html(alt(figure, self.label))


class MapExplorer(Panel):
    """The widget that `explore_map` returns.

    Attributes
    ----------
    colour_by, drag, home, drop_all, to_review_button, ids : controls
        The column that colours the points; whether dragging moves the map or draws a lasso; the
        whole map again; selecting nothing; reviewing what is selected; its ids, to be copied.
    points : Points
    places : DataFrame by image_id: x, y
    selected : list of str
    to_review : callable
        Takes the selected ids; a review below the map if nothing else is put in its place.
    """

    def __init__(self, dataset, features: pd.DataFrame, table: pd.DataFrame | None = None):
        rows = selection.join_table(dataset, table)
        rows = rows[~rows.index.duplicated()]
        self.ids_shown = rows.index[rows.index.isin(features.index)]
        if self.ids_shown.empty:
            raise DatasetError(f"No image of {dataset.name!r} has features; nothing to draw.")
        self.dataset, self.rows = dataset, rows.loc[self.ids_shown]
        super().__init__(f"Map of {dataset.name}: {len(self.rows):,} images")
        self.places = lay_out(features.loc[self.ids_shown])
        self.selection, self.to_review = Selection(), self._review_below
        self.thumbnails = Thumbnails(dataset, 273, 200)
        names = ["label", "split", *(name for name in self.rows if name not in ("label", "split"))]
        offered = [(plain(name), name) for name in names if self.rows[name].notna().any()]
        self.colour_by = choice("Colour by", offered or [("nothing", "")], "200px")
        ways = [("draws a lasso", True), ("moves the map", False)]
        self.drag = control(ToggleButtons, "Dragging", "auto", options=ways)
        self.drag.style.button_width = "auto"
        self.home, self.drop_all = button("Whole map", "home"), button("Select none", "square-o")
        self.to_review_button = button("Review selected", "eye")
        self.ids = control(Textarea, "Their ids, to copy", "420px", rows=2)
        self.picked, self.below = HTML(layout={"align_self": "center"}), VBox()
        places = self.places.to_numpy(np.float32).tobytes()
        self.points = Points(points=places, lasso=True)
        self.count.value = (
            '<span class="quiet">Wheel, or + and −, zooms; hovering, or the arrow keys, shows a '
            "picture; a click, or Enter, selects it; Shift and dragging always draws a lasso, Ctrl "
            "adds to the selection.</span>"
        )
        self.fill(
            row(self.colour_by, self.drag, self.home),
            *(self.status, self.details, self.points),
            row(self.picked, self.drop_all, self.to_review_button, self.ids),
            *(self.count, self.below),
        )
        self.answer(self._colour, self.colour_by)
        self.answer(self._drag, self.drag)
        self.answer(self._go_home, self.home)
        self.answer(self._take_none, self.drop_all)
        self.answer(lambda: self.to_review(self.selected), self.to_review_button)
        self.points.observe(lambda change: self._hover(change["new"]), "hovered")
        self.points.observe(
            lambda change: self._act(lambda: self._press(*change["new"][:2])), "pressed"
        )
        self._colour()
        self._mark()

    @property
    def selected(self) -> list[str]:
        return list(self.selection.image_ids)

    def _colour(self) -> None:
        name = self.colour_by.value
        column = self.rows[name] if name else pd.Series("", self.rows.index)
        codes, colours, names = colour(column, classes=name == "label")
        self.points.colours, self.points.codes = colours, codes.tobytes()
        told = zip(colours, names, strict=True)
        marks = "".join(f'<span><i style="{_DOT}; background: {c}"></i>{safe(named(n))}</span>'
                        for c, n in told if n)  # fmt: skip
        self.details.value = f'<div class="legend" style="{_LEGEND}">{marks}</div>'
        self.points.label = (
            f"Map of {len(self.rows):,} images, coloured by {plain(name) or 'nothing'}; images with"
            " similar features lie close"
        )

    def _drag(self) -> None:
        self.points.lasso = self.drag.value

    def _go_home(self) -> None:
        self.points.home += 1

    def _hover(self, place: int) -> None:
        if not 0 <= place < len(self.rows):
            return
        image_id = self.ids_shown[place]
        values = [self.rows["label"][image_id], image_id.rsplit("/", 1)[-1]]
        if self.colour_by.value not in ("", "label"):
            values.append(self.rows[self.colour_by.value][image_id])
        words = " · ".join(safe(one) for one in values if not pd.isna(one))
        self.points.picture = [place, self.thumbnails.figures([image_id], [words])]

    def _press(self, places: list[int], how: str) -> None:
        """Points were caught: "only" and "add" by a lasso, "toggle" by a click."""
        caught = [self.ids_shown[place] for place in places if 0 <= place < len(self.rows)]
        if how == TOGGLE:
            for one in caught:
                self.selection.press(one, TOGGLE, caught)
        else:
            if how == "only":
                self.selection.clear()
            self.selection.add(caught)
        self._mark()

    def _take_none(self) -> None:
        self.selection.clear()
        self._mark()

    def _mark(self) -> None:
        places = self.ids_shown.get_indexer(self.selected)
        self.points.chosen = [int(place) for place in places]
        tell_selected(self)

    def _review_below(self, image_ids: list[str]) -> None:
        self.below.children = [review_of(self.dataset, image_ids)]


def explore_map(dataset, features: pd.DataFrame, table: pd.DataFrame | None = None) -> MapExplorer:
    """Return a map of the dataset to move about in; leave it on a cell's last line to show it.

    Parameters
    ----------
    dataset : Dataset
    features : DataFrame by image_id
        As from `embed` or `describe`: images with similar features lie close.
    table : DataFrame, optional
        Anything by image_id: its columns can colour the points.

    Raises
    ------
    DatasetError
        No image of the dataset has features.
    """
    return MapExplorer(dataset, features, table)

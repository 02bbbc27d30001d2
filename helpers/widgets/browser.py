"""A browser for the images of a dataset: filter, sort, turn pages, pick out, look closely."""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from ipywidgets import HTML, Text, Textarea, VBox

from helpers.datasets import DatasetError
from helpers.datasets.words import count
from helpers.panels import selection
from helpers.panels.filters import Filter
from helpers.panels.panel import Panel, button, choice, control, grid, row
from helpers.panels.picking import Picker, Selection, tell_selected
from helpers.panels.pictures import Pictures
from helpers.panels.selection import Only, choices
from helpers.panels.text import details_html, named, plain, safe
from helpers.panels.thumbnails import Thumbnails
from helpers.review import review_of

NO_IMAGES = "There are no images to show."
FILTERS = 3
TRIED = 16
"""Images that are embedded before it is said how long all will take."""

Features = pd.DataFrame | Callable[[], pd.DataFrame | None] | None


class Browser(Panel):
    """The widget that `browse` returns.

    Attributes
    ----------
    label, split, search, sort, order, per_page : controls
        What is shown, and in which order.
    filters : list of Filter
        Further filters on any column, all of which must hold; `more` shows the next. `column` and
        `value` are those of the first.
    position, back, forward, clear, chosen : controls
        The page, and the image on it to look at closely.
    like, take, drop_all, to_review_button, ids : controls
        Sort by likeness to the image that is open; select all that is shown, or nothing; review
        what is selected; its ids, to be copied.
    picture, close_up, count, details : ipywidgets.HTML
        The page of thumbnails, the chosen image, how many there are, and the image's columns.
    shown : pd.DataFrame
        All rows that the filters leave, in order.
    image_ids : list of str
        The images on the page, in their order.
    selected : list of str
        The images that were picked out, on whatever page.
    to_review : callable
        Takes the selected ids; a review below the browser if nothing else is put in its place.
    """

    def __init__(self, dataset, table: pd.DataFrame | None = None, features: Features = None):
        super().__init__(f"Browser of {dataset.name}: {len(dataset.images):,} images")
        self.dataset, self.rows = dataset, selection.join_table(dataset, table)
        self._features, self._liked, self.to_review = features, None, self._review_below
        rows, self.selection, self.picker = self.rows, Selection(), Picker()
        self.thumbnails, self.large = Thumbnails(dataset, 273, 500), Pictures(dataset, 800, 8)
        splits = choices(rows["split"])
        if ("test" in dataset.images["split"].array) and (rest := len(dataset.development.images)):
            splits.insert(0, (f"all but test ({rest:,})", Only.DEVELOPMENT))
        columns = [(plain(name), name) for name in rows]
        self.label = choice("Class", choices(rows["label"]))
        self.split = choice("Split", splits)
        for one, name in ((self.label, "label"), (self.split, "split")):
            one.layout.display = None if rows[name].notna().any() else "none"
        self.filters = [Filter(rows) for _ in range(FILTERS)]
        self.column, self.value = self.filters[0].column, self.filters[0].value
        self.search = control(Text, "Name contains")
        self.sort = choice("Sort by", [("name", "image_id"), *columns])
        self.order = choice("Order", [("lowest first", True), ("highest first", False)])
        self.per_page = choice("Per page", [12, 24, 48, 96], value=24)
        self.more, self.clear = button("Another filter", "plus"), button("Clear filters", "times")
        self.chosen = choice("Look closely at", [], "420px")
        self.like = button("More like this", "clone", tooltip="The most alike first")
        self.take = button("Select all shown", "check-square-o")
        self.drop_all = button("Select none", "square-o")
        self.to_review_button = button("Review selected", "eye")
        self.picked, self.below = HTML(layout={"align_self": "center"}), VBox()
        self.ids = control(Textarea, "Their ids, to copy", "420px", rows=2)
        self.close_up = HTML(layout={"width": "300px"}).add_class("sides")
        self.picture.add_class("page")
        self.count.layout.align_self = "center"
        self.details.layout = {"flex": "1 1 380px", "width": "auto", "align_self": "flex-start"}
        self._arrange()
        for one in self.filters[1:]:
            one.layout.display = "none"
        self._select()
        self._listen()

    def _arrange(self) -> None:
        basic = self.label, self.split, self.search, self.sort, self.order, self.per_page
        self.fill(
            grid(*basic).add_class("six"),
            row(*self.filters),
            row(self.more, self.clear, self.count),
            self.status,
            self.picture,
            self.steps(self._draw),
            row(self.picked, self.take, self.drop_all, self.to_review_button, self.ids),
            row(self.chosen, self.like),
            row(self.close_up, self.details),
            self.below,
            self.picker,
        )
        self.picker.layout.display = "none"

    def _listen(self) -> None:
        for one in self.filters:
            self.answer(lambda one=one: (one.offer(), self._select()), one.column)
            self.answer(self._select, *one.controls)
        self.answer(self._select, self.label, self.split, self.search)
        self.answer(self._select, self.sort, self.order, self.per_page)
        self.answer(self._clear, self.clear)
        self.answer(self._show_filter, self.more)
        self.answer(self._show, self.chosen)
        self.answer(self._sort_by_likeness, self.like)
        self.answer(self._take_all, self.take)
        self.answer(self._take_none, self.drop_all)
        self.answer(lambda: self.to_review(self.selected), self.to_review_button)
        self.picker.on_press(lambda *pressed: self._act(lambda: self._press(*pressed)))

    @property
    def selected(self) -> list[str]:
        return list(self.selection.image_ids)

    def _show_filter(self) -> None:
        hidden = [one for one in self.filters if one.layout.display == "none"]
        hidden[0].layout.display = None
        self.more.disabled = len(hidden) == 1

    def _clear(self) -> None:
        self.search.value, self._liked = "", None
        self.label.index = self.split.index = 0
        for one in self.filters:
            one.clear()
        self._select()

    def _select(self) -> None:
        wanted = {"label": self.label.value, "split": self.split.value}
        rows = selection.select(self.rows, wanted, self.search.value)
        for one in self.filters:
            rows = rows[one.keeps(rows).to_numpy()]
        self.shown = selection.sort_images(rows, self.sort.value, self.order.value)
        if self._liked is not None:
            near = self._liked.reindex(self.shown.index)
            self.shown = self.shown.loc[near.sort_values(ascending=False, kind="stable").index]
        self.position.max = max(1, -(-len(self.shown) // self.per_page.value))
        self.position.value = 1
        self._draw()

    def _draw(self) -> None:
        first = (self.position.value - 1) * self.per_page.value
        rows = self.shown.iloc[first : first + self.per_page.value]
        self.image_ids = list(rows.index)
        why = "No image matches these filters; change one." if len(self.rows) else NO_IMAGES
        none = f'<p style="grid-column: 1 / -1">{why}</p>'
        self.picture.value = self.thumbnails.figures(self.image_ids, self._captions(rows)) or none
        self.count.value = (
            f"<b>{len(self.shown):,}</b> of {self.rows.index.nunique():,} images · "
            f"page {self.position.value:,} of {self.position.max:,}"
        )
        places = enumerate(self.image_ids, 1)
        self.chosen.options = [(f"{place}  {plain(name)}", name) for place, name in places]
        self.chosen.index = 0 if self.image_ids else None
        self._show()
        following = self.shown.index[first + len(rows) : first + 2 * len(rows)]
        self.thumbnails.prepare(following)

    def _captions(self, rows: pd.DataFrame) -> list[str]:
        labels, by = rows["label"].fillna("no label"), self.sort.value
        captions = [
            f"<b>{place} {safe(named(label))}</b><span>{safe(name.rsplit('/', 1)[-1])}</span>"
            for place, (name, label) in enumerate(labels.items(), 1)
        ]
        if by in ("image_id", "label"):
            return captions
        values = [f"<span>{safe(by)}: {safe(value)}</span>" for value in rows[by]]
        return [caption + value for caption, value in zip(captions, values, strict=True)]

    def _show(self) -> None:
        name = self.chosen.value
        self.close_up.value = self.large.figures([name], [""]) if name else ""
        self.details.value = details_html(self.rows, name) if name else ""
        self.like.disabled = not name
        self._mark()

    def _press(self, place: int, how: str) -> None:
        """A picture of the page was pressed."""
        if not 0 <= place < len(self.image_ids):
            return  # the page was turned meanwhile
        self.selection.press(self.image_ids[place], how, self.image_ids)
        if how == "open":
            self.chosen.index = place
            self._show()
        self._mark()

    def _take_all(self) -> None:
        self.selection.add(list(self.shown.index))
        self._mark()

    def _take_none(self) -> None:
        self.selection.clear()
        self._mark()

    def _mark(self) -> None:
        self.picker.chosen = self.selection.places(self.image_ids)
        self.picker.opened = -1 if self.chosen.index is None else self.chosen.index
        tell_selected(self)

    def _review_below(self, image_ids: list[str]) -> None:
        self.below.children = [review_of(self.dataset, image_ids)]

    def _sort_by_likeness(self) -> None:
        name, features = self.chosen.value, self._known_features()
        if name not in features.index:
            raise DatasetError(
                f"{plain(name)} has no features: it cannot be read, or is kept apart."
            )
        self._liked = likeness(features, name)
        self._select()
        self.status.value = ""
        self.say(f"Those most like {plain(name)} first, by what the bundled network sees; "
                 "“Clear filters” ends it.")  # fmt: skip

    def _known_features(self) -> pd.DataFrame:
        """The features, computed where none were given: that is said, and how long it takes."""
        known = self._features() if callable(self._features) else self._features
        if known is None:
            from helpers.training import embed

            images = self.rows.index.unique()
            part = self.dataset.with_images(self.dataset.images.loc[images])
            few = part.with_images(part.images.iloc[:TRIED])
            embed(few.with_images(few.images.iloc[:1]), progress=False)
            started = time.monotonic()
            embed(few, progress=False)
            seconds = (time.monotonic() - started) / len(few.images) * len(part.images)
            self.say(f"The bundled network looks at {count(images, 'image')} once, about "
                     f"{max(seconds, 1):.0f} s; then it is kept …")  # fmt: skip
            known = self._features = embed(part, progress=False)
        return known


def likeness(features: pd.DataFrame, image_id: str) -> pd.Series:
    """How like an image every other is: the cosine of their features, each brought to mean 0 and
    spread 1; of several stages of a network the last.

    Parameters
    ----------
    features : DataFrame by image_id, as from `embed`
    image_id : str

    Returns
    -------
    Series by image_id, −1 to 1; 1 for the image itself
    """
    last = max((str(column).split()[0] for column in features), default="")
    values = features.filter(regex=f"^{last}( |$)").to_numpy(np.float64)
    values = (values - values.mean(0)) / np.maximum(values.std(0), 1e-9)
    values /= np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
    return pd.Series(values @ values[features.index.get_loc(image_id)], features.index)


def browse(dataset, table: pd.DataFrame | None = None, features: Features = None) -> Browser:
    """Return a browser of the dataset's images; leave it on a cell's last line to show it.

    A click on a picture opens it and, unless several are selected, selects it alone; the box in its
    corner, or Ctrl, selects further ones, and Shift all up to it. By keyboard: arrows, Enter to
    open, Space to select. What is selected stays so when pages are turned and filters change;
    `Browser.selected` lists it.

    Parameters
    ----------
    dataset : Dataset
        Rows of the test split are hidden until they are asked for; looking is not scoring.
    table : pd.DataFrame, optional
        Anything by image_id (index or column): scan results, flags, predictions. Its columns can
        be sorted and filtered by. Several rows for one image are allowed: the image is shown once.
    features : DataFrame by image_id, or callable that returns one or None, optional
        As from `embed`, for "More like this"; computed on demand where there are none.

    Raises
    ------
    ValueError
        Where `table` names no image of the dataset.
    """
    return Browser(dataset, table, features)

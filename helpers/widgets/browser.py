"""A browser for the images of a dataset: filter, sort, turn pages, look at one closely."""

import pandas as pd
from ipywidgets import HTML, Text

from helpers.widgets import selection
from helpers.widgets.panel import Panel, button, choice, control, grid, row
from helpers.widgets.pictures import Pictures
from helpers.widgets.selection import Only, choices
from helpers.widgets.text import details_html, named, plain, safe

NO_IMAGES = "There are no images to show."


class Browser(Panel):
    """The widget that `browse` returns.

    Attributes
    ----------
    label, split, column, value, search, sort, order, per_page : controls
        What is shown, and in which order; `value` filters the column chosen in `column`.
    position, back, forward, clear, chosen : controls
        The page, and the image on it to look at closely.
    picture, close_up, count, details : ipywidgets.HTML
        The page of thumbnails, the chosen image, how many there are, and the image's columns.
    shown : pd.DataFrame
        All rows that the filters leave, in order.
    image_ids : list of str
        The images on the page, in their order.
    """

    def __init__(self, dataset, table: pd.DataFrame | None = None):
        super().__init__(f"Browser of {dataset.name}: {len(dataset.images):,} images")
        self.rows = rows = selection.join_table(dataset, table)
        self.thumbnails, self.large = Pictures(dataset, 273, 500), Pictures(dataset, 800, 8)
        splits = choices(rows["split"])
        if ("test" in dataset.images["split"].array) and (rest := len(dataset.development.images)):
            splits.insert(0, (f"all but test ({rest:,})", Only.DEVELOPMENT))
        few = [(plain(name), name) for name in selection.filterable(rows)]
        columns = [(plain(name), name) for name in rows]
        self.label = choice("Class", choices(rows["label"]))
        self.split = choice("Split", splits)
        self.column = choice("Only where", [("no further filter", ""), *few])
        self.value = choice("is", [("all", Only.ALL)])
        self.search = control(Text, "Name contains")
        self.sort = choice("Sort by", [("name", "image_id"), *columns])
        self.order = choice("Order", [("lowest first", True), ("highest first", False)])
        self.per_page = choice("Per page", [12, 24, 48, 96], value=24)
        self.clear = button("Clear filters", "times")
        self.chosen = choice("Look closely at", [], "420px")
        self.close_up = HTML(layout={"width": "300px"}).add_class("sides")
        self.picture.add_class("page")
        self.count.layout.align_self = "center"
        self.details.layout = {"flex": "1 1 380px", "width": "auto", "align_self": "flex-start"}
        filters = self.label, self.split, self.column, self.value, self.search
        self.fill(
            grid(*filters, self.sort, self.order, self.per_page),
            row(self.clear, self.count),
            self.status,
            self.picture,
            self.steps(self._draw),
            self.chosen,
            row(self.close_up, self.details),
        )
        self._select()
        self.answer(self._offer_values, self.column)
        self.answer(self._select, self.label, self.split, self.value, self.search)
        self.answer(self._select, self.sort, self.order, self.per_page)
        self.answer(self._clear, self.clear)
        self.answer(self._show, self.chosen)

    def _offer_values(self) -> None:
        name = self.column.value
        self.value.options = choices(self.rows[name]) if name else [("all", Only.ALL)]
        self._select()

    def _clear(self) -> None:
        self.search.value = ""
        self.label.index = self.split.index = self.column.index = 0
        self._offer_values()

    def _select(self) -> None:
        wanted = {"label": self.label.value, "split": self.split.value}
        if self.column.value:
            wanted[self.column.value] = self.value.value
        rows = selection.select(self.rows, wanted, self.search.value)
        self.shown = selection.sort_images(rows, self.sort.value, self.order.value)
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


def browse(dataset, table: pd.DataFrame | None = None) -> Browser:
    """Return a browser of the dataset's images; leave it on a cell's last line to show it.

    Parameters
    ----------
    dataset : Dataset
        Rows of the test split are hidden until they are asked for; looking is not scoring.
    table : pd.DataFrame, optional
        Anything by image_id (index or column): scan results, flags, predictions. Its columns can
        be sorted by, and filtered by where they hold few values. Several rows for one image are
        allowed: the image is shown once.

    Raises
    ------
    ValueError
        Where `table` names no image of the dataset.
    """
    return Browser(dataset, table)

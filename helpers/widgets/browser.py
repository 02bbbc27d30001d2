"""A browser for the images of a dataset: filter, sort, turn pages, look at one closely."""

import pandas as pd
from ipywidgets import HTML, Text

from helpers.widgets import selection
from helpers.widgets.panel import (
    STYLE,
    Panel,
    Picture,
    button,
    choice,
    control,
    offer,
    row,
    slider,
    toggle,
)
from helpers.widgets.pictures import Thumbnails, compose_grid, encode
from helpers.widgets.selection import Only, choices, plain

COLUMNS = 6


class Browser(Panel):
    """The widget that `browse` returns.

    Attributes
    ----------
    label, split, column, value, search, sort, order, per_page : controls
        What is shown, and in which order; `value` filters the column chosen in `column`.
    page, back, forward, clear, chosen : controls
    picture, close_up : ipywidgets.Image
        The page of thumbnails and the chosen image.
    count, details : ipywidgets.HTML
    image_ids : list of str
        The images on the page, in their order.
    """

    def __init__(self, dataset, table: pd.DataFrame | None = None):
        super().__init__(f"Browser of {dataset.name}: {len(dataset.images):,} images")
        self.rows = selection.join_table(dataset, table)
        rows, few = self.rows, selection.filterable(self.rows)
        splits = choices(rows["split"], "all")
        if ("test" in dataset.images["split"].array) and (rest := len(dataset.development.images)):
            splits.insert(0, (f"all but test ({rest:,})", Only.DEVELOPMENT))
        self.thumbnails, self.large = Thumbnails(dataset), Thumbnails(dataset, 800, 8)
        filters = [("no further filter", ""), *((plain(name), name) for name in few)]
        columns = [("name", "image_id"), *((plain(name), name) for name in rows)]
        orders = [("lowest first", True), ("highest first", False)]
        self.label = choice("Class", "Show one class", choices(rows["label"], "all"))
        self.split = choice("Split", "Show one split", splits)
        self.column = choice("Only where", "A column to filter by, such as an issue", filters)
        self.value = choice("is", "The value of that column", [("all", Only.ALL)])
        self.search = control(Text, "Name contains", "Part of a file or folder name")
        self.sort = choice("Sort by", "Its value stands under each image", columns)
        self.order = toggle("Order", "Lowest or highest value first", orders)
        self.per_page = choice("Per page", "Thumbnails", [12, 24, 48, 96], "80px", value=24)
        self.page = slider("Page", "Turn pages")
        self.back = button("Back", "The page before", "chevron-left")
        self.forward = button("Next", "The page after", "chevron-right")
        self.clear = button("Clear filters", "Show all images again", "times")
        self.chosen = choice("Look closely at", "One image of this page", [], "420px")
        self.count, self.details = HTML(), HTML(layout={"flex": "1 1 380px", "width": "auto"})
        self.picture = Picture(format="jpeg", layout={"width": "100%"})
        self.close_up = Picture(format="jpeg").add_class("close")
        split = [self.split] * bool(rows["split"].notna().any())
        self.children = [
            HTML(STYLE, layout={"display": "none"}),
            row(self.label, *split, self.column, self.value, self.search),
            row(self.sort, self.order, self.per_page, self.clear, self.count),
            self.status,
            self.picture,
            row(self.back, self.page, self.forward),
            self.chosen,
            row(self.close_up, self.details, top=True),
        ]
        self._select()
        self.answer(self._offer_values, self.column)
        self.answer(
            self._select, self.label, self.split, self.value, self.search, self.sort, self.order
        )
        self.answer(self._resize, self.per_page)
        self.answer(self._draw, self.page)
        self.answer(lambda: self._turn(-1), self.back)
        self.answer(lambda: self._turn(1), self.forward)
        self.answer(self._clear, self.clear)
        self.answer(self._show, self.chosen)

    def _offer_values(self) -> None:
        name, every = self.column.value, [("all", Only.ALL)]
        offer(self.value, choices(self.rows[name], "all") if name else every)
        self._select()

    def _select(self) -> None:
        wanted = {"label": self.label.value, "split": self.split.value}
        if self.column.value:
            wanted[self.column.value] = self.value.value
        rows = selection.select(self.rows, wanted, self.search.value)
        self.shown = selection.sort_images(rows, self.sort.value, self.order.value)
        self._resize(first=0)

    def _resize(self, first: int | None = None) -> None:
        if first is None:
            first = (self.page.value - 1) * self._per_page
        self._per_page = self.per_page.value
        self.page.max = max(1, -(-len(self.shown) // self._per_page))
        self.page.value = first // self._per_page + 1
        self._draw()

    def _turn(self, step: int) -> None:
        if not 1 <= self.page.value + step <= self.page.max:
            return self.say(f"This is the {'last' if step > 0 else 'first'} page.")
        self.page.value += step
        return self._draw()

    def _clear(self) -> None:
        self.label.value = Only.ALL
        self.split.index = 0
        self.column.value, self.search.value = "", ""
        self._offer_values()

    def _captions(self, rows: pd.DataFrame) -> list[tuple[str, str, str]]:
        by = self.sort.value
        values = [""] * len(rows) if by in ("image_id", "label") else map(plain, rows[by])
        labels = rows["label"].fillna("no label")
        return [
            (f"{place}  {label}", name.rsplit("/", 1)[-1], value and f"{by}: {value}")
            for place, (name, label, value) in enumerate(
                zip(rows.index, labels, values, strict=True), 1
            )
        ]

    def _draw(self) -> None:
        rows = selection.page_of(self.shown, self.page.value, self._per_page)
        self.image_ids, captions = list(rows.index), self._captions(rows)
        message = "No image matches these filters. Change one, or press “Clear filters”."
        sheet = compose_grid(self.thumbnails, self.image_ids, captions, COLUMNS, message)
        self.picture.value = encode(sheet)
        self.picture.tooltip = (
            f"Page {self.page.value} of {self.page.max}: {len(self.image_ids)} thumbnails, "
            f"sorted by {dict(map(reversed, self.sort.options))[self.sort.value]}"
        )
        self.count.value = (
            f"<b>{len(self.shown):,}</b> of {self.rows.index.nunique():,} images · "
            f"page {self.page.value:,} of {self.page.max:,}"
        )
        names = enumerate(self.image_ids, 1)
        offer(self.chosen, [(f"{place}  {plain(name)}", name) for place, name in names])
        self._show()

    def _show(self) -> None:
        name = self.chosen.value
        self.chosen.layout.display = self.close_up.layout.display = None if name else "none"
        self.details.value = selection.details_html(self.rows, name) if name else ""
        if name:
            self.close_up.value = encode(self.large.get(name))
            self.close_up.tooltip = f"{plain(name)}, larger"


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

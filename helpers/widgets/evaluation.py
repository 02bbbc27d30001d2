"""A browser of answers by what an image is and what the model says."""

from collections.abc import Callable

import pandas as pd
from ipywidgets import HTML, Textarea

from helpers.datasets.words import count
from helpers.evaluation import probabilities
from helpers.panels.panel import Panel, button, choice, control, row
from helpers.panels.picking import OPEN, Picker, Selection, tell_selected
from helpers.panels.pictures import Pictures
from helpers.panels.text import named, plain, safe

ANY, WRONG = object(), object()
PER_PAGE = 12


class ErrorExplorer(Panel):
    """The widget that `explore_errors` returns.

    Attributes
    ----------
    label, prediction, order : controls
        What the images are, what the model says, and which come first.
    position, back, forward : controls
        The page.
    picture, count : ipywidgets.HTML
        The page of images, and how many there are.
    shown : DataFrame
        The rows of the predictions that fit, in order.
    opened : str or None
        The image that was clicked last, once `link` has said what a click does.
    selected : list of str
        The images that were picked out, likewise.
    """

    def __init__(self, dataset, predictions: pd.DataFrame):
        self.rows = predictions[predictions["label"].notna()]
        wrong = self.rows["prediction"] != self.rows["label"]
        super().__init__(f"Error explorer: {wrong.sum():,} of {len(self.rows):,} answers wrong")
        self.wrong, self.pictures = wrong, Pictures(dataset, 273, 300)
        classes = list(probabilities(predictions).columns)
        errors = self.rows[wrong].groupby("label").size()
        labels = [(f"{plain(named(one))} ({errors.get(one, 0)} wrong)", one) for one in classes]
        self.label = choice("It is", [("any class", ANY), *labels])
        self.prediction = choice("The model says", [("something else", WRONG)])
        self.order = choice("First", [("surest", False), ("least sure", True)])
        self.picture.add_class("page")
        self.count.layout.align_self = "center"
        controls = row(self.label, self.prediction, self.order, self.count)
        self.fill(controls, self.status, self.picture, self.steps(self._draw))
        self.classes, self.opened, self.selection = classes, None, Selection()
        self.picker: Picker | None = None
        self.answer(self._offer, self.label)
        self.answer(self._select, self.prediction, self.order)
        self._offer()

    @property
    def selected(self) -> list[str]:
        return list(self.selection.image_ids)

    def link(
        self,
        show: Callable[[str], None],
        to_review: Callable[[list[str]], None] | None = None,
    ) -> None:
        """Let pictures be clicked and picked out.

        Parameters
        ----------
        show : callable
            Takes the id of the image that is clicked; the first one's at once.
        to_review : callable, optional
            Takes the ids of those picked out. Without it they can only be copied.
        """
        self._show, self.picker = show, Picker(layout={"display": "none"})
        self.picked = HTML(layout={"align_self": "center"})
        self.take = button("Select all shown", "check-square-o")
        self.drop_all = button("Select none", "square-o")
        self.to_review_button = button("Review selected", "eye")
        self.to_review_button.layout.display = None if to_review else "none"
        self.ids = control(Textarea, "Their ids, to copy", "420px", rows=2)
        picking = row(self.picked, self.take, self.drop_all, self.to_review_button, self.ids)
        self.children = [*self.children, picking, self.picker]
        self.answer(lambda: self._pick(self.selection.add, list(self.shown.index)), self.take)
        self.answer(lambda: self._pick(self.selection.clear), self.drop_all)
        self.answer(lambda: to_review(self.selected), self.to_review_button)
        self.picker.on_press(lambda *pressed: self._act(lambda: self._press(*pressed)))
        if self.on_page:
            self.opened = self.on_page[0]
            show(self.opened)
        self._mark()

    def _press(self, place: int, how: str) -> None:
        if not 0 <= place < len(self.on_page):
            return  # the page was turned meanwhile
        name = self.on_page[place]
        if how == OPEN:  # which selects nothing: a look at an answer is no doubt about its label
            self.opened = name
            self._show(name)
        else:
            self.selection.press(name, how, self.on_page)
        self._mark()

    def _pick(self, change: Callable, *given) -> None:
        change(*given)
        self._mark()

    def _mark(self) -> None:
        """Mark what is open and picked out, where pictures can be clicked."""
        if self.picker is None:
            return
        page = self.on_page
        self.picker.chosen = self.selection.places(page)
        self.picker.opened = page.index(self.opened) if self.opened in page else -1
        tell_selected(self)

    def _of_label(self) -> pd.Series:
        everything = self.label.value is ANY
        return pd.Series(True, self.rows.index) if everything else (
            self.rows["label"] == self.label.value)  # fmt: skip

    def _offer(self) -> None:
        own = self.rows[self._of_label()]
        said = own["prediction"].value_counts()
        known = [one for one in self.classes if said.get(one, 0)]
        options = [(f"{plain(named(one))} ({said[one]})", one) for one in known]
        errors = int(self.wrong[own.index].sum())
        self.prediction.options = [(f"something else ({errors})", WRONG), *options]
        self.prediction.index = 0
        self._select()

    def _select(self) -> None:
        said = self.prediction.value
        fits = self.wrong if said is WRONG else self.rows["prediction"] == said
        rows = self.rows[self._of_label() & fits]
        ascending = self.order.value
        self.shown = rows.sort_values("confidence", ascending=ascending, kind="stable")
        self.position.max = max(1, -(-len(self.shown) // PER_PAGE))
        self.position.value = 1
        self._draw()

    def _draw(self) -> None:
        first = (self.position.value - 1) * PER_PAGE
        rows = self.shown.iloc[first : first + PER_PAGE]
        captions = [
            f"<b>says {safe(named(one.prediction))}</b><span>{one.confidence:.0%} sure</span>"
            f"<span>is {safe(named(one.label))}</span>"
            for one in rows.itertuples()
        ]
        self.on_page = list(rows.index)
        none = '<p style="grid-column: 1 / -1">No image fits.</p>'
        self.picture.value = self.pictures.figures(self.on_page, captions) or none
        pages = f"page {self.position.value:,} of {self.position.max:,}"
        self.count.value = f"<b>{count(self.shown, 'image')}</b> · {pages}"
        self._mark()
        self.pictures.prepare(self.shown.index[first + PER_PAGE : first + 2 * PER_PAGE])


def explore_errors(dataset, predictions: pd.DataFrame) -> ErrorExplorer:
    """Return a browser of answers; leave it on a cell's last line to show it.

    Parameters
    ----------
    dataset : Dataset
        Has the images.
    predictions : DataFrame from `helpers.evaluation.check_predictions` or
        `helpers.training.predict`. Images without a label are passed over.
    """
    return ErrorExplorer(dataset, predictions)

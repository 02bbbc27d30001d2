"""A browser of answers by what an image is and what the model says."""

import pandas as pd

from helpers.datasets.words import count
from helpers.evaluation import probabilities
from helpers.panels.panel import Panel, choice, row
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
        self.classes = classes
        self.answer(self._offer, self.label)
        self.answer(self._select, self.prediction, self.order)
        self._offer()

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
            f"<b>{safe(named(one.prediction))}</b><span>{one.confidence:.0%} sure</span>"
            f"<span>is {safe(named(one.label))}</span>"
            for one in rows.itertuples()
        ]
        none = '<p style="grid-column: 1 / -1">No image fits.</p>'
        self.picture.value = self.pictures.figures(list(rows.index), captions) or none
        pages = f"page {self.position.value:,} of {self.position.max:,}"
        self.count.value = f"<b>{count(self.shown, 'image')}</b> · {pages}"
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

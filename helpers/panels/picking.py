"""Which images of a page are open and selected, by mouse and by keyboard."""

from collections.abc import Callable
from pathlib import Path

from anywidget import AnyWidget
from traitlets import Int, List, Unicode, Union

OPEN, TOGGLE, THROUGH = "open", "toggle", "through"


class Picker(AnyWidget):
    """Tells which picture of the page around it was pressed, and marks it; see ``pick.js``.

    Attributes
    ----------
    pressed : list
        The place of the picture on the page, from 0; "open", "toggle" or "through" (all from the
        last one pressed to this one); and a number that is new each time.
    chosen : list of int
        Places that are marked as selected.
    opened : int
        The place that is marked as looked at; -1 for none.
    """

    _esm = Path(__file__).with_name("pick.js").read_text(encoding="utf-8")
    _css = Path(__file__).with_name("pick.css").read_text(encoding="utf-8")
    pressed = List(Union([Int(), Unicode()])).tag(sync=True)
    chosen = List(Int()).tag(sync=True)
    opened = Int(-1).tag(sync=True)

    def on_press(self, function: Callable[[int, str], None]) -> None:
        """Call `function` with the place and what was pressed."""
        self.observe(lambda change: function(*change["new"][:2]), "pressed")


class Selection:
    """Images a person has picked out, in the order in which that was done.

    Attributes
    ----------
    image_ids : list of str
    """

    def __init__(self):
        self.image_ids: list[str] = []
        self._last: str | None = None

    def press(self, image_id: str, how: str, page: list[str]) -> None:
        """Take a press of a picture, one of those on the `page`.

        A plain click selects that picture alone, as in a file manager, unless several are selected:
        what was gathered by hand is not lost by looking closely at one.
        """
        if how == THROUGH and self._last in page:
            first, last = sorted([page.index(self._last), page.index(image_id)])
            self.add(page[first : last + 1])
        elif how == TOGGLE:
            known = image_id in self.image_ids
            self.image_ids = [one for one in self.image_ids if one != image_id]
            self.image_ids += [] if known else [image_id]
        elif how == THROUGH:
            self.add([image_id])
        elif len(self.image_ids) < 2:
            self.image_ids = [image_id]
        self._last = image_id

    def add(self, image_ids: list[str]) -> None:
        """Select further images."""
        self.image_ids = list(dict.fromkeys([*self.image_ids, *image_ids]))

    def clear(self) -> None:
        self.image_ids, self._last = [], None

    def places(self, page: list[str]) -> list[int]:
        """Where on the page selected images are."""
        known = set(self.image_ids)
        return [place for place, one in enumerate(page) if one in known]


def tell_selected(panel) -> None:
    """Write below a panel what is selected in it, and switch the buttons that need a selection."""
    found = panel.selected
    panel.picked.value = f"<b>{len(found):,}</b> selected"
    panel.ids.value = "\n".join(found)
    panel.ids.layout.display = None if found else "none"
    panel.to_review_button.disabled = panel.drop_all.disabled = not found

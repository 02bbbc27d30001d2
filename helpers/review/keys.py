"""Keys of a panel: what is pressed in the browser arrives here, each once and in order."""

from collections import deque
from collections.abc import Callable
from pathlib import Path

import traitlets
from anywidget import AnyWidget

HERE = Path(__file__).parent


class Keys(AnyWidget):
    """Listens to the keys of the panel it lies in; see ``keys.js``.

    Attributes
    ----------
    known : list of str
        The keys that are sent, as browsers name them ("k", "ArrowLeft", "Escape").
    fields : dict
        By key, the text field it focuses: ``{"at": CSS selector, "enter": key or None}``; Enter in
        the field leaves it and presses the other key.
    label : str
        The panel's name for screen readers.
    revision : int
        Counts what was put on show; each key comes with the one that the person saw.
    """

    _esm = (HERE / "keys.js").read_text(encoding="utf-8")
    _css = (HERE / "reviewer.css").read_text(encoding="utf-8")
    known = traitlets.List(traitlets.Unicode()).tag(sync=True)
    fields = traitlets.Dict().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    revision = traitlets.Int().tag(sync=True)

    def __init__(
        self, press: Callable[[str, int], None], typed: Callable[[str, str], None], **settings
    ):
        super().__init__(**settings)
        self._press, self._typed = press, typed
        self._queue, self._handling = deque(), False
        self.on_msg(lambda _, message, buffers: self.receive(message))

    def receive(self, message: dict) -> None:
        """Handle one key, or the text that a field was left with, after what came before it."""
        self._queue.append(message)
        if self._handling:  # the one being handled has not returned yet
            return
        self._handling = True
        try:
            while self._queue:
                one = self._queue.popleft()
                if "field" in one:
                    self._typed(str(one["field"]), str(one.get("text", "")))
                    continue
                self._press(str(one.get("key")), int(one.get("seen", 0)))
                self.send({"handled": one.get("id")})
        finally:
            self._handling = False

"""Figures that the widgets show, as HTML."""

from base64 import b64encode
from io import BytesIO

from matplotlib.figure import Figure

from helpers.plots.style import alt_text
from helpers.widgets.text import safe


def figure_html(figure: Figure) -> str:
    """An HTML image of `figure` with its alt text, no wider than the widget."""
    file = BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight")
    data = b64encode(file.getvalue()).decode()
    alt = safe(alt_text(figure))
    return f'<img style="max-width: 100%" alt="{alt}" src="data:image/png;base64,{data}">'

from base64 import b64decode
from io import BytesIO

from matplotlib.figure import Figure
from PIL import Image

from helpers.plots.style import alt
from helpers.widgets.figures import figure_html


def test_a_figure_becomes_a_picture_with_its_alt_text_escaped():
    figure = alt(Figure(figsize=(4, 2), dpi=100), 'Leaves "<b>" & stones')
    html = figure_html(figure)
    data = html.split("base64,")[1].split('"')[0]
    assert Image.open(BytesIO(b64decode(data))).format == "PNG"
    assert 'alt="Leaves &quot;&lt;b&gt;&quot; &amp; stones"' in html

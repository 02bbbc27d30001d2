"""The house style: colours that stay apart, titles left, alt text that reaches the notebook."""

import re
from base64 import b64decode
from io import BytesIO

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from nbclient import NotebookClient
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from helpers.plots.style import (
    CLASS_COLOURS,
    FLAG,
    STYLE,
    alt,
    alt_text,
    figure_html,
    mark_guess,
    palette,
    read_guess,
    styled,
    titled,
)

# Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB.
VISION = {
    "full": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


@pytest.mark.parametrize("vision", VISION)
def test_class_colours_stay_apart_for_every_kind_of_colour_vision(vision):
    rgb = np.array([to_rgb(colour) for colour in CLASS_COLOURS])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(VISION[vision]).T, 0, 1)
    seen = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    lab = rgb2lab(seen[None])[0]
    apart = deltaE_ciede2000(lab[:, None], lab[None])[np.triu_indices(len(lab), 1)]
    assert apart.min() > (16 if vision == "full" else 11)


def test_a_class_keeps_its_colour_whatever_the_order():
    assert palette(["oak", "birch", "oak"]) == palette(["birch", "oak"])
    assert palette(["birch", "oak"])["birch"] == CLASS_COLOURS[0]


def test_no_class_of_ten_is_red_since_red_is_what_is_flagged():
    assert FLAG not in palette(map(str, range(10))).values()
    assert FLAG in palette(map(str, range(12))).values()


def test_120_classes_all_get_different_colours():
    assert len(set(palette(f"class {i}" for i in range(120)).values())) == 120


def test_the_style_holds_inside_a_plot_and_nowhere_else():
    before = plt.rcParams["axes.titlesize"]

    @styled
    def inside():
        return plt.rcParams["axes.titlesize"]

    assert inside() == inside() == STYLE["axes.titlesize"]
    assert plt.rcParams["axes.titlesize"] == before


def test_alt_text_joins_what_the_axes_say_unless_the_figure_says_it():
    figure, (left, right) = plt.subplots(1, 2)
    titled(left, "Is it red?", "Bars, red 3.")
    right.set_title("Second", loc="left")
    assert alt_text(figure) == "Is it red? Bars, red 3. Second"
    alt(figure, "Both at once.")
    assert alt_text(figure) == "Both at once."


def test_notebooks_carry_alt_text_and_store_photos_as_jpeg():
    cells = [
        "from helpers.plots.style import titled, use_style\nuse_style()\nuse_style()",
        "import matplotlib.pyplot as plt\nax = titled(plt.subplots()[1], 'Why?', 'A line.')",
        "import numpy as np\nfigure, ax = plt.subplots()\n"
        "_ = ax.imshow(np.zeros((300, 300, 3), np.uint8))\n_ = titled(ax, 'A photo')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, timeout=60).execute()
    first, chart, photo = (cell.outputs for cell in notebook.cells)
    assert first == []
    assert set(chart[0].data) == set(photo[0].data) == {"text/html", "text/plain"}
    assert chart[0].data["text/html"].startswith('<img alt="Why? A line." ')
    assert photo[0].data["text/html"].startswith('<img alt="A photo." ')
    assert [_format_of(one[0].data["text/html"]) for one in (chart, photo)] == ["PNG", "JPEG"]


def _format_of(html):
    return Image.open(BytesIO(b64decode(html.split("base64,")[1].split('"')[0]))).format


def test_alt_text_is_escaped_and_stays_on_one_line():
    figure = alt(plt.subplots()[0], 'Leaves "<b>" &\n stones \udcff')
    assert 'alt="Leaves &quot;&lt;b&gt;&quot; &amp; stones ?"' in figure_html(figure)


def test_a_figure_of_nothing_is_no_picture():
    assert figure_html(plt.figure()) is None


def test_a_picture_that_is_not_cropped_has_the_size_of_its_figure_whatever_is_drawn():
    def size(crop):
        ax = plt.subplots(figsize=(5, 3))[1]
        ax.set_position((0.3, 0.3, 0.4, 0.4))
        found = re.search('base64,([^"]*)', figure_html(ax.figure, crop=crop))
        return Image.open(BytesIO(b64decode(found[1]))).size

    assert size(crop=False) == (500, 300)
    assert size(crop=True) != (500, 300)


def test_a_photo_of_lower_quality_takes_fewer_bytes():
    figure, ax = plt.subplots()
    ax.imshow(np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8))
    assert len(figure_html(figure, quality=30)) < 0.7 * len(figure_html(figure))


@pytest.mark.parametrize(
    ("guess", "least", "place", "words"),
    [
        (0.6, 0, 0.6, "your guess 0.6"),
        (60, 0, 0.6, "your guess 60 %"),
        (100, 0, 1.0, "your guess 100 %"),
        (2, 0, 0.02, "your guess 2 %"),
        (-100, -1, -1.0, "your guess -100 %"),
        (-100.5, -1, None, "your guess -100.5 is no share from -1 to 1"),
        (1, 0, 1.0, "your guess 1"),
        (0, 0, 0.0, "your guess 0"),
        ("0.6", 0, 0.6, "your guess 0.6"),
        ("half", 0, None, "your guess 'half' is no number"),
        (101, 0, None, "your guess 101 is no share from 0 to 1"),
        (-0.1, 0, None, "your guess -0.1 is no share from 0 to 1"),
        (-5, 0, None, "your guess -5 is no share from 0 to 1"),
        (-5, -1, -0.05, "your guess -5 %"),
        (-0.1, -1, -0.1, "your guess -0.1"),
        (-101, -1, None, "your guess -101 is no share from -1 to 1"),
        (40, None, 40.0, "your guess 40"),
        (None, 0, None, ""),
    ],
)
def test_a_guess_in_per_cent_is_the_same_share_and_what_is_none_is_said(guess, least, place, words):
    assert read_guess(guess, least) == (place, words)


@pytest.mark.parametrize(
    ("guess", "data", "place", "words"),
    [
        (60, [0.2, 0.9], 0.6, "your guess 60 %"),
        (60, [0.2, 1.0], 0.6, "your guess 60 %"),
        (60, [0.2, 1.1], 60, "your guess 60"),
        (600, [0.2, 0.9], None, "your guess 600 is no share from 0 to 1"),
        (60, [20, 90], 60, "your guess 60"),
        (5, [-0.1, 0.2], 0.05, "your guess 5 %"),
        ("many", [20, 90], None, "your guess 'many' is no number"),
    ],
)
def test_no_guess_stretches_a_figure_of_shares(guess, data, place, words):
    figure, ax = plt.subplots()
    ax.plot(data, [0, 1], "o")
    mark_guess(ax, guess, None, 0.5)
    marks = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "X"]
    assert marks == ([] if place is None else [pytest.approx(place)])
    assert [text.get_text() for text in ax.texts] == [words]
    figure.canvas.draw()
    assert place == 60 or figure.get_tightbbox().width < 8  # of a figure 6.4 inches wide


def test_a_rate_may_be_above_one():
    _, ax = plt.subplots()
    ax.semilogx([1e-5, 1], [1, 2], "o")
    mark_guess(ax, 3, None, 1)
    assert (ax.lines[-1].get_xdata()[0], ax.texts[0].get_text()) == (3, "your guess 3")

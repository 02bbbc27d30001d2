import pandas as pd
import pytest

from helpers.panels.text import details_html, named, plain


def frame(**columns):
    ids = pd.Index([f"{n}.jpg" for n in range(len(next(iter(columns.values()))))], name="image_id")
    return pd.DataFrame(columns, index=ids)


@pytest.mark.parametrize(
    "value, text",
    [
        (0.123456, "0.1235"),
        (None, "–"),
        (pd.NaT, "–"),
        (True, "yes"),
        (1200, "1200"),
        ("two\nlines", "two lines"),
        ("bad\udcff.jpg", "bad?.jpg"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_cells_become_one_line_of_text(value, text):
    assert plain(value) == text


def test_details_show_every_column_and_escape_all_of_it():
    rows = frame(label=["<b>x</b>"], note=["a & b"], **{"<i>": [1]})
    html = details_html(rows, "0.jpg")
    assert "<b>x" not in html and "<i>" not in html
    assert all(text in html for text in ("&lt;b&gt;x", "a &amp; b", "&lt;i&gt;", "0.jpg"))


def test_details_of_two_images_stress_what_differs():
    html = details_html(frame(label=["a", "b"], site=["x", "x"]), "0.jpg", "1.jpg")
    assert "<tr class=differs><th>label</th><td>a</td><td>b</td>" in html
    assert "<tr><th>site</th><td>x</td><td>x</td>" in html


@pytest.mark.parametrize(
    "name, text",
    [("oak", "oak"), ("oak ", "oak␣"), ("  oak", "␣␣oak"), (" a b ", "␣a b␣"), (" ", "␣"), ("", ""),
     (0.5, "0.5"), (None, "–"), ("two\nlines", "two lines")],
)  # fmt: skip
def test_spaces_around_the_name_of_a_class_can_be_seen(name, text):
    assert named(name) == text

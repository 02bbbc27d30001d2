"""What the review shows, as HTML."""

import re
from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image

from helpers.review import markup


def test_every_key_is_listed_with_what_it_does():
    shown = re.findall(r"<div><kbd>(.*?)</kbd>(.*?)</div>", markup.KEYS)
    assert dict(shown) == markup.MEANINGS
    assert markup.KEYS.endswith("</div></div>") and 'data-key="Escape"' in markup.KEYS


def test_what_is_claimed_comes_before_the_evidence(trees):
    case = {"image_id": "ash/1.jpg", "other_id": None, "suggestion": "elm", "issue": "dark"}
    case["label"] = "ash"
    shown = markup.told_html(trees, case)
    assert shown.index("suggested") < shown.index("<b>dark</b>")


def test_a_click_on_a_figure_enlarges_it_and_the_one_that_is_meant_stands_out():
    figures = "<figure><img></figure><figure id=b></figure>"
    assert markup.pictures_html(figures, 1) == (
        '<figure data-key="z0"><img></figure><figure data-key="z1" class=meant id=b></figure>'
    )
    assert "meant" not in markup.pictures_html(figures, None)
    assert markup.pictures_html("", None) == "No suspects to show."


def test_classes_are_numbered_from_1_with_their_part_and_how_many_more_there_are():
    shown = markup.classes_html(["ash", "<elm>", "fir"], 3, "ash", "fir")
    assert re.findall(
        r'<button class="(\w+)" data-key="(\d)"><kbd>(\d)</kbd> (.*?)</button>', shown
    ) == [
        ("given", "1", "1", 'ash <span class="quiet">(given)</span>'),
        ("other", "2", "2", "&lt;elm&gt;"),
        ("suggested", "3", "3", 'fir <span class="quiet">(suggested)</span>'),
    ]
    assert "more classes" not in shown
    assert "1,197 more classes in the list" in markup.classes_html(
        ["a", "b", "c"], 1200, None, None
    )
    assert "1 more class in the list" in markup.classes_html(["a"], 2, None, None)


@pytest.mark.parametrize(
    ("nearest", "figures", "said", "more"),
    [
        (True, "<figure>", "Nearest of oak␣ (given)", '<div class="some"><figure></div>'),
        (False, "<figure>", "Some of oak␣ (given), not by likeness",
         '<div class="some"><figure></div>'),
        (True, "", "No other image of oak␣ (given)", ""),
    ],
)  # fmt: skip
def test_examples_say_which_they_are(nearest, figures, said, more):
    made = markup.examples_html("oak ", "given", nearest, figures)
    assert made == f'<p class="of">{said}</p>{more}'


@pytest.mark.parametrize(
    ("size", "told", "shown", "kind"),
    [
        ((200, 150), "200 × 150 pixels", (200, 150), "full tiny"),
        ((201, 150), "201 × 150 pixels", (201, 150), "full"),
        ((1200, 2400), "1,200 × 2,400 pixels", (1200, 2400), "full"),
        ((100, 2401), "100 × 2,401 pixels, shown at 100 × 2,400", (100, 2400), "full"),
    ],
)
def test_a_picture_at_full_size_is_shrunk_or_drawn_in_squares_where_it_must(
    make_dataset, size, told, shown, kind
):
    html = markup.zoomed_html(make_dataset({"a.jpg": "ash"}, size=size), "a.jpg")
    assert f"<span>a.jpg: {told}</span>" in html and f'class="{kind}"' in html
    data = b64decode(re.search(r"base64,([^\"]+)", html)[1])
    assert Image.open(BytesIO(data)).size == shown


def test_a_picture_that_cannot_be_read_says_why(make_dataset):
    dataset = make_dataset({"a.jpg": "ash"})
    dataset.path("a.jpg").write_bytes(b"broken")
    html = markup.zoomed_html(dataset, "a.jpg")
    assert "unreadable" in html and "cannot be read" in html and "Close (Esc)" in html

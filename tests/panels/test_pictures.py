import re
from base64 import b64decode
from io import BytesIO
from threading import Event

import numpy as np
import pytest
from PIL import Image

from helpers.panels.pictures import Pictures


def decode(html):
    """Return the pictures within the HTML."""
    found = re.findall(r'src="data:image/jpeg;base64,([^"]*)"', html)
    return [Image.open(BytesIO(b64decode(data))) for data in found]


def test_each_figure_holds_its_image_its_name_and_its_caption(trees):
    ids = ["fir/1.jpg", "ash/1.jpg", "elm/1.jpg"]
    html = Pictures(trees, 100, 9).figures(ids, ["one", "two", "three"])
    colours = [image.getpixel((50, 40)) for image in decode(html)]
    assert np.allclose(colours, [(40, 40, 200), (200, 40, 40), (40, 160, 40)], atol=4)
    assert re.findall(r'alt="([^"]*)"', html) == re.findall(r'title="([^"]*)"', html) == ids
    assert re.findall("<figcaption>(.*?)</figcaption>", html) == ["one", "two", "three"]


def test_a_name_like_markup_is_escaped(make_dataset):
    name = '"><script>葉.jpg'
    html = Pictures(make_dataset({name: "ash"}), 50, 1).figures([name], [""])
    assert "<script>" not in html
    assert html.count("&quot;&gt;&lt;script&gt;葉.jpg") == 2 and len(decode(html)) == 1


def test_a_photo_taken_sideways_is_shown_upright(make_dataset):
    dataset = make_dataset({"a.jpg": "ash"})
    sideways = Image.new("RGB", (60, 40), "white")
    sideways.paste("black", (0, 0, 30, 40))
    exif = sideways.getexif()
    exif[0x0112] = 6
    sideways.save(dataset.path("a.jpg"), exif=exif, quality=95)
    [shown] = decode(Pictures(dataset, 120, 1).image_html("a.jpg"))
    assert shown.size == (80, 120)
    assert shown.getpixel((40, 10))[0] < 60 and shown.getpixel((40, 110))[0] > 200


@pytest.mark.parametrize("content", [b"", b"not an image", None])
def test_an_unreadable_file_is_replaced_by_the_reason(trees, content):
    path = trees.path("elm/1.jpg")
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    html = Pictures(trees, 273, 9).figures(["ash/1.jpg", "elm/1.jpg"], ["", ""])
    assert len(decode(html)) == 1
    assert re.search(r'<div class="unreadable"><b>cannot be read</b>[^<]{10,}</div>', html)


def test_tiny_images_keep_hard_pixel_edges(make_dataset):
    dataset = make_dataset({"a.png": "ash"})
    Image.fromarray(np.uint8([[0, 255], [255, 0]])).save(dataset.path("a.png"), "PNG")
    colours = Pictures(dataset, 200, 1).load("a.png").getcolors()
    assert sorted(colours) == [(20_000, (0, 0, 0)), (20_000, (255, 255, 255))]


def test_pictures_are_kept_but_not_without_bound(trees):
    pictures = Pictures(trees, 50, limit=4)
    ids = list(trees.images.index)
    pictures.figures(ids, ids)
    assert pictures.image_html.cache_info().currsize == 4
    pictures.image_html(ids[-1])
    assert pictures.image_html.cache_info().hits == 1


@pytest.mark.parametrize(("side", "hard"), [(25, True), (26, False)])
def test_pictures_up_to_a_quarter_of_the_size_count_as_tiny(make_dataset, side, hard):
    dataset = make_dataset({"a.png": "ash"})
    pixels = np.zeros((side, 5), np.uint8)
    pixels[: side // 2] = 255
    Image.fromarray(pixels).save(dataset.path("a.png"), "PNG")
    shown = Pictures(dataset, 100, 1).load("a.png")
    assert max(shown.size) == 100
    assert (len(shown.convert("L").getcolors()) == 2) is hard


def test_the_reason_that_a_file_cannot_be_read_is_told_without_its_path(trees):
    trees.path("elm/1.jpg").write_bytes(b"")
    html = Pictures(trees, 50, 9).image_html("elm/1.jpg")
    assert "0 bytes" in html and "elm/1.jpg" not in html and "cannot be read:" not in html


def test_copies_are_prepared_before_they_are_asked_for_and_given_up_for_others(trees, monkeypatch):
    pictures, begun, go, made = Pictures(trees, 20, 9), Event(), Event(), []
    make = pictures.load

    def load(image_id):
        made.append(image_id)
        begun.set()
        assert go.wait(20)
        return make(image_id)

    monkeypatch.setattr(pictures, "load", load)
    pictures.prepare(["fir/1.jpg", "fir/2.jpg"])
    assert begun.wait(20)
    pictures.prepare(["elm/1.jpg"])
    go.set()
    pictures._ahead.shutdown()
    assert made == ["fir/1.jpg", "elm/1.jpg"]
    assert len(decode(pictures.figures(["elm/1.jpg", "fir/1.jpg"], ["", ""]))) == 2
    assert made == ["fir/1.jpg", "elm/1.jpg"], "what was prepared is not made again"

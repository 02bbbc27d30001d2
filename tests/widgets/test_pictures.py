from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps

from helpers.widgets.pictures import (
    SCALE,
    WIDTH,
    Thumbnails,
    compose,
    compose_grid,
    compose_pair,
    difference,
    encode,
)


def middle_of(sheet, place):
    step = sheet.width // 6
    return sheet.getpixel((place * step + step // 2, step // 2))


def test_the_grid_shows_each_image_in_its_place(trees):
    ids = ["fir/1.jpg", "ash/1.jpg", "elm/1.jpg"]
    sheet = compose_grid(Thumbnails(trees), ids)
    assert sheet.width == SCALE * WIDTH
    colours = [middle_of(sheet, place) for place in range(3)]
    assert np.allclose(colours, [(40, 40, 200), (200, 40, 40), (40, 160, 40)], atol=4)
    assert middle_of(sheet, 3) == (255, 255, 255)


def test_captions_stay_under_their_own_tile():
    tiles = [Image.new("RGB", (273, 273), "red")] * 2
    bare, told = compose(tiles), compose(tiles, [("W" * 200, "n" * 200, "v" * 200), ()])
    step = told.width // 6
    below = np.asarray(told)[step:, :, :]
    assert told.height > bare.height
    assert (below[:, :step] < 200).any() and (below[:, step + 10 :] == 255).all()


def test_a_caption_in_another_script_is_drawn():
    tiles = [Image.new("RGB", (273, 273), "red")]
    drawn = {text: compose(tiles, [(text,)]).tobytes() for text in ("", "дуб", "葉", "bad\udcff")}
    assert len(set(drawn.values())) == 4


def test_no_images_give_a_picture_that_says_so():
    said, silent = (np.asarray(compose([], message=text)) for text in ("Nothing here.", ""))
    assert (said < 200).any() and (silent == 255).all()


def test_a_photo_taken_sideways_is_shown_upright(make_dataset):
    dataset = make_dataset({"a.jpg": "ash"})
    sideways = Image.new("RGB", (60, 40), "white")
    sideways.paste("black", (0, 0, 30, 40))
    exif = sideways.getexif()
    exif[0x0112] = 6
    sideways.save(dataset.path("a.jpg"), exif=exif, quality=95)
    shown = Thumbnails(dataset, 120).get("a.jpg")
    assert shown.size == (80, 120)
    assert shown.getpixel((40, 10))[0] < 60 and shown.getpixel((40, 110))[0] > 200


@pytest.mark.parametrize("content", [b"", b"not an image", None])
def test_an_unreadable_file_gives_a_placeholder_and_the_reason(trees, content):
    path = trees.path("elm/1.jpg")
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    thumbnails = Thumbnails(trees, 273)
    tiles = thumbnails.all(["ash/1.jpg", "elm/1.jpg"])
    assert list(thumbnails.problems) == ["elm/1.jpg"]
    assert tiles[1].size == (273, 273)
    assert len(tiles[1].getcolors(100_000)) > 10


def test_tiny_images_keep_hard_pixel_edges(make_dataset):
    dataset = make_dataset({"a.png": "ash"})
    Image.fromarray(np.uint8([[0, 255], [255, 0]])).save(dataset.path("a.png"), "PNG")
    colours = Thumbnails(dataset, 200).get("a.png").getcolors()
    assert sorted(colours) == [(20_000, (0, 0, 0)), (20_000, (255, 255, 255))]


def test_thumbnails_are_kept_but_not_without_bound(trees):
    thumbnails = Thumbnails(trees, 50, limit=4)
    ids = list(trees.images.index)
    thumbnails.all(ids)
    assert thumbnails.get.cache_info().currsize == 4
    thumbnails.get(ids[-1])
    assert thumbnails.get.cache_info().hits == 1


def test_the_difference_of_equal_images_is_white_and_of_opposites_black():
    black, white = (Image.new("RGB", (8, 8), colour) for colour in ("black", "white"))
    assert difference(white, white)[1] == 0
    assert difference(white, white)[0].getcolors() == [(64, (255, 255, 255))]
    assert difference(black, white.resize((4, 4)))[1] == 1
    assert difference(black, white)[0].getcolors() == [(64, (0, 0, 0))]


def test_a_mirrored_pair_is_compared_the_right_way_round(make_dataset):
    dataset = make_dataset({"a.png": "ash", "b.png": "ash"})
    ramp = Image.linear_gradient("L").rotate(90)
    ramp.save(dataset.path("a.png"), "PNG")
    ImageOps.mirror(ramp).save(dataset.path("b.png"), "PNG")
    plain, flipped = (
        compose_pair(Thumbnails(dataset, 566), "a.png", "b.png", transform=name)
        for name in ("", "mirror and brighten")
    )
    third = plain.width // 3
    quiet, loud = (np.asarray(p)[100:400, 2 * third + 40 : -40] for p in (flipped, plain))
    assert quiet.min() == 255 and loud.min() < 50


def test_the_encoded_picture_is_a_jpeg_of_the_same_size():
    with Image.open(BytesIO(encode(Image.new("RGB", (70, 30))))) as image:
        assert (image.format, image.size) == ("JPEG", (70, 30))

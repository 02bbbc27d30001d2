"""Columns that can say which images stay together, and those that leave nothing to divide."""

import pandas as pd
import pytest

from helpers.datasets import open_dataset
from helpers.datasets.grouping import can_divide, why_not_dividing


def table(label, site, split=None):
    return pd.DataFrame(
        {"label": pd.array([*label], dtype="str"), "split": split, "site": pd.array(site)}
    ).astype({"split": "str"})


@pytest.mark.parametrize(
    ("label", "site", "why"),
    [
        ("abab", [*"xxyy"], ""),
        ("abab", [*"xxxx"], "all 4 images have the value 'x'"),
        ("abab", ["x", "x", None, None], ""),
        ("abab", [None] * 4, ""),
        ("abab", [*"wxyz"], ""),
        ("aabb", [*"xxyy"], "every class has one value only"),
        ("aabbb", [*"xxyyz"], ""),
        ("aabb", ["x", "x", None, None], ""),
        ("aa", [*"xx"], "all 2 images have the value 'x'"),
        ("aa", [*"xy"], ""),
        ("aab", [*"xxx"], "all 3 images have the value 'x'"),
        ("ab" * 50, ["x"] * 90 + ["y"] * 10, ""),
        ("ab" * 50, ["x"] * 91 + ["y"] * 9, "91 of 100 images have the value 'x'"),
        ("ab" * 50, ["x"] * 91 + [None] * 9, "91 of 100 images have the value 'x'"),
        ("ab" * 1000, [7] * 1999 + [8], "1,999 of 2,000 images have the value '7'"),
        # Nothing can be divided here whatever the column.
        ("abcd", [*"xxxx"], ""),
        ("a", [*"x"], ""),
        ("", [], ""),
    ],
)
def test_a_column_divides_unless_it_joins_everything_or_whole_classes(label, site, why):
    images = table(label, site)
    assert why_not_dividing(images, "site").startswith(why)
    assert bool(why_not_dividing(images, "site")) is bool(why)
    assert can_divide(images, "site") is (not why)


def test_test_images_and_unlabelled_ones_do_not_count():
    images = table("ababab", [*"xxxxyy"], [None] * 4 + ["test"] * 2)
    assert why_not_dividing(images, "site") == "all 4 images have the value 'x'"
    images = table("ababab", [*"xxxxyy"])
    images.loc[4:, "label"] = None
    assert why_not_dividing(images, "site") == "all 4 images have the value 'x'"
    assert can_divide(images.assign(label=None), "site")
    assert not can_divide(images.assign(label=None, site="x"), "site")


@pytest.mark.parametrize(
    ("columns", "group", "refused"),
    [
        ({"camera": [*"xxxxxx"]}, None, ["camera"]),
        ({"camera": [*"xxyyzz"]}, "camera", []),
        ({"camera": [*"xxxxxx"], "patient": [*"ppqqrr"]}, "patient", ["camera"]),
        ({"camera": [*"xxxxxx"], "user": [*"uuuuuu"]}, None, ["camera", "user"]),
        ({"site": [*"xxxxxx"]}, None, []),
    ],
)
def test_a_group_is_taken_only_where_it_can_divide(tmp_path, columns, group, refused):
    from PIL import Image

    for number in range(6):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number}.png")
    rows = pd.DataFrame({"file": [f"{i}.png" for i in range(6)], "label": [*"ababab"]} | columns)
    rows.to_csv(tmp_path / "labels.csv", index=False)
    dataset = open_dataset(tmp_path)
    assert dataset.group == group
    told = [note for note in dataset.notes if "is not taken" in note]
    assert [note.split("'")[1] for note in told] == refused
    for column in refused:
        assert dataset.with_group(column).group == column


def test_an_image_without_a_split_counts_whatever_the_type_of_the_column():
    for kind in ("str", "string", "object"):
        images = table("ababab", [*"xxxxyy"], [None] * 4 + ["test"] * 2)
        images = images.astype({"split": kind})
        assert why_not_dividing(images, "site") == "all 4 images have the value 'x'"

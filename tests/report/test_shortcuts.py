from types import SimpleNamespace

import pandas as pd

from helpers.report.shortcuts import _findings, _two_readings

LABELS = ["ash"] * 40 + ["elm"] * 30 + ["oak"] * 20 + ["fir"] * 10


def evidence(gap=(0.9, 0.5), classes=4):
    images = pd.DataFrame({"label": LABELS})
    return SimpleNamespace(
        divided=SimpleNamespace(images=images),
        clean=SimpleNamespace(classes=list("abcdefgh")[:classes]),
        border_gap=lambda asked: gap,
    )


def cells(*rows):
    return pd.DataFrame(rows, columns=["class", "value", "images", "lift"])


def test_a_column_is_told_with_the_source_of_fewest_classes_that_explains_it():
    given = {"border": ["ash", "elm", "oak"], "file facts": ["oak"]}
    columns = {
        "ground": cells(("ash", "grass", 30, 3.25), ("elm", "stone", 20, 2.5)),
        "camera": cells(("oak", "old", 15, 6.0)),
        "site": cells(("fir", "hill", 8, 4.0), ("ash", "hill", 9, 2.0)),
        "season": cells(),
    }
    border, files, site = _findings(evidence(), given, columns)
    assert border.what == "The border of the picture gives away ash, elm, oak."
    assert "90% rightly where the border alone points to their class, and 50%" in border.more
    assert "ash with grass (3.2 times as often as by chance), elm with stone (2.5" in border.more
    assert "oak with old" not in border.more
    assert (border.images, border.of) == (90, 100)
    assert files.what == "Facts of the file give away oak."
    assert "oak with old (6.0 times" in files.more
    assert files.images == 20
    assert site.what.startswith("The column 'site' goes with the label: fir with hill")
    assert site.images == 17
    assert all(one.blocks and one.section == "shortcuts" and one.code for one in (border, site))


def test_without_two_kinds_of_borders_nothing_is_said_of_the_model():
    (border,) = _findings(evidence(gap=None), {"border": ["ash"]}, {})
    assert border.more == "A model may learn the ground in place of the subject."
    assert _findings(evidence(), {}, {"season": cells()}) == []


def test_where_most_classes_are_told_by_their_border_both_readings_are_named():
    assert _two_readings(evidence(), ["a", "b"]) == ""
    told = _two_readings(evidence(), ["a", "b", "c"])
    assert told.startswith("3 of 4 classes are told by their border: either the subject itself")
    assert "the verdict leaves it out" in told

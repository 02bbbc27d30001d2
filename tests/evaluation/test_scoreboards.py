"""The scoreboard as two notebooks would use it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.evaluation import add_score, comparability, scoreboard


@dataclass
class WorkFolder:
    work: Path


def test_scoreboard_keeps_one_line_per_notebook_and_model(tmp_path):
    dataset = WorkFolder(tmp_path)
    assert scoreboard(dataset).empty
    add_score(dataset, "05", "small network", [1, 1, 0, 0])
    add_score(dataset, "00", "descriptors", [1, 0, 0, 0])
    entered = add_score(dataset, "00", "descriptors", [1, 0, 0, 0, 1])
    table = scoreboard(dataset)
    assert table[["notebook", "model", "images"]].to_numpy().tolist() == [
        ["00", "descriptors", 5],
        ["05", "small network", 4],
    ]
    assert tuple(table.loc[0, ["accuracy", "low", "high"]]) == entered
    assert scoreboard(dataset, up_to="04")["model"].tolist() == ["descriptors"]


def test_a_line_takes_the_interval_that_the_score_is_shown_with_elsewhere(tmp_path):
    entered = add_score(WorkFolder(tmp_path), "10", "m", [1, 1, 1, 0], ends=np.array([0.6, 0.8]))
    assert tuple(entered) == (0.75, 0.6, 0.8)
    assert scoreboard(WorkFolder(tmp_path)).loc[0, ["low", "high"]].tolist() == [0.6, 0.8]
    for low, high in ((0.75, 0.75), (0, 1)):
        assert add_score(WorkFolder(tmp_path), "10", "m", [1, 1, 1, 0], ends=(low, high)).low == low


@pytest.mark.parametrize("ends", [(0.76, 0.8), (0.6, 0.74), (-0.1, 0.8), (0.6, 1.1)])
def test_ends_that_are_not_those_of_the_score_are_refused(tmp_path, ends):
    with pytest.raises(DatasetError, match="expected an interval of this very accuracy"):
        add_score(WorkFolder(tmp_path), "10", "m", [1, 1, 1, 0], ends=ends)
    assert scoreboard(WorkFolder(tmp_path)).empty


def test_a_damaged_scoreboard_starts_afresh(tmp_path):
    (tmp_path / "scoreboard.parquet").write_bytes(b"PAR1 torn")
    add_score(WorkFolder(tmp_path), "00", "descriptors", [1, 0])
    assert len(scoreboard(WorkFolder(tmp_path))) == 1


def lines_of(tmp_path, *lines):
    """The scoreboard after lines of right and wrong answers, with labels where given."""
    for number, (correct, *labels) in enumerate(lines):
        add_score(
            WorkFolder(tmp_path), "05", f"m{number}", correct, labels=labels[0] if labels else None
        )
    return scoreboard(WorkFolder(tmp_path))


def series(values, start=0):
    return pd.Series(values, [f"{start + i:04d}.jpg" for i in range(len(values))])


A, B = series([1, 0, 1, 1]), series([1, 0, 1, 1], start=1)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], ""),
        ([(A,)], ""),
        ([([1, 0],)], ""),
        ([(A,), (1 - A[::-1],)], ""),
        ([(A, [*"xxyy"]), (A, [*"xxyy"])], ""),
        ([(A, [*"xxyy"]), (A[::-1], [*"yyxx"])], ""),
        ([(A, [*"xxyy"]), (A,)], ""),
        ([(A,), (B,)], "on 2 different sets of images, so their order is no ranking"),
        ([(A,), (B,), (A[:3],)], "on 3 different sets of images"),
        ([([1, 0],), ([1, 0, 1],)], "on 2 different sets of images"),
        ([(A,), ([1, 0],)], "on 2 different sets of images"),
        ([(A,), ([1, 0, 0, 0],)], "For 1 of 2 lines it is not told on which images"),
        ([(A,), (A.reset_index(drop=True),)], "For 1 of 2 lines it is not told on which images"),
        ([(A, [*"xxyy"]), (A, [*"xyyy"])], "same images with 2 different sets of labels"),
        ([(A, [*"xxyy"]), (A, series([*"xyyy"])[::-1])], "same images with 2 different sets"),
    ],
)
def test_a_scoreboard_says_where_its_order_is_no_ranking(tmp_path, lines, said):
    found = comparability(lines_of(tmp_path, *lines))
    assert (said in found) if said else found == ""


def test_balanced_accuracy_stands_beside_accuracy_where_labels_are_given(tmp_path):
    table = lines_of(tmp_path, (A, [*"xyyy"]), (B, series([*"zxyyy"])), (A,))
    table = table.set_index("model")
    assert table.loc[["m0", "m1"], "balanced"].tolist() == pytest.approx([5 / 6, 5 / 6])
    assert np.isnan(table.loc["m2", "balanced"])
    assert table["accuracy"].tolist() == [0.75] * 3
    assert table.loc["m0", "measured_on"] == table.loc["m2", "measured_on"] != ""
    assert table.loc["m0", "labels"] != "" == table.loc["m2", "labels"]
    assert table[["measured_on", "labels"]].iloc[0].str.fullmatch("[0-9a-f]{12}").all()
    with pytest.raises(DatasetError, match="labels has no value for 1 image: 0004.jpg"):
        lines_of(tmp_path, (B, series([*"xyyy"])))


def test_lines_from_before_are_kept_and_count_as_not_told(tmp_path):
    columns = ["notebook", "model", "accuracy", "low", "high", "images"]
    old = pd.DataFrame([("00", "old", 0.5, 0.4, 0.6, 4)], columns=columns)
    old.astype({"notebook": "str", "model": "str"}).to_parquet(tmp_path / "scoreboard.parquet")
    table = lines_of(tmp_path, (A,))
    assert table[columns].iloc[0].tolist() == ["00", "old", 0.5, 0.4, 0.6, 4]
    assert "For 1 of 2 lines" in comparability(table)
    assert comparability(old) == "" == comparability(pd.concat([old, old]))

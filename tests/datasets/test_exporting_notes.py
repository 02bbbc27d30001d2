"""What an export tells of names that it had to change or leave out."""

import pandas as pd

from helpers.datasets import Dataset, export
from helpers.datasets.exporting import METADATA


def test_of_many_names_nine_are_told(tmp_path):
    ids = [f"{i}.x{i}" for i in range(10)]
    (tmp_path / "photos").mkdir()
    for name in ids:
        (tmp_path / "photos" / name).touch()
    facts = {f"m{i}": ["big"] * 5 + [7] * 5 for i in range(10)}
    sides = ["train"] * 5 + ["valid"] * 5
    images = pd.DataFrame({"label": [f"{i}/ " for i in range(10)], "split": sides} | facts, ids)
    dataset = Dataset("made", tmp_path / "photos", images)
    done = export(dataset, tmp_path / "out" / "of" / "it", "copies", progress=False)
    for begin, first, last in (
        ("lost where the table is opened again: ", "'0/ ', '1/ '", "'8/ '"),
        ("that not every computer allows: ", "'0/ ' as 0__, '1/ ' as 1__", "'8/ ' as 8__"),
        ("passes over files ending in ", ".x0, .x1", ".x8"),
        (f"no {METADATA}: ", "m0, m1", "m8"),
    ):
        (note,) = (note for note in done.notes if begin in note)
        names = note.split(begin)[1]
        assert names.startswith(first) and names.endswith(f"{last} and 1 more.")
        assert names.count(", ") == 8

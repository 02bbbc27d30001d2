"""A small folder of marked files, for the tests of what happens to decisions."""

import pandas as pd

from helpers.datasets import Dataset, open_dataset

FILES = {"elm/1.jpg": b"first", "elm/2.jpg": b"second", "oak/1.jpg": b"third", "oak/2.jpg": b"4th"}


def made_of(tmp_path, name: str, files: dict[str, bytes]) -> Dataset:
    """A folder with the given bytes below each name, opened."""
    for path, content in files.items():
        (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name / path).write_bytes(content)
    return open_dataset(tmp_path / name)


def fates(report: pd.DataFrame) -> dict[str, str]:
    return report["fate"].to_dict()

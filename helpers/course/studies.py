"""The result tables of the repeated experiments in ``studies/``."""

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).resolve().parents[2] / "studies"


def read_study(name: str) -> pd.DataFrame:
    """The table that ``studies/<name>.py`` wrote, with its seeds and the hash of its code.

    Raises
    ------
    ValueError
        There is no such study.
    """
    path = FOLDER / f"{name}.csv"
    if not path.is_file():
        known = sorted(each.stem for each in FOLDER.glob("*.csv"))
        raise ValueError(f"There is no study {name!r} in {FOLDER.name}/; there are {known}.")
    return pd.read_csv(path)

"""The result tables of the repeated experiments in ``studies/``."""

import warnings
from pathlib import Path

import pandas as pd

# Of speed, where a table of a few hundred rows is looked up: nothing a reader can make use of.
warnings.filterwarnings("ignore", message="indexing past lexsort depth")

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

"""Study tables are found from any folder, and unknown ones are named with those there are."""

import os

import pandas as pd
import pytest

from helpers import studies


def test_a_table_is_read_whatever_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert {"claim", "seed", "value"} <= set(studies.read_study("claims").columns)


def test_the_words_of_a_table_stay_words(tmp_path, monkeypatch):
    monkeypatch.setattr(studies, "FOLDER", tmp_path)
    table = pd.DataFrame({"per_class": ["10", "all"], "accuracy": [0.5, 0.7]})
    table.to_csv(tmp_path / "small.csv", index=False)
    assert studies.read_study("small")["per_class"].tolist() == ["10", "all"]


def test_an_unknown_study_is_named_with_those_there_are(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match=r"no study 'dreams' in studies/; there are .*claims") as e:
        studies.read_study("dreams")
    assert os.sep + "work" not in str(e.value)

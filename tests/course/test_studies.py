"""Study tables are found from any folder, and unknown ones are named with those there are."""

import os
import re

import pandas as pd
import pytest
from scipy import stats

from helpers.balance import over_seeds
from helpers.course import studies
from studies import transfer
from studies.provenance import code_hash


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


def test_the_hash_of_a_study_follows_what_its_code_does_and_not_what_it_says(tmp_path):
    script, hashes = tmp_path / "study.py", []
    for text in ('"""One."""\nx = 1\n', '"""Two."""\nx = (1)  # one\n', '"""One."""\nx = 2\n'):
        script.write_text(text)
        hashes.append(code_hash(script, "helpers/splits/*.py"))
    assert hashes[0] == hashes[1] != hashes[2]
    assert code_hash(script, "helpers/splits/*.py", "helpers/backbone/*.safetensors") != hashes[2]
    with pytest.raises(ValueError, match="no_such"):
        code_hash(script, "no_such/*.py")


def gains(arm, other, column="accuracy"):
    """By how much one arm of the ladder beats another, seed by seed."""
    table = studies.read_study("ladder").pivot_table(column, "seed", "arm")
    return (table[arm] - table[other]).dropna()


def lowest_mean(differences):
    """The lower end of the mean's 95 % interval over seeds (Student's t)."""
    spread = stats.sem(differences)
    return stats.t.interval(0.95, len(differences) - 1, differences.mean(), spread)[0]


def test_every_step_of_the_ladder_was_measured_on_five_seeds_of_one_code():
    table = studies.read_study("ladder")
    assert set(table.groupby("arm")["seed"].nunique()) == {5}
    assert len(set(table["code"])) == 1
    assert {"descriptors", "scratch", "frozen", "fine-tuned", "augmented", "ensemble"} <= set(
        table["arm"]
    )


@pytest.mark.parametrize(
    ("arm", "other"),
    [
        ("frozen", "scratch"),
        ("frozen", "descriptors"),
        ("fine-tuned", "frozen"),
        ("augmented", "fine-tuned"),
    ],
)
def test_each_step_of_training_shows_on_fresh_photos(arm, other):
    assert lowest_mean(gains(arm, other, "fresh")) > 0


def test_changing_the_hue_harms_the_pair_that_colour_tells_apart():
    assert lowest_mean(gains("fine-tuned", "augmented by hue", "willow_olive")) > 0


def test_with_25_labels_per_class_transfer_is_worth_15_points_at_the_least():
    few = gains("fine-tuned, 25 per class", "scratch, 25 per class")
    assert lowest_mean(few) > 0.15


def test_transfer_is_worth_what_notebook_07_says():
    table = studies.read_study("transfer")
    at = table.pivot_table("accuracy", "seed", ["backbone", "training", "per_class"])["bundled"]
    assert (at["fine-tuned", "all"] > at["frozen", "all"]).all()
    assert len(at) == 5
    assert (at["frozen", "10"] - at["fine-tuned", "10"]).mean() > 0
    epochs = transfer.EPOCHS
    assert all(epochs["from scratch"][n] >= 2 * epochs["fine-tuned"][n] for n in table["per_class"])


def test_nothing_on_the_leaves_saturates():
    table = studies.read_study("ladder")
    assert table["accuracy"].max() < 0.9
    assert table["fresh"].max() < 0.9


def test_the_shortcut_shows_where_it_is_reversed():
    table = studies.read_study("ladder").query("arm == 'fine-tuned'")
    assert lowest_mean(table["held"] - table["reversed"]) > 0.2


ROWS = {
    "descriptors of colour, texture and form, linear model": "descriptors",
    "network from scratch": "scratch",
    "frozen features of the bundled backbone, linear model": "frozen",
    "fine-tuned": "fine-tuned",
    "fine-tuned, augmented, twice the epochs": "augmented",
    "three networks like these, two of them regularised too, averaged": "ensemble",
    "from scratch, 25 labels per class": "scratch, 25 per class",
    "fine-tuned, 25 labels per class": "fine-tuned, 25 per class",
}


def test_the_readme_says_what_the_ladder_measured():
    readme = (studies.FOLDER.parent / "README.md").read_text(encoding="utf-8")
    mean = studies.read_study("ladder").groupby("arm")[["accuracy", "fresh", "reversed"]].mean()
    for words, arm in ROWS.items():
        found = re.search(rf"^\| {words} \| (\d+) \| (\d+) \|$", readme, re.MULTILINE)
        for said, measured in zip(
            found.groups(), mean.loc[arm, ["accuracy", "fresh"]], strict=True
        ):
            assert abs(int(said) - 100 * measured) <= 0.51, words
    said = int(re.search(r"network has (\d+) of 100 right", readme)[1])
    assert abs(said - 100 * mean.loc["fine-tuned", "reversed"]) <= 0.51


@pytest.mark.parametrize(
    ("lesson", "arm", "where", "sign"),
    [
        ("normalise", "learned with, asked without", "all", -1),
        ("standardise", "by those asked, a species at a time", "all", -1),
        ("enhance", "autocontrast", "two stops too dark", 1),
        ("enhance", "equalize", "night", -1),
        ("enhance", "equalize", "willow and olive", -1),
        ("select", "on all", "coin tosses for labels", 1),
        ("split, nearest", "random", "cleaned", 1),
    ],
)
def test_preparing_and_splitting_move_scores_as_notebook_03_says(lesson, arm, where, sign):
    table = studies.read_study("preparing")
    found = table[(table["lesson"] == lesson) & (table["where"] == where)]
    wide = found.pivot_table("accuracy", "seed", "arm")
    first = "whole specimens" if lesson.startswith("split") else found["arm"].iloc[0]
    assert len(wide) == 5
    assert lowest_mean(sign * (wide[arm] - wide[first])) > 0


def test_remedies_for_rare_classes_pay_and_cost_as_notebook_04_says():
    found = over_seeds(studies.read_study("balance")).set_index(["remedy", "of"])
    adjusted = found.loc["logit adjustment, tau 1"]
    assert adjusted["difference"]["rarest classes"] > 0.08
    assert adjusted["low"]["rarest classes"] > 0
    assert adjusted["high"]["commonest classes"] < 0
    assert found.loc[("group balance, power 1", "reversed grounds"), "low"] > 0

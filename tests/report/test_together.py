import json
from types import SimpleNamespace

import pandas as pd
import pytest

from helpers import open_dataset
from helpers.audit import draw_sample
from helpers.datasets import DatasetError, DecisionLog
from helpers.datasets.safe_names import as_csv, say_formulas
from helpers.evidence.audited import Evidence
from helpers.findings.sampling import sample_table
from helpers.findings.verdicts import take_decisions
from helpers.report.together import keep_together, pairs_table, together
from tests.balance.sets import table
from tests.report.conftest import draw


def ids(*numbers):
    return [f"{number:04}.jpg" for number in numbers]


def pairs(*rows):
    columns = ["image_id", "other_id", "kind", "transform", "difference"]
    made = [(*ids(first, other), *more) for first, other, *more in rows]
    return pd.DataFrame(made, columns=columns, dtype="str")


def evidence(dataset, found, clean=None, proposals=None):
    turned = pd.DataFrame({"image_id": ids(2), "other_id": ids(3)})
    turned = turned.head(int(proposals is not None))
    named = pd.DataFrame({"image_id": [], "other_id": []}, dtype="str")
    made = SimpleNamespace(
        opened=dataset, clean=clean or dataset, pairs=found, proposals=proposals, turned=turned,
        same_by_name=named,
    )  # fmt: skip
    made.things = Evidence.things.func(made)
    return made


def test_each_image_names_the_first_that_stays_with_it_by_copies_and_groups():
    dataset = table(label=["ash"] * 8)
    groups = ["x", "x", None, None, None, "y", "y", None]
    clean = dataset.with_images(dataset.images.assign(group=groups).iloc[:7]).with_group("group")
    found = pairs((1, 2, "near", "", ""), (3, 4, "probable", "", ""), (6, 7, "exact", "", ""))
    said = together(evidence(dataset, found, clean))
    first, other = ids(0, 5)
    assert said.fillna("").tolist() == [first, first, first, "", "", other, other, other]


def test_pairs_are_listed_with_labels_what_they_are_and_what_speaks_for_it():
    dataset = table(label=["ash", "ash", "elm", "oak"])
    found = pairs((0, 1, "near", "mirror", "colour (cast)"), (0, 2, "exact", "", ""))
    proposals = pd.DataFrame({
        "image_id": ids(1), "other_id": ids(3), "evidence": ["keypoints"],
        "why": ["12 keypoints agree"], "expected": [0.98765],
    })  # fmt: skip
    listed = pairs_table(evidence(dataset, found, proposals=proposals))
    assert listed.astype(object).fillna("").to_numpy().tolist() == [
        [ids(0)[0], "ash", ids(1)[0], "ash", "near copy", "", "yes", "mirror; colour (cast)"],
        [ids(0)[0], "ash", ids(2)[0], "elm", "exact copy", "", "yes", ""],
        [ids(1)[0], "ash", ids(3)[0], "oak", "same thing", 0.988, "",
         "keypoints: 12 keypoints agree"],
        [ids(2)[0], "elm", ids(3)[0], "oak", "same thing, mirrored", "", "",
         "keypoints: they agree only where one photo is mirrored"],
    ]  # fmt: skip
    none = pairs_table(evidence(dataset, pairs()))
    assert len(none) == 0 and [*none] == [*listed]


@pytest.fixture
def trees():
    return table(label=["ash"] * 3 + ["elm"] * 3, plot=["1", "1", "2", "3", "4", "5"])


def written(tmp_path, **columns):
    path = tmp_path / "images.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def test_a_table_that_was_gone_through_says_what_stays_together(trees, tmp_path):
    path = written(tmp_path, image_id=ids(0, 2, 3, 4, 5), stays_with=["a", "b", "a ", "b", ""])
    kept = keep_together(trees, path)
    assert kept.group == "stays_with" and trees.group is None
    groups = kept.groups
    assert groups[ids(0)[0]] == groups[ids(3)[0]] != groups[ids(2)[0]] == groups[ids(4)[0]]
    assert groups.nunique() == 4


def test_what_the_table_joins_is_joined_with_groups_that_were_known(trees, tmp_path):
    path = written(tmp_path, image_id=ids(1, 3), stays_with="x")
    groups = keep_together(trees.with_group("plot"), path).groups
    assert len({*groups[ids(0, 1, 3)]}) == 1 and groups.nunique() == 4


def test_pairs_that_were_answered_join_whatever_either_of_them_stays_with(trees, tmp_path):
    path = tmp_path / "pairs.csv"
    answers = ["yes", " YES", "no", ""]
    rows = {"image_id": ids(0, 2, 4, 3), "other_id": ids(2, 3, 5, 4), "together": answers}
    pd.DataFrame(rows).to_csv(path, index=False)
    groups = keep_together(trees, path).groups
    assert len({*groups[ids(0, 2, 3)]}) == 1 and groups.nunique() == 4
    with_plots = keep_together(trees.with_group("plot"), path).groups
    assert len({*with_plots[ids(0, 1, 2, 3)]}) == 1 and with_plots.nunique() == 3


def test_what_was_given_back_stands_in_the_next_report_s_tables_too(trees, tmp_path):
    rows = {"image_id": ids(0, 2), "other_id": ids(2, 4), "together": "yes"}
    path = tmp_path / "pairs.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    first = keep_together(trees, path)
    assert first.group == "stays_with"
    found = evidence(first, pairs((1, 3, "near", "", ""), (3, 5, "probable", "", "")))
    pairs_table(found).to_csv(path, index=False)
    again = keep_together(trees, path).groups
    assert len({*again[ids(0, 2, 4)]}) == 1 and len({*again[ids(1, 3)]}) == 1
    assert again.nunique() == 3  # the probable copy joins nothing
    images = together(found).rename_axis("image_id").reset_index()
    images.to_csv(tmp_path / "images.csv", index=False)
    same = keep_together(trees, tmp_path / "images.csv").groups
    assert (same.factorize()[0] == again.factorize()[0]).all()


def notes(trees, path, run=None):
    if run:
        known = {"images searched for photos of one thing": run}
        path.with_name("run.json").write_text(json.dumps(known))
    return keep_together(trees, path).notes


def test_groups_of_a_table_tell_how_many_images_were_compared_for_it(trees, tmp_path):
    path = written(tmp_path, image_id=ids(0, 3), stays_with="a")
    (told,) = notes(trees, path)
    assert told == "Groups come from images.csv: how many images were compared for it is not known."
    (told,) = notes(trees, path, {"compared": 2, "not compared": 4})
    assert told.startswith("Groups come from images.csv, for which 2 of 6 images were compared:")
    assert notes(trees, path, {"compared": 6, "not compared": 0}) == ()
    (told,) = notes(trees, path, {"compared": None, "not compared": None})
    assert told.endswith("is not known.")


def test_pairs_that_nobody_judged_are_counted_and_those_answered_or_joined_are_not(trees, tmp_path):
    listed = pd.DataFrame({
        "image_id": ids(0, 0, 1, 2, 0, 4, 2), "other_id": ids(1, 2, 2, 3, 3, 5, 5),
        "kind": ["same thing"] * 6 + ["probable copy"],
        "chance": [0.6, 0.89, 0.7, 0.4, 0.8, 0.9, 0.6],
        "together": ["", "", "no", "", "", "", ""],
    })  # fmt: skip
    listed.to_csv(tmp_path / "pairs.csv", index=False)
    path = written(tmp_path, image_id=ids(0, 3), stays_with="a")
    (told,) = notes(trees, path, {"compared": 6, "not compared": 0})
    assert told.startswith(
        "Groups come from images.csv, and 2 pairs in pairs.csv, of which about 1 should show one "
        "thing, are neither joined nor answered: write yes or no into the column 'together' there"
    )
    listed.loc[[0, 4], "together"] = "no", "yes"
    listed.to_csv(tmp_path / "pairs.csv", index=False)
    (told,) = notes(trees, tmp_path / "pairs.csv")
    assert "and 1 pair in pairs.csv, of which about 1 should show one thing, is neither" in told


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"image_id": ids(0), "other_id": ids(1)}, "has no column 'together'"),
        ({"image_id": ids(0), "other_id": ids(1), "together": "maybe"}, "has 'maybe' in the colu"),
        ({"image_id": ids(0), "other_id": ids(1), "together": "no"}, "No pair has yes in the col"),
        ({"image_id": ids(0), "other_id": ["x"], "together": "yes"}, "names x, which 'made' does"),
        ({"image_id": ids(0, 1), "with": "x"}, "has no column 'stays_with' .columns: image_id, w"),
        ({"image_id": ["no.jpg", *ids(0)], "stays_with": "x"}, "names no.jpg, which 'made' does"),
        ({"image_id": ids(0, 1), "stays_with": ["x", "y"]}, "No two images have the same value"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_reason(trees, tmp_path, columns, said):
    with pytest.raises(DatasetError, match=said):
        keep_together(trees, written(tmp_path, **columns))
    with pytest.raises(DatasetError, match="cannot be read as a CSV"):
        keep_together(trees, tmp_path / "none.csv")


def test_names_that_begin_as_formulas_do_come_back_from_every_table_that_is_given_back(tmp_path):
    names = ["=1+1", "+cmd!A0", "@x", "-2", "a\rb", "'=b", "＝c", 'so "called", b']
    for seed, name in enumerate(names):
        for label in ("-1", "+1 a"):
            draw(tmp_path / "photos" / label / f"{name}.png", (200, 50, 40), seed)
    dataset = open_dataset(tmp_path / "photos", progress=False)
    ids = list(dataset.images.index)
    assert len(ids) == 16 and dataset.classes == ["+1 a", "-1"]
    (told,) = say_formulas(dataset.images, "the tables")
    assert told.startswith("17 texts in the tables begin as a formula does (such as '+1 a'), which")
    table = dataset.images.assign(stays_with=[ids[0]] * 2 + [ids[2]] * 14)
    path = tmp_path / "images.csv"
    path.write_bytes(as_csv(table, index=True).encode())
    again = pd.read_csv(path, dtype=str).set_index("image_id")
    assert list(again.index) == ids and list(again["label"]) == list(dataset.images["label"])
    groups = keep_together(dataset, path).groups
    assert (
        groups.nunique() == 2 and (groups == groups.iloc[0]).tolist() == [True] * 2 + [False] * 14
    )
    evidence = SimpleNamespace(sample=draw_sample(dataset), marks=DecisionLog(dataset).current())
    sample = sample_table(evidence).assign(action="keep")
    sample.loc[0, ["action", "label"]] = "relabel", "-1"
    (tmp_path / "review_sample.csv").write_bytes(as_csv(sample).encode())
    assert "recorded 16" in take_decisions(dataset, tmp_path / "review_sample.csv")
    marks = DecisionLog(dataset).current()
    assert sorted(marks.index) == ids
    assert marks.loc[sample["image_id"][0], "label"] == "-1"

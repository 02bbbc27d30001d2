from types import SimpleNamespace

import pandas as pd
import pytest

from helpers import open_dataset
from helpers.audit import draw_sample
from helpers.datasets import Dataset, DatasetError, DecisionLog
from helpers.datasets.safe_names import as_csv, say_formulas
from helpers.evidence.answered_pairs import knows_groups, read_judged, still_open
from helpers.evidence.audited import Evidence
from helpers.findings import names
from helpers.findings.sampling import sample_table
from helpers.findings.sections import opening_line
from helpers.findings.verdicts import take_decisions
from helpers.report.together import BUT, keep_together, pairs_table, read_answers, together
from tests.balance.sets import table
from tests.report.conftest import draw


def ids(*numbers):
    return [f"{number:04}.jpg" for number in numbers]


def pairs(*rows):
    columns = ["image_id", "other_id", "kind", "transform", "difference"]
    made = [(*ids(first, other), *more) for first, other, *more in rows]
    return pd.DataFrame(made, columns=columns, dtype="str")


def evidence(dataset, found, clean=None, proposals=None, answered=None):
    turned = pd.DataFrame({"image_id": ids(2), "other_id": ids(3)})
    turned = turned.head(int(proposals is not None))
    named = pd.DataFrame({"image_id": [], "other_id": []}, dtype="str")
    made = SimpleNamespace(
        opened=dataset, clean=clean or dataset, pairs=found, proposals=proposals, turned=turned,
        same_by_name=named, answered=answered,
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
        [ids(0)[0], "ash", ids(1)[0], "ash", "near copy", "", "kept", "mirror; colour (cast)"],
        [ids(0)[0], "ash", ids(2)[0], "elm", "exact copy", "", "kept", ""],
        [ids(1)[0], "ash", ids(3)[0], "oak", "same thing", 0.987, "",
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


def answered(tmp_path, *rows):
    """A table of pairs: numbers of both images, and the answer."""
    path = tmp_path / "pairs.csv"
    one, other, said = zip(*rows, strict=True)
    columns = {"image_id": ids(*one), "other_id": ids(*other), "kind": "same thing",
               "chance": "0.7", "together": said, "why": "keypoints"}  # fmt: skip
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def test_every_answer_and_every_open_pair_stands_in_the_next_report_s_table(trees, tmp_path):
    rows = [(0, 1, "yes"), (2, 3, "no"), (4, 5, ""), (1, 2, "No"), (5, 3, "Y")]
    path = answered(tmp_path, *rows)
    dataset, judged = keep_together(trees, path), read_answers(trees, path)
    made = evidence(
        dataset, pairs((0, 4, "near", "", ""), (2, 3, "probable", "", "")), answered=judged
    )
    listed = pairs_table(made).set_index(["image_id", "other_id"])
    assert not listed.index.duplicated().any() and len(listed) == 6
    said = {tuple(ids(*key)): one for *key, one in rows}
    plain = {"yes": "yes", "y": "yes", "no": "no", "": ""}
    for key, one in said.items():
        assert listed.loc[key, "together"] == plain[one.casefold()], key
    assert listed.loc[tuple(ids(0, 4)), "together"] == "kept"  # a confirmed copy
    both = listed.loc[tuple(ids(2, 3))]
    assert both["kind"] == "probable copy; same thing" and both["chance"] == 0.7
    # The table given back once more says the same, and is the same.
    listed.reset_index().to_csv(path, index=False)
    again = read_answers(trees, path)
    second = evidence(keep_together(trees, path), made.pairs, answered=again)
    assert pairs_table(second).set_index(["image_id", "other_id"]).equals(listed)


def test_a_no_that_other_pairs_overrule_is_kept_and_said(trees, tmp_path):
    path = answered(tmp_path, (0, 1, "yes"), (1, 2, "yes"), (0, 2, "no"), (3, 4, "no"))
    made = evidence(keep_together(trees, path), pairs(), answered=read_answers(trees, path))
    for _ in range(2):
        listed = pairs_table(made).set_index(["image_id", "other_id"])
        over, apart = listed.loc[tuple(ids(0, 2))], listed.loc[tuple(ids(3, 4))]
        assert over["together"] == apart["together"] == "no"
        assert (
            over["why"]
            == "keypoints; you answered no, and copies or other pairs join them all the same"
        )
        assert apart["why"] == "keypoints"
        made.answered = read_judged(path, listed.reset_index().fillna("").astype(str))


def test_a_no_to_an_exact_copy_is_told_and_nothing_before_it(trees, tmp_path):
    path = answered(tmp_path, (0, 1, "no"))
    judged = read_answers(trees, path)
    judged["why"] = ""
    made = evidence(trees, pairs((0, 1, "exact", "", "")), answered=judged)
    for _ in range(2):
        listed = pairs_table(made)
        assert listed.loc[0, "why"] == BUT
        made.answered = read_judged(path, listed.fillna("").astype(str))


@pytest.mark.parametrize("rows", [[(0, 1, "yes"), (1, 0, "no")], [(0, 1, "n"), (0, 1, "TRUE")]])
def test_two_answers_about_one_pair_are_refused(trees, tmp_path, rows):
    path = answered(tmp_path, *rows, (3, 4, "yes"))
    with pytest.raises(DatasetError, match="both yes and no of '0000.jpg' and '0001.jpg'; a pair"):
        keep_together(trees, path)


def test_a_pair_in_two_rows_is_answered_by_either(trees, tmp_path):
    path = answered(tmp_path, (0, 1, ""), (1, 0, "yes"), (0, 1, "1"), (3, 4, "0"))
    kept = keep_together(trees, path)
    assert kept.notes[0].startswith("Groups come from pairs.csv: 1 marked yes stays together, ")
    assert "together, 1 marked no is not joined but where copies" in kept.notes[0]
    assert kept.notes[0].endswith("0 not answered.")
    assert kept.groups.nunique() == 5


def test_only_answers_of_no_leave_the_images_apart_and_the_search_open(trees, tmp_path):
    path = answered(tmp_path, (0, 1, "no"), (2, 3, ""))
    kept, judged = keep_together(trees, path), read_answers(trees, path)
    assert not kept.has_groups and not knows_groups(kept, judged)
    # So nothing is known of what belongs together, and the cover must not say so in part.
    assert kept.notes[-1].startswith("No group comes from pairs.csv: 0 marked yes stay")
    opened = SimpleNamespace(opened=kept, part=kept)
    assert names.kept_notes(opened) == [] and not names.are_known(opened)
    found = pd.DataFrame({"image_id": ids(1, 2, 4), "other_id": ids(0, 3, 5), "expected": 0.95})
    assert still_open(found, judged)["image_id"].tolist() == ids(2, 4)
    assert still_open(found, None) is found


def test_answers_about_pairs_are_no_knowledge_of_all_and_a_column_is(trees, tmp_path):
    path = answered(tmp_path, (0, 1, "yes"))
    judged = read_answers(trees, path)
    assert not knows_groups(keep_together(trees, path), judged)
    own = keep_together(trees.with_group("plot"), path)
    assert knows_groups(own, judged)
    assert own.notes[-1].startswith("Joined with the groups of 'plot': pairs.csv: 1 marked yes")
    opened = f"open_dataset('path/to/{trees.root.name}')"
    assert opening_line(own) == f"keep_together({opened}, 'path/to/pairs.csv')"
    table = written(tmp_path, image_id=ids(0, 1, 2, 3, 4, 5), stays_with=["a", "a", *"bcde"])
    assert keep_together(trees, table).notes == () and read_answers(trees, table) is None


def test_rows_about_images_that_are_gone_are_passed_over_and_names_are_read_in_any_form(tmp_path):
    names = ["Bl\u00e4tter.jpg", "b.jpg", "c.jpg", "d.jpg"]
    images = pd.DataFrame({"label": "x", "split": None}, pd.Index(names, name="image_id"))
    dataset = Dataset("mine", tmp_path, images)
    path = tmp_path / "pairs.csv"
    rows = [
        ("Bla\u0308tter.jpg", "b.jpg", "yes"),
        ("c.jpg", "gone.jpg", "yes"),
        ("c.jpg", "d.jpg", "no"),
    ]
    pd.DataFrame(rows, columns=["image_id", "other_id", "together"]).to_csv(path, index=False)
    kept, judged = keep_together(dataset, path), read_answers(dataset, path)
    assert kept.groups[names[0]] == kept.groups["b.jpg"] and kept.groups.nunique() == 3
    assert kept.notes[-1] == "1 row of pairs.csv about images that are gone: passed over."
    assert judged["together"].tolist() == ["yes", "no"]
    (tmp_path / "half.csv").write_text(
        "image_id,other_id,together\ngone.jpg,b.jpg,yes\nc.jpg,d.jpg,no\n"
    )
    for read in (keep_together, read_answers):
        with pytest.raises(DatasetError, match="names gone.jpg, which 'mine' does not have"):
            read(dataset, tmp_path / "half.csv")


@pytest.mark.parametrize(("separator", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-16")])
def test_a_table_that_a_spreadsheet_saved_is_read(trees, tmp_path, separator, encoding):
    path = answered(tmp_path, (0, 1, "yes"), (2, 3, "no"))
    table = pd.read_csv(path, dtype=str).assign(chance="0,7")
    table.to_csv(path, index=False, sep=separator, encoding=encoding, lineterminator="\r\n")
    kept = keep_together(trees, path)
    assert kept.groups.nunique() == 5
    made = evidence(kept, pairs(), answered=read_answers(trees, path))
    assert pairs_table(made)["chance"].tolist() == [0.7, 0.7]


def test_separators_beyond_the_header_shift_no_answer_and_another_encoding_is_told(trees, tmp_path):
    lines = answered(tmp_path, (0, 1, "yes"), (2, 3, "no")).read_text().splitlines()
    path = tmp_path / "more.csv"
    path.write_text("\n".join([lines[0], *(f"{line}," for line in lines[1:])]))
    assert keep_together(trees, path).groups.nunique() == 5
    assert read_answers(trees, path)["together"].tolist() == ["yes", "no"]
    path.write_bytes("image_id,stays_with\nBl\u00e4tter.jpg,1\n".encode("cp1252"))
    with pytest.raises(
        DatasetError, match="cannot be read as a CSV .its text is not in UTF-8: open"
    ):
        keep_together(trees, path)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"image_id": ids(0), "other_id": ids(1)}, "has no column 'together'"),
        ({"image_id": ids(0), "other_id": ids(1), "together": "maybe"}, "has 'maybe' in the colu"),
        ({"image_id": ids(0), "other_id": ids(1), "together": " "}, "No pair has yes or no in"),
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


def test_a_chance_just_under_what_is_sure_is_not_told_as_sure(trees):
    found = pd.DataFrame({"image_id": ids(0, 2, 3), "other_id": ids(1, 3, 4), "evidence": "e",
                          "why": "w", "expected": [0.95, 0.8999, 0.9]})  # fmt: skip
    made = pairs_table(evidence(trees, pairs(), proposals=found))
    assert made["chance"].tolist() == [0.95, 0.899, 0.9]


def test_a_wrong_answer_is_named_with_its_line_in_the_file_though_images_are_gone(trees, tmp_path):
    named = {"image_id": ["gone.jpg", *ids(0, 2, 4)], "other_id": ids(1, 1, 3, 5)}
    path = written(tmp_path, **named, together=["yes", "no", "maybe", "yes"])
    with pytest.raises(DatasetError, match=r"has 'maybe' in the column 'together' \(line 4\)"):
        keep_together(trees, path)


def test_lines_are_those_of_the_file_where_some_are_empty_and_cells_have_two(trees, tmp_path):
    one, two, three, four = ids(0, 1, 2, 3)
    path = tmp_path / "pairs.csv"
    path.write_text(
        f'image_id,other_id,together,why\n\n{one},{two},yes,"a\nb"\n\n{three},{four},maybe,c\n'
    )
    with pytest.raises(DatasetError, match=r"has 'maybe' in the column 'together' \(line 6\)"):
        keep_together(trees, path)


def test_a_home_that_nobody_has_is_said_and_a_column_of_ones_own_opens_again(trees, tmp_path):
    for reading in (read_answers, keep_together):
        with pytest.raises(DatasetError, match="nosuchuser"):
            reading(trees, "~nosuchuser/pairs.csv")
    path = written(tmp_path, image_id=ids(0, 1), leaf=["a", "a"])
    made = keep_together(trees, path, "leaf")
    assert opening_line(made).endswith(f"'path/to/{path.name}', 'leaf')")


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
    other = next(one for one in dataset.classes if one != sample.loc[0, "given"])
    sample.loc[0, ["action", "label"]] = "relabel", other
    (tmp_path / "review_sample.csv").write_bytes(as_csv(sample).encode())
    assert "recorded 16" in take_decisions(dataset, tmp_path / "review_sample.csv")
    marks = DecisionLog(dataset).current()
    assert sorted(marks.index) == ids
    assert marks.loc[sample["image_id"][0], "label"] == other == "+1 a"

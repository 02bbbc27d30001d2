"""A filled-in table of verdicts: what is wrong is told by the line, and then nothing is taken."""

import re
import unicodedata

import pytest

from helpers import open_dataset
from helpers.datasets import DatasetError, DecisionLog, apply_decisions
from helpers.findings.decided import settle_label
from helpers.findings.verdicts import take_decisions
from tests.report.conftest import draw

HEADER = "number,image_id,given,action,label,reason\n"


@pytest.fixture
def dataset(photos):
    return open_dataset(photos, progress=False)


@pytest.fixture
def table(tmp_path):
    def write(*rows, header=HEADER):
        path = tmp_path / "verdicts.csv"
        path.write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        return path

    return write


def paste(said, dataset):
    """Run the line of Python that a message ends in, as it stands."""
    exec(
        re.search(r"from helpers\S* import \w+; .*?\.record\(.*?\)", said)[0], {"dataset": dataset}
    )


def refused(dataset, path):
    """The error; nothing was recorded."""
    before = DecisionLog(dataset).history()
    with pytest.raises(DatasetError) as caught:
        take_decisions(dataset, path)
    assert len(DecisionLog(dataset).history()) == len(before)
    assert "Nothing of 'verdicts.csv' was recorded. " in str(caught.value)
    return str(caught.value)


def test_a_table_of_another_dataset_is_refused_whole_with_lines_and_number(dataset, table):
    rows = ["1,red/01.png,red,keep,,", "2,cat/1.png,red,keep,,", "3,cat/2.png,red,,,"]
    rows += [f"4,cat/{n}.png,red,drop,," for n in range(3, 10)]
    assert refused(dataset, table(*rows)) == (
        "Nothing of 'verdicts.csv' was recorded. 8 rows name images that 'photos' does not have "
        "(line 3: 'cat/1.png'; line 5: 'cat/3.png'; line 6: 'cat/4.png'; line 7: 'cat/5.png'; "
        "line 8: 'cat/6.png' and 3 more): take the table of this dataset's report, or, where an "
        "image has left the folder since, empty the column action in its row."
    )


def test_a_verdict_without_a_reason_is_about_what_was_suspected(dataset, table):
    header = "image_id,issue,action,label,reason\n"
    rows = ["red/01.png,dark,keep,,", "red/02.png,dark,keep,,night", "red/03.png,,keep,,"]
    take_decisions(dataset, table(*rows, header=header))
    reasons = DecisionLog(dataset).current()["reason"]
    assert reasons.to_dict() == {
        "red/01.png": "dark",
        "red/02.png": "dark: night",
        "red/03.png": "random sample",
    }


def test_an_image_that_is_kept_for_several_reasons_is_kept_for_all_of_them(dataset, table):
    """Its label is settled, whatever stands first, in one table or in one after the other."""
    header = "image_id,issue,action,label,reason\n"
    label, dark = 'red/01.png,"label, by image",keep,,', "red/01.png,dark,keep,,dusk"
    for number, rows in enumerate([[label, dark], [dark, label]]):
        image = f"red/0{number + 1}.png"
        rows = [row.replace("red/01.png", image) for row in rows]
        told = take_decisions(dataset, table(*rows, header=header))
        assert told == "Verdicts of 'verdicts.csv': recorded 1."
        mark = DecisionLog(dataset).current().loc[[image]]
        assert sorted(mark["reason"][image].split("; ")) == ["dark: dusk", "label, by image"]
        assert settle_label(mark, {"dark"}).all()
    for row, fate in ((dark, "recorded 1"), (label, "recorded 1"), (label, "stands already 1")):
        row = row.replace("red/01.png", "red/03.png")
        told = take_decisions(dataset, table(row, header=header))
        assert told == f"Verdicts of 'verdicts.csv': {fate}."
        settled = settle_label(DecisionLog(dataset).current().loc[["red/03.png"]], {"dark"})
        assert settled.all() == (row.split(",")[1] != "dark")


@pytest.mark.parametrize("note", ["darker than most, but fine", "dark: dusk", "dark", ""])
def test_what_was_asked_stands_first_whatever_the_note_begins_with(dataset, table, note):
    row = f'red/01.png,dark,keep,,"{note}"'
    take_decisions(dataset, table(row, header="image_id,issue,action,label,reason\n"))
    mark = DecisionLog(dataset).current()
    assert mark["reason"].iloc[0].split(": ")[0] == "dark"
    assert not settle_label(mark, ["dark"]).any()


@pytest.mark.parametrize("note", ["", "dark", "near", "fine; really"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_verdict_of_the_sample_stays_one_whatever_else_the_image_is_kept_for(
    dataset, tmp_path, note, order, at_once
):
    """The table of the sample has no column issue; that of suspects says that the image is dark."""
    sample, suspects = tmp_path / "review_sample.csv", tmp_path / "suspects.csv"
    sample.write_text(
        f'number,image_id,given,action,label,reason\n1,red/01.png,red,keep,,"{note}"\n'
    )
    suspects.write_text("image_id,issue,action,label,reason\nred/01.png,dark,keep,,\n")
    paths = [(sample, suspects)[number] for number in order]
    if at_once:
        take_decisions(dataset, *paths)
    else:
        for path in paths:
            said = take_decisions(dataset, path)
            assert said == f"Verdicts of '{path.name}': recorded 1."
    mark = DecisionLog(dataset).current()
    assert settle_label(mark, {"dark"}).tolist() == [True]
    for path in paths:
        assert take_decisions(dataset, path) == f"Verdicts of '{path.name}': stands already 1."


def test_what_an_exported_log_says_was_asked_stays_what_was_asked(dataset, tmp_path):
    log = DecisionLog(dataset)
    log.record("red/01.png", "keep", reason="dark")
    log.record("red/02.png", "keep", reason="label, by image")
    path = log.export_to(tmp_path / "log.csv")
    log.undo_all()
    take_decisions(dataset, path)
    assert settle_label(log.current(), {"dark"}).to_dict() == {
        "red/01.png": False, "red/02.png": True
    }  # fmt: skip


def test_what_the_error_about_an_image_advises_is_taken(dataset, table):
    assert "(line 3: 'cat/1.png'):" in refused(
        dataset, table("1,red/01.png,,keep,,", "2,cat/1.png,,keep,,")
    )
    said = take_decisions(dataset, table("1,red/01.png,,keep,,", "2,cat/1.png,,,,"))
    assert said == "Verdicts of 'verdicts.csv': recorded 1; 1 row waits."


def test_images_that_left_the_folder_after_they_were_decided_about_are_passed_over(
    photos, dataset, table
):
    path = table("1,red/01.png,,drop,,", "2,red/02.png,,keep,,")
    assert take_decisions(dataset, path) == "Verdicts of 'verdicts.csv': recorded 2."
    (photos / "red" / "01.png").unlink()
    left = open_dataset(photos, progress=False)
    assert take_decisions(left, path) == (
        "Verdicts of 'verdicts.csv': stands already 1, passed over 1. Passed over, as their images "
        "have left the folder since they were decided about: line 2: 'red/01.png'."
    )
    (photos / "red" / "02.png").unlink()
    left = open_dataset(photos, progress=False)
    assert take_decisions(left, path).startswith("Verdicts of 'verdicts.csv': passed over 2. ")
    path = table("1,red/01.png,,drop,,", "2,red/03.png,,keep,,", "3,dog.png,,keep,,")
    assert "1 row names an image that 'photos' does not have (line 4: 'dog.png'):" in refused(
        left, path
    )


def test_an_image_under_another_name_is_known_by_the_content_that_a_log_exports(
    photos, dataset, tmp_path
):
    log = DecisionLog(dataset)
    log.record("red/01.png", "drop", "dark")
    log.record("red/02.png", "keep")
    path = log.export_to(tmp_path / "verdicts.csv")
    log.undo()
    log.undo()
    (photos / "red" / "01.png").rename(photos / "red" / "new.png")
    moved = open_dataset(photos, progress=False)
    assert take_decisions(moved, path) == "Verdicts of 'verdicts.csv': recorded 2."
    assert DecisionLog(moved).current()["reason"].to_dict() == {
        "red/new.png": "dark", "red/02.png": "random sample"
    }  # fmt: skip
    (photos / "red" / "02.png").write_bytes((photos / "red" / "05.png").read_bytes())
    assert "(line 3: 'red/02.png', another picture):" in refused(moved, path)


def test_labels_that_are_no_classes_are_told_by_the_line_and_a_new_one_can_be_added(dataset, table):
    path = table("1,red/01.png,red,keep,,", "2,red/02.png,red,relabel,gren,", "3,red/03.png,red,"
                 "relabel,seven,", "4,red/04.png,red,relabel, blue ,")  # fmt: skip
    said = refused(dataset, path)
    assert said == (
        "Nothing of 'verdicts.csv' was recorded. 2 rows give labels unknown here (line 3: "
        "'red/02.png', 'gren'; line 4: 'red/03.png', 'seven'): the classes are blue, green, red "
        "(did you mean 'green'?); a class that is new is first added, image by image: "
        "from helpers.datasets import DecisionLog; DecisionLog(dataset).record('red/02.png', "
        "'relabel', label='gren', new_class=True)."
    )
    path = table("1,red/01.png,red,keep,,", "3,red/03.png,red,relabel,seven,",
                 "4,red/04.png,red,relabel, blue ,")  # fmt: skip
    paste(refused(dataset, path), dataset)
    assert take_decisions(dataset, path) == (
        "Verdicts of 'verdicts.csv': recorded 2, stands already 1."
    )
    labels = DecisionLog(dataset).current()["label"].dropna().to_dict()
    assert labels == {"red/03.png": "seven", "red/04.png": "blue"}


def test_rows_that_are_no_decisions_are_told_by_the_line(dataset, table):
    rows = ["1,red/01.png,,burn,,", "", "2,red/02.png,,relabel,  ,", "3,red/03.png,,keep,,"]
    assert refused(dataset, table(*rows)) == (
        "Nothing of 'verdicts.csv' was recorded. 2 rows are no decisions (line 2: 'red/01.png', "
        "burn; line 4: 'red/02.png', relabel): expected one of keep, relabel, drop, cannot tell, "
        "and with relabel the right class in the column label."
    )


def test_all_that_is_wrong_is_told_at_once(dataset, table):
    said = refused(dataset, table("1,cat.png,,keep,,", "2,red/02.png,,relabel,seven,",
                                  "3,red/03.png,,burn,,"))  # fmt: skip
    assert ["line 2: 'cat.png'" in said, "line 3: 'red/02.png', 'seven'" in said,
            "line 4: 'red/03.png', burn" in said] == [True] * 3  # fmt: skip


def test_two_verdicts_on_one_image_are_refused_and_one_given_twice_is_not(dataset, table):
    rows = ["1,red/01.png,,keep,,", "2,red/02.png,,keep,,", "3,red/01.png,,drop,,"]
    assert refused(dataset, table(*rows)) == (
        "Nothing of 'verdicts.csv' was recorded. 2 rows decide differently about the same image "
        "(line 2: 'red/01.png', keep; line 4: 'red/01.png', drop): leave one for each."
    )
    rows[2] = rows[0]
    assert take_decisions(dataset, table(*rows)) == "Verdicts of 'verdicts.csv': recorded 2."


def test_a_conflict_with_the_log_is_told_by_the_line_and_can_be_decided(dataset, table):
    DecisionLog(dataset).record("red/01.png", "keep")
    path = table("1,red/01.png,,relabel,blue,", "2,red/02.png,,keep,,")
    said = take_decisions(dataset, path)
    assert said.startswith("Verdicts of 'verdicts.csv': ") and "conflict 1" in said
    assert (
        "A conflict is a row that says otherwise than what stands in your log, which stays: line "
        "2: 'red/01.png', relabel to 'blue', where keep stands. To let the row count: "
    ) in said
    paste(said, dataset)
    again = take_decisions(dataset, path)
    assert again == "Verdicts of 'verdicts.csv': stands already 2."


@pytest.fixture
def second(tmp_path):
    def write(*rows):
        path = tmp_path / "suspects.csv"
        path.write_text("image_id,action,label,issue\n" + "".join(f"{row}\n" for row in rows))
        return path

    return write


def test_all_tables_that_are_given_are_taken_and_each_is_told_of(dataset, table, second):
    one = table("1,red/01.png,,keep,,", "2,red/02.png,,drop,,", "3,red/03.png,,,,")
    other = second("red/02.png,drop,,dark", "red/04.png,relabel,blue,label in doubt")
    assert take_decisions(dataset, one, other).splitlines() == [
        "Verdicts of 'verdicts.csv': recorded 2; 1 row waits.",
        "Verdicts of 'suspects.csv': stands already 1, recorded 1.",
    ]
    log = DecisionLog(dataset).current()
    assert log["action"].to_dict() == {
        "red/01.png": "keep", "red/02.png": "drop", "red/04.png": "relabel"
    }  # fmt: skip
    assert log.loc["red/04.png", ["label", "reason"]].to_list() == ["blue", "label in doubt"]
    again = take_decisions(dataset, one, second("red/01.png,,,", "red/02.png,,,")).splitlines()
    assert again == [
        "Verdicts of 'verdicts.csv': stands already 2; 1 row waits.",
        "'suspects.csv' holds no verdict: no row has an action.",
    ]


def test_where_one_table_cannot_be_taken_none_is(dataset, table, second):
    one = table("1,red/01.png,,keep,,", "2,red/02.png,,keep,,")
    for rows, told in [
        (["cat.png,keep,,"], "In 'suspects.csv': 1 row names an image that 'photos' does not have "
         "(line 2: 'cat.png'): take the table of this dataset's report, or, where an image has "
         "left the folder since, empty the column action in its row."),
        (["red/05.png,keep,,", "red/02.png,relabel,blue,"], "1 image is decided about differently "
         "by two tables ('red/02.png': line 3 of 'verdicts.csv', keep; line 3 of 'suspects.csv', "
         "relabel to 'blue'): leave one verdict for each."),
    ]:  # fmt: skip
        with pytest.raises(DatasetError) as caught:
            take_decisions(dataset, one, second(*rows))
        said = "Nothing of 'verdicts.csv' and 'suspects.csv' was recorded. "
        assert str(caught.value) == said + told
    assert DecisionLog(dataset).current().empty


def test_a_conflict_is_told_of_the_table_that_has_it(dataset, table, second):
    DecisionLog(dataset).record("red/04.png", "drop")
    said = take_decisions(dataset, table("1,red/01.png,,keep,,"), second("red/04.png,keep,,"))
    one, other = said.splitlines()
    assert one == "Verdicts of 'verdicts.csv': recorded 1."
    assert other.startswith("Verdicts of 'suspects.csv': conflict 1. A conflict is a row that says")
    assert "line 2: 'red/04.png', keep, where drop stands." in other


def test_an_image_given_by_its_content_and_by_its_new_name_is_one(photos, dataset, second):
    log = DecisionLog(dataset)
    log.record("red/01.png", "drop", "dark")
    path = log.export_to(second().with_name("marks.csv"))
    log.undo()
    (photos / "red" / "01.png").rename(photos / "red" / "new.png")
    moved = open_dataset(photos, progress=False)
    with pytest.raises(DatasetError, match="1 image is decided about differently by two tables"):
        take_decisions(moved, path, second("red/new.png,keep,,"))
    assert DecisionLog(moved).current().empty
    said = take_decisions(moved, path, second("red/new.png,drop,,"))
    assert said.splitlines()[1] == "Verdicts of 'suspects.csv': stands already 1."
    assert DecisionLog(moved).current()["reason"].to_dict() == {"red/new.png": "dark"}


def test_a_relabel_to_the_label_that_an_image_has_is_refused_with_what_to_write(dataset, table):
    path = table("1,red/01.png,red,relabel,red,", "2,red/02.png,red,relabel,blue,")
    assert refused(dataset, path) == (
        "Nothing of 'verdicts.csv' was recorded. 1 row gives an image the label that it has "
        "already (line 2: 'red/01.png', 'red'): write keep into the column action where that "
        "label is right, or the right class into the column label."
    )
    path = table("1,red/01.png,red,keep,red,", "2,red/02.png,red,relabel,blue,")
    assert take_decisions(dataset, path) == "Verdicts of 'verdicts.csv': recorded 2."
    # What stands is taken again, although the folder has the label by now.
    labels = dataset.images["label"].mask(dataset.images.index == "red/02.png", "blue")
    mended = dataset.with_images(dataset.images.assign(label=labels))
    assert take_decisions(mended, path) == "Verdicts of 'verdicts.csv': stands already 2."


@pytest.fixture
def twins(tmp_path):
    def write(*rows):
        path = tmp_path / "twins.csv"
        header = "image_id,label,other_id,issue,action\n"
        path.write_text(header + "".join(f"{row}\n" for row in rows))
        return path

    return write


ONE, OTHER = "blue/02.png,{},red/other.png,{},", "red/other.png,{},blue/02.png,{},"
CONFLICT = "one file, two labels"


def test_to_keep_one_of_two_identical_files_is_told_to_settle_nothing_and_what_does(dataset, twins):
    path = twins(ONE.format("blue", f'"{CONFLICT}"') + "keep")
    said = take_decisions(dataset, path)
    assert said.splitlines() == [
        "Verdicts of 'twins.csv': recorded 1.",
        "Not settled: 'blue/02.png' (blue) is the same file as 'red/other.png' (red). The report "
        "trains on neither of such two files until both bear one label or one of them is dropped, "
        "so decide about the other, too, in a row of its own or like this: from helpers.datasets "
        "import DecisionLog; DecisionLog(dataset).record('red/other.png', 'relabel', "
        "label='blue').",
    ]
    paste(said, dataset)
    assert DecisionLog(dataset).current().loc["red/other.png", "label"] == "blue"
    assert take_decisions(dataset, path) == "Verdicts of 'twins.csv': stands already 1."


def test_of_two_identical_files_the_one_relabelled_away_is_advised_to_be_kept(dataset, twins):
    rows = [ONE.format("red", f'"{CONFLICT}"') + "relabel"]
    rows += [OTHER.format("green", f'"{CONFLICT}"') + "relabel"]
    said = take_decisions(dataset, twins(*rows)).splitlines()[1]
    assert said.endswith(
        "decide about the other, too, like this: from helpers.datasets import DecisionLog; "
        "DecisionLog(dataset).record('red/other.png', 'keep')."
    )
    exec(said.partition("like this: ")[2].removesuffix("."), {"dataset": dataset})
    labels = apply_decisions(dataset, DecisionLog(dataset).current()).images["label"]
    assert labels["blue/02.png"] == labels["red/other.png"] == "red"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([ONE.format("blue", CONFLICT) + "keep", OTHER.format("blue", CONFLICT) + "relabel"], 0),
        ([ONE.format("blue", CONFLICT) + "keep", OTHER.format("red", CONFLICT) + "drop"], 0),
        ([ONE.format("red", CONFLICT) + "relabel"], 0),
        ([ONE.format("green", CONFLICT) + "relabel"], 1),
        ([ONE.format("blue", CONFLICT) + "keep", OTHER.format("red", CONFLICT) + "keep"], 1),
        ([ONE.format("blue", CONFLICT) + "cannot tell"], 0),
        ([ONE.format("blue", "probable copy") + "keep"], 0),
        (["blue/03.png,blue,red/other.png," + f'"{CONFLICT}",keep'], 0),  # other bytes by now
    ],
)
def test_a_pair_that_is_settled_or_about_which_nothing_was_said_is_not_told_of(
    dataset, twins, rows, told
):
    rows = [row.replace(f",{CONFLICT},", f',"{CONFLICT}",') for row in rows]
    said = take_decisions(dataset, twins(*rows))
    assert said.count("Not settled: ") == said.count(" is the same file as ") == told


def test_the_command_refuses_such_a_table_before_the_report_begins(photos, table, capsys):
    from helpers import command_line

    path = table("1,red/01.png,,keep,,", "2,red/02.png,,relabel,seven,")
    assert command_line.main(["report", str(photos), "--decisions", str(path)]) == 2
    error = capsys.readouterr().err
    assert "line 3: 'red/02.png', 'seven'" in error and "[1/" not in error
    assert DecisionLog(open_dataset(photos, progress=False)).current().empty


def test_names_in_another_form_and_a_spreadsheet_s_utf_16_are_read(tmp_path):
    draw(tmp_path / "photos" / "Bl\u00e4tter" / "\u00e4.png", (60, 160, 50), 1)
    draw(tmp_path / "photos" / "red" / "b.png", (60, 160, 50), 2)
    dataset = open_dataset(tmp_path / "photos", progress=False)
    there = next(one for one in dataset.images.index if one.startswith("B"))
    rows = f"{there}\tkeep\t\nred/b.png\trelabel\tBl\u00e4tter\n"
    text = unicodedata.normalize("NFD", f"image_id\taction\tlabel\n{rows}")
    (tmp_path / "verdicts.csv").write_text(text, encoding="utf-16")
    assert "recorded 2" in take_decisions(dataset, tmp_path / "verdicts.csv")
    assert DecisionLog(dataset).current().loc["red/b.png", "label"] == "Bl\u00e4tter"


def test_cells_that_are_too_many_are_refused_and_empty_ones_passed_over(tmp_path):
    draw(tmp_path / "photos" / "red" / "a.png", (60, 160, 50), 1)
    draw(tmp_path / "photos" / "blue" / "b.png", (60, 160, 50), 2)
    dataset, path = open_dataset(tmp_path / "photos", progress=False), tmp_path / "verdicts.csv"
    path.write_text("image_id,action,label,reason\nred/a.png,keep,,it is red, I think\n")
    with pytest.raises(
        DatasetError, match="'verdicts.csv' cannot be read .line 2 has 5 cells, and"
    ):
        take_decisions(dataset, path)
    assert DecisionLog(dataset).current().empty
    path.write_text("image_id,action,label\nred/a.png,keep,,,\nblue/b.png,drop\n")
    assert "recorded 2" in take_decisions(dataset, path)
    assert DecisionLog(dataset).current()["action"].to_dict() == {
        "red/a.png": "keep", "blue/b.png": "drop"
    }  # fmt: skip

import json
import re
import signal
import subprocess
import sys
from types import SimpleNamespace

import pandas as pd
import pytest

from helpers import canaries, command_line
from helpers.course.notebooks import ROOT
from helpers.report import building


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(canaries, "COPIES", {})
    monkeypatch.setattr(canaries, "POOR", {})


@pytest.mark.usefixtures("quick")
def test_a_report_is_written_with_its_tables_and_the_code_says_whether_all_went_well(
    photos, tmp_path, capsys, monkeypatch
):
    out = tmp_path / "out"
    asked = [
        "report",
        str(photos),
        "--budget",
        "1.4s",
        "--out",
        str(out),
        "--need",
        "accuracy>=0.5",
    ]
    assert command_line.main([*asked, "--export", str(photos / "inside")]) == 2
    assert "where nothing is ever written" in capsys.readouterr().err and not out.exists()
    assert command_line.main([*asked, "--export", str(out / "inside")]) == 2
    assert "lie in one another" in capsys.readouterr().err and not out.exists()
    assert command_line.main([*asked, "--copies"]) == 2
    assert "name a folder: --export FOLDER." in capsys.readouterr().err
    cleaned = tmp_path / "cleaned"
    assert command_line.main([*asked, "--export", str(cleaned)]) == 0
    assert len([*cleaned.rglob("*.png")]) == 40
    assert (cleaned / "train" / "red").is_dir() and (cleaned / "valid" / "red").is_dir()
    said, told = capsys.readouterr()
    exported = said.splitlines().pop()
    assert exported.startswith(f"Export to '{cleaned}': 40 images, 4 dropped, in 'images.csv'. ")
    assert exported.endswith("; --copies makes files of their own.")
    said = said.removesuffix(f"{exported}\n")
    assert told.splitlines()[0] == f"Opening {photos} …"
    assert [
        line
        for line in told.splitlines()
        if line.startswith(("[1/14]", "Writing report")) and not line.endswith(")")  # a bar does
    ] == ["[1/14] What is in it?", "Writing report.html …", "Writing report.json …"]
    assert said.splitlines()[-1].endswith("report.html")
    assert "1. " in said
    assert {path.name for path in out.iterdir()} >= {
        "report.html", "report.json", "images.csv", "leaks.csv", "suspects.csv", "run.json",
        "dataset_card.md", "model_card.md", "croissant.json", "model",
    }  # fmt: skip
    images = pd.read_csv(out / "images.csv", index_col="image_id")
    assert len(images) == 44
    assert images.loc["blue/00.png", "decision"] == "drop"
    assert images["decision"].notna().sum() == 4
    assert set(images["report_split"].dropna()) == {"train", "valid"}
    assert not {"gps", "thumbnail"} & {*images.columns}
    run = json.loads((out / "run.json").read_text())
    assert run["could not be written"] == {}
    took = run["seconds by section"]
    assert took["writing"] > 0 and run["seconds"] == pytest.approx(sum(took.values()), abs=1)
    assert run["over the budget"].startswith("The budget was 1.4 s; the report took ")
    assert run["over the budget"] in told
    assert (out / "model" / "predict.py").exists()
    card = (out / "model_card.md").read_text()
    assert "blue" in card
    assert re.search(r"`predict.py` and the model that was scored give .* of \d+ images", card)
    assert run["asked"] == ["accuracy of at least 0.5"]
    assert str(tmp_path) not in (out / "run.json").read_text()
    found = json.loads((out / "report.json").read_text())
    assert found["asked by a person"] is True
    assert str(tmp_path) not in (out / "report.html").read_text()

    def broken(evidence):
        raise RuntimeError("broken")

    monkeypatch.setitem(building.AUDIT, "outliers", broken)
    monkeypatch.setattr("helpers.report.handing_over.describe_dataset", broken)
    assert command_line.main([*asked, "--no-images"]) == 1
    told = capsys.readouterr().err
    assert "outliers" in told
    assert "dataset_card.md could not be written: RuntimeError: broken" in told
    assert "image/jpeg" not in (out / "report.html").read_text()


def test_a_request_to_end_stops_as_ctrl_c_does_and_is_passed_on_afterwards(
    photos, monkeypatch, capsys
):
    before = signal.getsignal(signal.SIGTERM)

    def stop(*given, **named):
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(building, "build_report", stop)
    assert command_line.main(["report", str(photos)]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


def test_ctrl_c_says_that_the_same_command_goes_on(photos, monkeypatch, capsys):
    def stop(*given, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "build_report", stop)
    assert command_line.main(["report", str(photos)]) == 130
    assert "the same command goes on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["report", "PHOTOS", "--budget", "soon"], "is no time"),
        (["report", "PHOTOS", "--need", "beauty>=0.5"], "There is no score 'beauty'"),
        (["report", "PHOTOS", "--need", "recall of gren>=0.5"], "did you mean 'green'?"),
        (["report", "PHOTOS", "--against", "PHOTOS/red"], "not with itself or a part of it"),
        (["report", "PHOTOS", "--decisions", "none.csv"], "'none.csv' cannot be read"),
        (["report", "PHOTOS", "--groups", "site"], "no column 'site'"),
        (["report", "PHOTOS", "--need", "recal of every class>=1"], "'recall of every class'?)"),
        (["report", "PHOTOS", "--group", "site"], "no metadata column 'site'; it has: none. A"),
        (["report", "PHOTOS", "--buget", "5m"], "option '--buget' (did you mean '--budget'?). "),
        (["report", "--exprot=x", "PHOTOS"], "option '--exprot' (did you mean '--export'?). "),
        (["report", "PHOTOS", "--zzz"], "no option '--zzz'. python -m helpers report --help lis"),
        (
            ["scan", "PHOTOS", "--budget", "5m"],
            "no option '--budget' here; it belongs to report. python -m h",
        ),
        (
            ["report", "PHOTOS", "--format", "csv"],
            "no option '--format' here; it belongs to scan.",
        ),
        (
            ["report", "PHOTOS", "--pause", "ten"],
            "--pause: 'ten' is no number of seconds, such as 12. python",
        ),
        (["report", "PHOTOS", "--need", "accuracy>=95"], "at most 1 (or 95%, if that was meant)"),
        (["report", "PHOTOS", "--need", "accuracy>=950"], "expected a number above 0, at most 1."),
        (["reprot"], "invalid choice: 'reprot' (choose from"),
        (["scan", "PHOTOS", "b", "c"], "One path is expected, and 'b', 'c' stood beside it"),
        (["report", "PHOTOS", "--metadata", "none.csv"], "there is no such table"),
        (["report", "PHOTOS", "--out", "PHOTOS/report", "--budget", "1s"], "nothing is written"),
        (["scan", "/nowhere/at/all"], "neither a dataset we know"),
    ],
)
@pytest.mark.usefixtures("quick")
def test_what_cannot_be_used_is_told_in_a_sentence(asked, words, photos, capsys):
    asked = [part.replace("PHOTOS", str(photos)) for part in asked]
    assert command_line.main(asked) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


@pytest.mark.parametrize("slip", [["--budget", "2minuts"], ["--need", "beauty>=0.5"]])
def test_a_slip_that_needs_no_image_is_told_before_any_is_opened(slip, photos, capsys):
    assert command_line.main(["report", str(photos), *slip]) == 2
    assert "Opening" not in capsys.readouterr().err


def test_a_scan_is_given_as_text_csv_and_json(photos, capsys):
    assert command_line.main(["scan", str(photos)]) == 1
    text = capsys.readouterr().out
    assert "44 files, of which 1 cannot be read." in text
    assert "blue/00.png: is cut short" in text
    assert command_line.main(["scan", str(photos), "--format", "csv"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 45
    assert lines[0].startswith("image_id,readable,problem")
    assert command_line.main(["scan", str(photos), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["images"], found["unreadable"]) == (44, 1)
    (photos / "blue" / "00.png").unlink()
    assert command_line.main(["scan", str(photos)]) == 0
    assert "No other flag." in capsys.readouterr().out


def test_a_table_beside_the_images_gives_labels_and_groups(photos, capsys):
    rows = [(path.name, path.parent.name) for path in sorted(photos.rglob("1?.png"))]
    flat = photos.parent / "flat"
    flat.mkdir()
    for number, (name, label) in enumerate(rows):
        (photos / label / name).rename(flat / f"{number}.png")
    table = pd.DataFrame({"file": [f"{n}.png" for n in range(len(rows))],
                          "label": [label for _, label in rows],
                          "patient": [f"p{n // 2}" for n in range(len(rows))]})  # fmt: skip
    table.to_csv(flat / "meta.csv", index=False)
    asked = command_line._parser([]).parse_args(
        ["report", str(flat), "--metadata", "meta.csv", "--group", "patient"]
    )
    dataset = command_line.open_asked(asked)
    assert dataset.group == "patient"
    assert dataset.classes == ["blue", "green", "red"]
    elsewhere = photos.parent / "meta.csv"
    (flat / "meta.csv").rename(elsewhere)
    for given in (str(elsewhere), "meta.csv"):
        asked = ["report", str(flat), "--metadata", given, "--group", "patient"]
        again = command_line.open_asked(command_line._parser([]).parse_args(asked))
        pd.testing.assert_frame_equal(again.images, dataset.images)
        assert again.root == dataset.root and again.work != dataset.work
    assert command_line.main(["scan", str(flat), "--metadata", "meta.csv"]) == 0
    assert "12 files, of which 0 cannot be read." in capsys.readouterr().out


def test_help_names_the_commands_and_starts_without_torch():
    code = "import sys; from helpers.command_line import main\n"
    code += "try: main(['--help'])\nfinally: print('torch' in sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert {"report", "scan"} <= {*done.stdout.split()}
    assert done.stderr.strip().endswith("False")


TWICE = [
    ("report", option, "a", "b")
    for option in ("--together", "--metadata", "--label", "--split", "--group", "--pattern",
                   "--budget", "--against", "--out", "--groups")
]  # fmt: skip
TWICE += [("report", "--pause", "5.0", "7.0"), ("scan", "--format", "csv", "json"),
          ("scan", "--label", "a", "a"), ("dashboard", "--port", "1", "2"),
          ("dashboard", "--groups", "a,c", "b"), ("report", "--budget", "10m", "5m")]  # fmt: skip


@pytest.mark.parametrize(("command", "option", "one", "other"), TWICE)
def test_an_option_of_one_value_that_is_given_twice_is_refused(command, option, one, other, capsys):
    from helpers.dashboard.command import main

    assert main([command, "photos", option, one, f"{option}={other}"]) == 2
    more = f", or name all in one: {option} {one},{other}" if option == "--groups" else ""
    assert capsys.readouterr().err == (
        f"{option} was given twice, with '{one}' and with '{other}', of which only one can count: "
        f"leave one of them out{more}.\n"
    )


def test_several_options_and_those_that_may_be_repeated_are_taken():
    asked = command_line._parser([]).parse_args(
        ["report", "photos", "--label", "a", "--split", "a", "--need", "MCC>=0.1", "--decisions",
         "a.csv", "--need", "accuracy>=0.5", "--decisions", "b.csv"]
    )  # fmt: skip
    assert (asked.path, asked.label, asked.split, asked.budget) == ("photos", "a", "a", "10m")
    assert asked.decisions == ["a.csv", "b.csv"]
    assert asked.need == ["MCC>=0.1", "accuracy>=0.5"]
    assert command_line._parser([]).parse_args(["report"]).decisions == []


def test_decisions_of_several_tables_are_written_or_none(photos, tmp_path, monkeypatch, capsys):
    from helpers import open_dataset
    from helpers.datasets import DecisionLog

    def stop(*given, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "build_report", stop)
    tables = [tmp_path / "one.csv", tmp_path / "other.csv"]
    tables[0].write_text("image_id,action\nred/01.png,keep\n")
    tables[1].write_text("image_id,action\nred/02.png,burn\n")
    asked = ["report", str(photos), "--decisions", str(tables[0]), "--decisions", str(tables[1])]
    assert command_line.main(asked) == 2
    log = DecisionLog(open_dataset(photos, progress=False))
    assert log.current().empty
    tables[1].write_text("image_id,action\nred/02.png,drop\n")
    assert command_line.main(asked) == 130
    told = capsys.readouterr().err
    assert "Verdicts of 'one.csv': recorded 1.\nVerdicts of 'other.csv': recorded 1.\n" in told
    assert log.current()["action"].to_dict() == {"red/01.png": "keep", "red/02.png": "drop"}


def test_a_report_that_was_written_meanwhile_is_not_replaced(photos, tmp_path, monkeypatch, capsys):
    from helpers.report.folders import default_folder

    monkeypatch.chdir(tmp_path)
    mine, written = [], []

    class Made(SimpleNamespace):
        def __getitem__(self, name):
            return SimpleNamespace(title="Go", findings=[])

        def write(self, folder, images):
            written.append(folder)
            return folder

    def build(dataset, *given, **named):
        mine.append(default_folder(dataset))  # another one began later, and is done sooner
        mine[0].mkdir(parents=True, exist_ok=True)
        (mine[0] / "report.html").touch()
        return Made(overran="", failed=[], unwritten={})

    monkeypatch.setattr(building, "build_report", build)
    assert command_line.main(["report", str(photos)]) == 0
    assert written == [mine[0].with_name(f"{mine[0].name}-2")]
    assert command_line.main(["report", str(photos), "--out", "here"]) == 0
    assert str(written[1]) == "here"

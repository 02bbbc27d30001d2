import json
import re
import shutil
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest

from helpers import open_dataset, plots
from helpers.copies.duplicates import REACH
from helpers.datasets import DatasetError, DecisionLog
from helpers.evidence import budget
from helpers.evidence.explaining import explain_errors
from helpers.findings import auditing, remedies, same_thing, second_folder
from helpers.modelling import shortcuts
from helpers.report import build_report, building
from tests.report.conftest import draw

BUDGET, TUNED = "1.4s", "2s"  # for 44 images: heads alone, and a fine-tuned network


@pytest.fixture
def quick(monkeypatch):
    """Canaries are tested by themselves; here three images are spoiled in one way."""
    from helpers import canaries

    monkeypatch.setattr(canaries, "COPIES", {"saved again": canaries.COPIES["saved again"]})
    monkeypatch.setattr(canaries, "POOR", {})


def report_on(photos, **given):
    return build_report(photos, **{"budget": BUDGET, "progress": False} | given)


def without_time(report):
    return json.dumps(report.json(), sort_keys=True)


@pytest.mark.usefixtures("quick")
def test_planted_faults_are_found_and_the_folder_stays_as_it_was(photos):
    before = {path: path.read_bytes() for path in photos.rglob("*") if path.is_file()}
    report = report_on(photos)
    found = report.json()
    assert found["failed"] == []
    by_name = {one["name"]: one for one in found["sections"]}
    assert list(by_name)[0] == "verdict"
    assert by_name["files"]["numbers"]["unreadable"] == 1
    assert by_name["copies"]["numbers"]["exact pairs"] == 2
    whats = " ".join(one["what"] for one in by_name["verdict"]["findings"])
    assert "1 file cannot be read" in whats
    assert "Identical files carry two labels in 1 pair" in whats
    dropped = report.evidence.choices["reason"].to_dict()
    assert dropped == {
        "blue/00.png": "the file cannot be read",
        "blue/02.png": "the same file carries another label",
        "red/other.png": "the same file carries another label",
        "green/again.png": "the same file as green/01.png",
    }
    assert by_name["split"]["numbers"]["leaks"] == 0
    assert {path: path.read_bytes() for path in before} == before
    assert "frozen" in by_name["evaluation"]["title"]


@pytest.mark.usefixtures("quick")
def test_an_interrupted_report_goes_on_and_says_what_an_uninterrupted_one_says(
    photos, monkeypatch, tmp_path
):
    def stop(*given, **named):
        raise KeyboardInterrupt

    for number in range(12):
        draw(tmp_path / "elsewhere" / f"{number:02}.png", (90, 60, 120), 700 + number)
    asked = {"budget": TUNED, "against": tmp_path / "elsewhere"}
    with monkeypatch.context() as patched:
        patched.setitem(building.MODEL, "baselines", stop)
        with pytest.raises(KeyboardInterrupt):
            report_on(photos, **asked).json()
    with monkeypatch.context() as patched:
        patched.setattr("helpers.drift.comparing.find_shift", stop)
        with pytest.raises(KeyboardInterrupt):
            report_on(photos, **asked).json()
    resumed = without_time(report_on(photos, **asked))
    assert without_time(report_on(photos, **asked)) == resumed
    assert "fine-tuned" in resumed
    assert "area by content" in resumed
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "other"))
    assert without_time(report_on(photos, **asked)) == resumed


@pytest.mark.usefixtures("quick")
def test_a_section_that_breaks_says_so_and_takes_no_other_with_it(photos, monkeypatch):
    def broken(evidence):
        raise RuntimeError(f"no such thing in {photos}")

    monkeypatch.setitem(building.AUDIT, "outliers", broken)
    report = report_on(photos)
    assert report.failed == ["outliers"]
    made = report["outliers"]
    assert made.state == "failed"
    assert re.match(
        r"RuntimeError: no such thing in .* \(test_building.py, line \d+\)", made.says[0]
    )
    assert report["evaluation"].state == "done"
    text = json.dumps(report.json())
    assert str(photos) not in text
    assert "no such thing in photos" in text
    assert "The section 'outliers' failed" in text


@pytest.mark.usefixtures("quick")
def test_without_labels_the_audit_alone_is_given(photos, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for number, path in enumerate(sorted(photos.rglob("*.png"))[:20]):
        shutil.copy(path, flat / f"{number}.png")
    report = report_on(flat)
    states = {name: one.state for name, one in report.sections.items()}
    assert [name for name, state in states.items() if state == "failed"] == []
    assert {name for name, state in states.items() if state == "left out"} == {
        "same thing",
        *building.NEEDS_LABELS,
    }
    assert report["verdict"].numbers["verdict"] == "Not asked"
    assert "audit alone" in report["verdict"].says[0]
    assert "cannot be read" in report["verdict"].findings[0].what
    assert report.html().count("<section") == 1 + len(building.AUDIT) - 2
    told = "Not asked, for want of labels of two classes: labels, sample, split, shortcuts, "
    assert any(line.startswith(told) for line in report["verdict"].unchecked)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("classes", [1, 2])
def test_one_class_and_four_images_give_a_report(tmp_path, classes):
    for number in range(4):
        name = "ab"[number % classes]
        draw(tmp_path / "few" / name / f"{number}.png", (90, 120, 40 + 60 * number), number)
    report = report_on(tmp_path / "few")
    assert report.failed == []
    assert report["opening"].numbers == {"images": 4, "labelled": 4, "classes": classes} | (
        {"imbalance": 1.0}
    )
    assert report["verdict"].numbers["verdict"] in ("Not asked", "Not shown yet")
    assert "<h1>few</h1>" in report.html()


@pytest.mark.usefixtures("quick")
def test_your_own_marks_are_applied_first(photos):
    log = DecisionLog(open_dataset(photos, progress=False))
    log.record("blue/00.png", "drop", "broken")
    log.record("red/other.png", "drop", "it is blue")
    report = report_on(photos)
    assert report["files"].numbers["unreadable"] == 0
    assert report["copies"].numbers["exact pairs"] == 1
    assert "Your own marks are applied: drop 2." in report["opening"].says


@pytest.mark.usefixtures("quick")
def test_an_unknown_section_is_named_with_those_there_are(photos):
    with pytest.raises(KeyError, match="no section 'leafs'; there are opening, files"):
        report_on(photos)["leafs"]


@pytest.mark.parametrize(
    ("took", "told"),
    [
        ({"labels": 40, "copies": 50.0, "writing": 17.9}, ""),  # 1.2 times
        (
            {"labels": 41, "copies": 64, "writing": 37},
            "The budget was 90 s; the report took 142 s, most of all 'copies' (64 s) and 'labels' "
            "(41 s).",
        ),
        (
            {"opening": 1200.4},
            "The budget was 90 s; the report took 1,200 s, most of all 'opening' (1,200 s).",
        ),
    ],
)
def test_what_a_report_took_is_told_where_that_is_more_than_was_asked_for_and_not_on_the_page(
    photos, took, told
):
    report = report_on(photos, budget="90s")
    report.seconds = took
    assert report.overran.startswith(told) and bool(report.overran) == bool(told)
    report.sections = {}
    assert "142" not in without_time(report) and "report took" not in without_time(report)


@pytest.mark.parametrize(
    ("budget", "took", "told"),
    [
        (14_400, 20_000, "The budget was 14,400 s; the report took 20,000 s, most of all 'a' (2"),
        (90.5, 200.4, "The budget was 90.5 s; the report took 200 s, "),
        (0.25, 0.456, "The budget was 0.25 s; the report took 0.46 s, most of all 'a' (0.46 s)."),
        (1.4, 9.96, "The budget was 1.4 s; the report took 10 s, "),
        (1_234_567.8, 2e6, "The budget was 1,234,568 s; the report took 2,000,000 s, "),
    ],
)
def test_long_and_fractional_times_are_told_in_full(budget, took, told):
    plan = SimpleNamespace(plan=SimpleNamespace(seconds=budget))
    report = building.Report(plan, None)
    report.seconds = {"a": took}
    assert report.overran.startswith(told)


@pytest.fixture
def divided(photos, tmp_path):
    """The photos with a test split of three images of each class."""
    root = tmp_path / "divided"
    for path in sorted(photos.rglob("*.png")):
        side = "test" if path.stem in ("11", "12", "13") else "train"
        target = root / side / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    shutil.copy(root / "test" / "red" / "11.png", root / "train" / "red" / "leak.png")
    return root


@pytest.mark.usefixtures("quick")
def test_the_test_split_stays_closed_unless_asked_for_and_then_is_opened_once(divided):
    closed = report_on(divided)
    assert closed.failed == []
    assert closed["verdict"].says[-1].startswith("The test split was never opened: nothing was")
    assert "9 test images stay closed" in closed["evaluation"].says[0]
    for _ in range(2):
        opened = report_on(divided, open_test=True)
        assert "of 9 test images" in opened["evaluation"].title
        assert opened["verdict"].numbers["test openings"] == 1
    assert "opened 1 time: report: final score of the frozen model" in opened["verdict"].says[-1]


def test_for_models_of_a_part_of_the_images_the_test_split_is_not_opened(divided, monkeypatch):
    monkeypatch.setattr(budget, "FEWEST", 5)
    told = r"budget of 1 s models would learn from \d+ of \d+ images alone: --budget 1m takes all"
    with pytest.raises(DatasetError, match=told):
        build_report(divided, budget="1s", open_test=True, progress=False)
    assert open_dataset(divided, progress=False).test_openings().empty
    assert build_report(divided, budget="1s", progress=False).evidence.plan.images < 28
    build_report(divided, budget="1m", open_test=True, progress=False)


@pytest.mark.usefixtures("quick")
def test_a_leak_across_the_given_split_is_found_and_its_training_image_left_out(divided):
    report = report_on(divided)
    assert report["copies"].numbers["leaks"] == 1
    assert auditing.MISSED in report["copies"].says and REACH in report["copies"].unchecked
    (leak,) = [one for one in report["verdict"].findings if "leaks" in one.what]
    assert leak.blocks
    assert leak.act.endswith("anew, without those that test images show, too")
    made = {"dataset": open_dataset(divided, progress=False)}
    exec(leak.code, made)
    assert "train/red/leak.png" not in made["divided"].images.index
    assert DecisionLog(made["dataset"]).current()["action"].to_dict() == {
        "train/red/leak.png": "drop"
    }
    made["log"].undo_all()
    assert report.evidence.choices.loc["train/red/leak.png", "reason"].startswith(
        "the same file as test/red/11.png"
    )
    assert "test/red/11.png" in report.evidence.dataset.images.index


@pytest.mark.usefixtures("quick")
def test_every_line_of_python_that_is_offered_works(divided):
    report = report_on(divided)
    offered = {one.code for part in report.sections.values() for one in part.findings if one.code}
    offered |= {part.code for part in report.sections.values() if part.code}
    offered |= {
        remedies.KEEP_ALL,
        remedies.KEEP_TOGETHER,
        same_thing.REVIEW_SAME,
        remedies.REVIEW_FLAGS.format(kinds=["dark", "blurred"]),
        shortcuts.PROBE_BORDER,
    }
    offered |= {remedies.REVIEW_LABELS, shortcuts.PROBE_FILES}
    assert len(offered) > 6
    for code in sorted(offered):
        exec(code, {"dataset": report.evidence.dataset})
    plt.close("all")


@pytest.mark.usefixtures("quick")
def test_columns_of_persons_and_places_are_neither_shown_nor_passed_on(photos, tmp_path):
    dataset = open_dataset(photos, progress=False)
    codes = dataset.images["label"].map({"blue": "SN-1", "green": "SN-2", "red": "SN-3"})
    more = {"camera_serial": codes, "latitude": "51.5", "site": codes.str.replace("SN", "site")}
    report = report_on(dataset.with_images(dataset.images.assign(**more)))
    assert "site-1" in json.dumps(report.json())
    folder = report.write(tmp_path / "out", model=False)
    for path in folder.iterdir():
        assert "SN-1" not in path.read_text(), path
        assert "51.5" not in path.read_text(), path
    assert any("camera_serial" in line for line in report["verdict"].unchecked)


@pytest.mark.usefixtures("quick")
def test_a_second_folder_is_compared_and_what_is_in_both_is_listed(photos, tmp_path, monkeypatch):
    from helpers.drift import comparing

    monkeypatch.setattr(comparing, "SHUFFLES", 599)
    other, seed = tmp_path / "elsewhere", 5000
    for label, colour in {"blue": (20, 30, 90), "green": (20, 80, 30)}.items():
        for number in range(14):
            draw(other / label / f"{number:02}.png", colour, seed := seed + 1)
    shutil.copy(photos / "green" / "05.png", other / "green" / "same.png")
    report = report_on(photos, against=other)
    assert list(report.sections)[-1] == "second folder"
    found = report["second folder"]
    assert found.state == "done"
    assert found.title.startswith("'elsewhere' (29 images) differs from these images in")
    assert "light and colour" in found.title
    assert found.numbers["shared"] == 1
    whats = [one.what for one in found.findings]
    assert whats[0].startswith("'elsewhere' does not look like these images")
    assert whats[1] == "1 image of 'elsewhere' is here, too."
    assert "only the first folder has red" in " ".join(found.says)
    assert "No column says which images here or there show one thing" in " ".join(found.says)
    folder = report.write(tmp_path / "out", model=False)
    lines = (folder / "shared_copies.csv").read_text().splitlines()
    assert lines[1].startswith("green/05.png,green/same.png,exact")
    assert "could not be drawn" not in (folder / "report.html").read_text()
    for path in folder.iterdir():
        assert str(tmp_path) not in path.read_text(), path
    with pytest.raises(DatasetError, match="compared with another, not with itself"):
        report_on(photos, against=photos / "red")


@pytest.mark.parametrize(
    ("known", "differs", "said"),
    [
        ((False, False), ["content"], ["here or there", "--group COLUMN; there: open_dataset"]),
        ((True, False), ["content"], ["images there show", "(there: open_dataset"]),
        ((False, True), ["content"], ["images here show", "(here: --group COLUMN)"]),
        ((True, True), ["content"], []),
        ((False, False), [], []),
    ],
)
def test_where_things_are_unknown_two_folders_may_differ_by_these_alone(known, differs, said):
    first, second = (SimpleNamespace(has_groups=one) for one in known)
    evidence = SimpleNamespace(dataset=first, against=second)
    found = second_folder._by_things(evidence, differs)
    assert len(found) == bool(said)
    assert all(words in found[0] for words in said)


@pytest.mark.usefixtures("quick")
def test_without_progress_no_bar_is_drawn(photos, tmp_path, monkeypatch):
    from tqdm.std import tqdm

    started, drawn = tqdm.__init__, []

    def watched(bar, *given, **named):
        started(bar, *given, **named)
        drawn.append((named.get("desc"), bar.disable))

    monkeypatch.setattr(tqdm, "__init__", watched)
    report = report_on(photos, budget=TUNED)
    report.evidence.__dict__["best"] = "fine-tuned"
    report.write(tmp_path / "out")
    assert report.unwritten == {}
    assert len(drawn) > 5
    assert [name for name, disabled in drawn if not disabled] == []


@pytest.mark.usefixtures("quick")
def test_the_worst_errors_are_explained_beside_their_nearest_training_images(photos):
    report = report_on(photos)
    evidence = report.evidence
    evidence.answers  # noqa: B018
    worst = evidence.answers["frozen"].head(2).assign(prediction="red", confidence=0.9)
    told = explain_errors(evidence, worst)
    assert list(told.nearest["image_id"].unique()) == list(worst.index)
    assert len(told.nearest) == 6
    train = set(evidence.sides[0].images.index)
    assert set(told.nearest["neighbour"]) <= train
    assert told.heatmaps.maps.shape[0] == 2
    assert list(told.heatmaps.targets.index) == list(worst.index)
    said = (told.nearest["label"] == "red").sum()
    assert told.agreeing(worst, "prediction") == said
    part = evidence.divided
    ax = plots.explained_errors(part, worst, *told)
    assert len(ax.child_axes) == 2 * 5
    evidence.best = "dummy"
    alone = explain_errors(evidence, worst)
    assert alone.heatmaps is None
    assert len(plots.explained_errors(part, worst, *alone).child_axes) == 2 * 4
    plt.close("all")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("best", ["descriptors", "frozen"])
def test_no_model_is_handed_over_where_the_best_is_no_network_or_no_better_than_a_dummy(
    photos, tmp_path, best, monkeypatch
):
    report = report_on(photos)
    if best == "frozen":
        monkeypatch.setattr("helpers.evidence.learned.Learned.beats_dummy", False)
        said, title = "it is not handed over.", "No model beats the dummy: best by log loss: frozen"
    else:
        report.evidence.answers[best] = report.evidence.answers["frozen"]
        report.evidence.best = best
        said, title = "The descriptors model is no network, ", "Best by log loss: descriptors, "
    folder = report.write(tmp_path / "out", images=False)
    assert report.unwritten == {}
    assert not (folder / "model").exists()
    assert (folder / "model_card.md").exists()
    assert any(said in line for line in report["baselines"].says)
    assert report["baselines"].title.startswith(title)

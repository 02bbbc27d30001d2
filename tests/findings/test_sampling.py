"""The random sample in the report, and the way from a filled-in table to a share."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest

from helpers import open_dataset
from helpers.audit import draw_sample, judge_sample
from helpers.datasets import DatasetError, DecisionLog
from helpers.evaluation import accuracy_interval
from helpers.findings import pictures
from helpers.findings.sampling import SAMPLE, sample, sample_table
from helpers.findings.verdicts import take_decisions


def asked(dataset):
    marks, drawn = DecisionLog(dataset).current(), draw_sample(dataset)
    rate = judge_sample(dataset, drawn, marks)
    return SimpleNamespace(opened=dataset, marks=marks, sample=drawn, error_rate=rate)


def write(path, rows, header=None):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header or list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def dataset(photos):
    return open_dataset(photos, progress=False)


def test_without_verdicts_it_says_how_to_give_them(dataset):
    found = sample(asked(dataset))
    assert found.title == "Nobody has looked yet: 44 images drawn at random wait"
    assert any("--decisions review_sample.csv" in line for line in found.says)
    assert "draw_sample(dataset)" in found.code
    assert found.findings == []
    assert found.unchecked == [
        f"The true share of wrong labels ({SAMPLE} has a random sample to judge)."
    ]


def test_a_filled_in_table_becomes_a_share_with_its_interval(dataset, tmp_path):
    rows = sample_table(asked(dataset)).to_dict("records")
    assert [row["number"] for row in rows] == list(range(1, 45))
    for n, row in enumerate(rows[:30]):
        row["action"] = " Keep " if n not in (3, 4, 5) else "relabel"
        if n in (3, 4, 5):
            row["label"] = next(one for one in dataset.classes if one != row["given"])
    rows[6]["action"] = "drop"
    said = take_decisions(dataset, write(tmp_path / SAMPLE, rows))
    assert said == f"Verdicts of '{SAMPLE}': recorded 30; 14 rows wait."
    found = sample(asked(dataset))
    assert found.title == "10% of the labels as they came are wrong (6.8% to 26%)"
    assert "Of 29 labels drawn at random and judged, 3 were wrong" in found.says[0]
    assert any(
        "1 image of those judged showed nothing to label, or could not" in s for s in found.says
    )
    assert (found.findings[0].images, found.findings[0].of) == (5, 44)
    assert found.findings[0].what == f"{found.title}, by a random sample."
    assert found.numbers["changed"] == 3 and not any("outside of" in one for one in found.says)
    assert found.unchecked == []
    assert "that came with the images." in found.says[0]
    pairs = dataset.images.assign(pair=[str(n // 2) for n in range(len(dataset))])
    grouped = sample(asked(dataset.with_images(pairs).with_group("pair")))
    assert "with the images (images of one group are taken to err together)." in grouped.says[0]
    again = take_decisions(dataset, tmp_path / SAMPLE)
    assert again == f"Verdicts of '{SAMPLE}': stands already 30; 14 rows wait."


@pytest.mark.parametrize(
    ("changed", "title", "ends"),
    [
        (1, "2.3% to 11% of the labels as they came are wrong", "are 1 to 5 of all 44"),
        (3, "6.8% to 11% of the labels as they came are wrong", "are 3 to 5 of all 44"),
        (7, "At least 16% of the labels as they came are wrong", "are at least 7 of all 44"),
    ],
)
def test_labels_that_were_changed_outside_of_the_sample_are_known_to_have_been_wrong(
    dataset, changed, title, ends
):
    log, ids = DecisionLog(dataset), list(draw_sample(dataset).index)
    given = dataset.images["label"]
    for image_id in ids[:30]:
        log.record(image_id, "keep", "")
    for image_id in ids[-changed:]:
        other = next(one for one in dataset.classes if one != given[image_id])
        log.record(image_id, "relabel", "", other)
    # To what it was, as logs from before it was refused may say: nothing was changed.
    DecisionLog(log.path).record(ids[31], "relabel", "", given[ids[31]])
    evidence = asked(dataset)
    assert evidence.error_rate[3:] == ([], (0, 0, pytest.approx(0.1135, abs=1e-4)))
    found = sample(evidence)
    assert found.title == title
    assert f"judged, 0 were wrong; so, with 95 % confidence, {ends} that came" in found.says[0]
    were = "label was" if changed == 1 else "labels were"
    assert found.says[1] == (
        "This is about the labels as they came, before any decision: "
        f"{changed} {were} changed by yours, {changed} of them outside of the sample that was "
        f"judged, so that no fewer than {changed} were wrong if these are right."
    )
    assert found.numbers["changed"] == changed and found.findings == []
    assert found.numbers["low"] == changed / 44


def test_verdicts_after_a_gap_are_not_counted_and_few_give_no_share(dataset):
    log, ids = DecisionLog(dataset), list(draw_sample(dataset).index)
    for image_id in [*ids[:4], *ids[6:9]]:
        log.record(image_id, "keep", "")
    found = sample(asked(dataset))
    assert found.title == "4 images of the random sample judged: too few"
    assert any(
        line.startswith("Not counted: 3 verdicts about images after the") for line in found.says
    )


@pytest.mark.parametrize(
    ("judged", "dropped", "wrong", "beyond"),
    [(0, 0, 0, 0), (19, 0, 2, 0), (20, 0, 0, 0), (20, 2, 3, 1), (44, 0, 1, 2)],
)
def test_from_twenty_verdicts_on_a_share_is_told_and_what_waits_or_does_not_count(
    dataset, monkeypatch, judged, dropped, wrong, beyond
):
    shown = []
    monkeypatch.setattr(pictures, "drawn", lambda *what, **how: shown.append((what, how)))
    evidence = asked(dataset)
    rate = accuracy_interval(np.arange(judged - dropped) < wrong) if judged else None
    evidence.error_rate = (judged, beyond, dropped, ["x"] * wrong, rate)
    found = sample(evidence)
    said, told = " ".join(found.says), judged >= 20
    assert (
        f"Of {judged - dropped} labels drawn at random and judged, {wrong} were" in said
    ) == told
    if told:
        ends = f"are {rate.low * 44:.0f} to {rate.high * 44:.0f} of all 44 that came"
        assert ends in said
        assert (f"{44 - judged} of the sample wait. Judge" in said) == (judged < 44)
        assert [(one.images, one.of) for one in found.findings] == [
            (round(wrong / (judged - dropped) * 44), 44)
        ] * (wrong > 0)
        assert found.numbers["wrong"] == wrong / (judged - dropped)
    else:
        assert "no detector can tell" in said and "wrong" not in found.numbers
        first = "Nobody has looked yet" if not judged else "19 images of the random sample judged"
        assert found.title.startswith(first)
    assert (f"{dropped} images of those judged showed nothing" in said) == (dropped > 0)
    assert (f"Not counted: {beyond} verdict" in said) == (beyond > 0)
    ((what, how),) = shown
    assert (what[0], what[4], how["photographs"]) == ("contact_sheet", 8, True)
    assert what[3][evidence.sample.index[0]].startswith("1: ")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"image": "a", "action": "keep"}], "expected a CSV with the columns image_id and action"),
        ([{"image_id": "red/00.png", "action": "burn"}], "is no decision"),
        ([{"image_id": "red/00.png", "action": "relabel"}], "is no decision"),
    ],
)
def test_a_table_that_holds_no_verdicts_is_refused_in_a_sentence(dataset, tmp_path, rows, words):
    with pytest.raises(DatasetError, match=words):
        take_decisions(dataset, write(tmp_path / "x.csv", rows))
    assert DecisionLog(dataset).current().empty
    with pytest.raises(DatasetError, match="cannot be read"):
        take_decisions(dataset, tmp_path / "none.csv")


def test_a_table_without_any_action_says_so_and_semicolons_are_read(dataset, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("image_id;action\nred/00.png;\n")
    assert take_decisions(dataset, path) == "'x.csv' holds no verdict: no row has an action."
    path.write_text("image_id;action\nred/00.png;keep\n")
    assert take_decisions(dataset, path) == "Verdicts of 'x.csv': recorded 1."
    path.write_text("image_id,action,label,reason\nred/01.png,relabel,blue,seen\nred/02.png,,x,\n")
    said = take_decisions(dataset, path)
    assert said == "Verdicts of 'x.csv': recorded 1; 1 row waits."
    row = DecisionLog(dataset).current().loc["red/01.png"]
    assert (row["action"], row["label"], row["reason"]) == ("relabel", "blue", "seen")
    path.write_text("")
    with pytest.raises(DatasetError, match=r"read \(it is empty\); expected a CSV"):
        take_decisions(dataset, path)

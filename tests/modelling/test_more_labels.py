"""Which images to label next, and what the last doubling says of the next."""

from types import SimpleNamespace

import pandas as pd
import pytest

from helpers.findings import pictures
from helpers.modelling import more_labels
from helpers.needs.asking import read_needs
from helpers.report import build_report
from tests.report.conftest import COLOURS, draw


def missing(value, gain, least=0.8, monkeypatch=None):
    scores = pd.DataFrame({"value": [value]}, ["accuracy"])
    monkeypatch.setattr(more_labels, "gain_of_doubling", lambda *given: gain)
    made = SimpleNamespace(
        judged_scores=scores, plan=SimpleNamespace(taken=("learning curve",), opening=0)
    )
    return more_labels.labels_needed(made, read_needs({"accuracy": least}))


def test_the_upper_end_of_the_gain_says_how_many_labels_it_takes_at_the_least(monkeypatch):
    said = missing(0.7, (0.03, 0.01, 0.05), monkeypatch=monkeypatch)
    bought = "bought a linear model +3.0 points (+1.0 to +5.0) of accuracy, and"
    assert f"{bought} 10 points are missing" in said
    for value, lacks in ((0.796, "less than a point is"), (0.79, "1 point is")):
        assert f"and {lacks} missing." in missing(
            value, (0.03, 0.01, 0.05), monkeypatch=monkeypatch
        )
    assert said.endswith("it takes 4.0 times as many at the least.")
    unsure = missing(0.7, (0.01, -0.03, 0.05), monkeypatch=monkeypatch)
    assert "is not shown; if so, it takes 4.0 times as many" in unsure
    never = missing(0.2, (0.01, 0.0, 0.02), monkeypatch=monkeypatch)
    assert never.endswith("More of the same images will hardly close that gap.")
    assert missing(0.9, (0.03, 0.01, 0.05), monkeypatch=monkeypatch) == ""
    assert missing(0.8, (0.03, 0.01, 0.05), monkeypatch=monkeypatch) == ""
    none = missing(0.7, (0.0, 0.0, 0.0), monkeypatch=monkeypatch)
    assert none.endswith("More of the same images will hardly close that gap.")
    edge = missing(0.7, (0.02, 0.0, 0.05), monkeypatch=monkeypatch)
    assert "is not shown; if so, it takes 4.0 times as many" in edge
    four = missing(0.25, (0.1, 0.05, 0.125), least=0.75, monkeypatch=monkeypatch)
    assert "50 points are missing" in four and "it takes 16.0 times as many" in four
    tenths = missing(0.7, (0.05, 0.04, 0.08), monkeypatch=monkeypatch)
    assert "it takes 2.4 times as many" in tenths  # 2 to the power 1.25 is 2.38


def test_how_many_labels_is_told_for_the_score_of_all_classes_where_a_curve_was_drawn(monkeypatch):
    asked = []
    monkeypatch.setattr(
        more_labels, "gain_of_doubling", lambda evidence, score: asked.append(score) or None
    )
    scores = pd.DataFrame({"value": 0.5}, ["accuracy", "balanced accuracy", "macro F1", "recall"])
    made = SimpleNamespace(
        judged_scores=scores, plan=SimpleNamespace(taken=("learning curve",), opening=0)
    )
    for need in ("balanced accuracy>=0.9", "macro F1>=0.9", "recall of oak>=0.9"):
        assert more_labels.labels_needed(made, read_needs(need)) == ""
    made.plan.taken = ()
    assert more_labels.labels_needed(made, read_needs("accuracy>=0.9")) == ""
    assert asked == ["balanced accuracy"]


@pytest.mark.parametrize(
    ("gain", "title"),
    [
        (
            (0.03, 0.01, 0.05),
            "The last doubling of the labels bought +3.0 points (+1.0 to +5.0) of",
        ),
        (
            (0.03, 0.0, 0.05),
            "No gain of the last doubling of the labels is shown: +3.0 points (+0.0 to +5.0) of "
            "accuracy",
        ),
        (None, "Whether more labels would help cannot be told: a class is too small"),
    ],
)
def test_the_gain_is_the_title_and_nothing_is_listed_where_all_have_labels(
    monkeypatch, gain, title
):
    own = pd.DataFrame({"label": ["a"] * 7 + [None]})
    made = SimpleNamespace(
        sides=[SimpleNamespace(images=own)],
        plan=SimpleNamespace(taken=("learning curve",), opening=0),
        label_next=[], curve=None, part=SimpleNamespace(images=own),
        dataset=SimpleNamespace(development=SimpleNamespace(images=own)),
    )  # fmt: skip
    monkeypatch.setattr(more_labels, "gain_of_doubling", lambda *given: gain)
    found = more_labels.more_labels(made)
    assert found.title.startswith(title) and found.pictures == [] and found.tables == {}
    assert ("learned from all 7 training images" in " ".join(found.says)) == (gain is not None)
    kept = {} if gain is None else dict(zip(("gain of doubling", "low", "high"), gain, strict=True))
    assert found.numbers == kept
    made.curve, made.plan.taken = pd.DataFrame({"images": [9], "accuracy": [0.5]}), ()
    assert "the budget does not pay for it" in more_labels.more_labels(made).title
    made.plan.taken = ("learning curve",)
    tables = [table.columns.tolist() for table in more_labels.more_labels(made).tables.values()]
    assert tables == [["images, on average", "accuracy"]] * (gain is not None)


@pytest.mark.parametrize(
    ("waiting", "seen", "said"),
    [
        (1, 1, "1 image has no label. Label these 1 first (label_next.csv lists them)"),
        (2, 2, "2 images have no label. Label these 1 first"),
        (1200, 1100, "1,200 images have no label, of which 1,100 were looked at. Label"),
    ],
)
def test_images_to_label_next_are_counted(monkeypatch, waiting, seen, said):
    shown = []
    monkeypatch.setattr(pictures, "drawn", lambda *what, **how: shown.append((what, how)))
    labels = pd.DataFrame({"label": [None] * waiting + ["a"]})
    made = SimpleNamespace(
        sides=[SimpleNamespace(images=labels)], plan=SimpleNamespace(taken=(), opening=0),
        dataset=SimpleNamespace(development=SimpleNamespace(images=labels)),
        label_next=pd.DataFrame(index=["x.jpg"]), unlabelled=["x.jpg"] * seen,
    )  # fmt: skip
    found = more_labels.more_labels(made)
    assert found.says[-1].startswith(said) and found.numbers == {"without a label": waiting}
    ((what, how),) = shown
    assert (what[0], [*what[2]], how["photographs"]) == ("contact_sheet", ["x.jpg"], True)
    assert how["title"] == "Label these next: the first 1 of 1"
    made.label_next = pd.DataFrame(index=[f"{n}.jpg" for n in range(31)])
    more_labels.more_labels(made)
    assert len(shown[1][0][2]) == 30 and shown[1][1]["title"].endswith("first 30 of 31")


def test_labelled_images_that_were_not_learned_from_are_counted_with_the_budget_for_them():
    def told(labels, part, opening=0.0):
        own = pd.DataFrame({"label": labels})
        made = type("Own", (), {"images": own, "__len__": lambda self: len(own)})()
        evidence = SimpleNamespace(
            dataset=SimpleNamespace(development=made),
            part=SimpleNamespace(images=own.iloc[:part]),
            plan=SimpleNamespace(opening=opening),
        )
        return more_labels.unused_labels(evidence)

    labels = ["a", None] * 1000
    assert told(labels, 2000) == ""
    assert told(labels, 1999) == ""  # the one left out has no label
    assert told(labels, 1998) == "1 labelled image was not learned from: --budget 2m takes all."
    assert told(labels, 500) == "750 labelled images were not learned from: --budget 2m takes all."
    assert told(labels, 500, opening=0.26).endswith("--budget 54m takes all.")


@pytest.mark.usefixtures("work")
def test_images_without_a_label_are_listed_the_least_sure_first(tmp_path, monkeypatch):
    from helpers import canaries

    monkeypatch.setattr(canaries, "COPIES", {})
    monkeypatch.setattr(canaries, "POOR", {})
    root, rows, seed = tmp_path / "some", [], 0
    for label, colour in COLOURS.items():
        for n in range(12):
            draw(root / f"{label}{n}.png", colour, seed := seed + 1)
            rows.append((f"{label}{n}.png", label if n < 9 else ""))
    pd.DataFrame(rows, columns=["file", "label"]).to_csv(root / "m.csv", index=False)
    report = build_report(root / "m.csv", budget="3s", progress=False)
    assert len(report.evidence.unlabelled) == 9
    found = report["more labels"]
    assert found.state == "done"
    assert set(report.evidence.label_next.index) == set(report.evidence.unlabelled)
    assert any(line.startswith("9 images have no label. Label") for line in found.says)
    report.evidence.unlabelled = report.evidence.unlabelled[:4]
    again = more_labels.more_labels(report.evidence)
    assert any("9 images have no label, of which 4 were looked at." in line for line in again.says)
    assert report.evidence.label_next["suggestion"].isin([*COLOURS]).all()
    exec(
        found.code.replace("build_report(dataset)", "report"),
        {"dataset": report.evidence.dataset, "report": report},
    )

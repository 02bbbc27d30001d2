"""Which images to label next, and what the last doubling says of the next."""

from types import SimpleNamespace

import pandas as pd
import pytest

from helpers.findings import more_labels
from helpers.findings.needs import read_needs
from helpers.report import build_report
from tests.report.conftest import COLOURS, draw


def missing(value, gain, least=0.8, monkeypatch=None):
    scores = pd.DataFrame({"value": [value]}, ["accuracy"])
    monkeypatch.setattr(more_labels, "gain_of_doubling", lambda *given: gain)
    made = SimpleNamespace(judged_scores=scores, plan=SimpleNamespace(taken=("learning curve",)))
    return more_labels.labels_needed(made, read_needs({"accuracy": least}))


def test_the_upper_end_of_the_gain_says_how_many_labels_it_takes_at_the_least(monkeypatch):
    said = missing(0.7, (0.03, 0.01, 0.05), monkeypatch=monkeypatch)
    assert "bought +3.0 points (+1.0 to +5.0) of accuracy, and 10 points are missing" in said
    assert said.endswith("it takes 4.0 times as many at the least.")
    unsure = missing(0.7, (0.01, -0.03, 0.05), monkeypatch=monkeypatch)
    assert "is not shown; if so, it takes 4.0 times as many" in unsure
    never = missing(0.2, (0.01, 0.0, 0.02), monkeypatch=monkeypatch)
    assert never.endswith("More of the same images will hardly close that gap.")
    assert missing(0.9, (0.03, 0.01, 0.05), monkeypatch=monkeypatch) == ""


def test_labelled_images_that_were_not_learned_from_are_counted_with_the_budget_for_them():
    def told(labels, part):
        own = pd.DataFrame({"label": labels})
        made = type("Own", (), {"images": own, "__len__": lambda self: len(own)})()
        evidence = SimpleNamespace(
            dataset=SimpleNamespace(development=made),
            part=SimpleNamespace(images=own.iloc[:part]),
        )
        return more_labels.unused_labels(evidence)

    labels = ["a", None] * 1000
    assert told(labels, 2000) == ""
    assert told(labels, 1999) == ""  # the one left out has no label
    assert told(labels, 1998) == "1 labelled image was not learned from: --budget 2m takes all."
    assert told(labels, 500) == "750 labelled images were not learned from: --budget 2m takes all."


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

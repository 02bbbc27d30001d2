"""The line that is shown while something takes its time."""

import os
import re
import subprocess
import sys
import threading
import time

import pandas as pd
import pytest

from helpers import canaries
from helpers.course.notebooks import NO_BARS, ROOT
from helpers.evidence import effects, learned
from helpers.findings.sections import QUESTIONS
from helpers.report import building, waiting, writing
from helpers.transfer import head_curve
from tests.report.test_building import report_on

LONG = """
import time
from helpers.report import waiting
waiting.FIRST, waiting.EVERY = 0.05, 0.02
with waiting.waiting("Which labels are in doubt?"):
    time.sleep(1.5)
"""


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(waiting, "FIRST", 0.05)
    monkeypatch.setattr(waiting, "EVERY", 0.02)


def threads():
    return sum("show" in str(one._target) for one in threading.enumerate() if one._target)


@pytest.mark.usefixtures("impatient")
def test_what_takes_long_is_named_with_its_time_and_wiped_away_at_the_end(capsys):
    shown, ends = "", time.monotonic() + 20
    with waiting.waiting("Which labels are in doubt?"):
        while shown.count("doubt") < 3 and time.monotonic() < ends:
            time.sleep(0.02)
            shown += capsys.readouterr().err
    said, last = capsys.readouterr()
    shown += last
    assert said == ""
    lines = [one for one in re.split(r"[\r\n]", shown) if one.strip()]
    assert len(lines) >= 3
    assert all(re.fullmatch(r"Which labels are in doubt\? \(00:\d\d\)", one) for one in lines)
    assert re.search(r"\r +\r$", shown)


@pytest.mark.usefixtures("impatient")
def test_what_is_quick_is_not_named(capsys):
    with waiting.waiting("Which labels are in doubt?"):
        pass
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("impatient")
def test_nothing_is_shown_where_no_progress_is_wanted(capsys):
    with waiting.waiting("Which labels are in doubt?", progress=False):
        assert threads() == 0
        time.sleep(0.15)
    assert capsys.readouterr() == ("", "")


def test_what_silences_all_bars_silences_this_line():
    def shown(more):
        kept = {name: value for name, value in os.environ.items() if name not in NO_BARS}
        environment = {**kept, "PYTHONPATH": str(ROOT), **more}
        done = subprocess.run(
            [sys.executable, "-c", LONG],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stderr

    assert "Which labels are in doubt? (00:0" in shown({})
    assert shown(NO_BARS) == ""


@pytest.mark.usefixtures("impatient")
def test_an_error_passes_through_and_ends_the_line():
    with pytest.raises(KeyboardInterrupt), waiting.waiting("x"):
        assert threads() == 1
        raise KeyboardInterrupt
    assert threads() == 0


@pytest.fixture
def bars(monkeypatch):
    """(name, steps that are due, steps that were done) of each bar that is drawn or would be."""
    from tqdm.std import tqdm

    started, closed, found = tqdm.__init__, tqdm.close, []

    def start(bar, *given, **named):
        started(bar, *given, **named)
        bar.named = given[1] if len(given) > 1 else named.get("desc")

    def close(bar):
        if not bar.disable and getattr(bar, "named", None):
            found.append((bar.named, bar.total, bar.n))
        closed(bar)

    monkeypatch.setattr(tqdm, "__init__", start)
    monkeypatch.setattr(tqdm, "close", close)
    return found


def test_canaries_and_further_labels_count_their_steps_in_a_bar(photos, bars):
    evidence = report_on(photos, budget="3s", progress=True).evidence
    assert "learning curve" in evidence.plan.taken
    evidence.canaries  # noqa: B018
    assert ("known faults", 1 + len(canaries.COPIES) + len(canaries.POOR) + 2, 15) in bars
    curve = evidence.curve
    assert ("models of fewer labels", learned.SEEDS, 3) in bars
    whole = head_curve(
        evidence.divided, evidence.features, counts=learned.COUNTS, seeds=range(learned.SEEDS)
    )
    means = whole.groupby("per_class")["accuracy"].mean()
    assert len(curve) == len(means)
    pd.testing.assert_series_equal(curve["accuracy"].sort_index(), means.sort_index())
    assert effects.gain_of_doubling(evidence) is not None
    assert ("models of half the labels", effects.DRAWS, 3) in bars


def test_every_section_and_every_file_is_waited_for_in_words(photos, tmp_path, monkeypatch, capsys):
    words = []

    def shown(said, progress=True):
        words.append((said, progress))
        return waiting.waiting(said, False)

    monkeypatch.setattr(building, "waiting", shown)
    monkeypatch.setattr(writing, "waiting", shown)
    monkeypatch.setattr(canaries, "COPIES", {})
    monkeypatch.setattr(canaries, "POOR", {})
    report = report_on(photos, progress=True)
    report.write(tmp_path / "out", model=False)
    asked = [QUESTIONS[name] for name in (*building.AUDIT, *building.MODEL)]
    assert {*asked, "Weighing what was found"} <= {said for said, _ in words}
    told = capsys.readouterr().err.replace("\r", "\n").splitlines()
    numbered = [line for line in told if re.match(r"\[\d+/14\] ", line)]
    asked = [*asked[:1], *asked[2:4], asked[1], *asked[4:]]  # the searches before what needs them
    assert numbered == [f"[{n}/14] {said}" for n, said in enumerate(asked, 1)]
    assert "Weighing what was found …" in told
    made = {path.name for path in (tmp_path / "out").iterdir()} - {"run.json", "croissant_types"}
    files = {said.removeprefix("Writing ") for said, _ in words if said.startswith("Writing ")}
    assert {one for one in made if one.endswith((".csv", ".md", ".html"))} <= files
    assert all(progress for _, progress in words)

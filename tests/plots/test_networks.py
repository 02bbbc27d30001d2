"""Feature maps, probes and doubtful labels are drawn as they are."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from helpers import plots
from helpers.evaluation import Interval
from helpers.plots import networks
from helpers.plots.style import ACCENT, FAMILIES, FLAG


@pytest.fixture
def stages(monkeypatch):
    """Maps of a network of two stages, 6 of 4 × 6 cells and 2 of 2 × 3."""
    rng = np.random.default_rng(0)
    made = [rng.normal(size=(6, 4, 6)), rng.normal(size=(2, 2, 3))]
    monkeypatch.setattr(networks, "_look", lambda image, backbone: made)
    return made


def test_each_stage_is_a_column_of_maps_beside_the_photo(photos, stages):
    figure, given = plt.subplots()
    ax = plots.feature_maps(photos, "oak/01.png", most=3, ax=given)
    assert ax is given
    photo, *panels = ax.child_axes
    assert photo.images[0].get_array().ndim == 3
    shown = [panel.images[0].get_array() for panel in panels]
    assert [one.shape for one in shown] == [(4, 6)] * 3 + [(2, 3)] * 2
    assert all(any((one == channel).all() for channel in stages[0]) for one in shown[:3])
    assert ax.get_title("left") == "What does a network see in one image (oak)?"
    assert "stage2 2 maps of 3 × 2" in ax.alt_text


def test_maps_that_say_the_same_are_shown_once():
    wave = np.sin(np.arange(24)).reshape(4, 6)
    other = np.cos(np.arange(24)).reshape(4, 6)
    maps = np.stack([0 * wave, 3 * wave, 2.9 * wave + 1, -2.8 * wave, other])
    assert networks._unlike(maps, 2) == [1, 4]
    assert len(set(networks._unlike(maps, 9))) == 5


def test_the_bundled_network_shows_five_stages_each_half_as_fine(photos):
    image = networks.thumbnail(photos, "oak/00.png", 64)
    maps = networks._look(image, "bundled")
    assert [one.shape[1] for one in maps] == [32, 16, 8, 4, 2]
    assert all(one.dtype == np.float32 for one in maps)


def test_probes_show_value_and_interval_and_join_the_stages():
    scores = {
        "form": Interval(0.4, 0.3, 0.5),
        "stage1": Interval(0.5, 0.45, 0.55),
        "stage2": Interval(0.7, 0.6, 0.8),
        "all stages": Interval(0.75, 0.7, 0.8),
    }
    ax = plots.probes(scores, chance=0.2)
    joined, *bars = (line for line in ax.lines if len(line.get_xdata()) == 2)
    assert list(joined.get_ydata()) == [0.5, 0.7]
    assert [tuple(bar.get_ydata()) for bar in bars[:4]] == [tuple(s[1:]) for s in scores.values()]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_color() for dot in dots[:3]] == [FAMILIES["form"], ACCENT, ACCENT]
    assert [dot.get_ydata()[0] for dot in dots] == [0.4, 0.5, 0.7, 0.75]
    assert {"0.40", "0.75", "always the commonest class"} <= {t.get_text() for t in ax.texts}
    assert [t.get_text() for t in ax.get_xticklabels()][-1] == "all\nstages"
    assert "stage2 0.70 (0.60 to 0.80)" in ax.alt_text


def test_a_guess_and_balanced_accuracies_are_drawn_beside_the_probes():
    scores = {"form": Interval(0.4, 0.3, 0.5), "stage1": Interval(0.5, 0.45, 0.55)}
    ax = plots.probes(scores, guess=0.9, balanced={"stage1": 0.35})
    [guess] = [line for line in ax.lines if line.get_marker() == "X"]
    assert guess.get_ydata()[0] == 0.9
    assert ax.get_ylim()[1] > 0.9
    [balanced] = [line for line in ax.lines if line.get_marker() == "_"]
    assert (balanced.get_xdata()[0], balanced.get_ydata()[0]) == (1, 0.35)
    assert "balanced accuracy" in ax.get_ylabel()
    assert "stage1 balanced 0.35; your guess 0.9" in ax.alt_text
    plain = plots.probes(scores)
    assert {line.get_marker() for line in plain.lines} == {"o", "None"}
    assert "balanced" not in plain.get_ylabel()


@pytest.fixture
def doubts():
    return pd.DataFrame(
        {
            "given": ["oak", "oak", "rose"],
            "suggested": ["rose", "rose", "oak"],
            "issue": [True, False, True],
            "evidence": ["whole group", "", "within group"],
            "rank": [2, 3, 1],
            "wrong": [0.6, 0.1, 0.9],
        },
        index=pd.Index(["oak/01.png", "oak/02.png", "rose/20.png"], name="image_id"),
    )


def test_doubtful_labels_are_shown_by_evidence_with_what_they_should_be(photos, doubts):
    ax = plots.label_issues(photos, doubts)
    said = [text.get_text() for text in ax.texts]
    assert said == [
        *("rose?\nrather oak", "within group"),
        *("oak?\nrather rose", "whole group"),
    ]
    assert (
        ax.get_title("left") == "2 labels are in doubt, about 1.5 of them wrong; these most of all"
    )
    assert (
        plots.label_issues(photos, doubts.drop(columns="wrong")).get_title("left")
        == "2 labels are in doubt; these most of all"
    )
    one = plots.label_issues(photos, doubts[:1].assign(wrong=0.9))
    assert one.get_title("left") == "1 label is in doubt"
    assert not ax.patches


def test_a_label_that_is_suggested_itself_is_shown_alone(photos, doubts):
    ax = plots.label_issues(photos, doubts.assign(suggested="oak"))
    said = [text.get_text() for text in ax.texts]
    assert said == ["rose?\nrather oak", "within group", "oak?", "whole group"]


def test_where_the_truth_is_known_labels_that_are_wrong_have_a_frame(photos, doubts):
    from dataclasses import replace

    planted = pd.DataFrame(
        {
            "image_id": ["oak/01.png", "oak/02.png"],
            "partner": [None, "rose/20.png"],
            "truth": ["rose", "rose"],
        }
    )
    ax = plots.label_issues(replace(photos, planted=planted), doubts)
    assert [to_hex(patch.get_edgecolor()) for patch in ax.patches] == [FLAG]


def test_no_doubts_are_said_in_a_line_without_an_empty_sheet(photos, doubts):
    none = doubts.assign(issue=False, evidence="")
    known = "No label is more likely wrong than right"
    unknown = "No label stands out as wrong"  # 0 is no estimate
    for table, said in ((doubts[:0], known), (none, known), (none.assign(wrong=0.0), unknown)):
        ax = plots.label_issues(photos, table)
        assert ax.get_title("left") == said
        assert not ax.texts and not ax.images and not ax.patches


def test_where_no_label_is_in_doubt_those_contradicted_most_are_shown(photos, doubts):
    none = doubts.assign(issue=False, evidence="", quality=[0.1, 0.9, 0.8])
    ax = plots.label_issues(photos, none)
    assert [text.get_text() for text in ax.texts] == ["oak?\nrather rose", "contradicted"]
    assert ax.get_title("left") == ("No label is more likely wrong than right; look at these first")


def test_the_strongest_evidence_comes_first_however_rare(photos, doubts):
    doubts = doubts.assign(
        issue=True, evidence=["whole group", "same file", "whole group"], wrong=[0.9, 0.5, 0.7]
    )
    ax = plots.label_issues(photos, doubts)
    said = [text.get_text() for text in ax.texts]
    assert said.index("same file") < said.index("whole group")
    title = "3 labels are in doubt, about 2.1 of them wrong; these most of all"
    assert ax.get_title("left") == title


def test_both_images_of_one_file_under_two_labels_are_shown(photos, doubts):
    from dataclasses import replace

    grouped = replace(photos, images=photos.images.assign(thing="one"), group="thing")
    for evidence, shown in {
        "same file": 3,
        "within group": 3,
        "whole group": 1,
        "image": 1,
    }.items():
        ax = plots.label_issues(grouped, doubts.assign(issue=True, evidence=evidence))
        assert sum("rather" in text.get_text() for text in ax.texts) == shown

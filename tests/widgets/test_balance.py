import re
import time

import numpy as np
import pandas as pd
import pytest

from helpers.balance import adjust_logits, answer_out_of_fold
from helpers.datasets import DatasetError
from helpers.widgets import explore_balance
from helpers.widgets.balance import _bars

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def trees(make_dataset):
    """40 ashes and 10 elms, "<b>" among the names, and features that tell them apart poorly."""
    labels = {f"a/{n:02d}.jpg": "ash" for n in range(40)} | {
        f"e/{n:02d}.jpg": "<b>elm" for n in range(10)
    }
    dataset = make_dataset(labels)
    noise = np.random.default_rng(0).normal(size=(50, 3))
    features = pd.DataFrame(noise, dataset.images.index, list("abc"))
    features["a"] += 1.2 * (dataset.images["label"] == "ash")
    return dataset, features


@pytest.fixture
def explorer(trees):
    return explore_balance(*trees)


def test_it_opens_without_a_remedy(explorer):
    assert repr(explorer) == "Balance explorer: 2 classes"
    assert explorer.table.index.tolist() == ["ash", "<b>elm"]
    assert explorer.table["images"].tolist() == [40, 10]
    assert (explorer.table["before"] == explorer.table["after"]).all()
    assert explorer.table["effective"].tolist() == pytest.approx([0.8, 0.2])
    assert "(+0 points)" in explorer.details.value


@pytest.mark.parametrize(("remedy", "strength", "effective"), [
    ("sampling", 0.5, [2 / 3, 1 / 3]), ("sampling", 1.0, [0.5, 0.5]),
    ("shift", 1.0, [0.5, 0.5]), ("shift", 2.0, [0.2, 0.8]),
])  # fmt: skip
def test_each_remedy_shows_what_the_model_is_told_and_the_recalls_it_leads_to(
    explorer, trees, remedy, strength, effective
):
    explorer.remedy.value = remedy
    explorer.strength.value = strength
    assert explorer.error is None
    assert explorer.table["effective"].tolist() == pytest.approx(effective)
    dataset, features = trees
    labels, plain = dataset.images["label"], answer_out_of_fold(dataset, features)
    expected = adjust_logits(plain, labels, strength)
    if remedy == "sampling":
        expected = answer_out_of_fold(dataset, features, strength)
    right = (expected.idxmax(axis=1) == labels).groupby(labels).mean()
    assert explorer.table["after"].to_dict() == pytest.approx(right.to_dict())
    assert f"<b>{right.mean():.2f}</b>" in explorer.details.value


def test_a_shift_of_two_becomes_a_weight_of_one_and_stays_an_answer(explorer):
    explorer.remedy.value = "shift"
    explorer.strength.value = 2.0
    shifted = explorer.picture.value
    explorer.remedy.value = "sampling"
    assert (explorer.error, explorer.strength.value) == (None, 1.0)
    assert explorer.picture.value != shifted


def test_names_from_files_are_escaped(explorer):
    assert "<b>elm" not in explorer.picture.value
    assert "&lt;b&gt;elm" in explorer.picture.value


def test_an_answer_on_2400_images_takes_less_than_200_ms_of_processor_time(
    make_dataset, monkeypatch
):
    ids = [f"{name}/{n:04d}.jpg" for name in "abcdefghij" for n in range(240)]
    images = pd.DataFrame({"label": [i[0] for i in ids]}, pd.Index(ids, name="image_id"))
    dataset = make_dataset({"a/0000.jpg": "a"})
    chances = np.random.default_rng(0).dirichlet(np.ones(10), 2400)
    chances = pd.DataFrame(chances, images.index, list("abcdefghij"))
    # The heads are trained once, before the widget opens.
    monkeypatch.setattr(
        "helpers.widgets.balance.answer_out_of_fold", lambda *asked, **more: chances
    )
    explorer = explore_balance(dataset.with_images(images.astype("str")), chances)
    explorer.remedy.value, seconds = "shift", []
    for strength in (0.25, 0.5, 0.75, 1.0):
        started = time.process_time()
        explorer.strength.value = strength
        seconds.append(time.process_time() - started)
        assert explorer.error is None
    assert min(seconds) < 0.2


def test_of_many_classes_the_commonest_and_the_rarest_are_shown(make_dataset):
    labels = {f"{c:02d}/{n}.jpg": f"k{c:02d}" for c in range(30) for n in range(3 + (c == 0))}
    dataset = make_dataset(labels)
    noise = np.random.default_rng(0).normal(size=(len(labels), 2))
    explorer = explore_balance(dataset, pd.DataFrame(noise, dataset.images.index, list("ab")))
    assert len(explorer.table) == 30
    assert explorer.picture.value.count("<tr>") == 1 + 24 + 1
    assert "… 6 more classes" in explorer.picture.value
    assert "k00" in explorer.picture.value and "k14" not in explorer.picture.value


def test_remedies_go_in_quarters_to_one_and_two_and_the_strength_is_kept_between(explorer):
    quarters = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]
    assert [value for _, value in explorer.strength.options] == quarters[:5]
    explorer.strength.value = 0.75
    explorer.remedy.value = "shift"
    assert [value for _, value in explorer.strength.options] == quarters
    assert explorer.strength.value == 0.75


def test_means_over_classes_and_images_are_told_with_their_gain(explorer):
    explorer.remedy.value, explorer.strength.value = "shift", 1.0
    before, after = (explorer.table[name] for name in ("before", "after"))
    assert (before != after).any()
    assert explorer.table["share"].tolist() == [0.8, 0.2]
    right = [0.8 * one.iloc[0] + 0.2 * one.iloc[1] for one in (before, after)]
    told = explorer.details.value
    assert f"<b>{after.mean():.2f}</b> ({100 * (after.mean() - before.mean()):+.0f} points)" in told
    assert f"Accuracy: <b>{right[1]:.2f}</b> ({100 * (right[1] - right[0]):+.0f} points)." in told
    assert f"the rarest <b>{after.iloc[1]:.2f}</b>" in told
    assert f"the commonest <b>{after.iloc[0]:.2f}</b>" in told


def test_bars_are_as_long_as_their_shares_of_the_widest_and_recalls_of_one():
    columns = ["images", "share", "effective", "before", "after"]
    rows = [(1200, 0.8, 0.5, 1.0, 0.5), (300, 0.2, 0.4, 0.25, 0.75)]
    table = pd.DataFrame(rows, ["ash", "elm"], columns)
    html = _bars(table)
    widths = [float(width) for width in re.findall(r"; width: ([\d.]+)%\"></span>", html)]
    assert widths == [100, 62.5, 100, 50, 25, 50, 25, 75]
    assert html.count('"display: inline-block; width: min(220px, 22vw); ') == 4
    assert re.findall(r"</span> ([\d.]+)<", html) == ["0.50", "0.50", "0.40", "0.75"]
    assert "<td>1,200</td>" in html


@pytest.mark.parametrize(("count", "rows", "hidden"), [(24, 24, ""), (25, 25, "… 1 more class<")])
def test_up_to_24_classes_are_shown_and_of_more_12_at_either_end(count, rows, hidden):
    columns = ["share", "effective", "before", "after"]
    table = pd.DataFrame(0.5, [f"k{n:02d}" for n in range(count)], columns).assign(images=1)
    html = _bars(table)
    assert html.count("<tr><td>k") == 24 and html.count("<tr>") == 1 + rows
    assert hidden in html and ("k12" in html) is (count == 24)
    if hidden:
        assert html.index("k11") < html.index(hidden) < html.index("k13")


def test_one_class_is_told_as_such(make_dataset):
    dataset = make_dataset({f"a/{n}.jpg": "ash" for n in range(4)})
    features = pd.DataFrame({"a": range(4)}, dataset.images.index, dtype=float)
    with pytest.raises(DatasetError, match="one class"):
        explore_balance(dataset, features)

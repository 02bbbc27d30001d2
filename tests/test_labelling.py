"""Which images are chosen: against brute force, and what labelling them in rounds comes to."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from helpers.datasets import DatasetError
from helpers.labelling import (
    STRATEGIES,
    choose,
    choose_diverse,
    choose_random,
    choose_uncertain,
    label_in_rounds,
    margins,
)


def made(images=60, seed=0, columns=3):
    rng = np.random.default_rng(seed)
    index = pd.Index([f"{seed}/{n:03d}.jpg" for n in range(images)], name="image_id")
    labels = pd.Series(rng.choice(["ash", "elm", "oak"], images, p=[0.6, 0.3, 0.1]), index)
    values = rng.normal(size=(images, columns))
    values[:, 0] += 2 * (labels == "elm")
    values[:, 1] += 2 * (labels == "oak")
    return pd.DataFrame(values, index, [f"f{n}" for n in range(columns)]), labels


def farthest_first(features, number, labelled):
    """Greedy k-centre, every distance computed anew."""
    scaled = (features - features.mean()) / features.std(ddof=0)
    centres = (labelled - features.mean()) / features.std(ddof=0)
    known, chosen = [*centres.to_numpy()], []
    while len(chosen) < number:
        left = scaled.drop(index=chosen)
        if known:
            chosen.append(left.index[cdist(left, known).min(1).argmax()])
        else:
            chosen.append(left.index[(left**2).sum(axis=1).argmin()])
        known.append(scaled.loc[chosen[-1]].to_numpy())
    return chosen


@pytest.mark.parametrize("start", [0, 1, 8])
def test_diverse_images_are_those_of_greedy_k_centre(start):
    features, _ = made()
    labelled, left = features[:start], features[start:]
    found = choose_diverse(left, 12, labelled)
    assert found == farthest_first(left, 12, labelled)
    if not start:
        assert choose_diverse(left, 12) == found


def test_diverse_images_are_all_there_are_where_more_are_asked_for_and_none_twice():
    features, _ = made(9)
    assert sorted(choose_diverse(features, 20)) == sorted(features.index)
    same = features * 0 + 1
    assert sorted(choose_diverse(same, 9, same[:1])) == sorted(features.index)
    assert choose_diverse(features[:0], 3, features) == []


def test_the_unit_of_a_column_chooses_no_image():
    features, _ = made()
    for unit in (1e-6, 1e4):
        scaled = features * [unit, 1, 1]
        for start in (0, 5):
            assert choose_diverse(scaled[start:], 12, scaled[:start]) == choose_diverse(
                features[start:], 12, features[:start]
            )


def test_uncertain_images_are_those_whose_two_best_classes_are_closest():
    index = pd.Index([*"abcd"])
    chances = pd.DataFrame(
        [[0.5, 0.4, 0.1], [0.9, 0.05, 0.05], [0.34, 0.33, 0.33], [0.1, 0.4, 0.5]],
        index,
        ["x", "y", "z"],
    )
    assert margins(chances).tolist() == pytest.approx([0.1, 0.85, 0.01, 0.1])
    assert choose_uncertain(chances, 3) == ["c", "a", "d"]
    assert choose_uncertain(chances, 9) == ["c", "a", "d", "b"]
    assert margins(chances[["x", "y"]]).tolist() == pytest.approx([0.1, 0.85, 0.01, 0.3])
    with pytest.raises(DatasetError, match="one class"):
        margins(chances[["x"]])


def test_random_images_depend_on_the_seed_alone():
    index = made()[0].index
    first = choose_random(index, 20, 1)
    assert first == choose_random(index, 20, 1) != choose_random(index, 20, 2)
    assert len(set(first)) == 20
    assert sorted(choose_random(index, 99)) == sorted(index)


def test_each_strategy_chooses_by_its_name():
    features, _ = made()
    labelled, left = features[:10], features[10:]
    rng = np.random.default_rng(1)
    chances = pd.DataFrame(rng.dirichlet(np.ones(3), 50), left.index, ["ash", "elm", "oak"])
    chosen = {name: choose(name, 6, left, chances, labelled, seed=3) for name in STRATEGIES}
    assert chosen["random"] == choose_random(left.index, 6, 3)
    assert chosen["uncertain"] == choose_uncertain(chances, 6)
    assert chosen["diverse"] == choose_diverse(left, 6, labelled)
    wider = left.loc[choose_uncertain(chances, 30)]
    assert chosen["uncertain, then diverse"] == choose_diverse(wider, 6, labelled)
    with pytest.raises(DatasetError, match="no strategy 'best'; expected one of 'random'"):
        choose("best", 6, left, chances, labelled)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_rounds_begin_alike_add_a_batch_each_and_count_what_was_in_vain(strategy):
    (features, labels), (asked, truth) = made(), made(80, 1)
    labels[labels.index[::5]] = None
    groups = pd.Series([f"thing {n // 3}" for n in range(60)], features.index)
    facts = {"rare": labels == "oak"}
    found = label_in_rounds(
        strategy, features, labels, asked, truth, 3, 10, seed=2, groups=groups, facts=facts
    )
    assert found["images"].tolist() == [10, 20, 30, 40]
    first = choose_random(features.index, 10, 2)
    row = found.iloc[0]
    assert row["labelled"] == labels[first].notna().sum() < 10
    assert row["rare"] == (labels[first] == "oak").sum()
    assert row["groups"] == groups[labels[first].dropna().index].nunique()
    assert row["seconds"] == 0 < found["seconds"].iloc[-1]
    assert found["labelled"].is_monotonic_increasing
    assert found["accuracy"].between(0, 1).all() and (found["log_loss"] > 0).all()
    assert found["accuracy"].iloc[-1] > 0.4


def test_rounds_end_with_the_pool_and_scores_are_those_of_a_head():
    from helpers.training import train_head

    (features, labels), (asked, truth) = made(25), made(80, 1)
    found = label_in_rounds("random", features, labels, asked, truth, 9, 10)
    assert found["images"].tolist() == [10, 20, 25]
    chances = train_head(features, labels).predict_proba(asked)
    last = found.iloc[-1]
    assert last["accuracy"] == pytest.approx((chances.idxmax(axis=1) == truth).mean())
    said = [chances.loc[name, truth[name]] for name in truth.index]
    assert last["log_loss"] == pytest.approx(-np.log(said).mean())


@pytest.mark.parametrize("seed", [0, 3])
def test_random_batches_differ_by_seed_and_round(seed):
    (features, labels), (asked, truth) = made(), made(80, 1)
    facts = {name: pd.Series(labels.index == name, labels.index) for name in labels.index}
    found = label_in_rounds("random", features, labels, asked, truth, 3, 10, seed, facts=facts)
    known = choose_random(features.index, 10, seed)
    for step in range(4):
        row = found.loc[step, [*labels.index]]
        assert sorted(row.index[row == 1]) == sorted(known)
        known += choose_random(features.index.drop(known), 10, 1000 * seed + step)
    assert found["seconds"].iloc[0] == 0 and found["seconds"].is_monotonic_increasing
    assert found["seconds"].iloc[-1] < 60


def test_a_class_without_labels_counts_as_one_in_a_thousand():
    (features, labels), (asked, truth) = made(40), made(30, 1)
    known = labels[labels != "oak"]
    found = label_in_rounds("random", features.loc[known.index], known, asked, truth, 0, 30)
    only = truth[truth == "oak"]
    assert len(only)
    alone = label_in_rounds(
        "random", features.loc[known.index], known, asked.loc[only.index], only, 0, 30
    )
    assert alone["log_loss"].iloc[0] == pytest.approx(np.log(1000))
    assert alone["accuracy"].iloc[0] == 0 < found["accuracy"].iloc[0]


def test_in_the_study_different_images_lead_and_rubbish_is_what_differs_most():
    from helpers.course.studies import read_study

    table = read_study("labelling")
    assert sorted(table["images"].unique()) == list(range(50, 401, 50))
    last = table[table["images"] == 400].pivot_table(
        ["accuracy", "labelled", "rare"], ["pool", "strategy"]
    )
    clean, collected = last.loc["clean"], last.loc["as collected"]
    both, random = "uncertain, then diverse", "random"
    assert clean["accuracy"][both] > clean["accuracy"][random] + 0.01
    assert (clean["labelled"] == 400).all()
    assert collected["labelled"]["diverse"] < collected["labelled"][random] - 10
    assert clean["rare"].drop(random).min() > clean["rare"][random] + 10

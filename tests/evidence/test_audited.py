"""Which images a report learns from where a budget does not pay for all."""

import numpy as np
import pandas as pd

from helpers.evidence.audited import draw_part


def tail():
    """900 images of one class, 90 of another and 10 of a third, in things of five images."""
    labels = pd.Series(np.repeat(["oak", "fir", "yew"], [900, 90, 10]))
    things = pd.Series(np.arange(1000) // 5)
    order = np.random.default_rng(3).permutation(1000)
    return labels[order], things[order]


def test_a_part_has_the_same_share_of_each_class_in_whole_groups():
    labels, things = tail()
    kept = draw_part(labels, things, 200)
    assert len(kept) == len(set(kept)) == 200
    counts = labels[kept].value_counts()
    assert counts.between(counts.index.map({"oak": 175, "fir": 15, "yew": 5}),
                          counts.index.map({"oak": 180, "fir": 20, "yew": 5})).all()  # fmt: skip
    sizes = things[kept].value_counts()
    assert (sizes == 5).sum() >= len(sizes) - 1


def test_the_rarest_class_is_kept_however_small_the_part():
    labels, things = tail()
    for images in (15, 16, 500):
        assert set(labels[draw_part(labels, things, images)]) == {"oak", "fir", "yew"}


def test_a_group_counts_where_most_of_its_images_are_and_images_without_label_are_drawn_too():
    labels = pd.Series(["oak", "oak", "fir", None, None, None] * 20)
    groups = pd.Series(np.arange(120) // 3)
    kept = draw_part(labels, groups, 60)
    assert labels[kept].isna().sum() == 30
    assert labels[kept].value_counts().to_dict() == {"oak": 20, "fir": 10}


def test_which_groups_are_drawn_is_left_to_chance_and_the_same_each_time():
    labels, things = tail()
    kept = draw_part(labels, things, 200)
    assert kept.equals(draw_part(labels, things, 200))
    drawn = things[kept].unique()
    assert drawn.min() < 20 and drawn[drawn < 180].max() > 160  # from all over the class

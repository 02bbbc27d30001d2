"""What many pictures share, and no thing is told by."""

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import Dataset
from helpers.splits import recurring, suggesting
from helpers.splits.chance import Verified
from tests.splits.scenes import noise, shoot


def verified(pairs, inliers):
    pairs = np.array(pairs, int).reshape(-1, 2)
    return Verified(pairs, np.broadcast_to(inliers, len(pairs)), np.full(len(pairs), 0.5))


def test_strangers_are_a_crowd_where_six_images_hang_together_by_six_keypoints():
    def crowd(images, keypoints):
        chain = np.array([[i, i + 1] for i in range(images - 1)] + [[20, 21], [21, 22]])
        return recurring.find_crowd(verified(chain, keypoints), 24).tolist()

    assert crowd(6, 6) == [[i, i + 1] for i in range(5)]
    assert crowd(5, 6) == [] == crowd(6, 5)


@pytest.mark.parametrize("sizes", [(30, 29), (500, 40), (0, 0), (100,) * 90])
def test_pairs_of_a_class_are_drawn_at_random_and_few_of_each(sizes):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.append(labels, np.full(60, -1))
    pairs = recurring.draw_kin(labels)
    one, other = labels[pairs].T
    assert (one == other).all() and (one >= 0).all() and (pairs[:, 0] < pairs[:, 1]).all()
    assert len(np.unique(pairs, axis=0)) == len(pairs) <= 8_000
    asked = [number for number, size in enumerate(sizes) if size >= 30]
    assert set(one) == set(asked)
    for number in asked:
        drawn = np.unique(pairs[one == number])
        most = min(sizes[number], 200, max(30, 8_000 // (2 * len(asked))))
        # Some draw themselves, or one pair twice.
        assert 0.9 * most <= len(drawn) <= most and 1.7 * most <= (one == number).sum() <= 2 * most
    assert np.array_equal(pairs, recurring.draw_kin(labels))
    if sizes == (500, 40):
        assert not np.array_equal(pairs, recurring.draw_kin(labels, seed=1))


@pytest.mark.parametrize(("share", "found"), [(1.0, True), (0.8, True), (0.4, False), (0, False)])
def test_a_class_shares_an_object_where_most_of_it_hangs_together(share, found):
    """Twelve seeds: whoever carries the object agrees with whoever else does."""
    labels = np.repeat([0, 1], 300)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        carries = (rng.random(600) < share) & (labels == 1)
        kin = recurring.draw_kin(labels, seed)
        both = carries[kin].all(axis=1)
        shared = recurring.find_shared(verified(kin, np.where(both, 6, 5)), labels)
        assert set(shared) == ({1} if found else set())
        if found:
            alike, drawn = shared[1]
            assert alike <= carries[np.unique(kin[labels[kin[:, 0]] == 1])].sum() <= drawn <= 200
            assert alike > 0.85 * share * drawn


def test_three_things_of_a_class_are_no_object_that_it_shares():
    """Each thing a third of the class: photos of one agree, and of two do not."""
    labels, things = np.zeros(300, int), np.arange(300) % 3
    for seed in range(12):
        kin = recurring.draw_kin(labels, seed)
        same = things[kin[:, 0]] == things[kin[:, 1]]
        assert recurring.find_shared(verified(kin, np.where(same, 20, 0)), labels) == {}


def test_within_muted_classes_nothing_agrees():
    labels = np.array([0, 0, 1, 1, -1, -1])
    pairs = verified([[0, 1], [2, 3], [0, 2], [4, 5], [0, 4]], 7)
    muted = recurring.mute(pairs, labels, {0: (30, 40)})
    assert muted.inliers.tolist() == [0, 7, 7, 7, 7]
    assert muted.likeness.tolist() == [0, 0.5, 0.5, 0.5, 0.5]
    assert np.isneginf(muted.scores[0]) and np.array_equal(muted.pairs, pairs.pairs)


@pytest.mark.parametrize("carried", [True, False])
def test_what_one_class_carries_is_no_evidence_for_one_thing(tmp_path, carried):
    """Class a: 40 things, each with the same sticker or with none; b: 12 things of three views."""
    sticker, rows, rng = noise(90, 77), [], np.random.default_rng(0)
    for number in range(40):
        photo = shoot(200 + number, ground=500 + number)
        if carried:
            x, y = rng.integers(55, 95, 2)
            picture, mask = _as_sticker(sticker, rng.uniform(-20, 20))
            photo.paste(picture, (int(x), int(y)), mask)
        rows.append((f"a{number:03}.png", "a", photo))
    for number in range(36):
        view, thing = number % 3, number // 3
        photo = shoot(thing, ground=10 * thing + view, angle=9 * view, light=1 - 0.1 * view)
        rows.append((f"b{thing:02}{view}.png", "b", photo))
    for name, _, photo in rows:
        photo.save(tmp_path / name)
    index = pd.Index([name for name, *_ in rows], name="image_id", dtype="str")
    images = pd.DataFrame({"label": [one for _, one, _ in rows], "split": None}, index, dtype="str")
    values = np.random.default_rng(0).normal(size=(len(index), 12))
    search = suggesting._Search(
        Dataset("stickers", tmp_path, images), pd.DataFrame(values, index), 8, 0.8, 0, False
    )
    found = search.run().dropna(subset="expected")
    right = found["image_id"].str[:3] == found["other_id"].str[:3]
    right &= found["image_id"].str.startswith("b")
    # 36 pairs of b show one thing, and none of a does.
    assert right.sum() >= 30 and len(found) - right.sum() <= 1
    told = [note for note in search.notes if note.startswith("Not told apart: ")]
    assert len(told) == carried
    assert all(" of 'a' hang together by keypoints, of images drawn" in note for note in told)


def _as_sticker(levels, angle):
    from PIL import Image

    y, x = np.mgrid[-1:1:90j, -1:1:90j]
    mask = Image.fromarray(((np.hypot(x, y) < 0.95) * 255).astype(np.uint8))
    picture = Image.fromarray(levels)
    return picture.rotate(angle, Image.Resampling.BILINEAR), mask

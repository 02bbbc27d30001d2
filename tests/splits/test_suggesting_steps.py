"""Single steps of the search, without photos: who are strangers, what is their ground, what is
shown."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.splits import keypoints, recurring, suggesting
from helpers.splits.bursts import Bursts
from helpers.splits.chance import Nulls, Verified, score

NO_PAIRS = np.empty((0, 2), int)


def search_of(labels, features=None):
    """A search among pictures of these classes (negative: none) that reads no file."""
    search = object.__new__(suggesting._Search)
    search.ids = pd.Index([f"{chr(97 + n)}.jpg" for n in range(len(labels))])
    search.labels, search.features, search.notes = np.array(labels), features, []
    search.splits = pd.Series(None, search.ids, dtype="str")
    search.nearest, search.least, search.workers, search.progress = 3, 0.8, 0, False
    search.bursts = Bursts(NO_PAIRS, np.empty(0), NO_PAIRS)
    return search


def pictures_of(descriptors):
    """Pictures with these descriptors, at places that are their numbers, and grey thumbnails."""
    return [
        keypoints.Picture(
            np.repeat(np.arange(len(one), dtype=np.float32)[:, None], 4, axis=1), one,
            np.array([160, 160], np.float32), np.full((16, 16), number, np.uint8),
            np.ones((16, 16), bool),
        )
        for number, one in enumerate(descriptors)
    ]  # fmt: skip


def verified(pairs, inliers=None, likeness=None):
    none = np.zeros(len(pairs))
    inliers = none.astype(int) if inliers is None else np.array(inliers)
    likeness = none if likeness is None else np.array(likeness)
    return Verified(np.array(pairs, int).reshape(-1, 2), inliers, likeness)


@pytest.mark.parametrize("count", [8, 9, 13])
def test_without_classes_strangers_are_those_behind_the_nearest_quarter(
    count, tmp_path, monkeypatch
):
    searches = np.random.default_rng(count).normal(size=(2, count, 5)).astype(np.float32)
    searches /= np.linalg.norm(searches, axis=2, keepdims=True)
    search = search_of([-1] * count, searches[0])
    monkeypatch.setattr(suggesting.neighbours, "summarise", lambda pictures: searches[1])
    search.pictures = pictures_of([np.empty((0, 128), np.uint8)] * count)
    stored = keypoints.store(tmp_path / "all", search.pictures)
    found, nulls = search._verify_once(tmp_path / "all", stored, [])

    def ranked(rows, start, end):
        """Pairs of each row with those at these ranks by likeness."""
        pairs = set()
        for one in range(count):
            others = sorted(set(range(count)) - {one}, key=lambda other: -rows[one, other])
            pairs |= {(min(one, other), max(one, other)) for other in others[start:end]}
        return pairs

    alike = [rows @ rows.T for rows in searches]
    nearest = set.union(*(ranked(rows, 0, 3) for rows in alike))
    strangers = set.union(*(ranked(rows, count // 4, count // 4 + 2) for rows in alike))
    assert {tuple(pair) for pair in found.pairs.tolist()} == nearest
    assert {tuple(pair) for pair in nulls.strangers.pairs.tolist()} == strangers
    assert {tuple(pair) for pair in nulls.mirrored.pairs.tolist()} == nearest


def directions(count, rng):
    """Descriptors of which no two are alike: a few of 128 numbers each."""
    made = np.zeros((count, 128), np.uint8)
    for row in made:
        row[rng.choice(128, 6, replace=False)] = 40
    return made


def agreeing(monkeypatch, count):
    """Let any two pictures agree in their first `count` keypoints."""
    numbers = np.arange(count)
    agreed = keypoints.Agreement(numbers, numbers, np.eye(2, 3))
    monkeypatch.setattr(keypoints, "find_agreement", lambda one, other: agreed)


@pytest.mark.parametrize("bank", [100, 5])
def test_keypoints_like_those_in_which_strangers_agree_are_left_out_as_loops_say(monkeypatch, bank):
    """Of a larger bank a part is drawn at random, the same each time."""
    monkeypatch.setattr(recurring, "_BANK", bank)
    rng = np.random.default_rng(0)
    shared, own = directions(8, rng), directions(12, rng)
    blurred = shared.astype(int)
    for row in blurred:  # products between 0.7 and 1 with what they were
        row[rng.choice(128, 5, replace=False)] += rng.integers(5, 30)
    parts = (shared, own[:4]), (blurred, own[4:7]), (own[7:], shared[:3])
    pictures = pictures_of([np.concatenate(part).astype(np.uint8) for part in parts])
    agreeing(monkeypatch, 8)
    thinned, dropped = recurring.without_common(pictures, np.array([[0, 1]]))
    bank_rows = shared.astype(float)
    bank_rows = np.sqrt(bank_rows / bank_rows.sum(axis=1, keepdims=True))
    drawn = np.random.default_rng(0).choice(8, min(bank, 8), replace=False)
    bank_rows = [bank_rows[number] for number in sorted(drawn)]
    left = 0
    for one, thin in zip(pictures, thinned, strict=True):
        kept = []
        for row in one.descriptors.astype(float):
            rooted = np.sqrt(row / row.sum())
            kept.append(max(float(rooted @ other) for other in bank_rows) < 0.9)
        np.testing.assert_array_equal(thin.descriptors, one.descriptors[kept])
        np.testing.assert_array_equal(thin.places, one.places[kept])
        left += sum(kept)
    total = sum(len(one.places) for one in pictures)
    assert dropped == pytest.approx(1 - left / total)
    assert 0.1 < dropped < 0.7


def test_at_most_two_thousand_keypoints_of_strangers_are_held_against_all(monkeypatch):
    """So of 2,500 that agree 500 stay; no other is like them."""
    rng = np.random.default_rng(0)
    pictures = pictures_of([directions(2500, rng), np.full((1, 128), 1, np.uint8)])
    agreeing(monkeypatch, 2500)
    thinned, dropped = recurring.without_common(pictures, np.array([[0, 1]]))
    assert [len(one.places) for one in thinned] == [500, 1]
    assert dropped == pytest.approx(2000 / 2501)


def test_pairs_are_shown_from_the_least_that_was_asked_for_and_under_two_labels_from_sure(
    monkeypatch,
):
    """A pair is shown at exactly 80 %; of two classes it also has to agree surely."""
    pairs = [(0, 1), (0, 2), (0, 4), (1, 3), (2, 3), (2, 5)]
    expected = np.array([0.8, 0.9, 0.0, 0.9, 0.79, 0.0])
    found = verified(pairs, [6, 7, 0, 7, 6, 0], [0.2, 0.41, 0, 0.4, 0.2, 0])
    search = search_of([0, 0, 1, 1, 0, 1])
    monkeypatch.setattr(suggesting.chance, "SURE", float(score([7], [0.41])[0]))
    monkeypatch.setattr(suggesting.chance, "expect_pairs", lambda found, nulls: expected)
    nulls = Nulls(verified([]), verified([(0, 1)]), verified([]))
    told = [("file name", ["enough"], np.array([[0, 4]]), 0.8),
            ("file name", ["too little"], np.array([[2, 5]]), 0.79)]  # fmt: skip
    table = search._tabulate(told, found, nulls, (found, nulls.mirrored))
    shown = table.set_index(["image_id", "other_id"])
    assert [*shown.index] == [("a.jpg", "b.jpg"), ("a.jpg", "e.jpg"), ("a.jpg", "c.jpg")]
    assert shown["why"].tolist() == ["6 keypoints agree on one movement", "enough",
                                     "7 keypoints agree on one movement"]  # fmt: skip
    assert shown["expected"].tolist()[:2] == [0.8, 0.8] and pd.isna(shown["expected"].iloc[2])
    assert shown["issue"].tolist() == [suggesting.TWICE] * 2 + [suggesting.TWO_LABELS]


def test_a_pair_with_two_kinds_of_evidence_names_both_and_takes_the_surer(monkeypatch):
    found = verified([(0, 1), (0, 2)], [6, 0], [0.3, 0])
    search = search_of([-1, -1, -1])
    monkeypatch.setattr(suggesting.chance, "expect_pairs", lambda *_: np.array([0.85, 0.0]))
    nulls = Nulls(verified([]), verified([(0, 1)]), verified([]))
    told = [("file name", ["one"], np.array([[0, 1]]), 0.95),
            ("file name", ["another"], np.array([[0, 1]]), 0.9)]  # fmt: skip
    (row,) = search._tabulate(told, found, nulls, (found, nulls.mirrored)).itertuples()
    assert row.evidence == "keypoints and file name"
    assert row.why == "6 keypoints agree on one movement; one; another"
    assert (row.expected, row.group, row.inliers, row.likeness) == (0.95, 1, 6, 0.3)
    assert row.across is pd.NA


@pytest.mark.parametrize(
    ("same", "other", "least"),
    [(20, 0, 1.0), (20, 20, 1.0), (20, 21, 0.0), (2, 1346, 0.0), (9, 0, 0.0), (10, 0, 1.0)],
)
def test_few_bursts_of_one_class_do_not_speak_for_those_of_two(same, other, least):
    """Photos of a burst are alike; in `same` of them both are of one class."""
    rng = np.random.default_rng(0)
    things = rng.normal(size=(same + other, 64))
    features = np.repeat(things, 2, axis=0) + 0.01 * rng.normal(size=(2 * (same + other), 64))
    features = np.concatenate([features, rng.normal(size=(50, 64))])
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    search = search_of([*[0, 0] * same, *[1, 2] * other, *[0] * 50], features)
    pairs = np.arange(2 * (same + other)).reshape(-1, 2)
    search.bursts = Bursts(pairs, np.ones(len(pairs)), NO_PAIRS)
    found, others = verified(pairs), verified(NO_PAIRS)
    judged, verdict = search._judge_bursts(found, np.ones(len(pairs), bool), others)
    assert judged == pytest.approx(least, abs=0.02) and verdict.agree == 0


def test_bursts_are_held_against_others_with_what_a_class_carries_on_both_sides(monkeypatch):
    """All photos of class 0 carry a sticker: its 20 bursts agree, and so do its 25 other pairs; of
    class 1 20 bursts agree and none of 15 others. Without class 0 on one side alone, 20 of 40
    would be held against 25 of 40."""
    search = search_of([0] * 100 + [1] * 100)
    bursts = np.arange(80).reshape(-1, 2) + np.repeat([0, 60], 20)[:, None]
    others = np.concatenate([np.arange(40, 90).reshape(-1, 2), np.arange(150, 180).reshape(-1, 2)])
    search.bursts = Bursts(bursts, np.ones(40), others)
    agree = verified(bursts, [30] * 40, [0.5] * 40)
    apart = verified(others, [30] * 25 + [0] * 15, [0.5] * 25 + [0.0] * 15)
    found = recurring.mute(agree, search.labels, [0])
    assert (found.inliers > 0).sum() == 20
    nulls = Nulls(verified(NO_PAIRS), verified(NO_PAIRS), apart)
    monkeypatch.setattr(suggesting.chance, "expect_pairs", lambda *_: np.zeros(40))
    monkeypatch.setattr(suggesting.naming, "judge", lambda *_: SimpleNamespace(holds=False))
    of_sessions = [f"s{number // 2}" if number < 40 else number for number in range(200)]
    search.dataset = SimpleNamespace(groups=pd.Series(of_sessions, search.ids))
    table = search._tabulate([], found, nulls, (agree, nulls.mirrored))
    assert table.empty
    assert any(
        "20 of the bursts are in one group already. The other 20 " in n for n in search.notes
    )
    assert any(note.startswith("Of 40 pairs of near images 40 agree ") for note in search.notes)
    assert any(
        "the keypoints of 40 agree, of 40 pairs of the same class, camera and day, but more than a "
        "minute apart, those of 25. So at least" in note
        for note in search.notes
    )

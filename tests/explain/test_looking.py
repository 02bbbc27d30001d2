"""Share on the subject and pointing game, against loops over pixels."""

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.explain.heatmaps import explain, subject_masks
from helpers.explain.looking import did_it_look, look, look_by, over_seeds, rank_correlation


def by_loop(image, mask):
    """Share and pointing by looking at every pixel."""
    inside, total, top, hits, tops = 0.0, 0.0, 0.0, 0, 0
    for row, own in zip(image, mask, strict=True):
        for value, there in zip(row, own, strict=True):
            positive = max(float(value), 0.0)
            total += positive
            inside += positive * there
            top = max(top, positive)
    for row, own in zip(image, mask, strict=True):
        for value, there in zip(row, own, strict=True):
            if value == top:
                tops, hits = tops + 1, hits + there
    return inside / total, hits / tops


def test_share_area_and_pointing_equal_a_loop_over_pixels():
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(40, 7, 9)).astype(np.float32)
    maps[20:] = maps[20:].round()  # several pixels share the greatest value
    masks = rng.random((40, 7, 9)) < rng.random((40, 1, 1))
    found = did_it_look(maps, masks, pd.RangeIndex(40))
    for number in range(40):
        share, pointing = by_loop(maps[number], masks[number])
        assert found.loc[number, "share"] == pytest.approx(share, abs=1e-6)
        assert found.loc[number, "pointing"] == pytest.approx(pointing)
    assert np.allclose(found["area"], masks.mean((1, 2)))
    assert 0 < found["pointing"][:20].mean() < 1


def test_a_map_without_preference_scores_the_area_and_one_that_says_nothing_has_no_score():
    masks = np.zeros((2, 4, 4), bool)
    masks[:, :2, :2] = True
    found = did_it_look(np.stack([np.full((4, 4), 3.0), np.full((4, 4), -1.0)]), masks)
    assert found.loc[0].to_list() == [0.25, 0.25, 0.25]
    assert found.loc[1, ["share", "pointing"]].isna().all() and found.loc[1, "area"] == 0.25


def test_how_strong_a_map_is_makes_no_difference():
    faint = np.zeros((1, 2, 2))
    faint[0, 0] = [0.3, 0.1]
    found = did_it_look(faint, np.array([[[True, False], [False, False]]]))
    assert found.loc[0].to_list() == pytest.approx([0.75, 0.25, 1.0])


def test_maps_that_do_not_fit_or_are_no_numbers_are_refused():
    with pytest.raises(DatasetError, match="do not fit"):
        did_it_look(np.zeros((1, 4, 4)), np.zeros((1, 4, 5), bool))
    with pytest.raises(DatasetError, match="no numbers"):
        did_it_look(np.full((1, 4, 4), np.nan), np.zeros((1, 4, 4), bool))


def test_parts_are_averaged_with_intervals_by_group_and_paired():
    ids = [f"{n}" for n in range(12)]
    groups = pd.Series([f"g{n // 2}" for n in range(12)], ids)
    part = pd.Series(["oak"] * 8 + ["elm"] * 2 + ["ash"] * 2, ids)
    rng = np.random.default_rng(1)
    first = pd.Series(rng.random(12), ids)
    second = first - 0.2
    second["11"] = np.nan
    alone = look_by(first, part, groups)
    assert alone.index.to_list() == ["all", "ash", "elm", "oak"]
    assert alone.loc["oak", "mean"] == pytest.approx(first[:8].mean())
    assert alone.loc["oak", "low"] < alone.loc["oak", "mean"] < alone.loc["oak", "high"]
    assert alone.loc["elm", ["low", "high"]].isna().all()  # one thing tells nothing of others
    paired = look_by(first, part, groups, second)
    assert paired.loc["all", "images"] == 11 and paired.loc["ash", "images"] == 1
    assert paired.loc["all", ["mean", "low", "high"]].to_list() == pytest.approx([0.2] * 3)


def test_rank_correlation_is_scipys_and_missing_where_nothing_varies():
    first, second = [1, 2, 3, 4], [10, 30, 20, 40]
    assert rank_correlation(first, second) == pytest.approx(0.8)
    assert rank_correlation([1, 2, 3], [1, 3, 2]) == pytest.approx(0.5)
    assert rank_correlation([0, 1, 1], [5, 6, 7]) == pytest.approx(0.75**0.5)
    assert np.isnan(rank_correlation([1, 1, 1], [1, 2, 3]))
    assert np.isnan(rank_correlation([1, 2, 3], [7, 7, 7]))
    assert np.isnan(rank_correlation([1, 2], [1, 2]))


@pytest.mark.parametrize("form", ["squish", "crop"])
def test_looking_explains_and_compares_with_the_masks_in_one_go(dataset, learner, form):
    learner.dls.method = form
    found = explain(learner, dataset, "occlusion", rival="runner-up")
    expected = did_it_look(found.maps, subject_masks(found, dataset, form), found.targets.index)
    pd.testing.assert_frame_equal(look(learner, dataset, "occlusion", rival="runner-up"), expected)
    (dataset.masks / "elm/3.png.png").unlink()
    fewer = look(learner, dataset, "occlusion", rival="runner-up")
    # Other batches round sums otherwise: by 2e-5 on another processor.
    pd.testing.assert_frame_equal(fewer, expected.drop("elm/3.png"), rtol=0, atol=1e-4)
    assert not expected["share"].equals(look(learner, dataset, "occlusion")["share"])


def test_seeds_are_averaged_with_students_interval():
    study = pd.DataFrame(
        {"seed": [0, 1, 2] * 2, "question": "q", "method": ["b"] * 3 + ["a"] * 3,
         "mean": [1.0, 2, 3, 5, 5, 5]}
    )  # fmt: skip
    other = study.assign(question="other", mean=9.0)
    found = over_seeds(pd.concat([study, other]), "q")
    assert found.index.to_list() == ["b", "a"]
    half = 4.302653 * 1 / np.sqrt(3)
    assert found.loc["b"].to_list() == pytest.approx([2, 2 - half, 2 + half], abs=1e-4)
    assert found.loc["a"].to_list() == [5, 5, 5]
    two = over_seeds(study[study["seed"] < 2], "q").loc["b"]
    assert two.to_list() == pytest.approx([1.5, 1.5 - 12.7062 / 2, 1.5 + 12.7062 / 2], abs=1e-4)

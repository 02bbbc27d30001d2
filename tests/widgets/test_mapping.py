import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError, DecisionLog
from helpers.panels.still import still_html
from helpers.widgets import explore_map, mapping
from helpers.widgets.mapping import REST, colour, lay_out


def clusters(count, each=30, wide=8, seed=0):
    """Features of clusters far apart, `each` images in every one."""
    rng = np.random.default_rng(seed)
    values = np.repeat(40 * np.eye(count, wide), each, axis=0) + rng.normal(
        size=(count * each, wide)
    )
    ids = pd.Index([f"{n // each}/{n % each:02}.jpg" for n in range(count * each)])
    return pd.DataFrame(values, ids, [f"stage4 {n}" for n in range(wide)])


def own_cluster(places, each=30):
    """For each image whether its nearest one on the map is of its own cluster."""
    values = places.to_numpy()
    off = np.linalg.norm(values[:, None] - values[None], axis=2)
    np.fill_diagonal(off, np.inf)
    return off.argmin(1) // each == np.arange(len(values)) // each


def test_images_with_similar_features_lie_close_and_the_map_is_the_same_again():
    features = clusters(3)
    places = lay_out(features)
    assert own_cluster(places).all()
    assert places.index.equals(features.index)
    assert places.to_numpy().min() >= 0 and places.to_numpy().max() <= 1
    assert np.allclose(places.max() - places.min(), 1, atol=0.03)
    pd.testing.assert_frame_equal(places, lay_out(features))


def test_images_beyond_the_sample_lie_among_their_like(monkeypatch):
    monkeypatch.setattr(mapping, "LAID_OUT", 45)
    assert own_cluster(lay_out(clusters(3))).mean() > 0.9


@pytest.mark.parametrize("count", [1, 2, 5, 6, 7])
def test_few_images_are_laid_out_too_each_at_its_own_place(count):
    places = lay_out(clusters(1, each=count))
    assert np.isfinite(places.to_numpy()).all() and not places.duplicated().any()


def test_features_that_are_all_the_same_have_a_map_without_numbers_that_are_none():
    features = pd.DataFrame(1.0, clusters(1).index, ["a", "b"])
    assert lay_out(features).sub(0.5).abs().to_numpy().max() < 0.02
    one = clusters(1)[["stage4 0"]]
    assert np.isfinite(lay_out(one).to_numpy()).all()


def test_copies_lie_beside_each_other_and_do_not_hide_each_other():
    features = clusters(3)
    features = pd.concat([features, features.iloc[:40].add_prefix("", axis=0)])
    features.index = [f"{n}.jpg" for n in range(130)]
    places = lay_out(features)
    off = np.linalg.norm(places.iloc[90:].to_numpy() - places.iloc[:40].to_numpy(), axis=1)
    assert (off > 0).all() and (off < 0.02).all()
    assert not places.duplicated().any()


def test_classes_have_their_colours_of_the_course_and_no_label_is_grey():
    codes, colours, names = colour(pd.Series(["oak", "elm", None, "oak"]), classes=True)
    from helpers.plots.style import palette

    known = palette(["elm", "oak"])
    assert [colours[code] for code in codes] == [known["oak"], known["elm"], REST, known["oak"]]
    assert names == ["elm", "oak", "no value"]


def test_numbers_go_from_dark_to_light_by_rank_and_missing_ones_are_grey():
    column = pd.Series([*np.arange(100.0) ** 3, np.nan])
    codes, colours, names = colour(column)
    light = [sum(int(one[at : at + 2], 16) for at in (1, 3, 5)) for one in colours[:-1]]
    assert (np.diff(codes[:-1].astype(int)) >= 0).all() and light[-1] > light[0]
    assert codes[0] == 0 and codes[99] == 31 and colours[codes[100]] == REST
    assert names[0] == "0" and names[31] == "9.703e+05" and names[-1] == "no value"


def test_of_many_values_the_commonest_have_a_colour_and_the_legend_says_what_is_grey():
    values = [f"site {n:02}" for n in range(30) for _ in range(40 - n)]
    codes, colours, names = colour(pd.Series(values))
    assert names == [*(f"site {n:02}" for n in range(12)), "no value or another"]
    assert colours[codes[-1]] == REST and len(set(colours)) == 13


@pytest.fixture
def drawn(make_dataset):
    names = [f"{label}/{n}.jpg" for label in ("ash", "elm") for n in range(8)]
    dataset = make_dataset({name: name[:3] for name in names})
    features = clusters(2, each=8).set_axis(names)
    return explore_map(
        dataset, features.drop("elm/7.jpg"), pd.DataFrame({"size": range(16)}, names)
    )


def test_the_map_holds_the_images_that_have_features(drawn):
    assert repr(drawn) == "Map of photos: 15 images"
    sent = np.frombuffer(drawn.points.points, np.float32).reshape(-1, 2)
    np.testing.assert_allclose(sent, drawn.places, atol=1e-6)
    assert len(drawn.points.codes) == 15
    with pytest.raises(DatasetError, match="has features"):
        explore_map(drawn.dataset, clusters(1))


def test_a_lasso_selects_what_it_caught_and_further_ones_add_to_it(drawn):
    drawn.points.pressed = [[0, 2], "only", 1]
    assert drawn.selected == ["ash/0.jpg", "ash/2.jpg"] and drawn.points.chosen == [0, 2]
    drawn.points.pressed = [[2, 3], "add", 2]
    assert drawn.points.chosen == [0, 2, 3]
    drawn.points.pressed = [[2], "toggle", 3]
    assert drawn.points.chosen == [0, 3] and "<b>2</b> selected" in drawn.picked.value
    assert drawn.ids.value == "ash/0.jpg\nash/3.jpg"
    drawn.points.pressed = [[9, 99], "only", 4]
    assert drawn.selected == ["elm/1.jpg"]
    drawn.drop_all.click()
    assert drawn.selected == [] and drawn.to_review_button.disabled


def test_what_was_caught_is_reviewed_below_or_where_the_page_wants_it(drawn):
    drawn.points.pressed = [[1, 4], "only", 1]
    drawn.to_review_button.click()
    reviewer = drawn.below.children[0]
    reviewer.drop.click()
    assert list(DecisionLog(drawn.dataset).current().index) == ["ash/1.jpg"]
    sent = []
    drawn.to_review = sent.append
    drawn.to_review_button.click()
    assert sent == [["ash/1.jpg", "ash/4.jpg"]] and drawn.error is None


def test_hovering_shows_the_picture_with_its_label_and_the_value_of_the_colour(drawn):
    drawn.points.hovered = 9
    place, html = drawn.points.picture
    assert place == 9 and "<img" in html and "elm · 1.jpg" in html
    drawn.colour_by.value = "size"
    drawn.points.hovered = 8
    assert "elm · 0.jpg · 8" in drawn.points.picture[1]
    drawn.points.hovered = -1
    assert drawn.points.picture[0] == 8


def test_another_colour_and_dragging_reach_the_map(drawn):
    before = drawn.points.codes
    drawn.colour_by.value = "size"
    assert drawn.points.codes != before and "coloured by size" in drawn.points.label
    assert "0" in drawn.details.value and drawn.points.lasso
    drawn.drag.value = False
    assert not drawn.points.lasso
    drawn.home.click()
    assert drawn.points.home == 1


def test_an_unlabelled_dataset_with_names_like_markup_has_a_map(make_dataset):
    names = [f"<b>{n}.jpg" for n in range(8)]
    dataset = make_dataset(dict.fromkeys(names))
    drawn = explore_map(dataset, clusters(1, each=8).set_axis(names))
    assert drawn.error is None and drawn.colour_by.value == ""
    drawn.points.hovered = 0
    assert "<b>0" not in drawn.points.picture[1] and "&lt;b&gt;0.jpg" in drawn.points.picture[1]


def test_a_map_leaves_a_still_picture_that_a_screen_reader_is_told_of(drawn):
    still = still_html(drawn)
    assert f'<img alt="{drawn.points.label}"' in still and "Colour by: <b>label</b>" in still
    assert 5_000 < len(still) < 200_000

import numpy as np
import pandas as pd
import pytest

from helpers.review import review
from helpers.review.examples import Examples


@pytest.fixture
def woods(make_dataset):
    """Twelve images of two classes on a line, in groups of two."""
    names = {f"{label}/{n:02d}.jpg": label for label in ("ash", "elm") for n in range(6)}
    dataset = make_dataset(names, {"ash/05.jpg": "test"})
    images = dataset.images.assign(tree=[f"t{n // 2}" for n in range(12)])
    return dataset.with_images(images).with_group("tree")


@pytest.fixture
def features(woods):
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(size=(12, 5)), woods.images.index) + 3


@pytest.mark.parametrize("label", ["ash", "elm"])
def test_the_nearest_are_those_of_the_highest_cosine_of_another_group(woods, features, label):
    z = (features - features.mean()) / features.std()
    asked = "elm/00.jpg"
    cosine = (z @ z.loc[asked]) / np.linalg.norm(z, axis=1) / np.linalg.norm(z.loc[asked])
    allowed = (woods.images["label"] == label) & woods.images["split"].ne("test").fillna(True)
    allowed &= woods.images["tree"] != woods.images["tree"][asked]
    allowed &= woods.images.index != "elm/03.jpg"
    expected = cosine[allowed].sort_values(ascending=False).index[:3].tolist()
    assert Examples(woods, [asked, "elm/03.jpg"], features).find([asked], label) == (expected, True)


def test_a_column_that_never_changes_tells_nothing_and_missing_labels_are_no_class(woods, features):
    plain = Examples(woods, [], features).find(["elm/00.jpg"], "ash")
    flat = features.assign(flat=7.0)
    assert Examples(woods, [], flat).find(["elm/00.jpg"], "ash") == plain
    one = Examples(woods, [], features[:1])
    assert one.find(["ash/00.jpg"], "elm") == ([], True)  # of a single row nothing is near
    assert one.find(["elm/00.jpg"], "ash")[1] is False


def test_of_two_examples_both_are_taken(woods):
    left = woods.images[~woods.images.index.isin([f"ash/0{n}.jpg" for n in (1, 2, 3, 4, 5)])]
    images = pd.concat([left, woods.images.loc[["ash/04.jpg"]]]).sort_index()
    found = Examples(woods.with_images(images), []).find(["elm/00.jpg"], "ash")
    assert found == (["ash/00.jpg", "ash/04.jpg"], False)


def test_without_features_they_are_spread_over_the_class(woods):
    assert Examples(woods, ["elm/00.jpg"]).find(["elm/00.jpg"], "ash") == (
        ["ash/00.jpg", "ash/02.jpg", "ash/04.jpg"],
        False,
    )


def test_an_image_without_features_gets_examples_that_are_not_by_likeness(woods, features):
    features.iloc[6] = np.nan
    assert Examples(woods, [], features).find(["elm/00.jpg"], "ash")[1] is False


def test_suspects_are_examples_only_where_a_class_has_no_others(woods):
    suspected = woods.images.index[woods.images["label"] == "elm"]
    assert Examples(woods, suspected).find(["ash/00.jpg"], "elm")[0] == [
        "elm/00.jpg",
        "elm/02.jpg",
        "elm/05.jpg",
    ]
    assert Examples(woods, []).find(["ash/00.jpg"], "yew") == ([], False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.assign(word="x"), "column 'word' is no number"),
        (lambda table: table.set_axis(range(12)), "no row names an image"),
    ],
)
def test_features_that_are_none_are_refused(woods, features, change, message):
    with pytest.raises(ValueError, match=message):
        review(woods, pd.DataFrame(index=["elm/00.jpg"]), features=change(features))


def test_the_review_says_which_examples_it_shows(woods, features):
    suspects = pd.DataFrame({"suggestion": "ash"}, index=["elm/00.jpg"])
    html = review(woods, suspects, features=features).examples.value
    assert "Nearest of elm (given)" in html and "Nearest of ash (suggested)" in html
    assert html.count("<img") == 6
    html = review(woods, suspects).examples.value
    assert "Some of elm (given), not by likeness" in html
    alone = review(woods, pd.DataFrame({"suggestion": "yew"}, index=["elm/00.jpg"]))
    assert "No other image of yew (suggested)" in alone.examples.value


def test_neither_image_of_a_pair_is_its_own_example_nor_is_a_file_without_a_picture(woods):
    woods.path("ash/00.jpg").write_bytes(b"broken")
    expected = ["ash/01.jpg", "ash/04.jpg"]
    assert Examples(woods, []).find(["ash/02.jpg", "elm/00.jpg"], "ash") == (expected, False)

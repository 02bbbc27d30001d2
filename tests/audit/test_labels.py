import numpy as np
import pandas as pd
import pytest

from helpers.audit import describe_doubts, find_conflicts, find_label_issues
from helpers.audit.doubts import SHARED
from helpers.audit.labels import LEAST_TOLD, _judge, _link, _out_of_fold
from helpers.datasets import Dataset, DatasetError

CLASSES = ("ash", "elm", "yew")
EACH, PHOTOS = 12, 4


def thing_of(image_id):
    return image_id[:6]


@pytest.fixture
def features():
    """Twelve things of each of three classes, four photos of each; a thing has its own look."""
    rng = np.random.default_rng(0)
    rows = {}
    for kind in range(len(CLASSES)):
        for number in range(EACH):
            look = np.r_[4 * np.eye(3)[kind], rng.normal(0, 1, 20)]
            for photo in range(PHOTOS):
                name = f"{CLASSES[kind]} {number:02d} {photo}.jpg"
                rows[name] = look + np.r_[rng.normal(0, 1, 3), rng.normal(0, 0.1, 20)]
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("image_id")
    return table.rename(columns=lambda number: f"stage1 {number:03d}")


def dataset_of(features, folder, **labels):
    index = pd.Index(sorted(features.index), name="image_id", dtype="str")
    images = pd.DataFrame({"label": index.str[:3], "split": None, "thing": index.map(thing_of)},
                          index=index).astype("str")  # fmt: skip
    for image_id, label in labels.items():
        images.loc[image_id, "label"] = label
    return Dataset("trees", folder, images, group="thing")


def test_a_label_that_differs_from_its_group_is_found_and_corrected(features, tmp_path):
    dataset = dataset_of(features, tmp_path, **{"ash 03 1.jpg": "yew", "elm 07 0.jpg": "ash"})
    table = find_label_issues(dataset, features)
    issues = table[table["evidence"] == "within group"]
    assert issues["suggested"].to_dict() == {"ash 03 1.jpg": "ash", "elm 07 0.jpg": "elm"}
    assert issues["given"].to_dict() == {"ash 03 1.jpg": "yew", "elm 07 0.jpg": "ash"}
    assert table["issue"].is_monotonic_decreasing
    assert table["rank"].tolist() == list(range(1, len(features) + 1))
    assert table["quality"].between(0, 1).all()
    assert issues["quality"].max() < table.loc[~table["issue"], "quality"].min()


def wrong_group(name, label):
    return {f"{name} {photo}.jpg": label for photo in range(PHOTOS)}


def judged(labels, groups, chances):
    """The table for given labels, groups and out-of-fold chances of the three classes."""
    index = pd.Index([f"{number:03d}.jpg" for number in range(len(labels))], name="image_id")
    given = pd.Series(np.array(CLASSES)[labels], index=index)
    logs, conflicts, files = np.log(chances), np.zeros(len(labels), bool), np.arange(len(labels))
    classes = np.array(CLASSES)
    return _judge(given, np.array(labels), classes, logs, np.array(groups), files, conflicts)


def test_a_group_that_is_wrong_as_a_whole_is_found():
    groups = np.repeat(np.arange(60), 2)
    true, labels = groups % 3, groups % 3
    labels = np.where(np.isin(groups, [10, 25, 41]), (true + 1) % 3, true)
    table = judged(labels, groups, np.eye(3)[true] * 0.96 + 0.01)
    found = table[table["issue"]]
    assert sorted(found.index) == ["020.jpg", "021.jpg", "050.jpg", "051.jpg", "082.jpg", "083.jpg"]
    assert set(found["evidence"]) == {"whole group"} and (found["wrong"] > 0.9).all()
    assert found.sort_index()["suggested"].tolist() == ["elm", "elm", "elm", "elm", "yew", "yew"]


def test_two_that_disagree_are_one_slip_and_the_model_says_whose():
    groups = np.repeat(np.arange(50), 2)
    labels = groups % 3
    labels[0], labels[2] = 1, 0
    unknown = np.full((100, 3), 1 / 3)
    table = judged(labels, groups, unknown)
    np.testing.assert_allclose(table["wrong"].head(4), 0.5, atol=0.01)
    assert table["wrong"].sum() == pytest.approx(2, abs=0.1)
    known = unknown.copy()
    known[:2], known[2:4] = [0.9, 0.05, 0.05], [0.05, 0.9, 0.05]
    table = judged(labels, groups, known)
    assert table.index[table["issue"]].tolist() == ["000.jpg", "002.jpg"]
    assert table["suggested"].head(2).tolist() == ["ash", "elm"]
    assert set(table["evidence"].head(2)) == {"within group"}
    np.testing.assert_allclose(table["wrong"].head(2), 0.9 / 0.95, atol=0.01)


def test_a_label_against_three_is_a_slip_unless_slips_are_common():
    groups = np.repeat(np.arange(30), 4)
    labels = groups % 3
    labels[0] = 1
    rare = judged(labels, groups, np.full((120, 3), 1 / 3))
    assert rare.index[rare["issue"]].tolist() == ["000.jpg"]
    assert rare["wrong"].iloc[0] > 0.99


def test_folds_that_cut_through_groups_learn_a_wrong_group_by_heart(features, tmp_path):
    by_heart = features.copy()
    by_heart.iloc[:, :3] *= 0.2
    wrong = wrong_group("elm 05", "yew")
    dataset = dataset_of(features, tmp_path, **wrong)
    quality = {
        groups: find_label_issues(dataset, by_heart, groups, one_label=False)["quality"][[*wrong]]
        for groups in (None, False)
    }
    assert quality[None].mean() < 0.5 * quality[False].mean()


def test_a_copy_of_a_wrong_label_cannot_teach_it(features, tmp_path):
    stranger = features.loc[["elm 05 0.jpg"]].set_axis(["new 00 0.jpg"])
    both = pd.concat([features, stranger]).rename_axis("image_id")
    both.iloc[:, :3] *= 0.2
    wrong = {"elm 05 0.jpg": "yew", "new 00 0.jpg": "yew"}
    dataset = dataset_of(both, tmp_path, **wrong)
    pairs = pd.DataFrame({"image_id": ["elm 05 0.jpg"], "other_id": ["new 00 0.jpg"]})
    alone = find_label_issues(dataset, both, False).loc["new 00 0.jpg"]
    paired = find_label_issues(dataset, both, None, pairs).loc["new 00 0.jpg"]
    assert paired["quality"] < alone["quality"]
    assert paired["suggested"] == "elm"


def test_a_suspicion_that_chance_explains_is_ranked_and_is_no_issue(features, tmp_path):
    dataset = dataset_of(features, tmp_path, **wrong_group("elm 05", "yew"))
    table = find_label_issues(dataset, features)
    assert not table["issue"].any() and set(table["evidence"]) == {""}
    assert set(table.index[:4]) == {*wrong_group("elm 05", "yew")}
    said = "None of 144 labels is more likely wrong than right."
    assert describe_doubts(table) == said + SHARED
    alone = find_label_issues(dataset, features, groups=False)
    assert SHARED not in describe_doubts(alone)
    copied = pd.DataFrame({"image_id": ["elm 05 0.jpg"], "other_id": ["elm 05 1.jpg"]})
    assert SHARED not in describe_doubts(find_label_issues(dataset, features, False, copied))
    assert SHARED in describe_doubts(find_label_issues(dataset, features, None, copied))


def test_none_and_one_label_are_told_as_such(features, tmp_path):
    table = find_label_issues(dataset_of(features, tmp_path), features)
    table.attrs["left out"] = {"that you decided about": 3}
    none = table.iloc[:0]
    assert describe_doubts(none) == "No label was judged. Not judged: 3 that you decided about."
    one = table.iloc[:1]
    assert describe_doubts(one).startswith("The one label that was judged is not more likely wrong")
    even = one.assign(issue=True, wrong=0.5, expected=0.5)
    assert describe_doubts(even).startswith("One of 1 label is in doubt.")
    worse = one.assign(issue=True, wrong=0.6, expected=0.6)
    assert "in doubt, and more likely wrong than right." in describe_doubts(worse)


def test_what_was_not_judged_is_counted_and_said(features, tmp_path):
    more = features.iloc[:9].set_axis([f"oak 00 {photo}.jpg" for photo in range(9)])
    every = pd.concat([features, more]).rename_axis("image_id")
    dataset = dataset_of(every, tmp_path)
    images = dataset.images.assign(split=None).astype({"split": "str"})
    images.loc[[f"elm 05 {photo}.jpg" for photo in range(3)], "split"] = "test"
    images.loc[[*wrong_group("elm 06", "")], "label"] = None
    dataset = Dataset("trees", tmp_path, images, group="thing")
    table = find_label_issues(dataset, every.drop(index=["ash 00 0.jpg", "ash 01 0.jpg"]))
    assert len(table) == len(every) - 9 - 4 - 3 - 2
    assert describe_doubts(table) == (
        f"None of 135 labels is more likely wrong than right.{SHARED} Not judged: 3 test images, "
        "2 without features, 9 of a class that is in one group alone."
    )


def test_one_file_under_two_labels_comes_first(features, tmp_path):
    copy = features.loc[["ash 03 1.jpg"]].set_axis(["new 00 0.jpg"])
    both = pd.concat([features, copy]).rename_axis("image_id")
    dataset = dataset_of(both, tmp_path, **{"new 00 0.jpg": "yew", "elm 07 0.jpg": "ash"})
    pairs = {"image_id": ["ash 03 1.jpg", "ash 04 0.jpg"], "other_id": ["new 00 0.jpg"] * 2}
    pairs = pd.DataFrame(pairs | {"kind": ["exact", "near"]})
    table = find_label_issues(dataset, both, pairs=pairs.head(1))
    assert set(table.index[:2]) == {"ash 03 1.jpg", "new 00 0.jpg"}
    assert table["evidence"].tolist()[:3] == ["same file", "same file", "within group"]
    assert table["issue"].tolist()[:4] == [True, True, True, False]
    # Its picture and the other images of its thing are those of an ash.
    assert table.index[0] == "new 00 0.jpg"
    assert table["wrong"].iloc[0] > 0.9 and table["wrong"].iloc[:2].sum() == pytest.approx(1)
    assert table.loc["new 00 0.jpg", "suggested"] == "ash"
    assert table.loc["ash 03 1.jpg", "suggested"] == "ash"  # which it has: nothing is suggested
    near = find_label_issues(dataset, both, pairs=pairs.tail(1))
    assert "same file" not in set(near["evidence"])
    agreed = dataset_of(both, tmp_path, **{"new 00 0.jpg": "ash"})
    assert "same file" not in set(find_label_issues(agreed, both, pairs=pairs)["evidence"])


def test_a_copy_without_a_label_contradicts_nothing(features, tmp_path):
    dataset = dataset_of(features, tmp_path)
    dataset.images.loc["ash 00 0.jpg", "label"] = None
    pairs = {"image_id": ["ash 00 0.jpg"], "other_id": ["elm 00 0.jpg"], "kind": ["exact"]}
    table = find_label_issues(dataset, features, pairs=pd.DataFrame(pairs))
    assert "same file" not in set(table["evidence"])


def tellable(images=600, hard=1.0, wrong=30, seed=0):
    """Single images of three classes, `hard` apart, of which the first labels are wrong."""
    rng = np.random.default_rng(seed)
    true = np.arange(images) % 3
    values = hard * 4 * np.eye(3)[true] + rng.normal(0, 1, (images, 3))
    index = pd.Index([f"{number:04d}.jpg" for number in range(images)], name="image_id")
    labels = np.where(np.arange(images) < wrong, (true + 1) % 3, true)
    images = pd.DataFrame({"label": np.array(CLASSES)[labels], "split": None}, index=index)
    return images.astype("str"), pd.DataFrame(values, index=index), index[:wrong]


@pytest.mark.parametrize("hard", [0.5, 1.0, 2.0])
def test_the_list_is_more_often_right_than_wrong_and_says_how_many_to_expect(hard, tmp_path):
    images, features, wrong = tellable(hard=hard)
    table = find_label_issues(Dataset("three", tmp_path, images), features)
    issues = table[table["issue"]]
    found = issues.index.isin(wrong).sum()
    assert found / len(issues) > 0.5
    assert found == pytest.approx(issues["wrong"].sum(), abs=0.25 * len(issues) + 1)
    assert (issues["wrong"] > 0.5).all() and not (table["wrong"][~table["issue"]] > 0.5).any()
    assert found > 0.7 * len(wrong) if hard >= 1 else found > 0
    np.testing.assert_allclose(table["expected"], table["wrong"].cumsum() / table["rank"])
    told = table["wrong"].where(table["wrong"] >= LEAST_TOLD, 0)
    assert told.round(6).is_monotonic_decreasing
    assert table["quality"][told == 0].is_monotonic_increasing
    assert set(issues["evidence"]) == {"image"}


@pytest.mark.parametrize("hard", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_hard_labels_that_are_right_are_not_doubted(hard, seed, tmp_path):
    images, features, _ = tellable(hard=hard, wrong=0, seed=seed)
    table = find_label_issues(Dataset("three", tmp_path, images), features, seed=seed)
    assert table["issue"].sum() <= 3
    assert len(table) == 600


def test_copies_are_grouped_that_only_a_test_image_links():
    groups = pd.Series({"a.jpg": "1", "b.jpg": "2", "c.jpg": "3"})
    pairs = pd.DataFrame({"image_id": ["a.jpg", "b.jpg"], "other_id": ["test.jpg", "test.jpg"]})
    a, b, c = _link(groups, pairs)
    assert a == b != c


def test_classes_of_fewer_images_than_folds_are_judged(features, tmp_path):
    few = features.groupby([features.index.str[:3], features.index.str[:6]]).head(1)
    few = few.groupby(few.index.str[:3]).head(3)
    table = find_label_issues(dataset_of(few, tmp_path), few, folds=5)
    assert sorted(table.index) == sorted(few.index)
    assert table["quality"].between(0, 1).all()


def test_groups_of_several_labels_are_not_held_against_their_images(features, tmp_path):
    images = dataset_of(features, tmp_path).images
    images["thing"] = images.index.str[4:6]
    mixed = Dataset("patients", tmp_path, images, group="thing")
    table = find_label_issues(mixed, features)
    assert "within group" not in set(table["evidence"]) and table["issue"].mean() < 0.02
    assert table["quality"].mean() > 0.6
    forced = find_label_issues(mixed, features, one_label=True)
    assert forced["quality"].mean() < 0.5


def test_images_of_the_test_split_and_those_without_label_or_features_are_left_out(
    features, tmp_path
):
    dataset = dataset_of(features, tmp_path)
    dataset.images.loc["ash 00 0.jpg", "split"] = "test"
    dataset.images.loc["ash 00 1.jpg", "label"] = None
    table = find_label_issues(dataset, features.drop("ash 00 2.jpg"))
    missing = set(features.index) - set(table.index)
    assert missing == {"ash 00 0.jpg", "ash 00 1.jpg", "ash 00 2.jpg"}


def test_a_class_in_one_group_alone_is_left_out(features, tmp_path):
    dataset = dataset_of(features, tmp_path, **wrong_group("elm 05", "oak"))
    table = find_label_issues(dataset, features)
    assert not set(wrong_group("elm 05", "oak")) & set(table.index)
    assert len(table) == len(features) - PHOTOS


def test_a_class_in_fewer_groups_than_folds_is_judged(features, tmp_path):
    rare = wrong_group("elm 05", "oak") | wrong_group("elm 06", "oak")
    table = find_label_issues(dataset_of(features, tmp_path, **rare), features)
    assert set(rare) <= set(table.index)


def test_the_same_seed_gives_the_same_table_in_any_order_of_rows(features, tmp_path):
    dataset = dataset_of(features, tmp_path, **{"ash 03 1.jpg": "yew"})
    first = find_label_issues(dataset, features, seed=3)
    again = find_label_issues(dataset, features.iloc[::-1], seed=3)
    pd.testing.assert_frame_equal(first, again)


def test_what_cannot_be_judged_is_refused_in_a_sentence(features, tmp_path):
    dataset = dataset_of(features, tmp_path)
    with pytest.raises(
        DatasetError, match="find_label_issues got a Dataset 'trees' where it needs"
    ):
        find_label_issues(dataset, dataset)
    with pytest.raises(DatasetError, match="1 classes of 'trees' have features"):
        find_label_issues(dataset, features[features.index.str.startswith("ash")])
    unlabelled = dataset.with_images(dataset.images.assign(label=pd.array([None] * 144, "str")))
    with pytest.raises(DatasetError, match="No image of 'trees' has a label"):
        find_label_issues(unlabelled, features)


def test_what_cannot_be_judged_is_an_empty_table_with_its_reason_if_asked_for(features, tmp_path):
    dataset = dataset_of(features, tmp_path)
    unlabelled = dataset.with_images(dataset.images.assign(label=pd.array([None] * 144, "str")))
    table = find_label_issues(unlabelled, features, strict=False)
    assert table.empty
    judged = find_label_issues(dataset, features)
    assert table.dtypes.to_dict() == judged[table.columns].dtypes.to_dict()
    assert [*table.columns] == [*judged.columns]
    said = describe_doubts(table)
    assert said.startswith("No label can be doubted. No image of 'trees' has a label")
    with pytest.raises(DatasetError, match="where it needs"):
        find_label_issues(dataset, dataset, strict=False)


def test_only_identical_files_with_two_known_labels_are_in_conflict(features, tmp_path):
    dataset = dataset_of(features, tmp_path, **{"ash 03 1.jpg": None})
    pairs = [
        ("ash 00 0.jpg", "elm 00 0.jpg", "exact"),
        ("ash 00 1.jpg", "ash 00 2.jpg", "exact"),
        ("ash 03 1.jpg", "elm 00 1.jpg", "exact"),
        ("ash 05 1.jpg", "elm 05 1.jpg", "near"),
    ]
    pairs = pd.DataFrame(pairs, columns=["image_id", "other_id", "kind"])
    assert find_conflicts(dataset, pairs)["image_id"].tolist() == ["ash 00 0.jpg"]
    assert find_conflicts(dataset, pairs[1:]).empty


@pytest.mark.parametrize("count", [0, 1, 4])
@pytest.mark.parametrize("kinds", [1, 2, 4])
def test_few_images_give_a_table_or_one_sentence(count, kinds, tmp_path):
    index = pd.Index([f"{number}.jpg" for number in range(count)], name="image_id", dtype="str")
    labels = [f"kind {number % kinds}" for number in range(count)]
    images = pd.DataFrame({"label": labels, "split": None}, index=index).astype("str")
    features = pd.DataFrame(np.arange(2.0 * count).reshape(count, 2), index=index)
    dataset = Dataset("few", tmp_path, images)
    if count == 4 and kinds == 2:
        assert sorted(find_label_issues(dataset, features).index) == sorted(index)
    else:
        with pytest.raises(DatasetError):
            find_label_issues(dataset, features)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda table: table * 0,
        lambda table: table * np.nan,
        lambda table: table.mask(table > 1),
        lambda table: table.replace(table.iloc[0, 0], np.inf),
        lambda table: table.assign(big=1e38, bigger=np.linspace(0, 1e300, len(table))),
        lambda table: table.iloc[:, :1],
    ],
    ids=["constant", "missing", "gaps", "infinite", "huge", "one column"],
)
def test_features_that_say_little_are_borne(features, spoil, tmp_path):
    dataset = dataset_of(features, tmp_path)
    for groups in (None, False):
        table = find_label_issues(dataset, spoil(features), groups)
        assert len(table) == len(features)
        assert table[["quality", "wrong", "expected"]].apply(np.isfinite).all(axis=None)
        assert not table["issue"].any() or (groups is False and table["issue"].mean() < 0.05)


def test_a_class_that_no_fold_could_learn_is_neither_doubted_nor_believed():
    rng = np.random.default_rng(0)
    y, linked = np.repeat([0, 1, 2], [20, 20, 4]), np.arange(44)
    linked[40:] = 40
    values = np.eye(3)[y] * 6 + rng.normal(0, 1, (44, 3))
    chances = np.exp(_out_of_fold(values, y, linked, seed=0, folds=4))
    np.testing.assert_allclose(chances[40:], 1 / 3)
    assert (chances[:40].argmax(axis=1) == y[:40]).all()
    two = np.exp(_out_of_fold(values[16:24], y[16:24], np.repeat([0, 1], 4), seed=0, folds=5))
    np.testing.assert_allclose(two, 0.5)


def test_images_of_one_split_alone_are_judged_among_themselves(features, tmp_path):
    dataset = dataset_of(features, tmp_path)
    dataset.images["split"] = "test"
    with pytest.raises(DatasetError):
        find_label_issues(dataset, features)


def test_the_seed_is_0_and_the_folds_are_five_unless_told(features, tmp_path, monkeypatch):
    asked = []

    def predict(values, y, linked, *more):
        asked.append(more)
        return np.log(np.full((len(y), 3), 1 / 3))

    monkeypatch.setattr("helpers.audit.labels._out_of_fold", predict)
    find_label_issues(dataset_of(features, tmp_path), features)
    assert asked == [(0, 5)]


def test_wrong_labels_that_taught_the_prediction_are_told_where_none_is_an_issue(tmp_path):
    rng = np.random.default_rng(1)
    true = np.arange(400) % 4
    values = rng.normal(0, 3, (4, 16))[true] + rng.normal(0, 1, (400, 16))
    wrong = rng.choice(400, 40, replace=False)
    labels = true.copy()
    labels[wrong] = (labels[wrong] + 1) % 4  # always the same neighbour, so the head learns it
    ids = pd.Index([f"{number:03}.jpg" for number in range(400)], name="image_id", dtype="str")
    images = pd.DataFrame({"label": [f"c{label}" for label in labels], "split": None}, index=ids)
    dataset = Dataset("taught", tmp_path, images.astype("str"))
    table = find_label_issues(dataset, pd.DataFrame(values, index=ids))
    assert not table["issue"].any()
    contradicted = int((table["quality"] < 0.2).sum())
    assert 30 <= contradicted <= 40 and set(table.index[:contradicted]) <= set(ids[wrong])
    said = describe_doubts(table)
    assert f"There are {contradicted} to which the prediction gives a chance under 0.2" in said
    assert said.endswith("look at the first 20, and go on while some of them are wrong.")
    few = table.copy()
    few.loc[few.index[20:], "quality"] = 0.2
    assert describe_doubts(few).endswith("look at the first 20.")
    table["quality"] = 0.2
    assert describe_doubts(table) == (
        "For all 400 labels that were judged there is no estimate: what a model that has not seen "
        "the images says contradicts their labels no oftener than chance does. That is no proof "
        "that each is right; a random sample tells how many are wrong."
    )
    table.iloc[0, table.columns.get_loc("quality")] = 0.19
    assert "There is one to which the prediction" in describe_doubts(table)
    assert describe_doubts(table).endswith("so unsure, look at the first.")
    table["quality"] = 0.1  # as random numbers make it: no list of all labels is worth a look
    assert describe_doubts(table).endswith(
        " The prediction gives 400 of them a chance under 0.2: it knows too little of these "
        "classes, or was taught too many wrong labels, to speak against one."
    )

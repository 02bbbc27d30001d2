import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.balance import judge_origin, left_out, origins, read_origins
from helpers.balance.origins import Origin, count_places, draw_parts
from helpers.datasets import Dataset
from helpers.evaluation import compare_scores
from tests.balance.sets import table
from tests.threads import one_thread  # noqa: F401


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))


def photograph(path, taken=None, maker=None, model=None):
    exif = Image.Exif()
    for tag, value in ((0x010F, maker), (0x0110, model)):
        if value is not None:
            exif[tag] = value
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), "green").save(path, exif=exif)


def test_days_and_cameras_are_read_without_serial_numbers(tmp_path):
    made = {
        "a/1.jpg": ("2024:05:31 23:59:59", "Canon", "Canon EOS 5D"),
        "a/2.jpg": ("2024:06:01 00:00:01", "HUAWEI", "RNE-L22\0"),
        "a/3.jpg": ("2024:06:01 10:00:00", "Acme", None),
        "a/4.jpg": ("2024:06:01 10:00:00", None, None),
        "a/5.jpg": (None, "Canon", "Canon EOS 5D"),
    }
    for name, facts in made.items():
        photograph(tmp_path / name, *facts)
    images = pd.DataFrame({"label": "a", "split": None}, pd.Index(made, name="image_id"))
    dataset = Dataset("made", tmp_path, images)
    taken = pd.to_datetime([facts[0] for facts in made.values()], format="%Y:%m:%d %H:%M:%S")
    files = pd.DataFrame({"taken": taken}, images.index)
    found = read_origins(dataset, files, progress=False)
    assert found["day"].fillna("").tolist() == ["2024-05-31", *["2024-06-01"] * 3, ""]
    cameras = ["Canon EOS 5D", "HUAWEI RNE-L22", "Acme", "", ""]
    assert found["camera"].fillna("").tolist() == cameras


def test_a_class_has_one_day_where_hardly_another_class_has_it():
    labels = pd.Series(["ash"] * 20 + ["elm"] * 20 + ["oak"] * 20 + ["fir"] * 20 + ["box"] * 5)
    days = ["1"] * 20 + ["2"] * 19 + ["3"] + ["3"] * 18 + ["4"] * 2 + ["4"] * 10 + ["3"] * 10
    found = count_places(labels, pd.Series([*days, *["5"] * 5]))
    assert found["images"].to_dict() == {"ash": 20, "box": 5, "elm": 20, "fir": 20, "oak": 20}
    assert found["values"].to_dict() == {"ash": 1, "box": 1, "elm": 2, "fir": 2, "oak": 2}
    assert found["largest"].to_dict() == {"ash": 1, "box": 1, "elm": 0.95, "fir": 0.5, "oak": 0.9}
    assert found.loc["oak", "purity"] == pytest.approx(18 / 29)
    # Five photos are too few to be judged, and nine tenths of the oaks are no whole class.
    assert found.index[found["one"]].tolist() == ["ash", "elm"]


@pytest.mark.parametrize(("others", "one"), [(20, True), (31, True), (32, False), (60, False)])
def test_a_day_tells_a_class_while_a_third_of_the_way_from_its_share_to_one_is_reached(others, one):
    # Of 90 photos 20 are ash, 2/9: to reach 2/9 + 7/27 = 13/27, 20 of at most 41 are ash.
    labels = pd.Series(["ash"] * 20 + ["elm"] * 70)
    days = pd.Series(["1"] * 20 + ["1"] * (others - 10) + ["2"] * (80 - others))
    assert count_places(labels, days).loc["ash", "one"] == one


def test_exactly_a_third_of_the_way_is_enough():
    """Of 80 photos 20 are ash, a quarter; a third of the way to 1 is a half of the day's 40."""
    labels = pd.Series(["ash"] * 20 + ["elm"] * 60)
    assert count_places(labels, pd.Series(["1"] * 40 + ["2"] * 40)).loc["ash", "one"]


def test_classes_have_several_days_from_ten_photos_less_than_95_percent_of_them_on_one():
    rows = {"a": (10, 0.9), "b": (9, 0.5), "c": (40, 0.95), "d": (40, 0.949), "e": (4, 1.0)}
    known = pd.DataFrame.from_dict(rows, "index", columns=["images", "largest"])
    assert Origin(known).several == ["a", "d"]
    assert Origin(known).asked == 0 and not Origin(known).costs
    with pytest.raises(AttributeError):  # what was measured is not to be changed
        Origin(known).new = 1.0


def test_drawn_parts_are_as_large_and_keep_groups_together():
    labels = pd.Series(np.repeat(["ash", "elm"], 24))
    days = pd.Series(["1"] * 6 + ["2"] * 18 + ["2"] * 12 + ["3"] * 12)
    groups = pd.Series(np.arange(48) // 6)
    drawn = draw_parts(days, labels, groups, seed=1)
    assert pd.crosstab(labels, drawn).equals(pd.crosstab(labels, days))
    assert drawn.groupby(groups).nunique().max() == 1
    assert not drawn.equals(days) and draw_parts(days, labels, groups, seed=1).equals(drawn)
    assert draw_parts(days, labels, groups).equals(draw_parts(days, labels, groups, seed=0))
    assert not draw_parts(days, labels, groups).equals(drawn)


def collection(shift: float):
    """Two classes on three days each, whose photos move by `shift` with the day; and elms that
    were all taken on one day more."""
    rng = np.random.default_rng(0)
    labels = np.repeat(["ash", "oak", "elm"], [60, 60, 30])
    days = np.r_[np.tile(["1", "2", "3"], 20), np.tile(["4", "5", "6"], 20), ["7"] * 30]
    dataset = table(label=labels)
    places = pd.Categorical(days).codes
    marks = np.eye(7)[places] * shift
    form = np.eye(3)[pd.Categorical(labels).codes] * 1.5
    features = np.c_[form, marks] + rng.normal(size=(150, 10))
    features = pd.DataFrame(features, dataset.images.index).add_prefix("f")
    return dataset, pd.Series(days, dataset.images.index), features


def test_a_new_day_costs_where_the_day_is_what_is_learned():
    dataset, days, features = collection(shift=8)
    found = judge_origin(dataset, days, features)
    assert found.one == ["elm"] and found.asked == 120
    assert found.control > 0.95 and found.new < 0.85
    assert found.cost.difference == pytest.approx(found.new - found.control)
    assert found.costs


def test_a_new_day_costs_nothing_where_days_leave_no_mark():
    dataset, days, features = collection(shift=0)
    found = judge_origin(dataset, days, features)
    assert abs(found.cost.difference) < 0.08 and not found.costs


def test_what_is_known_of_few_or_the_same_for_all_is_not_judged():
    dataset, days, features = collection(shift=0)
    assert judge_origin(dataset, days.where(np.arange(150) < 74), features) is None
    assert judge_origin(dataset, pd.Series("1", days.index), features) is None
    half = judge_origin(dataset, days.where(np.arange(150) < 75), features)
    assert half.by_class["images"].to_dict() == {"ash": 60, "oak": 15}


def test_two_classes_and_two_days_are_enough_and_parts_are_drawn_by_the_seed_asked_for(
    monkeypatch,
):
    rng = np.random.default_rng(0)
    dataset = table(label=["ash", "oak"] * 20)
    days = pd.Series(["1"] * 20 + ["2"] * 20, dataset.images.index)
    features = pd.DataFrame(rng.normal(size=(40, 4)), days.index).add_prefix("f")
    seeds, draw = [], left_out.draw_like
    monkeypatch.setattr(
        left_out, "draw_like", lambda *given: seeds.append(given[3]) or draw(*given)
    )
    found = judge_origin(dataset, days, features)
    assert found.several == ["ash", "oak"] and found.asked == 40 and found.one == []
    assert found.cost.difference == pytest.approx(found.new - found.control)
    judge_origin(dataset, days, features, seed=3)
    assert seeds == [0, 0, 3, 3]  # one for each day


def test_of_one_class_no_head_is_asked():
    dataset = table(label=["ash"] * 40)
    days = pd.Series(["1"] * 20 + ["2"] * 20, dataset.images.index)
    found = judge_origin(dataset, days, pd.DataFrame({"f": 0.0}, days.index))
    assert found.several == ["ash"] and found.new is None and found.asked == 0


def test_a_bar_is_drawn_after_two_seconds_unless_told(tmp_path, monkeypatch):
    import tqdm.auto

    told = []
    monkeypatch.setattr(tqdm.auto, "tqdm", lambda ids, name, **how: told.append(how) or ids)
    images = pd.DataFrame({"label": "a", "split": None}, pd.Index(["1.jpg"], name="image_id"))
    for number, more in enumerate(({}, {"progress": False})):
        photograph(tmp_path / str(number) / "1.jpg")
        files = pd.DataFrame({"taken": pd.to_datetime(["2024-05-31"])}, images.index)
        read_origins(Dataset("made", tmp_path / str(number), images), files, **more)
    assert [(how["delay"], how["disable"]) for how in told] == [(2, False), (2, True)]


def test_where_each_class_has_its_day_only_that_is_told():
    dataset, _, features = collection(shift=0)
    found = judge_origin(dataset, dataset.images["label"], features)
    assert found.one == ["ash", "elm", "oak"]
    assert (found.new, found.control, found.cost, found.costs) == (None, None, None, False)


def of_cameras(shift, seed=0, cameras=2, images=400):
    """Two classes by some cameras, a quarter of the photos by the first one; by `shift` of these
    photos another number tells the class than in all others (1: all of them)."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, images)
    camera = np.where(rng.random(images) < 1 / 4, 0, rng.integers(1, cameras, images))
    told = np.where((camera == 0) & (rng.random(images) < shift), 1, 0)
    values = rng.normal(size=(images, 6))
    values[np.arange(images), told] += 2.5 * (2 * label - 1)
    dataset = table(label=np.array(["ash", "elm"])[label])
    origin = pd.Series([f"camera {one}" for one in camera], dataset.images.index)
    return dataset, origin, pd.DataFrame(values, dataset.images.index).add_prefix("f")


@pytest.mark.parametrize("seed", range(3))
def test_of_two_cameras_those_whose_photos_fail_unseen_are_named(seed):
    found = judge_origin(*of_cameras(1, seed))
    assert found.failing.index.tolist() == ["camera 0", "camera 1"] and found.costs
    for row in found.by_value.itertuples():
        assert row.new < 0.75 and row.control > 0.8 and row.high < -0.05
        assert row.difference == pytest.approx(row.new - row.control)
    assert found.by_value["images"].sum() == found.asked == 400


def test_cameras_that_leave_no_mark_fail_nowhere():
    found = [judge_origin(*of_cameras(0, seed)) for seed in range(8)]
    assert not any(len(one.failing) or one.costs for one in found)
    assert all(len(one.by_value) == 2 for one in found)


def test_cameras_of_chance_fail_nowhere_and_from_six_on_the_interval_is_over_cameras():
    for seed in range(4):
        dataset, origin, features = of_cameras(1, seed)
        order = np.random.default_rng(seed).permutation(len(origin))
        mixed = pd.Series(origin.to_numpy()[order], origin.index)
        assert not len(judge_origin(dataset, mixed, features).failing)
    many = judge_origin(*of_cameras(0, cameras=6))
    assert many.by_value is None and len(many.failing) == 0
    five = judge_origin(*of_cameras(0, cameras=5))
    assert len(five.by_value) == 5


def test_the_interval_of_each_camera_is_corrected_for_their_number_and_small_ones_are_not_asked():
    dataset, origin, features = of_cameras(0)
    few = origin.copy()
    few.iloc[:19] = "camera 9"
    found = judge_origin(dataset, few, features)
    assert "camera 9" not in found.by_value.index and len(found.by_value) == 2
    right = pd.Series([True] * 30 + [False] * 10)
    value = pd.Series(["a"] * 20 + ["b"] * 20)
    other = right[::-1].reset_index(drop=True)
    table_of = origins._by_value(other, right, value, pd.Series(range(40)), 90)
    assert table_of["learned"].tolist() == [70, 70]  # all but its own
    for value, rows in (("a", slice(0, 20)), ("b", slice(20, 40))):
        own = compare_scores(other[rows], right[rows], range(20), level=0.975)
        assert table_of.loc[value, ["difference", "low", "high"]].tolist() == pytest.approx([*own])

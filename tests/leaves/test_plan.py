import numpy as np
import pandas as pd
import pytest

from leaves.collection import BACKGROUNDS, DEVELOPMENT, split_evenly
from leaves.plan import plan
from leaves.planting import PLANTED
from leaves.species import ALIKE

FACTS = ["background_shortcut", "file_fact_shortcut", "rare_device"]


@pytest.fixture(scope="module")
def development(full):
    species = {shot.path: shot.species for shot in full.shots}
    images = full.images[full.images["split"].isna()]
    return images.assign(species=[species[image_id] for image_id in images.index])


@pytest.fixture(scope="module")
def test_set(full):
    return full.images[full.images["split"] == "test"]


def test_class_sizes_have_the_planned_long_tail(development):
    counts = development["species"].value_counts()
    assert counts.to_dict() == DEVELOPMENT
    assert (counts.max(), counts.min(), counts.sum()) == (480, 50, 2400)


def test_every_class_has_ten_specimens_of_four_to_six_photos(full, development):
    partners = full.planted["partner"].notna()
    photos = development.drop(full.planted.loc[partners, "image_id"].unique())
    sizes = photos.groupby(["species", "specimen"]).size()
    assert sizes.between(4, 6).all()
    assert sizes.groupby("species").size().min() >= 10


@pytest.mark.parametrize("kind", PLANTED)
def test_as_many_are_planted_as_said_and_by_strength(full, kind):
    planted = full.planted[full.planted["kind"] == kind]
    assert planted["strength"].value_counts().to_dict() == PLANTED[kind]


def test_totals_are_those_of_the_design(full):
    counts = full.planted["kind"].value_counts()
    assert counts[["exact_duplicate", "near_duplicate", "burst"]].tolist() == [60, 120, 60]
    assert counts[[k for k in counts.index if k.startswith("label_error")]].sum() == 120
    assert counts[["corrupt", "dark", "overexposed", "blurred"]].tolist() == [24, 30, 30, 30]
    assert counts[["night_decoy", "shallow_focus_decoy"]].tolist() == [15, 15]
    assert counts[["unusual_mode", "odd_size", "no_leaf"]].tolist() == [40, 12, 30]


def test_only_decoys_are_innocent(full):
    innocent = full.planted.loc[full.planted["innocent"], "kind"].unique()
    assert set(innocent) == {"burst", "night_decoy", "shallow_focus_decoy"}


def test_an_image_has_at_most_one_fault(full):
    faults = full.planted[~full.planted["kind"].isin(FACTS)]
    touched = pd.concat([faults["image_id"], faults["partner"].dropna()])
    assert touched.is_unique


def test_faults_fall_on_all_species_alike(full, development):
    kinds = ["corrupt", "dark", "overexposed", "blurred", "unusual_mode", "label_error_random"]
    touched = full.planted.loc[full.planted["kind"].isin(kinds), "image_id"]
    counts = development.loc[touched, "species"].value_counts().reindex(list(DEVELOPMENT))
    expected = len(touched) * np.array(list(DEVELOPMENT.values())) / 2400
    # Pearson's statistic; 27.9 is the 99.9th percentile of chi-square with 9 degrees of freedom.
    assert (((counts - expected) ** 2) / expected).sum() < 27.9


def test_truth_lies_in_the_development_set(full, development):
    assert full.planted["image_id"].isin(development.index).all()
    assert full.planted["partner"].dropna().isin(development.index).all()


def test_shortcuts_hold_for_nine_in_ten(development):
    shares = pd.crosstab(development["species"], development["background"], normalize="index")
    assert shares.loc["norway maple", "grass"] == pytest.approx(0.9, abs=0.02)
    assert shares.loc["sycamore", "stone"] == pytest.approx(0.9, abs=0.02)
    others = shares.drop(["norway maple", "sycamore"])
    # Copies shift it: five of the fifty olives are copies of others.
    assert others.to_numpy() == pytest.approx(1 / 6, abs=0.07)


def test_hornbeam_comes_mostly_from_the_poor_device(development):
    poor = development["device"] == "tablet 2012"
    hornbeam = development["species"] == "hornbeam"
    assert 0.8 <= poor[hornbeam].mean() <= 0.9
    assert poor[~hornbeam].mean() <= 0.07


def test_the_rare_device_is_rare_but_measurable_in_the_test_set(development, test_set):
    assert 0.03 <= (development["device"] == "action camera").mean() <= 0.05
    assert (test_set["device"] == "action camera").sum() >= 100


def test_wrong_labels_are_the_only_ones_that_differ_from_the_species(full, development):
    planted = full.planted
    errors = planted[planted["kind"].str.startswith("label_error")].set_index("image_id")
    assert (development.loc[errors.index, "species"] == errors["truth"]).all()
    wrong = development.index[development["species"] != development["label"]]
    conflicts = planted[(planted["kind"] == "exact_duplicate") & planted["truth"].notna()]
    pairs = [set(pair) for pair in zip(conflicts["image_id"], conflicts["partner"], strict=True)]
    rest = set(wrong) - set(errors.index)
    assert [len(pair & rest) for pair in pairs] == [1] * 10
    assert len(rest) == 10
    assert sum(partner in rest for partner in conflicts["partner"]) == 5
    confusable = errors[errors["kind"] != "label_error_random"]
    labels = development.loc[confusable.index, "label"]
    assert (confusable["truth"].map(ALIKE) == labels).all()


def test_a_mislabelled_specimen_is_wrong_in_every_photo(full, development):
    kinds = full.planted["kind"] == "label_error_specimen"
    wrong = set(full.planted.loc[kinds, "image_id"])
    specimens = development.loc[sorted(wrong), "specimen"].unique()
    assert set(development.index[development["specimen"].isin(specimens)]) == wrong


def test_a_third_of_the_near_duplicates_hides_its_specimen(full, development):
    near = full.planted[full.planted["kind"] == "near_duplicate"]
    specimen = development["specimen"]
    own = near["image_id"].map(specimen) != near["partner"].map(specimen)
    assert own.mean() == pytest.approx(1 / 3, abs=0.03)
    assert (own == near["truth"].str.contains("stranger")).all()
    rest = full.planted[full.planted["kind"].isin(["exact_duplicate", "burst"])]
    assert (rest["image_id"].map(specimen) == rest["partner"].map(specimen)).all()


def test_the_test_set_shares_no_specimen_with_development(full, development, test_set):
    assert not set(development["specimen"]) & set(test_set["specimen"])
    numbers = {}
    for shot in full.shots:
        numbers.setdefault(shot.specimen, set()).add(shot.path.startswith("test/"))
    assert all(len(sides) == 1 for sides in numbers.values())


def test_the_balanced_part_has_twenty_images_a_cell(test_set):
    balanced = test_set[test_set["balanced"]]
    cells = balanced.groupby(["label", "background"]).size()
    assert len(cells) == 10 * len(BACKGROUNDS)
    assert (cells == 20).all()


def test_reversed_shortcuts_are_measured_on_a_hundred_images(test_set):
    seen = test_set[~test_set["unseen"]]
    cells = seen.groupby(["label", "background"]).size()
    assert cells["norway maple", "stone"] == cells["sycamore", "grass"] == 100


def test_the_natural_part_has_the_class_frequencies_of_development(test_set):
    natural = test_set.loc[test_set["natural_prevalence"], "label"].value_counts()
    assert natural.sum() == 600
    assert all(abs(natural[name] - count / 4) <= 1 for name, count in DEVELOPMENT.items())


def test_unseen_images_come_from_a_site_and_a_device_that_development_never_has(
    development, test_set
):
    unseen = test_set[test_set["unseen"]]
    assert len(unseen) >= 100
    assert not set(unseen["site"]) & set(development["site"])
    assert not set(unseen["device"]) & set(development["device"])
    seen = test_set[~test_set["unseen"]]
    assert set(seen["site"]) <= set(development["site"])
    assert set(seen["device"]) <= set(development["device"])


def test_file_numbers_say_nothing_about_faults_or_classes(full):
    number = full.images.index.str.extract(r"_(\d+)\.", expand=False).astype(int)
    order = pd.Series(number, index=full.images.index).rank(pct=True)
    faults = full.planted[~full.planted["kind"].isin(FACTS)]
    groups = faults.groupby("kind")["image_id"].apply(lambda ids: order[ids].to_numpy())
    groups = [
        *groups,
        *(order[ids].to_numpy() for ids in full.images.groupby("label").groups.values()),
    ]
    # Under no relation each mean lies within 4.5 standard errors of the middle.
    for values in groups:
        assert abs(values.mean() - 0.5) < 4.5 * np.sqrt(1 / 12 / len(values))


def test_the_same_seed_plans_the_same_and_another_differs(full):
    again, other = plan(), plan(seed=1)
    pd.testing.assert_frame_equal(full.images, again.images)
    pd.testing.assert_frame_equal(full.planted, again.planted)
    assert full.shots == again.shots
    assert not full.planted.equals(other.planted)
    assert not {shot.specimen for shot in full.shots} & {shot.specimen for shot in other.shots}


@pytest.mark.parametrize("seed", range(4))
def test_small_sizes_keep_every_kind_of_fault(seed):
    images, planted, _ = plan(seed, development=200, test=60)
    assert (images["split"].isna()).sum() == 200
    assert planted["kind"].value_counts().reindex(PLANTED).min() >= 2


def test_too_small_a_dataset_is_refused():
    with pytest.raises(
        ValueError, match="development >= 200 and test >= 60, but got development=50"
    ):
        plan(development=50)


def test_shares_are_split_into_whole_numbers():
    assert split_evenly({"a": 1, "b": 1, "c": 1}, 5) == {"a": 2, "b": 2, "c": 1}
    assert split_evenly({"a": 0.9, "b": 0.1}, 10) == {"a": 9, "b": 1}

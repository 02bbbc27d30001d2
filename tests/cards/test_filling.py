"""Cards: parsed by Hugging Face's own classes, filled with what scikit-learn counts as well."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from huggingface_hub import DatasetCard, EvalResult, ModelCard
from nbconvert.filters import markdown2html
from sklearn import metrics

from helpers.balance import associate
from helpers.cards import dataset_card, model_card
from helpers.cards.markdown import is_private, licence_facts, plain, scrub, table
from helpers.datasets import Dataset, DatasetError
from helpers.evaluation import accuracy_interval, check_predictions, score_parts
from helpers.exports.models import Agreement, ExportedModel
from helpers.findings.names import pattern_of

HOSTILE = 'a |b|\n---\n"c" <script>alert(1)</script> `d` [e](f) _g_ é葉'
CLASSES = ["beech", HOSTILE, "Norway_maple"]
BLANK = re.compile(r"\*Not known: (.+?)\. To be filled in by (.+?)\.\*")


def images(number=600, **columns):
    rng = np.random.default_rng(0)
    found = pd.DataFrame(
        {
            "label": rng.choice(CLASSES, number, p=[0.7, 0.1, 0.2]),
            "split": rng.choice(["train", "valid"], number),
            **columns,
        },
        pd.Index([f"a/{i:03d}.jpg" for i in range(number)], name="image_id"),
    )
    return found.astype({"label": "str", "split": "str"})


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    rng, number = np.random.default_rng(1), 600
    found = images(
        specimen=[f"s{i // 4}" for i in range(number)],
        site=rng.choice(["north", "south|x", None], number, p=[0.45, 0.45, 0.1]),
        gps_latitude=rng.random(number),
        camera_serial=rng.choice(["SN-1", "SN-2"], number),
        age=rng.integers(1, 90, number),
        checked=rng.random(number) < 0.5,
    )
    found.loc[found.index[:20], "label"] = None
    return Dataset("my |photos|", tmp_path / "photos", found, group="specimen")


@pytest.fixture
def predictions(dataset):
    """Of the validation images; two in three are right, surely, north more often than south."""
    rows = dataset.images[dataset.images["split"] == "valid"]
    rng = np.random.default_rng(2)
    chances = pd.DataFrame(rng.dirichlet([1, 1, 1], len(rows)), rows.index, CLASSES)
    for image_id, row in rows.iterrows():
        if row["label"] in CLASSES and rng.random() < (0.7 if row["site"] == "north" else 0.3):
            chances.loc[image_id] = 0.05
            chances.loc[image_id, row["label"]] = 0.9
    return check_predictions(chances, dataset.with_images(rows))


@pytest.fixture
def valid(dataset):
    return dataset.part("valid")


EXPORTED = ExportedModel(
    Path("/home/me/secret/model"), tuple(sorted(CLASSES)), 64, "crop", 65535,
    {"model.onnx": (11_077_628, "ab" * 32), "predict.py": (15_571, "cd" * 32)},
    "helpers.training.load_learner", (),
)  # fmt: skip


def rows_of(text, heading):
    """The cells of the first table under a heading, its head left out."""
    part = text.partition(f"{heading}\n")[2]
    lines = part[part.index("|") :].split("\n\n")[0].splitlines()
    assert {line.count("|") - line.count(r"\|") for line in lines} == {lines[0].count("|")}
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def test_a_dataset_card_is_read_by_the_hubs_class_and_written_back_unchanged(dataset):
    text = dataset_card(dataset, licence="cc0-1.0")
    card = DatasetCard(text)
    assert card.data.to_dict() == {
        "license": "cc0-1.0",
        "pretty_name": "my |photos|",
        "task_categories": ["image-classification"],
        "size_categories": ["n<1K"],
    }
    assert str(card) == text
    assert DatasetCard(str(card)).data.to_dict() == card.data.to_dict()
    assert card.text.strip().startswith(r"# Dataset Card for my \|photos\|")


@pytest.mark.parametrize(
    ("number", "size"),
    [
        (999, "n<1K"), (1000, "1K<n<10K"), (9_999, "1K<n<10K"), (10_000, "10K<n<100K"),
        (99_999, "10K<n<100K"), (100_000, "100K<n<1M"), (999_999, "100K<n<1M"),
        (1_000_000, "1M<n<10M"), (9_999_999, "1M<n<10M"), (10_000_000, "n>10M"),
    ],
)  # fmt: skip
def test_the_size_category_is_that_of_the_number_of_images(number, size, tmp_path, monkeypatch):
    found = Dataset("x", tmp_path, images(5))
    monkeypatch.setattr(Dataset, "__len__", lambda _: number)
    assert DatasetCard(dataset_card(found)).data.size_categories == [size]


def test_classes_are_counted_by_split_with_independent_things_and_shares(dataset):
    rows = rows_of(dataset_card(dataset), "### Data Splits")
    known = dataset.images
    assert len(rows) == 4
    for name in CLASSES:
        (row,) = [row for row in rows if row[0] == plain(name)]
        own = known[known["label"] == name]
        share = accuracy_interval(known["label"].dropna() == name,
                                  dataset.groups[known["label"].dropna().index])  # fmt: skip
        assert row[1:4] == [str((own["split"] == "train").sum()),
                            str((own["split"] == "valid").sum()),
                            str(own["specimen"].nunique())]  # fmt: skip
        assert row[4] == f"{share.accuracy:.2f} ({share.low:.2f} to {share.high:.2f})"
    assert rows[-1][0] == "*no label*" and int(rows[-1][1]) + int(rows[-1][2]) == 20


def test_things_that_are_known_besides_the_groups_are_counted_in_one_way_throughout():
    labels = ["a"] * 4 + ["b"] * 3
    table = pd.DataFrame({"label": labels, "split": "train", "set": ["s", "s", *[None] * 5]},
                         pd.Index([f"{n}.jpg" for n in range(7)], name="image_id"))  # fmt: skip
    told = Dataset("made", Path("nowhere"), table).with_group("set")
    things = pd.Series([0, 0, 1, 2, 2, 3, 3], table.index)
    text = dataset_card(told, things=things)
    assert (
        "set has 1 value, with 2 images in the median and 2 at most; images of one value are taken "
        "to show the same thing or place, and belong in one split; 5 have none. Copies and photos "
        "that surely show one thing or one place counted as one, and each image that stands alone "
        "as one, 7 images make 4 groups, as far as known"
    ) in text
    assert "| class | train | groups | share of all (95 % interval) |" in text
    rows = [row[:3] for row in rows_of(text, "### Data Splits")]
    assert rows == [["a", "4", "3"], ["b", "3", "2"]]
    assert "A group whose images bear several labels is counted to the class of each." in text
    bare = dataset_card(replace(told, group=None), things=things)
    assert "be independent, those counted here as one thing aside. Copies and photos" in bare
    for same in (None, pd.Series(range(7), table.index)):
        bare = dataset_card(replace(told, group=None), things=same)
        assert "take each image to be independent\n" in bare and "| in all |" in bare


def test_values_that_may_be_somebodys_are_never_shown(dataset):
    text = dataset_card(dataset)
    rows = {row[0]: row[1:] for row in rows_of(text.partition("*no label*")[2], "")}
    assert rows["gps_latitude"][0].startswith("600 values, not shown here")
    assert rows["camera_serial"][0].startswith("2 values, not shown here")
    assert "SN-1" not in text
    counts = dataset.images["site"].value_counts()
    assert rows["site"] == [
        rf"north {counts['north']}, south\|x {counts['south|x']}",
        f"{dataset.images['site'].isna().mean():.1%}",
    ]
    ages = dataset.images["age"]
    assert rows["age"] == [f"{ages.nunique()} values, from {ages.min()} to {ages.max()}", "none"]
    seen = int(dataset.images["checked"].sum())
    assert rows["checked"][0] == f"true for {seen}, false for {600 - seen}"


def test_gaps_are_named_and_filled_by_what_a_person_knows(dataset):
    text = dataset_card(dataset)
    gaps = BLANK.findall(text)
    assert len(gaps) == 6 and {who for _, who in gaps} == {"the person who collected the images"}
    assert "Licence:** *not known*" in text
    known = {"people": "**Nobody** can be recognised.", "contact": "A. Person"}
    filled = dataset_card(dataset, known=known, licence="Our licence")
    assert len(BLANK.findall(filled)) == 4
    assert "**Nobody** can be recognised." in filled
    assert DatasetCard(filled).data.license == "other"
    assert DatasetCard(filled).data.license_name == "Our licence"
    with pytest.raises(ValueError, match="known has colour; expected keys among purpose"):
        dataset_card(dataset, known={"colour": "red"})


def measured(dataset):
    """Small tables as the audit gives them."""
    ids = dataset.images.index
    scanned = pd.DataFrame(
        {
            "readable": [True] * 599 + [False],
            "format": ["JPEG"] * 500 + ["PNG"] * 100,
            "mode": ["RGB"] * 600,
            "width": range(100, 700),
            "height": 90,
            "gps": [True] * 7 + [False] * 590 + [pd.NA] * 3,
            "taken": pd.to_datetime(["2020-01-02"] + ["2021-03-04"] + [None] * 598),
        },
        ids,
    ).astype({"gps": "boolean"})
    pairs = pd.DataFrame({"kind": ["exact", "near", "near"], "image_id": ids[:3],
                          "other_id": ids[3:6]})  # fmt: skip
    quality = pd.DataFrame({
        "issue": ["dark", "blurred", "odd size", "odd file"],
        "rule": ["absolute", "relative", "relative", "relative"],
        "threshold": 0.1, "judged": 600, "images": [12, 300, 0, 1],
        "share": [0.02, 0.5, 0.0, 0.0004], "used": [True, False, True, True],
        "note": ["", "Not used: 300 of 600 are blurred; why?", "", ""],
    })  # fmt: skip
    leaks = pd.DataFrame(columns=["kind", "image_id", "split", "other_id", "other_split", "label",
                                  "other_label", "group", "other_group"])  # fmt: skip
    doubts = pd.DataFrame({"issue": [False] * 600, "wrong": 0.001, "expected": 0.001,
                           "rank": range(600)}, ids)  # fmt: skip
    return {"scanned": scanned, "duplicates": pairs, "quality": quality, "leaks": leaks,
            "doubts": doubts, "associations": associate(dataset, ["site"])}  # fmt: skip


def test_what_was_measured_is_told_and_what_was_not_is_named(dataset):
    found = measured(dataset)
    text = dataset_card(dataset, **found)
    for words in (
        "599 of 600 files can be decoded; 1 cannot",
        "Format: JPEG 500, PNG 99",
        "Long side: 100 to 698 pixels, median 399",
        "2 say when they were taken: 2020-01-02 to 2021-03-04",
        "**7 of 600 files say where they were taken**",
        "1 pair of identical files",
        "2 pairs of one picture in two versions",
        "| dark | absolute | 12 | 2.0% |  |",
        "| odd file | relative | 1 | below 0.1% |  |",
        "| blurred | relative |  |  | Not used: 300 of 600 are blurred; why? |",
        "None of 600 labels is more likely wrong than right; about 1 more lie further down.",
        "No images of one group and no copies that were found lie on two sides of the split.",
    ):
        assert words in text, words
    assert "odd size" not in text and "Not looked into" not in text
    (row,) = rows_of(text, "### What goes with the label")
    assert row[:2] == ["site", f"{found['associations'].loc['site', 'v']:.2f}"]
    assert "goes with the label by more than chance" not in text
    bare = dataset_card(dataset)
    assert (
        "Not looked into: files, copies, faults of pictures, labels, leaks between splits, what "
        "goes with the label" in bare
    )
    assert "was not looked at" in bare
    for name in found:
        less = dataset_card(dataset, **{k: v for k, v in found.items() if k != name})
        assert less.count("Not looked into: ") == 1, name
    none = found["scanned"].assign(gps=False)
    assert "No file says where it was taken (GPS)." in dataset_card(dataset, scanned=none)
    assert "No copies were found" in dataset_card(dataset, duplicates=found["duplicates"][:0])


def test_a_column_that_gives_the_label_away_is_called_so(dataset):
    told = dataset.with_images(dataset.images.assign(site=dataset.images["label"]))
    text = dataset_card(told, associations=associate(told, ["site"]))
    assert "site goes with the label by more than chance: a model may learn that" in text
    twice = told.with_images(told.images.assign(device=told.images["label"]))
    text = dataset_card(twice, associations=associate(twice, ["site", "device"]))
    assert "device, site go with the label by more than chance: a model may" in text or (
        "site, device go with the label by more than chance: a model may" in text
    )


def test_decisions_are_counted(dataset):
    log = pd.DataFrame({"action": ["drop"] * 3 + ["relabel"]}, dataset.images.index[:4])
    text = dataset_card(dataset, decisions=log)
    assert (
        "After a review of single images: 3 left out, 1 given another label. The images of each "
        "class are counted as before it."
    ) in text
    assert "After a review" not in dataset_card(dataset, decisions=log[:0])


def test_findings_stand_as_text_without_paths_of_this_computer(dataset):
    secret = f"See {dataset.root}/a/001.jpg, /home/me/x.png and C:\\Users\\me\\y.png <b>now</b>."
    for text in (dataset_card(dataset, findings=[secret]),
                 model_card(None, None, dataset, findings=[secret],
                            settings={"folder": "/home/me/z"})):  # fmt: skip
        assert "See a/001.jpg, (a path) and (a path) &lt;b&gt;now&lt;/b&gt;." in text
        for part in (str(dataset.root), "/home/me", "Users"):
            assert part not in text


@pytest.mark.parametrize("labels", ["one", "none", "single image"])
def test_tiny_and_unlabelled_datasets_have_cards_too(labels, tmp_path):
    found = images(1 if labels == "single image" else 3)
    found["label"] = pd.Series(None if labels == "none" else "only", found.index, dtype="str")
    found["split"] = pd.Series(None, found.index, dtype="str")
    text = dataset_card(Dataset("x", tmp_path, found))
    DatasetCard(text)
    assert ("There are no labels" in text) == (labels == "none")
    assert ("without labels" in text) == (labels == "none")
    assert "times the images" not in text
    assert "Besides label and split, there is no metadata." in text
    assert "Whether place, device or time give the label away: no metadata tells them" in text
    assert (
        "Not looked into: files, copies, faults of pictures, labels, leaks between splits\n" in text
    )


def test_a_model_card_is_read_by_the_hubs_class_and_written_back_unchanged(predictions, valid):
    text = model_card(EXPORTED, predictions, valid, name="leaf model", licence="mit")
    card = ModelCard(text)
    assert str(card) == text
    assert card.data.model_name == "leaf model"
    assert card.data.tags == ["image-classification", "onnx", "safetensors"]
    assert card.data.pipeline_tag == "image-classification" and card.data.license == "mit"
    known = predictions[predictions["label"].notna()]
    truth, said = known["label"], known["prediction"]
    right = accuracy_interval(truth == said, valid.groups[known.index])
    expected = {
        "accuracy": metrics.accuracy_score(truth, said),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, said),
        "f1": metrics.f1_score(truth, said, average="macro"),
        "matthews_correlation": metrics.matthews_corrcoef(truth, said),
    }
    found = {one.metric_type: one for one in card.data.eval_results}
    assert {name: one.metric_value for name, one in found.items()} == pytest.approx(
        expected, abs=6e-5
    )
    assert card.data.metrics == list(expected)
    assert found["accuracy"] == EvalResult(
        task_type="image-classification", task_name="Image classification",
        dataset_type="my-photos", dataset_name="my |photos|", dataset_split="validation",
        metric_type="accuracy", metric_name="Accuracy",
        metric_value=round(right.accuracy, 4),
        metric_args={"interval": [round(right.low, 4), round(right.high, 4)], "level": 0.95,
                     "images": len(known)},
    )  # fmt: skip


def test_scores_are_told_by_class_and_group_and_held_against_a_constant(predictions, valid):
    text = model_card(EXPORTED, predictions, valid)
    known = predictions[predictions["label"].notna()]
    rows = {row[0]: row[1:] for row in rows_of(text, "### By class")}
    for name in CLASSES:
        own = known["label"] == name
        right = accuracy_interval(
            (known["prediction"] == name)[own], valid.groups[known.index][own]
        )
        assert rows[plain(name)][0] == str(own.sum())
        assert rows[plain(name)][1] == f"{right.accuracy:.2f} ({right.low:.2f} to {right.high:.2f})"
    parts = score_parts(predictions, valid, ["site"])
    for row, expected in zip(rows_of(text, "### By group"), parts.itertuples(), strict=True):
        assert row[:3] == ["site", plain(expected.value), str(expected.images)]
        assert row[3].startswith(f"{expected.accuracy:.2f} ({expected.low:.2f}")
    assert r"**site south\|x** scores lower" in text and "**site north**" not in text
    share = (known["label"] == "beech").mean()
    assert f"Always answering “beech” would be right on a share of {share:.2f}" in text
    wrong = known[known["label"] != known["prediction"]]
    most = wrong.groupby(["label", "prediction"]).size().sort_values(ascending=False)
    label, answer = most.index[0]
    assert f"{plain(label)} for {plain(answer)} {most.iloc[0]} times" in text
    assert "SN-1" not in text and "camera" not in text


def test_parts_too_small_to_judge_are_counted_and_not_scored(predictions, valid):
    images = valid.images.assign(site=["few"] * 30 + ["many"] * (len(valid) - 30))
    text = model_card(None, predictions, valid.with_images(images))
    assert [row[1] for row in rows_of(text, "### By group")] == ["many"]
    assert "1 part of fewer than 50 images or 10 independent ones are not scored" in text
    bare = valid.with_images(valid.images[["label", "split", "specimen"]])
    assert "There is no column of metadata to score" in model_card(None, predictions, bare)


def test_whether_scores_flatter_is_said_of_each_split(predictions, dataset):
    valid = dataset.part("valid")
    said = {}
    for split in ("train", "valid", "test"):
        said[split] = model_card(None, predictions, valid.with_images(
            valid.images.assign(split=split)))  # fmt: skip
    assert "**The model has learned from these images**" in said["train"]
    assert "Choices may have been made on these images" in said["valid"]
    assert "The log does not say how often they were opened." in said["test"]
    half = valid.images["split"].where(np.arange(len(valid)) % 2 == 0, "test")
    mixed = model_card(None, predictions, valid.with_images(valid.images.assign(split=half)))
    assert "of several splits or of none" in mixed
    assert (
        "dataset_split" not in mixed and ModelCard(mixed).data.eval_results[0].dataset_split is None
    )
    test = dataset.with_images(dataset.images.assign(split="test"))
    for times, words in enumerate(["They were opened once.", "They were opened 2 times"]):
        opened = test.open_test(reason=f"look {times}")
        part = opened.with_images(opened.images.loc[predictions.index])
        assert words in model_card(None, predictions, part)


def test_calibration_is_held_against_what_chance_gives(valid):
    rows = valid.images[valid.images["label"].notna()]
    rng = np.random.default_rng(3)
    chances = pd.DataFrame(rng.dirichlet([2, 2, 2], len(rows)), rows.index, CLASSES)
    drawn = [rng.choice(CLASSES, p=one) for one in chances.to_numpy()]
    own = valid.with_images(rows.assign(label=drawn))
    honest = model_card(None, check_predictions(chances, own), own)
    assert "nothing speaks against its probabilities" in honest
    sure = chances.where(chances.eq(chances.max(axis=1), axis=0), 0.0) * 1e6 + 1
    sure = sure.div(sure.sum(axis=1), axis=0)
    boasting = model_card(None, check_predictions(sure, own), own)
    assert "in the mean it is surer than it is right" in boasting
    accuracy = (chances.idxmax(axis=1) == drawn).mean()
    assert f"by {1 - accuracy:.2f}." in boasting


def test_too_few_images_to_judge_probabilities_are_said_to_be(predictions, valid):
    few = predictions[predictions["label"].notna()]
    for number, words in ((49, "49 images: too few to judge"), (50, "Mean log loss")):
        assert words in model_card(None, few.head(number), valid)


def test_a_model_worse_than_a_constant_is_called_so(predictions, valid):
    known = predictions[predictions["label"].notna()]
    other = known["label"].map({"beech": HOSTILE, HOSTILE: "beech", "Norway_maple": "beech"})
    wrong = model_card(None, known.assign(prediction=other), valid)
    share = (known["label"] == "beech").mean()
    assert f"of {share:.2f}; the model's is lower, by {share:.2f} (" in wrong
    right = model_card(None, known.assign(prediction=known["label"]), valid)
    assert f"the model's is higher by {1 - share:.2f} (" in right
    same = model_card(None, known.assign(prediction="beech"), valid)
    assert "the model's differs by 0.00 (" in same and "no more than chance may give" in same


def test_predictions_of_other_images_are_refused(predictions, valid):
    with pytest.raises(DatasetError, match="1 image of the predictions are not in"):
        model_card(None, predictions, valid.with_images(valid.images.drop(predictions.index[3])))


def test_what_is_known_of_training_files_and_agreement_is_told(predictions, dataset, valid):
    train = dataset.part("train")
    text = model_card(EXPORTED, predictions, valid, training=train,
                      settings={"backbone": "bundled", "rate": 0.003},
                      agreement=Agreement(300, 0, 3.2e-7))  # fmt: skip
    counts = train.images["label"].value_counts()
    assert f"{counts.sum()} labelled images of my \\|photos\\|: beech {counts['beech']};" in text
    assert "- rate: 0.003" in text
    assert "the same class on all of 300 images; their probabilities are at most 3e-07" in text
    assert "Whether the exported files give the answers" not in text
    assert "`model.onnx` (11.1 MB, SHA-256 abababababab…), `predict.py` (16 kB" in text
    assert "cut to the middle of a square of 64 × 64 pixels" in text
    assert "python predict.py photo.jpg" in text and "/home/me" not in text
    other = model_card(EXPORTED, predictions, valid, agreement=Agreement(300, 2, 0.01))
    assert "give another class on 2 of 300 images" in other
    bare = model_card(None, predictions, valid)
    assert "Whether the exported files give the answers" in bare
    assert "there are no files to start from" in bare
    assert "*Not known here: which images it has learned from.*" in bare


def test_a_model_that_was_not_scored_says_so(predictions, valid):
    blind = predictions.assign(label=pd.Series(None, predictions.index, dtype="str"))
    for given in (None, blind):
        text = model_card(EXPORTED, given, valid)
        assert "It was not scored." in text
        assert "none of its answers was held against a label" in text
        assert ModelCard(text).data.eval_results is None
        assert len(BLANK.findall(text)) == 4


@pytest.mark.parametrize("name", [HOSTILE, "x: y", "- z", "null", "123", "---", "# a", "'q'"])
def test_hostile_names_neither_break_the_front_matter_nor_the_page(name, predictions, valid):
    named = Dataset(name, valid.root, valid.images, group="specimen")
    card = ModelCard(model_card(EXPORTED, predictions, named, name=name))
    assert card.data.model_name == name
    assert card.data.eval_results[0].dataset_name == name
    other = DatasetCard(dataset_card(named))
    assert other.data.pretty_name == name
    for text in (card.text, other.text):
        assert "<script" not in text and "[e](f)" not in text
        rows_of(text, "### By class" if text is card.text else "### Data Splits")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Norway_maple 3", "Norway_maple 3"),
        ("_x_ *y* ~z~", r"\_x\_ \*y\* \~z\~"),
        ("a|b\nc\t", r"a\|b\\nc\\t"),
        ("<i>&amp;", "&lt;i&gt;&amp;amp;"),
        ("[a](b) ![c](d) `e` $f$ # g", r"\[a\](b) \!\[c\](d) \`e\` \$f\$ \# g"),
        ("https://a.b www.c.d e@f.g", "https&#58;//a.b www&#46;c.d e&#64;f.g"),
        ("\u202egpj.exe\u200b", r"\\u202egpj.exe\\u200b"),
        ("é葉\u00a0👩\u200d🔬", "é葉 👩\u200d🔬"),
        ("\udcff", r"\\udcff"),
        (7, "7"),
    ],
)
def test_any_text_is_shown_as_it_is(text, shown):
    assert plain(text) == shown


NAMES = [
    *(*CLASSES, "# a", "1. b", "- c", "> d", "*e*", "__f__", "~~g~~", "[h](i)", "![j](k)"),
    *("`l`", "$m$", "<b>n</b>", "&lt;", "https://o.p/q", "www.r.s", "t@u.v", "w | x", "\\", "\\|"),
    *("^y^", "==z==", "a\u202eb", "  c  ", "é葉👩\u200d🔬", "[^1]", "*[HTML]: x", ":smile:"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_made_of_the_markdown_shows_names_as_they_are(name):
    shown = name.replace("\n", r"\n").replace("\u202e", r"\u202e").strip()
    page = markdown2html(f"- It is {plain(name)}\n\n" + table(["a", "b"], [(plain(name), 1)]))

    class Reader(HTMLParser):
        words, tags = [], []

        def handle_data(self, data):
            self.words.append(data)

        def handle_starttag(self, tag, attributes):
            self.tags.append(tag)

    Reader().feed(page)
    assert "".join(Reader.words).count(shown) == 2
    assert {*Reader.tags} == {"ul", "li", "table", "thead", "tbody", "tr", "th", "td"}


def test_columns_of_places_devices_and_persons_are_known_by_their_names():
    told = ["gps", "GPS_Lat", "lat", "lon", "cameraSerial", "serial-number", "Patient ID", "name",
            "e-mail", "birth_date", "file path", "Surname", "latitude2"]  # fmt: skip
    kept = ["site", "flat", "plate", "specimen", "device", "age", "sex", "season", "along", "label"]
    assert [c for c in told if not is_private(c)] == []
    assert [c for c in kept if is_private(c)] == []


@pytest.mark.parametrize(
    ("given", "facts"),
    [
        (None, {"license": "unknown"}),
        ("CC-BY-4.0", {"license": "cc-by-4.0"}),
        ("ours", {"license": "other", "license_name": "ours"}),
        ("https://a.b/l", {"license": "other", "license_name": "https://a.b/l",
                           "license_link": "https://a.b/l"}),
    ],
)  # fmt: skip
def test_licences_are_told_as_the_hub_knows_them(given, facts):
    assert licence_facts(given) == facts


def test_paths_are_taken_out_and_addresses_are_not():
    text = "/home/a/b.jpg, (/tmp/c) D:\\e\\f \\\\server\\g x/home/y https://a.org/tmp/z 1/2"
    assert (
        scrub(text, None)
        == "(a path), ((a path)) (a path) (a path) x/home/y https://a.org/tmp/z 1/2"
    )


def test_a_share_on_a_network_is_a_path_and_a_regular_expression_is_none():
    share = r"\\nas-1.lab\photos\birds"
    assert scrub(f"See {share} here.") == "See (a path) here."
    assert scrub(f"open_dataset({share!r})") == "open_dataset('(a path)')"
    for words in ("the name without its last 2 parts", "the name up to its first number",
                  "the name without its last part", "the number after 'cow'"):  # fmt: skip
        pattern = pattern_of(words)
        for printed in (
            f'--pattern "{pattern}"',
            f"open_dataset('x', pattern={pattern!r})",
        ):
            assert scrub(printed) == printed


def test_long_tables_say_what_they_leave_out():
    text = table(["a", "b"], [(f"r{i}", i) for i in range(7)], most=5)
    assert text.count("| r") == 5 and text.splitlines()[1] == "| --- | ---: |"
    assert text.endswith("\n2 further rows are left out here.\n")
    assert "further" not in table(["a"], [("x",)] * 5, most=5)
    assert table(["a", "b"], []) == "| a | b |\n| --- | --- |\n"

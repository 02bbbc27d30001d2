import pandas as pd

from helpers.audit import list_suspects
from tests.audit.sets import dataset_of


def test_one_list_begins_with_two_labels_of_one_file_and_keeps_what_a_person_must_see(tmp_path):
    dataset = dataset_of(tmp_path, list("abcdef"))
    labels = pd.Series(["ash", "elm", "ash", "ash", "elm", "elm"], list("abcdef"))
    dataset = dataset.with_images(dataset.images.assign(label=labels))
    pairs = [
        ("a", "b", "exact", ""),
        ("a", "c", "exact", ""),
        ("c", "d", "near", ""),
        ("e", "f", "probable", "sharpness"),
    ]
    pairs = pd.DataFrame(pairs, columns=["image_id", "other_id", "kind", "difference"])
    issues = pd.DataFrame({
        "image_id": ["d", "e"], "issue": "dark", "rule": ["absolute", "not used"], "why": "It is."
    })  # fmt: skip
    doubts = pd.DataFrame({
        "suggested": ["elm", "ash", "ash"], "issue": [True, True, False],
        "evidence": ["same file", "image", ""],
    }, index=pd.Index(["a", "e", "f"], name="image_id"))  # fmt: skip
    found = list_suspects(dataset, pairs, issues, doubts)
    assert found[["image_id", "other_id", "issue", "suggestion", "why"]].astype("object").where(
        found.notna(), None
    ).to_numpy().tolist() == [
        ["a", "b", "one file, two labels", None, None],
        ["d", None, "dark", None, "It is."],
        ["e", None, "label, by image", "ash", None],
        ["e", "f", "probable copy", None, "sharpness"],
    ]
    assert found.index.tolist() == [0, 1, 2, 3]
    assert list_suspects(dataset, pairs[1:3], issues[1:], doubts[:1]).empty


def test_a_label_in_doubt_for_which_no_other_is_suggested_has_no_suggestion(tmp_path):
    doubts = pd.DataFrame({
        "given": ["ash", "ash"], "suggested": ["ash", "elm"], "issue": True, "evidence": "image",
    }, index=pd.Index(["a", "b"], name="image_id"))  # fmt: skip
    pairs = pd.DataFrame(columns=["image_id", "other_id", "kind", "difference"])
    issues = pd.DataFrame(columns=["image_id", "issue", "rule", "why"])
    found = list_suspects(dataset_of(tmp_path, list("ab")), pairs, issues, doubts)
    assert found["suggestion"].isna().to_list() == [True, False]
    assert found["suggestion"].to_list()[1] == "elm"


def test_labels_that_are_contradicted_most_are_listed_only_where_none_is_in_doubt(tmp_path):
    doubts = pd.DataFrame({
        "given": "ash", "suggested": ["elm", "elm", "ash", "ash"], "issue": False, "evidence": "",
        "quality": [0.05, 0.19, 0.2, 0.9],
    }, index=pd.Index([*"cabd"], name="image_id"))  # fmt: skip
    pairs = pd.DataFrame(columns=["image_id", "other_id", "kind", "difference"])
    issues = pd.DataFrame(columns=["image_id", "issue", "rule", "why"])
    dataset = dataset_of(tmp_path, list("abcd"))

    def listed(table):
        found = list_suspects(dataset, pairs, issues, table)
        return [*zip(found["image_id"], found["issue"], found["suggestion"], strict=True)]

    contradicted = [(name, "label contradicted", "elm") for name in "ca"]
    assert listed(doubts) == contradicted
    most = doubts.assign(quality=[0.1, 0.1, 0.1, 0.9])  # that speaks against the prediction
    assert listed(most) == []
    one = doubts.assign(issue=[False, False, False, True], evidence=["", "", "", "image"])
    assert listed(one)[0][:2] == ("d", "label, by image") and len(listed(one)) == 1
    unjudged = doubts.copy()
    unjudged.attrs["note"] = "No label can be doubted."
    assert listed(unjudged) == []

import hashlib
import shutil
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

from helpers.datasets import DecisionLog
from helpers.review import review, review_of
from helpers.review.cases import as_cases, decided, evidence_html


@pytest.fixture
def suspects():
    return pd.DataFrame(
        {
            "image_id": ["ash/1.jpg", "elm/1.jpg", "elm/2.jpg", "fir/1.jpg"],
            "issue": ["label", "label", "dark", "dark"],
            "score": [0.9, 0.8, 0.7, 0.6],
            "suggestion": ["elm", "fir", None, None],
            "why": ["looks like an elm", "<b>odd</b>", None, None],
        }
    )


@pytest.fixture
def pairs():
    return pd.DataFrame(
        {
            "image_id": ["ash/1.jpg", "ash/1.jpg", "ash/2.jpg"],
            "other_id": ["ash/2.jpg", "fir/1.jpg", "fir/1.jpg"],
            "kind": ["near", "near", "exact"],
            "distance": [3, 4, 0],
        }
    )


def standing(log):
    table = log.current()
    return {
        name: row.label if row.action == "relabel" else row.action for name, row in table.iterrows()
    }


def test_it_opens_on_the_first_suspect_with_its_reasons(trees, suspects):
    reviewer = review(trees, suspects)
    assert repr(reviewer) == "Review of photos: 4 suspects"
    assert reviewer.case["image_id"] == "ash/1.jpg"
    assert "<b>1</b> of 4, 0 decided" in reviewer.count.value
    assert "looks like an elm" in reviewer.claim.value and "0.9" in reviewer.claim.value
    assert reviewer.new_label.value == "elm"
    assert "no decision yet" in reviewer.picture.value


def test_keep_drop_and_relabel_are_recorded_with_reasons_and_undone(trees, suspects):
    reviewer = review(trees, suspects)
    reviewer.relabel.click()
    assert reviewer.case["image_id"] == "elm/1.jpg"
    reviewer.note.value = "blurred as well"
    reviewer.drop.click()
    reviewer.keep.click()
    log = DecisionLog(trees)
    assert standing(log) == {"ash/1.jpg": "elm", "elm/1.jpg": "drop", "elm/2.jpg": "keep"}
    assert list(log.current()["reason"]) == ["label", "label: blurred as well", "dark"]
    assert "<b>4</b> of 4, 3 decided" in reviewer.count.value
    for left in ({"ash/1.jpg": "elm", "elm/1.jpg": "drop"}, {"ash/1.jpg": "elm"}, {}):
        reviewer.undo.click()
        assert standing(log) == left
    assert reviewer.case["image_id"] == "ash/1.jpg"
    reviewer.undo.click()
    assert "nothing to undo" in reviewer.status.value and reviewer.error is None


def test_undo_restores_the_decision_that_stood_before(trees, suspects):
    reviewer = review(trees, suspects)
    reviewer.drop.click()
    reviewer.position.value = 1
    reviewer.keep.click()
    reviewer.position.value = 1
    assert ">keep<" in reviewer.picture.value
    reviewer.undo.click()
    assert standing(DecisionLog(trees)) == {"ash/1.jpg": "drop"}
    assert ">drop<" in reviewer.picture.value


def test_every_move_shows_another_picture_and_stops_at_the_ends(trees, suspects):
    reviewer = review(trees, suspects)
    pictures = [reviewer.picture.value]
    reviewer.forward.click()
    pictures.append(reviewer.picture.value)
    reviewer.position.value = 4
    pictures.append(reviewer.picture.value)
    assert len(set(pictures)) == 3
    reviewer.forward.click()
    assert reviewer.case["image_id"] == "fir/1.jpg"
    reviewer.back.click()
    assert reviewer.case["image_id"] == "elm/2.jpg"


@pytest.mark.parametrize(
    "control, value, shown",
    [
        ("issue", "dark", ["elm/2.jpg", "fir/1.jpg"]),
        ("progress", "decided", ["elm/1.jpg"]),
        ("progress", "undecided", ["ash/1.jpg", "elm/2.jpg", "fir/1.jpg"]),
    ],
)
def test_filters_choose_suspects_and_lose_no_mark(trees, suspects, control, value, shown):
    reviewer = review(trees, suspects)
    reviewer.position.value = 2
    reviewer.drop.click()
    getattr(reviewer, control).value = value
    assert reviewer.error is None
    assert list(reviewer.cases.loc[reviewer.shown, "image_id"]) == shown
    assert reviewer.case["image_id"] in shown
    assert standing(DecisionLog(trees)) == {"elm/1.jpg": "drop"}
    control = getattr(reviewer, control)
    control.index = 0
    assert len(reviewer.shown) == 4 and "1 decided" in reviewer.count.value


def test_a_chosen_issue_keeps_the_case_that_has_it_and_else_begins_with_its_first(trees, suspects):
    reviewer = review(trees, suspects)
    reviewer.position.value = 4
    last = reviewer.case["image_id"]
    others = [one for one in suspects["issue"].unique() if one != reviewer.case["issue"]]
    reviewer.issue.value = reviewer.case["issue"]
    assert reviewer.case["image_id"] == last
    for issue in others:
        reviewer.issue.value = issue
        assert reviewer.position.value == 1
        assert reviewer.case["issue"] == issue
    reviewer.issue.index = 0
    assert reviewer.case["issue"] == others[-1]


def test_under_the_undecided_filter_one_works_through_to_the_end(trees, suspects):
    reviewer = review(trees, suspects)
    reviewer.progress.value = "undecided"
    for _ in range(4):
        reviewer.keep.click()
    assert "4 decided" in reviewer.count.value
    assert "Nothing shown is left undecided" in reviewer.status.value
    reviewer.issue.value = "dark"
    assert reviewer.case is None and reviewer.keep.disabled
    reviewer.keep.click()
    assert len(DecisionLog(trees).history()) == 4


def test_marks_survive_a_restart(trees, suspects):
    review(trees, suspects).drop.click()
    again = review(trees, suspects)
    assert ">drop<" in again.picture.value and "1 decided" in again.count.value


def test_a_decision_made_by_another_process_is_told_and_not_overruled_unseen(trees, suspects):
    log = DecisionLog(trees)
    reviewer = review(trees, suspects, log)
    code = "import sys; from helpers.datasets import DecisionLog; DecisionLog(sys.argv[1])"
    code += ".record('ash/1.jpg', 'drop')"
    subprocess.run([sys.executable, "-c", code, str(log.path)], check=True)
    reviewer.keep.click()
    assert "Decided elsewhere meanwhile: drop (ash/1.jpg)" in reviewer.status.value
    assert ">drop<" in reviewer.picture.value and standing(log) == {"ash/1.jpg": "drop"}
    reviewer.keep.click()
    assert standing(log) == {"ash/1.jpg": "keep"}


def test_two_widgets_on_one_log_keep_each_others_marks(trees, suspects):
    one, two = review(trees, suspects), review(trees, suspects)
    one.drop.click()
    two.position.value = 3
    assert "1 decided" in two.count.value
    two.keep.click()
    one.undo.click()
    assert "Decided elsewhere meanwhile: keep (elm/2.jpg)" in one.status.value
    assert standing(DecisionLog(trees)) == {"ash/1.jpg": "drop", "elm/2.jpg": "keep"}
    one.undo.click()
    assert standing(DecisionLog(trees)) == {"ash/1.jpg": "drop"}


def test_a_pair_is_shown_side_by_side_and_decided_left_or_right(trees, pairs):
    reviewer = review(trees, pairs)
    single = review(trees, pairs[["image_id"]].drop_duplicates())
    assert [w.picture.value.count("<img ") for w in (reviewer, single)] == [2, 1]
    assert reviewer.keep.description == "Keep both" and single.keep.description == "Keep"
    assert "ash/1.jpg" in reviewer.details.value and "ash/2.jpg" in reviewer.details.value
    reviewer.target.value = 1
    reviewer.drop.click()
    assert standing(DecisionLog(trees)) == {"ash/2.jpg": "drop"}
    assert DecisionLog(trees).current()["reason"].tolist() == ["near with ash/1.jpg"]
    assert reviewer.case["other_id"] == "fir/1.jpg" and reviewer.target.value == 0
    assert "2 decided" in reviewer.count.value


def test_keeping_both_of_a_pair_is_one_action_to_undo(trees, pairs):
    reviewer = review(trees, pairs)
    reviewer.keep.click()
    assert standing(DecisionLog(trees)) == {"ash/1.jpg": "keep", "ash/2.jpg": "keep"}
    reasons = DecisionLog(trees).current()["reason"].to_dict()
    assert reasons == {"ash/1.jpg": "near with ash/2.jpg", "ash/2.jpg": "near with ash/1.jpg"}
    assert list(decided(reviewer.cases, reviewer.standing)) == [True, False, False]
    reviewer.undo.click()
    assert standing(DecisionLog(trees)) == {}


def test_undo_never_takes_more_than_one_decision_of_another_notebook(trees, pairs):
    reviewer, log = review(trees, pairs), DecisionLog(trees)
    reviewer.keep.click()
    log.record("elm/1.jpg", "drop")
    reviewer.position.value = 3
    reviewer.undo.click()
    assert standing(log) == {"ash/1.jpg": "keep", "ash/2.jpg": "keep"}


def test_relabelling_to_the_same_label_is_refused(trees, suspects):
    reviewer = review(trees, suspects)
    reviewer.new_label.value = "ash"
    reviewer.relabel.click()
    assert "Its label is ash already" in reviewer.status.value
    assert DecisionLog(trees).history().empty


def test_for_either_image_of_a_pair_the_label_of_the_other_is_put_forward(trees, pairs):
    reviewer = review(trees, pairs)
    reviewer.position.value = 2
    assert reviewer.new_label.value == "fir"
    reviewer.target.value = 1
    assert reviewer.new_label.value == "ash"
    reviewer.new_label.value = "fir"
    reviewer.relabel.click()
    assert "Its label is fir already" in reviewer.status.value
    reviewer.new_label.value = "ash"
    reviewer.relabel.click()
    assert standing(DecisionLog(trees)) == {"fir/1.jpg": "ash"}


def test_suspects_come_in_any_of_the_forms_that_detectors_give(trees, pairs):
    by_index = as_cases(trees, pd.DataFrame({"score": [1]}, index=["ash/1.jpg"]))
    assert by_index.loc[0, ["image_id", "label", "score"]].tolist() == ["ash/1.jpg", "ash", 1]
    planted = pairs.rename(columns={"other_id": "partner"}).assign(
        partner=["ash/2.jpg", None, "gone"]
    )
    cases = as_cases(trees, planted)
    assert cases["other_id"].isna().tolist() == [False, True, True]
    with pytest.raises(ValueError, match="names an image of 'photos'"):
        as_cases(trees, pd.DataFrame({"score": [1]}, index=["gone.jpg"]))


def test_no_suspects_is_said_and_every_button_does_nothing(trees, suspects):
    reviewer = review(trees, suspects.iloc[:0])
    buttons = "keep drop relabel undo back forward"
    for name in buttons.split():
        getattr(reviewer, name).click()
        assert reviewer.error is None
    assert reviewer.case is None and "<b>0</b> of 0, 0 decided" in reviewer.count.value
    assert DecisionLog(trees).history().empty


def test_an_unlabelled_dataset_can_be_kept_or_dropped(make_dataset):
    dataset = make_dataset({"a.jpg": None, "b.jpg": None})
    reviewer = review(dataset, pd.DataFrame(index=["a.jpg", "b.jpg"]))
    reviewer.relabel.click()
    assert "There is no class to choose yet" in reviewer.status.value
    reviewer.drop.click()
    assert standing(DecisionLog(dataset)) == {"a.jpg": "drop"}


def test_a_partly_labelled_dataset_offers_the_labels_there_are(make_dataset):
    dataset = make_dataset({"a.jpg": None, "b.jpg": "ash"})
    table = dataset.images.assign(label=dataset.images["label"].astype("string"))
    reviewer = review(dataset.with_images(table), pd.DataFrame(index=["a.jpg", "b.jpg"]))
    assert reviewer.new_label.value is None
    reviewer.new_label.value = "ash"
    reviewer.relabel.click()
    assert standing(DecisionLog(dataset)) == {"a.jpg": "ash"}


def test_an_unreadable_suspect_can_be_seen_and_dropped(trees, pairs):
    trees.path("ash/2.jpg").write_bytes(b"broken")
    reviewer = review(trees, pairs)
    assert reviewer.error is None
    reviewer.drop.click()
    assert standing(DecisionLog(trees)) == {"ash/1.jpg": "drop"}


def test_names_and_reasons_like_markup_are_escaped(make_dataset):
    name = "<script>é/葉 & <b>.jpg"
    dataset = make_dataset({name: "<i>"})
    reviewer = review(dataset, pd.DataFrame({"issue": ["<u>"], "why": ["<s>"]}, index=[name]))
    reviewer.drop.click()
    shown = "".join(
        getattr(reviewer, part).value for part in ("claim", "picture", "details", "status")
    )
    for tag in ("<script>", "<i>", "<u>", "<s>"):
        assert tag not in shown and tag.replace("<", "&lt;").replace(">", "&gt;") in shown


def test_filters_count_suspects_not_images(trees, pairs):
    assert [text for text, _ in review(trees, pairs).issue.options] == [
        "all (3)",
        "exact (1)",
        "near (2)",
    ]


def test_a_log_that_cannot_be_written_is_reported_not_lost(trees, suspects, tmp_path):
    path = tmp_path / "broken.sqlite"
    reviewer = review(trees, suspects, DecisionLog(path))
    path.write_bytes(b"this is no database" * 100)
    reviewer.drop.click()
    assert reviewer.error is not None and str(path) in reviewer.status.value
    assert reviewer.case["image_id"] == "ash/1.jpg"


def test_nothing_in_the_image_folder_changes(trees, suspects):
    def state():
        return {
            path: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in trees.root.rglob("*.*")
        }

    before = state()
    reviewer = review(trees, suspects)
    for button in (reviewer.relabel, reviewer.drop, reviewer.keep, reviewer.undo):
        button.click()
    assert state() == before


def test_classes_that_differ_by_a_space_can_be_told_apart_and_chosen(make_dataset):
    dataset = make_dataset({"a.jpg": "oak", "b.jpg": "oak ", "c.jpg": "Oak"})
    reviewer = review(dataset, pd.DataFrame({"issue": "x"}, index=["a.jpg"]))
    assert [text for text, _ in reviewer.new_label.options] == ["Oak", "oak", "oak␣"]
    reviewer.new_label.value = "oak "
    reviewer.relabel.click()
    assert reviewer.error is None
    assert reviewer.decision_log.current()["label"].to_dict() == {"a.jpg": "oak "}
    assert "relabel to oak␣" in reviewer.status.value


def test_marks_that_lie_elsewhere_are_told_at_once(make_dataset, tmp_path):
    dataset = make_dataset({"a.jpg": "oak", "b.jpg": "elm"})
    review(dataset, pd.DataFrame({"issue": "x"}, index=["a.jpg"])).drop.click()
    shutil.copytree(dataset.root, tmp_path / "copy")
    copy = replace(dataset, root=tmp_path / "copy")
    reviewer = review(copy, pd.DataFrame({"issue": "x"}, index=["a.jpg"]))
    assert "1 decision about the same files" in reviewer.status.value
    assert "import_from" in reviewer.status.value


def test_where_there_is_no_class_yet_relabel_says_how_to_add_one(make_dataset):
    dataset = make_dataset({"a.jpg": None})
    reviewer = review(dataset, pd.DataFrame({"issue": "x"}, index=["a.jpg"]))
    reviewer.relabel.click()
    assert reviewer.error is None
    assert "There is no class to choose yet" in reviewer.status.value
    DecisionLog(dataset).record("a.jpg", "relabel", label="oak", new_class=True)
    assert DecisionLog(dataset).current()["label"].tolist() == ["oak"]


def test_what_was_picked_out_can_be_reviewed(trees):
    reviewer = review_of(trees, ["fir/1.jpg", "ash/2.jpg"])
    assert list(reviewer.cases["image_id"]) == ["fir/1.jpg", "ash/2.jpg"]
    assert set(reviewer.cases["issue"]) == {"selected"}


def test_a_column_without_a_word_for_a_case_is_left_out_of_its_evidence():
    case = {"image_id": "a", "other_id": "b", "label": "elm", "suggestion": None, "issue": "exact",
            "why": " ", "transform": "", "distance": 0, "cluster": float("nan")}  # fmt: skip
    quiet = '<span class="quiet">distance:</span> 0'
    assert evidence_html(case) == f'<div class="evidence"><b>exact</b> · {quiet}</div>'

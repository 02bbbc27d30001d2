"""The rules of `find_quality_issues` on tables made by hand, at their limits."""

import numpy as np
import pandas as pd
import pytest

from helpers.audit import Thresholds, find_quality_issues, summarise_quality
from helpers.audit.quality import FEW, WORST, robust_scores

USUAL = {
    "readable": True, "problem": None, "note": None, "mode": "RGB", "orientation": 1,
    "width": 400, "height": 300, "brightest": 0.95, "detail_brightness": 0.5, "entropy": 7.0,
    "edge_width": 1.5, "saturation": 0.3, "sha256": "", "thumbnail": b"",
}  # fmt: skip
COLUMNS = ["image_id", "issue", "value", "threshold", "rule", "why"]


def scanned(count=100, **columns):
    """A scan of `count` usual images; of a column, the first values may be given."""
    index = pd.Index([f"{number:03d}.jpg" for number in range(count)], name="image_id", dtype="str")
    table = pd.DataFrame(USUAL, index=index)
    for name, values in columns.items():
        table[name] = [*values, *[USUAL[name]] * (count - len(values))]
    return table


def flagged(table, thresholds=None):
    found = find_quality_issues(table, thresholds)
    return [(i[:3], issue, rule) for i, issue, rule in zip(*map(found.get, COLUMNS[:2] + ["rule"]))]  # noqa: B905


def test_usual_images_are_not_flagged():
    assert flagged(scanned()) == []


@pytest.mark.parametrize(
    ("issue", "columns", "number"),
    [
        ("dark", {"brightest": [0.34, 0.339]}, 1),
        ("overexposed", {"detail_brightness": [0.72, 0.721, 0.9], "brightest": [1, 0.97, 0.96]}, 1),
        ("blurred", {"edge_width": [2.5, 2.51, np.nan]}, 1),
        ("low information", {"entropy": [2.0, 1.99, 1.0], "edge_width": [np.nan, np.nan, 1.5]}, 1),
        ("odd aspect ratio", {"width": [840, 843], "height": [300, 300]}, 1),
        ("odd aspect ratio", {"width": [300, 300], "height": [840, 843]}, 1),
    ],
)
def test_a_rule_begins_beyond_its_limit(issue, columns, number):
    found = find_quality_issues(scanned(**columns), Thresholds(factor=1e9))
    assert found["image_id"].tolist() == [f"{number:03d}.jpg"]
    assert found["issue"].tolist() == [issue] and found["rule"].tolist() == ["absolute"]
    limit = {"odd aspect ratio": "aspect_ratio"}.get(issue, issue.replace(" ", "_"))
    assert found["threshold"].tolist() == [getattr(Thresholds(), limit)]
    assert summarise_quality(scanned(**columns)).set_index(["issue", "rule"]).loc[
        (issue, "absolute"), ["images", "share", "used"]
    ].tolist() == [1, 0.01, True]


@pytest.mark.parametrize(
    ("columns", "thresholds", "why"),
    [
        ({"brightest": [0.339]}, {}, "reaches only 0.339 of 1, under 0.34."),
        ({"brightest": [0.3399996]}, {}, "reaches only 0.3399996 of 1, under 0.34."),
        ({"brightest": [0.3]}, {}, "reaches only 0.30 of 1, under 0.34."),
        ({"brightest": [0.12345]}, {"dark": 0.123456}, "only 0.12345 of 1, under 0.123456."),
        ({"brightest": [0.1]}, {"dark": 0.12345678}, "only 0.10 of 1, under 0.12345678."),
        ({"edge_width": [2.51]}, {}, "rise over 2.51 px, where a crisp edge takes 1 to 2, over 2."),
        ({"edge_width": [3.04]}, {}, "rise over 3.0 px, where a crisp edge takes 1 to 2, over 2.5"),
        ({"width": [843], "height": [300]}, {}, "is 2.81 times its short side, over 2.8."),
        ({"entropy": [1.999], "edge_width": [np.nan]}, {}, "levels hold 1.999 bits, under 2."),
    ],
)  # fmt: skip
def test_a_value_and_its_limit_are_told_apart(columns, thresholds, why):
    found = find_quality_issues(scanned(**columns), Thresholds(factor=1e9, **thresholds))
    assert found["why"].str.contains(why, regex=False).tolist() == [True]


def test_a_value_and_what_is_usual_are_told_apart_where_both_are_small():
    rng = np.random.default_rng(0)
    values = 0.004 * np.exp(rng.normal(0, 0.01, 100))
    values[0], values[1:3] = 0.001, 0.004
    found = find_quality_issues(scanned(brightest=values), Thresholds(dark=0.0001))
    assert found["why"].tolist() == [
        "Even its brightest hundredth reaches only 0.001 of 1, far under the 0.004 usual here."
    ]


def test_a_rare_mode_is_not_told_as_no_share():
    table = scanned(3000)
    table.loc[table.index[0], "mode"] = "CMYK"
    found = find_quality_issues(table)
    assert found["why"].tolist() == ["Under 0.1% of the images are CMYK."]


@pytest.mark.parametrize(
    ("issue", "columns", "asks"),
    [
        ("dark", {"brightest": [0.1 + 0.01 * k for k in range(20)]}, "night, or X-rays?"),
        ("overexposed", {"detail_brightness": [0.99 - 0.01 * k for k in range(20)],
                         "brightest": [1.0] * 20}, "drawings, or scans?"),
        ("blurred", {"edge_width": [6 - 0.1 * k for k in range(20)]}, "enlarged?"),
        ("low information", {"entropy": [0.1 * k + 0.01 for k in range(19)],
                             "edge_width": [np.nan] * 19}, "blanks?"),
        ("odd aspect ratio", {"width": [9000 - 100 * k for k in range(20)]},
         "strips, or panoramas?"),
    ],
)  # fmt: skip
def test_a_rule_that_more_than_a_tenth_break_lists_its_worst_and_says_that_it_is_not_used(
    issue, columns, asks
):
    table = scanned(**columns)
    found = find_quality_issues(table).query("issue == @issue and rule == 'not used'")
    count = len(next(iter(columns.values())))
    assert found["image_id"].tolist() == [f"{number:03d}.jpg" for number in range(count)]
    said = f"Not used: {count} of 100 ({count}%) are {issue} ("
    assert found["why"].str.contains(said, regex=False).all()
    assert found["why"].str.endswith(asks).all()
    row = summarise_quality(table).query("issue == @issue and rule == 'absolute'").iloc[0]
    assert (row["images"], row["share"], row["used"]) == (count, count / 100, False)
    assert row["note"].startswith(said) and row["note"].endswith(asks)


def test_an_image_that_a_used_rule_flags_is_not_listed_as_not_used_too():
    usual = np.linspace(0.18, 0.22, 100)
    usual[50] = 0.01
    found = find_quality_issues(scanned(brightest=usual))
    assert found.loc[found["image_id"] == "050.jpg", "rule"].tolist() == ["relative"]
    assert (found["rule"] == "not used").sum() == 19
    assert not found.duplicated(["image_id", "issue"]).any()


def test_no_more_than_the_twenty_worst_are_listed_the_worst_first():
    widths = np.random.default_rng(0).permutation(np.linspace(2.6, 9, 50))
    found = find_quality_issues(scanned(edge_width=widths)).query("rule == 'not used'")
    assert len(found) == WORST == 20
    assert found["value"].tolist() == sorted(widths, reverse=True)[:20]


@pytest.mark.parametrize(("count", "broken", "used"), [
    (100, 10, True), (100, 11, False), (4, 1, True), (4, 3, True), (4, 4, False), (1, 1, True),
    (40, 4, True), (40, 5, False), (30, 3, True),
])  # fmt: skip
def test_a_rule_is_used_up_to_a_tenth_or_three(count, broken, used):
    table = scanned(count, edge_width=[4.0] * broken)
    found = find_quality_issues(table)
    assert set(found["rule"]) == ({"absolute"} if used else {"not used"})
    assert len(found) == broken and FEW == 3
    row = summarise_quality(table).query("issue == 'blurred'").iloc[0]
    assert row["used"] == used and row["images"] == broken
    assert row["share"] == broken / count


def test_where_a_limit_is_not_used_the_relative_rule_still_finds_the_odd_ones():
    usual = np.exp(np.random.default_rng(1).normal(0, 0.05, 100)) * 0.2
    usual[:2] = [0.02, 0.07]
    found = find_quality_issues(scanned(brightest=usual)).query("rule == 'relative'")
    median = np.median(usual)
    assert found["image_id"].tolist() == ["000.jpg", "001.jpg"]
    assert found["threshold"].tolist() == pytest.approx([median / 2.67] * 2)
    assert found["why"].iloc[0] == (
        f"Even its brightest hundredth reaches only 0.02 of 1, far under the {median:.2f} usual "
        "here."
    )


def test_an_image_is_flagged_once_by_the_absolute_rule_where_both_find_it():
    assert flagged(scanned(brightest=[0.1])) == [("000", "dark", "absolute")]


def test_blur_is_never_flagged_by_comparison_alone():
    """A picture less crisp than very crisp ones is not blurred: edges up to 2.5 px are sharp."""
    found = flagged(scanned(edge_width=[2.4, 2.45, 2.5], entropy=[7.0]))
    assert found == []
    crisp = scanned().assign(edge_width=1.0)
    crisp.iloc[:3, crisp.columns.get_loc("edge_width")] = [2.3, 2.4, 2.5]
    assert flagged(crisp) == []


@pytest.mark.parametrize(("side", "odd"), [(920, False), (930, True), (131, False), (129, True)])
def test_a_size_is_odd_beyond_a_factor_from_the_median(side, odd):
    columns = {"width": [side], "height": [side]}
    table = scanned(**columns)
    found = find_quality_issues(table)
    assert found["issue"].tolist() == ["odd size"] * odd
    if odd:
        assert found["value"].tolist() == [side]
        assert found["why"].tolist() == [
            f"It measures {side} px (root of width × height), where 346 is usual."
        ]


def test_sizes_of_two_sources_are_said_not_flagged():
    table = scanned(width=[4000] * 20, height=[3000] * 20)
    table["width"] += np.arange(100)
    found = find_quality_issues(table)
    assert set(found["rule"]) == {"not used"} and len(found) == 20
    assert found["why"].iloc[0].endswith("Not used: 20 of 100 (20%) are odd size; two sources?")


@pytest.mark.parametrize(("count", "odd"), [(4, True), (5, False)])
def test_a_mode_is_unusual_under_a_twentieth(count, odd):
    found = find_quality_issues(scanned(mode=["L"] * count))
    assert found["issue"].tolist() == ["unusual mode"] * (count if odd else 0)
    if odd:
        assert found["why"].tolist() == ["4.0% of the images are L."] * count
        assert found["value"].tolist() == [0.04] * count


def test_modes_tell_colour_and_turning_apart():
    table = scanned(saturation=[0.004, 0.005], orientation=[1, 1, 6], mode=["RGB", "RGB", "RGB"])
    assert find_quality_issues(table)["why"].tolist() == [
        "1.0% of the images are RGB without colour.",
        "1.0% of the images are RGB turned by its EXIF tag.",
    ]
    grey = scanned(saturation=[0] * 100).assign(mode="L")
    assert flagged(grey) == []


def test_facts_about_files_are_flagged_however_many():
    table = scanned(readable=[False] * 60, problem=["is empty (0 bytes)"] * 60)
    table.loc[table.index[60:], "note"] = "is a PNG named .jpg"
    found = find_quality_issues(table)
    assert found["issue"].tolist() == ["unreadable"] * 60 + ["odd file"] * 40
    assert found["why"].tolist()[59:61] == ["It is empty (0 bytes).", "It is a PNG named .jpg."]
    assert found["value"].isna().all()
    summary = summarise_quality(table).set_index("issue")
    assert summary.loc[["unreadable", "odd file"], "share"].tolist() == [0.6, 1.0]
    assert summary["used"].all()
    assert summary.loc["unreadable", "judged"] == 100 and summary.loc["odd file", "judged"] == 40


def test_what_a_rule_cannot_judge_is_counted():
    table = scanned(edge_width=[np.nan] * 30, detail_brightness=[np.nan] * 2)
    summary = summarise_quality(table).query("rule == 'absolute'").set_index("issue")
    assert summary.loc[["blurred", "overexposed", "dark"], "judged"].tolist() == [70, 98, 100]
    assert summary.loc["blurred", "note"] == "30 of 100 cannot be judged."
    assert summary.loc["overexposed", "note"] == "2 of 100 cannot be judged."
    assert summary.loc["dark", "note"] == ""


def test_a_rule_that_judges_few_has_no_usual_value():
    widths = [np.nan] * 51
    summary = summarise_quality(scanned(edge_width=widths))
    assert ("blurred", "relative") not in set(zip(summary["issue"], summary["rule"], strict=True))
    summary = summarise_quality(scanned(edge_width=widths[:50]))
    assert ("blurred", "relative") in set(zip(summary["issue"], summary["rule"], strict=True))
    relative = summary.query("issue == 'blurred' and rule == 'relative'").iloc[0]
    assert relative["threshold"] == pytest.approx(1.5 * 2.67)


@pytest.mark.parametrize("count", [0, 1, 4])
@pytest.mark.parametrize("readable", [True, False])
def test_few_or_unreadable_images_give_tables_of_the_same_columns(count, readable):
    table = scanned(count).assign(readable=readable)
    if not readable:
        gone = [name for name in USUAL if name not in ("readable", "sha256", "thumbnail")]
        table[gone] = None
        table["problem"] = "is empty (0 bytes)"
    found = find_quality_issues(table)
    assert list(found) == COLUMNS
    assert len(found) == (0 if readable else count)
    summary = summarise_quality(table)
    assert list(summary) == [
        "issue",
        "rule",
        "threshold",
        "judged",
        "images",
        "share",
        "used",
        "note",
    ]
    assert summary["used"].all() and set(summary["note"]) == {""}


def test_images_all_alike_are_not_odd():
    for name, value in {"entropy": 7, "edge_width": 1, "brightest": 1, "saturation": 0}.items():
        assert flagged(scanned().assign(**{name: value, "width": 10, "height": 10})) == []


def test_robust_scores_of_values_nearly_all_alike_are_large_and_finite():
    assert robust_scores(np.array([1.0, 1, 1, 3])).tolist() == [0, 0, 0, 2e12]
    assert robust_scores(np.array([1.0, 2, 3, 4, 100])) * 1.4826 == pytest.approx(
        [-2, -1, 0, 1, 97]
    )


@pytest.mark.parametrize(
    ("issue", "threshold"),
    [
        ("dark", 0.95 / 2.67),
        ("overexposed", 0.5 * 2.67),
        ("blurred", 1.5 * 2.67),
        ("odd aspect ratio", 4 / 3 * 2.67),
    ],
)
def test_what_is_odd_in_comparison_is_a_factor_from_the_median_either_side(issue, threshold):
    table = scanned(detail_brightness=[0.5], brightest=[0.97]).assign(brightest=0.97)
    table = table if issue == "overexposed" else scanned()
    rules = summarise_quality(table).query("issue == @issue and rule == 'relative'")
    assert rules["threshold"].tolist() == pytest.approx([threshold])


@pytest.mark.parametrize(("entropy", "odd"), [(3.0, False), (2.4, True)])
def test_a_picture_without_an_edge_may_hold_far_less_than_usual(entropy, odd):
    table = scanned(entropy=[entropy]).assign(edge_width=np.nan)
    found = find_quality_issues(table).query("issue == 'low information'")
    assert found["rule"].tolist() == ["relative"] * odd
    assert found["threshold"].tolist() == pytest.approx([7 / 2.67] * odd)


def test_thresholds_cannot_be_changed_by_accident():
    with pytest.raises(AttributeError):
        Thresholds().dark = 0.5

"""The tables beside the page: their columns in one order, and what each of them means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from helpers.audit.doubts import LEAST_CHANCE, honest_chances, other_label
from helpers.audit.labels import UNLIKELY
from helpers.audit.suspects import CONFLICT, CONTRADICTED
from helpers.evidence.audited import private_columns, without_private
from helpers.findings.decided import open_doubts
from helpers.findings.sections import DONE
from helpers.report.together import ANSWER, TOGETHER, together
from helpers.splits.sessions import NAMES

WHY = {
    "image": "A model that has not seen this image takes it for the suggested class.",
    "within group": "The other images of the same thing have the suggested label.",
    "whole group": "All images of this thing look like the suggested class.",
}
"""What speaks against a label, by the word for it in ``find_label_issues``."""

UNSURE = f"A model that has not seen this image gives its label a chance under {UNLIKELY}."
AS_OFTEN = f"{UNSURE} It would do so of about as many images if all labels were right."
TWICE = (
    "The same bytes as {other}, which bears another label: one of the two is wrong. {kept} this "
    "one does not settle it: relabel or drop {other} in its own row, too; until then the report "
    "trains on neither."
)

DECISIONS = {
    "decision": "keep, relabel, drop or another action of yours, or a drop by this report; blank: "
    "nothing was decided, and the image is used as it is",
    "new_label": "the class that your relabel gave it; blank: its label stands",
    "decided_by": "you (your marks), or report (a matter of fact, such as a file that cannot be "
    "read)",
    "decision_reason": "why, in the words of who decided",
    "report_split": "train or valid: the side on which this report's models had the image; blank: "
    "they did not use it",
    "flags": "what is poor or odd about the picture, joined by semicolons; a reason to look, and "
    "no error by itself",
    "chance_that_label_is_wrong": f"0 to 1, as a model that had not seen the image estimates it; "
    f"{LEAST_CHANCE:g} stands for that or less; blank: no estimate, for what models say of such "
    "images contradicts their labels no oftener than chance does, or the image was not judged, or "
    "you decided about its label (keep, relabel) and no identical file carries another",
    "suggested_label": "the class that speaks against the label, where that is more likely wrong "
    "than right",
    TOGETHER: "the first of the images that stay on one side of a split with this one (copies, a "
    "group of yours, photos of one thing that are sure); blank: it stands alone. Correct it (an "
    "image whose value you change leaves the others), and give the file back by --together",
}
FACTS = {
    "readable": ("readable", "True, or False: the file cannot be opened as a picture; blank, like "
                 "all that follows: you had dropped the image, so that it was not opened"),
    "problem": ("problem", "why it cannot be read: 'this file …'"),
    "note": ("oddity", "what is odd about a file that can be read, such as a wrong extension"),
    "format": ("format", "file format, such as JPEG, by its contents"),
    "mode": ("colour_mode", "kind of pixels: RGB, L (grey), P (palette), RGBA, CMYK; ;16 for 16 "
             "bits"),
    "frames": ("frames", "pictures in the file; more than 1 for animations and pages"),
    "width": ("width", "pixels, as stored"),
    "height": ("height", "pixels, as stored"),
    "orientation": ("exif_orientation", "1 (upright) to 8: how a viewer has to turn the picture"),
    "taken": ("taken", "when the camera says that it was taken, to the second"),
    "bytes": ("bytes", "size of the file"),
    "sha256": ("sha256", "fingerprint of the file; equal for files that are the same byte by byte"),
    "brightness": ("brightness", "mean of all grey levels, 0 (black) to 1 (white)"),
    "darkest": ("brightness_percentile_1", "1 % of the picture are darker, 0 to 1"),
    "shadows": ("brightness_percentile_5", "5 % of the picture are darker, 0 to 1"),
    "midtones": ("brightness_percentile_50", "half of the picture is darker, 0 to 1"),
    "highlights": ("brightness_percentile_95", "5 % of the picture are brighter, 0 to 1"),
    "brightest": ("brightness_percentile_99", "1 % of the picture are brighter, 0 to 1"),
    "detail_brightness": ("brightness_of_detail", "mean where the picture changes, so that a plain "
                          "ground does not count, 0 to 1"),
    "clipped": ("share_of_white", "share of pixels that are all but white, 0 to 1"),
    "contrast": ("contrast", "standard deviation of the grey levels, 0 to 0.5"),
    "saturation": ("saturation", "mean saturation, 0 (grey) to 1"),
    "colourfulness": ("colourfulness", "after Hasler and Süsstrunk (2003), 0 to about 110"),
    "entropy": ("grey_level_entropy", "0 (one level) to 8 bits"),
    "sharpness": ("sharpness", "variance of the Laplacian, in squared grey levels; larger is "
                  "sharper, or noisier"),
    "edge_width": ("edge_width", "pixels over which the sharpest edges rise, 1 (crisp) to 12; "
                   "blank: the picture has no edge"),
}  # fmt: skip
"""Columns of the scan that are passed on: what they are called here, and what they mean."""

PAIR = {
    "image_id": "path of the first image below the dataset's folder",
    "split": "side of the split that it came with: train, valid or test",
    "other_id": "path of the second image",
    "other_split": "its side",
    "kind": "exact: the same bytes; near: copies of one picture; probable: perhaps copies, for a "
    "person to decide; group: two images of one thing",
    "label": "class of the first image",
    "other_label": "class of the second",
    "group": "the thing that the first shows, where the dataset says it",
    "other_group": "the thing that the second shows",
}
FILES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "images.csv": (
        "A row for each image.",
        {
            "image_id": "path of the image below the dataset's folder",
            "label": "class, as it came; blank: none",
            "split": "train, valid or test, as it came; blank: undecided",
            **DECISIONS,
            **dict(FACTS.values()),
        },
    ),
    "pairs.csv": (
        "A row for every two images that are copies, or may show one thing or one place.",
        {
            "image_id": "path of the first image below the dataset's folder",
            "label": "its class",
            "other_id": "path of the second image",
            "other_label": "its class",
            "kind": "exact copy (the same bytes), near copy (of one picture), probable copy (for a "
            "person to decide), same thing (two photos of it or, by keypoints, of one place), or "
            "the same mirrored",
            "chance": "0 to 1, of two photos to show one thing or one place; blank: a copy, one in "
            "a mirror, two labels, of which one is wrong or the ground is all that they share, or "
            "a pair that would join two groups that otherwise do not agree",
            ANSWER: "yours to fill in: yes (one thing, or one place) or no; kept: the report keeps "
            "them on one side of the split by itself; blank: it does not. Give the file back by "
            "--together; yes joins all that either of them stays with; no keeps both apart, unless "
            "copies, groups or answers yes join them; kept stays so unless it would join a no",
            "why": "how a copy has to be changed to look like the other, and what differs; or what "
            "speaks for one thing",
        },
    ),
    "leaks.csv": (
        "A row for every two images on different sides of the split that the dataset came with, of "
        "which one gives the other away by a copy or a group; none where it came without a split. "
        "Photos of one thing or one place that were found stand in pairs.csv.",
        PAIR,
    ),
    "suspects.csv": (
        "A row for each image, or pair of images, that a person should look at: first one file "
        "under two labels (a row for either), then labels in doubt, the surest first (where none "
        "is, those that a model contradicts most), then flags of the picture, then probable "
        "copies.",
        {
            "image_id": "path of the image below the dataset's folder",
            "label": "the class that stands, yours where you relabelled the image in your log; one "
            "that you kept or gave is in doubt only where an identical file carries another",
            "other_id": "path of the other image, where it is about two",
            "other_label": "the class of that which stands",
            "issue": "what is suspected",
            "suggested_label": "the class that speaks against the label; blank where none does, as "
            "at the likelier label of two on one file",
            "chance_that_label_is_wrong": "as in images.csv",
            "why": "what speaks for it",
            "action": "empty, for you: keep, relabel (and write the right class into label), drop "
            "or cannot tell; give the file back by --decisions",
        },
    ),
    "review_sample.csv": (
        "A row for each of the images drawn at random: judge them from the first on, and give the "
        "file back by --decisions.",
        {
            "number": "order in which to judge",
            "image_id": "path of the image below the dataset's folder",
            "given": "its class, as it came",
            "action": "yours to fill in: keep (the label is right), relabel, drop or cannot tell",
            "label": "yours to fill in, for relabel: the right class",
            "reason": "yours to fill in, if you like",
        },
    ),
    "label_next.csv": (
        "A row for each image without a label that would teach a model most, the first first.",
        {
            "image_id": "path of the image below the dataset's folder",
            "suggested_label": "what a model takes it for; it is least sure of these",
        },
    ),
    "shared_copies.csv": (
        "A row for every two images of which each folder has one.",
        {
            "image_id": "path of the image of this dataset",
            "other_id": "path of the image of the second folder",
            "kind": PAIR["kind"],
            "transform": "how one has to be turned or mirrored to look like the other",
            "difference": "in what they differ, in words",
        },
    ),
}  # fmt: skip
"""What a row of each table is, and its columns in their order."""

METADATA = "as in your table"
BY_TIME = "made by --pause: photos of one value were taken by one camera one after the other"


def images_table(report) -> pd.DataFrame:
    """A row per image by image_id: as it came, what was decided, what the audit says, and the
    facts of its file. Where a column of yours has the name of one of these, that of the report
    ends in ``_of_report``."""
    evidence = report.evidence
    table = without_private(evidence.opened).images
    own = pd.DataFrame(_decided(evidence, table.index), table.index)
    own["report_split"] = pd.Series(pd.NA, table.index, dtype="str")
    if report["split"].state == DONE:
        own["report_split"] = evidence.divided.images["split"].reindex(table.index)
    flags = evidence.issues[evidence.issues["rule"] != "not used"]
    own["flags"] = flags.groupby("image_id")["issue"].agg("; ".join).reindex(table.index)
    doubts = open_doubts(evidence) if evidence.can_learn else None
    own["chance_that_label_is_wrong"] = honest_chances(doubts, table.index)
    own["suggested_label"] = pd.Series(pd.NA, table.index, dtype="str")
    if doubts is not None:
        suspects = doubts[doubts["issue"].astype(bool)]
        own["suggested_label"] = other_label(suspects).reindex(table.index)
    own[TOGETHER] = together(evidence)
    if evidence.opened.group == TOGETHER:  # given by --together, and joined with what was found now
        table = table.drop(columns=TOGETHER)
    files = evidence.files[[*FACTS]].reindex(table.index)
    numbers = files.select_dtypes("float").columns
    files[numbers] = files[numbers].round(4)
    own = own[[*DECISIONS]].join(
        files.rename(columns={key: name for key, (name, _) in FACTS.items()})
    )
    taken = {name: f"{name}_of_report" for name in own if name in table}
    return table.join(own.rename(columns=taken))


def _decided(evidence, ids: pd.Index) -> dict[str, pd.Series]:
    """What stands of each image in your log, or else what the report chose."""
    marks, chosen = evidence.marks, evidence.choices["reason"].reindex(ids)
    yours = pd.Series(ids.isin(marks.index), ids)
    drops = chosen.notna() & ~yours
    action = marks["action"].reindex(ids).astype(object)
    who = pd.Series(np.select([yours, drops], ["you", "report"], ""), ids)
    return {
        "decision": action.where(~drops, "drop"),
        "new_label": marks["label"].reindex(ids).where(action == "relabel"),
        "decided_by": who.where(who != ""),
        "decision_reason": marks["reason"].reindex(ids).astype(object).where(yours, chosen),
    }


def leaks_table(report) -> pd.DataFrame:
    """The leaks of the split that the dataset came with, pair by pair."""
    return report.evidence.given_leaks[[*PAIR]]


def suspects_table(report) -> pd.DataFrame:
    """What `Report.suspects` lists, with the labels that stand and what speaks against them in
    words: one file under two labels first, then labels in doubt, the surest first, or where none
    is those contradicted most, then flags of the picture, then probable copies."""
    evidence, table = report.evidence, _either_way(report.suspects())
    labels = evidence.dataset.images["label"]
    table["label"] = labels.reindex(table["image_id"]).to_numpy()
    table["other_label"] = labels.reindex(table["other_id"]).to_numpy()
    doubted = table["issue"].str.startswith("label, by ")
    twice, contradicted = table["issue"].eq(CONFLICT), table["issue"].eq(CONTRADICTED)
    kept = evidence.marks.index[evidence.marks["action"].eq("keep")]
    for row in table[twice].itertuples():
        said = "That you kept" if row.image_id in kept else "To keep"
        table.loc[row.Index, "why"] = TWICE.format(other=row.other_id, kept=said)
    chances, wrong = pd.Series(np.nan, table.index), pd.Series(0.0, table.index)
    if evidence.can_learn:
        doubts, about = open_doubts(evidence), doubted | twice | contradicted
        found = doubts["wrong"].reindex(table["image_id"]).astype(float).set_axis(table.index)
        wrong = found.where(doubted, 0.0)
        chances = honest_chances(doubts, pd.Index(table["image_id"])).set_axis(table.index)
        chances = chances.where(about)
        other = other_label(doubts).reindex(table["image_id"]).set_axis(table.index)
        table["suggestion"] = table["suggestion"].where(~twice, other.astype(object))
    for evident, words in WHY.items():
        rows = table["issue"] == f"label, by {evident}"
        table.loc[rows, ["issue", "why"]] = "label in doubt", words
    table.loc[contradicted, "why"] = UNSURE
    table.loc[contradicted & chances.isna(), "why"] = AS_OFTEN
    table["chance_that_label_is_wrong"] = chances
    table = table.rename(columns={"suggestion": "suggested_label"}).assign(action="")
    place = np.select([twice, doubted | contradicted, table["other_id"].isna()], [0, 1, 2], 3)
    table = table.iloc[np.lexsort([-wrong, place])].reset_index(drop=True)
    return table[[*FILES["suspects.csv"][1]]]


def _either_way(suspects: pd.DataFrame) -> pd.DataFrame:
    """The suspects with a row for either of two identical files under two labels, since a verdict
    about one alone may settle nothing."""
    pairs = suspects[suspects["issue"] == CONFLICT]
    turned = pairs.assign(image_id=pairs["other_id"], other_id=pairs["image_id"])
    both = pd.concat([pairs, turned]).sort_index(kind="stable")
    return pd.concat([both, suspects.drop(index=pairs.index)], ignore_index=True)


def label_next_table(report) -> pd.DataFrame:
    """Images without a label, the one to be labelled first first."""
    table = report.evidence.label_next.reset_index()
    return table.rename(columns={"suggestion": "suggested_label"})[[*FILES["label_next.csv"][1]]]


def describe_files(report, names: Sequence[str]) -> dict[str, tuple[str, dict[str, str]]]:
    """What a row of each of these tables is and what its columns mean, yours among them."""
    opened = without_private(report.evidence.opened)
    found = {name: (FILES[name][0], dict(FILES[name][1])) for name in names if name in FILES}
    if "images.csv" in found:
        row, meant = found["images.csv"]
        first = {name: meant.pop(name) for name in ("image_id", "label", "split")}
        yours = dict.fromkeys(opened.metadata, METADATA)
        if any(call.startswith("group_by_time(") for call in opened.opened.get("then", ())):
            made = [name for name in NAMES if name in yours]
            yours |= dict.fromkeys(made[-1:], BY_TIME)
        if opened.group == TOGETHER:
            del yours[TOGETHER]
        own = {f"{key}_of_report" if key in yours else key: one for key, one in meant.items()}
        hidden = private_columns(report.evidence.opened)
        if hidden:
            row += " Columns that speak of persons, places or serial numbers are left out."
        found["images.csv"] = row, {**first, **yours, **own}
    return found

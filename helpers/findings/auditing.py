"""The sections about the files: what is there, what is broken, what is there twice, what is
strange."""

from __future__ import annotations

import pandas as pd

from helpers import audit
from helpers.balance import imbalance
from helpers.canaries import describe_canaries
from helpers.copies.duplicates import REACH, SHORTEST_SIDE, cluster_duplicates
from helpers.datasets.safe_names import say_formulas
from helpers.datasets.words import count, some
from helpers.evidence.answered_pairs import without_settled
from helpers.evidence.audited import BY_HASH, Evidence, without_private
from helpers.evidence.budget import SEARCH
from helpers.evidence.effects import flattery_of_copies, flattery_of_leaks, measured, told_leaving
from helpers.findings import remedies
from helpers.findings.pictures import SHEET, drawn, in_turn, sheet
from helpers.findings.promises import say_kept
from helpers.findings.sections import Section
from helpers.splits import describe_leakage

EFFECTIVE = (
    "Dots in the chart of classes are effective numbers of images: each further image of a class "
    "shows less that is new (by how much is assumed, not measured; notebook 04). Copies are "
    "counted like any other image."
)
KEPT = "in pairs.csv, 'kept' stands beside those that surer ones keep on one side of a split"
MISSED = (
    "Some changes hide a copy from every search: 'Not checked', at the end of the report, says "
    "which."
)
WRONG_TOGETHER = (
    " A label counts as found where it is in doubt; many were changed at once, and where fewer are "
    "wrong, a smaller share of them may be found."
)
RARER = 2
"""How many times as many images the commonest class has, from where on weights are advised."""
MADE, ALMOST = 10, 0.9
"""From how many files of one form of name on, and which share of all such, it is told that they
have copies that are named otherwise."""
MANY = 0.1
"""From which share of a class on it is told that so many of its images are copies."""


def opening(evidence: Evidence) -> Section:
    """What is in the folder, and what was concluded from it."""
    dataset, found = evidence.dataset, Section("opening", "")
    images = dataset.images
    labelled = int(images["label"].notna().sum())
    found.title = f"{count(images, 'image')}, {count(dataset.classes, 'class')}"
    found.says += [*dataset.notes, *evidence.plan.overrun]
    if 0 < labelled < len(images):
        bare = len(images) - labelled
        verb = "has" if bare == 1 else "have"
        found.says.append(f"{count(bare, 'image')} {verb} no label.")
    splits = images["split"].fillna("undecided").value_counts()
    sides = ", ".join(f"{name} {number:,}" for name, number in splits.items())
    whole = "It came without a split." if [*splits.index] == ["undecided"] else ""
    found.says.append(whole or f"Split as it came: {sides}.")
    what = f"The column '{dataset.group}' says which images belong together."
    found.says.append(what if dataset.group else "No column says which images belong together.")
    if len(evidence.marks):
        actions = evidence.marks["action"].value_counts()
        said = ", ".join(f"{n} {k:,}" for n, k in actions.items())
        found.says.append(f"Your own marks are applied: {said}.")
    found.numbers = {"images": len(images), "labelled": labelled, "classes": len(dataset.classes)}
    if dataset.labelled:
        counts = imbalance(dataset.development)
        groups = ["groups"] * dataset.development.has_groups
        found.tables["Images to learn from, by class"] = counts[["images", *groups, "ratio"]]
        found.pictures.append(drawn("imbalance_bars", counts))
        found.numbers["imbalance"] = float(counts["ratio"].max())
        kept = int((images["split"] == "test").sum())
        aside = f"The chart and its table leave out {count(kept, 'test image')}." if kept else ""
        found.says += filter(None, [aside, EFFECTIVE])
        _say_rare(found, dataset.development, counts)
    found.pictures.append(drawn("class_sheet", dataset.development, photographs=True))
    return found


def _say_rare(found: Section, dataset, counts: pd.DataFrame) -> None:
    rare = counts[counts["images"] < 30]
    if rare.empty:
        return
    what = f"{some(rare.index, 4)} {'has' if len(rare) == 1 else 'have'} fewer than 30 images to "
    what += "learn from: neither training nor a score says much of so few."
    act = "collect more of them"
    if rare["ratio"].max() >= RARER:
        act += "; notebook 04 shows what weights can do until then"
    found.mend(what, int(rare["images"].sum()), len(dataset), act)


def files(evidence: Evidence) -> Section:
    """Whether every file can be read, and which are poor or odd."""
    scanned, issues = evidence.files, evidence.issues
    broken, flags = scanned[~scanned["readable"]], issues[issues["rule"] != "not used"]
    poor = flags[flags["issue"] != "unreadable"]
    found = Section("files", f"{count(broken, 'file')} cannot be read")
    if broken.empty:
        found.title = "Every file can be read"
    found.title += f"; {count(poor['image_id'].nunique(), 'image')} flagged as poor or odd"
    found.says += scanned.attrs.get("notes", [])
    found.says += say_sizes(scanned)
    summary = audit.summarise_quality(scanned)
    found.says += [note for note in summary.loc[~summary["used"], "note"] if note]
    if located := [*scanned.index[scanned["gps"].fillna(False).astype(bool)]]:
        found.says.append(
            f"The position where it was taken is recorded in {count(located, 'file')} "
            f"({some(located, 3)}); remove it before the images are passed on (this report does "
            "not repeat it)."
        )
    if len(poor):
        found.says.append("A flag is a reason to look, and no error by itself.")
    found.says += say_formulas(without_private(evidence.opened).images, "the tables")
    found.numbers = {"unreadable": len(broken), "flagged": int(poor["image_id"].nunique())}
    if len(broken):
        found.tables["Files that cannot be read"] = broken[["problem"]]
        act = "replace the files, or leave them dropped as this report did (images.csv)"
        what = f"{count(broken, 'file')} cannot be read and would stop a training run."
        found.mend(what, len(broken), len(scanned), act)
    found.tables["Flags by kind"] = flags["issue"].value_counts().rename("images").to_frame()
    found.pictures.append(drawn("flag_sheet", evidence.dataset, poor, SHEET, photographs=True))
    worst = poor[poor["issue"].isin(["dark", "overexposed", "blurred", "low information"])]
    if len(worst):
        kinds = worst["issue"].value_counts()
        told = ", ".join(f"{name} {number:,}" for name, number in kinds.items())
        what = f"{count(worst['image_id'].nunique(), 'image')} may be too poor to use ({told})."
        ids = pd.Index(worst["image_id"].unique())
        act = "look at each, and drop those that show nothing"
        act = act if len(ids) > 1 else "look at it, and drop it if it shows nothing"
        more = told_leaving(evidence, ids)
        code = remedies.REVIEW_FLAGS.format(kinds=[*kinds.index])
        found.mend(what, len(ids), len(scanned), act, code, **more)
    return found


def say_sizes(scanned: pd.DataFrame) -> list[str]:
    """The commonest size of the pictures that can be read, as stored, and the smallest side."""
    known = scanned.loc[scanned["readable"], ["width", "height"]].dropna().astype(int)
    if known.empty:
        return []
    sizes = known.value_counts().sort_index(ascending=False).sort_values(ascending=False,
                                                                         kind="stable")  # fmt: skip
    (width, height), often = sizes.index[0], int(sizes.iloc[0])
    size = f"{width:,} × {height:,} pixels"
    if len(sizes) == 1:
        return [f"Width × height of {count(known, 'picture')}, as stored: {size}."]
    return [
        f"Commonest width × height, as stored: {size} ({often:,} of {count(known, 'picture')}); "
        f"the smallest side of all is {known.min().min():,} pixels, the largest "
        f"{known.max().max():,}."
    ]


def copies(evidence: Evidence) -> Section:
    """The same picture twice, and across the sides of the given split."""
    pairs, leaks, dataset = evidence.pairs, evidence.given_leaks, evidence.dataset
    kinds = pairs["kind"].value_counts().reindex(["exact", "near", "probable"], fill_value=0)
    found = Section("copies", "No copies were found")
    if kinds.sum():
        found.title = f"Pictures that are there twice: {_say_kinds(kinds)}"
    found.numbers = {f"{kind} pairs": int(number) for kind, number in kinds.items()}
    told = dict.fromkeys([*pairs.attrs.get("notes", []), *evidence.noted["pairs"]])
    found.says += told
    found.unchecked += [note for note in told if "not verified" in note or BY_HASH in note]
    found.unchecked.append(REACH)
    found.says.append(MISSED)
    sides = dataset.images["split"].dropna().unique()
    came = f"with one side of a split alone ({sides[0]})" if len(sides) else "without a split"
    found.says.append(
        describe_leakage(leaks)
        if len(sides) > 1
        else f"It came {came}: copies leak across any split that does not keep them together."
    )
    scanned = evidence.files[evidence.files["readable"]]
    small = int((scanned[["width", "height"]].min(axis=1) < SHORTEST_SIDE).sum())
    if small:
        has, them = ("has", "it") if small == 1 else ("have", "them")
        told = (
            f"{small:,} of {count(scanned, 'image')} {has} a side under {SHORTEST_SIDE} px, too "
            f"little to search for changed copies: of {them} only identical files were found."
        )
        found.says.append(told)
        found.unchecked.append(told)
    left = int((without_settled(pairs, evidence.answered)["kind"] == "probable").sum())
    if left:
        found.says.append(f"{count(left, 'probable pair')}: for a person to decide ({KEPT}).")
    if settled := int(kinds["probable"]) - left:
        found.says.append(f"{count(settled, 'probable pair')}: you have decided.")
    sure = leaks[leaks["kind"] != "probable"]
    found.numbers["leaks"] = len(sure)
    conflicts = audit.find_conflicts(dataset, pairs)
    if len(sure):
        what = f"The split it came with leaks: {describe_leakage(sure)} Scores on it flatter."
        act, code = "divide training and validation images anew", remedies.DIVIDE_ANEW
        if (sure["other_split"] == "test").any():
            act += ", without those that test images show, too"
            code = remedies.FREE_TEST
        images = len(pd.unique(sure[["image_id", "other_id"]].to_numpy().ravel()))
        gain = flattery_of_leaks(evidence) if evidence.can_learn else None
        more = measured("Its training copies change what a linear model scores on validation", gain)
        found.mend(what, images, len(dataset), act, code, blocks=True, **more)
        found.tables["Leaks"] = sure[["kind", "image_id", "split", "other_id", "other_split"]]
    if len(conflicts):
        what = (
            f"Identical files carry two labels in {count(conflicts, 'pair')}: at least one of each "
            "two is wrong."
        )
        act = "look at each pair, and relabel or drop"
        number = len(pd.unique(conflicts[["image_id", "other_id"]].to_numpy().ravel()))
        more = say_kept(conflicts, evidence.marks)
        found.mend(what, number, len(dataset), act, remedies.REVIEW_CONFLICTS, more=more)
    confirmed = pairs[pairs["kind"] != "probable"]
    if len(confirmed):
        number = int(_further(confirmed).sum())
        are = "is a copy of another" if number == 1 else "are copies of others"
        what = f"{count(number, 'image')} {are}: a split drawn at random would leak."
        what_stays, code = "copies", remedies.KEEP_TOGETHER
        if not evidence.part.has_groups and SEARCH in evidence.plan.taken:
            what_stays, code = "copies, and photos of one thing,", remedies.KEEP_ALL
        act = f"keep {what_stays} on one side of every split, as this report does (--export)"
        gain = flattery_of_copies(evidence) if evidence.can_learn else None
        more = measured("On such a split they change the accuracy of a linear model", gain)
        many = _say_copied_classes(found, dataset, confirmed)
        by_name = say_made_copies(confirmed, dataset.images.index)
        more["more"] = " ".join(filter(None, [many, more.get("more", ""), by_name]))
        found.mend(what, number, len(dataset), act, code, **more)
    if len(pairs):
        shown = pd.concat([conflicts, in_turn(pairs)]).drop_duplicates(["image_id", "other_id"])
        # By how many bits hashes differ says nothing to who has not read notebook 02.
        changed = shown["transform"].str.cat(shown["difference"].fillna(""), " · ").str.strip(" ·")
        shown = shown.drop(columns="distance", errors="ignore").assign(transform=changed)
        labels = dataset.images["label"].astype("object")
        ends = [labels.reindex(confirmed[end]).to_numpy() for end in ("image_id", "other_id")]
        differ = int((ends[0] != ends[1]).sum())
        title = f"{count(pairs, 'pair')}; {differ:,} of those that are sure bear two labels"
        found.pictures.append(drawn("pairs", dataset, shown, 9, title, photographs=True))
    return found


def _further(confirmed: pd.DataFrame) -> pd.Series:
    """For each image that has copies, whether it is a further one and not the first of them."""
    return cluster_duplicates(confirmed)["cluster"].duplicated()


def say_made_copies(confirmed: pd.DataFrame, ids: pd.Index) -> str:
    """The forms of names, such as that of 'augmented_1.jpg', of which all but few files have a copy
    that is named otherwise, and how many pairs are left without them; "" where there is none."""
    forms = pd.Series(ids, ids).str.rsplit("/", n=1).str[-1].str.replace(r"\d+", "#", regex=True)
    sets = cluster_duplicates(confirmed)["cluster"]
    table = pd.DataFrame({"form": forms.reindex(sets.index), "set": sets})
    otherwise = table.groupby("set")["form"].transform("nunique") > 1
    known, all_of = table.loc[otherwise, "form"].value_counts(), forms.value_counts()
    told = []
    for form, number in known.items():
        if number >= MADE and number >= ALMOST * all_of[form]:
            ends = [confirmed[end].map(forms).ne(form) for end in ("image_id", "other_id")]
            name = forms.index[forms == form][0].rsplit("/", 1)[-1]
            left = f"{int((ends[0] & ends[1]).sum()):,} of {count(confirmed, 'pair')}"
            rest = forms.index[(forms == form) & ~forms.index.isin(table.index[otherwise])]
            missed = f" (not so of {some(rest)}: missed, perhaps)" if len(rest) else ""
            told.append(
                f"{number:,} of {count(int(all_of[form]), 'file')} named like '{name}' are copies, "
                f"directly or through others, of files that are named otherwise{missed}; without "
                f"these files {left} of copies would be left."
            )
    which = "such names mark" if len(told) == 1 else "one of these forms of names marks"
    more = f"If {which} copies that were made, as augmentation makes them, leave those files out."
    return " ".join([*told[:3], more]) if told else ""


def _say_kinds(kinds: pd.Series) -> str:
    """ "60 exact, 104 near pairs", or "1 exact pair, 2 near pairs" where there is one of a kind."""
    there = {kind: int(number) for kind, number in kinds.items() if number}
    if 1 in there.values():
        return ", ".join(count(number, f"{kind} pair") for kind, number in there.items())
    return ", ".join(f"{number:,} {kind}" for kind, number in there.items()) + " pairs"


def _say_copied_classes(found: Section, dataset, confirmed: pd.DataFrame) -> str:
    """Which classes consist of copies to a good part, "" where none does; and a table of all."""
    classes = dataset.images["label"].value_counts().rename("images")
    further = _further(confirmed)
    copied = dataset.images["label"].reindex(further.index[further]).value_counts()
    table = classes.to_frame().join(copied.rename("copies")).fillna({"copies": 0}).astype(int)
    table["different pictures"] = table["images"] - table["copies"]
    table = table[table["copies"] > 0].sort_values("copies", ascending=False, kind="stable")
    if table.empty:
        return ""
    found.tables["Copies by class"] = table.rename_axis("class")
    many = table[table["copies"] >= MANY * table["images"]]
    told = [
        f"{name} holds {count(int(row['different pictures']), 'different picture')}, not "
        f"{row['images']:,}"
        for name, row in many.iterrows()
    ]
    return f"{'; '.join(told[:4])}; copies count twice, in training and in scores." if told else ""


def outliers(evidence: Evidence) -> Section:
    """The images that lie farthest from all others."""
    # Of photos of one thing, copies among them, the strangest stands for all.
    things = evidence.things.reindex(evidence.outliers.index)
    listed = evidence.outliers[~things.duplicated().to_numpy()].head(SHEET)
    strangest = listed.index
    many = "strangest image" if len(strangest) == 1 else f"{len(strangest)} strangest images"
    found = Section("outliers", f"The {many}, for a person to look at")
    found.says.append(
        "There is always a strangest image, and a rare subject in rare light is strange and right."
    )
    found.unchecked.append(
        "Whether each image shows its class, or anything: only the strangest are shown, and one "
        "that looks no stranger than others passes, and keeps its label."
    )
    found.tables["The strangest"] = listed[["score", "nearest"]]
    title = "The strangest: how many do not belong here?"
    found.pictures.append(sheet(evidence.part, strangest, title))
    return found


def canaries(evidence: Evidence) -> Section:
    """How many of the faults that we planted ourselves the detectors found in these images."""
    table = evidence.canaries
    title = "No fault could be planted"
    if len(table):
        least = table.loc[table["recall"].idxmin()]
        title = f"Of the faults that we planted, fewest are found of “{least['fault']}”: "
        title += f"{least['recall']:.0%} ({least['low']:.0%} to {least['high']:.0%})"
        if least["recall"] == 1:
            title = "All faults that we planted were found"
    found = Section("canaries", title)
    found.says += [
        "Nobody knows how many faults there are. So known ones were planted in copies of some of "
        "these images, in a temporary folder, and every detector was asked again. A recall holds "
        "for a fault of this kind and strength: labels that people confuse may be harder to find "
        "than these, and so is a weaker blur."
        + WRONG_TOGETHER
        * bool((table["kind"] == "labels").any()),
        *describe_canaries(table),
    ]
    found.tables["Planted and found"] = table
    found.numbers = {row.fault: row.recall for row in table.itertuples()}
    found.pictures.append(drawn("canaries", table, guessable=True))
    return found

"""The section about other photos of the same thing, and which images were searched for them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.datasets.words import count, percent, some, sum_of_chances
from helpers.evidence.answered_pairs import JOINED, SETTLED, keys_of, knows_groups
from helpers.evidence.audited import LIKELY, SURE, Evidence
from helpers.evidence.budget import SEARCH, cost, for_search, in_words
from helpers.evidence.cannot_link import AGAINST, tell_barred, tell_overruled
from helpers.evidence.turned import LEAST
from helpers.findings import remedies
from helpers.findings.names import are_known, doubtful_names, kept_notes
from helpers.findings.pictures import drawn
from helpers.findings.promises import say_answered
from helpers.findings.sections import LEFT_OUT, Section
from helpers.splits.bursts import UNCONFIRMED
from helpers.splits.naming import NAMES, ONE_SCENE, UNUSED
from helpers.splits.suggesting import TOO_SMALL
from helpers.splits.telling import SHARED, THING, hang_together

REVIEW_SAME = f"""from helpers import plots
from helpers.splits import suggest_groups

proposals = suggest_groups(dataset.development)
unsure = proposals[proposals["expected"].between({LIKELY:g}, {SURE:g}, inclusive="left")]
ax = plots.draw_proposals(dataset, unsure, 8)"""
LOOK = "look at them, write yes (for one place, too) or no into the column together of pairs.csv, "
LOOK += "and run the report"
LOOK += " again with --together pairs.csv"
ONLY_IMAGES = """The search did not go on, because a table of images such as images.csv was given: \
it is taken for all that is known, and keeps no answers no. A table of pairs such as pairs.csv \
keeps the answers yes and no, and the search goes on with it."""
DIVIDED = (
    "Scores on that split may flatter; those of this report are of one that keeps these together."
)
TURNED = "look at them, and train on a split that keeps them together, as --export writes it"
MANY = 2
"""Images for each thing from where on a class is named."""


def same_thing(evidence: Evidence) -> Section:
    """Other photos of the same thing, which no search for copies finds."""
    found, proposals = Section("same thing", ""), evidence.proposals
    named = None if are_known(evidence) else doubtful_names(evidence)
    if named:
        found.findings.append(named)
    if proposals is None:
        _say_not_searched(found, evidence)
    else:
        notes = evidence.noted["proposals"]
        notes.sort(key=lambda note: ONE_SCENE not in note)
        _say_proposals(found, evidence, proposals)
        if found.title.startswith("No two") and notes and ONE_SCENE in notes[0]:
            found.title = "File names pair images of several classes that show one scene"
        found.says += kept_notes(evidence)[:1]
        _say_turned(found, evidence)
        _say_compared(found, evidence)
    told = [tell_barred(evidence.sure), None]
    if evidence.answered is not None:
        told[1] = tell_overruled(evidence.answered, evidence.things, evidence.pairs)
    found.says += filter(None, told)
    return found


def _names_at_once(notes: list[str]) -> list[str]:
    """The notes, those on readings of the names by which nothing is proposed as one."""
    unused = [note for note in notes if note.startswith(NAMES) and note.endswith(UNUSED)]
    if len(unused) < 2:
        return notes
    told = "; ".join(note.removeprefix(NAMES).removesuffix(UNUSED) for note in unused)
    at = notes.index(unused[0])
    rest = [note for note in notes[at:] if note not in unused]
    return [*notes[:at], f"Names by which nothing is proposed: {told}.", *rest]


def _followed(evidence: Evidence, pairs: pd.DataFrame) -> pd.DataFrame:
    """Those of `pairs` that no answer no keeps apart."""
    barred = evidence.sure[evidence.sure[AGAINST].notna()]
    return pairs[~keys_of(pairs).isin({*keys_of(barred)})]


def _say_proposals(found: Section, evidence: Evidence, proposals: pd.DataFrame) -> None:
    sure = proposals[proposals["expected"] >= SURE]
    settled = any(SETTLED in note for note in evidence.noted["proposals"])
    photos = "further photos" if settled else "photos"
    many = sure[hang_together(proposals)[sure.index] > 0]
    found.title = _title(len(sure) - len(many), len(many), photos)
    rated = int(proposals["expected"].notna().sum())
    found.numbers = {"proposed": rated, "sure": len(sure), "not followed": len(proposals) - rated}
    small = [note for note in evidence.noted["proposals"] if TOO_SMALL in note or SHARED in note]
    found.unchecked += small
    found.unchecked += [note for note in evidence.noted["proposals"] if UNCONFIRMED in note]
    if proposals.empty:
        if small or len(evidence.searched) < len(evidence.part):
            found.title = f"Which {photos} show the same thing is not known"
        if settled:
            _count_things(found, evidence)
        found.says += _names_at_once(evidence.noted["proposals"])
        return
    unsure = proposals[proposals["expected"].between(LIKELY, SURE, inclusive="left")]
    # Surer ones may join both with a third: these stay on one side already.
    unsure = unsure[_are_apart(unsure, evidence)]
    if len(unsure):
        further = "further pair" if len(sure) else "pair"
        told = f"About {sum_of_chances(unsure['expected'])} of {count(unsure, further)} of photos "
        told += f"{'is' if len(unsure) == 1 else 'are'} expected to show {THING}"
        found.title = told if sure.empty else found.title
        told += say_answered(evidence.answered)
        what = (
            f"{told}; none is sure enough ({SURE:.0%}) to be kept together here, nor joined by "
            "others, so that scores may flatter where the two are on two sides. What some images "
            "of one class share and others lack, such as one mask pasted into many, makes such "
            "pairs, too, and is seen as chance only where it is in most of the class: look first."
        )
        found.mend(what, _images(unsure), len(evidence.part), LOOK, REVIEW_SAME)
    followed = _followed(evidence, sure)
    found.says.append(_count_proposals(proposals, sure, followed))
    _count_things(found, evidence)
    found.says += _names_at_once(evidence.noted["proposals"])
    across = followed[followed["across"].fillna(False).astype(bool)]
    if len(across):
        what = f"Photos of {THING} lie on two sides of the given split: {count(across, 'pair')}."
        act = "keep them together, and divide anew"
        number, of = _images(across), len(evidence.part)
        found.mend(what, number, of, act, remedies.KEEP_ALL, more=DIVIDED)
    both = "One thing or one place photographed often, or an object that many carry? "
    both += count(many, "pair")
    # The surest of these are of one thing, whatever they carry: so some from all of them.
    spread = many.iloc[np.linspace(0, len(many) - 1, min(4, len(many))).round().astype(int)]
    for shown, title in ((sure.drop(many.index), ""), (spread, both), (unsure, "")):
        if len(shown):
            more = {"title": title, "photographs": True}
            found.pictures.append(drawn("draw_proposals", evidence.part, shown, 4, **more))


def _title(sure: int, many: int, photos: str) -> str:
    """How many pairs show one thing, of which `many` may carry one object instead."""
    if not many:
        if not sure:
            return f"No two {photos} very probably show the same thing"
        show = "show" if sure > 1 else "shows"
        return f"{count(sure, 'pair')} very probably {show} {THING}"
    if not sure:
        return f"{count(many, 'pair')} show {THING}, or carry one object"
    return f"{_title(sure, 0, photos)}, {count(many, 'more pair')} do or carry one object"


def _are_apart(pairs: pd.DataFrame, evidence: Evidence) -> np.ndarray:
    """Whether nothing keeps the two of each pair on one side of a split here."""
    one, other = (
        evidence.things.reindex(pairs[end]).to_numpy() for end in ("image_id", "other_id")
    )
    return one != other


def _count_things(found: Section, evidence: Evidence) -> None:
    """How many things the images make by what is kept together, and in which classes they far
    outnumber them."""
    table = pd.DataFrame({"thing": evidence.things, "label": evidence.opened.images["label"]})
    images, things = len(table), table["thing"].nunique()
    found.numbers["things"] = things
    if things == images:
        return
    number = count(things, "thing")
    if _by_keypoints(evidence.proposals):
        number += " or place" if things == 1 else " or places"
    found.title += f"; {images:,} images make {number}, as far as known"
    by = table.groupby("label")["thing"].agg(["size", "nunique"])
    by = by[by["size"] >= MANY * by["nunique"]].sort_values(["nunique", "size"])
    told = [f"{row.nunique:,} of {row.Index} in {row.size:,} images" for row in by.itertuples()]
    often = int(table["thing"].value_counts().iloc[0])
    found.says.append(
        f"By what is kept together here, copies too, {images:,} images make "
        f"{number}, the largest of {often:,} images"
        + (f": {some(told, 6)}" if told else "")
        + ". Were hidden pairs known, they would be fewer; without wrong ones, more. A class is "
        "only as well known as the things that were photographed for it."
    )


def _by_keypoints(proposals: pd.DataFrame | None) -> bool:
    """Whether sure pairs rest on keypoints, which do not tell a thing from the place it was at."""
    if proposals is None:
        return False
    sure = proposals.loc[proposals["expected"] >= SURE, "evidence"].astype(str)
    return bool(sure.str.contains("keypoints").any())


def _say_turned(found: Section, evidence: Evidence) -> None:
    """Pairs that agree in a mirror alone, of which the search proposes none."""
    pairs = evidence.turned
    if pairs is None:
        found.unchecked.append(
            "Photos that agree only where one is mirrored were not sought among all: the budget "
            "does not pay for it, and nothing keeps them together here."
        )
    elif len(pairs):
        across = _turned_across(evidence)
        apart = len(pairs) - len(_followed(evidence, pairs))
        but = f", but for {apart:,} that your answers no keep apart" if apart else ""
        found.says.append(
            f"Further pairs of a class that agree in {LEAST} keypoints or more only where one photo"
            f" is mirrored (copies turned over, or a thing from its other side): {len(pairs):,}. "
            f"They stay on one side of the split here{but}; on two sides of the given split "
            f"{'lies' if len(across) == 1 else 'lie'} {len(across):,}; pairs.csv lists all."
        )
        if len(leaking := _followed(evidence, across)):
            what = "Photos that agree only where one is mirrored lie on two sides of the given "
            what += f"split: {count(leaking, 'pair')}."
            number, of = _images(leaking), len(evidence.part)
            found.mend(what, number, of, TURNED, more=DIVIDED)
        found.numbers["mirrored"] = len(pairs)
        found.pictures.append(drawn("pairs", evidence.part, pairs, 9, photographs=True))


def _turned_across(evidence: Evidence) -> pd.DataFrame:
    """The pairs that agree in a mirror alone, and lie on two sides of the given split."""
    pairs, sides = evidence.turned, evidence.opened.images["split"]
    if pairs is None or pairs.empty:
        return pd.DataFrame(columns=["image_id", "other_id"])
    one, other = (sides.reindex(pairs[end]).fillna("").to_numpy() for end in pairs.columns[:2])
    return pairs[(one != other) & (one != "") & (other != "")]


def _images(pairs: pd.DataFrame) -> int:
    return len(pd.unique(pairs[["image_id", "other_id"]].to_numpy(object).ravel()))


def _count_proposals(proposals: pd.DataFrame, sure: pd.DataFrame, followed: pd.DataFrame) -> str:
    """How many pairs are proposed, how many stay together, and how many of each should be right."""
    rated = proposals[proposals["expected"].notna()]
    many = hang_together(rated) > 0
    told = f"Of {count(rated, 'pair')} proposed "
    if many.any():
        told += f"{many.sum():,} show {THING}, or carry one object, which is not told apart"
        told += f" (below); of the other {count(rated[~many], 'pair')} " if not many.all() else ""
    if not many.all() or rated.empty:
        told += f"{sum_of_chances(rated['expected'][~many])} are expected to be right"
    told += ". "
    if other := len(proposals) - len(rated):
        told += f"{count(other, 'more pair')} {'is' if other == 1 else 'are'} listed, and keep"
        told += f"{'s' if other == 1 else ''} nothing together. "
    number = count(followed, "pair")
    if not many.any():
        number += f" of which {sum_of_chances(followed['expected'])} should be"
    kept = f"Those expected to be right at {SURE:.0%} or more, {number},"
    kept += f" {'stay' if len(followed) > 1 else 'stays'} on one side of the split here"
    if apart := len(sure) - len(followed):
        kept += f"; {apart:,} more {'do' if apart > 1 else 'does'} not, by your answers no"
    if followed.empty:
        kept = f"{'None is' if sure.empty else 'By your answers no, none of them is'} sure enough "
        kept += f"({SURE:.0%}) to be kept on one side of the split here"
    return f"{told}{kept}. Where light and ground changed, most pairs of one thing stay hidden."


def _say_not_searched(found: Section, evidence: Evidence) -> None:
    part, found.state = evidence.part, LEFT_OUT
    limits = kept_notes(evidence)
    if knows_groups(evidence.opened, evidence.answered):
        found.title = f"What belongs together is known: the column '{part.group}'"
        found.says.append("So photos of one thing were not searched for.")
        if _is_images_alone(evidence):
            found.says.append(ONLY_IMAGES)
            found.unchecked.append(ONLY_IMAGES)
        if limits:
            found.title = found.title.replace(" is known", " is known in part")
        found.says += limits
        found.unchecked += limits
        return
    found.title = "Photos of one thing were not searched for"
    found.numbers = {"compared": 0, "not compared": len(evidence.dataset)}
    opening = evidence.plan.opening
    seconds = in_words(cost(SEARCH, len(part), opening))
    why = f"The search for further photos of one thing (about {seconds}) was left out: the budget "
    why += f"does not pay for it, so that scores may flatter. None of {len(evidence.dataset):,} "
    own = len(evidence.dataset.development)
    why += f"images was compared; --budget {for_search(own, opening)} "
    tests = len(evidence.dataset) - own
    why += f"compares all{' but test images' if tests else ''}."
    found.says += [why, *limits]
    found.unchecked += [why, *limits]


def _is_images_alone(evidence: Evidence) -> bool:
    """Whether a table of images given by --together is all that says what belongs together."""
    opened = evidence.opened
    tables = [one for one in opened.opened.get("then", ()) if one.startswith("keep_together(")]
    own = any(note.startswith(JOINED) for note in opened.notes)
    return bool(tables) and evidence.answered is None and not own


def _say_compared(found: Section, evidence: Evidence) -> None:
    """How many images were compared with others, how many were not, and why."""
    own, searched = evidence.dataset.development, evidence.searched.images.index
    compared = int(searched.isin(evidence.features.index).sum())
    found.numbers |= {"compared": compared, "not compared": len(evidence.dataset) - compared}
    if tests := len(evidence.dataset) - len(own):
        found.unchecked.append(
            f"Whether training images show what test images show: the {count(tests, 'test image')} "
            "were searched for copies alone."
        )
    if len(searched) == len(own):
        return
    both = percent((len(searched) / len(own)) ** 2)
    budget = for_search(len(own), evidence.plan.opening)
    told = f"{len(searched):,} of {len(own):,} images, drawn at random, of each class the same "
    told += f"share, were compared for photos of one thing, and {len(own) - len(searched):,} were "
    told += f"not: the budget does not pay for more (--budget {budget} compares all). Of all pairs "
    told += (
        f"of one thing about {both} lie wholly among those compared, so that scores may flatter."
    )
    found.title += f", of {len(searched):,} of {len(own):,} images compared"
    lines = [told]
    if named := len(_followed(evidence, evidence.same_by_name)):
        lines.append(
            f"{count(named, 'pair')} that surely show one thing by their file names, whether "
            "compared or not, stay on one side of the split here."
        )
    found.says[1:1] = lines
    found.unchecked.append(told)

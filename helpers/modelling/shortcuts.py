"""The section about shortcuts: what should say nothing of the label, and does."""

from __future__ import annotations

import pandas as pd

from helpers.balance import Probe, associate, file_facts, lifts, probe_each
from helpers.balance.probing import LEAD
from helpers.datasets.words import count, points, some
from helpers.evidence.audited import private_columns, without_private
from helpers.evidence.beside import GAIN, Gap, border_among_alike, gap_where
from helpers.evidence.learned import Learned
from helpers.findings.pictures import drawn
from helpers.findings.sections import Finding, Section
from helpers.modelling.origins import say_origins

ASSOCIATED, OFTENER = 0.05, 2.0
"""A column goes with the label where p, corrected for the number of columns, is below the first;
named are values that come with a class so many times as often as if the two were independent."""

PROBE_BORDER = """from helpers import plots
from helpers.balance import border_colours, probe

found = probe(dataset, border_colours(dataset))
ax = plots.border_pictures(dataset.development, found)"""
PROBE_FILES = """from helpers import plots
from helpers.balance import file_facts, probe, probe_each

facts = file_facts(dataset)
each = probe_each(dataset, facts, probe(dataset, facts).gives_away)
ax = plots.telling_features(dataset, facts, each)"""
FACTS = {
    "width": "the width",
    "height": "the height",
    "shape": "width over height",
    "portrait": "being upright",
    "compression": "the strength of JPEG compression",
    "progressive": "being a progressive JPEG",
    "subsampling": "how coarsely a JPEG's colours are kept",
    "exif": "the number of EXIF entries",
    "orientation": "the EXIF orientation",
    "density": "the dots per inch",
    "hour": "the hour at which it was taken",
}
"""The columns of `helpers.balance.file_facts` in words; those of formats and modes are named so."""
COMPRESSION = (
    "Compression, of JPEG files alone, is the mean step to which levels are rounded: next to "
    "nothing is lost at 1, and the more the larger it is."
)
ALONE, MOST_FACTS, NAMED = "What one fact of the file tells alone", 5, 4


def shortcuts(evidence: Learned) -> Section:
    """Whether something that should say nothing gives a class away."""
    found, probes = Section("shortcuts", ""), evidence.probes
    divided, hidden = without_private(evidence.divided), private_columns(evidence.divided)
    if hidden:
        found.unchecked.append(
            f"Columns that speak of persons, places or serial numbers ({some(hidden)}) were not"
            " held against the label, for their values would be shown."
        )
    goes_with = associate(divided)
    sure = goes_with[goes_with["p_corrected"] < ASSOCIATED]
    given = {name: one.gives_away for name, one in probes.items() if one.shortcut}
    through_files = _of_files(evidence, given)
    at_border = [one for one in given.pop("border", []) if one not in through_files]
    given = ({"border": at_border} if at_border else {}) | given
    told = _two_readings(evidence, at_border)
    if told:
        del given["border"]
        found.says.append(told)
        found.unchecked.append("Whether what the border tells of the label is a shortcut.")
    parts = [f"{', '.join(classes)} by {name}" for name, classes in given.items()]
    parts += [f"the label goes with {some(sure.index)}"] if len(sure) else []
    found.title = f"Given away: {'; '.join(parts)}" if parts else "No shortcut is claimed"
    if told and parts:
        found.title += f"; {some(at_border, NAMED)} by border, which may be the subject itself"
    elif told:
        found.title = (
            f"{len(at_border)} of {len(evidence.clean.classes)} classes are told by their "
            "border, which may be the subject itself, so that no shortcut is claimed"
        )
    if through_files:
        table = probes["border"].by_class
        own = table["given"] & ~table.index.isin(through_files)
        border = probes["border"]._replace(by_class=table.assign(given=own))
        probes = probes | {"border": border}
    for name, one in probes.items():
        found.says.append(f"From the {name} alone, mean recall is {one!r}.{_say_below(one)}")
        found.numbers[f"recall from {name}"] = one.recall
        found.numbers[f"by chance from {name}"] = one.chance
    if through_files:
        areas = " and ".join(f"{name} ({area:.2f})" for name, area in through_files.items())
        found.says.append(
            f"The border ranks {areas} above chance, too, but hardly above other images whose "
            "files look alike (the area under the ROC curve among these, 0.5 by chance): what it "
            "tells there is what the file or its camera did to the picture, and is told by the "
            "facts of the file."
        )
    found.pictures.append(drawn("probe_results", probes))
    if len(goes_with):
        found.tables["Columns that go with the label"] = goes_with
        found.pictures.append(drawn("associations", divided, goes_with))
    elif not evidence.judged_origins:
        found.unchecked.append("No metadata column was there to be held against the label.")
    if at_border:
        found.pictures.append(drawn("border_pictures", divided, probes["border"], photographs=True))
    alone = None
    if given.get("file facts"):
        features = file_facts(divided, evidence.progress)
        alone = probe_each(divided, features, given["file facts"][:NAMED])
        found.pictures.append(drawn("telling_features", divided, features, alone))
        table = alone.groupby("class", sort=False).head(MOST_FACTS).set_index("class")
        found.tables[ALONE] = table.rename(columns={"own": "its images", "others": "all others"})
        if table["feature"].eq("compression").any():
            found.says.append(COMPRESSION)
    origins = say_origins(found, evidence)
    found.findings = origins + _findings(
        evidence, given, {name: _cells(divided, name) for name in sure.index}, alone
    )
    if origins:
        more = parts or told
        found.title = (
            f"{origins[0].what} {found.title}" if more else origins[0].what.removesuffix(".")
        )
    return found


def _say_below(one: Probe) -> str:
    if one.recall >= one.shuffled["recall"].min():
        return ""
    return (
        f" That is less than for each of {len(one.shuffled)} shuffles: what is alike there bears "
        "another label oftener than by chance, as where one scene was photographed, or one photo "
        "edited, for several classes."
    )


def _of_files(evidence: Learned, given: dict[str, list[str]]) -> dict[str, float]:
    """The classes that the border tells only as the facts of the file do, and how well it ranks
    them above others with files like theirs."""
    twice = [one for one in given.get("border", []) if one in given.get("file facts", [])]
    areas = border_among_alike(evidence, twice)
    return {name: area for name, area in areas.items() if area < 0.5 + LEAD}


def _two_readings(evidence: Learned, at_border: list[str]) -> str:
    """What is said where most classes are told by their border; "" elsewhere."""
    classes = len(evidence.clean.classes)
    if len(at_border) <= classes / 2:
        return ""
    told = (
        f"{len(at_border)} of {classes} classes are told by their border: either the subject itself"
        " reaches it, which is no shortcut, or each class has a ground of its own, which is one."
        " Look at the pictures of the border: the report cannot tell which, and the verdict leaves"
        " it out."
    )
    gap = gap_where(evidence, "border", at_border)
    return told if gap is None else f"{told} {_say_gap(gap, 'border', gap.difference.high >= GAIN)}"


def _cells(divided, column: str) -> pd.DataFrame:
    """The values of a column that come with a class more often than by chance."""
    cells = lifts(divided, column)
    cells = cells[(cells["p"] < ASSOCIATED) & (cells["lift"] >= OFTENER)]
    return cells.sort_values("images", ascending=False, kind="stable")


def _findings(
    evidence: Learned,
    given: dict[str, list[str]],
    columns: dict[str, pd.DataFrame],
    alone: pd.DataFrame | None = None,
) -> list[Finding]:
    """One finding for each source, and for each column that no source's classes explain."""
    columns = {name: cells for name, cells in columns.items() if len(cells)}
    home = {}
    for name, cells in columns.items():
        around = [source for source, told in given.items() if set(cells["class"]) <= set(told)]
        home[name] = min(around, key=lambda source: len(given[source]), default=None)
    made = []
    for source, classes in given.items():
        agreeing = [_say(name, cells) for name, cells in columns.items() if home[name] == source]
        if source == "file facts" and alone is not None:
            agreeing[:0] = _say_alone(alone, evidence.probes[source].by_class["auc"])
        made.append(_of_source(evidence, source, classes, agreeing))
    total = len(evidence.divided.images)
    for name, cells in columns.items():
        if home[name] is None:
            what, more = f"{_say(name, cells)}.", "A model may learn that in place of the subject."
            act = "score the model where these do not go together (notebook 10), and collect such"
            code = f"from helpers.balance import lifts\n\nlifts(dataset, {name!r})"
            images = int(cells["images"].sum())
            made.append(Finding(what, images, total, act, "shortcuts", code, more, blocks=True))
    return made


def _say(column: str, cells: pd.DataFrame) -> str:
    rows = cells[["class", "value", "lift"]].itertuples(index=False, name=None)
    named = [
        f"{label} with {value} ({lift:.1f} times as often as by chance)"
        for label, value, lift in rows
    ]
    return f"The column '{column}' goes with the label: {some(named)}"


def _say_alone(alone: pd.DataFrame, together: pd.Series) -> list[str]:
    """For up to two classes the fact that tells each best, beside all facts together."""
    said, best = [], alone.groupby("class", sort=False).head(1)[:2]
    # What tells one of two classes tells the other as well.
    twice = len(together) == 2 and best["feature"].duplicated().any()
    for row in best[: 1 if twice else 2].itertuples():
        fact, values = FACTS.get(row.feature, f"the {row.feature}"), ""
        if row.feature.startswith(("format", "mode")):
            own, others = (told.removeprefix("yes in ") for told in (row.own, row.others))
            its = f"the images of {row[1]}" if twice else "its images"
            values = f": so are {own} of {its}, and {others} of all others"
        area = f"area under the ROC curve {row.auc:.2f}, 0.5 by chance"
        area += f"; a model that learned from all facts, {together[row[1]]:.2f}"
        whose = "the two classes" if twice else row[1]
        said.append(f"Of {whose}, {fact} alone says most ({area}){values}")
    return said


def _of_source(evidence: Learned, source: str, classes: list[str], agreeing: list[str]) -> Finding:
    labels, more = evidence.divided.images["label"], [f"{one}." for one in agreeing]
    probe = evidence.probes[source]
    more.insert(
        0,
        f"Mean recall from that alone is {probe.recall:.2f} ({probe.chance:.2f} with "
        "shuffled labels).",
    )
    if source == "border":
        what = f"The border of the picture gives away {some(classes, NAMED)}."
        more.insert(0, "A model may learn the ground in place of the subject.")
        act = (
            "look at the border pictures, and collect these classes on other grounds (notebook 04)"
        )
        code = PROBE_BORDER
    else:
        what = f"Facts of the file give away {some(classes, NAMED)}."
        more.insert(
            0,
            "Something in their files, such as size, format, compression or camera entries, tells "
            "them apart; perhaps they come from a source of their own, were edited and saved "
            "again, or ask for such a picture (long things are photographed upright).",
        )
        act = (
            "find out where these classes come from, and collect each from every source (notebook "
            "04); to save all images in one form hides these facts, not what came with them"
        )
        code = PROBE_FILES
    gap = gap_where(evidence, source, classes)
    rests, worth = gap is None or gap.difference.high >= GAIN, {}
    if gap is not None:
        more.insert(1, _say_gap(gap, source, rests))
    images, more = int(labels.isin(classes).sum()), " ".join(more)
    if not rests:  # no more is at stake than such a model gains, however many images it is about
        ends = (images / len(labels) * max(0.0, end) for end in gap.difference)
        worth = dict(zip(("effect", "low", "high"), ends, strict=True))
    return Finding(what, images, len(labels), act, "shortcuts", code, more, blocks=rests, **worth)


def _say_gap(gap: Gap, source: str, rests: bool) -> str:
    alone, do = ("the border alone points", "it does")
    if source != "border":
        alone, do = "facts of the file alone point", "they do"
    told = (
        f"Of these images a linear model names {gap.usual:.0%} rightly where {alone} to their "
        f"class, and {gap.other:.0%} where {do} not, class held against class: "
        f"{points(*gap.difference)}."
    )
    if rests:
        return told
    most = max(0, round(100 * gap.difference.high))
    gains = f"hardly more than {count(most, 'point')} from that" if most else "nothing from that"
    return f"{told} So this model gains {gains}; a fine-tuned one was not asked."

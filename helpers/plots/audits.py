"""What detectors promise and keep: on data they were not made on, by rank, and by eye."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.datasets import Dataset
from helpers.datasets.words import count
from helpers.plots.evaluation import metric_intervals
from helpers.plots.names import short_name
from helpers.plots.samples import contact_sheet
from helpers.plots.style import (
    ACCENT,
    FAMILIES,
    INK,
    INNOCENT,
    MUTED,
    axes,
    nothing,
    read_guess,
    styled,
    titled,
)


@styled
def held_out(study: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """Recall and precision of detectors on the data their thresholds were fixed on, and elsewhere.

    Parameters
    ----------
    study : DataFrame
        ``studies/detectors.csv``: data ("leaves" or "photos"), seed, tool, detector, strength,
        recall, precision. Thresholds were fixed on seed 0 of leaves, drawn hollow.
    """
    own = (study["tool"] == "workbook") & study["data"].isin(["leaves", "photos"])
    own &= (study["kind"] == study["detector"]) & (study["strength"] == "all detectable")
    rows = study[own]
    if rows.empty:
        return nothing(title or "No detector was measured", ax)
    names = list(dict.fromkeys(rows["detector"]))
    places = {name: y for y, name in enumerate(names)}
    ax = axes(ax, 0.42 * len(names) + 1.3)
    ax.axis("off")
    photos, fixed = rows["data"] == "photos", rows["seed"] == 0
    parts = {
        "leaves the thresholds were fixed on": (rows[~photos & fixed], ACCENT, "o", "white", -0.18),
        "other leaves": (rows[~photos & ~fixed], ACCENT, "o", ACCENT, 0.0),
        "real photos": (rows[photos], FAMILIES["colour"], "D", FAMILIES["colour"], 0.18),
    }
    low = min(0.5, np.floor(10 * rows[["recall", "precision"]].min().min()) / 10)
    for column, left in (("recall", 0.0), ("precision", 0.53)):
        panel = ax.inset_axes([left, 0, 0.47, 0.9])
        for name, (part, colour, marker, face, shift) in parts.items():
            y = part["detector"].map(places) + shift
            look = {"ls": "", "color": colour, "mfc": face, "ms": 6, "clip_on": False, "zorder": 3}
            panel.plot(part[column], y, marker, label=name, **look)
        shown = [name.replace("_", " ") for name in names] if left == 0 else [""] * len(names)
        panel.set_yticks(range(len(names)), shown)
        panel.set(xlim=(low - 0.01, 1), ylim=(len(names) - 0.5, -0.5), xlabel=column)
        panel.spines[["left", "bottom"]].set_visible(False)
        panel.grid(axis="x")
    ax.legend(*panel.get_legend_handles_labels(), loc="lower left", bbox_to_anchor=(-0.01, 0.92),
              ncols=3, fontsize=9, handletextpad=0.2, columnspacing=1.2)  # fmt: skip
    elsewhere = rows[photos | ~fixed].groupby("detector", sort=False)[["recall", "precision"]].min()
    facts = [f"{n} recall {r:.2f}, precision {p:.2f}" for n, r, p in elsewhere.itertuples()]
    marks = elsewhere.to_numpy()
    row, column = np.unravel_index(marks.argmin(), marks.shape)
    lowest = f"{elsewhere.columns[column]} of {elsewhere.index[row].replace('_', ' ')}"
    lowest += f", {marks.min():.2f}"
    title = title or f"Elsewhere, the lowest mark is the {lowest}"
    return titled(ax, title, f"Least values outside the leaves of seed 0: {'; '.join(facts)}.")


@styled
def promise(
    doubts: pd.DataFrame,
    wrong: pd.Index | None = None,
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """How many wrong labels the first of a ranking hold: as promised and, where known, in truth.

    Parameters
    ----------
    doubts : DataFrame from `helpers.audit.find_label_issues`
    wrong : Index of image_ids, optional
        The labels that are wrong, from `helpers.audit.wrong_labels`.
    guess : float, optional
        The reader's guess of the share of wrong labels among those in doubt, 0 to 1.
    """
    from helpers.audit.doubts import name_none

    listed = int(doubts["issue"].sum())
    if doubts.empty or (not listed and wrong is None):
        return nothing(title or name_none(doubts).partition(". ")[0], ax)  # the reason is long
    shown = doubts.head(max(2 * listed, min(40, len(doubts))))
    ax = axes(ax, 3.8)
    lines = {"promised": (shown["wrong"].cumsum(), MUTED)}
    if wrong is not None:
        lines["wrong indeed"] = (pd.Series(shown.index.isin(wrong)).cumsum(), ACCENT)
    ranks = np.arange(1, len(shown) + 1)
    ends = sorted((values.iloc[-1], name) for name, (values, _) in lines.items())
    close = len(ends) == 2 and ends[1][0] - ends[0][0] < 0.06 * max(listed, 1)
    for place, (_, name) in enumerate(ends):
        values, colour = lines[name]
        ax.plot(ranks, values, color=colour, lw=2.5)
        va = ("top", "bottom")[place] if close else "center"
        look = {"textcoords": "offset points", "va": va, "color": colour}
        ax.annotate(name, (ranks[-1], values.iloc[-1]), (6, 0), **look)
    ax.plot([0, len(shown)], [0, len(shown)], color=INNOCENT, lw=1, ls=":", zorder=0)
    if listed:
        ax.axvline(listed, color=INK, lw=1.2)
        # At the top, where no line comes but at the right end; below, they lie close together.
        look = {"textcoords": "offset points", "va": "top", "color": INK, "fontsize": 9}
        late = listed > len(shown) / 2
        look |= {"xycoords": ax.get_xaxis_transform(), "ha": "right" if late else "left"}
        ax.annotate("in doubt, up to here", (listed, 1), (-5 if late else 5, -2), **look)
    share, words = read_guess(guess)
    if share is not None:
        ax.plot(listed, share * listed, "o", color=INK, mfc="white", ms=8, zorder=4)
    ax.annotate(words, (listed, (share or 0) * listed), (9, 16 * (share is None)),
                textcoords="offset points")  # fmt: skip
    ax.set(xlabel="labels looked at, the most doubtful first", ylabel="wrong labels among them")
    ax.set(xlim=(0, len(shown)), ylim=(0, None))
    ax.grid(axis="y")
    expected = f"about {doubts['wrong'].head(listed).sum():.0f}"
    text = f"Of {count(listed, 'label')} in doubt, expect {expected} to be wrong"
    if wrong is not None:
        known = doubts.index[:listed].isin(wrong).sum()
        text += f": {known:,} {'is' if known == 1 else 'are'}"
    return titled(ax, title or text, f"{text}; lines over the rank.", bare=["left"])


@styled
def flag_sheet(
    dataset: Dataset,
    flagged,
    most: int = 20,
    seed: int = 0,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """A random sheet of what detectors flagged, with issues and file names, to judge by eye.

    Drawn at random, so that the share of real ones on it estimates the detectors' precision.

    Parameters
    ----------
    flagged : image_ids, or a table with the column image_id or indexed by it
        Rows whose column ``rule`` is "not used" are no flags, and left out; a column ``issue``
        says for what an image is flagged.
    """
    issues = {}
    if isinstance(flagged, pd.DataFrame):
        flagged = flagged[flagged["rule"] != "not used"] if "rule" in flagged else flagged
        ids = flagged.get("image_id", flagged.index)
        if "issue" in flagged:
            named = flagged["issue"].groupby(np.asarray(ids)).unique()
            issues = {image_id: f"{', '.join(found)}\n" for image_id, found in named.items()}
        flagged = ids
    ids = pd.Index(flagged).unique()
    if ids.empty:
        return nothing(title or "Nothing is flagged, so there is nothing to judge", ax)
    drawn = np.random.default_rng(seed).permutation(len(ids))[:most]
    shown = ids[np.sort(drawn)]
    files = dataset.images.index.astype("str").str.rsplit("/", n=1).str[-1]
    twice = {*files[files.duplicated()]}  # names that say nothing without their folder
    names = {}
    for image_id in shown:
        *folder, file = image_id.split("/")[-2:]
        name = "/".join([*folder, file]) if file in twice else file
        names[image_id] = issues.get(image_id, "") + short_name(name, 999)
    part = f"{len(shown)} of {len(ids):,} flagged images, drawn at random: how many are right?"
    default = part if len(shown) < len(ids) else f"{count(ids, 'flagged image')}: right or not?"
    return contact_sheet(dataset, shown, names, columns=7, title=title or default, ax=ax)


@styled
def canaries(
    table: pd.DataFrame, guess: float | None = None, title: str = "", ax: Axes | None = None
) -> Axes:
    """Recall of faults that were planted in copies of a dataset's own images, with intervals.

    Parameters
    ----------
    table : DataFrame from `helpers.canaries.plant_canaries`
    guess : float, 0 to 1, optional
        The recall that the reader expects of the labels, or, without any, of the last row.
    """
    if table.empty:
        return nothing(title or "No canary could be planted: no image can be read", ax)
    rows = table.set_index("fault")[["recall", "low", "high"]]
    rows = rows.rename(columns={"recall": "value"}).rename_axis("metric")
    least = table.loc[table["recall"].idxmin()]
    found = f"Fewest are found of “{least['fault']}”: {least['recall']:.0%} "
    found += f"({least['low']:.0%} to {least['high']:.0%})"
    found = "All planted faults are found" if least["recall"] == 1 else found
    labels = table.loc[table["kind"] == "labels", "fault"]
    asked = (labels.iloc[0] if len(labels) else table["fault"].iloc[-1], guess)
    ax = metric_intervals({"found": rows}, asked, title or found, axes(ax, 0.27 * len(rows) + 1))
    ax.set(xticks=np.linspace(0, 1, 6), xlabel="share that was found, with 95 % interval")
    ax.set_xlim(left=min(ax.get_xlim()[0], -0.03))  # else a dot at 0 lies on its name
    return ax

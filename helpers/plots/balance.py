"""Bias and class balance: counts, associations, probes, and who gains by a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm

from helpers.balance import Probe, lifts
from helpers.datasets import Dataset
from helpers.datasets.words import count, some
from helpers.plots.names import drawable, short_name, short_names, told_name
from helpers.plots.samples import thumbnail
from helpers.plots.style import (
    ACCENT,
    FLAG,
    GRID,
    INK,
    INNOCENT,
    MUTED,
    axes,
    nothing,
    read_guess,
    styled,
    titled,
)

MOST_ROWS = 24
SURE = 0.05
ROOM = 0.8  # an area under the curve beyond which words no longer fit to the right of its dot
FIRST_OF, LATER = (ACCENT, "#e76300", INK, "#1f9e89", "#a96b59"), "#c77dff"
# A remedy keeps its colour, whichever others it is drawn with and whatever its strength.
_KINDS = ("oversampling", "class weights", "logit adjustment", "group balance")
REMEDIES = dict(zip(_KINDS, FIRST_OF, strict=False))


def _ends(table: pd.DataFrame, most: int = MOST_ROWS) -> tuple[pd.DataFrame, int]:
    """The first and last rows, and how many were left out between them."""
    hidden = max(len(table) - most, 0)
    return (pd.concat([table[: most // 2], table[-most // 2 :]]) if hidden else table), hidden


def _rows(ax: Axes, names: Iterable[object], hidden: int = 0) -> np.ndarray:
    """Name the rows of `ax` from the top down, a gap where some were left out."""
    names = [*names]
    places = np.arange(len(names)) + (np.arange(len(names)) >= len(names) // 2) * (hidden > 0)
    ax.set_yticks(places, short_names(dict.fromkeys(names)).values())
    ax.set_ylim(places[-1] + 0.6, -0.6)
    if hidden:
        where = (0.01, len(names) // 2)
        ax.annotate(f"… {hidden} more", where, xycoords=("axes fraction", "data"), color=MUTED,
                    va="center")  # fmt: skip
    return places


@styled
def imbalance_bars(
    table: pd.DataFrame, guess: float | None = None, title: str = "", ax: Axes | None = None
) -> Axes:
    """Images of each class as bars, and a dot where their effective number lies.

    Parameters
    ----------
    table : DataFrame from `helpers.balance.imbalance`
    guess : float, optional
        A guess of the ratio between the commonest and the rarest class, drawn as a line.
    """
    shown, hidden = _ends(table)
    ax = axes(ax, 0.27 * len(shown) + 1.1)
    places, most = _rows(ax, shown.index, hidden), table["images"].max()
    ax.barh(places, shown["images"], 0.7, color=ACCENT, alpha=0.35, label="images")
    ax.plot(shown["effective"], places, "o", color=ACCENT, label="effective number")
    for place, row in zip(places, shown.itertuples(), strict=True):
        share = f"{row.images:,}  ({row.low:.0%} to {row.high:.0%})"
        ax.annotate(share, (row.images, place), (10, 0), textcoords="offset points", color=MUTED,
                    va="center", fontsize=9)  # fmt: skip
    if guess is not None and guess > 0:
        ax.axvline(most / guess, color=INK, ls="--", lw=1.2, label=f"your guess: 1 to {guess:g}")
    ax.set(xlim=(0, most * 1.22), xlabel="images, with the 95 % interval of the class's share")
    ax.figure.legend(loc="outside lower center", ncols=3)  # inside, it would hide equal bars' words
    first, last, ratio = table.index[0], table.index[-1], table["ratio"].iloc[-1]
    found = f"{short_name(first)} has {ratio:,.1f} times as many images as {short_name(last)}"
    if ratio < 1.05:
        kinds = {"label": "classes"}.get(table.index.name, f"values of {table.index.name}")
        among = "Both" if len(table) == 2 else f"All {len(table)}"
        found = f"{among} {kinds} are {'about ' if ratio > 1 else ''}equally common"
    facts = ", ".join(f"{name} {images:,.0f}" for name, images in shown["images"].items())
    return titled(ax, title or found, f"Images: {facts}.", bare=["left"])


@styled
def associations(
    dataset: Dataset, table: pd.DataFrame, title: str = "", ax: Axes | None = None
) -> Axes:
    """Classes × values of metadata columns: how much more often than if independent.

    Columns are ordered by Cramér's V. A dot marks a cell that lies farther off than any cell of
    its column did in 95 of 100 shufflings of whole groups.

    Parameters
    ----------
    table : DataFrame from `helpers.balance.associate`
    """
    if table.empty:
        return nothing(title or "No metadata column to compare the label with", ax)
    parts = {column: lifts(dataset, column) for column in table.index}
    counts = dataset.images["label"].value_counts().sort_index()
    counts = counts.sort_values(ascending=False, kind="stable").rename("n").to_frame()
    classes, hidden = _ends(counts)
    ax = axes(ax, 0.28 * len(classes) + 2.2)
    places, left, ticks, names, facts = _rows(ax, classes.index, hidden), 0.0, [], [], []
    norm = TwoSlopeNorm(0, -3, 3)
    for column, part in parts.items():
        wide = part.pivot_table("lift", "class", "value").loc[classes.index]
        sure = part.pivot_table("p", "class", "value").loc[classes.index] < SURE
        x = left + np.arange(wide.shape[1])
        for row, place in zip(wide.to_numpy(float), places, strict=True):
            colours = np.log2(np.clip(row, 0.125, 8))[None]
            ax.imshow(colours, cmap="PuOr_r", norm=norm, aspect="auto", zorder=1,
                      extent=(x[0] - 0.5, x[-1] + 0.5, place + 0.47, place - 0.47))  # fmt: skip
        there = np.argwhere(sure.to_numpy())
        ax.plot(x[there[:, 1]], places[there[:, 0]], "o", color=INK, ms=4, mec="white", zorder=3)
        facts += [f"{wide.index[i]} with {column} {wide.columns[j]} {wide.iloc[i, j]:.1f} times"
                  for i, j in there]  # fmt: skip
        star = "" if table.loc[column, "p_corrected"] < SURE else "\nmay be chance"
        label = f"{short_name(column, 20)}\nV = {table.loc[column, 'v']:.2f}{star}"
        ax.annotate(label, (x.mean(), -0.75), ha="center", va="bottom", fontsize=9,
                    annotation_clip=False)  # fmt: skip
        ticks, names, left = [*ticks, *x], [*names, *wide.columns], x[-1] + 1.6
    ax.set_xticks(ticks, [short_name(name, 16) for name in names], rotation=60, ha="right")
    ax.set(xlim=(-0.6, left - 0.9), ylim=(places[-1] + 0.5, -0.5))
    ax.tick_params(axis="x", colors=INK)
    bar = ax.figure.colorbar(ax.images[0], ax=ax, shrink=0.8, ticks=[-3, -2, -1, 0, 1, 2, 3])
    bar.set_ticklabels(["⅛ or less", "¼", "½", "as if independent", "2", "4", "8 times or more"])
    bar.outline.set_visible(False)
    sure = table.index[table["p_corrected"] < SURE].tolist()
    found = f"The label goes with {some(sure)}" if sure else "No column surely goes with the label"
    ax.set_title("", pad=50)
    described = f"Marked: {'; '.join(facts) or 'none'}."
    made = titled(ax, title or found, described, bare=["left", "bottom", "right", "top"])
    ax.set_title(ax.get_title("left"), pad=50)
    return made


@styled
def probe_results(
    probes: Mapping[str, Probe], guess: str | None = None, title: str = "", ax=None
) -> Axes:
    """How well each class can be told, beside what shuffled labels score; a panel per probe.

    Parameters
    ----------
    probes : name of the features → `helpers.balance.Probe`
    guess : str, optional
        The class that was guessed to be given away most; its row is marked.
    ax : array of Axes, optional
        As many as there are probes.

    Returns
    -------
    Axes
        The first panel's.
    """
    import matplotlib.pyplot as plt

    first = next(iter(probes.values())).by_class
    best = pd.concat([one.by_class["auc"] for one in probes.values()], axis=1).max(axis=1)
    order = best.sort_values(ascending=False, kind="stable").index[:MOST_ROWS]
    if ax is None:
        size = (9, 0.27 * len(order) + 1.7)
        ax = plt.subplots(1, len(probes), figsize=size, sharex=True, sharey=True, squeeze=False)[1]
    facts, panels = [], np.ravel(ax)
    for panel, (name, found) in zip(panels, probes.items(), strict=True):
        table = found.by_class.reindex(order)
        places, given = _rows(panel, order), set(found.gives_away)
        for place, row in zip(places, order, strict=True):
            cloud = found.shuffled.get(row, pd.Series(dtype=float))
            panel.plot(cloud, np.full(len(cloud), place), "|", color=INNOCENT, ms=9, alpha=0.35)
        colours = [FLAG if row in given else ACCENT for row in order]
        panel.scatter(table["auc"], places, 52, c=colours, zorder=3)
        for place, row in zip(places, order, strict=True):
            guessed = guess is not None and str(guess).strip().lower() == str(row).lower()
            if guessed:
                panel.annotate("◂ your guess", (1.0, place), ha="right", va="center", color=INK)
            if row in given:
                # To the right of its dot, where there is room, for the cloud lies to the left.
                spot = table.loc[row, "auc"], place
                off, side = (-8, "right") if guessed or spot[0] > ROOM else (8, "left")
                panel.annotate("given away", spot, (off, 0), ha=side, va="center", color=FLAG,
                               textcoords="offset points")  # fmt: skip
        panel.axvline(0.5, color=GRID, zorder=0)
        recall = f"mean recall {found.recall:.2f}, shuffled {found.chance:.2f}"
        panel.set_title(f"{name}: {recall}", fontsize=10.5)
        panel.set(xlim=(0.2, 1.02), xlabel="area under the ROC curve (0.5: not told at all)")
        facts.append(f"{name} gives away {some(found.gives_away, 9) or 'no class'} ({recall})")
    known = {name: one.gives_away for name, one in probes.items()}
    every = f"all {len(first)} classes"
    told = [
        f"{name}: {every if len(names) == len(first) > 2 else some(names)}"
        for name, names in known.items()
        if names
    ]
    if not title:
        title = f"Given away by {'; by '.join(told)}" if told else "No class is given away"
    left = len(first) - len(order)
    rest = ""
    if left:
        rest = (
            f" The {count(left, 'class')} told least well {'is' if left == 1 else 'are'} left out."
        )
    look = {"x": 0.01, "ha": "left", "weight": "bold", "fontsize": 13}
    panels[0].figure.suptitle(fill(drawable(title), 84), **look)
    panels[0].figure.alt_text = f"{title}. {'; '.join(facts)}.{rest}"
    return panels[0]


@styled
def border_pictures(
    dataset: Dataset, found: Probe, rows: int = 2, each: int = 7, ax: Axes | None = None
) -> Axes:
    """What a border probe sees: pictures without their middle, of the classes told best.

    Parameters
    ----------
    found : Probe of `helpers.balance.border_colours`
    """
    from helpers.balance.facts import DEPTH, SIDE

    best = found.by_class.sort_values("auc", ascending=False, kind="stable").index
    names = [*found.gives_away, *[name for name in best if name not in found.gives_away]][:rows]
    side, gap = 128, 10
    sheet = np.full((len(names) * (side + gap), each * (side + gap), 3), 255, np.uint8)
    labels, edge = dataset.development.images["label"], round(side * DEPTH / SIDE * 2)
    rng = np.random.default_rng(0)
    for i, name in enumerate(names):
        own = rng.permutation(labels.index[labels == name])[:each]
        for j, image_id in enumerate(own):
            picture = np.array(thumbnail(dataset, image_id, side).resize((side, side)))
            picture[edge:-edge, edge:-edge] = 240
            top, left = i * (side + gap), j * (side + gap)
            sheet[top : top + side, left : left + side] = picture
    ax = axes(ax, 8.2 * sheet.shape[0] / sheet.shape[1] + 0.5)
    ax.imshow(sheet)
    middles = np.arange(len(names)) * (side + gap) + side / 2
    ax.set_yticks(middles, short_names(names, 20).values())
    ax.set_xticks([])
    title = f"Can you tell {' from '.join(map(told_name, names))} by the border?"
    text = "Photographs whose middle is painted over; a strip along the border is left."
    return titled(ax, title, text, bare=["left", "bottom", "top", "right"])


@styled
def proxies(table: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """Can a dropped column be told from what is left? A dot for each source, beside chance.

    Parameters
    ----------
    table : DataFrame from `helpers.balance.find_proxies`
    """
    if table.empty:
        return nothing(title or "No metadata column that could be dropped", ax)
    columns, sources = list(table["column"].unique()), list(table["source"].unique())
    ax = axes(ax, 0.32 * len(table) + 0.25 * len(columns) + 1.2)
    colours = dict(zip(sources, FIRST_OF, strict=False))
    y, places, facts = 0.0, [], []
    for column in columns:
        part = table[table["column"] == column]
        places.append(y + (len(part) - 1) / 2)
        for row in part.itertuples():
            ax.plot([row.chance, row.highest], [y, y], color=INNOCENT, lw=9, alpha=0.4,
                    solid_capstyle="butt")  # fmt: skip
            face = colours.get(row.source, LATER)
            ax.plot(row.recall, y, "o", color=face, mfc=face if row.told else "white", ms=8)
            words = row.source if row.told else f"{row.source} (may be chance)"
            ax.annotate(words, (max(row.recall, row.highest), y), (10, 0), va="center",
                        textcoords="offset points", color=face, fontsize=9)  # fmt: skip
            facts.append(f"{column} from {row.source} {row.recall:.2f}, chance {row.chance:.2f}")
            y += 1
        y += 0.8
    ax.set_yticks(places, short_names(columns).values())
    ax.set(xlim=(0, 1.35), ylim=(y - 0.9, -0.8), xticks=np.linspace(0, 1, 6))
    ax.set_xlabel("mean recall of the column's values; grey: shuffled, from mean to highest")
    told = table[table["told"]].sort_values("recall", ascending=False, kind="stable")
    found = "No dropped column could be told from what is left"
    if len(told):
        names = map(short_name, told["column"].unique())
        found = f"Dropped, and still told by something else: {some(names)}"
    return titled(ax, title or found, f"{'; '.join(facts)}.", bare=["left"])


@styled
def remedies(
    table: pd.DataFrame, guess: float | None = None, title: str = "", ax: Axes | None = None
) -> Axes:
    """Who gains and who pays: differences of mean recall in points, with 95 % intervals.

    Parameters
    ----------
    table : DataFrame from `helpers.balance.who_pays` or `over_seeds`
    guess : float, optional
        A guess of what the rarest classes gain by the last remedy, in points.
    """
    names, asked = list(table["remedy"].unique()), list(table["of"].unique())
    ax = axes(ax, 0.2 * len(names) * len(asked) + 0.3 * len(asked) + 1.2)
    others = iter([*FIRST_OF[len(REMEDIES) :], *[LATER] * len(names)])
    colours = [REMEDIES.get(name.split(",")[0]) or next(others) for name in names]
    places, facts = {}, []
    for i, of in enumerate(asked):
        places[of] = i * (len(names) + 1) + (len(names) - 1) / 2
        for j, name in enumerate(names):
            row = table[(table["remedy"] == name) & (table["of"] == of)].iloc[0]
            y, value, ends = i * (len(names) + 1) + j, row["difference"], [row["low"], row["high"]]
            sure = row["low"] > 0 or row["high"] < 0
            look = {"color": colours[j], "label": name if i == 0 else None}
            ax.plot([100 * end for end in ends], [y, y], color=colours[j], alpha=0.5, lw=2.5)
            ax.plot(100 * value, y, "o", mfc=colours[j] if sure else "white", ms=7, ls="", **look)
            facts.append(f"{name}, {of} {100 * value:+.1f} ({100 * ends[0]:+.1f} to "
                         f"{100 * ends[1]:+.1f})")  # fmt: skip
    if guess is not None:
        y = len(names) - 1
        ax.plot(guess, y, "D", mfc="none", mec=INK, ms=10, zorder=5)
        ax.annotate("your guess", (guess, y), (9, 0), textcoords="offset points", va="center")
    ax.axvline(0, color=MUTED, lw=1)
    ax.set_yticks([*places.values()], short_names(places).values())
    ax.set_ylim(len(asked) * (len(names) + 1) - 1.2, -0.8)
    ax.set_xlabel("change of mean recall, in points (hollow: the interval holds zero)")
    ax.grid(axis="x")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    found = _last_remedy(table)
    if not table["difference"].any():  # as where all classes are equally common
        found = "No remedy changes a mean recall"
    return titled(ax, title or found, f"{'; '.join(facts)}.", bare=["left"])


def _last_remedy(table: pd.DataFrame) -> str:
    """What the last remedy changes for rare and common classes, and what of that is sure."""
    name = table["remedy"].iloc[-1]
    last = table[table["remedy"] == name].set_index("of")
    told, sure = [], 0
    for of, row in last.iterrows():
        if of.startswith(("rarest", "commonest")) and np.isfinite(row["difference"]):
            holds_zero = not (row["low"] > 0 or row["high"] < 0)
            words = f"{100 * row['difference']:+.0f} points" + " (not sure)" * holds_zero
            told, sure = [*told, f"{short_name(of)} {words}"], sure + (not holds_zero)
    if not sure:
        told = ["no sure change for rare or common classes"]
    return f"{name[:1].upper()}{name[1:]}: {', '.join(told)}"


@styled
def class_recalls(
    table: pd.DataFrame, before: str, after: str | None = None, guess: float | None = None,
    title: str = "", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Recall of each class, the commonest on top, without a remedy and, in the end, with one.

    Parameters
    ----------
    table : DataFrame from `helpers.balance.recalls`
    before, after : str
        Its columns.
    guess : float, optional
        A guess of the recall of the rarest class before, 0 to 1.
    """
    shown, hidden = _ends(table)
    ax = axes(ax, 0.28 * len(shown) + 1.2)
    names = short_names(shown.index, 24)
    labels = [f"{names[name]}  {images:,}" for name, images in shown["images"].items()]
    places = _rows(ax, labels, hidden)
    ax.plot(shown[before], places, "o", color=INNOCENT, ms=8, label=before)
    if after is not None:
        for place, row in zip(places, shown[[before, after]].to_numpy(), strict=True):
            ax.plot(row, [place, place], color=ACCENT, lw=2, alpha=0.6, zorder=1)
        ax.plot(shown[after], places, "o", color=ACCENT, ms=8, label=after)
    share, words = read_guess(guess)
    if words:
        ax.plot(np.nan if share is None else share, places[-1], "D", mfc="none", mec=INK, ms=10,
                label=words)  # fmt: skip
    ax.set(xlim=(-0.02, 1.02), xlabel="recall: share of the class's images that is named rightly")
    ax.grid(axis="x")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    ends = table[after or before]
    verb = f"With {after}, " if after else ""
    found = f"{verb}{told_name(table.index[-1])} has {100 * ends.iloc[-1]:.0f} of 100 right, "
    found += f"{told_name(table.index[0])} {100 * ends.iloc[0]:.0f}"
    columns = [column for column in (before, after) if column]
    facts = "; ".join(
        f"{name} {', '.join(f'{column} {row[column]:.2f}' for column in columns)}"
        for name, row in shown.iterrows()
    )
    return titled(ax, title or found, f"{facts}.", bare=["left"])

"""Augmentation: what policies do to images, what they change in scores, and for which classes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.augment.applying import apply_policy
from helpers.augment.policies import POLICIES, Policy, find_policy
from helpers.datasets import Dataset
from helpers.datasets.words import count
from helpers.plots.names import short_name, short_names, with_guess
from helpers.plots.style import ACCENT, FAMILIES, FLAG, INK, axes, nothing, styled, titled
from helpers.training.caching import decode

GAP = 4  # pixels between images


@styled
def policies(
    dataset: Dataset, image_ids: Iterable[str], shown: Iterable[str | Policy] = tuple(POLICIES),
    size: int = 64, seed: int = 0, title: str = "", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """The same images under every policy: a row per policy, one random draw for each image.

    Parameters
    ----------
    image_ids : list of str
        At most ten are drawn; those that cannot be read are passed over.
    shown : list of str or Policy
    size : int
        Side in pixels: they are drawn as a network sees them.
    seed : int
        Of the draws.
    """
    chosen, found = list(image_ids)[:10], [find_policy(policy) for policy in shown]
    pixels = decode(dataset.with_images(dataset.images.loc[chosen]), size, progress=False)
    chosen = [image_id for image_id in chosen if image_id in pixels.rows]
    if not chosen:
        return nothing(title or "No image to show", ax)
    images, step = pixels.take(chosen), size + GAP
    rows = [np.hstack([*_padded(apply_policy(policy, images, seed))]) for policy in found]
    sheet, labels = np.vstack(rows), dataset.images["label"].astype("object")[chosen]
    ax = axes(ax, 7.6 * sheet.shape[0] / sheet.shape[1] + 0.6)
    ax.imshow(sheet, interpolation="nearest")
    ax.set_yticks(np.arange(len(found)) * step + size / 2, [policy.name for policy in found])
    names = [short_name(name, 12) for name in labels.fillna("no label")]
    ax.set_xticks(np.arange(len(chosen)) * step + size / 2, names, fontsize=8)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    title = title or "Which of these pictures would you still give the same label?"
    below = "; ".join(policy.name for policy in found)
    text = f"The same {count(images, 'image')} in every row; from top to bottom: {below}."
    return titled(ax, title, text, bare=["left", "bottom"])


def _padded(images: np.ndarray) -> np.ndarray:
    return np.pad(images, ((0, 0), (0, GAP), (0, GAP), (0, 0)), constant_values=255)


@styled
def kept(asked: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """Of the images that a network has right as they are, the share it has right when changed.

    Parameters
    ----------
    asked : DataFrame from `helpers.augment.ask_changed`
    """
    known = asked[asked["before"] == asked["label"]]
    if known.empty:
        return nothing(title or "The network has no image right to begin with", ax)
    share = (known["after"] == known["label"]).groupby(known["policy"], sort=False).mean()
    share = share.sort_values(ascending=False, kind="stable")
    ax = axes(ax, 0.8 + 0.32 * len(share))
    ax.barh(range(len(share)), share, color=ACCENT, height=0.6)
    for y, value in enumerate(share):
        ax.annotate(f"{value:.0%}", (value, y), (4, 0), textcoords="offset points", va="center")
    ax.set_yticks(range(len(share)), short_names(share.index, 40).values())
    ax.set(xlim=(0, 1.06), ylim=(len(share) - 0.4, -0.6))
    images = known["image_id"].nunique()
    ax.set_xlabel(f"share of {images:,} images, right as they are, that stay right when changed")
    title = title or "How many right answers survive each change?"
    facts = "; ".join(f"{name} {value:.0%}" for name, value in share.items())
    return titled(ax, title, f"{facts}.", bare=["left"])


@styled
def policy_effects(
    found: pd.DataFrame | Mapping[str, pd.DataFrame], figure: str = "accuracy", guess=None,
    live: tuple[str, float] | None = None, title: str = "", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """A forest plot: what each policy changes against none, with its interval.

    Parameters
    ----------
    found : DataFrame from `helpers.augment.paired_effects`, or several by the name of their setting
    figure : str
        What was compared, in words; of a loss, less is better.
    guess : str, optional
        A policy that the reader expected to be first; marked beside its row.
    live : (policy, difference), optional
        A comparison made just now, drawn as a diamond.
    """
    settings = {"": found} if isinstance(found, pd.DataFrame) else dict(found)
    first = next(iter(settings.values()), pd.DataFrame())
    if first.empty:
        return nothing(title or "No policy was compared", ax)
    better = -1 if "loss" in figure else 1
    order = list(first["difference"].mul(-better).sort_values(kind="stable").index)
    order += [name for table in settings.values() for name in table.index if name not in order]
    order = list(dict.fromkeys(order))
    ax, facts = axes(ax, 1.1 + 0.36 * len(order)), []
    ax.axvline(0, color=INK, lw=1)
    for number, (name, table) in enumerate(settings.items()):
        shift = 0.16 * (2 * number - len(settings) + 1)
        colour = (ACCENT, FAMILIES["colour"])[number % 2]
        for policy, row in table.iterrows():
            y = order.index(policy) + shift
            ax.plot([row["low"], row["high"]], [y, y], color=colour, lw=2, alpha=0.6)
            fill = colour if row["sure"] else "white"
            ax.plot(row["difference"], y, "o", ms=8, mfc=fill, mec=colour, mew=1.6)
            facts.append(f"{policy} {row['difference']:+.3f}")
        ax.plot([], [], "o", color=colour, label=short_name(name).replace(", ", ",\n"))
    if live is not None and live[0] in order:
        spot = (live[1], order.index(live[0]))
        ax.plot(*spot, "D", ms=8, color=INK, zorder=5)
        ax.annotate("just now", spot, (0, -9), textcoords="offset points", ha="center", va="top")
    names, missed = with_guess(order, guess)
    ax.set_yticks(range(len(order)), names)
    ax.set_ylim(len(order) - 0.5, -0.5)
    arrow = "better →" if better > 0 else "← better"
    repeats = count(int(first["seeds"].max()), "repeat")
    ax.set_xlabel(
        f"change of {figure} against no augmentation, 95 % interval, {repeats} "
        f"({arrow})\nfilled: the sign is sure, after Holm's correction{missed}"
    )
    ax.grid(axis="x")
    if len(settings) > 1:
        ax.legend(loc="lower left", bbox_to_anchor=(1, 0))
    title = title or _name_best(settings, figure, better)
    return titled(ax, title, f"{'; '.join(facts)}.", bare=["left"])


def _name_best(settings: Mapping[str, pd.DataFrame], figure: str, better: int) -> str:
    """Of how many policies the sign is sure, in each setting."""
    gains = {name: table["difference"] * better for name, table in settings.items()}
    sure = {name: gain[settings[name]["sure"].astype(bool)] for name, gain in gains.items()}
    if len(settings) == 1:
        (gain,), (one,) = gains.values(), sure.values()
        helps, hurts = one.index[one > 0], one.index[one < 0]
        policies = "policy" if len(gain) == 1 else "policies"
        told = f"{len(helps)} of {len(gain)} {policies} surely {_verb(helps, 'improve')} {figure}"
        return told + (
            f"; {len(hurts)} surely {_verb(hurts, 'make')} it worse" if len(hurts) else ""
        )
    lines = []
    for verdict, sign in (("better", 1), ("worse", -1)):
        counts = {name: int((one * sign > 0).sum()) for name, one in sure.items()}
        told = [f"{name.split(', ')[-1]} {n} of {len(gains[name])}" for name, n in counts.items()]
        if sign > 0 or any(counts.values()):
            lines.append(f"surely {verdict}: {', '.join(told)}")
    return f"{figure[0].upper()}{figure[1:]}, {'; '.join(lines)}"


@styled
def recalls(
    found: pd.DataFrame, policy: str = "", guess: str | None = None, title: str = "",
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """What one policy changes in the recall of each class, with intervals over repeats.

    Filled where a change is sure after Holm's correction for all classes, red where it is a loss.

    Parameters
    ----------
    found : DataFrame from `helpers.augment.class_effects`
        The 12 classes that lose most are drawn.
    policy : str
        Its name, for the title.
    guess : str, optional
        The class that the reader expected to lose most; marked beside its row.
    """
    if found.empty:
        return nothing(title or "No class was scored", ax)
    shown = found.sort_values("difference", kind="stable").head(12)
    ax = axes(ax, 0.9 + 0.36 * len(shown))
    ax.axvline(0, color=INK, lw=1)
    for y, row in enumerate(shown.itertuples()):
        colour = FLAG if row.sure and row.difference < 0 else ACCENT
        ax.plot([row.low, row.high], [y, y], color=colour, lw=2, alpha=0.6)
        ax.plot(row.difference, y, "o", ms=8, color=colour, mfc=colour if row.sure else "white")
    names, missed = with_guess(shown.index, guess)
    ax.set_yticks(range(len(shown)), names)
    ax.set_ylim(len(shown) - 0.5, -0.5)
    note = f"filled: the sign is sure, after Holm's correction{missed}"
    ax.set_xlabel(f"change of recall against no augmentation, 95 % interval (better →)\n{note}")
    ax.grid(axis="x")
    lost = list(found.index[found["sure"].astype(bool) & (found["difference"] < 0)])
    what = f"{policy or 'the policy'} surely costs recall in {len(lost)} of {count(found, 'class')}"
    title = title or what[0].upper() + what[1:]
    facts = "; ".join(f"{row.Index} {row.difference:+.2f}" for row in shown.itertuples())
    return titled(ax, title, f"{facts}.", bare=["left"])


def _verb(subjects: Collection[str], word: str) -> str:
    return f"{word}s" if len(subjects) == 1 else word

"""What notebook 13 claims about heatmaps, and about the leaf on another ground."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from helpers.course.claims import Claim
from helpers.explain import CONTROLS, METHODS, agreement, area_under


def claims(
    dataset,
    *,
    heatmaps: Mapping,
    verdicts: pd.DataFrame,
    curves: Mapping[str, pd.DataFrame],
    inserted: Mapping[str, pd.DataFrame],
    hanging: Mapping[str, pd.Series] | None = None,
    overall: Mapping[str, pd.DataFrame] | None = None,
    looks: Mapping[str, pd.DataFrame] | None = None,
    rise: pd.DataFrame | None = None,
) -> Iterator[Claim]:
    """The statements of the prose, each with bounds that follow its values on five seeds.

    Parameters
    ----------
    heatmaps : method → Heatmaps of the same images
    verdicts : from `judge_weights`
    curves, inserted : method, and "random" → deletion and insertion curves
    hanging : model → ground → share of maples that get another answer there
    overall : "Grad-CAM" and "centre" → what `look` found of all photos
    looks : model → what `look` found of the maples
    rise : of the share on the leaf with the mended model, from `look_by`
    """
    alike = agreement(heatmaps).loc["grad-cam", "integrated gradients"]
    yield Claim("likeness of the maps of Grad-CAM and integrated gradients", alike, high=0.25)
    for method, low in zip(METHODS, (0.4, 0.65, 0.75), strict=True):
        value = verdicts.loc[method, "difference"]
        yield Claim(f"likeness that {method} loses with the weights", value, low=low)
    edges = verdicts.loc[list(CONTROLS), "difference"].abs()
    yield Claim("likeness that edges lose with the weights", edges["edges"], -0.01, 0.01)
    yield Claim("likeness that noise loses with the weights", edges["random"], high=0.05)
    areas = {name: area_under(table).mean() for name, table in curves.items()}
    best = areas["random"] - min(areas[name] for name in METHODS)
    yield Claim("area that the best deletion lies below noise's", best, low=0.1)
    best += areas["centre"] - areas["random"]
    yield Claim("area that the best deletion lies below the centre's", best, low=0.03)
    areas = {name: area_under(table).mean() for name, table in inserted.items()}
    best = max(areas[name] for name in METHODS) - areas["random"]
    yield Claim("area that the best insertion lies above noise's", best, low=0.15)
    best += areas["random"] - areas["centre"]
    yield Claim("area that the best insertion lies above the centre's", best, low=0.03)
    if rise is None or looks is None or hanging is None or overall is None:
        return
    blob = overall["centre"]["share"].mean() - overall["Grad-CAM"]["share"].mean()
    yield Claim("share on the leaf of the centre above Grad-CAM's", blob, low=0.03)
    plain, mended = (one["the other's ground"] for one in hanging.values())
    yield Claim("share of maples that get another answer on the other ground", plain, low=0.6)
    beyond = plain - next(iter(hanging.values()))["soil"]
    yield Claim("the same beyond those that soil turns", beyond, low=0.1)
    yield Claim("the same of the mended model", mended, high=0.45)
    first = next(iter(looks.values()))
    above = first["share"].mean() - first["area"].mean()
    yield Claim("share on the leaf above noise's", above, -0.1, 0.12)
    yield Claim("rise of the share on the leaf, mended", rise.loc["all", "mean"], low=0)

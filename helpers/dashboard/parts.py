"""What a step of the page is, and what several of them need."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ipywidgets import HTML, Widget

from helpers.datasets.words import count

if TYPE_CHECKING:
    from helpers.dashboard.page import Dashboard


def _once(page: Dashboard) -> Hashable:
    return None


def follows_marks(page: Dashboard) -> Hashable:
    """Made anew after a mark, or after another split was taken over."""
    return page.study.key()


@dataclass(frozen=True)
class Part:
    """One step.

    Attributes
    ----------
    name, question : str
        Its name in the list, and the sentence below its heading.
    build : callable
        Takes the page, computes, and returns what is shown.
    labels : bool
        Whether it needs labels of two classes.
    key : callable
        Takes the page; the step is made anew when what this returns has changed.
    """

    name: str
    question: str
    build: Callable[[Dashboard], Widget]
    labels: bool = False
    key: Callable[[Dashboard], Hashable] = _once


def prepare(page: Dashboard, name: str, learn: bool = True) -> None:
    """Compute what the audit needs, saying in the step `name` what is being done.

    With `learn`, also features and doubts, where there are labels.
    """
    study, audit = page.study, page.study.audit
    done = vars(audit)
    if "files" not in done:
        page.say(name, f"Reading {count(study.dataset.images, 'file')}")
        _ = audit.files, audit.issues
    if "pairs" not in done:
        page.say(name, "Comparing every picture with every other")
        _ = audit.pairs
    if not learn or not study.trainable:
        return
    if "features" not in done:
        study.embed(lambda words, share: page.say(name, words, share))
    if "doubts" not in done:
        page.say(name, "Asking which labels neither the pictures nor their like agree with")
        _ = audit.doubts


def words(text: str) -> HTML:
    """A paragraph, given as HTML."""
    return HTML(f"<p>{text}</p>")

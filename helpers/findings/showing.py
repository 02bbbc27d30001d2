"""One section as HTML: what it says, its pictures, and a bar for each need."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from textwrap import shorten
from typing import Any

from helpers.datasets.words import percent, tell_share
from helpers.findings.sections import Picture, Section
from helpers.needs.asking import name_together

FEW = 3
"""Needs that are told in full, each with a bar of its own."""
QUALITY, DOTS = 72, 130
TOLD = 280
"""Letters of a picture's words that stand above it on a telephone, where it is wider than that."""
SMALL = {"quality": 60, "dots": 80}
"""Pictures in a notebook, which holds many."""


def make_snippet(section: Section, images: bool = True) -> str:
    """One section for a notebook, in the notebook's own style."""
    plain = section.plain()
    body = [f"<p><b>{escape(plain['title'])}</b></p>"]
    if section.name == "verdict":
        rows = "".join(f"<li>{escape(one['what'])}</li>" for one in plain["findings"])
        body += [draw_needs(plain), f"<ol>{rows}</ol>"]
    else:
        rows = "".join(_tell_finding(one) for one in plain["findings"])
        body += [f"<ul>{rows}</ul>" if rows else ""]
    lines = f"<pre><code>{escape(plain['code'])}</code></pre>" if plain["code"] else ""
    body += [make_list(plain["says"], ""), lines, *draw_figures(section, images, **SMALL)]
    return "\n".join(filter(None, body))


def _tell_finding(finding: Mapping[str, Any]) -> str:
    """What is to be mended, what to do, and folded away the lines of Python that begin it."""
    act = finding["act"]
    told = [finding["what"], finding["more"], f"{act[:1].upper()}{act[1:]}."]
    told = " ".join(filter(None, told))
    folded = f"<pre><code>{escape(finding['code'])}</code></pre>"
    folded = f"<details><summary>In Python</summary>{folded}</details>" * bool(finding["code"])
    return f"<li><b>To mend.</b> {escape(told)}{folded}</li>"


def draw_needs(verdict: Mapping[str, Any], stated: bool = False) -> str:
    """A bar for each need: what was shown with its interval, and where the least lies; of needs
    that a person has stated in the colour of what became of each. More than `FEW` stand in a line
    each, and what they take is told once beneath."""
    rows, bars = verdict["tables"].get("Asked, and shown", []), []
    many = len(rows) > FEW
    for row in rows:
        words = tell_need(row, brief=many)
        if row["value"] is None:
            bars.append(f"<p>{escape(words)}.</p>")
            continue
        # MCC may lie below 0, where the bar begins.
        value, low, high = (max(0.0, row[one]) for one in ("value", "low", "high"))
        bars.append(
            f"<div{_tone(row) * stated}><p>{escape(words)}</p>"
            '<svg viewBox="0 0 400 40" preserveAspectRatio="none" role="img"'
            f' aria-label="{escape(words)}"><rect x="0" y="12" width="400" height="8" rx="4"'
            f' fill="var(--line, #cfd6dd)"/><rect x="{400 * low:.1f}" y="12"'
            f' width="{400 * (high - low):.1f}" height="8" rx="4" fill="var(--tone, #35618f)"'
            f' opacity="0.45"/><rect x="{400 * value - 2:.1f}" y="9" width="4" height="14" rx="2"'
            f' fill="var(--tone, #35618f)"/><rect x="{400 * _least(row) - 1:.1f}" y="4" width="2"'
            ' height="24" fill="currentColor"/></svg></div>'
        )
    notes = "".join(f"<p>{escape(one)}</p>" for one in _say_takes(rows)) if many else ""
    kind = "asked many" if many else "asked"
    return f'<div class="{kind}">{"".join(bars)}</div>{notes}' if bars else ""


def _say_takes(rows: list[Mapping[str, Any]]) -> list[str]:
    """What it takes to show needs, once for all of which it is the same."""
    by_words: dict[str, list[str]] = {}
    for row in rows:
        if row.get("takes"):
            by_words.setdefault(row["takes"], []).append(row["asked"])
    said = [f"{name_together(asked)}: {takes}." for takes, asked in by_words.items()]
    return [f"{one[:1].upper()}{one[1:]}" for one in said]


def tell_need(row: Mapping[str, Any], brief: bool = False) -> str:
    """What was asked for, what was shown and what it takes to show it, in words: "Recall of
    rust+scab: 97% (93% to 99%), where 95% is asked for; should it stay so, it takes …"; in brief
    "Recall of rust+scab: 97% (93% to 99%), asked: 95%"."""
    shown, least, takes = row["shown"], _least(row), "" if brief else row.get("takes")
    more = f"; {takes}" if takes else ""
    if row["value"] is None:
        return f"{row['asked'][:1].upper()}{row['asked'][1:]}: {shown}{more}"
    score = row["asked"].rpartition(" of at least ")[0]
    ends = [row[one] for one in ("value", "low", "high")]
    if score == "MCC":  # no share
        value, low, high, least = (f"{one:.2f}" for one in (*ends, least))
    else:
        value, low, high = (tell_share(one, least) for one in ends)
        least = percent(least)
    asked = f"asked: {least}" if brief else f"where {least} is asked for"
    words = f"{score[:1].upper()}{score[1:]}: {value} ({low} to {high}), {asked}"
    return words + ("" if shown in ("yes", "no", "neither") else f"; {shown}") + more


def _least(row: Mapping[str, Any]) -> float:
    return float(row["asked"].rpartition(" ")[2])


def _tone(row: Mapping[str, Any]) -> str:
    return f' class="{ {"yes": "go", "no": "no"}.get(row["shown"], "unsure") }"'


def draw_figures(
    section: Section, images: bool, quality: int = QUALITY, dots: int = DOTS
) -> list[str]:
    """Each picture of a section as HTML, photographs at that quality (of 100) and so many dots per
    inch; without `images` a line stands where photographs would."""
    found = []
    for picture in section.pictures:
        if picture.photographs and not images:
            told = "Photographs are left out of this copy of the report."
            found.append(f'<p class="eyebrow">{told}</p>')
            continue
        try:
            found.append(_draw(picture, section.guess, quality, dots))
        except Exception as error:  # the page must appear, whatever a picture lacks
            told = f"This picture could not be drawn ({type(error).__name__}: {error})."
            found.append(_boxed(told))
    return [one for one in found if one]


def _boxed(words: str) -> str:
    return f"<figure><p>{escape(words)}</p></figure>"


def _draw(picture: Picture, guess: float | None, quality: int, dots: int) -> str:
    import matplotlib.pyplot as plt

    from helpers.plots.style import STYLE, alt_text, figure_html

    plt.draw_if_interactive()  # a notebook's backend loads on first use and turns drawing on
    with plt.ioff(), plt.rc_context({**STYLE, "savefig.dpi": dots}):
        before = set(plt.get_fignums())
        try:
            figure = (picture.draw(guess) if picture.guessable else picture.draw()).figure
            # One that only says why there is nothing to draw says it in words instead.
            if not any(_shows(ax) for ax in figure.axes):
                return _boxed(" ".join(ax.get_title("left") for ax in figure.axes))
            drawn = figure_html(figure, quality=quality if picture.photographs else None)
            told = shorten(alt_text(figure), TOLD, placeholder=" …")
            return f'<figure class="plot" data-told="{escape(told)}">{drawn}</figure>'
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)


def _shows(ax) -> bool:
    return ax.has_data() or bool(ax.images) or any(map(_shows, ax.child_axes))


def make_list(lines: list[str], kind: str) -> str:
    """Sentences as a list of that class in the style sheet."""
    if not lines:
        return ""
    style = f' class="{kind}"' if kind else ""
    return f"<ul{style}>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"

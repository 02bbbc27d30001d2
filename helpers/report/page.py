"""The findings as one page that asks for nothing from anywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from helpers.report.sections import (
    DONE,
    FAILED,
    QUESTIONS,
    UNLABELLED,
    Picture,
    Section,
    percent,
)
from helpers.report.verdict import GO, NO_GO

MOST_ROWS = 25
QUALITY, DOTS = 72, 130
SMALL = {"quality": 60, "dots": 80}
"""Pictures in a notebook, which holds many."""
SAFE = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'"
"""What a browser is told that this page may fetch and run: nothing."""

_TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{safe}">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def make_page(
    plain: Mapping[str, Any], sections: Mapping[str, Section], images: bool = True,
    progress: bool = False, files: Mapping[str, tuple[str, Mapping[str, str]]] | None = None,
) -> str:  # fmt: skip
    """The whole page.

    Parameters
    ----------
    plain : dict
        From ``Report.json()``: all words come from there.
    sections : name → Section
        Their pictures come from there.
    images : bool
        Off: no photographs, and a line in place of each.
    progress : bool
        Draw a bar over the sections, once their pictures have taken two seconds.
    files : name → (what a row is, column → what it means)
        The tables that lie beside the page.
    """
    verdict, *others = plain["sections"]
    others = [one for one in others if not one["title"].endswith(UNLABELLED)]
    drawn = tqdm(others, "drawing the page", unit="section", delay=2, disable=not progress)
    name, day = escape(str(plain["dataset"])), datetime.now(UTC).date().isoformat()
    body = [
        f'<header><p class="eyebrow">Dataset report, {day}, {plain["images"]:,} images</p>',
        f"<h1>{name}</h1></header>\n<main>",
        _verdict(verdict, plain["asked by a person"]),
        _findings(verdict["findings"], plain["opened by"]),
        _contents(others),
        *(_part(one, plain["opened by"], _figures(sections[one["name"]], images)) for one in drawn),
        _unchecked(verdict["unchecked"]),
        _files(files or {}),
        "</main>",
        _footer(plain, images),
    ]
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    title = f"{name}: {escape(verdict['numbers']['verdict'])}"
    return _TEMPLATE.format(safe=SAFE, title=title, style=style, body="\n".join(body))


def make_snippet(section: Section, images: bool = True) -> str:
    """One section for a notebook, in the notebook's own style."""
    plain = section.plain()
    body = [f"<p><b>{escape(plain['title'])}</b></p>"]
    if section.name == "verdict":
        rows = "".join(f"<li>{escape(one['what'])}</li>" for one in plain["findings"])
        body += [_needs(plain), f"<ol>{rows}</ol>"]
    else:
        rows = (" ".join([one["what"], one["more"]]) for one in plain["findings"])
        rows = "".join(f"<li><b>To mend.</b> {escape(row)}</li>" for row in rows)
        body += [f"<ul>{rows}</ul>" if rows else ""]
    lines = f"<pre><code>{escape(plain['code'])}</code></pre>" if plain["code"] else ""
    body += [_list(plain["says"], ""), lines, *_figures(section, images, **SMALL)]
    return "\n".join(filter(None, body))


def _verdict(verdict: Mapping[str, Any], stated: bool) -> str:
    """The box on top; green and red are kept for needs that a person has stated."""
    word = verdict["numbers"]["verdict"]
    tone = {GO: "go", NO_GO: "no"}.get(word, "unsure") if stated else "assumed"
    headline = verdict["title"].removeprefix(f"{word}: ")
    return "\n".join([
        f'<div class="verdict {tone}"><p class="word">{escape(word)}</p>',
        f'<p class="headline">{escape(headline[:1].upper() + headline[1:])}.</p>',
        _needs(verdict), _list(verdict["says"], ""), "</div>",
    ])  # fmt: skip


def _needs(verdict: Mapping[str, Any]) -> str:
    """A bar for each need: what was shown with its interval, and where the least lies."""
    bars = []
    for row in verdict["tables"].get("Asked, and shown", []):
        least = float(row["asked"].rsplit(" ", 1)[-1])
        low, high, value = row["low"], row["high"], row["value"]
        if value is None:
            bars.append(f"<p>{escape(row['asked'])}: {escape(row['shown'])}.</p>")
            continue
        score = row["asked"].split(" of at least ")[0]
        words = f"{score[:1].upper() + score[1:]}: {_told(value, least)} ({_told(low, least)} to "
        words += f"{_told(high, least)}), where {percent(least)} is asked for"
        bars.append(
            f'<p>{escape(words)}</p><svg viewBox="0 0 400 40" preserveAspectRatio="none" role="img"'
            f' aria-label="{escape(words)}"><rect x="0" y="12" width="400" height="8" rx="4"'
            f' fill="var(--line)"/><rect x="{400 * low:.1f}" y="12"'
            f' width="{400 * (high - low):.1f}" height="8" rx="4" fill="var(--tone, #35618f)"'
            f' opacity="0.45"/><rect x="{400 * value - 2:.1f}" y="9" width="4" height="14" rx="2"'
            f' fill="var(--tone, #35618f)"/><rect x="{400 * least - 1:.1f}" y="4" width="2"'
            ' height="24" fill="currentColor"/></svg>'
        )
    return f'<div class="asked">{"".join(bars)}</div>' if bars else ""


def _told(share: float, least: float) -> str:
    """A share with as many digits as show on which side of `least` it lies."""
    ways = (percent(share), *(f"{share:.{digits}%}" for digits in (1, 2, 3)))
    return next((one for one in ways if float(one[:-1]) / 100 != least != share), ways[0])


def _findings(findings: list[Mapping[str, Any]], opening: str) -> str:
    if not findings:
        return "<h2>Mend first</h2><p>Nothing was found that asks to be mended.</p>"
    rows = []
    for one in findings:
        share = one["images"] / max(one["of"], 1)
        size = f"{one['images']:,} of {one['of']:,} images ({percent(share)})"
        if one["effect"] is not None:
            sure = one["low"] > 0 or one["high"] < 0
            size += "; effect measured" if sure else "; effect measured, and within chance"
        rows.append(
            f'<li><p class="what">{escape(one["what"])}</p>{_paragraph(one["more"])}<p'
            f' class="size">{size}, '
            f'<a href="#{_anchor(one["section"])}">the evidence</a></p>'
            f'<span class="bar" aria-hidden="true"><i style="width:{100 * min(share, 1):.1f}%"></i>'
            f'</span><div class="act"><p>{escape(one["act"][:1].upper() + one["act"][1:])}.</p>'
            f"{_code(one['code'], opening)}</div></li>"
        )
    why = "In the order of what is at stake: the effect on accuracy where one was measured and is "
    why += "beyond chance, else the share of images affected (the bar)."
    return f'<h2>Mend first</h2><p>{why}</p><ol class="mend">{"".join(rows)}</ol>'


def _paragraph(words: str) -> str:
    return f"<p>{escape(words)}</p>" if words else ""


def _code(lines: str, opening: str) -> str:
    if not lines:
        return ""
    first = ["from helpers import open_dataset", *re.findall(r"^from .*$", lines, re.M)]
    rest = re.sub(r"^from .*\n+", "", lines, flags=re.M)
    opened = [] if rest.startswith("dataset = ") else [f"dataset = {opening}"]
    whole = "\n".join([*sorted(first), "", *opened, rest])
    return f"<details><summary>In Python</summary><pre><code>{escape(whole)}</code></pre></details>"


def _contents(sections: list[Mapping[str, Any]]) -> str:
    links = [
        f'<li><a href="#{_anchor(one["name"])}">{escape(one["name"].capitalize())}</a></li>'
        for one in sections
    ]
    return f'<nav aria-label="Sections"><ul>{"".join(links)}</ul></nav>'


def _part(section: Mapping[str, Any], opening: str, figures: list[str]) -> str:
    state = {DONE: "", FAILED: " failed"}.get(section["state"], " left")
    first, *rest = section["says"] or [""]
    return "\n".join([
        f'<section class="part{state}" id="{_anchor(section["name"])}">',
        f'<p class="eyebrow">{escape(QUESTIONS.get(section["name"], section["name"]))}</p>',
        f"<h2>{escape(section['title'])}</h2>",
        f"<p>{escape(first)}</p>" if first else "", _list(rest, "more"),
        _list([" ".join([one["what"], one["more"]]) for one in section["findings"]], "mended"),
        _code(section["code"], opening), *figures,
        *(_table(title, rows) for title, rows in section["tables"].items()),
        "</section>",
    ])  # fmt: skip


def _figures(section: Section, images: bool, quality: int = QUALITY, dots: int = DOTS) -> list[str]:
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

    from helpers.plots.style import STYLE, figure_html

    plt.draw_if_interactive()  # a notebook's backend loads on first use and turns drawing on
    with plt.ioff(), plt.rc_context({**STYLE, "savefig.dpi": dots}):
        before = set(plt.get_fignums())
        try:
            figure = (picture.draw(guess) if picture.guessable else picture.draw()).figure
            # One that only says why there is nothing to draw says it in words instead.
            if not any(_shows(ax) for ax in figure.axes):
                return _boxed(" ".join(ax.get_title("left") for ax in figure.axes))
            drawn = figure_html(figure, quality=quality if picture.photographs else None)
            return f'<figure class="plot">{drawn}</figure>'
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)


def _shows(ax) -> bool:
    return ax.has_data() or bool(ax.images) or any(map(_shows, ax.child_axes))


def _table(title: str, rows: list[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    columns = list(rows[0])
    numeric = {
        name: all(isinstance(row[name], int | float | None) for row in rows) for name in columns
    }
    named = {name: name if name.endswith("_id") else name.replace("_", " ") for name in columns}
    head = "".join(_cell("th", named[name], numeric[name]) for name in columns)
    body = "".join(
        f"<tr>{''.join(_cell('td', row[name], numeric[name]) for name in columns)}</tr>"
        for row in rows[:MOST_ROWS]
    )
    more = len(rows) - MOST_ROWS
    told = f"<p>… and {more:,} more in the files beside this page.</p>" if more > 0 else ""
    return (
        f"<details><summary>{escape(title)} ({len(rows):,})</summary>"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        f"</div>{told}</details>"
    )


def _cell(tag: str, value: Any, number: bool) -> str:
    kind = ' class="number"' if number else ""
    if value is None:
        text = ""
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, float):
        text = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    else:
        text = f"{value:,}" if isinstance(value, int) else str(value)
    return f"<{tag}{kind}>{escape(text)}</{tag}>"


def _list(lines: list[str], kind: str) -> str:
    if not lines:
        return ""
    style = f' class="{kind}"' if kind else ""
    return f"<ul{style}>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _unchecked(lines: list[str]) -> str:
    lines = lines or ["Nothing that this report knows of."]
    rows = "".join(f"<li>{escape(line)}</li>" for line in dict.fromkeys(lines))
    return (
        '<section class="part" id="unchecked"><p class="eyebrow">What this report does not say</p>'
        f'<h2>Not checked</h2><ul class="unchecked">{rows}</ul></section>'
    )


def _files(files: Mapping[str, tuple[str, Mapping[str, str]]]) -> str:
    """What the columns of each table beside the page mean."""
    if not files:
        return ""
    found = []
    for name, (row, meant) in files.items():
        rows = "".join(
            f"<tr><td><code>{escape(str(column))}</code></td><td>{escape(words)}</td></tr>"
            for column, words in meant.items()
        )
        found.append(
            f"<details><summary>{escape(name)}</summary><p>{escape(row)}</p>"
            '<div class="scroll"><table><thead><tr><th>column</th><th>meaning</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></div></details>"
        )
    return (
        '<section class="part" id="tables"><p class="eyebrow">What lies beside this page</p>'
        f"<h2>The tables, column by column</h2>{''.join(found)}</section>"
    )


def _footer(plain: Mapping[str, Any], images: bool) -> str:
    left = ", ".join(plain["left out by the budget"]) or "nothing"
    failed = f" Sections that failed: {', '.join(plain['failed'])}." if plain["failed"] else ""
    return (
        "<footer><p>Made by the image classification dataset workbook within a budget of "
        f"{plain['budget in seconds']:,.0f} seconds, which left out {escape(left)}."
        f"{escape(failed)} This page holds no script and asks for nothing from the network"
        f"{'' if images else '; it shows no photographs'}.</p></footer>"
    )


def _anchor(name: str) -> str:
    return escape(name.replace(" ", "-"))

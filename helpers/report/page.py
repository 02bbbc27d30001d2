"""The findings as one page that asks for nothing from anywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from helpers.datasets.words import percent, tell_number
from helpers.findings.sections import DONE, FAILED, QUESTIONS, UNLABELLED, Section
from helpers.findings.showing import draw_figures, draw_needs, make_list
from helpers.report.verdict import GO, NO_GO, NOT_SHOWN

MOST_ROWS = 25
REGROUPING = {"group_by_time": "helpers.splits", "keep_together": "helpers.report.together"}
"""What a line that opens a dataset may call besides, and where it is from."""
SHORT = {"canaries": "Planted faults"}
"""Sections whose name says little to whoever meets it in a link."""
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
        _findings(verdict, plain["opened by"]),
        _contents(others),
        *(
            _part(one, plain["opened by"], draw_figures(sections[one["name"]], images))
            for one in drawn
        ),
        _unchecked(verdict["unchecked"]),
        _files(files or {}),
        "</main>",
        _footer(plain, images, bool(files)),
    ]
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    title = f"{name}: {escape(_word(verdict))}"
    return _TEMPLATE.format(safe=SAFE, title=title, style=style, body="\n".join(body))


def _word(verdict: Mapping[str, Any]) -> str:
    """The verdict in a word; that there is none where an error stopped it, which the rest says."""
    return verdict["numbers"].get("verdict", "No verdict")


def _verdict(verdict: Mapping[str, Any], stated: bool) -> str:
    """The box on top; green and red are kept for needs that a person has stated."""
    word = _word(verdict)
    tone = {GO: "go", NO_GO: "no"}.get(word, "unsure") if stated else "assumed"
    headline = verdict["title"].removeprefix(f"{word}: ")
    return "\n".join([
        f'<div class="verdict {tone}"><p class="word">{escape(word)}</p>',
        f'<p class="headline">{escape(headline[:1].upper() + headline[1:])}.</p>',
        draw_needs(verdict, stated), make_list(verdict["says"], ""), "</div>",
    ])  # fmt: skip


def _findings(verdict: Mapping[str, Any], opening: str) -> str:
    findings = verdict["findings"]
    if not findings:
        told = "Nothing was found that asks to be mended"
        if _word(verdict) in (NOT_SHOWN, NO_GO):
            told += "; what the needs lack stands under the verdict"
        return f"<h2>Mend first</h2><p>{told}.</p>"
    rows = []
    for one in findings:
        share = one["images"] / max(one["of"], 1)
        size = f"{one['images']:,} of {one['of']:,} images ({percent(share)})"
        if one["effect"] is not None:
            sure = one["low"] > 0 or one["high"] < 0
            size += "; effect measured" if sure else "; effect measured, and within chance"
        size += "; <b>puts the score in doubt</b>" * bool(one["blocks"])
        rows.append(
            f'<li><p class="what">{escape(one["what"])}</p>{_paragraph(one["more"])}<p'
            f' class="size">{size}, '
            f'<a href="#{_anchor(one["section"])}">the evidence: {escape(_named(one["section"]))}'
            "</a></p>"
            f'<span class="bar" aria-hidden="true"><i style="width:{100 * min(share, 1):.1f}%"></i>'
            f'</span><div class="act"><p>{escape(one["act"][:1].upper() + one["act"][1:])}.</p>'
            f"{_code(one['code'], opening)}</div></li>"
        )
    why = "In the order of what is at stake: a measured effect on accuracy (where it is within "
    why += "chance, as much as its interval allows), else the share of images affected (the bar). "
    why += "The two are not the same thing: take the order as a place to begin."
    if any(one["code"] for one in findings):
        why += " The lines of Python run in a notebook of the workbook or, but for those that show "
        why += "something, by .venv/bin/python; put the path of your folder where path/to/… stands."
    return f'<h2>Mend first</h2><p>{why}</p><ol class="mend">{"".join(rows)}</ol>'


def _paragraph(words: str) -> str:
    return f"<p>{escape(words)}</p>" if words else ""


def _code(lines: str, opening: str) -> str:
    if not lines:
        return ""
    first = ["from helpers import open_dataset", *re.findall(r"^from .*$", lines, re.M)]
    rest = re.sub(r"^from .*\n+", "", lines, flags=re.M)
    opened = [] if rest.startswith("dataset = ") else [f"dataset = {opening}"]
    needed = [name for name in REGROUPING if f"{name}(" in "".join([*opened, rest])]
    there = " ".join(first)
    first += [f"from {REGROUPING[name]} import {name}" for name in needed if name not in there]
    whole = "\n".join([*sorted(first), "", *opened, rest])
    shows = " in a notebook, which shows it" if _shows(rest) else ""
    code = f"<pre><code>{escape(whole)}</code></pre>"
    return f"<details><summary>In Python{shows}</summary>{code}</details>"


def _shows(lines: str) -> bool:
    """Whether the lines draw, or end on what only a notebook shows."""
    last = lines.rstrip().rpartition("\n")[2]
    return "plots." in lines or not re.match(r"\w+ = ", last)


def _contents(sections: list[Mapping[str, Any]]) -> str:
    links = [
        f'<li><a href="#{_anchor(one["name"])}">{escape(_named(one["name"]))}</a></li>'
        for one in sections
    ]
    return f'<nav aria-label="Sections"><ul>{"".join(links)}</ul></nav>'


def _named(name: str) -> str:
    """A section as links name it, and its heading, which begins with the same words."""
    return SHORT.get(name, name.capitalize())


def _heading(name: str) -> str:
    return f"{_named(name)}: {QUESTIONS[name]}" if name in QUESTIONS else _named(name)


def _part(section: Mapping[str, Any], opening: str, figures: list[str]) -> str:
    state = {DONE: "", FAILED: " failed"}.get(section["state"], " left")
    first, *rest = section["says"] or [""]
    return "\n".join([
        f'<section class="part{state}" id="{_anchor(section["name"])}">',
        f'<p class="eyebrow">{escape(_heading(section["name"]))}</p>',
        f"<h2>{escape(section['title'])}</h2>",
        f"<p>{escape(first)}</p>" if first else "", make_list(rest, "more"),
        make_list([" ".join([one["what"], one["more"]]) for one in section["findings"]], "mended"),
        _code(section["code"], opening), *figures,
        *(_table(title, rows) for title, rows in section["tables"].items()),
        "</section>",
    ])  # fmt: skip


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
    told = f"<p>… and {more:,} more; report.json, where it lies beside this page, has all.</p>" * (
        more > 0
    )
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
        text = tell_number(value)
    else:
        text = f"{value:,}" if isinstance(value, int) else str(value)
    return f"<{tag}{kind}>{escape(text)}</{tag}>"


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


def _footer(plain: Mapping[str, Any], images: bool, beside: bool) -> str:
    """`beside` where run.json lies beside the page: how long it took varies, and stands there."""
    left = ", ".join(plain["left out by the budget"]) or "nothing"
    failed = f" Sections that failed: {', '.join(plain['failed'])}." if plain["failed"] else ""
    return (
        "<footer><p>Made by the image classification dataset workbook, planned for a budget of "
        f"{plain['budget in seconds']:,.0f} seconds, which left out {escape(left)}"
        f"{'; run.json says how long this run took' * beside}."
        f"{escape(failed)} This page holds no script and asks for nothing from the network"
        f"{'' if images else '; it shows no photographs'}.</p></footer>"
    )


def _anchor(name: str) -> str:
    return escape(name.replace(" ", "-"))

"""What the review shows, as HTML: claims, classes to choose from, examples, pictures, keys."""

from base64 import b64encode
from io import BytesIO

from PIL import ImageOps

from helpers.datasets import DatasetError
from helpers.datasets.words import count
from helpers.panels.text import named, safe
from helpers.review.cases import claim_html, evidence_html

LARGEST, TINY = 2400, 200
"""Longest side in pixels: of a picture at full size; of one whose pixels are drawn as squares."""
MEANINGS = {
    "k": "keep, both of a pair",
    "d": "drop",
    "1–9": "relabel to the class of that number",
    "s": "relabel to the label in the list, the suggested one first",
    "0": "type a new class; Enter takes it",
    "c": "cannot tell: looked at, left as it is",
    "u": "undo",
    "← →": "step back, forward",
    "l r": "left, right image of a pair",
    "n": "note; Enter goes back",
    "z": "zoom, or click the picture; arrows move it",
    "g": "grid, or one at a time",
    "a": "in the grid, all of these; Space or a click chooses one",
    "?": "this list",
    "Esc": "close; then leave the widget",
}
KEYS = (
    '<div class="closes"><b>Keys</b><button data-key="Escape">Close</button></div>'
    '<div class="keylist">'
    + "".join(f"<div><kbd>{key}</kbd>{told}</div>" for key, told in MEANINGS.items())
    + "</div>"
)
HINT = (
    '<div class="hint">Click the picture, then press <kbd>k</kbd> keep, <kbd>d</kbd> drop, '
    "<kbd>1</kbd>–<kbd>9</kbd> relabel, <kbd>c</kbd> cannot tell, <kbd>u</kbd> undo, "
    '<kbd>←</kbd> <kbd>→</kbd> step. <button data-key="?"><kbd>?</kbd> All keys</button></div>'
)


def told_html(dataset, case) -> str:
    """Return what is claimed about a case, and the evidence for it."""
    return claim_html(dataset, case) + evidence_html(case)


def pictures_html(figures: str, meant: int | None) -> str:
    """Return the figures with what a click on them does; the one that is meant stands out."""
    parts = figures.split("<figure")[1:]
    shown = [
        f'<figure data-key="z{place}"{" class=meant" if place == meant else ""}{part}'
        for place, part in enumerate(parts)
    ]
    return "".join(shown) or "No suspects to show."


def classes_html(numbered: list[str], total: int, given, suggested) -> str:
    """Return the classes that a digit relabels to, as buttons."""
    kind = {given: "given", suggested: "suggested"}
    buttons = [
        f'<button class="{kind.get(name, "other")}" data-key="{number}"><kbd>{number}</kbd> '
        f"{safe(named(name))}{_role(kind.get(name))}</button>"
        for number, name in enumerate(numbered, 1)
    ]
    more = count(total - len(numbered), "more class")
    buttons += [f'<span class="hint">{more} in the list</span>'] if total > len(numbered) else []
    return f'<div class="classes" role="group" aria-label="Relabel to">{"".join(buttons)}</div>'


def _role(kind: str | None) -> str:
    return f' <span class="quiet">({kind})</span>' if kind else ""


def examples_html(label: str, role: str, nearest: bool, figures: str) -> str:
    """Return examples of one class below a heading that says which they are."""
    name = safe(named(label))
    if not figures:
        return f'<p class="of">No other image of {name} ({role})</p>'
    told = f"Nearest of {name} ({role})" if nearest else f"Some of {name} ({role}), not by likeness"
    return f'<p class="of">{told}</p><div class="some">{figures}</div>'


def zoomed_html(dataset, image_id: str) -> str:
    """Return a picture at full size, in a box that scrolls, or why there is none."""
    close = '<button data-key="Escape">Close (Esc)</button>'
    try:
        image = dataset.load(image_id)
    except DatasetError as problem:
        return f'<div class="closes">{close}</div><div class="unreadable">{safe(problem)}</div>'
    told = f"{safe(image_id)}: {image.width:,} × {image.height:,} pixels"
    tiny = " tiny" if max(image.size) <= TINY else ""
    if max(image.size) > LARGEST:
        image = ImageOps.contain(image, (LARGEST, LARGEST))
        told += f", shown at {image.width:,} × {image.height:,}"
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=92)
    data = b64encode(buffer.getvalue()).decode()
    picture = f'<img alt="{safe(image_id)}" src="data:image/jpeg;base64,{data}"'
    return (
        f'<div class="closes"><span>{told}</span>{close}</div>'
        f'<div class="box" tabindex="0" data-key="Escape">{picture} class="full{tiny}"></div>'
    )

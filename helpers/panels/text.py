"""Values as text and HTML; whatever comes from files or tables is escaped."""

from html import escape

import pandas as pd


def plain(value: object) -> str:
    """Return one line of printable text for a cell of a table or a file name."""
    if isinstance(value, str):
        return " ".join(value.encode("utf-8", "replace").decode().split())
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "–"
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    return f"{value:.4g}" if pd.api.types.is_float(value) else plain(str(value))


def named(name: str) -> str:
    """Return a class name as `plain` does, with the spaces around it visible ("oak␣")."""
    text = plain(name)
    if not isinstance(name, str) or name == name.strip():
        return text
    left, right = (len(name) - len(side) for side in (name.lstrip(), name.rstrip()))
    return "␣" * left + text + "␣" * right * bool(text)


def safe(value: object) -> str:
    """Return `plain(value)` escaped for HTML, attributes included."""
    return escape(plain(value))


def details_html(rows: pd.DataFrame, *image_ids: str) -> str:
    """Return all columns of the images as an HTML table, a column of it for each image.

    Rows in which two images differ are set in bold.
    """
    found = [rows.loc[[image_id]] for image_id in image_ids]
    lines = {"file": [safe(image_id) for image_id in image_ids]}
    for name in rows:
        lines[safe(name)] = [", ".join(dict.fromkeys(map(safe, one[name]))) for one in found]
    body = "".join(
        f"<tr{' class=differs' if len(set(cells)) > 1 else ''}><th>{name}</th>"
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
        for name, cells in lines.items()
    )
    return f'<div class="details"><table>{body}</table></div>'

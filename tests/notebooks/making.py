"""Small notebooks for the tests: a good one, and ways to spoil it."""

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


def code(source: str, *outputs: NotebookNode, tags: list[str] | None = None) -> NotebookNode:
    cell = new_code_cell(source, outputs=list(outputs))
    if tags:
        cell.metadata.tags = tags
    return cell


def printed(text: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=text)


def picture(png: str, alt: str = "A leaf on stone.") -> NotebookNode:
    html = f'<img alt="{alt}" src="data:image/png;base64,{png}">'
    data = {"text/html": html, "text/plain": "<Figure size 640x480 with 1 Axes>"}
    return new_output("display_data", data)


def notebook(*cells: NotebookNode | str) -> NotebookNode:
    """A notebook of these cells; text makes a markdown cell. Cells are numbered as if executed."""
    made = new_notebook(
        cells=[new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in cells],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
    )
    return renumber(made)


def renumber(made: NotebookNode) -> NotebookNode:
    """Number cells as if executed from the first to the last."""
    count = 0
    for place, cell in enumerate(made.cells):
        cell.id = f"cell-{place}"
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
    return made


def good_cells() -> list[NotebookNode | str]:
    """Cells of a notebook numbered 99 that keeps every rule; the tests spoil one at a time."""
    return [
        "# 99 Leaves\nYou will be able to tell leaves apart. 20 minutes. Prerequisites: none.",
        code(
            "from helpers import expect, open_dataset\n\ndataset = open_dataset()",
            tags=["parameters"],
        ),
        "How many are there?",
        code("len(dataset)", printed("3600")),
        code("draw(dataset)", picture("aGVsbG8=")),
        "Read the picture from left to right; `0.5` is code and $0.5$ a formula.",
        code(
            "seconds = measure(dataset)\nseconds",
            printed("12.5 s"),
            tags=["measured", "nbval-ignore-output"],
        ),
        code('expect(dataset, "seconds", seconds, below=60)', printed("Checked: seconds …")),
        "## What we saw\nLeaves.",
        "## Exercises\nLike exercise 02.2.",
        "## On your own data",
    ]


def write(path, *cells: NotebookNode | str):
    nbformat.write(notebook(*cells), path)
    return path

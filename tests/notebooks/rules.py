"""The rules that every stored notebook keeps, each a function that yields what breaks it.

A rule takes the notebook and its number, and yields one sentence per breach. `breaches` reads a
file and asks all of them.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import nbformat
from nbformat import NotebookNode

from helpers import widgets
from helpers.course import exercises
from helpers.course.copies import LEAVES, OWN_DATA, for_leaves, for_own_data, holds_text
from helpers.course.notebooks import LARGEST_BYTES, MEASURED, PICTURE, ROOT

Rule = Callable[[NotebookNode, int], Iterator[str]]
RULES: list[Rule] = []

IGNORED, EXERCISE = "nbval-ignore-output", "exercise"
MOST_CELLS, MOST_WORDS, MEDIAN_LINES, MOST_LINES = 50, 1700, 3, 15
FIRST_CHAPTER_THAT_TESTS = 10
SECTIONS = ("what we saw", "exercises", "on your own data")
LAST_SECTION, FOLDED = "does this still hold?", "jp-MarkdownHeadingCollapsed"
OPENING_WORDS = ("able to", "minutes", "prerequisites")


def rule(function: Rule) -> Rule:
    RULES.append(function)
    return function


def breaches(path: Path) -> list[str]:
    """What breaks the rules in a stored notebook, each sentence led by the name of the rule."""
    found = []
    if path.stat().st_size > LARGEST_BYTES:
        found.append(f"size: {path.stat().st_size:,} bytes, more than {LARGEST_BYTES:,}")
    notebook = nbformat.read(path, as_version=4)
    number = int(path.name[:2])
    for check in RULES:
        found += [f"{check.__name__}: {breach}" for breach in check(notebook, number)]
    return found


def code_cells(
    notebook: NotebookNode, *, narrative: bool = False
) -> list[tuple[int, NotebookNode]]:
    """Code cells with their place; only those that are not exercises if `narrative`."""
    return [
        (place, cell)
        for place, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and not (narrative and EXERCISE in tags(cell))
    ]


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def stored_text(cell: NotebookNode) -> str:
    """All text that a cell's stored outputs hold, pictures aside."""
    parts = []
    for output in cell.get("outputs", []):
        parts.append(output.get("text", ""))
        parts.append(output.get("evalue", ""))
        for kind, content in output.get("data", {}).items():
            if not kind.startswith("image/") or kind == "image/svg+xml":
                parts.append(PICTURE.sub("", str(content)))
    return "\n".join(parts)


def prose(notebook: NotebookNode) -> list[tuple[int, NotebookNode, str]]:
    """Markdown cells, and raw ones of markdown, with their text, less code, formulas, addresses."""
    cleaned = []
    for place, cell in enumerate(notebook.cells):
        if holds_text(cell):
            text = re.sub(r"```.*?```|`[^`]*`", " ", cell.source, flags=re.DOTALL)
            text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", " ", text, flags=re.DOTALL)
            text = re.sub(r"\]\([^)]*\)|<[^>]*>|https?://\S+", " ", text)
            cleaned.append((place, cell, text))
    return cleaned


def parse(cell: NotebookNode) -> ast.Module:
    """The cell's syntax tree; lines for IPython itself (% and !) are left out."""
    lines = [line for line in cell.source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    return ast.parse("\n".join(lines))


def calls(cell: NotebookNode) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(parse(cell)):
        if isinstance(node, ast.Call):
            name = node.func
            yield getattr(name, "attr", getattr(name, "id", "")), node


def is_claims(call: ast.Call) -> bool:
    """Whether it is ``claims.check(…)``."""
    return ast.unparse(call.func) == "claims.check"


@rule
def every_code_cell_is_executed(notebook, number):
    # nbval passes a cell that was never executed and has no outputs.
    counts = [(place, cell.execution_count) for place, cell in code_cells(notebook)]
    for expected, (place, count) in enumerate(counts, start=1):
        if count != expected:
            yield f"cell {place} has execution count {count}, expected {expected}"
    for place, cell in code_cells(notebook):
        if not cell.source.strip():
            yield f"cell {place} is empty"


@rule
def nothing_is_skipped(notebook, number):
    forbidden = {"nbval-skip", "nbval-raises-exception", "raises-exception", "skip-execution"}
    for place, cell in code_cells(notebook):
        for tag in forbidden & {tag.lower().replace("_", "-") for tag in tags(cell)}:
            yield f"cell {place} is tagged {tag}"
        if re.search(r"#\s*(PYTEST_VALIDATE|NBVAL)_", cell.source):
            yield f"cell {place} steers nbval by a comment; use tags"


@rule
def ignored_outputs_are_measured_and_claimed(notebook, number):
    # Of what is measured without being ignored nbval compares the words (see conftest.py).
    for place, cell in code_cells(notebook):
        if IGNORED in tags(cell) and MEASURED not in tags(cell):
            yield f"cell {place} has the tag {IGNORED} without {MEASURED}"
        if MEASURED not in tags(cell) or not re.search(r"\d", stored_text(cell)):
            continue
        later = [
            name == "expect" or is_claims(call)
            for after, other in code_cells(notebook)
            if after > place and MEASURED not in tags(other)
            for name, call in calls(other)
        ]
        if not any(later):
            yield f"no compared cell after cell {place} claims anything of what it measured"


@rule
def its_claims_come_last_and_folded(notebook, number):
    cells = code_cells(notebook)
    claiming = [
        (place, call) for place, cell in cells for _, call in calls(cell) if is_claims(call)
    ]
    if len(claiming) > 1:
        yield f"{len(claiming)} calls of claims.check, more than one"
    for place, call in claiming:
        if place != cells[-1][0]:
            yield f"cell {place} calls claims.check before the last code cell"
        if [one.value for one in call.args[:1] if isinstance(one, ast.Constant)] != [
            f"{number:02d}"
        ]:
            yield f"cell {place} checks the claims of another notebook"
        heading = notebook.cells[place - 1]
        if not heading.source.lower().startswith(f"## {LAST_SECTION}"):
            yield f'cell {place} does not follow the heading "{LAST_SECTION.capitalize()}"'
        elif not heading.metadata.get(FOLDED):
            yield f"the heading before cell {place} has no metadata {FOLDED}: true"


@rule
def no_error_is_stored(notebook, number):
    for place, cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"cell {place} stores {output.ename}"
            elif output.get("name") == "stderr":
                yield f"cell {place} stores what was written to stderr"


@rule
def the_test_split_stays_closed(notebook, number):
    if number >= FIRST_CHAPTER_THAT_TESTS:
        return
    for place, cell in code_cells(notebook):
        for name, call in calls(cell):
            values = [*call.args, *(keyword.value for keyword in call.keywords)]
            words = [value.value for value in values if isinstance(value, ast.Constant)]
            if name == "open_test" or (name == "part" and "test" in words):
                yield f"cell {place} opens the test split"
        for node in ast.walk(parse(cell)):
            if isinstance(node, ast.Compare) and any(
                isinstance(side, ast.Constant) and side.value == "test"
                for side in [node.left, *node.comparators]
            ):
                yield f"cell {place} selects rows of the test split"


@rule
def it_is_short(notebook, number):
    for reader, made in (("the leaves", for_leaves), ("other data", for_own_data)):
        edition = made(notebook)
        if len(edition.cells) > MOST_CELLS:
            yield f"{len(edition.cells)} cells for {reader}, more than {MOST_CELLS}"
        words = sum(len(text.split()) for _, _, text in prose(edition))
        if words > MOST_WORDS:
            yield f"{words} words for {reader}, more than {MOST_WORDS}"
    lengths = {
        place: sum(bool(line.strip()) for line in cell.source.splitlines())
        for place, cell in code_cells(notebook, narrative=True)
    }
    if lengths and median(lengths.values()) > MEDIAN_LINES:
        yield f"half of the code cells have more than {MEDIAN_LINES} lines"
    for place, length in lengths.items():
        if length > MOST_LINES:
            yield f"cell {place} has {length} lines, more than {MOST_LINES}"


@rule
def narrative_cells_define_nothing(notebook, number):
    for place, cell in code_cells(notebook, narrative=True):
        for node in ast.walk(parse(cell)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield f"cell {place} defines {node.name}"


@rule
def results_in_prose_are_computed(notebook, number):
    keys = exercises.keys()
    for place, cell, text in prose(notebook):
        if "stated" in tags(cell):
            continue
        for found in re.finditer(r"\d+(?:\.\d+)?\s?(?:%|percent|points)|\b\d+\.\d+\b", text):
            if found.group() not in keys:
                yield f'cell {place} types "{found.group()}"'


@rule
def it_follows_the_template(notebook, number):
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown" or not first.source.startswith("# "):
        yield "the first cell is no title"
        return
    for words in OPENING_WORDS:
        if words not in first.source.lower():
            yield f'the first cell does not say "{words}"'
    headings = [
        line.lstrip("# ").strip().lower()
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("## ")
    ]
    places = []
    for section in SECTIONS:
        if section in headings:
            places.append(headings.index(section))
        else:
            yield f'there is no section "{section}"'
    if places != sorted(places):
        yield f"the sections {', '.join(SECTIONS)} are not in this order"


@rule
def its_dataset_is_a_parameter(notebook, number):
    openings = [
        (place, cell)
        for place, cell in code_cells(notebook)
        if any(name == "open_dataset" for name, _ in calls(cell))
    ]
    if len(openings) != 1:
        yield f"{len(openings)} cells open a dataset, expected 1"
    for place, cell in openings:
        if "parameters" not in tags(cell):
            yield f"cell {place} opens the dataset and is not tagged parameters"
        if "dataset = open_dataset()" not in cell.source.splitlines():
            yield f"cell {place} does not hold the line dataset = open_dataset()"


@rule
def cells_for_one_kind_of_data_are_stored_as_such(notebook, number):
    for place, cell in enumerate(notebook.cells):
        here, own = {"parameters", LEAVES} <= set(tags(cell)), OWN_DATA in tags(cell)
        if here or {LEAVES, OWN_DATA} <= set(tags(cell)):
            yield f"cell {place} is left out of copies that need it"
        if (cell.cell_type == "raw") != own:
            yield f"cell {place} is {cell.cell_type}, but raw is what is tagged {OWN_DATA}"
        if cell.cell_type == "raw" and not holds_text(cell):
            try:
                parse(cell)
            except SyntaxError as error:
                yield f"cell {place} is no Python: {error.msg}"


@rule
def its_exercises_are_stubs(notebook, number):
    every = exercises.keys()
    expected = {key for key in every if key.startswith(f"{number:02d}.")}
    found = set()
    for place, cell in code_cells(notebook):
        for name, call in calls(cell):
            if name != "check" or not call.args or not isinstance(call.args[0], ast.Constant):
                continue
            if is_claims(call):
                continue
            found.add(call.args[0].value)
            if EXERCISE not in tags(cell):
                yield f"cell {place} checks an exercise and is not tagged {EXERCISE}"
            if "not answered yet" not in stored_text(cell):
                yield f"cell {place} does not store an unanswered exercise"
    for key in sorted(found ^ expected):
        yield f"exercise {key} is {'not in the notebook' if key in expected else 'unknown'}"


@rule
def outputs_name_no_machine(notebook, number):
    places_of_this_machine = {str(ROOT), str(Path.home())} - {"/"}
    pattern = "|".join(
        [
            *map(re.escape, sorted(places_of_this_machine)),
            r"/(?:home|Users|tmp|var/folders)/\w+",
            r"\b[A-Z]:\\\w+",
            r"0x[0-9a-f]{6,}",
            r"ipykernel_\d+",
        ]
    )
    for place, cell in code_cells(notebook):
        for found in re.finditer(pattern, stored_text(cell)):
            yield f'cell {place} stores "{found.group()}"'


@rule
def metadata_say_nothing_of_the_run(notebook, number):
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernel is not python3"
    for name in sorted(set(notebook.metadata) - {"kernelspec", "language_info"}):
        yield f"the notebook has metadata {name}"
    for name in sorted(set(notebook.metadata.get("language_info", {})) - {"name"}):
        yield f"language_info has {name}"
    for place, cell in enumerate(notebook.cells):
        allowed = {"tags", {"markdown": FOLDED, "raw": "raw_mimetype"}.get(cell.cell_type, "tags")}
        for name in sorted(set(cell.metadata) - allowed):
            yield f"cell {place} has metadata {name}"


@rule
def pictures_say_what_they_show(notebook, number):
    for place, cell in code_cells(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            for kind in sorted(data):
                if kind.startswith("image/"):
                    yield f"cell {place} stores {kind}, whose alt text nobody shows; store HTML"
            for image in re.findall(r"<img\b[^>]*>", data.get("text/html", "")):
                if not re.search(r'\balt="[^"]*[^"\s]', image):
                    yield f"the picture of cell {place} has no alt text"


@rule
def what_is_drawn_is_shown(notebook, number):
    for place, cell in code_cells(notebook):
        drawn = [
            node.func.attr
            for node in ast.walk(parse(cell))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and getattr(node.func.value, "id", "") == "plots"
        ]
        if set(drawn) - {"use_style", "alt", "palette"} and "<img" not in "".join(
            str(output.get("data", {}).get("text/html", "")) for output in cell.outputs
        ):
            yield f"cell {place} draws plots.{drawn[-1]} and shows no picture"


@rule
def widgets_leave_a_still_picture(notebook, number):
    for place, cell in code_cells(notebook):
        last = (parse(cell).body or [None])[-1]
        if not isinstance(last, ast.Expr) or not isinstance(last.value, ast.Call):
            continue
        if getattr(last.value.func, "id", "") in widgets.__all__ and not any(
            '<figure class="still"' in output.get("data", {}).get("text/html", "")
            for output in cell.outputs
        ):
            yield f"the widget of cell {place} has no still picture"

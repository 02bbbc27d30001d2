"""Do the tests bite? Change one thing in a module at random, and see whether its tests notice.

``python -m studies.mutants helpers/splits.py tests/test_splits.py`` makes forty mutants of the
module, one after another, in a copy of the repository, and runs those tests on each: a comparison,
an operator, a number or a condition is changed. What survives was not tested, or makes no
difference. ``--table studies/mutants.csv`` keeps the rows; a note once written there
("equivalent: …") stays with its mutant. Runs on Linux and macOS.
"""

import argparse
import ast
import contextlib
import copy
import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

import pytest

HERE = os.getcwd()
LOADED = (
    "pandas",
    "pyarrow.parquet",
    "PIL.Image",
    "scipy.stats",
    "scipy.sparse.csgraph",
    "tqdm.auto",
)
LOADED += ("sklearn.linear_model", "sklearn.decomposition", "sklearn.model_selection")
COLUMNS = ["module", "seed", "line", "was", "became", "killed", "note"]
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
OPERATORS = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,), ast.Mod: (ast.Mult,), ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,), ast.BitXor: (ast.BitOr,),
}  # fmt: skip


def mutate(source: str) -> Iterator[tuple[int, str, str, str]]:
    """Every mutant of a module: line, the piece as it was, as it became, and the whole source."""
    tree, seen = _without_hints(source), set()
    for number, node in enumerate(ast.walk(tree)):
        for change in range(len(_changes(node))):
            changed = copy.deepcopy(tree)
            at = next(n for i, n in enumerate(ast.walk(changed)) if i == number)
            _changes(at)[change]()
            if (text := ast.unparse(changed)) not in seen:
                seen.add(text)
                yield node.lineno, _piece(tree, node), _piece(changed, at), text


def _without_hints(source: str) -> ast.Module:
    """The module without its type hints, which are never carried out."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return tree


def _piece(tree: ast.AST, node: ast.AST) -> str:
    """The node as text; of a statement or a lone number, what is around it on its line."""
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        return f"if {ast.unparse(node.test)}"
    if isinstance(node, ast.Constant):
        around = [n for n in ast.walk(tree) if node in ast.iter_child_nodes(n)]
        if around and isinstance(around[0], (ast.expr, ast.Assign, ast.Return)):
            return ast.unparse(around[0])
    return ast.unparse(node)


def _changes(node: ast.AST) -> list:
    """What can be changed in this one node, each a function that does it."""
    if isinstance(node, ast.Compare):
        return [
            lambda i=i, other=other: node.ops.__setitem__(i, other())
            for i, op in enumerate(node.ops)
            for other in COMPARISONS[type(op)]
        ]
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        others = OPERATORS.get(type(node.op), ())
        return [lambda other=other: setattr(node, "op", other()) for other in others]
    if isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        return [lambda: setattr(node, "op", other())]
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        if "TYPE_CHECKING" in ast.unparse(node.test):
            return []
        return [lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))]
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return [lambda: setattr(node, "value", not node.value)]
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        nearby = (node.value + 1, node.value * 2) if node.value else (1,)
        return [lambda value=value: setattr(node, "value", value) for value in nearby]
    return []


def copy_repository(folder: Path) -> None:
    """The files that git knows or does not ignore, without the stored notebooks' weight."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, text=True).splitlines():
        if Path(name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, folder / name)


def run_tests(folder: Path, tests: list[str], seconds: float) -> bool:
    """Whether the tests pass in `folder` within `seconds`.

    A child forked from this process, which has the large libraries loaded, starts at once.
    """
    child = get_context("fork").Process(target=_run_here, args=(folder, tests))
    child.start()
    child.join(seconds)
    if child.is_alive():
        child.kill()
        child.join()
    return child.exitcode == 0


def _run_here(folder: Path, tests: list[str]) -> None:
    os.setpgrp()
    os.chdir(folder)
    os.environ |= {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.path[:] = [str(folder), *(place for place in sys.path if Path(place) != Path(HERE))]
    sys.dont_write_bytecode = True
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    # What noticed the last mutant is asked first.
    options = ["-x", "-q", "--ff", "-o", "addopts=", "-W", "ignore"]
    os._exit(pytest.main([*options, "--import-mode", "importlib", "--rootdir", ".", *tests]))


def measure(module: str, tests: list[str], count: int, seed: int) -> list[dict]:
    """A row for each of `count` mutants of `module`, chosen by `seed`.

    Raises
    ------
    SystemExit
        The tests do not pass on the module as it is.
    """
    every = list(mutate(Path(module).read_text(encoding="utf-8")))
    chosen = random.Random(seed).sample(every, min(count, len(every)))
    for library in LOADED:
        with contextlib.suppress(ImportError):
            import_module(library)
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        copy_repository(folder)
        started = time.monotonic()
        if not run_tests(folder, tests, 900):
            raise SystemExit(f"{' '.join(tests)} fail on {module} as it is; mend them first.")
        seconds = 20 + 5 * (time.monotonic() - started)
        for line, was, became, source in sorted(chosen, key=lambda mutant: mutant[:3]):
            (folder / module).write_text(source, encoding="utf-8")
            killed = not run_tests(folder, tests, seconds)
            rows.append(
                dict(zip(COLUMNS, (module, seed, line, was, became, killed, ""), strict=True))
            )
            print(
                "killed  " if killed else "SURVIVED",
                f"{module}:{line}  {was}  ->  {became}",
                flush=True,
            )
    return rows


def store(rows: list[dict], table: Path) -> None:
    """Replace the rows of these modules in `table`; a note stays with its mutant."""
    old = []
    if table.exists():
        with table.open(newline="", encoding="utf-8") as file:
            old = list(csv.DictReader(file))
    notes = {(row["module"], row["was"], row["became"]): row["note"] for row in old}
    for row in rows:
        row["note"] = notes.get((row["module"], row["was"], row["became"]), "")
    again = {(row["module"], str(row["seed"])) for row in rows}
    rows = [row for row in old if (row["module"], row["seed"]) not in again] + rows
    rows.sort(key=lambda row: (row["module"], int(row["seed"]), int(row["line"])))
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("module", help="e.g. helpers/splits.py")
    parser.add_argument("tests", nargs="+", help="the tests that ought to notice")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", type=Path, help="where to keep the rows")
    options = parser.parse_args()
    rows = measure(options.module, options.tests, options.count, options.seed)
    killed = sum(row["killed"] for row in rows)
    print(f"{options.module}: {killed} of {len(rows)} mutants killed ({killed / len(rows):.0%})")
    if options.table:
        store(rows, options.table)


if __name__ == "__main__":
    main()

"""Do the tests bite? Change one thing in a module at random, and see whether its tests notice.

``python -m studies.mutants helpers/splits/leaks.py`` makes forty mutants of the module, one after
another, in a copy of the repository, and runs the tests named after it on each: a comparison, an
operator, a number or a condition is changed. What survives was not tested, or makes no difference.
``--table studies/mutants.csv`` keeps the rows; a note once written there ("equivalent: …") stays
with its mutant. Runs on Linux and macOS.
"""

import argparse
import ast
import contextlib
import copy
import csv
import enum
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from types import FunctionType

import pytest
from _pytest.runner import runtestprotocol

LOADED = (
    "pandas",
    "pyarrow.parquet",
    "PIL.Image",
    "scipy.stats",
    "scipy.sparse.csgraph",
    "tqdm.auto",
)
LOADED += ("sklearn.linear_model", "sklearn.decomposition", "sklearn.model_selection")
WHOLE = 10**6
"""The last line of a span that is the whole module."""
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
    hints = [n.annotation for n in ast.walk(tree) if isinstance(n, ast.AnnAssign)]
    hints = {id(n) for hint in hints for n in ast.walk(hint)}
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in hints:
            continue
        for change in range(len(_changes(node))):
            changed = copy.deepcopy(tree)
            at = next(n for i, n in enumerate(ast.walk(changed)) if i == number)
            _changes(at)[change]()
            if (text := ast.unparse(changed)) not in seen:
                seen.add(text)
                yield node.lineno, _piece(tree, node), _piece(changed, at), text


def _without_hints(source: str) -> ast.Module:
    """The module without the type hints of its functions, which are never carried out."""
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
        if around and isinstance(
            around[0], (ast.expr, ast.keyword, ast.Assign, ast.AnnAssign, ast.Return)
        ):
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


def mirrored(module: str) -> list[str]:
    """The tests named after a module: of helpers/a/b.py, tests/a/test_b.py and test_b_*.py."""
    place = Path(module)
    folder = Path("tests", *place.parent.parts[1:])
    return [str(path) for name in ("", "_*") for path in folder.glob(f"test_{place.stem}{name}.py")]


class Biting:
    """A pytest plugin that runs the collected tests on every mutant, each in a forked child.

    The tests and what they import are loaded once. A mutant is run by the tests that carry out its
    lines, the quickest first, until one notices; by all of them where none does, as worker
    processes are not watched. A child that takes five times the processor time has been noticed.
    """

    def __init__(self, module: str, mutants: list[tuple[int, str, str, str]]):
        self.module, self.mutants, self.rows = module, mutants, []

    def pytest_runtestloop(self, session) -> bool:
        path = Path(self.module).resolve()
        original = path.read_text(encoding="utf-8")
        items = session.items
        _, told = in_child(lambda: watch(path, self.module, original, items))
        if told is None or (bad := [items[i].nodeid for i, one in told.items() if one is None]):
            raise pytest.UsageError(f"fail on {self.module} as it is: {bad if told else 'all'}")
        spans = statements(original)
        for line, was, became, source in self.mutants:
            first, last = spans.get(line, (line, line))
            near = [i for i, (_, lines) in told.items() if any(first <= n <= last for n in lines)]
            if last == WHOLE:  # a test may read a constant and carry out no line
                near = [*told]
            near = sorted(near or told, key=lambda i: told[i][0])
            path.write_text(source, encoding="utf-8")  # for processes that the tests start
            limit = 10 + 5 * sum(told[i][0] for i in near)
            chosen = [items[i] for i in near]
            code, _ = in_child(lambda s=source, c=chosen: noticed(path, self.module, s, c), limit)
            self.rows.append([line, was, became, code != 0])
            print(f"{'SURVIVED' if code == 0 else 'killed  '} {line}  {was}  ->  {became}",
                  file=sys.__stderr__, flush=True)  # fmt: skip
        path.write_text(original, encoding="utf-8")
        return True


def statements(source: str) -> dict[int, tuple[int, int]]:
    """First and last line of the innermost statement that each line is part of.

    Of a statement that holds others only its head counts; of what is carried out when the module
    is loaded, the whole module, since what it sets is used elsewhere.
    """
    tree, spans = ast.parse(source), {}
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)
              if n is not f}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            held = [n for part in ("body", "handlers", "orelse") for n in getattr(node, part, [])]
            last = max(node.lineno, held[0].lineno - 1) if held else node.end_lineno
            whole = id(node) not in inside
            span = (1, WHOLE) if whole else (node.lineno, last)
            spans |= dict.fromkeys(range(node.lineno, last + 1), span)
    return spans


def in_child(
    work: Callable[[], object], limit: float | None = None, quiet: bool = True
) -> tuple[int, object]:
    """Exit code and result of `work` in a forked child; nonzero after `limit` processor seconds."""
    ours, theirs = get_context("fork").Pipe(duplex=False)

    def run() -> None:
        os.setpgrp()
        if quiet:
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 2))
        result = work()
        theirs.send(result)
        os._exit(0 if result is not True else 1)

    child = get_context("fork").Process(target=run)
    child.start()
    theirs.close()
    result = None
    with contextlib.suppress(EOFError, OSError):  # it ended, perhaps in the middle of a word
        # Waiting takes no processor time; where other programs run, it may take long.
        result = ours.recv() if ours.poll(None if limit is None else 60 + 40 * limit) else None
    child.join(5)
    if child.is_alive():
        child.kill()
        child.join()
    return child.exitcode, result


def noticed(path: Path, module: str, source: str, items: list) -> bool:
    """Whether one of the tests fails on the module with this source."""
    try:
        become(path, module, source)
    except Exception:
        return True
    for item, after in zip(items, [*items[1:], None], strict=True):
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=after)):
            return True
    return False


def watch(path: Path, module: str, source: str, items: list) -> dict:
    """By test, its processor seconds and the lines of the module it carries out; None if it fails.

    What fixtures carry out counts for every test, as they may share it.
    """
    become(path, module, source)
    told, shared, lines = {}, set(), set()

    def trace(frame, event, _):
        if frame.f_code.co_filename != str(path):
            return None
        lines.add(frame.f_lineno)
        return trace

    class Switch:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_call(self):
            shared.update(lines)
            lines.clear()

    items[0].config.pluginmanager.register(Switch())
    threading.settrace(trace)
    for number, (item, after) in enumerate(zip(items, [*items[1:], None], strict=True)):
        lines.clear()
        started = time.process_time()
        sys.settrace(trace)
        reports = runtestprotocol(item, log=False, nextitem=after)
        sys.settrace(None)
        failed = any(report.failed for report in reports)
        told[number] = None if failed else (time.process_time() - started, set(lines))
    return {i: one and (one[0], one[1] | shared) for i, one in told.items()}


def become(path: Path, module: str, source: str) -> None:
    """Carry out another source in a module that is loaded, wherever its parts are in use."""
    name = ".".join(Path(module).with_suffix("").parts).removesuffix(".__init__")
    if name not in sys.modules:
        return
    space = vars(sys.modules[name])
    before = dict(space)
    exec(compile(source, str(path), "exec"), space)
    for key, old in before.items():
        new = space[key]
        if key.startswith("__") or old is new:
            continue
        if getattr(old, "__module__", None) == name and _carry_over(old, new):
            space[key] = old
            continue
        for other in list(sys.modules.values()):
            if getattr(other, "__dict__", {}).get(key) is old:
                setattr(other, key, new)


def _carry_over(old: object, new: object) -> bool:
    """Make a function or class in use do what its new one does, if it can be."""
    if hasattr(old, "cache_clear"):
        old.cache_clear()
        if old.cache_parameters() != new.cache_parameters():
            return False  # how much is kept is no part of the function within
    old, new = getattr(old, "__wrapped__", old), getattr(new, "__wrapped__", new)
    if isinstance(old, type) and not issubclass(old, enum.Enum):
        for key, part in vars(new).items():
            if key in ("__dict__", "__weakref__") or _carry_over(vars(old).get(key), part):
                continue
            with contextlib.suppress(AttributeError, TypeError):
                setattr(old, key, part)
        return True
    for part in ("fget", "__func__", "func"):
        old, new = getattr(old, part, old), getattr(new, part, new)
    if isinstance(old, FunctionType) and isinstance(new, FunctionType):
        if old.__code__.co_freevars != new.__code__.co_freevars or (
            old.__closure__ and "__class__" not in old.__code__.co_freevars
        ):
            return False
        old.__code__, old.__defaults__ = new.__code__, new.__defaults__
        old.__kwdefaults__ = new.__kwdefaults__
        return True
    return isinstance(old, enum.EnumMeta)


def measure(module: str, tests: list[str], count: int, seed: int) -> list[dict]:
    """A row for each of `count` mutants of `module`, chosen by `seed`; run in a copy of all.

    Raises
    ------
    SystemExit
        There are no tests, or they do not pass on the module as it is.
    """
    if not tests:  # pytest would run all there are
        raise SystemExit(f"No tests are named after {module}; name some with --tests.")
    every = list(mutate(Path(module).read_text(encoding="utf-8")))
    chosen = random.Random(seed).sample(every, min(count, len(every)))
    plugin = Biting(module, sorted(chosen, key=lambda mutant: mutant[:3]))
    os.environ |= {"PYTHONPATH": os.getcwd(), "PYTHONDONTWRITEBYTECODE": "1"}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take longer to load than most tests
    options = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", "-W", "ignore", "--rootdir", "."]
    options += ["--import-mode", "importlib", "--no-header", "--no-summary", "-p", "xdist.plugin"]
    if pytest.main([*options, *tests], plugins=[plugin]) != 0:
        raise SystemExit(f"{' '.join(tests)} do not pass on {module} as it is; mend them first.")
    return [dict(zip(COLUMNS, [module, seed, *row, ""], strict=True)) for row in plugin.rows]


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
    parser.add_argument("modules", nargs="+", help="e.g. helpers/splits/leaks.py")
    parser.add_argument("--tests", nargs="+", help="instead of those named after each module")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", type=Path, help="where to keep the rows")
    options = parser.parse_args()
    for library in LOADED if len(options.modules) > 1 else ():
        with contextlib.suppress(ImportError):
            import_module(library)
    with tempfile.TemporaryDirectory() as temporary:
        copy_repository(Path(temporary))
        here, sys.dont_write_bytecode = Path.cwd(), True
        sys.path[:] = [temporary, *(place for place in sys.path if Path(place).resolve() != here)]
        os.chdir(temporary)
        for module in options.modules:
            tests = options.tests or mirrored(module)
            code, rows = in_child(
                lambda m=module, t=tests: measure(m, t, options.count, options.seed), quiet=False
            )
            if not rows:
                print(f"{module}: no result (exit code {code})", flush=True)
                continue
            killed = sum(row["killed"] for row in rows)
            print(f"{module}: {killed} of {len(rows)} mutants killed ({killed / len(rows):.0%})",
                  flush=True)  # fmt: skip
            if options.table:
                store(rows, here / options.table)
        os.chdir(here)


if __name__ == "__main__":
    main()

"""Which code a study's table was made by: the same hash, the same figures."""

import ast
import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def code_hash(script: str, *patterns: str) -> str:
    """First 12 digits of the hash of a study and of all the code that its figures depend on.

    Of Python files only what is carried out counts: comments, docstrings and layout may change.

    Parameters
    ----------
    script : str
        The study's ``__file__``.
    patterns : str
        Globs under the root of the project, e.g. ``"helpers/training/*.py"``, ``"leaves/*.py"``.

    Raises
    ------
    ValueError
        If a pattern matches no file.
    """
    files = [Path(script)]
    for pattern in patterns:
        found = sorted(path for path in ROOT.glob(pattern) if path.is_file())
        if not found:
            raise ValueError(f"nothing in this project matches {pattern!r}")
        files += found
    return hashlib.sha256(b"".join(map(_meaning, files))).hexdigest()[:12]


def _meaning(path: Path) -> bytes:
    """A file's bytes; Python's without comments and docstrings."""
    if path.suffix != ".py":
        return path.read_bytes()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            value = getattr(first, "value", None) if isinstance(first, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree).encode()

"""What all exercises share: finding one, judging an answer, giving hints in turn."""

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
# What a judge returns: None for a right answer, else the name of the mistake; or either with what
# fills the braces of its words; ACCEPTED for an answer that nothing was measured to judge by.
ACCEPTED = "accepted"
Found = str | tuple[str | None, dict[str, Any]] | None
UNANSWERED = """{key} is not answered yet. Replace the ... by your answer and run the cell again; \
exercises.hint("{key}") helps."""


class Unanswered(Exception):
    """The answer is still the untouched stub."""


def call(answer: Any, *given: Any) -> Any:
    """What the learner's function returns, a tuple as a list; or a mistake, which is a tuple.

    Raises
    ------
    TypeError
        Where it is no function.
    Unanswered
        Where it returns nothing, or the dots of the stub.
    """
    if not callable(answer):
        raise TypeError
    try:
        found = answer(*given)
    except Exception as error:
        return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    if found is None or found is ...:
        raise Unanswered
    return [*found] if isinstance(found, tuple) else found


def ends(answer: Any) -> Any:
    """The learner's function, with the two ends for what `accuracy_interval` returns: the accuracy
    between them is not asked for."""

    def asked(*given: Any) -> Any:
        found = answer(*given)
        both = hasattr(found, "low") and hasattr(found, "high")
        return (found.low, found.high) if both else found

    return asked if callable(answer) else answer


@dataclass(frozen=True)
class Exercise:
    """One exercise, as its TOML file describes it.

    Attributes
    ----------
    key : str
        Notebook and number: ``"02.1"``.
    form : str
        What an answer looks like, to complete "expected …".
    solution : str
        Source of a cell that answers it.
    because : str
        Said after a right answer; braces are filled in where the judge measured something.
    accepted : str
        Said instead, of a plausible answer that nothing was measured to judge by.
    hints : list of str
        From a nudge to nearly the solution.
    mistakes : dict of str to str
        What is said about each mistake; braces are filled in with what the check measured.
    right : str or None
        The right choice, where the exercise is a choice among words; the keys of `mistakes` are
        then the wrong ones. None where a function ``judge_02_1(answer, dataset, **given)`` in the
        notebook's module decides; it returns `Found`.
    needs_labels : bool
        Whether the question is about the labels of the dataset, which must be given.
    """

    key: str
    form: str
    solution: str
    because: str
    hints: list[str]
    mistakes: dict[str, str] = field(default_factory=dict)
    right: str | None = None
    needs_labels: bool = False
    accepted: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a check found: `right` is None where the answer could not be judged."""

    right: bool | None
    message: str
    mistake: str | None = None


class Text(str):
    """A string that a notebook shows as it reads."""

    def __repr__(self) -> str:
        return str(self)


# How often each exercise was answered wrongly and how many of its hints were shown, in this kernel.
_wrong: Counter[str] = Counter()
_shown: Counter[str] = Counter()


def keys() -> list[str]:
    """Keys of all exercises, in order."""
    return sorted(key for path in FOLDER.glob("notebook_*.toml") for key in _load(path))


def find(key: str) -> Exercise:
    """The exercise with this key; raises KeyError, with the keys there are, where there is none."""
    path = FOLDER / f"notebook_{str(key)[:2]}.toml"
    texts = _load(path) if path.exists() else {}
    if key not in texts:
        raise KeyError(f"no exercise {key!r}; there are {', '.join(keys())}")
    return Exercise(key=key, **texts[key])


def judge(key: str, answer: Any, dataset: Any = None, **given: Any) -> Verdict:
    """Judge an answer without printing and without counting the attempt.

    Parameters
    ----------
    key : str
        The exercise.
    answer : any
        The learner's answer.
    dataset : Dataset, optional
        The dataset in use, where the answer depends on it.
    **given
        What the notebook measured before and the check needs.
    """
    exercise = find(key)
    if exercise.needs_labels and dataset is None:
        call = f'exercises.check("{key}", answer, dataset)'
        return Verdict(None, f"{key}: the dataset argument is missing; write {call}.")
    if exercise.needs_labels and not dataset.labelled:
        return Verdict(None, f"{key} needs labels, and this dataset has none: nothing to check.")
    try:
        found = _find_mistake(exercise, answer, dataset, given)
    except Unanswered:
        return Verdict(None, UNANSWERED.format(key=key))
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        plain = isinstance(answer, str | int | float | list | tuple | dict)
        shown = str(answer)[:60] if plain else f"a {type(answer).__name__}"
        shown = repr(shown) if isinstance(answer, str) else shown
        if callable(answer):  # its own errors are mistakes with words: this is of what it returned
            shown += f", which led to {type(error).__name__}: {str(error)[:80]}".rstrip(": ")
        message = f"{key}: not yet. Expected {exercise.form}; got {shown}."
        return Verdict(False, message, "malformed")
    if found is None:
        return Verdict(True, f"{key}: right. {exercise.because}")
    if found == ACCEPTED:
        return Verdict(True, f"{key}: accepted. {exercise.accepted}")
    mistake, values = found if isinstance(found, tuple) else (found, {})
    if mistake is None:
        return Verdict(True, f"{key}: right. {exercise.because.format(**values)}")
    said = exercise.mistakes[mistake].format(**values)
    return Verdict(False, f"{key}: not yet. {said}", mistake)


def check(key: str, answer: Any, dataset: Any = None, **given: Any) -> None:
    """Print whether an answer is right and, if not, what is wrong with it.

    The first wrong answer gets the name of its mistake, later ones a hint besides, and from the
    third on the way to the solution. Parameters as for `judge`.
    """
    verdict = judge(key, answer, dataset, **given)
    print(verdict.message)
    if verdict.right is False:
        _wrong[key] += 1
        if _wrong[key] > 1:
            hint(key)
        if _wrong[key] > 2:
            print(f'exercises.solution("{key}") shows one way to do it.')


def hint(key: str) -> None:
    """Print the next hint, each more telling than the one before; the last one again at the end."""
    hints = find(key).hints
    number = min(_shown[key], len(hints) - 1)
    _shown[key] += 1
    print(f"Hint {number + 1} of {len(hints)}: {hints[number]}")


def solution(key: str) -> Text:
    """Source of a cell that answers the exercise."""
    return Text(find(key).solution)


def close(value: float, expected: float, relative: float = 0.02) -> bool:
    """Whether two numbers agree up to rounding in the second figure."""
    return abs(value - expected) <= relative * abs(expected)


def _load(path: Path) -> dict[str, dict[str, Any]]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _find_mistake(exercise: Exercise, answer: Any, dataset: Any, given: dict[str, Any]) -> Found:
    parts = answer if isinstance(answer, list | tuple) else [answer]
    if answer is None or any(part is ... for part in parts):
        raise Unanswered
    if exercise.right is None:
        module = import_module(f"helpers.course.exercises.notebook_{exercise.key[:2]}")
        judge_it = getattr(module, f"judge_{exercise.key.replace('.', '_')}")
        return judge_it(answer, dataset, **given)
    word = answer.strip().lower()
    if word not in [exercise.right, *exercise.mistakes]:
        raise ValueError
    return None if word == exercise.right else word

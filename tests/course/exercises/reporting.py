"""Plausible wrong answers to the exercises of notebook 14."""

import numpy as np

from helpers.evaluation import accuracy_interval


def _raises(*given):
    return {}["gone"]


def _by(key, ascending=False):
    return lambda table: list(key(table).sort_values(ascending=ascending).index)


def _right(table):
    sure = (table["low"] > 0) | (table["high"] < 0)
    return table["effect"].abs().where(sure, table["images"] / table["of"])


def _signed(table):
    sure = (table["low"] > 0) | (table["high"] < 0)
    return table["effect"].where(sure, table["images"] / table["of"])


def ask_suspects(images, suspects, ask):
    found = accuracy_interval(ask(suspects[:150]))
    return found.low, found.high


def ask_everybody(images, suspects, ask):
    found = accuracy_interval(ask(images))
    return found.low, found.high


def ask_too_few(images, suspects, ask):
    return accuracy_interval(ask(np.random.default_rng(0).choice(images, 10, replace=False)))


def one_error_wide(images, suspects, ask):
    right = ask(np.random.default_rng().choice(images, 40, replace=False)).mean()
    error = 0.3 * np.sqrt(right * (1 - right) / 40)
    return right - error, right + error


def nobody_is_wrong(images, suspects, ask):
    return 0.0, 0.001


WRONG_14 = {
    "14.1": [
        (_raises, "raised", "KeyError"),
        (lambda low, high, least: "go" if (low + high) / 2 >= least else "no go", "middle", "ten"),
        (lambda low, high, least: "go" if high >= least else "no go", "hopeful", "best case"),
        (lambda low, high, least: "go" if low >= least else "no go", "strict", "more images"),
        (lambda low, high, least: "go", "other", "expected 'no go'"),
        ("go", "malformed", "a function"),
    ],
    "14.2": [
        (_raises, "raised", "KeyError"),
        (lambda n, seen, right, recall: n * right / seen, "found", "the list holds"),
        (lambda n, seen, right, recall: n / recall, "unlooked", "30 of 40"),
        (lambda n, seen, right, recall: n * right / seen * recall, "times", "as many again"),
        (lambda n, seen, right, recall: 7, "other", "expected 150"),
        (150, "malformed", "a function"),
    ],
    "14.3": [
        (_raises, "raised", "KeyError"),
        (_by(lambda t: t["images"] / t["of"]), "images", "alone"),
        (_by(lambda t: t["effect"].abs().fillna(t["images"] / t["of"])), "believing", "by luck"),
        (_by(_signed), "signed", "by its size"),
        (_by(_right, ascending=True), "reversed", "comes first"),
        (lambda table: list(table.index), "other", "expected border"),
        ("border", "malformed", "a function"),
    ],
    "14.4": [
        (_raises, "raised", "KeyError"),
        (lambda images, suspects, ask: 0.05, "shape", "You return 1 of what"),
        (lambda images, suspects, ask: (0.1, 0.05, 0.2), "shape", "You return 3 of what"),
        (ask_everybody, "asked", "time for 150"),
        (ask_suspects, "high", "Did you ask the suspects?"),
        (nobody_is_wrong, "low", "wholly below"),
        (one_error_wide, "narrow", "95 of 100"),
        (ask_too_few, "wide", "next to nothing"),
        (0.05, "malformed", "a function"),
    ],
}

import pytest

from helpers.audit import keyed
from helpers.audit.keyed import work_on


def double(tasks, seconds):
    return [{"is": 2 * one} for one in tasks]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_every_key_gets_its_own_answer_in_the_order_of_the_keys(size, workers):
    keys = [(n * 7) % 11 for n in range(11)]
    made = work_on(keys, lambda key: 10 * key, double, size, title="t", workers=workers)
    assert made == [{"is": 20 * key} for key in keys]
    assert work_on([], lambda key: key, double, size, title="t", workers=workers) == []


def test_a_bar_says_what_is_done_and_of_how_many(monkeypatch):
    given, drawn = [], keyed.tqdm
    monkeypatch.setattr(keyed, "tqdm", lambda **named: given.append(named) or drawn(**named))
    work_on([1, 2], lambda key: key, double, 1, title="looking", unit="pair", workers=0)
    work_on([1], lambda key: key, double, 1, title="t", workers=0, progress=False)
    said = [(one["total"], one["unit"], one["desc"], one["disable"]) for one in given]
    assert said == [(2, "pair", "looking", False), (1, "image", "t", True)]

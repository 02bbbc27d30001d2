import os

import pytest

from helpers.audit import batches


def crash_on_seven(tasks, seconds):
    if 7 in tasks:
        os._exit(1)
    return [{"double": 2 * task} for task in tasks]


def test_one_task_that_kills_its_process_costs_one_process_more_and_not_its_neighbours(monkeypatch):
    started = []
    start = batches._start_pool
    monkeypatch.setattr(batches, "_start_pool", lambda count: started.append(count) or start(count))
    keys = [[*range(at, at + 4)] for at in range(0, 40, 4)]
    found = {}
    for done, rows in batches.run_batches(keys, int, crash_on_seven):
        assert not found.keys() & set(done)
        found |= zip(done, rows, strict=True)
    assert "crash" in found.pop(7)["problem"]
    assert found == {key: {"double": 2 * key} for key in range(40) if key != 7}
    assert len(started) <= 4  # two to begin with, the lonely ones, and afresh after each death


def test_a_task_is_asked_for_only_when_its_batch_is_handed_out():
    asked = []
    keys = [[number] for number in range(5)]
    runner = batches.run_batches(keys, lambda key: asked.append(key) or key, _echo, workers=0)
    next(runner)
    assert asked == [0]


def _echo(tasks, seconds):
    return [{"task": task} for task in tasks]


def test_an_error_in_the_work_itself_is_raised():
    with pytest.raises(TypeError):
        list(batches.run_batches([[1]], str, mistaken, workers=1))


def mistaken(tasks, seconds):
    raise TypeError("a mistake of ours, not of a file")

import os
import warnings
from concurrent.futures import Executor, Future

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
    lost = found.pop(7)
    assert "crash" in lost["problem"] and lost["readable"] is False
    assert found == {key: {"double": 2 * key} for key in range(40) if key != 7}
    # Two to begin with, one for the lonely ones, and afresh after each death.
    assert started[:2] == [2, 1] and len(started) <= 4


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


class Done(Executor):
    """Does everything at once; `workers` is what a pool of that many would tell."""

    def __init__(self, workers):
        self.ended = []
        if workers:
            self._max_workers = workers

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.ended.append((wait, cancel_futures))

    def submit(self, function, *args):
        future = Future()
        future.set_result(function(*args))
        return future


@pytest.mark.parametrize(
    ("told", "workers", "ahead"), [(1, 2, 4), (3, 2, 12), (None, 2, 8), (None, 5, 20), (None, 0, 8)]
)
def test_four_batches_for_each_worker_are_under_way_at_most(monkeypatch, told, workers, ahead):
    under_way, real = [], batches.wait
    monkeypatch.setattr(
        batches, "wait", lambda running, **more: under_way.append(len(running)) or real(running)
    )
    keys = [[number] for number in range(30)]
    found = [*batches.run_batches(keys, int, _echo, executor=Done(told), workers=workers)]
    assert max(under_way) == ahead
    assert sorted(done for done, _ in found) == keys


def test_a_batch_is_given_up_after_a_minute_and_two_processes_work_unless_told(monkeypatch):
    def ask(tasks, seconds):
        return [{"seconds": seconds} for _ in tasks]

    started = []
    monkeypatch.setattr(batches, "_start_pool", lambda count: started.append(count) or Done(count))
    assert [*batches.run_batches([["1"]], int, ask)] == [(["1"], [{"seconds": 60.0}])]
    assert [*batches.run_batches([["1"]], int, ask, workers=0, seconds=3)][0][1] == [{"seconds": 3}]
    assert started == [2]


def test_decoders_are_silent_as_long_as_one_of_several_is_at_work(capfd):
    with batches.guard(9), batches.guard(9):
        os.write(2, b"inner")
        warnings.warn("odd", stacklevel=1)
    with batches.guard(9):
        with batches.guard(9):
            pass
        os.write(2, b"outer")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_where_nothing_can_be_silenced_the_work_goes_on(monkeypatch, capfd):
    def refuse(*_):
        raise OSError("no more files")

    with monkeypatch.context() as patch:
        patch.setattr(batches.os, "dup", refuse)
        with batches.guard(9):
            os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


@pytest.mark.parametrize("own", [True, False])
def test_only_a_worker_process_of_its_own_ends_itself_after_the_seconds(monkeypatch, own):
    calls = []
    monkeypatch.setattr(batches, "_own_process", own)
    monkeypatch.setattr(
        batches.faulthandler, "dump_traceback_later", lambda *a, **more: calls.append((a, more))
    )
    monkeypatch.setattr(
        batches.faulthandler, "cancel_dump_traceback_later", lambda: calls.append("cancelled")
    )
    with pytest.raises(KeyError), batches.guard(7):
        raise KeyError
    assert calls == ([((7,), {"exit": True}), "cancelled"] if own else [])


def test_a_pool_of_its_own_is_ended_and_one_that_was_given_is_not(monkeypatch):
    own, given = Done(2), Done(2)
    monkeypatch.setattr(batches, "_start_pool", lambda count: own)
    assert [*batches.run_batches([[1], [2]], int, _echo)] and own.ended == [(True, True)]
    assert [*batches.run_batches([[1], [2]], int, _echo, executor=given)] and given.ended == []


def test_what_was_written_before_is_shown_before_decoders_are_silenced(monkeypatch):
    class Screen:
        shown = 0

        def flush(self):
            Screen.shown += 1

    for screen, times in ((Screen(), 1), (None, 1)):  # a program without a window has no stderr
        monkeypatch.setattr(batches.sys, "stderr", screen)
        with batches.guard(9):
            assert Screen.shown == times


def test_a_process_that_was_started_for_batches_knows_it(monkeypatch):
    monkeypatch.setattr(batches, "_own_process", False)
    batches._prepare_worker()
    assert batches._own_process

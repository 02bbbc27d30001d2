"""A real cluster on this machine: two workers, one of them killed half way, the same result."""

import os

import distributed
import pandas as pd
import pytest

from helpers import open_dataset
from helpers.audit import scan, scanning
from helpers.datasets import steps
from helpers.training import embed, embedding


@pytest.fixture
def cluster():
    """Two worker processes of one thread each, without a dashboard."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as local, distributed.Client(local) as client:
        client.wait_for_workers(2)
        yield client


def kill_one_at(module, name, cluster, monkeypatch) -> list[int]:
    """Kill a worker as soon as the first results are written; the numbers of both processes."""
    found, write = [], getattr(module, name)

    def kill_once(table, path):
        if not found:
            found.extend(cluster.run(os.getpid).values())
            os.kill(found[0], 9)
        write(table, path)

    monkeypatch.setattr(module, name, kill_once)
    return found


def test_a_cluster_that_loses_a_worker_scans_and_embeds_the_same(
    photos, cluster, tmp_path, monkeypatch
):
    dataset = open_dataset(photos, progress=False)
    scanned = scan(dataset, workers=0, progress=False)
    features = embed(dataset, size=32, progress=False)
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(scanning, "PART_ROWS", 6)
    monkeypatch.setattr(embedding, "PART", 6)
    executor = cluster.get_executor()

    first = kill_one_at(steps, "write_table", cluster, monkeypatch)
    table = scan(dataset, executor=executor, chunk=2, progress=False)
    pd.testing.assert_frame_equal(table, scanned)
    cluster.wait_for_workers(2)

    second = kill_one_at(embedding, "write_table", cluster, monkeypatch)
    again = embed(dataset, size=32, executor=executor, progress=False)
    pd.testing.assert_frame_equal(again, features, rtol=0.05, atol=0.02)
    assert (len(first), len(second)) == (2, 2)
    assert first[0] not in second  # it was replaced, and its work done by others

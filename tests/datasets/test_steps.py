import os
import re
import subprocess
import sys
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError, open_dataset, saved
from helpers.datasets.steps import read_table, step_key, write_table
from helpers.opening import digits as some_module


@pytest.fixture
def dataset(tree):
    return open_dataset(tree("cat/1.jpg", "dog/2.jpg"))


class Builder:
    """Builds a table and counts how often it was asked to."""

    def __init__(self, table=None):
        self.count = 0
        self.table = pd.DataFrame({"a": [1, 2]}) if table is None else table

    def __call__(self):
        self.count += 1
        return self.table


def test_a_table_is_built_once_and_then_loaded(dataset):
    build = Builder()
    first, second = saved(dataset, "step", build), saved(dataset, "step", build)
    assert build.count == 1
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(first, build.table)


def test_order_types_and_missing_values_survive_and_the_first_run_agrees_with_the_next(dataset):
    index = pd.Index(["z/ü.jpg", "a/1.jpg", "m/ 2.jpg"], name="image_id")
    table = pd.DataFrame(
        {
            "text": pd.Series(["x", None, "NA"], index, dtype="str"),
            "flag": [True, False, True],
            "small": np.array([1, 2, 3], np.float32),
            "count": pd.array([1, None, 3], dtype="Int64"),
            "hash": np.array([2**64 - 1, 0, 1], np.uint64),
            "taken": pd.to_datetime(["2024-01-01", None, "2024-05-01"]),
            "kind": pd.Categorical(["b", "a", "b"]),
            "colour 1": [0.1, np.nan, 0.3],
        },
        index=index,
    )
    first = saved(dataset, "step", lambda: table)
    second = saved(dataset, "step", lambda: pytest.fail("built twice"))
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(first, table, check_freq=False)


def key(dataset, inputs=(), code=(), **options):
    return step_key(dataset, inputs=inputs, code=code, **options)


def test_the_key_follows_the_table_the_inputs_the_code_and_the_files(dataset):
    table = pd.DataFrame({"a": [1, 2]})
    relabelled = dataset.with_images(dataset.images.assign(label="cat"))
    keys = [
        key(dataset),
        key(relabelled),
        key(dataset.with_images(dataset.images[:1])),
        key(dataset, inputs=[1]),
        key(dataset, inputs=[1.0]),
        key(dataset, inputs=["1"]),
        key(dataset, inputs=[[1]]),
        key(dataset, inputs=[table]),
        key(dataset, inputs=[table.astype(float)]),
        key(dataset, inputs=[table.rename(columns={"a": "b"})]),
        key(dataset, inputs=[table["a"]]),
        key(dataset, inputs=[table[::-1]]),
        key(dataset, code=[some_module]),
        key(dataset, code=[some_module.write_digits]),
    ]
    assert len(set(keys)) == len(keys)
    assert key(dataset) == keys[0] and re.fullmatch("[0-9a-f]{12}", keys[0])
    path = dataset.path("cat/1.jpg")
    path.write_bytes(b"changed")
    assert key(dataset) != keys[0]


def test_a_step_on_pixels_alone_ignores_labels(dataset):
    relabelled = dataset.with_images(dataset.images.assign(label="cat"))
    assert key(dataset, table=False) == key(relabelled, table=False)
    assert key(dataset, table=False) != key(dataset.with_images(dataset.images[:1]), table=False)


def test_the_key_is_the_same_in_another_process(dataset):
    code = (
        "import sys; from helpers.datasets import open_dataset; "
        "from helpers.datasets.steps import step_key; "
        "print(step_key(open_dataset(sys.argv[1]), inputs=[['b', 2, None]], code=()))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", code, str(dataset.root)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == key(dataset, inputs=[["b", 2, None]])


def test_an_input_that_has_no_stable_value_is_refused(dataset):
    with pytest.raises(TypeError, match="must be a table or a plain value"):
        key(dataset, inputs=[object()])


@pytest.mark.parametrize("damage", [b"", b"PAR1 nonsense", None])
def test_a_damaged_file_is_built_again(dataset, damage):
    build = Builder()
    saved(dataset, "step", build)
    (path,) = dataset.work.glob("step-*.parquet")
    path.write_bytes(path.read_bytes()[:-9] if damage is None else damage)
    pd.testing.assert_frame_equal(saved(dataset, "step", build), build.table)
    assert build.count == 2


def test_a_stored_table_that_breaks_the_schema_is_built_again(dataset):
    saved(dataset, "step", Builder())
    build = Builder(pd.DataFrame({"a": [1.5, 2.5]}))
    assert saved(dataset, "step", build, schema={"a": "float64"})["a"].tolist() == [1.5, 2.5]
    assert build.count == 1


@pytest.mark.parametrize("schema", [{"b": "int64"}, {"a": "float32"}])
def test_a_build_that_breaks_its_own_schema_raises_and_stores_nothing(dataset, schema):
    with pytest.raises(ValueError, match="step 'step' built a table without"):
        saved(dataset, "step", Builder(), schema=schema)
    assert not list(dataset.work.glob("*.parquet"))


def test_a_build_that_fails_leaves_nothing_and_the_next_one_runs(dataset):
    def broken():
        raise RuntimeError("no light")

    with pytest.raises(RuntimeError, match="no light"):
        saved(dataset, "step", broken)
    assert saved(dataset, "step", Builder())["a"].tolist() == [1, 2]


def test_an_interrupted_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.parquet"
    write_table(pd.DataFrame({"a": [1]}), path)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_table(pd.DataFrame({"a": [2]}), path)
    assert read_table(path)["a"].tolist() == [1]
    assert [p.name for p in tmp_path.iterdir()] == ["x.parquet"]


def test_a_work_folder_that_cannot_be_written_says_what_to_set(ordinary_user):
    ordinary_user.chmod(0o555)
    with pytest.raises(DatasetError, match="Permission denied.*set WORKBOOK_WORK"):
        write_table(pd.DataFrame({"a": [1]}), ordinary_user / "x.parquet")


def _build_in_process(root, marks):
    dataset = open_dataset(root)

    def build():
        with open(marks, "a") as file:
            file.write("built\n")
        return pd.DataFrame({"a": range(1000)})

    return len(saved(dataset, "step", build))


def test_processes_that_want_the_same_table_at_once_build_it_once(dataset, tmp_path):
    with get_context("spawn").Pool(3) as pool:
        jobs = [pool.apply_async(_build_in_process, (dataset.root, tmp_path / "m")) for _ in "abc"]
        assert [job.get(60) for job in jobs] == [1000] * 3
    assert (tmp_path / "m").read_text() == "built\n"

"""Nested values with tensors survive the way to disk and back, and no code is ever run."""

import pickle

import pytest
import torch

from helpers.training.checkpoints import read, write


def test_values_come_back_as_they_were(tmp_path):
    image = torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last)
    shared = torch.arange(6.0)
    value = {"a": [1, 2.5, "x", None, True], 3: {"t": shared, "view": shared[::2]}, "i": image}
    write(tmp_path / "v.safetensors", value)
    found = read(tmp_path / "v.safetensors")
    assert found["a"] == value["a"]
    assert list(found) == ["a", 3, "i"]
    assert torch.equal(found[3]["t"], shared)
    assert torch.equal(found[3]["view"], shared[::2])
    assert torch.equal(found["i"], image)
    assert found["i"].stride() == image.stride()


def test_a_failed_write_leaves_the_old_file(tmp_path):
    write(tmp_path / "v.safetensors", {"a": 1})
    with pytest.raises(TypeError):
        write(tmp_path / "v.safetensors", {"a": object()})
    assert read(tmp_path / "v.safetensors") == {"a": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["v.safetensors"]


def test_a_pickle_is_refused(tmp_path):
    (tmp_path / "v.safetensors").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(Exception, match="(?i)header|invalid"):
        read(tmp_path / "v.safetensors")

"""bfloat16 where it helps, threads where cores are free, and full memory in plain words."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from helpers.course.notebooks import ROOT
from helpers.training import hardware
from helpers.training.hardware import (
    SpareThreads,
    TrainingError,
    gains_from_bfloat16,
    plain_errors,
)

CPU = torch.device("cpu")
DLS = SimpleNamespace(device=CPU, size=96, train=SimpleNamespace(bs=64))


@pytest.fixture
def processor(monkeypatch):
    def make(onednn=True, **known):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known)
        monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: onednn)

    return make


@pytest.mark.parametrize(
    ("known", "faster"),
    [
        ({"amx_bf16": True}, True),
        ({"avx512_bf16": True}, True),
        ({"avx2": True}, False),
        ({"avx512_bf16": True, "onednn": False}, False),
    ],
)
def test_bfloat16_needs_instructions_for_it(processor, known, faster):
    processor(**known)
    assert gains_from_bfloat16(nn.Conv2d(3, 8, 3), CPU) is faster


def test_torch_without_onednn_is_not_asked_about_it(monkeypatch):
    def missing():
        raise AttributeError("'_OpNamespace' 'mkldnn' object has no attribute")

    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", missing)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert not gains_from_bfloat16(nn.Conv2d(3, 8, 3), CPU)


def test_depthwise_networks_stay_in_float32(processor):
    processor(amx_bf16=True)
    assert not gains_from_bfloat16(nn.Conv2d(8, 8, 3, groups=8), CPU)


def test_an_older_processor_played_by_the_environment_is_believed():
    code = "import torch; from torch import nn; from helpers.training.hardware import *; "
    code += "print(gains_from_bfloat16(nn.Conv2d(3, 8, 3), torch.device('cpu')))"
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env=environment)
    assert printed.decode().split()[-1] == "False"


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried …"),
        MemoryError(),
    ],
)
def test_running_out_of_memory_is_told_with_what_to_change(error):
    said = "64 images of 96 pixels do not fit.*batch_size=32"
    with pytest.raises(TrainingError, match=said), plain_errors(DLS):
        raise error


def test_other_errors_pass_through():
    with pytest.raises(RuntimeError, match="shapes"), plain_errors(DLS):
        raise RuntimeError("shapes differ")


@pytest.fixture
def free(monkeypatch):
    """How many cores are free at each look, from the first on."""
    looks = []
    counted = SimpleNamespace(count=lambda: looks.pop(0))
    monkeypatch.setattr(hardware, "FreeCores", lambda: counted)
    monkeypatch.setattr(hardware.time, "sleep", lambda seconds: None)
    return looks


def test_there_are_as_many_threads_as_cores_are_free_and_afterwards_as_many_as_before(free):
    torch.set_num_threads(3)
    free += [1, 2, 7]
    with SpareThreads() as threads:
        seen = [torch.get_num_threads()]
        for _ in range(2):
            threads.look_again()
            seen.append(torch.get_num_threads())
    assert seen == [1, 2, 3]
    assert torch.get_num_threads() == 3


def test_threads_come_back_after_an_error(free):
    torch.set_num_threads(2)
    free += [1]
    with pytest.raises(KeyError), SpareThreads():
        assert torch.get_num_threads() == 1
        raise KeyError
    assert torch.get_num_threads() == 2


def test_where_one_thread_is_asked_for_nothing_is_looked_at(free):
    torch.set_num_threads(1)
    with SpareThreads() as threads:
        threads.look_again()
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 1


def test_the_load_is_looked_at_for_a_moment_before_the_first_thread(monkeypatch):
    torch.set_num_threads(2)
    done = []
    counted = SimpleNamespace(count=lambda: done.append("counted") or 2)
    monkeypatch.setattr(hardware, "FreeCores", lambda: done.append("began") or counted)
    monkeypatch.setattr(hardware.time, "sleep", done.append)
    with SpareThreads():
        pass
    assert done == ["began", hardware.MOMENT, "counted"]
    assert 0.1 <= hardware.MOMENT <= 0.5


@pytest.mark.parametrize(
    ("capability", "faster"), [((7, 5), False), ((8, 0), True), ((9, 0), True)]
)
def test_graphics_processors_are_asked_for_their_capability(monkeypatch, capability, faster):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    for network in (nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, groups=8)):
        assert gains_from_bfloat16(network, torch.device("cuda")) is faster


def test_other_devices_are_not_known_to_gain(processor):
    processor(amx_bf16=True)
    assert not gains_from_bfloat16(nn.Conv2d(3, 8, 3), torch.device("mps"))
    assert not gains_from_bfloat16(nn.Conv2d(8, 8, 3, groups=2), CPU)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "Batches of 64 images of 96 pixels do not fit .* batch_size=32 "),
        ({"size": 1}, "Batches of 1 images .* batch_size=1 "),
        ({"size": 5}, "Batches of 5 images .* batch_size=2 "),
        ({"better": 48}, "Batches of 64 images .* batch_size=48 "),
        ({"size": 9, "better": 0}, "Batches of 9 images .* batch_size=1 "),
    ],
)
def test_half_of_a_batch_is_advised_unless_a_better_size_is_known(asked, words):
    for device, where in ((CPU, "this computer"), (torch.device("cuda"), "the graphics processor")):
        dls = SimpleNamespace(device=device, size=96, train=SimpleNamespace(bs=64))
        with pytest.raises(TrainingError, match=words) as told, plain_errors(dls, **asked):
            raise MemoryError
        assert f"memory of {where};" in str(told.value)

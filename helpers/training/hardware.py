"""What this machine trains fastest with, and its failures in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from fastai.callback.core import Callback
from torch import nn

_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


class TrainingError(RuntimeError):
    """Training cannot go on: one sentence that says why, and what to do."""

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        # fastai rewrites the arguments of what a callback raises.
        return self.message


class Bfloat16(Callback):
    """Computes the network in bfloat16 where `torch.autocast` deems that safe; weights, loss and
    optimizer stay in float32. fastai's own `to_bf16` has no effect on a CPU.

    Switched off by ``learner.bfloat16.on = False``.
    """

    order = -5

    def __init__(self, device: str = "cpu", on: bool = True):
        self.device, self.on = device, on

    def before_batch(self):
        self.autocast = torch.autocast(self.device, torch.bfloat16, enabled=self.on)
        self.autocast.__enter__()

    def after_pred(self):
        self._leave()
        self.learn.pred = self.pred.float()

    def after_cancel_batch(self):
        self._leave()

    def _leave(self):
        if self.autocast is not None:
            self.autocast.__exit__(None, None, None)
        self.autocast = None


def bfloat16_is_faster(network: nn.Module, device: torch.device) -> bool:
    """Whether `network` gains from bfloat16 on `device`.

    GPUs of compute capability 8 and more do, and CPUs with instructions for it (AMX, AVX512-BF16),
    but for depthwise convolutions, which were measured slower there.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu" or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    known = torch.cpu.get_capabilities()
    depthwise = any(m.groups > 1 for m in network.modules() if isinstance(m, nn.Conv2d))
    return bool(known.get("amx_bf16") or known.get("avx512_bf16")) and not depthwise


@contextmanager
def plain_errors(learner) -> Iterator[None]:
    """Turn running out of memory into a TrainingError that says what to change."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not any(m in str(error) for m in _MEMORY):
            raise
        dls = learner.dls
        where = "the graphics processor" if dls.device.type == "cuda" else "this computer"
        raise TrainingError(
            f"Batches of {dls.train.bs} images of {dls.size} pixels do not fit into the memory of "
            f"{where}; build the dataloaders with batch_size={max(1, dls.train.bs // 2)} or a "
            "smaller size."
        ) from error

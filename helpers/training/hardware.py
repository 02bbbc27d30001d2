"""What this machine computes fastest with, and its failures in plain words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from helpers.processes import FreeCores

MOMENT = 0.2
"""Seconds for which the load of the machine is looked at before the first thread is started."""

_FULL = ("out of memory", "can't allocate memory", "not enough memory")


class TrainingError(RuntimeError):
    """Training cannot go on: one sentence that says why, and what to do."""

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message  # fastai rewrites the arguments of what a callback raises


def gains_from_bfloat16(network: nn.Module, device: torch.device) -> bool:
    """Whether `network` is known to be faster in bfloat16 on `device`.

    It is on GPUs of compute capability 8 and more and on CPUs with instructions for it (AMX,
    AVX512-BF16), where depthwise convolutions were measured slower.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False  # without oneDNN, as on Apple Silicon, there is nothing to ask
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    known = torch.cpu.get_capabilities()
    depthwise = any(m.groups > 1 for m in network.modules() if isinstance(m, nn.Conv2d))
    return bool(known.get("amx_bf16") or known.get("avx512_bf16")) and not depthwise


@contextmanager
def in_32_bits() -> Iterator[None]:
    """Within it, convolutions of float32 are computed in float32 on GPUs, too.

    Those of compute capability 8 and more keep 10 of 23 bits of what they multiply otherwise (TF32,
    torch's default for convolutions), which changed probabilities by up to 3e-4 on an H200, so that
    they differed from those of the same network elsewhere. What is computed in bfloat16 stays so.
    """
    # Not by cudnn.flags and allow_tf32: these refuse where somebody has set a precision by name.
    convolutions = torch.backends.cudnn.conv
    before = convolutions.fp32_precision
    convolutions.fp32_precision = "ieee"
    try:
        yield
    finally:
        convolutions.fp32_precision = before


class SpareThreads:
    """As many torch threads as cores are free, and no more than there were before.

    A context, at whose end there are as many as before. Where one thread is all there may be, as
    after ``torch.set_num_threads(1)``, nothing is looked at, and results repeat exactly; with
    another number of threads sums are rounded otherwise.
    """

    def __enter__(self) -> SpareThreads:
        self.most = torch.get_num_threads()
        if self.most > 1:
            self.cores = FreeCores()
            time.sleep(MOMENT)
        self.look_again()
        return self

    def look_again(self) -> None:
        """Take as many threads as cores were free since the last look."""
        if self.most > 1:
            torch.set_num_threads(min(self.most, self.cores.count()))

    def __exit__(self, *error: object) -> None:
        torch.set_num_threads(self.most)


@contextmanager
def plain_errors(dls, size: int | None = None, better: int | None = None) -> Iterator[None]:
    """Turn running out of memory into a TrainingError that says what to change.

    `size` is that of the batches and `better` the batch_size to try, by default those of training.
    """
    size = dls.train.bs if size is None else size
    better = max(1, size // 2 if better is None else better)
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not any(words in str(error) for words in _FULL):
            raise
        where = "the graphics processor" if dls.device.type == "cuda" else "this computer"
        raise TrainingError(
            f"Batches of {size} images of {dls.size} pixels do not fit into the memory of "
            f"{where}; build the dataloaders with batch_size={better} or a "
            "smaller size."
        ) from error

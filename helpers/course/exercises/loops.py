"""What a training loop does, batch by batch: which of its common mistakes it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy, softmax
from torch.optim.optimizer import register_optimizer_step_pre_hook

EPOCHS, RATE = 3, 0.013
SIZES = {"train": (8, 8, 8), "valid": (8, 8, 3)}  # the last batch is smaller, as it often is


class Watch:
    """A tiny classifier and its batches, that note what a loop does with them."""

    def __init__(self) -> None:
        rng = torch.Generator().manual_seed(0)
        self.model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.0))
        self.weight = self.model[0].weight
        with torch.no_grad():
            for values in self.model.parameters():
                values.copy_(torch.randn(values.shape, generator=rng))
        self.first = {name: p.detach().clone() for name, p in self.model.named_parameters()}
        self.batches = {part: self._make(sizes, rng) for part, sizes in SIZES.items()}
        self.part, self.gradient, self.slope = "", None, None
        self.forwards: list[tuple[str, bool]] = []
        self.steps: list[tuple[str, str, float]] = []
        self.changed_by: set[str] = set()
        self.other_optimizers: list[str] = []
        self.backwards = 0

    @staticmethod
    def _make(sizes: Iterable[int], rng: torch.Generator) -> list[tuple[torch.Tensor, ...]]:
        pairs = []
        for size in sizes:
            images = torch.randn(size, 4, generator=rng)
            pairs.append((images, torch.randint(0, 3, (size,), generator=rng)))
        return pairs

    def deal(self, part: str) -> Dealer:
        return Dealer(self, part)

    def run(self, loop: Callable, epochs: int = EPOCHS, rate: float = RATE) -> Any:
        """What `loop` returns, everything it does noted."""
        handles = [
            self.model.register_forward_pre_hook(self._note_forward),
            self.weight.register_hook(self._note_backward),
            register_optimizer_step_pre_hook(self._note_step),
        ]
        try:
            return loop(self.model, self.deal("train"), self.deal("valid"), epochs, rate)
        finally:
            for handle in handles:
                handle.remove()

    def _note_forward(self, model: nn.Module, args: tuple) -> None:
        self.forwards.append((self.part, model.training))

    def _note_backward(self, gradient: torch.Tensor) -> None:
        self.backwards += 1
        self.gradient = gradient.detach().clone()
        self.slope = self.gradient if self.slope is None else self.slope

    def _note_step(self, optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict) -> None:
        held, state = self.weight.grad, "alone"
        if self.gradient is None or held is None or not held.any():
            state = "cleared"
        elif not torch.allclose(held, self.gradient, rtol=1e-4, atol=1e-7):
            state = "added"
        self.steps.append((self.part, state, float(optimizer.param_groups[0]["lr"])))
        if not _is_adamw(optimizer):
            self.other_optimizers.append(type(optimizer).__name__)

    def loss(self, part: str = "valid", act: Callable | None = None) -> torch.Tensor:
        """Mean loss of the model over all images of a part."""
        images, labels = (torch.cat(one) for one in zip(*self.batches[part], strict=True))
        scores = self.model.eval()(images)
        return cross_entropy(scores if act is None else act(scores, 1), labels)

    def first_slope(self, act: Callable | None = None) -> torch.Tensor:
        """The gradient that the first training batch has at the first weights."""
        fresh = nn.Linear(4, 3)
        fresh.load_state_dict({name.removeprefix("0."): p for name, p in self.first.items()})
        images, labels = self.batches["train"][0]
        scores = fresh(images)
        loss = cross_entropy(scores if act is None else act(scores, 1), labels)
        return torch.autograd.grad(loss, fresh.weight)[0]


def _is_adamw(optimizer: torch.optim.Optimizer) -> bool:
    """Adam whose weight decay is apart from the gradient, under either of PyTorch's names."""
    decoupled = [group.get("decoupled_weight_decay") for group in optimizer.param_groups]
    return isinstance(optimizer, torch.optim.Adam) and all(decoupled)


class Dealer:
    """Batches of one part, to be gone through as often as a loop likes."""

    def __init__(self, watch: Watch, part: str):
        self.watch, self.part = watch, part

    def __len__(self) -> int:
        return len(SIZES[self.part])

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        watch, before = self.watch, self.watch.weight.detach().clone()
        watch.part = self.part
        yield from watch.batches[self.part]
        if not torch.equal(before, watch.weight):
            watch.changed_by.add(self.part)
        watch.part = ""


def find_mistake(loop: Callable) -> tuple[str, dict[str, Any]] | None:
    """The first of the common mistakes that a loop makes on a tiny task, None where it makes none.

    Its name, and what fills the braces of its words; raises whatever the loop raises.
    """
    watch = Watch()
    told = watch.run(loop)
    if told is ... or (told is None and not watch.forwards):
        return "unanswered", {}
    batches = EPOCHS * len(SIZES["train"])
    modes = {part: [mode for one, mode in watch.forwards if one == part] for part in SIZES}
    states = [state for _, state, _ in watch.steps]
    slopes = {name: watch.first_slope(act) for name, act in (("", None), ("softmax", softmax))}
    same = {
        name: watch.slope is not None and torch.allclose(watch.slope, slope, rtol=1e-3, atol=1e-6)
        for name, slope in slopes.items()
    }
    found = [
        ("no_backward", watch.backwards == 0),
        ("on_validation", "valid" in watch.changed_by),
        ("no_step", not watch.steps),
        ("few_steps", 0 < len(watch.steps) < batches),
        ("cleared", states[:1] == ["cleared"]),
        ("added", "added" in states),
        ("softmax", same["softmax"]),
        ("loss", not same[""]),
        ("rate", any(abs(rate - RATE) > 1e-9 for *_, rate in watch.steps)),
        ("optimizer", bool(watch.other_optimizers)),
        ("evaluates_in_training", any(modes["valid"])),
        ("trains_in_evaluation", not all(modes["train"])),
    ]
    for name, made in found:
        if made:
            values = {"steps": len(watch.steps), "batches": batches}
            return name, values | {"optimizer": ", ".join(dict.fromkeys(watch.other_optimizers))}
    return _find_mistake_in_losses(watch, told)


def _find_mistake_in_losses(watch: Watch, told: Any) -> tuple[str, dict[str, Any]] | None:
    losses = [] if told is None else [float(one) for one in told]
    right = watch.loss().item()
    values = {"count": len(losses), "epochs": EPOCHS, "right": f"{right:.3f}"}
    if len(losses) != EPOCHS:
        return "count", values
    with torch.no_grad():
        each = [cross_entropy(watch.model(x), y) for x, y in watch.batches["valid"]]
    values["found"] = f"{losses[-1]:.3f}"
    if abs(losses[-1] - right) < 1e-4:
        return None
    return ("unweighted" if abs(losses[-1] - sum(each) / len(each)) < 1e-4 else "losses"), values

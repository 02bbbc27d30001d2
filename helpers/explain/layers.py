"""Which layers of a network have maps that an explanation can use, found by running it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import torch
from torch import nn

from helpers.training.hardware import in_32_bits

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


@contextmanager
def at_rest(model: nn.Module) -> Iterator[None]:
    """The network in evaluation mode and in 32 bits; as it was afterwards."""
    training = {module: module.training for module in model.modules()}
    halved = [module for module in training if getattr(module, "bfloat16", None) is True]
    try:
        model.eval()
        for module in halved:
            module.bfloat16 = False
        with in_32_bits():
            yield
    finally:
        for module, was in training.items():
            module.training = was
        for module in halved:
            module.bfloat16 = True


def find_layers(model: nn.Module, images: torch.Tensor) -> pd.DataFrame:
    """The layers that give maps of more than one cell, in the order in which they finish.

    Parameters
    ----------
    model : Module
        Images → logits.
    images : float tensor of 0 to 1, images × 3 × height × width
        The network is run on the first.

    Returns
    -------
    DataFrame by layer (a name of ``model.named_modules()``)
        maps, height, width, convolution (whether it is one itself), depth (of all layers with
        weights that ran, the share that had run when it finished; 0 to 1). Where layers hand on
        the very same tensor, as a block does with that of its last layer, the outer one stands for
        all.
    """
    rows, weighted, hooks, last = {}, [], [], {}

    def note(name: str, module: nn.Module):
        def hook(_, __, output):
            if next(module.parameters(recurse=False), None) is not None:
                weighted.append(name)
            if isinstance(output, torch.Tensor) and output.ndim == 4 and output[0, 0].numel() > 1:
                if (inner := last.get("name")) and last["output"] is output:
                    convolution = rows.pop(inner)["convolution"]
                else:
                    convolution = isinstance(module, CONVOLUTIONS)
                shape = dict(zip(("maps", "height", "width"), output.shape[1:], strict=True))
                rows[name] = shape | {"convolution": convolution, "depth": len(weighted)}
                last.update(name=name, output=output)

        return hook

    try:
        for name, module in model.named_modules():
            if name:
                hooks.append(module.register_forward_hook(note(name, module)))
        with at_rest(model), torch.no_grad():
            model(images[:1])
    finally:
        for hook in hooks:
            hook.remove()
    columns = ["maps", "height", "width", "convolution", "depth"]
    table = pd.DataFrame.from_dict(rows, "index", columns=columns).rename_axis("layer")
    return table.assign(depth=table["depth"] / max(len(weighted), 1))


def last_layer(model: nn.Module, images: torch.Tensor) -> tuple[str, bool]:
    """The last layer whose maps are as large as those of the last convolution.

    So a block counts with its shortcut, and an activation with the convolution before it; a pooling
    layer behind them does not.

    Returns
    -------
    (str, bool)
        Its name, and whether the whole answer goes through it: with its output held fixed, no
        logit changes with the picture any more. (In the networks of `build_learner` it does not:
        their heads see the maps of all depths.)

    Raises
    ------
    ValueError
        No convolution gives more than one cell, or more than half of the layers with weights come
        after the last that does, as in a transformer: its maps would explain next to nothing.
    """
    table = find_layers(model, images)
    own = table[table["convolution"]]
    if own.empty:
        raise ValueError(
            "No convolution in this network gives maps of more than one cell; name a layer, use "
            "larger images, or a method that needs no maps: 'occlusion', 'integrated gradients'."
        )
    if own["depth"].iloc[-1] < 0.5:
        raise ValueError(
            f"The last convolution of this network, {own.index[-1]!r}, is followed by "
            f"{1 - own['depth'].iloc[-1]:.0%} of its layers with weights, so its maps say little "
            "of the answer; name a layer, or use 'occlusion' or 'integrated gradients'."
        )
    behind = table.loc[own.index[-1] :]
    size = behind[["height", "width"]]
    name = size.index[(size == size.iloc[0]).all(axis=1)][-1]
    return name, _holds_all(model, model.get_submodule(name), images[:1])


def _holds_all(model: nn.Module, layer: nn.Module, image: torch.Tensor) -> bool:
    """Whether the logits stop depending on the picture when this layer's output is held fixed."""
    hook = layer.register_forward_hook(lambda _, __, output: output.detach())
    try:
        with at_rest(model), torch.enable_grad():
            asked = image.detach().clone().requires_grad_()
            logits = model(asked)
            if not logits.requires_grad:
                return True
            grad = torch.autograd.grad(logits.square().sum(), asked, allow_unused=True)[0]
    finally:
        hook.remove()
    return grad is None or not grad.any()

"""Pretrain the bundled backbone on the rendered sources; resumes where it was stopped.

The network tells the classes of pictures apart and, from the same pooled features, recalls where
edges and colours lay. The learning rate warms up, stays constant, and falls to zero over the last
epochs, which see larger views. The running average of the weights is what is kept.

    python -m studies.backbone.pretrain FOLDER [--epochs 10] [--cooldown 3]
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from helpers.backbone.network import SmallResNet
from studies.backbone.probe import probe_photos
from studies.backbone.sources import CLASSES, render
from studies.backbone.views import BINS, CELLS, erase, layout, normalise, view

BATCH, RATE, DECAY, SIZE, LARGER = 128, 2e-3, 0.05, 64, 96
HELD_OUT = 50  # every 50th picture measures how well the classes are told apart


class Pretraining(nn.Module):
    """The backbone with one head for the class and one for the layout."""

    def __init__(self, classes: int):
        super().__init__()
        self.body = SmallResNet()
        self.classes = nn.Linear(self.body.channels[-1], classes)
        self.middle = nn.Linear(self.body.channels[-2], classes)
        self.layout = nn.Linear(self.body.channels[-1], CELLS**2 * (BINS + 3))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        maps = [stage.mean((2, 3)) for stage in self.body.stages(x)[-2:]]
        return self.classes(maps[1]), self.middle(maps[0]), self.layout(maps[1])


def rate_at(step: int, per_epoch: int, epochs: int, cooldown: int) -> float:
    """Share of the full learning rate: half an epoch of warm-up, constant, then a line to 0."""
    left = epochs * per_epoch - step
    return min(1.0, (step + 1) / (per_epoch / 2), left / (cooldown * per_epoch))


def train_epoch(model, average, optimiser, pictures, labels, centre, epoch, plan) -> dict:
    generator = torch.Generator().manual_seed(1000 + epoch)
    kept = torch.nonzero(torch.arange(len(labels)) % HELD_OUT > 0).flatten()
    order = kept[torch.randperm(len(kept), generator=generator)]
    per_epoch = len(order) // BATCH
    size = LARGER if epoch >= plan.epochs - plan.cooldown // 2 else SIZE
    totals, model = torch.zeros(2), model.train()
    for number in tqdm(range(per_epoch), desc=f"epoch {epoch}", mininterval=30):
        share = rate_at(epoch * per_epoch + number, per_epoch, plan.epochs, plan.cooldown)
        for group in optimiser.param_groups:
            group["lr"] = RATE * share
        batch = order[number * BATCH : (number + 1) * BATCH]
        x = view(pictures[batch], size, generator)
        target = (layout(x) - centre[0]) / centre[1]
        with torch.autocast("cpu", torch.bfloat16):
            late, middle, recalled = model(normalise(erase(x, generator)))
        told = F.cross_entropy(late.float(), labels[batch], label_smoothing=0.1)
        aside = F.cross_entropy(middle.float(), labels[batch], label_smoothing=0.1)
        where = F.mse_loss(recalled.float(), target)
        (told + 0.3 * aside + plan.layout * where).backward()
        optimiser.step()
        optimiser.zero_grad()
        average.update_parameters(model)
        totals += torch.stack([told.detach(), where.detach()])
    told, where = (totals / per_epoch).tolist()
    return {"class_loss": told, "layout_loss": where}


@torch.no_grad()
def settle(model, pictures, batches: int = 80) -> None:
    """Measure the means and variances of batch normalisation anew, with the weights at rest."""
    generator = torch.Generator().manual_seed(0)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # a plain average over the batches
    model.train()
    for _ in range(batches):
        batch = torch.randint(len(pictures), (BATCH,), generator=generator)
        model(normalise(view(pictures[batch], LARGER, generator)))


@torch.no_grad()
def accuracy(model, pictures, labels) -> float:
    """Share of held-out pictures whose class is told, at the size of the views."""
    model.eval()
    right, held = 0, torch.arange(0, len(labels), HELD_OUT)
    for batch in held.split(256):
        x = pictures[batch].permute(0, 3, 1, 2).float() / 255
        x = F.interpolate(x, (SIZE, SIZE), mode="bilinear", antialias=True)
        right += (model(normalise(x))[0].argmax(1) == labels[batch]).sum().item()
    return right / len(held)


def main(plan: argparse.Namespace) -> None:
    torch.manual_seed(0)
    pictures, labels = render(plan.folder, plan.images, LARGER)
    pictures, labels = torch.from_numpy(np.array(pictures)), torch.from_numpy(labels)
    model = Pretraining(len(CLASSES)).to(memory_format=torch.channels_last)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9985), use_buffers=True)
    plain = [one for one in model.parameters() if one.ndim < 2]
    weights = [one for one in model.parameters() if one.ndim >= 2]
    optimiser = torch.optim.AdamW(
        [{"params": weights, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}]
    )
    some = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))[:2048]
    targets = layout(view(pictures[some], SIZE, torch.Generator().manual_seed(0)))
    centre = targets.mean(0), targets.std(0) + 1e-4
    state, first = plan.folder / "state.pt", 0
    if state.exists():
        found = torch.load(state, weights_only=True)
        model.load_state_dict(found["model"])
        average.load_state_dict(found["average"])
        optimiser.load_state_dict(found["optimiser"])
        first = found["epoch"] + 1
    curve = plan.folder / "curve.csv"
    for epoch in range(first, plan.epochs):
        began = time.time()
        row = {"epoch": epoch}
        row |= train_epoch(model, average, optimiser, pictures, labels, centre, epoch, plan)
        row |= {"seconds": round(time.time() - began)}
        row |= {"accuracy": accuracy(average.module, pictures, labels)}
        row |= {"photos": probe_photos(average.module.body)}
        with curve.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if not file.tell():
                writer.writeheader()
            writer.writerow({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()})
        everything = {
            "model": model.state_dict(),
            "average": average.state_dict(),
            "optimiser": optimiser.state_dict(),
            "epoch": epoch,
        }
        torch.save(everything, state.with_suffix(".part"))
        state.with_suffix(".part").replace(state)
        print(row, flush=True)
    settle(average.module, pictures)
    print("photos, settled:", probe_photos(average.module.body))
    body = {k: v.contiguous() for k, v in average.module.body.state_dict().items()}
    save_file(body, plan.folder / "backbone.safetensors")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="for pictures, state and curve")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--cooldown", type=int, default=3, help="epochs of falling learning rate")
    parser.add_argument("--images", type=int, default=80, help="pictures of each class")
    parser.add_argument("--layout", type=float, default=1.0, help="weight of the layout loss")
    main(parser.parse_args())

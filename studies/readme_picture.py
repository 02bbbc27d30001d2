"""Draw README.jpg: some of the leaves, and one of each fault and decoy planted among them.

python -m studies.readme_picture
"""

from pathlib import Path

import matplotlib.pyplot as plt

from helpers import open_dataset, plots
from helpers.plots.style import FLAG, INNOCENT

SHOWN = ["beech", "ginkgo", "norway maple", "oak", "olive", "sycamore"]
# Kind, strength, which of them, caption; a pair shows its original first.
FAULTS = [
    ("exact_duplicate", "obvious", 3, "exact copy"),
    ("near_duplicate", "subtle", 4, "changed copy"),
    ("burst", None, 6, "innocent burst"),
    ("label_error_confusable", None, 4, "wrong label"),
    ("corrupt", None, 1, "unreadable"),
    ("dark", "clear", 2, "too dark"),
    ("night_decoy", None, 2, "innocent night"),
    ("blurred", "clear", 3, "blurred"),
    ("shallow_focus_decoy", None, 3, "innocent focus"),
    ("overexposed", "clear", 1, "overexposed"),
    ("no_leaf", None, 5, "no leaf"),
]


def choose(planted) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Image ids, captions and frame colours of the lower sheet."""
    ids, captions, frames = [], {}, {}
    for kind, strength, number, caption in FAULTS:
        rows = planted[planted["kind"] == kind]
        row = (rows if strength is None else rows[rows["strength"] == strength]).iloc[number]
        if isinstance(row["partner"], str):
            ids.append(row["partner"])
            captions[row["partner"]] = "one photo"
        ids.append(row["image_id"])
        captions[row["image_id"]] = caption
        frames[row["image_id"]] = INNOCENT if row["innocent"] else FLAG
    return ids, captions, frames


def main() -> None:
    plots.use_style()
    dataset = open_dataset("leaves")
    images = dataset.development.images
    some = dataset.with_images(images[images["label"].isin(SHOWN)])
    figure, (above, below) = plt.subplots(2, 1, figsize=(9.6, 8), height_ratios=[3.1, 1.65])
    title = "These photographs were rendered …"
    plots.class_sheet(some, per_class=9, seed=7, title=title, ax=above)
    ids, captions, frames = choose(dataset.planted)
    title = "… so every fault among them is known, and every decoy"
    plots.contact_sheet(dataset, ids, captions, 7, frames, title=title, ax=below)
    figure.savefig(Path(__file__).parents[1] / "README.jpg", dpi=110, pil_kwargs={"quality": 85})


if __name__ == "__main__":
    main()

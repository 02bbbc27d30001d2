"""What do heatmaps know? Asked by masks, other grounds, and shuffled weights.

    python -m studies.explanations [--seeds 0 1 2 3 4]    # about a minute of a quiet core each

On leaves of five seeds, cleaned and split as in the course. Two heads on one frozen backbone: the
first learned from the leaves as they were collected (with a shortcut: Norway maple on grass,
sycamore on stone), the second also from each of these leaves redrawn on the ground of the other
species, so that the ground says nothing. Both are explained on maples that neither has seen;
"random" is noise in the place of a heatmap. What is explained is by how much the logit of the right
species is above that of the other.
"""

import argparse
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from helpers.explain import (
    CONTROLS,
    METHODS,
    check_weights,
    did_it_look,
    explain,
    half_of,
    judge_weights,
    look_by,
    mend_head,
    subject_masks,
    swap_grounds,
)
from helpers.explain.grounds import hang, name_right
from helpers.explain.looking import rank_correlation
from helpers.training import build_dataloaders, build_learner, embed, predict, train_head
from studies.ladder import open_course
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/explain/*.py", "helpers/training/*.py", "helpers/backbone/*"]
COLUMNS = ["seed", "question", "method", "mean", "low", "high", "images", "code"]
SIZE, SHOWN = 96, 40
RIVAL = {"norway maple": "sycamore", "sycamore": "norway maple"}


def run(seed: int, code: str) -> list[list]:
    """A row for each question and method: the mean, and its 95 % interval by specimen."""
    course = open_course(seed).development
    learners, photos, moved = prepare(course)
    images, groups, rows = photos.images, photos.groups, []

    def add(question: str, method: str, value: pd.Series, other: pd.Series | None = None) -> None:
        found = look_by(value, images["label"], groups, other).loc["all"]
        rows.append([seed, question, method, *found.round(4), code])

    for name, learner in (("shortcut", learners["plain"]), ("mended", learners["mended"])):
        for ground, those in (("its own ground", photos), ("the other ground", moved)):
            said = predict(learner, those, progress=False)
            add(f"accuracy on {ground}", name, (said["prediction"] == said["label"]).astype(float))
    models = {name: learners[name] for name in ("plain", "mended")}
    for method in [*METHODS, *CONTROLS]:
        share, off, hangs = {}, pd.DataFrame(), pd.DataFrame()
        for number, (name, learner) in enumerate(models.items()):
            found = explain(learner, photos, method, "label", RIVAL, seed=seed + 1000 * number)
            masks = subject_masks(found, photos)
            looked = did_it_look(found.maps, masks, found.targets.index)
            share[name], hangs[name] = looked["share"], hang(learner, found, moved)
            off[name] = 1 - share[name]
            add(f"share on the leaf, {name}", method, share[name])
        add("rise of the share", method, share["mended"], share["plain"])
        add("names the model that hangs on the ground", method, name_right(off, hangs))
        for name in models:
            within = rank_correlation(off[name].fillna(0.5), hangs[name])
            rows.append([seed, f"rank correlation with the truth, {name}", method, within,
                         None, None, len(photos), code])  # fmt: skip
    some = photos.with_images(images.iloc[::3])
    checked = check_weights(
        learners["plain"], learners["twin"], some, [*METHODS, *CONTROLS], seed, (0.0, 1.0)
    )
    for method, found in judge_weights(checked, groups).iterrows():
        figures = [round(float(found[name]), 4) for name in ("difference", "low", "high")]
        rows.append([seed, "likeness lost with the weights", method, *figures, len(some), code])
    return rows


def prepare(course) -> tuple[dict, object, object]:
    """Learners by name, maples to ask about, and the same maples on the other ground."""
    features = embed(course, size=SIZE, progress=False)
    labels = course.part("train").images["label"]
    moved = swap_grounds(course)
    heads = {
        "plain": train_head(features, labels),
        "twin": train_head(features, half_of(labels, course.groups)),
        "mended": mend_head(features, labels, moved, SIZE),
    }
    dls = build_dataloaders(course, size=SIZE, progress=False)
    learners = {name: build_learner(dls, head=head) for name, head in heads.items()}
    valid = moved.part("valid")
    ids = valid.images.index[:: -(-len(valid) // SHOWN)]
    return (
        learners,
        course.with_images(course.images.loc[ids]),
        valid.with_images(valid.images.loc[ids]),
    )


def stored(code: str) -> pd.DataFrame:
    """The rows of this code."""
    table = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=COLUMNS)
    return table[table["code"] == code]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    options, code = parser.parse_args(), code_hash(__file__, *CODE)
    for seed in tqdm([s for s in options.seeds if s not in set(stored(code)["seed"])], "seeds"):
        found = pd.DataFrame(run(seed, code), columns=COLUMNS)
        # Read again: another process may have added its seeds meanwhile.
        pd.concat([stored(code), found]).sort_values("seed", kind="stable").to_csv(
            TABLE, index=False
        )
    table = stored(code)
    print(table.groupby(["question", "method"], sort=False)["mean"].agg(["mean", "min", "max"]))


if __name__ == "__main__":
    main()

"""What do the remedies of notebook 04 buy the rare classes, and who pays?

    python -m studies.balance [--seeds 1 2 3 4 5]    # some minutes on two cores

Linear heads on frozen embeddings of leaves of five seeds, cleaned and split as in the course, each
scored on *fresh* leaves, balanced in species and ground and without the shortcuts (as in the
ladder). All remedies of a seed are scored on the same images, so that their differences are paired.
"""

import argparse
from pathlib import Path

import pandas as pd
from scipy import stats
from tqdm import tqdm

from helpers.balance import adjust_logits, image_weights, oversample
from helpers.training import embed, train_head
from leaves.collection import DEVELOPMENT, SHORTCUTS
from studies.ladder import SIZE, open_course, open_fresh
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/balance/weighting.py", "helpers/training/*.py"]
CODE += ["helpers/backbone/*", "helpers/splits/*.py"]
COLUMNS = [
    *("seed", "remedy", "accuracy", "macro", "tail", "head", "worst", "worst_class", "reversed"),
    *("usual", "code"),
]
TAIL, HEAD = [*DEVELOPMENT][-4:], [*DEVELOPMENT][:3]


def run(seed: int, code: str) -> list[list]:
    """A row for each remedy: recall on fresh leaves, on average and by kind of class."""
    course, fresh = open_course(seed), open_fresh(seed)
    features = embed(course, size=SIZE, progress=False)
    asked = embed(fresh, size=SIZE, progress=False)
    images = course.part("train").images
    labels = images["label"]
    plain = train_head(features, labels).predict_proba(asked)
    answers = {"none": plain}
    for power in (0.5, 1.0):
        head = train_head(features, labels, weights=image_weights(labels, power=power))
        answers[f"class weights, power {power:g}"] = head.predict_proba(asked)
    drawn = oversample(labels, seed)
    copies = features.loc[drawn].set_axis(pd.RangeIndex(len(drawn)).astype(str))
    head = train_head(copies, labels[drawn].set_axis(copies.index))
    answers["oversampling"] = head.predict_proba(asked)
    for tau in (0.5, 1.0, 1.5, 2.0):
        answers[f"logit adjustment, tau {tau:g}"] = adjust_logits(plain, labels, tau)
    for power in (0.5, 1.0):
        weights = image_weights(labels, images["background"], power)
        head = train_head(features, labels, weights=weights)
        answers[f"group balance, power {power:g}"] = head.predict_proba(asked)
    return [[seed, name, *score(found, fresh), code] for name, found in answers.items()]


def score(chances: pd.DataFrame, fresh) -> list:
    known = fresh.images.loc[chances.index]
    right = (chances.idxmax(axis=1) == known["label"]).astype(float)
    even = known["balanced"].astype(bool)
    recall = right[even].groupby(known.loc[even, "label"]).mean()
    usual = known["label"].map(SHORTCUTS)
    swapped = known["label"].map(dict(zip(SHORTCUTS, reversed(SHORTCUTS.values()), strict=True)))
    figures = [right[even].mean(), recall.mean(), recall[TAIL].mean(), recall[HEAD].mean()]
    figures += [recall.min(), recall.idxmin(), right[known["background"] == swapped].mean()]
    figures += [right[even & (known["background"] == usual)].mean()]
    return [one if isinstance(one, str) else round(float(one), 4) for one in figures]


def summarise(table: pd.DataFrame) -> None:
    """Print what each remedy changes, the mean over seeds with its 95 % interval."""
    figures = ["accuracy", "macro", "tail", "head", "worst", "reversed", "usual"]
    plain = table[table["remedy"] == "none"].set_index("seed")[figures]
    print("none", plain.mean().round(3).to_dict())
    for remedy in table["remedy"].unique()[1:]:
        gain = table[table["remedy"] == remedy].set_index("seed")[figures] - plain
        half = stats.sem(gain) * stats.t.ppf(0.975, len(gain) - 1)
        told = [
            f"{f} {m:+.3f} ± {h:.3f}" for f, m, h in zip(figures, gain.mean(), half, strict=True)
        ]
        print(f"{remedy}: {', '.join(told)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    options, code = parser.parse_args(), code_hash(__file__, *CODE)
    table = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=COLUMNS)
    table = table[table["code"] == code].reset_index(drop=True)
    for seed in tqdm([seed for seed in options.seeds if seed not in set(table["seed"])], "balance"):
        for row in run(seed, code):
            table.loc[len(table)] = row
        table.to_csv(TABLE, index=False)
    summarise(table)


if __name__ == "__main__":
    main()

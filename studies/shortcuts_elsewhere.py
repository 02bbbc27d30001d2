"""What do the probes of notebook 04 say of images into which nobody planted a shortcut?

    python -m studies.shortcuts_elsewhere [FOLDER ...]    # a minute or two for each

Asked are scikit-learn's digits and each FOLDER of photos. A row for each probe goes to
shortcuts_elsewhere.csv, with the classes that it says are given away and the area under the ROC
curve of each. Of borders there are rows that were shown a part of them, which says by what a class
is known: their mean colours, their brightness alone, and how much each patch varies.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from helpers import open_dataset
from helpers.balance import border_colours, file_facts, probe
from helpers.datasets import Dataset
from studies.provenance import code_hash
from studies.shortcuts import CODE

TABLE = Path(__file__).with_suffix(".csv")
COLUMNS = ["data", "images", "classes", "probe", "recall", "chance", "p", "named", "code"]


def shown(dataset: Dataset) -> Iterator[tuple[str, pd.DataFrame]]:
    """What each probe is shown, by name."""
    border = border_colours(dataset, progress=False)
    means, spreads = (border.filter(regex=f" {kind}$") for kind in ("mean", "spread"))
    yield "border", border
    yield "border: mean colours", means
    yield "border: brightness", means.T.groupby(means.columns.str[:-7], sort=False).mean().T
    yield "border: spread", spreads
    yield "file facts", file_facts(dataset, progress=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    folders, code, rows = parser.parse_args().folders, code_hash(__file__, *CODE), []
    for data in [open_dataset("digits"), *map(open_dataset, folders)]:
        dataset = data.development
        for name, features in shown(dataset):
            found = probe(dataset, features)
            areas = found.by_class.loc[found.gives_away, "auc"].sort_values(ascending=False)
            named = ", ".join(f"{one} {area:.2f}" for one, area in areas.items())
            facts = round(found.recall, 3), round(found.chance, 3), f"{found.p:.2g}", named
            rows.append([data.name, len(dataset), len(dataset.classes), name, *facts, code])
            print(*rows[-1], sep=" | ", flush=True)
    pd.DataFrame(rows, columns=COLUMNS).to_csv(TABLE, index=False)


if __name__ == "__main__":
    main()

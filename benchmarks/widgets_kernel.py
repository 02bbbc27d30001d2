"""Every widget without a browser: python benchmarks/widgets_kernel.py [word …]

From the change of a control's value in the kernel to the replaced output, 30 changes each, in
milliseconds of processor time of the thread that answers, which other programs do not lengthen.
Data and names are those of ``widgets.py``, which measures the same in a browser.
"""

import os
import sys
import tempfile
import time
from itertools import count, cycle
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.widgets import SETUP

TIMES = 30
GROUPS = "images['specimen'].map(lambda one: 'AB'[int(one[1:]) % 2])"
WIDGETS = {
    "review": "review(dataset, suspects, features=features)",
    "browse": "browse(dataset)",
    "map": "explore_map(dataset, features)",
    "splits": "explore_splits(dataset, features, pairs)",
    "balance": "explore_balance(dataset.with_images(images[:900]), features)",
    "rates": "explore_rates(read_study('learning_rates'), 2.3)",
    "augmentation": "explore_augmentation(dataset, learner)",
    "transfer": "explore_transfer(dataset, read_study('transfer'), {'bundled': features})",
    "cures": "explore_cures(study)",
    "ensemble": "compose_ensemble(voters, images['label'], images['specimen'])",
    "errors": "explore_errors(dataset, predictions)",
    "decisions": "explore_decisions(predictions)",
    "fairness": f"explore_fairness(predictions, {GROUPS}, 'a')",
    "explanations": "explore_explanations(learner, dataset)",
}


def choose(control, values):
    """Set one value after the other, over and over."""
    left = cycle([one for one in values if one != control.value] + [control.value])
    return lambda: setattr(control, "value", next(left))


def options(control):
    return [one for _, one in control._options_full]


def actions(name, one):
    """What is done to a widget, by name."""
    if name == "review":
        keys = (("drop", "d"), ("step", "ArrowRight"), ("undo", "u"))
        return {told: lambda key=key: one.press(key, one.keyboard.revision) for told, key in keys}
    if name == "browse":
        places = cycle(range(24))
        return {
            "next page": one.forward.click,
            "another order": choose(one.order, [False, True]),
            "open one": lambda: one._act(lambda: one._press(next(places), "open")),
        }
    if name == "map":
        places = cycle(range(TIMES))
        return {
            "picture of a point": lambda: one._hover(next(places)),
            "another colour": choose(one.colour_by, options(one.colour_by)),
        }
    if name == "splits":
        return {
            "another seed, new": one.again.click,
            "another share": choose(one.share, [0.25, 0.3, 0.35]),
        }
    if name == "cures":
        sliders = [one.sliders[name] for name in ("smoothing", "dropout", "decay", "depth")]
        steps = count(1)

        def slide() -> None:
            step, place = next(steps), 0
            while step % 3 == 0:  # as an odometer turns, so that no combination comes twice
                step, place = step // 3, place + 1
            control = sliders[place]
            values = [value for _, value in control.options]
            control.value = values[(values.index(control.value) + 1) % 3]

        return {"a slider": slide}
    return {
        "balance": lambda: {"another strength": choose(one.strength, options(one.strength))},
        "rates": lambda: {"another rate": choose(one.rate, options(one.rate))},
        "augmentation": lambda: {"a slider": choose(one.sliders["brightness"], [0.5, 0.7, 0.9])},
        "transfer": lambda: {"other images, a head trained": one.again.click},
        "ensemble": lambda: {"a weight": choose(one.sliders["second"], [0.2, 0.4, 0.6, 0.8])},
        "errors": lambda: {"another class": choose(one.label, options(one.label))},
        "decisions": lambda: {"a threshold": choose(one.threshold, [0.3, 0.4, 0.6, 0.7])},
        "fairness": lambda: {"a slack": choose(one.slack, [0.05, 0.1, 0.15, 0.25])},
        "explanations": lambda: {"another image": choose(one.image, one.image.options)},
    }[name]()


def measure(act) -> list[float]:
    found = []
    for _ in range(TIMES):
        start = time.thread_time()
        act()
        found.append(1000 * (time.thread_time() - start))
    return found


def main(words: list[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        os.environ["WORKBOOK_WORK"] = scratch
        made: dict = {}
        exec(SETUP, made)
        print("| action | median | 95th percentile | worst |\n|---|---|---|---|")
        for name, call in WIDGETS.items():
            if words and name not in words:
                continue
            for told, act in actions(name, eval(call, made)).items():
                found = measure(act)
                median, late = np.percentile(found, [50, 95])
                print(f"| {name}: {told} | {median:.0f} ms | {late:.0f} ms | {max(found):.0f} ms |",
                      flush=True)  # fmt: skip
        os.chdir("/")


if __name__ == "__main__":
    main(sys.argv[1:])

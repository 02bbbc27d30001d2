"""What notebook 04 claims about bias and balance in the bundled leaves."""

from collections.abc import Iterator

from helpers.balance import accuracies
from helpers.course.claims import Claim

PLANTED = {"border": ["norway maple", "sycamore"], "file facts": ["hornbeam"]}
RAREST, COMMONEST = "rarest classes", "commonest classes"


def claims(
    dataset, *, counts, goes_with, probes, proxies, answers, by_class, effects
) -> Iterator[Claim]:
    """The statements of the prose, each with bounds that follow its values on five seeds."""
    yield Claim(
        "images of the commonest class to one of the rarest", counts["ratio"].max(), 7.5, 11
    )
    v = goes_with["v"]
    yield Claim("Cramér's V of background and class", v.get("background"), 0.32)
    yield Claim("Cramér's V of camera and class", v.get("device"), 0.27)
    known = goes_with["p_corrected"] < 0.05
    yield Claim("columns that surely go with the class", known.sum(), 1.8, 2.2)
    found = [name in probes[probe].gives_away for probe, some in PLANTED.items() for name in some]
    yield Claim("planted shortcuts that a probe reports", sum(found), 2.7)
    for name, probe, low in (
        ("norway maple", "border", 0.8),
        ("sycamore", "border", 0.75),
        ("hornbeam", "file facts", 0.8),
    ):
        area = probes[probe].by_class["auc"].get(name)
        yield Claim(f"area under the ROC curve of {name}, from {probe} alone", area, low)
    told = proxies.set_index(["column", "source"])["recall"]
    yield Claim("recall of cameras from file facts", told.get(("device", "file facts")), 0.62)
    rarest = by_class["nothing"].iloc[-1]
    yield Claim("recall of the rarest class without a remedy", rarest, high=0.35)
    adjusted = effects[effects["remedy"] == "logit adjustment"].set_index("of")
    gain = adjusted["difference"]
    yield Claim("gain of the rarest classes by logit adjustment", gain[RAREST], 0.05)
    yield Claim("its interval's lower end", adjusted["low"][RAREST], 0)
    yield Claim("change of the commonest classes by it", gain[COMMONEST], high=-0.04)
    right = accuracies(answers, dataset.images["label"])
    change = right["logit adjustment"] - right["nothing"]
    yield Claim("change of accuracy by logit adjustment", change, high=0)

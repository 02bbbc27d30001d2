"""The models of `studies.ensembles`: trained once per seed and setting, their answers kept."""

from functools import lru_cache
from pathlib import Path

import pandas as pd
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from helpers.augment import train_with
from helpers.datasets import Dataset, work_folder
from helpers.descriptors import describe
from helpers.ensembles import EightViews, as_learner, average_weights, distil, vote
from helpers.splits import split
from helpers.training import build_dataloaders, build_learner, embed, predict, train_head
from helpers.training.networks import stored_weights
from helpers.transfer import limit_images
from studies.ladder import open_course, open_fresh
from studies.provenance import code_hash

CODE = ["leaves/*.py", "helpers/augment/training.py"]
CODE += ["helpers/ensembles/joining.py"]
CODE += [f"helpers/backbone/{name}" for name in ("network.py", "bundled.safetensors")]
CODE += [f"helpers/training/{n}.py" for n in ("fitting", "heads", "learning", "networks")]
DISTILLING = Path(__file__).parents[1] / "helpers" / "ensembles" / "distilling.py"
SIZE, NETWORKS, POLICY = 64, 5, "mirror and turn"
SETTINGS = {"25 per class": (25, 10)}


def chances(learner, photos: Dataset) -> pd.DataFrame:
    return predict(learner, photos, progress=False)[list(learner.dls.vocab)]


def put_away(name: str, kept: Path, model, course: Dataset, fresh: Dataset) -> None:
    """Keep what a model answers; `model` makes probabilities of a dataset."""
    found = [model(course.part("valid")), model(fresh)]
    both = pd.concat(found, keys=["valid", "fresh"], names=["photos", "image_id"])
    both.astype("float32").to_parquet(kept / f"{name}.parquet")


def put_network(name, kept, learner, course, fresh) -> None:
    put_away(name, kept, lambda photos: chances(learner, photos), course, fresh)


@lru_cache(1)
def balanced(seed: int) -> Dataset:
    fresh = open_fresh(seed)
    return fresh.with_images(fresh.images[fresh.images["balanced"].astype(bool)])


def train_networks(course, chosen, epochs, kept, fresh) -> None:
    """Networks that differ by chance alone, and what can be made of them."""
    made = [train_with(chosen, POLICY, "all", epochs, seed=s) for s in range(NETWORKS)]
    for number, learner in enumerate(made, 1):
        put_network(f"network {number}", kept, learner, course, fresh)
    views = as_learner(EightViews(made[0].model), made[0])
    put_network("network 1, eight views", kept, views, course, fresh)
    soup = average_weights([learner.model for learner in made])
    put_network("averaged weights", kept, as_learner(soup, made[0]), course, fresh)
    for number, learner in enumerate(made, 1):
        torch.save(learner.model.state_dict(), kept / f"network {number}.pt")


def train_students(course, chosen, epochs, kept, fresh) -> None:
    """Networks that learn from others' answers about every training picture, labels unused."""
    train, dls = course.part("train"), build_dataloaders(course, SIZE, seed=0, progress=False)
    teachers = []
    for number in range(1, NETWORKS + 1):
        teacher = build_learner(dls, pretrained=False)
        known = torch.load(kept / f"network {number}.pt", weights_only=True)
        teacher.model.load_state_dict(known)
        teachers.append(chances(as_learner(EightViews(teacher.model), teacher), train))
    features = embed(train, size=SIZE, progress=False)
    for name, answers in (
        ("taught by one", teachers[0]),
        ("taught by five", vote(dict(enumerate(teachers)))),
    ):
        head = train_head(features, answers.idxmax(axis=1))
        if head.classes != list(dls.vocab):
            head = None  # a rare class that the teacher never names
        student = distil(build_learner(dls, head=head), train, answers, progress=False)
        put_network(name, kept, student, course, fresh)


def train_folds(course, chosen, epochs, kept, fresh) -> None:
    """Networks each of which learns from four fifths of the training specimens."""
    train = chosen.part("train")
    rest = train
    for fold in range(NETWORKS):
        out = rest.images.index
        if fold < NETWORKS - 1:
            share = 1 / (NETWORKS - fold)
            splits = split(rest.with_images(rest.images.assign(split=None)), valid=share, seed=fold)
            out = splits.index[splits["split"] == "valid"]
            rest = rest.with_images(rest.images.drop(out))
        learner = train_with(
            chosen.with_images(chosen.images.drop(out)), POLICY, "all", epochs, seed=fold
        )
        put_network(f"fold {fold + 1}", kept, learner, course, fresh)


def train_scratch(course, chosen, epochs, kept, fresh) -> None:
    """The control for averaged weights: two networks that began at different random weights."""
    made = [
        train_with(chosen, POLICY, "all", 2 * epochs, pretrained=False, seed=s) for s in range(2)
    ]
    for number, learner in enumerate(made, 1):
        put_network(f"from scratch {number}", kept, learner, course, fresh)
    soup = average_weights([learner.model for learner in made])
    batches = (batch[0].as_subclass(torch.Tensor) for batch in made[0].dls.train)
    torch.optim.swa_utils.update_bn(batches, soup)
    soup = as_learner(soup, made[0])
    put_network("averaged weights from scratch", kept, soup, course, fresh)


def train_heads(course, chosen, epochs, kept, fresh) -> None:
    """Models of other kinds: heads on other sizes and another backbone, descriptors."""
    labels = chosen.part("train").images["label"]
    kinds = {f"head {size} px": {"size": size} for size in (64, 96, 128)}
    if stored_weights("squeezenet1_0"):
        kinds["ImageNet's squeezenet1_0"] = {"backbone": "squeezenet1_0", "size": 128}
    for name, how in kinds.items():
        head = train_head(embed(chosen.part("train"), **how, progress=False), labels)
        put_away(name, kept, lambda p, head=head, how=how: head.predict_proba(
            embed(p, **how, progress=False)), course, fresh)  # fmt: skip
    features = describe(chosen.part("train"), workers=1, progress=False)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    model.fit(features, labels[features.index].to_list())

    def answer(photos):
        known = describe(photos, workers=1, progress=False)[features.columns]
        return pd.DataFrame(model.predict_proba(known), known.index, model.classes_)

    put_away("descriptors", kept, answer, course, fresh)


PARTS = {
    f.__name__: f for f in (train_heads, train_networks, train_students, train_folds, train_scratch)
}


def code() -> str:
    return code_hash(__file__, *CODE)


def answers(setting: str, seed: int) -> tuple[dict[str, list[pd.DataFrame]], list[pd.Series]]:
    """What every model says of validation and of fresh photos, name → two tables, and the labels of
    both; what is not kept is trained."""
    count, epochs = SETTINGS[setting]
    course, fresh = open_course(seed), balanced(seed)
    given = pd.util.hash_pandas_object(course.images[["label", "split"]]).sum()
    kept = work_folder() / "studies" / "ensembles" / f"{code()}-{given:x}-{seed}-{setting}"
    kept.mkdir(parents=True, exist_ok=True)
    for name, part in PARTS.items():
        own = code_hash(DISTILLING) if part is train_students else ""
        if not (done := kept / f"{name}{own}.done").exists():
            part(course, limit_images(course, count, seed), epochs, kept, fresh)
            done.touch()
    both = {path.stem: pd.read_parquet(path) for path in sorted(kept.glob("*.parquet"))}
    labels = [photos.images["label"] for photos in (course.part("valid"), fresh)]
    return {name: [one.loc["valid"], one.loc["fresh"]] for name, one in both.items()}, labels

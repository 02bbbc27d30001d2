"""What a report trains, and what it asks the trained: each answer once, and kept on disk."""

from __future__ import annotations

import contextlib
import io
import sys
from functools import cached_property

import pandas as pd
from tqdm.auto import tqdm

from helpers import evaluation
from helpers.balance import Origin, judge_origin, read_origins
from helpers.datasets import Dataset, DatasetError
from helpers.evidence.audited import Evidence
from helpers.labelling import BOTH, choose
from helpers.transfer import head_curve

SIZE, EPOCHS, RATE = 64, 4, 3e-3
COUNTS, SEEDS = (5, 10, 20, 40, "all"), 3
DUMMY, DESCRIPTORS, FROZEN, IMAGENET = "dummy", "descriptors", "frozen", "frozen, ImageNet"
TUNED = "fine-tuned"
BACKBONE = "mobilenet_v2"
SAME_DATASET = (
    "Validation images come from the same dataset as those learned from: how it does on images "
    "from elsewhere, they tell only as far as the split keeps sites, cameras and customs apart."
)
NUMBER = 50
"""Images that are chosen to be labelled next."""


class Learned(Evidence):
    """`Evidence`, and the models."""

    @cached_property
    def sides(self) -> tuple[Dataset, Dataset]:
        """The images learned from and those asked about."""
        return self.divided.part("train"), self.divided.part("valid")

    @cached_property
    def answers(self) -> dict[str, pd.DataFrame]:
        """By model what it says of the validation images: checked predictions tables, all of the
        same images."""
        found = {DUMMY: self._dummy()}
        if "descriptors" in self.plan.taken:
            from helpers.descriptors import describe

            described = describe(self.divided, workers=2, progress=self.progress)
            found[DESCRIPTORS] = self._by_head(described)
        found[FROZEN] = self._by_head(self.features)
        if self.has_imagenet:
            from helpers.training import embed

            found[IMAGENET] = self._by_head(embed(self.divided, BACKBONE, progress=self.progress))
        if "fine-tuning" in self.plan.taken:
            found[TUNED] = self._tuned()
        same = set.intersection(*(set(table.index) for table in found.values()))
        return {name: table[table.index.isin(same)].sort_index() for name, table in found.items()}

    @cached_property
    def scores(self) -> dict[str, pd.DataFrame]:
        """Metrics of each model with their intervals, by whole groups, copies being in one."""
        return {name: _score(one, self.things) for name, one in self.answers.items()}

    @cached_property
    def best(self) -> str:
        """The trained model of the least log loss, whether it beats the dummy or not."""
        return min(self._losses.keys() - {DUMMY}, key=self._losses.get)

    @property
    def beats_dummy(self) -> bool:
        """Whether the best model's log loss is below that of the shares of the classes."""
        return self._losses[self.best] < self._losses[DUMMY]

    @cached_property
    def _losses(self) -> dict[str, float]:
        return {name: table["loss"].mean() for name, table in self.answers.items()}

    @cached_property
    def classes_in_one_group(self) -> list[str]:
        """Classes of several images that all belong to one group: they can be learned or asked
        about, not both."""
        labels = self.clean.images["label"].dropna()
        table = pd.DataFrame({"label": labels, "group": self.clean.groups[labels.index]})
        found = table.groupby("label")["group"].agg(["nunique", "size"])
        return list(found.index[(found["nunique"] == 1) & (found["size"] > 1)])

    @cached_property
    def origins(self) -> pd.DataFrame:
        """Day and camera of each image, as its file says (see `helpers.balance.read_origins`)."""
        return read_origins(self.divided, self.files, self.progress)

    @cached_property
    def judged_origins(self) -> dict[str, Origin]:
        """By column of `origins` what it tells of the label; not those that cannot be judged."""
        found = {
            name: judge_origin(self.divided, origin, self.features)
            for name, origin in self.origins.items()
        }
        return {name: one for name, one in found.items() if one is not None}

    @property
    def has_imagenet(self) -> bool:
        return "ImageNet" in self.plan.taken and self.has_weights

    @cached_property
    def has_weights(self) -> bool:
        """Whether a network pretrained on ImageNet is on this computer."""
        from helpers.training.networks import stored_weights

        return bool(stored_weights(BACKBONE))

    @property
    def imagenet_note(self) -> list[str]:
        """What would probably do better and was not tried."""
        if self.opened.name == "leaves" or self.has_weights:
            return []
        return [
            "No ImageNet weights are on this computer. The bundled network has only seen rendered "
            "pictures; on natural photos ImageNet's networks did better wherever it was measured "
            "(helpers/backbone/CARD.md). Once connected, these lines in .venv/bin/python download "
            "one, and a further report tries it where its budget pays for it: "
            f'from helpers.training.networks import load_body; load_body("{BACKBONE}")'
        ]

    @cached_property
    def judged_on(self) -> str:
        tests = self.dataset.images["split"].eq("test") & self.dataset.images["label"].notna()
        return "test" if self.open_test and tests.any() else "validation"

    @property
    def judged_note(self) -> str:
        if self.judged_on == "test":
            return "The test split was opened for this, and the opening is written down."
        closed = int(self.dataset.images["split"].eq("test").sum())
        more = (
            f" The {closed:,} test images stay closed; --open-test asks them."
            if closed
            else (" No test images were kept aside, so that the last word is still to be said.")
        )
        return (
            f"{SAME_DATASET} The best of several models was chosen on them (by log loss), so that "
            "the score flatters." + more
        )

    @cached_property
    def judged(self) -> tuple[pd.DataFrame, Dataset]:
        """The answers that the verdict is about, and the images they are of."""
        if self.judged_on == "validation":
            table = self.answers[self.best]
            part = self.sides[1]
            return table, part.with_images(part.images.loc[table.index])
        images = self.dataset.images
        closed = self.dataset.with_images(
            images[images["split"].eq("test") & images["label"].notna()]
        )

        def build() -> pd.DataFrame:
            test = self.dataset.open_test(reason=f"report: final score of the {self.best} model")
            test = test.with_images(test.images.loc[test.images["label"].notna()])
            return self._ask(test)

        table = self._keep_answers("test-answers", build, [closed.images, self.best])
        return table, closed.with_images(closed.images.loc[table.index])

    @cached_property
    def judged_scores(self) -> pd.DataFrame:
        answers, _ = self.judged
        return _score(answers, self.things)

    @cached_property
    def curve(self) -> pd.DataFrame | None:
        """Accuracy of a linear head by labelled images per class; None if that is not paid for."""
        if "learning curve" not in self.plan.taken:
            return None

        def build() -> pd.DataFrame:
            # A split at a time, so that the bar moves.
            splits = tqdm(range(SEEDS), "models of fewer labels", delay=2, unit="split",
                          disable=not self.progress)  # fmt: skip
            with contextlib.redirect_stdout(io.StringIO()):
                return pd.concat(
                    [head_curve(self.divided, self.features, counts=COUNTS, seeds=[one])
                     for one in splits], ignore_index=True
                )  # fmt: skip

        table = self._keep("curve", build, [self.features, self.divided.images], (head_curve,))
        order = [str(count) for count in COUNTS if str(count) in set(table["per_class"])]
        found = table.groupby("per_class")[["images", "accuracy"]].mean().loc[order]
        spread = table.groupby("per_class")["accuracy"].agg(["min", "max"]).loc[order]
        found = found.join(spread.set_axis(["lowest", "highest"], axis=1))
        return found.assign(images=found["images"].round().astype(int))

    @cached_property
    def unlabelled(self) -> pd.Index:
        """Readable images without a label, of those that may be learned from."""
        images = self.clean.images
        return images.index[images["label"].isna() & images.index.isin(self.features.index)]

    @cached_property
    def label_next(self) -> pd.DataFrame:
        """Images without a label that would teach most, the first first: issue, suggestion."""
        from helpers.training import train_head

        none = pd.DataFrame({"issue": [], "suggestion": []}, pd.Index([], name="image_id"))
        if self.unlabelled.empty:
            return none
        labels = self.clean.images["label"].dropna()
        labels = labels[labels.index.isin(self.features.index)]
        head, asked = train_head(self.features, labels), self.features.loc[self.unlabelled]
        chances = head.predict_proba(asked)
        chosen = choose(BOTH, NUMBER, asked, chances, self.features.loc[labels.index])
        told = {"issue": "no label", "suggestion": chances.loc[chosen].idxmax(axis=1)}
        return pd.DataFrame(told, pd.Index(chosen, name="image_id"))

    def _dummy(self) -> pd.DataFrame:
        train, valid = self.sides
        shares = train.images["label"].value_counts(normalize=True).reindex(self._classes)
        asked = self._asked(valid.images.index)
        table = pd.DataFrame([shares.fillna(0.0)] * len(asked), asked)
        return self._check(table.astype(float), valid)

    def _by_head(self, features: pd.DataFrame) -> pd.DataFrame:
        from helpers.training import train_head

        train, valid = self.sides
        head = train_head(features, train.images["label"])
        known = features[features.index.isin(self._asked(valid.images.index))]
        return self._check(head.predict_proba(known), valid)

    def _asked(self, ids: pd.Index) -> pd.Index:
        """Labelled validation images that have features and are of a class that was learned."""
        labels = self.divided.images["label"].reindex(ids)
        return ids[ids.isin(self.features.index) & labels.isin(self._classes).to_numpy()]

    @cached_property
    def _classes(self) -> list[str]:
        return self.sides[0].classes

    def _check(self, table: pd.DataFrame, part: Dataset) -> pd.DataFrame:
        return evaluation.check_predictions(table, part.with_images(part.images.loc[table.index]))

    def _tuned(self) -> pd.DataFrame:
        def build() -> pd.DataFrame:
            from helpers.training import predict

            valid = self.sides[1]
            valid = valid.with_images(valid.images.loc[self._asked(valid.images.index)])
            train, images = self.sides[0], self.divided.images
            known = self.divided.with_images(images[images["label"].isin(self._classes)])
            learner = self._tune(known, train.images["label"].dropna())
            return predict(learner, valid, self.progress)

        return self._keep_answers("tuned", build, [self.divided.images])

    def model(self) -> tuple:
        """The best model, and what `helpers.exports.export_model` has to be told of it.

        Returns
        -------
        (Learner, {}) or (Head, dict with size and backbone)

        Raises
        ------
        DatasetError
            The descriptors are best, of which there is nothing to hand over, or nothing beats the
            dummy.
        """
        if self.best == DESCRIPTORS or not self.beats_dummy:
            raise DatasetError(
                f"The {self.best} model is best here, and no network is to be handed over."
                if self.beats_dummy
                else f"The {self.best} model does not beat the dummy, and is not handed over."
            )
        labels = self.sides[0].images["label"].dropna()
        if self.best == TUNED:
            images = self.divided.images
            known = self.divided.with_images(images[images["label"].isin(self._classes)])
            return self._tune(known, labels), {}
        from helpers.training import embed, train_head

        name = "bundled" if self.best == FROZEN else BACKBONE
        features = embed(self.sides[0], name, progress=self.progress)
        return train_head(features, labels), {"size": embedding_size(name), "backbone": name}

    def _tune(self, known: Dataset, labels: pd.Series):
        """A fine-tuned learner; training goes on where it was interrupted.

        Small moves and changes of light only: whether a mirrored picture keeps its label, nobody
        said.
        """
        from helpers.training import (
            Augment,
            build_dataloaders,
            build_learner,
            embed,
            train,
            train_head,
        )

        moved = Augment(flip=False, rotate=5, zoom=0.05, stretch=0.05, shift=0.05)
        dls = build_dataloaders(known, size=SIZE, augment=[moved], progress=self.progress)
        features = embed(self.sides[0], size=SIZE, progress=self.progress)
        learner = build_learner(dls, head=train_head(features, labels))
        train(learner, EPOCHS, RATE, resume=f"report-{SIZE}", progress=self.progress)
        learner.model.bfloat16 = False  # it is judged in 32 bits, in which it is handed over
        return learner

    def _ask(self, part: Dataset) -> pd.DataFrame:
        """What the best model says of images that it has not seen."""
        from helpers.training import embed, predict

        model, told = self.model()
        if not told:
            return predict(model, part, self.progress)
        features = embed(part, told["backbone"], progress=self.progress)
        return self._check(model.predict_proba(features), part)

    def _keep_answers(self, name: str, build, inputs: list) -> pd.DataFrame:
        from helpers.training import fitting, heads, loading

        code = (fitting, heads, loading, sys.modules[__name__])
        return evaluation.check_predictions(self._keep(name, build, inputs, code))


def _score(answers: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Metrics and their intervals, that of accuracy as a class or a part gets it, and a card."""
    found = evaluation.bootstrap_metrics(answers, groups)
    right = answers["prediction"] == answers["label"]
    found.loc["accuracy"] = [*evaluation.accuracy_interval(right, groups.reindex(answers.index))]
    found.loc["weighted recall"] = found.loc["accuracy"]  # which is the same by another name
    return found


def embedding_size(backbone: str) -> int:
    """The side of the square that `embed` brings images to."""
    from helpers.training.networks import load_body

    return min(load_body(backbone).size, 128)

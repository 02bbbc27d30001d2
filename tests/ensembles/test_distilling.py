"""A student learns what it is told, labels or not, and the same again with the same seed."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from helpers.datasets import Dataset
from helpers.ensembles import answers_of, as_learner, average_weights, distil
from helpers.training import build_dataloaders, build_learner, predict


@pytest.fixture
def dataset(tmp_path):
    """Twenty plain pictures, red or blue; one in four to validate with, half of them unlabelled."""
    rows = {}
    for number in range(20):
        name, colour = ("blue", (30, 40, 200)) if number % 2 else ("red", (200, 40, 30))
        shade = tuple(int(c + number) for c in colour)
        Image.new("RGB", (40, 40), shade).save(tmp_path / f"{number:02d}.png")
        split = "valid" if number >= 15 else "train"
        label = name if number < 4 or split == "valid" else None
        rows[f"{number:02d}.png"] = {"label": label, "split": split}
    images = pd.DataFrame.from_dict(rows, "index").rename_axis("image_id")
    return Dataset("colours", tmp_path, images, None)


def learner_of(dataset, seed=0):
    labelled = dataset.with_images(dataset.images.dropna(subset="label"))
    return build_learner(build_dataloaders(labelled, size=32, progress=False), seed=seed)


def told(dataset):
    """Answers that call every red picture blue by three chances in four, and blue ones red."""
    train = dataset.part("train").images
    red = np.array([int(name[:2]) % 2 == 0 for name in train.index])
    chances = np.where(red[:, None], (0.75, 0.25), (0.25, 0.75))
    return pd.DataFrame(chances, train.index, ["blue", "red"])


def test_a_student_learns_the_probabilities_of_its_teacher_and_no_label(dataset):
    answers = told(dataset)
    torch.set_num_threads(1)
    student = distil(learner_of(dataset), dataset, answers, epochs=25, progress=False)
    found = predict(student, dataset.part("train"), progress=False)[["blue", "red"]]
    assert np.abs(found - answers.loc[found.index]).to_numpy().mean() < 0.12
    assert (found["blue"] > 0.5).sum() == 8


def test_a_student_taught_again_is_the_same(dataset):
    torch.set_num_threads(1)
    made = [
        distil(learner_of(dataset), dataset, told(dataset), epochs=1, progress=False)
        for _ in range(2)
    ]
    for one, other in zip(*(m.model.state_dict().values() for m in made), strict=True):
        assert torch.equal(one, other)


def test_learners_answer_in_tables_of_their_classes(dataset):
    learners = {"one": learner_of(dataset), "two": learner_of(dataset, seed=1)}
    soup = as_learner(average_weights([one.model for one in learners.values()]), learners["one"])
    found = answers_of(learners | {"soup": soup}, dataset.part("valid"))
    assert list(found) == ["one", "two", "soup"]
    for table in found.values():
        assert list(table) == ["blue", "red"]
        assert table.sum(axis=1).tolist() == pytest.approx([1] * 5)
    plain = predict(learners["two"], dataset.part("valid"), progress=False)
    assert found["two"]["red"].tolist() == pytest.approx(plain["red"].tolist())

"""Images of rare classes drawn until all classes are equally common."""

import pandas as pd
import pytest

from helpers.balance import oversample


def test_oversampling_repeats_rare_classes_and_leaves_the_commonest_as_it_is():
    labels = pd.Series(list("aaaabbc") + [None], [f"{i}.jpg" for i in range(8)])
    drawn = oversample(labels, seed=1)
    assert labels[drawn].value_counts().to_dict() == {"a": 4, "b": 4, "c": 4}
    assert sorted(drawn[:4]) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert (oversample(labels, 1) == drawn).all()
    assert (oversample(labels) == oversample(labels, 0)).all()


@pytest.mark.parametrize("labels", [[], [None, None]])
def test_oversampling_without_labels_says_so(labels):
    with pytest.raises(ValueError, match="oversample got no labels"):
        oversample(pd.Series(labels, [f"{n}.jpg" for n in range(len(labels))], dtype=object))

from dataclasses import replace

import numpy as np
import pytest

from leaves.species import AUTUMN, SPECIES, look_up, random_species


def test_there_are_the_ten_species_of_the_dataset():
    assert sorted(SPECIES) == [
        *("beech", "birch", "ginkgo", "hornbeam", "linden"),
        *("norway maple", "oak", "olive", "sycamore", "willow"),
    ]
    assert all(len(species.autumn) == len(AUTUMN) for species in SPECIES.values())


def test_willow_and_olive_differ_in_colour_alone():
    willow, olive = SPECIES["willow"], SPECIES["olive"]
    painted = replace(
        olive,
        **{k: getattr(willow, k) for k in ("name", "hue", "saturation", "value", "autumn")},
    )
    assert painted == willow


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"^Species 'baobab' is not known .* beech, birch.*\.$"):
        look_up("Species", "baobab", SPECIES)


def test_random_species_repeat_with_the_seed_and_are_broad():
    def draw(seed):
        rng = np.random.default_rng(seed)
        return [random_species(rng) for _ in range(40)]

    first = draw(0)
    assert first == draw(0)
    assert len({species.name for species in first}) == 40
    assert {species.form for species in first} == {"simple", "lobed", "palmate", "fan"}
    assert np.std([species.hue for species in first]) > 15

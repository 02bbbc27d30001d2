import numpy as np
import pytest

from helpers.audit.noise import GAIN, STEPS, TEMPERATURES, USUAL, _where_noise_goes, chance_of_noise

COUNT = 6


def simulate(images=2000, noise=0.05, surety=3.0, temperature=1.0, seed=0, goes=None):
    """True classes drawn from known chances, so the prediction is right about itself; then noise.

    Returns the log probabilities as a head that is off by `temperature` states them, the given
    labels, and which of them are wrong.
    """
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, surety, (images, COUNT))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    true = (rng.random(images)[:, None] > chances.cumsum(axis=1)).sum(axis=1).clip(0, COUNT - 1)
    wrong = rng.random(images) < noise
    other = (true + rng.integers(1, COUNT, images)) % COUNT if goes is None else goes[true]
    scaled = logits * temperature
    logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return logs, np.where(wrong, other, true), wrong


@pytest.mark.parametrize("temperature", [0.3, 1.0])
@pytest.mark.parametrize("noise", [0.02, 0.05, 0.15])
@pytest.mark.parametrize("surety", [3.0, 6.0])
def test_as_many_are_expected_wrong_as_are(noise, temperature, surety):
    counts = []
    for seed in range(5):
        logs, y, wrong = simulate(noise=noise, temperature=temperature, surety=surety, seed=seed)
        chances = chance_of_noise(logs, y)
        issues = chances > 0.5
        counts.append([chances.sum(), wrong.sum(), chances[issues].sum(), wrong[issues].sum()])
    expected, there, listed, found = np.sum(counts, axis=0)
    assert expected == pytest.approx(there, rel=0.3)
    assert listed == pytest.approx(found, rel=0.3)
    assert found > 0.3 * there


def test_chances_are_calibrated_in_every_fifth():
    logs, y, wrong = simulate(8000, noise=0.1, surety=4)
    chances = chance_of_noise(logs, y)
    for low in (0.2, 0.4, 0.6, 0.8):
        part = (chances >= low) & (chances < low + 0.2)
        assert part.sum() > 30
        assert wrong[part].mean() == pytest.approx(chances[part].mean(), abs=0.15)


@pytest.mark.parametrize("surety", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("seed", range(3))
def test_hard_classes_without_noise_are_not_doubted(surety, seed):
    logs, y, _ = simulate(600, noise=0, surety=surety, seed=seed)
    assert (logs.argmax(axis=1) != y).mean() > 0.05
    assert (chance_of_noise(logs, y) > 0.5).mean() < 0.01


def test_predictions_that_know_nothing_doubt_nothing():
    rng = np.random.default_rng(0)
    logs = np.log(rng.dirichlet(np.full(COUNT, 300), 500))
    assert chance_of_noise(logs, rng.integers(0, COUNT, 500)).max() < 0.5


def test_noise_between_two_classes_is_found_where_it_goes():
    goes = np.array([1, 0, 3, 2, 5, 4])
    logs, y, wrong = simulate(noise=0.06, surety=5, goes=goes)
    issues = chance_of_noise(logs, y) > 0.5
    assert wrong[issues].mean() > 0.7 and issues[wrong].mean() > 0.6


def test_the_fit_is_the_likeliest_of_a_grid():
    logs, y, _ = simulate(1500, noise=0.08, surety=4)
    rows = np.arange(len(y))
    halves = [_where_noise_goes(logs[1 - h :: 2], y[1 - h :: 2]) for h in (0, 1)]
    best = (-np.inf, None)
    for temperature in TEMPERATURES:
        p = np.exp(logs / temperature)
        p /= p.sum(axis=1, keepdims=True)
        other = np.array(
            [sum(p[i, k] * halves[i % 2][k, y[i]] for k in range(COUNT)) for i in rows]
        )
        for share in np.linspace(0.002, 0.3, 150):
            both = (1 - share) * p[rows, y] + share * other
            prior = -((max(np.log(temperature), 0) / USUAL) ** 2) / 2
            best = max(best, (prior + np.log(both).sum(), share))
    assert chance_of_noise(logs, y).mean() == pytest.approx(best[1], abs=0.003)


def test_noise_goes_half_a_case_evenly_and_else_where_labels_differ():
    logs = np.log(np.array([[0.8, 0.1, 0.1]] * 4 + [[0.1, 0.8, 0.1]]))
    goes = _where_noise_goes(logs, np.array([0, 2, 2, 1, 1]))
    # Of class 0: one label 1, two labels 2, and a quarter of a case for each.
    np.testing.assert_allclose(goes[0], [0, 1.25 / 3.5, 2.25 / 3.5])
    np.testing.assert_allclose(goes[1], [0.5, 0, 0.5])
    np.testing.assert_allclose(goes[2], [0.5, 0.5, 0])


def test_what_gains_too_little_is_no_noise():
    logs, y, _ = simulate(600, noise=0.05, surety=5)
    assert chance_of_noise(logs, y).max() > 0.9
    assert chance_of_noise(logs, y, gain=1e6).max() == 0
    assert GAIN > 0 and STEPS >= 20


def test_of_two_classes_the_labels_contradicted_surely_are_found():
    true = np.arange(300) % 2
    given = np.where(np.isin(np.arange(300), [3, 40, 77]), 1 - true, true)
    found = chance_of_noise(np.log(np.where(np.eye(2)[true] == 1, 1 - 1e-5, 1e-5)), given)
    assert np.flatnonzero(found > 0.5).tolist() == [3, 40, 77]


@pytest.mark.parametrize("shape", [(0, 3), (0, 0), (4, 1)])
def test_nothing_to_judge_is_not_doubted(shape):
    found = chance_of_noise(np.zeros(shape), np.zeros(shape[0], int))
    assert found.tolist() == [0.0] * shape[0]


def test_certain_predictions_stay_finite_and_one_contradiction_stands_out():
    true = np.arange(200) % 3
    logs = np.log(np.full((200, 3), 1e-9) + np.eye(3)[true])
    given = np.where(np.arange(200) == 7, 0, true)
    found = chance_of_noise(logs, given)
    assert np.isfinite(found).all()
    assert found.round(2).tolist() == [float(number == 7) for number in range(200)]


def likeliest(logs, y):
    """Share of noise, and the chance of each label to be noise, by trying a fine grid."""
    rows = np.arange(len(y))
    halves = [_where_noise_goes(logs[1 - h :: 2], y[1 - h :: 2]) for h in (0, 1)]
    best = (-np.inf, None)
    shares = np.linspace(0, 0.2, 401)[:, None]
    for temperature in np.geomspace(0.15, 8, 20):
        p = np.exp(logs / temperature)
        p /= p.sum(axis=1, keepdims=True)
        noise = np.array([p[i] @ halves[i % 2][:, y[i]] for i in rows])
        both = (1 - shares) * p[rows, y] + shares * noise
        prior = -((max(np.log(temperature), 0) / 0.4) ** 2) / 2
        likely = prior + np.log(both).sum(axis=1)
        at = likely.argmax()
        best = max(best, (likely[at], at, tuple(shares[at] * noise / both[at])))
    return shares[best[1], 0], np.array(best[2])


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.0, 3.5])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_chances_are_those_of_the_likeliest_share_and_temperature(temperature, seed):
    logs, y, _ = simulate(240, noise=0.1, surety=6, temperature=temperature, seed=seed)
    share, chances = likeliest(logs, y)
    found = chance_of_noise(logs, y, gain=-np.inf)
    assert found.mean() == pytest.approx(share, abs=0.004)
    np.testing.assert_allclose(found, chances, atol=0.03)


def test_no_more_than_a_fifth_is_looked_for():
    logs, y, _ = simulate(600, noise=0.45, surety=8)
    share, chances = likeliest(logs, y)
    assert share == 0.2
    np.testing.assert_allclose(chance_of_noise(logs, y), chances, atol=0.01)


@pytest.mark.parametrize("spread", [0.5, 1.5, 3.0])
def test_predictions_worse_than_knowing_how_common_classes_are_doubt_nothing(spread):
    rng = np.random.default_rng(0)
    shares = np.array([0.5, 0.2, 0.1, 0.1, 0.05, 0.05])
    y = rng.choice(COUNT, 3000, p=shares)
    logits = np.log(shares) + rng.normal(0, spread, (len(y), COUNT))
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert chance_of_noise(logs, y).sum() == 0

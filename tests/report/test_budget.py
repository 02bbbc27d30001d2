import pytest

from helpers.datasets import DatasetError
from helpers.report.budget import ALWAYS, CHOICES, FEWEST, for_all, in_words, plan, read_budget


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), (" 10m ", 600), ("2min", 120), ("1.5h", 5400), (30, 30), ("1", 1)],
)
def test_a_budget_is_read(text, seconds):
    assert read_budget(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-3m", "0", "10 weeks", "1..2s"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(DatasetError, match="is no time"):
        read_budget(text)


@pytest.mark.parametrize("images", [1, 300, 2_000, 18_000, 100_000])
@pytest.mark.parametrize("seconds", [10, 60, 600, 3600])
def test_a_plan_keeps_to_its_budget_and_takes_what_it_can_in_order(images, seconds):
    found = plan(images, seconds)
    spent = found.images * ALWAYS + sum(found.images * CHOICES[name] for name in found.taken)
    assert found.images <= images
    assert spent <= seconds + 1e-9 or found.images == min(images, FEWEST)
    assert {*found.taken, *found.left} == {*CHOICES}
    left = seconds - found.images * ALWAYS
    for name, each in CHOICES.items():
        assert (name in found.taken) == (found.images * each <= left)
        left -= found.images * each * (name in found.taken)


@pytest.mark.parametrize("images", [1, 700, 50_000])
def test_what_would_have_been_needed_pays_for_everything(images):
    assert plan(images, 60).needed > images * ALWAYS
    everything = plan(images, plan(images, 60).needed + 1)
    assert everything.images == images
    assert everything.left == ()


def test_the_steps_for_five_hundred_images_are_paid_for_one_after_another():
    assert FEWEST == 500
    ends = {"fine-tuning": 21, "learning curve": 26, "same-thing search": 36, "descriptors": 53.5,
            "ImageNet": 73.5}  # fmt: skip
    for number, (name, seconds) in enumerate(ends.items(), 1):
        assert plan(500, seconds + 0.01).taken == tuple(ends)[:number]
        assert name not in plan(500, seconds - 0.01).taken
    assert plan(500, 60).needed == pytest.approx(73.5)


def test_half_of_the_budget_is_kept_for_the_models():
    assert plan(100_000, 600).images == 600 / 2 / ALWAYS
    assert plan(100_000, 1).images == FEWEST


def test_times_are_said_in_their_unit():
    assert [in_words(n) for n in (40, 99, 100, 720)] == ["40 s", "99 s", "2 min", "12 min"]


@pytest.mark.parametrize("images", [501, 1000, 2000, 101_185])
def test_the_budget_that_is_said_to_take_all_images_does_and_a_minute_less_does_not(images):
    told = for_all(images)
    assert plan(images, told).images == images
    assert plan(images, 60 * (int(told[:-1]) - 1) or 1).images < images

"""Pieces of a card, each as it reads."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from helpers.cards.markdown import (
    LICENCES,
    blank,
    bullets,
    front_matter,
    is_private,
    licence_facts,
    plain,
    ranged,
    scrub,
    table,
)


def test_front_matter_is_yaml_of_what_is_known_in_its_order():
    facts = {"pretty_name": "Bäume – 葉", "size": None, "tags": ["a", "b"], "empty": ""}
    text = front_matter(facts)
    assert text.startswith("---\npretty_name: Bäume – 葉\n") and text.endswith("\n---\n")
    (found,) = yaml.safe_load_all(text.strip("-\n"))
    assert list(found.items()) == [(n, v) for n, v in facts.items() if v is not None]


@pytest.mark.parametrize(
    ("licence", "facts"),
    [
        (None, {"license": "unknown"}),
        ("CC0-1.0", {"license": "cc0-1.0"}),
        ("our own", {"license": "other", "license_name": "our own"}),
        ("https://x.org/l", {"license": "other", "license_name": "https://x.org/l",
                             "license_link": "https://x.org/l"}),
    ],
)  # fmt: skip
def test_a_licence_is_one_that_the_hub_knows_or_another_with_its_name_and_link(licence, facts):
    assert licence_facts(licence) == facts
    assert "unknown" in LICENCES and all(name == name.lower() for name in LICENCES)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("oak leaf", "oak leaf"),
        ("a\u00a0b", "a b"),
        ("a\nb\x1b", r"a\\nb\\x1b"),
        ("a\u200db", "a\u200db"),
        ("a\u202eb", r"a\\u202eb"),
        ("<b> & *", r"&lt;b&gt; &amp; \*"),
        ("snake_case _x_", r"snake_case \_x\_"),
        ("me@home", "me&#64;home"),
        ("http://x www.y.z", "http&#58;//x www&#46;y.z"),
        (7, "7"),
    ],
)
def test_any_text_is_shown_as_it_is_on_one_line(text, shown):
    assert plain(text) == shown


def test_a_table_has_numbers_to_the_right_and_says_what_is_left_out():
    rows = [("oak", 1200, 0.456, "0.4"), ("elm", 7, -1.0, "−0.1")]
    assert table(["a", "b", "c", "d"], rows) == (
        "| a | b | c | d |\n| --- | ---: | ---: | ---: |\n"
        "| oak | 1,200 | 0.46 | 0.4 |\n| elm | 7 | -1.00 | −0.1 |\n"
    )
    assert table(["a", "b"], [("", "x"), ("", "y")]).splitlines()[1] == "| --- | --- |"
    assert table(["a"], [("",), ("3",)]).splitlines()[1] == "| ---: |"
    assert table(["a", "b"], []) == "| a | b |\n| --- | --- |\n"
    for count, told in ((60, None), (61, "1 further rows"), (1062, "1,002 further rows")):
        text = table(["a"], [("x",)] * count)
        assert text.count("| x |") == 60
        assert text.endswith(f"\n{told} are left out here.\n") if told else "further" not in text
    assert table(["a"], [("x",)] * 5, most=3).endswith("\n2 further rows are left out here.\n")


def test_a_value_is_followed_by_its_interval():
    assert ranged(0.4549, 0.36, 0.555) == "0.45 (0.36 to 0.56)"
    assert ranged(-0.1, -1.25, 0.5, 1) == "−0.1 (−1.2 to 0.5)"


def test_lines_are_bullets_and_what_nobody_said_is_a_gap():
    assert bullets(["a", "b"]) == "- a\n- b\n"
    assert blank("who paid", {"funding": " We did. "}, "funding", "you") == "We did.\n"
    for known in ({}, {"funding": ""}):
        gap = "*Not known: who paid. To be filled in by you.*\n"
        assert blank("who paid", known, "funding", "you") == gap


def test_paths_of_this_computer_are_taken_out(tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    (tmp_path / "photos").mkdir()
    dataset = SimpleNamespace(root=tmp_path / "link", name="set")
    real = os.path.realpath(tmp_path / "link")
    for root in (str(dataset.root), real):
        assert scrub(f"at {root}/cat/1.jpg in {root}.", dataset) == "at cat/1.jpg in set."
    text = "see /srv/x/y, C:\\data\\z and https://x.org/home/a."
    assert scrub(text, None) == "see (a path), (a path) and https://x.org/home/a."
    monkeypatch.setattr(Path, "home", lambda: Path("/nest/me"))
    assert scrub("in /nest/me/a", None) == "in ~/a"
    monkeypatch.setattr(Path, "home", lambda: Path("/"))
    assert scrub("in /nest/a or/b", None) == "in /nest/a or/b"


@pytest.mark.parametrize(
    "column", ["gps", "GPS Lat", "photoLatitude", "patient_id", "e-mail", "url2"]
)
def test_columns_that_speak_of_places_persons_or_paths_are_private(column):
    assert is_private(column)


@pytest.mark.parametrize("column", ["latency", "class", "plate", "nameless", 7])
def test_other_columns_are_not(column):
    assert not is_private(column)

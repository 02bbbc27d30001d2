import html
import re
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers.datasets.words import tell_share
from helpers.findings import remedies, same_thing
from helpers.findings.sections import QUESTIONS, Finding, Picture, Section, as_json
from helpers.findings.showing import make_snippet
from helpers.modelling import shortcuts
from helpers.report.page import MOST_ROWS, _code, make_page

HOSTILE = '<script>alert("x")</script><img src=http://evil.example/x onerror=alert(1)>&amp;'


def drawn():
    ax = plt.subplots()[1]
    ax.plot([1, 2])
    ax.set_title("A <b>figure</b>", loc="left")
    return ax


def photograph():
    ax = plt.subplots()[1]
    ax.imshow(np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8))
    return ax


def broken():
    raise RuntimeError(HOSTILE)


@pytest.fixture
def sections():
    verdict = Section("verdict", f"No go: {HOSTILE}", [HOSTILE], {"verdict": "No go"})
    row = {
        "asked": "accuracy of at least 0.8",
        "value": 0.5,
        "low": 0.4,
        "high": 0.6,
        "shown": "no",
    }
    verdict.tables["Asked, and shown"] = pd.DataFrame([row]).set_index("asked")
    verdict.findings = [Finding(HOSTILE, 3, 12, HOSTILE, "files", code=HOSTILE)]
    verdict.unchecked = [HOSTILE]
    files = Section("files", HOSTILE, [HOSTILE, HOSTILE], {HOSTILE: 1})
    rows = [f"{HOSTILE}{n}" for n in range(MOST_ROWS + 5)]
    files.tables[HOSTILE] = pd.DataFrame({HOSTILE: rows})
    files.pictures = [Picture(drawn), Picture(photograph, photographs=True), Picture(broken)]
    return {"verdict": verdict, "files": files}


def page(sections, images=True, stated=True):
    plain = {
        "dataset": HOSTILE,
        "images": 12,
        "asked by a person": stated,
        "opened by": "open_dataset('leaves')",
        "budget in seconds": 60,
        "failed": [],
        "left out by the budget": [],
        "sections": [one.plain() for one in sections.values()],
    }
    return make_page(as_json(plain), sections, images)


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "rect", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_names_are_shown_as_they_are_and_never_become_elements(sections):
    text = page(sections)
    assert "<script" not in text
    assert "onerror" not in {name for _, attrs in Tags(text).found for name in attrs}
    assert html.escape(HOSTILE) in text
    assert text.count("alert(&quot;x&quot;)") > 10


def test_the_page_asks_for_nothing_from_anywhere(sections):
    tags = Tags(page(sections))
    assert not tags.open
    for tag, attrs in tags.found:
        assert tag not in ("script", "link", "iframe", "object", "base", "form")
        for name in ("src", "href", "srcset", "action"):
            assert attrs.get(name, "#").startswith(("#", "data:image/"))
    style = re.search(r"<style>(.*?)</style>", page(sections), re.DOTALL)[1]
    assert not re.search(r"@import|url\(|https?:", style)
    (policy,) = [a["content"] for t, a in tags.found if t == "meta" and "http-equiv" in a]
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy


def test_links_lead_to_sections_that_are_there(sections):
    tags = Tags(page(sections)).found
    ids = {attrs["id"] for _, attrs in tags if "id" in attrs}
    links = {attrs["href"][1:] for tag, attrs in tags if tag == "a"}
    assert links == {"files"}
    assert links <= ids


def test_every_link_begins_with_the_words_that_its_heading_begins_with(sections):
    for name in QUESTIONS:
        sections[name] = Section(name, f"What came of {name}")
    sections["verdict"].findings = [Finding("w", 3, 12, "a", name, "") for name in QUESTIONS]
    text = page(sections)
    heads = dict(re.findall(r'id="([^"]*)">\s*<p class="eyebrow">(.*?)</p>', text))
    links = re.findall(r'<a href="#([^"]*)">(.*?)</a>', text)
    assert len(links) == 2 * len(QUESTIONS)
    for target, words in links:
        short = words.removeprefix("the evidence: ")
        assert len(short) <= 16  # two or three links in a line of a phone
        assert heads[target].startswith(f"{short}: ")
    assert heads["canaries"] == "Planted faults: How much would these checks miss?"


@pytest.mark.parametrize(
    ("word", "more"),
    [
        ("Go", ""),
        ("Not asked", ""),
        ("Not shown yet", "; what the needs lack stands under the verdict"),
        ("No go", "; what the needs lack stands under the verdict"),
    ],
)
def test_where_nothing_is_to_mend_and_a_need_is_not_shown_it_says_where_to_read_on(
    sections, word, more
):
    sections["verdict"].findings, sections["verdict"].numbers["verdict"] = [], word
    assert f"<p>Nothing was found that asks to be mended{more}.</p>" in page(sections)


def test_every_picture_says_what_it_shows_and_one_that_fails_says_so(sections):
    before = plt.get_fignums()
    text = page(sections)
    images = [attrs for tag, attrs in Tags(text).found if tag == "img"]
    assert len(images) == 2
    assert images[0]["alt"] == "A <b>figure</b>"
    assert "could not be drawn (RuntimeError" in text
    assert plt.get_fignums() == before


def test_without_images_no_photograph_is_in_the_page_but_charts_are(sections):
    text = page(sections, images=False)
    assert "image/jpeg" not in text
    assert text.count("data:image/png") == 1
    assert "Photographs are left out" in text


def test_long_tables_are_cut_and_say_so(sections):
    text = page(sections)
    assert "and 5 more; report.json, where it lies beside this page, has all" in text
    assert f"&amp;amp;{MOST_ROWS - 1}<" in text
    assert f"&amp;amp;{MOST_ROWS}<" not in text


def test_the_need_is_drawn_where_it_lies_and_told_in_words(sections):
    tags = Tags(page(sections)).found
    words = [attrs["aria-label"] for tag, attrs in tags if tag == "svg"]
    assert words == ["Accuracy: 50% (40% to 60%), where 80% is asked for"]
    places = [float(attrs["x"]) for tag, attrs in tags if tag == "rect"]
    assert places == [0, 160, 198, 319]


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0.599, "59.9%"),
        (0.5996, "59.96%"),
        (0.6, "60%"),
        (0.604, "60.4%"),
        (0.51, "51%"),
        (0.0004, "under 0.1%"),
        (0, "0%"),
    ],
)
def test_a_share_is_told_with_the_digits_that_show_its_side_of_what_is_asked(share, told):
    assert tell_share(share, 0.6) == told


def test_a_finding_shows_its_size_and_its_evidence(sections):
    text = page(sections)
    assert "3 of 12 images (25%)" in text
    assert '<i style="width:25.0%">' in text
    assert "effect measured" not in text and "in doubt" not in text
    doubted = Finding("w", 3, 12, "a", "files", blocks=True)
    sections["verdict"].findings = [doubted]
    assert "3 of 12 images (25%); <b>puts the score in doubt</b>, <a" in page(sections)
    sections["verdict"].findings = [Finding("w", 3, 12, "a", "files", "", "m", 0.1, 0.05, 0.2)]
    assert "(25%); effect measured, <" in page(sections)
    sections["verdict"].findings = [Finding("w", 3, 12, "a", "files", "", "m", 0.1, -0.05, 0.2)]
    assert "(25%); effect measured, and within chance, <" in page(sections)


@pytest.mark.parametrize(("word", "tone"), [("Go", "go"), ("No go", "no"), ("Not asked", "unsure")])
def test_green_and_red_are_kept_for_needs_that_a_person_has_stated(sections, word, tone):
    sections["verdict"].numbers["verdict"] = word
    assert f'<div class="verdict {tone}">' in page(sections)
    assert '<div class="verdict assumed">' in page(sections, stated=False)


def test_lines_of_python_open_the_dataset_first_so_that_they_can_be_pasted(sections):
    sections["verdict"].findings = [
        Finding("w", 3, 12, "a", "files", "from a import b\n\nb(dataset)")
    ]
    sections["files"].code = "from helpers.audit import scan\n\nscan(dataset)"
    blocks = re.findall(r"<pre><code>(.*?)</code></pre>", page(sections), re.DOTALL)
    opening = "dataset = open_dataset(&#x27;leaves&#x27;)"
    assert blocks == [
        f"from a import b\nfrom helpers import open_dataset\n\n{opening}\nb(dataset)",
        "from helpers import open_dataset\nfrom helpers.audit import scan\n\n"
        f"{opening}\nscan(dataset)",
    ]


@pytest.mark.parametrize(
    ("opening", "imported"),
    [
        ("group_by_time(open_dataset('mine'), pause=4)",
         ["from helpers.splits import group_by_time"]),
        ("keep_together(open_dataset('mine'), 'path/to/pairs.csv')",
         ["from helpers.report.together import keep_together"]),
        ("open_dataset('mine')", []),
    ],
)  # fmt: skip
def test_groups_that_the_command_made_are_made_by_the_lines_of_python_too(opening, imported):
    lines = _code("from helpers.audit import scan\n\nscan(dataset)", opening)
    found = html.unescape(re.search(r"<code>(.*?)</code>", lines, re.DOTALL)[1]).splitlines()
    begins = {"from helpers import open_dataset", "from helpers.audit import scan", *imported}
    assert set(found[: len(begins)]) == begins
    assert found[len(begins) :] == ["", f"dataset = {opening}", "scan(dataset)"]
    twice = _code("from helpers.splits import group_by_time\n\ngroup_by_time(1)", opening)
    assert twice.count("import group_by_time") == 1


@pytest.mark.parametrize(
    ("lines", "shows"),
    [
        (remedies.REVIEW_CONFLICTS, True),  # a widget
        (remedies.REVIEW_LABELS, True),
        (same_thing.REVIEW_SAME, True),  # a figure
        (shortcuts.PROBE_BORDER, True),
        ("from helpers.balance import lifts\n\nlifts(dataset, 'site')", True),  # a table
        (remedies.KEEP_ALL, False),
        (remedies.DIVIDE_ANEW, False),
    ],
)
def test_lines_whose_outcome_only_a_notebook_shows_say_so(lines, shows):
    summary = re.search("<summary>(.*?)</summary>", _code(lines, "open_dataset('mine')"))[1]
    assert summary == "In Python" + " in a notebook, which shows it" * shows


def test_a_section_in_a_notebook_shows_the_lines_that_go_on_from_it(sections):
    sections["files"].code = "scan(dataset) < 3"
    assert "<pre><code>scan(dataset) &lt; 3</code></pre>" in make_snippet(sections["files"])
    assert "<pre>" not in make_snippet(sections["verdict"])


def test_a_finding_in_a_notebook_says_what_to_do_and_has_the_lines_that_begin_it(sections):
    section = sections["files"]
    section.findings.clear()
    section.mend("Two are dark.", 2, 9, "look at <each>", "review(dataset) < 1", more="Perhaps.")
    section.mend("One is torn.", 1, 9, "replace it")
    text = make_snippet(section)
    assert (
        "<li><b>To mend.</b> Two are dark. Perhaps. Look at &lt;each&gt;.<details><summary>In "
        "Python</summary><pre><code>review(dataset) &lt; 1</code></pre></details></li>"
    ) in text
    assert "<li><b>To mend.</b> One is torn. Replace it.</li>" in text


def test_a_figure_of_panels_alone_is_drawn(sections):
    def panels():
        ax = plt.subplots()[1]
        ax.inset_axes([0, 0, 1, 1]).imshow(np.zeros((4, 4, 3), np.uint8))
        return ax

    sections["files"].pictures = [Picture(panels)]
    assert page(sections).count("<img") == 1

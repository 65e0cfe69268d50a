"""Whatever a label, a file, a candidate, a POC, a metric or a group is called, in a real browser it is a name and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from evaluation.goals import Goals, parse_goals
from evaluation.metrics import accuracy, macro_f1
from evaluation.publishing.pages import NO_TEXT
from tests.browser import PHONE, opened
from tests.records import make_data
from tests.reports import CARD, CHANNELS, CLASSES, assessed_labels, campaign_of_labels, goals_of_labels, write_pages

NAMES = {
    "a script": "<script>window.hacked=1</script>",
    "an image that fails": '"><img src=x onerror=window.hacked=1>',
    "the end of a style": "</style></svg></title><script>window.hacked=1</script>",
    "quotes": "\"double\" 'single' `back` «guillemets»",
    "an override": "\u202eevil\u202c",
    "an override without an end": "\u202eevil",
    "an isolate without an end": "evil\u2067",
    "the end of an isolate": "ev\u2069\u202eil",
    "Arabic": "مدينة",
    "Hebrew": "עיר (1)",
    "300 characters": "w" * 300,
    "emoji": "👩🏽‍💻🏳️‍🌈 1️⃣",
    "a template": "{{7*7}}{% raw %}",
    "a figure": "{figure} {0} %(a)s",
    "a percent sign": "%s %d 100 %",
    "mathematics": "$x_2$ \\frac",
    "an entity": "&amp;&lt;b&gt;&#60;",
    "control characters": "a\x00b\x07c\x1bd",
}
KINDS = ("report", "index", "card")
# Each text that holds the name, and whether it stands isolated: in a `bdi`, in a text of a picture, or in its own code.
PLACES = """name => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (node.data.includes(name))
      found.push([!!node.parentElement.closest('bdi, svg, code'), node.parentElement.outerHTML.slice(0, 200)]);
  }
  return found;
}"""


def shown(name: str) -> str:
    """As a page has it: without what no file can hold."""
    return NO_TEXT.sub("\ufffd", name)


def goals_about(name: str) -> Goals:
    """Goals that speak of a metric and of a group of this name."""
    written = json.dumps(name, ensure_ascii=False)
    return parse_goals(goals_of_labels("CHANNEL").text.replace('"CHANNEL"', written).replace('"macro_f1"', written))


@cache
def pages_about(folder: Path, name: str) -> dict[str, Path]:
    """Pages in which everything that can have a name has this one."""
    campaign = campaign_of_labels(
        classes=(name, *CLASSES[1:]),
        channels=(name, *CHANNELS[1:]),
        linear=name,
        metrics=(name, "accuracy"),
        data=make_data(f"/home/someone/{name.replace('/', '∕')}", test_samples=360, classes=len(CLASSES)),
    )
    # The baseline and the one of this name: the others would only take time.
    campaign = campaign.model_copy(update={"runs": campaign.runs[:2]})
    found = assessed_labels(campaign, goals_about(name), (replace(macro_f1, name=name), accuracy))
    return write_pages(folder, found, "fr", str(list(NAMES.values()).index(name)), replace(CARD, title=name))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("names")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_stays_a_name(browser: Browser, folder: Path, name: str) -> None:
    pages = pages_about(folder, name)
    for kind in KINDS:
        with opened(browser, pages[kind], width=PHONE) as page:
            assert page.evaluate("window.hacked") is None
            assert page.locator("script, img").count() == 0
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, kind
            # As its title: nothing is lost of it, and blanks are the only thing that may be set otherwise.
            assert " ".join(shown(name).split()) in " ".join(text_of(page, "h1").split()), kind
            assert outside(page, shown(name)) == [], kind
            assert turned(page) == [], kind


def text_of(page: Page, selector: str) -> str:
    return str(page.locator(selector if page.locator("h1 bdi").count() else "main").first.text_content())


def outside(page: Page, name: str) -> list[str]:
    """Where the name stands without being isolated from its neighbours."""
    return [where for isolated, where in page.evaluate(PLACES, name) if not isolated]


def turned(page: Page) -> list[str]:
    """Elements whose own words run from right to left."""
    script = "[...document.querySelectorAll('body *:not(bdi)')].filter(each => getComputedStyle(each).direction !== 'ltr')"
    return list(page.evaluate(f"{script}.map(each => each.outerHTML.slice(0, 200))"))


@pytest.mark.parametrize("name", ["\u202eevil", "مدينة", "evil\u2067"])
def test_a_name_turns_no_words_beside_it(browser: Browser, folder: Path, name: str) -> None:
    """The words after it stand to the right of it, as after any other name."""
    with opened(browser, pages_about(folder, name)["report"]) as page:
        sides = page.evaluate(
            """() => [...document.querySelectorAll('p bdi, li bdi')].flatMap(bdi => {
              const next = bdi.nextSibling;
              if (!next || next.nodeType !== Node.TEXT_NODE || next.data.trim().length < 3) return [];
              const range = document.createRange(), box = bdi.getClientRects();
              range.setStart(next, 1); range.setEnd(next, 2);
              const after = range.getBoundingClientRect(), last = box[box.length - 1];
              return Math.abs(after.top - last.top) < 8 ? [after.left >= last.right - 1] : [];
            })"""
        )
    assert len(sides) > 3
    assert all(sides)

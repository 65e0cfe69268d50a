"""Reports as a real browser shows them: to everybody, at every size, in every light, on paper, without scripts and styles."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from evaluation.assessment import Assessment
from tests.browser import DESK, HEIGHT, PHONE, PRINTED, opened
from tests.reports import ASSESSMENTS, CARD, write_pages

LANGUAGES = ("fr", "en")
KINDS = ("report", "index", "card")
# All kinds in both languages; of what a report can lack, one language is enough.
EACH = [("rich", kind, code) for kind in KINDS for code in LANGUAGES]
EACH += [("texts", "report", "en"), *((name, "report", "fr") for name in ASSESSMENTS if name != "rich")]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# Of all rules this one takes longest, and what it looks at is the same style sheet on every page.
BUT_CONTRAST = RULES | {"rules": {"color-contrast": {"enabled": False}}}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, "resultTypes": ["violations"]}
MEDIA: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
    "print": {"media": "print"},
}
MOST_BYTES = 500_000
# What the margins leave of A4, in CSS pixels.
SHEET_HEIGHT = (297 - 2 * 10) / 25.4 * 96
# What stands in an attribute is no address unless one of these holds it; styles load by url() and @import.
LOADING = {"href", "src", "srcset", "action", "data", "poster", "xlink:href", "formaction", "background", "ping"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@cache
def assessed(name: str) -> Assessment:
    return ASSESSMENTS[name]()


@cache
def written(folder: Path, name: str, code: str) -> dict[str, Path]:
    return write_pages(folder, assessed(name), code, name)


@pytest.fixture(params=EACH, ids="-".join)
def path(request: pytest.FixtureRequest, folder: Path) -> Path:
    """Each page, one after the other."""
    name, kind, code = request.param
    return written(folder, name, code)[kind]


@pytest.fixture
def rich(folder: Path) -> Path:
    """The report that holds all that a report can hold."""
    return written(folder, "rich", "fr")["report"]


def violations(page: Page, options: dict[str, Any] = RULES) -> str:
    found = Axe().run(page, options=options)
    return str(found.generate_report()) if found.violations_count else ""


def widest(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


# To everybody


def test_axe_finds_no_violation(browser: Browser, path: Path) -> None:
    with opened(browser, path) as page:
        assert violations(page, BUT_CONTRAST) == ""


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("kind", KINDS)
def test_colours_can_be_told_apart_in_every_light_and_on_paper(browser: Browser, folder: Path, kind: str, medium: str) -> None:
    with opened(browser, written(folder, "rich", "fr")[kind]) as page:
        page.emulate_media(**MEDIA[medium])
        assert violations(page, CONTRAST) == ""


@pytest.mark.parametrize("medium", ["forced colours", "print"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_violation_on_a_phone_or_on_paper(browser: Browser, folder: Path, kind: str, medium: str) -> None:
    with opened(browser, written(folder, "rich", "en")[kind], width=PHONE) as page:
        page.emulate_media(**MEDIA[medium])
        assert violations(page, BUT_CONTRAST) == ""


def test_axe_finds_what_is_wrong(browser: Browser, tmp_path: Path) -> None:
    """Or else none of these tests would say anything."""
    path = tmp_path / "wrong.html"
    path.write_text('<p style="color: #ccc; background: #fff">pale</p><img src="data:,">', encoding="utf-8")
    with opened(browser, path) as page:
        found = violations(page)
    assert all(rule in found for rule in ("color-contrast", "image-alt", "html-has-lang"))


def test_nothing_is_wider_than_a_phone_or_a_desk_enlarged_twice(browser: Browser, path: Path) -> None:
    with opened(browser, path, device_scale_factor=2) as page:
        for width in (PHONE, DESK // 2, 800, DESK):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            assert widest(page) <= width


def test_a_table_keeps_its_roles_and_says_its_headings_on_a_phone(browser: Browser, rich: Path) -> None:
    """Each row is a block there: what stands in which column is said before it."""
    with opened(browser, rich, width=PHONE) as page:
        cell = page.locator(".candidates td").first
        heading = page.locator(".candidates thead th").nth(1)
        assert cell.evaluate("cell => getComputedStyle(cell, '::before').content").startswith(f'"{heading.inner_text()}"')
        seen = page.locator(".candidates").aria_snapshot()
        assert "columnheader" in seen
        assert "rowheader" in seen
        assert heading.bounding_box()["width"] <= PHONE  # type: ignore[index]


# With a keyboard alone

FOCUSABLE = "a[href], [tabindex]"
SEEN = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  const all = [...document.querySelectorAll('a[href], [tabindex]')];
  return {place: all.indexOf(at), ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
          shown: box.width > 0 && box.right > 0 && box.bottom > 0 && box.top < innerHeight};
}"""


@pytest.mark.parametrize("forced", ["none", "active"])
@pytest.mark.parametrize("kind", KINDS)
def test_tab_reaches_each_link_and_region_in_order_and_shows_where_it_is(
    browser: Browser, folder: Path, kind: str, forced: str
) -> None:
    with opened(browser, written(folder, "rich", "en")[kind], width=PHONE, forced_colors=forced) as page:
        count = page.locator(FOCUSABLE).count()
        reached = []
        for _ in range(count):
            page.keyboard.press("Tab")
            reached.append(page.evaluate(SEEN))
    assert [each["place"] for each in reached] == list(range(count))
    assert all(each["ring"] and each["shown"] for each in reached)


def test_the_first_link_skips_to_the_details(browser: Browser, rich: Path) -> None:
    with opened(browser, rich) as page:
        page.keyboard.press("Tab")
        assert page.locator(":focus").get_attribute("class") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector('#details').getBoundingClientRect().top < 5")
        page.keyboard.press("Tab")
        assert page.locator(":focus").evaluate("at => !!at.closest('#details nav')")


def test_each_link_leads_to_a_heading_of_the_page(browser: Browser, rich: Path) -> None:
    with opened(browser, rich) as page:
        for target in page.locator("nav a").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
            assert page.locator(f"h2{target}").count() == 1


# Without styles, without scripts, on paper


def words_of(page: Page) -> list[str]:
    return str(page.evaluate("document.body.innerText")).split()


def test_without_a_style_sheet_it_reads_in_the_same_order(browser: Browser, rich: Path) -> None:
    with opened(browser, rich) as page:
        page.evaluate("document.querySelectorAll('style').forEach(style => style.remove())")
        text = page.evaluate("document.body.innerText")
        heads = page.locator("h1, h2").evaluate_all("all => all.map(each => [each.id, each.getBoundingClientRect().top])")
    order = ["", "decision", "candidates-side-by-side", "scale", "worst", "sure", "contents"]
    assert [anchor for anchor, _ in heads][: len(order)] == order
    assert [top for _, top in heads] == sorted(top for _, top in heads)
    # First what is asked and decided, then by which goals, then the candidates.
    places = [text.index(part) for part in (CARD.title, CARD.question, "NO GO", "macro-F1")]
    assert places == sorted(places)
    # What stands in lines of their own within a cell does so here too, and no figure runs into the next.
    assert not re.search(r"\d,\d{3}\d,\d", text)


@pytest.mark.parametrize("kind", KINDS)
def test_without_scripts_it_says_the_same(browser: Browser, folder: Path, kind: str) -> None:
    path = written(folder, "rich", "fr")[kind]
    with opened(browser, path) as page:
        assert page.locator("script").count() == 0
        said = words_of(page)
    with opened(browser, path, java_script_enabled=False) as page:
        assert page.locator("body").inner_text().split() == said


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", ASSESSMENTS)
def test_the_page_to_decide_by_is_one_sheet(browser: Browser, folder: Path, name: str, code: str) -> None:
    with opened(browser, written(folder, name, code)["report"], width=PRINTED) as page:
        page.emulate_media(media="print")
        decision = page.locator(".decision-page")
        assert decision.evaluate("each => getComputedStyle(each).breakAfter") == "page"
        assert decision.evaluate("each => each.getBoundingClientRect().height") < SHEET_HEIGHT


def test_its_sheet_ends_where_the_details_begin(browser: Browser, rich: Path) -> None:
    with opened(browser, rich) as page:
        assert sheets(page) > 1
        page.evaluate("document.querySelector('#details').remove()")
        assert sheets(page) == 1


def sheets(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


def test_on_paper_nothing_is_cut_off_at_the_right(browser: Browser, path: Path) -> None:
    with opened(browser, path, width=PRINTED) as page:
        page.emulate_media(media="print")
        assert widest(page) <= PRINTED


# The file itself


def test_it_is_small_and_holds_no_address_from_outside(path: Path, browser: Browser) -> None:
    assert path.stat().st_size < MOST_BYTES
    assert not re.search(r"url\(\s*['\"]?(?!#)|@import", path.read_text(encoding="utf-8"))
    with opened(browser, path) as page:
        attributes = page.evaluate(
            "[...document.querySelectorAll('*')].flatMap(each => [...each.attributes].map(one => [one.name, one.value]))"
        )
    loaded = [value for name, value in attributes if name in LOADING]
    assert all(re.fullmatch(r"#[\w-]+|report\.html", value) for value in loaded)
    assert not any(name.startswith("on") for name, _ in attributes)


def test_it_says_its_language_and_its_headings_are_in_order(browser: Browser, path: Path) -> None:
    with opened(browser, path) as page:
        assert page.locator("html").get_attribute("lang") == path.suffixes[-2].lstrip(".")
        levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(each => Number(each.tagName[1]))")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_have_captions_and_say_what_their_headers_are_of(browser: Browser, path: Path) -> None:
    with opened(browser, path) as page:
        assert page.locator("table").evaluate_all("all => all.every(each => each.caption && each.caption.innerText.trim())")
        assert page.locator("th").evaluate_all("all => all.every(each => ['col', 'row'].includes(each.scope))")

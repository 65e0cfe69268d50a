"""The summary page: the same figures in both languages, whatever the records hold, and readable by everybody."""

from __future__ import annotations

import dataclasses
import html
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from evaluation.audit.recompute import GIVEN, RECORDED
from evaluation.audit.summary import summarise
from evaluation.audit.verify import Checker, Evidence, quoted_heads
from evaluation.audit.words import read_words
from evaluation.energy.evidence import MEANING
from evaluation.publishing.audit_page import _words, _Writer, summary_page
from evaluation.records.entries import machine_entry
from evaluation.spoken import LANGUAGES
from tests.evaluation.audit.test_summary import MACHINE, campaign, goals, imported, records_of, rich_records
from tests.ledgers import rewrite, sealed, write_lines
from tests.records import make_reading, make_run

EVIL = "<script>alert('1')</script> & \"x\" \u202e\u200f مدينة 🌱 " + "w" * 300
VOID = {"meta", "link", "br", "hr", "img", "input"}
INLINE = {"a", "abbr", "bdi", "code", "strong", "time"}
# WCAG 2.2, 1.4.3 and 1.4.11.
TEXT_CONTRAST, LINE_CONTRAST = 4.5, 3.0
NUMBER = re.compile(r"\d[\d.,\u202f]*")


class Page(HTMLParser):
    """A page as a program reads it.

    Attributes:
        tags: each element with its attributes, in order.
        texts: in each element, by the path of tags that leads to it.
        headings: levels in order.
        cells: texts of cells and definitions, and whether figures are in them.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.open: list[str] = []
        self.cells: list[tuple[bool, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in {"dd", "td"}:
            self.cells.append((tag == "dd" or ("class", "n") in attrs, ""))
        self._part(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._part(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open), data))
        if {"td", "dd"} & set(self.open):
            is_figure, text = self.cells[-1]
            self.cells[-1] = (is_figure, text + data)

    def _part(self, tag: str) -> None:
        if tag not in INLINE:
            self.handle_data(" ")

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join("".join(data for path, data in self.texts if "style" not in path).split())

    @property
    def headings(self) -> list[int]:
        return [int(tag[1]) for tag, _ in self.tags if re.fullmatch(r"h[1-6]", tag)]


NO_RECORD = "0:" + "0" * 64
FINDING = {"what": "record 7 is another", "means": "it was changed", "since": "2026-11-25T16:10:59.575+00:00"}
NOTICE = {"what": "no samples here", "means": "they were not looked at", "since": None}


def page_of(records: list[dict[str, Any]], language: str, **told: Any) -> str:
    """The page of these records, of which the check found nothing that is not told here."""
    summary = summarise(records)
    return summary_page(summary, {"ledger_head": summary.head or NO_RECORD, "findings": [], "notices": []} | told, language)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def rich(language: str) -> str:
    return page_of(rich_records(), language)


def test_it_is_well_formed_and_says_its_language(rich: str, language: str) -> None:
    page = Page(rich)
    assert rich.startswith("<!DOCTYPE html>\n")
    assert page.named("html") == [{"lang": language}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.named("meta")
    assert {"charset": "utf-8"} in page.named("meta")


def test_headings_are_in_order(rich: str) -> None:
    levels = Page(rich).headings
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_have_captions_and_say_what_their_headers_are_of(rich: str) -> None:
    page = Page(rich)
    tables = [place for place, (tag, _) in enumerate(page.tags) if tag == "table"]
    assert len(tables) == 13
    assert all(page.tags[place + 1][0] == "caption" for place in tables)
    assert all(attributes.get("scope") in {"col", "row"} for attributes in page.named("th"))
    assert not any("scope" in attributes for attributes in page.named("td"))


def test_rows_have_as_many_cells_as_their_table_has_columns(rich: str) -> None:
    for table in rich.split("<table")[1:]:
        rows = [len(re.findall(r"<t[dh][ >]", row)) for row in table.split("</table>")[0].split("<tr")[1:]]
        assert len(set(rows)) == 1


def test_wide_tables_scroll_in_a_region_that_a_keyboard_reaches(rich: str) -> None:
    page = Page(rich)
    regions = [attributes for attributes in page.named("div") if attributes.get("class") == "scroll"]
    assert len(regions) == sum(attributes.get("class") == "wide" for attributes in page.named("table")) == 6
    assert all((each["role"], each["tabindex"]) == ("region", "0") and each["aria-label"] for each in regions)


def test_it_needs_nothing_from_elsewhere(rich: str, language: str) -> None:
    page = Page(rich)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "form"}
    assert not any(name.startswith("on") or name in {"src", "style"} for _, attributes in page.tags for name in attributes)
    assert [each["href"] for each in page.named("a")] == [f"summary.{'en' if language == 'fr' else 'fr'}.html"]
    assert not re.search(r"https?:|//|url\(|@import", rich)


def colours(page: str) -> list[dict[str, str]]:
    """The colours of light and dark."""
    light, dark, _ = re.findall(r":root \{(.*?)\}", page, re.DOTALL)
    return [dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", each)) for each in (light, dark)]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_told_apart_in_light_and_dark(rich: str) -> None:
    for colour in colours(rich):
        for paper in ("paper", "shade"):
            assert all(contrast(colour[ink], colour[paper]) >= TEXT_CONTRAST for ink in ("ink", "quiet", "link"))
            assert all(contrast(colour[line], colour[paper]) >= LINE_CONTRAST for line in ("mark", "alarm"))


def shape(page: Page) -> list[tuple[str, str | None, str | None]]:
    return [(tag, attributes.get("class"), attributes.get("scope")) for tag, attributes in page.tags]


def figures(page: Page, language: str) -> list[list[float]]:
    """The numbers in cells of figures and in definitions; a definition with a moment in it has others."""
    point, apart = {"en": (".", ","), "fr": (",", "\u202f")}[language]
    texts = [NUMBER.findall(text) for is_figure, text in page.cells if is_figure and "UTC" not in text]
    return [[float(each.rstrip(".,\u202f").replace(apart, "").replace(point, ".")) for each in numbers] for numbers in texts]


def test_both_languages_have_the_same_structure_and_figures() -> None:
    english, french = (Page(page_of(rich_records(), language)) for language in LANGUAGES)
    assert shape(english) == shape(french)
    assert figures(english, "en") == figures(french, "fr")
    assert sum(map(len, figures(english, "en"))) > 150


def small(language: str) -> Page:
    # 1.5 Wh of a counter and 0.25 Wh of a model that led to something, and 0.0625 Wh of each that did not.
    finished = make_run("linear", readings=[make_reading(cpu_wh=1.5, ram_wh=0.25, measured=True)])
    failed = make_run("forest", status="failed", readings=[make_reading("fit", cpu_wh=0.0625, ram_wh=0.0625, measured=True)])
    entries = [machine_entry(MACHINE, None), goals(), *campaign(finished, failed), imported(1234.5, None, "a meter")]
    return Page(page_of(records_of(*entries), language))


EXPECTED = {
    "en": [
        ("Energy measured", "1.87500 Wh true value expected between 1.56 and 6.56 Wh class C, modelled from the load, or declared"),
        ("Of which without a result", "0.125 Wh, 7% class C, modelled from the load, or declared"),
        ("Carbon of this electricity", "0.173 g CO₂e"),
        ("Measured elsewhere, in none of these figures", "1,234 Wh class C, modelled from the load, or declared"),
        ("Campaigns", "finished: 1, interrupted: 0, not closed: 0"),
        ("B: read from a hardware counter", "1.56 B 1.41 and 4.69"),
        ("Fits readings: 1", "0.125 C"),
        ("Run failed readings: 1", "0.125 C"),
    ],
    "fr": [
        (
            "Énergie mesurée",
            "1,87500 Wh vraie valeur attendue entre 1,56 et 6,56 Wh classe C, modélisé d’après la charge, ou déclaré",
        ),
        ("Dont sans résultat", "0,125 Wh, 7 % classe C, modélisé d’après la charge, ou déclaré"),
        ("Carbone de cette électricité", "0,173 g CO₂e"),
        ("Mesuré ailleurs, hors de ces chiffres", "1 234 Wh classe C, modélisé d’après la charge, ou déclaré"),
        ("Campagnes", "terminées : 1, interrompues : 0, non closes : 0"),
        ("B : lu sur un compteur du matériel", "1,56 B 1,41 et 4,69"),
        ("Entraînements mesures : 1", "0,125 C"),
        ("Essai en échec mesures : 1", "0,125 C"),
    ],
}


def test_figures_are_those_worked_out_by_hand(language: str) -> None:
    page = small(language)
    for name, value in EXPECTED[language]:
        assert f"{name} {value}" in page.text, name


@pytest.mark.parametrize("field", ["task", "note"])
def test_what_records_hold_stays_text(field: str, language: str) -> None:
    page = Page(page_of(rich_records(**{field: EVIL}), language))
    assert page.named("script") == []
    shown = [path for path, data in page.texts if data == EVIL]
    assert shown
    assert all(path[-1] == "bdi" for path in shown)
    assert shape(page) == shape(Page(page_of(rich_records(**{field: "a tame one"}), language)))


def test_whatever_text_stands_in_a_record_is_escaped_and_isolated() -> None:
    """Behind each text of the summary stands markup, with quotes: none of it becomes any."""
    records = rich_records()
    summary = summarise(records)
    mark = "\"'><b data-mark>&amp;"
    told = {"ledger_head": summary.head, "findings": [{key: f"{text}{mark}" for key, text in FINDING.items()}], "notices": []}
    spoilt = summary_page(_spoilt(summary, mark), told, "fr")
    assert "<b data-mark" not in spoilt
    assert not any("data-mark" in attributes for _, attributes in Page(spoilt).tags)
    shown = [path for path, data in Page(spoilt).texts if mark in data]
    assert len(shown) > 100
    assert all(path[-1] == "bdi" for path in shown)


def _spoilt(value: Any, mark: str, name: str = "") -> Any:
    """The same with a mark behind each text that the page only repeats."""
    if isinstance(value, str):
        return value if name in {"component", "evidence", "status", "head"} else value + mark
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [field.name for field in dataclasses.fields(value)]
        old = {each: getattr(value, each) for each in fields}
        new = {each: old[each] if isinstance(old[each], dict) else _spoilt(old[each], mark, each) for each in fields}
        return dataclasses.replace(value, **new)
    return tuple(_spoilt(each, mark, name) for each in value) if isinstance(value, tuple) else value


def test_what_no_file_can_hold_is_replaced(language: str) -> None:
    page = page_of(rich_records(note="a\x00b\x1bc\ud800d\ufffee"), language)
    page.encode()
    assert "a\ufffdb\ufffdc" in page
    assert "\x00" not in page


def test_the_same_input_gives_the_same_bytes(language: str) -> None:
    """Also in another process, with another hash seed, another zone and another locale."""
    code = (
        "import sys; from tests.evaluation.publishing.test_audit_page import page_of, rich_records; "
        "sys.stdout.buffer.write(page_of(rich_records(), sys.argv[1]).encode())"
    )
    elsewhere = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "LC_ALL": "C", "LANG": "C"}
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code, language], cwd=root, env=elsewhere, capture_output=True, check=True)
    assert done.stdout == page_of(rich_records(), language).encode()


def test_it_quotes_the_head_as_the_verifier_reads_it(tmp_path: Path, rich: str) -> None:
    path = tmp_path / "summary.html"
    path.write_text(rich, encoding="utf-8")
    ((_, number, sha256),) = quoted_heads(path)
    assert f"{number}:{sha256}" == summarise(rich_records()).head
    assert "python3 verify.py" in rich
    assert "--against" in rich


def test_no_findings_are_said_as_plainly_as_some() -> None:
    none = [Page(page_of([], language)).text for language in LANGUAGES]
    assert "Findings: 0. The records fit together" in none[0]
    assert "Constats : 0. Les enregistrements" in none[1]


def test_each_finding_is_a_line_with_what_it_means() -> None:
    both = {"findings": [FINDING], "notices": [NOTICE]}
    english, french = (Page(page_of(rich_records(), language, **both)).text for language in LANGUAGES)
    assert "Findings: 1. Something does not hold." in english
    assert "record 7 is another: it was changed. (since 25 November 2026, 16:10:59 UTC)" in english
    assert "no samples here: they were not looked at." in english
    assert "Constats : 1. Quelque chose ne concorde pas." in french
    assert "record 7 is another – it was changed. (au plus tôt le 25 novembre 2026 à 16:10:59 UTC)" in french


def test_the_checks_own_words_are_shown(tmp_path: Path, language: str) -> None:
    ledger = tmp_path / "ledger.jsonl"
    records = rich_records()
    write_lines(ledger, [sealed(record) for record in records])
    rewrite(ledger, 5, lambda content: content.update(goals_sha256="<0>"))
    told = Checker(Evidence(ledger), []).check().as_dict(read_words(), language)
    text = Page(summary_page(summarise(records), told, language)).text
    assert told["findings"]
    for each in told["findings"] + told["notices"]:
        for words in (each["what"], each["means"]):
            assert " ".join(words.split()) in text


def test_figures_that_end_before_the_ledger_does_say_so(language: str) -> None:
    head, other = summarise(rich_records()).head, f"99:{'e' * 64}"
    page = page_of(rich_records(), language, ledger_head=other)
    assert other in page
    assert f"<code>{head}</code>" in page
    assert f"<code>{head}</code>" not in page_of(rich_records(), language)


def test_records_that_are_in_no_figure_are_counted(language: str) -> None:
    records = rich_records()
    records[4]["content"]["more"] = 1
    words = {"en": "in none of its figures: 1.", "fr": "dans aucun de ses chiffres : 1."}[language]
    assert words in Page(page_of(records, language)).text
    assert words[:20] not in Page(page_of(rich_records(), language)).text


@pytest.mark.parametrize("at", ["yesterday", "2026-11-25T16:10:59", "0001-01-01T00:00:00+23:00", "<i>"])
def test_a_moment_that_is_none_is_shown_as_it_is(at: str, language: str) -> None:
    records = [record | {"at": at} for record in rich_records()]
    assert f"<bdi>{html.escape(at)}</bdi>" in page_of(records, language)


def test_an_empty_ledger_has_a_page(language: str) -> None:
    page = Page(page_of([], language))
    assert page.headings.count(2) == 11
    assert len(page.named("table")) == 1


def test_words_of_the_program_say_that_they_are_english() -> None:
    english, french = (page_of(rich_records(), language) for language in LANGUAGES)
    backend = "load model with an assumed TDP of 80 W</bdi>"
    assert f"<bdi>{backend}" in english
    assert f'<bdi lang="en">{backend}' in french
    assert 'Supposé par le programme : <bdi lang="en">new, nobody has said otherwise</bdi>' in french.replace("\u00a0", " ")


def test_every_word_is_there_in_both_languages_and_used(monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[str] = set()
    say = _Writer.say

    def spy(writer: _Writer, key: str, **values: object) -> Any:
        used.add(key)
        return say(writer, key, **values)

    monkeypatch.setattr(_Writer, "say", spy)
    later = rich_records()
    later[5]["content"]["more"] = 1
    without_machines = rich_records()[2:]
    for records in (rich_records(), later, without_machines, []):
        page_of(records, "fr")
    page_of(rich_records(), "fr", ledger_head=f"99:{'e' * 64}", findings=[FINDING], notices=[NOTICE])
    assert all(set(words) == {"en", "fr"} and all(words.values()) for words in _words().values())
    assert used == set(_words())


def test_both_languages_have_the_same_places_in_their_words() -> None:
    places = re.compile(r"\{(\w*)\}")
    assert [key for key, words in _words().items() if set(places.findall(words["en"])) != set(places.findall(words["fr"]))] == []


def test_classes_mean_in_english_what_the_program_says() -> None:
    assert {evidence: _words()[f"class.{evidence}"]["en"] for evidence in MEANING} == MEANING
    assert {f"pue-source.{GIVEN}", f"pue-source.{RECORDED}"} <= set(_words())


def test_french_is_set_as_it_should_be() -> None:
    for key, words in _words().items():
        french = words["fr"]
        assert "'" not in french, key
        assert not re.search(r"(?<!\u00a0)[:%]|(?<!\u202f)[;?!]", french), key


def test_french_numbers_have_their_commas_and_spaces() -> None:
    write = _Writer("fr")
    assert (write.number(12345.678), write.number(0.00000750042), write.exact(0.0747313012)) == (
        "12\u202f346",
        "0,00000750",
        "0,0747313",
    )
    assert write.share(0.125, 1.875) == "7\u00a0%"
    assert write.difference(-0.25, 1.0) == "−0,250"
    assert write.difference(1e-12, 1.0) == "0"

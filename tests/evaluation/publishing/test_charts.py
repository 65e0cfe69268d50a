"""The pictures of a report: what each draws of known figures, what its table says, and that names stay names."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree as ET

import pytest

from evaluation.assessment import Assessment
from evaluation.goals import Goal, Goals
from evaluation.home import PROJECT
from evaluation.judgement.deployment import PerSample
from evaluation.judgement.goal_values import Judged
from evaluation.judgement.statistics import Interval
from evaluation.judgement.verdict import Verdict, Verdicts
from evaluation.publishing.charts import (
    Picture,
    energy_by_component,
    goals_as_bullets,
    quality_against_energy,
    year_in_service,
)
from evaluation.publishing.charts_of_answers import confusion, worst_slices
from evaluation.publishing.labels import width_of
from evaluation.publishing.language import Language
from tests.evaluation.publishing.drawn import SVG, box, length, look, parts, shown, texts, tree
from tests.records import make_campaign, make_deployment, make_run
from tests.reports import CHANNELS, CLASSES, assessed_labels, campaign_of_labels, rich, undeployed
from tests.results import KEYWORDS, LINEAR, SCENARIO, TRANSFORMER, assessed, compared

ENGLISH, FRENCH = Language("en"), Language("fr")
LEADING = "tiny-transformer"
# How far capitals with accents reach above the line, in heights of the text.
ASCENT = 0.95
HOSTILE = {
    "markup": "<script>alert('1')</script> & \"x\"",
    "mathematics": "$x$ _a^b",
    "an override": "\u202egpj.exe",
    "Arabic": "مدينة 🌱",
    "300 letters": "n" * 300,
    "the end of an isolate": "a\u2069\u202eb",
    "an isolate without an end": "evil\u2067",
    "emoji": "👩🏽‍💻🏳️‍🌈",
    "a figure": "{figure} %s",
    "control characters": "bell\x07\x1b[31m",
}


def pictures(found: Assessment, language: Language = ENGLISH, candidate: str = LEADING) -> list[Picture]:
    """All that a report draws of an assessment."""
    drawn = [quality_against_energy(found, language), energy_by_component(found, language)]
    drawn += [draw(found, candidate, language) for draw in (goals_as_bullets, year_in_service, confusion, worst_slices)]
    return [picture for picture in drawn if picture]


@cache
def found_called(name: str) -> Assessment:
    """A candidate, a class and a channel have this name."""
    return assessed_labels(campaign_of_labels(linear=name, classes=(name, *CLASSES[1:]), channels=(name, *CHANNELS[1:])))


@cache
def rich_in(code: str) -> tuple[Picture, ...]:
    return tuple(pictures(rich(), Language(code)))


# Any picture


@pytest.mark.parametrize("code", ["en", "fr"])
def test_six_pictures_share_a_page_without_sharing_an_id_and_bring_nothing_from_outside(code: str) -> None:
    made = rich_in(code)
    ids = [each for picture in made for each in re.findall(r' id="([^"]*)"', picture.svg)]
    assert [picture.name for picture in made] == ["quality-energy", "components", "goals", "year", "confusion", "worst"]
    assert len(ids) == len(set(ids))
    for picture in made:
        assert not re.search(r"<script|<style|<image|<a |url\([^#]|href=\"[^#]", picture.svg)
        assert set(re.findall(r"https?://[^\"]*", picture.svg)) == {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("code", ["en", "fr"])
def test_each_has_a_title_and_a_description_of_its_own(code: str) -> None:
    made = rich_in(code)
    for picture in made:
        first = tree(picture)
        assert [(each.tag, each.text) for each in list(first)[:2]] == [
            (f"{SVG}title", picture.title),
            (f"{SVG}desc", picture.description),
        ]
    assert len({picture.title for picture in made}) == len({picture.description for picture in made}) == 6


def test_titles_descriptions_captions_and_headings_are_in_both_languages() -> None:
    for english, french in zip(rich_in("en"), rich_in("fr"), strict=True):
        assert english.title != french.title
        assert english.description != french.description
        assert english.table.caption != french.table.caption
        assert not set(english.table.headings) & set(french.table.headings)


def test_both_languages_draw_the_same_parts() -> None:
    for english, french in zip(rich_in("en"), rich_in("fr"), strict=True):
        drawn = [{each.get("data-part") for each in tree(picture).iter()} for picture in (english, french)]
        assert drawn[0] == drawn[1]


def test_letters_are_large_enough_to_be_read_on_paper() -> None:
    # Of 72 points an inch; a usual picture is 170 mm wide on paper, a narrow one 98 mm at least (report.css).
    for picture in rich_in("fr"):
        root = tree(picture)
        width_mm = 98 if root.get("class") == "picture narrow" else 170
        points = width_mm / 25.4 * 72 / float((root.get("viewBox") or "").split()[2])
        sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", picture.svg)]
        assert min(sizes) * points >= 8


@pytest.mark.parametrize("code", ["en", "fr"])
def test_texts_stand_within_their_picture(code: str) -> None:
    for picture in rich_in(code):
        root = tree(picture)
        width, height = map(float, (root.get("viewBox") or "").split()[2:])
        for text in root.iter(f"{SVG}text"):
            left, top, right, bottom = extent(text)
            assert left >= 0, text.text
            assert top >= 0, text.text
            assert right <= width, text.text
            assert bottom <= height, text.text


def extent(text: ET.Element) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a text, of one that runs upwards too."""
    style, moved = text.get("style", ""), re.match(r"translate\((\S+) (\S+)\)", text.get("transform", ""))
    x, y = map(float, moved.groups() if moved else (text.get("x", ""), text.get("y", "")))
    (size,) = (float(found) for found in re.findall(r"font-size: ([\d.]+)px", style))
    width = width_of(text.text or "", size)
    before = width / 2 if "text-anchor: middle" in style else width if "text-anchor: end" in style else 0.0
    if "rotate(-90" in text.get("transform", ""):
        return x - ASCENT * size, y + before - width, x, y + before
    return x - before, y - ASCENT * size, x - before + width, y


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.filterwarnings("error")
def test_what_things_are_called_stays_text(name: str) -> None:
    made = pictures(found_called(name), candidate=name)
    assert len(made) == 6
    for picture in made:
        kinds = {element.tag.removeprefix(SVG) for element in tree(picture).iter()}
        assert kinds <= {"svg", "title", "desc", "g", "defs", "path", "use", "text", "clipPath", "rect", "pattern"}
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", picture.svg)
        for text in (picture.title, picture.description, *texts(tree(picture))):
            # What turns the order of letters is isolated, and nothing in a name ends that.
            assert text.count("\u2068") == text.count("\u2069")
            assert not set(text) & set("\u2066\u2067")
            turned = "".join(re.findall("\u2068[^\u2068\u2069]*\u2069", text))
            assert text.count("\u202e") == turned.count("\u202e")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_the_tables_have_the_whole_name_as_markup_that_is_none(name: str) -> None:
    found = found_called(name)
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;").replace("'", "&#39;")
    for picture in (quality_against_energy(found, ENGLISH), energy_by_component(found, ENGLISH)):
        assert [row[0] for row in shown(picture).table.rows][1] == f"<bdi>{escaped}</bdi>"


def test_tables_have_a_cell_under_each_heading_and_figures_in_numeric_columns() -> None:
    for picture in rich_in("en"):
        table = picture.table
        assert table.rows
        for row in table.rows:
            assert len(row) == len(table.headings)
            assert all(re.search(r"\d|–", row[column]) for column in table.numeric)


def test_the_same_campaign_gives_the_same_bytes_in_every_process() -> None:
    script = (
        "import hashlib; from tests.evaluation.publishing.test_charts import rich_in; "
        "print(hashlib.sha256(''.join(p.svg + p.title + p.description for p in rich_in('en')).encode()).hexdigest())"
    )
    here = hashlib.sha256("".join(each.svg + each.title + each.description for each in rich_in("en")).encode()).hexdigest()
    told = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "1"},
    )
    assert told.stdout.strip() == here


# Goals


def judged(*goals: Judged) -> Assessment:
    found = assessed(compared(KEYWORDS, LINEAR))
    return replace(found, verdicts=Verdicts({LINEAR.name: Verdict(LINEAR.name, "NO GO", goals)}, LINEAR.name, ()))


MET = Judged("quality", "met", Goal("quality", floor=0.5, target=0.6, metric="macro_f1"), Interval(0.75, 0.7, 0.8))
BEYOND = Judged("energy_per_unit_wh", "missed", Goal("energy_per_unit_wh", ceiling=1.0), Interval(5.0, 1.5, 30.0))
NOTHING_FOUND = Judged("class_recall", "undetermined", Goal("class_recall", floor=0.5), None)
NO_NUMBER = Judged("human_path", "met")


def test_a_goal_s_bar_is_as_long_as_its_value_in_parts_of_its_bound() -> None:
    root = tree(goals_as_bullets(judged(MET), LINEAR.name, ENGLISH))
    bound = box(root, "bound")[0]
    left, _, right, _ = box(root, "value-0")
    assert (right - left) / (bound - left) == pytest.approx(0.75 / 0.5, abs=0.001)
    low, _, high, _ = box(root, "interval-0")
    assert ((low - left) / (bound - left), (high - left) / (bound - left)) == pytest.approx((0.7 / 0.5, 0.8 / 0.5), abs=0.001)
    (target,) = [use for part in parts(root, "target-0") for use in part.iter(f"{SVG}use")]
    assert (float(target.get("x", "")) - left) / (bound - left) == pytest.approx(0.6 / 0.5, abs=0.001)


def test_what_is_allowed_lies_above_a_floor_and_below_a_ceiling() -> None:
    root = tree(goals_as_bullets(judged(MET, BEYOND), LINEAR.name, ENGLISH))
    bound, left = box(root, "bound")[0], box(root, "value-0")[0]
    assert box(root, "allowed-0")[0] == pytest.approx(bound, abs=0.01)
    assert (box(root, "allowed-1")[0], box(root, "allowed-1")[2]) == pytest.approx((left, bound), abs=0.01)


def test_a_goal_beyond_twice_its_bound_is_cut_marked_and_told() -> None:
    picture = shown(goals_as_bullets(judged(BEYOND), LINEAR.name, ENGLISH))
    root = tree(picture)
    left, _, right, _ = box(root, "value-0")
    assert (right - left) / (box(root, "bound")[0] - left) == pytest.approx(2, abs=0.001)
    assert texts(root, "outcome-0") == ["✗ missed ▸"]
    assert "var(--alarm)" in look(root, "value-0")
    assert "A goal beyond twice its bound is cut there." in picture.description
    assert list(picture.table.rows[0][1:2]) == ["≤\u00a01\u202fWh"]
    assert list(picture.table.rows[0][3:]) == ["500%", "missed"]


def test_only_goals_with_a_bound_and_a_value_are_drawn_and_the_outcome_is_in_words() -> None:
    picture = shown(goals_as_bullets(judged(MET, NOTHING_FOUND, NO_NUMBER), LINEAR.name, FRENCH))
    root = tree(picture)
    assert texts(root, "outcome-0") == ["✓ atteint"]
    assert not parts(root, "value-1")
    assert len(picture.table.rows) == 1
    assert goals_as_bullets(judged(NOTHING_FOUND, NO_NUMBER), LINEAR.name, ENGLISH) is None


# Energy by component


def test_components_are_as_long_as_their_shares_and_stand_one_after_the_other() -> None:
    mixed = replace(LINEAR, mix={"cpu": 0.8, "ram": 0.2})
    picture = shown(energy_by_component(assessed(compared(KEYWORDS, mixed)), ENGLISH))
    root = tree(picture)
    assert length(root, "cpu-1") / length(root, "ram-1") == pytest.approx(4, abs=0.01)
    assert box(root, "ram-1")[0] == pytest.approx(box(root, "cpu-1")[2], abs=0.01)
    assert length(root, "cpu-0") == pytest.approx(length(root, "ram-0"), abs=0.01)
    assert texts(root, "energy-1") == ["12.3\u202fmWh"]
    # Of 12.3 mWh four fifths are 9.84 and one is 2.46.
    assert list(picture.table.rows[1][1:]) == ["12.3\u202fmWh", "9.84\u202fmWh (80%)", "2.46\u202fmWh (20%)"]


def test_components_are_told_apart_without_colour_and_their_evidence_is_said() -> None:
    picture = shown(energy_by_component(assessed(compared(KEYWORDS, LINEAR)), ENGLISH))
    root = tree(picture)
    assert "url(#components-" in look(root, "ram-1")
    assert "url(#components-" not in look(root, "cpu-1")
    assert {"processor (class C)", "memory (class C)"} <= set(texts(root))


def test_without_measurements_there_is_nothing_to_take_apart() -> None:
    found = assessed(compared(KEYWORDS, LINEAR))
    assert energy_by_component(assessed(compared(replace(KEYWORDS, energy_wh=None))), ENGLISH) is None
    empty = make_campaign(make_run("keywords", baseline=True, readings=()))
    unread = replace(found.comparison, campaign=empty.model_copy(update={"readings": (), "runs": ()}))
    assert energy_by_component(replace(found, comparison=unread), ENGLISH) is None


# A year in service

# An idle server of 100 W takes 876 kWh a year; a tenth of its memory is reserved, and 10 000 requests of 0.5 Wh are 5 kWh.
SERVER = make_deployment(
    requests_per_year_low=10_000,
    requests_per_year=20_000,
    requests_per_year_high=40_000,
    server_idle_w=100.0,
    server_memory_gib=10.0,
    server_cores=32,
    pue=1.0,
)
SERVED = replace(LINEAR, per_sample=PerSample(0.5, 0.0001, 1024.0))


def served(**goals: Goal) -> Assessment:
    found = assessed(compared(KEYWORDS, SERVED), goals=Goals(goals, ""))
    return replace(found, scenario=replace(SCENARIO, deployment=SERVER))


def test_a_year_is_what_is_reserved_and_after_it_what_the_requests_add() -> None:
    picture = shown(year_in_service(served(), SERVED.name, ENGLISH))
    root = tree(picture)
    # Nine rows of the baseline, then low, central and high volume, each asked once, three and ten times.
    assert [row[1] for row in picture.table.rows[9:]] == [
        f"{volume * times:,}" for volume in (10_000, 20_000, 40_000) for times in (1, 3, 10)
    ]
    assert list(picture.table.rows[9][2:]) == ["87.6", "5.00", "92.6"]
    assert list(picture.table.rows[17][2:]) == ["87.6", "200", "288"]
    assert length(root, "requests-17") / length(root, "reserved-17") == pytest.approx(200 / 87.6, rel=0.001)
    assert length(root, "requests-9") / length(root, "requests-17") == pytest.approx(5 / 200, rel=0.01)
    assert box(root, "requests-17")[0] == pytest.approx(box(root, "reserved-17")[2], abs=0.01)
    assert "url(#year-" in look(root, "reserved-17")


def test_the_ceiling_of_a_year_lies_on_the_same_scale() -> None:
    goal = Goal("deployed_kwh_per_year", ceiling=43.8)
    root = tree(year_in_service(served(deployed_kwh_per_year=goal), SERVED.name, ENGLISH))
    left, _, right, _ = box(root, "reserved-9")
    assert (box(root, "ceiling")[0] - left) / (right - left) == pytest.approx(0.5, abs=0.001)
    assert "ceiling" in texts(root)
    assert not parts(tree(year_in_service(served(), SERVED.name, ENGLISH)), "ceiling")


def test_a_ceiling_beyond_all_years_is_still_in_the_picture() -> None:
    root = tree(year_in_service(served(deployed_kwh_per_year=Goal("deployed_kwh_per_year", ceiling=5000.0)), SERVED.name, ENGLISH))
    assert box(root, "ceiling")[0] < 640


def test_what_is_but_a_lower_bound_says_so() -> None:
    unknown = replace(SERVED, per_sample=PerSample(0.5, 0.0001, None))
    found = assessed(compared(KEYWORDS, unknown))
    picture = shown(year_in_service(replace(found, scenario=replace(SCENARIO, deployment=SERVER)), unknown.name, ENGLISH))
    assert [cell.startswith("≥") for cell in picture.table.rows[9][2:]] == [True, False, True]
    assert not any(cell.startswith("≥") for cell in picture.table.rows[0][2:])


def test_rows_name_candidate_volume_and_rebound_in_words() -> None:
    picture = shown(year_in_service(served(), SERVED.name, FRENCH))
    assert picture.table.rows[0][0] == "<bdi>keywords</bdi>, volume bas"
    assert picture.table.rows[11][0] == "<bdi>tfidf-linearsvc</bdi>, volume bas, sollicité 10 fois plus"


def test_without_a_deployment_there_is_no_year() -> None:
    assert year_in_service(undeployed(), LEADING, ENGLISH) is None


def test_the_leading_candidate_s_pictures_are_of_it() -> None:
    found = assessed(compared(KEYWORDS, LINEAR, TRANSFORMER))
    assert "tiny-transformer" in shown(goals_as_bullets(found, TRANSFORMER.name, ENGLISH)).title
    assert "tfidf-linearsvc" in shown(goals_as_bullets(found, LINEAR.name, ENGLISH)).title

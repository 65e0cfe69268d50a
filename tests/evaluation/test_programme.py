"""The programme of all POCs in the city's `goals.toml`: what is read, and that no POC's goals hold any of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.exceptions import DataError
from evaluation.goals import CITY_TABLES, TABLES, parse_goals, read_goals
from evaluation.home import PROJECT
from evaluation.programme import CITY_GOALS, Programme, read_programme

OWN = '[unit]\nname = "10 meters"\nsize = 10\n[goal.class_recall]\nfloor = 0.6\n'
CITY = "[goal.quality_gain]\nfloor = 0.03\n"
TABLE = '[programme]\norganisation = "Ville de Montaubray"\nceiling_kwh_per_year = 20\n'


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return tmp_path / "goals.toml"


@pytest.fixture
def own(city: Path) -> Path:
    """A POC's goals, below the city's."""
    path = city.parent / "meters" / "goals.toml"
    path.parent.mkdir()
    path.write_text(OWN, encoding="utf-8")
    return path


def read(city: Path, text: str) -> Programme:
    city.write_text(text, encoding="utf-8")
    return read_programme(city)


def test_who_publishes_and_the_ceiling_are_read_beside_goals(city: Path) -> None:
    assert read(city, CITY + TABLE) == Programme("Ville de Montaubray", 20.0)


@pytest.mark.parametrize(
    ("text", "programme"),
    [
        ("", Programme(None, None)),
        (CITY, Programme(None, None)),
        ("[programme]\n", Programme(None, None)),
        ('[programme]\norganisation = ""\n', Programme(None, None)),
        ('[programme]\norganisation = "  "\nceiling_kwh_per_year = 0.5\n', Programme(None, 0.5)),
        ('[programme]\norganisation = " Ville "\n', Programme("Ville", None)),
    ],
)
def test_what_is_left_out_is_unknown(city: Path, text: str, programme: Programme) -> None:
    assert read(city, text) == programme


def test_a_city_without_goals_of_its_own_has_no_programme(city: Path) -> None:
    assert read_programme(city) == Programme(None, None)


@pytest.mark.parametrize(
    ("text", "found", "where"),
    [
        ("[programme]\norganisation = 3", "3", ", [programme] organisation"),
        ("[programme]\norganisation = true", "True", ", [programme] organisation"),
        ("[programme]\nceiling_kwh_per_year = 0", "0", ", [programme] ceiling_kwh_per_year"),
        ("[programme]\nceiling_kwh_per_year = -1", "-1", ", [programme] ceiling_kwh_per_year"),
        ("[programme]\nceiling_kwh_per_year = nan", "nan", ", [programme] ceiling_kwh_per_year"),
        ("[programme]\nceiling_kwh_per_year = inf", "inf", ", [programme] ceiling_kwh_per_year"),
        ("[programme]\nceiling_kwh_per_year = true", "True", ", [programme] ceiling_kwh_per_year"),
        ("[programme]\nceiling_kwh_per_year = '20'", "'20'", ", [programme] ceiling_kwh_per_year"),
        ("[programme]\nceiling_kwh = 20", "unknown: ceiling_kwh", ", [programme] ceiling_kwh"),
        ("programme = 3", "3", ", [programme]"),
        ("[[programme]]\norganisation = 'a'", "[{'organisation': 'a'}]", ", [programme]"),
    ],
)
def test_a_mistake_is_named_with_file_and_entry(city: Path, text: str, found: str, where: str) -> None:
    with pytest.raises(DataError) as caught:
        read(city, text)
    assert (caught.value.found, caught.value.where) == (found, f"{city}{where}")


def test_for_an_entry_written_wrongly_the_nearest_one_is_offered(city: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(city, "[programme]\norganization = 'Ville'")
    assert caught.value.remedy == "did you mean organisation?"


def test_what_is_no_toml_is_refused(city: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(city, "[programme\n")
    assert (caught.value.expected, caught.value.where) == ("a TOML file in UTF-8", str(city))


# No part of any POC's goals


@pytest.mark.parametrize(
    "table",
    [TABLE, TABLE.replace("20", "5"), "[programme]\n", "programme = 3\n"],
    ids=["one", "another", "an empty one", "a wrong one"],
)
def test_goals_are_the_same_with_a_programme_and_without(city: Path, own: Path, table: str) -> None:
    without = read_goals(own)
    city.write_text(table, encoding="utf-8")
    assert read_goals(own) == without
    assert (read_goals(own).sha256, read_goals(own).text) == (without.sha256, without.text)


def test_a_programme_stands_beside_goals_that_hold_for_every_poc(city: Path, own: Path) -> None:
    city.write_text(CITY, encoding="utf-8")
    without = read_goals(own)
    city.write_text(CITY + TABLE, encoding="utf-8")
    assert read_goals(own) == without
    assert "programme" not in read_goals(own).text


@pytest.mark.parametrize("in_city", ["", TABLE])
def test_a_poc_has_no_programme_of_its_own(city: Path, own: Path, in_city: str) -> None:
    city.write_text(in_city, encoding="utf-8")
    own.write_text(OWN + TABLE, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_goals(own)
    error = caught.value
    assert error.expected.startswith("[programme] in the city's goals.toml alone")
    assert (error.found, error.where) == ("one in a POC's own goals", f"{own}, [programme]")


def test_recorded_goals_have_no_programme() -> None:
    with pytest.raises(DataError) as caught:
        parse_goals(OWN + TABLE)
    assert caught.value.found == "unknown: programme"


def test_in_the_citys_file_a_name_written_wrongly_is_answered_with_the_right_one(city: Path, own: Path) -> None:
    city.write_text(TABLE.replace("programme", "program"), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_goals(own)
    assert (caught.value.remedy, caught.value.where) == ("did you mean programme?", f"{city}, [program]")


def test_the_citys_tables_are_no_tables_of_goals() -> None:
    assert not set(CITY_TABLES) & {"goal", *TABLES}


# The programme of this project


def test_this_project_leaves_the_city_to_be_written_in_and_proposes_a_ceiling() -> None:
    assert CITY_GOALS.is_relative_to(PROJECT)
    assert read_programme() == Programme(None, 20.0)


def test_the_ceiling_is_four_times_that_of_a_pocs_development() -> None:
    goals = read_goals(PROJECT / "poc" / "request_classification" / "goals.toml")
    ceiling = goals.goal["development_kwh"].ceiling
    assert ceiling is not None
    assert read_programme().ceiling_kwh_per_year == 4 * ceiling

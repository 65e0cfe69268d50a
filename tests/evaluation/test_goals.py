"""Reading `goals.toml`, the POC's over the city's: what is accepted, what is recorded, and what a mistake is answered with."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.exceptions import DataError
from evaluation.goals import (
    FORMS,
    GOAL_UNITS,
    TABLES,
    Deployment,
    Goal,
    Goals,
    changed_goals,
    parse_goals,
    read_goals,
    recorded_goals,
)
from evaluation.metrics import Part, accuracy, macro_f1, text_metric
from evaluation.pocs import find_poc
from evaluation.task import Task, Unit
from tests.records import make_goals

UNIT = '[unit]\nname = "10 meters"\nsize = 10\n'
GOAL = "[goal.class_recall]\nfloor = 0.6\n"
ENERGY = "[goal.energy_per_unit_wh]\ntarget = 0.1\nceiling = 1\n"
SLICE = '[[goal.slice_recall]]\nslice = "channel"\nfloor = 0.5\n'
VOLUME = "[volume]\nlow = 15000\ncentral = 60000\nhigh = 145000\n"
SERVER = {
    "server_memory_gib": "128",
    "server_cores": "32",
    "server_idle_w": "120.5",
    "embodied_kg_co2e_low": "460",
    "embodied_kg_co2e": "900",
    "embodied_kg_co2e_high": "2087",
    "lifetime_years": "4",
    "pue_low": "1.2",
    "pue": "1.5",
    "pue_high": "2",
    "source": '"our own meter"',
}
TASK = Task(
    "meters", "1", "meters.csv", "photo", "digits", Unit("10 meters", 10), (accuracy, macro_f1), slices=("channel", "urgent")
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a POC's goals are, in a folder of their own below the city's."""
    path = tmp_path / "poc" / "meters" / "goals.toml"
    path.parent.mkdir(parents=True)
    return path


def city_of(place: Path) -> Path:
    return place.parent.parent / "goals.toml"


def read(place: Path, own: str, city: str | None = None, task: Task | None = None) -> Goals:
    place.write_text(own, encoding="utf-8")
    if city is not None:
        city_of(place).write_text(city, encoding="utf-8")
    return read_goals(place, task)


def changes(then: Goals, now: Goals) -> list[str]:
    return [str(each) for each in changed_goals(then, now)]


def refused(place: Path, own: str, city: str | None = None, task: Task | None = None) -> DataError:
    with pytest.raises(DataError) as caught:
        read(place, own, city, task)
    return caught.value


def server(**changes: str | None) -> str:
    """A sound [deployment] but for these entries; none leaves one out."""
    return "\n".join(
        ["[deployment]", *(f"{name} = {value}" for name, value in (SERVER | changes).items() if value is not None), ""]
    )


# What is accepted


def test_goals_are_read_by_name_in_the_order_of_the_goals_whatever_that_of_the_file(place: Path) -> None:
    quality = '[goal.quality]\nmetric = "accuracy"\n'
    two_slices = SLICE + '[[goal.slice_recall]]\nvalue = "true"\nslice = "urgent"\nfloor = 0.7\ntarget = 0.8\n'
    goals = read(place, ENERGY + two_slices + GOAL + quality + UNIT).goal
    assert list(goals.items()) == [
        ("quality", Goal("quality", metric="accuracy")),
        ("class_recall", Goal("class_recall", floor=0.6)),
        ("slice_recall channel", Goal("slice_recall", floor=0.5, slice="channel")),
        ("slice_recall urgent=true", Goal("slice_recall", floor=0.7, target=0.8, slice="urgent", value="true")),
        ("energy_per_unit_wh", Goal("energy_per_unit_wh", ceiling=1.0, target=0.1)),
    ]


def test_every_goal_has_a_unit_and_a_form() -> None:
    assert set(GOAL_UNITS) == set(FORMS)


@pytest.mark.parametrize(
    ("goal", "bound"),
    [
        (Goal("energy_per_unit_wh", ceiling=1.0), "≤ 1 Wh"),
        (Goal("development_kwh", ceiling=0), "≤ 0 kWh"),
        (Goal("marginal_energy_wh", ceiling=0.5), "≤ 0.5 Wh per additional correct outcome"),
        (Goal("class_recall", floor=0.6), "≥ 0.6"),
        (Goal("quality_gain", floor=0.03), "≥ 0.03 above the baseline"),
        (Goal("quality", floor=0.6, metric="macro_f1"), "≥ 0.6 macro_f1"),
        (Goal("quality", floor=0, metric="macro_f1"), "≥ 0 macro_f1"),
        (Goal("quality", metric="macro_f1"), "macro_f1, no floor"),
    ],
)
def test_a_bound_is_written_in_short(goal: Goal, bound: str) -> None:
    assert goal.bound == bound


@pytest.mark.parametrize(
    "goal",
    [
        "[goal.energy_per_unit_wh]\nceiling = 1\ntarget = 1",
        "[goal.energy_per_unit_wh]\nceiling = 0\ntarget = 0",
        "[goal.class_recall]\nfloor = 1\ntarget = 1",
        "[goal.class_recall]\nfloor = 0\ntarget = 1",
    ],
)
def test_a_target_may_lie_at_the_bound_or_beyond_it_on_the_good_side(place: Path, goal: str) -> None:
    (read_goal,) = read(place, UNIT + goal).goal.values()
    assert read_goal.target is not None


def test_what_is_left_out_is_unknown(place: Path) -> None:
    goals = read(place, UNIT + GOAL)
    assert (goals.unit, goals.deployment, goals.human_path, goals.correction_wh) == (Unit("10 meters", 10), None, None, None)


@pytest.mark.parametrize("kept", [True, False])
def test_the_human_path_is_kept_or_not(place: Path, kept: bool) -> None:
    assert read(place, f"{UNIT}{GOAL}[human_path]\nkept = {str(kept).lower()}").human_path is kept


def test_what_a_correction_takes_is_read(place: Path) -> None:
    assert read(place, f"{UNIT}{GOAL}[correction]\nenergy_wh = 3.3").correction_wh == 3.3
    assert read(place, f"{UNIT}{GOAL}[correction]\nenergy_wh = 0").correction_wh == 0


# The POC's over the city's


def test_key_by_key_the_pocs_go_before_the_citys(place: Path) -> None:
    goals = read(place, UNIT + "[goal.energy_per_unit_wh]\nceiling = 2\n", ENERGY + GOAL)
    assert goals.goal == {
        "class_recall": Goal("class_recall", floor=0.6),
        "energy_per_unit_wh": Goal("energy_per_unit_wh", ceiling=2.0, target=0.1),
    }


def test_an_array_of_slices_is_replaced_as_a_whole(place: Path) -> None:
    of_city = SLICE + '[[goal.slice_recall]]\nslice = "urgent"\nfloor = 0.7\n'
    assert list(read(place, UNIT + SLICE.replace("channel", "language"), of_city).goal) == ["slice_recall language"]
    assert list(read(place, UNIT + GOAL, of_city).goal) == ["class_recall", "slice_recall channel", "slice_recall urgent"]
    assert list(read(place, UNIT + "[goal]\nslice_recall = []", of_city + GOAL).goal) == ["class_recall"]


def test_a_poc_need_not_add_a_goal_to_the_citys(place: Path) -> None:
    assert list(read(place, UNIT, GOAL).goal) == ["class_recall"]


def test_volume_and_server_may_come_from_different_files(place: Path) -> None:
    goals = read(place, UNIT + VOLUME, GOAL + server())
    assert goals.deployment == Deployment(
        requests_per_year_low=15000,
        requests_per_year=60000,
        requests_per_year_high=145000,
        server_memory_gib=128,
        server_cores=32,
        server_idle_w=120.5,
        embodied_kg_co2e_low=460,
        embodied_kg_co2e=900,
        embodied_kg_co2e_high=2087,
        lifetime_years=4,
        pue_low=1.2,
        pue=1.5,
        pue_high=2,
        source="our own meter",
    )


@pytest.mark.parametrize("table", [VOLUME, server()])
def test_volume_or_server_alone_is_no_deployment(place: Path, table: str) -> None:
    assert read(place, UNIT + GOAL + table).deployment is None


def test_a_range_may_be_a_single_value(place: Path) -> None:
    volume = "[volume]\nlow = 7\ncentral = 7\nhigh = 7\n"
    deployment = read(place, UNIT + GOAL + volume + server(pue_low="1", pue="1", pue_high="1")).deployment
    assert deployment is not None
    assert deployment.pue_low == deployment.pue == deployment.pue_high == 1
    assert deployment.requests_per_year_low == deployment.requests_per_year_high == 7


# What is recorded


def test_goals_are_written_out_without_comments_in_one_order(place: Path) -> None:
    goals = read(place, f"# ours\n{GOAL}[human_path]\nkept = true\n{UNIT}", f"# the city's\n{SLICE}{ENERGY}")
    assert goals.text == (
        '[unit]\nname = "10 meters"\nsize = 10\n\n[goal.class_recall]\nfloor = 0.6\n\n'
        '[[goal.slice_recall]]\nslice = "channel"\nfloor = 0.5\n\n[goal.energy_per_unit_wh]\ntarget = 0.1\nceiling = 1.0\n\n'
        "[human_path]\nkept = true\n"
    )
    assert goals.sha256 == hashlib.sha256(goals.text.encode()).hexdigest()


ALL = UNIT + GOAL + ENERGY + SLICE + VOLUME


@pytest.mark.parametrize(
    "same",
    [
        f"# a comment\n{ALL}",
        ALL.replace("\n", "\r\n"),
        VOLUME + SLICE + ENERGY + GOAL + UNIT,
        ALL.replace("ceiling = 1\n", "ceiling = 1.0\n").replace("0.6\n", "60e-2\n").replace("15000", "15_000"),
    ],
    ids=["a comment", "line ends", "the order", "how a number is written"],
)
def test_what_changes_nothing_is_the_same_hash(place: Path, same: str) -> None:
    assert read(place, same).sha256 == read(place, ALL).sha256


def test_goals_written_in_the_citys_file_are_the_same_as_in_the_pocs(place: Path) -> None:
    assert read(place, UNIT, ALL.removeprefix(UNIT)) == read(place, ALL, "")


@pytest.mark.parametrize(
    ("own", "city"),
    [(ALL.replace("0.6", "0.61"), ""), (ALL.replace("60000", "60001"), ""), (ALL, "[human_path]\nkept = false"), (ALL, server())],
)
def test_another_value_in_either_file_is_another_hash(place: Path, own: str, city: str) -> None:
    assert read(place, own, city).sha256 != read(place, ALL, "").sha256


def escaped(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip).map(escaped)
AMOUNT = st.floats(0, allow_nan=False, allow_infinity=False)
VOLUMES = st.lists(st.integers(1, 2**62), min_size=3, max_size=3).map(sorted)


@given(TEXT, TEXT, st.lists(AMOUNT, min_size=2, max_size=2).map(sorted), st.floats(0, 1), VOLUMES, st.booleans())
def test_recorded_goals_are_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    word: str,
    energies: list[float],
    floor: float,
    volumes: list[int],
    kept: bool,
) -> None:
    place = tmp_path_factory.getbasetemp() / "read_back" / "poc" / "goals.toml"
    place.parent.mkdir(parents=True, exist_ok=True)
    goals = read(
        place,
        f"unit = {{name = {name}, size = {volumes[0]}}}\nhuman_path.kept = {str(kept).lower()}\n"
        f"goal.quality.metric = {word}\ngoal.energy_per_unit_wh = {{target = {energies[0]}, ceiling = {energies[1]}}}\n"
        f"goal.slice_recall = [{{slice = {word}, value = {name}, floor = {floor}}}]\n"
        f"correction.energy_wh = {energies[1]}\nvolume = {{low = {volumes[0]}, central = {volumes[1]}, high = {volumes[2]}}}\n"
        f"{server(source=word)}",
    )
    assert parse_goals(goals.text) == goals
    # And as a file they come to the same.
    assert read(place, goals.text) == goals


@pytest.mark.parametrize("character", ['"', "\\", "\n", "\t", "\0", "\x7f", "\x85", "\u2028", "é", "\U0001f4a1"])
def test_a_text_may_hold_any_character(place: Path, character: str) -> None:
    name = f"ten{character}meters"
    goals = read(place, f"{GOAL}[unit]\nsize = 10\nname = {escaped(name)}\n")
    assert parse_goals(goals.text).unit == goals.unit == Unit(name, 10)


def test_goals_of_a_record_keep_the_text_whose_hash_is_there() -> None:
    text = f"# as some version wrote it\n{GOAL}{UNIT}"
    assert parse_goals(text).text == text
    assert parse_goals(text).goal == {"class_recall": Goal("class_recall", floor=0.6)}


OLD = f'# of an older version\n[goal.development_kwh]\nat_most = 1\nunit = "kWh"\nwhy = "a reason"\n{server(requests_per_year="6")}'


def test_goals_of_another_form_are_refused_by_what_is_wrong_and_where_they_are_from() -> None:
    with pytest.raises(DataError) as caught:
        parse_goals(UNIT + OLD, "record 7")
    assert caught.value.where.startswith("record 7, [deployment] requests_per_year")
    with pytest.raises(DataError) as caught:
        parse_goals("[goal", "record 7")
    assert (caught.value.expected, caught.value.where) == ("a TOML file in UTF-8", "record 7")


@pytest.mark.parametrize("text", [OLD, "# The goals of these tests.\n", "[goal"])
def test_of_recorded_goals_of_another_form_text_and_hash_are_known(text: str) -> None:
    assert recorded_goals(text) == Goals({}, text)
    assert recorded_goals(UNIT + GOAL) == parse_goals(UNIT + GOAL)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (ALL, f"# a comment\n{ALL}", []),
        (ALL, ALL.replace("ceiling = 1\n", "ceiling = 2\n"), ["energy_per_unit_wh: ceiling was 1, is now 2"]),
        (ALL, ALL.replace("60000", "70000"), ["volume: central was 60000, is now 70000"]),
        (ALL, ALL.replace("0.1", "0.123456789"), ["energy_per_unit_wh: target was 0.1, is now 0.123456789"]),
        (ALL, ALL.replace("10 meters", "ten"), ['unit: name was "10 meters", is now "ten"']),
        (ALL, ALL.replace("floor = 0.6", "floor = 0.6\ntarget = 0.9"), ["class_recall: target added, 0.9"]),
        (ALL.replace("floor = 0.6", "floor = 0.6\ntarget = 0.9"), ALL, ["class_recall: target removed, was 0.9"]),
        (ALL, f"{ALL}[human_path]\nkept = true", ["human_path: added"]),
        (f"{ALL}[human_path]\nkept = true", f"{ALL}[human_path]\nkept = false", ["human_path: kept was true, is now false"]),
        (ALL, ALL.replace(SLICE, ""), ["slice_recall channel: removed"]),
        (
            ALL,
            ALL.replace('slice = "channel"', 'slice = "urgent"\nvalue = "true"'),
            ["slice_recall urgent=true: added", "slice_recall channel: removed"],
        ),
        (ALL, ALL.replace("floor = 0.5", "floor = 0.55"), ["slice_recall channel: floor was 0.5, is now 0.55"]),
    ],
)
def test_what_changed_is_said_a_line_for_each_change(place: Path, before: str, after: str, lines: list[str]) -> None:
    assert changes(read(place, before), read(place, after)) == lines


def test_what_changed_since_an_older_version_is_said_too() -> None:
    now = parse_goals(f"{UNIT}[goal.development_kwh]\ntarget = 0.5\nceiling = 1\n")
    assert changes(recorded_goals(OLD), now) == [
        "development_kwh: target added, 0.5",
        "development_kwh: ceiling added, 1",
        "development_kwh: at_most removed, was 1",
        'development_kwh: unit removed, was "kWh"',
        'development_kwh: why removed, was "a reason"',
        "unit: added",
        "deployment: removed",
    ]


def test_goals_that_cannot_be_read_at_all_cannot_be_compared() -> None:
    now = parse_goals(UNIT + GOAL)
    assert changes(Goals({}, "[goal"), Goals({}, "[goal")) == []
    assert changes(Goals({}, "[goal"), now) == ["the goals of then and of now cannot be compared: their text is not TOML"]


# What a mistake is answered with: what is found, and the file, table and entry


MISTAKES = {
    "no unit": (GOAL, "no unit", "[unit]"),
    "a unit without a name": (f"[unit]\nsize = 1\n{GOAL}", "no name", "[unit] name"),
    "a unit without a size": (f'[unit]\nname = "a"\n{GOAL}', "no size", "[unit] size"),
    "a unit of nothing": (UNIT.replace("10\n", "0\n") + GOAL, "0", "[unit] size"),
    "a unit of half a sample": (UNIT.replace("10\n", "0.5\n") + GOAL, "0.5", "[unit] size"),
    "a unit of true": (UNIT.replace("10\n", "true\n") + GOAL, "True", "[unit] size"),
    "a unit with an empty name": (UNIT.replace("10 meters", " ") + GOAL, "' '", "[unit] name"),
    "a number for a unit": (f"unit = 3\n{GOAL}", "3", "[unit]"),
    "no goal": (UNIT, "none", "[goal]"),
    "an empty table of goals": (f"{UNIT}[goal]", "none", "[goal]"),
    "an empty array of slices": (f"{UNIT}[goal]\nslice_recall = []", "none", "[goal]"),
    "a number for the goals": (f"goal = 3\n{UNIT}", "3", "[goal]"),
    "an array of goals": (f"{UNIT}[[goal]]\nclass_recall = 1", "[{'class_recall': 1}]", "[goal]"),
    "a number for a goal": (f"{UNIT}[goal]\nclass_recall = 3", "3", "[goal.class_recall]"),
    "an array for a goal": (f"{UNIT}[[goal.class_recall]]\nfloor = 0.5", "[{'floor': 0.5}]", "[goal.class_recall]"),
    "an unknown table": (f"{UNIT}{GOAL}[volum]\nlow = 1", "unknown: volum", "[volum]"),
    "an unknown goal": (f"{UNIT}[goal.class_recal]\nfloor = 0.5", "unknown: class_recal", "[goal.class_recal]"),
    "an unknown entry": (f"{UNIT}{GOAL}flor = 1", "unknown: flor", "[goal.class_recall] flor"),
    "an entry of other goals": (f"{UNIT}{GOAL}metric = 'a'", "unknown: metric", "[goal.class_recall] metric"),
    "a ceiling for a floor": (f"{UNIT}[goal.class_recall]\nceiling = 1", "a ceiling", "[goal.class_recall] ceiling"),
    "a ceiling beside a floor": (f"{UNIT}{GOAL}ceiling = 1", "a ceiling", "[goal.class_recall] ceiling"),
    "a floor for a ceiling": (f"{UNIT}{ENERGY}floor = 1", "a floor", "[goal.energy_per_unit_wh] floor"),
    "no floor": (f"{UNIT}[goal.class_recall]", "no floor", "[goal.class_recall] floor"),
    "a target alone": (f"{UNIT}[goal.quality_gain]\ntarget = 0.1", "no floor", "[goal.quality_gain] floor"),
    "quality without a metric": (f"{UNIT}[goal.quality]\nfloor = 0.5", "no metric", "[goal.quality] metric"),
    "a number for a metric": (f"{UNIT}[goal.quality]\nmetric = 3", "3", "[goal.quality] metric"),
    "a text for a number": (UNIT + GOAL.replace("0.6", "'0.6'"), "'0.6'", "[goal.class_recall] floor"),
    "true for a number": (UNIT + GOAL.replace("0.6", "true"), "True", "[goal.class_recall] floor"),
    "nan": (UNIT + GOAL.replace("0.6", "nan"), "nan", "[goal.class_recall] floor"),
    "inf": (UNIT + ENERGY.replace("= 1", "= inf"), "inf", "[goal.energy_per_unit_wh] ceiling"),
    "nan for a quality": (f"{UNIT}[goal.quality]\nmetric = 'a'\nfloor = nan", "nan", "[goal.quality] floor"),
    "a number beyond all": (
        UNIT + ENERGY.replace("= 1", f"= 1{'0' * 400}"),
        f"1{'0' * 56}...",
        "[goal.energy_per_unit_wh] ceiling",
    ),
    "a negative ceiling": (UNIT + ENERGY.replace("= 1", "= -1"), "-1", "[goal.energy_per_unit_wh] ceiling"),
    "a negative gain": (f"{UNIT}[goal.quality_gain]\nfloor = -0.1", "-0.1", "[goal.quality_gain] floor"),
    "a share above 1": (UNIT + GOAL.replace("0.6", "60"), "60", "[goal.class_recall] floor"),
    "a share below 0": (UNIT + GOAL.replace("0.6", "-0.1"), "-0.1", "[goal.class_recall] floor"),
    "a target above the ceiling": (
        UNIT + ENERGY.replace("0.1", "2"),
        "target (2) is above ceiling (1)",
        "[goal.energy_per_unit_wh] target",
    ),
    "a floor above the target": (
        f"{UNIT}{GOAL}target = 0.5",
        "floor (0.6) is above target (0.5)",
        "[goal.class_recall] floor",
    ),
    "one slice in single brackets": (
        UNIT + SLICE.replace("[[", "[").replace("]]", "]"),
        "{'slice': 'channel', 'floor': 0.5}",
        "[[goal.slice_recall]]",
    ),
    "a slice without a name": (f"{UNIT}[[goal.slice_recall]]\nfloor = 0.5", "no slice", "[[goal.slice_recall]] 1 slice"),
    "a second slice without a floor": (
        f"{UNIT}{SLICE}[[goal.slice_recall]]\nslice = 'a'",
        "no floor",
        "[[goal.slice_recall]] 2 floor",
    ),
    "a slice above 1": (UNIT + SLICE.replace("0.5", "1.01"), "1.01", "[[goal.slice_recall]] 1 floor"),
    "true for the value of a slice": (f"{UNIT}{SLICE}value = true", "True", "[[goal.slice_recall]] 1 value"),
    "a slice twice": (f"{UNIT}{SLICE}{SLICE}", "slice_recall channel, twice", "[[goal.slice_recall]] 2"),
    "a human path of yes": (f"{UNIT}{GOAL}[human_path]\nkept = 'yes'", "'yes'", "[human_path] kept"),
    "a human path of 1": (f"{UNIT}{GOAL}[human_path]\nkept = 1", "1", "[human_path] kept"),
    "a human path of nothing": (f"{UNIT}{GOAL}[human_path]", "no kept", "[human_path] kept"),
    "a negative correction": (f"{UNIT}{GOAL}[correction]\nenergy_wh = -1", "-1", "[correction] energy_wh"),
    "an infinite correction": (f"{UNIT}{GOAL}[correction]\nenergy_wh = inf", "inf", "[correction] energy_wh"),
    "a negative volume": (UNIT + GOAL + VOLUME.replace("15000", "-1"), "-1", "[volume] low"),
    "a volume of nothing": (UNIT + GOAL + VOLUME.replace("60000", "0"), "0", "[volume] central"),
    "a volume in parts": (UNIT + GOAL + VOLUME.replace("60000", "6e4"), "60000.0", "[volume] central"),
    "low above central": (UNIT + GOAL + VOLUME.replace("15000", "60001"), "low (60001) is above central (60000)", "[volume] low"),
    "central above high": (
        UNIT + GOAL + VOLUME.replace("145000", "59999"),
        "central (60000) is above high (59999)",
        "[volume] central",
    ),
    "no central volume": (UNIT + GOAL + VOLUME.replace("central = 60000\n", ""), "no central", "[volume] central"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_file_table_and_entry(place: Path, mistake: str) -> None:
    own, found, where = MISTAKES[mistake]
    for city in (None, "# blank\n"):
        error = refused(place, own, city)
        assert (error.found, error.where) == (found, f"{place}, {where}")


@pytest.mark.parametrize("mistake", [mistake for mistake in MISTAKES if mistake not in {"no unit", "no goal"}])
def test_a_mistake_of_the_city_is_named_with_the_citys_file(place: Path, mistake: str) -> None:
    city, found, where = MISTAKES[mistake]
    error = refused(place, "", city)
    assert (error.found, error.where) == (found, f"{city_of(place)}, {where}")


@pytest.mark.parametrize("goal", [name for name, form in FORMS.items() if form.needs == ("target", "ceiling")])
def test_a_goal_of_energy_needs_target_and_ceiling(place: Path, goal: str) -> None:
    for given_, missing in (("target", "ceiling"), ("ceiling", "target")):
        error = refused(place, f"{UNIT}[goal.{goal}]\n{given_} = 1")
        assert (error.found, error.where) == (f"no {missing}", f"{place}, [goal.{goal}] {missing}")


def test_the_four_goals_of_energy_are_those() -> None:
    names = {"energy_per_unit_wh", "development_kwh", "marginal_energy_wh", "deployed_kwh_per_year"}
    assert {name for name, form in FORMS.items() if form.needs == ("target", "ceiling")} == names


@pytest.mark.parametrize("goal", ["embodied_kg_co2e_per_year", "carbon_kg_co2e_per_year"])
def test_a_goal_of_carbon_needs_its_ceiling_alone(place: Path, goal: str) -> None:
    assert read(place, f"{UNIT}[goal.{goal}]\nceiling = 7").goal[goal].bound == "≤ 7 kg CO2e a year"
    assert refused(place, f"{UNIT}[goal.{goal}]\ntarget = 7").found == "no ceiling"


@pytest.mark.parametrize(
    ("own", "city", "where"),
    [
        (UNIT + ENERGY.replace("0.1", "2"), GOAL, "{own}, [goal.energy_per_unit_wh] target"),
        (UNIT, ENERGY.replace("0.1", "2"), "{city}, [goal.energy_per_unit_wh] target"),
        (
            f"{UNIT}[goal.energy_per_unit_wh]\ntarget = 2",
            ENERGY,
            "{own}, [goal.energy_per_unit_wh] target; {city}, [goal.energy_per_unit_wh] ceiling",
        ),
        (f"{UNIT}[volume]\nhigh = 7", GOAL + VOLUME, "{city}, [volume] central; {own}, [volume] high"),
    ],
)
def test_two_entries_that_contradict_each_other_are_both_named_where_their_files_differ(
    place: Path, own: str, city: str, where: str
) -> None:
    assert refused(place, own, city).where == where.format(own=place, city=city_of(place))


@pytest.mark.parametrize(
    ("own", "near"),
    [
        (f"{UNIT}[goal.clas_recall]\nfloor = 0.5", "class_recall"),
        (f"{UNIT}[goal.energy_per_unit]\nceiling = 1", "energy_per_unit_wh"),
        (f"{UNIT}{GOAL}tarqet = 1", "target"),
        (f"{UNIT}{GOAL}[volumes]\nlow = 1", "volume"),
        (f"{UNIT}{GOAL}[human_path]\nkeep = true", "kept"),
    ],
)
def test_for_a_name_written_wrongly_the_nearest_one_is_offered(place: Path, own: str, near: str) -> None:
    assert refused(place, own).remedy == f"did you mean {near}?"


def test_for_a_name_like_none_all_are_listed(place: Path) -> None:
    assert refused(place, f"{UNIT}[goal.class_recall]\nat_least = 1").remedy == "use one of these, or leave it out"
    error = refused(place, f"{UNIT}[goal.xyz]\nfloor = 1")
    assert error.remedy == "use one of these, or leave it out"
    assert error.expected == f"one of: {', '.join(FORMS)}"


@pytest.mark.parametrize("content", [b"[goal.energy\n", b'[unit]\nname = "\xe9nergie"', b"unit = 1" + b"0" * 5000])
def test_what_is_not_toml_in_utf_8_is_refused_by_its_file(place: Path, content: bytes) -> None:
    place.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_goals(place)
    assert (caught.value.expected, caught.value.where) == ("a TOML file in UTF-8", str(place))
    place.write_text(UNIT + GOAL, encoding="utf-8")
    city_of(place).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_goals(place)
    assert (caught.value.expected, caught.value.where) == ("a TOML file in UTF-8", str(city_of(place)))


def test_a_missing_file_is_told_with_what_to_do(place: Path) -> None:
    city_of(place).write_text(ALL, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_goals(place)
    assert (caught.value.found, caught.value.where) == ("no such file", str(place))
    assert "goals.toml of another POC" in caught.value.remedy


def test_a_folder_in_place_of_the_file_is_no_traceback(place: Path) -> None:
    place.mkdir()
    with pytest.raises(DataError) as caught:
        read_goals(place)
    assert caught.value.found == "Is a directory"


# The server


def server_refused(place: Path, **changes: str | None) -> tuple[str, str]:
    """What is found wrong with the server, and at which entry."""
    error = refused(place, UNIT + GOAL + server(**changes))
    return error.found, error.where.removeprefix(f"{place}, [deployment]").strip()


@pytest.mark.parametrize("name", SERVER)
def test_a_server_needs_each_of_its_entries(place: Path, name: str) -> None:
    assert server_refused(place, **{name: None}) == (f"no {name}", name)


@pytest.mark.parametrize("name", [name for name in SERVER if name != "source"])
def test_a_number_of_a_server_is_finite_and_above_0(place: Path, name: str) -> None:
    for value in ("0", "-1", "nan", "inf", "-inf", "true", '"128"', "[128]", "1" + "0" * 400):
        error = refused(place, UNIT + GOAL + server(**{name: value}))
        assert error.where == f"{place}, [deployment] {name}"
        assert "number above 0" in error.expected


def test_cores_are_counted_whole(place: Path) -> None:
    assert server_refused(place, server_cores="16.0") == ("16.0", "server_cores")


@pytest.mark.parametrize("value", ['""', '"  "', "3", "true"])
def test_the_source_of_the_servers_figures_is_a_text(place: Path, value: str) -> None:
    assert server_refused(place, source=value)[1] == "source"


@pytest.mark.parametrize("name", ["server_idle_kw", "requests_per_year"])
def test_an_entry_that_no_server_has_is_named(place: Path, name: str) -> None:
    assert server_refused(place, **{name: "12"}) == (f"unknown: {name}", name)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("embodied_kg_co2e_low", "901", "embodied_kg_co2e_low (901) is above embodied_kg_co2e (900)"),
        ("embodied_kg_co2e_high", "899", "embodied_kg_co2e (900) is above embodied_kg_co2e_high (899)"),
        ("pue_low", "1.6", "pue_low (1.6) is above pue (1.5)"),
        ("pue_high", "1.4", "pue (1.5) is above pue_high (1.4)"),
    ],
)
def test_the_low_the_central_and_the_high_value_are_in_order(place: Path, name: str, value: str, found: str) -> None:
    assert server_refused(place, **{name: value})[0] == found


def test_a_room_cannot_use_less_than_its_machines(place: Path) -> None:
    assert server_refused(place, pue_low="0.9") == ("0.9", "pue_low")


def test_a_number_in_place_of_a_server_is_refused(place: Path) -> None:
    error = refused(place, f"deployment = 3\n{UNIT}{GOAL}")
    assert (error.found, error.where) == ("3", f"{place}, [deployment]")


def test_every_entry_of_a_server_is_one_of_the_deployments() -> None:
    assert list(TABLES["deployment"]) == list(SERVER)


# Goals and task


QUALITY = '[goal.quality]\nmetric = "macro_f1"\nfloor = 0.6\n'


def test_goals_that_speak_of_what_the_task_has_are_accepted(place: Path) -> None:
    assert list(read(place, UNIT + QUALITY + SLICE, task=TASK).goal) == ["quality", "slice_recall channel"]


@pytest.mark.parametrize(
    ("own", "expected", "found", "where"),
    [
        (UNIT.replace("10 meters", "10\u00a0meters") + GOAL, "'10 meters'", "'10\\xa0meters'", "[unit] name"),
        (UNIT.replace("10\n", "11\n") + GOAL, "10", "11", "[unit] size"),
        (UNIT + QUALITY.replace("macro", "makro"), "accuracy, macro_f1", "unknown: makro_f1", "[goal.quality] metric"),
        (UNIT + SLICE.replace("channel", "chanel"), "channel, urgent", "unknown: chanel", "[[goal.slice_recall]] 1 slice"),
        (UNIT + QUALITY.replace("0.6", "60"), "from 0 to 1", "60", "[goal.quality] floor"),
        (f"{UNIT}{QUALITY}target = 1.5", "from 0 to 1", "1.5", "[goal.quality] target"),
        (f"{UNIT}[goal.quality_gain]\nfloor = 3", "from 0 to 1", "3", "[goal.quality_gain] floor"),
    ],
)
def test_goals_that_speak_of_what_the_task_has_not_are_refused(
    place: Path, own: str, expected: str, found: str, where: str
) -> None:
    read(place, own)
    error = refused(place, own, task=TASK)
    assert expected in error.expected
    assert (error.found, error.where) == (found, f"{place}, {where}")


def test_for_a_metric_or_slice_written_wrongly_the_nearest_one_is_offered(place: Path) -> None:
    assert refused(place, UNIT + QUALITY.replace("macro", "makro"), task=TASK).remedy == "did you mean macro_f1?"
    assert refused(place, UNIT + SLICE.replace("channel", "chanel"), task=TASK).remedy == "did you mean channel?"


def test_a_slice_of_the_city_that_a_task_does_not_have_is_named_with_the_citys_file(place: Path) -> None:
    error = refused(place, UNIT, SLICE.replace("channel", "language"), task=TASK)
    assert error.where == f"{city_of(place)}, [[goal.slice_recall]] 1 slice"


def test_a_floor_is_on_the_scale_of_its_metric(place: Path) -> None:
    points = replace(accuracy, name="points", bounds=(-20.0, 100.0))
    task = Task("meters", "1", "meters.csv", "photo", "digits", Unit("10 meters", 10), (accuracy, points))
    quality = QUALITY.replace("macro_f1", "points")
    assert (
        read(place, f"{UNIT}{quality.replace('0.6', '60')}[goal.quality_gain]\nfloor = 120", task=task).goal["quality"].floor == 60
    )
    assert refused(place, UNIT + quality.replace("0.6", "101"), task=task).expected.startswith("from -20 to 100")
    assert refused(place, f"{UNIT}{quality}[goal.quality_gain]\nfloor = 121", task=task).expected.startswith("from 0 to 120")


# Guardrails on metrics


LENGTH = text_metric("length", lambda _, answer: Part(len(answer)), higher_is_better=False, bounds=(0.0, math.inf))
FAITHFUL = text_metric("faithful", lambda _, answer: Part(float(bool(answer))))
NOTES = Task("notes", "1", "notes.csv", "note", "summary", Unit("10 meters", 10), (FAITHFUL, LENGTH))
AT_LEAST = '[[goal.guardrail]]\nmetric = "faithful"\nfloor = 0.9\n'
AT_MOST = '[[goal.guardrail]]\nmetric = "length"\nceiling = 150\n'


def test_guardrails_are_read_by_their_metrics(place: Path) -> None:
    goals = read(place, UNIT + AT_MOST + AT_LEAST + "target = 0.95\n", task=NOTES).goal
    assert list(goals.items()) == [
        ("guardrail faithful", Goal("guardrail", floor=0.9, target=0.95, metric="faithful")),
        ("guardrail length", Goal("guardrail", ceiling=150.0, metric="length")),
    ]
    assert [goal.bound for goal in goals.values()] == ["≥ 0.9", "≤ 150"]


def test_a_guardrail_may_have_a_target_on_the_good_side(place: Path) -> None:
    goals = read(place, f"{UNIT}{AT_MOST}target = 100\n", task=NOTES).goal
    assert goals["guardrail length"].target == 100
    error = refused(place, f"{UNIT}{AT_MOST}target = 200\n")
    assert (error.found, error.where) == ("target (200) is above ceiling (150)", f"{place}, [[goal.guardrail]] 1 target")
    error = refused(place, f"{UNIT}{AT_LEAST}target = 0.8\n")
    assert (error.found, error.where) == ("floor (0.9) is above target (0.8)", f"{place}, [[goal.guardrail]] 1 floor")


@pytest.mark.parametrize(
    ("guardrail", "expected", "found", "where"),
    [
        (f"{AT_LEAST}ceiling = 1", "a floor or a ceiling", "both", "1"),
        (AT_LEAST.replace("floor = 0.9", ""), "a floor or a ceiling", "neither", "1"),
        (AT_LEAST.replace("floor", "target"), "a floor or a ceiling", "neither", "1"),
        (AT_MOST + AT_LEAST + AT_MOST, "each of them once", "guardrail length, twice", "3"),
        (AT_LEAST.replace('metric = "faithful"', ""), "metric", "no metric", "1 metric"),
        (AT_LEAST.replace("0.9", "nan"), "number", "nan", "1 floor"),
        (AT_LEAST.replace("0.9", "'0.9'"), "number", "'0.9'", "1 floor"),
        (f"{AT_LEAST}slice = 'channel'", "one of", "unknown: slice", "1 slice"),
    ],
)
def test_a_mistake_in_a_guardrail_is_named_with_its_place(
    place: Path, guardrail: str, expected: str, found: str, where: str
) -> None:
    error = refused(place, UNIT + guardrail)
    assert expected in error.expected
    assert (error.found, error.where) == (found, f"{place}, [[goal.guardrail]] {where}")


def test_a_guardrail_in_single_brackets_is_refused(place: Path) -> None:
    error = refused(place, UNIT + AT_LEAST.replace("[[", "[").replace("]]", "]"))
    assert error.where == f"{place}, [[goal.guardrail]]"
    assert error.remedy == "write [[goal.guardrail]], in double brackets"


@pytest.mark.parametrize(
    ("guardrail", "expected", "found", "where"),
    [
        (AT_LEAST.replace("floor", "ceiling"), "a floor: more of faithful is better", "a ceiling", "ceiling"),
        (AT_MOST.replace("ceiling", "floor"), "a ceiling: less of length is better", "a floor", "floor"),
        (AT_LEAST.replace("faithful", "faitful"), "faithful, length", "unknown: faitful", "metric"),
        (AT_LEAST.replace("0.9", "90"), "from 0 to 1", "90", "floor"),
        (AT_LEAST.replace("0.9", "-0.1"), "from 0 to 1", "-0.1", "floor"),
        (f"{AT_LEAST}target = 1.5", "from 0 to 1", "1.5", "target"),
        (AT_MOST.replace("150", "-1"), "from 0 to inf", "-1", "ceiling"),
    ],
)
def test_a_guardrail_has_the_side_and_the_scale_of_its_metric(
    place: Path, guardrail: str, expected: str, found: str, where: str
) -> None:
    own = UNIT + guardrail
    # Without the task nothing is known of its metrics.
    read(place, own)
    error = refused(place, own, task=NOTES)
    assert expected in error.expected
    assert (error.found, error.where) == (found, f"{place}, [[goal.guardrail]] 1 {where}")


def test_for_a_guardrails_metric_written_wrongly_the_nearest_one_is_offered(place: Path) -> None:
    assert refused(place, UNIT + AT_LEAST.replace("faithful", "faitful"), task=NOTES).remedy == "did you mean faithful?"


def test_guardrails_are_written_out_in_one_order_and_read_back_the_same(place: Path) -> None:
    goals = read(place, UNIT + AT_MOST + "target = 100\n" + AT_LEAST, task=NOTES)
    assert goals.text == (
        '[unit]\nname = "10 meters"\nsize = 10\n\n[[goal.guardrail]]\nmetric = "faithful"\nfloor = 0.9\n\n'
        '[[goal.guardrail]]\nmetric = "length"\ntarget = 100.0\nceiling = 150.0\n'
    )
    assert parse_goals(goals.text) == goals
    assert read(place, goals.text, task=NOTES) == goals
    assert read(place, UNIT + AT_LEAST + AT_MOST + "target = 1e2\n") == goals


def test_guardrails_of_the_city_are_replaced_as_a_whole(place: Path) -> None:
    assert list(read(place, UNIT + AT_LEAST, AT_MOST).goal) == ["guardrail faithful"]
    assert list(read(place, UNIT + GOAL, AT_MOST).goal) == ["class_recall", "guardrail length"]
    assert refused(place, UNIT, AT_MOST, TASK).where == f"{city_of(place)}, [[goal.guardrail]] 1 metric"


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (AT_LEAST + AT_MOST, AT_MOST + AT_LEAST, []),
        (AT_LEAST + AT_MOST, AT_LEAST + AT_MOST.replace("150", "200"), ["guardrail length: ceiling was 150, is now 200"]),
        (AT_LEAST, AT_LEAST + AT_MOST, ["guardrail length: added"]),
        (AT_LEAST + AT_MOST, AT_MOST, ["guardrail faithful: removed"]),
        (AT_LEAST, AT_LEAST.replace("faithful", "kept"), ["guardrail kept: added", "guardrail faithful: removed"]),
    ],
)
def test_what_changed_of_guardrails_is_said_of_each(place: Path, before: str, after: str, lines: list[str]) -> None:
    assert changes(read(place, UNIT + before), read(place, UNIT + after)) == lines


# The goals of this project


def test_the_requests_of_the_sample_poc_follow_from_those_of_three_cities() -> None:
    deployment = find_poc("request-classification").goals.deployment
    assert deployment is not None
    volumes = (deployment.requests_per_year_low, deployment.requests_per_year, deployment.requests_per_year_high)
    # Montauban 2019, Paris 2022 and Toulouse 2024, each per inhabitant, for about 157 000 inhabitants; rounded to 5 000.
    for volume, per_inhabitant in zip(volumes, (0.09, 0.40, 0.92), strict=True):
        assert abs(volume - per_inhabitant * 157_000) <= 5000


def test_the_sample_poc_says_that_nobody_has_declared_its_server() -> None:
    deployment = find_poc("request-classification").goals.deployment
    assert deployment is not None
    assert "nobody has declared" in deployment.source


def test_the_embodied_bounds_are_the_shares_of_a_server_that_the_energy_bounds_are() -> None:
    goals = find_poc("request-classification").goals
    server, energy, embodied = goals.deployment, goals.goal["deployed_kwh_per_year"], goals.goal["embodied_kg_co2e_per_year"]
    assert server is not None
    kg_per_kwh = server.embodied_kg_co2e / server.lifetime_years / (server.server_idle_w * 8.76 * server.pue)
    for kwh, kg in ((energy.target, embodied.target), (energy.ceiling, embodied.ceiling)):
        assert kwh is not None
        assert kg == pytest.approx(kwh * kg_per_kwh, rel=0.03)


def test_a_task_of_texts_has_no_recall_of_classes(place: Path) -> None:
    own = f"{UNIT}[goal.class_recall]\nfloor = 0.5\n"
    assert "class_recall" in read(place, own).goal
    error = refused(place, own, task=NOTES)
    assert error.expected == "no class_recall: answers of this task are texts, and have no classes"
    assert error.where == f"{place}, [goal.class_recall]"


def test_a_bound_is_changed_for_a_moment_and_hashes_otherwise() -> None:
    goals = make_goals(energy_per_unit_wh={"target": 0.1, "ceiling": 1.0}, quality={"metric": "macro_f1", "floor": 0.6})
    changed = goals.with_bounds("energy_per_unit_wh", ceiling=0.5)
    assert (changed.goal["energy_per_unit_wh"].ceiling, changed.goal["energy_per_unit_wh"].target) == (0.5, 0.1)
    assert changed.goal["quality"] == goals.goal["quality"]
    assert [str(change) for change in changed_goals(goals, changed)] == ["energy_per_unit_wh: ceiling was 1, is now 0.5"]
    assert goals.goal["energy_per_unit_wh"].ceiling == 1.0


def test_all_goals_of_a_name_are_changed_together() -> None:
    goals = make_goals(slice_recall=[{"slice": "channel", "floor": 0.5}, {"slice": "urgent", "value": "true", "floor": 0.7}])
    assert {goal.floor for goal in goals.with_bounds("slice_recall", floor=0.9).goal.values()} == {0.9}


@pytest.mark.parametrize(("name", "bounds"), [("energy", {"ceiling": 1.0}), ("quality_gain", {"ceiling": 1.0})])
def test_a_goal_or_a_bound_that_there_is_not_is_refused(name: str, bounds: dict[str, float]) -> None:
    with pytest.raises(DataError, match="the changed goals"):
        make_goals(quality_gain={"floor": 0.03}).with_bounds(name, **bounds)

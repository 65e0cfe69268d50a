"""Reading `goals.toml`, goals and deployment: what is accepted, and what a mistake in it is answered with."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from evaluation.exceptions import DataError
from evaluation.goals import Deployment, Goal, read_goals
from evaluation.pocs import find_poc

WORDS = 'unit = "Wh"\nwhy = "a reason"\n'
GOAL = f"[goal.energy]\nat_most = 1\n{WORDS}"
DEPLOYMENT = {
    "requests_per_year_low": "15000",
    "requests_per_year": "60000",
    "requests_per_year_high": "145000",
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


def write(folder: Path, content: str) -> Path:
    path = folder / "goals.toml"
    path.write_text(content, encoding="utf-8")
    return path


def write_deployment(folder: Path, **changes: str | None) -> Path:
    """A goals.toml with a sound deployment but for these entries; none leaves one out."""
    entries = [f"{name} = {value}" for name, value in (DEPLOYMENT | changes).items() if value is not None]
    return write(folder, "\n".join([GOAL, "[deployment]", *entries]))


def deployment_problem(path: Path) -> str:
    """What is found wrong with the deployment of this file, which the error must name."""
    with pytest.raises(DataError) as caught:
        read_goals(path)
    assert caught.value.where == f"{path}, [deployment]"
    assert "server_idle_w" in caught.value.expected
    return caught.value.found


def test_goals_are_read_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, f"[goal.energy]\nat_most = 1.0\ntarget = 0.1\n{WORDS}[goal.recall]\nat_least = 0.6\n{WORDS}")
    assert read_goals(path).goal == {
        "energy": Goal("Wh", "a reason", at_most=1.0, target=0.1),
        "recall": Goal("Wh", "a reason", at_least=0.6),
    }


@pytest.mark.parametrize(
    ("goal", "bound"),
    [
        (Goal("Wh", "", at_most=1.0), "≤ 1 Wh"),
        (Goal("of the recall", "", at_least=0.6), "≥ 0.6 of the recall"),
        (Goal("kWh", "", at_most=0), "≤ 0 kWh"),
    ],
)
def test_a_bound_is_written_in_short(goal: Goal, bound: str) -> None:
    assert goal.bound == bound


def test_the_hash_is_that_of_the_file_as_it_stands(tmp_path: Path) -> None:
    path = write(tmp_path, f"# a comment counts too\n[goal.energy]\nat_most = 1\n{WORDS}")
    assert read_goals(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("bounds", ["at_most = 1\ntarget = 1", "at_least = 1\ntarget = 1", "at_least = 1\ntarget = 2"])
def test_a_target_may_lie_at_the_bound_or_beyond_it_on_the_good_side(tmp_path: Path, bounds: str) -> None:
    assert read_goals(write(tmp_path, f"[goal.energy]\n{bounds}\n{WORDS}")).goal["energy"].target is not None


@pytest.mark.parametrize(
    ("goal", "found"),
    [
        (f"at_most = 1\nat_mots = 2\n{WORDS}", "unknown: at_mots"),
        ('at_most = 1\nwhy = "a reason"', "no text for unit"),
        ('at_most = 1\nunit = "Wh"', "no text for why"),
        ('at_most = 1\nunit = 3\nwhy = "a reason"', "no text for unit"),
        (f'at_most = "1"\n{WORDS}', "at_most is not a number"),
        (f"at_least = true\n{WORDS}", "at_least is not a number"),
        (f"at_most = nan\n{WORDS}", "at_most is not a number"),
        (f"at_most = inf\n{WORDS}", "at_most is not a number"),
        (f"at_most = 1{'0' * 400}\n{WORDS}", "at_most is not a number"),
        (f"at_most = 1\ntarget = [0]\n{WORDS}", "target is not a number"),
        (WORDS, "exactly one of them is needed"),
        (f"target = 1\n{WORDS}", "exactly one of them is needed"),
        (f"at_most = 1\nat_least = 0\n{WORDS}", "exactly one of them is needed"),
        (f"at_most = 1\ntarget = 2\n{WORDS}", "the target (2) is above the ceiling (1)"),
        (f"at_least = 1\ntarget = 0.5\n{WORDS}", "the target (0.5) is below the floor (1)"),
    ],
)
def test_a_goal_that_is_not_well_formed_is_named_with_what_is_wrong(tmp_path: Path, goal: str, found: str) -> None:
    path = write(tmp_path, f"[goal.sound]\nat_most = 1\n{WORDS}[goal.odd]\n{goal}")
    with pytest.raises(DataError) as caught:
        read_goals(path)
    assert found in caught.value.found
    assert caught.value.where == f"{path}, [goal.odd]"


def test_a_number_in_place_of_a_goal_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_goals(write(tmp_path, "[goal]\nenergy = 3"))
    assert "[goal.energy]" in caught.value.where


@pytest.mark.parametrize("content", ["", "[gaol.energy]\nat_most = 1", "goal = 3", "[[goal]]\nat_most = 1"])
def test_a_file_without_goals_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError) as caught:
        read_goals(write(tmp_path, content))
    assert caught.value.expected == "at least one [goal.NAME]"


@pytest.mark.parametrize("content", [b"[goal.energy\n", b'[goal.energy]\nwhy = "\xe9nergie"'])
def test_what_is_not_toml_in_utf_8_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "goals.toml"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_goals(path)
    assert caught.value.expected == "a TOML file in UTF-8"


def test_a_missing_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_goals(tmp_path / "goals.toml")
    assert caught.value.found == "no such file"
    assert "goals.toml of another POC" in caught.value.remedy


def test_a_deployment_is_read_beside_the_goals(tmp_path: Path) -> None:
    goals = read_goals(write_deployment(tmp_path))
    assert list(goals.goal) == ["energy"]
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


def test_goals_do_without_a_deployment(tmp_path: Path) -> None:
    assert read_goals(write(tmp_path, GOAL)).deployment is None


def test_another_deployment_is_another_hash(tmp_path: Path) -> None:
    before = read_goals(write_deployment(tmp_path)).sha256
    assert read_goals(write_deployment(tmp_path, server_idle_w="121")).sha256 != before


def test_a_range_may_be_a_single_value(tmp_path: Path) -> None:
    deployment = read_goals(write_deployment(tmp_path, pue_low="1", pue="1", pue_high="1")).deployment
    assert deployment is not None
    assert deployment.pue_low == deployment.pue == deployment.pue_high == 1


@pytest.mark.parametrize("name", DEPLOYMENT)
def test_a_deployment_needs_each_of_its_entries(tmp_path: Path, name: str) -> None:
    assert deployment_problem(write_deployment(tmp_path, **{name: None})) == f"no {name}"


@pytest.mark.parametrize("name", [name for name in DEPLOYMENT if name != "source"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "-inf", "true", '"128"', "[128]", "1" + "0" * 400])
def test_a_number_of_a_deployment_is_finite_and_above_0(tmp_path: Path, name: str, value: str) -> None:
    assert deployment_problem(write_deployment(tmp_path, **{name: value})) == f"{name} is not a number above 0"


@pytest.mark.parametrize("name", ["requests_per_year_low", "requests_per_year", "requests_per_year_high", "server_cores"])
def test_requests_and_cores_are_counted_whole(tmp_path: Path, name: str) -> None:
    assert deployment_problem(write_deployment(tmp_path, **{name: "16000.5"})) == f"{name} is not a whole number"


@pytest.mark.parametrize("value", ['""', '"  "', "3", "true"])
def test_the_source_of_the_servers_figures_is_a_text(tmp_path: Path, value: str) -> None:
    assert deployment_problem(write_deployment(tmp_path, source=value)) == "no text for source"


def test_a_misspelt_entry_of_a_deployment_is_named(tmp_path: Path) -> None:
    assert deployment_problem(write_deployment(tmp_path, server_idle_kw="0.12")) == "unknown: server_idle_kw"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("requests_per_year_low", "60001"),
        ("requests_per_year_high", "59999"),
        ("embodied_kg_co2e_low", "901"),
        ("embodied_kg_co2e_high", "899"),
        ("pue_low", "1.6"),
        ("pue_high", "1.4"),
    ],
)
def test_the_low_the_central_and_the_high_value_are_in_order(tmp_path: Path, name: str, value: str) -> None:
    central = name.removesuffix("_low").removesuffix("_high")
    problem = deployment_problem(write_deployment(tmp_path, **{name: value}))
    assert problem == f"{central} does not lie between {central}_low and {central}_high"


def test_a_room_cannot_use_less_than_its_machines(tmp_path: Path) -> None:
    assert deployment_problem(write_deployment(tmp_path, pue_low="0.9")).startswith("pue_low (0.9) is below 1")


def test_a_number_in_place_of_a_deployment_is_refused(tmp_path: Path) -> None:
    assert deployment_problem(write(tmp_path, f"deployment = 3\n{GOAL}")) == "3"


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

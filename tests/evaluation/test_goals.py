"""Reading `goals.toml`: what is accepted, and what a mistake in it is answered with."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from evaluation.exceptions import DataError
from evaluation.goals import Goal, read_goals

WORDS = 'unit = "Wh"\nwhy = "a reason"\n'


def write(folder: Path, content: str) -> Path:
    path = folder / "goals.toml"
    path.write_text(content, encoding="utf-8")
    return path


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

"""The footprint: what a fresh process needs to load a predictor and answer with it, without showing anybody the texts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evaluation import footprint
from evaluation.footprint import MOST_INPUTS, PeakMemory, find_peak_memory
from poc.keywords import RoutingSheet

SECRET = "Mon voisin Zéphyrin ne trie pas ses poubelles"
MIB = 1024**2


def sheet(fallback: str = "autre") -> RoutingSheet:
    """A predictor that needs no library."""
    return RoutingSheet({"collecte": ["poubelle*", "bac"]}, fallback)


def unloadable() -> Any:
    """A predictor that can be stored, and whose class is not where it says."""
    return type("Gone", (RoutingSheet,), {"__module__": RoutingSheet.__module__})({"collecte": ["bac"]}, "autre")


class Foreign:
    """Of a package that is not trusted."""

    def predict(self, inputs: Sequence[str]) -> list[str]:
        return ["a"] * len(inputs)

    def save(self, folder: Path) -> None:
        (folder / "model").write_text("its class could do anything while it is loaded")


class Started:
    """Stands in for `subprocess.run`: sees what another process, or its user's neighbours, could see."""

    def __init__(self, printed: str = "12.5\n") -> None:
        self.printed = printed
        self.commands: list[list[str]] = []
        self.inputs: list[str] = []
        self.on_disk = b""

    def __call__(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        self.inputs.append(options["input"])
        files = [file for file in Path(command[-1]).parent.rglob("*") if file.is_file()]
        assert files
        self.on_disk = b"".join(file.read_bytes() for file in files)
        return subprocess.CompletedProcess(command, 0, stdout=self.printed, stderr="")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """No process is started."""
    found = Started()
    monkeypatch.setattr(subprocess, "run", found)
    return found


def test_what_a_predictor_holds_is_in_its_footprint() -> None:
    held_mib = 100
    small, large = (find_peak_memory(sheet("x" * size), ["un bac", "autre chose"]).mib for size in (1, held_mib * MIB))
    assert small is not None
    assert large is not None
    # A Python process, without the libraries of this one.
    assert 5 < small < 500
    # It is held as the file's text and as the text in it, for a moment.
    assert held_mib <= large - small <= 4.5 * held_mib


def test_what_this_process_holds_is_not_in_it() -> None:
    held = bytearray(600 * MIB)
    # Touched, so that it is there.
    held[::4096] = b"x" * len(held[::4096])
    needed = find_peak_memory(sheet(), ["un bac"]).mib
    assert needed is not None
    assert needed < 500


def test_an_untrusted_class_is_neither_stored_nor_started(started: Started) -> None:
    assert find_peak_memory(Foreign(), ["a"]) == PeakMemory(
        None, "its model has parts that skops does not trust, so no other process loads it"
    )
    assert started.commands == []


def test_a_predictor_that_cannot_be_loaded_again_has_none() -> None:
    assert find_peak_memory(unloadable(), ["a"]) == PeakMemory(None, "a process of its own could not load it and answer")


def test_a_predictor_that_cannot_be_stored_has_none(monkeypatch: pytest.MonkeyPatch, started: Started) -> None:
    monkeypatch.setattr(RoutingSheet, "save", lambda *_: (_ for _ in ()).throw(OSError("no space left")))
    assert find_peak_memory(sheet(), ["a"]) == PeakMemory(None, "its model could not be stored (OSError)")
    assert started.commands == []


def test_a_predictor_that_takes_for_ever_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "LONGEST_S", 0.01)
    assert find_peak_memory(sheet(), ["a"]) == PeakMemory(None, "a process of its own did not answer within 0.01 s")


def test_texts_are_neither_on_the_disk_nor_in_the_command(started: Started) -> None:
    assert find_peak_memory(sheet(), [SECRET]) == PeakMemory(12.5)
    (command,), (given,) = started.commands, started.inputs
    assert json.loads(given) == [SECRET]
    assert not any("Zéphyrin" in argument for argument in command)
    for spelling in (SECRET.encode(), json.dumps(SECRET).encode()):
        assert spelling not in started.on_disk


def test_some_inputs_are_enough(started: Started) -> None:
    find_peak_memory(sheet(), [SECRET] * 10_000)
    assert len(json.loads(started.inputs[0])) == MOST_INPUTS


def test_what_a_predictor_prints_is_not_taken_for_the_answer(started: Started) -> None:
    started.printed = "loading 99 %\n7.25\n"
    assert find_peak_memory(sheet(), ["a"]) == PeakMemory(7.25)


def test_the_process_that_answers_is_this_python(started: Started) -> None:
    find_peak_memory(sheet(), ["a"])
    assert started.commands[0][:3] == [sys.executable, "-m", "evaluation.footprint"]


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert find_peak_memory(sheet(), ["a"]).mib is not None
    assert find_peak_memory(unloadable(), ["a"]).mib is None
    assert list(tmp_path.iterdir()) == []

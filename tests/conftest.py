"""What all tests share: a home of their own, no network, small data, and the command line as a user drives it."""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from evaluation.home import make_private

make_private()

# Two services that anybody tells apart, and enough messages of each to learn from. Written for these tests.
LAMP = (
    "Le lampadaire clignote toute la nuit",
    "Plus aucune lumière dans ma rue depuis lundi",
    "Lampe cassée devant le gymnase",
    "La rue est noire, le lampadaire est éteint",
    "Ampoule grillée au coin du square",
    "Trop de lumière dans ma chambre, le lampadaire est neuf",
    "Éclairage coupé à vingt heures, on ne voit rien",
    "Lampadaire penché après le camion",
    "Lumière allumée en plein jour sur le parking",
    "Le réverbère de l'école ne marche plus",
)
BIN = (
    "Ma poubelle n'a pas été ramassée",
    "Bac cassé par le camion ce matin",
    "Quel jour passe la collecte du tri",
    "On m'a volé ma poubelle grise",
    "Encombrants à enlever : un matelas et une table",
    "Le bac jaune est trop petit pour huit",
    "Rendez-vous pour les encombrants du mois de mai",
    "Collecte oubliée deux semaines de suite",
    "La déchèterie est-elle ouverte dimanche",
    "Couvercle du bac arraché",
)


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    status: int
    out: str
    err: str


Preuve = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PREUVE_HOME, a user's home and an energy lock of this test's own."""
    place = tmp_path_factory.mktemp("state")
    for variable, folder in (("PREUVE_HOME", place / "preuve"), ("HOME", place / "user"), ("TMPDIR", place / "tmp")):
        folder.mkdir()
        monkeypatch.setenv(variable, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(place / "tmp"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return place / "preuve"


@pytest.fixture
def preuve(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Preuve:
    """`preuve("list", "--json")` runs that command in this process and returns what it printed."""
    from evaluation.cli import main

    def run(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["preuve", *map(str, arguments)])
        capfd.readouterr()
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        printed = capfd.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run


def write_csv(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = ("text", "category")) -> Path:
    """A CSV file of these rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return path


def labelled() -> list[tuple[str, str]]:
    """The messages above with the names of their services, in turn."""
    return [row for pair in zip(LAMP, BIN, strict=True) for row in ((pair[0], "eclairage-public"), (pair[1], "collecte-encombrants"))]


@pytest.fixture
def requests_csv(tmp_path: Path) -> Path:
    """Twenty messages of two services in one file, without ids or a split."""
    return write_csv(tmp_path / "train.csv", labelled())


@pytest.fixture
def own_data(requests_csv: Path) -> Iterator[list[str]]:
    """The options that name this file, declared, and a campaign as short as it can be."""
    yield [
        "--data", str(requests_csv), "--text", "text", "--target", "category",
        "--licence", "etalab-2.0", "--personal-data", "no", "--rounds", "2", "--window", "0.5",
    ]  # fmt: skip

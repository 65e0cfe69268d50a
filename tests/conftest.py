"""What all tests share: a home of their own, no network, small data, and the command line as a user drives it."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

from evaluation.home import make_private

make_private()

# A shell that starts the suite in the background has it ignore Ctrl-C, and so would every program that a test ends with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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


# How long an example takes is the machine's affair, on which the tests' other processes run as well.
settings.register_profile("preuve", deadline=None)
settings.load_profile("preuve")


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as MLflow makes it on first use; that takes seconds, so tests begin with a copy."""
    import warnings

    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("database") / "mlflow.db"
    with warnings.catch_warnings(action="ignore"):
        MlflowClient(tracking_uri=f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture(autouse=True)
def home(new_database: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PREUVE_HOME, a user's home and an energy lock of this test's own."""
    place = tmp_path_factory.mktemp("state")
    folders = {"PREUVE_HOME": "preuve", "HOME": "user", "TMPDIR": "tmp", "PREUVE_LOCK_FOLDER": "lock"}
    for variable, folder in folders.items():
        (place / folder).mkdir()
        monkeypatch.setenv(variable, str(place / folder))
    shutil.copy(new_database, place / "preuve" / "mlflow.db")
    write_machine_file(place / "preuve")
    monkeypatch.setattr(tempfile, "tempdir", str(place / "tmp"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return place / "preuve"


def write_machine_file(home: Path) -> None:
    """A `machine.toml` that allows for whatever else is going on where the tests run: their windows are not to be repeated."""
    from evaluation.energy.machine import MACHINE_FILE

    (home / MACHINE_FILE).write_text(tolerant_machine_text(), encoding="utf-8")


@cache
def tolerant_machine_text() -> str:
    """What that file says. Every test has one, the machine stays the same, and looking at it takes most of a short test's time."""
    from evaluation.energy.hardware import look_at_hardware
    from evaluation.energy.machine import assumptions, machine_text

    hardware = look_at_hardware()
    figures = assumptions(hardware) | {"foreign_load_limit_cores": (1000.0, "the tests' machine is shared")}
    return machine_text(hardware, figures, dt.date(2026, 11, 24))


def command(*arguments: str | Path) -> int:
    """Run a command line in this process and return its exit status."""
    from evaluation.cli import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["preuve", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    return 0


@pytest.fixture
def preuve(capfd: pytest.CaptureFixture[str]) -> Preuve:
    """`preuve("list", "--json")` runs that command in this process and returns what it printed."""

    def run(*arguments: str | Path) -> Outcome:
        capfd.readouterr()
        status = command(*arguments)
        printed = capfd.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run


@dataclass(frozen=True)
class Recorded:
    """A campaign that several tests look at, and do not change."""

    home: Path
    data: Path
    id: str


@pytest.fixture(scope="session")
def recorded(new_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A campaign of two candidates on the twenty messages, run once."""
    place = tmp_path_factory.mktemp("recorded")
    data = write_csv(place / "train.csv", labelled())
    shutil.copy(new_database, place / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("PREUVE_HOME", "PREUVE_LOCK_FOLDER"):
            patch.setenv(variable, str(place))
        patch.setattr(tempfile, "tempdir", str(place))
        write_machine_file(place)
        candidates = ["--candidate", "keywords", "--candidate", "tfidf-linearsvc"]
        assert command("run", "request-classification", *own_options(data), *candidates) == 0
        from evaluation.records.store import open_store

        (campaign_id,) = open_store("request-classification").campaign_ids()
    return Recorded(place, data, campaign_id)


@pytest.fixture
def at_recorded(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """The recorded campaign, with its home as PREUVE_HOME."""
    monkeypatch.setenv("PREUVE_HOME", str(recorded.home))
    return recorded


def write_csv(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = ("text", "category")) -> Path:
    """A CSV file of these rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return path


def labelled() -> list[tuple[str, str]]:
    """The messages above with the names of their services, in turn."""
    return [
        row for pair in zip(LAMP, BIN, strict=True) for row in ((pair[0], "eclairage-public"), (pair[1], "collecte-encombrants"))
    ]


@pytest.fixture
def requests_csv(tmp_path: Path) -> Path:
    """Twenty messages of two services in one file, without ids or a split."""
    return write_csv(tmp_path / "train.csv", labelled())


def own_options(data: Path) -> list[str]:
    """The options that name a file, declared, and a campaign as short as it can be."""
    return [
        "--data", str(data), "--text", "text", "--target", "category",
        "--licence", "etalab-2.0", "--personal-data", "no", "--rounds", "2", "--window", "0.5",
    ]  # fmt: skip


@pytest.fixture
def own_data(requests_csv: Path) -> list[str]:
    """The options for the twenty messages."""
    return own_options(requests_csv)

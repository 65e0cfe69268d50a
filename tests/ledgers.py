"""Tampering with ledgers, as somebody would who knows how they are made."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rfc8785

Change = Callable[[dict[str, Any]], object]


def lines_of(ledger: Path) -> list[bytes]:
    """The lines, without their ends."""
    return ledger.read_bytes().splitlines()


def write_lines(ledger: Path, lines: list[bytes]) -> None:
    ledger.write_bytes(b"".join(line + b"\n" for line in lines))


def record_of(ledger: Path, kind: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True) -> int:
    """Number of the first record of a kind whose content fits."""
    records = map(json.loads, lines_of(ledger))
    return next(int(each["number"]) for each in records if each["kind"] == kind and fits(each["content"]))


def sealed(record: dict[str, Any]) -> bytes:
    """The record as a line, with its own hash computed anew."""
    bare = {name: value for name, value in record.items() if name != "sha256"}
    return rfc8785.dumps(bare | {"sha256": hashlib.sha256(rfc8785.dumps(bare)).hexdigest()})


def edit(ledger: Path, number: int, change: Change) -> None:
    """Change the content of a record, and compute its own hash anew."""
    lines = lines_of(ledger)
    record = json.loads(lines[number - 1])
    change(record["content"])
    lines[number - 1] = sealed(record)
    write_lines(ledger, lines)


def rewrite(ledger: Path, number: int, change: Change) -> None:
    """Change the content of a record, and compute all hashes from there on anew: what only heads quoted elsewhere can show."""
    edit(ledger, number, change)
    lines = lines_of(ledger)
    for place in range(number, len(lines)):
        record = json.loads(lines[place])
        record["previous"] = json.loads(lines[place - 1])["sha256"]
        lines[place] = sealed(record)
    write_lines(ledger, lines)


def copy_home(source: Path, target: Path) -> Path:
    """A home with everything in it, also what MLflow's database says of where its files are."""
    shutil.copytree(source, target, symlinks=True)
    with sqlite3.connect(target / "mlflow.db") as database:
        for table, column in (("runs", "artifact_uri"), ("experiments", "artifact_location")):
            database.execute(f"update {table} set {column} = replace({column}, ?, ?)", (str(source), str(target)))  # noqa: S608
    database.close()
    return target


def in_database(home: Path, statement: str, *values: Any) -> None:
    """Do something behind MLflow's back."""
    with sqlite3.connect(home / "mlflow.db") as database:
        changed = database.execute(statement, values).rowcount
    database.close()
    assert changed

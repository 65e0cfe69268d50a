"""The data of a campaign: the task's own samples or a user's file, with their card and the record of what was used."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from evaluation.data.card import (
    Card,
    PersonalData,
    card_path,
    check_card,
    file_sha256,
    home_card_path,
    read_card,
    write_card,
)
from evaluation.data.files import Columns
from evaluation.data.hub import content_sha256, hub_split
from evaluation.data.splits import read_samples, read_split
from evaluation.exceptions import DataError
from evaluation.home import PROJECT, allow_hub
from evaluation.run import DataRecord
from evaluation.samples import Samples, Split
from evaluation.task import Task

HUB = "hf:"


@dataclass(frozen=True)
class Declaration:
    """What a user declares about a file on the command line; none where an option was not given."""

    licence: str | None = None
    personal_data: PersonalData | None = None
    dpia: str | None = None
    expires: dt.date | None = None

    @property
    def given(self) -> bool:
        """Whether anything is declared."""
        return any(value is not None for value in (self.licence, self.personal_data, self.dpia, self.expires))


@dataclass(frozen=True)
class DataRequest:
    """What the command line says about the data; without `source` the task's own samples are used."""

    source: str | None = None
    test: Path | None = None
    input: str | None = None
    target: str | None = None
    encoding: str = "utf-8"
    allow_overlap: bool = False
    declaration: Declaration = Declaration()


def load_data(task: Task, request: DataRequest, today: dt.date) -> tuple[Split, DataRecord]:
    """The samples of a campaign and the record of where they came from.

    Raises:
        DataError: they cannot be read, learnt from, or used today.
    """
    own = request.source is None
    columns = columns_of(task, own=own, input_=request.input, target=request.target)
    source = str(PROJECT / task.data) if request.source is None else request.source
    if source.startswith(HUB):
        return _load_hub(source, columns, request, today)
    path = Path(source).expanduser()
    split = read_split(path, columns, test=request.test, encoding=request.encoding, allow_overlap=request.allow_overlap)
    sha256 = file_sha256(path)
    card, where = _card_of(path, sha256, request.declaration, own=own)
    check_card(card, data=path, sha256=sha256, today=today)
    # Written only now: a declaration that was refused leaves nothing behind.
    where = where or write_card(card, path)
    shown = str(path.resolve().relative_to(PROJECT)) if own else str(path.resolve())
    record = _record(split, columns, card, source=shown, sha256=sha256, encoding=request.encoding, card_file=where.name)
    if request.test is None:
        return split, record
    test_sha256 = file_sha256(request.test)
    return split, record.model_copy(update={"test_source": str(request.test.resolve()), "test_sha256": test_sha256})


def columns_of(task: Task, *, own: bool, input_: str | None = None, target: str | None = None) -> Columns:
    """The columns to read: a user's file has no slices unless it is the task's own."""
    return Columns(input_ or task.input, target or task.target, task.slices if own else (), task.id, task.split)


def read_texts(data: DataRecord) -> Samples:
    """The test samples of an earlier campaign, read from the only place that has their texts.

    Raises:
        DataError: the file is gone or is not the one that was used.
    """
    if data.source.startswith(HUB):
        columns = Columns(data.input, data.target, (), data.id)
        split = hub_split(data.source.removeprefix(HUB), columns, allow_overlap=True)
        _check_unchanged(data.sha256, content_sha256(split), data.source)
        return split.test
    path = PROJECT / (data.test_source or data.source)
    expected = data.test_sha256 or data.sha256
    samples = read_samples(path, Columns(data.input, data.target, (), data.id), data.encoding)
    _check_unchanged(expected, file_sha256(path), str(path))
    return samples


def _check_unchanged(expected: str, found: str, where: str) -> None:
    if found != expected:
        raise DataError(
            expected=f"the data that the campaign used (SHA-256 {expected[:12]})",
            found=f"it has changed ({found[:12]})",
            where=where,
            remedy="run the campaign again, or put the data back as they were",
        )


def _load_hub(source: str, columns: Columns, request: DataRequest, today: dt.date) -> tuple[Split, DataRecord]:
    if request.test is not None:
        raise DataError(
            expected="one source of test samples",
            found="--test beside hf:",
            where="--test",
            remedy="drop --test: a hub's data set has its own test split, or one is drawn",
        )
    allow_hub()
    split = hub_split(source.removeprefix(HUB), columns, allow_overlap=request.allow_overlap)
    sha256 = content_sha256(split)
    stored = home_card_path(sha256)
    card = read_card(stored) if stored.exists() else Card(sha256=sha256, origin=source)
    card = _declared(card, request.declaration)
    check_card(card, data=source, sha256=sha256, today=today)
    stored.parent.mkdir(parents=True, exist_ok=True)
    write_card(card, stored.with_name(sha256))
    return split, _record(split, columns, card, source=source, sha256=sha256, encoding="utf-8", card_file=stored.name)


def _card_of(path: Path, sha256: str, declaration: Declaration, *, own: bool) -> tuple[Card, Path | None]:
    """The card of a file and where it lies; no place for a new one, made from what the user declares now."""
    places = [card_path(path), home_card_path(sha256)]
    found = [place for place in places if place.exists()]
    # In a folder that cannot be written to, an older content's card may lie beside the file and this one's in the home.
    existing = next((place for place in found if read_card(place).sha256 == sha256), found[0] if found else None)
    if own and existing is None:
        raise DataError(
            expected="a card beside the samples", found="no such file", where=str(places[0]), remedy="restore it: git checkout"
        )
    if existing is not None and (own or not declaration.given):
        return read_card(existing), existing
    fresh = Card(sha256=sha256, origin="user's file")
    before = read_card(existing) if existing else fresh
    # What was declared of another content is not carried over to this one.
    return _declared(before if before.sha256 == sha256 else fresh, declaration), None


def _declared(card: Card, declaration: Declaration) -> Card:
    changes = {
        "licence": declaration.licence,
        "contains_personal_data": declaration.personal_data,
        "dpia": declaration.dpia,
        "expires": declaration.expires,
    }
    return card.model_copy(update={name: value for name, value in changes.items() if value is not None})


def _record(split: Split, columns: Columns, card: Card, *, source: str, sha256: str, encoding: str, card_file: str) -> DataRecord:
    notices = split.notices
    if card.contains_personal_data != "no":
        notices = (
            *notices,
            "models are not stored: words of the texts could be read out of them (--personal-data no, if there are none)",
        )
    if card.contains_personal_data == "undeclared":
        notices = (*notices, f"personal data undeclared: no verdict on {Path(source).name} can be GO; add --personal-data no|yes")
    return DataRecord(
        source=source,
        test_source=None,
        sha256=sha256,
        test_sha256=None,
        encoding=encoding,
        input=columns.input,
        target=columns.target,
        id=columns.id,
        card=card_file,
        licence=card.licence,
        contains_personal_data=card.contains_personal_data,
        train_samples=len(split.train),
        test_samples=len(split.test),
        classes=len(set(split.train.targets)),
        notices=notices,
    )

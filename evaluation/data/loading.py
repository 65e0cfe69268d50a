"""The data of a campaign: the task's own samples or a user's file, with their card and the record of what was used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evaluation.data.card import (
    Card,
    PersonalData,
    card_path,
    card_text,
    check_card,
    file_sha256,
    home_card_path,
    read_card,
    write_card,
)
from evaluation.data.files import LINES, Columns
from evaluation.data.hub import content_sha256, full_name, hub_split
from evaluation.data.near_duplicates import find_near_duplicates
from evaluation.data.splits import read_samples, read_split
from evaluation.exceptions import DataError, PreuveError
from evaluation.home import PROJECT, allow_hub, place_of
from evaluation.messages import say, words
from evaluation.run import DataRecord
from evaluation.samples import Samples, Split
from evaluation.task import Task

HUB = "hf:"
# Of the near-duplicates: enough to look at, and the record stays short.
MOST_NAMED = 10
# What is said of personal data, from the least cautious on.
CAUTION = ("no", "yes", "undeclared")


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
class DeclaredFile:
    """A file with its card, and where that lies; no place for a card that is still to be written."""

    path: Path
    sha256: str
    card: Card
    place: Path | None


@dataclass(frozen=True)
class DataRequest:
    """What the command line says about the data; without `source` the task's own samples are used."""

    source: str | None = None
    test: Path | None = None
    input: str | None = None
    target: Sequence[str] = ()
    encoding: str = "utf-8"
    allow_overlap: bool = False
    declaration: Declaration = Declaration()


def load_data(task: Task, request: DataRequest, today: dt.date) -> tuple[Split, DataRecord]:
    """The samples of a campaign and the record of where they came from.

    A test file that has a card is checked by it, like the data file by its own; one without is covered by the data file's.
    What is declared now goes for both cards, and the record says of personal data what the more cautious of them says.

    Raises:
        DataError: they cannot be read, learnt from, or used today.
    """
    own = request.source is None
    columns = columns_of(task, own=own, input_=request.input, targets=request.target)
    source = str(PROJECT / task.data) if request.source is None else request.source
    if source.startswith(HUB):
        return _remarked(task, *_load_hub(source, columns, request, today))
    path = Path(source).expanduser()
    if columns.texts and LINES in {each.suffix.lower() for each in (path, request.test) if each}:
        columns = _line_columns(columns, request)
    split = read_split(path, columns, test=request.test, encoding=request.encoding, allow_overlap=request.allow_overlap)
    files = [_checked(path, request.declaration, today, own=own)]
    if request.test is not None and _has_card(request.test, besides=_find_card(path, files[0].sha256)):
        files.append(_checked(request.test, request.declaration, today, own=False))
    # Written only now: a declaration that was refused leaves nothing behind.
    cards = [file.place or write_card(file.card, file.path) for file in files]
    personal = max((file.card.contains_personal_data for file in files), key=CAUTION.index)
    card = files[0].card.model_copy(update={"contains_personal_data": personal})
    shown = place_of(path) if own else str(path.resolve())
    sha256 = files[0].sha256
    record = _record(split, columns, card, source=shown, sha256=sha256, encoding=request.encoding, card_file=cards[0].name)
    expires = min((file.card.expires for file in files if file.card.expires), default=None)
    record = record.model_copy(update={"expires": expires})
    if path.suffix.lower() == LINES:
        record = record.model_copy(update={"target_files": {name: file_sha256(Path(name)) for name in columns.targets}})
    if request.test is not None:
        tested = {"test_source": str(request.test.resolve()), "test_sha256": file_sha256(request.test)}
        record = record.model_copy(update=tested)
    return _remarked(task, split, record)


def _remarked(task: Task, split: Split, record: DataRecord) -> tuple[Split, DataRecord]:
    """With what only the task can tell of its samples."""
    remarks = task.remarks(split, task.conditions) if task.remarks else ()
    return split, record.model_copy(update={"notices": (*record.notices, *remarks)})


def columns_of(task: Task, *, own: bool, input_: str | None = None, targets: Sequence[str] = ()) -> Columns:
    """The columns to read: the task's own samples have its slices, a user's file may have them under the same names.

    Raises:
        PreuveError: several columns of labels, of which one alone can be right.
    """
    first, *further = targets or task.targets
    if further and not task.answers_are_texts:
        raise PreuveError(
            expected=f"one column of labels, for {task.name}",
            found=", ".join([first, *further]),
            where="--target",
            remedy="name one of them",
        )
    slices = task.slices if own else ()
    columns = Columns(
        input_ or task.input, first, slices, task.id, task.split, (), tuple(further), task.marks, task.answers_are_texts
    )
    # A text to answer is never recorded, whatever its column is called.
    used = {columns.input, *columns.targets, columns.id, columns.split}
    return columns if own else replace(columns, optional_slices=tuple(name for name in task.slices if name not in used))


def _line_columns(columns: Columns, request: DataRequest) -> Columns:
    """Of texts that are a line each: files take the place of the columns of answers.

    Raises:
        DataError: the answers are not named, or there is a test file, whose answers could not be.
    """
    if request.test is not None:
        raise DataError(
            expected="one pair of files, of which a part is drawn for the test",
            found="--test beside a .txt file",
            where="--test",
            remedy="put texts, answers and a column split (train or test) into one CSV file",
        )
    if not request.target:
        raise DataError(
            expected="the file of the answers, one a line",
            found="no --target",
            where=f"--data {request.source}",
            remedy="add --target ANSWERS.txt; several of them where several answers are right",
        )
    first, *further = (str(Path(name).expanduser().resolve()) for name in request.target)
    return replace(columns, target=first, further_targets=tuple(further), marks=())


def read_texts(data: DataRecord) -> Samples:
    """The test samples of an earlier campaign, read from the only place that has their texts.

    Raises:
        DataError: the file is gone or is not the one that was used.
    """
    if data.source.startswith(HUB):
        columns = recorded_columns(data)
        split = hub_split(data.source.removeprefix(HUB), columns, allow_overlap=True)
        _check_unchanged(data.sha256, content_sha256(split), data.source)
        return split.test
    path = PROJECT / (data.test_source or data.source)
    expected = data.test_sha256 or data.sha256
    samples = read_samples(path, recorded_columns(data), data.encoding)
    _check_unchanged(expected, file_sha256(path), str(path))
    for name, sha256 in data.target_files.items():
        _check_unchanged(sha256, file_sha256(Path(name)), name)
    return samples


def recorded_columns(data: DataRecord) -> Columns:
    """The columns that an earlier campaign read, without those along which results are split."""
    return Columns(
        data.input, data.target, (), data.id, further_targets=data.further_targets, marks=data.marks, texts=not data.classes
    )


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
    source = HUB + full_name(source.removeprefix(HUB))
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


def _checked(path: Path, declaration: Declaration, today: dt.date, *, own: bool) -> DeclaredFile:
    sha256 = file_sha256(path)
    card, place = _card_of(path, sha256, declaration, own=own)
    check_card(card, data=path, sha256=sha256, today=today)
    return DeclaredFile(path, sha256, card, place)


def _find_card(path: Path, sha256: str) -> Path | None:
    found = [place for place in (card_path(path), home_card_path(sha256)) if place.exists()]
    # In a folder that cannot be written to, an older content's card may lie beside the file and this one's in the home.
    return next((place for place in found if read_card(place).sha256 == sha256), found[0] if found else None)


def _has_card(test: Path, *, besides: Path | None) -> bool:
    """Whether a test file has a card that declares something and is not the data file's, which may be the folder's too."""
    card = _find_card(test, file_sha256(test))
    if card is None or (besides and card.samefile(besides)):
        return False
    return not read_card(card).declares_nothing


def _card_of(path: Path, sha256: str, declaration: Declaration, *, own: bool) -> tuple[Card, Path | None]:
    """The card of a file and where it lies; no place for a new one, made from what the user declares now."""
    existing = _find_card(path, sha256)
    fresh = Card(sha256=sha256, file=path.name, origin="user's file")
    if existing is None:
        if own:
            expected, where = "a card beside the samples", str(card_path(path))
            raise DataError(expected=expected, found="no such file", where=where, remedy="restore it: git checkout")
        return _declared(fresh, declaration), None
    before = read_card(existing)
    changed = before.sha256 != sha256
    if own or not (declaration.given or (changed and before.declares_nothing)):
        return before, existing
    # What was declared of another content is not carried over to this one.
    return _declared(fresh if changed else before.model_copy(update={"file": path.name}), declaration), None


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
            words("models are not stored: words of the texts could be read out of them (--personal-data no, if there are none)"),
        )
    if card.contains_personal_data == "undeclared":
        template = words("personal data undeclared: no verdict on {file} can be GO; add --personal-data no|yes")
        notices = (*notices, str(say(template, file=Path(source).name)))
    near = find_near_duplicates(split.train, split.test)
    if near.searched < near.searchable:
        template = words("near-duplicates of the test were looked for in {searched} of {searchable} training texts")
        notices = (*notices, str(say(template, searched=near.searched, searchable=near.searchable)))
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
        card_text=card_text(card),
        licence=card.licence,
        contains_personal_data=card.contains_personal_data,
        train_samples=len(split.train),
        test_samples=len(split.test),
        classes=0 if columns.texts else len(set(split.train.targets)),
        further_targets=tuple(columns.further_targets),
        marks=tuple(split.test.marks),
        notices=notices,
        expires=card.expires,
        overlap=split.overlap,
        relabelled=split.relabelled,
        near_duplicates=len(near.pairs),
        near_duplicate_ids=tuple(f"{learnt} = {measured}" for learnt, measured in near.pairs[:MOST_NAMED]),
        near_duplicates_looked_at=near.looked_at,
    )

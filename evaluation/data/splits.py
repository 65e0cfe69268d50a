"""From rows to samples to learn from and samples to measure on, with every check that keeps the two honest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from evaluation.data.files import Columns, Row, read_rows
from evaluation.exceptions import DataError
from evaluation.messages import Message, say, words
from evaluation.samples import Samples, Split
from evaluation.texts.words import normal_text

# A citizen's request has hundreds of characters. Beyond it is a file pasted into a cell.
LONGEST_CELL = 1_000_000
# A report of 200 pages has half a million characters, and some have thousands of pages.
LONGEST_DOCUMENT = 10_000_000
TEST_SHARE = 0.3
# What has more or longer values, or hardly one twice, is a text, a number or a name: those are never recorded.
MOST_SLICE_VALUES, LONGEST_SLICE_VALUE = 50, 100
# What JSON can write and no file or tokenizer can take: a text cut in the middle of an emoji ends on half of it.
UNFIT = {"\0": words("a NUL character"), "[\ud800-\udfff]": words("half a character (a lone surrogate)")}


def _cell(row: Row, column: str, path: Path | str, *, longest: int = LONGEST_CELL, may_be_empty: bool = False) -> str:
    """The text of a cell.

    Raises:
        DataError: it is empty, not a text or a number, or longer than any text would be.
    """
    value = _whole(row.cells.get(column))
    where = f"{path}, line {row.line}, column {column!r}"
    if isinstance(value, bool | int | float) and value == value:  # noqa: PLR0124 - NaN, an empty number, differs from itself
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        empty = value is None or isinstance(value, str | float)
        if empty and may_be_empty:
            return ""
        kind = "an empty cell" if empty else f"a {type(value).__name__}"
        raise DataError(expected="a text", found=kind, where=where, remedy="fill the cell or delete the row")
    if len(value) > longest:
        raise DataError(
            expected=f"a text of at most {longest:,} characters".replace(",", " "),
            found=f"{len(value):,} characters".replace(",", " "),
            where=where,
            remedy="cut the text into samples; a quote left open joins all that follows it",
        )
    unfit = _unfit(value)
    if unfit:
        raise DataError(expected="a text", found=unfit, where=where, remedy="delete that character")
    return value


def _whole(value: Any) -> Any:
    # A column of whole numbers with a gap is one of floats to those who write Parquet: 1.0 there is the 1 of a CSV file.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _unfit(text: str) -> str | None:
    """What is in a text that no record can hold, in words; none where nothing is."""
    return next((name for sign, name in UNFIT.items() if re.search(sign, text)), None)


def _slice_value(value: Any) -> str:
    """A cell of a column that need not be filled, nor be there: an empty text where there is nothing, `true` for a yes."""
    if value is None or value != value:  # noqa: PLR0124 - NaN, an empty number, differs from itself
        return ""
    return (str(value).lower() if isinstance(value, bool) else str(_whole(value))).strip()


def to_samples(rows: Sequence[Row], columns: Columns, path: Path | str) -> Samples:
    """Check every cell and make samples of the rows; without an id column, the row's number is its id.

    Where answers are texts, some of a row's may be missing, but not all of them and its marks too.

    Raises:
        DataError: at the first cell that is empty or malformed, or the first id that occurs twice.
    """
    has_ids = all(columns.id in row.cells for row in rows)
    ids = [_cell(row, columns.id, path) if has_ids else f"row-{number}" for number, row in enumerate(rows, start=1)]
    first_line: dict[str, int] = {}
    for sample_id, row in zip(ids, rows, strict=True):
        if sample_id in first_line:
            raise DataError(
                expected="ids that occur once",
                found=f"{sample_id!r}, already on line {first_line[sample_id]}",
                where=f"{path}, line {row.line}, column {columns.id!r}",
                remedy="give each row an id of its own, or drop the column",
            )
        first_line[sample_id] = row.line
    slices = {name: [_cell(row, name, path) for row in rows] for name in columns.slices}
    longest = LONGEST_DOCUMENT if columns.texts else LONGEST_CELL
    targets = [[_cell(row, name, path, may_be_empty=columns.texts).strip() for row in rows] for name in columns.targets]
    marks = {name: [_cell(row, name, path, may_be_empty=True) for row in rows] for name in _there(columns.marks, rows)}
    for place, row in enumerate(rows):
        if not any(column[place] for column in (*targets, *marks.values())):
            _cell(row, columns.target, path)
    return Samples(
        ids=ids,
        inputs=[_cell(row, columns.input, path, longest=longest) for row in rows],
        targets=targets[0],
        slices=slices
        | {name: [_slice_value(row.cells.get(name)) for row in rows] for name in _there(columns.optional_slices, rows)},
        further_targets=tuple(targets[1:]),
        marks=marks,
    )


def _there(columns: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Those of some columns that the file has."""
    return [name for name in columns if any(name in row.cells for row in rows)]


def read_samples(path: Path, columns: Columns, encoding: str = "utf-8") -> Samples:
    """All samples of a file, whatever side of a split they are on."""
    return to_samples(read_rows(path, columns, encoding), columns, path)


def read_split(
    train: Path, columns: Columns, *, test: Path | None, encoding: str = "utf-8", allow_overlap: bool = False, seed: int = 0
) -> Split:
    """Read what is learnt from and what is measured on.

    With `test`, two files; else the file's own split column; else a stratified split, `TEST_SHARE` of each class for the test.
    Texts have no classes: they are drawn by chance.

    Raises:
        DataError: a file is malformed, its classes cannot be learnt, or a text is on both sides.
    """
    rows = read_rows(train, columns, encoding)
    if test is not None:
        split = Split(to_samples(rows, columns, train), read_samples(test, columns, encoding))
    elif any(columns.split in row.cells for row in rows):
        split = _declared_split(rows, columns, train)
    else:
        split = drawn_split(to_samples(rows, columns, train), columns, where=str(train), seed=seed)
    return checked_split(split, columns, train=str(train), test=str(test or train), allow_overlap=allow_overlap)


def checked_split(split: Split, columns: Columns, *, train: str, test: str, allow_overlap: bool) -> Split:
    """The split with what should be known of it, once it was made sure that it can be learnt from and measured on.

    Raises:
        DataError: its classes cannot be learnt, or a text is on both sides.
    """
    if columns.texts:
        return check_overlap(split, train=train, test=test, allow=allow_overlap)
    check_classes(split.train, where=train)
    split = check_overlap(replace(split, relabelled=_relabelled(split)), train=train, test=test, allow=allow_overlap)
    return _with_unlearnt(split)


def _declared_split(rows: Sequence[Row], columns: Columns, path: Path) -> Split:
    samples = to_samples(rows, columns, path)
    sides: dict[str, list[int]] = {"train": [], "test": []}
    for position, row in enumerate(rows):
        side = row.cells.get(columns.split)
        if not isinstance(side, str) or side not in sides:
            raise DataError(
                expected="train or test",
                found=repr(side),
                where=f"{path}, line {row.line}, column {columns.split!r}",
                remedy="correct the cell, or rename the column if it means something else",
            )
        sides[side].append(position)
    for side, positions in sides.items():
        if not positions:
            raise DataError(
                expected=f"rows marked {side}",
                found="none",
                where=f"{path}, column {columns.split!r}",
                remedy="mark some rows, or name a test file with --test",
            )
    return Split(samples.subset(sides["train"]), samples.subset(sides["test"]))


def drawn_split(samples: Samples, columns: Columns, *, where: str, seed: int = 0) -> Split:
    """A split of samples that nobody has split.

    Raises:
        DataError: they are too few.
    """
    return _split_by_chance(samples, where, seed) if columns.texts else stratified_split(samples, where=where, seed=seed)


def _split_by_chance(samples: Samples, where: str, seed: int) -> Split:
    """The same way for the same samples and seed; a text that is repeated is on one side only."""
    firsts = _first_places(samples)
    different = sorted(set(firsts))
    if len(different) < 2:
        raise DataError(
            expected="at least two texts: one to learn from and one for the test",
            found="1" if len(different) == len(firsts) else f"1, {len(firsts)} times",
            where=where,
            remedy="add texts, or name a test file with --test",
        )
    repeats = len(firsts) - len(different)
    notices = (
        [str(say("{repeats} samples repeat the text of another: a text is on one side only", repeats=repeats))] if repeats else []
    )
    drawn = words("no test file: {test} of {samples} samples, drawn by chance, are kept for the test")
    return _split_off(samples, firsts, _draw([different], seed), drawn, notices)


def stratified_split(samples: Samples, *, where: str, seed: int) -> Split:
    """Split by class, the same way for the same samples and seed. Every class is in the test, however rare it is.

    A text that is repeated is drawn once, under its first label, and all its samples go to that side.

    Raises:
        DataError: a class has fewer than three texts of its own, or there is only one class.
    """
    firsts = _first_places(samples)
    positions: dict[str, list[int]] = {label: [] for label in samples.targets}
    for position in sorted(set(firsts)):
        positions[samples.targets[position]].append(position)
    check_classes(samples, where=where, least=3, counts={label: len(of_class) for label, of_class in positions.items()})
    drawn = words("no test file: {test} of {samples} samples, drawn by class, are kept for the test")
    return _split_off(samples, firsts, _draw(positions.values(), seed), drawn, _repeats(firsts, samples.targets))


def _first_places(samples: Samples) -> list[int]:
    """Of each sample, the position of the first one that has its text."""
    first: dict[str, int] = {}
    return [first.setdefault(normal_text(text), position) for position, text in enumerate(samples.inputs)]


def _split_off(samples: Samples, firsts: Sequence[int], chosen: Iterable[int], drawn: str, notices: Sequence[str]) -> Split:
    """The test: all samples whose text was drawn."""
    measured = set(chosen)
    train = [position for position, first in enumerate(firsts) if first not in measured]
    test = [position for position, first in enumerate(firsts) if first in measured]
    notice = str(say(drawn, test=len(test), samples=len(samples)))
    return Split(samples.subset(train), samples.subset(test), (notice, *notices))


def _draw(classes: Iterable[Sequence[int]], seed: int) -> Iterator[int]:
    """The positions to measure on."""
    from sklearn.model_selection import train_test_split

    # Class by class: `stratify` keeps the shares of the whole and may leave a rare class without a test sample.
    for of_class in classes:
        _, measured = train_test_split(of_class, test_size=max(1, round(TEST_SHARE * len(of_class))), random_state=seed)
        yield from measured


def _repeats(firsts: Sequence[int], targets: Sequence[str]) -> list[str]:
    """The notice of samples whose text came before; none where there are no such samples."""
    again = [(first, position) for position, first in enumerate(firsts) if first != position]
    if not again:
        return []
    differ = sum(targets[first] != targets[position] for first, position in again)
    template = words("{repeats} samples repeat the text of another, {differ} with another label: a text is on one side only")
    return [str(say(template, repeats=len(again), differ=differ))]


def check_classes(samples: Samples, *, where: str, least: int = 2, counts: Mapping[str, int] | None = None) -> None:
    """Make sure that there is something to tell apart, and enough examples of it.

    Args:
        samples: those to learn from, or those that a test is still to be drawn from.
        where: their file, for the error.
        least: two to learn from; three where one of them goes to the test.
        counts: how many of each class there are to choose from, where that is not all of them.

    Raises:
        DataError: one class only, or a class with fewer samples.
    """
    counts = counts or Counter(samples.targets)
    if len(counts) == 1:
        raise DataError(
            expected="at least two classes",
            found=f"only {next(iter(counts))!r}",
            where=where,
            remedy="check --target: it names the column of the answers",
        )
    rare = sorted(label for label, count in counts.items() if count < least)
    if rare:
        position = list(samples.targets).index(rare[0])
        raise DataError(
            expected=f"at least {least} samples of each class"
            + (" to learn from" if least == 2 else ": 2 to learn from, 1 for the test"),
            found=f"{len(rare)} with fewer: {', '.join(f'{label!r} ({counts[label]})' for label in rare[:5])}",
            where=f"{where}, sample {samples.ids[position]}",
            remedy="add samples, or merge or drop these classes" + ("" if least == 2 else "; a repeated text counts once"),
        )


def check_overlap(split: Split, *, train: str, test: str, allow: bool) -> Split:
    """Refuse texts that are both learnt and measured on; letter case and white space make no difference.

    What else should be known of the split is counted and noticed with them.

    Raises:
        DataError: some are, and `allow` is false; it counts them and names the first.
    """
    learnt = {normal_text(text): sample_id for sample_id, text in zip(split.train.ids, split.train.inputs, strict=True)}
    both = [
        (learnt[normal_text(text)], sample_id)
        for sample_id, text in zip(split.test.ids, split.test.inputs, strict=True)
        if normal_text(text) in learnt
    ]
    split = replace(split, overlap=len(both))
    if not both:
        return _with_slices(split)
    named = "; ".join(f"{first} = {second}" for first, second in both[:10]) + ("; ..." if len(both) > 10 else "")
    found = say("{number} texts of the test are in the training samples too (training = test): {ids}", number=len(both), ids=named)
    if not allow:
        raise DataError(
            expected="no text both to learn from and to measure on",
            found=str(found),
            where=f"{train} and {test}",
            remedy="drop them from one side, or add --allow-overlap to go on; the overlap is then recorded",
        )
    return _with_slices(_noticed(split, say("overlap allowed: {problem}", problem=found)))


def _relabelled(split: Split) -> int:
    """How many samples have the text of one before them, those to learn from coming first, and another label."""
    first: dict[str, str] = {}
    texts, targets = chain(split.train.inputs, split.test.inputs), chain(split.train.targets, split.test.targets)
    return sum(first.setdefault(normal_text(text), target) != target for text, target in zip(texts, targets, strict=True))


def _noticed(split: Split, *notices: Message) -> Split:
    return replace(split, notices=(*split.notices, *map(str, notices)))


def _with_unlearnt(split: Split) -> Split:
    unlearnt = sorted(set(split.test.targets) - set(split.train.targets))
    if not unlearnt:
        return split
    named = ", ".join(unlearnt[:5])
    template = words("{number} classes of the test have no training sample, so no candidate can find them: {names}")
    return _noticed(split, say(template, number=len(unlearnt), names=named))


def _with_slices(split: Split) -> Split:
    """The split without the columns that tell no groups apart: a free text under the name of a slice would be recorded."""
    problems = {name: _slice_problem(values) for name, values in split.test.slices.items()}
    notices = [
        say("results are not split by the column '{column}': {problem}", column=name, problem=problem)
        for name, problem in problems.items()
        if problem
    ]
    train, test = (
        replace(side, slices={name: values for name, values in side.slices.items() if problems.get(name) is None})
        for side in (split.train, split.test)
    )
    return _noticed(replace(split, train=train, test=test), *notices)


def _slice_problem(values: Sequence[str]) -> Message | None:
    """Why a column is no slice, in words; none where it is one."""
    different = {value for value in values if value}
    if len(different) > min(MOST_SLICE_VALUES, max(2, len(values) // 2)):
        return say("{values} different values in {samples} test samples", values=len(different), samples=len(values))
    if max(map(len, different), default=0) > LONGEST_SLICE_VALUE:
        return say("a value of more than {most} characters", most=LONGEST_SLICE_VALUE)
    unfit = next(filter(None, map(_unfit, different)), None)
    return None if unfit is None else say(unfit)

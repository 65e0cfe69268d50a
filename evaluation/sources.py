"""Where samples come from: CSV, JSON Lines and Parquet files, and data sets of a hub. Every refusal says file, line and column."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.exceptions import DataError
from evaluation.samples import Samples, Split

# A citizen's request has hundreds of characters, a long report a few hundred thousand. Beyond it is a file pasted into a cell.
LONGEST_CELL = 1_000_000
TEST_SHARE = 0.3
# What JSON can write and no file or tokenizer can take: a text cut in the middle of an emoji ends on half of it.
UNFIT = {"\0": "a NUL character", "[\ud800-\udfff]": "half a character (a lone surrogate)"}
# Encodings that French software still writes, tried in the order of their frequency; by names that Python and iconv both know.
ENCODINGS = ("cp1252", "iso8859-15", "cp850", "macintosh")


@dataclass(frozen=True)
class Columns:
    """The columns of a data file that are used."""

    input: str
    target: str
    slices: Sequence[str] = ()
    id: str = "id"
    split: str = "split"

    @property
    def required(self) -> list[str]:
        """Those without which there are no samples."""
        return [self.input, self.target, *self.slices]


@dataclass(frozen=True)
class Row:
    """One row of a file: the line on which it begins, and its cells by column."""

    line: int
    cells: Mapping[str, Any]


def read_rows(path: Path, columns: Columns, encoding: str = "utf-8") -> list[Row]:
    """Read a data file; its kind is told by the ending of its name.

    Raises:
        DataError: missing, of an unknown kind, in another encoding, not well formed, or without a required column.
    """
    readers = {".csv": _csv_rows, ".tsv": _csv_rows, ".jsonl": _json_rows, ".ndjson": _json_rows, ".parquet": _parquet_rows}
    reader = readers.get(path.suffix.lower())
    if path.is_dir():
        raise DataError(expected="a data file", found="a folder", where=str(path), remedy=_offer(path, readers))
    if reader is None:
        raise DataError(
            expected="a .csv, .tsv, .jsonl or .parquet file",
            found=f"{path.suffix or 'no'} ending",
            where=str(path),
            remedy="convert the file, or rename it if its ending is wrong",
        )
    if not path.is_file():
        raise DataError(expected="a data file", found="no such file", where=str(path), remedy=_offer(path.parent, readers))
    try:
        rows = list(reader(path, columns, encoding))
    except PermissionError as error:
        raise DataError(
            expected="a file that can be read", found="permission denied", where=str(path), remedy=f"chmod u+r {path}"
        ) from error
    if not rows:
        raise DataError(expected="at least one row", found="an empty file", where=str(path), remedy="check the file")
    return rows


def _offer(folder: Path, endings: Collection[str]) -> str:
    near = sorted(other.name for other in folder.glob("*") if other.suffix.lower() in endings and other.is_file())
    return f"that folder holds {', '.join(near[:5])}" if near else "check the path"


def _decoded(path: Path, encoding: str) -> str:
    content = path.read_bytes()
    if encoding.lower().replace("_", "-") in {"utf-8", "utf8"}:
        encoding = "utf-8-sig"
    try:
        return content.decode(encoding)
    except LookupError as error:
        raise DataError(
            expected="the name of an encoding", found=repr(encoding), where="--encoding", remedy="for example --encoding cp1252"
        ) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = detect_encoding(content)
        raise DataError(
            expected="text in UTF-8" if encoding == "utf-8-sig" else f"text in {encoding}",
            found=f"byte 0x{content[error.start]:02x}; the file looks like {found}",
            where=f"{path}, line {line}",
            remedy=f"add --encoding {found}, or convert it: iconv -f {found} -t utf-8",
        ) from error


def detect_encoding(content: bytes) -> str:
    """The most likely encoding of a French text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(content[:200_000], cp_isolation=list(ENCODINGS)).best()
        names = {codecs.lookup(name).name: name for name in ENCODINGS}
        return names[codecs.lookup(best.encoding).name] if best else ENCODINGS[0]
    return "utf-8"


def _check_columns(found: Sequence[str], columns: Columns, where: str) -> None:
    missing = [name for name in columns.required if name not in found]
    if missing:
        raise DataError(
            expected=f"a column {missing[0]!r}",
            found=f"the columns {', '.join(repr(str(name)) for name in found)}",
            where=where,
            remedy="name the columns to use with --text and --target",
        )


def _csv_rows(path: Path, columns: Columns, encoding: str) -> Iterator[Row]:
    text = _decoded(path, encoding)
    header_line = text.split("\n", 1)[0]
    delimiter = max("\t;,", key=header_line.count)
    # The csv module's own limit would stop at 131 072 characters without naming the cell; ours does name it.
    # The limit is the whole process's: it is raised, never lowered under another reader.
    csv.field_size_limit(max(len(text), csv.field_size_limit()))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        header = next(reader, None)
        if header is None:
            return
        _check_columns(header, columns, f"{path}, line 1")
        twice = next((name for name in columns.required if header.count(name) > 1), None)
        if twice is not None:
            raise DataError(
                expected="column names that occur once",
                found=f"{header.count(twice)} columns {twice!r}",
                where=f"{path}, line 1",
                remedy="rename all but one of them",
            )
        begins = reader.line_num + 1
        for cells in reader:
            if cells:
                if len(cells) != len(header):
                    raise DataError(
                        expected=f"{len(header)} cells",
                        found=f"{len(cells)} cells",
                        where=f"{path}, line {begins}",
                        remedy="quote the cells that hold a delimiter or a line break",
                    )
                yield Row(begins, dict(zip(header, cells, strict=True)))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            expected="a well-formed CSV file",
            found=str(error),
            # Where the row begins: a quote left open there is noticed lines later, often at the end of the file.
            where=f"{path}, line {begins}",
            remedy="close the quote that is left open there",
        ) from error


def _json_rows(path: Path, columns: Columns, encoding: str) -> Iterator[Row]:
    for line, text in enumerate(_decoded(path, encoding).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            cells = json.loads(text)
        except json.JSONDecodeError as error:
            raise DataError(
                expected="one JSON object a line",
                found=error.msg,
                where=f"{path}, line {line}, column {error.colno}",
                remedy="mend that line",
            ) from error
        except (ValueError, RecursionError) as error:  # a number of thousands of digits, or as many brackets
            raise DataError(
                expected="one JSON object a line", found=str(error), where=f"{path}, line {line}", remedy="mend that line"
            ) from error
        if not isinstance(cells, dict):
            raise DataError(
                expected="one JSON object a line",
                found=f"a {type(cells).__name__}",
                where=f"{path}, line {line}",
                remedy="write each sample as an object with named fields",
            )
        _check_columns(list(cells), columns, f"{path}, line {line}")
        yield Row(line, cells)


def _parquet_rows(path: Path, columns: Columns, encoding: str) -> Iterator[Row]:
    del encoding
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        file = ParquetFile(path)
        names = file.schema_arrow.names
        _check_columns(names, columns, str(path))
        wanted = [name for name in (*columns.required, columns.id, columns.split) if name in names]
        table = file.read(columns=list(dict.fromkeys(wanted)))
    except (ArrowException, OSError) as error:
        raise DataError(
            expected="a Parquet file", found=_first_line(error), where=str(path), remedy="write the file again"
        ) from error
    for number, cells in enumerate(table.to_pylist(), start=1):
        yield Row(number, cells)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _cell(row: Row, column: str, path: Path | str) -> str:
    """The text of a cell.

    Raises:
        DataError: it is empty, not a text or a number, or longer than any text would be.
    """
    value = row.cells[column]
    where = f"{path}, line {row.line}, column {column!r}"
    if isinstance(value, bool | int | float) and value == value:  # noqa: PLR0124 - NaN, an empty number, differs from itself
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        kind = "an empty cell" if value is None or isinstance(value, str | float) else f"a {type(value).__name__}"
        raise DataError(expected="a text", found=kind, where=where, remedy="fill the cell or delete the row")
    if len(value) > LONGEST_CELL:
        raise DataError(
            expected=f"a text of at most {LONGEST_CELL:,} characters".replace(",", " "),
            found=f"{len(value):,} characters".replace(",", " "),
            where=where,
            remedy="cut the text into samples; a quote left open joins all that follows it",
        )
    unfit = next((name for sign, name in UNFIT.items() if re.search(sign, value)), None)
    if unfit:
        raise DataError(expected="a text", found=unfit, where=where, remedy="delete that character")
    return value


def to_samples(rows: Sequence[Row], columns: Columns, path: Path | str) -> Samples:
    """Check every cell and make samples of the rows; without an id column, the row's number is its id.

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
    return Samples(
        ids=ids,
        inputs=[_cell(row, columns.input, path) for row in rows],
        targets=[_cell(row, columns.target, path).strip() for row in rows],
        slices={name: [_cell(row, name, path) for row in rows] for name in columns.slices},
    )


def read_samples(path: Path, columns: Columns, encoding: str = "utf-8") -> Samples:
    """All samples of a file, whatever side of a split they are on."""
    return to_samples(read_rows(path, columns, encoding), columns, path)


def read_split(
    train: Path, columns: Columns, *, test: Path | None, encoding: str = "utf-8", allow_overlap: bool = False, seed: int = 0
) -> Split:
    """Read what is learnt from and what is measured on.

    With `test`, two files; else the file's own split column; else a stratified split, `TEST_SHARE` of each class for the test.

    Raises:
        DataError: a file is malformed, its classes cannot be learnt, or a text is on both sides.
    """
    rows = read_rows(train, columns, encoding)
    if test is not None:
        split = Split(to_samples(rows, columns, train), read_samples(test, columns, encoding))
    elif any(columns.split in row.cells for row in rows):
        split = _declared_split(rows, columns, train)
    else:
        split = stratified_split(to_samples(rows, columns, train), where=str(train), seed=seed)
    check_classes(split.train, where=str(train))
    return check_overlap(split, train=str(train), test=str(test or train), allow=allow_overlap)


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


def stratified_split(samples: Samples, *, where: str, seed: int) -> Split:
    """Split by class, the same way for the same samples and seed. Every class is in the test, however rare it is.

    Raises:
        DataError: a class has fewer than three samples, or there is only one class.
    """
    check_classes(samples, where=where, least=3)
    from sklearn.model_selection import train_test_split

    positions: dict[str, list[int]] = {label: [] for label in samples.targets}
    for position, label in enumerate(samples.targets):
        positions[label].append(position)
    train: list[int] = []
    test: list[int] = []
    # Class by class: `stratify` keeps the shares of the whole and may leave a rare class without a test sample.
    for of_class in positions.values():
        learnt, measured = train_test_split(of_class, test_size=max(1, round(TEST_SHARE * len(of_class))), random_state=seed)
        train += learnt
        test += measured
    notice = f"no test file: {len(test)} of {len(samples)} samples, drawn by class, are kept for the test"
    return Split(samples.subset(sorted(train)), samples.subset(sorted(test)), (notice,))


def check_classes(samples: Samples, *, where: str, least: int = 2) -> None:
    """Make sure that there is something to tell apart, and enough examples of it.

    Args:
        samples: those to learn from, or those that a test is still to be drawn from.
        where: their file, for the error.
        least: two to learn from; three where one of them goes to the test.

    Raises:
        DataError: one class only, or a class with fewer samples.
    """
    counts = Counter(samples.targets)
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
            remedy="add samples, or merge or drop these classes",
        )


def check_overlap(split: Split, *, train: str, test: str, allow: bool) -> Split:
    """Refuse texts that are both learnt and measured on; letter case and white space make no difference.

    Raises:
        DataError: some are, and `allow` is false; it counts them and names the first.
    """
    learnt = {_normal(text): sample_id for sample_id, text in zip(split.train.ids, split.train.inputs, strict=True)}
    both = [
        (learnt[_normal(text)], sample_id)
        for sample_id, text in zip(split.test.ids, split.test.inputs, strict=True)
        if _normal(text) in learnt
    ]
    if not both:
        return _with_unlearnt(split)
    named = "; ".join(f"{first} = {second}" for first, second in both[:10]) + ("; ..." if len(both) > 10 else "")
    found = f"{len(both)} texts of the test are in the training samples too (training = test): {named}"
    if not allow:
        raise DataError(
            expected="no text both to learn from and to measure on",
            found=found,
            where=f"{train} and {test}",
            remedy="drop them from one side, or add --allow-overlap to go on; the overlap is then recorded",
        )
    return _with_unlearnt(Split(split.train, split.test, (*split.notices, f"overlap allowed: {found}")))


def _with_unlearnt(split: Split) -> Split:
    unlearnt = sorted(set(split.test.targets) - set(split.train.targets))
    if not unlearnt:
        return split
    notice = (
        f"{len(unlearnt)} classes of the test have no training sample, so no candidate can find them: {', '.join(unlearnt[:5])}"
    )
    return Split(split.train, split.test, (*split.notices, notice))


def _normal(text: str) -> str:
    return " ".join(text.casefold().split())


def hub_split(name: str, columns: Columns, *, allow_overlap: bool = False) -> Split:
    """Samples of a hub data set, `NAME` or `NAME@REVISION`, or of a local folder that `datasets` can read.

    Raises:
        DataError: it cannot be had, has no training split, or its rows are malformed.
    """
    from datasets import load_dataset

    wanted, _, revision = name.partition("@")
    try:
        # `datasets` runs no code of a data set's authors any more; `revision` pins what is fetched.
        loaded = load_dataset(wanted, revision=revision or None)
    except Exception as error:  # datasets raises errors of a dozen unrelated families here
        raise DataError(
            expected="a data set that can be loaded",
            found=f"{type(error).__name__}: {_first_line(error)}",
            where=f"hf:{name}",
            remedy="check the name and the network, or download it and give the file",
        ) from error
    sides = {side: loaded[side] for side in ("train", "test") if side in loaded}
    if "train" not in sides:
        raise DataError(
            expected="a split called train",
            found=", ".join(map(str, loaded)),
            where=f"hf:{name}",
            remedy="download the data set and give its files with --data and --test",
        )
    samples = {}
    for side, table in sides.items():
        where = f"hf:{name}, {side}"
        _check_columns(table.column_names, columns, where)
        samples[side] = to_samples([Row(number, cells) for number, cells in enumerate(_named(table), start=1)], columns, where)
    split = (
        Split(samples["train"], samples["test"])
        if "test" in samples
        else stratified_split(samples["train"], where=f"hf:{name}", seed=0)
    )
    check_classes(split.train, where=f"hf:{name}")
    return check_overlap(split, train=f"hf:{name}, train", test=f"hf:{name}, test", allow=allow_overlap)


def _named(table: Any) -> Iterator[dict[str, Any]]:
    """Rows of a `datasets` table, with the names of its classes instead of their numbers."""
    names = {column: feature.names for column, feature in table.features.items() if hasattr(feature, "names")}
    for row in table:
        # A class that is not told is None or -1; as a position, -1 would be the last class.
        yield {
            column: value if column not in names else names[column][value] if value is not None and value >= 0 else None
            for column, value in row.items()
        }


def content_sha256(split: Split) -> str:
    """SHA-256 of the samples themselves, for those that did not come as one file."""
    sides = [[list(side.ids), list(side.inputs), list(side.targets)] for side in (split.train, split.test)]
    return hashlib.sha256(json.dumps(sides, ensure_ascii=False).encode()).hexdigest()

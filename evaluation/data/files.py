"""Rows of CSV, JSON Lines and Parquet files. Every refusal says file, line and column."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.exceptions import DataError

# The ending of files with one text a line.
LINES = ".txt"
# Encodings that French software still writes, tried in the order of their frequency; by names that Python and iconv both know.
ENCODINGS = ("cp1252", "iso8859-15", "cp850", "macintosh")


@dataclass(frozen=True)
class Columns:
    """The columns of a data file that are used.

    Attributes:
        further_targets: of other answers that are right as well.
        texts: whether the answers are texts, so that there are no classes.
        optional_slices: those that a file may lack.
        marks: columns that only the metrics read; a file may lack them too.
    """

    input: str
    target: str
    slices: Sequence[str] = ()
    id: str = "id"
    split: str = "split"
    optional_slices: Sequence[str] = ()
    further_targets: Sequence[str] = ()
    marks: Sequence[str] = ()
    texts: bool = False

    @property
    def targets(self) -> list[str]:
        """All columns of answers."""
        return [self.target, *self.further_targets]

    @property
    def required(self) -> list[str]:
        """Those without which there are no samples."""
        return [self.input, *self.targets, *self.slices]

    @property
    def optional(self) -> list[str]:
        """Those that are read where they are there."""
        return [*self.optional_slices, *self.marks]


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
    if columns.texts:
        readers |= {LINES: _line_rows}
    reader = readers.get(path.suffix.lower())
    if path.is_dir():
        raise DataError(expected="a data file", found="a folder", where=str(path), remedy=_offer(path, readers))
    if reader is None:
        raise DataError(
            expected=f"a .csv, .tsv, .jsonl or .parquet file{', or a .txt file with a text a line' if columns.texts else ''}",
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
            expected="a file that can be read",
            found="permission denied",
            where=str(error.filename or path),
            remedy=f"chmod u+r {error.filename or path}",
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


def check_columns(found: Sequence[str], columns: Columns, where: str) -> None:
    """Make sure that the columns to use are among those found.

    Raises:
        DataError: one is not; those that are there are listed.
    """
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
        check_columns(header, columns, f"{path}, line 1")
        used = (*columns.required, *columns.optional)
        twice = next((name for name in used if header.count(name) > 1), None)
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
        raise malformed_csv(path, begins, error) from error


def malformed_csv(path: Path, begins: int, error: csv.Error) -> DataError:
    """An error that names where the row begins: a quote left open there is noticed lines later, often at the end of the file."""
    return DataError(
        expected="a well-formed CSV file",
        found=str(error),
        where=f"{path}, line {begins}",
        remedy="close the quote that is left open there",
    )


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
        check_columns(list(cells), columns, f"{path}, line {line}")
        yield Row(line, cells)


def _line_rows(path: Path, columns: Columns, encoding: str) -> Iterator[Row]:
    """Texts of one file and their answers of others, line by line."""
    texts = _lines(path, encoding)
    answers = {name: _lines(Path(name), encoding) for name in columns.targets}
    for name, lines in answers.items():
        if len(lines) != len(texts):
            raise DataError(
                expected=f"an answer a line, as many as {path.name} has texts: {len(texts)}",
                found=f"{len(lines)} lines",
                where=name,
                remedy="line N of both files must belong together; an answer that is missing is an empty line",
            )
    for number, text in enumerate(texts):
        yield Row(number + 1, {columns.input: text, **{name: lines[number] for name, lines in answers.items()}})


def _lines(path: Path, encoding: str) -> list[str]:
    if not path.is_file():
        raise DataError(
            expected="a file with one text a line",
            found="no such file" if not path.is_dir() else "a folder",
            where=str(path),
            remedy="with --data TEXTS.txt the answers come from --target ANSWERS.txt",
        )
    # Only line feeds end a line: other signs that Python takes for one may stand within a text.
    lines = [line.removesuffix("\r") for line in _decoded(path, encoding).split("\n")]
    return lines[:-1] if lines[-1] == "" else lines


def _parquet_rows(path: Path, columns: Columns, encoding: str) -> Iterator[Row]:
    del encoding
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        file = ParquetFile(path)
        names = file.schema_arrow.names
        check_columns(names, columns, str(path))
        wanted = [name for name in (*columns.required, *columns.optional, columns.id, columns.split) if name in names]
        table = file.read(columns=list(dict.fromkeys(wanted)))
    except (ArrowException, OSError) as error:
        raise DataError(
            expected="a Parquet file", found=first_line(error), where=str(path), remedy="write the file again"
        ) from error
    for number, cells in enumerate(table.to_pylist(), start=1):
        yield Row(number, cells)


def first_line(error: Exception) -> str:
    """The first line of another library's message, or the error's name where it has none."""
    return (str(error) or type(error).__name__).splitlines()[0]

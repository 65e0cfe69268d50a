"""Own data as users have it: every way a file can be wrong, and what the refusal says about it."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evaluation.data.files import Columns, read_rows
from evaluation.data.hub import content_sha256, hub_split
from evaluation.data.splits import check_overlap, drawn_split, read_samples, read_split, stratified_split
from evaluation.exceptions import DataError
from evaluation.samples import Samples, Split
from tests.conftest import BIN, LAMP, labelled, write_csv

COLUMNS = Columns("text", "category")
HEADER = "text,category\n"
OLD_FRENCH = "text,category\nBonjour,a\nLa déchèterie est fermée depuis mardi à côté du collège,b\nÇa dure depuis le 3 août,a\n"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def write_jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    return write(path, "".join(json.dumps(row) + "\n" for row in rows))


def write_parquet(path: Path, columns: Mapping[str, Sequence[Any]]) -> Path:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table(columns), path)
    return path


def refusal(path: Path, columns: Columns = COLUMNS, encoding: str = "utf-8") -> DataError:
    with pytest.raises(DataError) as caught:
        read_samples(path, columns, encoding)
    return caught.value


def split_refusal(train: Path, test: Path | None = None) -> DataError:
    with pytest.raises(DataError) as caught:
        read_split(train, COLUMNS, test=test)
    return caught.value


def rows_of(**counts: int) -> list[tuple[str, str]]:
    """So many distinct texts of each class."""
    return [(f"{label} {number}", label) for label, count in counts.items() for number in range(count)]


# Which file


def test_a_missing_file_is_answered_with_the_data_files_of_its_folder(tmp_path: Path) -> None:
    for name in ("train.tsv", "test.csv", "notes.docx"):
        write(tmp_path / name, HEADER)
    error = refusal(tmp_path / "train.csv")
    assert error.found == "no such file"
    assert error.where == str(tmp_path / "train.csv")
    assert error.remedy == "that folder holds test.csv, train.tsv"


def test_a_missing_file_in_a_missing_folder_leaves_only_the_path_to_check(tmp_path: Path) -> None:
    error = refusal(tmp_path / "gone" / "train.csv")
    assert (error.found, error.remedy) == ("no such file", "check the path")


@pytest.mark.parametrize(
    ("name", "found"), [("train.xlsx", ".xlsx ending"), ("train.csv.gz", ".gz ending"), ("train", "no ending")]
)
def test_an_unknown_ending_is_refused_with_the_known_ones(tmp_path: Path, name: str, found: str) -> None:
    error = refusal(write(tmp_path / name, HEADER))
    assert (error.found, error.where) == (found, str(tmp_path / name))
    assert error.expected == "a .csv, .tsv, .jsonl or .parquet file"


@pytest.mark.parametrize("name", ["train", "train.csv"])
def test_a_folder_is_called_one_and_offers_its_files(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    write(folder / "requests.jsonl", "")
    error = refusal(folder)
    assert (error.found, error.remedy) == ("a folder", "that folder holds requests.jsonl")


def test_a_file_that_may_not_be_read_names_the_command_that_allows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    path = write(tmp_path / "train.csv", HEADER)
    monkeypatch.setattr(Path, "read_bytes", deny)
    error = refusal(path)
    assert (error.found, error.remedy) == ("permission denied", f"chmod u+r {path}")


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.csv", ""), ("header.csv", HEADER), ("bom.csv", b"\xef\xbb\xbf"), ("empty.jsonl", ""), ("blank.jsonl", "\n \n")],
)
def test_a_file_without_rows_is_called_empty(tmp_path: Path, name: str, content: str | bytes) -> None:
    error = refusal(write(tmp_path / name, content))
    assert (error.expected, error.found) == ("at least one row", "an empty file")


def test_a_parquet_file_without_rows_is_called_empty(tmp_path: Path) -> None:
    assert refusal(write_parquet(tmp_path / "train.parquet", {"text": [], "category": []})).found == "an empty file"


# Encodings


@pytest.mark.parametrize(
    ("encoding", "byte", "line"), [("cp1252", "0xe9", 3), ("cp850", "0x82", 3), ("macintosh", "0x8e", 3), ("utf-16", "0xff", 1)]
)
def test_another_encoding_is_recognised_and_then_read(tmp_path: Path, encoding: str, byte: str, line: int) -> None:
    path = write(tmp_path / "train.csv", OLD_FRENCH.encode(encoding))
    error = refusal(path)
    assert error.expected == "text in UTF-8"
    assert error.found == f"byte {byte}; the file looks like {encoding}"
    assert error.where == f"{path}, line {line}"
    assert error.remedy.startswith(f"add --encoding {encoding},")
    samples = read_samples(path, COLUMNS, encoding)
    assert samples.inputs == ["Bonjour", "La déchèterie est fermée depuis mardi à côté du collège", "Ça dure depuis le 3 août"]


@pytest.mark.skipif(shutil.which("iconv") is None, reason="no iconv on this machine")
@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "macintosh", "utf-16"])
def test_the_conversion_that_is_offered_works(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "train.csv", OLD_FRENCH.encode(encoding))
    command = refusal(path).remedy.partition("convert it: ")[2].split()
    assert subprocess.run([*command, str(path)], check=True, capture_output=True).stdout.decode() == OLD_FRENCH


def test_utf8_is_recognised_where_another_encoding_was_asked_for(tmp_path: Path) -> None:
    error = refusal(write(tmp_path / "train.csv", OLD_FRENCH), encoding="ascii")
    assert (error.expected, error.found) == ("text in ascii", "byte 0xc3; the file looks like utf-8")


def test_json_lines_in_another_encoding_are_recognised_and_then_read(tmp_path: Path) -> None:
    path = write(tmp_path / "train.jsonl", '{"text": "fermée à côté du collège", "category": "déchèterie"}\n'.encode("cp1252"))
    assert refusal(path).remedy.startswith("add --encoding cp1252,")
    assert read_samples(path, COLUMNS, "cp1252").targets == ["déchèterie"]


@pytest.mark.parametrize("name", ["klingon", "rot13", ""])
def test_an_unknown_encoding_is_the_options_fault(tmp_path: Path, name: str) -> None:
    error = refusal(write(tmp_path / "train.csv", HEADER), encoding=name)
    assert (error.found, error.where) == (repr(name), "--encoding")


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf_8", "utf-8-sig"])
@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", "text,category\nété,a\n"), ("a.jsonl", '{"text": "été", "category": "a"}\n')]
)
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path, name: str, content: str, encoding: str) -> None:
    path = write(tmp_path / name, b"\xef\xbb\xbf" + content.encode())
    assert read_samples(path, COLUMNS, encoding).inputs == ["été"]


# CSV


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("comma.csv", "text,category\nun; deux,a\n"),
        ("semicolon.csv", 'text;category\n"un; deux";a\n'),
        ("semicolon_crlf.csv", 'text;category\r\n"un; deux";a\r\n'),
        ("comma_in_a_name.csv", '"a, b, c";text;category\nx;"un; deux";a\n'),
        ("tab.csv", "text\tcategory\nun; deux\ta\n"),
        ("tab.tsv", "text\tcategory\nun; deux\ta\n"),
        ("CAPITALS.CSV", "text,category\nun; deux,a\n"),
        ("no_line_end.csv", "text,category\nun; deux,a"),
    ],
)
def test_the_delimiter_is_told_by_the_header(tmp_path: Path, name: str, content: str) -> None:
    samples = read_samples(write(tmp_path / name, content), COLUMNS)
    assert (samples.inputs, samples.targets) == (["un; deux"], ["a"])


# Files and a first import take longer than hypothesis allows an example.
@settings(deadline=None)
@given(
    texts=st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1).filter(str.strip), min_size=1),
    delimiter=st.sampled_from(",;\t"),
)
def test_any_text_that_is_quoted_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("csv") / "train.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(
            [("text", "category"), *((text, "a") for text in texts)]
        )
    assert read_samples(path, COLUMNS).inputs == texts


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ('"one\ntwo\nthree",a\n,b\n', "line 5, column 'text'"),
        ('"one\ntwo",a\n\n\nx,\n', "line 6, column 'category'"),
        ('x,a\n"one\n\ntwo",   \n', "line 3, column 'category'"),
    ],
)
def test_cells_of_several_lines_keep_the_line_numbers_of_errors_right(tmp_path: Path, rows: str, where: str, end: str) -> None:
    path = write(tmp_path / "train.csv", (HEADER + rows).replace("\n", end))
    error = refusal(path)
    assert (error.found, error.where) == ("an empty cell", f"{path}, {where}")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('text,category\nx,a\n"open,b\ny,c\nz,d\n', 3),
        ('text,category\nx,a\n"open,b\ny,c\nz,"d"\n', 3),
        ('text,category\n"one\ntwo",a\n"closed" too early,b\n', 4),
        ('"text,category\nx,a\n', 1),
    ],
)
def test_a_quote_left_open_is_found_where_its_row_begins(tmp_path: Path, content: str, line: int) -> None:
    path = write(tmp_path / "train.csv", content)
    error = refusal(path)
    assert (error.expected, error.where) == ("a well-formed CSV file", f"{path}, line {line}")


@pytest.mark.parametrize(("row", "cells"), [("Bonjour, la lampe est cassée,b", 3), ("Bonjour", 1)])
def test_a_row_with_another_number_of_cells_is_refused_by_line(tmp_path: Path, row: str, cells: int) -> None:
    path = write(tmp_path / "train.csv", f'text,category\n"one\ntwo",a\n{row}\n')
    error = refusal(path)
    assert (error.expected, error.found, error.where) == ("2 cells", f"{cells} cells", f"{path}, line 4")


def test_a_cell_of_ten_megabytes_is_named_quickly(tmp_path: Path) -> None:
    path = write(tmp_path / "train.csv", f"{HEADER}x,a\n{'y' * 10_000_000},b\n")
    begin_s = time.process_time()
    error = refusal(path)
    assert time.process_time() - begin_s < 3
    assert (error.expected, error.found) == ("a text of at most 1 000 000 characters", "10 000 000 characters")
    assert error.where == f"{path}, line 3, column 'text'"


def test_the_longest_text_that_is_allowed_is_read_whole(tmp_path: Path) -> None:
    assert len(read_samples(write(tmp_path / "train.csv", f"{HEADER}{'y' * 1_000_000},b\n"), COLUMNS).inputs[0]) == 1_000_000


def test_reading_a_short_file_does_not_narrow_other_readers_of_csv(tmp_path: Path) -> None:
    read_samples(write(tmp_path / "train.csv", f"{HEADER}x,a\n"), COLUMNS)
    assert next(csv.reader(["y" * 100_000])) == ["y" * 100_000]


# Columns and cells


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_missing_column_is_answered_with_those_there_are(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"train.{kind}"
    if kind == "csv":
        write_csv(path, [("x", "a")], header=("message", "service"))
    elif kind == "jsonl":
        write_jsonl(path, [{"message": "x", "service": "a"}])
    else:
        write_parquet(path, {"message": ["x"], "service": ["a"]})
    error = refusal(path)
    assert (error.expected, error.found) == ("a column 'text'", "the columns 'message', 'service'")
    assert "--text" in error.remedy
    assert "--target" in error.remedy
    assert error.where == (str(path) if kind == "parquet" else f"{path}, line 1")


def test_a_column_that_only_a_later_json_line_lacks_is_missed_there(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "train.jsonl", [{"text": "x", "category": "a"}, {"text": "y"}])
    error = refusal(path)
    assert (error.expected, error.where) == ("a column 'category'", f"{path}, line 2")


def test_slices_are_required_and_read(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "train.csv", [("x", "a", "courriel")], header=("text", "category", "channel"))
    assert read_samples(path, Columns("text", "category", ("channel",))).slices == {"channel": ["courriel"]}
    assert refusal(path, Columns("text", "category", ("urgent",))).expected == "a column 'urgent'"


OPTIONAL = Columns("text", "category", optional_slices=("channel", "urgent"))


def test_columns_that_a_file_may_lack_are_read_where_they_are_there(tmp_path: Path) -> None:
    texts = {"text": ["x", "y", "z"], "category": ["a", "b", "a"]}
    csv_rows = [("x", "a", " guichet "), ("y", "b", ""), ("z", "a", "courriel")]
    read = [
        read_samples(write_csv(tmp_path / "train.csv", csv_rows, header=("text", "category", "channel")), OPTIONAL),
        read_samples(write_parquet(tmp_path / "c.parquet", texts | {"channel": ["guichet", None, "courriel"]}), OPTIONAL),
        read_samples(write_jsonl(tmp_path / "c.jsonl", [
            {"text": "x", "category": "a", "channel": "guichet"}, {"text": "y", "category": "b"},
            {"text": "z", "category": "a", "channel": "courriel"},
        ]), OPTIONAL),
    ]  # fmt: skip
    assert [each.slices for each in read] == [{"channel": ["guichet", "", "courriel"]}] * 3
    assert read_samples(write_parquet(tmp_path / "none.parquet", texts), OPTIONAL).slices == {}


def test_a_yes_and_a_number_are_the_same_slice_in_every_kind_of_file(tmp_path: Path) -> None:
    texts = {"text": ["x", "y", "z"], "category": ["a", "b", "a"]}
    values: dict[str, list[Any]] = {"channel": [1.0, None, 2.0], "urgent": [True, None, False]}
    assert read_samples(write_parquet(tmp_path / "train.parquet", texts | values), OPTIONAL).slices == {
        "channel": ["1", "", "2"],
        "urgent": ["true", "", "false"],
    }


def test_a_slice_that_stands_twice_in_the_header_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "train.csv", [("x", "a", "u", "v")], header=("text", "category", "channel", "channel"))
    assert refusal(path, OPTIONAL).found == "2 columns 'channel'"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (["x", "y"], None),
        (["x", "y", "", ""], None),
        (["x", "y", "z", "z"], "3 different values in 4 test samples"),
        ([str(number) for number in range(50)] * 3, None),
        ([str(number) for number in range(51)] * 3, "51 different values in 153 test samples"),
        (["x", "y" * 100], None),
        (["x", "y" * 101], "a value of more than 100 characters"),
        (["x", "y\0"], "a NUL character"),
        (["x", "\ud83d"], "half a character (a lone surrogate)"),
    ],
)
def test_a_column_that_tells_no_groups_apart_is_no_slice(values: Sequence[str], problem: str | None) -> None:
    ids = [f"{place:03}" for place in range(len(values))]
    train = Samples(["1", "2"], ["u", "v"], ["a", "b"], {"channel": ["Bonjour", "au revoir"], "urgent": ["true", "false"]})
    test = Samples(ids, ids, ["a"] * len(ids), {"channel": values, "urgent": ["true"] * len(ids)})
    split = check_overlap(Split(train, test), train="", test="", allow=False)
    for side, given_ in ((split.train, train), (split.test, test)):
        kept = {name: found for name, found in given_.slices.items() if name == "urgent" or problem is None}
        assert (side.slices, side.inputs) == (kept, given_.inputs)
    assert split.notices == ((f"results are not split by the column 'channel': {problem}",) if problem else ())


@pytest.mark.parametrize("cell", ["", " ", "\t", "\u00a0\u2003", '"\n"'])
@pytest.mark.parametrize(("row", "column"), [("{},b", "text"), ("y,{}", "category")])
def test_a_blank_cell_is_named_by_line_and_column(tmp_path: Path, cell: str, row: str, column: str) -> None:
    path = write(tmp_path / "train.csv", f"{HEADER}x,a\n{row.format(cell)}\n")
    error = refusal(path)
    assert (error.found, error.where) == ("an empty cell", f"{path}, line 3, column '{column}'")


def test_spaces_around_a_class_do_not_make_another_class_and_a_text_is_left_as_it_is(tmp_path: Path) -> None:
    samples = read_samples(write(tmp_path / "train.csv", f"{HEADER} x ,a\ny, a \n"), COLUMNS)
    assert (samples.inputs, samples.targets) == ([" x ", "y"], ["a", "a"])


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("null", "an empty cell"),
        ("NaN", "an empty cell"),
        ('" "', "an empty cell"),
        ("[]", "a list"),
        ('["a"]', "a list"),
        ("{}", "a dict"),
    ],
)
def test_a_json_cell_that_is_no_text_is_refused(tmp_path: Path, cell: str, found: str) -> None:
    path = write(tmp_path / "train.jsonl", f'{{"text": "x", "category": "a"}}\n\n{{"text": "y", "category": {cell}}}\n')
    error = refusal(path)
    assert (error.found, error.where) == (found, f"{path}, line 3, column 'category'")


@pytest.mark.parametrize(
    ("cell", "text"),
    [("5", "5"), ("5.0", "5"), ("-0.0", "0"), ("2.5", "2.5"), ("Infinity", "inf"), ("true", "True"), ('"a\u2028b"', "a\u2028b")],
)
def test_a_json_number_is_read_as_its_text(tmp_path: Path, cell: str, text: str) -> None:
    path = write(tmp_path / "train.jsonl", f'{{"text": "x", "category": {cell}}}\n')
    assert read_samples(path, COLUMNS).targets == [text]


@pytest.mark.parametrize(
    ("cells", "found"), [(["a", None], "an empty cell"), ([1.0, float("nan")], "an empty cell"), (["a", " "], "an empty cell")]
)
def test_a_parquet_cell_without_a_text_is_refused(tmp_path: Path, cells: list[Any], found: str) -> None:
    path = write_parquet(tmp_path / "train.parquet", {"text": ["x", "y"], "category": cells})
    error = refusal(path)
    assert (error.found, error.where) == (found, f"{path}, line 2, column 'category'")


def test_a_parquet_list_is_refused(tmp_path: Path) -> None:
    assert refusal(write_parquet(tmp_path / "train.parquet", {"text": [["x"]], "category": ["a"]})).found == "a list"


def test_parquet_texts_and_numbers_are_read(tmp_path: Path) -> None:
    path = write_parquet(
        tmp_path / "train.parquet", {"unused": [[1], [2]], "text": ["été", "b\n"], "category": [3, 4], "id": [10, 11]}
    )
    assert read_samples(path, COLUMNS) == Samples(["10", "11"], ["été", "b\n"], ["3", "4"], {})


def test_a_label_is_the_same_in_a_csv_file_and_among_parquets_floats(tmp_path: Path) -> None:
    train = write_csv(tmp_path / "train.csv", [(f"text {number}", str(number % 2)) for number in range(6)])
    test = write_parquet(tmp_path / "test.parquet", {"text": ["x", "y"], "category": [0.0, 1.0]})
    split = read_split(train, COLUMNS, test=test)
    assert (split.test.targets, split.notices) == (["0", "1"], ())


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("nul.csv", "text,category\nx,a\ny\0y,b\n", "a NUL character"),
        ("nul.jsonl", '{"text": "x", "category": "a"}\n{"text": "y\\u0000", "category": "b"}\n', "a NUL character"),
        (
            "cut.jsonl",
            '{"text": "x", "category": "a"}\n\n{"text": "y\\ud83d", "category": "b"}\n',
            "half a character (a lone surrogate)",
        ),
    ],
)
def test_a_character_that_no_record_can_hold_is_refused(tmp_path: Path, name: str, content: str, found: str) -> None:
    path = write(tmp_path / name, content)
    error = refusal(path)
    assert (error.found, error.where) == (found, f"{path}, line {2 if name == 'nul.jsonl' else 3}, column 'text'")


def test_an_emoji_written_as_two_json_escapes_is_a_text(tmp_path: Path) -> None:
    path = write(tmp_path / "train.jsonl", '{"text": "\\ud83d\\ude00", "category": "a"}\n')
    assert read_samples(path, COLUMNS).inputs == ["😀"]


def test_an_id_that_occurs_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "train.csv", [("D1", "x", "a"), ("D2", "y", "b"), ("D1", "z", "a")], header=("id", "text", "category")
    )
    error = refusal(path)
    assert (error.expected, error.found) == ("ids that occur once", "'D1', already on line 2")
    assert error.where == f"{path}, line 4, column 'id'"


def test_rows_without_an_id_column_are_counted(tmp_path: Path) -> None:
    assert read_samples(write(tmp_path / "train.csv", f"{HEADER}x,a\n\ny,b\n"), COLUMNS).ids == ["row-1", "row-2"]


# JSON Lines and Parquet


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ('{"text": }', 10),
        ('{"text": "y" "category": "b"}', 14),
        ("{'text': 'y'}", 2),
        ('  {"text": "y"', 15),
        ('{"text": "a\tb"}', 12),
    ],
)
def test_broken_json_is_named_by_line_and_column(tmp_path: Path, line: str, column: int) -> None:
    path = write(tmp_path / "train.jsonl", f'{{"text": "x", "category": "a"}}\n\n{line}\n')
    error = refusal(path)
    assert (error.expected, error.where) == ("one JSON object a line", f"{path}, line 3, column {column}")


@pytest.mark.parametrize("line", [f'{{"text": "y", "category": {"1" * 5000}}}', "[" * 100_000])
def test_json_beyond_what_a_reader_takes_is_refused_by_line(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "train.jsonl", f'{{"text": "x", "category": "a"}}\n{line}\n')
    error = refusal(path)
    assert (error.expected, error.where) == ("one JSON object a line", f"{path}, line 2")


@pytest.mark.parametrize(("line", "found"), [('["x", "a"]', "a list"), ('"x"', "a str"), ("null", "a NoneType"), ("12", "a int")])
def test_a_json_line_that_is_no_object_is_refused(tmp_path: Path, line: str, found: str) -> None:
    path = write(tmp_path / "train.ndjson", f'{{"text": "x", "category": "a"}}\n{line}\n')
    error = refusal(path)
    assert (error.found, error.where) == (found, f"{path}, line 2")


@pytest.mark.parametrize("damage", ["empty", "another kind", "cut short"])
def test_a_damaged_parquet_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = write_parquet(tmp_path / "train.parquet", {"text": ["x"], "category": ["a"]})
    content = path.read_bytes()
    write(path, {"empty": b"", "another kind": HEADER.encode(), "cut short": content[:-20]}[damage])
    error = refusal(path)
    assert (error.expected, error.where) == ("a Parquet file", str(path))
    assert error.found


# Classes


def test_a_single_class_is_refused_by_name(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "train.csv", rows_of(voirie=5))
    error = split_refusal(path)
    assert (error.expected, error.found, error.where) == ("at least two classes", "only 'voirie'", str(path))
    assert "--target" in error.remedy


def test_a_class_with_one_sample_cannot_be_split(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "train.csv", rows_of(voirie=5, tri=1))
    error = split_refusal(path)
    assert error.expected == "at least 3 samples of each class: 2 to learn from, 1 for the test"
    assert (error.found, error.where) == ("1 with fewer: 'tri' (1)", f"{path}, sample row-6")


def test_a_class_with_one_training_sample_cannot_be_learnt(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "train.csv", rows_of(voirie=5, tri=1, eau=1))
    error = split_refusal(path, write_csv(tmp_path / "test.csv", [("autre", "tri")]))
    assert error.expected == "at least 2 samples of each class to learn from"
    assert (error.found, error.where) == ("2 with fewer: 'eau' (1), 'tri' (1)", f"{path}, sample row-7")


def test_two_samples_of_a_class_are_enough_beside_a_test_file_and_too_few_to_draw_one_from(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "train.csv", rows_of(voirie=5, tri=2))
    assert split_refusal(path).found == "1 with fewer: 'tri' (2)"
    split = read_split(path, COLUMNS, test=write_csv(tmp_path / "test.csv", [("autre", "tri")]))
    assert (len(split.train), len(split.test), split.notices) == (7, 1, ())


def test_classes_of_the_test_that_cannot_be_learnt_are_noticed(tmp_path: Path) -> None:
    train = write_csv(tmp_path / "train.csv", rows_of(voirie=2, tri=2))
    test = write_csv(tmp_path / "test.csv", [("x", "voirie"), ("y", "eau"), ("z", "bruit"), ("w", "eau")])
    (notice,) = read_split(train, COLUMNS, test=test).notices
    assert notice == "2 classes of the test have no training sample, so no candidate can find them: bruit, eau"


# Texts on both sides


@pytest.fixture
def overlapping(tmp_path: Path) -> tuple[Path, Path]:
    train = write_csv(tmp_path / "train.csv", labelled())
    return train, write_csv(tmp_path / "test.csv", [("Autre chose", "a"), (BIN[0], "a"), (LAMP[2], "b")])


def test_texts_that_are_learnt_and_measured_on_are_counted_and_named(overlapping: tuple[Path, Path]) -> None:
    train, test = overlapping
    error = split_refusal(train, test)
    # The messages are written in turn: BIN[0] is the second, LAMP[2] the fifth.
    both = "2 texts of the test are in the training samples too (training = test): row-2 = row-2; row-5 = row-3"
    assert (error.found, error.where) == (both, f"{train} and {test}")
    assert "--allow-overlap" in error.remedy


def test_an_overlap_that_is_allowed_is_noticed(overlapping: tuple[Path, Path]) -> None:
    train, test = overlapping
    split = read_split(train, COLUMNS, test=test, allow_overlap=True)
    assert (len(split.train), len(split.test), split.overlap) == (20, 3, 2)
    # Neither label is the one that was learnt.
    assert split.relabelled == 2
    assert split.notices[0].startswith("overlap allowed: 2 texts of the test are in the training samples too")


@pytest.mark.parametrize(
    ("learnt", "measured", "same"),
    [
        ("La rue est noire", "LA RUE EST NOIRE", True),
        ("La rue est noire", "  la rue\u00a0 est\nnoire ", True),
        ("École", "éCOLE", True),
        ("la grand-rue", "la grand rue", False),
        ("du blé", "du ble", False),
        ("Larue", "La rue", False),
    ],
)
def test_case_and_white_space_do_not_make_another_text(tmp_path: Path, learnt: str, measured: str, *, same: bool) -> None:
    train = write_csv(tmp_path / "train.csv", [(learnt, "voirie"), *rows_of(voirie=1, tri=2)])
    test = write_csv(tmp_path / "test.csv", [(measured, "voirie")])
    if same:
        assert split_refusal(train, test).found.startswith("1 texts of the test")
    else:
        assert read_split(train, COLUMNS, test=test).notices == ()


def test_a_long_overlap_is_counted_whole_and_named_in_part(tmp_path: Path) -> None:
    rows = labelled()
    error = split_refusal(write_csv(tmp_path / "train.csv", rows), write_csv(tmp_path / "test.csv", rows[:12]))
    assert error.found.startswith("12 texts")
    assert error.found.endswith("row-10 = row-10; ...")


# The split


def test_a_file_alone_is_split_by_class_and_says_so(tmp_path: Path) -> None:
    split = read_split(write_csv(tmp_path / "train.csv", rows_of(voirie=20, tri=10, eau=3)), COLUMNS, test=None)
    assert Counter(split.test.targets) == {"voirie": 6, "tri": 3, "eau": 1}
    assert Counter(split.train.targets) == {"voirie": 14, "tri": 7, "eau": 2}
    assert split.notices == ("no test file: 10 of 33 samples, drawn by class, are kept for the test",)


def test_the_same_file_is_always_split_the_same_way(requests_csv: Path) -> None:
    first, again = (read_split(requests_csv, COLUMNS, test=None) for _ in range(2))
    assert first == again
    assert read_split(requests_csv, COLUMNS, test=None, seed=1).test.ids != first.test.ids


@settings(deadline=None)
# Shares of the whole, where the rare classes are many, would leave some of them without a test sample.
@example(counts=[*[3] * 20, 40], seed=0)
@given(counts=st.lists(st.integers(3, 60), min_size=2, max_size=30), seed=st.integers(0, 2**32 - 1))
def test_every_sample_is_on_one_side_and_every_class_on_both(counts: list[int], seed: int) -> None:
    targets = [str(label) for label, count in enumerate(counts) for _ in range(count)]
    ids = [f"{number:05}" for number in range(len(targets))]
    split = stratified_split(Samples(ids, ids, targets), where="", seed=seed)
    assert sorted([*split.train.ids, *split.test.ids]) == ids
    assert set(split.train.targets) == set(split.test.targets) == set(targets)
    assert min(Counter(split.train.targets).values()) >= 2


def test_a_text_that_is_repeated_is_drawn_as_one(tmp_path: Path) -> None:
    rows = rows_of(voirie=10, tri=10)
    repeated = [(text.upper(), label) for text, label in rows[:8]] * 2 + [("voirie 9", "tri")]
    path = write_csv(tmp_path / "train.csv", [*rows, *repeated])
    for seed in range(20):
        split = read_split(path, COLUMNS, test=None, seed=seed)
        learnt, measured = ({text.lower() for text in side.inputs} for side in (split.train, split.test))
        assert not learnt & measured
        assert (len(learnt), len(measured), len(split.train) + len(split.test)) == (14, 6, 37)
        assert split.notices[1:] == ("17 samples repeat the text of another, 1 with another label: a text is on one side only",)
        assert (split.overlap, split.relabelled) == (0, 1)


def test_a_class_of_too_few_texts_cannot_be_split_however_often_they_are_repeated(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "train.csv", [*rows_of(voirie=5), *rows_of(tri=2) * 4])
    error = split_refusal(path)
    assert (error.found, error.where) == ("1 with fewer: 'tri' (2)", f"{path}, sample row-6")
    assert "a repeated text counts once" in error.remedy


def test_a_class_whose_texts_are_all_another_classs_is_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "train.csv", [(f"text {number}", label) for number in range(4) for label in ("voirie", "tri")])
    assert split_refusal(path).found == "1 with fewer: 'tri' (0)"


def test_a_declared_split_is_followed(tmp_path: Path) -> None:
    rows = [
        ("a", "x", "test"),
        ("b", "x", "train"),
        ("c", "y", "train"),
        ("d", "x", "train"),
        ("e", "y", "test"),
        ("f", "y", "train"),
    ]
    split = read_split(write_csv(tmp_path / "train.csv", rows, header=("text", "category", "split")), COLUMNS, test=None)
    assert (split.train.inputs, split.test.inputs) == (["b", "c", "d", "f"], ["a", "e"])
    assert (split.train.ids, split.test.ids) == (["row-2", "row-3", "row-4", "row-6"], ["row-1", "row-5"])
    assert split.notices == ()


def test_a_test_file_goes_before_a_declared_split(tmp_path: Path) -> None:
    rows = [("a", "x", "test"), ("b", "x", "test"), ("c", "y", "train"), ("d", "y", "train")]
    train = write_csv(tmp_path / "train.csv", rows, header=("text", "category", "split"))
    split = read_split(train, COLUMNS, test=write_csv(tmp_path / "test.csv", [("e", "x")]))
    assert (split.train.inputs, split.test.inputs) == (["a", "b", "c", "d"], ["e"])


@pytest.mark.parametrize("side", ["Train", "validation", "", "train "])
def test_another_word_for_a_side_is_refused(tmp_path: Path, side: str) -> None:
    path = write_csv(tmp_path / "train.csv", [("a", "x", "train"), ("b", "x", side)], header=("text", "category", "split"))
    error = split_refusal(path)
    assert (error.expected, error.found) == ("train or test", repr(side))
    assert error.where == f"{path}, line 3, column 'split'"


@pytest.mark.parametrize(("side", "found"), [({"split": None}, "None"), ({"split": ["train"]}, "['train']"), ({}, "None")])
def test_a_json_row_without_a_side_is_refused_where_others_have_one(tmp_path: Path, side: dict[str, Any], found: str) -> None:
    rows = [{"text": "a", "category": "x", "split": "train"}, {"text": "b", "category": "x", **side}]
    path = write_jsonl(tmp_path / "train.jsonl", rows)
    error = split_refusal(path)
    assert (error.found, error.where) == (found, f"{path}, line 2, column 'split'")


@pytest.mark.parametrize(("marked", "lacking"), [("train", "test"), ("test", "train")])
def test_a_declared_split_needs_both_sides(tmp_path: Path, marked: str, lacking: str) -> None:
    path = write_csv(tmp_path / "train.csv", [("a", "x", marked), ("b", "y", marked)], header=("text", "category", "split"))
    error = split_refusal(path)
    assert (error.expected, error.where) == (f"rows marked {lacking}", f"{path}, column 'split'")


def test_the_hash_of_samples_changes_with_any_of_them() -> None:
    train, test = Samples(["1", "2"], ["a", "b"], ["x", "y"]), Samples(["3"], ["c"], ["x"])
    splits = [
        Split(train, test),
        Split(test, train),
        Split(train, Samples(["3"], ["C"], ["x"])),
        Split(train, Samples(["3"], ["c"], ["y"])),
        Split(train, Samples(["4"], ["c"], ["x"])),
    ]
    assert len({content_sha256(split) for split in splits}) == 5
    assert content_sha256(Split(train, test, ("a notice",))) == content_sha256(splits[0])


# Data sets of a hub, as `datasets` reads them from a folder


def hub_refusal(name: str | Path) -> DataError:
    with pytest.raises(DataError) as caught:
        hub_split(str(name), COLUMNS)
    return caught.value


def test_a_hub_data_set_brings_its_own_test(hub: Path) -> None:
    write_csv(hub / "train.csv", rows_of(voirie=2, tri=2))
    write_csv(hub / "test.csv", [("x", "tri")])
    split = hub_split(str(hub), COLUMNS)
    assert split.train.inputs == ["voirie 0", "voirie 1", "tri 0", "tri 1"]
    assert split.test == Samples(["row-1"], ["x"], ["tri"], {})
    assert split.notices == ()


def test_a_hub_data_set_without_a_test_is_split_by_class(hub: Path) -> None:
    write_jsonl(hub / "requests.jsonl", [{"text": text, "category": label} for text, label in rows_of(voirie=10, tri=10)])
    split = hub_split(str(hub), COLUMNS)
    assert Counter(split.test.targets) == {"voirie": 3, "tri": 3}
    assert split.notices == ("no test file: 6 of 20 samples, drawn by class, are kept for the test",)


def test_a_hub_data_set_with_a_class_too_rare_to_split_is_refused(hub: Path) -> None:
    write_csv(hub / "train.csv", rows_of(voirie=5, tri=1))
    error = hub_refusal(hub)
    assert (error.found, error.where) == ("1 with fewer: 'tri' (1)", f"hf:{hub}, sample row-6")


def test_a_hub_data_set_with_texts_on_both_sides_is_refused(hub: Path) -> None:
    write_csv(hub / "train.csv", rows_of(voirie=2, tri=2))
    write_csv(hub / "test.csv", [("VOIRIE 1", "voirie")])
    error = hub_refusal(hub)
    assert (error.found.split(" of ")[0], error.where) == ("1 texts", f"hf:{hub}, train and hf:{hub}, test")
    allowed = hub_split(str(hub), COLUMNS, allow_overlap=True)
    assert (allowed.overlap, allowed.relabelled) == (1, 0)
    assert allowed.notices[0].startswith("overlap allowed: 1 texts")


def test_a_hub_data_set_may_have_the_tasks_slices(hub: Path) -> None:
    rows = [(text, label, label) for text, label in rows_of(voirie=2, tri=2)]
    write_csv(hub / "train.csv", rows, header=("text", "category", "channel"))
    write_csv(hub / "test.csv", [("x", "tri", "guichet"), ("y", "tri", "")], header=("text", "category", "channel"))
    assert hub_split(str(hub), OPTIONAL).test.slices == {"channel": ["guichet", ""]}


def write_class_labels(path: Path, texts: Sequence[str], labels: Sequence[int | None]) -> None:
    from datasets import ClassLabel, Dataset, Features, Value

    features = Features({"text": Value("string"), "category": ClassLabel(names=["voirie", "tri"])})
    Dataset.from_dict({"text": list(texts), "category": list(labels)}, features=features).to_parquet(str(path))


def test_numbered_classes_of_a_hub_are_called_by_their_names(hub: Path) -> None:
    write_class_labels(hub / "train.parquet", "abcd", [0, 1, 1, 0])
    write_class_labels(hub / "test.parquet", "ef", [1, 0])
    split = hub_split(str(hub), COLUMNS)
    assert (split.train.targets, split.test.targets) == (["voirie", "tri", "tri", "voirie"], ["tri", "voirie"])


@pytest.mark.parametrize("hidden", [-1, None])
def test_a_hub_answer_that_is_not_told_is_an_empty_cell(hub: Path, hidden: int | None) -> None:
    write_class_labels(hub / "train.parquet", "abcd", [0, 1, 1, 0])
    write_class_labels(hub / "test.parquet", "ef", [1, hidden])
    error = hub_refusal(hub)
    assert (error.found, error.where) == ("an empty cell", f"hf:{hub}, test, line 2, column 'category'")


def test_a_hub_data_set_without_training_samples_is_refused(hub: Path) -> None:
    write_csv(hub / "test.csv", rows_of(voirie=2, tri=2))
    error = hub_refusal(hub)
    assert (error.expected, error.found, error.where) == ("a split called train", "test", f"hf:{hub}")


def test_a_hub_data_set_with_other_columns_lists_them(hub: Path) -> None:
    write_csv(hub / "train.csv", [("x", "a")], header=("message", "service"))
    error = hub_refusal(hub)
    assert (error.found, error.where) == ("the columns 'message', 'service'", f"hf:{hub}, train")


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("name", ["no-such-city/requests", "no-such-data-set"])
def test_a_hub_data_set_that_cannot_be_had_is_a_users_error(name: str) -> None:
    error = hub_refusal(name)
    assert (error.expected, error.where) == ("a data set that can be loaded", f"hf:{name}")
    assert "network" in error.remedy


def test_a_folder_that_does_not_exist_is_a_users_error(hub: Path) -> None:
    assert hub_refusal(hub / "gone").where == f"hf:{hub}/gone"


@pytest.mark.usefixtures("hub")
def test_a_hub_error_without_words_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("datasets.load_dataset", fail)
    assert "TimeoutError" in hub_refusal("city/requests").found


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(("name", "revision"), [("city/requests", None), ("city/requests@5f3c", "5f3c")])
def test_the_revision_of_a_hub_data_set_is_pinned_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, revision: str | None
) -> None:
    asked: list[tuple[str, str | None]] = []

    def note(path: str, *, revision: str | None) -> dict[str, Any]:
        asked.append((path, revision))
        return {}

    monkeypatch.setattr("datasets.load_dataset", note)
    hub_refusal(name)
    assert asked == [("city/requests", revision)]


def test_a_column_that_stands_twice_in_the_header_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "twice.csv"
    file.write_text("text,category,text\na,b,c\n", encoding="utf-8")
    with pytest.raises(DataError, match="2 columns 'text'"):
        read_rows(file, Columns("text", "category"))


# Answers that are texts


TEXTS = Columns("text", "summary", further_targets=("second",), marks=("facts",), texts=True)
TEXTS_HEADER = ("text", "summary", "second", "facts")
PAIR = Columns("text", "summary", texts=True)


def test_all_columns_of_right_answers_are_read(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "notes.csv", [("x", " a ", "b", "f"), ("y", "c", "d", "")], header=TEXTS_HEADER)
    samples = read_samples(path, TEXTS)
    assert (samples.targets, samples.further_targets, samples.marks) == (["a", "c"], (["b", "d"],), {"facts": ["f", ""]})
    assert [(each.targets, each.marks) for each in samples] == [(("a", "b"), {"facts": "f"}), (("c", "d"), {"facts": ""})]


def test_a_column_of_right_answers_that_is_missing_is_missed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "notes.csv", [("x", "a")], header=("text", "summary"))
    assert refusal(path, TEXTS).expected == "a column 'second'"


def nothing_of(kind: str) -> Any:
    """An empty cell."""
    return {"csv": " ", "jsonl": None, "parquet": None}[kind]


def write_notes(path: Path, rows: Sequence[Sequence[Any]], header: Sequence[str] = TEXTS_HEADER) -> Path:
    if path.suffix == ".csv":
        return write_csv(path, rows, header)
    if path.suffix == ".jsonl":
        return write_jsonl(path, [dict(zip(header, row, strict=True)) for row in rows])
    return write_parquet(path, dict(zip(header, map(list, zip(*rows, strict=True)), strict=True)))


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_one_of_two_right_answers_may_be_missing_and_both_where_there_is_a_mark(tmp_path: Path, kind: str) -> None:
    gap = nothing_of(kind)
    rows = [("x", "a", gap, gap), ("y", gap, "b", gap), ("z", gap, gap, "f")]
    samples = read_samples(write_notes(tmp_path / f"notes.{kind}", rows), TEXTS)
    assert [each.targets for each in samples] == [("a",), ("b",), ()]
    assert samples.marks == {"facts": ["", "", "f"]}


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_text_with_neither_answer_nor_mark_is_named_by_line_and_column(tmp_path: Path, kind: str) -> None:
    gap = nothing_of(kind)
    path = write_notes(tmp_path / f"notes.{kind}", [("x", "a", "b", "f"), ("y", gap, gap, gap)])
    error = refusal(path, TEXTS)
    line = 3 if kind == "csv" else 2
    assert (error.found, error.where) == ("an empty cell", f"{path}, line {line}, column 'summary'")


def test_a_file_may_lack_the_marks_and_then_needs_an_answer_a_row(tmp_path: Path) -> None:
    header = ("text", "summary", "second")
    assert read_samples(write_csv(tmp_path / "a.csv", [("x", "", "b")], header), TEXTS).marks == {}
    assert refusal(write_csv(tmp_path / "b.csv", [("x", "", "")], header), TEXTS).found == "an empty cell"


def test_a_mark_that_stands_twice_in_the_header_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "notes.csv", [("x", "a", "b", "f", "g")], header=(*TEXTS_HEADER, "facts"))
    assert refusal(path, TEXTS).found == "2 columns 'facts'"


@pytest.mark.parametrize("column", ["summary", "second", "facts"])
def test_an_answer_or_a_mark_is_a_text_or_nothing(tmp_path: Path, column: str) -> None:
    row = {"text": "x", "summary": "a", "second": "b", "facts": "f", column: ["a"]}
    path = write_jsonl(tmp_path / "notes.jsonl", [row])
    error = refusal(path, TEXTS)
    assert (error.found, error.where) == ("a list", f"{path}, line 1, column {column!r}")


def test_a_label_is_never_missing_whatever_is_marked(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "train.csv", [("x", "", "f")], header=("text", "category", "facts"))
    error = refusal(path, Columns("text", "category", marks=("facts",)))
    assert (error.found, error.where) == ("an empty cell", f"{path}, line 2, column 'category'")


def test_a_text_itself_is_never_missing(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "notes.csv", [("", "a", "b", "f")], header=TEXTS_HEADER)
    assert refusal(path, TEXTS).where == f"{path}, line 2, column 'text'"


def test_a_document_may_be_ten_times_as_long_as_what_has_a_label(tmp_path: Path) -> None:
    path, pages = tmp_path / "notes.csv", "p" * 10_000_000
    assert read_samples(write_csv(path, [(pages, "a", "", "")], TEXTS_HEADER), TEXTS).inputs == [pages]
    error = refusal(write_csv(path, [(f"{pages}p", "a", "", "")], TEXTS_HEADER), TEXTS)
    assert (error.expected, error.found) == ("a text of at most 10 000 000 characters", "10 000 001 characters")
    assert error.where == f"{path}, line 2, column 'text'"


@pytest.mark.parametrize("column", [1, 2, 3])
def test_an_answer_or_a_mark_is_no_longer_than_any_cell(tmp_path: Path, column: int) -> None:
    row = ["x", "a", "b", "f"]
    row[column] = "y" * 1_000_001
    path = write_csv(tmp_path / "notes.csv", [row], TEXTS_HEADER)
    error = refusal(path, TEXTS)
    assert (error.expected, error.where) == (
        "a text of at most 1 000 000 characters",
        f"{path}, line 2, column {TEXTS_HEADER[column]!r}",
    )


def test_further_answers_and_marks_go_with_their_samples() -> None:
    samples = Samples(["1", "2", "3"], ["x", "y", "z"], ["a", "b", "c"], {}, [["d", "e", "f"]], {"facts": ["g", "h", "i"]})
    assert samples.subset([2, 0]) == Samples(["3", "1"], ["z", "x"], ["c", "a"], {}, (["f", "d"],), {"facts": ["i", "g"]})


def test_the_hash_of_samples_changes_with_further_answers_and_marks() -> None:
    def split(second: str = "b", facts: str = "f") -> Split:
        side = Samples(["1"], ["x"], ["a"], {}, [[second]], {"facts": [facts]})
        return Split(side, Samples(["2"], ["y"], ["c"], {}, [["d"]], {"facts": [""]}))

    found = {content_sha256(each) for each in (split(), split(second=""), split(facts="g"))}
    assert len(found) == 3
    assert content_sha256(split()) in found


# Texts that are a line each


def pair_of(folder: Path, texts: str | bytes, *answers: str | bytes) -> tuple[Path, Columns]:
    """A file of texts, and the columns by which the files of its answers are read."""
    names = [str(write(folder / f"answers-{number}.txt", content)) for number, content in enumerate(answers)]
    return write(folder / "texts.txt", texts), Columns("text", names[0], further_targets=tuple(names[1:]), texts=True)


def test_line_by_line_texts_belong_to_answers(tmp_path: Path) -> None:
    path, columns = pair_of(tmp_path, "un\ndeux, trois\n", "a\nb\n", "c\n\n")
    samples = read_samples(path, columns)
    assert (samples.ids, samples.inputs) == (["row-1", "row-2"], ["un", "deux, trois"])
    assert [each.targets for each in samples] == [("a", "c"), ("b",)]


@pytest.mark.parametrize("texts", ["un\ndeux\n", "un\ndeux", "un\r\ndeux\r\n", "un\r\ndeux", b"\xef\xbb\xbfun\ndeux\n"])
@pytest.mark.parametrize("answers", ["a\nb\n", "a\r\nb", b"\xef\xbb\xbfa\nb"])
def test_how_lines_end_makes_no_difference(tmp_path: Path, texts: str | bytes, answers: str | bytes) -> None:
    path, columns = pair_of(tmp_path, texts, answers)
    samples = read_samples(path, columns)
    assert (samples.inputs, samples.targets) == (["un", "deux"], ["a", "b"])


@pytest.mark.parametrize("sign", ["\u2028", "\x0c", "\x1c", "\x85", "\x0b"])
def test_only_a_line_feed_ends_a_line(tmp_path: Path, sign: str) -> None:
    path, columns = pair_of(tmp_path, f"un{sign}deux\ntrois\n", "a\nb\n")
    assert read_samples(path, columns).inputs == [f"un{sign}deux", "trois"]


@pytest.mark.parametrize(("answers", "lines"), [("a\n", 1), ("a\nb\nc\n", 3), ("a\nb\n\n", 3), ("", 0)])
def test_another_number_of_answers_than_texts_is_refused_by_their_file(tmp_path: Path, answers: str, lines: int) -> None:
    path, columns = pair_of(tmp_path, "un\ndeux\n", "c\nd\n", answers)
    error = refusal(path, columns)
    assert error.expected == "an answer a line, as many as texts.txt has texts: 2"
    assert (error.found, error.where) == (f"{lines} lines", str(tmp_path / "answers-1.txt"))


def test_a_line_without_a_text_or_without_an_answer_is_named(tmp_path: Path) -> None:
    path, columns = pair_of(tmp_path, "un\n\ntrois\n", "a\nb\nc\n")
    assert refusal(path, columns).where == f"{path}, line 2, column 'text'"
    path, columns = pair_of(tmp_path, "un\ndeux\n", "a\n \n")
    error = refusal(path, columns)
    assert (error.found, error.where) == ("an empty cell", f"{path}, line 2, column {columns.target!r}")


def test_a_missing_file_of_answers_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "texts.txt", "un\ndeux\n")
    error = refusal(path, Columns("text", str(tmp_path / "gone.txt"), texts=True))
    assert (error.found, error.where) == ("no such file", str(tmp_path / "gone.txt"))
    assert "--target" in error.remedy
    assert refusal(path, Columns("text", str(tmp_path), texts=True)).found == "a folder"


def test_a_missing_file_of_texts_is_named(tmp_path: Path) -> None:
    _, columns = pair_of(tmp_path, "un\n", "a\n")
    error = refusal(tmp_path / "gone.txt", columns)
    assert (error.found, error.where) == ("no such file", str(tmp_path / "gone.txt"))


def test_answers_in_another_encoding_are_recognised_and_then_read(tmp_path: Path) -> None:
    path, columns = pair_of(tmp_path, "été\nhiver\n".encode("cp1252"), "fermée\nà côté\n".encode("cp1252"))
    assert refusal(path, columns).remedy.startswith("add --encoding cp1252,")
    assert read_samples(path, columns, "cp1252").targets == ["fermée", "à côté"]
    write(path, "été\nhiver\n")
    assert refusal(path, columns).where == f"{columns.target}, line 1"


def test_a_text_a_line_is_offered_to_tasks_of_texts_alone(tmp_path: Path) -> None:
    known = "a .csv, .tsv, .jsonl or .parquet file"
    error = refusal(write(tmp_path / "texts.txt", "un\n"))
    assert (error.expected, error.found) == (known, ".txt ending")
    assert refusal(write(tmp_path / "texts.docx", "un\n"), PAIR).expected == f"{known}, or a .txt file with a text a line"


# A split by chance


def notes(number: int, *more: str) -> Samples:
    """So many different texts, and some more."""
    texts = [*(f"note {place}" for place in range(number)), *more]
    return Samples([f"n{place}" for place in range(len(texts))], texts, [f"summary of {text}" for text in texts])


def test_texts_alone_are_split_by_chance_and_say_so(tmp_path: Path) -> None:
    rows = [(text, target) for text, target in zip(notes(10).inputs, notes(10).targets, strict=True)]
    split = read_split(write_csv(tmp_path / "notes.csv", rows, ("text", "summary")), PAIR, test=None)
    assert (len(split.train), len(split.test)) == (7, 3)
    assert sorted([*split.train.inputs, *split.test.inputs]) == sorted(notes(10).inputs)
    assert split.test.targets == [f"summary of {text}" for text in split.test.inputs]
    assert split.notices == ("no test file: 3 of 10 samples, drawn by chance, are kept for the test",)
    assert split.relabelled == 0


def test_the_same_texts_are_always_split_the_same_way_and_keep_their_order() -> None:
    first, again = (drawn_split(notes(40), PAIR, where="") for _ in range(2))
    assert first == again
    assert drawn_split(notes(40), PAIR, where="", seed=1).test.ids != first.test.ids
    for side in (first.train, first.test):
        assert list(side.ids) == sorted(side.ids, key=lambda sample_id: int(sample_id[1:]))


@settings(deadline=None)
@given(st.lists(st.sampled_from([f"{first} {second}" for first in "abcd" for second in "efgh"]), min_size=2), st.integers(0, 99))
def test_each_text_is_on_one_side_with_all_its_repeats_and_both_sides_have_one(texts: list[str], seed: int) -> None:
    ids = [str(place) for place in range(len(texts))]
    # Letter case and white space make no other text.
    written = [text.upper() if place % 2 else text.replace(" ", "  ") for place, text in enumerate(texts)]
    if len(set(texts)) == 1:
        return
    split = drawn_split(Samples(ids, written, ids), PAIR, where="", seed=seed)
    learnt, measured = ({texts[int(sample_id)] for sample_id in side.ids} for side in (split.train, split.test))
    assert sorted([*split.train.ids, *split.test.ids]) == sorted(ids)
    assert not learnt & measured
    assert len(measured) == max(1, round(0.3 * len(set(texts))))
    repeats = len(texts) - len(set(texts))
    assert split.notices[1:] == ((f"{repeats} samples repeat the text of another: a text is on one side only",) if repeats else ())


@pytest.mark.parametrize(("samples", "found"), [(notes(1), "1"), (notes(1, "NOTE  0", " note 0 "), "1, 3 times")])
def test_one_text_alone_cannot_be_split(samples: Samples, found: str) -> None:
    with pytest.raises(DataError) as caught:
        drawn_split(samples, PAIR, where="notes.csv")
    assert (caught.value.found, caught.value.where) == (found, "notes.csv")
    assert "--test" in caught.value.remedy


def test_texts_have_no_classes_that_could_be_too_rare_or_unlearnt(tmp_path: Path) -> None:
    train = write_csv(tmp_path / "train.csv", [("x", "a"), ("y", "a")], ("text", "summary"))
    test = write_csv(tmp_path / "test.csv", [("z", "b")], ("text", "summary"))
    split = read_split(train, PAIR, test=test)
    assert (len(split.train), len(split.test), split.notices) == (2, 1, ())


def test_texts_on_both_sides_are_refused_and_under_another_answer_not_called_relabelled(tmp_path: Path) -> None:
    train = write_csv(tmp_path / "train.csv", [("x", "a"), ("y", "b")], ("text", "summary"))
    test = write_csv(tmp_path / "test.csv", [("X", "c")], ("text", "summary"))
    with pytest.raises(DataError) as caught:
        read_split(train, PAIR, test=test)
    assert caught.value.found.startswith("1 texts of the test are in the training samples too")
    split = read_split(train, PAIR, test=test, allow_overlap=True)
    assert (split.overlap, split.relabelled) == (1, 0)


def test_a_hub_data_set_of_texts_is_split_by_chance(hub: Path) -> None:
    write_jsonl(hub / "notes.jsonl", [{"text": text, "summary": "one"} for text in notes(10).inputs])
    split = hub_split(str(hub), PAIR)
    assert split.notices == ("no test file: 3 of 10 samples, drawn by chance, are kept for the test",)

"""Tables that a spreadsheet opens: texts stay texts, numbers stay numbers, and nothing is run."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.publishing.tables import Cell, clean, csv_bytes, defused, json_bytes, written

CALC = "=cmd|' /C calc'!A0"
RIGHT_TO_LEFT = "\u202eabc\u202c \u200fمدينة"
HOSTILE = ["<script>alert(1)</script>", "a \"quoted\" 'name', with; separators", RIGHT_TO_LEFT, "x" * 300, "🌱👩🏽‍🚒", CALC]
SCHEMA = {"fields": [{"name": "name"}, {"name": "value"}]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What begins a formula.
        (CALC, f"'{CALC}"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠SUM", "'＠SUM"),
        # What a spreadsheet passes over before it.
        (" =1", "' =1"),
        ("\u00a0\u3000=1", "'\u00a0\u3000=1"),
        ('"=1"', '\'"=1"'),
        ("'=1", "''=1"),
        ("“=1”", "'“=1”"),
        ("\u200b\ufeff\u202e=1", "'\u200b\ufeff\u202e=1"),
        # What is no text in it is replaced, and hides nothing.
        ("\x00=1", "'\ufffd=1"),
        # What it drops at the beginning of a cell.
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("\t=1", "'\t'=1"),
        # Where a cell begins to a spreadsheet that separates by semicolons, or does not know our quotation marks.
        ("a;=1", "a;'=1"),
        ("a; =1", "a;' =1"),
        ("a\n=1", "a\n'=1"),
        ("a\r\n@x", "a\r\n'@x"),
        # What is none.
        ("", ""),
        ("a=1", "a=1"),
        ("tfidf-logreg", "tfidf-logreg"),
        ("a - b", "a - b"),
        ("quality; class_recall", "quality; class_recall"),
        ("l'été", "l'été"),
        ("1 000 requests", "1 000 requests"),
        ("65:ce70", "65:ce70"),
    ],
)
def test_a_text_that_a_spreadsheet_would_run_has_an_apostrophe_before_it(text: str, expected: str) -> None:
    assert defused(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-0.5, "-0.5"),
        (-3, "-3"),
        (1e-7, "1e-07"),
        (0.1 + 0.2, "0.30000000000000004"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        (math.nan, ""),
        (math.inf, ""),
        ("-0.5", "'-0.5"),
        (dt.date(2026, 11, 29), "2026-11-29"),
        (dt.datetime(2026, 11, 29, 6, 5, 59, 900_000, tzinfo=dt.timezone(dt.timedelta(hours=1))), "2026-11-29T05:05:59Z"),
    ],
)
def test_a_cell_is_written_so_that_its_type_reads_it(value: Cell, expected: str) -> None:
    assert written(value) == expected


@pytest.mark.parametrize("text", HOSTILE)
def test_what_users_call_things_is_read_back_as_it_was(text: str) -> None:
    (_, row) = csv.reader(io.StringIO(csv_bytes(SCHEMA, [{"name": text, "value": -1}]).decode(), newline=""))
    assert row == [f"'{text}" if text == CALC else text, "-1"]
    assert json.loads(json_bytes({"name": text, text: [text]})) == {"name": text, text: [text]}


@given(st.text(st.characters(codec=None)), st.floats())
def test_whatever_the_text_a_row_has_its_cells_and_none_is_run(text: str, value: float) -> None:
    table = csv_bytes(SCHEMA, [{"name": text, "value": value}]).decode()
    (header, row) = csv.reader(io.StringIO(table, newline=""))
    assert header == ["name", "value"]
    name, number = row
    assert name == defused(text)
    assert not number or float(number) == value
    # By any separator, a cell that has an = or @ at its beginning has an apostrophe before it.
    for cell in re.split("[;\t\r\n]", name):
        assert not re.match(r"[\s\"]*[=+\-@＝＋－＠]", cell)
    assert json.loads(json_bytes({"text": text}))["text"] == clean(text)


def test_a_table_is_what_rfc_4180_says() -> None:
    rows: list[dict[str, Cell]] = [{"name": 'a "b"', "value": 1}, {"name": "c,d"}, {"value": 2.5}]
    assert csv_bytes(SCHEMA, rows) == b'name,value\r\n"a ""b""",1\r\n"c,d",\r\n,2.5\r\n'


def test_a_row_with_something_that_is_no_column_is_a_defect() -> None:
    with pytest.raises(ValueError, match="other"):
        csv_bytes(SCHEMA, [{"other": 1}])


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\x7f", "\x9b", "\ud83d", "\ufffe"])
def test_what_no_file_can_hold_is_replaced(letter: str) -> None:
    assert clean(f"a{letter}b") == "a\ufffdb"
    assert csv_bytes(SCHEMA, [{"name": f"a{letter}b"}]) == "name,value\r\na\ufffdb,\r\n".encode()
    assert json.loads(json_bytes([f"a{letter}b"])) == ["a\ufffdb"]


def test_json_has_no_word_for_what_is_no_number() -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_bytes({"score": math.nan})

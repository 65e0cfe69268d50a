"""Tables and JSON that others can use, and no cell that a spreadsheet would run. What stands in them is for others to say.

CSV as RFC 4180 has it, in UTF-8. Numbers are written with all their digits; what is no finite number is an empty cell.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Cell = str | int | float | bool | dt.date | None
Json = dict[str, Any]

SCHEMAS = Path(__file__).parent

# What no file may hold as text: what drives a terminal, half characters, and what Unicode keeps for programs. Tabs and line ends
# are text, a carriage return among them: CSV has it within cells. For pages see `pages.NO_TEXT`.
NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# What a spreadsheet takes for the beginning of a formula, full-width forms included (OWASP, CSV injection).
FORMULA = "=+\\-@＝＋－＠"
# What may stand before it and be passed over: blanks, quotation marks, apostrophes of typewriters and accents, what has no width.
PASSED_OVER = r"\"'`´“”‘’«»\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd"
# A cell begins at the beginning of its text; and to a spreadsheet that separates by semicolons, as French ones do, or that does not
# know our quotation marks, also within it.
BEGINNING = r"(\A|[;\t\r\n])"
RUN = re.compile(rf"{BEGINNING}((?:[^\S\t\r\n]|[{PASSED_OVER}])*[{FORMULA}])")
# Spreadsheets drop these at the beginning of a cell, and then run what follows.
DROPPED = ("\t", "\r", "\n")


def clean(text: str) -> str:
    r"""A text that any file can hold: what is no text in it is replaced by the sign for that.

    >>> clean("a\x00b"), clean("a\ud83d")
    ('a\ufffdb', 'a\ufffd')
    """
    return NO_TEXT.sub("\ufffd", text)


def defused(text: str) -> str:
    """A text that no spreadsheet runs: an apostrophe stands before what would begin a formula.

    >>> defused("=1+1"), defused("keywords"), defused("a - b")
    ("'=1+1", 'keywords', 'a - b')
    """
    found = RUN.sub(r"\1'\2", clean(text))
    return f"'{found}" if found.startswith(DROPPED) else found


def written(value: Cell) -> str:
    """A cell as the file has it.

    >>> written(-0.5), written(True), written(float("nan")), written(None), written("-0.5")
    ('-0.5', 'true', '', '', "'-0.5")
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return defused(value) if isinstance(value, str) else str(value)


def read_schema(name: str) -> Json:
    """The Table Schema of a table of ours."""
    schema: Json = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    return schema


def csv_bytes(schema: Json, rows: Iterable[Mapping[str, Cell]]) -> bytes:
    """A table.

    Args:
        schema: of the table, whose fields are its columns.
        rows: by column; what a row does not have is an empty cell.

    Raises:
        ValueError: a row has something that is no column.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [column["name"] for column in schema["fields"]], lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: written(value) for name, value in row.items()})
    return text.getvalue().encode()


def json_bytes(content: Any) -> bytes:
    """JSON for people to read as well, always written in the same way; texts are texts, whatever is in them."""
    return (json.dumps(_plain(content), ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def _plain(content: Any) -> Any:
    if isinstance(content, str):
        return clean(content)
    if isinstance(content, Mapping):
        return {clean(name): _plain(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    return content

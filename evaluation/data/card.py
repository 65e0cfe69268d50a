"""Data cards: what a data file is, under which licence, and whether it holds personal data."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from evaluation.exceptions import DataError
from evaluation.home import home_path

PersonalData = Literal["no", "yes", "undeclared"]


class Card(BaseModel):
    """What is declared about a data file. `undeclared` personal data keeps every verdict on it from being GO.

    Attributes:
        licence: under which the data may be used; `undeclared` where nobody said.
        contains_personal_data: as the GDPR means it.
        dpia: reference of the data protection impact assessment.
        expires: after this day personal data may not be used any more.
        sha256: of the file that the card speaks of.
        file: that file's name; it tells the cards of `train.csv` and `train.parquet` apart.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    licence: str = "undeclared"
    contains_personal_data: PersonalData = "undeclared"
    sha256: str
    file: str | None = None
    origin: str = "undeclared"
    language: str = "undeclared"
    dpia: str | None = None
    expires: dt.date | None = None
    purpose: str | None = None
    legal_basis: str | None = None
    how_written: str | None = None

    @property
    def declares_nothing(self) -> bool:
        """Whether all that it holds was written without anybody's declaring anything."""
        return self == Card(sha256=self.sha256, file=self.file, origin=self.origin)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def card_path(data: Path) -> Path:
    """Where the card of a data file lies: `train.card.toml` beside `train.csv`, else a `card.toml` for the folder."""
    own = own_card_path(data)
    shared = data.with_name("card.toml")
    return shared if shared.exists() and not own.exists() else own


def own_card_path(data: Path) -> Path:
    """`train.card.toml`; `train.parquet.card.toml` where the first is the card of a `train.csv` beside it."""
    short, long = (data.with_name(f"{name}.card.toml") for name in (data.stem, data.name))
    return long if long.exists() or _is_of_another(short, data) else short


def _is_of_another(card: Path, data: Path) -> bool:
    """Whether a card names another file that is there. One that cannot be read names none: `read_card` says what is wrong."""
    try:
        named = tomllib.loads(card.read_text(encoding="utf-8")).get("file")
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False
    # A file may have been renamed together with its card: what counts is whose card it is by its name, too.
    return any(other.name == named != data.name and other.stem == data.stem for other in data.parent.iterdir())


def read_card(path: Path) -> Card:
    """Read and check a card.

    Raises:
        DataError: it is not a card; the field is named.
    """
    try:
        return Card.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(
            expected="a card in TOML",
            found=str(error),
            where=str(path),
            remedy="mend that line, or delete the card and declare the data with --licence and --personal-data",
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            expected=f"a card with the fields {', '.join(Card.model_fields)}",
            found=first["msg"],
            where=f"{path}, {'.'.join(str(part) for part in first['loc'])}",
            remedy="mend that field, or delete the card and declare the data with --licence and --personal-data",
        ) from error


def check_card(card: Card, *, data: Path | str, sha256: str, today: dt.date) -> None:
    """Make sure that the data may be used today.

    Raises:
        DataError: the file is not the one the card speaks of, or it holds personal data without a DPIA reference and
            an expiry date to come.
    """
    if card.sha256 != sha256:
        raise DataError(
            expected=f"the file that its card describes (SHA-256 {card.sha256[:12]})",
            found=f"another content (SHA-256 {sha256[:12]})",
            where=str(data),
            remedy="declare it again with --licence and --personal-data, or put the described file back",
        )
    if card.contains_personal_data != "yes":
        return
    # A blank reference is none: it is what an unset variable leaves in a script.
    dpia = (card.dpia or "").strip()
    if not dpia or card.expires is None:
        missing = " and ".join(name for name, value in (("--dpia", dpia), ("--expires", card.expires)) if not value)
        raise DataError(
            expected="for personal data, the reference of its impact assessment and the day it expires",
            found=f"no {missing}",
            where=str(data),
            remedy="add --dpia REFERENCE --expires YYYY-MM-DD, or use data without personal data",
        )
    if card.expires < today:
        raise DataError(
            expected="personal data that has not expired",
            found=f"expired on {card.expires.isoformat()}",
            where=str(data),
            remedy="delete the file, or have the period extended and declare it with --expires",
        )


def card_text(card: Card) -> str:
    """The card as TOML, one field a line, in the order of the class."""
    lines = []
    for name in Card.model_fields:
        value = getattr(card, name)
        if value is not None:
            lines.append(f"{name} = {value.isoformat() if isinstance(value, dt.date) else _toml_string(value)}")
    return "\n".join(lines) + "\n"


def write_card(card: Card, data: Path) -> Path:
    """Write the card beside its file; where that folder is read-only, into the home, under the file's hash."""
    path = own_card_path(data)
    try:
        path.write_text(card_text(card), encoding="utf-8")
    except OSError:
        path = home_card_path(card.sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(card_text(card), encoding="utf-8")
    return path


def home_card_path(sha256: str) -> Path:
    """Where the home keeps the card of data that has no folder of its own to write to."""
    return home_path() / "cards" / f"{sha256}.card.toml"


def _toml_string(value: str) -> str:
    """A TOML basic string: its escapes are those of JSON."""
    import json

    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

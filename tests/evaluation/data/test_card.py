"""Data cards: what is declared is read back as it was, and data that may not be used is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.data.card import Card, card_path, card_text, check_card, file_sha256, home_card_path, read_card, write_card
from evaluation.exceptions import DataError

TODAY = dt.date(2026, 6, 15)
TEXTS = st.text(st.characters(codec="utf-8"))
AWKWARD = "l'« État » : \"a\" = \\'b\\' # c\r\n\t[d] \0\b\x1b\x7f\x85\u2028\ufeff😀"
OPTIONAL_TEXTS = st.none() | TEXTS


def refusal(card: Card, sha256: str = "a1b2", today: dt.date = TODAY) -> DataError:
    with pytest.raises(DataError) as caught:
        check_card(card, data="train.csv", sha256=sha256, today=today)
    return caught.value


def reading_refusal(path: Path, content: str | bytes) -> DataError:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        read_card(path)
    return caught.value


def personal(**changes: Any) -> Card:
    """A card of personal data that may be used until the end of 2026."""
    fields = {"sha256": "a1b2", "contains_personal_data": "yes", "dpia": "AIPD-2026-7", "expires": dt.date(2026, 12, 31)}
    return Card.model_validate(fields | changes)


@settings(deadline=None)
@given(
    card=st.builds(
        Card,
        licence=TEXTS,
        contains_personal_data=st.sampled_from(["no", "yes", "undeclared"]),
        sha256=TEXTS,
        file=OPTIONAL_TEXTS,
        origin=TEXTS,
        language=TEXTS,
        dpia=OPTIONAL_TEXTS,
        expires=st.none() | st.dates(),
        purpose=OPTIONAL_TEXTS,
        legal_basis=OPTIONAL_TEXTS,
        how_written=OPTIONAL_TEXTS,
    )
)
def test_any_card_is_read_back_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, card: Card) -> None:
    assert read_card(write_card(card, tmp_path_factory.mktemp("data") / "train.csv")) == card


def test_quotes_line_breaks_and_control_characters_survive_in_every_text(tmp_path: Path) -> None:
    texts = dict.fromkeys(
        ("licence", "sha256", "file", "origin", "language", "dpia", "purpose", "legal_basis", "how_written"), AWKWARD
    )
    card = Card.model_validate(texts)
    assert read_card(write_card(card, tmp_path / "train.csv")) == card


def test_a_card_is_toml_that_people_can_read(tmp_path: Path) -> None:
    path = write_card(personal(licence="etalab-2.0", origin='le "115"'), tmp_path / "train.csv")
    assert path.read_text(encoding="utf-8").splitlines() == [
        'licence = "etalab-2.0"',
        'contains_personal_data = "yes"',
        'sha256 = "a1b2"',
        'origin = "le \\"115\\""',
        'language = "undeclared"',
        'dpia = "AIPD-2026-7"',
        "expires = 2026-12-31",
    ]


def test_a_card_lies_beside_its_file(tmp_path: Path) -> None:
    assert write_card(Card(sha256="a1b2"), tmp_path / "requests.2026.csv") == tmp_path / "requests.2026.card.toml"


@pytest.mark.parametrize(
    ("present", "chosen"),
    [
        ([], "train.card.toml"),
        (["card.toml"], "card.toml"),
        (["card.toml", "train.card.toml"], "train.card.toml"),
        (["test.card.toml"], "train.card.toml"),
    ],
)
def test_a_files_own_card_goes_before_its_folders(tmp_path: Path, present: list[str], chosen: str) -> None:
    for name in present:
        (tmp_path / name).touch()
    assert card_path(tmp_path / "train.csv") == tmp_path / chosen


@pytest.mark.parametrize(
    ("present", "named", "chosen"),
    [
        (["train.csv"], "train.csv", "train.parquet.card.toml"),
        (["train.csv"], "train.parquet", "train.card.toml"),
        (["train.csv"], None, "train.card.toml"),
        # Renamed together with its card, or written again in another form: nothing else could have this card.
        (["other.csv"], "other.csv", "train.card.toml"),
        ([], "train.csv", "train.card.toml"),
    ],
)
def test_a_card_that_is_another_files_is_left_to_it(tmp_path: Path, present: list[str], named: str | None, chosen: str) -> None:
    for name in ("train.parquet", *present):
        (tmp_path / name).touch()
    short = tmp_path / "train.card.toml"
    short.write_text(card_text(Card(sha256="c3d4", file=named)), encoding="utf-8")
    assert write_card(Card(sha256="a1b2"), tmp_path / "train.parquet") == tmp_path / chosen
    assert card_path(tmp_path / "train.parquet") == tmp_path / chosen
    assert (read_card(short).sha256 == "c3d4") == (chosen != "train.card.toml")


def test_a_card_of_the_whole_name_is_found_after_the_other_file_is_gone(tmp_path: Path) -> None:
    (tmp_path / "train.parquet.card.toml").touch()
    assert card_path(tmp_path / "train.parquet") == tmp_path / "train.parquet.card.toml"


def test_a_card_goes_to_the_home_where_its_folder_cannot_be_written_to(home: Path) -> None:
    # The kernel makes no files in /proc, for root neither.
    path = write_card(Card(sha256="a1b2"), Path("/proc/train.csv"))
    assert path == home_card_path("a1b2") == home.resolve() / "cards" / "a1b2.card.toml"
    assert read_card(path) == Card(sha256="a1b2")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('license = "etalab-2.0"', "license"),
        ('contains_personal_data = "maybe"', "contains_personal_data"),
        ("contains_personal_data = true", "contains_personal_data"),
        ("licence = 2", "licence"),
        ('expires = "next year"', "expires"),
    ],
)
def test_a_field_that_is_unknown_or_wrong_is_named_with_those_there_are(tmp_path: Path, line: str, field: str) -> None:
    path = tmp_path / "train.card.toml"
    error = reading_refusal(path, f'sha256 = "a1b2"\n{line}\n')
    assert error.where == f"{path}, {field}"
    fields = "licence, contains_personal_data, sha256, file, origin, language, dpia, expires, purpose, legal_basis, how_written"
    assert error.expected == f"a card with the fields {fields}"


def test_a_card_says_which_content_it_speaks_of(tmp_path: Path) -> None:
    path = tmp_path / "train.card.toml"
    error = reading_refusal(path, 'licence = "etalab-2.0"\n')
    assert (error.found, error.where) == ("Field required", f"{path}, sha256")


@pytest.mark.parametrize("content", ['sha256 = "a1b2\n', "sha256: a1b2\n", 'licence = "Région"\n'.encode("cp1252")])
def test_a_card_that_is_no_toml_is_refused(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "train.card.toml"
    error = reading_refusal(path, content)
    assert (error.expected, error.where) == ("a card in TOML", str(path))
    assert "delete the card" in error.remedy


def test_the_hash_of_a_file_is_the_one_that_sha256sum_gives(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    assert file_sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("declared", ["no", "undeclared"])
def test_data_without_personal_data_needs_no_assessment_and_does_not_expire(declared: str) -> None:
    card = Card.model_validate({"sha256": "a1b2", "contains_personal_data": declared, "expires": dt.date(2020, 1, 1)})
    check_card(card, data="train.csv", sha256="a1b2", today=TODAY)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"dpia": None}, "no --dpia"),
        ({"dpia": " "}, "no --dpia"),
        ({"expires": None}, "no --expires"),
        ({"dpia": None, "expires": None}, "no --dpia and --expires"),
        ({"dpia": "", "expires": None}, "no --dpia and --expires"),
    ],
)
def test_personal_data_without_an_assessment_or_an_end_is_refused(changes: dict[str, Any], found: str) -> None:
    error = refusal(personal(**changes))
    assert (error.found, error.where) == (found, "train.csv")
    assert "--dpia REFERENCE --expires YYYY-MM-DD" in error.remedy


def test_personal_data_may_be_used_on_its_last_day_and_not_after() -> None:
    card = personal(expires=TODAY)
    check_card(card, data="train.csv", sha256="a1b2", today=TODAY)
    error = refusal(card, today=TODAY + dt.timedelta(days=1))
    assert (error.expected, error.found) == ("personal data that has not expired", "expired on 2026-06-15")


@pytest.mark.parametrize("card", [Card(sha256="a1b2", contains_personal_data="no"), personal()])
def test_a_card_does_not_speak_of_another_content(card: Card) -> None:
    error = refusal(card, sha256="c" * 64)
    assert error.expected == "the file that its card describes (SHA-256 a1b2)"
    assert error.found == "another content (SHA-256 cccccccccccc)"

"""The card at the head of a POC's README: what is read, what is refused, and what a mistake is answered with."""

from __future__ import annotations

import codecs
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from evaluation.exceptions import DataError
from evaluation.poc_card import FILES, LONGEST_TEXT, NAMES, PocCard, read_poc_card

FIELDS = {
    "title": "Meter reading",
    "question": "Does a model read better than a clerk?",
    "purpose": "To read water meters.",
    "without_ai": ">-\n  clerk: reads them\n  one by one",
    "measured_on": "80 photos",
    "personal_data": "none",
    "legal_basis": "none needed",
    "retention": "nothing is kept",
    "people_told": "it is written on the bill",
    "human_path": '"yes: by telephone"',
    "individual_decision": "false",
    "individual_decision_why": "a clerk sends the bill",
    "ai_act_tier": "minimal",
    "ai_act_why": "it reads numbers",
    "task_family": "image classification",
    "responsible": "water service, eau@example.org",
    "retraining": "never",
    "compression": "nothing",
    "inference": "once a year",
    "least_data": "no address",
}
# As line numbers count: the mark comes first, and `without_ai` takes three lines.
LINES = {name: number + (2 if name not in list(FIELDS)[:4] else 0) for number, name in enumerate(FIELDS, start=2)}


def card(**changes: str | None) -> str:
    """A README with a sound card but for these fields; none leaves one out."""
    lines = [f"{name}: {value}" for name, value in (FIELDS | changes).items() if value is not None]
    return "\n".join(["---", *lines, "---", "", "# Meter reading", ""])


def read(folder: Path, readme: str | bytes, language: str = "en") -> PocCard | None:
    path = folder / FILES[language]
    path.write_bytes(readme if isinstance(readme, bytes) else readme.encode())
    return read_poc_card(folder, language)


def sound(folder: Path, readme: str | bytes) -> PocCard:
    found = read(folder, readme)
    assert found is not None
    return found


def refused(folder: Path, readme: str | bytes) -> DataError:
    with pytest.raises(DataError) as caught:
        read(folder, readme)
    assert caught.value.where.startswith(str(folder / "README.md"))
    assert caught.value.remedy
    return caught.value


def place(error: DataError, folder: Path) -> str:
    """Line and field."""
    return error.where.removeprefix(f"{folder / 'README.md'}, ")


# What is read


def test_a_card_is_read_field_by_field(tmp_path: Path) -> None:
    found = asdict(sound(tmp_path, card()))
    assert found == FIELDS | {
        "without_ai": "clerk: reads them one by one",
        "human_path": "yes: by telephone",
        "individual_decision": False,
        "language": "en",
    }
    assert tuple(found) == (*NAMES, "language")


@pytest.mark.parametrize("tier", ["minimal", "limited"])
def test_the_tiers_of_little_risk_are_read(tmp_path: Path, tier: str) -> None:
    assert sound(tmp_path, card(ai_act_tier=tier)).ai_act_tier == tier


@pytest.mark.parametrize("nobody", ["", '""', "''", "~", "null", '"  "'])
def test_whoever_answers_for_it_may_be_named_later(tmp_path: Path, nobody: str) -> None:
    assert sound(tmp_path, card(responsible=nobody)).responsible is None


@pytest.mark.parametrize(
    "readme",
    [
        codecs.BOM_UTF8 + card().encode(),
        card().replace("\n", "\r\n").encode(),
        card().replace("---\n", "--- \t\n").encode(),
        card().replace("---\n\n#", "...\n\n#").encode(),
        card().partition("\n\n#")[0].encode(),
        card().replace("title: ", "title:\t").encode(),
        card().replace("question", "# a comment\nquestion").encode(),
    ],
    ids=[
        "a byte order mark",
        "lines of Windows",
        "spaces after the marks",
        "dots at its end",
        "nothing after it",
        "a tab",
        "comment",
    ],
)
def test_what_makes_no_difference_makes_none(tmp_path: Path, readme: bytes) -> None:
    assert sound(tmp_path, readme) == sound(tmp_path, card())


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip))
def test_a_text_that_yaml_writes_is_read_back_the_same(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "read_back"
    folder.mkdir(exist_ok=True)
    written = yaml.safe_dump({**dict.fromkeys(NAMES, "x"), "individual_decision": False, "ai_act_tier": "minimal", "title": text})
    assert sound(folder, f"---\n{written}---\n").title == text.strip()


def test_spaces_that_french_does_not_break_at_stay(tmp_path: Path) -> None:
    question = "à 2\u202f% près\u202f: «\u00a0oui\u00a0»\u202f?"
    assert sound(tmp_path, card(question=f">-\n  {question}")).question == question


def test_a_text_may_be_as_long_as_a_cell_takes_and_no_longer(tmp_path: Path) -> None:
    assert len(sound(tmp_path, card(title="é" * LONGEST_TEXT)).title) == LONGEST_TEXT
    error = refused(tmp_path, card(title="é" * (LONGEST_TEXT + 1)))
    assert (error.expected, error.found) == ("at most 1000 characters", "1001 characters")


# Which file


def test_each_language_has_a_card_of_its_own(tmp_path: Path) -> None:
    read(tmp_path, card(), "en")
    french = read(tmp_path, card(title="Relève des compteurs"), "fr")
    english = read_poc_card(tmp_path, "en")
    assert english is not None
    assert french is not None
    assert (english.title, english.language) == ("Meter reading", "en")
    assert (french.title, french.language) == ("Relève des compteurs", "fr")


@pytest.mark.parametrize(("written", "asked"), [("en", "fr"), ("fr", "en")])
@pytest.mark.parametrize("other", [None, "# Meter reading\n"])
def test_where_one_language_has_no_card_that_of_the_other_is_read_and_says_so(
    tmp_path: Path, written: str, asked: str, other: str | None
) -> None:
    if other is not None:
        (tmp_path / FILES[asked]).write_text(other, encoding="utf-8")
    found = read(tmp_path, card(), written)
    assert found is not None
    assert read_poc_card(tmp_path, asked) == found
    assert found.language == written


@pytest.mark.parametrize(
    "readme",
    [
        b"",
        b"# Meter reading\n",
        b"\n---\ntitle: too late\n---\n",
        b" ---\ntitle: indented\n---\n",
        b"----\nfour\n----\n",
        b"---title\n---\n",
        "# Relève".encode("latin-1"),
    ],
)
def test_a_readme_without_a_card_is_no_mistake(tmp_path: Path, readme: bytes) -> None:
    assert read(tmp_path, readme) is None


def test_a_folder_without_a_readme_has_no_card(tmp_path: Path) -> None:
    assert read_poc_card(tmp_path, "en") is None
    (tmp_path / "README.md").mkdir()
    assert read_poc_card(tmp_path, "en") is None


def test_without_a_card_the_library_is_not_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from evaluation.poc_card import read_poc_card; "
        f"assert read_poc_card(Path({str(tmp_path)!r}), 'en') is None; assert 'yaml' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# What is refused: it decides on people


@pytest.mark.parametrize(
    ("field", "value"),
    [("ai_act_tier", "high"), ("ai_act_tier", "unacceptable"), ("individual_decision", "true"), ("individual_decision", "True")],
)
def test_what_decides_on_a_person_is_refused_with_the_reason(tmp_path: Path, field: str, value: str) -> None:
    error = refused(tmp_path, card(**{field: value}))
    assert "this sandbox does not try what decides a person's right or benefit" in error.expected
    assert error.found == f"{field}: {value}"
    assert place(error, tmp_path) == f"line {LINES[field]}, {field}"
    assert "out of poc/" in error.remedy


@pytest.mark.parametrize(
    ("tier", "remedy"), [("minimum", "did you mean minimal?"), ("Limited", "did you mean limited?"), ("3a", "use one of these")]
)
def test_for_an_unknown_tier_the_nearest_one_is_offered(tmp_path: Path, tier: str, remedy: str) -> None:
    error = refused(tmp_path, card(ai_act_tier=tier))
    assert (error.expected, error.found, error.remedy) == ("one of: minimal, limited", f"unknown: {tier}", remedy)


# Mistakes


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_field_is_named(tmp_path: Path, name: str) -> None:
    error = refused(tmp_path, card(**{name: None}))
    assert (error.found, place(error, tmp_path)) == (f"no {name}", name)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"responsible", "individual_decision"}])
@pytest.mark.parametrize("nothing", ["", '" "', "~"])
def test_an_empty_field_is_named(tmp_path: Path, name: str, nothing: str) -> None:
    error = refused(tmp_path, card(**{name: nothing}))
    assert (error.expected, error.found) == ("a text, not empty", "nothing")
    assert place(error, tmp_path).endswith(f", {name}")


def test_for_an_unknown_field_the_nearest_one_is_offered(tmp_path: Path) -> None:
    error = refused(tmp_path, card(retension="for ever"))
    assert (error.found, error.remedy) == ("unknown: retension", "did you mean retention?")
    assert place(error, tmp_path) == f"line {LINES['least_data'] + 1}, retension"
    assert refused(tmp_path, card(xyz="1")).remedy == "use one of these"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("no", "a truth value"),
        ("Yes", "a truth value"),
        ("off", "a truth value"),
        ("true", "a truth value"),
        ("12", "a number"),
        ("1_000", "a number"),
        ("1:30", "a number"),
        ("0.5", "a number"),
        (".nan", "a number"),
        ("2026-11-23", "a date"),
        ("!!python/object/apply:os.getcwd []", ""),
        ("!!python/name:os.system x", "python/name:os.system"),
        ("!!binary eA==", "binary"),
    ],
)
def test_what_yaml_takes_for_something_else_than_a_text_is_said_and_how_to_quote_it(tmp_path: Path, value: str, kind: str) -> None:
    error = refused(tmp_path, card(personal_data=value))
    if kind:
        assert error.found == f"{value.rpartition(' ')[2]}, which YAML reads as {kind}"
        assert place(error, tmp_path) == f"line {LINES['personal_data']}, personal_data"
        assert error.remedy == "put it in quotes"


@pytest.mark.parametrize("value", ['"no"', "'12'", "!!str 2026-11-23", "no more", "|\n  no"])
def test_what_is_quoted_or_longer_is_a_text(tmp_path: Path, value: str) -> None:
    assert isinstance(sound(tmp_path, card(personal_data=value)).personal_data, str)


@pytest.mark.parametrize("value", ["no", "off", "yes", "0", '"false"', "", "none", "[]"])
def test_a_truth_value_is_written_as_every_reader_of_yaml_takes_it(tmp_path: Path, value: str) -> None:
    error = refused(tmp_path, card(individual_decision=value))
    assert value == "[]" or error.expected == "true or false"


def test_a_field_written_twice_is_refused_at_its_second_place(tmp_path: Path) -> None:
    error = refused(tmp_path, card(least_data="none\ntitle: Another"))
    assert (error.found, place(error, tmp_path)) == ("title twice", f"line {LINES['least_data'] + 1}, title")


BOMB = "\n".join(["a: &a [x, x, x]", *(f"{after}: &{after} [*{before}, *{before}]" for before, after in ("ab", "bc", "cd"))])


@pytest.mark.parametrize("readme", [card(title="&a Meters"), card(title="*a"), f"---\n{BOMB}\n---\n", f"---\n&a\n{card()[4:]}"])
def test_anchors_and_aliases_are_refused(tmp_path: Path, readme: str) -> None:
    error = refused(tmp_path, readme)
    assert error.found == "an anchor or an alias (& or *)"
    assert place(error, tmp_path) == "line 2"


@pytest.mark.parametrize(
    ("readme", "line"),
    [
        (card(title="[one, two]"), 2),
        (card(title="\n  en: Meters"), 3),
        (card(title="\n  - Meters"), 3),
        (card(title="[" * 100_000), 2),
        ("---\n- title\n- question\n---\n", 2),
        ("---\nMeter reading\n---\n", 2),
        ("---\n? [title]\n: x\n---\n", 2),
        (card(least_data="none\n--- more"), LINES["least_data"] + 1),
    ],
)
def test_a_field_has_one_text(tmp_path: Path, readme: str, line: int) -> None:
    error = refused(tmp_path, readme)
    assert error.expected == "lines `field: text`"
    assert place(error, tmp_path) == f"line {line}"


@pytest.mark.parametrize(
    ("readme", "found", "line"),
    [
        (card(question="yes: and no"), "mapping values are not allowed in this context", "line 3"),
        (card(question="\n\tx"), "found character", "line 4"),
        (card(question='"open'), "did not find expected key", "line 13"),
        (card(question="@home"), "found character", "line 3"),
        (card(question="a\x00b"), "", ""),
    ],
    ids=["a colon", "a tab", "an open quotation", "a sign", "a control character"],
)
def test_what_is_no_yaml_is_refused_with_its_line(tmp_path: Path, readme: str, found: str, line: str) -> None:
    error = refused(tmp_path, readme)
    assert error.expected == "a card in YAML"
    assert found in error.found
    assert error.found
    assert "\n" not in error.found
    assert place(error, tmp_path).startswith(line)


def test_without_the_library_in_c_the_same_is_read_and_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_c = sound(tmp_path, card())
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert sound(tmp_path, card()) == in_c
    for readme in (card(title="&a x"), card(title="no"), card(title="[" * 100_000), card(title="a: b"), card(title="a\x00b")):
        assert refused(tmp_path, readme).found


def test_a_card_without_an_end_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, "---\ntitle: Meters\n\n# Meters\n")
    assert error.found == "no second one"
    assert refused(tmp_path, "---\n").found == "no second one"


def test_an_empty_card_lacks_its_first_field(tmp_path: Path) -> None:
    assert refused(tmp_path, "---\n---\n").found == "no title"


def test_a_card_in_another_encoding_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, card(title="Relève").encode("latin-1"))
    assert error.expected == "a README in UTF-8"


def test_of_a_long_mistake_the_beginning_is_shown(tmp_path: Path) -> None:
    for changes in ({"individual_decision": "x" * 500}, {"x" * 500: "1"}, {"ai_act_tier": "x" * 500}):
        assert len(refused(tmp_path, card(**changes)).found) < 80


def test_a_mistake_in_one_language_is_no_reason_to_read_the_other(tmp_path: Path) -> None:
    read(tmp_path, card(), "fr")
    assert refused(tmp_path, card(title="no")).found == "no, which YAML reads as a truth value"

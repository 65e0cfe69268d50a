"""Whatever the program can say is translated, and nothing else: found in the source and held against the catalogues."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from evaluation.energy.factors import read_factors
from evaluation.home import PROJECT
from evaluation.publishing.language import CATALOGUES, RECORDED

KEYWORDS: dict[str, Any] = {"say": None, "say_number": (1, 2), "words": None}
# How many of its first arguments are words.
TEMPLATES = {"say": 1, "say_number": 2, "words": 1}
# The audit page is said by keys of a JSON file of its own.
OF_AUDIT = ("evaluation/publishing/audit_page.py", "evaluation/publishing/templates/audit_summary.html.j2")
# What candidates and their goals are judged to be, and the notes beside; what else is said outside of `publishing` is recorded.
JUDGEMENT = (
    "evaluation/judgement/",
    "evaluation/notes.py",
    "evaluation/goals.py",
    "evaluation/messages.py",
    "evaluation/energy/evidence.py",
)
# Templates that come from elsewhere than a name or a constant of marked words: by file and name, why they are marked all the same.
MARKED_ELSEWHERE = {
    ("evaluation/publishing/language.py", "template"): "what is said in a language is said there",
    ("evaluation/publishing/language.py", "one"): "the same of numbers",
    ("evaluation/publishing/language.py", "many"): "the same of numbers",
    ("evaluation/publishing/pages.py", "template"): "what is said on a page is said there",
    ("evaluation/publishing/pages.py", "one"): "the same of numbers",
    ("evaluation/publishing/pages.py", "many"): "the same of numbers",
    ("evaluation/data/splits.py", "drawn"): "an argument, which each caller marks",
    ("evaluation/data/splits.py", "unfit"): "a value of UNFIT",
    ("evaluation/judgement/settling.py", "at_most"): "one of three in an argument, which each caller marks",
    ("evaluation/judgement/settling.py", "more_than"): "one of three in an argument, which each caller marks",
    ("evaluation/judgement/settling.py", "either"): "one of three in an argument, which each caller marks",
    ("evaluation/texts/oddities.py", "template"): "a key of `remarks`, all of which are marked",
}
FIGURE = re.compile(r"{(\w+)}")
NO_BREAK, NARROW = "\u00a0", "\u202f"
# What French typography wants, as an expression that finds what it does not want.
TYPOGRAPHY = {
    "an apostrophe of the typewriter": re.compile("'"),
    "a plain space before a mark": re.compile(r" [:;?!%»]"),
    "a colon after anything but a no-break space": re.compile(rf"[^{NO_BREAK}]:(?=\s|$)"),
    "a mark after anything but a narrow no-break space": re.compile(rf"(?<!&amp)(?<!&nbsp)[^{NARROW}][;?!](?=\s|$)"),
    "a percent sign after anything but a narrow no-break space": re.compile(rf"(?<=[\d}}])[^{NARROW}]?%|[{NO_BREAK}]%"),
    "a quotation mark without its no-break space": re.compile(rf"«(?!{NO_BREAK})|(?<!{NO_BREAK})»"),
}


class Said(NamedTuple):
    """Words in the source: one template, or a singular and a plural."""

    place: str
    words: tuple[str, ...]


def sources() -> list[Path]:
    found = [*(PROJECT / "evaluation").rglob("*.py"), *(PROJECT / "poc").rglob("*.py")]
    found += (PROJECT / "evaluation/publishing/templates").glob("*.j2")
    return sorted(path for path in found if named(path) not in OF_AUDIT)


def named(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def room_of(file: str) -> str:
    """Where somebody looks for what is missing: of `publishing` each file is by itself."""
    if file.startswith("evaluation/publishing/"):
        return file
    return "judgement" if file.startswith(JUDGEMENT) else "records"


@cache
def said_in(file: str) -> tuple[Said, ...]:
    method = "jinja2.ext:babel_extract" if file.endswith(".j2") else "python"
    text = (PROJECT / file).read_text(encoding="utf-8")
    if not any(f"{keyword}(" in text for keyword in KEYWORDS):
        return ()
    with (PROJECT / file).open("rb") as opened:
        found = list(extract(method, opened, keywords=KEYWORDS, options={"encoding": "utf-8"}))
    return tuple(Said(f"{file}:{line}", words if isinstance(words, tuple) else (words,)) for line, words, _, _ in found)


FILES = [named(path) for path in sources()]
ROOMS = sorted({room_of(file) for file in FILES if said_in(file)})


def said_in_room(room: str) -> list[Said]:
    return [said for file in FILES if room_of(file) == room for said in said_in(file)]


CATALOGUE_FILES = sorted(path.relative_to(CATALOGUES).as_posix() for path in CATALOGUES.glob("*/*.po"))


@cache
def catalogue(name: str) -> Catalog:
    with (CATALOGUES / name).open(encoding="utf-8") as opened:
        return read_po(opened, locale=Path(name).parent.name)


def entries(name: str) -> list[Entry]:
    return [entry for entry in catalogue(name) if entry.id]


def forms(entry_part: Any) -> tuple[str, ...]:
    """The texts of a template or a translation; of a plural all of them."""
    return tuple(entry_part) if isinstance(entry_part, list | tuple) else (entry_part,)


def in_data() -> Iterator[str]:
    """What stands in English in the project's own tables, goals and cards, and is recorded from there."""
    for factor in read_factors().values():
        yield from (factor.perimeter, factor.source)
    for path in (PROJECT / "poc").rglob("goals.toml"):
        goals = tomllib.loads(path.read_text(encoding="utf-8"))
        yield from filter(None, (goals.get("deployment", {}).get("source"), goals.get("unit", {}).get("name")))
    for path in (PROJECT / "data_samples").rglob("card.toml"):
        card = tomllib.loads(path.read_text(encoding="utf-8"))
        yield from (card[name] for name in ("origin", "purpose", "legal_basis", "how_written"))


def translations() -> Mapping[tuple[str, ...], Entry]:
    return {forms(entry.id): entry for name in CATALOGUE_FILES for entry in entries(name)}


@pytest.mark.parametrize("room", ROOMS)
def test_all_that_is_said_is_translated(room: str) -> None:
    known = translations()
    missing = [f"{said.place}: {said.words[0]}" for said in said_in_room(room) if said.words not in known]
    assert not missing, "no entry:\n" + "\n".join(missing)


@pytest.mark.parametrize("name", CATALOGUE_FILES)
def test_no_translation_is_empty_or_in_doubt(name: str) -> None:
    of_each = {1: 1, 2: 2}
    wrong = [
        str(entry.id)
        for entry in entries(name)
        if entry.fuzzy or len(forms(entry.string)) != of_each[len(forms(entry.id))] or not all(forms(entry.string))
    ]
    assert not wrong, "empty, fuzzy or without two plural forms:\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", CATALOGUE_FILES)
def test_a_translation_has_the_figures_of_its_template(name: str) -> None:
    wrong = [
        f"{template} -> {translation}"
        for entry in entries(name)
        for template, translation in zip(forms(entry.id), forms(entry.string), strict=True)
        if set(FIGURE.findall(template)) != set(FIGURE.findall(translation))
    ]
    assert not wrong, "other figures:\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", CATALOGUE_FILES)
def test_nothing_is_translated_that_nobody_says(name: str) -> None:
    said = {each.words for file in FILES for each in said_in(file)} | {(text,) for text in in_data()}
    idle = [str(entry.id) for entry in entries(name) if forms(entry.id) not in said]
    assert not idle, "nobody says:\n" + "\n".join(idle)
    assert not catalogue(name).obsolete


def test_no_words_are_in_two_catalogues() -> None:
    places: dict[str, list[str]] = {}
    for name in CATALOGUE_FILES:
        for entry in entries(name):
            places.setdefault(forms(entry.id)[0], []).append(name)
    assert {words: names for words, names in places.items() if len(names) > 1} == {}


@pytest.mark.parametrize("name", [name for name in CATALOGUE_FILES if name.startswith("fr/")])
def test_french_is_set_as_french_is(name: str) -> None:
    wrong = [
        f"{fault}: {translation}"
        for entry in entries(name)
        for translation in forms(entry.string)
        for fault, pattern in TYPOGRAPHY.items()
        if pattern.search(translation)
    ]
    assert not wrong, "\n".join(wrong)


def test_what_is_recorded_can_be_found_again() -> None:
    # Records are English texts; the words of a plural would not be known in them.
    known = {forms(entry.id) for entry in entries(f"fr/{RECORDED}")}
    recorded = [*said_in_room("records"), *(Said("data", (text,)) for text in in_data() if text not in FRENCH_SOURCES)]
    assert [f"{said.place}: {said.words[0]}" for said in recorded if said.words not in known] == []
    assert {len(each) for each in known} == {1}


# What a table has in French, or as a name.
FRENCH_SOURCES = {"ADEME, Base Empreinte", "RTE, Bilan électrique 2024", "RTE, Bilan électrique 2023"}


# Words that no extraction would find


class Call(NamedTuple):
    """Of a call that says something, one of the arguments that are its words."""

    line: int
    words: ast.expr


def calls_in(tree: ast.AST) -> Iterator[Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (Call(node.lineno, words) for words in node.args[: TEMPLATES.get(called(node.func), 0)])


def called(function: ast.expr) -> str:
    """The name of a function or of a language's method; `Language.words` is given a message and marks nothing."""
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) and function.attr != "words" else ""


def is_literal(words: ast.expr) -> bool:
    return isinstance(words, ast.Constant) and isinstance(words.value, str)


def is_marked(value: ast.expr) -> bool:
    """Whether an expression is made of marked words alone: one of two, several by name, some of several."""
    if isinstance(value, ast.IfExp):
        return is_marked(value.body) and is_marked(value.orelse)
    if isinstance(value, ast.Dict):
        # Of some the keys are the words, of others the values, among which there may be an empty one.
        return any(all(each is not None and is_marked(each) for each in side) for side in (value.keys, value.values))
    if isinstance(value, ast.Tuple | ast.List):
        return any(is_marked(each) for each in value.elts)
    if isinstance(value, ast.Constant):
        return value.value == ""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "words"


def marked_names(tree: ast.AST) -> set[str]:
    """The names to which nothing but marked words is ever given in a module."""
    given: dict[str, list[bool]] = {}
    for node in ast.walk(tree):
        targets: Sequence[ast.expr] = ()
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value:
            targets, value = [node.target], node.value
        elif isinstance(node, ast.For | ast.comprehension):
            targets, value = [node.target], node.iter
        for name in {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}:
            given.setdefault(name, []).append(is_marked(value))
    return {name for name, marks in given.items() if all(marks)}


@cache
def tree_of(file: str) -> ast.AST:
    return ast.parse((PROJECT / file).read_text(encoding="utf-8"))


def constants() -> set[str]:
    """Marked names in capitals, of any module, for they are imported from there."""
    return {name for file in FILES if file.endswith(".py") for name in marked_names(tree_of(file)) if name.isupper()}


def unmarked(tree: ast.AST, known: set[str], file: str = "") -> list[str]:
    """Calls whose words no extraction finds."""
    marked = marked_names(tree) | known

    def is_found(words: ast.expr) -> bool:
        base = words.value if isinstance(words, ast.Subscript) else words
        return is_literal(words) or (isinstance(base, ast.Name) and (base.id in marked or (file, base.id) in MARKED_ELSEWHERE))

    return [f"{file}:{call.line}: {ast.unparse(call.words)}" for call in calls_in(tree) if not is_found(call.words)]


@pytest.mark.parametrize("room", sorted({room_of(file) for file in FILES if file.endswith(".py")}))
def test_words_are_written_where_an_extraction_finds_them(room: str) -> None:
    known = constants()
    files = [file for file in FILES if file.endswith(".py") and room_of(file) == room]
    hidden = [line for file in files for line in unmarked(tree_of(file), known, file)]
    assert not hidden, 'no literal, and not marked with words("..."):\n' + "\n".join(hidden)


@pytest.mark.parametrize(
    ("source", "hidden"),
    [
        ("say('a')", 0),
        ("say(f'{a}')", 1),
        ("say(text)", 1),
        ("text = words('a')\nsay(text)", 0),
        ("text = words('a') if b else words('c')\nsay(text)", 0),
        ("text = words('a') if b else 'c'\nsay(text)", 1),
        ("text = words('a')\ntext = b\nsay(text)", 1),
        ("say('a' if b else 'c')", 1),
        ("say_number('a', many, 2)", 1),
        ("NAMES = {'a': words('b')}\nsay(NAMES[c])", 0),
        ("NAMES = {'a': 'b'}\nsay(NAMES[c])", 1),
        ("for text, b in ((words('a'), 1), (words('c'), 2)):\n    say(text)", 0),
        ("language.say(b.c)", 1),
        ("language.words(message)", 0),
        ("words(f'{a}')", 1),
        ("say(KNOWN)", 0),
    ],
)
def test_words_that_hide_are_found(source: str, hidden: int) -> None:
    assert len(unmarked(ast.parse(source), {"KNOWN"})) == hidden


def test_what_is_marked_elsewhere_is_still_there() -> None:
    used = {
        (file, words.id)
        for file in FILES
        if file.endswith(".py")
        for _, words in calls_in(tree_of(file))
        if isinstance(words, ast.Name)
    }
    assert set(MARKED_ELSEWHERE) <= used

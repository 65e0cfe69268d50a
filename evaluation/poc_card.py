"""The card of a POC: what it is for, what it means for people, how sparing it is. YAML at the head of its README, in two languages.

It is read event by event and not loaded: so an error knows its line, and nothing is built that a card does not have.
"""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from evaluation.exceptions import DataError

FILES = {"en": "README.md", "fr": "README.fr.md"}
TIERS = ("minimal", "limited")
# Of the AI Act too, and nothing for this sandbox: what is so grave decides on people.
REFUSED_TIERS = ("high", "unacceptable")
# Characters of a text: a reader meets it in a cell of a table.
LONGEST_TEXT = 1000

# Three hyphens at the file's very start, as forges and page makers have it.
MARK = b"---"
FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
FIRST_LINE = 2
YAML_TAGS = "tag:yaml.org,2002:"
KINDS = {"bool": "a truth value", "int": "a number", "float": "a number", "timestamp": "a date", "null": "nothing"}


@dataclass(frozen=True)
class PocCard:
    """What a city says of a POC to whoever decides on it or is concerned by it.

    Attributes:
        title: of the POC.
        question: that its measuring answers.
        purpose: what it is for in the service.
        without_ai: how the same is done without AI.
        measured_on: which samples, and what they are worth.
        personal_data: whether there are any.
        legal_basis: on which they are used.
        retention: how long what is kept.
        people_told: how people are told that a machine is involved.
        human_path: how a person stays within reach.
        individual_decision: whether a decision on a person rests on it (CRPA, L. 311-3-1). Never true: such a card is refused.
        individual_decision_why: or why not.
        ai_act_tier: of risk, one of TIERS.
        ai_act_why: why that one.
        task_family: a BoAmps report's word for the task; it is English in both languages.
        responsible: service and contact that answers for it; none where the city has named nobody.
        retraining: how often it would be trained anew, and why.
        compression: what makes its models smaller, or why nothing does.
        inference: when answers are computed, and whether they are kept for the next time.
        least_data: what data it does without, although it could use them.
        language: of the file that was read.
    """

    title: str
    question: str
    purpose: str
    without_ai: str
    measured_on: str
    personal_data: str
    legal_basis: str
    retention: str
    people_told: str
    human_path: str
    individual_decision: bool
    individual_decision_why: str
    ai_act_tier: str
    ai_act_why: str
    task_family: str
    responsible: str | None
    retraining: str
    compression: str
    inference: str
    least_data: str
    language: str


def read_poc_card(folder: Path, language: str) -> PocCard | None:
    """The card of the POC in this folder, in this language if there is one, else in the other; none where it has no card.

    Raises:
        DataError: a card is not well formed; or says that the POC decides on people, which this sandbox does not try.
    """
    for known in sorted(FILES, key=lambda each: each != language):
        path = folder / FILES[known]
        written = _front_matter(path)
        if written is not None:
            return PocCard(**_checked(_entries(written, path), path), language=known)
    return None


# What is written


def _front_matter(path: Path) -> str | None:
    """The lines between the marks; none where there is no file, or one that begins otherwise, in whatever encoding."""
    if not path.is_file():
        return None
    try:
        found = path.read_bytes().removeprefix(codecs.BOM_UTF8)
        text = found.decode().replace("\r\n", "\n") if found.startswith(MARK) else ""
    except UnicodeDecodeError as error:
        raise _wrong("a README in UTF-8", str(error), str(path), "save it as UTF-8") from error
    except OSError as error:
        raise _wrong("a README that can be read", str(error.strerror), str(path), "make it readable") from error
    if text.partition("\n")[0].rstrip(" \t") != MARK.decode():
        return None
    front_matter = FRONT_MATTER.match(text)
    if front_matter is None:
        raise _wrong("the card between two lines ---", "no second one", str(path), "add a line --- after the last field")
    return front_matter[1]


@dataclass(frozen=True)
class _Entry:
    """A field as it is written.

    Attributes:
        name: of the field.
        value: its text, whatever YAML takes it for.
        kind: what YAML takes it for: `str`, `bool`, ...
        where: file, line and name.
    """

    name: str
    value: str
    kind: str
    where: str

    def wrong(self, *, expected: str, found: str | None = None, remedy: str = "mend that field") -> DataError:
        """The error that this entry is."""
        return _wrong(expected, found or _short(self.value), self.where, remedy)


def _wrong(expected: str, found: str, where: str, remedy: str) -> DataError:
    return DataError(expected=expected, found=found, where=where, remedy=remedy)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _entries(text: str, path: Path) -> dict[str, _Entry]:
    import yaml

    try:
        scalars = list(_scalars(text, path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _wrong(
            "a card in YAML",
            getattr(error, "problem", None) or str(error).splitlines()[0],
            f"{path}, line {mark.line + FIRST_LINE}" if mark else str(path),
            "write `field: text` without tabs; a text with a colon or quotation marks stands in the lines below `field: >-`",
        ) from error
    entries: dict[str, _Entry] = {}
    for name, value in zip(scalars[::2], scalars[1::2], strict=True):
        entry = _entry(name, value, path)
        if entry.name in entries:
            raise entry.wrong(expected="each field once", found=f"{entry.name} twice", remedy="take one of them out")
        entries[entry.name] = entry
    return entries


def _scalars(text: str, path: Path) -> Iterator[Any]:
    """The names and values of a flat table, in turn.

    What refers to other places is refused as soon as it is met: a few lines of it stand for gigabytes.
    """
    import yaml

    inside = False
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        where = f"{path}, line {event.start_mark.line + FIRST_LINE}"
        if getattr(event, "anchor", None):  # its name, where it is given and where it is used
            raise _wrong("texts, written out", "an anchor or an alias (& or *)", where, "write the text out, or put it in quotes")
        if isinstance(event, yaml.ScalarEvent) and inside:
            yield event
        elif isinstance(event, yaml.MappingStartEvent) and not inside:
            inside = True
        elif isinstance(event, yaml.NodeEvent) or (isinstance(event, yaml.DocumentStartEvent) and inside):
            raise _wrong("lines `field: text`", "something else than a field with one text", where, "mend it, or put it in quotes")


def _entry(name: Any, value: Any, path: Path) -> _Entry:
    from yaml import ScalarNode
    from yaml.resolver import Resolver

    tag = value.tag if value.tag not in {None, "!"} else Resolver().resolve(ScalarNode, value.value, value.implicit)
    where = f"{path}, line {name.start_mark.line + FIRST_LINE}, {name.value}"
    return _Entry(name.value, value.value, tag.removeprefix(YAML_TAGS), where)


# What may be written


def _text(entry: _Entry) -> str:
    if entry.kind not in {"str", "null"}:
        raise entry.wrong(
            expected="a text",
            found=f"{_short(entry.value)}, which YAML reads as {KINDS.get(entry.kind, entry.kind)}",
            remedy="put it in quotes",
        )
    text = "" if entry.kind == "null" else entry.value.strip()
    if not text:
        raise entry.wrong(expected="a text, not empty", found="nothing", remedy="write it in; if there is nothing to say, say why")
    if len(text) > LONGEST_TEXT:
        raise entry.wrong(
            expected=f"at most {LONGEST_TEXT} characters",
            found=f"{len(text)} characters",
            remedy="shorten it, and say the rest below the card",
        )
    return text


def _text_or_none(entry: _Entry) -> str | None:
    return None if entry.kind == "null" or (entry.kind == "str" and not entry.value.strip()) else _text(entry)


def _no_decision(entry: _Entry) -> bool:
    """False.

    YAML's older readers take `no` and `off` for a truth value as well, the newer ones for a text: neither is written here.
    """
    if entry.kind != "bool" or entry.value.lower() not in {"true", "false"}:
        raise entry.wrong(expected="true or false", remedy="write it so, without quotes")
    if entry.value.lower() == "true":
        raise _refused(entry)
    return False


def _tier(entry: _Entry) -> str:
    tier = _text(entry)
    if tier in REFUSED_TIERS:
        raise _refused(entry)
    if tier not in TIERS:
        raise _unknown(entry, tier, TIERS)
    return tier


def _refused(entry: _Entry) -> DataError:
    return entry.wrong(
        expected="a POC that informs and does not decide: this sandbox does not try what decides a person's right or benefit",
        found=f"{entry.name}: {_short(entry.value)}",
        remedy="move the folder out of poc/; where the card is mistaken, mend the card",
    )


def _unknown(entry: _Entry, name: str, known: tuple[str, ...]) -> DataError:
    near = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {near[0]}?" if near else "use one of these"
    return entry.wrong(expected=f"one of: {', '.join(known)}", found=f"unknown: {_short(name)}", remedy=remedy)


NAMES = tuple(each.name for each in fields(PocCard) if each.name != "language")
READERS: dict[str, Callable[[_Entry], Any]] = {
    **dict.fromkeys(NAMES, _text),
    "individual_decision": _no_decision,
    "ai_act_tier": _tier,
    "responsible": _text_or_none,
}


def _checked(entries: dict[str, _Entry], path: Path) -> dict[str, Any]:
    for name, entry in entries.items():
        if name not in NAMES:
            raise _unknown(entry, name, NAMES)
    for name in NAMES:
        if name not in entries:
            raise _wrong(f"all of: {', '.join(NAMES)}", f"no {name}", f"{path}, {name}", "add it between the lines ---")
    return {name: READERS[name](entries[name]) for name in NAMES}

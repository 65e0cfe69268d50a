"""What all HTML pages share: their templates, and a writer that says things in their language as markup.

Whatever stands in a record is somebody else's text: it is escaped, and isolated so that its direction changes nothing around it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from evaluation.goals import Goal, goal_name
from evaluation.judgement.statistics import Interval
from evaluation.messages import Figure, Message, Styled, say, say_number
from evaluation.numbers import SIGNIFICANT_DIGITS, UNKNOWN
from evaluation.publishing import tables
from evaluation.publishing.language import Language

TEMPLATES = Path(__file__).with_name("templates")
# What no file may hold, and on a page no carriage return either: whoever reads HTML or XML takes it for the end of a line, so that
# the page would not be read as it was written; and where XML writes it as a reference (`&#13;`), that is an error in HTML. Tables
# keep it: in a cell it is somebody's line end.
NO_TEXT = re.compile(rf"{tables.NO_TEXT.pattern}|\r")
# Around words whose language is known. A name has none, and keeps its small letter.
WORDS_OF_A_LANGUAGE = re.compile(r'(?:<bdi lang="\w+">)?')
# So much of a hash tells its file apart.
SHORT_HASH = 12


@dataclass(frozen=True)
class Table:
    """A table of a page; its first column names the rows.

    Attributes:
        caption: what it shows.
        headings: of the columns.
        rows: of cells, as many as headings.
        numeric: columns of figures, by their places.
    """

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()


def rendered(template: str, page: Page, **values: Any) -> str:
    """A page, the same for the same values; a template says things by `say`, as extractions of what is said know it."""
    return NO_TEXT.sub("\ufffd", templates().get_template(template).render(page=page, say=page.say, **values))


@cache
def templates() -> Environment:
    """Of templates, in which whatever is not ours is escaped."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@dataclass(frozen=True)
class Page:
    """Writes markup in one language.

    Attributes:
        language: of the page.
    """

    language: Language

    @property
    def code(self) -> str:
        """Of the language."""
        return self.language.code

    # Words

    def say(self, template: str, **figures: Figure) -> Markup:
        """Words with figures; names among them are escaped and isolated."""
        return self.message(say(template, **figures))

    def say_number(self, one: str, many: str, number: int, **figures: Figure) -> Markup:
        """Words that depend on a number."""
        return self.message(say_number(one, many, number, **figures))

    def message(self, message: Message) -> Markup:
        """A message with its figures."""
        return Markup(message.written(self._words, self.figure))  # noqa: S704  # words and figures are escaped

    def sentence(self, message: Message) -> Markup:
        """A message as a sentence: with a capital and a full stop."""
        return self.capital(self.message(message))

    def capital(self, text: str) -> Markup:
        """With a capital and a full stop; a name at the beginning stays as it is, which recorded words do not."""
        escaped = str(escape(text))
        begins = WORDS_OF_A_LANGUAGE.match(escaped).end()  # type: ignore[union-attr]  # it matches nothing as well
        return Markup(escaped[:begins] + self.language.capital(escaped[begins:]))  # noqa: S704  # it is escaped

    def capital_letter(self, text: Markup) -> Markup:
        """With a capital, as a cell of a table begins."""
        return Markup(f"{text[:1].upper()}{text[1:]}")  # noqa: S704  # it is escaped

    def goal(self, key: str, goal: Goal | None, unit_name: str) -> Markup:
        """What readers call a goal, or a condition of every GO, as a cell begins."""
        return self.capital_letter(self.message(goal_name(key, goal, unit_name)))

    def _words(self, message: Message) -> Markup:
        return escape(self.language.words(message))

    def figure(self, value: Figure) -> Markup:
        """A figure in a sentence."""
        if isinstance(value, Markup):
            return value
        if isinstance(value, str):
            return self.said(value)
        if isinstance(value, Message):
            return self.message(value)
        return escape(value.written(self) if isinstance(value, Styled) else self.language.figure(value))

    def said(self, text: object, language: str | None = None) -> Markup:
        """What somebody else says."""
        if language and language != self.code:
            return Markup('<bdi lang="{}">{}</bdi>').format(language, text)
        return Markup("<bdi>{}</bdi>").format(text)

    def recorded(self, text: str) -> Markup:
        """What the program wrote into a record, in English; as it is there where nobody translated it. Either has its language."""
        found = self.language.recorded(text)
        language, written = ("en", text) if found is None else (self.code, found)
        return Markup('<bdi lang="{}">{}</bdi>').format(language, written)

    def typed(self, text: object) -> Markup:
        """Something to be typed or compared letter by letter."""
        return Markup("<code>{}</code>").format(text)

    def hash(self, sha256: str) -> Markup:
        """The beginning of a hash."""
        return self.typed(sha256[:SHORT_HASH])

    def lines(self, *texts: object) -> Markup:
        """Several things of one cell, a line each, also without the style sheet; the further ones in a lower voice."""
        first, *others = [escape(text) for text in texts if text]
        return Markup("").join([first, *(Markup('<br><span class="quiet">{}</span>').format(each) for each in others)])

    # Figures: as the language has them

    def percent(self, share: float) -> str:
        """A share."""
        return self.language.percent(share)

    def plain(self, value: float) -> str:
        """A number that somebody set."""
        return self.language.plain(value)

    def number(self, value: float, digits: int = SIGNIFICANT_DIGITS) -> str:
        """A number."""
        return self.language.number(value, digits)

    def decimal(self, value: float, decimals: int) -> str:
        """A number with so many decimals."""
        return self.language.decimal(value, decimals)

    def date(self, day: dt.date) -> str:
        """A day."""
        return self.language.date(day)

    def moment(self, when: dt.datetime) -> Markup:
        """A moment in UTC."""
        utc = when.astimezone(dt.UTC).isoformat(timespec="seconds")
        return Markup('<time datetime="{}">{}</time>').format(utc, self.language.moment(when))

    def bounded(self, interval: Interval | None, factor: float = 1.0) -> Markup:
        """A quantity, and the ends of its interval under it."""
        if interval is None:
            return escape(UNKNOWN)
        return self.lines(self.number(interval.value * factor), self.language.interval(interval, factor))

    def score(self, interval: Interval | None) -> Markup:
        """A score, and the ends of its interval under it."""
        if interval is None or not isfinite(interval.value):
            return escape(UNKNOWN)
        return self.lines(self.language.score(interval.value), self.language.ends(interval, self.language.score))

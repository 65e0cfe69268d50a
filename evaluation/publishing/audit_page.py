"""The summary page of an audit bundle, in French or English: one file of HTML. What it says is `audit.summary`'s and `verify`'s.

Whatever stands in a record is somebody else's text: it is escaped, and isolated so that its direction changes nothing around it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup, escape

from evaluation.audit.summary import Declared, Energy, Summary
from evaluation.audit.verify import ROUNDING
from evaluation.energy.evidence import EvidenceClass
from evaluation.energy.machine import ASSUMED, UNDECLARED
from evaluation.numbers import SIGNIFICANT_DIGITS
from evaluation.publishing.language import LOCALES, Language
from evaluation.publishing.pages import SHORT_HASH, Page, rendered

WORDS = Path(__file__).with_name("audit_words.json")
TEMPLATE = "audit_summary.html.j2"
MOMENTS = {"en": "d MMMM y, HH:mm:ss 'UTC'", "fr": "d MMMM y 'à' HH:mm:ss 'UTC'"}
# As many digits as verify.py prints of the energy, so that one can be told from the other.
EXACT_DIGITS = 6
WORDS_OF_PROGRAM = "en"


def summary_page(summary: Summary, told: dict[str, Any], language: str) -> str:
    """The page, the same for the same input.

    Args:
        summary: of the ledger's records.
        told: what the check found, in the page's language: `Checker.as_dict`.
        language: `en` or `fr`.
    """
    others = [other for other in LOCALES if other != language]
    write = _Writer(language)
    return rendered(TEMPLATE, write.page, summary=summary, told=told, write=write, other=others[0])


@cache
def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = json.loads(WORDS.read_text(encoding="utf-8"))
    return words


@dataclass(frozen=True)
class _Writer:
    """Words, numbers and moments as one language writes them."""

    language: str

    @property
    def page(self) -> Page:
        """What all pages write by."""
        return Page(Language(self.language))

    def say(self, key: str, **values: object) -> Markup:
        """The words of a key. Values are escaped, unless they are markup."""
        return Markup(escape(_words()[key][self.language])).format(**values)  # noqa: S704  # it is escaped

    def said(self, text: object, language: str | None = None) -> Markup:
        """What a record says."""
        return self.page.said(text, language)

    def program_said(self, text: object) -> Markup:
        """What the program itself has recorded, in its own language."""
        return self.said(text, WORDS_OF_PROGRAM)

    def code(self, text: object) -> Markup:
        """Something to be typed or compared letter by letter."""
        return self.page.typed(text)

    def strong(self, text: object) -> Markup:
        """What is read first."""
        return Markup("<strong>{}</strong>").format(text)

    def listed(self, texts: Sequence[str]) -> Markup:
        """Several things that a record says."""
        return Markup(", ").join(self.said(text) for text in texts)

    def short(self, sha256: str) -> Markup:
        """The beginning of a hash."""
        return self.code(self.said(sha256[:SHORT_HASH]))

    def number(self, value: float, digits: int = SIGNIFICANT_DIGITS) -> str:
        """A number with so many significant digits, its whole part never rounded."""
        return self.page.number(value, digits)

    def exact(self, value: float) -> str:
        """The same with the digits that verify.py prints."""
        return self.number(value, EXACT_DIGITS)

    def difference(self, value: float, of: float) -> str:
        """A number with its sign; none where it is the rounding of sums that come to so much."""
        if abs(value) <= ROUNDING * abs(of):
            return self.number(0)
        return f"{'+' if value > 0 else '−'}{self.number(abs(value))}"

    def count(self, value: int) -> str:
        """A whole number."""
        return self.page.language.count(value)

    def figure(self, value: float | str) -> Markup:
        """A declared figure with all its digits, or declared words."""
        if isinstance(value, str):
            return self.said(value)
        return escape(format_decimal(value, "#,##0.######", LOCALES[self.language]))

    def share(self, part: float, whole: float) -> str:
        r"""A part of a whole in per cent, never rounded to all or nothing.

        >>> _Writer("en").share(1, 1000), _Writer("en").share(0, 1), _Writer("en").share(999, 1000)
        ('<\xa01%', '0%', '>\xa099%')
        """
        ratio = part / whole if whole else 0.0
        bound = "< " if 0 < ratio < 0.005 else "> " if 0.995 <= ratio < 1 else ""
        rounded = {"< ": 0.01, "> ": 0.99}.get(bound, ratio)
        return f"{bound}{format_percent(rounded, locale=LOCALES[self.language])}".replace(" ", "\u00a0")

    def between(self, energy: Energy) -> Markup:
        """The bounds of the true value."""
        return self.say("column.between-and", low=self.number(energy.low_wh), high=self.number(energy.high_wh))

    def meaning(self, evidence: EvidenceClass) -> Markup:
        """What a class stands for."""
        return self.say("class-is", letter=self.strong(evidence), meaning=self.say(f"class.{evidence}"))

    def energy(self, energy: Energy) -> Markup:
        """Watt-hours, and the class that says how they are known."""
        if energy.evidence is None:
            return escape(self.number(energy.energy_wh))
        meaning = self.say(f"class.{energy.evidence}")
        return Markup('{} <abbr title="{}">{}</abbr>').format(self.number(energy.energy_wh), meaning, energy.evidence)

    def class_and_meaning(self, energy: Energy) -> Markup:
        """The same in words."""
        if energy.evidence is None:
            return self.say("none")
        return self.say("class-and-meaning", letter=energy.evidence, meaning=self.say(f"class.{energy.evidence}"))

    def moment(self, text: str) -> Markup:
        """A moment in UTC; as it is written where it is none."""
        try:
            when = dt.datetime.fromisoformat(text)
            utc = when.astimezone(dt.UTC) if when.tzinfo else None
        except (ValueError, OverflowError):
            utc = None
        if utc is None:
            return self.said(text)
        written = format_datetime(utc, MOMENTS[self.language], dt.UTC, LOCALES[self.language])
        return Markup('<time datetime="{}">{}</time>').format(utc.isoformat(timespec="seconds"), written)

    def record(self, number: int, at: str) -> Markup:
        """A record by its number and its moment."""
        return self.say("record", number=number, moment=self.moment(at))

    def source(self, source: str | None) -> Markup:
        """Who says a figure: somebody, or nobody, so that the program assumed it."""
        if source is None:
            return self.say("source.unknown")
        if Declared("", "", source).assumed:
            return self.say("source.assumed", source=self.program_said(source.removeprefix(ASSUMED).lstrip(": ")))
        return self.say("source.declared", source=self.said(source))

    def role(self, role: str) -> Markup:
        """Who measured."""
        return self.say("role.undeclared") if role == UNDECLARED else self.said(role)

    def known(self, family: str, name: str) -> Markup:
        """The words for one of a few names; the name itself where it is none of them."""
        key = f"{family}.{name}"
        return self.say(key) if key in _words() else self.said(name)

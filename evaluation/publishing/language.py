"""How a page speaks: its words from gettext's catalogues, its numbers, moments and units as its language writes them.

It gives plain text; `pages` makes HTML of it. Catalogues are `locale/LANGUAGE/*.po`, read as they are; English is in the code.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as MessageEntry
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from evaluation.judgement.statistics import Interval
from evaluation.messages import Figure, Message, Styled, english_words, say, say_number
from evaluation.numbers import ENERGY_UNITS, MASS_UNITS, SIGNIFICANT_DIGITS, UNKNOWN
from evaluation.spoken import spoken_language

CATALOGUES = Path(__file__).with_name("locale")
# Sentences of the records, which are in English: found again by their templates.
RECORDED = "records.po"
# Figures of these sentences that are such sentences themselves.
SENTENCES = frozenset({"backend", "changes", "problem", "reason"})
RECORDED_NUMBER = re.compile(r"\d{1,3}(?: \d{3})*(?:\.\d+)?(?: [mkµ]?Wh)?")
RECORDED_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LOCALES = {"en": "en_GB", "fr": "fr"}
MOMENTS = {"en": "d MMMM y, HH:mm 'UTC'", "fr": "d MMMM y 'à' HH:mm 'UTC'"}
# Between a number and its unit: narrow, and lines are not broken there (the SI brochure, 5.4.3; French typography).
NARROW = "\u202f"
MINUS = "\u2212"
FRENCH_NUMBER = str.maketrans({" ": NARROW, ".": ","})
# Below a trillionth nothing is measured.
MOST_DECIMALS = 12


def language(named: str | None) -> Language:
    """The language that was named, else that of the locale if it is one of ours, else French.

    Raises:
        PreuveError: the named one is none of ours.
    """
    return Language(spoken_language(named, default="fr"))


class Scale(NamedTuple):
    """A unit for all figures of a column, and the factor to it."""

    unit: str
    factor: float


@dataclass(frozen=True)
class Language:
    """French or English.

    Attributes:
        code: `fr` or `en`.
    """

    code: str

    @property
    def locale(self) -> str:
        """As Babel calls it."""
        return LOCALES[self.code]

    # Words

    def words(self, message: Message) -> str:
        """A message's template in this language, or its plural; in English where nobody translated it."""
        if self.code == "en":
            return english_words(message)
        catalogue = _catalogue(self.code)
        found = catalogue.get(message.template)
        if found is None or not found.string:
            return english_words(message)
        if isinstance(found.string, str):
            return found.string
        # French says "0 fait" and "1,5 fait": its plural begins at two.
        return found.string[int(abs(message.number) >= 2)]

    def message(self, message: Message) -> str:
        """A message with its figures."""
        return message.written(self.words, self.figure)

    def say(self, template: str, **figures: Figure) -> str:
        """Words with figures."""
        return self.message(say(template, **figures))

    def say_number(self, one: str, many: str, number: int, **figures: Figure) -> str:
        """Words that depend on a number."""
        return self.message(say_number(one, many, number, **figures))

    def figure(self, value: Figure) -> str:
        """A figure in a sentence: whole numbers whole, others with three significant digits, names as they are."""
        if isinstance(value, str):
            return value
        if isinstance(value, Styled):
            return value.written(self)
        if isinstance(value, Message):
            return self.message(value)
        return self.count(value) if isinstance(value, int) else self.number(value)

    def recorded(self, text: str) -> str | None:
        """What the program wrote into a record in English, in this language; none where nobody translated it."""
        if self.code == "en":
            return text
        for pattern, translation in _recorded(self.code):
            found = pattern.fullmatch(text)
            if found:
                figures = {name: self._found_again(name, figure) for name, figure in found.groupdict().items()}
                return translation.format(**figures)
        return None

    def _found_again(self, name: str, figure: str) -> str:
        """A figure of a recorded sentence: sentences translated, numbers and days as this language has them, names as they are."""
        if name in SENTENCES:
            parts = [self.recorded(part) for part in figure.split("; ")]
            # Several of them in a row, or else one that has a semicolon of its own.
            return f"{NARROW}; ".join(filter(None, parts)) if all(parts) else self.recorded(figure) or figure
        if RECORDED_DAY.fullmatch(figure):
            return self.date(dt.date.fromisoformat(figure))
        # The digits of a year or of a code have no spaces; whole numbers of the program have.
        return figure.translate(FRENCH_NUMBER) if RECORDED_NUMBER.fullmatch(figure) else figure

    def capital(self, text: str) -> str:
        """With a capital and a full stop, unless it ends otherwise."""
        if not text:
            return text
        return f"{text[0].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!', ':')) else '.'}"

    # Numbers

    def count(self, value: int) -> str:
        """A whole number.

        >>> Language("fr").count(1234567), Language("en").count(1234567), Language("fr").count(-3)
        ('1\u202f234\u202f567', '1,234,567', '−3')
        """
        return format_decimal(value, locale=self.locale).replace("-", MINUS)

    def number(self, value: float, digits: int = SIGNIFICANT_DIGITS) -> str:
        """A number with so many significant digits, its whole part never rounded away, never in powers of ten.

        >>> Language("en").number(1234.5), Language("fr").number(0.0123456), Language("fr").number(0), Language("fr").number(-2)
        ('1,234', '0,0123', '0', '−2,00')
        """
        if not math.isfinite(value):
            return UNKNOWN
        if value == 0:
            return "0"
        exponent = Decimal(f"{abs(value):.{digits - 1}e}").adjusted()
        return self.decimal(value, min(max(0, digits - 1 - exponent), MOST_DECIMALS))

    def decimal(self, value: float, decimals: int) -> str:
        """A number with so many decimals.

        >>> Language("fr").decimal(0.7956, 3), Language("en").decimal(-0.5, 2)
        ('0,796', '−0.50')
        """
        pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
        return format_decimal(Decimal(repr(float(value))), format=pattern, locale=self.locale).replace("-", MINUS)

    def plain(self, value: float) -> str:
        """A figure that somebody set, with all its digits.

        >>> Language("fr").plain(0.05), Language("en").plain(1500.0)
        ('0,05', '1,500')
        """
        return format_decimal(Decimal(repr(float(value))), "#,##0.############", self.locale).replace("-", MINUS)

    def with_unit(self, number: str, unit: str) -> str:
        """A number and its unit, which no line break parts.

        >>> Language("fr").with_unit("0,04", "Wh"), Language("en").with_unit("3", "")
        ('0,04\u202fWh', '3')
        """
        return f"{number}{NARROW}{unit}".rstrip(NARROW)

    def percent(self, share: float, digits: int = 2) -> str:
        """A share in per cent, never rounded to all or nothing.

        >>> Language("fr").percent(0.714), Language("en").percent(0.00002), Language("fr").percent(0.9999)
        ('71\u202f%', '<\u202f0.01%', '>\u202f99\u202f%')
        """
        sign = f"{NARROW}%" if self.code == "fr" else "%"
        value = share * 100
        if 0 < value < 0.01:
            return f"<{NARROW}{self.decimal(0.01, 2)}{sign}"
        if 99.5 <= value < 100:
            return f">{NARROW}99{sign}"
        return f"{self.count(round(value)) if abs(value) >= 10 else self._trimmed(value, digits)}{sign}"

    def _trimmed(self, value: float, digits: int) -> str:
        return self.plain(float(f"{value:.{digits}g}"))

    def score(self, value: float) -> str:
        """A score between 0 and 1, or a difference of two.

        >>> Language("fr").score(0.7956), Language("en").score(float("nan"))
        ('0,796', '–')
        """
        return self.decimal(value, 3) if math.isfinite(value) else UNKNOWN

    def signed(self, value: float) -> str:
        """A difference, whose sign stands also where it is a plus.

        >>> Language("fr").signed(0.389), Language("en").signed(-0.01)
        ('+0,389', '−0.010')
        """
        return f"{'+' if value >= 0 else ''}{self.score(value)}"

    def between(self, low: str, high: str) -> str:
        """Two ends of an interval.

        >>> Language("fr").between("0,1", "0,2"), Language("en").between("0.1", "0.2")
        ('0,1 à 0,2', '0.1 to 0.2')
        """
        return f"{low} {'à' if self.code == 'fr' else 'to'} {high}"

    # Energy and mass

    def energy_scale(self, energies_wh: Sequence[float]) -> Scale:
        """The unit in which a column of energies is written, by the largest of them.

        >>> Language("fr").energy_scale([0.02, 0.0001])
        Scale(unit='mWh', factor=1000.0)
        """
        return _scale(energies_wh, ENERGY_UNITS)

    def mass_scale(self, masses_g: Sequence[float]) -> Scale:
        """The same for masses in grams."""
        return _scale(masses_g, MASS_UNITS)

    def energy(self, energy_wh: float) -> str:
        """A single energy in the unit that suits it.

        >>> Language("fr").energy(0.00036), Language("en").energy(5780), Language("fr").energy(0)
        ('360\u202fµWh', '5.78\u202fkWh', '0\u202fWh')
        """
        scale = self.energy_scale([energy_wh]) if energy_wh else Scale("Wh", 1.0)
        return self.with_unit(self.number(energy_wh * scale.factor), scale.unit)

    def mass(self, mass_g: float) -> str:
        """A single mass of CO2 equivalent in the unit that suits it.

        >>> Language("fr").mass(1234), Language("en").mass(0.002)
        ('1,23\u202fkg', '2.00\u202fmg')
        """
        scale = self.mass_scale([mass_g]) if mass_g else Scale("g", 1.0)
        return self.with_unit(self.number(mass_g * scale.factor), scale.unit)

    def interval(self, interval: Interval, factor: float = 1.0) -> str:
        """The ends of an interval; an end that nobody knows is a question mark; empty where there is no interval.

        >>> Language("fr").interval(Interval(0.5, 0.25, 1.0)), Language("en").interval(Interval(0.5))
        ('0,250 à 1,00', '')
        """
        if interval.low is None and interval.high is None:
            return ""
        ends = ["?" if end is None else self.number(end * factor) for end in (interval.low, interval.high)]
        return self.between(*ends)

    def ends(self, interval: Interval, write: Callable[[float], str]) -> str:
        """The ends of an interval, each written in this way; empty unless both are known."""
        if interval.low is None or interval.high is None:
            return ""
        return self.between(write(interval.low), write(interval.high))

    # Moments

    def date(self, day: dt.date) -> str:
        """A day in words.

        >>> Language("fr").date(dt.date(2026, 11, 1)), Language("en").date(dt.date(2026, 11, 1))
        ('1er novembre 2026', '1 November 2026')
        """
        written = format_date(day, "d MMMM y", LOCALES[self.code])
        return f"1er{written[1:]}" if self.code == "fr" and day.day == 1 else written

    def moment(self, when: dt.datetime) -> str:
        """A moment in UTC.

        >>> Language("en").moment(dt.datetime(2026, 11, 23, 19, 5, 59, tzinfo=dt.UTC))
        '23 November 2026, 19:05 UTC'
        """
        return format_datetime(when.astimezone(dt.UTC), MOMENTS[self.code], dt.UTC, LOCALES[self.code])

    def duration(self, duration_s: float) -> str:
        """A duration in the two largest units that it has.

        >>> Language("fr").duration(437), Language("en").duration(3720), Language("fr").duration(9.6)
        ('7\u202fmin 17\u202fs', '1\u202fh 2\u202fmin', '10\u202fs')
        """
        seconds = round(duration_s)
        hours, minutes, seconds = seconds // 3600, seconds % 3600 // 60, seconds % 60
        parts = [(hours, "h"), (minutes, "min"), (seconds, "s")]
        first = next((place for place, (number, _) in enumerate(parts) if number), len(parts) - 1)
        shown = [part for part in parts[first : first + 2] if part[0] or part is parts[first]]
        return " ".join(self.with_unit(self.count(number), unit) for number, unit in shown)


def _scale(values: Sequence[float], units: Sequence[tuple[str, float]]) -> Scale:
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    found = next(((unit, factor) for unit, factor in units if largest * factor >= 1), units[-1])
    return Scale(*found)


@cache
def _catalogue(code: str) -> Catalog:
    """All catalogues of a language in one."""
    whole = Catalog(locale=LOCALES[code])
    for path in sorted((CATALOGUES / code).glob("*.po")):
        for entry in _read(path, code):
            whole[entry.id] = entry
    return whole


def _read(path: Path, code: str) -> list[MessageEntry]:
    with path.open(encoding="utf-8") as file:
        return [entry for entry in read_po(file, locale=LOCALES[code]) if entry.id]


@cache
def _recorded(code: str) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of what records say, the most telling first, each with its translation."""
    found = [(str(entry.id), str(entry.string)) for entry in _read(CATALOGUES / code / RECORDED, code)]
    found.sort(key=lambda pair: len(re.sub(r"{\w+}", "", pair[0])), reverse=True)
    return [(_pattern(template), translation) for template, translation in found]


def _pattern(template: str) -> re.Pattern[str]:
    """What a template matches: a figure is any text, the same one where it comes again; one called `number` is a number."""
    seen: set[str] = set()
    parts = []
    for part in re.split(r"({\w+})", template):
        name = part[1:-1]
        if not re.fullmatch(r"{\w+}", part):
            parts.append(re.escape(part))
        elif name in seen:
            parts.append(f"(?P={name})")
        else:
            seen.add(name)
            parts.append(f"(?P<{name}>{'[0-9 ]+' if name == 'number' else '.+?'})")
    return re.compile("".join(parts), re.DOTALL)

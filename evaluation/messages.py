"""Sentences for readers, kept apart from the figures in them, so that a page can say the same in another language."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from math import isfinite
from typing import Protocol, Union

from evaluation.numbers import SIGNIFICANT_DIGITS, UNKNOWN, significant
from evaluation.numbers import share as in_per_cent

# A message can stand in another one.
Figure = Union[str, int, float, "Message", "Styled"]


class Speech(Protocol):
    """How a language, or the command line, writes what a figure asks for."""

    def figure(self, value: Figure) -> str:
        """In the usual way."""
        ...

    def percent(self, share: float) -> str:
        """A share of a whole."""
        ...

    def plain(self, value: float) -> str:
        """A number with all of its digits."""
        ...

    def number(self, value: float, digits: int = SIGNIFICANT_DIGITS) -> str:
        """A number with so many significant digits."""
        ...

    def decimal(self, value: float, decimals: int) -> str:
        """A number with so many decimals."""
        ...

    def date(self, day: dt.date) -> str:
        """A day."""
        ...

    def recorded(self, text: str) -> str | None:
        """What the program wrote into a record; none where it has no words for it."""
        ...

    def capital(self, text: str) -> str:
        """With a capital and a full stop."""
        ...


class Styled(ABC):
    """A figure that is not written in the usual way, but in one of its own, whatever the language."""

    @abstractmethod
    def written(self, speech: Speech) -> str:
        """In this language."""


@dataclass(frozen=True)
class Share(Styled):
    """A share of a whole: `71 %`."""

    value: float

    def written(self, speech: Speech) -> str:
        """In per cent."""
        return speech.percent(self.value)


@dataclass(frozen=True)
class Setting(Styled):
    """A number that somebody set, which is never rounded: `0.5` and not `0.500`."""

    value: float

    def written(self, speech: Speech) -> str:
        """With all of its digits."""
        return speech.plain(self.value)


@dataclass(frozen=True)
class Rounded(Styled):
    """A number of which fewer, or more, significant digits are known than usual."""

    value: float
    digits: int

    def written(self, speech: Speech) -> str:
        """With these."""
        return speech.number(self.value, self.digits)


@dataclass(frozen=True)
class Decimals(Styled):
    """A number with so many decimals, as scores have three."""

    value: float
    decimals: int

    def written(self, speech: Speech) -> str:
        """With these, or a dash where it is no number."""
        return speech.decimal(self.value, self.decimals) if isfinite(self.value) else UNKNOWN


@dataclass(frozen=True)
class Day(Styled):
    """A day of the calendar."""

    value: dt.date

    def written(self, speech: Speech) -> str:
        """In the language's order."""
        return speech.date(self.value)


@dataclass(frozen=True)
class Recorded(Styled):
    """What the program wrote into a record, in English: its translation is found again by the words."""

    text: str

    def written(self, speech: Speech) -> str:
        """In the language, where it has words for it, else as it was recorded."""
        return speech.recorded(self.text) or self.text


@dataclass(frozen=True)
class Sentence(Styled):
    """Words that stand for themselves, though they may stand within others elsewhere."""

    words: Figure

    def written(self, speech: Speech) -> str:
        """With a capital and a full stop."""
        return speech.capital(speech.figure(self.words))


class CommandLine:
    """How the command line speaks: English, and numbers as `numbers` writes them."""

    def figure(self, value: Figure) -> str:
        """Whole numbers whole, others with three significant digits, names as they are."""
        if isinstance(value, Styled):
            return value.written(self)
        if isinstance(value, str | Message):
            return str(value)
        return f"{value:,}".replace(",", " ") if isinstance(value, int) else self.number(value)

    def percent(self, share: float) -> str:
        """Without decimals."""
        return in_per_cent(share)

    def plain(self, value: float) -> str:
        """Up to six digits, as settings have them."""
        return f"{value:g}"

    def number(self, value: float, digits: int = SIGNIFICANT_DIGITS) -> str:
        """With so many significant digits."""
        return significant(value, digits)

    def decimal(self, value: float, decimals: int) -> str:
        """With so many decimals."""
        return f"{value:.{decimals}f}"

    def date(self, day: dt.date) -> str:
        """As records have it: `2026-11-23`."""
        return day.isoformat()

    def recorded(self, text: str) -> str:
        """As it is, for it is English."""
        return text

    def capital(self, text: str) -> str:
        """By `sentence`."""
        return sentence(text)


def in_english(value: Figure) -> str:
    """A figure as the command line shows it: whole numbers whole, others with three significant digits.

    >>> in_english(1234), in_english(0.04567), in_english("bruit-voisinage"), in_english(Share(0.714)), in_english(Setting(0.5))
    ('1 234', '0.0457', 'bruit-voisinage', '71 %', '0.5')
    """
    return CommandLine().figure(value)


def english_words(message: Message) -> str:
    """A message's template, its plural where its number asks for that."""
    return message.template if message.plural is None or message.number == 1 else message.plural


@dataclass(frozen=True)
class Message:
    """A sentence with its figures.

    Attributes:
        template: in English, with the figures' names in braces; also the key under which catalogues have its translation.
        figures: by name. Texts among them are names of the user's own, which nobody translates.
        plural: the sentence for any number but one, where it is another one; languages draw that line elsewhere.
        number: by which the one or the other is meant.
    """

    template: str
    figures: Mapping[str, Figure] = field(default_factory=dict)
    plural: str | None = None
    number: int = 1

    def __str__(self) -> str:
        """In English."""
        return self.written()

    def written(self, translate: Callable[[Message], str] = english_words, figure: Callable[[Figure], str] = in_english) -> str:
        """In the language of `translate`, which gives the template's words, and of `figure`."""
        figures = {
            name: value.written(translate, figure) if isinstance(value, Message) else figure(value)
            for name, value in self.figures.items()
        }
        return translate(self).format(**figures)


def say(template: str, **figures: Figure) -> Message:
    """A message.

    >>> str(say("about {samples} more test samples", samples=1400))
    'about 1 400 more test samples'
    """
    return Message(template, figures)


def say_number(one: str, many: str, number: int, **figures: Figure) -> Message:
    """A message that depends on a number, which it has as `{number}`.

    >>> str(say_number("{number} round", "{number} rounds", 1)), str(say_number("{number} round", "{number} rounds", 3))
    ('1 round', '3 rounds')
    """
    return Message(one, {"number": number, **figures}, many, number)


def words(template: str) -> str:
    """The same words, marked for the catalogues where a message is made of them later."""
    return template


def recorded(text: str) -> Message:
    """A message that is what the program wrote into a record, and nothing else."""
    return say("{recorded}", recorded=Recorded(text))


def full_sentence(words: Figure) -> Message:
    """A message that stands for itself: words with a capital and a full stop.

    >>> str(full_sentence(say("no campaign yet")))
    'No campaign yet.'
    """
    return say("{sentence}", sentence=Sentence(words))


def joined(*reasons: Message | None) -> Message | None:
    """Several messages in one, with semicolons between them; none where there is none.

    >>> str(joined(say("too small"), None, say("too slow")))
    'too small; too slow'
    """
    found = [reason for reason in reasons if reason is not None]
    return reduce(lambda one, other: say("{one}; {other}", one=one, other=other), found) if found else None


def listed(first: Message, *others: Message) -> Message:
    """Several messages in a row, with commas between them.

    >>> str(listed(say("{number} of {all}", number=1, all=2), say("none")))
    '1 of 2, none'
    """
    return reduce(lambda one, other: say("{one}, {other}", one=one, other=other), others, first)


def following(first: Message, *others: Message | None) -> Message:
    """Sentences one after the other, as far as there are any."""
    found = [each for each in others if each is not None]
    return reduce(lambda one, other: say("{one} {other}", one=one, other=other), found, first)


def sentence(words: str) -> str:
    """Words that begin with a capital and end with a full stop, unless they end otherwise.

    >>> sentence("no campaign yet"), sentence("Why?")
    ('No campaign yet.', 'Why?')
    """
    return f"{words[0].upper()}{words[1:]}{'' if words.endswith(('.', '?', '!')) else '.'}"
